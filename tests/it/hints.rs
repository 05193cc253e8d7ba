//! What to type after a failure: the host that was asked, and nothing that cannot help.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::bearer::{self, Bearer};
use crate::support::command::Program;
use crate::support::served::Served;

/// `user` with `pass`, and `other` with `word`; made by `htpasswd -Bbn`, with a cost of 5.
const USERS: &str = "user:$2y$05$Ug4vvz.Z.ClL5ntQ0rSX8eNJeF1j5abnzUSd5YRFMeyvcDnrLCRRe\n\
    other:$2y$05$WN2ZT6iHdk3M2pNlhzK34O.uUsdR5PuLRKRIIj7q9F5Oyd3v12PNu\n";

const POLICY: &str = r#"
[[rule]]
who = ["user"]
may = ["pull", "push"]
repositories = ["**"]

[[rule]]
who = ["other"]
may = ["pull"]
repositories = ["team/**"]
"#;

/// Runs the program and returns the error that it prints as JSON.
fn error(arguments: &[&str], variables: &[(&str, &str)], code: i32) -> Value {
    let program = Program::stevedore(&["--json"]).arguments(arguments);
    let run = variables.iter().fold(program, |program, (name, value)| program.env(name, value)).run().code(code);
    let error: Value = serde_json::from_str(&run.stderr).unwrap_or_else(|_| panic!("no JSON: {}", run.stderr));
    error["error"].clone()
}

/// The config in `DOCKER_AUTH_CONFIG` that has this login for the host.
fn stored(host: &str, login: &str) -> String {
    json!({"auths": {host: {"auth": STANDARD.encode(login)}}}).to_string()
}

#[test]
fn a_login_is_advised_where_one_is_missing() {
    let room = tempfile::tempdir().expect("a folder");
    let path = |name: &str| room.path().join(name).display().to_string();
    fs::write(path("users"), USERS).expect("written");
    fs::write(path("policy"), POLICY).expect("written");
    let (store, users, policy) = (path("store"), path("users"), path("policy"));
    let closed = Served::start(&["--store", &store, "--htpasswd", &users, "--policy", &policy]);
    let open = Served::start(&["--store", &path("open")]);
    let options = bearer::Options { credentials: Some(("user", "pass")), ..Default::default() };
    let tokens = Bearer::start(&open.host(), options);
    let (host, nobody, front) = (closed.host(), open.host(), tokens.host());
    let (tags, secret) = (format!("docker://{host}/team/app"), format!("docker://{host}/secret"));
    let (pushed, behind) = (format!("docker://{nobody}/app:v1"), format!("docker://{front}/app"));
    let (wrong, other) = (stored(&host, "user:wrong"), stored(&host, "other:word"));
    let refused = stored(&front, "user:wrong");
    let (login, check) = (format!("stevedore login {host}"), format!("check the credentials given for {host}"));
    let (login_front, check_front) =
        (format!("stevedore login {front}"), format!("check the credentials given for {front}"));
    fs::write(path("file"), "content").expect("written");
    let file = path("file");
    let table: &[(&[&str], &str, Option<&str>)] = &[
        (&["tags", &tags], "", Some(&login)),
        (&["tags", &tags], &wrong, Some(&login)),
        (&["tags", "--creds=user:wrong", &tags], "", Some(&check)),
        (&["tags", "--registry-token=wrong", &tags], "", Some(&check)),
        (&["login", "-u", "user", "-p", "wrong", &host], "", Some(&check)),
        (&["copy", &format!("{tags}:v1"), &format!("oci:{}", path("out"))], "", Some(&login)),
        // The login is good, and another one is not known to be better.
        (&["tags", &secret], &other, None),
        (&["tags", "--creds=other:word", &secret], "", None),
        // Nobody can push there, and the message says what its owner can do.
        (&["push", &pushed, &file], "", None),
        (&["push", "--creds=user:pass", &pushed, &file], "", None),
        (&["tags", &tags], "{", None),
        // Behind a token server.
        (&["tags", &behind], "", Some(&login_front)),
        (&["tags", &behind], &refused, Some(&login_front)),
        (&["tags", "--creds=user:wrong", &behind], "", Some(&check_front)),
        (&["login", "-u", "user", "-p", "wrong", &front], "", Some(&check_front)),
    ];
    for (arguments, logins, hint) in table {
        let variables = [("DOCKER_AUTH_CONFIG", *logins)];
        let error = error(arguments, &variables[usize::from(logins.is_empty())..], 4);
        assert_eq!(error["class"], "denied", "{arguments:?}: {error}");
        assert_eq!(error["hints"][0].as_str(), *hint, "{arguments:?} {logins}: {error}");
        assert!(error["hints"][1].is_null(), "{error}");
    }
}

/// A port on which nothing listens: it was free a moment ago.
fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    format!("127.0.0.1:{}", listener.local_addr().expect("an address").port())
}

#[test]
fn a_proxy_that_fails_is_named() {
    // One that refuses, for as long as the test runs.
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    let refusing = format!("127.0.0.1:{}", listener.local_addr().expect("an address").port());
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                client.read_exact(&mut byte).expect("a whole head");
                head.push(byte[0]);
            }
            // A client that has gone is none of the test's.
            let _ = client.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    for proxy in [closed_port(), refusing] {
        let url = format!("http://someone:hidden@{proxy}");
        let arguments = ["tags", "--retry-times=0", "docker://registry.invalid/app"];
        let error = error(&arguments, &[("HTTPS_PROXY", &url)], 5);
        let message = error["message"].as_str().expect("a message");
        assert!(
            message.contains(&format!("registry.invalid/v2/app/tags/list through the proxy {proxy} failed")),
            "{error}"
        );
        assert!(
            error["hints"][0].as_str().is_some_and(|hint| hint.starts_with("check that the proxy runs")),
            "{error}"
        );
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
}

#[test]
fn a_network_failure_says_what_to_look_at() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("binds");
    let silent = (silent.local_addr().expect("an address").to_string(), silent);
    for (host, message, hint) in [
        (closed_port(), "refused", "nothing listens there: check the host and the port"),
        ("registry.invalid".to_owned(), "registry.invalid", "check the spelling of the host"),
        (silent.0.clone(), "the connection was silent for 1 s", "allow more than 1 s with --read-timeout"),
    ] {
        let reference = format!("docker://{host}/app");
        let error = error(&["tags", "--retry-times=0", "--read-timeout=1", &reference], &[], 5);
        assert!(error["message"].as_str().is_some_and(|text| text.contains(message)), "{error}");
        assert!(error["hints"][0].as_str().is_some_and(|text| text.starts_with(hint)), "{error}");
    }
}
