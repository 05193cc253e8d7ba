//! All layers in one.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{config, manifest, mutate, three};
use crate::support::command::{Program, stevedore};
use crate::support::fixture;
use crate::support::layout::{sha256, tags};
use crate::support::oracle::oracle;
use crate::support::scene::{Folder, Scene};
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
    let image = fixture::big(&folder.path("l"), 2, 12_000_000);
    let to = format!("oci:{}:flat", folder.text("flat"));
    for step in 0..6 {
        let run = Program::stevedore(&["mutate", "--flatten", &image.reference(), "--to", &to]).spawn();
        // Not to synchronize: any moment will do, and each step is another.
        std::thread::sleep(Duration::from_millis(40 * step));
        run.kill();
        let blobs = folder.path("flat").join("blobs/sha256");
        for blob in fs::read_dir(&blobs).into_iter().flatten() {
            let path = blob.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
            if name.len() == 64 {
                assert_eq!(sha256(&fs::read(&path).expect("readable")), format!("sha256:{name}"));
            }
        }
    }
    stevedore(&["mutate", "--flatten", &image.reference(), "--to", &to]).ok();
    assert_eq!(tags(&folder.path("flat")).len(), 1);
    stevedore(&["ls", &to]).ok();
}
