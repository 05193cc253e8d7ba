//! Objects as files below a directory.
//!
//! Looking writes nothing; the root appears with the first write. What is being written lies in `.partial/` in the root, so that a killed
//! process leaves nothing elsewhere, and comes to its place by a rename. Symbolic links are read through but never written through.

mod list;
mod stage;
mod temporary;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::{Body, Content, Depth, Error, Key, Keys, Lock, LockKind, Object, PARTIAL, Result, Stage, Store};
use super::{is_absent, is_partial, refuse_partial, require_partial};
use crate::{durable, locks};
use stage::LocalStage;
use temporary::Temporary;

/// How often a directory is made that others remove meanwhile.
const ATTEMPTS: usize = 100;

/// Objects as files below a directory. Clones are the same store.
///
/// Directories that became empty stay, but for `.partial` and for those above and including the root that this store made itself and in
/// which nothing came to be.
#[derive(Clone, Debug)]
pub struct Local {
    root: Arc<Path>,
    /// The directories down to the root that this store made, the outermost first.
    made: Arc<Mutex<Vec<PathBuf>>>,
}

impl Local {
    /// Makes a store of the files below `root`, which need not exist.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into().into(), made: Arc::default() }
    }

    /// Returns the directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, key: &Key) -> PathBuf {
        if key.is_root() { self.root.to_path_buf() } else { self.root.join(key.as_str()) }
    }

    fn partial(&self) -> PathBuf {
        self.root.join(PARTIAL)
    }

    /// Makes the directory that `key` lies in and returns the key's path.
    fn prepare(&self, key: &Key) -> Result<PathBuf> {
        self.check_links(key)?;
        let path = self.path(key);
        let directory = path.parent().expect("a key has a name").to_path_buf();
        for _ in 0..ATTEMPTS {
            if self.make_root()? && self.make_below(&directory)? {
                return Ok(path);
            }
        }
        let gone = io::Error::other("it is removed again and again");
        Err(Error::io("create", directory)(gone))
    }

    /// Makes the directories from the root down to `directory`; false when one was removed meanwhile.
    fn make_below(&self, directory: &Path) -> Result<bool> {
        let mut at = self.root.to_path_buf();
        for component in directory.strip_prefix(&self.root).unwrap_or(Path::new("")).components() {
            at.push(component);
            if make_directory(&at)? == Made::Lost {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Refuses a key that lies behind a symbolic link: whoever placed the link would choose what is written where.
    fn check_links(&self, key: &Key) -> Result<()> {
        let mut at = self.root.to_path_buf();
        for component in key.parent().as_str().split('/').filter(|component| !component.is_empty()) {
            at.push(component);
            match fs::symlink_metadata(&at) {
                Ok(found) if found.is_symlink() => {
                    let reason = "it is a symbolic link, and nothing is written through one".into();
                    return Err(Error::Malformed { path: at, reason });
                }
                Ok(_) => {}
                Err(error) if is_absent(&error) => return Ok(()),
                Err(error) => return Err(Error::io("read", at)(error)),
            }
        }
        Ok(())
    }

    /// Makes the root and what is above it; false when one was removed meanwhile.
    fn make_root(&self) -> Result<bool> {
        if self.root.is_dir() {
            return Ok(true);
        }
        let mut made = locks::lock(&self.made);
        let missing: Vec<&Path> =
            self.root.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.is_dir()).collect();
        for path in missing.into_iter().rev() {
            match make_directory(path)? {
                Made::New if !made.iter().any(|each| each == path) => made.push(path.into()),
                Made::New | Made::Existed => {}
                Made::Lost => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Removes the empty directories that writing made and did not fill. A directory that is not empty refuses, which is the question here.
    fn remove_empty(&self) {
        let _ = fs::remove_dir(self.partial());
        let mut made = locks::lock(&self.made);
        while let Some(path) = made.last() {
            match fs::remove_dir(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => break,
                _ => made.pop(),
            };
        }
    }

    fn acquire(&self, key: &Key, take: impl Fn(&File) -> Result<bool, io::Error>) -> Result<Option<Lock>> {
        let path = self.path(key);
        loop {
            let file = match File::open(&path) {
                Ok(file) => file,
                Err(error) if is_absent(&error) => {
                    let path = self.prepare(key)?;
                    match OpenOptions::new().write(true).create_new(true).mode(0o644).open(&path) {
                        Ok(file) => file,
                        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                        Err(error) => return Err(Error::io("create", path)(error)),
                    }
                }
                Err(error) => return Err(Error::io("open", path)(error)),
            };
            if !take(&file).map_err(Error::io("lock", &path))? {
                return Ok(None);
            }
            if is_same(&file, fs::metadata(&path)).map_err(Error::io("read", &path))? {
                return Ok(Some(Lock::of(file)));
            }
        }
    }
}

impl Store for Local {
    fn get(&self, key: &Key) -> Result<Option<Object>> {
        if key.is_root() || is_partial(key) {
            return Ok(None);
        }
        let path = self.path(key);
        let found = match fs::metadata(&path) {
            Ok(found) => found,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(Error::io("read", path)(error)),
        };
        if !found.is_file() {
            return Ok(None);
        }
        let mut object = Object::new(found.len(), move |offset| {
            let file = File::open(&path)?;
            // The object may have been replaced since it was found: what is sent is the new one, whole.
            let length = file.metadata()?.len();
            Body::file(file, offset, length.saturating_sub(offset))
        });
        object.modified = found.modified().ok();
        // Files are replaced, never changed, so that the inode tells versions apart that are as large and as old.
        object.etag = Some(format!("{:x}-{:x}-{:x}.{:x}", found.ino(), found.len(), found.mtime(), found.mtime_nsec()));
        Ok(Some(object))
    }

    fn put(&self, key: &Key, content: Content<'_>) -> Result<()> {
        refuse_partial(key)?;
        let result = self.put_whole(key, content);
        if result.is_err() {
            self.remove_empty();
        }
        result
    }

    fn stage(&self, key: &Key) -> Result<Box<dyn Stage>> {
        require_partial(key)?;
        Ok(Box::new(LocalStage::open(self, key)?))
    }

    fn delete(&self, key: &Key) -> Result<bool> {
        refuse_partial(key)?;
        self.check_links(key)?;
        let path = self.path(key);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => return Ok(false),
            Ok(_) => {}
            Err(error) if is_absent(&error) => return Ok(false),
            Err(error) => return Err(Error::io("read", path)(error)),
        }
        match fs::remove_file(&path) {
            Ok(()) => durable::sync_parent(&path).map(|()| true).map_err(Error::io("sync", path)),
            Err(error) if is_absent(&error) => Ok(false),
            Err(error) => Err(Error::io("delete", path)(error)),
        }
    }

    fn list(&self, prefix: &Key, after: Option<&Key>, depth: Depth) -> Result<Keys> {
        list::list(self, prefix, after, depth)
    }

    fn lock(&self, key: &Key, kind: LockKind) -> Result<Lock> {
        let take = |file: &File| match kind {
            LockKind::Shared => file.lock_shared().map(|()| true),
            LockKind::Exclusive => file.lock().map(|()| true),
        };
        Ok(self.acquire(key, take)?.expect("a lock that waits is never refused"))
    }

    fn try_lock(&self, key: &Key, kind: LockKind) -> Result<Option<Lock>> {
        self.acquire(key, |file| {
            let result = match kind {
                LockKind::Shared => file.try_lock_shared(),
                LockKind::Exclusive => file.try_lock(),
            };
            taken(result)
        })
    }

    fn tidy(&self, idle: Duration) -> Result<u64> {
        let mut freed = 0;
        let entries = match fs::read_dir(self.partial()) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => return Ok(0),
            Err(error) => return Err(Error::io("read", self.partial())(error)),
        };
        for entry in entries {
            let entry = entry.map_err(Error::io("read", self.partial()))?;
            freed += remove_idle(&entry, idle).map_err(Error::io("delete", entry.path()))?;
        }
        self.remove_empty();
        Ok(freed)
    }
}

impl Local {
    fn put_whole(&self, key: &Key, content: Content<'_>) -> Result<()> {
        let mut temporary = Temporary::new(self)?;
        match content {
            Content::Blob(mut blob) => temporary.write(&mut blob)?,
            Content::Bytes(mut bytes) => temporary.write(&mut bytes)?,
        }
        temporary.place(&self.prepare(key)?)
    }
}

/// Removes an unfinished write that nobody holds; returns its size. A stage without a byte is no use to anybody, however young.
fn remove_idle(entry: &fs::DirEntry, idle: Duration) -> io::Result<u64> {
    let path = entry.path();
    let found = match entry.metadata() {
        Ok(found) => found,
        Err(error) if is_absent(&error) => return Ok(0),
        Err(error) => return Err(error),
    };
    let age = found.modified().ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
    let is_useless = found.len() == 0 || temporary::is_one(&entry.file_name());
    if !found.is_file() || !(is_useless || age.unwrap_or_default() >= idle) {
        return Ok(0);
    }
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(0),
        Err(error) => return Err(error),
    };
    // Only its holder renames or removes it, so what is locked and still there is ours to remove.
    if !taken(file.try_lock())? || !is_same(&file, fs::symlink_metadata(&path))? {
        return Ok(0);
    }
    fs::remove_file(&path)?;
    Ok(found.len())
}

fn taken(result: Result<(), TryLockError>) -> io::Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Says whether the file is the one at a path, given what was found there.
fn is_same(file: &File, found: io::Result<fs::Metadata>) -> io::Result<bool> {
    let found = match found {
        Ok(found) => found,
        Err(error) if is_absent(&error) => return Ok(false),
        Err(error) => return Err(error),
    };
    let file = file.metadata()?;
    Ok((file.dev(), file.ino()) == (found.dev(), found.ino()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    New,
    Existed,
    /// Another process, whose writing came to nothing, has removed it or the directory above.
    Lost,
}

/// Makes a directory if it is not there.
fn make_directory(path: &Path) -> Result<Made> {
    match fs::create_dir(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match fs::metadata(path) {
            Ok(found) if found.is_dir() => return Ok(Made::Existed),
            Err(gone) if is_absent(&gone) => return Ok(Made::Lost),
            _ => return Err(Error::io("create", path)(error)),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Made::Lost),
        Err(error) => return Err(Error::io("create", path)(error)),
    }
    match durable::sync_parent(path) {
        Err(error) if is_absent(&error) => Ok(Made::Lost),
        other => other.map(|()| Made::New).map_err(Error::io("sync", path)),
    }
}

#[cfg(test)]
mod tests;
