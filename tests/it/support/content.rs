//! Layers with content that is the same each time: small files, or any amount of pseudo-random bytes.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::layout::{Descriptor, Hashing, Layout};

/// A file of a layer: path, mode and content.
pub(crate) type File<'a> = (&'a str, u32, &'a str);

/// A layer that a layout holds.
pub(crate) struct Layer {
    pub(crate) descriptor: Descriptor,
    /// The digest of the uncompressed tar.
    pub(crate) diff_id: String,
}

/// Writes a gzip layer with a few small files.
pub(crate) fn gzip_layer(layout: &Layout, media_type: &str, files: &[File<'_>]) -> Layer {
    let mut out = Hashing::new(GzEncoder::new(layout.writer(), Compression::default()));
    write_tar(&mut out, files);
    let diff_id = out.digest();
    let writer = out.into_inner().finish().expect("ending a gzip stream");
    Layer { descriptor: writer.finish(media_type), diff_id }
}

/// Writes a gzip layer of a whole tar.
pub(crate) fn gzip_tar(layout: &Layout, media_type: &str, tar: &[u8]) -> Layer {
    let mut out = Hashing::new(GzEncoder::new(layout.writer(), Compression::default()));
    out.write_all(tar).expect("writing a layer");
    let diff_id = out.digest();
    let writer = out.into_inner().finish().expect("ending a gzip stream");
    Layer { descriptor: writer.finish(media_type), diff_id }
}

/// A member of a layer's tar.
pub(crate) enum Member<'a> {
    /// A file with this content.
    File(&'a str, &'a [u8]),
    /// A symbolic link, and where it leads.
    Symlink(&'a str, &'a str),
    /// A hard link, and to what.
    Link(&'a str, &'a str),
}

/// Makes a tar.
pub(crate) fn tar(members: &[Member<'_>]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for member in members {
        let written = match member {
            Member::File(path, content) => tar.append_data(&mut header(0o755, content.len() as u64), path, *content),
            Member::Symlink(path, target) | Member::Link(path, target) => {
                let mut header = header(0o777, 0);
                let is_symlink = matches!(member, Member::Symlink(..));
                header.set_entry_type(if is_symlink { tar::EntryType::Symlink } else { tar::EntryType::Link });
                tar.append_link(&mut header, path, target)
            }
        };
        written.expect("writing a layer");
    }
    tar.into_inner().expect("ending a tar")
}

/// Writes a zstd layer with a few small files.
pub(crate) fn zstd_layer(layout: &Layout, media_type: &str, files: &[File<'_>]) -> Layer {
    let mut out = Hashing::new(zstd::Encoder::new(layout.writer(), 3).expect("starting a zstd stream"));
    write_tar(&mut out, files);
    let diff_id = out.digest();
    let writer = out.into_inner().finish().expect("ending a zstd stream");
    Layer { descriptor: writer.finish(media_type), diff_id }
}

/// Writes a gzip layer with one file of `size` pseudo-random bytes, holding no more than a buffer of it.
pub(crate) fn random_layer(layout: &Layout, media_type: &str, seed: u64, size: u64) -> Layer {
    // Random bytes do not compress: storing them saves the time.
    let mut out = Hashing::new(GzEncoder::new(layout.writer(), Compression::none()));
    let mut tar = tar::Builder::new(&mut out);
    let mut content = Random::new(seed).take(size);
    let name = format!("random-{seed}.bin");
    tar.append_data(&mut header(0o644, size), name, &mut content).expect("writing a layer");
    tar.into_inner().expect("ending a tar");
    let diff_id = out.digest();
    let writer = out.into_inner().finish().expect("ending a gzip stream");
    Layer { descriptor: writer.finish(media_type), diff_id }
}

fn write_tar(out: &mut impl Write, files: &[File<'_>]) {
    let mut tar = tar::Builder::new(out);
    for (path, mode, content) in files {
        tar.append_data(&mut header(*mode, content.len() as u64), path, content.as_bytes()).expect("writing a layer");
    }
    tar.into_inner().expect("ending a tar");
}

fn header(mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// Endless bytes from a seed: Marsaglia's xorshift64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        // The generator never leaves 0, and near seeds should not look alike.
        Random((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Returns a number below another.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Fills a buffer.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) {
        self.read_exact(buffer).expect("there is no end of them");
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

impl Read for Random {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for chunk in buffer.chunks_mut(8) {
            let bytes = self.next().to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
        Ok(buffer.len())
    }
}

/// Returns a number between 0 and 1, the same for the same seed.
pub(crate) fn fraction(seed: u64) -> f64 {
    let mut bytes = [0; 4];
    Random::new(seed).fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}
