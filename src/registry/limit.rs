//! How much a host is asked at once, and how often.
//!
//! A request has its turn until the answer's head is there: bodies on their way are as many as the caller transfers at a time. Uploads have
//! turns of their own, for the content of one may have to be asked for at the same host meanwhile.

use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use super::error::Result;
use super::options::Options;
use super::retry::{POLL, check, wait};
use crate::locks::{self, lock};
use crate::watch::Watch;

/// The longest wait for a request's time to come, which no clock overflows with.
const LONGEST: Duration = Duration::from_secs(86_400);

/// The limits of one host.
pub(super) struct Limit {
    bucket: Option<Mutex<Bucket>>,
    requests: Turns,
    uploads: Turns,
}

impl Limit {
    pub(super) fn new(options: &Options) -> Self {
        let turns = options.requests_per_host.unwrap_or(options.jobs).max(1);
        let rate = options.requests_per_second.filter(|rate| rate.is_finite() && *rate > 0.0);
        Self {
            bucket: rate.map(|rate| Mutex::new(Bucket::new(rate, rate.max(1.0), Instant::now()))),
            requests: Turns::new(turns),
            uploads: Turns::new(turns),
        }
    }

    /// Waits until a request may be sent; it has its turn as long as what is returned lives.
    pub(super) fn admit(&self, is_upload: bool, watch: &Watch) -> Result<Turn<'_>> {
        if let Some(bucket) = &self.bucket {
            let delay = lock(bucket).take(1.0, Instant::now());
            wait(watch, delay)?;
        }
        if is_upload { self.uploads.take(watch) } else { self.requests.take(watch) }
    }
}

/// A token bucket.
pub(super) struct Bucket {
    /// How many tokens a second brings.
    rate: f64,
    /// How many it holds at most.
    room: f64,
    /// Less than nothing when somebody waits.
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    /// Makes a full one.
    pub(super) fn new(rate: f64, room: f64, now: Instant) -> Self {
        Self { rate, room, tokens: room, filled: now }
    }

    /// Takes tokens; returns how long to wait until they are there.
    pub(super) fn take(&mut self, tokens: f64, now: Instant) -> Duration {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate).min(self.room) - tokens;
        self.filled = self.filled.max(now);
        let debt = (-self.tokens).max(0.0);
        Duration::try_from_secs_f64(debt / self.rate).unwrap_or(LONGEST).min(LONGEST)
    }
}

/// So many at a time.
struct Turns {
    free: Mutex<usize>,
    freed: Condvar,
}

impl Turns {
    fn new(number: usize) -> Self {
        Self { free: Mutex::new(number), freed: Condvar::new() }
    }

    fn take(&self, watch: &Watch) -> Result<Turn<'_>> {
        let mut free = lock(&self.free);
        loop {
            check(watch)?;
            if *free > 0 {
                *free -= 1;
                return Ok(Turn(self));
            }
            // Woken early by whoever is done; nobody wakes those who are asked to stop.
            free = locks::wait(&self.freed, free, POLL);
        }
    }
}

/// A turn, until dropped.
pub(super) struct Turn<'a>(&'a Turns);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *lock(&self.0.free) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(bucket: &mut Bucket, at: Instant) -> u128 {
        bucket.take(1.0, at).as_millis()
    }

    #[test]
    fn a_second_at_once_then_one_by_one() {
        let start = Instant::now();
        let after = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut bucket = Bucket::new(4.0, 4.0, start);
        for (now, wanted) in [
            (0, 0),
            (0, 0),
            (0, 0),
            (0, 0),
            (0, 250),
            (0, 500),
            // One more token has come, for the first that waits.
            (250, 500),
            (1000, 0),
            (1000, 250),
            // What nobody took for longer than a second is lost.
            (9000, 0),
            (9000, 0),
            (9000, 0),
            (9000, 0),
            (9000, 250),
            // A clock that was read earlier brings nothing.
            (8000, 500),
        ] {
            assert_eq!(milliseconds(&mut bucket, after(now)), wanted, "at {now}");
        }
    }

    #[test]
    fn less_than_one_a_second() {
        let start = Instant::now();
        let mut bucket = Bucket::new(0.5, 1.0, start);
        assert_eq!(milliseconds(&mut bucket, start), 0);
        assert_eq!(milliseconds(&mut bucket, start), 2000);
        assert_eq!(milliseconds(&mut bucket, start + Duration::from_secs(4)), 0);
        let mut bucket = Bucket::new(f64::MIN_POSITIVE, 1.0, start);
        bucket.take(1.0, start);
        assert_eq!(bucket.take(1.0, start), LONGEST);
    }

    #[test]
    fn who_is_asked_to_stop_waits_no_longer() {
        let options = Options { requests_per_second: Some(1e-9), requests_per_host: Some(1), ..Options::default() };
        let (limit, watch) = (Limit::new(&options), Watch::default());
        let turn = limit.admit(false, &watch).expect("the first");
        watch.cancel();
        assert!(limit.admit(false, &watch).is_err());
        assert!(limit.requests.take(&watch).is_err());
        drop(turn);
        let watch = Watch::default();
        let _request = limit.requests.take(&watch).expect("is free again");
        limit.uploads.take(&watch).expect("has turns of its own");
    }

    #[test]
    fn what_is_no_rate_limits_nothing() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let options = Options { requests_per_second: Some(rate), ..Options::default() };
            assert!(Limit::new(&options).bucket.is_none(), "{rate}");
        }
    }
}
