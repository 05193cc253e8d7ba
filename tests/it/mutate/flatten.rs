//! All layers in one.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{config, manifest, mutate, three};
use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::killing;
use crate::support::layout::{sha256, tags};
use crate::support::oracle::oracle;
use crate::support::scene::{Folder, Scene, files};
use crate::support::tarball::{Tarball, image};

#[test]
fn one_layer_and_the_config_as_it_was() {
    let dir = TempDir::new().expect("made");
    let from = three(dir.path());
    let to = |tag: &str| format!("oci:{}:{tag}", dir.path().display());
    let flat = mutate(&from, &to("flat"), &["--flatten"]);
    let (old, new) = (config(dir.path(), "v1"), config(dir.path(), "flat"));
    assert_eq!(new["config"], old["config"]);
    assert_eq!(new["history"], json!([{"created_by": "stevedore mutate --flatten"}]));
    assert_eq!(new["rootfs"]["diff_ids"].as_array().map(Vec::len), Some(1));
    assert_eq!(manifest(dir.path(), "flat")["layers"].as_array().map(Vec::len), Some(1));
    assert_eq!(mutate(&to("flat"), &to("twice"), &["--flatten"]).text(), flat.text());
    // The same filesystem in the same layers, compressed otherwise.
    mutate(&from, &to("zstd"), &["--compress", "zstd"]);
    mutate(&to("zstd"), &to("other"), &["--flatten"]);
    assert_eq!(config(dir.path(), "other")["rootfs"], new["rootfs"]);
    assert!(stevedore(&["export", &from]).ok().stdout == stevedore(&["export", &to("flat")]).ok().stdout);
    assert_eq!(
        sha256(&stevedore(&["export", &from]).ok().stdout),
        new["rootfs"]["diff_ids"][0].as_str().expect("text")
    );
}

#[test]
fn hard_links_stay_links_or_become_files() {
    let dir = TempDir::new().expect("made");
    let layers = [
        Tarball::new()
            .file("kept", "1")
            .link("link", "kept")
            .file("gone", "22")
            .link("heir", "gone")
            .link("second", "heir")
            .end(),
        Tarball::new().file(".wh.gone", "").end(),
        Tarball::new().link("late", "kept").end(),
    ];
    let from = image(dir.path(), &layers);
    let to = format!("oci:{}:flat", dir.path().display());
    mutate(&from, &to, &["--flatten"]);
    let listed = stevedore(&["ls", "--json", "--layer", "0", &to]).ok().json();
    let mut rows: Vec<String> = listed["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| {
            format!(
                "{} {} {}",
                entry["path"].as_str().expect("text"),
                entry["type"].as_str().expect("text"),
                entry["link"].as_str().unwrap_or("-")
            )
        })
        .collect();
    rows.sort();
    assert_eq!(
        rows,
        ["heir file -", "kept file -", "late hardlink kept", "link hardlink kept", "second hardlink heir"]
    );
}

#[test]
fn no_layers_are_one_too_few_to_flatten() {
    let dir = TempDir::new().expect("made");
    let from = crate::support::tarball::image(dir.path(), &[]);
    let before = stevedore(&["digest", &from]).ok();
    assert_eq!(stevedore(&["mutate", &from, "--flatten"]).ok().text(), before.text());
}

#[test]
fn an_index_is_flattened_image_by_image() {
    let folder = Folder::new();
    let image = fixture::app(&folder.path("l"));
    stevedore(&["mutate", &image.reference(), "--flatten"]).ok();
    let index = manifest(&image.dir, "v1");
    let architecture = |entry: &Value| entry["platform"]["architecture"].clone();
    let entries: Vec<Value> = index["manifests"].as_array().expect("entries").iter().map(architecture).collect();
    assert_eq!(entries, ["amd64", "arm64"]);
}

#[test]
fn other_tools_take_it() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else { return };
    let dir = TempDir::new().expect("made");
    let from = three(dir.path());
    let flat = format!("oci:{}:flat", dir.path().display());
    mutate(&from, &flat, &["--flatten"]);
    stevedore(&["copy", &flat, &scene.docker("app:flat")]).ok();
    if let Some(crane) = oracle("crane") {
        crane.run(&["validate", "--remote", &scene.name("app:flat")]);
        let ours = stevedore(&["export", &from, "-o", dir.path().join("x.tar").to_str().expect("text")]).ok();
        assert_eq!(ours.code, 0);
        let theirs = crane.run(&["export", &scene.name("app:flat"), "-"]).stdout;
        let names = |tar: &[u8]| {
            let mut archive = tar::Archive::new(tar);
            let entries =
                archive.entries().expect("a tar").map(|entry| entry.expect("an entry").path_bytes().into_owned());
            let mut names: Vec<Vec<u8>> =
                entries.map(|name| name.strip_suffix(b"/").map_or(name.clone(), <[u8]>::to_vec)).collect();
            names.sort();
            names
        };
        assert_eq!(names(&theirs), names(&fs::read(dir.path().join("x.tar")).expect("written")));
    }
    if let Some(skopeo) = oracle("skopeo") {
        skopeo.run(&["copy", &flat, &format!("oci:{}/skopeo:flat", dir.path().display())]);
    }
    if let Some(umoci) = oracle("umoci") {
        let image = format!("{}:flat", dir.path().display());
        let bundle = dir.path().join("bundle");
        umoci.run(&["unpack", "--rootless", "--image", &image, bundle.to_str().expect("text")]);
        assert!(bundle.join("rootfs/a/three").is_file() && !bundle.join("rootfs/a/two").exists());
    }
}

#[test]
fn a_killed_one_leaves_nothing_wrong() {
    let folder = Folder::new();
    let image = fixture::big(&folder.path("l"), 2, 200_000);
    let flat = folder.path("flat");
    let to = format!("oci:{}:flat", flat.display());
    let arguments = ["mutate", "--flatten", &image.reference(), "--to", &to];
    let wanted = stevedore(&arguments).ok().text().to_owned();
    fs::remove_dir_all(&flat).expect("removed");
    killing::at_each_moment(&arguments, |what| {
        killing::assert_no_blob_is_half(&flat, what);
        assert_eq!(stevedore(&arguments).ok().text(), wanted, "{what}");
        assert_eq!(tags(&flat).len(), 1, "{what}");
        assert_eq!(
            files(&flat).len(),
            5,
            "{what}: the layout, its index, manifest, config and layer, and nothing else"
        );
        stevedore(&["ls", &to]).ok();
        fs::remove_dir_all(&flat).expect("removed");
    });
}
