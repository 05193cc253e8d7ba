//! Writes OCI layouts: blobs, and an `index.json` with tags.
//!
//! Image layout: <https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md>.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The annotation that holds a tag.
const REFERENCE_NAME: &str = "org.opencontainers.image.ref.name";

/// A descriptor as JSON: `mediaType`, `digest`, `size` and what a caller adds.
pub(crate) type Descriptor = Value;

/// A layout being written.
pub(crate) struct Layout {
    dir: PathBuf,
}

impl Layout {
    /// Makes an empty layout in `dir`, which may exist.
    pub(crate) fn create(dir: &Path) -> Layout {
        let layout = Layout { dir: dir.to_owned() };
        fs::create_dir_all(dir.join("blobs/sha256")).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
        layout.write("oci-layout", &json!({"imageLayoutVersion": "1.0.0"}));
        layout.write("index.json", &json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}));
        layout
    }

    /// Opens a layout that `create` made, to add to it.
    pub(crate) fn open(dir: &Path) -> Layout {
        Layout { dir: dir.to_owned() }
    }

    /// Adds a blob and returns its descriptor.
    pub(crate) fn blob(&self, media_type: &str, bytes: &[u8]) -> Descriptor {
        let mut writer = self.writer();
        writer.write_all(bytes).expect("writing a blob");
        writer.finish(media_type)
    }

    /// Adds a document as compact JSON and returns its descriptor.
    pub(crate) fn json(&self, media_type: &str, value: &Value) -> Descriptor {
        self.blob(media_type, value.to_string().as_bytes())
    }

    /// Starts a blob that is written piece by piece.
    pub(crate) fn writer(&self) -> BlobWriter {
        let blobs = self.dir.join("blobs/sha256");
        let path = blobs.join("writing");
        let file = File::create_new(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        BlobWriter { out: Hashing::new(BufWriter::with_capacity(64 * 1024, file)), size: 0, path, blobs }
    }

    /// Adds a manifest to `index.json` under a tag.
    pub(crate) fn tag(&self, manifest: &Descriptor, tag: &str) {
        let mut entry = manifest.clone();
        entry["annotations"][REFERENCE_NAME] = json!(tag);
        let mut index = read_json(&self.dir.join("index.json"));
        index["manifests"].as_array_mut().expect("index.json lists manifests").push(entry);
        self.write("index.json", &index);
    }

    fn write(&self, name: &str, value: &Value) {
        let path = self.dir.join(name);
        fs::write(&path, value.to_string()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

/// The media type of an OCI index.
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A blob being written.
pub(crate) struct BlobWriter {
    out: Hashing<BufWriter<File>>,
    size: u64,
    path: PathBuf,
    blobs: PathBuf,
}

impl BlobWriter {
    /// Gives the blob its name and returns its descriptor.
    pub(crate) fn finish(mut self, media_type: &str) -> Descriptor {
        self.out.flush().expect("writing a blob");
        let digest = self.out.digest();
        let name = self.blobs.join(digest.trim_start_matches("sha256:"));
        fs::rename(&self.path, &name).unwrap_or_else(|error| panic!("{}: {error}", name.display()));
        json!({"mediaType": media_type, "digest": digest, "size": self.size})
    }
}

impl Write for BlobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Hashes what is written through it.
pub(crate) struct Hashing<W> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Hashing<W> {
    pub(crate) fn new(out: W) -> Hashing<W> {
        Hashing { out, hash: Sha256::new() }
    }

    /// Returns the digest of all that was written.
    pub(crate) fn digest(&self) -> String {
        format_digest(&self.hash.clone().finalize())
    }

    pub(crate) fn into_inner(self) -> W {
        self.out
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Returns the sha256 digest of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    format_digest(&Sha256::digest(bytes))
}

fn format_digest(hash: &[u8]) -> String {
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// Returns where a layout keeps a blob.
pub(crate) fn blob_path(dir: &Path, digest: &str) -> PathBuf {
    dir.join("blobs").join(digest.replace(':', "/"))
}

/// Returns the tags of a layout, and what they name.
pub(crate) fn tags(dir: &Path) -> Vec<(String, Descriptor)> {
    let index = read_json(&dir.join("index.json"));
    let entries = index["manifests"].as_array().cloned().unwrap_or_default();
    let named =
        entries.into_iter().map(|entry| (entry["annotations"][REFERENCE_NAME].as_str().map(str::to_owned), entry));
    named.filter_map(|(name, entry)| Some((name?, entry))).collect()
}

/// Reads a JSON file.
pub(crate) fn read_json(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
