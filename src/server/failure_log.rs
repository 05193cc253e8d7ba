//! Failures of the storage: of each kind a line a second, for a full disk fails every push.

use std::collections::HashMap;
use std::error::Error;
use std::io::ErrorKind;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long others of the same kind are only counted.
const WINDOW: Duration = Duration::from_secs(1);

/// Tells of failures, of each kind at most once a second, with the number of those in between.
#[derive(Debug, Default)]
pub struct FailureLog(Mutex<HashMap<ErrorKind, (Instant, u64)>>);

impl FailureLog {
    /// Returns the line for a failure at `now`, without a newline; nothing when it is only counted.
    pub fn line(&self, kind: ErrorKind, error: &dyn Error, now: Instant) -> Option<String> {
        let more = self.count(kind, now)?;
        let more = if more == 0 { String::new() } else { format!(" ({more} more since the last one)") };
        Some(format!("{}{more}", chain(error)))
    }

    /// Returns how many were only counted before this one; nothing when this one is.
    fn count(&self, kind: ErrorKind, now: Instant) -> Option<u64> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((last, more)) = kinds.get_mut(&kind) else {
            kinds.insert(kind, (now, 0));
            return Some(0);
        };
        if now.saturating_duration_since(*last) < WINDOW {
            *more += 1;
            return None;
        }
        *last = now;
        Some(std::mem::take(more))
    }
}

/// Joins an error and its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_line_a_second() {
        let (failures, begin) = (FailureLog::default(), Instant::now());
        let after = |milliseconds| begin + Duration::from_millis(milliseconds);
        assert_eq!(failures.count(ErrorKind::StorageFull, begin), Some(0));
        for number in 0..999 {
            assert_eq!(failures.count(ErrorKind::StorageFull, after(number)), None);
        }
        assert_eq!(failures.count(ErrorKind::PermissionDenied, after(1)), Some(0));
        assert_eq!(failures.count(ErrorKind::StorageFull, after(1000)), Some(999));
        assert_eq!(failures.count(ErrorKind::StorageFull, after(2000)), Some(0));
    }
}
