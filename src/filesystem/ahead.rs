//! Reading and decompression in threads of their own, so that one big layer keeps several processors busy.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::Scope;

use crate::digest::{Algorithm, Digest, Hasher};
use crate::pool;
use crate::reading::read_some;

/// How much is handed over at a time.
const BUFFER: usize = 256 * 1024;
/// How many buffers are on their way.
const DEPTH: usize = 3;

/// Reads what another thread has read ahead.
pub(super) struct Pipe<'a> {
    input: Input<'a>,
    buffer: Vec<u8>,
    at: usize,
}

enum Input<'a> {
    Thread {
        full: Receiver<io::Result<Vec<u8>>>,
        empty: Sender<Vec<u8>>,
    },
    /// Read when it is wanted, for there is no thread to be had.
    Here(Box<dyn Read + Send + 'a>),
}

impl<'a> Pipe<'a> {
    /// Starts to read; the thread ends with the reader, with its first error or with this value. Without a thread nothing is read ahead.
    pub(super) fn spawn<R: Read + Send + 'a>(scope: &'a Scope<'a, '_>, reader: R) -> Self {
        let (into, full) = sync_channel(DEPTH);
        let (empty, used) = channel();
        let input = match pool::hand_over(scope, reader, move |reader| pump(reader, &into, &used)) {
            Ok(()) => Input::Thread { full, empty },
            Err(reader) => Input::Here(Box::new(reader)),
        };
        Self { input, buffer: Vec::new(), at: 0 }
    }

    /// Takes the next buffer; none at the end.
    fn refill(&mut self) -> io::Result<Option<&[u8]>> {
        self.at = 0;
        match &mut self.input {
            Input::Thread { full, empty } => {
                let Ok(next) = full.recv() else {
                    self.buffer.clear();
                    return Ok(None);
                };
                let used = std::mem::replace(&mut self.buffer, next?);
                // The thread may be done, and needs no more buffers then.
                let _ = empty.send(used);
                Ok(Some(&self.buffer))
            }
            Input::Here(reader) => {
                self.buffer.clear();
                reader.take(BUFFER as u64).read_to_end(&mut self.buffer)?;
                Ok(Some(&*self.buffer).filter(|buffer| !buffer.is_empty()))
            }
        }
    }

    /// Returns what is at hand.
    fn held(&self) -> &[u8] {
        &self.buffer[self.at..]
    }
}

impl Read for Pipe<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.held().is_empty() && self.refill()?.is_none() {
            return Ok(0);
        }
        let n = self.held().read(into)?;
        self.at += n;
        Ok(n)
    }
}

/// Reads what another thread has read ahead, and hashes it.
pub(super) struct Ahead<'a> {
    pipe: Pipe<'a>,
    hasher: Hasher,
    size: u64,
}

impl<'a> Ahead<'a> {
    /// Starts to read, as [`Pipe::spawn`] does.
    pub(super) fn spawn<R: Read + Send + 'a>(scope: &'a Scope<'a, '_>, reader: R, algorithm: Algorithm) -> Self {
        Self { pipe: Pipe::spawn(scope, reader), hasher: Hasher::new(algorithm), size: 0 }
    }

    /// Reads to the end; returns digest and size of everything that was read.
    pub(super) fn finish(mut self) -> io::Result<(Digest, u64)> {
        while self.refill()? {}
        Ok((self.hasher.finish(), self.size))
    }

    /// Takes the next buffer; says whether there was one.
    fn refill(&mut self) -> io::Result<bool> {
        let Some(buffer) = self.pipe.refill()? else { return Ok(false) };
        self.hasher.update(buffer);
        self.size += buffer.len() as u64;
        Ok(true)
    }
}

impl Read for Ahead<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.pipe.held().is_empty() && !self.refill()? {
            return Ok(0);
        }
        self.pipe.read(into)
    }
}

/// Reads until the end, an error, or until nobody listens.
fn pump(mut reader: impl Read, into: &SyncSender<io::Result<Vec<u8>>>, used: &Receiver<Vec<u8>>) {
    loop {
        let mut buffer = used.try_recv().unwrap_or_default();
        buffer.resize(BUFFER, 0);
        let (count, error) = fill(&mut reader, &mut buffer);
        buffer.truncate(count);
        let listens = count == 0 || into.send(Ok(buffer)).is_ok();
        if let Some(error) = error {
            // Whoever does not listen any more has an error of its own.
            let _ = into.send(Err(error));
            return;
        }
        if count == 0 || !listens {
            return;
        }
    }
}

/// Reads until the buffer is full; an error comes with what was read before it.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut count = 0;
    while count < buffer.len() {
        match read_some(reader, &mut buffer[count..]) {
            Ok(0) => break,
            Ok(n) => count += n,
            Err(error) => return (count, Some(error)),
        }
    }
    (count, None)
}
