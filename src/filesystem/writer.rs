//! Writing a layer or a merged filesystem as a tar: paths and whiteouts as names. Names have no `./` before them, and directories have a
//! slash behind them.

use std::io::{Read, Write};

use super::meaning::{join, split};
use super::{Entry, Error, Result, Sink};
use crate::tar::{self, Dialect, WriteError};

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
pub struct Writer<W>(tar::Writer<W>);

impl<W: Write> Writer<W> {
    /// Starts a tar.
    pub fn new(writer: W) -> Self {
        Self(tar::Writer::new(writer, Dialect::Pax))
    }

    /// Appends an entry. A file's content must be as long as the entry says; all else has none.
    ///
    /// The path is taken as it is, for names of whiteouts are names too; the empty path and `.` are the root.
    ///
    /// # Errors
    /// [`Error::Unwritable`], [`Error::Length`], [`Error::Content`] when `content` fails and [`Error::Output`] when the writer does. What
    /// was written before an error is no whole tar.
    pub fn append(&mut self, path: &[u8], entry: &Entry, content: Option<&mut dyn Read>) -> Result<()> {
        self.0.append(&name(path, entry), entry, content).map_err(|error| {
            let path = path.to_vec();
            match error {
                WriteError::Unwritable(reason) => Error::Unwritable { path, reason },
                WriteError::Length { wanted, got } => Error::Length { path, wanted, got },
                WriteError::Content(source) => Error::Content { path, source },
                WriteError::Output(source) => Error::Output(source),
            }
        })
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
    pub fn finish(self) -> Result<W> {
        self.0.finish().map_err(Error::Output)
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
    use crate::tar::BLOCK;

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
