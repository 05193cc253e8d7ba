//! From the headers of an archive to an index of its files.
//!
//! The headers are walked here and not by the `tar` crate's iterator, which reads names of any length into memory. POSIX.1-2017, pax
//! "ustar Interchange Format" and "pax Header Block": <https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html>.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use tar::{EntryType, Header, PaxExtensions};

use super::{Extent, malformed};
use crate::store::{Error, Key, Result};

/// The most files in an archive; an image's has some dozens.
const MAX_ENTRIES: usize = 1_000_000;
/// The longest name, and the longest block of extended headers, in bytes.
const MAX_EXTENSION: u64 = 1024 * 1024;
/// The longest chain of links.
const MAX_LINKS: usize = 40;
const BLOCK: u64 = 512;

/// Builds the index; of several files with one name the last wins, as it does when unpacking.
pub(super) fn scan(file: &File, path: &Path) -> Result<BTreeMap<Key, Extent>> {
    let length = file.metadata().map_err(Error::io("read", path))?.len();
    let mut scan = Scan { file, path, length, position: 0, found: BTreeMap::new() };
    while scan.entry()? {
        if scan.found.len() > MAX_ENTRIES {
            return Err(malformed(path, format!("it has more than {MAX_ENTRIES} files")));
        }
    }
    scan.resolve()
}

enum Found {
    File(Extent),
    /// A link to what this key holds.
    Link(String),
}

struct Scan<'a> {
    file: &'a File,
    path: &'a Path,
    length: u64,
    position: u64,
    found: BTreeMap<Key, Found>,
}

/// What the headers before an entry's own say about it.
#[derive(Default)]
struct Extension {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Scan<'_> {
    /// Takes up one entry with the extended headers before it; false at the end.
    fn entry(&mut self) -> Result<bool> {
        let mut extension = Extension::default();
        loop {
            let Some(header) = self.header()? else {
                return Ok(false);
            };
            let size = header.entry_size().map_err(|_| self.malformed("a header has no valid size"))?;
            match header.entry_type() {
                EntryType::GNULongName => extension.name = Some(terminated(self.extension(size)?)),
                EntryType::GNULongLink => extension.link = Some(terminated(self.extension(size)?)),
                EntryType::XHeader => {
                    let text = self.extension(size)?;
                    self.pax(&text, &mut extension)?;
                }
                EntryType::XGlobalHeader => self.skip(size)?,
                kind => return self.member(&header, kind, extension).map(|()| true),
            }
        }
    }

    /// Reads a header; nothing at the end, which is a block of zeros or the end of the file.
    fn header(&mut self) -> Result<Option<Header>> {
        if self.position == self.length && self.position > 0 {
            return Ok(None);
        }
        let mut header = Header::new_old();
        self.read(header.as_mut_bytes())?;
        if header.as_bytes().iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let sum: u32 = header.as_bytes().iter().enumerate().map(|(i, byte)| checksum_byte(i, *byte)).sum();
        if header.cksum().ok() != Some(sum) {
            let reason = if self.position == BLOCK { "it is no tar archive" } else { "a header's checksum is wrong" };
            return Err(self.malformed(reason));
        }
        Ok(Some(header))
    }

    fn member(&mut self, header: &Header, kind: EntryType, extension: Extension) -> Result<()> {
        if kind == EntryType::GNUSparse {
            return Err(self.malformed("it has a sparse file"));
        }
        let size = match extension.size {
            Some(size) => size,
            None => header.entry_size().expect("it was read before"),
        };
        // Links and devices may state a size that no content follows.
        let size = if matches!(kind, EntryType::Link | EntryType::Symlink) { 0 } else { size };
        let offset = self.position;
        self.skip(size)?;
        let name = extension.name.unwrap_or_else(|| header.path_bytes().into_owned());
        let found = match kind {
            EntryType::Regular | EntryType::Continuous if !name.ends_with(b"/") => Found::File(Extent { offset, size }),
            EntryType::Link | EntryType::Symlink => {
                let target = extension.link.or_else(|| header.link_name_bytes().map(|name| name.into_owned()));
                let from = if kind == EntryType::Link { Vec::new() } else { self.folder(&name)? };
                Found::Link(self.inside(from, &target.unwrap_or_default())?.join("/"))
            }
            _ => return Ok(()),
        };
        let key = self.inside(Vec::new(), &name)?.join("/");
        let key = key.parse().map_err(|_| self.malformed(format!("the name {key:?} is not usable")))?;
        self.found.insert(key, found);
        Ok(())
    }

    fn folder(&self, name: &[u8]) -> Result<Vec<String>> {
        let mut folder = self.inside(Vec::new(), name)?;
        folder.pop();
        Ok(folder)
    }

    /// Follows `name` from a folder; leaving the archive is an attack.
    fn inside(&self, mut at: Vec<String>, name: &[u8]) -> Result<Vec<String>> {
        let text = str::from_utf8(name).map_err(|_| self.malformed("a name is not UTF-8"))?;
        let outside = || self.malformed(format!("{text:?} leads outside of it"));
        if text.starts_with('/') {
            return Err(outside());
        }
        for component in text.split('/') {
            match component {
                "" | "." => {}
                ".." => drop(at.pop().ok_or_else(outside)?),
                component => at.push(component.into()),
            }
        }
        Ok(at)
    }

    fn pax(&self, text: &[u8], extension: &mut Extension) -> Result<()> {
        for record in PaxExtensions::new(text) {
            let record = record.map_err(|_| self.malformed("an extended header is not valid"))?;
            let value = record.value_bytes();
            match record.key_bytes() {
                b"path" => extension.name = Some(value.into()),
                b"linkpath" => extension.link = Some(value.into()),
                b"size" => {
                    let size = str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                    extension.size = Some(size.ok_or_else(|| self.malformed("a header has no valid size"))?);
                }
                key if key.starts_with(b"GNU.sparse.") => return Err(self.malformed("it has a sparse file")),
                _ => {}
            }
        }
        Ok(())
    }

    fn extension(&mut self, size: u64) -> Result<Vec<u8>> {
        if size > MAX_EXTENSION {
            return Err(self.malformed("a name is too long"));
        }
        let start = self.position;
        let mut text = vec![0; usize::try_from(size).expect("below the limit")];
        self.read(&mut text)?;
        self.position = start;
        self.skip(size)?;
        Ok(text)
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<()> {
        match self.file.read_exact_at(buffer, self.position) {
            Ok(()) => self.position += buffer.len() as u64,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && self.position == 0 => {
                return Err(self.malformed("it is no tar archive"));
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(self.malformed("it ends early")),
            Err(error) => return Err(Error::io("read", self.path)(error)),
        }
        Ok(())
    }

    /// Goes behind content and its padding; an archive that ends in the last padding is whole.
    fn skip(&mut self, size: u64) -> Result<()> {
        match self.position.checked_add(size) {
            Some(end) if end <= self.length => {
                self.position = end.checked_next_multiple_of(BLOCK).unwrap_or(end).min(self.length);
                Ok(())
            }
            _ => Err(self.malformed("it ends early")),
        }
    }

    /// Turns links into what they point to; one that points to nothing vanishes.
    fn resolve(self) -> Result<BTreeMap<Key, Extent>> {
        let mut resolved = BTreeMap::new();
        for (key, found) in &self.found {
            let mut at = Some(found);
            let mut links = 0;
            while let Some(Found::Link(target)) = at {
                links += 1;
                if links > MAX_LINKS {
                    return Err(self.malformed(format!("the link {:?} goes in circles", key.as_str())));
                }
                at = target.parse::<Key>().ok().and_then(|target| self.found.get(&target));
            }
            if let Some(Found::File(extent)) = at {
                resolved.insert(key.clone(), *extent);
            }
        }
        Ok(resolved)
    }

    fn malformed(&self, reason: impl Into<String>) -> Error {
        malformed(self.path, reason)
    }
}

/// GNU ends long names with a NUL.
fn terminated(mut name: Vec<u8>) -> Vec<u8> {
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    name.truncate(end);
    name
}

/// The checksum counts its own field, bytes 148 to 155, as spaces.
fn checksum_byte(at: usize, byte: u8) -> u32 {
    u32::from(if (148..156).contains(&at) { b' ' } else { byte })
}
