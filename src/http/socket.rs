//! A socket whose every read and write is bounded in time, and what other threads know of its connection.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::deadline::{Deadline, MinRate};
use super::listener::{Peer, Stream};

/// A connection, as its own thread and those that take connections and stop the server share it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) stream: Stream,
    pub(super) peer: Peer,
    /// From when on it may be ended for another one, in the connection table's microseconds; [`BUSY`] while a request runs.
    waiting: AtomicU64,
    place: AtomicU8,
    writing: AtomicBool,
}

const BUSY: u64 = u64::MAX;
/// It was ended for another one.
const EVICTED: u64 = u64::MAX - 1;

/// Which of the places a connection has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Place {
    /// None: it is ending.
    None,
    /// One of those for everybody.
    Ordinary,
    /// One of those for urgent requests.
    Reserved,
}

impl Link {
    /// Makes a connection that waits for its first request, and may be ended for another one from then on.
    pub(super) fn new(stream: Stream, peer: Peer, from: u64) -> Self {
        let (waiting, place, writing) =
            (AtomicU64::new(from), AtomicU8::new(Place::None as u8), AtomicBool::new(false));
        Self { stream, peer, waiting, place, writing }
    }

    /// Begins to wait for a request, or for the rest of one; it may be ended for another connection from then on.
    pub(super) fn wait(&self, from: u64) {
        let set = |now| (now != EVICTED).then_some(from);
        // An error says that it was evicted, which stays.
        let _ = self.waiting.fetch_update(Ordering::SeqCst, Ordering::SeqCst, set);
    }

    /// Ends the wait: a request has come. Says whether the connection may go on behind it.
    pub(super) fn start(&self) -> bool {
        self.waiting.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |now| (now != EVICTED).then_some(BUSY)).is_ok()
    }

    /// Returns since when it could be ended for another one, if it waits.
    pub(super) fn waiting_since(&self) -> Option<u64> {
        Some(self.waiting.load(Ordering::SeqCst)).filter(|since| *since < EVICTED)
    }

    /// Ends it for another one, unless its request came after a look that found it waiting since then. Says whether it ends.
    pub(super) fn evict(&self, since: u64) -> bool {
        let is_waiting = self.waiting.compare_exchange(since, EVICTED, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if is_waiting {
            self.stream.shut(Shutdown::Read);
        }
        is_waiting
    }

    /// Says whether it was ended for another one.
    pub(super) fn is_evicted(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) == EVICTED
    }

    /// Ends a connection on which no request runs; one that has come already is answered.
    pub(super) fn end_if_idle(&self) {
        if self.waiting.load(Ordering::SeqCst) != BUSY {
            self.stream.shut(Shutdown::Read);
        }
    }

    pub(super) fn place(&self) -> Place {
        match self.place.load(Ordering::SeqCst) {
            1 => Place::Ordinary,
            2 => Place::Reserved,
            _ => Place::None,
        }
    }

    /// Changes the place; returns the one before. Only the connection table does so.
    pub(super) fn take_place(&self, place: Place) -> Place {
        let before = self.place();
        self.place.store(place as u8, Ordering::SeqCst);
        before
    }

    pub(super) fn is_writing(&self) -> bool {
        self.writing.load(Ordering::SeqCst)
    }

    pub(super) fn set_writing(&self, writing: bool) {
        self.writing.store(writing, Ordering::SeqCst);
    }
}

/// The timed socket.
pub(super) struct Socket {
    pub(super) link: Arc<Link>,
    /// The limit on reads.
    pub(super) reading: Deadline,
    /// The limit on writes.
    pub(super) writing: MinRate,
    /// The bytes a second that a reader has to take now.
    minimum_rate: Arc<AtomicU64>,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

impl Socket {
    pub(super) fn new(link: Arc<Link>, reading: Deadline, writing: MinRate, minimum_rate: Arc<AtomicU64>) -> Self {
        Self { link, reading, writing, minimum_rate, read_timeout: None, write_timeout: None }
    }

    /// Sends bytes of a file from where it stands, without them passing through this process. Returns how many; 0 at the file's end.
    #[cfg(target_os = "linux")]
    pub(super) fn send_file(&mut self, file: &std::fs::File, most: usize) -> io::Result<usize> {
        self.timed_write(|stream| rustix::fs::sendfile(stream, file, None, most).map_err(io::Error::from))
    }

    fn timed_write(&mut self, mut write: impl FnMut(&Stream) -> io::Result<usize>) -> io::Result<usize> {
        let mut writing = Deadline::MinRate(self.writing);
        loop {
            let begun = Instant::now();
            writing.set_rate(self.minimum_rate.load(Ordering::Relaxed));
            let left = writing.left(begun);
            if left.is_zero() {
                return Err(timed_out());
            }
            if self.write_timeout.is_none_or(|set| set > left) {
                self.link.stream.set_write_timeout(at_least_a_tick(left))?;
                self.write_timeout = Some(left);
            }
            let written = write(&self.link.stream);
            writing.spend(begun, written.as_ref().map_or(0, |count| *count));
            if let Deadline::MinRate(rate) = writing {
                self.writing = rate;
            }
            match written {
                Err(error) if is_wait_over(&error) => self.write_timeout = None,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}

impl Socket {
    /// Looks at what comes first, and leaves it to be read: nothing at the end.
    pub(super) fn peek(&mut self) -> io::Result<Option<u8>> {
        let mut first = [0];
        let count = self.timed_read(|stream| stream.peek(&mut first))?;
        Ok((count > 0).then_some(first[0]))
    }

    fn timed_read(&mut self, mut read: impl FnMut(&Stream) -> io::Result<usize>) -> io::Result<usize> {
        loop {
            let begun = Instant::now();
            let left = self.reading.left(begun);
            if left.is_zero() {
                return Err(timed_out());
            }
            // A shorter timeout than needed stays: it costs a turn of this loop, setting it anew each time a system call.
            if self.read_timeout.is_none_or(|set| set > left) {
                self.link.stream.set_read_timeout(at_least_a_tick(left))?;
                self.read_timeout = Some(left);
            }
            let count = read(&self.link.stream);
            self.reading.spend(begun, count.as_ref().map_or(0, |count| *count));
            match count {
                Err(error) if is_wait_over(&error) => self.read_timeout = None,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.timed_read(|stream| stream.read(buffer))
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.timed_write(|stream| stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_wait_over(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// Zero would mean no timeout at all, and the kernel rounds to its ticks.
fn at_least_a_tick(timeout: Duration) -> Duration {
    timeout.max(Duration::from_millis(1))
}

fn timed_out() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the client took too long")
}
