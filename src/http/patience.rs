//! How long a peer may keep a thread waiting.

use std::time::{Duration, Instant};

/// A limit on waiting that holds over many reads or writes: a peer that sends one byte a second resets no clock.
#[derive(Clone, Copy, Debug)]
pub(super) enum Patience {
    /// Until a moment.
    Until(Instant),
    /// As long as the peer keeps a pace.
    Paced(Pace),
}

/// Time in hand: waiting spends it, bytes earn it back, up to what it was at first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    left: Duration,
    most: Duration,
    rate: u64,
}

impl Pace {
    /// Starts with so much time; a peer that moves `rate` bytes a second never runs out of it.
    pub(super) fn new(most: Duration, rate: u64) -> Self {
        Self { left: most, most, rate: rate.max(1) }
    }

    fn spend(&mut self, waited: Duration, bytes: usize) {
        let earned = Duration::from_nanos((bytes as u64).saturating_mul(1_000_000_000) / self.rate);
        self.left = self.left.saturating_sub(waited).saturating_add(earned).min(self.most);
    }
}

impl Patience {
    /// Returns how long the next wait may be; zero when there is no time left.
    pub(super) fn left(&self, now: Instant) -> Duration {
        match self {
            Self::Until(moment) => moment.saturating_duration_since(now),
            Self::Paced(pace) => pace.left,
        }
    }

    /// Takes account of a wait that began then, and of the bytes that it brought.
    pub(super) fn spend(&mut self, begun: Instant, bytes: usize) {
        if let Self::Paced(pace) = self {
            pace.spend(begun.elapsed(), bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trickle_runs_out_and_a_slow_line_does_not() {
        let (mut trickle, mut slow) =
            (Pace::new(Duration::from_secs(20), 256), Pace::new(Duration::from_secs(20), 256));
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
