//! Where the next archive is collected: what was put, over what the archive holds now.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};

use super::pack::{self, Blobs, Part};
use super::upper::Upper;
use super::{INDEX_FILE, malformed, scratch};
use crate::descriptor::Descriptor;
use crate::store::{self, Content, Depth, Key, Keys, Lock, LockKind, Object, Stage, Store};
use crate::transport::{ArchivePath, Error, Options, Place, Result};
use crate::{durable, locks};

/// Opens the archive that is there now.
pub(in crate::transport) type OpenArchive = Box<dyn Fn(&Path) -> Result<Arc<dyn Store>> + Send + Sync>;

/// The new archive while it is written.
const NEW: &str = "new.tar";

/// A store over an archive: reads as the archive with what was put laid over it. Nothing is made before the first write, which waits for
/// other processes that write the same archive, and then looks at what they left. Clones are the same workspace.
#[derive(Clone)]
pub(in crate::transport) struct Workspace(Arc<Inner>);

struct Inner {
    place: Place,
    options: Options,
    target: Target,
    open_archive: OpenArchive,
    upper: Mutex<Option<Arc<Upper>>>,
    /// The archive, the newest state first. An older one stays, for blobs were found there.
    lower: RwLock<Vec<Arc<dyn Store>>>,
    /// What the newest of `lower` was opened from.
    opened: Mutex<Option<Identity>>,
}

enum Target {
    File { archive: PathBuf, folder: PathBuf },
    Stream,
}

/// Tells one state of a file from the next.
#[derive(Clone, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Workspace {
    /// Makes the workspace of an archive, which need not exist; one that exists is opened.
    pub(in crate::transport) fn new(
        at: &ArchivePath,
        place: &Place,
        options: &Options,
        open_archive: OpenArchive,
    ) -> Result<Self> {
        let target = match at {
            ArchivePath::Standard if options.output.is_none() => {
                return Err(Error::unsupported("writing to standard output", place, "name a file"));
            }
            ArchivePath::Standard => Target::Stream,
            ArchivePath::File(path) => Target::file(path, place)?,
        };
        let inner = Inner {
            place: place.clone(),
            options: options.clone(),
            target,
            open_archive,
            upper: Mutex::default(),
            lower: RwLock::default(),
            opened: Mutex::default(),
        };
        inner.look_again()?;
        Ok(Self(Arc::new(inner)))
    }

    /// Says whether anything was written.
    pub(in crate::transport) fn is_begun(&self) -> bool {
        self.0.upper().is_some()
    }

    /// Returns the archive as it is now; nothing when there is none.
    pub(in crate::transport) fn archive(&self) -> Option<Arc<dyn Store>> {
        self.0.lower().first().cloned()
    }

    /// Removes the folder of a process that was killed after it had replaced the archive: all that lies there is in the archive.
    pub(in crate::transport) fn remove_abandoned(&self) -> Result<()> {
        let Target::File { folder, .. } = &self.0.target else {
            return Ok(());
        };
        let Some(upper) = Upper::abandoned(folder)? else {
            return Ok(());
        };
        // Whoever held the lock may have written another archive.
        self.0.look_again()?;
        let Some(archive) = self.archive() else {
            return Ok(());
        };
        for blob in upper.blobs()? {
            if archive.get(&blob)?.is_none() {
                return Ok(());
            }
        }
        if upper.has_partial() {
            return Ok(());
        }
        upper.clear().map_err(Error::io("delete", folder))
    }

    /// Writes the archive and removes the workspace.
    pub(in crate::transport) fn finish(&self, parts: &[Part], blobs: &Blobs) -> Result<()> {
        let Some(upper) = self.0.upper().clone() else {
            return Ok(());
        };
        let watch = &self.0.options.watch;
        match &self.0.target {
            Target::Stream => {
                let output = self.0.options.output.as_ref().expect("checked when the workspace was made");
                let mut output = locks::lock(output);
                pack::write(BufWriter::with_capacity(1 << 18, &mut *output), parts, self, blobs, watch)?;
            }
            Target::File { archive, folder } => {
                match upper.reserved().filter(|reserved| reserved.is_all(blobs)) {
                    Some(reserved) => {
                        watch.check()?;
                        reserved.finish(parts).map_err(Error::io("write", reserved.path()))?;
                        durable::place(reserved.file(), reserved.path(), archive)
                    }
                    None => {
                        let new = folder.join(NEW);
                        let file = self.pack(&new, parts, blobs)?;
                        durable::place(&file, &new, archive)
                    }
                }
                .map_err(Error::io("replace", archive))?;
                self.0.look_again()?;
                upper.clear().map_err(Error::io("delete", folder))?;
            }
        }
        *self.0.upper() = None;
        Ok(())
    }

    /// Writes the new archive of what was put and what the old one has.
    fn pack(&self, new: &Path, parts: &[Part], blobs: &Blobs) -> Result<File> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o644).open(new);
        let mut file = file.map_err(Error::io("create", new))?;
        pack::write(BufWriter::with_capacity(1 << 18, &mut file), parts, self, blobs, &self.0.options.watch)?;
        Ok(file)
    }

    /// Reserves the places of blobs in a new archive. Into one that is there already, or a stream, they are packed at the end: what is in it
    /// has to be copied anyway.
    pub(in crate::transport) fn expect(&self, blobs: &[Descriptor]) -> Result<()> {
        if matches!(self.0.target, Target::Stream) || self.archive().is_some() {
            return Ok(());
        }
        let upper = self.0.begin()?;
        // Whoever held the lock may have written one.
        if self.archive().is_some() {
            return Ok(());
        }
        upper.reserve(blobs.iter().map(|blob| (blob.digest.clone(), blob.clone())).collect())
    }
}

impl Target {
    fn file(path: &Path, place: &Place) -> Result<Self> {
        // A link is written through: what it points to is replaced.
        let archive = match fs::canonicalize(path) {
            Ok(archive) => archive,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.into(),
            Err(error) => return Err(Error::io("read", path)(error)),
        };
        if fs::metadata(&archive).is_ok_and(|found| !found.is_file()) {
            return Err(malformed(place, "it is no file; `-` is standard output"));
        }
        let Some(name) = archive.file_name() else {
            return Err(malformed(place, "it is no file name"));
        };
        let mut partial = name.to_owned();
        partial.push(".partial");
        Ok(Self::File { folder: archive.with_file_name(partial), archive })
    }
}

impl Inner {
    fn upper(&self) -> MutexGuard<'_, Option<Arc<Upper>>> {
        locks::lock(&self.upper)
    }

    /// Opens the archive if it is another one than was opened before.
    fn look_again(&self) -> Result<()> {
        let Target::File { archive, .. } = &self.target else {
            return Ok(());
        };
        let now = match fs::metadata(archive) {
            // An empty file, such as mktemp makes, is no archive yet.
            Ok(found) if found.len() == 0 => None,
            Ok(found) => Some(Identity::of(&found)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Error::io("read", archive)(error)),
        };
        let mut opened = locks::lock(&self.opened);
        if let Some(now) = now
            && opened.as_ref() != Some(&now)
        {
            let store = (self.open_archive)(archive)?;
            locks::write(&self.lower).insert(0, store);
            *opened = Some(now);
        }
        Ok(())
    }

    /// Returns where things are put, made and locked by the first who asks.
    fn begin(&self) -> Result<Arc<Upper>> {
        let mut slot = self.upper();
        if let Some(upper) = &*slot {
            return Ok(upper.clone());
        }
        let upper = match &self.target {
            Target::Stream => Upper::temporary(scratch(&self.place, &self.options)?)?,
            Target::File { folder, .. } => {
                let upper = Upper::locked(folder, &self.options)?;
                // Whoever held the lock has written another archive.
                self.look_again()?;
                upper
            }
        };
        Ok(slot.insert(Arc::new(upper)).clone())
    }

    fn lower(&self) -> Vec<Arc<dyn Store>> {
        locks::read(&self.lower).clone()
    }
}

impl Identity {
    fn of(found: &fs::Metadata) -> Self {
        Self {
            device: found.dev(),
            inode: found.ino(),
            size: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
        }
    }
}

impl Store for Workspace {
    fn get(&self, key: &Key) -> store::Result<Option<Object>> {
        let upper = self.0.upper().clone();
        if let Some(upper) = upper
            && let Some(object) = upper.get(key)?
        {
            return Ok(Some(object));
        }
        for (age, lower) in self.0.lower().iter().enumerate() {
            // Content is the same in every state of the archive; what has a name counts in the newest alone.
            if (age == 0 || key.as_str().starts_with("blobs/"))
                && let Some(object) = lower.get(key)?
            {
                return Ok(Some(object));
            }
        }
        Ok(None)
    }

    fn put(&self, key: &Key, content: Content<'_>) -> store::Result<()> {
        self.0.begin().map_err(into_store)?.put(key, content)
    }

    fn stage(&self, key: &Key) -> store::Result<Box<dyn Stage>> {
        self.0.begin().map_err(into_store)?.stage(key)
    }

    fn delete(&self, key: &Key) -> store::Result<bool> {
        let upper = self.0.upper().clone();
        upper.map_or(Ok(false), |upper| upper.delete(key))
    }

    fn list(&self, prefix: &Key, after: Option<&Key>, depth: Depth) -> store::Result<Keys> {
        let mut pages = Vec::new();
        if let Some(upper) = self.0.upper().clone() {
            pages.extend(upper.list(prefix, after, depth)?);
        }
        if let Some(lower) = self.0.lower().first() {
            pages.push(lower.list(prefix, after, depth)?);
        }
        Ok(merge(pages))
    }

    fn lock(&self, _: &Key, kind: LockKind) -> store::Result<Lock> {
        // The lock of the whole workspace holds others off. Who wants to be alone is about to change what he reads, so it must be what the
        // last writer left, also when nothing has been put so far.
        if kind == LockKind::Exclusive {
            self.0.begin().map_err(into_store)?;
        }
        Ok(Lock::trivial())
    }
}

/// Merges pages up to the end of the shortest that is not the last.
fn merge(pages: Vec<Keys>) -> Keys {
    let end = pages.iter().filter(|page| page.more).filter_map(|page| page.keys.last().cloned()).min();
    let mut keys: Vec<Key> = pages.into_iter().flat_map(|page| page.keys).collect();
    keys.sort();
    keys.dedup();
    if let Some(end) = &end {
        keys.retain(|key| key <= end);
    }
    Keys { keys, more: end.is_some() }
}

/// A place's error on its way through a store.
pub(in crate::transport) fn into_store(error: Error) -> store::Error {
    match error {
        Error::Store(error) => error,
        Error::Content(fault) => store::Error::Content(fault),
        Error::Io { action, path, source } => store::Error::Io { action, path, source },
        other => store::Error::Io { action: "prepare", path: INDEX_FILE.into(), source: other.into() },
    }
}
