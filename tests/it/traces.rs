//! What is seen of requests: `-v`, `-vv`, `--trace`. That no secret is, the harness checks with every command.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::support::answering::Answering;
use crate::support::bearer::{self, Bearer};
use crate::support::command::{Program, Run, stevedore};
use crate::support::fixture;
use crate::support::scene::{Folder, Scene};
use crate::support::wire::Reply;

/// Reads the lines of a trace, each with the members that all have.
fn lines(text: &str) -> Vec<Value> {
    let line = |text: &str| serde_json::from_str::<Value>(text).expect("an object a line");
    let lines: Vec<Value> = text.lines().map(line).collect();
    for line in &lines {
        let time = line["time"].as_str().expect("a time");
        assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
        for member in ["method", "url", "purpose", "registry", "retry", "sent", "received", "headMs", "totalMs"] {
            assert!(!line[member].is_null(), "{member} of {line}");
        }
    }
    lines
}

fn field<'a>(head: &'a Value, name: &str) -> Option<&'a str> {
    let field = head.as_array()?.iter().find(|field| field[0] == name)?;
    field[1].as_str()
}

#[test]
fn every_request_of_a_copy_is_traced_without_its_secrets() {
    let Some((scene, image)) = Scene::with("app", fixture::single) else {
        return;
    };
    let options =
        bearer::Options { redirect: true, credentials: Some(("me", "hunter22")), ..bearer::Options::default() };
    let server = Bearer::start(&scene.registry.host(), options);
    let (from, to) = (format!("docker://{}/app:v1", server.host()), scene.folder.at("oci", "o", ":v1"));
    let file = scene.folder.text("trace");
    let run = stevedore(&["copy", "--trace", &file, "--src-creds=me:hunter22", &from, &to]).ok();
    assert_eq!((run.text(), run.stderr.contains("request:")), (image.digest.as_str(), false), "{}", run.stderr);
    let text = fs::read_to_string(&file).expect("a trace");
    let lines = lines(&text);
    let asked = server.log().len() + server.cdn().len();
    assert_eq!(lines.len(), asked, "{text}");
    let token = lines.iter().find(|line| line["purpose"] == "token").expect("a token is asked for");
    assert_eq!(token["login"], json!({"scheme": "Basic", "username": "me", "from": "the options given"}));
    assert_eq!(field(&token["request"], "authorization"), Some("Basic ***"));
    let blob = lines.iter().find(|line| line["purpose"] == "elsewhere").expect("blobs are elsewhere");
    assert!(blob["url"].as_str().is_some_and(|url| url.starts_with("http://localhost:")), "{blob}");
    assert!(blob["login"].is_null() && field(&blob["request"], "authorization").is_none(), "{blob}");
    assert!(blob["received"].as_u64() > Some(0), "{blob}");
    let manifest = lines.iter().find(|line| line["status"] == 200 && line["purpose"] == "registry").expect("one");
    assert_eq!(field(&manifest["request"], "authorization"), Some("Bearer ***"));
    assert!(field(&manifest["response"], "docker-content-digest").is_some(), "{manifest}");
}

#[test]
fn a_trace_shows_attempts_and_what_was_sent() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else {
        return;
    };
    let image = fixture::single(&scene.folder.path("mine"));
    let front = Answering::start(&scene.registry.host(), {
        let refused = AtomicBool::new(false);
        move |request, _| {
            let is_manifest = request.method() == "PUT" && request.path().contains("/manifests/");
            let is_first = is_manifest && !refused.swap(true, Ordering::Relaxed);
            is_first.then(|| Reply::new(503).header("Retry-After", "0"))
        }
    });
    let file = scene.folder.text("trace");
    stevedore(&["copy", "--trace", &file, &image.reference(), &front.docker("new:v1")]).ok();
    let lines = lines(&fs::read_to_string(&file).expect("a trace"));
    let is_sent = |line: &&Value| line["url"].as_str().is_some_and(|url| url.contains("/manifests/"));
    let of_manifest = lines.iter().filter(|line| line["method"] == "PUT").filter(is_sent);
    let attempts: Vec<_> = of_manifest.map(|line| (line["status"].as_u64(), line["retry"].as_u64())).collect();
    assert_eq!(attempts, [(Some(503), Some(0)), (Some(201), Some(1))]);
    let put = |line: &&Value| line["method"] == "PUT";
    assert!(lines.iter().filter(put).all(|line| line["sent"].as_u64() > Some(0)), "{lines:#?}");
    let state = lines.iter().find(put).and_then(|line| line["url"].as_str()).expect("an upload");
    assert!(state.contains("_state=***") && state.contains("digest=sha256:"), "{state}");
}

#[test]
fn one_v_shows_requests_and_two_show_heads() {
    let Some((scene, image)) = Scene::with("app", fixture::single) else {
        return;
    };
    let (host, reference) = (scene.registry.host(), scene.docker("app:v1"));
    let plain = stevedore(&["digest", &reference]).ok();
    assert_eq!((plain.text(), plain.stderr.as_str()), (image.digest.as_str(), ""));
    let once = stevedore(&["digest", "-v", &reference]).ok();
    assert_eq!(once.text(), image.digest);
    let begin = format!("request: HEAD http://{host}/v2/app/manifests/v1: 200, ");
    assert!(once.stderr.starts_with(&begin) && once.stderr.lines().count() == 1, "{}", once.stderr);
    let twice = stevedore(&["digest", "-vv", &reference]).ok();
    let shown = |line: &str| twice.stderr.lines().any(|each| each == line);
    assert!(shown(&format!("  > host: {host}")) && shown("  < docker-distribution-api-version: registry/2.0"));
    assert!(
        stevedore(&["copy", "-v", &reference, &scene.folder.at("oci", "o", ":v1")]).ok().stderr.contains("\nblob ")
    );
}

#[test]
fn what_a_server_says_moves_no_cursor() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else {
        return;
    };
    let front = Answering::start(&scene.registry.host(), |_, _| {
        Some(Reply::new(404).header("X-Odd", "a\u{9b}31mb\u{202e}c").header("Set-Cookie", "session=abcdef"))
    });
    let run = stevedore(&["digest", "-vv", &front.docker("app:v1")]).code(3);
    let odd: Vec<&str> = run.stderr.lines().filter(|line| line.contains("x-odd")).collect();
    assert!(!odd.is_empty() && !run.stderr.contains(['\u{9b}', '\u{202e}']), "{odd:?}");
    assert!(run.stderr.contains("  < set-cookie: ***\n") && !run.stderr.contains("abcdef"), "{}", run.stderr);
}

#[test]
fn a_trace_is_for_its_owner_alone_and_appended() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else {
        return;
    };
    let (reference, path) = (scene.docker("app:v1"), scene.folder.path("trace"));
    let file = path.display().to_string();
    let mode = || fs::metadata(&path).expect("a trace").permissions().mode() & 0o777;
    stevedore(&["digest", "--trace", &file, &reference]).ok();
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).expect("changed");
    Program::stevedore(&["digest", &reference]).env("STEVEDORE_TRACE", &file).run().ok();
    assert_eq!((mode(), lines(&fs::read_to_string(&path).expect("a trace")).len()), (0o600, 2));
    let to_stderr = stevedore(&["digest", "--trace", "-", &reference]).ok();
    assert_eq!(lines(&to_stderr.stderr).len(), 1);
}

#[test]
fn a_trace_is_not_written_through_a_link_and_its_failure_is_no_failure_of_the_verb() {
    let Some((scene, image)) = Scene::with("app", fixture::single) else {
        return;
    };
    let (reference, folder) = (scene.docker("app:v1"), Folder::new());
    fs::write(folder.path("victim"), "mine").expect("written");
    symlink(folder.path("victim"), folder.path("planted")).expect("a link");
    let run: Run = stevedore(&["digest", "--trace", &folder.text("planted"), &reference]).code(1);
    assert!(run.stderr.contains("cannot write the trace to "), "{}", run.stderr);
    assert_eq!(fs::read_to_string(folder.path("victim")).expect("there"), "mine");
    let run = stevedore(&["digest", "--trace", "/dev/full", &reference]).ok();
    assert_eq!(run.text(), image.digest);
    assert!(run.stderr.starts_with("note: the trace ends: cannot write to /dev/full: "), "{}", run.stderr);
}
