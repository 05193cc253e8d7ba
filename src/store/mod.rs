//! Objects by key in a flat name space, as object storage has it.
//!
//! A layout, a static tree and a registry's storage are naming schemes over a [`Store`]; a new kind of storage is one more implementation
//! that all of them gain. What a key means is the caller's affair; the store promises that an object appears whole or not at all.

#[cfg(test)]
mod contract;
mod error;
mod key;
mod local;
mod memory;
mod tar;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::time::{Duration, SystemTime};

use crate::blob::{Blob, Fault};
use crate::digest::Digest;

pub use error::Error;
pub use key::{InvalidKey, Key};
pub use local::Local;
pub use memory::Memory;
pub use tar::Tar;

/// A store's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Objects by key. Every method may be called from many threads; what one call has written, every later call sees.
pub trait Store: Send + Sync {
    /// Looks an object up; nothing when there is none at this very key (a prefix of other keys is no object).
    ///
    /// # Errors
    /// When the store cannot tell.
    fn get(&self, key: &Key) -> Result<Option<Object>>;

    /// Writes an object, replacing what was there. Readers see the old object or the new one, never a part; when the call returns, the
    /// object survives a crash. On any error the old object stays.
    ///
    /// # Errors
    /// [`Error::Content`] when the content itself failed (see [`crate::blob::Fault`]), others when the store did.
    fn put(&self, key: &Key, content: Content<'_>) -> Result<()>;

    /// Opens the stage at `key`, new or as an earlier process left it. One taker holds a stage at a time, across processes; another waits,
    /// and finds a new stage when the first one committed or aborted: look again whether the object is there. Dropping a stage keeps what
    /// was appended.
    ///
    /// Stages lie below [`PARTIAL`] and objects do not: [`get`](Store::get) and [`list`](Store::list) do not show what is there.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for read-only stores, and for a key that is not below [`PARTIAL`].
    fn stage(&self, key: &Key) -> Result<Box<dyn Stage>>;

    /// Removes an object; says whether it was there. The removal survives a crash.
    ///
    /// # Errors
    /// When the store cannot.
    fn delete(&self, key: &Key) -> Result<bool>;

    /// Lists keys that start with `prefix` followed by `/` (or all, for the root prefix), sorted by byte, those after `after`. Stages and
    /// unfinished writes are not listed. With [`Depth::Children`], a folder may be listed whose last object was deleted.
    ///
    /// # Errors
    /// When the store cannot. A prefix without keys gives an empty list.
    fn list(&self, prefix: &Key, after: Option<&Key>, depth: Depth) -> Result<Keys>;

    /// Locks `key` across processes until the lock is dropped, waiting for others. Two locks taken by one process exclude each other as
    /// those of two processes do. The key may be an object's or a folder's; where nothing is, an empty object is made. Lock what is not
    /// replaced: a lock on an object does not outlast a [`put`](Store::put) there.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when the store cannot lock: the caller then writes and reads back.
    fn lock(&self, key: &Key, kind: LockKind) -> Result<Lock>;

    /// Locks `key` as [`lock`](Store::lock) does if that takes no waiting; nothing when another holds it.
    ///
    /// # Errors
    /// As for [`lock`](Store::lock).
    fn try_lock(&self, key: &Key, kind: LockKind) -> Result<Option<Lock>> {
        self.lock(key, kind).map(Some)
    }

    /// Removes what interrupted writes left and nobody holds: unfinished puts, and stages that are empty or were not appended to for
    /// `idle`. Returns the number of bytes freed.
    ///
    /// # Errors
    /// When the store cannot.
    fn tidy(&self, idle: Duration) -> Result<u64> {
        let _ = idle;
        Ok(0)
    }
}

/// The first component of every stage's key, and of no object's.
pub const PARTIAL: &str = ".partial";

/// The most keys in a page of a listing.
const PAGE: usize = 1000;

/// An object found.
pub struct Object {
    /// Its size in bytes.
    pub size: u64,
    /// When it was last written, where known.
    pub modified: Option<SystemTime>,
    /// Its version, where the store has one.
    pub etag: Option<String>,
    open: Box<dyn Fn(u64) -> io::Result<Body> + Send + Sync>,
}

impl Object {
    /// Makes an object that `open` opens at an offset.
    pub fn new(size: u64, open: impl Fn(u64) -> io::Result<Body> + Send + Sync + 'static) -> Self {
        Self { size, modified: None, etag: None, open: Box::new(open) }
    }

    /// Opens the content at `offset`; the body ends where the object does.
    ///
    /// # Errors
    /// Those of opening; the object may have gone since it was looked up.
    pub fn open(&self, offset: u64) -> io::Result<Body> {
        (self.open)(offset)
    }

    /// Reads the whole object.
    ///
    /// # Errors
    /// Those of reading, and one of kind `FileTooLarge` when the object is over `limit` bytes.
    pub fn read_all(&self, limit: u64) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        self.open(0)?.into_reader().take(limit + 1).read_to_end(&mut content)?;
        if content.len() as u64 > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(content)
    }
}

impl std::fmt::Debug for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Object").field("size", &self.size).field("modified", &self.modified).finish_non_exhaustive()
    }
}

/// An object's content: a range of a file, which can be sent without passing through this process, or a reader.
#[non_exhaustive]
pub enum Body {
    /// A file positioned at the content's begin, and how many bytes to take.
    File(File, u64),
    /// Anything else; ends with the content.
    Reader(Box<dyn Read + Send>),
}

impl Body {
    /// Makes the body of `length` bytes at `offset` of a file.
    ///
    /// # Errors
    /// When the file cannot be positioned.
    pub fn file(mut file: File, offset: u64, length: u64) -> io::Result<Self> {
        file.seek(SeekFrom::Start(offset))?;
        Ok(Self::File(file, length))
    }

    /// Returns a reader of the content.
    pub fn into_reader(self) -> Box<dyn Read + Send> {
        match self {
            Body::File(file, length) => Box::new(file.take(length)),
            Body::Reader(reader) => reader,
        }
    }
}

/// What to write.
#[derive(Debug)]
#[non_exhaustive]
pub enum Content<'a> {
    /// A blob, checked as it is written.
    Blob(Box<Blob<'a>>),
    /// Small bytes: links, tags, indexes.
    Bytes(&'a [u8]),
}

/// An object being written over time: appended to, survives a crash, becomes an object by [`commit`](Stage::commit).
pub trait Stage: Send {
    /// Returns how many bytes are there.
    fn len(&self) -> u64;

    /// Says whether nothing is there yet.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends everything that `content` gives at offset `at`, which must be [`len`](Stage::len) or 0 (which discards what is there).
    /// Returns the new length. What came before an error stays.
    ///
    /// # Errors
    /// [`Error::Content`] when `content` failed, others when the store did.
    fn append(&mut self, at: u64, content: &mut dyn Read) -> Result<u64>;

    /// Opens what is there.
    ///
    /// # Errors
    /// When the store cannot.
    fn read(&self) -> Result<Box<dyn Read + Send>>;

    /// Makes the stage the object `key`, which from then on survives a crash. `digest` is what the caller has seen pass; the store may use
    /// it, but does not hash again.
    ///
    /// # Errors
    /// When the store cannot; the stage is then left as it is for a later try.
    fn commit(self: Box<Self>, key: &Key, digest: &Digest) -> Result<()>;

    /// Discards the stage.
    ///
    /// # Errors
    /// When the store cannot.
    fn abort(self: Box<Self>) -> Result<()>;
}

/// How far a listing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// One level: objects and "folders" directly below the prefix.
    Children,
    /// Every object below the prefix.
    All,
}

/// A page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// The keys, sorted.
    pub keys: Vec<Key>,
    /// Whether there is more: ask again after the last key.
    pub more: bool,
}

/// Who else may hold the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    /// Others that are shared too.
    Shared,
    /// Nobody.
    Exclusive,
}

/// A held lock; dropping it releases it, as does the end of the process.
pub struct Lock {
    _held: Option<Box<dyn Send + Sync>>,
}

impl std::fmt::Debug for Lock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lock").finish_non_exhaustive()
    }
}

impl Lock {
    /// Makes a lock that `held` releases when it is dropped, such as a locked file.
    pub fn of(held: impl Send + Sync + 'static) -> Self {
        Self { _held: Some(Box::new(held)) }
    }

    /// Makes a lock of what nobody else can reach.
    pub fn trivial() -> Self {
        Self { _held: None }
    }
}

/// Passes everything that `content` gives to `write`, keeping the two sides' failures apart.
fn pour(content: &mut dyn Read, write: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let failed = |error| Error::Content(Fault::take(error).unwrap_or_else(Fault::Source));
    crate::reading::pour(content, failed, write)
}

/// Makes a page of the sorted `keys` of a store that has them all at hand.
pub(crate) fn page<'k>(keys: impl Iterator<Item = &'k Key>, prefix: &Key, after: Option<&Key>, depth: Depth) -> Keys {
    let child = |key: &'k Key| {
        let rest = key.below(prefix)?;
        let end = key.as_str().len() - rest.len() + rest.find('/').unwrap_or(rest.len());
        match depth {
            Depth::All => Some(key.as_str()),
            Depth::Children => Some(&key.as_str()[..end]),
        }
    };
    let after = after.map_or("", Key::as_str);
    // A set, for `a/b` sorts behind `a-c`, but its folder `a` before.
    let found: std::collections::BTreeSet<&str> = keys.filter_map(child).filter(|key| *key > after).collect();
    let more = found.len() > PAGE;
    let keys = found.into_iter().take(PAGE).map(|key| key.parse().expect("part of a key is a key")).collect();
    Keys { keys, more }
}

/// Says whether nothing is at a path: a component that is no directory has nothing below it.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Checks the offset of an append.
fn check_offset(at: u64, len: u64, path: &str) -> Result<()> {
    if at == 0 || at == len {
        return Ok(());
    }
    let reason = format!("offset {at} is not the end at {len}");
    Err(Error::io("append to", path)(io::Error::new(io::ErrorKind::InvalidInput, reason)))
}

/// Refuses a key where only stages are.
fn refuse_partial(key: &Key) -> Result<()> {
    if is_partial(key) {
        return Err(Error::Unsupported { what: "an object among unfinished ones" });
    }
    Ok(())
}

/// Refuses a stage's key where objects are.
fn require_partial(key: &Key) -> Result<()> {
    if is_partial(key) { Ok(()) } else { Err(Error::Unsupported { what: "a stage among objects" }) }
}

/// Says whether a key is one of stages.
fn is_partial(key: &Key) -> bool {
    key.as_str().split('/').next() == Some(PARTIAL)
}
