//! `deploy --from-spec`: the images that a file lists, into a tree.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::stevedore;
use crate::support::fixture::{self, TAG};
use crate::support::web::{SERVERS, Web, open_to_all};

/// Runs `deploy --from-spec` over lines, into the folder's tree.
fn deploy(folder: &Path, lines: &str, flags: &[&str]) -> crate::support::command::Run {
    let spec = folder.join("spec.txt");
    fs::write(&spec, lines).expect("a spec");
    let (spec, tree) = (spec.display().to_string(), folder.join("tree").display().to_string());
    stevedore(&[&["deploy", "--from-spec", &spec, &tree], flags].concat())
}

#[test]
fn a_file_lists_what_is_deployed() {
    let room = TempDir::new().expect("a temporary directory");
    open_to_all(room.path());
    let app = fixture::app(&room.path().join("app"));
    let four = fixture::four_platforms(&room.path().join("four"));
    let (a, f) = (app.dir.display(), four.dir.display());
    let lines = format!("oci:{a}:* team/app tags=*  # all\noci:{f}:{TAG} four:v2\n");
    let done = deploy(room.path(), &lines, &["--json"]).ok();
    let report: Value = done.json();
    assert_eq!(report["images"].as_array().expect("images").len(), 2, "{report}");
    assert_eq!(
        (&report["images"][0]["digest"], &report["images"][1]["digest"]),
        (&app.digest.into(), &four.digest.clone().into())
    );
    // Whole indexes, as in a mirror; and the same once more changes nothing.
    let again = deploy(room.path(), &lines, &[]).ok();
    assert!(again.text().contains(&format!("four:v2@{}", four.digest)), "{}", again.text());
    assert!(again.stderr.contains("deployed 2 images: 2 up to date"), "{}", again.stderr);
    // Any web server serves it.
    for server in SERVERS {
        let started = Web::start(server, |address, file| {
            let file = file.to_str().expect("a text path");
            deploy(room.path(), &lines, &["--server", server, "--config", file, "--addr", address]).ok();
        });
        let Some(web) = started else { continue };
        let digest = stevedore(&["digest", "--tls-verify=false", &format!("docker://{}/four:v2", web.host())]).ok();
        assert_eq!(digest.text().trim(), four.digest, "{server}");
    }
}

#[test]
fn what_fails_keeps_what_is_there() {
    let room = TempDir::new().expect("a temporary directory");
    let app = fixture::app(&room.path().join("app"));
    let place = format!("oci:{}:{}", app.dir.display(), TAG);
    deploy(room.path(), &format!("{place} one:v1\n{place} two:v1\n"), &[]).ok();
    let tree = room.path().join("tree").display().to_string();
    let tags = |name: &str| stevedore(&["tags", &format!("static:{tree}:{name}")]);
    let partly =
        deploy(room.path(), &format!("{place} one:v1\noci:{}/none:v1 three:v1\n", room.path().display()), &["--prune"]);
    assert_eq!(partly.code, 7, "{}", partly.stderr);
    assert!(
        partly.stderr.contains("note: nothing was removed, for not all of the file was deployed"),
        "{}",
        partly.stderr
    );
    assert_eq!(tags("two").ok().text(), "v1");
    let pruned = deploy(room.path(), &format!("{place} one:v1\n"), &["--prune"]).ok();
    assert!(pruned.stderr.contains("; removed 1 tag,"), "{}", pruned.stderr);
    assert_eq!(tags("one").ok().text(), "v1");
    assert_eq!(tags("two").code, 3);
}

#[test]
fn names_stay_in_the_tree() {
    let room = TempDir::new().expect("a temporary directory");
    for (line, wanted) in [
        ("oci:d:v1 ../x", "line 1, column 10: "),
        ("oci:d:v1 oci:e:v1", "line 1, column 10: oci:e:v1 is a place of its own, not a name in the tree"),
        ("oci:d:v1 static:/elsewhere:a:v1", "line 1, column 10: static:/elsewhere:a:v1 is in another tree"),
        ("oci:d:v1", "line 1, column 1: the destination of oci:d:v1 is missing"),
    ] {
        let refused = deploy(room.path(), line, &[]);
        assert_eq!(refused.code, 2, "{line}: {}", refused.stderr);
        assert!(refused.stderr.contains(wanted), "{line}: {}", refused.stderr);
        assert!(!room.path().join("tree").exists(), "{line}");
    }
}
