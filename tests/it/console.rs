//! What goes to standard output and standard error, and what the exit code says.

use std::io::Read;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::command::{Program, Run, stevedore};
use crate::support::fixture::{self, Fixture};
use crate::support::proxy::{Mode, Proxy};
use crate::support::registry::Registry;
use crate::support::seed;

/// A registry with `app:v1`, and what is in it.
fn seeded() -> Option<(Registry, Fixture, tempfile::TempDir)> {
    let registry = Registry::start()?;
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let app = fixture::app(&dir.path().join("app"));
    app.tag_parts();
    seed::push_all(&app.dir, &registry.client(), "app");
    Some((registry, app, dir))
}

/// Returns the one JSON object on standard error.
fn error_of(run: &Run) -> Value {
    let value: Value = serde_json::from_str(&run.stderr).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
    value["error"].clone()
}

#[test]
fn the_result_alone_is_on_standard_output() {
    let Some((registry, app, _dir)) = seeded() else {
        return;
    };
    let (from, to) = (format!("docker://{}/app:v1", registry.host()), format!("docker://{}/new:v1", registry.host()));
    let run = stevedore(&["copy", "--all", &from, &to]).ok();
    assert_eq!(String::from_utf8_lossy(&run.stdout), format!("{}\n", app.digest));
    assert!(run.stderr.starts_with("copied 2 platforms, 4 blobs: 4 mounted; "), "{}", run.stderr);
    assert!(!run.stderr.contains('\x1b'), "escapes where there is no terminal");
    let again = stevedore(&["copy", "--all", &from, &to]).ok();
    assert!(again.stderr.starts_with(&format!("nothing to do, {to} is up to date; ")), "{}", again.stderr);
    let quiet = stevedore(&["copy", "-q", &from, &to]).ok();
    assert_eq!(quiet.stderr, "");
    let host = stevedore(&["copy", "--platform", "linux/amd64", &from, &to]).ok();
    assert!(host.stderr.contains("note: copied linux/amd64, 1 of 2 platforms\n"), "{}", host.stderr);
    let report = stevedore(&["copy", "--json", "--all", &from, &to]).ok().json();
    assert_eq!(report["manifest"]["digest"], app.digest.as_str());
    assert_eq!(report["upToDate"], false);
    assert_eq!(report["totals"]["sentBytes"], 0);
}

#[test]
fn json_progress_ends_with_all_bytes() {
    let Some((registry, app, _dir)) = seeded() else {
        return;
    };
    let from = format!("docker://{}/app:v1", registry.host());
    let to = format!("docker://{}/json:v1", registry.host());
    let run = stevedore(&["copy", "--progress=json", "--all", &from, &to]).ok();
    let events: Vec<Value> =
        run.stderr.lines().map(|line| serde_json::from_str(line).expect("a JSON object")).collect();
    let mut bytes = 0;
    for part in &app.parts {
        let manifest = app.json(&part.digest);
        bytes += manifest["config"]["size"].as_u64().expect("a size");
        bytes += manifest["layers"]
            .as_array()
            .expect("layers")
            .iter()
            .filter_map(|layer| layer["size"].as_u64())
            .sum::<u64>();
    }
    let last = events.last().expect("an event");
    assert_eq!((last["event"].as_str(), last["bytes"].as_u64()), (Some("done"), Some(bytes)), "{events:?}");
    assert_eq!(last["digest"], app.digest.as_str());
    assert_eq!(events[0]["event"], "planned");
    assert_eq!(events.iter().filter(|event| event["how"] == "mounted").count(), 4);
}

#[test]
fn exit_codes_tell_failures_apart() {
    let Some((registry, _, _dir)) = seeded() else {
        return;
    };
    let host = registry.host();
    let at = |name: &str| format!("docker://{host}/{name}");
    let (app, new) = (at("app:v1"), at("new:v1"));
    let other = format!("{}@sha256:{}", at("new"), "0".repeat(64));
    let table: &[(&[&str], i32, &str)] = &[
        (&["digest", &at("app:nope")], 3, "tag nope not found"),
        (&["tags", &at("nope")], 3, "NAME_UNKNOWN"),
        (&["copy", "--platform=linux/s390x", &app, &new], 3, "it has linux/amd64, linux/arm64/v8"),
        (&["copy", &app, &other], 6, "the destination names"),
        (&["copy", &app, "docker://App"], 2, "must be lowercase"),
        (&["copy", &app], 2, "<DESTINATION>"),
        (&["copy", "--check-tag", &app, &new], 2, "hint: name both"),
        (&["tags", &app], 2, "no tag or digest is wanted here"),
        (&["nope"], 2, "unrecognized subcommand"),
        (&["digest", "--retry-times=0", "docker://127.0.0.1:1/x"], 5, "127.0.0.1:1"),
    ];
    for (arguments, code, message) in table {
        let run = stevedore(arguments).code(*code);
        assert!(run.stderr.contains(message), "{arguments:?}: {}", run.stderr);
        assert!(run.stdout.is_empty(), "{arguments:?}");
    }
    stevedore(&["digest", &new]).code(3);
}

#[test]
fn who_is_denied_learns_where_credentials_were_looked_for() {
    let options = crate::support::registry::Options { htpasswd: true, ..Default::default() };
    let Some(registry) = Registry::start_with(options) else {
        return;
    };
    let reference = format!("docker://{}/app", registry.host());
    let run = stevedore(&["tags", &reference]).code(4);
    assert!(run.stderr.contains(".docker/config.json"), "{}", run.stderr);
    assert!(run.stderr.contains(&format!("hint: stevedore login {}\n", registry.host())), "{}", run.stderr);
    let error = error_of(&stevedore(&["--json", "tags", &reference]).code(4));
    assert_eq!((error["class"].as_str(), error["status"].as_u64()), (Some("denied"), Some(401)), "{error}");
    stevedore(&["tags", "--creds=user:pass", &reference]).code(3);
}

#[test]
fn errors_are_json_on_request() {
    let Some((registry, _, _dir)) = seeded() else {
        return;
    };
    let missing = format!("docker://{}/app:nope", registry.host());
    let error = error_of(&stevedore(&["--json", "inspect", &missing]).code(3));
    assert_eq!((error["class"].as_str(), error["reference"].as_str()), (Some("not_found"), Some(missing.as_str())));
    let error = error_of(&stevedore(&["--json", "copy", "App", "oci:x"]).code(2));
    assert_eq!(error["class"], "usage");
    assert!(error["message"].as_str().is_some_and(|message| message.contains("lowercase")), "{error}");
}

#[test]
fn a_retry_is_one_line() {
    let Some((registry, app, _dir)) = seeded() else {
        return;
    };
    let proxy = Proxy::start(&registry.host(), Mode::Unavailable);
    let run = stevedore(&["digest", &format!("docker://{}/app:v1", proxy.host())]).ok();
    assert_eq!(run.text(), app.digest);
    let lines: Vec<&str> = run.stderr.lines().collect();
    // A HEAD that goes on failing is followed by the GET that decides, with attempts of its own.
    assert_eq!(lines.len(), 3, "{}", run.stderr);
    assert!(lines[0].starts_with("retry: HEAD http://"), "{}", run.stderr);
    assert!(lines[1..].iter().all(|line| line.starts_with("retry: GET http://")), "{}", run.stderr);
    assert!(lines.iter().all(|line| line.contains("503")), "{}", run.stderr);
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_stevedore"))
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starting the program");
    // The script is longer than a pipe holds, so that the program is still writing.
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut stderr).expect("text");
    assert_eq!(child.wait().expect("an end").code(), Some(0));
    assert_eq!(stderr, "");
}

#[test]
fn an_interrupt_ends_a_wait_with_130() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let reference = format!("docker://{}/x", silent.local_addr().expect("an address"));
    let program = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stevedore"));
        command.args(["digest", "--tls-verify=false", &reference]).stdout(Stdio::null()).stderr(Stdio::null());
        command.env("HOME", "/nonexistent").spawn().expect("starting the program")
    };
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let mut child = program();
        let _connection = silent.accept().expect("the program connects");
        let id = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(id, signal).expect("sending a signal");
        let status = child.wait().expect("an end");
        assert_eq!((status.code(), status.signal()), (Some(130), None));
    }
}

#[test]
fn nothing_is_drawn_for_a_pipe_or_a_dumb_terminal() {
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let run = Program::stevedore(&["copy", "--progress=bar", "oci:/nonexistent:v1", "oci:/nonexistent/x"])
            .env(name, value)
            .run();
        assert_ne!(run.code, 0);
        assert!(!run.stderr.contains('\x1b'), "{}", run.stderr);
    }
}

#[test]
fn a_password_in_a_name_is_not_repeated() {
    for arguments in
        [&["inspect", "docker://me:secret@ex.com/app"][..], &["--json", "copy", "me:secret@ex.com/app:1", "oci:x"]]
    {
        let run = stevedore(arguments).code(2);
        let said = format!("{}{}", run.text(), run.stderr);
        assert!(said.contains("***@ex.com/app") && said.contains("log in, or give --creds"), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}
