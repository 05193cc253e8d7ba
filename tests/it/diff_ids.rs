//! A layer that is not what the config says of it: whoever reads it says which one it is, and nothing comes of it.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::command::{Program, stevedore};
use crate::support::fixture::{OCI_CONFIG, OCI_GZIP, OCI_MANIFEST};
use crate::support::layout::{Layout, blob_path, sha256, tags};
use crate::support::scene::{Folder, Scene};
use crate::support::tarball::Tarball;

/// Writes an image of two layers whose second one has a wrong diff_id; returns its reference and that layer's digest.
fn liar(dir: &Path) -> (String, String) {
    let layout = Layout::create(dir);
    let first = Tarball::new().directory("d").file("d/one", "1").end();
    let second = Tarball::new().file("two", "2").end();
    let layers = [layout.blob(OCI_GZIP, &gzip(&first)), layout.blob(OCI_GZIP, &gzip(&second))];
    let diff_ids = [sha256(&first), sha256(b"something else")];
    let config = json!({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": diff_ids}});
    let config = layout.json(OCI_CONFIG, &config);
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers});
    layout.tag(&layout.json(OCI_MANIFEST, &manifest), "v1");
    (format!("oci:{}:v1", dir.display()), layers[1]["digest"].as_str().expect("a digest").to_owned())
}

fn gzip(content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn every_way_of_reading_names_the_layer() {
    let folder = Folder::new();
    let (from, layer) = liar(&folder.path("l"));
    fs::write(folder.path("file"), "x").expect("writes");
    let add = format!("{}:/d/new", folder.text("file"));
    let to = folder.at("oci", "o", ":1");
    let tar = folder.text("out.tar");
    let table: &[&[&str]] = &[
        // The base is read.
        &["build", "--from", &from, "--add", &add, "-o", &to],
        &["build", "--from", &from, "--remove", "d/one", "-o", &to],
        // It is not, and passes on its way to another place.
        &["build", "--from", &from, "--env", "A=1", "-o", &to],
        &["build", "--from", &from, "--env", "A=1", "-o", &folder.at("oci-archive", "o.tar", ":1")],
        &["build", "--from", &from, "--env", "A=1", "-o", &folder.at("docker-archive", "o.tar", ":app:1")],
        &["build", "--from", &from, "--env", "A=1", "-o", &folder.at("dir", "od", "")],
        &["mutate", &from, "--label", "a=b", "--to", &to],
        &["mutate", &from, "--append", &folder.text("layer.tar"), "--to", &to],
        &["mutate", &from, "--flatten", "--to", &to],
        &["mutate", &from, "--squash-last", "2", "--to", &to],
        &["mutate", &from, "--strip", "/two", "--to", &to],
        &["mutate", &from, "--set-time", "5", "--to", &to],
        &["mutate", &from, "--compress", "zstd", "--to", &to],
        &["mutate", &from, "--remove-layer", "0", "--to", &to],
        &["export", &from, "-o", &tar],
        &["export", &from, "-o", &folder.text("out/")],
        &["export", "--layer", "1", &from, "-o", &tar],
        &["export", "--layer", "1", &from, "-o", &folder.text("out/")],
    ];
    fs::write(folder.path("layer.tar"), Tarball::new().file("three", "3").end()).expect("writes");
    for arguments in table {
        let run = stevedore(arguments).code(6);
        let told = format!(
            "layer {layer} has diff_id {}, and its config says {}",
            sha256(&Tarball::new().file("two", "2").end()),
            sha256(b"something else")
        );
        assert!(run.stderr.contains(&told), "{arguments:?}: {}", run.stderr);
        for name in ["out.tar", "out", "o.tar", "od/manifest.json"] {
            assert!(!folder.path(name).exists(), "{arguments:?}");
        }
        let named = if folder.path("o/index.json").exists() { tags(&folder.path("o")) } else { Vec::new() };
        assert!(named.is_empty() && !blob_path(&folder.path("o"), &layer).exists(), "{arguments:?}");
        // A second run does not go on where the first one found out.
        stevedore(arguments).code(6);
    }
    // The layer that is right comes out.
    stevedore(&["export", "--layer", "0", &from, "-o", &tar]).ok();
}

#[test]
fn registries_do_not_get_it_either() {
    let Some(scene) = Scene::new() else { return };
    let (from, layer) = liar(&scene.folder.path("l"));
    let to = scene.docker("app:1");
    let run = stevedore(&["mutate", &from, "--label", "a=b", "--to", &to]).code(6);
    assert!(run.stderr.contains(&format!("layer {layer} has diff_id ")), "{}", run.stderr);
    assert!(!scene.has("app", "1"));
    // And from one: what was copied as it is.
    stevedore(&["copy", &from, &scene.docker("lie:1")]).ok();
    let run = stevedore(&[
        "build",
        "--from",
        &scene.docker("lie:1"),
        "--env",
        "A=1",
        "-o",
        &scene.folder.at("oci", "o", ":1"),
    ]);
    assert!(run.code(6).stderr.contains(&format!("layer {layer} has diff_id ")));
}

/// A tar that is given has no diff_id yet: it is a layer whatever it holds, or none.
#[test]
fn tars_are_layers_or_named() {
    let folder = Folder::new();
    let whole = gzip(&Tarball::new().file("a", "content").end());
    let mut flipped = whole.clone();
    let at = flipped.len() - 6;
    flipped[at] ^= 1;
    fs::write(folder.path("cut"), &whole[..whole.len() - 4]).expect("writes");
    fs::write(folder.path("flipped"), flipped).expect("writes");
    fs::write(folder.path("text"), "no tar ".repeat(100)).expect("writes");
    for name in ["cut", "flipped", "text"] {
        let to = folder.at("oci", "o", ":1");
        let run =
            Program::stevedore(&["build", "--layer", name, "-o", &to]).current_dir(&folder.path("")).run().code(1);
        assert!(run.stderr.contains(name), "{name}: {}", run.stderr);
        assert!(!folder.path("o").exists(), "{name}");
    }
}
