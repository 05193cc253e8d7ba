//! The files of a tar archive as objects, for reading.
//!
//! One pass over the headers builds an index; content is read from its place in the archive, so nothing is unpacked. Links are resolved
//! inside the archive; what they point to elsewhere does not exist.

mod scan;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Body, Content, Depth, Error, Key, Keys, Lock, LockKind, Object, Result, Stage, Store, page};

/// The files of a tar archive as objects, for reading. Clones share the open file.
#[derive(Clone, Debug)]
pub struct Tar {
    file: Arc<File>,
    entries: Arc<BTreeMap<Key, Extent>>,
    /// What tells this state of the file from others.
    version: Arc<str>,
}

/// Where content lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Extent {
    offset: u64,
    size: u64,
}

impl Tar {
    /// Opens an archive that is not compressed.
    ///
    /// # Errors
    /// [`Error::Malformed`] when it is no archive, names files outside of itself, or has sparse files.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(Error::io("open", path))?;
        Self::of(file, path)
    }

    /// Reads an archive from a file, which need not have a name: standard input that was spooled.
    ///
    /// # Errors
    /// As for [`Tar::open`].
    pub fn from_file(file: File) -> Result<Self> {
        Self::of(file, Path::new("the archive"))
    }

    /// Opens an archive that may be compressed as a whole; such a one is unpacked into a file without a name in `scratch`.
    ///
    /// # Errors
    /// As for [`Tar::open`]; [`Error::NoScratch`] when there is no `scratch` and the archive is compressed.
    pub fn open_any(path: &Path, scratch: Option<&Path>) -> Result<Self> {
        let file = File::open(path).map_err(Error::io("open", path))?;
        Self::from_any(file, path, scratch)
    }

    /// Reads an archive that may be compressed as a whole from a file; errors call it `path`.
    ///
    /// # Errors
    /// As for [`Tar::open_any`].
    pub fn from_any(mut file: File, path: &Path, scratch: Option<&Path>) -> Result<Self> {
        let mut magic = Vec::new();
        let read = file.rewind().and_then(|()| (&file).take(4).read_to_end(&mut magic));
        read.and_then(|_| file.rewind()).map_err(Error::io("read", path))?;
        let reader: Box<dyn Read> = match &magic[..] {
            [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::new(file))),
            [0x28, 0xb5, 0x2f, 0xfd] => zstd(file, path)?,
            [0xfd, b'7', b'z', b'X'] => return Err(compressed(path, "xz", "xz -d")),
            [b'B', b'Z', b'h', b'1'..=b'9'] => return Err(compressed(path, "bzip2", "bzip2 -d")),
            _ => return Self::of(file, path),
        };
        let scratch = scratch.ok_or_else(|| Error::NoScratch { path: path.into() })?;
        Self::of(spool(reader, path, scratch)?, path)
    }

    fn of(file: File, path: &Path) -> Result<Self> {
        let entries = scan::scan(&file, path)?;
        let found = file.metadata().map_err(Error::io("read", path))?;
        let identity = [found.dev(), found.ino(), found.len()].map(|number| format!("{number:x}")).join("-");
        let version = format!("{identity}-{:x}.{:x}", found.mtime(), found.mtime_nsec());
        Ok(Self { file: Arc::new(file), entries: Arc::new(entries), version: version.into() })
    }
}

/// Makes the error for a compression that is recognised and not read. No name of a file at the front of a tar looks like one.
fn compressed(path: &Path, name: &str, command: &str) -> Error {
    malformed(path, format!("it is compressed with {name}, which is not read here; unpack it first, with {command}"))
}

#[cfg(feature = "zstd")]
fn zstd(file: File, path: &Path) -> Result<Box<dyn Read>> {
    Ok(Box::new(::zstd::Decoder::new(file).map_err(Error::io("unpack", path))?))
}

#[cfg(not(feature = "zstd"))]
fn zstd(_: File, _: &Path) -> Result<Box<dyn Read>> {
    Err(Error::Feature { feature: "zstd" })
}

/// Unpacks `reader` into a file that vanishes with its last handle.
fn spool(mut reader: impl Read, path: &Path, scratch: &Path) -> Result<File> {
    let mut file = tempfile::tempfile_in(scratch).map_err(Error::io("create a file in", scratch))?;
    let result = super::pour(&mut reader, |piece| {
        io::Write::write_all(&mut file, piece).map_err(Error::io("write to", scratch))
    });
    match result {
        Err(Error::Content(fault)) => Err(Error::io("unpack", path)(fault.into())),
        other => other.map(|()| file),
    }
}

impl Store for Tar {
    fn get(&self, key: &Key) -> Result<Option<Object>> {
        let Some(extent) = self.entries.get(key).copied() else {
            return Ok(None);
        };
        let file = self.file.clone();
        let mut object = Object::new(extent.size, move |at| {
            let at = at.min(extent.size);
            let piece = Piece { file: file.clone(), position: extent.offset + at, left: extent.size - at };
            Ok(Body::Reader(Box::new(piece)))
        });
        object.etag = Some(format!("{}@{:x}", self.version, extent.offset));
        Ok(Some(object))
    }

    fn put(&self, _: &Key, _: Content<'_>) -> Result<()> {
        Err(Error::Unsupported { what: "writing" })
    }

    fn stage(&self, _: &Key) -> Result<Box<dyn Stage>> {
        Err(Error::Unsupported { what: "writing" })
    }

    fn delete(&self, _: &Key) -> Result<bool> {
        Err(Error::Unsupported { what: "deleting" })
    }

    fn list(&self, prefix: &Key, after: Option<&Key>, depth: Depth) -> Result<Keys> {
        Ok(page(self.entries.keys(), prefix, after, depth))
    }

    fn lock(&self, _: &Key, _: LockKind) -> Result<Lock> {
        Ok(Lock::trivial())
    }
}

/// A reader of a part of the file that shares no position with other readers.
struct Piece {
    file: Arc<File>,
    position: u64,
    left: u64,
}

impl Read for Piece {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let want = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let n = self.file.read_at(&mut buffer[..want], self.position)?;
        self.position += n as u64;
        self.left -= n as u64;
        Ok(n)
    }
}

/// Makes the error for an archive that is not one.
fn malformed(path: &Path, reason: impl Into<String>) -> Error {
    Error::Malformed { path: PathBuf::from(path), reason: reason.into() }
}

#[cfg(test)]
mod tests;
