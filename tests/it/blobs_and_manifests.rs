//! `blob` and `manifest`: single parts of images, got and put.

use std::fs;

use serde_json::json;

use crate::support::command::{Program, stevedore};
use crate::support::fixture::{self, OCI_CONFIG, OCI_MANIFEST};
use crate::support::kept::{Kept, Ways};
use crate::support::layout::{blob_path, sha256};
use crate::support::oracle::oracle;
use crate::support::pages::Fake;
use crate::support::scene::{Folder, copy};
use crate::support::served::Served;
use crate::support::wire::Reply;

/// What was put is got again, at a registry and in a layout.
#[test]
fn blobs_and_manifests_go_and_come() {
    let folder = Folder::new();
    let served = Served::start(&["--store", &folder.text("store"), "--anonymous-push"]);
    fs::write(folder.path("layer"), b"no tar at all").expect("writing a file");
    let (layer, config) = (sha256(b"no tar at all"), sha256(b"{}"));
    for place in [format!("docker://{}/made", served.host()), folder.at("oci", "made", "")] {
        let at = |rest: &str| format!("{place}{rest}");
        let put = stevedore(&["blob", "put", "--json", &place, &folder.text("layer")]).ok().json();
        assert_eq!((&put["digest"], &put["size"], &put["existed"]), (&json!(layer), &json!(13), &json!(false)));
        let again = stevedore(&["blob", "put", "--json", &place, &folder.text("layer")]).ok().json();
        assert_eq!(again["existed"], true);
        let from_input = Program::stevedore(&["blob", "put", &at(&format!("@{config}"))]).stdin(b"{}").run().ok();
        assert_eq!(from_input.text(), config);
        assert_eq!(stevedore(&["blob", "head", &at(&format!("@{layer}"))]).ok().text(), "13");
        assert_eq!(stevedore(&["blob", "get", &at(&format!("@{layer}"))]).ok().stdout, b"no tar at all");
        stevedore(&["blob", "get", "-o", &folder.text("got"), &at(&format!("@{layer}"))]).ok();
        assert_eq!(fs::read(folder.path("got")).expect("a file"), b"no tar at all");
        let layers = json!([{"mediaType": "application/x", "digest": layer, "size": 13}]);
        let config = json!({"mediaType": OCI_CONFIG, "digest": config, "size": 2});
        let raw =
            json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers}).to_string();
        let put = Program::stevedore(&["manifest", "put", &at(":v1")]).stdin(raw.as_bytes()).run().ok();
        assert_eq!(put.text(), sha256(raw.as_bytes()));
        assert_eq!(stevedore(&["manifest", "get", &at(":v1")]).ok().stdout, raw.as_bytes());
        assert_eq!(stevedore(&["tags", &place]).ok().text(), "v1");
    }
}

/// A platform's manifest comes out of an index; other places have both, too.
#[test]
fn every_place_gives_its_parts() {
    let folder = Folder::new();
    let image = fixture::app(&folder.path("app"));
    let part = image.part("linux/arm64/v8");
    for (transport, end) in
        [("oci-archive", ":v1"), ("docker-archive", ":ex.com/a:1"), ("dir", ""), ("static", ":a:v1")]
    {
        let at = folder.at(transport, &format!("{transport}.d"), end);
        copy(&["--all"], &image.reference(), &at);
        assert_eq!(stevedore(&["manifest", "get", &at]).ok().stdout, image.read(&image.digest), "{transport}");
        let child = stevedore(&["manifest", "get", "--platform", "linux/arm64", &at]).ok();
        assert_eq!(child.stdout, image.read(&part.digest), "{transport}");
        if transport == "dir" {
            continue;
        }
        let end = if transport == "static" { ":a" } else { "" };
        let blob = format!("{}@{}", folder.at(transport, &format!("{transport}.d"), end), part.config);
        assert_eq!(stevedore(&["blob", "get", &blob]).ok().stdout, image.read(&part.config), "{transport}");
        let run = stevedore(&["blob", "put", &blob, &folder.text("none")]);
        assert!(run.code == 1 && run.stderr.contains("use a repository or a layout"), "{run:?}");
    }
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_written() {
    let folder = Folder::new();
    let image = fixture::single(&folder.path("app"));
    let registry = Kept::start(Ways::default());
    copy(&[], &image.reference(), &registry.docker("app:v1"));
    let before = registry.writes().len();
    let other = sha256(b"other");
    let put = |line: &[&str], input: &[u8]| Program::stevedore(line).stdin(input).run();
    assert_eq!(put(&["blob", "put", &registry.docker(&format!("app@{other}"))], b"x").code, 6);
    assert_eq!(put(&["blob", "put", &registry.docker("app:v1")], b"x").code, 2);
    assert_eq!(put(&["manifest", "put", &registry.docker("app:v2")], b"{}").code, 1);
    let raw = image.read(&image.digest);
    let index = "application/vnd.oci.image.index.v1+json";
    assert_eq!(put(&["manifest", "put", "--media-type", index, &registry.docker("app:v2")], &raw).code, 1);
    assert_eq!(put(&["manifest", "put", "--media-type", "text/plain", &registry.docker("app:v2")], &raw).code, 2);
    assert_eq!(put(&["manifest", "put", &registry.docker(&format!("app@{other}"))], &raw).code, 6);
    assert_eq!(registry.writes().len(), before);
    put(&["manifest", "put", "--media-type", OCI_MANIFEST, &registry.docker("app:v2")], &raw).ok();
    // A layout is told by us what a registry tells by itself.
    let run = put(&["manifest", "put", &folder.at("oci", "new", ":v1")], &raw);
    assert!(run.code == 1 && run.stderr.contains("which is not there"), "{run:?}");
    assert!(!folder.path("new").exists());
    stevedore(&["blob", "head", &registry.docker(&format!("app@{other}"))]).code(3);
    stevedore(&["blob", "get", &image.reference()]).code(2);
}

/// A registry that gives other bytes leaves no file behind, and what was there stays.
#[test]
fn a_wrong_blob_leaves_nothing() {
    let folder = Folder::new();
    let registry = Fake::start(|asked| match asked.path().contains("/blobs/") {
        true => Reply::new(200).header("Content-Type", "application/octet-stream").body("other bytes"),
        false => Reply::json(200, &json!({})),
    });
    let blob = format!("docker://{}/app@{}", registry.host(), sha256(b"right bytes"));
    fs::write(folder.path("old"), "old").expect("writing a file");
    for name in ["new", "old"] {
        let run = stevedore(&["blob", "get", "-o", &folder.text(name), &blob]).code(6);
        assert!(run.stderr.contains("content has digest"), "{}", run.stderr);
    }
    assert!(!folder.path("new").exists());
    assert_eq!(fs::read(folder.path("old")).expect("a file"), b"old");
    assert_eq!(fs::read_dir(folder.path("")).expect("the folder").count(), 1);
}

/// crane and oras read what was put, and give the same bytes.
#[test]
fn peers_give_the_same_bytes() {
    let (Some(crane), Some(oras)) = (oracle("crane"), oracle("oras")) else { return };
    let folder = Folder::new();
    let served = Served::start(&["--store", &folder.text("store"), "--anonymous-push"]);
    let image = fixture::app(&folder.path("app"));
    let name = |rest: &str| format!("{}/app{rest}", served.host());
    copy(&["--all"], &image.reference(), &format!("docker://{}", name(":v1")));
    let own = |verb: &str, rest: &str| stevedore(&[verb, "get", &format!("docker://{}", name(rest))]).ok().stdout;
    let layer = format!("@{}", image.parts[0].layers[0]);
    assert_eq!(own("manifest", ":v1"), crane.run(&["manifest", &name(":v1")]).stdout);
    assert_eq!(own("manifest", ":v1"), oras.run(&["manifest", "fetch", "--plain-http", &name(":v1")]).stdout);
    assert_eq!(own("blob", &layer), crane.run(&["blob", &name(&layer)]).stdout);
    let fetched = oras.run(&["blob", "fetch", "--plain-http", "-o", "-", &name(&layer)]);
    assert_eq!(own("blob", &layer), fetched.stdout);
    let put = stevedore(&["blob", "put", &format!("docker://{}", name("")), &folder.text("app/oci-layout")]).ok();
    let digest = put.text().to_owned();
    let seen = oras.run(&["blob", "fetch", "--plain-http", "--descriptor", &name(&format!("@{digest}"))]);
    assert_eq!(seen.json()["digest"], digest);
    assert!(blob_path(&image.dir, &image.digest).exists());
}
