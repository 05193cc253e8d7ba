//! A layer from one compression to another: new bytes, digest and size, the same content and diff_id.

use std::fs::File;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::compress::Compressor;
use super::decompress::decompress;
use super::positioned::Positioned;
use crate::blob::{Blob, Fault};
use crate::class::{Class, Classified, Diagnosis};
use crate::descriptor::Descriptor;
use crate::digest::{Algorithm, Digest, Hasher, Hashing};
use crate::media_type::{Compression, Format, MediaType};
use crate::reading::pour;

/// Annotations that describe the compressed bytes: a table of contents that is no longer there, which readers would look for. They are those
/// of estargz and of zstd:chunked.
const OF_BYTES: [&str; 3] =
    ["containerd.io/snapshot/stargz/", "io.containers.estargz.", "io.github.containers.zstd-chunked."];

/// Why a layer could not be recompressed, or its content not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The layer could not be read, or is not what its descriptor says.
    #[error(transparent)]
    Content(#[from] Fault),
    /// The layer is what its descriptor says, and cannot be decompressed.
    #[error("layer {digest} cannot be decompressed")]
    Decompress {
        /// The layer.
        digest: Digest,
        /// Why: a [`Malformed`](super::Malformed), or a feature that this build does not have.
        source: io::Error,
    },
    /// The compression or its level is not to be had.
    #[error("cannot compress with {compression}")]
    Compress {
        /// What was asked for.
        compression: Compression,
        /// Why.
        source: io::Error,
    },
    /// A temporary file failed.
    #[error("cannot write a temporary file in {}", path.display())]
    Scratch {
        /// The folder it lies in.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Classified for Error {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Content(fault) => fault.diagnosis(),
            Self::Decompress { .. } | Self::Compress { .. } | Self::Scratch { .. } => Class::Failed.into(),
        }
    }
}

/// A layer in its new compression, in a temporary file without a name.
#[derive(Debug)]
pub struct Recompressed {
    /// What the new layer is.
    pub descriptor: Descriptor,
    /// The digest of the uncompressed content.
    pub diff_id: Digest,
    /// What the original's bytes were compressed with, whatever its media type says.
    pub from: Compression,
    file: File,
}

impl Recompressed {
    /// Returns the new layer's content; any number of blobs can be read at the same time.
    ///
    /// # Errors
    /// See [`Blob::new`].
    pub fn blob(&self) -> Result<Blob<'_>, Fault> {
        Blob::new(self.descriptor.clone(), |at| Ok(Box::new(Positioned { file: &self.file, at })))
    }
}

/// Compresses a layer anew, into a file in the folder `scratch`.
///
/// The new descriptor keeps the annotations that are not about the compressed bytes, and no URLs, for other bytes are there.
///
/// # Errors
/// [`Error`]'s variants tell the layer's fault from this machine's.
pub fn recompress(
    blob: Blob<'_>,
    to: Compression,
    level: Option<i32>,
    format: Format,
    scratch: &Path,
    threads: NonZeroUsize,
) -> Result<Recompressed, Error> {
    let original = blob.descriptor().clone();
    let in_scratch = |source| Error::Scratch { path: scratch.to_owned(), source };
    let output = Hashing::new(tempfile::tempfile_in(scratch).map_err(in_scratch)?, Algorithm::Sha256);
    let mut compressor =
        Compressor::new(output, to, level, threads).map_err(|source| Error::Compress { compression: to, source })?;
    let content = read_content(blob, |piece| compressor.write_all(piece).map_err(in_scratch))?;
    let output = compressor.finish().map_err(in_scratch)?;
    let mut descriptor = Descriptor::new(MediaType::layer(format, to), output.hasher.finish(), output.size);
    descriptor.annotations = original.annotations;
    descriptor.annotations.retain(|key, _| !OF_BYTES.iter().any(|prefix| key.starts_with(prefix)));
    Ok(Recompressed { descriptor, diff_id: content.diff_id, from: content.compression, file: output.inner })
}

/// Returns the digest and the size of a layer's uncompressed content.
///
/// # Errors
/// [`Error::Content`] and [`Error::Decompress`].
pub fn diff_id(blob: Blob<'_>) -> Result<(Digest, u64), Error> {
    let content = read_content(blob, |_| Ok(()))?;
    Ok((content.diff_id, content.size))
}

/// What is known of a layer once it was read.
struct Content {
    compression: Compression,
    diff_id: Digest,
    size: u64,
}

/// Reads a layer's uncompressed content to its end, and with it the blob to its check; `take` gets it in pieces.
fn read_content(blob: Blob<'_>, mut take: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<Content, Error> {
    let digest = blob.descriptor().digest.clone();
    let failed = |error| match Fault::take(error) {
        Ok(fault) => Error::Content(fault),
        Err(source) => Error::Decompress { digest: digest.clone(), source },
    };
    let (compression, mut reader) = decompress(blob).map_err(failed)?;
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let mut size = 0;
    pour(&mut reader, failed, |piece| {
        hasher.update(piece);
        size += piece.len() as u64;
        take(piece)
    })?;
    Ok(Content { compression, diff_id: hasher.finish(), size })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::layer::samples::mixed;

    const THREADS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

    fn compress(content: &[u8], compression: Compression) -> Vec<u8> {
        let mut compressor = Compressor::new(Vec::new(), compression, None, THREADS).expect("made");
        compressor.write_all(content).expect("memory");
        compressor.finish().expect("memory")
    }

    fn compressions() -> Vec<Compression> {
        let mut all = vec![Compression::None, Compression::Gzip];
        all.extend(cfg!(feature = "zstd").then_some(Compression::Zstd));
        all
    }

    #[test]
    fn from_each_to_each() {
        let scratch = tempfile::tempdir().expect("made");
        let content = mixed(600_000);
        for from in compressions() {
            let original = compress(&content, from);
            // The media type lies about most of them; the bytes decide.
            let descriptor = Descriptor::of(MediaType::OCI_LAYER_GZIP, &original);
            for to in compressions() {
                let blob = Blob::from_bytes(descriptor.clone(), &original).expect("made");
                let got = recompress(blob, to, None, Format::Oci, scratch.path(), THREADS).expect("recompressed");
                let wanted = compress(&content, to);
                assert_eq!(got.descriptor, Descriptor::of(MediaType::layer(Format::Oci, to), &wanted));
                assert_eq!((got.from, &got.diff_id), (from, &Digest::of(&content)));
                let blob = got.blob().expect("made");
                assert_eq!(diff_id(blob).expect("reads"), (Digest::of(&content), content.len() as u64));
            }
        }
        assert_eq!(scratch.path().read_dir().expect("lists").count(), 0, "nothing has a name");
    }

    #[test]
    fn blobs_are_read_side_by_side() {
        let content = mixed(50_000);
        let blob = Blob::from_bytes(Descriptor::of(MediaType::OCI_LAYER, &content), &content).expect("made");
        let scratch = tempfile::tempdir().expect("made");
        let got = recompress(blob, Compression::None, None, Format::Docker, scratch.path(), THREADS).expect("copied");
        assert_eq!(got.descriptor.media_type, MediaType::DOCKER_LAYER);
        let (mut a, mut b) = (got.blob().expect("made"), got.blob().expect("made"));
        let (mut first, mut second) = (vec![0; 20_000], Vec::new());
        a.read_exact(&mut first).expect("reads");
        b.resume(&content[..10]).expect("resumes");
        b.read_to_end(&mut second).expect("reads");
        a.read_to_end(&mut first).expect("reads");
        assert!(first == content && second == content[10..]);
    }

    #[test]
    fn what_a_descriptor_keeps() {
        let mut descriptor = Descriptor::of(MediaType::OCI_LAYER, b"content");
        descriptor.urls.push("https://example.com/layer".to_owned());
        descriptor.data = Some("Y29udGVudA==".to_owned());
        for key in [
            "org.example.kept",
            "containerd.io/snapshot/stargz/toc.digest",
            "io.containers.estargz.uncompressed-size",
            "io.github.containers.zstd-chunked.manifest-checksum",
        ] {
            descriptor.annotations.insert(key.to_owned(), "value".to_owned());
        }
        let scratch = tempfile::tempdir().expect("made");
        let blob = Blob::from_bytes(descriptor, b"content").expect("made");
        let got = recompress(blob, Compression::Gzip, None, Format::Oci, scratch.path(), THREADS).expect("compressed");
        assert_eq!(got.descriptor.annotations.keys().collect::<Vec<_>>(), ["org.example.kept"]);
        assert!(got.descriptor.urls.is_empty() && got.descriptor.data.is_none());
    }

    #[test]
    fn errors_say_whose_they_are() {
        let scratch = tempfile::tempdir().expect("made");
        let whole = compress(b"content", Compression::Gzip);
        let to = |blob: Blob<'_>, level, scratch: &Path| {
            recompress(blob, Compression::Gzip, level, Format::Oci, scratch, THREADS).expect_err("fails")
        };
        let blob = |content, descriptor: &Descriptor| Blob::from_bytes(descriptor.clone(), content).expect("made");
        let good = Descriptor::of(MediaType::OCI_LAYER_GZIP, &whole);
        let mut lie = good.clone();
        lie.digest = Digest::of(b"other");

        assert!(matches!(to(blob(&whole, &lie), None, scratch.path()), Error::Content(Fault::Mismatch { .. })));
        let short = to(blob(&whole[..12], &good), None, scratch.path());
        assert!(matches!(short, Error::Content(Fault::Short { .. })));

        // Cut before it was named: the digest is right and the layer is not.
        let cut = &whole[..whole.len() - 3];
        let malformed = to(blob(cut, &Descriptor::of(MediaType::OCI_LAYER_GZIP, cut)), None, scratch.path());
        assert!(malformed.to_string().ends_with(" cannot be decompressed"));
        let Error::Decompress { source, .. } = malformed else { panic!("{malformed:?}") };
        assert_eq!(source.to_string(), "malformed gzip data: it ends early");

        let level = to(blob(&whole, &good), Some(10), scratch.path());
        assert!(matches!(level, Error::Compress { compression: Compression::Gzip, .. }));
        let nowhere = scratch.path().join("nowhere");
        let error = to(blob(&whole, &good), None, &nowhere);
        let Error::Scratch { path, source } = error else { panic!("{error:?}") };
        assert_eq!((path, source.kind()), (nowhere, io::ErrorKind::NotFound));
    }
}
