//! Deadlines of reads and writes, and the minimum rate that extends them.

use std::time::{Duration, Instant};

/// The time limit of a series of reads or writes. A peer that sends a byte a second does not reset it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deadline {
    /// A point in time.
    At(Instant),
    /// As long as the peer keeps a minimum rate.
    MinRate(MinRate),
}

/// A budget of waiting time: waiting spends it, transferred bytes refill it, up to the initial value.
#[derive(Clone, Copy, Debug)]
pub(super) struct MinRate {
    left: Duration,
    most: Duration,
    rate: u64,
}

impl MinRate {
    /// Starts with a budget of `most`. A peer that transfers `rate` bytes a second never exhausts it.
    pub(super) fn new(most: Duration, rate: u64) -> Self {
        Self { left: most, most, rate: rate.max(1) }
    }

    fn spend(&mut self, waited: Duration, bytes: usize) {
        let earned = Duration::from_nanos((bytes as u64).saturating_mul(1_000_000_000) / self.rate);
        self.left = self.left.saturating_sub(waited).saturating_add(earned).min(self.most);
    }
}

impl Deadline {
    /// Returns how long the next wait may be; zero once the deadline has passed.
    pub(super) fn left(&self, now: Instant) -> Duration {
        match self {
            Self::At(moment) => moment.saturating_duration_since(now),
            Self::MinRate(rate) => rate.left,
        }
    }

    /// Changes the minimum rate, for the waits to come.
    pub(super) fn set_rate(&mut self, rate: u64) {
        if let Self::MinRate(limit) = self {
            limit.rate = rate.max(1);
        }
    }

    /// Accounts for a wait since `begun` in which `bytes` were transferred.
    pub(super) fn spend(&mut self, begun: Instant, bytes: usize) {
        if let Self::MinRate(rate) = self {
            rate.spend(begun.elapsed(), bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trickle_runs_out_and_a_slow_line_does_not() {
        let (mut trickle, mut slow) =
            (MinRate::new(Duration::from_secs(20), 256), MinRate::new(Duration::from_secs(20), 256));
        let mut seconds = 0;
        while trickle.left > Duration::from_secs(1) {
            trickle.spend(Duration::from_secs(1), 1);
            seconds += 1;
        }
        assert_eq!(seconds, 20);
        for _ in 0..1000 {
            slow.spend(Duration::from_secs(1), 256);
        }
        assert_eq!(slow.left, Duration::from_secs(20));
        slow.spend(Duration::from_secs(5), 1 << 30);
        assert_eq!(slow.left, Duration::from_secs(20), "a gigabyte buys no year of silence");
        slow.spend(Duration::from_secs(50), usize::MAX);
        assert_eq!(slow.left, Duration::from_secs(20));
    }
}
