//! Layers as streams: decompressed, compressed, and recompressed.
//!
//! What a layer's media type says about its compression is a claim; its first bytes decide. What is compressed here depends on the input,
//! the format and the level alone: not on the number of threads, the machine or how the input was cut into writes.

mod compress;
mod content;
mod decompress;
mod deflate;
mod gzip;
mod positioned;
mod recompress;

pub use compress::Compressor;
pub use content::held_to;
pub use decompress::{Malformed, decompress, sniff};
pub(crate) use positioned::Positioned;
pub use recompress::{Error, Recompressed, diff_id, recompress};

#[cfg(test)]
mod samples {
    //! Content for the tests of this module.

    /// Returns `length` bytes in which text and noise alternate, always the same.
    pub(super) fn mixed(length: usize) -> Vec<u8> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let mut content = Vec::with_capacity(length + 64);
        while content.len() < length {
            let word = next();
            if word % 5 == 0 {
                content.extend_from_slice(&word.to_le_bytes());
            } else {
                content.extend_from_slice(format!("usr/share/doc/package-{}/changelog\n", word % 97).as_bytes());
            }
        }
        content.truncate(length);
        content
    }
}
