//! A copy that fails leaves nothing that was not there.

use std::fs;
use std::path::Path;

use crate::support::command::{Run, stevedore};
use crate::support::fixture;
use crate::support::layout::{blob_path, tags};
use crate::support::registry::{self, Registry};
use crate::support::scene::{Folder, Scene, copy};
use crate::support::target::{TARGETS, Target, contents};

/// Sources that cannot be had, each with its exit code and what the message must say; whatever the destination is, its folder stays empty.
#[test]
fn a_source_that_cannot_be_had_leaves_nothing() {
    let options = registry::Options { htpasswd: true, ..Default::default() };
    let (Some((scene, _)), Some(closed)) = (Scene::with("app", fixture::app), Registry::start_with(options)) else {
        return;
    };
    let denied = format!("docker://{}/app:v1", closed.host());
    let table: &[(&[&str], &str, i32, &str)] = &[
        (&["--retry-times=0"], "docker://127.0.0.1:1/app:v1", 5, "127.0.0.1:1"),
        (&[], &denied, 4, ".docker/config.json"),
        (&[], &scene.docker("app:nope"), 3, "tag nope not found"),
        (&[], &scene.docker("nope:v1"), 3, "tag v1 not found"),
        (&["--platform=linux/s390x"], &scene.docker("app:v1"), 3, "linux/amd64, linux/arm64/v8"),
        (&[], "oci:/nonexistent:v1", 3, "/nonexistent"),
        (&[], "dir:/nonexistent", 3, "/nonexistent"),
        (&[], "oci-archive:/nonexistent.tar:v1", 3, "/nonexistent.tar"),
        (&[], "docker-archive:/nonexistent.tar", 3, "/nonexistent.tar"),
        (&[], "static:/nonexistent:app:v1", 3, "/nonexistent"),
        (&["--preserve-digests", "--format=docker", "--all"], &scene.docker("app:v1"), 1, "digest"),
        (&[], "docker://App", 2, "lowercase"),
    ];
    for target in TARGETS {
        let work = scene.folder.path(&format!("{target:?}"));
        fs::create_dir(&work).expect("making a directory");
        for (flags, from, code, message) in table {
            let run = attempt(flags, from, &target.location(&work));
            assert_eq!(run.code, *code, "{flags:?} {from} to {target:?}: {}", run.stderr);
            assert!(run.stderr.contains(message), "{flags:?} {from} to {target:?}: {}", run.stderr);
            assert_empty(&work, &format!("{flags:?} {from} to {target:?}: {}", run.stderr));
        }
    }
}

/// A blob that is missing or not what its digest says stops the copy: there is no image then, and what was one before stays as it was.
#[test]
fn a_source_with_a_bad_blob_leaves_no_image() {
    let folder = Folder::new();
    let old = fixture::single(&folder.path("old"));
    let missing = fixture::big(&folder.path("missing"), 1, 30_000);
    fs::remove_file(blob_path(&missing.dir, &missing.parts[0].layers[0])).expect("it is there");
    let damaged = fixture::big(&folder.path("damaged"), 1, 40_000);
    let layer = blob_path(&damaged.dir, &damaged.parts[0].layers[0]);
    let mut content = fs::read(&layer).expect("it is there");
    *content.last_mut().expect("it is not empty") ^= 1;
    fs::write(&layer, content).expect("writing a file");
    for (name, image, code) in [("missing", &missing, 3), ("damaged", &damaged, 6)] {
        for target in TARGETS {
            let work = folder.path(&format!("{name}-{target:?}"));
            fs::create_dir(&work).expect("making a directory");
            let to = target.location(&work);
            let run = attempt(&[], &image.reference(), &to);
            assert_eq!(run.code, code, "{name} {target:?}: {}", run.stderr);
            assert!(run.stderr.contains(&image.parts[0].layers[0]), "{name} {target:?}: {}", run.stderr);
            match target {
                Target::Layout => {
                    let has_index = work.join("layout/index.json").exists();
                    assert!(!has_index || tags(&work.join("layout")).is_empty(), "{name}: a name is there");
                }
                Target::Static => {
                    stevedore(&["digest", &to]).code(3);
                }
                // The config may have landed, with which the next copy begins; the image has not.
                Target::Dir => assert!(!work.join("dir/manifest.json").exists(), "{name}: an image is there"),
                Target::OciArchive | Target::DockerArchive => {
                    assert!(!work.join(target.file()).exists(), "{name}: {target:?} is there");
                }
            }
            copy(&[], &old.reference(), &to);
            let before = contents(&work);
            attempt(&[], &image.reference(), &to).code(code);
            let now = contents(&work);
            for entry in before {
                assert!(now.contains(&entry), "{name} {target:?}: {} has changed", entry.0);
            }
        }
    }
}

/// A dry run makes no file and no folder.
#[test]
fn a_dry_run_leaves_nothing() {
    let folder = Folder::new();
    let image = fixture::app(&folder.path("app"));
    for target in TARGETS {
        let work = folder.path(&format!("{target:?}"));
        fs::create_dir(&work).expect("making a directory");
        let run = attempt(&["--dry-run"], &image.reference(), &target.location(&work)).ok();
        assert!(run.text().contains("write manifest"), "{}", run.text());
        assert_empty(&work, &format!("dry run to {target:?}"));
    }
}

fn attempt(flags: &[&str], from: &str, to: &str) -> Run {
    let arguments: Vec<&str> = ["copy"].iter().chain(flags).chain(&[from, to]).copied().collect();
    stevedore(&arguments)
}

#[track_caller]
fn assert_empty(folder: &Path, what: &str) {
    let entries = fs::read_dir(folder).expect("a readable directory");
    let names: Vec<_> = entries.map(|entry| entry.expect("a readable directory").file_name()).collect();
    assert!(names.is_empty(), "{names:?} is left by {what}");
}
