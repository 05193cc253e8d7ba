//! What we write on disk, other tools read: layouts, archives and directories, byte for byte where they have one form.

use std::fs::{self, File};

use crate::support::command::{Program, stevedore};
use crate::support::fixture;
use crate::support::layout::sha256;
use crate::support::oracle::oracle;
use crate::support::scene::{Folder, Scene, assert_same_files, copy, skopeo_copy};

/// A layout of a whole index is what skopeo, oras and umoci read, with the same digest.
#[test]
fn a_layout_is_read_by_skopeo_oras_and_umoci() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    let layout = scene.folder.at("oci", "o", ":v1");
    assert_eq!(copy(&["--all"], &scene.docker("app:v1"), &layout), image.digest);
    for name in ["skopeo", "skopeo-new"] {
        let Some(skopeo) = oracle(name) else { continue };
        let raw = skopeo.run(&["inspect", "--raw", &layout]);
        assert_eq!(sha256(&raw.stdout), image.digest, "{name}");
        skopeo_copy(&skopeo, &["--all"], &layout, &scene.folder.at("dir", name, ""));
    }
    let plain = scene.folder.text("o:v1");
    if let Some(oras) = oracle("oras") {
        assert_eq!(oras.run(&["resolve", "--oci-layout", &plain]).text(), image.digest);
    }
    if let Some(umoci) = oracle("umoci") {
        assert_eq!(umoci.run(&["list", "--layout", &scene.folder.text("o")]).text(), "v1");
    }
}

/// A directory is byte for byte what skopeo writes, version file and children included.
#[test]
fn a_directory_equals_skopeos() {
    let (Some((scene, _)), Some(skopeo)) = (Scene::with("app", fixture::app), oracle("skopeo")) else {
        return;
    };
    copy(&["--all"], &scene.docker("app:v1"), &scene.folder.at("dir", "d1", ""));
    skopeo_copy(&skopeo, &["--all"], &scene.docker("app:v1"), &scene.folder.at("dir", "d2", ""));
    assert_same_files(&scene.folder.path("d1"), &scene.folder.path("d2"));
    assert!(scene.folder.path("d1/version").exists());
}

/// A directory of an index keeps every child: it comes back whole, here and by skopeo.
#[test]
fn a_directory_keeps_every_child() {
    let (Some((scene, image)), Some(skopeo)) = (Scene::with("app", fixture::app), oracle("skopeo")) else {
        return;
    };
    let dir = scene.folder.at("dir", "d", "");
    copy(&["--all"], &scene.docker("app:v1"), &dir);
    for part in &image.parts {
        let child = scene.folder.path("d").join(format!("{}.manifest.json", part.digest.trim_start_matches("sha256:")));
        assert_eq!(sha256(&fs::read(child).expect("a child manifest")), part.digest);
    }
    assert_eq!(copy(&["--all"], &dir, &scene.docker("back:v1")), image.digest);
    skopeo_copy(&skopeo, &["--all"], &dir, &scene.docker("skopeo:v1"));
    assert_eq!(scene.digest("skopeo", "v1"), image.digest);
}

/// A directory is written over only when it is one of these; a directory with anything else in it is left alone.
#[test]
fn a_directory_with_other_files_is_refused() {
    let folder = Folder::new();
    let image = fixture::app(&folder.path("app"));
    fs::create_dir(folder.path("home")).expect("making a directory");
    fs::write(folder.path("home/letter.txt"), "dear reader").expect("writing a file");
    let run = stevedore(&["copy", "--all", &image.reference(), &folder.at("dir", "home", "")]);
    assert!(run.code != 0, "written over");
    let names: Vec<_> = fs::read_dir(folder.path("home")).expect("a directory").collect();
    assert_eq!(names.len(), 1, "{names:?}");
    copy(&["--all"], &image.reference(), &folder.at("dir", "d", ""));
    let single = fixture::single(&folder.path("single"));
    copy(&[], &single.reference(), &folder.at("dir", "d", ""));
    let manifest = fs::read(folder.path("d/manifest.json")).expect("a manifest");
    assert_eq!(sha256(&manifest), single.digest);
}

/// An archive of a layout is what skopeo reads, each byte of the image the same.
#[test]
fn an_oci_archive_is_read_by_skopeo() {
    let (Some((scene, image)), Some(skopeo)) = (Scene::with("app", fixture::app), oracle("skopeo")) else {
        return;
    };
    let archive = scene.folder.at("oci-archive", "a.tar", ":v1");
    assert_eq!(copy(&["--all"], &scene.docker("app:v1"), &archive), image.digest);
    skopeo_copy(&skopeo, &["--all"], &archive, &scene.folder.at("dir", "d3", ""));
    skopeo_copy(&skopeo, &["--all"], &scene.docker("app:v1"), &scene.folder.at("dir", "d2", ""));
    assert_same_files(&scene.folder.path("d3"), &scene.folder.path("d2"));
}

/// The same image makes the same archive, whatever the clock says: no entry carries a time, an owner, or a name of the machine.
#[test]
fn archives_are_the_same_each_time() {
    let Some((scene, _)) = Scene::with("app", fixture::app) else {
        return;
    };
    for transport in ["oci-archive", "docker-archive"] {
        let name = |number: u32| format!("{transport}-{number}.tar");
        for number in [1, 2] {
            let flags = ["--all", if number == 1 { "--jobs=1" } else { "--jobs=4" }];
            copy(&flags, &scene.docker("app:v1"), &scene.folder.at(transport, &name(number), ":ex.com/a:1"));
        }
        let bytes = |number| fs::read(scene.folder.path(&name(number))).expect("an archive");
        assert!(bytes(1) == bytes(2), "{transport} differs");
        let mut archive = tar::Archive::new(File::open(scene.folder.path(&name(1))).expect("an archive"));
        for entry in archive.entries().expect("a tar") {
            let entry = entry.expect("an entry");
            let header = entry.header();
            let fixed = (header.mtime().ok(), header.uid().ok(), header.gid().ok());
            assert_eq!(fixed, (Some(0), Some(0), Some(0)), "{:?}", entry.path());
            assert_eq!((header.username().ok(), header.groupname().ok()), (Some(Some("")), Some(Some(""))));
        }
    }
}

/// An archive streams to standard output, and from standard input, with nothing else in it.
#[test]
fn archives_stream() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    for (transport, all) in [("oci-archive", "--all"), ("docker-archive", "--platform=linux/amd64")] {
        let to = format!("{transport}:-:ex.com/a:1");
        let written = stevedore(&["copy", all, &scene.docker("app:v1"), &to]).ok().stdout;
        copy(&[all], &scene.docker("app:v1"), &scene.folder.at(transport, transport, ":ex.com/a:1"));
        let file = fs::read(scene.folder.path(transport)).expect("an archive");
        assert!(written == file, "{transport}: {} and {} bytes", written.len(), file.len());
        let name = format!("{transport}:v1");
        let target = scene.docker(&name);
        let run = Program::stevedore(&["copy", "--all", &format!("{transport}:-"), &target]).stdin(&written).run().ok();
        let wanted = if all == "--all" { &image.digest } else { &image.part("linux/amd64").digest };
        assert_eq!((run.text(), &scene.digest(transport, "v1")), (wanted.as_str(), wanted));
    }
}

/// A second image joins an archive of a layout, and the first one stays.
#[test]
fn an_archive_keeps_its_other_images() {
    let folder = Folder::new();
    let (app, single) = (fixture::app(&folder.path("app")), fixture::zstd(&folder.path("zstd")));
    let at = |tag: &str| folder.at("oci-archive", "a.tar", tag);
    copy(&["--all"], &app.reference(), &at(":one"));
    copy(&["--all"], &single.reference(), &at(":two"));
    assert_eq!(stevedore(&["tags", &at("")]).ok().text(), "one\ntwo");
    assert_eq!(copy(&["--all"], &at(":one"), &folder.at("oci", "o", ":one")), app.digest);
    assert_eq!(copy(&["--all"], &at(":two"), &folder.at("oci", "o", ":two")), single.digest);
}

/// A static tree holds the whole image and gives it back unchanged, from every platform.
#[test]
fn a_static_tree_gives_the_image_back() {
    let folder = Folder::new();
    let image = fixture::nested(&folder.path("nested"));
    let tree = folder.at("static", "tree", ":team/app:v1");
    assert_eq!(copy(&["--all"], &image.reference(), &tree), image.digest);
    assert_eq!(copy(&["--all"], &tree, &folder.at("oci", "o", ":v1")), image.digest);
    assert_eq!(stevedore(&["tags", &folder.at("static", "tree", ":team/app")]).ok().text(), "v1");
}
