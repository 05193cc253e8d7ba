//! The images: what they claim, and what other tools say of them.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::Path;

use crate::support::fixture::{self, DOCKER_MANIFEST, Fixture, TAG};
use crate::support::layout::{INDEX, sha256, tags};
use crate::support::oracle::oracle;
use crate::support::registry::Registry;
use crate::support::seed;

type Make = fn(&Path) -> Fixture;

const ALL: [(&str, Make); 10] = [
    ("app", fixture::app),
    ("four-platforms", fixture::four_platforms),
    ("single", fixture::single),
    ("nested", fixture::nested),
    ("big", |dir| fixture::big(dir, 3, 100_000)),
    ("zstd", fixture::zstd),
    ("docker", fixture::docker),
    ("foreign", |dir| fixture::foreign(dir, "http://127.0.0.1:1/layer").0),
    ("artifact", fixture::artifact),
    ("attested", fixture::attested),
];

#[test]
fn blobs_have_their_names_and_fixtures_their_bytes() {
    for (name, make) in ALL {
        let dir = tempfile::tempdir().expect("making a temporary directory");
        let (one, two) = (make(&dir.path().join("one")), make(&dir.path().join("two")));
        assert_eq!(one.digest, two.digest, "{name}");
        let mut names = BTreeSet::new();
        for entry in fs::read_dir(one.dir.join("blobs/sha256")).expect("a layout has blobs") {
            let digest = format!("sha256:{}", entry.expect("a readable directory").file_name().to_string_lossy());
            assert_eq!(sha256(&one.read(&digest)), digest, "{name}");
            names.insert(digest);
        }
        assert!(names.contains(&one.digest), "{name}");
        for part in &one.parts {
            assert!(names.contains(&part.digest) && names.contains(&part.config), "{name}");
            let manifest = one.json(&part.digest);
            assert_eq!(manifest["config"]["digest"], part.config.as_str());
            assert_eq!(manifest["layers"].as_array().map(Vec::len), Some(part.layers.len()));
        }
        assert_eq!(tags(&one.dir).len(), 1, "{name}");
        assert_eq!(one.reference(), format!("oci:{}:v1", one.dir.display()));
    }
}

#[test]
fn every_fixture_can_be_seeded() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let client = registry.client();
    for (name, make) in ALL {
        let dir = tempfile::tempdir().expect("making a temporary directory");
        let image = make(dir.path());
        seed::push(&image.dir, TAG, &client, name);
        let got = client.clone().with("Accept", &image.media_type).get(&format!("/v2/{name}/manifests/v1")).expect(200);
        assert_eq!(sha256(&got.body), image.digest, "{name}");
    }
}

#[test]
fn diff_ids_are_those_of_the_content() {
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let image = fixture::big(dir.path(), 2, 50_000);
    let part = image.part("linux/amd64");
    for (layer, diff_id) in part.layers.iter().zip(&part.diff_ids) {
        let bytes = image.read(layer);
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut plain).expect("a gzip stream");
        assert_eq!((sha256(&plain), plain.len() > 50_000), (diff_id.clone(), true));
    }
    let tail = |layer: &String| image.read(layer)[40_000..45_000].to_vec();
    assert_ne!(tail(&part.layers[0]), tail(&part.layers[1]));
    let image = fixture::zstd(&dir.path().join("zstd"));
    let plain = zstd::decode_all(&image.read(&image.parts[0].layers[0])[..]).expect("a zstd stream");
    assert_eq!(sha256(&plain), image.parts[0].diff_ids[0]);
}

#[test]
fn shapes_are_as_named() {
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let at = |name: &str| dir.path().join(name);
    let app = fixture::app(&at("app"));
    assert_eq!(app.media_type, INDEX);
    assert_eq!(app.json(&app.digest)["manifests"][1]["platform"]["variant"], "v8");
    let nested = fixture::nested(&at("nested"));
    let outer = nested.json(&nested.digest);
    assert_eq!((&outer["manifests"][0]["mediaType"], nested.parts.len()), (&INDEX.into(), 3));
    let docker = fixture::docker(&at("docker"));
    assert_eq!(docker.media_type, DOCKER_MANIFEST);
    assert_eq!(docker.json(&docker.parts[0].config)["docker_version"], "20.10.7");
    let (foreign, content) = fixture::foreign(&at("foreign"), "http://127.0.0.1:1/layer");
    assert_eq!(foreign.json(&foreign.digest)["layers"][0]["urls"][0], "http://127.0.0.1:1/layer");
    assert_eq!(sha256(&content), foreign.parts[0].layers[0]);
    let artifact = fixture::artifact(&at("artifact"));
    assert_eq!(artifact.json(&artifact.digest)["artifactType"], "application/vnd.example.thing");
    let attested = fixture::attested(&at("attested"));
    let entry = &attested.json(&attested.digest)["manifests"][1];
    assert_eq!(entry["platform"]["os"], "unknown");
    assert_eq!(entry["annotations"]["vnd.docker.reference.digest"], attested.part("linux/amd64").digest.as_str());
}

#[test]
fn skopeo_copies_them_unchanged() {
    let Some(skopeo) = oracle("skopeo") else {
        return;
    };
    let dir = tempfile::tempdir().expect("making a temporary directory");
    for (name, make) in [ALL[0], ALL[1], ALL[2], ALL[4], ALL[5], ALL[9]] {
        let image = make(&dir.path().join(name));
        let copy = dir.path().join(format!("{name}-copy"));
        skopeo.run(&["copy", "-q", "--all", &image.reference(), &format!("dir:{}", copy.display())]);
        let manifest = fs::read(copy.join("manifest.json")).expect("skopeo wrote a manifest");
        assert_eq!(sha256(&manifest), image.digest, "{name}");
    }
}
