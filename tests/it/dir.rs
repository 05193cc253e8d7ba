//! `dir:` against skopeo, which defines it.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::command::{Run, stevedore};
use crate::support::fixture::{self, Fixture};
use crate::support::oracle::{Tool, oracle};

/// Two images as skopeo writes them, and room for more.
struct Images {
    room: TempDir,
    skopeo: Tool,
}

impl Images {
    fn new() -> Option<Images> {
        let images = Images { room: TempDir::new().expect("a temporary directory"), skopeo: oracle("skopeo-new")? };
        images.write("index", fixture::app);
        images.write("single", fixture::single);
        Some(images)
    }

    /// Has skopeo write a fixture to `dir:NAME`.
    fn write(&self, name: &str, make: impl Fn(&Path) -> Fixture) {
        let fixture = make(&self.path(&format!("{name}-layout")));
        self.skopeo.run(&["copy", "-q", "-a", &fixture.reference(), &self.dir(name)]);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.room.path().join(name)
    }

    fn dir(&self, name: &str) -> String {
        format!("dir:{}", self.path(name).display())
    }

    #[track_caller]
    fn copy(&self, from: &str, to: &str) -> Run {
        stevedore(&["copy", "--all", &self.dir(from), &self.dir(to)])
    }

    #[track_caller]
    fn assert_same(&self, one: &str, other: &str) {
        assert_eq!(files(&self.path(one)), files(&self.path(other)), "{one} and {other}");
    }
}

/// Returns names and contents of everything in a directory, hidden files too.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .expect("a directory")
        .map(|entry| {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("a name in UTF-8");
            (name, fs::read(entry.path()).unwrap_or_default())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn equals_what_skopeo_writes() {
    let Some(images) = Images::new() else { return };
    images.write("artifact", fixture::artifact);
    images.write("docker", fixture::docker);
    for name in ["index", "single", "artifact", "docker"] {
        let copy = format!("{name}-copy");
        images.copy(name, &copy).ok();
        images.assert_same(name, &copy);
    }
}

#[test]
fn holds_nested_indexes() {
    let Some(images) = Images::new() else { return };
    // skopeo cannot write this one.
    let nested = fixture::nested(&images.path("nested-layout"));
    assert_eq!(stevedore(&["copy", "--all", &nested.reference(), &images.dir("nested")]).ok().text(), nested.digest);
    assert_eq!(images.copy("nested", "again").ok().text(), nested.digest);
    images.assert_same("nested", "again");
}

#[test]
fn skopeo_reads_what_is_written() {
    let Some(images) = Images::new() else { return };
    images.copy("index", "ours").ok();
    images.skopeo.run(&["copy", "-q", "-a", &images.dir("ours"), &images.dir("theirs")]);
    images.assert_same("index", "theirs");
}

#[test]
fn another_image_replaces_the_old_one() {
    let Some(images) = Images::new() else { return };
    images.copy("index", "target").ok();
    let target = images.path("target");
    fs::write(target.join("signature-1"), "of the old image").expect("written");
    fs::write(target.join("notes.txt"), "not of an image").expect("written");
    images.copy("single", "target").ok();
    assert_eq!(fs::read_to_string(target.join("notes.txt")).expect("stays"), "not of an image");
    fs::remove_file(target.join("notes.txt")).expect("removed");
    images.assert_same("single", "target");
    images.copy("index", "target").ok();
    images.assert_same("index", "target");
}

#[test]
fn signatures_stay_while_the_image_does() {
    let Some(images) = Images::new() else { return };
    images.copy("single", "target").ok();
    let target = images.path("target");
    fs::write(target.join("signature-1"), "good").expect("written");
    // Something is missing, so that the copy is more than a look.
    let blob = fs::read_dir(&target)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.file_name().is_some_and(|name| name.len() == 64))
        .expect("a blob");
    fs::remove_file(blob).expect("removed");
    images.copy("single", "target").ok();
    fs::remove_file(target.join("signature-1")).expect("it stayed");
    images.assert_same("single", "target");
}

#[test]
fn other_directories_are_refused() {
    let Some(images) = Images::new() else { return };
    for (name, file, content) in [
        ("other", "notes.txt", "mine"),
        ("odd", "version", "1.1\n"),
        ("future", "version", "Directory Transport Version: 2.0\n"),
        ("unended", "version", "Directory Transport Version: 1.1"),
    ] {
        let dir = images.path(name);
        fs::create_dir(&dir).expect("made");
        fs::write(dir.join(file), content).expect("written");
        let run = images.copy("single", name).code(1);
        assert!(run.stderr.contains("name a new or an empty directory"), "{}", run.stderr);
        assert_eq!(files(&dir), [(file.to_owned(), content.as_bytes().to_vec())]);
    }
    fs::write(images.path("file"), "mine").expect("written");
    images.copy("single", "file").code(1);
    fs::create_dir(images.path("empty")).expect("made");
    images.copy("single", "empty").ok();
    images.assert_same("single", "empty");
    // What an interrupted copy leaves is no obstacle.
    fs::create_dir_all(images.path("begun/.partial")).expect("made");
    images.copy("single", "begun").ok();
    images.assert_same("single", "begun");
}

#[test]
fn a_failed_copy_leaves_nothing() {
    let Some(images) = Images::new() else { return };
    for (name, content) in files(&images.path("single")) {
        if name.len() == 64 {
            fs::write(images.path("single").join(name), vec![b'x'; content.len()]).expect("written");
        }
    }
    images.copy("single", "new/deep").code(6);
    assert!(!images.path("new").exists());
    images.copy("missing", "new").code(3);
    assert!(!images.path("new").exists());
}

#[test]
fn there_are_no_tags_to_list() {
    let Some(images) = Images::new() else { return };
    let run = stevedore(&["tags", &images.dir("single")]).code(1);
    assert!(run.stderr.contains("a dir: holds one image without a name"), "{}", run.stderr);
}
