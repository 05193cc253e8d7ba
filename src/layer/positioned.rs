//! Files that are read in several places at once.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Deref;
use std::os::unix::fs::FileExt;

/// Reads a file at a position of its own, so that readers of one file do not disturb each other.
pub(crate) struct Positioned<F> {
    pub(crate) file: F,
    pub(crate) at: u64,
}

impl<F: Deref<Target = File>> Read for Positioned<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(buffer, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}
