//! `--force`: a destination that has the name and not all of the image is made whole; and `--no-attestations`, for sources that lack some.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::answering::Answering;
use crate::support::command::{Program, Run, stevedore};
use crate::support::fixture::{self, Fixture};
use crate::support::layout::{blob_path, sha256};
use crate::support::scene::{Scene, assert_same_files};
use crate::support::target::{contents, duplicate};
use crate::support::wire::Reply;

/// Copies or mirrors, which are to do the same.
fn put(verb: &str, flags: &[&str], from: &str, to: &str) -> Run {
    if verb == "sync" {
        let line = format!("{from} {to}\n");
        return Program::stevedore(&[&["sync", "-"], flags].concat()).stdin(line.as_bytes()).run();
    }
    stevedore(&[&["copy", "--all"], flags, &[from, to]].concat())
}

/// Removes what a registry on disk has: the link and the content of a manifest or a blob.
fn lose(storage: &Path, repository: &str, digest: &str) {
    let hex = &digest["sha256:".len()..];
    let v2 = storage.join("docker/registry/v2");
    let repository = v2.join("repositories").join(repository);
    for link in ["_layers", "_manifests/revisions"] {
        // A manifest has the one, a blob the other.
        let _ = fs::remove_dir_all(repository.join(link).join("sha256").join(hex));
    }
    let _ = fs::remove_dir_all(v2.join("blobs/sha256").join(&hex[..2]).join(hex));
}

/// What is lost of a nested index at a registry: a child, a nested one, a config, a layer.
#[test]
fn what_a_registry_has_lost_is_sent_again() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let image = fixture::nested(&scene.folder.path("nested"));
    let inner = image.json(&image.digest)["manifests"][0]["digest"].as_str().expect("an index").to_owned();
    let part = image.part("linux/arm64/v8").clone();
    let lost = [&part.digest, &inner, &part.config, &part.layers[0], &image.part("linux/riscv64").digest];
    for verb in ["copy", "sync"] {
        for (number, digest) in lost.iter().enumerate() {
            let to = format!("{verb}{number}");
            let at = scene.docker(&format!("{to}:v1"));
            put(verb, &[], &image.reference(), &at).ok();
            // Another process has the caches of the registry out of the way.
            lose(&scene.registry.storage(), &to, digest);
            let short = put(verb, &[], &image.reference(), &at).ok();
            assert!(short.stderr.contains("up to date"), "the short way stays: {}", short.stderr);
            put(verb, &["--force"], &image.reference(), &at).ok();
            let back = scene.folder.path(&format!("back-{to}"));
            let pulled = stevedore(&["copy", "--all", &at, &format!("oci:{}:v1", back.display())]).ok();
            assert_eq!(pulled.text(), image.digest, "{verb} {digest}");
            assert_same_files(&back.join("blobs"), &image.dir.join("blobs"));
        }
    }
}

/// Changes a byte, and keeps the size.
fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::remove_file(path).expect("removing a file");
    fs::write(path, bytes).expect("writing a file");
}

/// Finds the file with a digest's bytes.
fn file_of(folder: &Path, digest: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("an entry").path()).find_map(|path| {
        if path.is_dir() {
            return file_of(&path, digest);
        }
        (sha256(&fs::read(&path).expect("a file")) == digest).then_some(path)
    })
}

/// In files the bytes count: a blob of the right size and with wrong bytes is written again.
#[test]
fn damaged_blobs_of_files_are_written_again() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let image = fixture::app(&scene.folder.path("app"));
    let part = image.part("linux/arm64/v8").clone();
    for verb in ["copy", "sync"] {
        for (number, digest) in [&part.layers[0], &part.config, &part.digest].into_iter().enumerate() {
            for transport in ["oci", "dir", "static"] {
                let name = format!("{verb}-{transport}{number}");
                let to = scene.folder.at(transport, &name, if transport == "dir" { "" } else { ":v1" });
                put(verb, &[], &image.reference(), &to).ok();
                let whole = scene.folder.path(&format!("whole-{name}"));
                fs::create_dir(&whole).expect("making a directory");
                duplicate(&scene.folder.path(&name), &whole);
                damage(&file_of(&scene.folder.path(&name), digest).expect("it is there"));
                put(verb, &["--force"], &image.reference(), &to).ok();
                assert!(contents(&scene.folder.path(&name)) == contents(&whole), "{name}");
            }
        }
        // What is whole is not sent again.
        let to = scene.folder.at("oci", "fine", ":v1");
        put(verb, &[], &image.reference(), &to).ok();
        let before = fs::metadata(blob_path(&scene.folder.path("fine"), &part.layers[0])).expect("a blob").modified();
        put(verb, &["--force"], &image.reference(), &to).ok();
        let after = fs::metadata(blob_path(&scene.folder.path("fine"), &part.layers[0])).expect("a blob").modified();
        assert_eq!(before.expect("a time"), after.expect("a time"));
    }
}

/// A front of a registry that lacks the attestations of `attested`, as proxies do.
fn without_attestations(scene: &Scene, image: &Fixture) -> Answering {
    let missing: Vec<String> = entries(&image.json(&image.digest), true);
    Answering::start(&scene.registry.host(), move |request, _| {
        let is_missing = missing.iter().any(|digest| request.path().ends_with(digest.as_str()));
        is_missing.then(|| Reply::error(404, "MANIFEST_UNKNOWN", "manifest unknown"))
    })
}

/// Returns the digests of an index's attestations, or of all else, in its order.
fn entries(index: &Value, attestations: bool) -> Vec<String> {
    let is_attestation = |entry: &Value| !entry["annotations"]["vnd.docker.reference.type"].is_null();
    let entries = index["manifests"].as_array().expect("an index").iter();
    let chosen = entries.filter(|entry| is_attestation(entry) == attestations);
    chosen.map(|entry| entry["digest"].as_str().expect("a digest").to_owned()).collect()
}

/// Attestations that the source does not have fail a copy with a hint, and can be left out: the index of the rest keeps its order.
#[test]
fn attestations_can_be_left_out() {
    let Some((scene, image)) = Scene::with("app", fixture::attested) else {
        return;
    };
    let front = without_attestations(&scene, &image);
    let index = image.json(&image.digest);
    let (wanted, attestations) = (entries(&index, false), entries(&index, true));
    assert!(!wanted.is_empty() && !attestations.is_empty(), "{index}");
    for verb in ["copy", "sync"] {
        let from = front.docker("app:v1");
        let run = put(verb, &[], &from, &scene.docker(&format!("{verb}-none:v1"))).code(3);
        assert!(run.stderr.contains("--no-attestations") && run.stderr.contains(&attestations[0]), "{}", run.stderr);
        assert!(!scene.has(&format!("{verb}-none"), "v1"));
        for to in [scene.docker(&format!("{verb}:v1")), scene.folder.at("oci", verb, ":v1")] {
            let run = put(verb, &["--no-attestations"], &from, &to).ok();
            assert!(run.stderr.contains("left out"), "{}", run.stderr);
            let got: Value = serde_json::from_slice(&stevedore(&["inspect", "--raw", &to]).ok().stdout).expect("JSON");
            assert_eq!(entries(&got, false), wanted);
            assert!(entries(&got, true).is_empty(), "{got}");
            assert_eq!(got["mediaType"], index["mediaType"]);
            put(verb, &["--no-attestations"], &from, &to).ok();
        }
    }
    let to = scene.docker("kept:v1");
    let line = ["copy", "--all", "--no-attestations", "--preserve-digests", &front.docker("app:v1"), &to];
    let run = stevedore(&line).code(1);
    assert!(run.stderr.contains("leaving attestations out would change the digest"), "{}", run.stderr);
    assert!(!scene.has("kept", "v1"));
    stevedore(&["copy", "--no-attestations", &front.docker("app:v1"), &to]).code(2);
    // Where there are none, nothing changes.
    let plain = scene.seed("plain", fixture::app);
    let to = scene.docker("plain2:v1");
    let run = put("copy", &["--no-attestations", "--preserve-digests"], &scene.docker("plain:v1"), &to).ok();
    assert_eq!(run.text(), plain.digest);
}
