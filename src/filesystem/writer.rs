//! Writing a tar that is the same wherever it is written.
//!
//! The bytes depend on the entries and their order alone: no names of owners, no times but the one of the last change, nothing of the
//! machine. Names have no `./` before them, and directories have a slash behind them.

use std::io::{Read, Write};

use super::encode::encode;
use super::meaning::{join, split};
use super::{Entry, Error, Result, Sink};
use crate::tar::BLOCK;

/// How much content is read at a time.
const BUFFER: usize = 128 * 1024;

/// Writes entries as a tar. Without [`finish`](Writer::finish) it has no end.
///
/// ```
/// use stevedore::filesystem::{Entry, Writer};
///
/// let mut writer = Writer::new(Vec::new());
/// writer.append(b"etc", &Entry::directory(0o755), None)?;
/// writer.append(b"etc/motd", &Entry::file(0o644, 6), Some(&mut &b"hello\n"[..]))?;
/// writer.append(b"motd", &Entry::symlink(b"etc/motd"), None)?;
/// writer.append_whiteout(b"etc/old")?;
/// assert_eq!(writer.finish()?.len(), 5 * 512 + 2 * 512);
/// # Ok::<(), stevedore::filesystem::Error>(())
/// ```
pub struct Writer<W> {
    writer: W,
    buffer: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Starts a tar.
    pub fn new(writer: W) -> Self {
        Self { writer, buffer: Vec::new() }
    }

    /// Appends an entry. A file's content must be as long as the entry says; all else has none.
    ///
    /// The path is taken as it is, for names of whiteouts are names too; the empty path and `.` are the root.
    ///
    /// # Errors
    /// [`Error::Unwritable`], [`Error::Length`], [`Error::Content`] when `content` fails and [`Error::Output`] when the writer does. What
    /// was written before an error is no whole tar.
    pub fn append(&mut self, path: &[u8], entry: &Entry, content: Option<&mut dyn Read>) -> Result<()> {
        let name = name(path, entry);
        let blocks = encode(&name, entry).map_err(|reason| Error::Unwritable { path: path.to_vec(), reason })?;
        self.writer.write_all(&blocks).map_err(Error::Output)?;
        let size = if entry.is_file() { entry.size } else { 0 };
        match content {
            Some(content) => self.copy(path, size, content)?,
            None if size > 0 => return Err(Error::Length { path: path.to_vec(), wanted: size, got: 0 }),
            None => {}
        }
        let padding = usize::try_from(size.wrapping_neg() % BLOCK as u64).expect("less than a block");
        self.writer.write_all(&[0; BLOCK][..padding]).map_err(Error::Output)
    }

    /// Appends an entry that hides a path of lower layers: image-spec, "Whiteouts":
    /// <https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts>.
    ///
    /// # Errors
    /// Those of [`append`](Self::append).
    pub fn append_whiteout(&mut self, path: &[u8]) -> Result<()> {
        let (parent, base) = split(path);
        self.append(&join(parent, &[b".wh.", base].concat()), &Entry::file(0o644, 0), None)
    }

    /// Appends an entry that hides everything that lower layers have in a directory.
    ///
    /// # Errors
    /// Those of [`append`](Self::append).
    pub fn append_opaque(&mut self, directory: &[u8]) -> Result<()> {
        self.append(&join(directory, b".wh..wh..opq"), &Entry::file(0o644, 0), None)
    }

    /// Writes the end, and returns the writer.
    ///
    /// # Errors
    /// [`Error::Output`].
    pub fn finish(mut self) -> Result<W> {
        self.writer.write_all(&[0; 2 * BLOCK]).map_err(Error::Output)?;
        Ok(self.writer)
    }

    fn copy(&mut self, path: &[u8], size: u64, content: &mut dyn Read) -> Result<()> {
        self.buffer.resize(BUFFER, 0);
        let mut got = 0;
        loop {
            let n = match content.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(source) => return Err(Error::Content { path: path.to_vec(), source }),
            };
            got += n as u64;
            if got > size {
                break;
            }
            self.writer.write_all(&self.buffer[..n]).map_err(Error::Output)?;
        }
        if got == size { Ok(()) } else { Err(Error::Length { path: path.to_vec(), wanted: size, got }) }
    }
}

impl<W: Write> Sink for Writer<W> {
    fn append(&mut self, path: &[u8], entry: &Entry, content: Option<&mut dyn Read>) -> Result<()> {
        Writer::append(self, path, entry, content)
    }
}

/// Returns the name that a path has in a tar.
fn name(path: &[u8], entry: &Entry) -> Vec<u8> {
    match path {
        b"" | b"." => b"./".to_vec(),
        path if entry.is_directory() && !path.ends_with(b"/") => [path, b"/"].concat(),
        path => path.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filesystem::{Kind, Member, Xattr};
    use crate::tar::Archive;

    /// Writes entries, each file with as many bytes as it says, and reads them back.
    fn back(entries: &[(Vec<u8>, Entry)]) -> Vec<(Vec<u8>, Entry)> {
        let mut writer = Writer::new(Vec::new());
        for (path, entry) in entries {
            let content = path.iter().copied().cycle().take(usize::try_from(entry.size).expect("small"));
            let content: Vec<u8> = content.collect();
            writer.append(path, entry, Some(&mut &content[..])).expect("appends");
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
        assert_eq!(back(&entries), entries);
    }

    #[test]
    fn names() {
        let mut writer = Writer::new(Vec::new());
        writer.append(b"", &Entry::directory(0o755), None).expect("appends");
        writer.append(b"a", &Entry::directory(0o755), None).expect("appends");
        writer.append_whiteout(b"a/b").expect("appends");
        writer.append_whiteout(b"c").expect("appends");
        writer.append_opaque(b"a").expect("appends");
        let tar = writer.finish().expect("memory");
        let names = [&b"./\0"[..], b"a/\0", b"a/.wh.b\0", b".wh.c\0", b"a/.wh..wh..opq\0", b"\0"];
        for (block, name) in tar.chunks(BLOCK).zip(names) {
            assert!(block.starts_with(name));
        }
    }

    #[test]
    fn content_is_as_long_as_it_says() {
        let append = |size, content: Option<&mut dyn Read>| {
            Writer::new(Vec::new()).append(b"dir/a\n", &Entry::file(0, size), content).map_err(|e| e.to_string())
        };
        assert_eq!(append(3, Some(&mut &b"abc"[..])), Ok(()));
        assert_eq!(append(0, None), Ok(()));
        let length = |got| Err(format!("dir/a\\x0a has {got} bytes instead of 3"));
        assert_eq!(append(3, Some(&mut &b"ab"[..])), length("2"));
        assert_eq!(append(3, Some(&mut &b"abcd"[..])), length("4 or more"));
        assert_eq!(append(3, None), length("0"));
        let directory = Writer::new(Vec::new()).append(b"d", &Entry::directory(0), Some(&mut &b"x"[..]));
        assert!(matches!(directory, Err(Error::Length { wanted: 0, got: 1, .. })));
    }
}
