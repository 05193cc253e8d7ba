//! Archives that `docker load` takes: what we write other tools read with the digests they would make, and what they write we read.

use std::fs;

use serde_json::{Value, json};

use crate::support::command::stevedore;
use crate::support::content::gzip_layer;
use crate::support::fixture::{self, DOCKER_GZIP, OCI_CONFIG, OCI_GZIP};
use crate::support::layout::{Layout, blob_path, sha256};
use crate::support::oracle::oracle;
use crate::support::scene::{Folder, Scene, copy, skopeo_copy};

/// A docker archive is a valid one for crane, has the digest that skopeo's conversion to Docker's format has, and skopeo reads it by name.
#[test]
fn a_docker_archive_is_read_by_crane_and_skopeo() {
    let (Some((scene, image)), Some(crane), Some(skopeo)) =
        (Scene::with("app", fixture::app), oracle("crane"), oracle("skopeo"))
    else {
        return;
    };
    let amd64 = &image.part("linux/amd64").digest;
    let source = scene.docker(&format!("app@{amd64}"));
    copy(&[], &source, &scene.folder.at("docker-archive", "k.tar", ":ex.com/a:1"));
    let file = scene.folder.text("k.tar");
    crane.run(&["validate", "--tarball", &file]);
    crane.run(&["push", "--insecure", &file, &scene.name("pushed:1")]);
    skopeo_copy(&skopeo, &["--format", "v2s2"], &source, &scene.docker("converted:1"));
    assert_eq!(scene.digest("pushed", "1"), scene.digest("converted", "1"));
    let by_name = scene.folder.at("docker-archive", "k.tar", ":ex.com/a:1");
    skopeo_copy(&skopeo, &[], &by_name, &scene.folder.at("dir", "x", ""));
    let manifest: Value = serde_json::from_slice(&fs::read(scene.folder.path("x/manifest.json")).expect("a manifest"))
        .expect("a manifest is JSON");
    assert_eq!(manifest["config"]["digest"], image.part("linux/amd64").config.as_str());
    assert_eq!(skopeo.run(&["list-tags", &format!("docker-archive:{file}")]).json()["Tags"], json!(["ex.com/a:1"]));
}

/// What went into a docker archive comes out of it with its own digest, though docker's half of the archive could not say it.
#[test]
fn a_docker_archive_gives_the_digest_back() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    let amd64 = &image.part("linux/amd64").digest;
    let archive = scene.folder.at("docker-archive", "k.tar", "");
    let source = scene.docker(&format!("app@{amd64}"));
    assert_eq!(copy(&[], &source, &format!("{archive}:ex.com/a:1")), *amd64);
    assert_eq!(copy(&[], &archive, &scene.docker("k2:1")), *amd64);
    assert_eq!(scene.digest("k2", "1"), *amd64);
    let whole = scene.folder.at("docker-archive", "whole.tar", "");
    assert_eq!(copy(&["--all"], &scene.docker("app:v1"), &format!("{whole}:ex.com/a:1")), image.digest);
    assert_eq!(copy(&["--all"], &whole, &scene.docker("k3:1")), image.digest);
}

/// Archives of skopeo and of crane, also with two images, are listed as skopeo lists them, and every name in them can be copied.
#[test]
fn archives_of_skopeo_and_crane_are_read() {
    let (Some((scene, image)), Some(crane), Some(skopeo)) =
        (Scene::with("app", fixture::app), oracle("crane"), oracle("skopeo-new"))
    else {
        return;
    };
    let other = scene.seed("other", fixture::docker);
    let amd64 = image.part("linux/amd64");
    let path = |name: &str| scene.folder.text(name);
    let named = scene.folder.at("docker-archive", "skopeo.tar", ":ex.com/a:1");
    skopeo_copy(&skopeo, &[], &scene.docker(&format!("app@{}", amd64.digest)), &named);
    let tag = |from: &str, to: &str| crane.run(&["tag", "--insecure", &scene.name(from), to]);
    tag(&format!("app@{}", amd64.digest), "amd64");
    crane.run(&["pull", "--insecure", &scene.name("app:amd64"), &path("crane.tar")]);
    crane.run(&["pull", "--insecure", &scene.name("app:amd64"), &scene.name("other:v1"), &path("two.tar")]);
    let table = [
        ("skopeo.tar", vec![&amd64.config]),
        ("crane.tar", vec![&amd64.config]),
        ("two.tar", vec![&amd64.config, &other.parts[0].config]),
    ];
    for (file, configs) in table {
        let archive = format!("docker-archive:{}", path(file));
        let listed = skopeo.run(&["list-tags", &archive]).json();
        let mut tags: Vec<&str> = listed["Tags"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        tags.sort_unstable();
        let ours = stevedore(&["tags", &archive]).ok();
        let mut ours: Vec<&str> = ours.text().lines().collect();
        ours.sort_unstable();
        assert_eq!(ours, tags, "{file}");
        assert_eq!(tags.len(), configs.len(), "{file}");
        let mut seen = Vec::new();
        for (number, tag) in tags.iter().enumerate() {
            let dir = format!("{file}-{number}");
            copy(&[], &format!("{archive}:{tag}"), &scene.folder.at("dir", &dir, ""));
            let raw = skopeo.run(&["inspect", "--raw", &scene.folder.at("dir", &dir, "")]).json();
            skopeo_copy(&skopeo, &[], &scene.folder.at("dir", &dir, ""), &scene.docker(&format!("copied/{dir}:1")));
            seen.push(raw["config"]["digest"].as_str().expect("a config").to_owned());
        }
        let mut wanted: Vec<String> = configs.into_iter().cloned().collect();
        wanted.sort();
        seen.sort();
        assert_eq!(seen, wanted, "{file}");
    }
}

/// An archive in docker's old form, written by hand: two images, the first with two tags, layers as plain tars, one of them a symlink with a
/// target too long for the header, and entries that no image needs, such as devices, between them.
struct Legacy {
    tars: [Vec<u8>; 2],
    configs: [Vec<u8>; 2],
}

impl Legacy {
    fn write(folder: &Folder, name: &str) -> Legacy {
        let layout = Layout::create(&folder.path("scratch"));
        let tars = ["one", "two"].map(|text| {
            let layer = gzip_layer(&layout, DOCKER_GZIP, &[("etc/name", 0o644, text)]);
            let digest = layer.descriptor["digest"].as_str().expect("a digest");
            let gzip = fs::read(blob_path(&folder.path("scratch"), digest)).expect("the layer was written");
            let mut plain = Vec::new();
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&gzip[..]), &mut plain)
                .expect("a gzip stream");
            plain
        });
        let config = |diff_ids: &[&Vec<u8>]| {
            let diff_ids: Vec<String> = diff_ids.iter().map(|tar| sha256(tar)).collect();
            let rootfs = json!({"type": "layers", "diff_ids": diff_ids});
            json!({"os": "linux", "architecture": "amd64", "config": {}, "rootfs": rootfs}).to_string().into_bytes()
        };
        let configs = [config(&[&tars[0]]), config(&[&tars[0], &tars[1]])];
        let legacy = Legacy { tars, configs };
        fs::write(folder.path(name), legacy.to_tar()).expect("writing an archive");
        legacy
    }

    fn to_tar(&self) -> Vec<u8> {
        let long = format!("{}/layer.tar", "d".repeat(120));
        let mut tar = tar::Builder::new(Vec::new());
        for kind in [tar::EntryType::Char, tar::EntryType::Block, tar::EntryType::Fifo, tar::EntryType::Directory] {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(kind);
            header.set_size(0);
            header.set_cksum();
            tar.append_data(&mut header, format!("odd-{}", kind.as_byte()), &b""[..]).expect("writing a tar");
        }
        let file = |tar: &mut tar::Builder<Vec<u8>>, name: &str, bytes: &[u8]| {
            // Name and size stand in a pax record; the header's own fields lie, as they must for long names and big files.
            let size = bytes.len().to_string();
            tar.append_pax_extensions([("size", size.as_bytes()), ("path", name.as_bytes())]).expect("writing a tar");
            let mut header = tar::Header::new_ustar();
            header.set_path("short").expect("a short name");
            header.set_size(0);
            header.set_cksum();
            tar.append(&header, bytes).expect("writing a tar");
        };
        file(&mut tar, &long, &self.tars[0]);
        file(&mut tar, "b/layer.tar", &self.tars[1]);
        tar.append_pax_extensions([("linkpath", format!("../{long}").as_bytes())]).expect("writing a tar");
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_path("c/layer.tar").expect("a short name");
        header.set_link_name("../short").expect("a short name");
        header.set_size(0);
        header.set_cksum();
        tar.append(&header, &b""[..]).expect("writing a tar");
        file(&mut tar, "one.json", &self.configs[0]);
        file(&mut tar, "two.json", &self.configs[1]);
        let manifest = json!([
            {"Config": "one.json", "RepoTags": ["ex.com/a:1", "ex.com/a:latest"], "Layers": [long]},
            {"Config": "two.json", "RepoTags": ["b:2"], "Layers": ["c/layer.tar", "b/layer.tar"]},
        ]);
        file(&mut tar, "manifest.json", manifest.to_string().as_bytes());
        tar.into_inner().expect("ending a tar")
    }
}

/// The second tag and the second image of an archive are read, by name and by number, and layers are declared as what they are: plain tars.
#[test]
fn every_image_and_tag_is_read_and_layers_are_declared_right() {
    let folder = Folder::new();
    let legacy = Legacy::write(&folder, "old.tar");
    let archive = folder.at("docker-archive", "old.tar", "");
    assert_eq!(stevedore(&["tags", &archive]).ok().text(), "ex.com/a:1\nex.com/a:latest\nb:2");
    let table = [
        (":ex.com/a:1", 0),
        (":ex.com/a:latest", 0),
        (":@0", 0),
        (":b:2", 1),
        (":docker.io/library/b:2", 1),
        (":@1", 1),
    ];
    for (number, (name, image)) in table.into_iter().enumerate() {
        let dir = format!("d{number}");
        copy(&[], &format!("{archive}{name}"), &folder.at("dir", &dir, ""));
        let manifest = fs::read(folder.path(&dir).join("manifest.json")).expect("a manifest");
        let manifest: Value = serde_json::from_slice(&manifest).expect("a manifest is JSON");
        assert_eq!(manifest["config"]["digest"], sha256(&legacy.configs[image]).as_str(), "{name}");
        let layers = manifest["layers"].as_array().expect("layers");
        assert_eq!(layers.len(), image + 1, "{name}");
        for (layer, tar) in layers.iter().zip(&legacy.tars) {
            assert_eq!((&layer["digest"], &layer["size"]), (&sha256(tar).into(), &tar.len().into()), "{name}");
            let media_type = layer["mediaType"].as_str().expect("a media type");
            assert!(media_type.ends_with(".tar"), "{name} declares a plain tar as {media_type}");
        }
    }
    // Which of them is meant must be said.
    let run = stevedore(&["copy", &archive, &folder.at("dir", "none", "")]).code(2);
    assert!(run.stderr.contains("ex.com/a:1") && run.stderr.contains("b:2"), "{}", run.stderr);
    assert!(!folder.path("none").exists());
}

/// Of an archive whose layers are compressed, as crane keeps them, the layers stay compressed and say so.
#[test]
fn compressed_layers_are_declared_compressed() {
    let (Some((scene, image)), Some(crane)) = (Scene::with("single", fixture::single), oracle("crane")) else {
        return;
    };
    crane.run(&["pull", "--insecure", &scene.name("single:v1"), &scene.folder.text("c.tar")]);
    copy(&[], &scene.folder.at("docker-archive", "c.tar", ""), &scene.docker("back:1"));
    let manifest: Value = serde_json::from_slice(&scene.manifest("back", "1")).expect("a manifest is JSON");
    let layer = &manifest["layers"][0];
    assert_eq!(layer["digest"], image.parts[0].layers[0].as_str());
    let media_type = layer["mediaType"].as_str().expect("a media type");
    assert!([DOCKER_GZIP, OCI_GZIP].contains(&media_type), "{media_type}");
    crane.run(&["validate", "--insecure", "--remote", &scene.name("back:1")]);
    assert_ne!(manifest["config"]["mediaType"], Value::Null, "{OCI_CONFIG} or Docker's");
}

/// A docker archive takes the names of a second image beside the first, and gives both back.
#[test]
fn a_second_image_joins_a_docker_archive() {
    let folder = Folder::new();
    let (one, two) = (fixture::single(&folder.path("one")), fixture::docker(&folder.path("two")));
    let archive = folder.at("docker-archive", "k.tar", "");
    copy(&[], &one.reference(), &format!("{archive}:ex.com/a:1"));
    copy(&[], &two.reference(), &format!("{archive}:ex.com/b:1"));
    assert_eq!(copy(&[], &format!("{archive}:ex.com/a:1"), &folder.at("oci", "o", ":a")), one.digest);
    assert_eq!(copy(&[], &format!("{archive}:ex.com/b:1"), &folder.at("oci", "o", ":b")), two.digest);
    let Some(skopeo) = oracle("skopeo-new") else { return };
    let listed = skopeo.run(&["list-tags", &archive]).json();
    assert_eq!(listed["Tags"], json!(["ex.com/a:1", "ex.com/b:1"]));
}
