//! A tar as a stream of members, in every dialect that images have.
//!
//! The `tar` crate reads names and records of any length into memory, takes a line end in a pax value for the end of its record, hands PAX
//! sparse files through as they are stored, and trusts the size of links; so the headers are read here. The rules are those of Go's and
//! Python's readers, which is what containers run on: links, devices and directories have no content whatever their size says, a global pax
//! header is passed over, and the first block of zeros ends the archive.

use std::io::{self, Read, Seek, SeekFrom};

use super::block::{BLOCK, Bad, Block, more_segments};
use super::header::{Before, Header};
use super::pax::Records;
use super::sparse::{Lines, Map, Run, Segment};
use super::{Kind, Member};
use crate::reading::read_some;

/// The most bytes of a long name or of a pax header; Go's reader has the same limit.
const MAX_SPECIAL: u64 = 1024 * 1024;
/// The longest map before a sparse file's content, in blocks.
const MAX_MAP_BLOCKS: u64 = 16 * 1024;

const CUT: &str = "it ends within a file";

/// Content that is no tar. It travels inside an [`io::Error`] of kind [`InvalidData`](io::ErrorKind::InvalidData).
#[derive(Debug, thiserror::Error)]
#[error("malformed tar at byte {at}: {reason}")]
pub struct Malformed {
    /// Where, in the uncompressed layer.
    pub at: u64,
    /// What is wrong.
    pub reason: &'static str,
}

crate::class::classified!(Malformed => Failed);

/// A tar that is read from front to back. Between two calls of [`next`](Archive::next) it reads as the content of the last member, holes
/// filled with zeros.
pub(crate) struct Archive<R> {
    reader: R,
    position: u64,
    /// What is left of the member's stored content, and what fills up its last block.
    left: u64,
    padding: u64,
    holes: Option<Map>,
    ended: bool,
    /// In a file of this length, content is passed over by seeking.
    seek: Option<(Seeking<R>, u64)>,
}

/// Goes forward by so many bytes.
type Seeking<R> = fn(&mut R, i64) -> io::Result<()>;

impl<R: Read> Archive<R> {
    /// Starts at the first header.
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, position: 0, left: 0, padding: 0, holes: None, ended: false, seek: None }
    }

    /// Returns the reader, which stands behind the end of the archive.
    pub(crate) fn into_inner(self) -> R {
        self.reader
    }

    /// Goes to the next member; nothing at the end.
    ///
    /// # Errors
    /// Those of the reader, and [`Malformed`] inside one when the content is no tar.
    pub(crate) fn next(&mut self) -> io::Result<Option<Member>> {
        let Some(header) = self.next_header()? else {
            return Ok(None);
        };
        let mapped = if header.block.flag() == b'S' { Some(self.block_map(&header.block)?) } else { None };
        let (mut member, sparse) = self.check(header.into_member())?;
        if member.entry.kind == Kind::File {
            let size = sparse.real_size.unwrap_or(member.entry.size);
            let mapped = match mapped {
                None if sparse.in_content => Some((self.content_map()?, size)),
                None => sparse.segments.map(|segments| (segments, size)),
                mapped => mapped,
            };
            if let Some((segments, size)) = mapped {
                self.holes = Some(self.check(Map::new(segments, size, self.left))?);
                member.entry.size = size;
            }
        }
        Ok(Some(member))
    }

    /// Goes to the next member's header; nothing at the end. The content is then read as it is stored, a sparse file's without its holes.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    pub(crate) fn next_header(&mut self) -> io::Result<Option<Header>> {
        let mut before = Before::default();
        loop {
            self.skip()?;
            let Some(block) = self.block()? else {
                if before != Before::default() {
                    return Err(self.malformed("it ends behind a header that describes the next one"));
                }
                return Ok(None);
            };
            match block.flag() {
                b'L' => before.name = Some(until_nul(self.special(&block)?)),
                b'K' => before.link = Some(until_nul(self.special(&block)?)),
                b'x' | b'X' => {
                    let content = self.special(&block)?;
                    before.records = Some(self.check(Records::parse(&content))?);
                }
                // Defaults for all members (git archive's commit) and the name of the volume.
                b'g' | b'V' => {
                    let size = self.check(block.size())?;
                    self.start(size);
                }
                _ => {
                    let header = self.check(Header::new(block, before))?;
                    self.start(header.stored());
                    return Ok(Some(header));
                }
            }
        }
    }

    /// Returns where the stored content of the current member begins, from the start of the archive, and its size.
    pub(crate) fn content(&self) -> (u64, u64) {
        (self.position, self.left)
    }

    /// Returns how many bytes of the current member are holes.
    pub(crate) fn holes(&self) -> u64 {
        self.holes.as_ref().map_or(0, Map::holes)
    }

    /// Reads the map of a sparse file in GNU's old format, which begins in its block: the segments and the size with the holes.
    fn block_map(&mut self, block: &Block) -> io::Result<(Vec<Segment>, u64)> {
        let (mut segments, size, mut more) = self.check(block.sparse())?;
        let mut blocks = 0;
        while more {
            let mut bytes = [0; BLOCK];
            blocks += 1;
            if blocks > MAX_MAP_BLOCKS || self.fill(&mut bytes)? < BLOCK {
                return Err(self.malformed("a sparse file has an endless map"));
            }
            more = self.check(more_segments(&bytes, &mut segments))?;
        }
        Ok((segments, size))
    }

    /// Reads the map that stands before the content.
    fn content_map(&mut self) -> io::Result<Vec<Segment>> {
        let mut lines = Lines::default();
        for _ in 0..MAX_MAP_BLOCKS {
            let mut bytes = [0; BLOCK];
            if self.left < BLOCK as u64 || self.fill(&mut bytes)? < BLOCK {
                break;
            }
            self.left -= BLOCK as u64;
            if let Some(segments) = self.check(lines.take(&bytes))? {
                return Ok(segments);
            }
        }
        Err(self.malformed("a sparse file has an endless map"))
    }

    /// Reads a long name or pax records.
    fn special(&mut self, block: &Block) -> io::Result<Vec<u8>> {
        let size = self.check(block.size())?;
        if size > MAX_SPECIAL {
            return Err(self.malformed("a name or a pax header is larger than 1 MiB"));
        }
        self.start(size);
        let mut content = Vec::new();
        self.read_to_end(&mut content)?;
        Ok(content)
    }

    fn start(&mut self, size: u64) {
        self.left = size;
        self.padding = size.wrapping_neg() % BLOCK as u64;
        self.holes = None;
    }

    /// Passes over what the taker has left of the content.
    fn skip(&mut self) -> io::Result<()> {
        self.holes = None;
        match self.seek {
            Some((_, length)) if length.saturating_sub(self.position) < self.left => {
                return Err(self.malformed(CUT));
            }
            Some((seek, _)) => {
                seek(&mut self.reader, self.left.cast_signed())?;
                self.position += std::mem::take(&mut self.left);
            }
            None if self.left > 0 => drop(io::copy(self, &mut io::sink())?),
            None => {}
        }
        let padding = usize::try_from(std::mem::take(&mut self.padding)).expect("less than a block");
        // Some writers leave the last block unfilled.
        self.fill(&mut [0; BLOCK][..padding])?;
        Ok(())
    }

    /// Reads a header; none at the end, with or without the blocks of zeros that should be there.
    fn block(&mut self) -> io::Result<Option<Block>> {
        let mut bytes = [0; BLOCK];
        if self.ended {
            return Ok(None);
        }
        match self.fill(&mut bytes)? {
            0 => self.ended = true,
            BLOCK => self.ended = bytes.iter().all(|byte| *byte == 0),
            _ => return Err(self.malformed("it ends within a header")),
        }
        if self.ended { Ok(None) } else { self.check(Block::new(bytes)).map(Some) }
    }

    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = fill(&mut self.reader, buffer)?;
        self.position += count as u64;
        Ok(count)
    }

    /// Reads stored content.
    fn read_stored(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let want = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if want == 0 {
            return Ok(0);
        }
        let n = read_some(&mut self.reader, &mut buffer[..want])?;
        if n == 0 {
            return Err(self.malformed(CUT));
        }
        self.left -= n as u64;
        self.position += n as u64;
        Ok(n)
    }

    fn check<T>(&self, result: Result<T, Bad>) -> io::Result<T> {
        result.map_err(|Bad(reason)| self.malformed(reason))
    }

    fn malformed(&self, reason: &'static str) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, Malformed { at: self.position, reason })
    }
}

impl<R: Read + Seek> Archive<R> {
    /// Starts at the first header of a file, whose content is passed over without being read.
    ///
    /// # Errors
    /// Those of seeking.
    pub(crate) fn seeking(mut reader: R) -> io::Result<Self> {
        let length = reader.seek(SeekFrom::End(0))?;
        reader.rewind()?;
        Ok(Self { seek: Some((R::seek_relative, length)), ..Self::new(reader) })
    }
}

impl<R: Read> Read for Archive<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(map) = &mut self.holes else {
            return self.read_stored(buffer);
        };
        let (run, hole) = match map.run() {
            Run::End => return Ok(0),
            Run::Hole(run) => (run, true),
            Run::Data(run) => (run, false),
        };
        let count = usize::try_from(run).unwrap_or(usize::MAX).min(buffer.len());
        let count = if hole {
            buffer[..count].fill(0);
            count
        } else {
            self.read_stored(&mut buffer[..count])?
        };
        if let Some(map) = &mut self.holes {
            map.advance(count as u64);
        }
        Ok(count)
    }
}

/// Reads until the buffer is full or the input ends.
pub(crate) fn fill(reader: &mut (impl Read + ?Sized), buffer: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < buffer.len() {
        match read_some(reader, &mut buffer[count..])? {
            0 => break,
            n => count += n,
        }
    }
    Ok(count)
}

fn until_nul(mut name: Vec<u8>) -> Vec<u8> {
    name.truncate(name.iter().position(|byte| *byte == 0).unwrap_or(name.len()));
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, flag: u8, size: u64) -> Vec<u8> {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.as_mut_bytes()[156] = flag;
        header.set_mode(0o644);
        header.set_size(size);
        header.set_cksum();
        header.as_bytes().to_vec()
    }

    fn with_content(name: &str, flag: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = [header(name, flag, content.len() as u64), content.to_vec()].concat();
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        bytes
    }

    fn list(bytes: &[u8]) -> io::Result<Vec<(String, char, Vec<u8>)>> {
        let mut archive = Archive::new(bytes);
        let mut found = Vec::new();
        while let Some(member) = archive.next()? {
            let mut content = Vec::new();
            archive.read_to_end(&mut content)?;
            assert_eq!(content.len() as u64, member.entry.size);
            found.push((String::from_utf8_lossy(&member.name).into_owned(), member.entry.kind.letter(), content));
        }
        Ok(found)
    }

    #[test]
    fn members_in_order() {
        let long = "n".repeat(300);
        let bytes = [
            with_content("a", b'0', b"first"),
            with_content("git", b'g', b"19 comment=anything"),
            with_content("@", b'L', format!("{long}\0").as_bytes()),
            with_content("short", b'7', b"second"),
            // A hard link and a directory that claim a size have no content.
            header("link", b'1', 600),
            header("dir///", b'5', 600),
            header("old/", 0, 0),
            with_content("odd", b'Z', b"third"),
            vec![0; BLOCK],
            b"whatever follows".to_vec(),
        ]
        .concat();
        let found = list(&bytes).expect("reads");
        let wanted: [(&str, char, &[u8]); 6] = [
            ("a", 'f', b"first"),
            (&long, 'f', b"second"),
            ("link", 'h', b""),
            ("dir", 'd', b""),
            ("old", 'd', b""),
            ("odd", 'f', b"third"),
        ];
        let found: Vec<_> = found.iter().map(|(name, kind, content)| (name.as_str(), *kind, &content[..])).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn ends_of_every_kind() {
        let file = with_content("a", b'0', b"content");
        for good in [file.len(), BLOCK + 7, BLOCK + 100, 0] {
            assert_eq!(list(&file[..good]).expect("no end is needed").len(), usize::from(good > 0), "{good}");
        }
        for bad in [1, BLOCK - 1, BLOCK, BLOCK + 6] {
            assert!(list(&file[..bad]).is_err(), "{bad}");
        }
        assert!(list(&with_content("@", b'L', b"name\0")).is_err());
        let error = list(&[file, b"x".repeat(BLOCK)].concat()).expect_err("no header");
        assert_eq!(error.to_string(), "malformed tar at byte 1536: the checksum of a header is no number");
    }

    #[test]
    fn what_a_hostile_header_claims_is_not_allocated() {
        for flag in [b'L', b'K', b'x'] {
            let error = list(&header("@", flag, 1 << 30)).expect_err("too large");
            assert!(error.to_string().ends_with("larger than 1 MiB"), "{error}");
        }
        assert!(list(&header("huge", b'0', 0o77_777_777_777)).is_err());
    }

    #[test]
    fn a_sparse_file_is_whole() {
        let map = b"2\n0\n3\n600\n2\n";
        let mut content = map.to_vec();
        content.resize(BLOCK, 0);
        content.extend_from_slice(b"abcde");
        let records =
            b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.name=dir/x\n28 GNU.sparse.realsize=1000\n";
        let bytes = [with_content("p", b'x', records), with_content("made/up", b'0', &content)].concat();
        let found = list(&bytes).expect("reads");
        assert_eq!((found[0].0.as_str(), found[0].2.len()), ("dir/x", 1000));
        assert!(found[0].2.starts_with(b"abc\0") && found[0].2[599..].starts_with(b"\0de\0"));
    }
}
