//! When garbage is collected.

use std::time::{Duration, SystemTime};

use super::metrics::Metrics;
use super::storage::{Collection, Report, Storage};
use crate::store;
use crate::timestamp;

/// A schedule of collections.
#[derive(Clone, Debug)]
pub struct Collector {
    /// The time between two collections.
    pub pause: Duration,
    /// What each does.
    pub collection: Collection,
}

impl Collector {
    /// Removes what killed processes and expired uploads left at once, and collects after each pause, until `wait` returns false: it sleeps for
    /// the time it is given. No blob is freed before the first pause has passed, since the storage may not be mounted or restored as a whole
    /// yet. `report` is called with each result. Blocks; a collection may be broken off anywhere.
    pub fn run(
        &self,
        storage: &Storage,
        metrics: &Metrics,
        report: impl Fn(Result<Report, store::Error>),
        mut wait: impl FnMut(Duration) -> bool,
    ) {
        let done = |result: Result<Report, store::Error>| {
            metrics.swept(result.as_ref().ok().map(|report| report.bytes));
            report(result);
        };
        let count = || {
            // Without a word on how much there is, the collection says what is wrong.
            if let Ok(usage) = storage.usage() {
                metrics.stored(usage);
            }
        };
        done(storage.tidy(&self.collection));
        count();
        // What fails here only costs time, and shows where something is damaged in the next collection.
        let _ = storage.remember_referrers();
        while wait(self.pause) {
            let result = storage.collect(&self.collection);
            if result.is_ok() {
                metrics.collected(timestamp::seconds(SystemTime::now()));
            }
            done(result);
            count();
            let _ = storage.remember_referrers();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn it_collects_after_each_pause_until_it_is_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let storage = Storage::open(folder.path()).expect("opens");
        // A store of blobs alone: to tidy it is no failure, to collect it would be.
        let orphan = crate::digest::Digest::of(b"orphan");
        storage.put_blob("a", &orphan, &mut &b"orphan"[..]).expect("written");
        std::fs::remove_dir_all(folder.path().join("docker/registry/v2/repositories/a")).expect("removed");
        std::thread::sleep(Duration::from_millis(20));
        let pause = Duration::from_secs(60);
        let (told, mut waited) = (Cell::new(0), Vec::new());
        Collector { pause, collection: Collection::default() }.run(
            &storage,
            &Metrics::default(),
            |result| {
                assert_eq!(result.is_ok(), told.get() == 0);
                told.set(told.get() + 1);
            },
            |pause| {
                waited.push(pause);
                waited.len() < 3
            },
        );
        assert_eq!((told.get(), waited), (3, vec![pause; 3]));
    }
}
