//! Trying again: how often, how long apart, and who is told.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::error::{Error, Result};
use crate::error_chain::with_causes;
use crate::watch::{Cancelled, Event, Watch};

/// The first pause; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(500);
/// The longest pause. A registry that asks for a longer one is not asked again.
pub(super) const LONGEST: Duration = Duration::from_secs(60);
/// How often something is tried that refuses connections: a mistyped port is more likely than a restart.
const UNREACHABLE_RETRIES: u32 = 2;
/// How long a wait goes without looking whether someone asked to stop.
pub(super) const POLL: Duration = Duration::from_millis(50);

/// Runs `attempt`, which hears how many have failed, until it succeeds, fails for good, or `retries` further attempts have failed as well.
pub(super) fn retry<T>(
    watch: &Watch,
    retries: u32,
    what: &str,
    mut attempt: impl FnMut(u32) -> Result<T>,
) -> Result<T> {
    let mut failures = 0;
    loop {
        check(watch)?;
        match attempt(failures) {
            Ok(value) => return Ok(value),
            Err(error) => pause(watch, retries, what, &mut failures, error)?,
        }
    }
}

/// Counts a failure and waits before the next attempt.
///
/// # Errors
/// The failure itself when there is to be no further attempt.
pub(super) fn pause(watch: &Watch, retries: u32, what: &str, failures: &mut u32, error: Error) -> Result<()> {
    let limit = if error.is_unreachable() { retries.min(UNREACHABLE_RETRIES) } else { retries };
    let asked = error.retry_after();
    if !error.is_transient() || *failures >= limit || asked.is_some_and(|asked| asked > LONGEST) {
        return Err(error);
    }
    let delay = asked.unwrap_or_else(|| jitter(FIRST * 2_u32.saturating_pow(*failures))).min(LONGEST);
    *failures += 1;
    let delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
    watch.tell(&Event::Retrying { what, reason: &reason(&error), attempt: *failures + 1, delay: delay_ms });
    wait(watch, delay)
}

/// Why an attempt failed, in one line; what was attempted is told with it.
pub(super) fn reason(error: &Error) -> String {
    match error {
        Error::Status(status) => status.answer(),
        Error::Exchange { source, .. } => with_causes(&**source),
        other => with_causes(other),
    }
}

/// Waits, unless someone asks to stop.
pub(super) fn wait(watch: &Watch, delay: Duration) -> Result<()> {
    let end = Instant::now() + delay;
    loop {
        check(watch)?;
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        thread::sleep(left.min(POLL));
    }
}

pub(super) fn check(watch: &Watch) -> Result<()> {
    if watch.is_cancelled() { Err(Cancelled.into()) } else { Ok(()) }
}

/// Spreads clients that failed together: up to a tenth more or less.
fn jitter(delay: Duration) -> Duration {
    delay * 9 / 10 + random_up_to(delay / 5)
}

/// Returns some duration up to `most`.
pub(super) fn random_up_to(most: Duration) -> Duration {
    most * u32::try_from(random() % 1000).expect("below 1000") / 1000
}

/// Returns a number that tells this caller from others. It is no secret: the standard library's hash keys are random enough for that.
pub(super) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Reads `Retry-After`: seconds or a date.
pub(super) fn parse_retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Mutex};

    use super::*;

    fn failing() -> Error {
        Error::Exchange {
            method: "GET",
            url: "http://r/".into(),
            proxy: None,
            hint: None,
            transient: true,
            source: Box::new(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
        }
    }

    #[test]
    fn retry_after() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (text, wanted) in [
            ("3", Some(3)),
            ("0", Some(0)),
            (" 7 ", Some(7)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(parse_retry_after(text, now), wanted.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn jitter_is_a_tenth() {
        let delays: std::collections::BTreeSet<Duration> = (0..100).map(|_| jitter(FIRST)).collect();
        assert!(delays.iter().all(|delay| (FIRST * 9 / 10..=FIRST * 11 / 10).contains(delay)), "{delays:?}");
        assert!(delays.len() > 10, "{delays:?}");
    }

    #[test]
    fn gives_up_and_tells() {
        let told = Arc::new(AtomicU32::new(0));
        let reasons = Arc::new(Mutex::new(String::new()));
        let watch = {
            let (told, reasons) = (told.clone(), reasons.clone());
            Watch::new(move |event| {
                if let Event::Retrying { reason, .. } = event {
                    told.fetch_add(1, Ordering::Relaxed);
                    *reasons.lock().expect("lock") = (*reason).to_owned();
                }
            })
        };
        let attempts = Cell::new(0);
        let result: Result<()> = retry(&watch, 1, "GET http://r/", |_| {
            attempts.set(attempts.get() + 1);
            Err(failing())
        });
        assert!(result.is_err());
        assert_eq!((attempts.get(), told.load(Ordering::Relaxed)), (2, 1));
        assert_eq!(*reasons.lock().expect("lock"), "connection reset");
    }

    #[test]
    fn stops_when_asked() {
        let watch = Watch::default();
        let result: Result<()> = retry(&watch.clone(), 9, "x", |_| {
            watch.cancel();
            Err(failing())
        });
        assert!(matches!(result, Err(Error::Cancelled(_))));
    }
}
