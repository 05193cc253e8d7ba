//! The way bytes flow over one connection: how fast, and how many before it is cut or falls silent.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use super::listener::Stop;

/// What happens to the bytes of a connection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shape {
    /// Closes the connection after this many bytes towards the client, heads included.
    pub(crate) cut: Option<u64>,
    /// Falls silent after this many bytes towards the client, heads included; the connection stays open.
    pub(crate) stall: Option<u64>,
    /// Bytes per second, in each direction.
    pub(crate) rate: Option<u64>,
    /// Waits this long before each request goes on.
    pub(crate) latency: Duration,
}

/// The direction towards the client, shaped.
pub(crate) struct Shaped<'a> {
    pub(crate) stream: &'a TcpStream,
    pub(crate) shape: Shape,
    pub(crate) stop: &'a Stop,
    /// All bytes written to this connection.
    pub(crate) sent: u64,
    /// Told of each write before it happens, so that who has read a byte finds it counted.
    pub(crate) count: Option<&'a dyn Fn(u64)>,
}

impl Shaped<'_> {
    fn allowed(&self) -> u64 {
        let limit = self.shape.cut.into_iter().chain(self.shape.stall).min();
        limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.sent))
    }

    fn end(&self) -> io::Error {
        if self.shape.stall.is_some_and(|limit| self.sent >= limit) {
            return self.stop.wait(None).err().unwrap_or(io::ErrorKind::TimedOut.into());
        }
        // The client may have closed it already.
        let _ = self.stream.shutdown(Shutdown::Both);
        io::ErrorKind::ConnectionAborted.into()
    }
}

impl Write for Shaped<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = self.allowed().min(grain(self.shape.rate)).min(bytes.len() as u64);
        let part = &bytes[..usize::try_from(most).expect("no more than a slice holds")];
        if part.is_empty() && !bytes.is_empty() {
            return Err(self.end());
        }
        if let Some(count) = self.count {
            count(most);
        }
        self.stream.write_all(part)?;
        self.sent += most;
        pace(self.shape.rate, part.len(), self.stop)?;
        if self.allowed() == 0 {
            // Right after the last byte that was allowed, not when the next one is due.
            return Err(self.end());
        }
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The direction from the client, at the rate given.
pub(crate) struct Paced<'a> {
    pub(crate) from: &'a mut dyn Read,
    pub(crate) rate: Option<u64>,
    pub(crate) stop: &'a Stop,
}

impl Read for Paced<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(grain(self.rate)).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.from.read(&mut buffer[..most])?;
        pace(self.rate, read, self.stop)?;
        Ok(read)
    }
}

/// Returns the bytes to send between two waits: about a fiftieth of a second's.
fn grain(rate: Option<u64>) -> u64 {
    rate.map_or(u64::MAX, |rate| (rate / 50).max(1))
}

fn pace(rate: Option<u64>, bytes: usize, stop: &Stop) -> io::Result<()> {
    let Some(rate) = rate else { return Ok(()) };
    stop.wait(Some(Duration::from_secs_f64(bytes as f64 / rate as f64)))
}
