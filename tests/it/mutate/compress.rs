//! `mutate --compress` on layers whose labels lie: bytes decide.

use std::fs;
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};
use stevedore::layer::sniff;

use super::{manifest, mutate};
use crate::support::fixture::{OCI_CONFIG, OCI_GZIP, OCI_MANIFEST, OCI_ZSTD};
use crate::support::layout::{Layout, blob_path, sha256};
use crate::support::scene::Folder;
use crate::support::tarball::Tarball;

const NAMES: [&str; 3] = ["none", "gzip", "zstd"];

fn label(name: &str) -> &'static str {
    match name {
        "gzip" => OCI_GZIP,
        "zstd" => OCI_ZSTD,
        _ => "application/vnd.oci.image.layer.v1.tar",
    }
}

fn compressed(name: &str, tar: &[u8]) -> Vec<u8> {
    match name {
        "gzip" => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(tar).expect("memory");
            encoder.finish().expect("memory")
        }
        "zstd" => zstd::encode_all(tar, 1).expect("memory"),
        _ => tar.to_vec(),
    }
}

/// Writes an image of one layer with these bytes under this label.
fn image(dir: &Path, bytes: &str, labelled: &str) -> (String, Value) {
    let tar = Tarball::new().file("etc", &"x".repeat(3000)).end();
    let layout = Layout::create(dir);
    let layer = layout.blob(label(labelled), &compressed(bytes, &tar));
    let rootfs = json!({"type": "layers", "diff_ids": [sha256(&tar)]});
    let config = layout.json(OCI_CONFIG, &json!({"architecture": "amd64", "os": "linux", "rootfs": rootfs}));
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer]});
    layout.tag(&layout.json(OCI_MANIFEST, &manifest), "v1");
    (format!("oci:{}:v1", dir.display()), layer)
}

#[test]
fn label_and_bytes_agree_afterwards() {
    for bytes in NAMES {
        for labelled in NAMES {
            for wanted in NAMES {
                let case = format!("{bytes} labelled {labelled} to {wanted}");
                let folder = Folder::new();
                let dir = folder.path("l");
                let (from, before) = image(&dir, bytes, labelled);
                mutate(&from, &folder.at("oci", "l", ":new"), &["--compress", wanted]);
                let after = manifest(&dir, "new")["layers"][0].clone();
                assert_eq!(after["mediaType"], label(wanted), "{case}");
                let digest = after["digest"].as_str().expect("a digest");
                let content = fs::read(blob_path(&dir, digest)).expect("is there");
                assert_eq!(sniff(&content[..4]).to_string(), wanted, "{case}");
                assert_eq!(before["digest"] == after["digest"], bytes == wanted, "{case}: right bytes are kept");
                if bytes == wanted && labelled == wanted {
                    assert_eq!(manifest(&dir, "new"), manifest(&dir, "v1"), "{case}");
                }
            }
        }
    }
}
