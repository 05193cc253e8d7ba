//! Layouts in which one name has several images: nothing takes one of them silently.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::command::stevedore;
use crate::support::content::gzip_layer;
use crate::support::fixture::{OCI_CONFIG, OCI_GZIP};
use crate::support::layout::{Layout, read_json};
use crate::support::scene::Folder;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const REF_NAME: &str = "org.opencontainers.image.ref.name";
const IMAGE_NAME: &str = "io.containerd.image.name";

/// Writes an image and returns its descriptor.
fn image(layout: &Layout, architecture: &str, name: &str) -> Value {
    let layer = gzip_layer(layout, OCI_GZIP, &[(name, 0o644, "x")]);
    let rootfs = json!({"type": "layers", "diff_ids": [layer.diff_id]});
    let config = layout.json(OCI_CONFIG, &json!({"architecture": architecture, "os": "linux", "rootfs": rootfs}));
    let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer.descriptor]});
    layout.json(MANIFEST, &manifest)
}

fn write_index(dir: &Path, entries: &[Value]) {
    let index = json!({"schemaVersion": 2, "manifests": entries});
    fs::write(dir.join("index.json"), index.to_string()).expect("writes index.json");
}

/// A layout as `docker save x:latest y:latest …` writes it.
fn saved(folder: &Folder, at: &str, names: &[&str]) -> Vec<String> {
    let layout = Layout::create(&folder.path(at));
    let entries: Vec<Value> = names
        .iter()
        .map(|name| {
            let mut entry = image(&layout, "amd64", name);
            entry["annotations"] = json!({REF_NAME: "latest", IMAGE_NAME: format!("docker.io/library/{name}:latest")});
            entry
        })
        .collect();
    write_index(&folder.path(at), &entries);
    entries.iter().map(|entry| entry["digest"].as_str().expect("a digest").to_owned()).collect()
}

fn pack(folder: &Folder, at: &str, archive: &str) {
    let file = fs::File::create(folder.path(archive)).expect("makes the archive");
    let mut tar = tar::Builder::new(file);
    tar.append_dir_all(".", folder.path(at)).expect("packs");
    tar.finish().expect("packs");
}

/// The short name is refused with all complete names, by every verb that reads or deletes, in a directory and in an archive.
#[test]
fn a_name_of_several_images_is_ambiguous() {
    for names in [&["x", "y"][..], &["x", "y", "z"]] {
        let folder = Folder::new();
        saved(&folder, "d", names);
        pack(&folder, "d", "d.tar");
        let before = fs::read(folder.path("d/index.json")).expect("reads");
        let out = folder.at("oci", "out", ":v1");
        let tree = folder.text("tree");
        for place in [folder.at("oci", "d", ":latest"), folder.at("oci-archive", "d.tar", ":latest")] {
            for line in [
                &["inspect", &place][..],
                &["digest", &place],
                &["ls", &place],
                &["export", &place, "-o", &tree],
                &["copy", &place, &out],
                &["copy", "--all", &place, &out],
            ] {
                let run = stevedore(line).code(2);
                for name in names {
                    let complete = format!("docker.io/library/{name}:latest");
                    assert!(run.stderr.contains(&complete), "{line:?}: {}", run.stderr);
                }
            }
        }
        stevedore(&["delete", &folder.at("oci", "d", ":latest")]).code(2);
        stevedore(&["copy", &folder.at("oci", "d", ":y:latest"), &folder.at("oci", "d", ":latest")]).code(2);
        assert_eq!(fs::read(folder.path("d/index.json")).expect("reads"), before);
        assert!(!folder.path("out").exists());
    }
}

/// Complete and familiar names find each image, are listed, synced, and deleted alone.
#[test]
fn complete_names_tell_images_apart() {
    let folder = Folder::new();
    let digests = saved(&folder, "d", &["x", "y"]);
    pack(&folder, "d", "d.tar");
    for place in [folder.at("oci", "d", ""), folder.at("oci-archive", "d.tar", "")] {
        let listed = stevedore(&["tags", &place]).ok();
        assert_eq!(listed.text(), "docker.io/library/x:latest\ndocker.io/library/y:latest");
        for (name, digest) in ["x", "y"].iter().zip(&digests) {
            for form in
                [format!("{name}:latest"), format!("library/{name}:latest"), format!("docker.io/library/{name}:latest")]
            {
                let at = format!("{place}:{form}");
                assert_eq!(stevedore(&["digest", &at]).ok().text().trim(), digest, "{at}");
            }
        }
    }
    let list = folder.path("list");
    fs::write(&list, format!("{} {}\n", folder.at("oci", "d", ":*"), folder.at("oci", "all", ":*"))).expect("writes");
    stevedore(&["sync", &list.display().to_string()]).ok();
    let all = read_json(&folder.path("all/index.json"));
    assert_eq!(all["manifests"].as_array().map(Vec::len), Some(2), "{all}");
    // A registry has no such tags, and no image is left out silently.
    fs::write(&list, format!("{} static:{}:all:*\n", folder.at("oci", "d", ":*"), folder.text("w"))).expect("writes");
    let refused = stevedore(&["sync", &list.display().to_string()]).code(2);
    assert!(refused.stderr.contains("x:latest") && refused.stderr.contains("y:latest"), "{}", refused.stderr);
    stevedore(&["delete", &folder.at("oci", "d", ":x:latest")]).ok();
    assert_eq!(stevedore(&["digest", &folder.at("oci", "d", ":latest")]).ok().text().trim(), digests[1]);
}

/// One name for several platforms is one image: the platform decides, and `--all` takes all of them.
#[test]
fn one_name_for_several_platforms() {
    let folder = Folder::new();
    let layout = Layout::create(&folder.path("d"));
    let entries: Vec<Value> = ["amd64", "arm64"]
        .iter()
        .map(|architecture| {
            let mut entry = image(&layout, architecture, architecture);
            entry["annotations"] = json!({REF_NAME: "v1"});
            entry["platform"] = json!({"architecture": architecture, "os": "linux"});
            entry
        })
        .collect();
    write_index(&folder.path("d"), &entries);
    for place in [folder.at("oci", "d", ":v1"), folder.at("oci", "d", "")] {
        for (number, platform) in ["linux/amd64", "linux/arm64"].iter().enumerate() {
            let out = folder.at("oci", &format!("out{number}"), ":v1");
            let copied = stevedore(&["copy", "--platform", platform, &place, &out]).ok();
            assert_eq!(copied.text().trim(), entries[number]["digest"], "{place} {platform}");
        }
        stevedore(&["copy", "--platform", "linux/s390x", &place, &folder.at("oci", "no", ":v1")]).code(3);
    }
    stevedore(&["copy", "--all", &folder.at("oci", "d", ":v1"), &folder.at("oci", "all", ":v1")]).ok();
    for platform in ["linux/amd64", "linux/arm64"] {
        stevedore(&["ls", "--platform", platform, &folder.at("oci", "all", ":v1")]).ok();
    }
    stevedore(&["delete", &folder.at("oci", "d", ":v1")]).ok();
    assert_eq!(read_json(&folder.path("d/index.json"))["manifests"], json!([]));
}

/// An entry with a digest of an unknown algorithm hides no other, keeps its text, and keeps its blobs from being swept.
#[test]
fn entries_with_unknown_digests() {
    for digest in [format!("blake3:{}", "a".repeat(64)), "md5:00".into()] {
        let folder = Folder::new();
        let layout = Layout::create(&folder.path("d"));
        let mut first = image(&layout, "amd64", "x");
        first["annotations"] = json!({REF_NAME: "v1"});
        let second = image(&layout, "amd64", "y");
        let stranger = json!({"mediaType": MANIFEST, "digest": digest, "size": 3, "x": [1.50]});
        write_index(&folder.path("d"), &[stranger.clone(), first.clone()]);
        stevedore(&["copy", &folder.at("oci", "d", ":v1"), &folder.at("oci", "out", ":v1")]).ok();
        stevedore(&["copy", &folder.at("oci", "out", ":v1"), &folder.at("oci", "d", ":v2")]).ok();
        let entries = &read_json(&folder.path("d/index.json"))["manifests"];
        assert_eq!(entries[0], stranger);
        stevedore(&["delete", &folder.at("oci", "d", ":v1")]).ok();
        stevedore(&["delete", &folder.at("oci", "d", ":v2")]).ok();
        assert_eq!(read_json(&folder.path("d/index.json"))["manifests"], json!([stranger]));
        let kept = folder.path("d/blobs/sha256").join(&second["digest"].as_str().expect("a digest")[7..]);
        assert!(kept.is_file());
    }
}
