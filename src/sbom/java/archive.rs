//! Zip archives, by their central directory.
//!
//! APPNOTE, "Overall .ZIP file format": <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>.

use std::cell::RefCell;
use std::io::{self, BufReader, Cursor, Read, SeekFrom};

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ReaderAt, ZipArchive, ZipArchiveEntryWayfinder, ZipEntries, ZipLocator};

use super::budget::Budget;
use crate::sbom::Content;

/// An archive in memory.
pub(super) type Contained = Cursor<Vec<u8>>;

/// Longer names are none that matter.
const MAX_NAME: usize = 4096;

/// An archive.
pub(super) struct Archive<'a> {
    content: &'a dyn ReaderAt,
    archive: ZipArchive<&'a dyn ReaderAt>,
}

/// An entry of an archive.
pub(super) struct Member {
    /// Its path; none when it is too long to matter.
    pub(super) name: Vec<u8>,
    method: CompressionMethod,
    encrypted: bool,
    at: ZipArchiveEntryWayfinder,
}

/// Makes what [`Archive::members`] reads into: all of an entry must fit.
pub(super) fn buffer() -> Vec<u8> {
    vec![0; 64 * 1024]
}

impl<'a> Archive<'a> {
    /// Finds the central directory.
    pub(super) fn open(content: &'a dyn ReaderAt, size: u64) -> Result<Self, String> {
        let opened = ZipLocator::new().locate_in_reader(content, &mut buffer(), size);
        let archive = opened.map_err(|(_, error)| format!("is no sound zip archive: {error}"))?;
        Ok(Self { content, archive })
    }

    /// Lists the entries.
    pub(super) fn members<'b>(&'b self, buffer: &'b mut [u8]) -> Members<'b, 'a> {
        Members(self.archive.entries(buffer))
    }

    /// Opens an entry.
    pub(super) fn open_member(&self, member: &Member) -> Result<Opened<'_, 'a>, String> {
        if member.encrypted {
            return Err("is encrypted".to_owned());
        }
        let broken = |error| format!("has no sound entry: {error}");
        let entry = self.archive.get_entry(member.at).map_err(broken)?;
        Ok(Opened { archive: self, entry, method: member.method, claimed: member.at.uncompressed_size_hint() })
    }
}

/// The entries of an archive.
pub(super) struct Members<'b, 'a>(ZipEntries<'b, 'b, &'a dyn ReaderAt>);

impl Members<'_, '_> {
    /// Returns the next one.
    pub(super) fn next(&mut self) -> Result<Option<Member>, String> {
        let record = self.0.next_entry().map_err(|error| format!("has a broken directory: {error}"))?;
        Ok(record.map(|record| {
            let path = record.file_path();
            let name = Some(path.as_bytes()).filter(|name| name.len() <= MAX_NAME).unwrap_or_default();
            Member {
                name: name.to_vec(),
                method: record.compression_method(),
                encrypted: record.flags().is_encrypted(),
                at: record.wayfinder(),
            }
        }))
    }
}

/// An entry whose content can be read.
pub(super) struct Opened<'b, 'a> {
    archive: &'b Archive<'a>,
    entry: rawzip::ZipEntry<'b, &'a dyn ReaderAt>,
    method: CompressionMethod,
    claimed: u64,
}

impl<'a> Opened<'_, 'a> {
    /// Returns the content where it lies, if it is not compressed.
    pub(super) fn in_place(&self) -> Option<Part<'a>> {
        let (start, end) = self.entry.compressed_data_range();
        (self.method == CompressionMethod::STORE).then_some(Part { content: self.archive.content, start, end })
    }

    /// Reads the content, at most `limit` bytes, and checks it.
    pub(super) fn read(self, budget: &mut Budget, limit: u64, into: &mut Vec<u8>) -> Result<(), String> {
        let too_large = || Err(format!("is larger than the {} KiB that are left for it", limit >> 10));
        if self.claimed > limit {
            return too_large();
        }
        if self.claimed > budget.inflated() {
            return Err("is left out, for so much was inflated before it".to_owned());
        }
        let stored = BufReader::with_capacity(32 * 1024, self.entry.reader());
        let content: Box<dyn Read + '_> = match self.method {
            CompressionMethod::STORE => Box::new(stored),
            CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(stored)),
            _ => return Err("is compressed in a way that Java does not have".to_owned()),
        };
        into.reserve_exact(usize::try_from(self.claimed).unwrap_or_default());
        let mut content = self.entry.verifying_reader(content).take(self.claimed.saturating_add(1));
        let result = content.read_to_end(into);
        budget.inflate(into.len() as u64);
        result.map_err(|error| format!("cannot be inflated: {error}"))?;
        if into.len() as u64 > self.claimed { too_large() } else { Ok(()) }
    }
}

/// The file itself, of which several parts are read by turns.
pub(super) struct Shared<'a>(RefCell<&'a mut dyn Content>);

impl<'a> Shared<'a> {
    /// Shares a file's content.
    pub(super) fn new(content: &'a mut dyn Content) -> Self {
        Self(RefCell::new(content))
    }
}

impl ReaderAt for Shared<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut content = self.0.borrow_mut();
        content.seek(SeekFrom::Start(offset))?;
        content.read(buffer)
    }
}

/// A part of a file.
pub(super) struct Part<'a> {
    content: &'a dyn ReaderAt,
    start: u64,
    end: u64,
}

impl Part<'_> {
    /// Returns its size.
    pub(super) fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

impl ReaderAt for Part<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = self.len().saturating_sub(offset);
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        self.content.read_at(&mut buffer[..count], self.start.saturating_add(offset))
    }
}
