//! Tells of troubles, of each kind at most once a second: whoever can cause one can cause thousands, and would fill the log's disk.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::{OnTrouble, Trouble};
use crate::locks;

/// How long others of the same kind are held back, to be told in one.
const WINDOW: Duration = Duration::from_secs(1);

/// What is told at once, and what is held back.
pub(super) struct Troubles {
    tell: Option<OnTrouble>,
    windows: Mutex<[Option<Window>; Trouble::KINDS]>,
}

/// The time after a trouble was told.
struct Window {
    end: Instant,
    /// The last of those that came meanwhile, and how many they were.
    held: Option<(Trouble, u64)>,
}

impl Troubles {
    pub(super) fn new(tell: Option<OnTrouble>) -> Self {
        Self { tell, windows: Mutex::new([const { None }; Trouble::KINDS]) }
    }

    /// Tells a trouble, or holds it back. Returns whether somebody has to see to it that what is held back is told: it is the first.
    pub(super) fn report(&self, trouble: Trouble, now: Instant) -> bool {
        let Some(tell) = &self.tell else { return false };
        let kind = trouble.kind();
        let mut windows = locks::lock(&self.windows);
        if let Some(window) = windows[kind].as_mut().filter(|window| now < window.end) {
            let before = window.held.take().map_or(0, |(_, count)| count);
            window.held = Some((trouble, before + 1));
            return before == 0;
        }
        let late = windows[kind].replace(Window { end: now + WINDOW, held: None }).and_then(|window| window.held);
        // Not under the lock: the hook may take its time, or panic.
        drop(windows);
        if let Some((last, count)) = late {
            tell(&Trouble::sum(last, count));
        }
        tell(&trouble);
        false
    }

    /// Tells what was held back for long enough, or all of it; returns how long the rest has to wait.
    pub(super) fn flush(&self, now: Instant, all: bool) -> Option<Duration> {
        let tell = self.tell.as_ref()?;
        let mut due = Vec::new();
        let mut wait: Option<Duration> = None;
        for slot in &mut *locks::lock(&self.windows) {
            let Some(window) = slot.as_mut().filter(|window| window.held.is_some()) else { continue };
            if all || now >= window.end {
                due.extend(window.held.take());
                window.end = now + WINDOW;
            } else {
                let left = window.end.saturating_duration_since(now);
                wait = Some(wait.map_or(left, |wait| wait.min(left)));
            }
        }
        for (last, count) in due {
            tell(&Trouble::sum(last, count));
        }
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
        let troubles =
            Troubles::new(Some(Box::new(move |trouble| sink.lock().expect("a lock").push(trouble.to_string()))));
        let begin = Instant::now();
        let after = |milliseconds| begin + Duration::from_millis(milliseconds);
        let accept = || Trouble::Accept(std::io::ErrorKind::OutOfMemory.into());
        let panic = |last| Trouble::Panic([127, 0, 0, last].into());
        let take = || std::mem::take(&mut *told.lock().expect("a lock"));
        assert!(!troubles.report(accept(), begin));
        assert!(!troubles.report(panic(1), begin));
        assert_eq!(take(), ["cannot take connections: out of memory", "answering a request of 127.0.0.1 panicked"]);
        assert_eq!(troubles.flush(begin, false), None);
        for number in 0..10_000 {
            assert_eq!(troubles.report(accept(), after(number / 20)), number == 0);
        }
        assert!(troubles.report(panic(2), after(500)));
        assert_eq!(troubles.flush(after(999), false), Some(Duration::from_millis(1)));
        assert!(take().is_empty());
        assert_eq!(troubles.flush(after(1000), false), None);
        let sum = "cannot take connections: out of memory (10000 times in a second)";
        assert_eq!(take(), [sum, "answering a request of 127.0.0.2 panicked"]);
        // The next window has begun with that.
        assert!(troubles.report(accept(), after(1500)));
        assert!(!troubles.report(accept(), after(1600)));
        assert!(take().is_empty());
        // Nobody came to flush: the next one brings what is due.
        assert!(!troubles.report(accept(), after(9000)));
        let sum = "cannot take connections: out of memory (2 times in a second)";
        assert_eq!(take(), [sum, "cannot take connections: out of memory"]);
        assert!(troubles.report(accept(), after(9001)));
        assert_eq!(troubles.flush(after(9001), true), None);
        assert_eq!(take(), ["cannot take connections: out of memory"]);
        assert!(!Troubles::new(None).report(accept(), begin));
    }
}
