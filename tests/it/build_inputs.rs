//! Inputs in the forms that peers take, and odd ones: taken, or named.

use std::fs;
use std::io::Write;

use serde_json::{Value, json};

use crate::support::command::{Program, stevedore};
use crate::support::fixture::{OCI_CONFIG, OCI_MANIFEST};
use crate::support::layout::{Layout, sha256};
use crate::support::scene::Folder;
use crate::support::tarball::{Tarball, image, image_with};

const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn tar() -> Tarball {
    Tarball::new().file("new", "N")
}

#[test]
fn tars_packed_in_other_ways_are_named() {
    let folder = Folder::new();
    let table: [(&[u8], &str); 4] = [
        (b"\xfd7zXZ\0\0\x04", "xz"),
        (b"BZh91AY", "bzip2"),
        (b"PK\x03\x04\x14\0", "a zip archive"),
        (b"\x04\x22\x4d\x18d", "lz4"),
    ];
    for (start, wanted) in table {
        let path = folder.text("layer");
        fs::write(&path, [start, &[7; 600]].concat()).expect("writes");
        let run = stevedore(&["build", "--layer", &path, "-o", &folder.at("oci", "o", ":x")]).code(1);
        assert!(run.stderr.contains(&format!("it is {wanted}; unpack it first")), "{}", run.stderr);
    }
    // A tar may begin with such a name.
    let path = folder.text("layer");
    fs::write(&path, Tarball::new().file("BZh", "x").end()).expect("writes");
    stevedore(&["build", "--layer", &path, "-o", &folder.at("oci", "o", ":x")]).ok();
}

#[test]
fn a_tar_comes_from_standard_input() {
    let folder = Folder::new();
    let (built, base) =
        (folder.at("oci", "o", ":built"), image(&folder.path("b"), &[Tarball::new().file("a", "A").end()]));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar().end()).expect("memory");
    for input in [tar().end(), gzip.finish().expect("memory")] {
        Program::stevedore(&["build", "--layer", "-", "-o", &built]).stdin(&input).run().ok();
        assert_eq!(stevedore(&["ls", &built]).ok().text(), "new");
        let to = folder.at("oci", "o", ":appended");
        Program::stevedore(&["mutate", &base, "--append", "-", "--to", &to]).stdin(&input).run().ok();
        assert_eq!(stevedore(&["ls", &to]).ok().text(), "a\nnew");
    }
    Program::stevedore(&["build", "--layer", "-", "-o", &built]).stdin(b"no tar").run().code(1);
}

/// Writes an index of three platforms, and returns its reference.
fn three(folder: &Folder, dir: &str) -> String {
    let layout = Layout::create(&folder.path(dir));
    let entries = ["amd64", "arm64", "s390x"].map(|architecture| {
        let layer = Tarball::new().file("x", architecture).end();
        let blob = layout.blob("application/vnd.oci.image.layer.v1.tar", &layer);
        let rootfs = json!({"type": "layers", "diff_ids": [sha256(&layer)]});
        let config = layout.json(OCI_CONFIG, &json!({"architecture": architecture, "os": "linux", "rootfs": rootfs}));
        let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [blob]});
        let mut entry = serde_json::to_value(layout.json(OCI_MANIFEST, &manifest)).expect("JSON");
        entry["platform"] = json!({"architecture": architecture, "os": "linux"});
        entry
    });
    layout
        .tag(&layout.json(OCI_INDEX, &json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries})), "v1");
    folder.at("oci", dir, ":v1")
}

fn platforms(reference: &str) -> Vec<String> {
    let raw = stevedore(&["inspect", "--raw", reference]).ok().json();
    let entries = raw["manifests"].as_array().cloned().unwrap_or_default();
    entries.iter().filter_map(|entry| entry["platform"]["architecture"].as_str()).map(str::to_owned).collect()
}

#[test]
fn platforms_are_a_list_or_all_that_the_base_has() {
    let folder = Folder::new();
    let base = three(&folder, "base");
    fs::write(folder.path("new"), "N").expect("writes");
    let add = format!("{}:/new", folder.text("new"));
    let build = |flags: &[&str], to: &str| {
        let all = [&["build", "-q", "--add", &add, "-o", to], flags].concat();
        stevedore(&all)
    };
    let (all, two, fresh) =
        (folder.at("oci", "o", ":all"), folder.at("oci", "o", ":two"), folder.at("oci", "o", ":fresh"));
    build(&["--from", &base, "--platform", "all"], &all).ok();
    assert_eq!(platforms(&all), ["amd64", "arm64", "s390x"]);
    build(&["--from", &base, "--platform", "linux/amd64,linux/s390x"], &two).ok();
    assert_eq!(platforms(&two), ["amd64", "s390x"]);
    build(&["--platform", "linux/amd64,linux/arm64"], &fresh).ok();
    assert_eq!(platforms(&fresh), ["amd64", "arm64"]);
    // In its place, too: an index stays one.
    let refused = build(&["--from", &base], &base).code(2);
    assert!(refused.stderr.contains("--platform all"), "{}", refused.stderr);
    build(&["--from", &base, "--platform", "all"], &base).ok();
    assert_eq!(platforms(&base), ["amd64", "arm64", "s390x"]);
    for architecture in ["amd64", "arm64", "s390x"] {
        let listed = stevedore(&["ls", "--platform", &format!("linux/{architecture}"), &base]).ok();
        assert_eq!(listed.text(), "new\nx");
    }
    let single = image(&folder.path("single"), &[tar().end()]);
    build(&["--from", &single, "--platform", "all"], &folder.at("oci", "o", ":single")).ok();
    assert!(platforms(&folder.at("oci", "o", ":single")).is_empty(), "one image gives one");
    let usage = build(&["--platform", "all"], &fresh).code(2);
    assert!(usage.stderr.contains("--from"), "{}", usage.stderr);
    build(&["--from", &base, "--platform", "all,linux/amd64"], &fresh).code(2);
}

#[test]
fn windows_gets_nothing_beside_its_folders() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path("d/app")).expect("makes");
    fs::write(folder.path("d/app/new"), "N").expect("writes");
    let config = json!({"os": "windows", "os.version": "10.0.17763.1"});
    let layer = Tarball::new().directory("Files").file("Files/a.txt", "w").directory("Hives");
    let base = image_with(&folder.path("base"), &[layer.end()], &config);
    let file = folder.text("d/app/new");
    let (beside, inside) = (format!("{file}:/app/new"), format!("{file}:/Files/app/new"));
    let dir = folder.text("d");
    let output = folder.at("oci", "o", ":x");
    for (flags, code) in [(["--add", &beside], 2), (["--dir", &dir], 2), (["--add", &inside], 0)] {
        let all =
            [&["build", "-q", "--from", &base, "--platform", "windows/amd64", "-o", &output], &flags[..]].concat();
        let run = stevedore(&all).code(code);
        assert_eq!(run.stderr.contains("below /Files"), code == 2, "{flags:?}: {}", run.stderr);
    }
    assert!(stevedore(&["ls", "--platform", "windows/amd64", &output]).ok().text().contains("Files/app/new"));
}

#[test]
fn a_folder_over_a_link_of_the_base_is_told() {
    let folder = Folder::new();
    let layer =
        Tarball::new().directory("usr").directory("usr/bin").symlink("bin", "usr/bin").directory("etc").file("f", "F");
    let base = image(&folder.path("base"), &[layer.end()]);
    for path in ["d/bin", "d/etc"] {
        fs::create_dir_all(folder.path(path)).expect("makes");
    }
    fs::write(folder.path("d/bin/a"), "A").expect("writes");
    let build =
        ["build", "--from", &base, "--dir", &folder.text("d"), "-o", &folder.at("oci", "o", ":x")].map(str::to_owned);
    let run = stevedore(&build.each_ref().map(String::as_str)).ok();
    assert!(run.stderr.contains("bin is a link in the base; this layer replaces it"), "{}", run.stderr);
    assert!(!run.stderr.contains("etc is"), "{}", run.stderr);
}

#[test]
fn a_tar_over_a_link_of_the_base_is_told() {
    let folder = Folder::new();
    let layer = Tarball::new().directory("usr/bin").symlink("bin", "usr/bin").directory("etc").file("f", "F");
    let base = image(&folder.path("base"), &[layer.end()]);
    let output = folder.at("oci", "o", ":x");
    // Whether they say what becomes of `bin`, and of `f`.
    let table = [
        ("a directory", Tarball::new().directory("bin").file("bin/a", "A").file("etc/x", "X"), true, false),
        ("an entry below", Tarball::new().file("./bin/a", "A").file("bin/b", "B").file("f/x", "X"), true, true),
        ("its own link", Tarball::new().symlink("bin", "usr/bin").file("bin/a", "A").file("f", "G"), false, false),
        ("what is as in the base", Tarball::new().file("usr/bin/a", "A").file("f", "G"), false, false),
        ("a whiteout", Tarball::new().file(".wh.bin", "").file("etc/.wh.x", ""), false, false),
    ];
    for (name, layer, bin, file) in table {
        let path = folder.text("layer.tar");
        fs::write(&path, layer.end()).expect("writes");
        let build = ["build", "--from", &base, "--layer", &path, "-o", &output];
        let append = ["mutate", &base, "--append", &path, "--to", &output];
        for (flags, whose) in [(&build[..], "base"), (&append[..], "image")] {
            let run = stevedore(flags).ok();
            for (what, wanted) in [("bin is a link", bin), ("f is a file", file)] {
                let note = format!("{what} in the {whose}; this layer replaces it");
                assert_eq!(run.stderr.matches(&note).count(), usize::from(wanted), "{name}: {note}: {}", run.stderr);
            }
        }
    }
}

#[test]
fn tars_for_windows_have_nothing_beside_its_folders() {
    let folder = Folder::new();
    let config = json!({"os": "windows", "os.version": "10.0.17763.1"});
    let base = image_with(&folder.path("base"), &[Tarball::new().directory("Files").directory("Hives").end()], &config);
    let (output, path) = (folder.at("oci", "o", ":x"), folder.text("layer.tar"));
    for (name, code) in [("app/new", 2), ("Files/app/new", 0)] {
        fs::write(&path, Tarball::new().file(name, "N").end()).expect("writes");
        let build = ["build", "--from", &base, "--platform", "windows/amd64", "--layer", &path, "-o", &output];
        let append = ["mutate", &base, "--append", &path, "--to", &output];
        for flags in [&build[..], &append] {
            let run = stevedore(flags).code(code);
            assert_eq!(run.stderr.contains("app/new is neither in Files"), code == 2, "{}", run.stderr);
            assert_eq!(folder.path("o").join("index.json").exists(), code == 0, "nothing is written");
        }
    }
}

#[test]
fn the_image_to_be_rebased_may_come_last() {
    let folder = Folder::new();
    let layer = |content: &str| Tarball::new().file("base", content).end();
    let old = image(&folder.path("old"), &[layer("1")]);
    let new = image(&folder.path("new"), &[layer("2")]);
    let app = image(&folder.path("app"), &[layer("1"), tar().end()]);
    let to = folder.at("oci", "o", ":x");
    stevedore(&["mutate", "--to", &to, "--rebase", &old, &new, &app]).ok();
    assert_eq!(stevedore(&["cat", &to, "base"]).ok().text(), "2");
    // With two, the last is the image; what it stands upon is not said anywhere.
    let run = stevedore(&["mutate", "--to", &to, "--rebase", &new, &app]).code(2);
    assert!(run.stderr.contains("--rebase OLD NEW"), "{}", run.stderr);
    let run = stevedore(&["mutate", "--rebase", &app]).code(2);
    assert!(run.stderr.contains("stevedore mutate IMAGE --rebase NEW"), "{}", run.stderr);
}

#[test]
fn a_missing_platform_names_the_image() {
    let folder = Folder::new();
    let base = three(&folder, "base");
    let run = stevedore(&["ls", "--platform", "linux/riscv64", &base]).code(3);
    assert!(run.stderr.contains(&format!("{base} has no image for linux/riscv64")), "{}", run.stderr);
}

/// Writes an image whose config is these bytes.
fn with_config(folder: &Folder, name: &str, make: impl FnOnce(Value) -> Vec<u8>) -> String {
    let layout = Layout::create(&folder.path(name));
    let layer = Tarball::new().file("a", "A").end();
    let blob = layout.blob("application/vnd.oci.image.layer.v1.tar", &layer);
    let rootfs = json!({"type": "layers", "diff_ids": [sha256(&layer)]});
    let config = layout.blob(OCI_CONFIG, &make(json!({"architecture": "amd64", "os": "linux", "rootfs": rootfs})));
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [blob]});
    layout.tag(&layout.json(OCI_MANIFEST, &manifest), "v1");
    folder.at("oci", name, ":v1")
}

#[test]
fn odd_configs_do_not_hide_the_files() {
    type Make = fn(Value) -> Vec<u8>;
    let table: [(&str, Make); 3] = [
        ("null in the history", |mut config| {
            config["history"] = json!([null, {"created_by": "x"}]);
            config.to_string().into_bytes()
        }),
        ("a text for a command", |mut config| {
            config["config"] = json!({"Cmd": "/bin/sh", "Entrypoint": "x"});
            config.to_string().into_bytes()
        }),
        ("null everywhere", |mut config| {
            config["config"] = json!({"Cmd": null, "Entrypoint": null, "Env": null});
            config["history"] = json!(null);
            config.to_string().into_bytes()
        }),
    ];
    let folder = Folder::new();
    for (name, make) in table {
        let reference = with_config(&folder, name, make);
        assert_eq!(stevedore(&["ls", &reference]).ok().text(), "a", "{name}");
        assert_eq!(stevedore(&["cat", &reference, "a"]).ok().text(), "A", "{name}");
        stevedore(&["export", &reference, "-o", &folder.text("out.tar")]).ok();
    }
}

#[test]
fn a_label_needs_no_layer() {
    let folder = Folder::new();
    let layout = Layout::create(&folder.path("l"));
    let types = ["application/vnd.oci.image.layer.v1.tar+gzip+encrypted", "application/vnd.example.unknown"];
    let blobs = types.map(|media_type| layout.blob(media_type, media_type.as_bytes()));
    let rootfs = json!({"type": "layers", "diff_ids": [sha256(b"one"), sha256(b"two")]});
    let config = layout.json(OCI_CONFIG, &json!({"architecture": "amd64", "os": "linux", "rootfs": rootfs}));
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": blobs});
    layout.tag(&layout.json(OCI_MANIFEST, &manifest), "v1");
    let reference = folder.at("oci", "l", ":v1");
    let before = stevedore(&["inspect", "--raw", &reference]).ok().json()["layers"].clone();
    stevedore(&["mutate", "-q", "--label", "l=1", &reference]).ok();
    assert_eq!(stevedore(&["inspect", "--raw", &reference]).ok().json()["layers"], before);
    assert_eq!(stevedore(&["inspect", "--config", &reference]).ok().json()["config"]["Labels"], json!({"l": "1"}));
    // What needs the layers says which one cannot be read.
    let run = stevedore(&["mutate", &reference, "--flatten"]).code(1);
    assert!(run.stderr.contains("which is no filesystem layer"), "{}", run.stderr);
}
