//! Files that the binary writes beside images.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use stevedore::durable::{self, Existing};

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
