//! Where an upload goes on, noted before its first byte, so that the next process can ask the registry how much it has.

use std::fs::{self, DirBuilder};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::url::{Url, full};
use crate::digest::Digest;

/// Blobs below this size are sent again sooner than asked about.
const SMALLEST: u64 = 1 << 20;
/// No URL is longer.
const MAX_SIZE: u64 = 64 << 10;

/// The note about one blob on its way to one repository. A URL may let whoever has it write, so only its owner can read it.
pub(super) struct Note(Option<PathBuf>);

impl Note {
    /// Names the note; there is none for small blobs, or without a folder.
    pub(super) fn new(folder: Option<&Path>, registry: &str, repository: &str, digest: &Digest, size: u64) -> Self {
        let name = Digest::of(format!("{registry}/{repository}@{digest}").as_bytes());
        Self(folder.filter(|_| size >= SMALLEST).map(|folder| folder.join(name.hex())))
    }

    /// Returns what an earlier upload noted. What cannot be read is of no use, and the upload starts over.
    pub(super) fn read(&self) -> Option<Url> {
        let mut text = String::new();
        fs::File::open(self.0.as_ref()?).ok()?.take(MAX_SIZE).read_to_string(&mut text).ok()?;
        Url::parse(text.trim())
    }

    /// Notes where the upload goes on.
    pub(super) fn keep(&self, url: &Url) {
        let Some(path) = &self.0 else {
            return;
        };
        // Without a note the next run starts over, which is no reason to fail this one.
        let _ = write(path, &full(url));
    }

    /// Forgets it: the upload is over, or lost.
    pub(super) fn forget(&self) {
        if let Some(path) = &self.0 {
            // Mostly there is none; one that stays is asked about and found lost.
            let _ = fs::remove_file(path);
        }
    }
}

/// Writes a file that is seen whole or not at all; temporary files are their owner's alone.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::NotFound)?;
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
