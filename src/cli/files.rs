//! Files that the binary writes beside images.

use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use stevedore::draft;
use stevedore::durable::{self, Existing};
use stevedore::transport;
use tempfile::NamedTempFile;

use super::{Context, Result, Usage};

/// Standard input in a file, where one of several paths to be read is `-`.
pub(crate) struct Input(Option<NamedTempFile>);

impl Input {
    /// Reads standard input to its end if a path asks for it.
    ///
    /// # Errors
    /// When it cannot be read, or the folder not be written to.
    pub(crate) fn spool<'p>(paths: impl IntoIterator<Item = &'p PathBuf>, scratch: &Path) -> Result<Self> {
        if !paths.into_iter().any(|path| path.as_os_str() == "-") {
            return Ok(Self(None));
        }
        let spooled = NamedTempFile::with_prefix_in("stevedore-", scratch).and_then(|mut file| {
            io::copy(&mut io::stdin().lock(), &mut file)?;
            Ok(file)
        });
        let failed = |source| draft::Error::Read { path: "standard input".into(), source };
        Ok(Self(Some(spooled.map_err(failed)?)))
    }

    /// Returns where what a path means can be read.
    pub(crate) fn path(&self, path: &Path) -> PathBuf {
        let spooled = self.0.as_ref().filter(|_| path.as_os_str() == "-");
        spooled.map_or_else(|| path.to_owned(), |file| file.path().to_owned())
    }
}

/// The mode of files that others may read: a server, for one, may be another user.
const MODE: u32 = 0o644;

/// Gives a file this content, so that a reader sees all of it or what was there before; says whether that was something else. What has the
/// content already is not touched.
///
/// # Errors
/// When the folder cannot be written to.
#[cfg(feature = "sync")]
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<bool> {
    match fs::read(path) {
        Ok(old) if old == content => return Ok(false),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    durable::write(path, MODE, Existing::Replace, |out| out.write_all(content)).map(|()| true)
}

/// Gives a file the content that is written to it, so that a reader sees all of it or what was there before. What is no file, such as a
/// pipe or a device, is written to; a link stays, and what it leads to is replaced.
///
/// # Errors
/// When the content cannot be written.
pub(crate) fn write_whole(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|existing| !existing.is_file()) {
        let mut out = BufWriter::with_capacity(256 * 1024, fs::OpenOptions::new().write(true).open(path)?);
        return fill(&mut out).and_then(|()| out.flush());
    }
    // What is not there yet keeps its name.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    durable::write(&path, MODE, Existing::Replace, fill)
}

/// Does what [`write_whole`] does with content that has errors of its own, which come as they are.
pub(crate) fn write_whole_with(path: &Path, fill: impl FnOnce(&mut dyn Write) -> transport::Result<()>) -> Result<()> {
    let mut failure = None;
    let written = write_whole(path, |out| {
        fill(out).map_err(|error| {
            failure = Some(error);
            io::Error::other("the content failed")
        })
    });
    match failure {
        Some(error) => Err(error.into()),
        None => written.with_context(|| format!("cannot write {}", path.display())),
    }
}

/// Reads a small file whole.
///
/// # Errors
/// When it cannot be read, or has more bytes than `limit`.
pub(crate) fn read_small(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let failed = |error| transport::Error::io("read", path)(error);
    let mut content = Vec::new();
    let mut file = fs::File::open(path).map_err(failed)?.take(limit + 1);
    file.read_to_end(&mut content).map_err(failed)?;
    if content.len() as u64 > limit {
        let reason = format!("{} has more than {limit} bytes", path.display());
        return Err(Usage::new(reason, "name a manifest").into());
    }
    Ok(content)
}
