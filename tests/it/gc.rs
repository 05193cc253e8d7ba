//! `gc` frees what no name needs, and nothing else.

use std::fs;

use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::layout::sha256;

#[test]
fn only_what_no_name_needs_goes() {
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let app = fixture::app(&dir.path().join("app"));
    let place = format!("oci:{}", app.dir.display());
    let content = b"left behind";
    let stray = app.dir.join("blobs/sha256").join(sha256(content).trim_start_matches("sha256:"));
    fs::write(&stray, content).expect("writing a blob");
    assert_eq!(stevedore(&["gc", "-n", &place]).ok().text(), format!("would free 11 B (1 blob) in {place}"));
    assert!(stray.exists());
    assert_eq!(stevedore(&["gc", "--json", &place]).ok().json()["bytes"], 11);
    assert!(!stray.exists());
    assert_eq!(stevedore(&["gc", &place]).ok().text(), format!("freed 0 B (0 blobs) in {place}"));
    stevedore(&["copy", "--all", &app.reference(), &format!("dir:{}", dir.path().join("copy").display())]).ok();
    stevedore(&["gc", &format!("{place}:v1")]).code(2);
    stevedore(&["gc", "oci:/nonexistent"]).code(3);
}
