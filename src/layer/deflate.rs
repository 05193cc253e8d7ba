//! Deflate in blocks that any number of threads compress.
//!
//! Each block becomes a gzip member of its own (RFC 1952, section 2.2: a file is a series of members), as in eStargz layers, so that no block
//! needs another one. The size of a block is part of the output's bytes: changing it changes digests, and so does another libdeflate.

use crate::locks;
use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use libdeflater::{CompressionLvl, Compressor};

use crate::pool;

/// The size of a block: large enough that starting anew costs half a percent of the size, small enough that little memory is held.
pub(super) const BLOCK: usize = 1024 * 1024;
/// How many blocks per thread are on their way, so that a thread has the next one at hand when it is done.
const QUEUED: usize = 2;

/// Compresses block after block, in one thread.
pub(super) struct Deflater {
    compressor: Compressor,
    output: Vec<u8>,
}

impl Deflater {
    pub(super) fn new(level: u32) -> io::Result<Self> {
        let level = i32::try_from(level).ok().and_then(|level| CompressionLvl::new(level).ok());
        let level = level.ok_or_else(|| io::Error::other("libdeflate has no such level"))?;
        Ok(Self { compressor: Compressor::new(level), output: Vec::new() })
    }

    /// Compresses one block into a member; what came before has no influence on the bytes.
    pub(super) fn deflate(&mut self, block: &[u8]) -> io::Result<Vec<u8>> {
        self.output.resize(self.compressor.gzip_compress_bound(block.len()), 0);
        let length = self.compressor.gzip_compress(block, &mut self.output).map_err(io::Error::other)?;
        Ok(self.output[..length].to_vec())
    }
}

/// What a worker is asked: a block, and where its result goes.
struct Job {
    block: Vec<u8>,
    reply: Sender<io::Result<Vec<u8>>>,
}

/// Threads that compress blocks; results come in the order of the blocks.
pub(super) struct Workers {
    /// None once the threads are to end.
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
    results: VecDeque<Receiver<io::Result<Vec<u8>>>>,
}

impl Workers {
    /// Starts as many threads as there can be, up to `threads`.
    ///
    /// # Errors
    /// When there can be none, or for a level that does not exist.
    pub(super) fn start(threads: NonZeroUsize, level: u32) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        let mut workers = Self { jobs: Some(jobs), threads: Vec::new(), results: VecDeque::new() };
        for _ in 0..threads.get() {
            let queue = Arc::clone(&queue);
            let mut deflater = Deflater::new(level)?;
            let work = move || work(&queue, &mut deflater);
            match pool::spawn("deflate", work) {
                Ok(thread) => workers.threads.push(thread),
                Err(error) if workers.threads.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        Ok(workers)
    }

    /// Hands a block over. Take a result whenever [`is_full`](Workers::is_full), or memory is not bounded.
    pub(super) fn send(&mut self, block: Vec<u8>) {
        let (reply, result) = mpsc::channel();
        if let Some(jobs) = &self.jobs {
            // A failed send drops the reply's sender, which `take` reports.
            drop(jobs.send(Job { block, reply }));
        }
        self.results.push_back(result);
    }

    pub(super) fn is_full(&self) -> bool {
        self.results.len() >= self.threads.len() * QUEUED
    }

    /// Waits for the oldest block's result; none when no block is on its way.
    pub(super) fn take(&mut self) -> Option<io::Result<Vec<u8>>> {
        let result = self.results.pop_front()?;
        Some(result.recv().unwrap_or_else(|_| Err(io::Error::other("a compressing thread ended early"))))
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has been reported by `take`, to whoever still wanted its result.
            drop(thread.join());
        }
    }
}

fn work(queue: &Mutex<Receiver<Job>>, deflater: &mut Deflater) {
    loop {
        let job = locks::lock(queue).recv();
        let Ok(Job { block, reply }) = job else { return };
        // Nobody waits any more when the compressor was dropped unfinished.
        drop(reply.send(deflater.deflate(&block)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_before_leave_no_trace() {
        // Few letters: matches everywhere, so that a stale one would be taken sooner or later.
        let mut state = 1_u32;
        let content: Vec<u8> = (0..4 * BLOCK)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b"etaoinsh \n.,rdlu"[(state >> 28) as usize]
            })
            .collect();
        let mut used = Deflater::new(6).expect("a level");
        for (number, block) in content.chunks(BLOCK).enumerate() {
            let fresh = Deflater::new(6).expect("a level").deflate(block).expect("compresses");
            assert!(used.deflate(block).expect("compresses") == fresh, "block {number}");
        }
    }
}
