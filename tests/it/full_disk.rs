//! A disk that is full: the old image stays, the error says where, and no archive is cut short.

use std::fs;

use crate::support::command::Program;
use crate::support::fixture;
use crate::support::scene::{Folder, copy};
use crate::support::target::{Reader, TARGETS, Target, contents, names};

/// Runs a copy that may make no file longer than this many kibibytes: a disk that is full after so much, for whoever writes, and one that
/// needs no rights to be made.
fn copy_with_limit(kibibytes: u32, from: &str, to: &str) -> crate::support::command::Run {
    let script = format!("trap '' XFSZ; ulimit -f {kibibytes}; exec \"$0\" copy \"$@\"");
    Program::new("bash", &["-c", &script, env!("CARGO_BIN_EXE_stevedore"), from, to]).run()
}

/// Nothing was there: nothing is there afterwards, but for a blob to be resumed.
#[test]
fn a_first_copy_that_finds_no_room_leaves_no_image() {
    let folder = Folder::new();
    let image = fixture::big(&folder.path("big"), 1, 1_000_000);
    for target in TARGETS {
        let work = folder.path(&format!("{target:?}"));
        fs::create_dir(&work).expect("making a directory");
        let to = target.location(&work);
        let run = copy_with_limit(200, &image.reference(), &to).code(1);
        assert!(run.stderr.contains(&work.display().to_string()), "{target:?}: {}", run.stderr);
        assert!(run.stderr.contains("File too large"), "{target:?}: {}", run.stderr);
        assert_eq!(run.text(), "");
        match target {
            Target::OciArchive | Target::DockerArchive => {
                assert!(!work.join(target.file()).exists(), "{target:?} is there: {:?}", names(&work));
            }
            // Blobs have landed there, with which the next copy begins; no image has.
            Target::Layout | Target::Dir | Target::Static => {
                assert_ne!(Program::stevedore(&["digest", &to]).run().code, 0, "{target:?}: {:?}", names(&work));
                assert!(!work.join("dir/manifest.json").exists() && !work.join("layout/index.json").exists());
            }
        }
        // With room again, the same command does it, and leaves what a first copy leaves.
        assert_eq!(copy(&[], &image.reference(), &to), image.digest);
        let clean = folder.path(&format!("clean-{target:?}"));
        fs::create_dir(&clean).expect("making a directory");
        copy(&[], &image.reference(), &target.location(&clean));
        assert_eq!(names(&work), names(&clean), "{target:?}");
    }
}

/// An image was there: it is as it was, for another tool too.
#[test]
fn a_copy_that_finds_no_room_leaves_the_old_image() {
    let folder = Folder::new();
    let old = fixture::single(&folder.path("old"));
    let new = fixture::big(&folder.path("big"), 1, 1_000_000);
    for target in TARGETS {
        let work = folder.path(&format!("{target:?}"));
        fs::create_dir(&work).expect("making a directory");
        let to = target.location(&work);
        copy(&[], &old.reference(), &to);
        let Some(reader) = Reader::new(target, &work) else {
            return;
        };
        let before = contents(&work);
        copy_with_limit(200, &new.reference(), &to).code(1);
        let now = contents(&work);
        for entry in before {
            assert!(now.contains(&entry), "{target:?}: {} has changed", entry.0);
        }
        assert_eq!(reader.which(&[&old, &new]), 0, "{target:?}");
        copy(&[], &new.reference(), &to);
        assert_eq!(reader.which(&[&old, &new]), 1, "{target:?}");
    }
}

/// The archive that is too long for the disk, while its parts are not, is not cut short either.
#[test]
fn an_archive_longer_than_the_room_is_not_cut_short() {
    let folder = Folder::new();
    let image = fixture::big(&folder.path("big"), 3, 150_000);
    for target in [Target::OciArchive, Target::DockerArchive] {
        let work = folder.path(&format!("{target:?}"));
        fs::create_dir(&work).expect("making a directory");
        let to = target.location(&work);
        let run = copy_with_limit(300, &image.reference(), &to).code(1);
        assert!(run.stderr.contains("File too large"), "{target:?}: {}", run.stderr);
        assert!(!work.join(target.file()).exists(), "{target:?}: {:?}", names(&work));
        copy(&[], &image.reference(), &to);
        assert_eq!(names(&work), [target.file()]);
    }
}
