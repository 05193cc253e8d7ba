//! `index create`: an index of images that are there, from any places.

use serde_json::json;

use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::kept::{Kept, Ways};
use crate::support::oracle::oracle;
use crate::support::scene::{Folder, copy};
use crate::support::served::Served;

/// Images of a registry, a layout and an archive become one index, with the platforms that their configs name.
#[test]
fn images_of_any_places_become_an_index() {
    let folder = Folder::new();
    let served = Served::start(&["--store", &folder.text("store"), "--anonymous-push"]);
    let image = fixture::four_platforms(&folder.path("app"));
    image.tag_parts();
    let at = |name: &str| folder.at("oci", "app", &format!(":{name}"));
    let remote = format!("docker://{}/parts:amd64", served.host());
    let archive = folder.at("oci-archive", "s390x.tar", ":s390x");
    copy(&["--all"], &at("amd64"), &remote);
    copy(&["--all"], &at("s390x"), &archive);
    for to in [format!("docker://{}/made:v1", served.host()), folder.at("oci", "made", ":v1")] {
        let made =
            stevedore(&["index", "create", "--json", "--annotation", "a=b", &to, &remote, &at("arm64"), &archive]);
        let made = made.ok().json();
        let platforms: Vec<_> =
            made["entries"].as_array().expect("entries").iter().map(|each| &each["platform"]).collect();
        assert_eq!(platforms, ["linux/amd64", "linux/arm64/v8", "linux/s390x"]);
        assert_eq!(made["entries"][1]["digest"], image.part("linux/arm64/v8").digest);
        let raw: serde_json::Value =
            serde_json::from_slice(&stevedore(&["manifest", "get", &to]).ok().stdout).expect("JSON");
        assert_eq!(raw["annotations"], json!({"a": "b"}));
        assert_eq!(stevedore(&["digest", &to]).ok().text(), made["digest"].as_str().expect("a digest"));
        stevedore(&["validate", &to]).ok();
    }
    // The same again is the same, and an index gives its entries.
    let [one, other] = ["x", "y"].map(|tag| folder.at("oci", "made", &format!(":{tag}")));
    let first = stevedore(&["index", "create", &one, &image.reference(), &at("amd64")]).ok();
    let second = stevedore(&["index", "create", &other, &at("amd64"), &at("arm64"), &at("arm"), &at("s390x")]).ok();
    assert_eq!(first.text(), second.text());
}

#[test]
fn what_an_index_refers_to_lists_it() {
    let folder = Folder::new();
    let image = fixture::app(&folder.path("app"));
    image.tag_parts();
    let (to, part) = (folder.at("oci", "app", ":about"), folder.at("oci", "app", ":amd64"));
    let line = ["index", "create", "--artifact-type", "application/x", "--subject", &image.reference(), &to, &part];
    let made = stevedore(&line).ok();
    let listed = stevedore(&["referrers", "--json", &image.reference()]).ok().json();
    assert_eq!(listed["referrers"][0]["digest"], made.text());
    let elsewhere =
        stevedore(&["index", "create", "--subject", &image.reference(), &folder.at("oci", "b", ":1"), &part]);
    assert_eq!(elsewhere.code, 2);
    stevedore(&["index", "create", &folder.at("oci", "b", ":1"), &folder.at("oci", "app", ":none")]).code(3);
    stevedore(&["index", "create", "-n", &folder.at("oci", "b", ":1"), &part]).ok();
    assert!(!folder.path("b").exists());
}

/// A registry that refuses the index has no tag of it, and says so; one that cannot list referrers gets them under a tag.
#[test]
fn registries_that_misbehave_are_told_of() {
    let folder = Folder::new();
    let image = fixture::app(&folder.path("app"));
    image.tag_parts();
    let part = folder.at("oci", "app", ":amd64");
    let refusing = Kept::start(Ways { refuses: Some(("v1", 403)), ..Ways::default() });
    let run = stevedore(&["index", "create", &refusing.docker("made:v1"), &part]).code(4);
    assert!(run.stderr.contains("status 403"), "{}", run.stderr);
    assert!(!refusing.tags("made").contains(&"v1".to_owned()));
    let old = Kept::start(Ways::default());
    copy(&["--all"], &image.reference(), &old.docker("made:app"));
    let subject = old.docker("made:app");
    stevedore(&["index", "create", "--subject", &subject, &old.docker("made:v1"), &part]).ok();
    assert_eq!(old.listed("made", &image.digest).len(), 1);
}

/// crane makes an index of the same entries.
#[test]
fn crane_appends_the_same_entries() {
    let Some(crane) = oracle("crane") else { return };
    let folder = Folder::new();
    let served = Served::start(&["--store", &folder.text("store"), "--anonymous-push"]);
    let image = fixture::app(&folder.path("app"));
    image.tag_parts();
    let name = |rest: &str| format!("{}/app:{rest}", served.host());
    for tag in ["amd64", "arm64"] {
        copy(&["--all"], &folder.at("oci", "app", &format!(":{tag}")), &format!("docker://{}", name(tag)));
    }
    crane.run(&["index", "append", "-t", &name("crane"), "-m", &name("amd64"), "-m", &name("arm64")]);
    let docker = |tag: &str| format!("docker://{}", name(tag));
    stevedore(&["index", "create", &docker("own"), &docker("amd64"), &docker("arm64")]).ok();
    let entries = |tag: &str| {
        let raw = stevedore(&["manifest", "get", &docker(tag)]).ok().json();
        let entries = raw["manifests"].as_array().expect("entries").clone();
        entries.iter().map(|each| (each["digest"].clone(), each["platform"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(entries("own"), entries("crane"));
}
