//! What was put for the next archive: a folder beside it, held by one process at a time.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use crate::store::{self, Depth, Key, Local, Lock, LockKind, PARTIAL, Store};
use crate::transport::{Error, Options, Result};

/// What is held while archives with this name are written.
const LOCK: &str = "lock";
/// Where blobs are put.
const BLOBS: &str = "blobs";
/// How often a held lock is tried.
const POLL: Duration = Duration::from_millis(50);

/// What was put.
pub(super) struct Upper {
    pub(super) store: Local,
    pub(super) folder: PathBuf,
    /// Removes the folder of a stream.
    _temporary: Option<TempDir>,
    /// Whether the folder was given up: what is there now is another's.
    cleared: AtomicBool,
    _lock: Lock,
}

impl Upper {
    /// Makes the folder of a stream.
    pub(super) fn temporary(scratch: &Path) -> Result<Self> {
        let temporary = TempDir::new_in(scratch).map_err(Error::io("create a directory in", scratch))?;
        let folder = temporary.path().to_path_buf();
        Ok(Self {
            store: Local::new(&folder),
            folder,
            _temporary: Some(temporary),
            cleared: AtomicBool::new(false),
            _lock: Lock::trivial(),
        })
    }

    /// Makes or takes over the folder beside an archive, once nobody else holds it.
    pub(super) fn locked(folder: &Path, options: &Options) -> Result<Self> {
        let store = Local::new(folder);
        let lock = acquire(&store, folder, options)?;
        let upper =
            Self { store, folder: folder.into(), _temporary: None, cleared: AtomicBool::new(false), _lock: lock };
        upper.take_over(options.resume).map_err(Error::io("delete in", folder))?;
        Ok(upper)
    }

    /// Takes the folder that a process left behind which has ended; nothing when there is none.
    pub(super) fn abandoned(folder: &Path) -> Result<Option<Self>> {
        if !folder.is_dir() {
            return Ok(None);
        }
        let store = Local::new(folder);
        let lock = match store.try_lock(&lock_key(), LockKind::Exclusive) {
            Ok(Some(lock)) => lock,
            Ok(None) => return Ok(None),
            // Its holder has removed it between two steps.
            Err(store::Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let cleared = AtomicBool::new(false);
        Ok(Some(Self { store, folder: folder.into(), _temporary: None, cleared, _lock: lock }))
    }

    /// Lists the blobs that were put.
    pub(super) fn blobs(&self) -> Result<Vec<Key>> {
        let prefix: Key = BLOBS.parse().expect("a name is a key");
        let mut blobs: Vec<Key> = Vec::new();
        loop {
            let page = self.store.list(&prefix, blobs.last(), Depth::All)?;
            blobs.extend(page.keys);
            if !page.more {
                return Ok(blobs);
            }
        }
    }

    /// Says whether a blob is there that was not received whole; what cannot be looked at may be one.
    pub(super) fn has_partial(&self) -> bool {
        has_files(&self.folder.join(PARTIAL)).unwrap_or(true)
    }

    /// Takes over what an earlier process put, or removes it. Its list of images does not count: they were never promised.
    fn take_over(&self, resume: bool) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let kept = name == LOCK || (resume && (name == BLOBS || name == PARTIAL));
            if !kept {
                remove(&entry)?;
            }
        }
        Ok(())
    }

    /// Removes everything, the lock last: whoever waits for it finds another file in its place, or none, and starts anew.
    pub(super) fn clear(&self) -> io::Result<()> {
        self.take_over(false)?;
        self.cleared.store(true, Ordering::Relaxed);
        fs::remove_file(self.folder.join(LOCK))?;
        match fs::remove_dir(&self.folder) {
            // Another process has made its own lock there.
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
            other => other,
        }
    }

    /// Says whether there is anything that a later attempt can use; what cannot be looked at may be.
    fn has_content(&self) -> bool {
        [BLOBS, PARTIAL].iter().any(|name| has_files(&self.folder.join(name)).unwrap_or(true))
    }
}

impl Drop for Upper {
    /// Leaves nothing behind but what a later attempt can use.
    fn drop(&mut self) {
        if self._temporary.is_none() && !self.cleared.load(Ordering::Relaxed) && !self.has_content() {
            // Nobody is there to hear of a failure, and an empty folder harms nobody.
            let _ = self.clear();
        }
    }
}

fn has_files(folder: &Path) -> io::Result<bool> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let found = entry.metadata()?;
        let is_content = if found.is_dir() { has_files(&entry.path())? } else { found.len() > 0 };
        if is_content {
            return Ok(true);
        }
    }
    Ok(false)
}

fn remove(entry: &fs::DirEntry) -> io::Result<()> {
    if entry.file_type()?.is_dir() { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) }
}

fn lock_key() -> Key {
    LOCK.parse().expect("a name is a key")
}

/// Waits for the lock, saying so, until it is there or someone asks to stop.
fn acquire(store: &Local, folder: &Path, options: &Options) -> Result<Lock> {
    let key = lock_key();
    let mut waited = false;
    loop {
        match store.try_lock(&key, LockKind::Exclusive) {
            Ok(Some(lock)) => return Ok(lock),
            Ok(None) => {}
            // The holder has finished and removed the folder between two steps.
            Err(store::Error::Io { source, .. }) if waited && source.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error.into()),
        }
        if !waited {
            options.watch.note(&format!("waiting for another process that holds {}", folder.display()));
            waited = true;
        }
        options.watch.check()?;
        std::thread::sleep(POLL);
    }
}
