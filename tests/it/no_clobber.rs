//! `--no-clobber`: a name that another image has is left to it.

use std::fs;

use crate::support::command::{Program, stevedore};
use crate::support::fixture;
use crate::support::kept::{Kept, Ways};
use crate::support::layout::{sha256, tags};
use crate::support::pages::Fake;
use crate::support::scene::{Folder, copy, files};
use crate::support::served::Served;
use crate::support::wire::Reply;

#[test]
fn a_name_of_another_image_is_left_to_it() {
    let folder = Folder::new();
    let (one, other) = (fixture::single(&folder.path("one")), fixture::app(&folder.path("other")));
    let registry = Kept::start(Ways::default());
    let served = Served::start(&["--store", &folder.text("store"), "--anonymous-push"]);
    let places = [
        registry.docker("app:v1"),
        format!("docker://{}/app:v1", served.host()),
        folder.at("oci", "l", ":v1"),
        folder.at("oci-archive", "a.tar", ":v1"),
        folder.at("dir", "d", ""),
        folder.at("static", "w", ":app:v1"),
    ];
    for to in &places {
        // A free name is taken.
        assert_eq!(copy(&["--all", "--no-clobber"], &one.reference(), to), one.digest, "{to}");
        let writes = registry.writes().len();
        let run = stevedore(&["copy", "--all", "--no-clobber", &other.reference(), to]).code(1);
        assert!(run.stderr.contains(&format!("has {} as its ", one.digest)), "{to}: {}", run.stderr);
        assert_eq!(registry.writes().len(), writes);
        // The same image is success, with a note.
        let again = stevedore(&["copy", "--all", "--no-clobber", &one.reference(), to]).ok();
        assert!(again.stderr.contains("already"), "{to}: {}", again.stderr);
        assert_eq!(stevedore(&["digest", to]).ok().text(), one.digest, "{to}");
    }
    // Nothing of the other image has come to the layout.
    assert_eq!(files(&folder.path("l/blobs")), files(&one.dir.join("blobs")));
}

/// Every name counts, and a converted image cannot be told to be the same.
#[test]
fn further_names_and_conversions_count() {
    let folder = Folder::new();
    let (one, other) = (fixture::single(&folder.path("one")), fixture::app(&folder.path("other")));
    let registry = Kept::start(Ways::default());
    copy(&[], &one.reference(), &registry.docker("app:taken"));
    let writes = registry.writes().len();
    let free = registry.docker("app:free");
    let run = stevedore(&["copy", "--all", "--no-clobber", "--additional-tag", "taken", &other.reference(), &free]);
    assert!(run.code == 1 && run.stderr.contains("its tag taken"), "{run:?}");
    stevedore(&["copy", "--no-clobber", "--format", "docker", &one.reference(), &registry.docker("app:taken")]).code(1);
    let dry = stevedore(&["copy", "-n", "--all", "--no-clobber", &other.reference(), &registry.docker("app:taken")]);
    assert_eq!((dry.code, registry.writes().len()), (1, writes));
    stevedore(&["copy", "--all", "--no-clobber", "--additional-tag", "more", &other.reference(), &free]).ok();
    assert_eq!(registry.tags("app"), ["free", "more", "taken"]);
}

/// Who takes the name while the blobs are on their way keeps it: the name is looked at again, and the registry is asked to mind it.
#[test]
fn a_name_that_is_taken_meanwhile_is_left() {
    let folder = Folder::new();
    let (one, other) = (fixture::single(&folder.path("one")), fixture::app(&folder.path("other")));
    let taken = other.read(&other.digest);
    let kind = other.media_type.clone();
    for is_late in [true, false] {
        let (taken, kind) = (taken.clone(), kind.clone());
        let uploads = std::sync::atomic::AtomicUsize::new(0);
        let registry = Fake::start(move |asked| match (&*asked.method, asked.path()) {
            ("HEAD", path) if path.contains("/blobs/") => Reply::new(404),
            ("POST", _) => Reply::new(202).header("Location", "/v2/app/blobs/uploads/1"),
            ("PUT", path) if path.contains("/blobs/") => {
                uploads.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                Reply::new(201)
            }
            // Two blobs are one image: then somebody else has the name.
            ("GET" | "HEAD", path) if path.ends_with("/v1") => {
                let is_there = !is_late && uploads.load(std::sync::atomic::Ordering::SeqCst) == 2;
                match is_there {
                    true => Reply::new(200)
                        .header("Content-Type", &kind)
                        .header("Docker-Content-Digest", &sha256(&taken))
                        .body(taken.clone()),
                    false => Reply::error(404, "MANIFEST_UNKNOWN", "no such manifest"),
                }
            }
            // Later still, only the registry can tell.
            ("PUT", _) if asked.headers.get("if-none-match") == Some("*") => Reply::new(412),
            ("PUT", _) => Reply::new(201),
            _ => Reply::error(404, "UNKNOWN", "no such thing"),
        });
        let to = format!("docker://{}/app:v1", registry.host());
        let run = stevedore(&["copy", "--no-clobber", &one.reference(), &to]).code(1);
        assert!(run.stderr.contains("as its tag v1 already"), "{}", run.stderr);
        let put = registry.log().iter().filter(|asked| asked.method == "PUT" && asked.path().ends_with("/v1")).count();
        assert_eq!(put, usize::from(is_late));
    }
}

/// `sync` skips such images and counts them; the others are copied.
#[test]
fn sync_counts_what_it_skips() {
    let folder = Folder::new();
    let (one, other) = (fixture::single(&folder.path("one")), fixture::app(&folder.path("other")));
    copy(&["--all"], &one.reference(), &folder.at("oci", "mirror", ":b"));
    let lines = format!(
        "{} {}\n{} {}\n",
        other.reference(),
        folder.at("oci", "mirror", ":a"),
        other.reference(),
        folder.at("oci", "mirror", ":b")
    );
    fs::write(folder.path("list"), lines).expect("writing a file");
    for flags in [&["-n"][..], &[]] {
        let line: Vec<&str> = ["sync", "--no-clobber"].iter().chain(flags).copied().collect();
        let run = Program::stevedore(&line).arguments(&[&folder.text("list")]).run().ok();
        assert!(run.stderr.contains("1 skipped"), "{}", run.stderr);
        assert!(!run.text().contains(":b"), "{}", run.text());
    }
    let json = stevedore(&["sync", "--json", "--no-clobber", &folder.text("list")]).ok().json();
    assert_eq!((&json["images"][0]["upToDate"], &json["images"][1]["skipped"]), (&true.into(), &true.into()));
    assert_eq!(json["images"][1]["digest"], one.digest);
    let names: Vec<_> =
        tags(&folder.path("mirror")).into_iter().map(|(tag, entry)| (tag, entry["digest"].clone())).collect();
    assert!(names.contains(&("b".into(), one.digest.clone().into())), "{names:?}");
}
