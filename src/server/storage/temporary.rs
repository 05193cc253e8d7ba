//! Files that are being written: under names of their own, in a folder that nobody looks into, until they are whole.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::OwnedFd;

use rustix::fs::AtFlags;

use super::files::Files;
use super::layout::PARTIAL;
use crate::durable;
use crate::store::{Error, Result};

/// A locked file in `.partial`, removed when it is dropped before it was placed.
pub(super) struct Temporary<'a> {
    files: &'a Files,
    folder: OwnedFd,
    name: String,
    pub(super) file: File,
    placed: bool,
}

impl<'a> Temporary<'a> {
    /// Makes an empty file under a new name.
    pub(super) fn new(files: &'a Files) -> Result<Self> {
        loop {
            let folder = files.make(PARTIAL)?;
            let name = durable::temporary_name();
            let file = match files.create(&folder, &name) {
                Ok(file) => file,
                // A dead process of the same number left it, or the empty folder went.
                Err(Error::Io { source, .. })
                    if matches!(source.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) =>
                {
                    continue;
                }
                Err(error) => return Err(error),
            };
            file.lock().map_err(files.error("lock", &name))?;
            // Before it was locked, a sweep could take it for abandoned.
            if is_at(&file, &folder, &name) {
                return Ok(Self { files, folder, name, file, placed: false });
            }
        }
    }

    /// Renames the file to `path`, so that it survives a crash there.
    pub(super) fn place(mut self, path: &str) -> Result<()> {
        self.file.sync_all().map_err(self.files.error("sync", path))?;
        self.files.rename(&self.folder, &self.name, path)?;
        self.placed = true;
        Ok(())
    }
}

/// Puts content into a file that has lost its name already, and ends with its last handle.
pub(super) fn unnamed(files: &Files, content: &[u8]) -> Result<File> {
    let temporary = Temporary::new(files)?;
    let name = &temporary.name;
    let mut file = temporary.file.try_clone().map_err(files.error("open", name))?;
    file.write_all(content).map_err(files.error("write", name))?;
    file.rewind().map_err(files.error("read", name))?;
    Ok(file)
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.placed {
            // What cannot be removed now is removed by a later sweep.
            let _ = rustix::fs::unlinkat(&self.folder, &*self.name, AtFlags::empty());
        }
    }
}

/// Says whether an open file is the one of that name in a directory.
pub(super) fn is_at(file: &File, folder: &OwnedFd, name: &str) -> bool {
    let at = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
    match (rustix::fs::fstat(file), at) {
        (Ok(one), Ok(other)) => (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino),
        _ => false,
    }
}
