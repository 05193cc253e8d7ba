//! `mutate` of what others change at the same time: no change is lost, or it is said.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use super::config;
use crate::support::command::{Program, stevedore};
use crate::support::scene::Folder;
use crate::support::served::Served;
use crate::support::tarball::{Tarball, image};

const WRITERS: usize = 8;

/// Sets eight labels at once; each has a process of its own.
fn label(reference: &str) {
    std::thread::scope(|scope| {
        for number in 0..WRITERS {
            scope.spawn(move || {
                stevedore(&["mutate", "-q", "--label", &format!("n{number}=1"), reference]).ok();
            });
        }
    });
}

fn wanted() -> Value {
    json!((0..WRITERS).map(|number| (format!("n{number}"), json!("1"))).collect::<serde_json::Map<_, _>>())
}

#[test]
fn eight_labels_at_once_are_eight() {
    let folder = Folder::new();
    let reference = image(&folder.path("l"), &[Tarball::new().file("a", "A").end()]);
    label(&reference);
    assert_eq!(config(&folder.path("l"), "v1")["config"]["Labels"], wanted());
}

#[test]
fn eight_labels_at_a_registry_that_knows_conditions_are_eight() {
    let folder = Folder::new();
    let server = Served::start(&["--store", &folder.text("store"), "--anonymous-push"]);
    let local = image(&folder.path("l"), &[Tarball::new().file("a", "A").end()]);
    let remote = format!("docker://{}/app:1", server.host());
    stevedore(&["copy", "-q", &local, &remote]).ok();
    label(&remote);
    let config = stevedore(&["inspect", "--config", &remote]).ok().json();
    assert_eq!(config["config"]["Labels"], wanted());
}

/// Writes an editor that has another process change the image first.
fn editor(path: &Path, reference: &str) -> String {
    let program = env!("CARGO_BIN_EXE_stevedore");
    let text = format!(
        "#!/bin/sh\n\"{program}\" mutate -q --label inner=1 {reference} || exit 9\nsed -i 's/\"os\"/\"author\":\"outer\",\"os\"/' \"$1\"\n"
    );
    fs::write(path, text).expect("writes");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("sets the mode");
    path.display().to_string()
}

#[test]
fn what_is_edited_by_hand_is_not_written_over_the_change_of_another() {
    let folder = Folder::new();
    let reference = image(&folder.path("l"), &[Tarball::new().file("a", "A").end()]);
    let editor = editor(&folder.path("editor"), &reference);
    let program = Program::stevedore(&["mutate", "--edit", "config", &reference]).env("EDITOR", &editor);
    let run = program.env("VISUAL", "").run().code(1);
    assert!(run.stderr.contains("has something else as v1 by now"), "{}", run.stderr);
    assert!(run.stderr.contains("run it again"), "{}", run.stderr);
    let config = config(&folder.path("l"), "v1");
    assert_eq!((&config["config"]["Labels"], &config["author"]), (&json!({"inner": "1"}), &Value::Null));
}
