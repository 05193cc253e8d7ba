//! A file on its way to its place.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::super::pour;
use super::{Error, Local, PARTIAL, Result, is_same};
use crate::durable;

/// A locked file in `.partial`, removed when it is dropped before it was placed.
pub(super) struct Temporary {
    path: PathBuf,
    file: File,
    placed: bool,
}

impl Temporary {
    /// Makes an empty file under a new name.
    pub(super) fn new(store: &Local) -> Result<Self> {
        loop {
            let name = format!("{PARTIAL}/{}", durable::temporary_name());
            let path = store.prepare(&name.parse().expect("letters and digits"))?;
            let file = match OpenOptions::new().write(true).create_new(true).mode(0o644).open(&path) {
                Ok(file) => file,
                // A dead process of the same number left it, or a tidy took the empty directory away.
                Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) => {
                    continue;
                }
                Err(error) => return Err(Error::io("create", path)(error)),
            };
            file.lock().map_err(Error::io("lock", &path))?;
            // Before it was locked, a tidy could take it for abandoned.
            if is_same(&file, fs::symlink_metadata(&path)).map_err(Error::io("read", &path))? {
                return Ok(Self { path, file, placed: false });
            }
        }
    }

    /// Appends all of `content`.
    pub(super) fn write(&mut self, content: &mut dyn Read) -> Result<()> {
        let Self { file, path, .. } = self;
        pour(content, |piece| file.write_all(piece).map_err(Error::io("write", path.as_path())))
    }

    /// Renames the file to `target`, so that it survives a crash there.
    pub(super) fn place(mut self, target: &Path) -> Result<()> {
        durable::place(&self.file, &self.path, target).map_err(Error::io("replace", target))?;
        self.placed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.placed {
            // What cannot be removed now is removed by a later tidy.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Says whether a file in `.partial` is a temporary one, of no use to anybody once its process is gone. Stages are named otherwise.
pub(super) fn is_one(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(durable::PREFIX.as_bytes())
}
