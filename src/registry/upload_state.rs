//! The state of an upload: the URL of its session, saved before the first byte is sent, so that the next process can resume it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::url::{Url, full};
use crate::descriptor::Descriptor;
use crate::digest::Digest;

/// Blobs below this size are sent again sooner than asked about.
const SMALLEST: u64 = 1 << 20;
/// No URL is longer.
const MAX_SIZE: u64 = 64 << 10;

/// The state file of one blob's upload to one repository, locked while it is held: two processes must not write to one session. Only its owner
/// can read it, since a session's URL may let whoever has it write.
pub(super) struct UploadState(Option<Held>);

struct Held {
    file: File,
    path: PathBuf,
    is_empty: bool,
}

impl UploadState {
    /// Opens the state file. Nothing is saved for small blobs, without a folder, or while another process holds the file.
    pub(super) fn open(folder: Option<&Path>, registry: &str, repository: &str, blob: &Descriptor) -> Self {
        let Some(folder) = folder.filter(|_| blob.size >= SMALLEST) else {
            return Self(None);
        };
        let name = Digest::of(format!("{registry}/{repository}@{}", blob.digest).as_bytes());
        // Without the file the next run starts over, which is no reason to fail this one.
        Self(Held::open(folder, name.hex()).ok())
    }

    /// Returns the URL that an earlier upload saved. When it cannot be read, the upload starts over.
    pub(super) fn read(&self) -> Option<Url> {
        let mut text = String::new();
        (&self.0.as_ref()?.file).take(MAX_SIZE).read_to_string(&mut text).ok()?;
        Url::parse(text.trim())
    }

    /// Saves the session's URL.
    pub(super) fn save(&mut self, url: &Url) {
        if let Some(held) = &mut self.0 {
            // One that is cut is no URL, or that of no session: nothing is lost but the resumption.
            held.is_empty = held.write(&full(url)).is_err();
        }
    }

    /// Removes the file at the end: the upload is over.
    pub(super) fn clear(&mut self) {
        if let Some(held) = &mut self.0 {
            held.is_empty = true;
        }
    }
}

impl Held {
    fn open(folder: &Path, name: &str) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let path = folder.join(name);
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        file.try_lock()?;
        let is_empty = file.metadata()?.len() == 0;
        Ok(Self { file, path, is_empty })
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.write_all_at(text.as_bytes(), 0)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.is_empty {
            // One that stays is asked about and found lost.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::media_type::MediaType;

    #[test]
    fn one_process_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let states = folder.path().join("uploads");
        let blob = Descriptor { size: SMALLEST, ..Descriptor::of(MediaType::OCTET_STREAM, b"x") };
        let open = || UploadState::open(Some(&states), "r", "a", &blob);
        let url = Url::parse("https://r/v2/a/blobs/uploads/1?_state=x").expect("a URL");
        let mut first = open();
        assert!(first.read().is_none());
        first.save(&url);
        assert!(open().read().is_none(), "another one has it");
        drop(first);
        let mut later = open();
        assert_eq!(later.read(), Some(url));
        let path = fs::read_dir(&states).expect("a folder").next().expect("a state file").expect("an entry").path();
        assert_eq!(fs::metadata(path).expect("a file").permissions().mode() & 0o777, 0o600);
        later.clear();
        drop(later);
        assert_eq!(fs::read_dir(&states).expect("a folder").count(), 0);
        let small = Descriptor { size: SMALLEST - 1, ..blob.clone() };
        UploadState::open(Some(&states), "r", "a", &small).save(&Url::parse("https://r/").expect("a URL"));
        assert_eq!(fs::read_dir(&states).expect("a folder").count(), 0);
    }
}
