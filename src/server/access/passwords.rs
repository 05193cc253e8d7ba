//! Checks names and passwords against a file, at a cost that a flood of wrong ones cannot make others pay.
//!
//! bcrypt is slow on purpose. So a right password is remembered by a keyed hash and checked once, few checks run at a time, an address with
//! many wrong passwords has but one place among them, and a user's guesses from one address have to wait.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use super::htpasswd::Htpasswd;
use super::throttle::{Pair, Throttle};
use super::watched::{FileError, Notes, Watched};
use crate::locks;

/// Whether a name and a password belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Right,
    Wrong,
    /// Nobody looked: ask again after so many seconds.
    Wait(u64),
}

/// The users and passwords of an `htpasswd` file with bcrypt hashes. Changes of the file count from the next request on.
pub struct Passwords {
    file: Watched<Htpasswd>,
    /// For the keys of `Book::right`: whoever reads our memory's dump finds no passwords to try quickly without it.
    key: hmac::Key,
    book: Mutex<Book>,
    freed: Condvar,
    /// The hash of each computation of bcrypt.
    #[cfg(test)]
    computed: Mutex<Vec<String>>,
}

#[derive(Default)]
struct Book {
    throttle: Throttle,
    /// Right passwords, and when they were checked.
    right: HashMap<[u8; 32], Instant>,
    /// Whose checks are running.
    running: HashSet<Pair>,
    /// How many of them are of suspect addresses.
    suspects: usize,
    /// How many wait for their turn.
    waiting: usize,
}

/// How long a right password need not be checked again.
const REMEMBERED: Duration = Duration::from_secs(10 * 60);
/// So many are remembered at most.
const MOST: usize = 10_000;
/// So many requests wait for a check at most.
const MOST_WAITING: usize = 256;
/// The longest wait for a check.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longer names are nobody's.
const MAX_NAME: usize = 256;

impl Passwords {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or a line has no bcrypt hash.
    pub fn open(path: &Path, notes: Notes) -> Result<Self, FileError> {
        let mut key = [0; 32];
        SystemRandom::new().fill(&mut key).map_err(|_| FileError::Io {
            verb: "get random bytes for",
            path: path.into(),
            source: std::io::Error::other("the system has none"),
        })?;
        Ok(Self {
            file: Watched::open(path, Htpasswd::parse, notes)?,
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            book: Mutex::default(),
            freed: Condvar::new(),
            #[cfg(test)]
            computed: Mutex::default(),
        })
    }

    /// Says whether there is a user of this name.
    pub(super) fn knows(&self, user: &str) -> bool {
        self.file.current().hash(user).is_some()
    }

    /// Says whether name and password belong together.
    pub(super) fn check(&self, user: &str, password: &[u8], address: Option<IpAddr>) -> Verdict {
        if user.len() > MAX_NAME {
            return Verdict::Wrong;
        }
        let file = self.file.current();
        let known = file.hash(user);
        let mark = self.mark(user, known.unwrap_or_default(), password);
        let pair = Pair { user: user.to_owned(), address };
        match self.take_turn(&pair, &mark) {
            Turn::Known => Verdict::Right,
            Turn::Wait(seconds) => Verdict::Wait(seconds),
            Turn::Taken { suspect } => {
                let _place = Place { passwords: self, pair: &pair, suspect };
                // Both are computed for somebody who is not there, too: the time must not tell.
                let matches = self.compute(password, known.unwrap_or(file.nobody()));
                let right = matches && known.is_some();
                self.note(&pair, mark, right);
                if right { Verdict::Right } else { Verdict::Wrong }
            }
        }
    }

    /// Spends the time of bcrypt, which is why there is a turn to take.
    fn compute(&self, password: &[u8], hash: &str) -> bool {
        #[cfg(test)]
        locks::lock(&self.computed).push(hash.to_owned());
        bcrypt::verify(password, hash).unwrap_or(false)
    }

    /// Returns what a right password is remembered by: with the hash, so that another one in the file makes it unknown.
    fn mark(&self, user: &str, hash: &str, password: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [user.as_bytes(), hash.as_bytes(), password] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign().as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    /// Waits until a check may run.
    fn take_turn(&self, pair: &Pair, mark: &[u8; 32]) -> Turn {
        let deadline = Instant::now() + PATIENCE;
        let mut book = locks::lock(&self.book);
        loop {
            let now = Instant::now();
            if book.right.get(mark).is_some_and(|checked| now.saturating_duration_since(*checked) < REMEMBERED) {
                return Turn::Known;
            }
            if let Some(wait) = book.throttle.wait(pair, now) {
                return Turn::Wait(wait.as_secs().saturating_add(1));
            }
            let suspect = book.throttle.is_suspect(pair.address, now);
            if book.has_room(pair, suspect) {
                book.running.insert(pair.clone());
                book.suspects += usize::from(suspect);
                return Turn::Taken { suspect };
            }
            let Some(left) = deadline.checked_duration_since(now).filter(|_| book.waiting < MOST_WAITING) else {
                return Turn::Wait(1);
            };
            book.waiting += 1;
            (book, _) = self.freed.wait_timeout(book, left).expect("nothing panics while it holds this");
            book.waiting -= 1;
        }
    }

    fn note(&self, pair: &Pair, mark: [u8; 32], right: bool) {
        let now = Instant::now();
        let mut book = locks::lock(&self.book);
        if !right {
            book.throttle.fail(pair.clone(), now);
            return;
        }
        book.throttle.succeed(pair);
        if book.right.len() >= MOST {
            book.right.retain(|_, checked| now.saturating_duration_since(*checked) < REMEMBERED);
        }
        if book.right.len() >= MOST {
            book.right.clear();
        }
        book.right.insert(mark, now);
    }
}

impl Book {
    /// Says whether a check may begin. One at a time for each pair, so that the requests that a client begins with are answered by one check.
    fn has_room(&self, pair: &Pair, suspect: bool) -> bool {
        !self.running.contains(pair)
            && if suspect { self.suspects == 0 } else { self.running.len() - self.suspects < places() }
    }
}

/// Returns how many checks run at a time; one place more is there for suspects.
fn places() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZeroUsize::get).clamp(2, 8)
}

enum Turn {
    /// The password was checked before.
    Known,
    Wait(u64),
    Taken {
        suspect: bool,
    },
}

/// A place among the running checks, given back when dropped.
struct Place<'a> {
    passwords: &'a Passwords,
    pair: &'a Pair,
    suspect: bool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut book = locks::lock(&self.passwords.book);
        book.running.remove(self.pair);
        book.suspects -= usize::from(self.suspect);
        drop(book);
        self.passwords.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use super::*;

    const COST: u32 = 4;

    fn file(users: &[(&str, &str)], cost: u32) -> (tempfile::TempDir, Passwords) {
        let dir = tempfile::tempdir().expect("a directory");
        write(&dir, users, cost);
        let passwords = Passwords::open(&dir.path().join("htpasswd"), Arc::new(|_: &str| {})).expect("opens");
        (dir, passwords)
    }

    fn write(dir: &tempfile::TempDir, users: &[(&str, &str)], cost: u32) {
        let line =
            |(user, password): &(&str, &str)| format!("{user}:{}\n", bcrypt::hash(password, cost).expect("hashes"));
        fs::write(dir.path().join("htpasswd"), users.iter().map(line).collect::<String>()).expect("written");
    }

    fn address(last: u8) -> Option<IpAddr> {
        Some([127, 0, 0, last].into())
    }

    #[test]
    fn only_the_right_password_is_right() {
        let (dir, passwords) = file(&[("alice", "secret"), ("bob", "other")], COST);
        let check = |user, password: &str| passwords.check(user, password.as_bytes(), address(1));
        assert_eq!(check("alice", "secret"), Verdict::Right);
        assert_eq!(check("alice", "secret"), Verdict::Right);
        for (user, password) in [("alice", "other"), ("alice", ""), ("bob", "secret"), ("carol", "secret"), ("", "")] {
            assert_eq!(check(user, password), Verdict::Wrong, "{user} {password}");
        }
        write(&dir, &[("alice", "changed")], COST);
        assert_eq!(check("alice", "secret"), Verdict::Wrong, "remembered for the old hash only");
        assert_eq!(check("alice", "changed"), Verdict::Right);
        assert!(passwords.knows("alice") && !passwords.knows("bob"));
    }

    /// Returns the cost of each computation of bcrypt since it was asked for last.
    fn costs(passwords: &Passwords) -> Vec<u32> {
        let computed = std::mem::take(&mut *passwords.computed.lock().expect("a lock"));
        let cost = |hash: &String| hash.parse::<bcrypt::HashParts>().expect("a hash").get_cost();
        computed.iter().map(cost).collect()
    }

    #[test]
    fn a_right_password_costs_bcrypt_once() {
        let (_dir, passwords) = file(&[("alice", "secret")], COST);
        for _ in 0..100 {
            assert_eq!(passwords.check("alice", b"secret", None), Verdict::Right);
        }
        assert_eq!(costs(&passwords), [COST]);
        for _ in 0..3 {
            assert_eq!(passwords.check("alice", b"wrong", None), Verdict::Wrong);
        }
        assert_eq!(costs(&passwords), [COST; 3]);
    }

    #[test]
    fn nobody_costs_as_much_as_a_wrong_password() {
        let (dir, passwords) = file(&[("alice", "secret")], COST + 1);
        for user in ["alice", "mallory", "", "a:b"] {
            assert_eq!(passwords.check(user, b"wrong", None), Verdict::Wrong);
            assert_eq!(costs(&passwords), [COST + 1], "{user:?}");
        }
        // Where users' costs differ, as much as the dearest; where there are none, as much as htpasswd makes it.
        let line = |user: &str, cost| format!("{user}:{}\n", bcrypt::hash("secret", cost).expect("hashes"));
        let two = line("bob", COST) + &line("carol", COST + 2);
        for (text, cost) in [(two.as_str(), COST + 2), ("", 10)] {
            fs::write(dir.path().join("htpasswd"), text).expect("written");
            assert_eq!(passwords.check("mallory", b"secret", None), Verdict::Wrong);
            assert_eq!(costs(&passwords), [cost]);
        }
    }

    #[test]
    fn guesses_do_not_shut_others_out() {
        let (_dir, passwords) = file(&[("alice", "secret"), ("bob", "other")], COST);
        let verdicts: Vec<Verdict> = (0..1_000)
            .map(|number| passwords.check("alice", format!("guess {number}").as_bytes(), address(1)))
            .collect();
        let wrong = verdicts.iter().filter(|verdict| **verdict == Verdict::Wrong).count();
        assert!((5..10).contains(&wrong), "{wrong} of them were looked at");
        assert!(verdicts.iter().all(|verdict| *verdict != Verdict::Right));
        assert_eq!(passwords.check("bob", b"other", address(1)), Verdict::Right, "another user from there");
        assert_eq!(passwords.check("alice", b"secret", address(2)), Verdict::Right, "from elsewhere");
        assert_eq!(passwords.check("alice", b"secret", address(1)), Verdict::Right, "remembered from elsewhere");
    }

    #[test]
    fn many_at_once_pay_for_one_check() {
        let (_dir, passwords) = file(&[("alice", "secret")], 10);
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| assert_eq!(passwords.check("alice", b"secret", address(1)), Verdict::Right));
            }
        });
        assert_eq!(costs(&passwords), [10]);
        let book = locks::lock(&passwords.book);
        assert_eq!((book.right.len(), book.running.len(), book.waiting, book.suspects), (1, 0, 0, 0));
    }

    #[test]
    fn a_suspect_address_leaves_room() {
        let mut book = Book::default();
        let pair = |number: usize| Pair { user: number.to_string(), address: None };
        assert!(book.has_room(&pair(0), true));
        book.suspects = 1;
        book.running.insert(pair(0));
        assert!(!book.has_room(&pair(1), true) && book.has_room(&pair(1), false) && !book.has_room(&pair(0), false));
        book.running.extend((0..=places()).map(pair));
        assert!(!book.has_room(&pair(100), false));
    }
}
