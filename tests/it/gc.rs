//! `gc` frees what no name needs, and nothing else.

use std::fs;

use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::layout::sha256;
use crate::support::seed;
use crate::support::served::Served;

#[test]
fn only_what_no_name_needs_goes() {
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let app = fixture::app(&dir.path().join("app"));
    let place = format!("oci:{}", app.dir.display());
    let content = b"left behind";
    let stray = app.dir.join("blobs/sha256").join(sha256(content).trim_start_matches("sha256:"));
    fs::write(&stray, content).expect("writing a blob");
    // A dry run lists what would go, so that it can be checked.
    let listed = format!("would free blob {} (11 B)\nwould free 11 B (1 blob) in {place}", sha256(content));
    assert_eq!(stevedore(&["gc", "-n", &place]).ok().text(), listed);
    assert!(stray.exists());
    let freed = stevedore(&["gc", "--json", &place]).ok().json();
    assert_eq!((&freed["blobs"], &freed["bytes"]), (&1.into(), &11.into()));
    assert_eq!(freed["items"], serde_json::json!({"blobs": [{"digest": sha256(content), "size": 11}]}));
    assert!(!stray.exists());
    assert_eq!(stevedore(&["gc", &place]).ok().text(), format!("freed 0 B (0 blobs) in {place}"));
    stevedore(&["copy", "--all", &app.reference(), &format!("dir:{}", dir.path().join("copy").display())]).ok();
    stevedore(&["gc", &format!("{place}:v1")]).code(2);
    stevedore(&["gc", "oci:/nonexistent"]).code(3);
}

#[test]
fn a_registrys_directory_is_collected_while_nobody_serves_it() {
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let store = dir.path().join("store");
    let place = store.to_str().expect("a text path");
    let app = fixture::app(&dir.path().join("app"));
    let upload = {
        let served = Served::start(&["--store", place, "--anonymous-push", "--gc-interval", "never"]);
        seed::push(&app.dir, "v1", &served.client(), "app");
        seed::push(&app.dir, "v1", &served.client(), "other");
        seed::push(&app.dir, "v1", &served.client(), "kept");
        let content = b"left behind";
        let target = format!("/v2/app/blobs/uploads/?digest={}", sha256(content));
        served.client().post(&target, content).expect(201);
        let upload = served.client().post("/v2/app/blobs/uploads/", b"").expect(202);
        let upload = upload.header("location").expect("a location").to_owned();
        served.client().send("PATCH", &upload, b"half").expect(202);
        served.client().delete(&format!("/v2/other/manifests/{}", app.digest)).expect(202);
        served.client().delete("/v2/app/manifests/v1").expect(202);
        upload.rsplit('/').next().expect("a name").to_owned()
    };
    fs::create_dir_all(store.join(".partial")).expect("made");
    fs::write(store.join(".partial/put-1-1"), "cut").expect("written");
    // Old enough, without waiting for it.
    age(&store);
    let collect = |flags: &[&str]| stevedore(&[&["gc", "--store", place], flags].concat()).ok().text().to_owned();
    let what = "1 blob, 1 upload, 1 unfinished write";
    let listed = format!("would remove upload {upload} from app\nwould free blob {} (11 B)\n", sha256(b"left behind"));
    for _ in 0..2 {
        // The second time shows that nothing was touched.
        assert_eq!(collect(&["-n"]), format!("{listed}would free 18 B ({what}) in {place}"));
    }
    assert_eq!(collect(&[]), format!("freed 18 B ({what}) in {place}"));
    assert_eq!(collect(&[]), format!("freed 0 B (0 blobs) in {place}"));
    // What lost its tag goes only when that is asked for.
    let report = stevedore(&["--json", "gc", "--store", place, "--untagged", "-n"]).ok().json();
    let untagged = report["items"]["untagged"].as_array().expect("a list");
    assert!(untagged.iter().any(|item| item["repository"] == "app" && item["digest"] == app.digest), "{report}");
    assert_eq!((&report["dryRun"], report["untagged"].as_u64() > Some(0)), (&true.into(), true), "{report}");
    let text = collect(&["--untagged"]);
    assert!(text.contains(&format!(", {} untagged manifest", report["untagged"])), "{text}");
    let left = stevedore(&["--json", "gc", "--store", place, "-n"]).ok().json();
    let zero = ["blobs", "bytes", "uploads", "leftovers", "untagged"].map(|name| left[name].as_u64());
    assert_eq!(zero, [Some(0); 5], "{left}");
    assert!(left["kept"].as_u64() > Some(0), "{left}");
    let served = Served::start(&["--store", place]);
    assert_eq!(
        served.client().get("/v2/kept/manifests/v1").expect(200).header("docker-content-digest"),
        Some(&*app.digest)
    );
    served.client().get(&format!("/v2/app/manifests/{}", app.digest)).expect(404);
}

#[test]
fn a_directory_of_something_else_is_left_alone() {
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let place = dir.path().to_str().expect("a text path");
    for flags in [&["-n"][..], &[]] {
        let run = stevedore(&[&["gc", "--store", place], flags].concat());
        let told = run.code(1).stderr;
        assert!(told.contains("there is no docker/registry/v2 in it"), "{told}");
        assert_eq!(fs::read_dir(place).expect("lists").count(), 0, "{flags:?}");
    }
    stevedore(&["gc", "--store", "/nonexistent"]).code(3);
}

/// Makes everything a day and an hour old.
fn age(path: &std::path::Path) {
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(25 * 60 * 60);
    for entry in fs::read_dir(path).expect("lists") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            age(&path);
        } else {
            fs::File::options().write(true).open(&path).expect("opens").set_modified(old).expect("dates");
        }
    }
}
