//! What was put for the next archive: a folder beside it, held by one process at a time.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use super::LAYOUT_FILE;
use super::pack::Blobs;
use super::reserved::{self, Reserved};
use crate::locks;
use crate::store::{self, Content, Depth, Key, Keys, Local, Lock, LockKind, Memory, Object, PARTIAL, Stage, Store};
use crate::transport::{Error, Options, Result};

/// What is held while archives with this name are written.
const LOCK: &str = "lock";
/// Where blobs are put.
const BLOBS: &str = "blobs";
/// How often a held lock is tried.
const POLL: Duration = Duration::from_millis(50);

/// What was put.
pub(super) struct Upper {
    /// The blobs.
    store: Local,
    /// What is small and of no use to a later process: the list of images.
    notes: Memory,
    folder: PathBuf,
    /// The new archive, where its blobs were known beforehand.
    reserved: Mutex<Option<Reserved>>,
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
        Ok(Self::new(Local::new(&folder), &folder, Some(temporary), Lock::trivial()))
    }

    fn new(store: Local, folder: &Path, temporary: Option<TempDir>, lock: Lock) -> Self {
        Self {
            store,
            notes: Memory::new(),
            folder: folder.into(),
            reserved: Mutex::default(),
            _temporary: temporary,
            cleared: AtomicBool::new(false),
            _lock: lock,
        }
    }

    /// Makes or takes over the folder beside an archive, once nobody else holds it.
    pub(super) fn locked(folder: &Path, options: &Options) -> Result<Self> {
        let store = Local::new(folder);
        let lock = acquire(&store, folder, options)?;
        let upper = Self::new(store, folder, None, lock);
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
        Ok(Some(Self::new(store, folder, None, lock)))
    }

    /// Reserves the places of blobs that are about to be put, once, and where an earlier process has left nothing else to go on with.
    pub(super) fn reserve(&self, blobs: Blobs) -> Result<()> {
        let mut reserved = locks::lock(&self.reserved);
        if reserved.is_none() && !self.has_parts() {
            *reserved = Reserved::new(&self.folder, blobs)?;
        }
        Ok(())
    }

    pub(super) fn reserved(&self) -> Option<Reserved> {
        locks::lock(&self.reserved).clone()
    }

    pub(super) fn get(&self, key: &Key) -> store::Result<Option<Object>> {
        if !is_content(key) {
            return self.notes.get(key);
        }
        match self.reserved().and_then(|reserved| reserved.get(key)) {
            None => self.store.get(key),
            found => Ok(found),
        }
    }

    pub(super) fn put(&self, key: &Key, content: Content<'_>) -> store::Result<()> {
        if !is_content(key) {
            return self.notes.put(key, content);
        }
        match self.reserved() {
            Some(reserved) if reserved.has(key) => reserved.put(key, content),
            _ => self.store.put(key, content),
        }
    }

    pub(super) fn stage(&self, key: &Key) -> store::Result<Box<dyn Stage>> {
        match self.reserved().and_then(|reserved| reserved.stage(key)) {
            Some(stage) => Ok(Box::new(stage)),
            None if is_content(key) => self.store.stage(key),
            None => self.notes.stage(key),
        }
    }

    pub(super) fn delete(&self, key: &Key) -> store::Result<bool> {
        if !is_content(key) {
            return self.notes.delete(key);
        }
        let is_reserved = self.reserved().is_some_and(|reserved| reserved.forget(key));
        Ok(self.store.delete(key)? || is_reserved)
    }

    /// Lists a page of each kind of what was put.
    pub(super) fn list(&self, prefix: &Key, after: Option<&Key>, depth: Depth) -> store::Result<Vec<Keys>> {
        let mut pages = vec![self.store.list(prefix, after, depth)?, self.notes.list(prefix, after, depth)?];
        pages.extend(self.reserved().map(|reserved| store::page(reserved.complete().iter(), prefix, after, depth)));
        Ok(pages)
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
        has_files(&self.folder.join(PARTIAL)).unwrap_or(true) || has_reserved(&self.folder).unwrap_or(true)
    }

    /// Takes over what an earlier process put, or removes it. Its list of images does not count: they were never promised.
    fn take_over(&self, resume: bool) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let kept = name == LOCK || (resume && (name == BLOBS || name == PARTIAL || reserved::is_one(&name)));
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
        self.has_parts() || has_reserved(&self.folder).unwrap_or(true)
    }

    fn has_parts(&self) -> bool {
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

/// Says whether a key is that of a blob or of the stage of one.
fn is_content(key: &Key) -> bool {
    let parts: Vec<&str> = key.as_str().split('/').collect();
    match parts.as_slice() {
        [PARTIAL, name] => name.contains('-') && *name != LAYOUT_FILE,
        [first, ..] => *first == BLOBS,
        [] => false,
    }
}

/// Says whether there is an archive in the making with anything in it.
fn has_reserved(folder: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if reserved::is_one(&entry.file_name()) && entry.metadata()?.len() > 0 {
            return Ok(true);
        }
    }
    Ok(false)
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
