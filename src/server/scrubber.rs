//! When content is read again.

use std::time::{Duration, SystemTime};

use super::metrics::Metrics;
use super::storage::{Scrub, Scrubbed, Storage};
use crate::store;
use crate::timestamp;

/// When what could not be set aside is tried again.
const AGAIN: Duration = Duration::from_secs(600);

/// A schedule of scrubs.
#[derive(Clone, Copy, Debug)]
pub struct Scrubber {
    /// The time between the ends of two.
    pub pause: Duration,
    /// How each is done.
    pub scrub: Scrub,
}

impl Scrubber {
    /// Scrubs whenever the last one, of whichever process, is so long ago, until `wait` returns false: it sleeps for the time it is given. A
    /// storage that was never scrubbed is after the first pause. `report` is called with each result. Blocks; it may be broken off anywhere.
    pub fn run(
        &self,
        storage: &Storage,
        metrics: &Metrics,
        report: impl Fn(Result<Scrubbed, store::Error>),
        mut wait: impl FnMut(Duration) -> bool,
    ) {
        loop {
            let last = storage.last_scrub().ok().flatten();
            metrics.scrubbed(last, None);
            if !wait(self.until_next(last, timestamp::seconds(SystemTime::now()))) {
                return;
            }
            let result = storage.scrub(&self.scrub, &mut wait);
            if result.as_ref().is_ok_and(|found| !found.complete) {
                return;
            }
            let damaged = result.as_ref().ok().map(|found| (found.damaged.len() + found.left_in_place.len()) as u64);
            metrics.scrubbed(storage.last_scrub().ok().flatten(), damaged);
            let is_unfinished = result.as_ref().is_ok_and(|found| !found.left_in_place.is_empty());
            let pause = if is_unfinished { self.pause.min(AGAIN) } else { self.pause };
            let unmarked = is_unfinished || result.is_err();
            report(result);
            if unmarked && !wait(pause) {
                return;
            }
        }
    }

    fn until_next(&self, last: Option<i64>, now: u64) -> Duration {
        let Some(last) = last else { return self.pause };
        let passed = now.saturating_sub(u64::try_from(last).unwrap_or(0));
        self.pause.saturating_sub(Duration::from_secs(passed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_scrub_counts_whoever_did_it() {
        let scrubber = Scrubber { pause: Duration::from_secs(100), scrub: Scrub::default() };
        for (last, seconds) in
            [(None, 100), (Some(1000), 100), (Some(950), 50), (Some(900), 0), (Some(1), 0), (Some(-5), 0)]
        {
            assert_eq!(scrubber.until_next(last, 1000), Duration::from_secs(seconds), "{last:?}");
        }
        assert_eq!(scrubber.until_next(Some(1100), 1000), Duration::from_secs(100), "a clock that was set back");
    }
}
