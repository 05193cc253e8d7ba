//! No blob is ever held in memory: a layer many times bigger than what a copy may hold goes through every kind of place.

use std::fs;

use crate::support::command::Program;
use crate::support::fixture;
use crate::support::scene::{Folder, Scene};

/// The layer, and the most memory that a copy may hold while it goes through, an unoptimized build's overhead included.
const LAYER: u64 = 200 << 20;
const MOST: u64 = 40 << 20;

#[track_caller]
fn assert_small(from: &str, to: &str) {
    let (run, peak) = Program::stevedore(&["copy", from, to]).peak_rss();
    run.ok();
    assert!(peak <= MOST, "{from} to {to} held {} KiB", peak >> 10);
}

/// Through a registry, up and down.
#[test]
fn registries_and_layouts_hold_no_layer_in_memory() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let image = fixture::big(&scene.folder.path("big"), 1, LAYER);
    assert_small(&image.reference(), &scene.docker("big:v1"));
    fs::remove_dir_all(&image.dir).expect("removing a layout");
    assert_small(&scene.docker("big:v1"), &scene.folder.at("oci", "o", ":v1"));
}

/// Through docker's archives, written and read.
#[test]
fn docker_archives_hold_no_layer_in_memory() {
    through("docker-archive", "k.tar", ":ex.com/a:1");
}

/// Through archives of a layout, written and read.
#[test]
fn oci_archives_hold_no_layer_in_memory() {
    through("oci-archive", "a.tar", ":v1");
}

/// Through static trees, written and read.
#[test]
fn static_trees_hold_no_layer_in_memory() {
    through("static", "s", ":v1");
}

/// From a layout into a place, and from there into a directory.
#[track_caller]
fn through(transport: &str, name: &str, rest: &str) {
    let folder = Folder::new();
    let image = fixture::big(&folder.path("big"), 1, LAYER);
    let place = folder.at(transport, name, rest);
    assert_small(&image.reference(), &place);
    fs::remove_dir_all(&image.dir).expect("removing a layout");
    assert_small(&place, &folder.at("dir", "d", ""));
}
