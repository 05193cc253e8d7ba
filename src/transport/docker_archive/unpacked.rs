//! Layers of an image that only Docker's list describes, held to what its config says: the only checksum that such an archive has.
//!
//! moby, "image/spec" 1.2, "rootfs": <https://github.com/moby/docker-image-spec/blob/main/v1.2.md>.

use std::io::{self, Read};

use serde::Deserialize;

use crate::blob::Fault;
use crate::descriptor::Descriptor;
use crate::digest::{Algorithm, Digest, Hasher};
use crate::layer;
use crate::media_type::Compression;
use crate::transport::{Error, Place};
use crate::watch::Watch;

/// A file of the archive, read once.
#[derive(Clone)]
pub(super) struct Hashed {
    pub(super) digest: Digest,
    pub(super) compression: Compression,
    pub(super) content: Content,
}

/// What a layer is uncompressed.
#[derive(Clone)]
pub(super) enum Content {
    /// Something with this digest.
    Digest(Digest),
    /// Not known: its compression is not read here.
    Unread(&'static str),
    /// Not known: it cannot be decompressed.
    Malformed(String),
}

/// Hashes a file as it is and uncompressed. The first bytes tell the compression, whatever the file's name says.
///
/// # Errors
/// Those of `reader`.
pub(super) fn hash(reader: impl Read + Send, watch: &Watch) -> io::Result<Hashed> {
    let mut passing =
        Passing { reader, watch, hasher: Hasher::new(Algorithm::Sha256), start: Vec::new(), failed: None };
    let unpacked = unpack(&mut passing);
    // What could not be decompressed has a digest all the same.
    io::copy(&mut passing, &mut io::sink())?;
    if let Some(kind) = passing.failed {
        return Err(kind.into());
    }
    let digest = passing.hasher.finish();
    let (compression, content) = match unpacked {
        Ok((Compression::None, _)) => match unread(&passing.start) {
            Some(name) => (Compression::None, Content::Unread(name)),
            None => (Compression::None, Content::Digest(digest.clone())),
        },
        Ok((compression, content)) => (compression, Content::Digest(content.unwrap_or_else(|| digest.clone()))),
        Err(error) => (Compression::None, Content::Malformed(error.to_string())),
    };
    Ok(Hashed { digest, compression, content })
}

fn unpack(reader: &mut (impl Read + Send)) -> io::Result<(Compression, Option<Digest>)> {
    let (compression, content) = layer::decompress(reader)?;
    if compression == Compression::None {
        return Ok((compression, None));
    }
    let mut hasher = Hasher::new(Algorithm::Sha256);
    hasher.update_from(content)?;
    Ok((compression, Some(hasher.finish())))
}

/// Names a compression that is not read here.
fn unread(start: &[u8]) -> Option<&'static str> {
    match start {
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some("xz"),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..] => Some("bzip2"),
        _ => None,
    }
}

/// Hashes what passes.
struct Passing<'a, R> {
    reader: R,
    watch: &'a Watch,
    hasher: Hasher,
    start: Vec<u8>,
    /// The reader's own failure, as opposed to that of the content.
    failed: Option<io::ErrorKind>,
}

/// The number of bytes that tell a compression.
const MAGIC: usize = 6;

impl<R: Read> Read for Passing<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.watch.check()?;
        let n = self.reader.read(buffer).inspect_err(|error| self.failed = Some(error.kind()))?;
        self.start.extend_from_slice(&buffer[..n.min(MAGIC - self.start.len().min(MAGIC))]);
        self.hasher.update(&buffer[..n]);
        Ok(n)
    }
}

/// Why an image must not be handed on.
pub(super) enum Damage {
    /// The config counts other layers than the list.
    Count { layers: usize, diff_ids: usize },
    /// A layer is not what the config says.
    DiffId { layer: Digest, wanted: Digest, got: Digest },
    /// A layer cannot be decompressed.
    Malformed { layer: Digest, reason: String },
    /// A layer's compression is not read here.
    Unread { path: String, compression: &'static str },
}

/// Compares an image's layers with its config. A config that counts no layers at all passes, as everywhere.
pub(super) fn compare(config: &[u8], paths: &[String], layers: &[(Descriptor, Content)]) -> Option<Damage> {
    let unread = paths.iter().zip(layers).find_map(|(path, (_, content))| match content {
        Content::Unread(compression) => Some(Damage::Unread { path: path.clone(), compression }),
        _ => None,
    });
    if unread.is_some() {
        return unread;
    }
    let diff_ids = diff_ids(config);
    if diff_ids.is_empty() {
        return None;
    }
    if diff_ids.len() != layers.len() {
        return Some(Damage::Count { layers: layers.len(), diff_ids: diff_ids.len() });
    }
    layers.iter().zip(diff_ids).find_map(|((layer, content), wanted)| match content {
        Content::Malformed(reason) => Some(Damage::Malformed { layer: layer.digest.clone(), reason: reason.clone() }),
        Content::Digest(got) if wanted.algorithm() == got.algorithm() && *got != wanted => {
            Some(Damage::DiffId { layer: layer.digest.clone(), wanted, got: got.clone() })
        }
        _ => None,
    })
}

fn diff_ids(config: &[u8]) -> Vec<Digest> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Config {
        rootfs: Rootfs,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Rootfs {
        diff_ids: Vec<Digest>,
    }
    serde_json::from_slice::<Config>(config).unwrap_or_default().rootfs.diff_ids
}

impl Damage {
    pub(super) fn error(&self, place: &Place, config: &Digest) -> Error {
        match self {
            Self::Count { layers, diff_ids } => {
                Error::Content(Fault::Layers { config: config.clone(), layers: *layers, diff_ids: *diff_ids })
            }
            Self::DiffId { layer, wanted, got } => {
                Error::Content(Fault::DiffId { layer: layer.clone(), wanted: wanted.clone(), got: got.clone() })
            }
            Self::Malformed { layer, reason } => {
                Error::Content(Fault::Malformed { layer: layer.clone(), source: io::Error::other(reason.clone()) })
            }
            Self::Unread { path, compression } => {
                let what = format!("reading layer {path:?}, which is compressed with {compression},");
                Error::unsupported(&what, place, "load the image with docker or podman and save it again")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media_type::MediaType;

    fn layer(content: &[u8]) -> (Descriptor, Content) {
        let hashed = hash(content, &Watch::default()).expect("memory");
        assert_eq!(hashed.digest, Digest::of(content));
        (Descriptor::of(MediaType::OCTET_STREAM, content), hashed.content)
    }

    fn config(diff_ids: &[&[u8]]) -> Vec<u8> {
        let diff_ids: Vec<Digest> = diff_ids.iter().map(|content| Digest::of(content)).collect();
        serde_json::to_vec(&serde_json::json!({"rootfs": {"diff_ids": diff_ids}})).expect("JSON")
    }

    #[test]
    fn layers_are_what_the_config_says() {
        let gzip = |content: &[u8]| {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            io::Write::write_all(&mut out, content).expect("memory");
            out.finish().expect("memory")
        };
        let (one, two) = (&b"one"[..], &b"two"[..]);
        let packed = gzip(one);
        let cut = &packed[..packed.len() - 4];
        let xz = b"\xfd7zXZ\0rest";
        let bzip2 = b"BZh91AY&SY";
        for (what, layers, diff_ids, wanted) in [
            ("plain", &[one, two][..], &[one, two][..], ""),
            ("gzip", &[&packed, two], &[one, two], ""),
            ("no diff_ids", &[one], &[], ""),
            ("other bytes", &[one, b"twx"], &[one, two], "diff_id"),
            ("other bytes in gzip", &[&packed], &[two], "diff_id"),
            ("other order", &[two, one], &[one, two], "diff_id"),
            ("fewer", &[one, two], &[one], "2 layers"),
            ("more", &[one], &[one, two], "1 layer"),
            ("cut", &[cut], &[one], "decompressed"),
            ("xz", &[xz], &[one], "xz"),
            ("bzip2", &[bzip2], &[one], "bzip2"),
        ] {
            let layers: Vec<_> = layers.iter().map(|content| layer(content)).collect();
            let paths: Vec<String> = (0..layers.len()).map(|number| format!("{number}.tar")).collect();
            let damage = compare(&config(diff_ids), &paths, &layers);
            let place = Place::Layout("d".into());
            let text = damage.map(|damage| damage.error(&place, &Digest::of(b"")).to_string()).unwrap_or_default();
            assert!(text.contains(wanted) && text.is_empty() == wanted.is_empty(), "{what}: {text}");
        }
    }
}
