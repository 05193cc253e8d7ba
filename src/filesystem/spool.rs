//! Layers that were fetched once and are needed again.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use super::{Error, Result};

/// A temporary file without a name.
pub(super) fn create(folder: &Path) -> Result<File> {
    tempfile::tempfile_in(folder).map_err(|source| Error::Scratch { path: folder.to_owned(), source })
}

/// Writes what passes into a file.
pub(super) struct Tee<R> {
    pub(super) reader: R,
    pub(super) file: Arc<File>,
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        (&*self.file).write_all(&buffer[..n])?;
        Ok(n)
    }
}
