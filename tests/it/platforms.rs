//! Which image a platform means: one answer for all verbs, from the entry or else from the config.

use serde_json::Value;

use crate::support::answering::Answering;
use crate::support::command::stevedore;
use crate::support::fixture::{self, Fixture};
use crate::support::scene::{Folder, Scene};
use crate::support::seed;

/// Asserts what every verb takes for the platform: this digest, or nothing.
#[track_caller]
fn assert_taken(folder: &Folder, number: usize, reference: &str, platform: &str, wanted: Option<&str>) {
    let to = folder.at("oci", &format!("to{number}"), ":v1");
    for arguments in [
        &["digest"][..],
        &["inspect", "--digest"],
        &["inspect", "--json"],
        &["inspect", "--raw"],
        &["inspect", "--config"],
        &["copy"],
        &["ls", "--json"],
        &["cat"],
    ] {
        let mut line = [arguments, &["--platform", platform, reference]].concat();
        match arguments[0] {
            "copy" => line.push(&to),
            "cat" => line.push("etc/os-release"),
            _ => {}
        }
        let run = stevedore(&line);
        let Some(wanted) = wanted else {
            let run = run.code(3);
            assert!(run.stderr.contains("has no image for "), "{line:?}: {}", run.stderr);
            continue;
        };
        if arguments[0] == "cat" {
            // The file itself need not be there.
            assert!(!run.stderr.contains("has no image for "), "{line:?}: {}", run.stderr);
            continue;
        }
        let run = run.ok();
        let told = match arguments {
            ["digest" | "copy"] | ["inspect", "--digest"] => run.text().to_owned(),
            ["inspect", "--raw"] => crate::support::layout::sha256(&run.stdout),
            ["inspect", "--config"] => continue,
            _ => run.json()["digest"].as_str().unwrap_or_default().to_owned(),
        };
        assert_eq!(told, wanted, "{line:?}");
    }
}

#[test]
fn all_verbs_agree_on_a_platform() {
    let folder = Folder::new();
    let (amd, arm, v7) = (("linux/amd64", true), ("linux/arm64", true), ("linux/arm/v7", true));
    let silent = |(platform, _): (&'static str, bool)| (platform, false);
    let i386 = ("linux/386", true);
    // What the index says, what is asked for, and which entry that is.
    type Entries<'a> = &'a [(&'a str, bool)];
    let table: &[(Entries<'_>, &str, Option<usize>)] = &[
        (&[amd, arm], "linux/arm64", Some(1)),
        (&[amd, arm], "linux/arm64/v8", Some(1)),
        (&[amd, arm], "linux/s390x", None),
        (&[silent(amd)], "linux/amd64", Some(0)),
        (&[silent(amd)], "linux/arm64", None),
        (&[silent(amd), silent(arm)], "linux/arm64", Some(1)),
        (&[silent(amd), silent(arm)], "linux/s390x", None),
        (&[silent(arm), amd], "linux/amd64", Some(1)),
        (&[amd, silent(arm)], "linux/arm64", Some(1)),
        (&[amd, silent(v7)], "linux/arm", Some(1)),
        (&[silent(arm), arm], "linux/arm64", Some(1)),
        (&[amd, i386], "linux/i386", Some(1)),
        (&[arm, amd], "linux/x86_64", Some(1)),
        (&[arm, amd], "linux/x86-64", Some(1)),
        (&[amd, arm], "linux/aarch64", Some(1)),
        (&[amd, v7], "linux/armhf", Some(1)),
        (&[amd, v7], "linux/armel", None),
        (&[amd, ("linux/arm/v6", false)], "linux/armel", Some(1)),
    ];
    for (number, (entries, platform, wanted)) in table.iter().enumerate() {
        let image = fixture::partly_named(&folder.path(&format!("i{number}")), entries);
        let wanted = wanted.map(|entry| image.parts[entry].digest.as_str());
        assert_taken(&folder, number, &image.reference(), platform, wanted);
    }
    let single = fixture::single(&folder.path("single"));
    assert_taken(&folder, 100, &single.reference(), "linux/amd64", Some(&single.digest));
    assert_taken(&folder, 101, &single.reference(), "linux/x86_64", Some(&single.digest));
    assert_taken(&folder, 102, &single.reference(), "linux/arm64", None);
    let nested = fixture::nested(&folder.path("nested"));
    assert_taken(&folder, 103, &nested.reference(), "linux/arm64", Some(&nested.part("linux/arm64/v8").digest));
}

/// Several platforms are taken from an index that names only some of them, in its order.
#[test]
fn several_platforms_of_an_index_that_names_some() {
    let folder = Folder::new();
    let entries = [("linux/amd64", true), ("linux/s390x", true), ("linux/arm64", false)];
    let image = fixture::partly_named(&folder.path("some"), &entries);
    let to = folder.at("oci", "to", ":v1");
    stevedore(&["copy", "--platform=linux/arm64", "--platform=linux/amd64", &image.reference(), &to]).ok();
    let index: Value = stevedore(&["inspect", "--json", &to]).ok().json();
    let entries: Vec<_> =
        index["manifests"].as_array().expect("an index").iter().map(|entry| &entry["digest"]).collect();
    assert_eq!(entries, [&image.parts[0].digest, &image.parts[2].digest]);
    assert!(index["manifests"][1]["platform"].is_null(), "the entry stays as it was: {index}");
}

/// A digest for a platform costs one request where the index says it, and of a single image one more for its config.
#[test]
fn a_digest_for_a_platform_costs_little() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    let single = scene.seed("single", fixture::single);
    let silent = |dir: &std::path::Path| -> Fixture {
        fixture::partly_named(dir, &[("linux/amd64", true), ("linux/arm64", false)])
    };
    let part = silent(&scene.folder.path("silent"));
    seed::push_all(&part.dir, &scene.registry.client(), "silent");
    for (repository, platform, wanted, requests) in [
        ("app", "linux/arm64", &image.part("linux/arm64/v8").digest, 1),
        ("single", "linux/amd64", &single.digest, 2),
        ("silent", "linux/amd64", &part.parts[0].digest, 1),
        ("silent", "linux/arm64", &part.parts[1].digest, 3),
    ] {
        let front = Answering::start(&scene.registry.host(), |_, _| None);
        let run = stevedore(&["digest", "--platform", platform, &front.docker(&format!("{repository}:v1"))]).ok();
        assert_eq!(run.text(), wanted, "{repository} {platform}");
        assert_eq!(front.log().len(), requests, "{repository} {platform}: {:#?}", front.log());
    }
}
