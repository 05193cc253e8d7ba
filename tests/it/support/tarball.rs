//! Tars and images of them, byte by byte: what no tool would write too.

use std::path::Path;

use serde_json::{Value, json};

use super::fixture::{OCI_CONFIG, OCI_MANIFEST};
use super::layout::Layout;

const TAR: &str = "application/vnd.oci.image.layer.v1.tar";

/// A tar in the making.
#[derive(Clone, Default)]
pub(crate) struct Tarball(Vec<u8>);

impl Tarball {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Appends an entry with any name, type, link and content; a name that is too long is cut.
    pub(crate) fn entry(mut self, name: &[u8], flag: u8, link: &[u8], content: &[u8]) -> Self {
        let mut header = tar::Header::new_ustar();
        let bytes = header.as_mut_bytes();
        bytes[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
        bytes[156] = flag;
        bytes[157..157 + link.len().min(100)].copy_from_slice(&link[..link.len().min(100)]);
        let mode = if flag == b'5' { 0o755 } else { 0o644 };
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(1_700_000_000);
        header.set_size(content.len() as u64);
        if matches!(flag, b'3' | b'4') {
            header.set_device_major(1).expect("a device has a number");
            header.set_device_minor(3).expect("a device has a number");
        }
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    /// Gives the entry appended last another mode, owner and group; it has no content.
    pub(crate) fn mode(mut self, mode: u32, owner: u64) -> Self {
        let at = self.0.len() - 512;
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes().copy_from_slice(&self.0[at..]);
        header.set_mode(mode);
        header.set_uid(owner);
        header.set_gid(owner);
        header.set_cksum();
        self.0[at..].copy_from_slice(header.as_bytes());
        self
    }

    pub(crate) fn file(self, name: &str, content: &str) -> Self {
        self.entry(name.as_bytes(), b'0', b"", content.as_bytes())
    }

    pub(crate) fn directory(self, name: &str) -> Self {
        self.entry(name.as_bytes(), b'5', b"", b"")
    }

    pub(crate) fn symlink(self, name: &str, target: &str) -> Self {
        self.entry(name.as_bytes(), b'2', target.as_bytes(), b"")
    }

    pub(crate) fn link(self, name: &str, target: &str) -> Self {
        self.entry(name.as_bytes(), b'1', target.as_bytes(), b"")
    }

    /// Appends pax records for the entry that follows.
    pub(crate) fn pax(self, records: &[(&str, &[u8])]) -> Self {
        let mut content = Vec::new();
        for (key, value) in records {
            let rest = key.len() + value.len() + 3;
            let mut length = rest + 1;
            while length != rest + length.to_string().len() {
                length = rest + length.to_string().len();
            }
            content.extend_from_slice(format!("{length} {key}=").as_bytes());
            content.extend_from_slice(value);
            content.push(b'\n');
        }
        self.entry(b"pax", b'x', b"", &content)
    }

    /// Appends bytes that are no entry.
    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Returns the tar with its end.
    pub(crate) fn end(&self) -> Vec<u8> {
        [&self.0[..], &[0; 1024]].concat()
    }
}

/// Writes an image of plain layers, and returns its reference.
pub(crate) fn image(dir: &Path, layers: &[Vec<u8>]) -> String {
    image_with(dir, layers, &json!({"config": {}}))
}

/// Writes an image of plain layers with other members of its config, and returns its reference.
pub(crate) fn image_with(dir: &Path, layers: &[Vec<u8>], config: &Value) -> String {
    let layout = Layout::create(dir);
    let blobs: Vec<Value> = layers.iter().map(|layer| layout.blob(TAR, layer)).collect();
    let diff_ids: Vec<&Value> = blobs.iter().map(|blob| &blob["digest"]).collect();
    let mut whole = json!({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}});
    for (key, value) in config.as_object().expect("an object") {
        whole[key] = value.clone();
    }
    let config = layout.json(OCI_CONFIG, &whole);
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": blobs});
    layout.tag(&layout.json(OCI_MANIFEST, &manifest), "v1");
    format!("oci:{}:v1", dir.display())
}
