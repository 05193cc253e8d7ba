//! Places, opened once each.
//!
//! What is written as a whole (a layout, an archive, a tree) is opened once and kept, so that its images share one lock and one `finish`. A
//! repository in a registry costs nothing to open, and is open only while an image of it is copied: tokens then ask for the few repositories
//! in use. A `dir:` holds one image, and is finished with it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::options::Open;
use super::plan::Access;
use super::report::Error;
use crate::copy::{self, Side};
use crate::transport::{Options, Place, Source, Transport};

type Result<T> = std::result::Result<T, Error>;
/// Opened by the first who needs it; the others wait for that.
type Slot<T> = Arc<OnceLock<Result<Arc<T>>>>;

/// The places of a run.
pub(super) struct Places<'a> {
    open: &'a Open<'a>,
    options: Mutex<HashMap<(bool, Access), Options>>,
    sources: Mutex<HashMap<Place, Slot<dyn Source>>>,
    destinations: Mutex<HashMap<Place, Slot<dyn Transport>>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(open: &'a Open<'a>) -> Self {
        let (sources, destinations) = (Mutex::default(), Mutex::default());
        Self { open, options: Mutex::default(), sources, destinations }
    }

    pub(super) fn source(&self, place: &Place, access: &Access) -> Result<Arc<dyn Source>> {
        let open = || match place.open_source(&self.options(Side::Source, access)) {
            Ok(source) => Ok(Arc::from(source)),
            Err(error) => Err(copy::Error::at(Side::Source, place)(error).into()),
        };
        if !is_kept(place) {
            return open();
        }
        slot(&self.sources, place).get_or_init(open).clone()
    }

    pub(super) fn destination(&self, place: &Place, access: &Access) -> Result<Arc<dyn Transport>> {
        let open = || match place.open_destination(&self.options(Side::Destination, access)) {
            Ok(destination) => Ok(Arc::from(destination)),
            Err(error) => Err(copy::Error::at(Side::Destination, place)(error).into()),
        };
        if !is_kept(place) {
            return open();
        }
        slot(&self.destinations, place).get_or_init(open).clone()
    }

    /// Finishes every destination that was kept; returns those that failed.
    pub(super) fn finish(&self) -> HashMap<Place, Arc<copy::Error>> {
        let mut failed = HashMap::new();
        for (place, slot) in lock(&self.destinations).iter() {
            let Some(Ok(destination)) = slot.get() else {
                continue;
            };
            if let Err(error) = destination.finish() {
                failed.insert(place.clone(), Arc::new(copy::Error::at(Side::Destination, place)(error)));
            }
        }
        failed
    }

    fn options(&self, side: Side, access: &Access) -> Options {
        let key = (side == Side::Source, access.clone());
        lock(&self.options).entry(key).or_insert_with(|| (self.open)(side, access)).clone()
    }
}

/// Says whether a place is opened once and finished at the end.
pub(super) fn is_kept(place: &Place) -> bool {
    !matches!(place, Place::Registry(_) | Place::Dir(_))
}

fn slot<K: Clone + Eq + Hash, T: ?Sized>(slots: &Mutex<HashMap<K, Slot<T>>>, key: &K) -> Slot<T> {
    lock(slots).entry(key.clone()).or_default().clone()
}

/// A thread that panicked cannot leave these half changed: every critical section is one insertion.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
