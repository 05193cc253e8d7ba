//! The layers of a draft.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Error, Result};
use crate::blob::{Blob, Fault};
use crate::descriptor::Descriptor;
use crate::digest::{Algorithm, Digest, Hasher, Hashing};
use crate::filesystem::{Scanned, scan};
use crate::layer::{Compressor, Positioned};
use crate::media_type::{Compression, Format, MediaType};
use crate::watch::{Event, Watch};

/// So many bytes of a new layer are worth an event.
const TELLING: u64 = 1 << 20;

/// A layer of a draft.
#[derive(Clone, Debug)]
pub enum Layer {
    /// One that some place has.
    Kept {
        /// The blob.
        descriptor: Descriptor,
        /// The digest of its uncompressed content.
        diff_id: Digest,
    },
    /// A new one.
    Made(Made),
}

impl Layer {
    /// Returns the blob's descriptor.
    pub fn descriptor(&self) -> &Descriptor {
        match self {
            Self::Kept { descriptor, .. } => descriptor,
            Self::Made(made) => &made.descriptor,
        }
    }

    /// Returns the same layer under another media type.
    pub fn labelled(mut self, media_type: MediaType) -> Self {
        match &mut self {
            Self::Kept { descriptor, .. } => descriptor.media_type = media_type,
            Self::Made(made) => made.descriptor.media_type = media_type,
        }
        self
    }

    /// Returns the digest of the uncompressed content.
    pub fn diff_id(&self) -> &Digest {
        match self {
            Self::Kept { diff_id, .. } => diff_id,
            Self::Made(made) => &made.diff_id,
        }
    }
}

/// A new layer in a file. Clones share it.
#[derive(Clone, Debug)]
pub struct Made {
    /// What the layer is.
    pub descriptor: Descriptor,
    /// The digest of the uncompressed content.
    pub diff_id: Digest,
    /// The size of the uncompressed content in bytes.
    pub size: u64,
    file: Arc<File>,
}

impl Made {
    /// Takes a tar file as a layer, bit by bit as it is: gzip, zstd or plain, which its first bytes tell.
    ///
    /// # Errors
    /// [`Error::Read`] when it cannot be read, [`Error::NoLayer`] when it is no tar or cannot be decompressed.
    pub fn open(path: &Path, format: Format) -> Result<Self> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::InvalidData => Error::NoLayer { path: path.to_owned(), source },
            _ => Error::Read { path: path.to_owned(), source },
        };
        let mut file = File::open(path).map_err(failed)?;
        // It is read a second time when the image is written.
        file.stream_position().map_err(|_| failed(io::Error::other("it is a pipe, which can be read only once")))?;
        let mut input = Hashing::new(&file, Algorithm::Sha256);
        // What is read to its end gives every byte, trailing ones included.
        let Scanned { compression, diff_id, size, .. } = scan(&mut input).map_err(failed)?;
        let descriptor = Descriptor::new(MediaType::layer(format, compression), input.hasher.finish(), input.size);
        Ok(Self { descriptor, diff_id, size, file: Arc::new(file) })
    }

    /// Returns the content; any number of blobs can be read at the same time.
    ///
    /// # Errors
    /// See [`Blob::new`].
    pub fn blob(&self) -> Result<Blob<'_>, Fault> {
        Blob::new(self.descriptor.clone(), |at| Ok(Box::new(Positioned { file: &*self.file, at })))
    }
}

/// How new layers are compressed.
#[derive(Clone, Copy, Debug)]
pub struct Packing {
    /// The family of media types.
    pub format: Format,
    /// The compression.
    pub compression: Compression,
    /// The compressor's level, in its own scale.
    pub level: Option<i32>,
    /// How many threads compress; no byte depends on it.
    pub threads: NonZeroUsize,
}

impl Default for Packing {
    fn default() -> Self {
        Self { format: Format::Oci, compression: Compression::Gzip, level: None, threads: NonZeroUsize::MIN }
    }
}

/// Makes a layer of the tar that is written to it.
pub struct LayerWriter {
    compressor: Compressor<Hashing<File>>,
    diff_id: Hasher,
    size: u64,
    packing: Packing,
    scratch: PathBuf,
    watch: Watch,
    /// How much of the content nobody has been told of.
    untold: u64,
}

impl LayerWriter {
    /// Starts a layer in a file without a name in the folder `scratch`.
    ///
    /// # Errors
    /// [`Error::Scratch`] and [`Error::Compress`].
    pub fn new(scratch: &Path, packing: Packing) -> Result<Self> {
        let in_scratch = |source| Error::Scratch { path: scratch.to_owned(), source };
        let file = tempfile::tempfile_in(scratch).map_err(in_scratch)?;
        let output = Hashing::new(file, Algorithm::Sha256);
        let Packing { compression, level, threads, .. } = packing;
        let compressor = Compressor::new(output, compression, level, threads)
            .map_err(|source| Error::Compress { compression, source })?;
        Ok(Self {
            compressor,
            diff_id: Hasher::new(Algorithm::Sha256),
            size: 0,
            packing,
            scratch: scratch.to_owned(),
            watch: Watch::default(),
            untold: 0,
        })
    }

    /// Tells `watch` of what passes.
    pub fn watched(mut self, watch: &Watch) -> Self {
        self.watch = watch.clone();
        self
    }

    fn tell(&mut self) {
        self.watch.tell(&Event::Packed { bytes: std::mem::take(&mut self.untold) });
    }

    /// Ends the layer.
    ///
    /// # Errors
    /// [`Error::Scratch`].
    pub fn finish(mut self) -> Result<Made> {
        self.tell();
        let output = self.compressor.finish().map_err(|source| Error::Scratch { path: self.scratch, source })?;
        let media_type = MediaType::layer(self.packing.format, self.packing.compression);
        let descriptor = Descriptor::new(media_type, output.hasher.finish(), output.size);
        Ok(Made { descriptor, diff_id: self.diff_id.finish(), size: self.size, file: Arc::new(output.inner) })
    }
}

impl Write for LayerWriter {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let n = self.compressor.write(data)?;
        self.diff_id.update(&data[..n]);
        self.size += n as u64;
        self.untold += n as u64;
        if self.untold >= TELLING {
            self.tell();
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.compressor.flush()
    }
}
