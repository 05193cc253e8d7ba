//! The body of a request, read off the wire while the handler asks for it.

use std::io::{self, Read, Write};

use super::chunk::Chunks;
use super::framing::Framing;
use super::wire::Wire;

/// A body. It ends with `Ok(0)` only behind its last byte: one that was cut short, broken or too slow is an error, each time it is read.
pub(super) struct Body<'w> {
    wire: &'w mut Wire,
    rest: Rest,
    /// Whether the client waits for a 100 still.
    expected: bool,
    failure: Option<Failure>,
    received: u64,
}

enum Rest {
    Length(u64),
    Chunks(Chunks),
}

/// Why a body ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The client was too slow.
    Slow,
    /// The client has gone.
    Cut,
    /// The chunks are not well-formed.
    Malformed(&'static str),
}

impl Failure {
    /// Returns the status that says so.
    pub(super) fn status(self) -> u16 {
        if self == Self::Slow { 408 } else { 400 }
    }

    fn of(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::TimedOut { Self::Slow } else { Self::Cut }
    }
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Slow => Self::new(io::ErrorKind::TimedOut, "the body came too slowly"),
            Failure::Cut => Self::new(io::ErrorKind::UnexpectedEof, "the body was cut short"),
            Failure::Malformed(why) => Self::new(io::ErrorKind::InvalidData, why),
        }
    }
}

/// What a handler has left of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leftover {
    /// Nothing.
    None,
    /// So many bytes that the client is sending.
    Bytes(u64),
    /// The connection can bear no other request: where the body ends is not known, or whether it comes at all.
    Unknown,
}

impl<'w> Body<'w> {
    pub(super) fn new(wire: &'w mut Wire, framing: Framing, expected: bool) -> Self {
        let rest = match framing {
            Framing::Length(length) => Rest::Length(length),
            Framing::Chunked => Rest::Chunks(Chunks::new()),
        };
        Self { wire, rest, expected, failure: None, received: 0 }
    }

    pub(super) fn failure(&self) -> Option<Failure> {
        self.failure
    }

    /// Returns how many bytes were read.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    pub(super) fn leftover(&self) -> Leftover {
        match &self.rest {
            _ if self.failure.is_some() => Leftover::Unknown,
            Rest::Length(0) => Leftover::None,
            Rest::Chunks(chunks) if chunks.is_done() => Leftover::None,
            // RFC 9110, section 10.1.1: who got a final status without a 100 may send the body or not.
            _ if self.expected => Leftover::Unknown,
            Rest::Length(left) => Leftover::Bytes(*left),
            Rest::Chunks(_) => Leftover::Unknown,
        }
    }

    fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let left = match &mut self.rest {
            Rest::Length(left) => *left,
            Rest::Chunks(chunks) => next_data(chunks, self.wire)?,
        };
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        let count = self.wire.read(&mut buffer[..most]).map_err(|error| Failure::of(&error))?;
        if count == 0 {
            return Err(Failure::Cut);
        }
        match &mut self.rest {
            Rest::Length(left) => *left -= count as u64,
            Rest::Chunks(chunks) => chunks.take(count as u64),
        }
        self.received += count as u64;
        Ok(count)
    }

    fn send_continue(&mut self) -> io::Result<()> {
        self.expected = false;
        if self.leftover() == Leftover::None || !self.wire.waiting().is_empty() {
            return Ok(());
        }
        self.wire.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
    }
}

/// Reads the coding up to the next data. Returns how much data there is: 0 at the end of the body.
fn next_data(chunks: &mut Chunks, wire: &mut Wire) -> Result<u64, Failure> {
    while chunks.data() == 0 && !chunks.is_done() {
        let Some(&byte) = wire.waiting().first() else {
            match wire.fill() {
                Ok(0) => return Err(Failure::Cut),
                Ok(_) => continue,
                Err(error) => return Err(Failure::of(&error)),
            }
        };
        chunks.push(byte).map_err(Failure::Malformed)?;
        wire.take(1);
    }
    Ok(chunks.data())
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(failure) = self.failure {
            return Err(failure.into());
        }
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.expected
            && let Err(error) = self.send_continue()
        {
            self.failure = Some(Failure::of(&error));
            return Err(error);
        }
        self.read_some(buffer).map_err(|failure| {
            self.failure = Some(failure);
            failure.into()
        })
    }
}
