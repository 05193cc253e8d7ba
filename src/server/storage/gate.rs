//! The locks that keep writers and the collector apart, in all processes. None of them is waited for without a limit.
//!
//! The lock that counts is on the folder [`layout::ROOT`], which is there on a full disk too. In addition the files `.gate` and `.lock` are
//! locked, where they exist or can be made: the gate only for fairness, the other for processes that know no more than it.

use std::fs::{File, TryLockError};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::step::wait;
use super::{Storage, layout};
use crate::store::{Error, Result};

/// How long a writer waits for the collector.
const PATIENCE: Duration = Duration::from_secs(12);
/// How long a writer waits for others of the same repository.
const TURN: Duration = Duration::from_secs(60);
/// How long the collector waits for writers. Others wait behind it meanwhile, so it is less than their patience.
const COLLECTOR: Duration = Duration::from_secs(8);
/// After how long a writer counts as one that waits for the collector.
const LONG: Duration = Duration::from_millis(500);
/// The longest pause between two looks at a lock; five times as long for a turn that was waited for for long.
const STEP: Duration = Duration::from_millis(10);
/// How long the collector stays away between two batches, so that all who wait get their turn.
pub(super) const BREATH: Duration = Duration::from_millis(25);
/// What a timed out wait says.
const HELD: &str = "another request or process has held it for too long";

#[derive(Clone, Copy, Debug)]
enum Kind {
    Shared,
    Exclusive,
}

/// A lock of the store, until it is dropped.
#[derive(Debug)]
pub(in crate::server) struct Held {
    _files: Vec<File>,
    _folder: File,
}

impl Storage {
    /// Keeps the collector from deleting until the result is dropped.
    ///
    /// # Errors
    /// [`is_busy`] ones when it took too long, or when too many requests wait already.
    pub(in crate::server) fn share(&self) -> Result<Held> {
        let deadline = Instant::now() + PATIENCE;
        // Behind a closed gate the collector waits, or is at work.
        let gate = self.optional(layout::GATE)?;
        self.lock(gate.as_ref(), Kind::Shared, layout::GATE, deadline)?;
        let file = self.optional(layout::LOCK)?;
        self.lock(file.as_ref(), Kind::Shared, layout::LOCK, deadline)?;
        let folder = self.root()?;
        self.lock(Some(&folder), Kind::Shared, layout::ROOT, deadline)?;
        Ok(Held { _files: file.into_iter().collect(), _folder: folder })
    }

    /// Waits until nobody links content, and keeps everybody from it until the result is dropped.
    ///
    /// # Errors
    /// [`is_busy`] ones when it took too long.
    pub(super) fn exclude(&self) -> Result<Held> {
        let deadline = Instant::now() + COLLECTOR;
        // Shared holders come and go without a gap; behind the closed gate no new ones come.
        let gate = self.optional(layout::GATE)?;
        self.lock(gate.as_ref(), Kind::Exclusive, layout::GATE, deadline)?;
        let file = self.optional(layout::LOCK)?;
        self.lock(file.as_ref(), Kind::Exclusive, layout::LOCK, deadline)?;
        let folder = self.root()?;
        self.lock(Some(&folder), Kind::Exclusive, layout::ROOT, deadline)?;
        Ok(Held { _files: file.into_iter().chain(gate).collect(), _folder: folder })
    }

    /// Serialises what changes a repository's manifests and tags until the result is dropped. Taken after [`share`](Self::share).
    ///
    /// # Errors
    /// [`is_busy`] ones when it took too long.
    pub(in crate::server) fn serialize(&self, name: &str) -> Result<File> {
        let path = layout::repository(name);
        let deadline = Instant::now() + TURN;
        loop {
            let folder = File::from(self.files.make(&path)?);
            self.lock(Some(&folder), Kind::Exclusive, &path, deadline)?;
            // The collector may have removed an empty repository meanwhile.
            if self.files.folder(&path)?.is_some_and(|there| is_same(&folder, &there)) {
                return Ok(folder);
            }
        }
    }

    /// Opens the folder that everybody locks.
    pub(super) fn root(&self) -> Result<File> {
        self.files.make(layout::ROOT).map(File::from)
    }

    /// Opens a file that is only locked, and makes it where there is none. Nothing where there is no room for it: what frees space needs none.
    fn optional(&self, path: &str) -> Result<Option<File>> {
        match self.files.lock_file(path) {
            Ok(file) => Ok(Some(file)),
            Err(Error::Io { source, .. })
                if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn lock(&self, file: Option<&File>, kind: Kind, path: &str, deadline: Instant) -> Result<()> {
        let Some(file) = file else {
            return Ok(());
        };
        let look = || match kind {
            Kind::Shared => file.try_lock_shared(),
            Kind::Exclusive => file.try_lock(),
        };
        let begin = Instant::now();
        let mut pause = Duration::from_millis(1);
        let mut place = None;
        loop {
            match look() {
                Ok(()) => return Ok(()),
                Err(TryLockError::Error(error)) => return Err(self.files.error("lock", path)(error)),
                Err(TryLockError::WouldBlock) => {}
            }
            let busy = || self.files.error("lock", path)(io::Error::new(io::ErrorKind::TimedOut, HELD));
            if Instant::now() >= deadline {
                return Err(busy());
            }
            // Requests that wait must not take all connections: who reads is answered meanwhile.
            if matches!(kind, Kind::Shared) && place.is_none() && begin.elapsed() >= LONG {
                place = Some(Place::take(self).ok_or_else(busy)?);
            }
            wait("lock: held", pause)?;
            // Hundreds may wait for their turn in one repository. The collector's gaps are short, so that those who wait for it look more often.
            let is_long = matches!(kind, Kind::Exclusive) && begin.elapsed() >= LONG;
            pause = (pause * 2).min(if is_long { 5 * STEP } else { STEP });
        }
    }
}

/// Says whether two folders are the same one.
fn is_same(one: &File, other: &OwnedFd) -> bool {
    match (rustix::fs::fstat(one), rustix::fs::fstat(other)) {
        (Ok(one), Ok(other)) => (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino),
        _ => false,
    }
}

/// A place among those that wait.
struct Place<'a>(&'a Storage);

impl<'a> Place<'a> {
    /// Takes one, if there is any left.
    fn take(storage: &'a Storage) -> Option<Self> {
        let before = storage.waiting.fetch_add(1, Ordering::Relaxed);
        let place = Self(storage);
        (before < storage.max_waiting).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Says whether a lock could not be had in time.
pub(in crate::server) fn is_busy(error: &Error) -> bool {
    matches!(error, Error::Io { action: "lock", source, .. } if source.kind() == io::ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(folder: &tempfile::TempDir) -> [Storage; 2] {
        [(); 2].map(|()| Storage::open(folder.path()).expect("opens"))
    }

    #[test]
    fn nobody_waits_without_a_limit() {
        let folder = tempfile::tempdir().expect("a folder");
        let [collector, mut writer] = two(&folder);
        let held = collector.exclude().expect("locks");
        let soon = Instant::now() + Duration::from_millis(30);
        let root = writer.root().expect("opens");
        let error = writer.lock(Some(&root), Kind::Shared, layout::ROOT, soon).expect_err("held");
        assert!(is_busy(&error), "{error}");
        // Where all places are taken, nobody waits until the end.
        writer.limit_waiting(0);
        let begin = Instant::now();
        assert!(is_busy(&writer.share().expect_err("held")));
        assert!(begin.elapsed() < PATIENCE / 2);
        assert_eq!(writer.waiting.load(Ordering::Relaxed), 0);
        drop(held);
        let _shared = writer.share().expect("free");
        let soon = Instant::now() + Duration::from_millis(30);
        let root = collector.root().expect("opens");
        assert!(is_busy(&collector.lock(Some(&root), Kind::Exclusive, layout::ROOT, soon).expect_err("in use")));
    }

    /// On a full disk the files may not be there, and each process finds that out for itself.
    #[test]
    fn the_lock_holds_without_its_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let [collector, mut writer] = two(&folder);
        writer.limit_waiting(0);
        let _held = collector.exclude().expect("locks");
        for name in [layout::GATE, layout::LOCK] {
            std::fs::remove_file(folder.path().join(name)).expect("removed");
        }
        assert!(is_busy(&writer.share().expect_err("held")));
    }

    #[test]
    fn a_folder_that_was_removed_meanwhile_is_not_locked() {
        let folder = tempfile::tempdir().expect("a folder");
        let [one, other] = two(&folder);
        let path = folder.path().join(layout::repository("a"));
        let first = one.serialize("a").expect("locks");
        std::thread::scope(|scope| {
            let second = scope.spawn(|| other.serialize("a").expect("locks"));
            std::fs::remove_dir(&path).expect("removed");
            drop(first);
            let there = std::fs::File::open(&path).map(OwnedFd::from);
            let second = second.join().expect("ends");
            let there = there.unwrap_or_else(|_| std::fs::File::open(&path).expect("made again").into());
            assert!(is_same(&second, &there));
        });
    }
}
