//! How many bytes a second go over the wire, in both directions and over all connections together.

use std::fmt;
use std::io::{self, Read};
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::limit::Bucket;
use super::retry::wait;
use crate::locks::lock;
use crate::watch::{Cancelled, Watch};

/// The most that is read in one go, in bytes: small enough that no server takes the pause after it for silence.
const LARGEST: u64 = 64 << 10;

/// A limit on bytes a second. Clients that are given the same one share what it allows.
pub struct Bandwidth {
    rate: NonZeroU64,
    bucket: Mutex<Bucket>,
}

impl Bandwidth {
    /// Makes a limit of so many bytes a second.
    pub fn new(rate: NonZeroU64) -> Self {
        Self::since(rate, Instant::now())
    }

    fn since(rate: NonZeroU64, now: Instant) -> Self {
        Self { rate, bucket: Mutex::new(Bucket::new(rate.get() as f64, piece(rate) as f64, now)) }
    }

    /// Counts bytes that went over the wire; returns how long to wait until others may.
    fn take(&self, bytes: usize, now: Instant) -> Duration {
        lock(&self.bucket).take(bytes as f64, now)
    }
}

/// A tenth of a second's bytes.
fn piece(rate: NonZeroU64) -> u64 {
    (rate.get() / 10).clamp(1, LARGEST)
}

impl fmt::Debug for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bandwidth").field("rate", &self.rate).finish_non_exhaustive()
    }
}

/// A transfer that keeps to a limit.
#[derive(Clone)]
pub(super) struct Pace {
    pub(super) bandwidth: Arc<Bandwidth>,
    pub(super) watch: Watch,
}

impl Pace {
    /// Reads some of the content, and waits until as much is allowed.
    pub(super) fn read(&self, content: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(piece(self.bandwidth.rate)).unwrap_or(usize::MAX).min(buffer.len());
        let read = content.read(&mut buffer[..most])?;
        let delay = self.bandwidth.take(read, Instant::now());
        // Nothing but cancellation ends a wait early.
        wait(&self.watch, delay).map_err(|_| Cancelled)?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(bytes: u64) -> NonZeroU64 {
        NonZeroU64::new(bytes).expect("above 0")
    }

    #[test]
    fn transfers_share_the_rate_however_many_they_are() {
        for transfers in [1_u32, 2, 7] {
            let start = Instant::now();
            let limit = Bandwidth::since(rate(1000), start);
            // The clock of each transfer, which goes on while it waits.
            let mut clocks = vec![start; transfers as usize];
            for _ in 0..700 / transfers {
                for clock in &mut clocks {
                    *clock += limit.take(100, *clock);
                }
            }
            // The first tenth of a second's bytes go at once.
            let pieces = f64::from(700 / transfers * transfers);
            let elapsed = clocks.iter().max().expect("a clock").duration_since(start).as_secs_f64();
            assert!((elapsed - (pieces - 1.0) / 10.0).abs() < 0.001, "{transfers}: {elapsed}");
        }
    }

    #[test]
    fn reading_goes_by_pieces_and_ends_when_asked() {
        let pace = Pace { bandwidth: Arc::new(Bandwidth::new(rate(100))), watch: Watch::default() };
        let (mut content, mut buffer) = (&[7_u8; 50][..], [0; 50]);
        assert_eq!(pace.read(&mut content, &mut buffer).expect("the first piece"), 10);
        pace.watch.cancel();
        assert!(pace.read(&mut content, &mut buffer).is_err());
        assert_eq!((piece(rate(1)), piece(rate(u64::MAX))), (1, LARGEST));
    }
}
