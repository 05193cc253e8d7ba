//! Changes that are asked for: other media types, other compression. What others make of the same image is the measure.

use std::fs;
use std::io::Read;

use serde_json::Value;

use crate::support::command::stevedore;
use crate::support::fixture::{
    self, DOCKER_CONFIG, DOCKER_GZIP, DOCKER_MANIFEST, Fixture, OCI_GZIP, OCI_MANIFEST, OCI_ZSTD,
};
use crate::support::layout::sha256;
use crate::support::oracle::oracle;
use crate::support::scene::{Folder, Scene, copy, skopeo_copy};

const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

/// An image converted to Docker's format is byte for byte what skopeo makes of it.
#[test]
fn dockers_format_is_what_skopeo_makes() {
    let (Some((scene, image)), Some(skopeo)) = (Scene::with("app", fixture::app), oracle("skopeo")) else {
        return;
    };
    let amd64 = scene.docker(&format!("app@{}", image.part("linux/amd64").digest));
    let printed = copy(&["--format=docker"], &amd64, &scene.docker("f:1"));
    skopeo_copy(&skopeo, &["--format", "v2s2"], &amd64, &scene.docker("f:2"));
    assert_eq!(scene.manifest("f", "1"), scene.manifest("f", "2"));
    assert_eq!(printed, scene.digest("f", "2"));
    let manifest = json(&scene.manifest("f", "1"));
    assert_eq!(manifest["mediaType"], DOCKER_MANIFEST);
    assert_eq!(manifest["config"]["digest"], image.part("linux/amd64").config.as_str());
}

/// A whole index becomes a list of converted children, in the order they had, each with the digest that skopeo gives it.
#[test]
fn a_whole_index_becomes_a_list() {
    let (Some((scene, image)), Some(skopeo)) = (Scene::with("app", fixture::app), oracle("skopeo")) else {
        return;
    };
    let printed = copy(&["--all", "--format=docker"], &scene.docker("app:v1"), &scene.docker("list:1"));
    assert_eq!(printed, scene.digest("list", "1"));
    skopeo_copy(&skopeo, &["--all", "--format", "v2s2"], &scene.docker("app:v1"), &scene.docker("list:2"));
    let (ours, theirs) = (json(&scene.manifest("list", "1")), json(&scene.manifest("list", "2")));
    assert_eq!(ours["mediaType"], DOCKER_LIST);
    let entries = |list: &Value| -> Vec<(Value, Value, Value)> {
        let entries = list["manifests"].as_array().expect("a list").iter();
        entries.map(|entry| (entry["digest"].clone(), entry["mediaType"].clone(), entry["platform"].clone())).collect()
    };
    assert_eq!(entries(&ours), entries(&theirs));
    for (part, (digest, ..)) in image.parts.iter().zip(entries(&ours)) {
        let child = json(&scene.manifest("list", digest.as_str().expect("a digest")));
        assert_eq!(child["config"]["digest"], part.config.as_str(), "{}", part.platform);
    }
}

/// Docker's image keeps its config, byte for byte, when it becomes an OCI image: fields that OCI does not know included.
#[test]
fn a_config_survives_the_way_to_oci() {
    let (Some((scene, image)), Some(skopeo), Some(crane)) =
        (Scene::with("dk", fixture::docker), oracle("skopeo"), oracle("crane"))
    else {
        return;
    };
    copy(&["--format=oci"], &scene.docker("dk:v1"), &scene.docker("oci:1"));
    let config = crane.run(&["config", "--insecure", &scene.name("oci:1")]);
    assert_eq!(sha256(&config.stdout), image.parts[0].config);
    let manifest = json(&scene.manifest("oci", "1"));
    assert_eq!((&manifest["mediaType"], &manifest["layers"][0]["mediaType"]), (&OCI_MANIFEST.into(), &OCI_GZIP.into()));
    skopeo_copy(&skopeo, &[], &scene.docker("oci:1"), &scene.folder.at("dir", "x", ""));
    // And back again: the image that it was, its members in Docker's order.
    copy(&["--format=docker"], &scene.docker("oci:1"), &scene.docker("back:1"));
    assert_eq!(json(&scene.manifest("back", "1")), image.json(&image.digest));
}

/// A format that the image has already changes nothing, and neither does a copy without a format.
#[test]
fn the_format_it_has_changes_nothing() {
    let folder = Folder::new();
    let (docker, app) = (fixture::docker(&folder.path("docker")), fixture::app(&folder.path("app")));
    for (image, format) in [(&docker, "docker"), (&app, "oci")] {
        let flag = format!("--format={format}");
        for (name, flags) in [("same", &["--all", flag.as_str()][..]), ("none", &["--all"])] {
            let to = folder.at("oci", format, &format!(":{name}"));
            assert_eq!(copy(flags, &image.reference(), &to), image.digest, "{format} {name}");
        }
    }
}

fn zstd_in(scene: &Scene) -> Fixture {
    scene.seed("zstd", fixture::zstd)
}

/// Docker's format has no zstd: the layer becomes gzip with the content it had, and stderr says so.
#[test]
fn zstd_becomes_gzip_for_docker_and_is_said_aloud() {
    let (Some(scene), Some(crane)) = (Scene::new(), oracle("crane")) else {
        return;
    };
    let image = zstd_in(&scene);
    let run = stevedore(&["copy", "--format=docker", &scene.docker("zstd:v1"), &scene.docker("gzip:1")]).ok();
    assert!(run.stderr.contains("recompress"), "{}", run.stderr);
    let manifest = json(&scene.manifest("gzip", "1"));
    let types = (&manifest["mediaType"], &manifest["config"]["mediaType"], &manifest["layers"][0]["mediaType"]);
    assert_eq!(types, (&DOCKER_MANIFEST.into(), &DOCKER_CONFIG.into(), &DOCKER_GZIP.into()));
    let config = json(&crane.run(&["config", "--insecure", &scene.name("gzip:1")]).stdout);
    assert_eq!(config["rootfs"]["diff_ids"][0], image.parts[0].diff_ids[0].as_str());
    // Downloads every layer and compares its content with the config.
    crane.run(&["validate", "--insecure", "--remote", &scene.name("gzip:1")]);
}

/// What must keep its digest is not changed: a conversion that would fails, says which flag is in the way, and writes nothing.
#[test]
fn preserved_digests_forbid_changes() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let image = zstd_in(&scene);
    let target = scene.docker("kept:1");
    for flag in ["--format=docker", "--compress=gzip"] {
        let run = stevedore(&["copy", "--preserve-digests", flag, &scene.docker("zstd:v1"), &target]);
        assert!(run.code != 0 && run.stderr.contains("--preserve-digests"), "{flag}: {} {}", run.code, run.stderr);
        assert!(!scene.has("kept", "1"), "{flag}");
        let blobs = format!("/v2/kept/blobs/{}", image.parts[0].config);
        assert_eq!(scene.registry.client().head(&blobs).status, 404, "{flag}");
    }
    let unchanged = copy(&["--preserve-digests", "--format=oci"], &scene.docker("zstd:v1"), &target);
    assert_eq!(unchanged, image.digest);
}

/// Layers are recompressed on demand, in every direction, with the content and the config they had; the same bytes each time.
#[test]
fn recompression_keeps_the_content() {
    let folder = Folder::new();
    let image = fixture::app(&folder.path("app"));
    let part = image.part("linux/amd64");
    let flag = "--platform=linux/amd64";
    let mut from = image.reference();
    for (name, how, media_type) in [
        ("zstd", "zstd", OCI_ZSTD),
        ("plain", "none", "application/vnd.oci.image.layer.v1.tar"),
        ("gzip", "gzip", OCI_GZIP),
    ] {
        let compress = format!("--compress={how}");
        let to = folder.at("oci", name, ":v1");
        let digest = copy(&[flag, &compress], &from, &to);
        assert_eq!(copy(&[flag, &compress, "--jobs=1"], &from, &folder.at("oci", &format!("{name}-2"), ":v1")), digest);
        let blob = |digest: &Value| {
            let digest = digest.as_str().expect("a digest").replace(':', "/");
            fs::read(folder.path(name).join("blobs").join(digest)).expect("a blob")
        };
        let manifest = json(&blob(&digest.into()));
        assert_eq!(manifest["layers"][0]["mediaType"], media_type);
        assert_eq!(manifest["config"]["digest"], part.config.as_str());
        let layer = blob(&manifest["layers"][0]["digest"]);
        let plain = match how {
            "zstd" => zstd::decode_all(&layer[..]).expect("a zstd stream"),
            "none" => layer,
            _ => {
                let mut plain = Vec::new();
                flate2::read::GzDecoder::new(&layer[..]).read_to_end(&mut plain).expect("a gzip stream");
                plain
            }
        };
        assert_eq!(sha256(&plain), part.diff_ids[0], "{how}");
        from = to;
    }
}

/// A layer whose content is not what its config says is not recompressed: verification fails and nothing is named.
#[test]
fn a_lie_about_the_content_is_found_out() {
    let folder = Folder::new();
    let image = fixture::single(&folder.path("single"));
    // Another config, with the digest of other content.
    let layout = crate::support::layout::Layout::open(&image.dir);
    let mut config = image.json(&image.parts[0].config);
    config["rootfs"]["diff_ids"][0] = sha256(b"something else").into();
    let mut manifest = image.json(&image.digest);
    manifest["config"] = layout.json("application/vnd.oci.image.config.v1+json", &config);
    layout.tag(&layout.json(OCI_MANIFEST, &manifest), "lie");
    let from = format!("oci:{}:lie", image.dir.display());
    let run = stevedore(&["copy", "--compress=zstd", &from, &folder.at("oci", "o", ":v1")]).code(6);
    assert!(run.stderr.contains(&image.parts[0].diff_ids[0]), "{}", run.stderr);
    assert!(stevedore(&["inspect", "--raw", &folder.at("oci", "o", ":v1")]).code != 0);
}
