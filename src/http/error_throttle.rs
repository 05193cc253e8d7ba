//! Reports repeated errors once a second: whoever can cause one can cause thousands, and would fill the log's disk.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::locks;

/// How long errors of the same kind are held back after one was reported.
const WINDOW: Duration = Duration::from_secs(1);

/// Passes on the first error of a kind at once, and those that follow within a second as one. Kinds must be few: each takes memory.
#[derive(Debug)]
pub struct ErrorThrottle<K, E>(Mutex<HashMap<K, Window<E>>>);

/// The last of several errors of a kind, and how many they were.
#[derive(Debug)]
#[non_exhaustive]
pub struct Throttled<E> {
    /// The last one.
    pub error: E,
    /// How many this one stands for, itself included: 1 when it was not held back.
    pub count: u64,
}

impl<E: fmt::Display> fmt::Display for Throttled<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            1 => write!(f, "{}", self.error),
            count => write!(f, "{} ({count} times in a second)", self.error),
        }
    }
}

/// The time after an error was reported.
#[derive(Debug)]
struct Window<E> {
    end: Instant,
    held: Option<Throttled<E>>,
}

impl<K, E> Default for ErrorThrottle<K, E> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, E> ErrorThrottle<K, E> {
    /// Passes an error to `tell`, or holds it back. Returns whether it is the first of its kind that is held back: without a
    /// [`flush`](Self::flush) later, it is told together with the next one.
    pub fn report(&self, kind: K, error: E, now: Instant, tell: impl Fn(&Throttled<E>)) -> bool {
        let mut windows = locks::lock(&self.0);
        if let Some(window) = windows.get_mut(&kind).filter(|window| now < window.end) {
            let before = window.held.take().map_or(0, |held| held.count);
            window.held = Some(Throttled { error, count: before + 1 });
            return before == 0;
        }
        let earlier = windows.insert(kind, Window { end: now + WINDOW, held: None }).and_then(|window| window.held);
        // Not under the lock: the hook may take its time, or panic.
        drop(windows);
        earlier.iter().for_each(&tell);
        tell(&Throttled { error, count: 1 });
        false
    }

    /// Passes on what was held back for long enough, or all of it. Returns how long the rest has to wait.
    pub fn flush(&self, now: Instant, all: bool, tell: impl Fn(&Throttled<E>)) -> Option<Duration> {
        let mut due = Vec::new();
        let mut wait: Option<Duration> = None;
        for window in locks::lock(&self.0).values_mut().filter(|window| window.held.is_some()) {
            if all || now >= window.end {
                due.extend(window.held.take());
                window.end = now + WINDOW;
            } else {
                let left = window.end.saturating_duration_since(now);
                wait = Some(wait.map_or(left, |wait| wait.min(left)));
            }
        }
        due.iter().for_each(tell);
        wait
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn each_kind_is_told_at_once_and_then_once_a_second() {
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        let sink = Arc::clone(&told);
        let tell = move |error: &Throttled<&str>| sink.lock().expect("a lock").push(error.to_string());
        let throttle = ErrorThrottle::default();
        let begin = Instant::now();
        let after = |milliseconds| begin + Duration::from_millis(milliseconds);
        let report = |kind, error, now| throttle.report(kind, error, now, &tell);
        let take = || std::mem::take(&mut *told.lock().expect("a lock"));
        assert!(!report('a', "one", begin));
        assert!(!report('b', "two", begin));
        assert_eq!(take(), ["one", "two"]);
        assert_eq!(throttle.flush(begin, false, &tell), None);
        for number in 0..10_000 {
            assert_eq!(report('a', "one", after(number / 20)), number == 0);
        }
        assert!(report('b', "other", after(500)));
        assert_eq!(throttle.flush(after(999), false, &tell), Some(Duration::from_millis(1)));
        assert!(take().is_empty());
        assert_eq!(throttle.flush(after(1000), false, &tell), None);
        let mut flushed = take();
        flushed.sort();
        assert_eq!(flushed, ["one (10000 times in a second)", "other"]);
        // The next window has begun with that.
        assert!(report('a', "one", after(1500)));
        assert!(!report('a', "last", after(1600)));
        assert!(take().is_empty());
        // Nobody came to flush: the next one brings what is due.
        assert!(!report('a', "one", after(9000)));
        assert_eq!(take(), ["last (2 times in a second)", "one"]);
        assert!(report('a', "one", after(9001)));
        assert_eq!(throttle.flush(after(9001), true, &tell), None);
        assert_eq!(take(), ["one"]);
    }
}
