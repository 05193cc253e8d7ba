//! Places, opened once each.
//!
//! What is written as a whole (a layout, an archive, a tree) is opened once and kept, so that its images share one lock and one `finish`. A
//! repository in a registry costs nothing to open, and is open only while an image of it is copied: tokens then ask for the few repositories
//! in use. A `dir:` holds one image, and is finished with it.

use std::collections::HashMap;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use super::options::Open;
use super::plan::Access;
use super::report::Error;
use crate::copy::{self, Side};
use crate::locks::lock;
use crate::transport::{ArchivePath, Options, Place, Source, Transport};

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

/// Returns the place with its path in full: `d`, `/home/me/d` and a link to it are one place, which is opened and locked once.
pub(super) fn identity(place: &Place) -> Place {
    match place {
        Place::Layout(path) => Place::Layout(real(path)),
        Place::Dir(path) => Place::Dir(real(path)),
        Place::OciArchive(ArchivePath::File(path)) => Place::OciArchive(ArchivePath::File(real(path))),
        Place::DockerArchive(ArchivePath::File(path)) => Place::DockerArchive(ArchivePath::File(real(path))),
        Place::Static { root, repository } => Place::Static { root: real(root), repository: repository.clone() },
        other => other.clone(),
    }
}

/// Resolves as much of a path as there is. What cannot be resolved stays as it is, and whoever opens it says why.
fn real(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    for there in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (there.canonicalize(), path.strip_prefix(there)) {
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    path
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
        slot(&self.sources, &identity(place)).get_or_init(open).clone()
    }

    pub(super) fn destination(&self, place: &Place, access: &Access) -> Result<Arc<dyn Transport>> {
        let open = || match place.open_destination(&self.options(Side::Destination, access)) {
            Ok(destination) => Ok(Arc::from(destination)),
            Err(error) => Err(copy::Error::at(Side::Destination, place)(error).into()),
        };
        if !is_kept(place) {
            return open();
        }
        slot(&self.destinations, &identity(place)).get_or_init(open).clone()
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
