//! Parts of a binary, by their place in the file. How much is read at a time is bounded by the caller, never by the file.

use std::io::{self, Read, SeekFrom};

use crate::sbom::{Content, Unreadable};

/// A binary that is read here and there.
pub(super) struct Reader<'a> {
    content: &'a mut dyn Content,
    size: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(content: &'a mut dyn Content, size: u64) -> Self {
        Self { content, size }
    }

    /// Returns the size of the file.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Reads exactly so many bytes, which the caller bounds.
    ///
    /// # Errors
    /// When the file ends before.
    pub(super) fn exactly(&mut self, at: u64, count: usize) -> Result<Vec<u8>, Unreadable> {
        let bytes = self.up_to(at, count)?;
        if bytes.len() < count {
            return Err(Unreadable::new("ends within what its headers name"));
        }
        Ok(bytes)
    }

    /// Reads so many bytes, or fewer where the file ends.
    pub(super) fn up_to(&mut self, at: u64, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if at < self.size {
            self.content.seek(SeekFrom::Start(at))?;
            (&mut *self.content).take(count as u64).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    }

    /// Opens a range.
    pub(super) fn range(&mut self, at: u64, size: u64) -> io::Result<impl Read> {
        self.content.seek(SeekFrom::Start(at))?;
        Ok((&mut *self.content).take(size))
    }
}

/// How a binary writes numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    /// Whether the highest byte comes first.
    pub(super) big_endian: bool,
    /// Whether addresses have 64 bits.
    pub(super) wide: bool,
}

impl Numbers {
    /// Reads a number of 1 to 8 bytes; 0 behind the end.
    pub(super) fn number(self, bytes: &[u8], at: usize, count: usize) -> u64 {
        let Some(bytes) = at.checked_add(count).and_then(|end| bytes.get(at..end)) else {
            return 0;
        };
        let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        if self.big_endian { bytes.iter().fold(0, push) } else { bytes.iter().rev().fold(0, push) }
    }

    /// Returns how many bytes an address has.
    pub(super) fn width(self) -> usize {
        if self.wide { 8 } else { 4 }
    }
}

/// Returns bytes up to the first zero.
pub(super) fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}
