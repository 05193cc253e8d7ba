//! A socket whose every read and write is bounded in time, and what other threads know of its connection.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::deadline::{Deadline, MinRate};

/// A connection, as its own thread and the one that stops the server share it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    /// Whether no request runs: such a connection ends at once when the server stops.
    pub(super) idle: AtomicBool,
}

impl Link {
    /// Ends a connection on which no request runs; one that has come already is answered.
    pub(super) fn end_if_idle(&self) {
        if self.idle.load(Ordering::SeqCst) {
            self.shut(Shutdown::Read);
        }
    }

    pub(super) fn shut(&self, how: Shutdown) {
        // An error says that it is shut already, or that the peer has gone.
        let _ = self.stream.shutdown(how);
    }

    /// Makes the end of the connection an error to the peer: it must not take half a content for the whole.
    pub(super) fn abort(&self) {
        // An error says that the socket is gone, which is an end too.
        let _ = rustix::net::sockopt::set_socket_linger(&self.stream, Some(Duration::ZERO));
    }
}

/// The timed socket.
pub(super) struct Socket {
    pub(super) link: Arc<Link>,
    /// The limit on reads.
    pub(super) reading: Deadline,
    /// The limit on writes.
    pub(super) writing: MinRate,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

impl Socket {
    pub(super) fn new(link: Arc<Link>, reading: Deadline, writing: MinRate) -> Self {
        Self { link, reading, writing, read_timeout: None, write_timeout: None }
    }

    /// Sends bytes of a file from where it stands, without them passing through this process. Returns how many; 0 at the file's end.
    #[cfg(target_os = "linux")]
    pub(super) fn send_file(&mut self, file: &std::fs::File, most: usize) -> io::Result<usize> {
        self.timed_write(|stream| rustix::fs::sendfile(stream, file, None, most).map_err(io::Error::from))
    }

    fn timed_write(&mut self, mut write: impl FnMut(&TcpStream) -> io::Result<usize>) -> io::Result<usize> {
        let mut writing = Deadline::MinRate(self.writing);
        loop {
            let begun = Instant::now();
            let left = writing.left(begun);
            if left.is_zero() {
                return Err(timed_out());
            }
            if self.write_timeout.is_none_or(|set| set > left) {
                self.link.stream.set_write_timeout(Some(at_least_a_tick(left)))?;
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

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let begun = Instant::now();
            let left = self.reading.left(begun);
            if left.is_zero() {
                return Err(timed_out());
            }
            // A shorter timeout than needed stays: it costs a turn of this loop, setting it anew each time a system call.
            if self.read_timeout.is_none_or(|set| set > left) {
                self.link.stream.set_read_timeout(Some(at_least_a_tick(left)))?;
                self.read_timeout = Some(left);
            }
            let read = (&self.link.stream).read(buffer);
            self.reading.spend(begun, read.as_ref().map_or(0, |count| *count));
            match read {
                Err(error) if is_wait_over(&error) => self.read_timeout = None,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.timed_write(|mut stream| stream.write(bytes))
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
