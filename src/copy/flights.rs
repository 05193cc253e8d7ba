//! Which blobs are on their way to a destination, or there: copies that run together send each once.

use std::collections::{HashMap, HashSet};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::session::lock;
use super::{Error, Request, Result};
use crate::digest::Digest;
use crate::transport::Origin;
use crate::watch::{Cancelled, Watch};

/// How often a wait looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(100);

/// What is known of blobs. Repositories of one registry count as one place here, for what one has another can mount.
#[derive(Debug, Default)]
pub(super) struct Flights {
    blobs: Mutex<HashMap<(String, Digest), Blob>>,
    landed: Condvar,
}

#[derive(Clone, Debug, Default)]
struct Blob {
    in_flight: bool,
    /// The first repository that had it; of a place that is no registry, one without a name.
    first: Option<String>,
    /// All that have it.
    there: HashSet<String>,
}

/// What is to be done about a blob.
pub(super) enum Claim<'a> {
    /// It is there.
    There,
    /// It is the caller's to bring.
    Take(Flight<'a>),
}

/// A blob that the holder brings. Dropped without [`land`](Flight::land), somebody else may take it.
pub(super) struct Flight<'a> {
    flights: &'a Flights,
    key: (String, Digest),
    repository: String,
    /// A repository of the same registry that has it already.
    pub(super) from: Option<Origin>,
}

impl Flights {
    /// Waits until nobody else brings the blob to this place, and takes it unless it is there by then.
    pub(super) fn claim(&self, request: &Request<'_>, digest: &Digest, watch: &Watch) -> Result<Claim<'_>> {
        let (place, repository) = match request.destination.origin() {
            Some(origin) => (origin.registry.clone(), origin.repository.clone()),
            None => (request.destination.to_string(), String::new()),
        };
        let key = (place, digest.clone());
        let mut blobs = lock(&self.blobs);
        loop {
            watch.check().map_err(|_| Error::Cancelled(Cancelled))?;
            let blob = blobs.entry(key.clone()).or_default();
            if blob.there.contains(&repository) {
                return Ok(Claim::There);
            }
            if !blob.in_flight {
                blob.in_flight = true;
                let from = blob.first.clone();
                let from = from.map(|repository| Origin { registry: key.0.clone(), repository });
                drop(blobs);
                return Ok(Claim::Take(Flight { flights: self, key, repository, from }));
            }
            blobs = self.landed.wait_timeout(blobs, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Flight<'_> {
    /// Tells that the blob is there now.
    pub(super) fn land(self) {
        if let Some(blob) = lock(&self.flights.blobs).get_mut(&self.key) {
            blob.first.get_or_insert_with(|| self.repository.clone());
            blob.there.insert(self.repository.clone());
        }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if let Some(blob) = lock(&self.flights.blobs).get_mut(&self.key) {
            blob.in_flight = false;
        }
        self.flights.landed.notify_all();
    }
}
