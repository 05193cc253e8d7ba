//! `login` and `logout`: only what the registry accepts is kept.

use std::fs;

use crate::support::command::{Program, stevedore};
use crate::support::registry::{Options, PASSWORD, Registry, USER};

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

#[test]
fn nobody_is_asked_without_a_terminal() {
    let run = stevedore(&["login", "127.0.0.1:1"]).code(2);
    assert_eq!(run.stderr, "stevedore: no name was given\nhint: use --username and --password-stdin\n");
}
