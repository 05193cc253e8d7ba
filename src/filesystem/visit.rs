//! Files' content, shown to whoever wants it while layers are read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use super::{Entry, Error, Found, Layers, Path, Result, spool};
use crate::digest::{Algorithm, Hasher};
use crate::layer::decompress;
use crate::tar::Archive;

/// Larger content is held in a file.
const MAX_IN_MEMORY: u64 = 1024 * 1024;
/// So much of a larger file is looked at before it is held.
const START: usize = 4096;

/// A file's content, in memory or in a scratch file.
pub trait Content: Read + Seek {}

impl<C: Read + Seek + ?Sized> Content for C {}

/// Wants the content of some files of a layer. Layers are read in parallel, so a visitor is called by several threads; what it takes of a
/// layer counts only when the reading of that layer has not failed. Layers hide each other's files: those that nobody sees in the end are
/// visited, too.
pub trait Visitor: Sync {
    /// Says whether the content of a file is wanted, by its path in the layer and its attributes, layer and member among them.
    fn wants(&self, path: &[u8], entry: &Entry) -> bool;

    /// Says whether the content is wanted still when its first bytes are known: 4096, or all there are.
    fn recognizes(&self, _path: &[u8], _entry: &Entry, _start: &[u8]) -> bool {
        true
    }

    /// Takes the content, which stands at its start.
    fn take(&self, path: &[u8], entry: &Entry, content: &mut dyn Content);

    /// Is told that content cannot be had, and why: it is too large.
    fn miss(&self, path: &[u8], entry: &Entry, reason: &str);
}

/// Holds one file's content after the other: small ones in memory, large ones in a file without a name.
pub(super) struct Holder<'a> {
    scratch: Option<&'a std::path::Path>,
    max: u64,
    memory: Vec<u8>,
    file: Option<File>,
}

/// What a [`Holder`] has.
enum Held<'a> {
    Memory(Cursor<&'a [u8]>),
    File(Span<'a>),
}

impl<'a> Holder<'a> {
    /// Makes a holder of files up to so many bytes.
    pub(super) fn new(scratch: Option<&'a std::path::Path>, max: u64) -> Self {
        Self { scratch, max, memory: Vec::new(), file: None }
    }

    /// Shows the content of a file to a visitor; what passes is hashed if a hasher is given.
    pub(super) fn show(
        &mut self,
        path: &[u8],
        entry: &Entry,
        mut content: impl Read,
        mut hasher: Option<&mut Hasher>,
        visitor: &dyn Visitor,
    ) -> Result<(), Failed> {
        if entry.size > MAX_IN_MEMORY {
            let mut start = Vec::new();
            (&mut content).take(START as u64).read_to_end(&mut start).map_err(Failed::Content)?;
            if let Some(hasher) = &mut hasher {
                hasher.update(&start);
            }
            if !visitor.recognizes(path, entry, &start) {
                return Ok(());
            }
            if entry.size > self.max || self.scratch.is_none() {
                visitor.miss(path, entry, &format!("has {} bytes, which is too large", entry.size));
                return Ok(());
            }
            self.write(&start, content, hasher)?;
        } else {
            self.memory.clear();
            content.read_to_end(&mut self.memory).map_err(Failed::Content)?;
            if let Some(hasher) = hasher {
                hasher.update(&self.memory);
            }
            if !visitor.recognizes(path, entry, &self.memory[..self.memory.len().min(START)]) {
                return Ok(());
            }
        }
        match self.held(entry.size)? {
            Held::Memory(mut memory) => visitor.take(path, entry, &mut memory),
            Held::File(mut span) => visitor.take(path, entry, &mut span),
        }
        Ok(())
    }

    fn write(&mut self, start: &[u8], mut content: impl Read, mut hasher: Option<&mut Hasher>) -> Result<(), Failed> {
        let folder = self.scratch.expect("checked by the caller");
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(spool::create(folder).map_err(Failed::Scratch)?),
        };
        let failed = |source| Failed::Scratch(Error::Scratch { path: folder.to_owned(), source });
        file.rewind().and_then(|()| file.write_all(start)).map_err(failed)?;
        self.memory.resize(128 * 1024, 0);
        loop {
            let n = content.read(&mut self.memory).map_err(Failed::Content)?;
            if n == 0 {
                return Ok(());
            }
            if let Some(hasher) = &mut hasher {
                hasher.update(&self.memory[..n]);
            }
            file.write_all(&self.memory[..n]).map_err(failed)?;
        }
    }

    fn held(&mut self, size: u64) -> Result<Held<'_>, Failed> {
        if size <= MAX_IN_MEMORY {
            return Ok(Held::Memory(Cursor::new(&self.memory)));
        }
        let file = self.file.as_mut().expect("written before");
        let folder = self.scratch.expect("written before");
        let failed = |source| Failed::Scratch(Error::Scratch { path: folder.to_owned(), source });
        file.rewind().map_err(failed)?;
        Ok(Held::File(Span { file, at: 0, size }))
    }
}

/// Why content could not be shown.
pub(super) enum Failed {
    /// The layer failed.
    Content(io::Error),
    /// The scratch file failed.
    Scratch(Error),
}

/// The beginning of a file that may be longer.
struct Span<'a> {
    file: &'a mut File,
    at: u64,
    size: u64,
}

impl Read for Span<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.size.saturating_sub(self.at);
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let n = self.file.read(&mut buffer[..want])?;
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for Span<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        let at = at.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a position before the start"))?;
        self.at = self.file.seek(SeekFrom::Start(at))?;
        Ok(self.at)
    }
}

impl Layers<'_> {
    /// Shows members of a layer that was read before to a visitor, under these paths instead of their own.
    ///
    /// # Errors
    /// When the layer cannot be read any more.
    pub fn revisit(&self, number: usize, members: &BTreeMap<usize, Path>, visitor: &dyn Visitor) -> Result<()> {
        let Some(last) = members.keys().next_back() else {
            return Ok(());
        };
        let layer = &self.image.layers()[number].digest;
        let failed = |error| Error::reading(layer, error);
        let (_, content) = decompress(self.open(number)?).map_err(failed)?;
        let mut archive = Archive::new(content);
        let mut holder = self.holder();
        for at in 0..=*last {
            let Some(mut member) = archive.next().map_err(failed)? else { break };
            (member.entry.layer, member.entry.member) = (number, at);
            if let Some(path) = members.get(&at)
                && member.entry.is_file()
            {
                let shown = holder.show(path, &member.entry, &mut archive, None, visitor);
                shown.map_err(|error| error.of(layer))?;
            }
        }
        // Only the end tells that this is what was read before.
        io::copy(&mut archive.into_inner(), &mut io::sink()).map(drop).map_err(failed)
    }

    /// Holds the whole content of a file, for as long as the value lives.
    ///
    /// # Errors
    /// When the layer cannot be read any more; [`Error::Limit`] when the file is too large.
    pub fn hold(&self, found: &Found) -> Result<Box<dyn Content>> {
        let size = found.entry.size;
        if size <= MAX_IN_MEMORY {
            let mut content = Vec::new();
            self.copy_content(found, &mut content)?;
            return Ok(Box::new(Cursor::new(content)));
        }
        let scratch = self.options.scratch.as_deref().filter(|_| size <= self.options.content);
        let Some(folder) = scratch else {
            return Err(Error::Limit { what: "bytes in one file", limit: self.options.content });
        };
        let mut file = spool::create(folder)?;
        self.copy_content(found, &mut file)?;
        file.rewind().map_err(|source| Error::Scratch { path: folder.to_owned(), source })?;
        Ok(Box::new(file))
    }

    pub(super) fn holder(&self) -> Holder<'_> {
        Holder::new(self.options.scratch.as_deref(), self.options.content)
    }
}

impl Failed {
    /// Makes the error of the layer's reading.
    pub(super) fn of(self, layer: &crate::digest::Digest) -> Error {
        match self {
            Self::Content(error) => Error::reading(layer, error),
            Self::Scratch(error) => error,
        }
    }
}

/// Makes the hasher for files' content.
pub(super) fn hasher() -> Hasher {
    Hasher::new(Algorithm::Sha256)
}
