//! `mutate --squash-last`: the squashed image is what the original is, for unpackers that write layer by layer too.

use std::process::Command;

use crate::support::command::stevedore;
use crate::support::layout::{blob_path, read_json, tags};
use crate::support::oracle::{is_root, oracle};
use crate::support::scene::Folder;
use crate::support::tarball::{Tarball, image};

use crate::same_layer::tree;

fn tar() -> Tarball {
    Tarball::new()
}

/// A name, how many layers are squashed, the layers, and the names in the new one.
type Case = (&'static str, usize, Vec<Tarball>, &'static [&'static str]);

fn cases() -> Vec<Case> {
    vec![
        (
            "over a link of the base",
            2,
            vec![tar().symlink("e", "t").directory("t"), tar().directory("e").file("e/x", "1"), tar().file("e/f", "2")],
            &["e/", "e/f", "e/x"],
        ),
        (
            "over a file of the base, deeper",
            3,
            vec![
                tar().directory("a").file("a/e", "old"),
                tar().directory("a/e").file("a/e/x", "1"),
                tar().file("a/e/f", "2"),
                tar().file("a/e/g", "3"),
            ],
            &["a/e/", "a/e/g", "a/e/f", "a/e/x"],
        ),
        (
            "a name of a hard link removed",
            2,
            vec![tar().file("base", "1"), tar().file("a", "x").link("b", "a"), tar().file(".wh.a", "")],
            &[".wh.a", "b"],
        ),
        (
            "a name replaced",
            2,
            vec![tar().file("base", "1"), tar().file("a", "x").link("b", "a"), tar().file("a", "y")],
            &["a", "b"],
        ),
        (
            "three names, two removed",
            2,
            vec![
                tar().file("base", "1"),
                tar().file("a", "x").link("b", "a").link("c", "b"),
                tar().file(".wh.a", "").file(".wh.b", ""),
            ],
            &[".wh.a", ".wh.b", "c"],
        ),
        (
            "hidden by an opaque directory",
            2,
            vec![
                tar().file("base", "1"),
                tar().directory("d").file("d/a", "x").link("b", "d/a"),
                tar().directory("d").file("d/.wh..wh..opq", "").file("d/new", "n"),
            ],
            &["d/", "d/.wh..wh..opq", "d/new", "b"],
        ),
        (
            "a directory that was emptied, and that nobody declares",
            2,
            vec![tar().file("base", "1"), tar().file("n/x", "x"), tar().file("n/.wh.x", "")],
            &["n/", "n/.wh.x"],
        ),
        (
            "a directory that was emptied, and that the base declares",
            2,
            vec![tar().directory("n").file("n/y", "y"), tar().file("n/x", "x"), tar().file("n/.wh.x", "")],
            &["n/.wh.x"],
        ),
        (
            "a hard link into the base",
            2,
            vec![tar().file("base", "1"), tar().link("h", "base"), tar().file("z", "Z")],
            &["z", "h"],
        ),
        (
            "a hard link into the base, over a directory, and another one to it",
            2,
            vec![tar().file("b", "1"), tar().file("a/c", "x").link("a", "b").link("e", "a"), tar().file("z", "Z")],
            &["z", "a", "e"],
        ),
        (
            "a directory that was made for a hard link into the base, and emptied",
            2,
            vec![tar().file("b", "1"), tar().link("n/h", "b"), tar().file("n/.wh.h", "")],
            &["n/", "n/.wh.h"],
        ),
        (
            "an opaque directory that the base declares",
            2,
            vec![tar().directory("d").mode(0o1777, 2), tar().file("d/x", "x"), tar().file("d/.wh..wh..opq", "")],
            &["d/.wh..wh..opq"],
        ),
        (
            "a directory that was removed, and that nobody declares again",
            2,
            vec![tar().directory("d").mode(0o1777, 2), tar().file(".wh.d", ""), tar().file("d/x", "x")],
            &["d/", "d/.wh..wh..opq", "d/x"],
        ),
        (
            "a file that hid a directory of the base",
            2,
            vec![
                tar().directory("d").file("d/old", "o"),
                tar().file("d", "f"),
                tar().directory("d").file("d/new", "n"),
            ],
            &["d/", "d/.wh..wh..opq", "d/new"],
        ),
        (
            "a link replaced by a directory in its own layer",
            2,
            vec![
                tar().file("base", "1"),
                tar().symlink("l", "t").directory("l").file("l/x", "X"),
                tar().file("z", "Z"),
            ],
            &["l/", "l/.wh..wh..opq", "z", "l/x"],
        ),
    ]
}

#[test]
fn a_part_is_squashed_to_the_same_tree() {
    let umoci = oracle("umoci-new").filter(|_| is_root());
    for (name, count, layers, names) in cases() {
        let folder = Folder::new();
        let bytes: Vec<Vec<u8>> = layers.iter().map(Tarball::end).collect();
        let reference = image(&folder.path("i"), &bytes);
        let squashed = folder.at("oci", "s", ":x");
        let kept = layers.len() - count;
        stevedore(&["mutate", &reference, "--squash-last", &count.to_string(), "--to", &squashed]).ok();
        let tags = tags(&folder.path("s"));
        let blob = |digest: &serde_json::Value| blob_path(&folder.path("s"), digest.as_str().expect("a digest"));
        let manifest = read_json(&blob(&tags[0].1["digest"]));
        assert_eq!(manifest["layers"].as_array().map(Vec::len), Some(kept + 1), "{name}");
        let output = Command::new("tar").arg("-tzf").arg(blob(&manifest["layers"][kept]["digest"])).output();
        let output = output.expect("tar runs");
        let found: Vec<&str> = std::str::from_utf8(&output.stdout).expect("text").lines().collect();
        assert_eq!(found, names, "{name}");
        let trees = [("before", &reference), ("after", &squashed)].map(|(into, reference)| {
            stevedore(&["export", reference, "-o", &format!("{}/", folder.text(into))]).ok();
            tree(&folder.path(into))
        });
        assert_eq!(trees[0], trees[1], "{name}");
        if let Some(umoci) = &umoci {
            let bundle = folder.text("bundle");
            let layout = squashed.strip_prefix("oci:").expect("a layout");
            umoci.run(&["unpack", "--image", layout, &bundle]);
            assert_eq!(tree(&folder.path("bundle/rootfs")), trees[0], "{name}: umoci");
        }
    }
}
