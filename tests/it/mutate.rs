//! `mutate`: what is asked for changes, nothing else does, and other tools agree.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::command::{Program, Run, stevedore};
use crate::support::fixture;
use crate::support::layout::{blob_path, read_json, sha256, tags};
use crate::support::oracle::oracle;
use crate::support::scene::{Folder, Scene, files};
use crate::support::tarball::{Tarball, image_with};

mod compress;
mod flatten;
mod meanwhile;
mod peers;
mod rebase;
mod squash;

/// Changes an image and gives the new one a name.
#[track_caller]
pub(super) fn mutate(from: &str, to: &str, flags: &[&str]) -> Run {
    let all: Vec<&str> = ["mutate", from, "--to", to].iter().chain(flags).copied().collect();
    stevedore(&all).ok()
}

/// Reads what a tag of a layout names.
pub(super) fn manifest(dir: &Path, tag: &str) -> Value {
    let tags = tags(dir);
    let (_, entry) = tags.iter().find(|(name, _)| name == tag).unwrap_or_else(|| panic!("no {tag} among {tags:?}"));
    by_digest(dir, entry)
}

/// Reads what a descriptor names.
pub(super) fn by_digest(dir: &Path, descriptor: &Value) -> Value {
    read_json(&blob_path(dir, descriptor["digest"].as_str().expect("a digest")))
}

/// Reads the config of what a tag names.
pub(super) fn config(dir: &Path, tag: &str) -> Value {
    by_digest(dir, &manifest(dir, tag)["config"])
}

/// An image with three layers, two of them with whiteouts, and a history.
pub(super) fn three(dir: &Path) -> String {
    let layers = [
        Tarball::new().directory("a").file("a/one", "1").file("doc", "text").end(),
        Tarball::new().file("a/two", "2").file("a/.wh.one", "").end(),
        Tarball::new().directory("a").file("a/.wh..wh..opq", "").file("a/three", "3").end(),
    ];
    let config = json!({
        "config": {"Env": ["A=1", "B=2"], "Cmd": ["x"], "Labels": {"k": "v"}, "User": "1", "New": [1]},
        "history": [{"created_by": "one"}, {"created_by": "none", "empty_layer": true}, {"created_by": "two"}, {"created_by": "three"}],
        "later": {"n": 1},
    });
    image_with(dir, &layers, &config)
}

#[test]
fn configs_are_those_of_crane() {
    let (Some((scene, _)), Some(crane)) = (Scene::with("app", fixture::single), oracle("crane")) else { return };
    let table: &[(&[&str], &[&str])] = &[
        (&["--env", "X=y", "--env", "PATH=/bin"], &["--env", "X=y", "--env", "PATH=/bin"]),
        (&["--label", "a=b", "-l", "c=d e"], &["--label", "a=b", "--label", "c=d e"]),
        (&["--entrypoint", "/bin/app", "--entrypoint", "-v"], &["--entrypoint", "/bin/app", "--entrypoint=-v"]),
        (&["--cmd", "serve", "--cmd", "now"], &["--cmd", "serve", "--cmd", "now"]),
        (&["--entrypoint", "/e", "--cmd", "c"], &["--entrypoint", "/e", "--cmd", "c"]),
        (&["--user", "1000:1000", "--workdir", "/srv"], &["--user", "1000:1000", "--workdir", "/srv"]),
        (&["--expose", "80/tcp", "--expose", "53/udp"], &["--exposed-ports", "80/tcp,53/udp"]),
        (&["--set-platform", "linux/arm64/v8"], &["--set-platform", "linux/arm64/v8"]),
        (&["--annotation", "org.example=1"], &["--annotation", "org.example=1"]),
    ];
    for (number, (ours, theirs)) in table.iter().enumerate() {
        let (own, other) = (format!("app:own{number}"), format!("app:crane{number}"));
        mutate(&scene.docker("app:v1"), &scene.docker(&own), ours);
        let name = scene.name(&other);
        let from = scene.name("app:v1");
        let all: Vec<&str> = ["mutate", &from, "--tag", &name].into_iter().chain(theirs.iter().copied()).collect();
        crane.run(&all);
        let (own, other) = (scene.name(&own), scene.name(&other));
        let read = |name: &str| (crane.run(&["config", name]).json(), crane.run(&["manifest", name]).json());
        let ((ours, our_manifest), (theirs, their_manifest)) = (read(&own), read(&other));
        // crane writes the zero value of a time that is not there.
        for member in ["architecture", "os", "variant", "config", "rootfs"] {
            assert_eq!(ours[member], theirs[member], "{member} of {:?}", table[number]);
        }
        assert_eq!(our_manifest["layers"], their_manifest["layers"], "{:?}", table[number]);
        assert_eq!(our_manifest["annotations"], their_manifest["annotations"], "{:?}", table[number]);
        crane.run(&["validate", "--remote", &own]);
    }
}

#[test]
fn what_is_unknown_stays() {
    let dir = TempDir::new().expect("made");
    let from = three(dir.path());
    stevedore(&["mutate", &from, "--unset-env", "A", "--label", "k=w", "--unset-label", "none"]).ok();
    let config = config(dir.path(), "v1");
    assert_eq!(config["config"], json!({"Env": ["B=2"], "Cmd": ["x"], "Labels": {"k": "w"}, "User": "1", "New": [1]}));
    assert_eq!(config["later"], json!({"n": 1}));
}

#[test]
fn nothing_to_change_writes_nothing() {
    let folder = Folder::new();
    let image = fixture::attested(&folder.path("l"));
    let before = files(&image.dir);
    for flags in [
        &[][..],
        &["--compress", "gzip"],
        &["--unset-label", "none", "--unset-annotation", "none"],
        &["--strip", "/there/is/nothing/*"],
        &["--index-filter", "linux/amd64"],
        &["-n", "--label", "a=b"],
    ] {
        let reference = image.reference();
        let all: Vec<&str> = ["mutate", &reference].iter().chain(flags).copied().collect();
        let run = stevedore(&all).ok();
        if !flags.contains(&"-n") {
            assert_eq!(run.text(), image.digest, "{flags:?}");
        }
        assert!(files(&image.dir) == before, "{flags:?}");
    }
    let to = format!("oci:{}:copy", folder.text("other"));
    assert_eq!(mutate(&image.reference(), &to, &[]).text(), image.digest);
}

#[test]
fn an_index_stays_an_index() {
    let folder = Folder::new();
    let image = fixture::app(&folder.path("l"));
    stevedore(&["mutate", &image.reference(), "--label", "a=b", "--index-annotation", "x=y"]).ok();
    let index = manifest(&image.dir, "v1");
    assert_eq!(index["annotations"], json!({"x": "y"}));
    let entries = index["manifests"].as_array().expect("entries");
    assert_eq!(entries.len(), 2);
    for (entry, part) in entries.iter().zip(&image.parts) {
        let child = by_digest(&image.dir, entry);
        assert_eq!(by_digest(&image.dir, &child["config"])["config"]["Labels"]["a"], "b");
        let old = read_json(&blob_path(&image.dir, &part.digest));
        assert_eq!(child["layers"], old["layers"]);
        assert!(entry["platform"]["architecture"].is_string());
    }
    let before = index;
    stevedore(&["mutate", &image.reference(), "--label", "c=d", "--platform", "linux/arm64"]).ok();
    let index = manifest(&image.dir, "v1");
    assert_eq!(index["manifests"][0], before["manifests"][0]);
    assert_ne!(index["manifests"][1], before["manifests"][1]);
    let run = stevedore(&["mutate", &image.reference(), "--label", "c=d", "--platform", "linux/s390x"]).code(3);
    assert!(run.stderr.contains("the index has no entry linux/s390x"), "{}", run.stderr);
    let run = stevedore(&["mutate", &image.reference(), "--set-platform", "linux/386"]).code(2);
    assert!(run.stderr.contains("2 images cannot all be for linux/386"), "{}", run.stderr);
}

#[test]
fn entries_of_an_index_come_and_go() {
    let folder = Folder::new();
    let image = fixture::four_platforms(&folder.path("l"));
    let other = fixture::single(&folder.path("o"));
    let platforms = || -> Vec<String> {
        let index = manifest(&image.dir, "v1");
        let entries = index["manifests"].as_array().expect("entries").iter();
        entries.map(|entry| entry["platform"]["architecture"].as_str().expect("text").to_owned()).collect()
    };
    let run = |flags: &[&str]| {
        let reference = image.reference();
        stevedore(&["mutate", &reference].iter().chain(flags).copied().collect::<Vec<_>>())
    };
    run(&["--index-remove", "linux/s390x"]).ok();
    assert_eq!(platforms(), ["amd64", "arm64", "arm"]);
    run(&["--index-remove", &image.parts[0].digest]).ok();
    assert_eq!(platforms(), ["arm64", "arm"]);
    run(&["--index-add", &other.reference()]).ok();
    assert_eq!(platforms(), ["arm64", "arm", "amd64"]);
    run(&["--index-filter", "linux/amd64,linux/arm64"]).ok();
    assert_eq!(platforms(), ["arm64", "amd64"]);
    run(&["--index-remove", "linux/mips"]).code(3);
    run(&["--index-filter", "linux/mips"]).code(3);
    // What is named by the index is there.
    stevedore(&["copy", "--all", &image.reference(), &format!("oci:{}:a", folder.text("c"))]).ok();
    stevedore(&["mutate", &other.reference(), "--index-remove", "linux/amd64"]).code(2);
    let to = format!("oci:{}:both", folder.text("b"));
    mutate(&other.reference(), &to, &["--index-add", &image.reference()]);
    // It is in the other index, too, and not there twice.
    assert_eq!(manifest(&folder.path("b"), "both")["manifests"].as_array().map(Vec::len), Some(2));
    // Added to itself, it is there once.
    mutate(&other.reference(), &to, &["--index-add", &other.reference()]);
    assert_eq!(manifest(&folder.path("b"), "both")["manifests"].as_array().map(Vec::len), Some(1));
}

#[test]
fn attestations_of_changed_images_go() {
    let folder = Folder::new();
    let image = fixture::attested(&folder.path("l"));
    let count = |index: &Value| index["manifests"].as_array().map_or(0, Vec::len);
    let before = count(&manifest(&image.dir, "v1"));
    let run = stevedore(&["mutate", &image.reference(), "--label", "a=b"]).ok();
    assert!(run.stderr.contains("dropped attestation sha256:"), "{}", run.stderr);
    assert!(count(&manifest(&image.dir, "v1")) < before);
}

#[test]
fn referrers_stay_where_they_are_and_are_told() {
    let Some((scene, image)) = Scene::with("app", fixture::single) else { return };
    let subject =
        json!({"mediaType": image.media_type, "digest": image.digest, "size": image.read(&image.digest).len()});
    let empty = json!({"mediaType": fixture::OCI_EMPTY, "digest": sha256(b"{}"), "size": 2});
    let body = json!({"schemaVersion": 2, "mediaType": fixture::OCI_MANIFEST, "artifactType": "a/b", "config": empty, "layers": [empty], "subject": subject});
    let dir = TempDir::new().expect("made");
    let layout = crate::support::layout::Layout::create(dir.path());
    layout.blob(fixture::OCI_EMPTY, b"{}");
    let signature = layout.json(fixture::OCI_MANIFEST, &body);
    layout.tag(&signature, "sig");
    stevedore(&["copy", &format!("oci:{}:sig", dir.path().display()), &scene.docker("app:sig")]).ok();
    let run = stevedore(&["mutate", &scene.docker("app:v1"), "--label", "a=b"]).ok();
    let note = format!("1 manifest still refers to {} and does not hold for the new image", image.digest);
    assert!(run.stderr.contains(&note), "{}", run.stderr);
    assert!(scene.has("app", &image.digest), "the old one is still there");
}

#[test]
fn only_what_is_new_is_sent() {
    let Some((scene, _)) = Scene::with("app", fixture::app) else { return };
    let run = stevedore(&["mutate", "--json", &scene.docker("app:v1"), "--label", "a=b"]).ok();
    let outcome = run.json();
    assert_eq!((&outcome["totals"]["sent"], &outcome["changed"]), (&json!(2), &json!(true)), "two configs: {outcome}");
    assert_eq!(outcome["digest"], json!(scene.digest("app", "v1")));
    assert_eq!(outcome["images"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_tar_is_appended_as_crane_does() {
    let (Some((scene, _)), Some(crane)) = (Scene::with("app", fixture::single), oracle("crane")) else { return };
    let folder = Folder::new();
    for (name, content) in [("one.tar", "1"), ("two.tar", "2")] {
        fs::write(folder.path(name), Tarball::new().file("new", content).end()).expect("written");
    }
    let (one, two) = (folder.text("one.tar"), folder.text("two.tar"));
    crane.run(&["append", "--base", &scene.name("app:v1"), "-f", &one, "-t", &scene.name("app:crane")]);
    mutate(&scene.docker("app:v1"), &scene.docker("app:one"), &["--append", &one]);
    let diff_ids = |name: &str| crane.run(&["config", &scene.name(name)]).json()["rootfs"].clone();
    assert_eq!(diff_ids("app:one"), diff_ids("app:crane"));
    mutate(&scene.docker("app:one"), &scene.docker("app:two"), &["--append", &two]);
    mutate(&scene.docker("app:v1"), &scene.docker("app:both"), &["--append", &one, "--append", &two]);
    assert_eq!(scene.digest("app", "both"), scene.digest("app", "two"));
    // crane reads no layers without compression.
    mutate(&scene.docker("app:both"), &scene.docker("app:gzip"), &["--compress", "gzip"]);
    crane.run(&["validate", "--remote", &scene.name("app:gzip")]);
    assert_eq!(diff_ids("app:gzip"), diff_ids("app:both"));
}

#[test]
fn docker_s_format_gets_no_zstd_layers() {
    let folder = Folder::new();
    fs::write(folder.path("file"), "f").expect("written");
    fs::write(folder.path("new.tar"), Tarball::new().file("new", "").end()).expect("written");
    let (add, tar) = (format!("{}:/f", folder.text("file")), folder.text("new.tar"));
    let at = |tag: &str| folder.at("oci", "l", &format!(":{tag}"));
    let (old, app, new, none) = (at("old"), at("app"), at("new"), at("none"));
    stevedore(&["build", "--add", &add, "--format", "docker", "-o", &old]).ok();
    mutate(&old, &app, &["--append", &tar]);
    stevedore(&["build", "--layer", &tar, "--add", &add, "--compress", "zstd", "-o", &new]).ok();
    // None of its readers knows such a type.
    for flags in [&["--rebase", &old, &new][..], &["--compress", "zstd"]] {
        let all = [&["mutate", &app, "--to", &none], flags].concat();
        let run = stevedore(&all).code(1);
        assert!(run.stderr.contains("has Docker's media types, which have none for zstd layers"), "{}", run.stderr);
    }
    mutate(&app, &at("gzip"), &["--rebase", &old, &new, "--compress", "gzip"]);
    let layers = manifest(&folder.path("l"), "gzip")["layers"].clone();
    let types: Vec<&Value> = layers.as_array().expect("layers").iter().map(|layer| &layer["mediaType"]).collect();
    assert_eq!(types.len(), 3);
    assert!(types.iter().all(|each| **each == "application/vnd.docker.image.rootfs.diff.tar.gzip"), "{types:?}");
}

#[test]
fn layers_are_removed_thinned_and_recompressed() {
    let dir = TempDir::new().expect("made");
    let from = three(dir.path());
    let to = |tag: &str| format!("oci:{}:{tag}", dir.path().display());
    let names = |tag: &str| stevedore(&["ls", &to(tag)]).ok().text().lines().map(str::to_owned).collect::<Vec<_>>();
    mutate(&from, &to("removed"), &["--remove-layer", "2", "--remove-layer", "1"]);
    assert_eq!(names("removed"), ["a", "a/one", "doc"]);
    assert_eq!(
        config(dir.path(), "removed")["history"],
        json!([{"created_by": "one"}, {"created_by": "none", "empty_layer": true}])
    );
    let run = stevedore(&["mutate", &from, "--remove-layer", "3"]).code(2);
    assert!(run.stderr.contains("has 3 layers, and layer 3 was asked for"), "{}", run.stderr);

    mutate(&from, &to("thin"), &["--strip", "/doc", "--strip", "a/t*"]);
    assert_eq!(names("thin"), ["a"]);
    let (old, new) = (manifest(dir.path(), "v1"), manifest(dir.path(), "thin"));
    assert_eq!(old["layers"].as_array().map(Vec::len), new["layers"].as_array().map(Vec::len));
    mutate(&from, &to("doc"), &["--strip", "/doc"]);
    assert_eq!(manifest(dir.path(), "doc")["layers"][1], old["layers"][1], "what has none stays");

    let timed = mutate(&from, &to("timed"), &["--set-time", "5"]);
    let listed = stevedore(&["ls", "--json", &to("timed")]).ok().json();
    assert!(listed["entries"].as_array().expect("entries").iter().all(|entry| entry["mtime"] == 5));
    assert_eq!(mutate(&to("timed"), &to("again"), &["--set-time", "5"]).text(), timed.text());

    mutate(&from, &to("zstd"), &["--compress", "zstd"]);
    let layers = manifest(dir.path(), "zstd")["layers"].clone();
    assert!(layers.as_array().expect("layers").iter().all(|layer| layer["mediaType"] == fixture::OCI_ZSTD), "{layers}");
    assert_eq!(config(dir.path(), "zstd"), config(dir.path(), "v1"));
    assert_eq!(names("zstd"), names("v1"));
}

#[test]
fn what_was_deleted_stays_so_when_its_whiteout_matches() {
    let dir = TempDir::new().expect("made");
    let layers = [
        Tarball::new().directory("a").file("a/secret", "1").file("a/.hidden", "").file("b", "").end(),
        Tarball::new().file("a/.wh.secret", "").file(".wh.b", "").directory("c").file("c/.wh..wh..opq", "").end(),
    ];
    let from = crate::support::tarball::image(dir.path(), &layers);
    let to = format!("oci:{}:thin", dir.path().display());
    mutate(&from, &to, &["--strip", "**/.*"]);
    assert_eq!(stevedore(&["ls", &to]).ok().text(), "a\nc");
    let top = stevedore(&["ls", "--layer", "1", &to]).ok();
    assert_eq!(top.text(), "a/.wh.secret\n.wh.b\nc\nc/.wh..wh..opq");
    // With the file, what hides it may go.
    mutate(&from, &to, &["--strip", "a/secret", "--strip", "c"]);
    assert_eq!(stevedore(&["ls", "--layer", "1", &to]).ok().text(), ".wh.b");
    assert_eq!(stevedore(&["ls", &to]).ok().text(), "a\na/.hidden");
}

/// A secret that stays because its pattern was wrong must not stay in silence.
#[test]
fn a_pattern_that_matches_nothing_is_named() {
    let dir = TempDir::new().expect("made");
    let layers = [Tarball::new().symlink("bin", "usr/bin").directory("usr/bin").file("usr/bin/sh", "sh").end()];
    let from = crate::support::tarball::image(dir.path(), &layers);
    for (patterns, unmatched) in [
        (&["/bin/sh"][..], &["/bin/sh"][..]),
        (&["usr/bin/sh", "/bin/*"], &["/bin/*"]),
        (&["usr", "usr/bin/sh"], &[]),
        (&["none", "no/ne", "bin"], &["none", "no/ne"]),
    ] {
        let to = format!("oci:{}:thin", dir.path().display());
        let mut args = vec!["mutate", &from, "--to", &to];
        patterns.iter().for_each(|pattern| args.extend(["--strip", pattern]));
        let run = stevedore(&args).ok();
        for pattern in patterns {
            let is_named = run.stderr.contains(&format!("--strip {pattern} matches nothing"));
            assert_eq!(is_named, unmatched.contains(pattern), "{pattern}: {}", run.stderr);
        }
    }
}

#[test]
fn a_link_into_a_layer_below_keeps_its_file() {
    let dir = TempDir::new().expect("made");
    let layers =
        [Tarball::new().directory("doc").file("doc/x", "text").end(), Tarball::new().link("link", "doc/x").end()];
    let from = crate::support::tarball::image(dir.path(), &layers);
    let to = format!("oci:{}:thin", dir.path().display());
    let run = stevedore(&["mutate", &from, "--to", &to, "--strip", "doc"]).code(1);
    assert!(run.stderr.contains("link is a hard link to doc/x, which would be removed"), "{}", run.stderr);
    assert!(run.stderr.contains("hint: remove both, or flatten the image first"), "{}", run.stderr);
    mutate(&from, &to, &["--strip", "doc", "--strip", "link"]);
    assert_eq!(stevedore(&["ls", &to]).ok().text(), "");
}

#[test]
fn the_top_layers_become_one() {
    let dir = TempDir::new().expect("made");
    let from = three(dir.path());
    let to = format!("oci:{}:squashed", dir.path().display());
    mutate(&from, &to, &["--squash-last", "2"]);
    let (old, new) = (manifest(dir.path(), "v1"), manifest(dir.path(), "squashed"));
    assert_eq!(new["layers"].as_array().map(Vec::len), Some(2));
    assert_eq!(new["layers"][0], old["layers"][0]);
    let list = |reference: &str| stevedore(&["ls", "--json", "--digests", reference]).ok().json()["entries"].clone();
    let names = |entries: &Value| {
        entries.as_array().expect("entries").iter().map(|entry| entry["path"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&list(&to)), names(&list(&from)));
    let steps = config(dir.path(), "squashed")["history"].clone();
    assert_eq!(steps[2], json!({"created_by": "stevedore mutate --squash-last"}), "{steps}");
    let run = stevedore(&["mutate", &from, "--squash-last", "4"]).code(2);
    assert!(run.stderr.contains("has 3 layers, and 4 were to become one"), "{}", run.stderr);
}

#[test]
fn an_editor_edits() {
    let dir = TempDir::new().expect("made");
    let from = three(dir.path());
    let edit =
        |what: &str, editor: &str| Program::stevedore(&["mutate", "--edit", what, &from]).env("EDITOR", editor).run();
    let before = stevedore(&["digest", &from]).ok();
    assert_eq!(edit("config", "true").ok().text(), before.text());
    edit("config", "sed -i s/B=2/B=3/").ok();
    assert_eq!(config(dir.path(), "v1")["config"]["Env"], json!(["A=1", "B=3"]));
    assert_eq!(config(dir.path(), "v1")["later"], json!({"n": 1}));
    edit("manifest", "sed -i 's/\"schemaVersion\": 2/\"schemaVersion\": 2, \"annotations\": {\"by\": \"hand\"}/'").ok();
    assert_eq!(manifest(dir.path(), "v1")["annotations"], json!({"by": "hand"}));
    let run = edit("config", "false").code(1);
    assert!(run.stderr.contains("nothing is changed"), "{}", run.stderr);
    let run = stevedore(&["mutate", "--edit", "config", &from]).code(2);
    assert!(run.stderr.contains("there is no editor"), "{}", run.stderr);
}

#[test]
fn what_an_editor_must_not_do_is_told() {
    let dir = TempDir::new().expect("made");
    let from = three(dir.path());
    let edit = |flags: &[&str], editor: &str| {
        let all: Vec<&str> = ["mutate", &from, "--edit"].iter().chain(flags).copied().collect();
        Program::stevedore(&all).env("EDITOR", editor).run()
    };
    let before = files(dir.path());
    // What nobody would look at is refused before the editor is opened.
    for more in [&["--label", "a=b"][..], &["--annotation", "a=b"], &["--flatten"], &["--platform", "linux/arm64"]] {
        let run = edit(&[&["manifest"], more].concat(), "touch opened; false").code(2);
        assert!(run.stderr.contains("--edit manifest goes with no other change"), "{more:?} {}", run.stderr);
    }
    let first = config(dir.path(), "v1")["rootfs"]["diff_ids"][0].as_str().expect("text").to_owned();
    for editor in ["sed -i /sha256:/d", "sed -i s/rootfs/gone/", &format!("sed -i s/{first}/{}/", sha256(b""))] {
        let run = edit(&["config"], editor).code(1);
        assert_eq!(run.stderr.trim(), "stevedore: the diff_ids follow from the layers and cannot be edited");
    }
    let script = "printf %s '{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":CONFIG,\"layers\":[]}' >";
    let run = edit(&["manifest"], &script.replace("CONFIG", &manifest(dir.path(), "v1")["config"].to_string())).code(6);
    assert_eq!(run.stderr.trim(), "stevedore: the config has 3 diff_ids for 0 layers");
    assert!(files(dir.path()) == before);
}

#[test]
fn archives_change_in_place() {
    let folder = Folder::new();
    let image = fixture::single(&folder.path("l"));
    for place in [
        folder.at("oci-archive", "a.tar", ":app"),
        folder.at("docker-archive", "d.tar", ":app:1"),
        folder.at("dir", "d", ""),
    ] {
        stevedore(&["copy", &image.reference(), &place]).ok();
        stevedore(&["mutate", &place, "--label", "new=label"]).ok();
        let config: Value =
            serde_json::from_slice(&stevedore(&["inspect", "--config", &place]).ok().stdout).expect("JSON");
        assert_eq!(config["config"]["Labels"]["new"], "label", "{place}");
        stevedore(&["export", &place, "-o", &folder.text("out.tar")]).ok();
    }
    let digest = format!("oci:{}@{}", image.dir.display(), image.digest);
    stevedore(&["mutate", &digest, "--label", "a=b"]).code(2);
}
