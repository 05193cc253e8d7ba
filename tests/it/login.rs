//! `login` and `logout`: only what the registry accepts is kept.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

use crate::support::command::{Program, stevedore};
use crate::support::fixture;
use crate::support::layout::read_json;
use crate::support::oracle::oracle;
use crate::support::registry::{Options, PASSWORD, Registry, USER};
use crate::support::seed;

#[test]
fn a_login_is_checked_before_it_is_kept() {
    let Some(registry) = Registry::start_with(Options { htpasswd: true, ..Default::default() }) else {
        return;
    };
    let host = registry.host();
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let file = dir.path().join("auth.json");
    let authfile = format!("--authfile={}", file.display());
    let login = |password: &str| {
        let password = format!("{password}\n");
        Program::stevedore(&["login", &authfile, "-u", USER, "--password-stdin", &host])
            .stdin(password.as_bytes())
            .run()
    };
    let refused = login("wrong").code(4);
    assert!(!refused.stderr.contains("wrong"), "a password is no part of a message");
    assert!(!file.exists(), "a login that was refused is not kept");
    let kept = login(PASSWORD).ok();
    assert_eq!(kept.text(), format!("{USER} is logged in to {host}; kept in {}", file.display()));
    let repository = format!("docker://{host}/nope");
    stevedore(&["tags", &authfile, &repository]).code(3);
    assert_eq!(stevedore(&["login", &authfile, "--get-login", &host]).ok().text(), USER);
    let out = stevedore(&["logout", "--json", &authfile, &host]).ok().json();
    assert_eq!(out["removed"], true);
    assert_eq!(stevedore(&["logout", "--json", &authfile, &host]).ok().json()["removed"], false);
    stevedore(&["login", &authfile, "--get-login", &host]).code(3);
    stevedore(&["tags", &authfile, &repository]).code(4);
    assert!(!fs::read_to_string(&file).expect("the file stays").contains("auth\""));
}

/// The file is for its owner alone from the first login on, and what else it holds stays as it was, also when the login goes.
#[test]
fn a_file_of_logins_is_private_and_keeps_what_it_holds() {
    let Some(registry) = Registry::start_with(Options { htpasswd: true, ..Default::default() }) else {
        return;
    };
    let host = registry.host();
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let file = dir.path().join("config.json");
    let other = "dXNlcjpvdGhlcg==";
    let before = json!({
        "auths": {"example.com": {"auth": other, "email": "me@example.com"}},
        "credHelpers": {"gcr.io": "gcloud"}, "detachKeys": "ctrl-e,e", "plugins": {"x": {"y": [1, 2.50, null]}},
    });
    fs::write(&file, before.to_string()).expect("writing a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("setting permissions");
    let authfile = format!("--authfile={}", file.display());
    let login = |password: &str| {
        Program::stevedore(&["login", &authfile, "-u", USER, "--password-stdin", &host])
            .stdin(password.as_bytes())
            .run()
    };
    login("wrong").code(4);
    assert_eq!(read_json(&file), before);
    login(PASSWORD).ok();
    assert_eq!(mode(&file), 0o600);
    let mut kept = read_json(&file);
    let own = kept["auths"].as_object_mut().expect("logins").remove(&host).expect("the new login is there");
    assert_eq!(own["auth"], "dXNlcjpwYXNz");
    assert_eq!(kept, before);
    stevedore(&["logout", &authfile, &host]).ok();
    assert_eq!(read_json(&file), before);
    assert_eq!(mode(&file), 0o600);
    let names: Vec<_> =
        fs::read_dir(dir.path()).expect("a directory").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(names, ["config.json"], "nothing else is left there");
    // A file of its own making is private as well.
    let new = dir.path().join("new/auth.json");
    let authfile = format!("--authfile={}", new.display());
    Program::stevedore(&["login", &authfile, "-u", USER, "-p", PASSWORD, &host]).run().ok();
    assert_eq!(mode(&new), 0o600);
}

/// A login that was kept where other tools look is theirs too.
#[test]
fn other_tools_use_the_login() {
    let (Some(registry), Some(crane)) =
        (Registry::start_with(Options { htpasswd: true, ..Default::default() }), oracle("crane"))
    else {
        return;
    };
    let image = fixture::single(&crane.home().join("image"));
    seed::push_all(&image.dir, &registry.client(), "app");
    let name = format!("{}/app:v1", registry.host());
    assert_ne!(crane.try_run(&["digest", &name]).code, 0);
    Program::stevedore(&["login", "-u", USER, "-p", PASSWORD, &registry.host()]).env("HOME", crane.home()).run().ok();
    assert_eq!(crane.run(&["digest", &name]).text(), image.digest);
    let run = Program::stevedore(&["digest", &format!("docker://{name}")]).env("HOME", crane.home()).run().ok();
    assert_eq!(run.text(), image.digest);
}

/// A file that is no JSON is named with the place where it stops being that, and is not written over.
#[test]
fn a_broken_file_is_named_and_kept() {
    let Some(registry) = Registry::start_with(Options { htpasswd: true, ..Default::default() }) else {
        return;
    };
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let file = dir.path().join("auth.json");
    let broken = "{\n  \"auths\": {,}\n}\n";
    fs::write(&file, broken).expect("writing a file");
    let authfile = format!("--authfile={}", file.display());
    for arguments in [
        &["login", &authfile, "-u", USER, "-p", PASSWORD, &registry.host()][..],
        &["logout", &authfile, &registry.host()],
        &["tags", &authfile, &format!("docker://{}/app", registry.host())],
    ] {
        let run = stevedore(arguments);
        assert_ne!(run.code, 0, "{arguments:?}");
        assert!(run.stderr.contains(&file.display().to_string()), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains("line 2"), "{arguments:?}: {}", run.stderr);
        assert_eq!(fs::read_to_string(&file).expect("the file"), broken);
    }
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap_or_else(|error| panic!("{}: {error}", file.display())).permissions().mode() & 0o777
}

#[test]
fn nobody_is_asked_without_a_terminal() {
    let run = stevedore(&["login", "127.0.0.1:1"]).code(2);
    assert_eq!(run.stderr, "stevedore: no name was given\nhint: use --username and --password-stdin\n");
}
