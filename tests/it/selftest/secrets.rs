//! The harness sees a secret in a trace, wherever a command had it from.

use std::fs;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::support::scene::Folder;
use crate::support::secrets::{Secrets, issue};

/// Says whether the harness objects to a trace.
fn objects(command: &Command, stdin: &[u8], folder: &Folder, trace: &str) -> bool {
    let secrets = Secrets::of(command, stdin, &folder.path("home"));
    std::panic::catch_unwind(|| secrets.assert_hidden(trace, "a line")).is_err()
}

#[test]
fn secrets_are_seen_wherever_they_are_from() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path("home/.docker")).expect("made");
    let login = STANDARD.encode("me:infile99");
    let entries = json!({"auths": {"a": {"auth": login}, "b": {"identitytoken": "refresh99"}}});
    fs::write(folder.path("home/.docker/config.json"), entries.to_string()).expect("written");
    let mut command = Command::new("stevedore");
    command.args([
        "copy",
        "--src-creds",
        "me:inflag99",
        "--dest-registry-token=token99",
        "-u",
        "me",
        "--password-stdin",
    ]);
    command.env("SIGSTORE_ID_TOKEN", "identity99");
    let issued = issue("test");
    let seen = |trace: &str| objects(&command, b"onstdin99\n", &folder, trace);
    for secret in ["inflag99", "token99", "onstdin99", "infile99", "refresh99", "identity99", &login, &issued] {
        assert!(seen(&json!({"url": format!("http://r/?x={secret}")}).to_string()), "{secret}");
    }
    for name in ["authorization", "set-cookie", "x-amz-security-token"] {
        let field = |value: &str| json!({"request": [[name, value]], "response": []}).to_string();
        assert!(seen(&field("Bearer T")) && !seen(&field("Bearer ***")), "{name}");
    }
    assert!(!seen(&json!({"url": "http://r/?x=***", "login": {"username": "me"}}).to_string()));
}
