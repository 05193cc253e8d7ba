//! Writing a tar that is the same wherever it is written.
//!
//! The bytes depend on the members and their order alone: no names of owners, no times but the one of the last change, nothing of the
//! machine.

use std::io::{self, Read, Write};

use super::encode::{Dialect, encode};
use super::{BLOCK, Entry};
use crate::reading::read_some;

/// How much content is read at a time.
const BUFFER: usize = 128 * 1024;

/// Writes members as a tar. Without [`finish`](Writer::finish) it has no end.
pub(crate) struct Writer<W> {
    writer: W,
    dialect: Dialect,
    buffer: Vec<u8>,
}

/// Why a member was not written. What was written before is no whole tar.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// It has what no reader could take.
    Unwritable(&'static str),
    /// The content is longer or shorter than the entry says; `got` of a longer one is where reading ended.
    Length { wanted: u64, got: u64 },
    /// The content cannot be read.
    Content(io::Error),
    /// The output failed.
    Output(io::Error),
}

type Result = std::result::Result<(), WriteError>;

impl<W: Write> Writer<W> {
    /// Starts a tar.
    pub(crate) fn new(writer: W, dialect: Dialect) -> Self {
        Self { writer, dialect, buffer: Vec::new() }
    }

    /// Appends a member under a name that is taken as it is. A file's content must be as long as the entry says; all else has none.
    pub(crate) fn append(&mut self, name: &[u8], entry: &Entry, content: Option<&mut dyn Read>) -> Result {
        let blocks = encode(self.dialect, name, entry).map_err(WriteError::Unwritable)?;
        self.writer.write_all(&blocks).map_err(WriteError::Output)?;
        let wanted = if entry.is_file() { entry.size } else { 0 };
        match content {
            Some(content) => self.copy(wanted, content)?,
            None if wanted > 0 => return Err(WriteError::Length { wanted, got: 0 }),
            None => {}
        }
        let padding = usize::try_from(wanted.wrapping_neg() % BLOCK as u64).expect("less than a block");
        self.writer.write_all(&[0; BLOCK][..padding]).map_err(WriteError::Output)
    }

    /// Writes the end, and returns the writer.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.writer.write_all(&[0; 2 * BLOCK])?;
        Ok(self.writer)
    }

    fn copy(&mut self, wanted: u64, content: &mut dyn Read) -> Result {
        self.buffer.resize(BUFFER, 0);
        let mut got = 0;
        loop {
            let n = read_some(content, &mut self.buffer).map_err(WriteError::Content)?;
            got += n as u64;
            if n == 0 || got > wanted {
                break;
            }
            self.writer.write_all(&self.buffer[..n]).map_err(WriteError::Output)?;
        }
        if got == wanted { Ok(()) } else { Err(WriteError::Length { wanted, got }) }
    }
}

impl From<WriteError> for io::Error {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Content(error) | WriteError::Output(error) => error,
            WriteError::Unwritable(reason) => Self::new(io::ErrorKind::InvalidInput, reason),
            WriteError::Length { wanted, got } => Self::other(format!("{got} bytes instead of {wanted}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tar::{Archive, Kind, Member, Xattr};

    /// Writes entries, each file with as many bytes as it says, and reads them back.
    fn back(dialect: Dialect, entries: &[(Vec<u8>, Entry)]) -> Vec<(Vec<u8>, Entry)> {
        let mut writer = Writer::new(Vec::new(), dialect);
        for (name, entry) in entries {
            let content = name.iter().copied().cycle().take(usize::try_from(entry.size).expect("small"));
            let content: Vec<u8> = content.collect();
            writer.append(name, entry, Some(&mut &content[..])).expect("appends");
        }
        let tar = writer.finish().expect("memory");
        let mut archive = Archive::new(&tar[..]);
        let mut found = Vec::new();
        while let Some(Member { name, entry }) = archive.next().expect("reads") {
            let mut content = Vec::new();
            archive.read_to_end(&mut content).expect("reads");
            assert!(content.iter().eq(name.iter().cycle().take(content.len())));
            found.push((name.into_vec(), entry));
        }
        assert!(archive.into_inner().len() == BLOCK, "the end is two blocks");
        found
    }

    #[test]
    fn everything_comes_back() {
        let mut odd = Entry::file(0o4755, 513);
        (odd.uid, odd.gid, odd.mtime, odd.mtime_nanos) = (1 << 40, (1 << 32) - 2, -5, 1);
        odd.xattrs.push(Xattr { name: (*b"security.capability").into(), value: vec![0, 1, 10, 255].into() });
        odd.xattrs.push(Xattr { name: (*b"user.empty").into(), value: (*b"").into() });
        let long = |byte: u8, length: usize| vec![byte; length];
        let entries = [
            (b"bin".to_vec(), Entry::directory(0o1777)),
            (b"bin/odd".to_vec(), odd.clone()),
            (b"bin/link".to_vec(), Entry::hard_link(b"bin/odd", &odd)),
            (b"sym".to_vec(), Entry::symlink(&long(b's', 300))),
            (b"raw".to_vec(), Entry::symlink(&long(0xff, 300))),
            (b"null".to_vec(), Entry::new(Kind::CharacterDevice { major: 1, minor: 3 }, 0o666)),
            (b"disk".to_vec(), Entry::new(Kind::BlockDevice { major: 1 << 30, minor: 1 << 25 }, 0o660)),
            (b"pipe".to_vec(), Entry::fifo(0o600)),
            (long(b'n', 100), Entry::file(0o644, 512)),
            (long(b'n', 5000), Entry::directory(0o755)),
            (long(0xfe, 3000), Entry::file(0, 1)),
            ([long(b'd', 120), long(b'/', 1), long(b'e', 99)].concat(), Entry::directory(0)),
        ];
        for dialect in [Dialect::Pax, Dialect::Gnu] {
            assert_eq!(back(dialect, &entries), entries, "{dialect:?}");
        }
    }
}
