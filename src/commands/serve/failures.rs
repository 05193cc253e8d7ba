//! Failures of the storage on standard error: of each kind a line a second, for a full disk fails every push.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::chain;
use crate::cli::output;

/// How long others of the same kind are only counted.
const WINDOW: Duration = Duration::from_secs(1);

/// When each kind was told last, and how many were not since.
#[derive(Default)]
pub(super) struct Failures(Mutex<HashMap<ErrorKind, (Instant, u64)>>);

impl Failures {
    /// Tells of a failure, or counts it.
    pub(super) fn tell(&self, kind: ErrorKind, error: &dyn std::error::Error) {
        if let Some(more) = self.count(kind, Instant::now()) {
            let more = if more == 0 { String::new() } else { format!(" ({more} more since the last one)") };
            output::line(&format!("stevedore: {}{more}", chain(error)));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_line_a_second() {
        let (failures, begin) = (Failures::default(), Instant::now());
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
