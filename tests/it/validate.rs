//! `validate`: what is whole, what is damaged and what is missing, in every place.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::command::{Run, stevedore};
use crate::support::fixture::{self, Fixture, OCI_CONFIG, OCI_GZIP, OCI_MANIFEST};
use crate::support::layout::{Layout, blob_path, sha256};
use crate::support::oracle::oracle;
use crate::support::scene::{Folder, copy};
use crate::support::served::Served;
use crate::support::tarball::Tarball;

fn gzip(content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

/// An image of one layer, with this type and this diff_id.
fn odd(dir: &Path, kind: &str, layer: &[u8], diff_id: &str) -> (String, String) {
    let layout = Layout::create(dir);
    let layer = layout.blob(kind, layer);
    let config = json!({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": [diff_id]}});
    let config = layout.json(OCI_CONFIG, &config);
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer]});
    layout.tag(&layout.json(OCI_MANIFEST, &manifest), "v1");
    (format!("oci:{}:v1", dir.display()), layer["digest"].as_str().expect("a digest").to_owned())
}

fn defects(run: &Run) -> Vec<Value> {
    run.json()["defects"].as_array().expect("a list").clone()
}

/// Returns the one defect that there is, as `flaw part digest: reason`.
fn only(reference: &str, flags: &[&str], code: i32) -> String {
    let line: Vec<&str> = ["validate"].iter().chain(flags).copied().chain([reference]).collect();
    let run = stevedore(&line).code(code);
    assert_eq!(run.text().lines().count(), 1, "{}", run.text());
    run.text().to_owned()
}

#[test]
fn whole_images_are_whole_in_every_place() {
    let folder = Folder::new();
    let served = Served::start(&["--store", &folder.text("store"), "--anonymous-push"]);
    let image = fixture::nested(&folder.path("app"));
    let places = [
        format!("docker://{}/app:v1", served.host()),
        folder.at("oci-archive", "a.tar", ":v1"),
        folder.at("docker-archive", "k.tar", ":ex.com/app:1"),
        folder.at("dir", "d", ""),
        folder.at("static", "w", ":app:v1"),
        image.reference(),
    ];
    for place in &places {
        if *place != image.reference() {
            copy(&["--all"], &image.reference(), place);
        }
        for flags in [&[][..], &["--fast"]] {
            let line: Vec<&str> = ["validate", "--json"].iter().chain(flags).copied().chain([place.as_str()]).collect();
            let found = stevedore(&line).ok().json();
            assert_eq!(
                (&found["manifests"], &found["blobs"], &found["digest"]),
                (&json!(5), &json!(6), &json!(image.digest)),
                "{place}"
            );
            assert_eq!((&found["defects"], &found["warnings"]), (&json!([]), &json!([])), "{place}");
        }
    }
    let text = stevedore(&["validate", &places[0]]).ok();
    assert!(text.text().starts_with(&format!("{} is whole: 5 manifests, 6 blobs (", places[0])), "{}", text.text());
    stevedore(&["validate", &folder.at("oci", "app", ":v9")]).code(3);
    stevedore(&["validate", "--platform", "linux/s390x", &image.reference()]).code(3);
}

/// A fast look asks for the heads of blobs alone.
#[test]
fn a_fast_look_reads_no_blob() {
    let folder = Folder::new();
    let image = fixture::app(&folder.path("app"));
    let registry = crate::support::kept::Kept::start(crate::support::kept::Ways::default());
    copy(&["--all"], &image.reference(), &registry.docker("app:v1"));
    let before = registry.log().len();
    stevedore(&["validate", "--fast", &registry.docker("app:v1")]).ok();
    let asked: Vec<_> = registry.log()[before..].to_vec();
    assert!(asked.iter().all(|asked| asked.method == "HEAD" || !asked.path().contains("/blobs/")), "{asked:?}");
    assert_eq!(asked.iter().filter(|asked| asked.method == "HEAD" && asked.path().contains("/blobs/")).count(), 4);
}

/// Each kind of damage is told of the part that has it.
#[test]
fn damage_is_told_of_the_part_that_has_it() {
    let folder = Folder::new();
    let tar = Tarball::new().directory("d").file("d/one", "1").end();
    let (right, packed) = (sha256(&tar), gzip(&tar));
    let plain = OCI_GZIP.trim_end_matches("+gzip");
    for (name, kind, layer, diff_id, words) in [
        ("diff", OCI_GZIP, packed.clone(), sha256(b"other"), "its diff_id is "),
        ("type", plain, packed.clone(), right.clone(), "its media type says none, and it is gzip"),
        ("cut", OCI_GZIP, packed[..packed.len() - 4].to_vec(), right.clone(), "it is no layer: "),
        ("noise", OCI_GZIP, gzip(&[7; 2048]), right.clone(), "it is no layer: "),
    ] {
        let (reference, layer) = odd(&folder.path(name), kind, &layer, &diff_id);
        let line = only(&reference, &[], 6);
        assert!(
            line.starts_with(&format!("damaged layer {layer} of sha256:")) && line.contains(words),
            "{name}: {line}"
        );
        // Nothing of it can be seen without reading.
        stevedore(&["validate", "--fast", &reference]).ok();
    }
}

fn spoil(image: &Fixture, digest: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let path = blob_path(&image.dir, digest);
    let mut bytes = fs::read(&path).expect("a blob");
    change(&mut bytes);
    fs::write(&path, bytes).expect("writing a blob");
}

#[test]
fn a_defect_does_not_hide_the_others() {
    let folder = Folder::new();
    let image = fixture::four_platforms(&folder.path("app"));
    let (one, other) = (image.part("linux/amd64"), image.part("linux/s390x"));
    spoil(&image, &one.layers[0], |bytes| *bytes.last_mut().expect("bytes") ^= 1);
    spoil(&image, &image.part("linux/arm/v7").config, |bytes| bytes.truncate(9));
    fs::remove_file(blob_path(&image.dir, &other.digest)).expect("a manifest");
    fs::remove_file(blob_path(&image.dir, &image.part("linux/arm64/v8").layers[0])).expect("a layer");
    let run = stevedore(&["validate", "--json", &image.reference()]).code(6);
    let mut found: Vec<String> = defects(&run)
        .iter()
        .map(|each| {
            format!(
                "{} {} {}",
                each["flaw"].as_str().expect("text"),
                each["part"].as_str().expect("text"),
                each["digest"].as_str().expect("text")
            )
        })
        .collect();
    found.sort();
    let mut wanted = [
        format!("damaged layer {}", one.layers[0]),
        format!("damaged config {}", image.part("linux/arm/v7").config),
        format!("missing manifest {}", other.digest),
        format!("missing layer {}", image.part("linux/arm64/v8").layers[0]),
    ];
    wanted.sort();
    assert_eq!(found, wanted);
    assert!(run.stderr.contains("4 defects"), "{}", run.stderr);
    // The size alone shows without reading; what is missing is missing.
    let fast = stevedore(&["validate", "--json", "--fast", &image.reference()]).code(6);
    assert_eq!(defects(&fast).len(), 3);
    // One platform at a time.
    let line = only(&image.reference(), &["--platform", "linux/arm64"], 3);
    assert!(line.starts_with("missing layer ") && line.ends_with("it is not there"), "{line}");
    spoil(&image, &image.digest, |bytes| bytes.push(b' '));
    let line = only(&image.reference(), &[], 6);
    assert!(line.starts_with(&format!("damaged manifest {}", image.digest)), "{line}");
}

/// The same is found where a registry has the damage on its disk, and by crane where it looks.
#[test]
fn damage_at_a_registry_is_found() {
    let folder = Folder::new();
    let store = folder.path("store");
    let served = Served::start(&["--store", &folder.text("store"), "--anonymous-push"]);
    let image = fixture::single(&folder.path("app"));
    let name = format!("{}/app:v1", served.host());
    copy(&[], &image.reference(), &format!("docker://{name}"));
    let layer = &image.parts[0].layers[0];
    let hex = layer.trim_start_matches("sha256:");
    let data = store.join(format!("docker/registry/v2/blobs/sha256/{}/{hex}/data", &hex[..2]));
    let mut bytes = fs::read(&data).expect("the layer in the store");
    *bytes.last_mut().expect("bytes") ^= 1;
    fs::write(&data, &bytes).expect("spoiling it");
    let line = only(&format!("docker://{name}"), &[], 6);
    assert!(line.starts_with(&format!("damaged layer {layer} ")), "{line}");
    if let Some(crane) = oracle("crane") {
        assert_ne!(crane.try_run(&["validate", "--remote", &name]).code, 0);
    }
    fs::write(&data, &bytes[..bytes.len() - 1]).expect("cutting it");
    let line = only(&format!("docker://{name}"), &["--fast"], 6);
    assert!(
        line.contains(&format!("it has {} bytes, and its manifest says {}", bytes.len() - 1, bytes.len())),
        "{line}"
    );
    fs::remove_file(&data).expect("removing it");
    for flags in [&[][..], &["--fast"]] {
        let line = only(&format!("docker://{name}"), flags, 3);
        assert!(line.starts_with(&format!("missing layer {layer} ")), "{line}");
    }
}

/// A registry that cannot tell ends it: that is no defect of the image.
#[test]
fn a_registry_that_fails_is_no_defect() {
    let folder = Folder::new();
    let image = fixture::single(&folder.path("app"));
    let served = Served::start(&["--store", &folder.text("store"), "--anonymous-push"]);
    copy(&[], &image.reference(), &format!("docker://{}/app:v1", served.host()));
    let proxy = crate::support::proxy::Proxy::start(&served.host(), crate::support::proxy::Mode::Unavailable);
    let run = stevedore(&["validate", "--retry-times", "0", &format!("docker://{}/app:v1", proxy.host())]);
    assert!(run.code == 5 && run.stdout.is_empty(), "{run:?}");
}
