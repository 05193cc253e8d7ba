//! Which part of an index is copied: one platform, several, all of them at any depth, and what is said about it.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::layout::sha256;
use crate::support::oracle::oracle;
use crate::support::scene::{Folder, Scene, assert_same_files, copy};

/// One platform is the child that skopeo picks for it, with or without its variant.
#[test]
fn one_platform_is_the_child_that_skopeo_picks() {
    let (Some((scene, image)), Some(skopeo)) = (Scene::with("app", fixture::app), oracle("skopeo")) else {
        return;
    };
    let wanted = &image.part("linux/arm64/v8").digest;
    for (name, platform) in [("plain", "linux/arm64"), ("variant", "linux/arm64/v8")] {
        let flag = format!("--platform={platform}");
        assert_eq!(copy(&[&flag], &scene.docker("app:v1"), &scene.folder.at("dir", name, "")), *wanted);
    }
    let skopeos = scene.folder.at("dir", "skopeo", "");
    skopeo.run(&[
        "--override-arch",
        "arm64",
        "copy",
        "-q",
        "--src-tls-verify=false",
        &scene.docker("app:v1"),
        &skopeos,
    ]);
    assert_same_files(&scene.folder.path("plain"), &scene.folder.path("skopeo"));
    assert_same_files(&scene.folder.path("variant"), &scene.folder.path("skopeo"));
}

/// A platform that is not there is not found, the platforms that are there are named, and nothing is written anywhere.
#[test]
fn a_missing_platform_names_those_that_are_there() {
    let Some((scene, _)) = Scene::with("app", fixture::app) else {
        return;
    };
    let places = [("dir", "d"), ("oci", "o"), ("oci-archive", "a.tar"), ("docker-archive", "k.tar"), ("static", "s")];
    let mut targets: Vec<String> =
        places.iter().map(|(transport, name)| scene.folder.at(transport, name, "")).collect();
    targets.push(scene.docker("none:v1"));
    for target in targets {
        let run = stevedore(&["copy", "--platform=linux/s390x", &scene.docker("app:v1"), &target]).code(3);
        assert!(run.stderr.contains("linux/amd64") && run.stderr.contains("linux/arm64/v8"), "{}", run.stderr);
        assert!(run.stdout.is_empty());
    }
    for (transport, name) in places {
        assert!(!scene.folder.path(name).exists(), "{transport} was touched");
    }
    assert!(!scene.has("none", "v1"));
}

/// Several platforms make an index of exactly the children that crane's filter keeps, and it is said that this is another index.
#[test]
fn several_platforms_make_a_filtered_index() {
    let (Some((scene, image)), Some(crane)) = (Scene::with("four", fixture::four_platforms), oracle("crane")) else {
        return;
    };
    let run = stevedore(&[
        "copy",
        "--platform=linux/amd64",
        "--platform=linux/arm64",
        &scene.docker("four:v1"),
        &scene.docker("two:v1"),
    ])
    .ok();
    assert_eq!(run.text(), scene.digest("two", "v1"));
    assert!(run.stderr.contains("2 of 4 platforms"), "{}", run.stderr);
    let target = scene.name("filtered:v1");
    crane.run(&[
        "index",
        "filter",
        "--insecure",
        &scene.name("four:v1"),
        "--platform=linux/amd64",
        "--platform=linux/arm64",
        "-t",
        &target,
    ]);
    assert_eq!(children(&scene.manifest("two", "v1")), children(&scene.manifest("filtered", "v1")));
    let wanted = ["linux/amd64", "linux/arm64/v8"].map(|platform| image.part(platform).digest.clone());
    assert_eq!(children(&scene.manifest("two", "v1")), BTreeSet::from(wanted));
    crane.run(&["validate", "--insecure", "--remote", &scene.name("two:v1")]);
    // The platforms that were left out did not travel.
    assert!(!scene.has("two", &image.part("linux/s390x").digest));
}

fn children(index: &[u8]) -> BTreeSet<String> {
    let index: Value = serde_json::from_slice(index).expect("an index is JSON");
    let entries = index["manifests"].as_array().expect("an index lists manifests");
    entries.iter().map(|entry| entry["digest"].as_str().expect("a digest").to_owned()).collect()
}

/// An index in an index goes whole into registries, layouts, directories, archives and static trees, and comes back with its digest.
#[test]
fn nested_indexes_go_everywhere() {
    let Some((scene, image)) = Scene::with("nested", fixture::nested) else {
        return;
    };
    let mut targets = vec![scene.docker("copied:v1")];
    let places = [
        ("dir", "d", ""),
        ("oci", "o", ":v1"),
        ("oci-archive", "a", ":v1"),
        ("docker-archive", "k", ":x/a:1"),
        ("static", "s", ":v1"),
    ];
    targets.extend(places.map(|(transport, name, rest)| scene.folder.at(transport, name, rest)));
    for (number, target) in targets.iter().enumerate() {
        assert_eq!(copy(&["--all"], &scene.docker("nested:v1"), target), image.digest, "{target}");
        let back = format!("back{number}");
        assert_eq!(copy(&["--all"], target, &scene.docker(&format!("{back}:v1"))), image.digest, "{target}");
        assert_eq!(scene.digest(&back, "v1"), image.digest);
        for part in &image.parts {
            assert!(scene.has(&back, &part.digest), "{} of {target}", part.platform);
        }
    }
    let Some(crane) = oracle("crane") else { return };
    assert_eq!(crane.run(&["digest", "--insecure", &scene.name("copied:v1")]).text(), image.digest);
    let Some(oras) = oracle("oras") else { return };
    assert_eq!(oras.run(&["resolve", "--oci-layout", &scene.folder.text("o:v1")]).text(), image.digest);
}

/// Without a word about platforms this host's is copied, and stderr says that there are others and how to get them.
#[test]
fn one_platform_by_default_and_said_aloud() {
    let folder = Folder::new();
    let image = fixture::four_platforms(&folder.path("four"));
    let (arch, own) = match std::env::consts::ARCH {
        "x86_64" => ("linux/amd64", image.part("linux/amd64")),
        "aarch64" => ("linux/arm64/v8", image.part("linux/arm64/v8")),
        "s390x" => ("linux/s390x", image.part("linux/s390x")),
        _ => return,
    };
    let run = stevedore(&["copy", &image.reference(), &folder.at("oci", "o", ":v1")]).ok();
    assert_eq!(run.text(), own.digest);
    let note = format!("copied {arch}, 1 of 4 platforms; --all copies every one");
    assert!(run.stderr.contains(&note), "{}", run.stderr);
    let whole = stevedore(&["copy", "--all", &image.reference(), &folder.at("oci", "o", ":v2")]).ok();
    assert!(!whole.stderr.contains("of 4"), "{}", whole.stderr);
}

/// Attestations are no platform: they are never chosen and never counted, and travel with the whole index.
#[test]
fn attestations_are_no_platform() {
    let folder = Folder::new();
    let image = fixture::attested(&folder.path("attested"));
    let run = stevedore(&["copy", "--platform=linux/amd64", &image.reference(), &folder.at("dir", "one", "")]).ok();
    assert_eq!(run.text(), image.part("linux/amd64").digest);
    let missing =
        stevedore(&["copy", "--platform=linux/arm64", &image.reference(), &folder.at("dir", "none", "")]).code(3);
    assert!(!missing.stderr.contains("unknown"), "{}", missing.stderr);
    copy(&["--all"], &image.reference(), &folder.at("dir", "all", ""));
    let manifest = fs::read(folder.path("all/manifest.json")).expect("a manifest");
    assert_eq!(sha256(&manifest), image.digest);
    for part in &image.parts {
        assert!(folder.path("all").join(part.layers[0].trim_start_matches("sha256:")).exists(), "{}", part.platform);
    }
}

/// The platform of a single image is checked against its config; `--all` takes it as it is.
#[test]
fn the_platform_of_a_single_image_is_checked() {
    let folder = Folder::new();
    let image = fixture::single(&folder.path("single"));
    let run = stevedore(&["copy", "--platform=linux/arm64", &image.reference(), &folder.at("dir", "d", "")]).code(3);
    assert!(run.stderr.contains("linux/amd64"), "{}", run.stderr);
    assert_eq!(copy(&["--platform=linux/amd64"], &image.reference(), &folder.at("dir", "d", "")), image.digest);
    assert_eq!(copy(&["--all"], &image.reference(), &folder.at("dir", "e", "")), image.digest);
}
