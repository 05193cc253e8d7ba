//! Durable writes: a file appears under its name whole, and what was done survives a crash once the function has returned.
//!
//! Content goes to a temporary file in the folder of its target, which is synced and renamed; then the folder is synced. Before the rename a
//! reader sees the old file, afterwards the new one. Errors are those of the system, without a path: callers name the target.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::num::NonZeroU64;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the names of temporary files in a store's own folder begin with.
pub(crate) const PREFIX: &str = "put-";

/// What becomes of a file that has the name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It is replaced.
    Replace,
    /// It stays, and the write fails with [`AlreadyExists`](io::ErrorKind::AlreadyExists).
    Keep,
}

/// Writes a file with what `fill` writes to it. `mode` is that of the new file, before the umask.
///
/// # Errors
/// Those of `fill`; when the folder does not exist or cannot be opened; when the file cannot be written. No temporary file is left.
pub fn write(
    path: &Path,
    mode: u32,
    existing: Existing,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let folder = folder_of(path);
    let open = |path: &Path| File::options().write(true).create_new(true).mode(mode).open(path);
    // Taken apart, since a named temporary file puts its own path into errors.
    let (file, temporary) = tempfile::Builder::new().prefix(".stevedore-").make_in(folder, open)?.into_parts();
    let mut out = BufWriter::with_capacity(256 << 10, file);
    fill(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    match existing {
        Existing::Replace => temporary.persist(path),
        Existing::Keep => temporary.persist_noclobber(path),
    }
    .map_err(|error| error.error)?;
    sync_folder(folder)
}

/// A file on its way to the disk while it is written, so that the sync at its end has little left to wait for.
pub(crate) struct WriteOut {
    /// Up to where it is on its way.
    begun: u64,
}

impl WriteOut {
    /// How many bytes set out together.
    const STEP: u64 = 4 << 20;

    /// Starts where writing does.
    pub(crate) fn new(at: u64) -> Self {
        Self { begun: at }
    }

    /// Takes note that everything before `at` is written. What becomes of it shows when the file is synced.
    pub(crate) fn advance(&mut self, file: &File, at: u64) {
        if at.saturating_sub(self.begun) >= Self::STEP {
            self.end(file, at);
        }
    }

    /// Sends off what is left, where something else comes before the sync.
    pub(crate) fn end(&mut self, file: &File, at: u64) {
        if let Some(length) = NonZeroU64::new(at.saturating_sub(self.begun)) {
            start_write_out(file, self.begun, length);
            self.begun = at;
        }
    }
}

/// Linux begins to write what is said not to be needed soon; what is on its way stays in memory.
#[cfg(target_os = "linux")]
fn start_write_out(file: &File, at: u64, length: NonZeroU64) {
    let _ = rustix::fs::fadvise(file, at, Some(length), rustix::fs::Advice::DontNeed);
}

#[cfg(not(target_os = "linux"))]
fn start_write_out(_: &File, _: u64, _: NonZeroU64) {}

/// Gives a finished file, which has the name `from`, the name `to`.
pub(crate) fn place(file: &File, from: &Path, to: &Path) -> io::Result<()> {
    file.sync_all()?;
    rename(from, to)
}

/// Renames a file whose content is synced, or a link.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_parent(to)
}

/// Syncs the folder that a path lies in: what was made, renamed or removed there survives a crash.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    sync_folder(folder_of(path))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Returns the folder that a path lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Renames a file of an open folder into another.
#[cfg(feature = "server")]
pub(crate) fn rename_at(
    from: &std::os::fd::OwnedFd,
    name: &str,
    to: &std::os::fd::OwnedFd,
    target: &str,
) -> rustix::io::Result<()> {
    rustix::fs::renameat(from, name, to, target)?;
    rustix::fs::fsync(to)
}

/// Returns a new name for a temporary file in a store's own folder. A dead process of the same number may have left a file of that name.
pub(crate) fn temporary_name() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    format!("{PREFIX}{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        entries.map(|name| name.into_string().expect("text")).collect()
    }

    #[test]
    fn files_are_replaced_or_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        for (existing, text, mode) in [(Existing::Keep, "new", 0o600), (Existing::Replace, "other", 0o640)] {
            write(&path, mode, existing, |out| out.write_all(text.as_bytes())).expect("written");
            assert_eq!(fs::read_to_string(&path).expect("there"), text);
            assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, mode);
        }
        let kept = write(&path, 0o600, Existing::Keep, |out| out.write_all(b"third"));
        assert_eq!(kept.expect_err("it is there").kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).expect("there"), "other");
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn a_failure_leaves_nothing_and_names_no_temporary_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("missing/file");
        let error = write(&missing, 0o600, Existing::Replace, |_| Ok(())).expect_err("no folder");
        assert_eq!(error.to_string(), "No such file or directory (os error 2)");
        let path = folder.path().join("file");
        let fill = |out: &mut dyn Write| out.write_all(&[0; 1 << 20]).and(Err(io::ErrorKind::StorageFull.into()));
        let error = write(&path, 0o600, Existing::Replace, fill).expect_err("the content fails");
        assert_eq!(error.to_string(), "no storage space");
        fs::create_dir(&path).expect("made");
        let error = write(&path, 0o600, Existing::Replace, |_| Ok(())).expect_err("a folder has the name");
        assert_eq!(error.to_string(), "Is a directory (os error 21)");
        assert_eq!(names(folder.path()), ["file"]);
    }
}
