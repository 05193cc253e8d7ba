//! Single-flight: concurrent copies upload each blob to a destination at most once.

use std::collections::{HashMap, HashSet};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::Result;
use crate::digest::Digest;
use crate::locks::lock;
use crate::transport::{Origin, Transport};
use crate::watch::Watch;

/// The time between two looks at whether a wait is still wanted.
const POLL: Duration = Duration::from_millis(100);

/// The blobs that are in flight or complete. Repositories of one registry count as one place here, for what one has another can mount.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    blobs: Mutex<HashMap<Key, Blob>>,
    changed: Condvar,
}

/// A place and a blob for it.
type Key = (String, Digest);

#[derive(Clone, Debug, Default)]
struct Blob {
    in_flight: bool,
    /// The first repository that had it; of a place that is no registry, one without a name.
    first: Option<String>,
    /// All repositories that have it.
    complete: HashSet<String>,
}

/// What is known of a blob.
pub(super) enum State<'a> {
    /// The destination has it.
    Complete,
    /// Another copy uploads it.
    InFlight,
    /// The caller is to upload it.
    Permit(Permit<'a>),
}

/// Leave to upload a blob. Dropped without [`complete`](Permit::complete), another copy gets it.
pub(super) struct Permit<'a> {
    all: &'a InFlight,
    key: Key,
    repository: String,
    /// A repository of the same registry that has it already.
    pub(super) from: Option<Origin>,
}

impl InFlight {
    /// Returns the state of a blob; the caller uploads it if nobody has yet or does.
    pub(super) fn begin(&self, destination: &dyn Transport, digest: &Digest) -> State<'_> {
        let (key, repository) = key(destination, digest);
        let mut blobs = lock(&self.blobs);
        let blob = blobs.entry(key.clone()).or_default();
        if blob.complete.contains(&repository) {
            return State::Complete;
        }
        if blob.in_flight {
            return State::InFlight;
        }
        blob.in_flight = true;
        let from = blob.first.clone();
        let from = from.map(|repository| Origin { registry: key.0.clone(), repository });
        State::Permit(Permit { all: self, key, repository, from })
    }

    /// Waits until nobody uploads a blob.
    ///
    /// # Errors
    /// [`Error::Cancelled`](super::Error::Cancelled).
    pub(super) fn wait(&self, destination: &dyn Transport, digest: &Digest, watch: &Watch) -> Result<()> {
        let (key, _) = key(destination, digest);
        let mut blobs = lock(&self.blobs);
        while blobs.get(&key).is_some_and(|blob| blob.in_flight) {
            watch.check()?;
            blobs = self.changed.wait_timeout(blobs, POLL).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }
}

fn key(destination: &dyn Transport, digest: &Digest) -> (Key, String) {
    let (place, repository) = match destination.origin() {
        Some(origin) => (origin.registry.clone(), origin.repository.clone()),
        None => (destination.to_string(), String::new()),
    };
    ((place, digest.clone()), repository)
}

impl Permit<'_> {
    /// Records that the destination has the blob now.
    pub(super) fn complete(self) {
        if let Some(blob) = lock(&self.all.blobs).get_mut(&self.key) {
            blob.first.get_or_insert_with(|| self.repository.clone());
            blob.complete.insert(self.repository.clone());
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if let Some(blob) = lock(&self.all.blobs).get_mut(&self.key) {
            blob.in_flight = false;
        }
        self.all.changed.notify_all();
    }
}
