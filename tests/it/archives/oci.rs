//! What `oci-archive:` writes.

use std::fs;
use std::io::Write;
use std::sync::{Arc, Mutex};

use stevedore::class::Classified;

use super::{Bench, member, names, unpack};
use crate::support::fixture;
use crate::support::oracle::oracle;

#[test]
fn others_read_it() {
    let bench = Bench::new();
    let app = fixture::app(&bench.path().join("app"));
    let archive = bench.path().join("a.tar");
    let at = format!("oci-archive:{}:v1", archive.display());
    assert_eq!(bench.copy(&app.reference(), &at), app.digest);
    assert_eq!(bench.digest(&at), app.digest);
    assert_eq!(bench.tags(&at), ["v1"]);
    assert_eq!(bench.files(), ["a.tar", "app"]);

    for name in ["skopeo", "skopeo-new"] {
        let Some(skopeo) = oracle(name) else { continue };
        let [ours, theirs] = ["ours", "theirs"].map(|name| skopeo.home().join(name).display().to_string());
        skopeo.run(&["copy", "-q", "-a", &at, &format!("dir:{ours}")]);
        skopeo.run(&["copy", "-q", "-a", &app.reference(), &format!("dir:{theirs}")]);
        let diff = std::process::Command::new("diff").args(["-r", &ours, &theirs]).status().expect("diff runs");
        assert!(diff.success());
    }
    let unpacked = bench.path().join("unpacked");
    unpack(&archive, &unpacked);
    if let Some(umoci) = oracle("umoci") {
        let listed = umoci.run(&["list", "--layout", &unpacked.display().to_string()]);
        assert_eq!(listed.text(), "v1");
    }
    if let Some(oras) = oracle("oras") {
        let resolved = oras.run(&["resolve", "--oci-layout", &format!("{}:v1", archive.display())]);
        assert_eq!(resolved.text(), app.digest);
    }
}

#[test]
fn the_same_images_give_the_same_bytes() {
    let bench = Bench::new();
    let app = fixture::app(&bench.path().join("app"));
    for name in ["1.tar", "2.tar"] {
        bench.copy(&app.reference(), &format!("oci-archive:{}:v1", bench.file(name)));
    }
    let [one, two] = ["1.tar", "2.tar"].map(|name| fs::read(bench.file(name)).expect("an archive"));
    assert!(one == two);
    let names = names(&bench.path().join("1.tar"));
    assert_eq!(names[..2], ["blobs/", "blobs/sha256/"]);
    assert_eq!(names[names.len() - 2..], ["index.json", "oci-layout"]);
    assert!(names.is_sorted());
    let mut archive = tar::Archive::new(&one[..]);
    for entry in archive.entries().expect("entries") {
        let header = entry.expect("an entry").header().clone();
        let facts = (header.uid().expect("uid"), header.gid().expect("gid"), header.mtime().expect("mtime"));
        assert_eq!(facts, (0, 0, 0));
        let mode = if header.entry_type().is_dir() { 0o755 } else { 0o644 };
        assert_eq!(header.mode().expect("mode"), mode);
    }
}

#[test]
fn streams() {
    let mut bench = Bench::new();
    let app = fixture::app(&bench.path().join("app"));
    bench.copy(&app.reference(), &format!("oci-archive:{}:v1", bench.file("a.tar")));
    let output = Arc::new(Mutex::new(Vec::<u8>::new()));
    bench.options.output = Some(output.clone());
    assert_eq!(bench.copy(&app.reference(), "oci-archive:-:v1"), app.digest);
    let streamed = output.lock().expect("nobody panics").clone();
    assert!(streamed == fs::read(bench.file("a.tar")).expect("an archive"));

    // As it is, and compressed as a whole.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&streamed).expect("memory");
    for input in [streamed, gzip.finish().expect("memory")] {
        bench.options.input = Some(Arc::new(Mutex::new(std::io::Cursor::new(input))));
        let to = format!("oci:{}:v1", bench.file("out"));
        assert_eq!(bench.copy("oci-archive:-:v1", &to), app.digest);
        fs::remove_dir_all(bench.file("out")).expect("a layout");
    }
    assert_eq!(fs::read_dir(bench.file("scratch")).expect("a directory").count(), 0);
}

#[test]
fn a_failed_copy_leaves_what_was_there() {
    let bench = Bench::new();
    let app = fixture::app(&bench.path().join("app"));
    let broken = fixture::big(&bench.path().join("broken"), 1, 1000);
    let layer = crate::support::layout::blob_path(&broken.dir, &broken.parts[0].layers[0]);
    let mut content = fs::read(&layer).expect("a layer");
    content[20] ^= 1;
    fs::write(&layer, content).expect("written");
    for kind in ["oci-archive", "docker-archive"] {
        let archive = bench.file("a.tar");
        let to = format!("{kind}:{archive}:ex.com/broken:1");
        let error = bench.try_copy(&broken.reference(), &to, &super::all()).expect_err("the layer is wrong");
        assert!(super::chain(&*error).contains("content has digest"), "{}", super::chain(&*error));
        // The config may have come to its place before.
        let left = bench.files();
        assert!(!left.contains(&"a.tar".to_owned()), "{left:?}");
        bench.copy(&app.reference(), &format!("{kind}:{archive}:ex.com/app:1"));
        assert_eq!(bench.files(), ["a.tar", "app", "broken"]);
        let before = fs::read(&archive).expect("an archive");
        bench.try_copy(&broken.reference(), &to, &super::all()).expect_err("the layer is wrong");
        assert!(fs::read(&archive).expect("an archive") == before);
        fs::remove_file(&archive).expect("an archive");
        // What is left is for a later attempt alone.
        if bench.files().contains(&"a.tar.partial".to_owned()) {
            fs::remove_dir_all(bench.file("a.tar.partial")).expect("a directory");
        }
    }
}

/// A blob that is wrong among good ones leaves no archive; what came of the others is not fetched again, and the bytes are those of a copy
/// that nothing went wrong with.
#[test]
fn a_wrong_blob_in_the_middle_leaves_no_archive() {
    for kind in ["oci-archive", "docker-archive"] {
        let bench = Bench::new();
        let app = fixture::big(&bench.path().join("app"), 3, 70_000);
        let at = |name: &str| format!("{kind}:{}:ex.com/app:1", bench.file(name));
        bench.copy(&app.reference(), &at("clean.tar"));
        let layer = crate::support::layout::blob_path(&app.dir, &app.parts[0].layers[1]);
        let good = fs::read(&layer).expect("a layer");
        for broken in [[&good[..40_000], b"x", &good[40_001..]].concat(), good[..60_000].to_vec()] {
            fs::write(&layer, broken).expect("written");
            let error = bench.try_copy(&app.reference(), &at("a.tar"), &super::all()).expect_err("the layer is wrong");
            let chain = super::chain(&*error);
            assert!(chain.contains("content has digest") || chain.contains("content of"), "{chain}");
            assert!(!bench.files().contains(&"a.tar".to_owned()), "{:?}", bench.files());
        }
        fs::write(&layer, good).expect("written");
        assert_eq!(bench.copy(&app.reference(), &at("a.tar")), app.digest);
        assert_eq!(bench.files(), ["a.tar", "app", "clean.tar"]);
        let read = |name: &str| fs::read(bench.file(name)).expect("an archive");
        assert!(read("a.tar") == read("clean.tar"), "{kind}");
    }
}

#[test]
fn not_archives() {
    let bench = Bench::new();
    fs::write(bench.file("text"), "hello").expect("written");
    fs::create_dir(bench.file("folder")).expect("made");
    for (at, message) in [
        ("text", "it is no tar archive"),
        ("folder", "it is a directory, not an archive"),
        ("absent", "the archive not found in"),
    ] {
        for kind in ["oci-archive", "docker-archive"] {
            let error = bench.source(&format!("{kind}:{}", bench.file(at))).err().expect(at);
            assert!(error.to_string().contains(message), "{error}");
            assert_eq!(error.is_not_found(), at == "absent");
        }
    }
    let error = bench.source("oci-archive:-").err().expect("there is no input");
    assert_eq!(error.hint().as_deref(), Some("name a file"));
}

#[test]
fn images_are_not_deleted() {
    let bench = Bench::new();
    let app = fixture::app(&bench.path().join("app"));
    for kind in ["oci-archive", "docker-archive"] {
        let at = format!("{kind}:{}:ex.com/a:1", bench.file(kind));
        bench.copy(&app.reference(), &at);
        let at: stevedore::transport::Location = at.parse().expect("a location");
        let error = at.place.open_destination(&bench.options).expect("opens").delete(&at.at).expect_err("no");
        assert_eq!(
            error.hint().as_deref(),
            Some("copy the images that stay to another archive, or delete the file itself")
        );
    }
    assert!(member(&bench.path().join("oci-archive"), "manifest.json").is_none());
}
