//! Deep trees and long paths: done, or refused in one sentence, by every verb that reads layers.

use std::fs;
use std::path::Path;

use crate::support::command::stevedore;
use crate::support::scene::Folder;
use crate::support::tarball::{Tarball, image};

/// `d/d/…/f`, of so many bytes.
fn path(length: usize) -> String {
    assert!(length % 2 == 1, "a letter, and a slash and a letter for each level");
    "d/".repeat(length / 2) + "f"
}

fn named(path: &str) -> Tarball {
    Tarball::new().pax(&[("path", path.as_bytes())]).file("x", "content")
}

/// Each of `count` levels as a directory of its own, and a file in the last.
fn levels(count: usize) -> Tarball {
    let mut tar = Tarball::new();
    for level in 1..=count {
        let path = "d/".repeat(level);
        tar = tar.pax(&[("path", path.as_bytes())]).directory("x");
    }
    let file = "d/".repeat(count) + "f";
    tar.pax(&[("path", file.as_bytes())]).file("x", "content")
}

/// Counts the levels of a chain of folders called `d`, one by one, for the whole path is too long to be opened.
fn depth(root: &Path) -> usize {
    let find =
        std::process::Command::new("find").arg(root).args(["-name", "d", "-printf", "."]).output().expect("find");
    find.stdout.len()
}

#[test]
fn a_path_that_linux_opens_is_taken_and_a_longer_one_refused() {
    let folder = Folder::new();
    let longest = path(4095);
    let dots = format!("./././{longest}");
    for (name, long) in [("plain", &longest), ("with dots", &dots)] {
        let reference = image(&folder.path(name), &[named(long).end()]);
        let listed = stevedore(&["ls", &reference]).ok();
        assert_eq!(listed.text().lines().last(), Some(&*longest), "{name}");
        assert_eq!(stevedore(&["cat", &reference, &longest]).ok().text(), "content", "{name}");
    }
    let longer = format!("d/{longest}");
    let hidden = format!("{}.wh.x", "d/".repeat(2050));
    for (name, long) in [("too long", &longer), ("a whiteout", &hidden)] {
        let reference = image(&folder.path(name), &[Tarball::new().file("a", "").end(), named(long).end()]);
        let tar = folder.text("out.tar");
        let into = folder.text("out/");
        let other = folder.at("oci", "flat", ":x");
        for arguments in [
            &["ls", &reference][..],
            &["ls", "--layers", &reference],
            &["ls", "--layer", "1", &reference],
            &["cat", &reference, "/a"],
            &["export", &reference, "-o", &tar],
            &["export", &reference, "-o", &into],
            &["mutate", &reference, "--flatten", "--to", &other],
            &["sbom", &reference],
        ] {
            let run = stevedore(arguments).code(1);
            let wanted = "has a path of more than 4095 bytes, which no runtime can unpack";
            assert!(run.stderr.contains(wanted), "{name} {arguments:?}: {}", run.stderr);
        }
        assert!(!Path::new(&tar).exists() && !Path::new(&into).exists(), "{name}");
    }
}

#[test]
fn a_tree_of_two_thousand_levels_comes_out_of_every_view() {
    // Half of them where a second look at them costs a minute in a debug build.
    const LEVELS: usize = 2000;
    const FEWER: usize = LEVELS / 2;
    let folder = Folder::new();
    let whiteout = Tarball::new().file(".wh.d", "").file("left", "").end();
    let tables = [
        ("declared", vec![levels(LEVELS).end()], LEVELS),
        ("implied", vec![named(&("d/".repeat(FEWER) + "f")).end()], FEWER),
        ("twice", vec![levels(FEWER).end(), levels(FEWER).end()], FEWER),
        ("under a whiteout", vec![levels(FEWER).end(), whiteout], 0),
    ];
    for (name, layers, wanted) in tables {
        let reference = image(&folder.path(name), &layers);
        let (out, flat) = (folder.path(&format!("{name} out")), folder.at("oci", &format!("{name} flat"), ":x"));
        stevedore(&["export", &reference, "-o", &format!("{}/", out.display())]).ok();
        assert_eq!(depth(&out), wanted, "{name}");
        stevedore(&["mutate", &reference, "--flatten", "--to", &flat]).ok();
        stevedore(&["diff", &reference, &flat]).ok();
        let lines = stevedore(&["ls", &flat]).ok().text().lines().count();
        assert_eq!(lines, wanted + 1, "{name}");
        // Only what goes by parts gets rid of it.
        let removed = std::process::Command::new("rm").arg("-rf").arg(&out).status().expect("runs");
        assert!(removed.success() && fs::metadata(&out).is_err(), "{name}");
    }
}

/// Beyond what may be open at a time, the way is walked again, and other branches in between change nothing.
#[test]
fn branches_of_a_deep_tree_are_filled_in_any_order() {
    let folder = Folder::new();
    let mut tar = Tarball::new();
    let mut wanted = Vec::new();
    for number in 0..60 {
        for branch in ["a/", "b/"] {
            let level = [200, 3, 120, 64, 65, 1][number % 6];
            let path = format!("{}f{number}", branch.repeat(level));
            tar = tar.pax(&[("path", path.as_bytes())]).file("x", &path);
            wanted.push(path);
        }
    }
    let reference = image(&folder.path("i"), &[tar.end()]);
    stevedore(&["export", &reference, "-o", &folder.text("out/")]).ok();
    for path in wanted {
        assert_eq!(fs::read_to_string(folder.path("out").join(&path)).expect("is there"), path);
    }
}
