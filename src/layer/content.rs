//! A layer's content held to its diff_id while its blob passes on the way to somewhere else.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::decompress::decompress;
use crate::blob::{Blob, Fault, Inspect};
use crate::digest::{Digest, Hasher};
use crate::pool;

/// How many pieces are on their way to the decompressor.
const DEPTH: usize = 4;

/// Returns the blob of a layer, which fails with its last byte unless its uncompressed content has this digest. Another thread decompresses.
pub fn held_to<'a>(blob: Blob<'a>, diff_id: &Digest) -> Blob<'a> {
    let (layer, diff_id) = (blob.descriptor().digest.clone(), diff_id.clone());
    blob.inspected(move || Box::new(Content::new(layer.clone(), diff_id.clone())))
}

/// A layer on its way through a decompressor.
struct Content {
    layer: Digest,
    wanted: Digest,
    /// None until the first piece comes: many a blob is made and never read.
    running: Option<io::Result<Running>>,
}

/// A thread that decompresses and hashes what it is given.
struct Running {
    into: SyncSender<Vec<u8>>,
    thread: JoinHandle<io::Result<Digest>>,
}

impl Content {
    fn new(layer: Digest, wanted: Digest) -> Self {
        Self { layer, wanted, running: None }
    }

    fn start(&self) -> io::Result<Running> {
        let (into, pieces) = sync_channel(DEPTH);
        let mut hasher = Hasher::new(self.wanted.algorithm());
        let thread = pool::spawn("diff_id", move || {
            let (_, content) = decompress(Pieces { pieces, piece: Vec::new(), at: 0 })?;
            hasher.update_from(content).map(|_| hasher.finish())
        })?;
        Ok(Running { into, thread })
    }
}

impl Inspect for Content {
    fn take(&mut self, piece: &[u8]) {
        if piece.is_empty() {
            return;
        }
        let running = match self.running.take() {
            Some(running) => running,
            None => self.start(),
        };
        // A thread that has ended has found what is wrong, and is asked at the end.
        if let Ok(running) = &running {
            let _ = running.into.send(piece.to_vec());
        }
        self.running = Some(running);
    }

    fn judge(mut self: Box<Self>) -> Result<(), Fault> {
        let Some(running) = self.running.take() else { return Ok(()) };
        let Running { into, thread } = running.map_err(Fault::Source)?;
        drop(into);
        let ended = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let got = ended.map_err(|source| Fault::Malformed { layer: self.layer.clone(), source })?;
        if got == self.wanted {
            return Ok(());
        }
        Err(Fault::DiffId { layer: self.layer, wanted: self.wanted, got })
    }
}

/// Reads the pieces that come; their end is the end.
struct Pieces {
    pieces: Receiver<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            let Ok(next) = self.pieces.recv() else { return Ok(0) };
            (self.piece, self.at) = (next, 0);
        }
        let n = (&self.piece[self.at..]).read(buffer)?;
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::num::NonZeroUsize;

    use super::*;
    use crate::descriptor::Descriptor;
    use crate::layer::Compressor;
    use crate::layer::samples::mixed;
    use crate::media_type::{Compression, MediaType};

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut compressor =
            Compressor::new(Vec::new(), Compression::Gzip, None, NonZeroUsize::MIN).expect("gzip is there");
        compressor.write_all(content).expect("memory");
        compressor.finish().expect("memory")
    }

    #[test]
    fn what_passes_is_what_the_config_says() {
        let content = mixed(500_000);
        let (right, wrong) = (Digest::of(&content), Digest::of(b"other"));
        for bytes in [content.clone(), gzip(&content)] {
            let descriptor = Descriptor::of(MediaType::OCI_LAYER_GZIP, &bytes);
            let blob = |diff_id| held_to(Blob::from_bytes(descriptor.clone(), &bytes).expect("made"), diff_id);
            blob(&right).check().expect("it is");
            let error = blob(&wrong).check().expect_err("it is not");
            let layer = &descriptor.digest;
            assert_eq!(error.to_string(), format!("layer {layer} has diff_id {right}, and its config says {wrong}"));
            assert!(Fault::of(&error).expect("a fault").is_mismatch());
            // What is held already is looked at too, and starting over starts anew.
            for held in [0, 1, bytes.len() / 2, bytes.len() - 1] {
                for diff_id in [&right, &wrong] {
                    let mut taken = blob(diff_id);
                    taken.read_exact(&mut [0; 1000]).expect("the start is there");
                    taken.resume(&bytes[..held]).expect("the start of it");
                    assert_eq!(taken.check().is_ok(), diff_id == &right, "{held}");
                }
            }
            assert!(blob(&right).resume(&bytes[..]).is_ok() && blob(&wrong).resume(&bytes[..]).is_err());
        }
    }

    #[test]
    fn what_cannot_be_decompressed_is_found_too() {
        let whole = gzip(&mixed(100_000));
        let cut = &whole[..whole.len() - 5];
        let descriptor = Descriptor::of(MediaType::OCI_LAYER_GZIP, cut);
        let blob = held_to(Blob::from_bytes(descriptor.clone(), cut).expect("made"), &Digest::of(b""));
        let error = blob.check().expect_err("cut");
        assert_eq!(error.to_string(), format!("layer {} cannot be decompressed", descriptor.digest));
    }
}
