//! Writing gzip: the same bytes whatever the number of threads.
//!
//! RFC 1952: <https://www.rfc-editor.org/rfc/rfc1952>. The members have no name, no time and an unknown system: nothing that differs from machine
//! to machine.

use std::io::{self, Write};
use std::mem;
use std::num::NonZeroUsize;

use super::deflate::{BLOCK, Deflater, Workers};

/// Writes gzip, a member for each block. The last block is held until it is known to be the last.
pub(super) struct Gzip<W> {
    writer: W,
    level: u32,
    threads: NonZeroUsize,
    /// Content up to a block.
    input: Vec<u8>,
    engine: Option<Engine>,
    failed: bool,
}

/// What compresses the blocks: made with the second block, for most of what is small has one.
enum Engine {
    Here(Box<Deflater>),
    Threads(Workers),
}

impl<W: Write> Gzip<W> {
    /// Starts; nothing is written before the first block is full.
    pub(super) fn new(writer: W, level: u32, threads: NonZeroUsize) -> Self {
        Self { writer, level, threads, input: Vec::new(), engine: None, failed: false }
    }

    /// Writes what is left; of nothing, a member with nothing.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.guard(|gzip| {
            gzip.dispatch(true)?;
            gzip.write_results(|_| true)
        })?;
        Ok(self.writer)
    }

    /// Runs `step`, unless one failed before: what was written then is no whole member.
    fn guard<T>(&mut self, step: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<T> {
        if self.failed {
            return Err(io::Error::other("compressing went on after an error"));
        }
        let result = step(self);
        self.failed = result.is_err();
        result
    }

    /// Has the held block compressed, and starts the next one.
    fn dispatch(&mut self, last: bool) -> io::Result<()> {
        let next = if last { Vec::new() } else { Vec::with_capacity(BLOCK) };
        let block = mem::replace(&mut self.input, next);
        if self.engine.is_none() {
            self.engine = Some(Engine::start(self.level, self.threads, last)?);
        }
        match self.engine.as_mut().expect("started above") {
            Engine::Here(deflater) => {
                let member = deflater.deflate(&block)?;
                self.writer.write_all(&member)
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
            let Some(member) = workers.take() else { break };
            self.writer.write_all(&member?)?;
        }
        Ok(())
    }
}

impl Engine {
    fn start(level: u32, threads: NonZeroUsize, only_one: bool) -> io::Result<Self> {
        if !only_one
            && threads.get() > 1
            && let Ok(workers) = Workers::start(threads, level)
        {
            return Ok(Engine::Threads(workers));
        }
        Ok(Engine::Here(Box::new(Deflater::new(level)?)))
    }
}

impl<W: Write> Write for Gzip<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.guard(|gzip| {
            if !data.is_empty() && gzip.input.len() == BLOCK {
                gzip.dispatch(false)?;
            }
            let n = data.len().min(BLOCK - gzip.input.len());
            gzip.input.extend_from_slice(&data[..n]);
            Ok(n)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        // Held content stays: cutting blocks where a caller flushes would change the bytes.
        self.writer.flush()
    }
}
