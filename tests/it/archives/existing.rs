//! Writing to an archive that is there already.

use std::fs;
use std::sync::{Arc, Mutex};

use super::{Bench, names};
use crate::support::fixture;
use crate::support::oracle::oracle;

#[test]
fn other_names_stay() {
    for kind in ["oci-archive", "docker-archive"] {
        let bench = Bench::new();
        let one = fixture::app(&bench.path().join("one"));
        let two = fixture::docker(&bench.path().join("two"));
        let at = |name: &str| format!("{kind}:{}:{name}", bench.file("k.tar"));
        bench.copy(&one.reference(), &at("ex.com/one:1"));
        bench.copy(&two.reference(), &at("ex.com/two:1"));
        assert_eq!(bench.digest(&at("ex.com/one:1")), one.digest);
        assert_eq!(bench.digest(&at("ex.com/two:1")), two.digest);
        assert_eq!(bench.tags(&at("")), ["ex.com/one:1", "ex.com/two:1"]);
        let error = bench.source(&at("")).and_then(|(source, at)| source.resolve(&at)).expect_err("two images");
        assert!(error.to_string().ends_with("holds 2 images; name one of: ex.com/one:1, ex.com/two:1"), "{error}");

        // A name that moves takes the old image out of the archive.
        let before = names(&bench.path().join("k.tar")).len();
        bench.copy(&two.reference(), &at("ex.com/one:1"));
        assert_eq!(bench.digest(&at("ex.com/one:1")), two.digest);
        assert!(names(&bench.path().join("k.tar")).len() < before);
        assert_eq!(bench.digest(&at("")), two.digest);
        assert_eq!(bench.files(), ["k.tar", "one", "two"]);
        if let Some(skopeo) = oracle("skopeo").filter(|_| kind == "docker-archive") {
            skopeo.run(&["copy", "-q", &at("ex.com/one:1"), "dir:one"]);
            skopeo.run(&["copy", "-q", &at("ex.com/two:1"), "dir:two"]);
        }
    }
}

#[test]
fn an_archive_of_another_tool_is_extended() {
    let bench = Bench::new();
    let Some(skopeo) = oracle("skopeo") else { return };
    let one = fixture::single(&bench.path().join("one"));
    let two = fixture::docker(&bench.path().join("two"));
    let at = |name: &str| format!("docker-archive:{}:{name}", bench.file("k.tar"));
    skopeo.run(&["copy", "-q", &one.reference(), &at("ex.com/one:1")]);
    let before = bench.digest(&at("ex.com/one:1"));
    bench.copy(&two.reference(), &at("ex.com/two:1"));
    assert_eq!(bench.digest(&at("ex.com/one:1")), before);
    assert_eq!(bench.digest(&at("ex.com/two:1")), two.digest);
    skopeo.run(&["copy", "-q", &at("ex.com/one:1"), "dir:one"]);
    skopeo.run(&["copy", "-q", &at("ex.com/two:1"), "dir:two"]);
}

#[test]
fn copying_again_changes_nothing() {
    for kind in ["oci-archive", "docker-archive"] {
        let bench = Bench::new();
        let app = fixture::app(&bench.path().join("app"));
        let at = format!("{kind}:{}:ex.com/a:1", bench.file("k.tar"));
        bench.copy(&app.reference(), &at);
        let inode = |name: &str| std::os::unix::fs::MetadataExt::ino(&fs::metadata(bench.file(name)).expect("there"));
        let before = inode("k.tar");
        let report = bench.try_copy(&app.reference(), &at, &super::all()).expect("copies");
        assert!(report.up_to_date);
        assert_eq!(inode("k.tar"), before);
    }
}

#[test]
fn an_interrupted_run_is_taken_up() {
    let mut bench = Bench::new();
    let app = fixture::single(&bench.path().join("app"));
    let at = format!("oci-archive:{}:v1", bench.file("a.tar"));
    // What a killed process leaves: a blob, half of another one, and a list of images that was never promised.
    let partial = bench.path().join("a.tar.partial");
    let blobs = partial.join("blobs/sha256");
    fs::create_dir_all(&blobs).expect("made");
    fs::create_dir_all(partial.join(".partial")).expect("made");
    let part = &app.parts[0];
    let hex = |digest: &str| digest.trim_start_matches("sha256:").to_owned();
    fs::write(blobs.join(hex(&part.config)), app.read(&part.config)).expect("written");
    let layer = app.read(&part.layers[0]);
    fs::write(partial.join(format!(".partial/sha256-{}", hex(&part.layers[0]))), &layer[..10]).expect("written");
    let stray = r#"{"schemaVersion":2,"manifests":[]}"#;
    fs::write(partial.join("index.json"), stray).expect("written");

    let resumed = Arc::new(Mutex::new(Vec::new()));
    let heard = resumed.clone();
    bench.options.watch = stevedore::watch::Watch::new(move |event| {
        if let stevedore::watch::Event::Finished { outcome, .. } = event {
            heard.lock().expect("nobody panics").push(*outcome);
        }
    });
    assert_eq!(bench.copy(&app.reference(), &at), app.digest);
    let resumed = resumed.lock().expect("nobody panics").clone();
    assert!(resumed.contains(&stevedore::watch::Outcome::Existed), "{resumed:?}");
    assert!(resumed.contains(&stevedore::watch::Outcome::Resumed(10)), "{resumed:?}");
    assert_eq!(bench.files(), ["a.tar", "app"]);
}

#[test]
fn parallel_writers_lose_nothing() {
    for kind in ["oci-archive", "docker-archive"] {
        let bench = Bench::new();
        let app = fixture::single(&bench.path().join("app"));
        let at = |name: &str| format!("{kind}:{}:{name}", bench.file("k.tar"));
        let wanted: Vec<String> = (0..6).map(|number| format!("ex.com/a:{number}")).collect();
        std::thread::scope(|scope| {
            for name in &wanted {
                let (bench, app, at) = (&bench, &app, at(name));
                scope.spawn(move || bench.copy(&app.reference(), &at));
            }
        });
        let mut tags = bench.tags(&at(""));
        tags.sort();
        assert_eq!(tags, wanted);
        assert_eq!(bench.files(), ["app", "k.tar"]);
    }
}
