//! Slows whoever guesses a password, and nobody else.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Whose guesses are counted together: a user's, from an address. Another address, or another user from there, is not slowed by them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pair {
    pub(super) user: String,
    pub(super) address: Option<IpAddr>,
}

/// So many wrong passwords cost nothing: people mistype.
const FREE: u32 = 5;
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(60);
/// Guesses are forgotten when none came for so long.
const MEMORY: Duration = Duration::from_secs(15 * 60);
/// So many pairs are remembered at most.
const MOST: usize = 10_000;

/// The wrong passwords of late.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    pairs: HashMap<Pair, Failures>,
    /// Wrong passwords of each address, whoever's.
    addresses: HashMap<Option<IpAddr>, Failures>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Failures {
    fn is_old(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) > MEMORY
    }

    /// Returns the wait from the last failure on: 1, 2, 4 … seconds.
    fn pause(&self) -> Duration {
        match self.count.checked_sub(FREE) {
            None => Duration::ZERO,
            Some(beyond) => Duration::from_secs(1 << beyond.min(6)).min(LONGEST),
        }
    }
}

impl Throttle {
    /// Returns how long the pair has to wait before another password is looked at. Asking meanwhile makes it no longer: otherwise whoever
    /// guesses could shut the user out.
    pub(super) fn wait(&self, pair: &Pair, now: Instant) -> Option<Duration> {
        let failures = self.pairs.get(pair).filter(|failures| !failures.is_old(now))?;
        (failures.last + failures.pause()).checked_duration_since(now).filter(|wait| !wait.is_zero())
    }

    /// Says whether many wrong passwords came from an address of late.
    pub(super) fn is_suspect(&self, address: Option<IpAddr>, now: Instant) -> bool {
        self.addresses.get(&address).is_some_and(|failures| failures.count >= 2 * FREE && !failures.is_old(now))
    }

    /// Counts a wrong password.
    pub(super) fn fail(&mut self, pair: Pair, now: Instant) {
        count(&mut self.addresses, pair.address, now);
        count(&mut self.pairs, pair, now);
    }

    /// Forgets the pair's wrong passwords: it knows the right one.
    pub(super) fn succeed(&mut self, pair: &Pair) {
        self.pairs.remove(pair);
    }
}

fn count<K: Clone + Eq + std::hash::Hash>(counts: &mut HashMap<K, Failures>, key: K, now: Instant) {
    if counts.len() >= MOST && !counts.contains_key(&key) {
        make_room(counts, now);
    }
    let failures = counts.entry(key).or_insert(Failures { count: 0, last: now });
    if failures.is_old(now) {
        failures.count = 0;
    }
    failures.count = failures.count.saturating_add(1);
    failures.last = now;
}

/// Forgets what is old, and else half of the rest: those with the fewest failures, which are not those that guess one user's password.
fn make_room<K: Clone + Eq + std::hash::Hash>(counts: &mut HashMap<K, Failures>, now: Instant) {
    counts.retain(|_, failures| !failures.is_old(now));
    if counts.len() < MOST {
        return;
    }
    let mut order: Vec<(u32, Instant, K)> =
        counts.iter().map(|(key, failures)| (failures.count, failures.last, key.clone())).collect();
    order.sort_by_key(|(count, last, _)| (*count, *last));
    for (_, _, key) in order.into_iter().take(MOST / 2) {
        counts.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(user: &str, last: u8) -> Pair {
        Pair { user: user.into(), address: Some([127, 0, 0, last].into()) }
    }

    #[test]
    fn guesses_slow_the_guesser_only() {
        let (mut throttle, begin) = (Throttle::default(), Instant::now());
        let after = |seconds| begin + Duration::from_secs(seconds);
        for _ in 0..FREE - 1 {
            throttle.fail(pair("alice", 1), begin);
            assert_eq!(throttle.wait(&pair("alice", 1), begin), None);
        }
        throttle.fail(pair("alice", 1), begin);
        assert_eq!(throttle.wait(&pair("alice", 1), begin), Some(Duration::from_secs(1)));
        assert_eq!(throttle.wait(&pair("alice", 2), begin), None, "from elsewhere");
        assert_eq!(throttle.wait(&pair("bob", 1), begin), None, "another user");
        assert_eq!(throttle.wait(&pair("alice", 1), after(1)), None, "it was waited for");
        throttle.fail(pair("alice", 1), after(1));
        assert_eq!(throttle.wait(&pair("alice", 1), after(1)), Some(Duration::from_secs(2)));
        for _ in 0..40 {
            throttle.fail(pair("alice", 1), after(1));
        }
        assert_eq!(throttle.wait(&pair("alice", 1), after(1)), Some(LONGEST));
        assert!(
            throttle.is_suspect(pair("", 1).address, after(2)) && !throttle.is_suspect(pair("", 2).address, after(2))
        );
        assert_eq!(throttle.wait(&pair("alice", 1), after(1) + MEMORY + LONGEST), None, "forgotten");
        throttle.succeed(&pair("alice", 1));
        assert_eq!(throttle.wait(&pair("alice", 1), after(1)), None, "the right password");
    }

    #[test]
    fn memory_is_bounded_and_keeps_the_worst() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..FREE {
            throttle.fail(pair("alice", 1), now);
        }
        for number in 0..3 * MOST {
            throttle.fail(pair(&number.to_string(), 1), now);
        }
        assert!(throttle.pairs.len() <= MOST);
        assert!(throttle.wait(&pair("alice", 1), now).is_some());
    }
}
