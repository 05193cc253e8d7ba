//! When garbage is collected.

use std::time::Duration;

use super::metrics::Metrics;
use super::storage::{Collection, Report, Storage};
use crate::store;

/// A schedule of collections.
#[derive(Clone, Debug)]
pub struct Collector {
    /// The time between two collections.
    pub pause: Duration,
    /// What each does.
    pub collection: Collection,
}

impl Collector {
    /// Collects at once, for what a killed server left need not wait, and after each pause, until `wait` says that it is over: `wait` sleeps
    /// for the time it is given and returns whether to go on. `tell` is told what became of each collection. Blocks; a collection may be
    /// broken off anywhere.
    pub fn run(
        &self,
        storage: &Storage,
        metrics: &Metrics,
        tell: impl Fn(Result<Report, store::Error>),
        mut wait: impl FnMut(Duration) -> bool,
    ) {
        loop {
            let result = storage.collect(&self.collection);
            metrics.swept(result.as_ref().ok().map(|report| report.bytes));
            tell(result);
            if !wait(self.pause) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn it_collects_at_once_and_after_each_pause_until_it_is_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let storage = Storage::open(folder.path()).expect("opens");
        let pause = Duration::from_secs(60);
        let (told, mut waited) = (Cell::new(0), Vec::new());
        Collector { pause, collection: Collection::default() }.run(
            &storage,
            &Metrics::default(),
            |result| {
                assert!(result.is_ok_and(|report| report.bytes == 0));
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
