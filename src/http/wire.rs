//! The bytes of a connection, plain or through TLS, with what has come and was not taken yet.

use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection};

use super::head::{Head, HeadLimits, Refusal, Scan, parse};
use super::socket::Socket;

/// Bytes read ahead: many small heads fit, and it grows for a large one only.
const READ_AHEAD: usize = 8 << 10;

/// How a wait for a head ended.
pub(super) enum Arrival {
    Head(Head),
    Refused(Refusal),
    /// The client has gone, or nothing came in time.
    Nothing,
}

/// Both directions of a connection.
pub(super) struct Wire {
    pub(super) socket: Socket,
    tls: Option<Box<ServerConnection>>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Wire {
    pub(super) fn new(socket: Socket) -> Self {
        Self { socket, tls: None, buffer: vec![0; READ_AHEAD], start: 0, end: 0 }
    }

    /// Takes the client's TLS handshake. What goes wrong in it is the client's loss only.
    pub(super) fn secure(&mut self, config: Arc<ServerConfig>) -> io::Result<()> {
        let mut tls = Box::new(ServerConnection::new(config).map_err(io::Error::other)?);
        while tls.is_handshaking() {
            let (read, written) = tls.complete_io(&mut self.socket)?;
            if read == 0 && written == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        self.tls = Some(tls);
        Ok(())
    }

    pub(super) fn is_secure(&self) -> bool {
        self.tls.is_some()
    }

    /// Returns what has come and was not taken.
    pub(super) fn waiting(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Takes so many of the waiting bytes.
    pub(super) fn take(&mut self, count: usize) {
        self.start += count;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Waits for more bytes behind those that wait. Returns how many came: 0 at the end.
    pub(super) fn fill(&mut self) -> io::Result<usize> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.end * 2, 0);
        }
        let end = self.end;
        let count = receive(&mut self.tls, &mut self.socket, &mut self.buffer[end..])?;
        self.end += count;
        Ok(count)
    }

    /// Waits for a head, until the socket's deadline.
    pub(super) fn head(&mut self, limits: &HeadLimits) -> Arrival {
        let mut scan = Scan::default();
        loop {
            let length = match scan.advance(self.waiting(), limits) {
                Err(refusal) => return Arrival::Refused(refusal),
                Ok(length) => length,
            };
            if let Some(length) = length {
                let head = parse(&self.waiting()[..length], limits);
                self.take(length);
                self.shrink();
                return head.map_or_else(Arrival::Refused, Arrival::Head);
            }
            match self.fill() {
                Ok(0) => return Arrival::Nothing,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    return Arrival::Refused(super::head::refuse(408, "the head took too long"));
                }
                // The connection broke: there is nobody to tell.
                Err(_) => return Arrival::Nothing,
            }
        }
    }

    /// Gives back the room of a large head.
    fn shrink(&mut self) {
        if self.buffer.len() > READ_AHEAD && self.end <= READ_AHEAD {
            self.buffer.truncate(READ_AHEAD);
            self.buffer.shrink_to_fit();
        }
    }

    /// Sends bytes of a file from where it stands: 0 at its end, nothing where the bytes have to be copied.
    pub(super) fn send_file(&mut self, file: &std::fs::File, most: usize) -> io::Result<Option<usize>> {
        #[cfg(target_os = "linux")]
        if self.tls.is_none() {
            return match self.socket.send_file(file, most) {
                // The kernel cannot do it for this kind of file.
                Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
                    Ok(None)
                }
                other => other.map(Some),
            };
        }
        let _ = (file, most);
        Ok(None)
    }

    /// Tells the client that no more comes: over TLS by a message of its own.
    pub(super) fn finish(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            while tls.wants_write() {
                // The client has gone, or takes nothing: it needs no farewell.
                let Ok(1..) = tls.write_tls(&mut self.socket) else { break };
            }
        }
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end {
            if buffer.len() >= self.buffer.len() {
                return receive(&mut self.tls, &mut self.socket, buffer);
            }
            self.fill()?;
        }
        let count = buffer.len().min(self.end - self.start);
        buffer[..count].copy_from_slice(&self.waiting()[..count]);
        self.take(count);
        Ok(count)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.socket.write(bytes) };
        // Not rustls::Stream: that hides an error of the socket behind the bytes that it has encrypted.
        let count = tls.writer().write(bytes)?;
        while tls.wants_write() {
            if tls.write_tls(&mut self.socket)? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Receives into a buffer, through TLS if there is any. An end without TLS's own message for it is an error: an attacker can cut.
fn receive(tls: &mut Option<Box<ServerConnection>>, socket: &mut Socket, buffer: &mut [u8]) -> io::Result<usize> {
    let Some(tls) = tls else { return socket.read(buffer) };
    rustls::Stream::new(&mut **tls, socket).read(buffer)
}
