//! Deflate in blocks that any number of threads compress.
//!
//! Like pigz: each block starts with the 32 KiB before it as its dictionary and ends with a sync flush, so that the blocks, one behind the
//! other, are one deflate stream (RFC 1951). Block size and window are part of the output's bytes: changing them changes digests.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// The size of a block. Smaller ones cost nothing in size (the dictionary makes up for the cut), and little memory is held.
pub(super) const BLOCK: usize = 256 * 1024;
/// How far back deflate can refer.
pub(super) const WINDOW: usize = 32 * 1024;
/// No block grows beyond this: an eighth is more than the worst coding costs.
const BOUND: usize = BLOCK + BLOCK / 8 + 1024;
/// How many blocks per thread are on their way, so that a thread has the next one at hand when it is done.
const QUEUED: usize = 2;

/// A piece of input, behind its dictionary.
pub(super) struct Block {
    /// The dictionary, then the content.
    pub(super) input: Vec<u8>,
    /// The length of the dictionary.
    pub(super) window: usize,
    /// Says whether the stream ends here.
    pub(super) last: bool,
}

/// A compressed block.
pub(super) struct Deflated {
    pub(super) bytes: Vec<u8>,
    /// The checksum of what went in.
    pub(super) crc: Crc,
}

/// Compresses block after block, in one thread.
pub(super) struct Deflater {
    level: Compression,
    output: Box<[u8]>,
}

impl Deflater {
    pub(super) fn new(level: u32) -> Self {
        Self { level: Compression::new(level), output: vec![0; BOUND].into_boxed_slice() }
    }

    /// Compresses one block; what came before has no influence on the bytes.
    pub(super) fn deflate(&mut self, block: &Block) -> io::Result<Deflated> {
        let (dictionary, content) = block.input.split_at(block.window);
        // A state that is reset keeps traces of the block before (the window, the hash chains) which find their way into the bytes.
        let mut state = Compress::new(self.level, false);
        if !dictionary.is_empty() {
            state.set_dictionary(dictionary).map_err(io::Error::other)?;
        }
        let flush = if block.last { FlushCompress::Finish } else { FlushCompress::Sync };
        // Always the same room: stored blocks (level 0) are cut by how much there is.
        let status = state.compress(content, &mut self.output, flush).map_err(io::Error::other)?;
        let length = usize::try_from(state.total_out()).unwrap_or(usize::MAX);
        let whole = if block.last { status == Status::StreamEnd } else { length < BOUND };
        if !whole || state.total_in() != content.len() as u64 {
            return Err(io::Error::other("a deflate block outgrew its bound"));
        }
        let mut crc = Crc::new();
        crc.update(content);
        Ok(Deflated { bytes: self.output[..length].to_vec(), crc })
    }
}

/// What a worker is asked: a block, and where its result goes.
struct Job {
    block: Block,
    reply: Sender<io::Result<Deflated>>,
}

/// Threads that compress blocks; results come in the order of the blocks.
pub(super) struct Workers {
    /// None once the threads are to end.
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
    results: VecDeque<Receiver<io::Result<Deflated>>>,
}

impl Workers {
    pub(super) fn start(threads: NonZeroUsize, level: u32) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        let mut workers = Self { jobs: Some(jobs), threads: Vec::new(), results: VecDeque::new() };
        for _ in 0..threads.get() {
            let queue = Arc::clone(&queue);
            let thread = thread::Builder::new().name("deflate".to_owned()).spawn(move || work(&queue, level))?;
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// Hands a block over. Take a result whenever [`is_full`](Workers::is_full), or memory is not bounded.
    pub(super) fn send(&mut self, block: Block) {
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
    pub(super) fn take(&mut self) -> Option<io::Result<Deflated>> {
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

fn work(queue: &Mutex<Receiver<Job>>, level: u32) {
    let mut deflater = Deflater::new(level);
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
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
        let content: Vec<u8> = (0..8 * BLOCK)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b"etaoinsh \n.,rdlu"[(state >> 28) as usize]
            })
            .collect();
        let mut used = Deflater::new(6);
        for at in (0..content.len()).step_by(BLOCK) {
            let window = at.min(WINDOW);
            let block = Block { input: content[at - window..at + BLOCK].to_vec(), window, last: false };
            let fresh = Deflater::new(6).deflate(&block).expect("compresses");
            assert!(used.deflate(&block).expect("compresses").bytes == fresh.bytes, "at {at}");
        }
    }
}
