//! Images that are not the usual kind: artifacts, layers that live elsewhere, manifests of Docker's first schema.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::support::command::stevedore;
use crate::support::fixture::{self, OCI_EMPTY, OCI_MANIFEST};
use crate::support::layout::{Layout, blob_path, sha256};
use crate::support::oracle::oracle;
use crate::support::pages::Fake;
use crate::support::proxy::{Mode, Proxy};
use crate::support::registry::{self, PASSWORD, Registry, USER};
use crate::support::scene::{Folder, Scene, assert_same_files, copy, skopeo_copy};
use crate::support::seed;
use crate::support::wire::Reply;

/// An artifact that oras made is inspected, and goes with its digest through every kind of place.
#[test]
fn artifacts_of_oras_go_everywhere() {
    let (Some(scene), Some(oras)) = (Scene::new(), oracle("oras")) else {
        return;
    };
    fs::write(oras.home().join("thing.txt"), "some thing\n").expect("writing a file");
    let name = scene.name("thing:v1");
    oras.run(&["push", "--plain-http", &name, "--artifact-type", "application/vnd.foo", "thing.txt"]);
    let digest = scene.digest("thing", "v1");
    let inspected = stevedore(&["inspect", &scene.docker("thing:v1")]).ok();
    assert!(inspected.text().contains("application/vnd.foo"), "{}", inspected.text());
    assert_eq!(sha256(&stevedore(&["inspect", "--raw", &scene.docker("thing:v1")]).ok().stdout), digest);
    let mut from = scene.docker("thing:v1");
    for (transport, name, rest) in [
        ("oci", "o", ":v1"),
        ("dir", "d", ""),
        ("oci-archive", "a", ":v1"),
        ("docker-archive", "k", ":x/a:1"),
        ("static", "s", ":v1"),
    ] {
        let to = scene.folder.at(transport, name, rest);
        assert_eq!(copy(&[], &from, &to), digest, "{from} to {to}");
        from = to;
    }
    assert_eq!(copy(&[], &from, &scene.docker("back:v1")), digest);
    oras.run(&["pull", "--plain-http", "-o", "back", &scene.name("back:v1")]);
    assert_eq!(fs::read_to_string(oras.home().join("back/thing.txt")).expect("the file"), "some thing\n");
}

/// A docker archive says aloud that docker cannot load what is in it when that is no image.
#[test]
fn a_docker_archive_without_an_image_says_so() {
    let folder = Folder::new();
    let image = fixture::artifact(&folder.path("artifact"));
    let archive = folder.at("docker-archive", "k.tar", ":ex.com/a:1");
    let run = stevedore(&["copy", &image.reference(), &archive]).ok();
    assert!(run.stderr.contains("docker load"), "{}", run.stderr);
    assert_eq!(copy(&[], &folder.at("docker-archive", "k.tar", ""), &folder.at("oci", "o", ":v1")), image.digest);
}

/// Layers that must not be distributed stay where they are, and stderr says which.
#[test]
fn foreign_layers_stay_behind_and_it_is_said() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let (image, _) = fixture::foreign(&scene.folder.path("foreign"), "http://127.0.0.1:1/layer");
    seed::push_all(&image.dir, &scene.registry.client(), "foreign");
    let layer = &image.parts[0].layers[0];
    for to in [scene.docker("copied:v1"), scene.folder.at("oci", "o", ":v1"), scene.folder.at("dir", "d", "")] {
        let run = stevedore(&["copy", &scene.docker("foreign:v1"), &to]).ok();
        assert_eq!(run.text(), image.digest);
        assert!(run.stderr.contains(layer.as_str()) && run.stderr.contains("--include-external"), "{}", run.stderr);
    }
    assert_eq!(scene.registry.client().head(&format!("/v2/copied/blobs/{layer}")).status, 404);
    assert!(!blob_path(&scene.folder.path("o"), layer).exists());
}

/// On demand they are fetched from where they live, without the login of the registry that named them.
#[test]
fn foreign_layers_are_fetched_without_a_login() {
    let Some(registry) = Registry::start_with(registry::Options { htpasswd: true, ..Default::default() }) else {
        return;
    };
    let folder = Folder::new();
    let (_, content) = fixture::foreign(&folder.path("same"), "http://127.0.0.1:1/layer");
    let served = content.clone();
    let elsewhere = Fake::start(move |asked| match asked.path() {
        "/layer" => Reply::new(200).body(served.clone()),
        _ => Reply::new(404),
    });
    let (image, _) = fixture::foreign(&folder.path("foreign"), &format!("http://{}/layer", elsewhere.host()));
    seed::push_all(&image.dir, &registry.client(), "foreign");
    let login = format!("{USER}:{PASSWORD}");
    let source = format!("docker://{}/foreign:v1", registry.host());
    let creds = ["--include-external", "--src-creds", &login];
    assert_eq!(copy(&creds, &source, &folder.at("oci", "o", ":v1")), image.digest);
    let layer = &image.parts[0].layers[0];
    assert_eq!(fs::read(blob_path(&folder.path("o"), layer)).expect("the layer came along"), content);
    let log = elsewhere.log();
    assert_eq!(log.iter().filter(|asked| asked.method == "GET").count(), 1, "{log:?}");
    assert!(log.iter().all(|asked| asked.headers.get("authorization").is_none()), "{log:?}");
}

/// What comes from such a URL is checked like everything else.
#[test]
fn foreign_layers_are_verified() {
    let folder = Folder::new();
    let (_, content) = fixture::foreign(&folder.path("same"), "http://127.0.0.1:1/layer");
    let mut wrong = content;
    wrong[20] ^= 1;
    let elsewhere = Fake::start(move |_| Reply::new(200).body(wrong.clone()));
    let Some(scene) = Scene::new() else { return };
    let (image, _) = fixture::foreign(&folder.path("foreign"), &format!("http://{}/layer", elsewhere.host()));
    seed::push_all(&image.dir, &scene.registry.client(), "foreign");
    let to = scene.folder.at("oci", "o", ":v1");
    stevedore(&["copy", "--include-external", &scene.docker("foreign:v1"), &to]).code(6);
    assert!(!blob_path(&scene.folder.path("o"), &image.parts[0].layers[0]).exists());
}

/// A signed manifest of schema 1 goes into a directory as skopeo puts it there; a layout, which cannot hold it, refuses it in words.
#[test]
fn schema_1_goes_where_it_can() {
    let options = registry::Options { schema1: true, ..Default::default() };
    let (Some(registry), Some(skopeo)) = (Registry::start_with(options), oracle("skopeo")) else {
        return;
    };
    let folder = Folder::new();
    let image = fixture::docker(&folder.path("docker"));
    seed::push_all(&image.dir, &registry.client(), "old");
    seed::push_schema1(&registry.client(), "old", "v1", "s1").expect(201);
    let replay = replay(&registry, &image.parts[0].layers[0]);
    let registry = Proxy::start(&replay.host(), Mode::None);
    let source = format!("docker://{}/old:s1", registry.host());
    stevedore(&["copy", &source, &folder.at("dir", "ours", "")]).ok();
    skopeo_copy(&skopeo, &[], &source, &folder.at("dir", "skopeos", ""));
    assert_same_files(&folder.path("ours"), &folder.path("skopeos"));
    let run = stevedore(&["copy", &source, &folder.at("oci", "o", ":v1")]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("schema 1"), "{}", run.stderr);
    assert!(!folder.path("o/index.json").exists(), "the layout was begun");
}

/// The registry signs a manifest of schema 1 anew for each answer, with the time in it: this one gives the same answer each time.
fn replay(registry: &Registry, layer: &str) -> Fake {
    let manifest = registry.client().get("/v2/old/manifests/s1").expect(200);
    let old: Value = serde_json::from_slice(&manifest.body).expect("JSON");
    let digest = manifest.header("docker-content-digest").expect("a digest").to_owned();
    let sums =
        old["fsLayers"].as_array().expect("layers").iter().map(|layer| layer["blobSum"].as_str().expect("a digest"));
    let blob = |digest: &str| registry.client().get(&format!("/v2/old/blobs/{digest}")).expect(200).body;
    let blobs: BTreeMap<String, Vec<u8>> = sums.map(|sum| (sum.to_owned(), blob(sum))).collect();
    assert!(blobs.contains_key(layer), "{old}");
    Fake::start(move |asked| match asked.path().rsplit('/').next() {
        Some("") => Reply::json(200, &json!({})),
        Some(name) if asked.path().contains("/blobs/") && blobs.contains_key(name) => {
            Reply::new(200).body(blobs[name].clone())
        }
        Some(name) if asked.path().contains("/manifests/") && (name == "s1" || name == digest) => {
            let reply = Reply::new(200).header("Content-Type", seed::SCHEMA1).header("Docker-Content-Digest", &digest);
            reply.body(manifest.body.clone())
        }
        _ => Reply::error(404, "NAME_UNKNOWN", "no such thing"),
    })
}

/// Fields that no specification knows survive each place: the manifest is never written anew.
#[test]
fn unknown_fields_survive() {
    let folder = Folder::new();
    let layout = Layout::create(&folder.path("odd"));
    let config = layout.blob(OCI_EMPTY, b"{}");
    // Neither sorted nor compact, with a field and a number that a decoder would change.
    let text = format!(
        "{{\n\t\"x-future\": {{\"b\": 1.10, \"a\": [1e3, null]}},\n  \"schemaVersion\": 2, \"mediaType\": \"{OCI_MANIFEST}\",\
         \"artifactType\": \"application/vnd.example\", \"layers\": [{config}], \"config\": {config}\n}}\n"
    );
    let manifest = layout.blob(OCI_MANIFEST, text.as_bytes());
    layout.tag(&manifest, "v1");
    let mut from = folder.at("oci", "odd", ":v1");
    for (transport, name, rest) in [
        ("dir", "d", ""),
        ("oci-archive", "a", ":v1"),
        ("static", "s", ":v1"),
        ("docker-archive", "k", ":x/a:1"),
        ("oci", "o", ":v1"),
    ] {
        let to = folder.at(transport, name, rest);
        assert_eq!(json!(copy(&[], &from, &to)), manifest["digest"], "{to}");
        from = to;
    }
}
