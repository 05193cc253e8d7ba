//! Writing gzip: one member, the same bytes whatever the number of threads.
//!
//! RFC 1952: <https://www.rfc-editor.org/rfc/rfc1952>.

use std::io::{self, Write};
use std::mem;
use std::num::NonZeroUsize;

use flate2::Crc;

use super::deflate::{BLOCK, Block, Deflated, Deflater, WINDOW, Workers};

/// Deflate, no name, no time, no extra flags, unknown system: nothing that differs from machine to machine.
const HEADER: [u8; 10] = [0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0xff];

/// Writes one gzip member. The last block is held until it is known to be the last.
pub(super) struct Gzip<W> {
    writer: W,
    level: u32,
    threads: NonZeroUsize,
    /// The window, then content up to a block.
    input: Vec<u8>,
    window: usize,
    engine: Option<Engine>,
    crc: Crc,
    failed: bool,
}

/// What compresses the blocks: made with the second block, for most of what is small has one.
enum Engine {
    Here(Box<Deflater>),
    Threads(Workers),
}

impl<W: Write> Gzip<W> {
    /// Starts a member; nothing is written before the first block is full.
    pub(super) fn new(writer: W, level: u32, threads: NonZeroUsize) -> Self {
        Self { writer, level, threads, input: Vec::new(), window: 0, engine: None, crc: Crc::new(), failed: false }
    }

    /// Writes what is left and the trailer.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.guard(|gzip| {
            gzip.dispatch(true)?;
            gzip.write_results(|_| true)?;
            gzip.writer.write_all(&gzip.crc.sum().to_le_bytes())?;
            gzip.writer.write_all(&gzip.crc.amount().to_le_bytes())
        })?;
        Ok(self.writer)
    }

    /// Runs `step`, unless one failed before: what was written then is no start of a member.
    fn guard<T>(&mut self, step: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<T> {
        if self.failed {
            return Err(io::Error::other("compressing went on after an error"));
        }
        let result = step(self);
        self.failed = result.is_err();
        result
    }

    /// Has the held block compressed, and holds the next one, which begins with the window that the last one leaves.
    fn dispatch(&mut self, last: bool) -> io::Result<()> {
        let mut next = Vec::new();
        if !last {
            next.reserve_exact(WINDOW + BLOCK);
            next.extend_from_slice(&self.input[self.input.len().saturating_sub(WINDOW)..]);
        }
        let window = mem::replace(&mut self.window, next.len());
        let block = Block { input: mem::replace(&mut self.input, next), window, last };
        if self.engine.is_none() {
            self.writer.write_all(&HEADER)?;
            self.engine = Some(Engine::start(self.level, self.threads, last)?);
        }
        match self.engine.as_mut().expect("started above") {
            Engine::Here(deflater) => {
                let deflated = deflater.deflate(&block)?;
                self.write_block(&deflated)
            }
            Engine::Threads(workers) => {
                workers.send(block);
                self.write_results(Workers::is_full)
            }
        }
    }

    /// Waits for results and writes them, as long as `more` says so and there are some.
    fn write_results(&mut self, more: impl Fn(&Workers) -> bool) -> io::Result<()> {
        while let Some(Engine::Threads(workers)) = &mut self.engine {
            if !more(workers) {
                break;
            }
            let Some(deflated) = workers.take() else { break };
            self.write_block(&deflated?)?;
        }
        Ok(())
    }

    fn write_block(&mut self, deflated: &Deflated) -> io::Result<()> {
        self.crc.combine(&deflated.crc);
        self.writer.write_all(&deflated.bytes)
    }
}

impl Engine {
    fn start(level: u32, threads: NonZeroUsize, only_one: bool) -> io::Result<Self> {
        if only_one || threads.get() == 1 {
            return Ok(Engine::Here(Box::new(Deflater::new(level))));
        }
        Ok(Engine::Threads(Workers::start(threads, level)?))
    }
}

impl<W: Write> Write for Gzip<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.guard(|gzip| {
            if !data.is_empty() && gzip.input.len() == gzip.window + BLOCK {
                gzip.dispatch(false)?;
            }
            let n = data.len().min(gzip.window + BLOCK - gzip.input.len());
            gzip.input.extend_from_slice(&data[..n]);
            Ok(n)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        // Held content stays: cutting blocks where a caller flushes would change the bytes.
        self.writer.flush()
    }
}
