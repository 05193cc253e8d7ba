//! Layouts that others wrote are read, and layouts that we write stay whole whoever looks at them meanwhile.

use std::fs;
use std::thread;

use crate::support::command::stevedore;
use crate::support::fixture::{self, Fixture};
use crate::support::layout::{blob_path, read_json, tags};
use crate::support::oracle::{Tool, oracle};
use crate::support::scene::{Folder, Scene, copy, files, skopeo_copy};

/// Reads `oci:L:v1` whole into the registry, and each child by its digest, which only the index mentions.
#[track_caller]
fn assert_reads(scene: &Scene, layout: &str, image: &Fixture) {
    let from = scene.folder.at("oci", layout, "");
    let repository = format!("from-{layout}");
    let to = scene.docker(&format!("{repository}:v1"));
    assert_eq!(copy(&["--all"], &format!("{from}:v1"), &to), image.digest, "{layout}");
    assert_eq!(scene.digest(&repository, "v1"), image.digest, "{layout}");
    for part in &image.parts {
        let to = scene.folder.at("dir", &format!("{layout}-{}", &part.digest[7..19]), "");
        assert_eq!(copy(&[], &format!("{from}:@{}", part.digest), &to), part.digest, "a child in {layout}");
    }
}

/// A layout of skopeo, where children are blobs that only the index mentions, is read whole and by each child's digest.
#[test]
fn layouts_of_skopeo_are_read() {
    for name in ["skopeo", "skopeo-new"] {
        let (Some((scene, image)), Some(skopeo)) = (Scene::with("app", fixture::app), oracle(name)) else {
            return;
        };
        skopeo_copy(&skopeo, &["--all"], &scene.docker("app:v1"), &scene.folder.at("oci", name, ":v1"));
        assert_reads(&scene, name, &image);
    }
}

/// A layout of oras is read whole and by each child's digest.
#[test]
fn layouts_of_oras_are_read() {
    let (Some((scene, image)), Some(oras)) = (Scene::with("app", fixture::app), oracle("oras")) else {
        return;
    };
    let target = scene.folder.text("oras:v1");
    oras.run(&["copy", "--from-plain-http", "--to-oci-layout", &scene.name("app:v1"), &target]);
    assert_reads(&scene, "oras", &image);
}

/// A layout of crane, which writes the full name of the image, is read by its tag, by that name, and by each child's digest.
#[test]
fn layouts_of_crane_are_read() {
    let (Some((scene, image)), Some(crane)) = (Scene::with("app", fixture::app), oracle("crane")) else {
        return;
    };
    let target = scene.folder.text("crane");
    crane.run(&["pull", "--insecure", "--format=oci", "--annotate-ref", &scene.name("app:v1"), &target]);
    assert_reads(&scene, "crane", &image);
    let by_name = scene.folder.at("oci", "crane", &format!(":{}", scene.name("app:v1")));
    assert_eq!(copy(&["--all"], &by_name, &scene.folder.at("oci", "o", ":v1")), image.digest);
}

/// A layout of umoci, old and new, is read.
#[test]
fn layouts_of_umoci_are_read() {
    let Some(scene) = Scene::new() else {
        return;
    };
    for name in ["umoci", "umoci-new"] {
        let Some(umoci) = oracle(name) else { return };
        let dir = scene.folder.text(name);
        umoci.run(&["init", "--layout", &dir]);
        let image = format!("{dir}:v1");
        umoci.run(&["new", "--image", &image]);
        umoci.run(&["config", "--image", &image, "--os=linux", "--architecture=amd64", "--config.user=nobody"]);
        let (_, entry) = tags(&scene.folder.path(name)).remove(0);
        let digest = copy(&["--all"], &scene.folder.at("oci", name, ":v1"), &scene.docker(&format!("{name}:v1")));
        assert_eq!(entry["digest"], digest.as_str());
        assert_eq!(scene.digest(name, "v1"), digest);
    }
}

/// A tar of a layout as people make it is read: names that begin with `./`, directories, and entries that no layout has.
#[test]
fn tars_of_a_layout_are_read_whatever_else_is_in_them() {
    let folder = Folder::new();
    let image = fixture::app(&folder.path("app"));
    let mut tar = tar::Builder::new(fs::File::create(folder.path("a.tar")).expect("creating a file"));
    let entry = |kind: tar::EntryType, size: usize| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size as u64);
        header.set_mode(0o755);
        header
    };
    for (name, kind) in [
        ("./", tar::EntryType::Directory),
        ("./blobs", tar::EntryType::Directory),
        ("./blobs/fifo", tar::EntryType::Fifo),
        ("./console", tar::EntryType::Char),
        ("./disk", tar::EntryType::Block),
    ] {
        tar.append_data(&mut entry(kind, 0), name, &b""[..]).expect("writing a tar");
    }
    for (name, bytes) in files(&image.dir) {
        let mut header = entry(tar::EntryType::Regular, bytes.len());
        tar.append_data(&mut header, format!("./{name}"), &bytes[..]).expect("writing a tar");
    }
    tar.finish().expect("ending a tar");
    let archive = folder.at("oci-archive", "a.tar", ":v1");
    assert_eq!(copy(&["--all"], &archive, &folder.at("oci", "o", ":v1")), image.digest);
}

/// Two tags on one digest are two names: writing the second keeps the first, and moving one leaves the other.
#[test]
fn one_digest_keeps_both_its_tags() {
    let folder = Folder::new();
    let (app, single) = (fixture::app(&folder.path("app")), fixture::single(&folder.path("single")));
    let at = |tag: &str| folder.at("oci", "o", tag);
    copy(&["--all"], &app.reference(), &at(":one"));
    copy(&["--all"], &app.reference(), &at(":two"));
    assert_eq!(stevedore(&["tags", &at("")]).ok().text(), "one\ntwo");
    for tag in [":one", ":two"] {
        assert_eq!(copy(&["--all"], &at(tag), &folder.at("oci", "p", tag)), app.digest);
    }
    copy(&[], &single.reference(), &at(":two"));
    assert_eq!(copy(&["--all"], &at(":one"), &folder.at("oci", "p", ":still")), app.digest);
    assert_eq!(copy(&["--all"], &at(":two"), &folder.at("oci", "p", ":moved")), single.digest);
    let Some(skopeo) = oracle("skopeo") else { return };
    for tag in [":one", ":two"] {
        skopeo.run(&["inspect", "--raw", &at(tag)]);
    }
}

/// The children of an index are blobs of a layout and not images of their own: index.json lists what was named.
#[test]
fn children_are_no_entries() {
    let folder = Folder::new();
    let image = fixture::nested(&folder.path("nested"));
    copy(&["--all"], &image.reference(), &folder.at("oci", "o", ":v1"));
    let index = read_json(&folder.path("o/index.json"));
    let entries = index["manifests"].as_array().expect("entries");
    assert_eq!(entries.len(), 1, "{index}");
    assert_eq!(entries[0]["digest"], image.digest.as_str());
    assert_eq!(entries[0]["annotations"]["org.opencontainers.image.ref.name"], "v1");
}

/// index.json is replaced, never written in place: who had it open still has the old one, whole.
#[test]
fn index_json_is_replaced_whole() {
    let folder = Folder::new();
    let image = fixture::app(&folder.path("app"));
    copy(&["--all"], &image.reference(), &folder.at("oci", "o", ":one"));
    let before = fs::read(folder.path("o/index.json")).expect("index.json");
    fs::hard_link(folder.path("o/index.json"), folder.path("held")).expect("linking a file");
    copy(&["--all"], &image.reference(), &folder.at("oci", "o", ":two"));
    assert_eq!(fs::read(folder.path("held")).expect("the old file"), before);
    assert_eq!(tags(&folder.path("o")).len(), 2);
}

/// Copies into one layout at the same time keep each other's names, and other tools read every one.
#[test]
fn copies_at_the_same_time_keep_all_names() {
    let folder = Folder::new();
    let image = fixture::app(&folder.path("app"));
    let names: Vec<String> = (0..8).map(|number| format!("t{number}")).collect();
    thread::scope(|scope| {
        for name in &names {
            let (folder, image) = (&folder, &image);
            scope.spawn(move || copy(&["--all"], &image.reference(), &folder.at("oci", "o", &format!(":{name}"))));
        }
    });
    let mut found: Vec<String> = tags(&folder.path("o")).into_iter().map(|(name, _)| name).collect();
    found.sort();
    assert_eq!(found, names);
    let readers: Vec<Tool> = ["skopeo"].into_iter().filter_map(oracle).collect();
    for name in &names {
        for reader in &readers {
            reader.run(&["inspect", "--raw", &folder.at("oci", "o", &format!(":{name}"))]);
        }
    }
}

/// Without a name the only image is meant; of several the choices are listed, and nothing is guessed.
#[test]
fn several_images_ask_for_a_name() {
    let folder = Folder::new();
    let image = fixture::app(&folder.path("app"));
    let layout = format!("oci:{}", image.dir.display());
    assert_eq!(copy(&["--all"], &layout, &folder.at("oci", "o", ":v1")), image.digest);
    image.tag_parts();
    let run = stevedore(&["copy", "--all", &layout, &folder.at("oci", "o", ":v2")]).code(2);
    assert!(run.stderr.contains("v1") && run.stderr.contains("amd64"), "{}", run.stderr);
    let missing = stevedore(&["copy", &format!("{layout}:nope"), &folder.at("oci", "o", ":v3")]).code(3);
    assert!(missing.stderr.contains("nope"), "{}", missing.stderr);
}

/// A layout with a blob that is not what its name says is not copied, and names nothing at the other end.
#[test]
fn damage_is_found_on_the_way() {
    let folder = Folder::new();
    let image = fixture::single(&folder.path("single"));
    let layer = blob_path(&image.dir, &image.parts[0].layers[0]);
    let mut bytes = fs::read(&layer).expect("a layer");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&layer, &bytes).expect("writing a layer");
    for (transport, name, rest) in [
        ("oci", "o", ":v1"),
        ("dir", "d", ""),
        ("oci-archive", "a", ":v1"),
        ("docker-archive", "k", ":x/a:1"),
        ("static", "s", ":v1"),
    ] {
        let to = folder.at(transport, name, rest);
        let run = stevedore(&["copy", &image.reference(), &to]).code(6);
        assert!(run.stderr.contains(&image.parts[0].layers[0]), "{transport}: {}", run.stderr);
        assert!(stevedore(&["digest", &to]).code != 0, "{transport} has the name");
    }
    fs::write(&layer, &bytes[..middle]).expect("writing a layer");
    stevedore(&["copy", &image.reference(), &folder.at("oci", "o", ":v1")]).code(6);
    // An image that lost a layer is not found, which is another thing.
    fs::remove_file(&layer).expect("removing a layer");
    stevedore(&["copy", &image.reference(), &folder.at("oci", "o", ":v1")]).code(3);
}
