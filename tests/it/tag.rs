//! `tag`: further names for an image, of which nothing but the manifest is written.

use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::kept::{Kept, Ways};
use crate::support::layout::{blob_path, tags};
use crate::support::oracle::oracle;
use crate::support::scene::{Folder, copy, files};
use crate::support::served::Served;

fn names(place: &str) -> Vec<String> {
    let mut names: Vec<String> = stevedore(&["tags", place]).ok().text().lines().map(str::to_owned).collect();
    names.sort();
    names
}

/// Only manifests are put, under each tag once, and the index stays what it is.
#[test]
fn an_index_gets_tags_and_no_blob_moves() {
    let folder = Folder::new();
    let image = fixture::app(&folder.path("app"));
    let registry = Kept::start(Ways::default());
    copy(&["--all"], &image.reference(), &registry.docker("app:v1"));
    let before = registry.writes().len();
    let said = stevedore(&["tag", &registry.docker("app:v1"), "v2", "stable", "v2"]).ok();
    let line = |tag: &str| format!("{} {}", image.digest, registry.docker(&format!("app:{tag}")));
    assert_eq!(said.text(), [line("v2"), line("stable")].join("\n"));
    assert_eq!(registry.writes()[before..], ["PUT /v2/app/manifests/v2", "PUT /v2/app/manifests/stable"]);
    for tag in ["v2", "stable"] {
        assert_eq!(stevedore(&["digest", &registry.docker(&format!("app:{tag}"))]).ok().text(), image.digest);
    }
    let json = stevedore(&["tag", "--json", &registry.docker(&format!("app@{}", image.digest)), "v3"]).ok().json();
    assert_eq!((&json["digest"], &json["tags"][0]), (&image.digest.as_str().into(), &registry.docker("app:v3").into()));
}

/// A name that cannot be is found before the first one is written.
#[test]
fn names_are_checked_before_the_first_write() {
    let folder = Folder::new();
    let image = fixture::single(&folder.path("app"));
    let registry = Kept::start(Ways::default());
    copy(&[], &image.reference(), &registry.docker("app:v1"));
    let before = registry.writes().len();
    for bad in ["other/app:v2", "-v2", "v/2", ""] {
        let run = stevedore(&["tag", &registry.docker("app:v1"), "good", "--", bad]).code(2);
        assert!(run.stderr.contains("is no tag here"), "{bad}: {}", run.stderr);
    }
    let names_before = tags(&image.dir);
    stevedore(&["tag", &image.reference(), "good", "@3"]).code(2);
    stevedore(&["tag", &folder.at("dir", "d", ""), "v2"]).code(2);
    assert_eq!((registry.writes().len(), tags(&image.dir)), (before, names_before));
    stevedore(&["tag", &registry.docker("app:v9"), "v2"]).code(3);
    stevedore(&["tag", &folder.at("oci", "none", ":v1"), "v2"]).code(3);
    assert!(!folder.path("none").exists());
}

/// Where one of several tags is refused, what was written and what was not is said.
#[test]
fn what_was_written_is_said() {
    let folder = Folder::new();
    let image = fixture::single(&folder.path("app"));
    let registry = Kept::start(Ways { refuses: Some(("bad", 403)), ..Ways::default() });
    copy(&[], &image.reference(), &registry.docker("app:v1"));
    let run = stevedore(&["tag", &registry.docker("app:v1"), "a", "b", "bad", "c"]).code(7);
    assert!(run.stderr.contains("cannot write tag bad in "), "{}", run.stderr);
    assert!(run.stderr.contains("; written: a, b; not tried: c: PUT http"), "{}", run.stderr);
    assert_eq!(registry.tags("app"), ["a", "b", "v1"]);
    let run = stevedore(&["tag", &registry.docker("app:v1"), "bad", "c"]).code(4);
    assert!(!run.stderr.contains("written:") && run.stderr.contains("not tried: c"), "{}", run.stderr);
}

/// Layouts, archives and trees keep their blobs byte for byte, and every name leads to the same image.
#[test]
fn local_places_get_names_too() {
    let folder = Folder::new();
    let image = fixture::app(&folder.path("app"));
    let blobs = files(&image.dir.join("blobs"));
    stevedore(&["tag", &image.reference(), "v2", "ex.com/app:3"]).ok();
    assert_eq!(files(&image.dir.join("blobs")), blobs);
    assert!(blob_path(&image.dir, &image.digest).exists());
    assert_eq!(names(&folder.at("oci", "app", "")), ["ex.com/app:3", "v1", "v2"]);
    for (transport, from, new, wanted) in [
        ("oci-archive", ":v1", "v2", &["v1", "v2"][..]),
        ("docker-archive", ":ex.com/app:1", "2", &["ex.com/app:1", "ex.com/app:2"]),
        ("static", ":app:v1", "v2", &["v1", "v2"]),
    ] {
        let at = folder.at(transport, &format!("{transport}.d"), from);
        let digest = copy(&["--all"], &image.reference(), &at);
        stevedore(&["tag", &at, new]).ok();
        let place = folder.at(transport, &format!("{transport}.d"), if transport == "static" { ":app" } else { "" });
        assert_eq!(names(&place), wanted, "{transport}");
        let second = format!("{place}:{}", wanted[1]);
        assert_eq!(stevedore(&["digest", &second]).ok().text(), digest, "{transport}");
        stevedore(&["validate", &second]).ok();
    }
    let stream = stevedore(&["tag", "oci-archive:-:v1", "v2"]);
    assert!(stream.code != 0 && stream.stderr.contains("name a file"), "{}", stream.stderr);
}

/// crane and oras leave the same behind.
#[test]
fn crane_and_oras_do_the_same() {
    let (Some(crane), Some(oras)) = (oracle("crane"), oracle("oras")) else { return };
    let folder = Folder::new();
    let served = Served::start(&["--store", &folder.text("store"), "--anonymous-push"]);
    let image = fixture::app(&folder.path("app"));
    let name = |rest: &str| format!("{}/{rest}", served.host());
    copy(&["--all"], &image.reference(), &format!("docker://{}", name("app:v1")));
    crane.run(&["tag", &name("app:v1"), "crane"]);
    oras.run(&["tag", "--plain-http", &name("app:v1"), "oras"]);
    stevedore(&["tag", &format!("docker://{}", name("app:v1")), "own"]).ok();
    for tag in ["crane", "oras", "own"] {
        assert_eq!(crane.run(&["digest", &name(&format!("app:{tag}"))]).text(), image.digest, "{tag}");
    }
}
