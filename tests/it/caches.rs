//! BuildKit's caches: indexes of blobs. What is no manifest by its type is a blob, wherever it stands.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::command::{Program, stevedore};
use crate::support::fixture;
use crate::support::http::Client;
use crate::support::layout::{Layout, sha256};
use crate::support::scene::Scene;
use crate::support::served::Served;

const LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const OCI: &str = "application/vnd.oci.image.index.v1+json";

/// Writes a layout with a cache under the tag `cache`; returns its digest and those of its blobs.
fn cache(dir: &Path, kind: &str, layer: &str) -> (String, Vec<String>) {
    let layout = Layout::create(dir);
    let layer = layout.blob(layer, &[b"\x1f\x8b".as_slice(), &b"layer".repeat(50)].concat());
    let config = layout.blob("application/vnd.buildkit.cacheconfig.v0", br#"{"layers":[],"records":[]}"#);
    let digest = |descriptor: &Value| descriptor["digest"].as_str().expect("a digest").to_owned();
    let blobs = vec![digest(&layer), digest(&config)];
    let index = layout.json(kind, &json!({"schemaVersion": 2, "mediaType": kind, "manifests": [layer, config]}));
    layout.tag(&index, "cache");
    (digest(&index), blobs)
}

/// Asserts that a registry has the index and its blobs.
#[track_caller]
fn assert_there(client: &Client, repository: &str, tag: &str, digest: &str, blobs: &[String]) {
    let client = client.clone().with("Accept", &format!("{OCI}, {LIST}"));
    let got = client.get(&format!("/v2/{repository}/manifests/{tag}")).expect(200);
    assert_eq!(sha256(&got.body), digest, "{repository}:{tag}");
    for blob in blobs {
        assert_eq!(sha256(&client.get(&format!("/v2/{repository}/blobs/{blob}")).expect(200).body), *blob);
    }
}

/// A cache goes from place to place and back, with `--all` and without, and keeps its digest; `serve` and a static tree have it, too.
#[test]
fn a_cache_goes_everywhere() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let served = Served::start(&["--store", &scene.folder.text("store"), "--anonymous-push"]);
    let table = [
        (OCI, "application/vnd.oci.image.layer.v1.tar+gzip"),
        (OCI, "application/vnd.oci.image.layer.v1.tar+zstd"),
        (LIST, "application/vnd.docker.image.rootfs.diff.tar.gzip"),
    ];
    for (number, (kind, layer)) in table.into_iter().enumerate() {
        let (digest, blobs) = cache(&scene.folder.path(&format!("seed{number}")), kind, layer);
        let seed = scene.folder.at("oci", &format!("seed{number}"), ":cache");
        let name = |what: &str| format!("{what}{number}");
        let places = [
            scene.folder.at("oci", &name("layout"), ":c"),
            scene.folder.at("oci-archive", &name("archive"), ":c"),
            scene.folder.at("dir", &name("dir"), ""),
            scene.folder.at("static", &name("tree"), ":org/app:c"),
            format!("docker://{}/org/app:c{number}", served.host()),
        ];
        let mut from = seed.clone();
        for (step, place) in places.iter().enumerate() {
            for flags in [&["--all"][..], &[]] {
                let copied = stevedore(&[&["copy"], flags, &[&from, place]].concat()).ok();
                assert_eq!(copied.text(), digest, "{from} to {place}");
            }
            let back = format!("back{number}-{step}");
            stevedore(&["copy", place, &scene.docker(&format!("{back}:c"))]).ok();
            assert_there(&scene.registry.client(), &back, "c", &digest, &blobs);
            from.clone_from(place);
        }
        assert_there(&served.client(), "org/app", &format!("c{number}"), &digest, &blobs);
        stevedore(&["deploy", "--all", &seed, &scene.folder.text(&name("deployed")), "--name", "org/app:c"]).ok();
        let tree = Served::start(&["--static", &scene.folder.text(&name("deployed"))]);
        assert_there(&tree.client(), "org/app", "c", &digest, &blobs);
    }
}

/// A cache among the tags of a repository is mirrored with the images.
#[test]
fn a_cache_is_mirrored() {
    let Some((scene, image)) = Scene::with("app", fixture::single) else {
        return;
    };
    let (digest, blobs) = cache(&scene.folder.path("seed"), OCI, "application/vnd.oci.image.layer.v1.tar+gzip");
    stevedore(&["copy", &scene.folder.at("oci", "seed", ":cache"), &scene.docker("app:cache")]).ok();
    let list = format!("{} {}\n", scene.docker("app:*"), scene.docker("mirror"));
    for _ in 0..2 {
        Program::stevedore(&["sync", "-"]).stdin(list.as_bytes()).run().ok();
        assert_there(&scene.registry.client(), "mirror", "cache", &digest, &blobs);
        assert_eq!(scene.digest("mirror", "v1"), image.digest);
    }
}

/// A blob of a cache that is not there fails the copy, and nothing appears under the name.
#[test]
fn a_cache_with_a_missing_blob_is_not_copied() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let (_, blobs) = cache(&scene.folder.path("seed"), OCI, "application/vnd.oci.image.layer.v1.tar+gzip");
    std::fs::remove_file(crate::support::layout::blob_path(&scene.folder.path("seed"), &blobs[0])).expect("removed");
    let run = stevedore(&["copy", &scene.folder.at("oci", "seed", ":cache"), &scene.docker("new:c")]);
    assert_ne!(run.code, 0);
    assert!(run.stderr.contains(&blobs[0]), "{}", run.stderr);
    assert!(!scene.has("new", "c"));
}
