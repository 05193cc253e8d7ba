//! A copy that is killed leaves the old image or the new one, and the next copy leaves nothing else.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::command::{Program, stevedore};
use crate::support::content::fraction;
use crate::support::fixture::{self, Fixture};
use crate::support::proxy::{Mode, Proxy};
use crate::support::registry::Registry;
use crate::support::scene::{Folder, copy};
use crate::support::seed;
use crate::support::target::{Reader, Target, contents, duplicate, names, restore};

/// Kills at each place.
const KILLS: u64 = 10;

#[test]
fn a_layout_is_old_or_new() {
    is_old_or_new(Target::Layout);
}

#[test]
fn an_oci_archive_is_old_or_new() {
    is_old_or_new(Target::OciArchive);
}

#[test]
fn a_docker_archive_is_old_or_new() {
    is_old_or_new(Target::DockerArchive);
}

#[test]
fn a_dir_is_old_or_new() {
    is_old_or_new(Target::Dir);
}

#[test]
fn a_static_tree_is_old_or_new() {
    is_old_or_new(Target::Static);
}

/// Kills copies of a new image over an old one at random moments: half of them come from a slow registry, so that blobs are on their way,
/// and half from a local layout, so that names are being written. Each time another tool reads one of the two images, whole; the next run
/// puts the new one there and nothing that an undisturbed copy would not have put there.
fn is_old_or_new(target: Target) {
    let Some(registry) = Registry::start() else {
        return;
    };
    let folder = Folder::new();
    let old = fixture::single(&folder.path("old"));
    let new = fixture::big(&folder.path("new"), 3, 150_000);
    seed::push_all(&new.dir, &registry.client(), "app");
    let slow = Proxy::start(&registry.host(), Mode::Throttle(600_000));
    let sources = [format!("docker://{}/app:v1", slow.host()), new.reference()];

    let before = folder.path("before");
    fs::create_dir(&before).expect("making a directory");
    copy(&[], &old.reference(), &target.location(&before));
    let after = folder.path("after");
    duplicate(&before, &after);
    copy(&[], &new.reference(), &target.location(&after));
    let durations = sources.each_ref().map(|source| duration(source, &before, &folder.path("timed"), target));

    let work = folder.path("work");
    duplicate(&before, &work);
    let Some(reader) = Reader::new(target, &work) else {
        return;
    };
    assert_eq!(reader.which(&[&old, &new]), 0);
    let mut killed = 0;
    for kill in 0..KILLS {
        let number = usize::from(kill % 2 == 1);
        restore(&before, &work);
        let moment = durations[number].mul_f64(fraction(kill * 5 + target as u64));
        let mut copying = Program::stevedore(&["copy", &sources[number], &target.location(&work)]).spawn();
        // Not to wait for anything, but to be anywhere in the copy.
        thread::sleep(moment);
        killed += u32::from(!copying.has_ended());
        copying.kill();
        check(&reader, &old, &new, &format!("{target:?}, kill {kill} after {moment:?}"));
        let again = stevedore(&["copy", &sources[1], &target.location(&work)]).ok();
        assert_eq!(again.text(), new.digest);
        assert_eq!(reader.which(&[&old, &new]), 1);
        assert_eq!(names(&work), names(&after), "{target:?}, kill {kill} after {moment:?}");
        assert!(contents(&work) == contents(&after), "a file differs: {target:?}, kill {kill} after {moment:?}");
    }
    assert!(killed >= 3, "only {killed} of {KILLS} copies were still running");
}

/// Where no archive was, its blobs are written where they stand in the new one: killed, it is not there, and what the next run makes of it is
/// the archive of an undisturbed copy.
#[test]
fn a_new_archive_is_whole_or_not_there() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let folder = Folder::new();
    let image = fixture::big(&folder.path("new"), 3, 150_000);
    seed::push_all(&image.dir, &registry.client(), "app");
    let slow = Proxy::start(&registry.host(), Mode::Throttle(600_000));
    let source = format!("docker://{}/app:v1", slow.host());
    for target in [Target::OciArchive, Target::DockerArchive] {
        let (work, clean) = (folder.path(&format!("work-{target:?}")), folder.path(&format!("clean-{target:?}")));
        fs::create_dir(&work).expect("making a directory");
        fs::create_dir(&clean).expect("making a directory");
        let moment = duration(&source, &work, &folder.path("timed"), target);
        copy(&[], &image.reference(), &target.location(&clean));
        let (file, to) = (work.join(target.file()), target.location(&work));
        let mut killed = 0;
        for kill in 0..KILLS {
            let mut copying = Program::stevedore(&["copy", &source, &to]).spawn();
            // Not to wait for anything, but to be anywhere in the copy.
            thread::sleep(moment.mul_f64(fraction(kill * 5 + target as u64)));
            killed += u32::from(!copying.has_ended());
            copying.kill();
            if file.exists() {
                assert!(contents(&work).contains(&contents(&clean)[0]), "{target:?}: a part of an archive");
            }
            // Every other time the next run is killed as well, with what it found.
            if kill % 2 == 1 {
                assert_eq!(stevedore(&["copy", &source, &to]).ok().text(), image.digest);
                assert!(contents(&work) == contents(&clean), "{target:?}, kill {kill}: {:?}", names(&work));
                fs::remove_file(&file).expect("removing a file");
            }
        }
        assert!(killed >= 3, "only {killed} of {KILLS} copies were still running");
    }
}

/// A copy that is killed when the new image is there and the old one's parts are not away yet has done its work, and the next run, which has
/// nothing to copy, cleans up. What lies there is made by hand: so short a moment is seldom hit.
#[test]
fn a_run_with_nothing_to_do_cleans_up() {
    let folder = Folder::new();
    let (old, new) = (fixture::single(&folder.path("old")), fixture::big(&folder.path("new"), 2, 20_000));
    for target in [Target::OciArchive, Target::DockerArchive, Target::Dir] {
        let work = folder.path(&format!("{target:?}"));
        fs::create_dir(&work).expect("making a directory");
        let to = target.location(&work);
        copy(&[], &new.reference(), &to);
        let clean = contents(&work);
        if target == Target::Dir {
            for digest in [&old.parts[0].config, &old.parts[0].layers[0]] {
                let name = digest.trim_start_matches("sha256:");
                fs::write(work.join("dir").join(name), old.read(digest)).expect("writing a file");
            }
        } else {
            let partial = work.join(format!("{}.partial", target.file()));
            fs::create_dir(&partial).expect("making a directory");
            duplicate(&new.dir, &partial);
            fs::write(partial.join("lock"), "").expect("writing a file");
        }
        let run = stevedore(&["copy", &new.reference(), &to]).ok();
        assert!(run.stderr.contains("nothing to do"), "{}", run.stderr);
        assert_eq!(names(&work), clean.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), "{target:?}");
        assert!(contents(&work) == clean, "{target:?}: a file has changed");
        // What another copy may go on with stays.
        if target != Target::Dir {
            let partial = work.join(format!("{}.partial", target.file()));
            fs::create_dir(&partial).expect("making a directory");
            duplicate(&old.dir, &partial);
            stevedore(&["copy", &new.reference(), &to]).ok();
            assert!(partial.join("blobs/sha256").is_dir(), "{target:?}");
        }
    }
}

#[track_caller]
fn check(reader: &Reader, old: &Fixture, new: &Fixture, what: &str) {
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| reader.which(&[old, new])));
    assert!(found.is_ok(), "neither the old image nor the new one is whole: {what}");
}

/// Measures a copy that nobody kills.
fn duration(source: &str, before: &Path, timed: &Path, target: Target) -> Duration {
    duplicate(before, timed);
    let start = Instant::now();
    copy(&[], source, &target.location(timed));
    let duration = start.elapsed();
    fs::remove_dir_all(timed).expect("removing a directory");
    duration
}
