//! Absent is said only after a second look, with another method and with the login, and only of the thing that was asked for.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::support::answering::Answering;
use crate::support::command::{Program, Run, stevedore};
use crate::support::fixture;
use crate::support::scene::Scene;
use crate::support::wire::{Head, Reply};

const BASIC: &str = "Basic bWU6c2VjcmV0";

/// The verbs that read, with what follows the reference.
fn readers(scene: &Scene, number: usize) -> Vec<(&'static str, &'static str, Vec<String>)> {
    vec![
        ("digest", ":v1", vec![]),
        ("inspect", ":v1", vec![]),
        ("tags", "", vec![]),
        ("referrers", ":v1", vec![]),
        ("copy", ":v1", vec![scene.folder.at("oci", &format!("o{number}"), ":v1")]),
    ]
}

fn run(verb: &str, flags: &[&str], reference: &str, more: &[String], login: Option<&str>) -> Run {
    let mut arguments = vec![verb];
    arguments.extend(flags);
    arguments.push(reference);
    arguments.extend(more.iter().map(String::as_str));
    let program = Program::stevedore(&arguments);
    if let Some(host) = login {
        let folder = program.home().join(".docker");
        fs::create_dir_all(&folder).expect("making a directory");
        let auths = json!({"auths": {host: {"auth": &BASIC[6..]}}});
        fs::write(folder.join("config.json"), auths.to_string()).expect("writing a file");
    }
    program.run()
}

fn authorization(request: &Head) -> &str {
    request.headers.get("authorization").unwrap_or_default()
}

fn challenge(scheme: &str, host: &str) -> String {
    match scheme {
        "Bearer" => format!(r#"Bearer realm="http://{host}/token",service="s""#),
        _ => r#"Basic realm="r""#.to_owned(),
    }
}

/// A token server that fails says nothing of what the registry was to be asked for, whatever its status is.
#[test]
fn a_failed_token_is_never_not_found() {
    let Some((scene, image)) = Scene::with("app", fixture::single) else {
        return;
    };
    for status in [400, 404, 410, 500] {
        let front = Answering::start(&scene.registry.host(), move |request, host| match request.path() {
            path if path.starts_with("/token") => Some(Reply::new(status).body("no such page")),
            "/v2/" => None,
            _ => {
                Some(Reply::error(401, "UNAUTHORIZED", "log in").header("WWW-Authenticate", &challenge("Bearer", host)))
            }
        });
        let mut verbs = readers(&scene, 0);
        verbs.push(("delete", ":v1", vec!["--yes".into()]));
        for (verb, rest, more) in verbs {
            let run = run(verb, &["--retry-times=0"], &front.docker(&format!("app{rest}")), &more, None);
            assert!(matches!(run.code, 4 | 5), "{verb} with {status}: exit {}: {}", run.code, run.stderr);
            assert!(run.stderr.contains("/token"), "{verb}: who refused is named: {}", run.stderr);
        }
        let run = run("copy", &["--retry-times=0", &image.reference()], &front.docker("new:v1"), &[], None);
        assert!(matches!(run.code, 4 | 5), "push with {status}: exit {}: {}", run.code, run.stderr);
    }
    // What is absent at the registry itself stays so.
    stevedore(&["digest", &scene.docker("app:v9")]).code(3);
    stevedore(&["tags", &scene.docker("none")]).code(3);
}

/// What is written to cannot be missing: a push that is answered with 404 fails with the registry's own words.
#[test]
fn a_failed_push_is_never_not_found() {
    let Some((scene, image)) = Scene::with("app", fixture::single) else {
        return;
    };
    for (number, (method, place, code)) in [
        ("PUT", "/manifests/", "MANIFEST_BLOB_UNKNOWN"),
        ("PUT", "/blobs/uploads/", "BLOB_UPLOAD_UNKNOWN"),
        ("POST", "/blobs/uploads/", "NAME_UNKNOWN"),
    ]
    .into_iter()
    .enumerate()
    {
        let front = Answering::start(&scene.registry.host(), move |request, _| {
            let is_it = request.method() == method && request.path().contains(place);
            is_it.then(|| Reply::error(404, code, "the registry's own words"))
        });
        let run =
            stevedore(&["copy", "--retry-times=0", &image.reference(), &front.docker(&format!("new{number}:v1"))])
                .code(5);
        assert!(run.stderr.contains(&format!("{code}: the registry's own words")), "{}", run.stderr);
    }
}

/// HEAD is an economy: whatever it says, a GET decides before anything but success is said of a manifest.
#[test]
fn a_get_decides_where_head_fails() {
    let Some((scene, image)) = Scene::with("app", fixture::single) else {
        return;
    };
    for (number, status) in [400, 401, 403, 404, 405, 410, 500, 501, 502].into_iter().enumerate() {
        let front = Answering::start(&scene.registry.host(), move |request, _| {
            let is_it = request.method() == "HEAD" && request.path().contains("/manifests/");
            is_it.then(|| Reply::new(status))
        });
        for (verb, rest, more) in readers(&scene, number) {
            run(verb, &[], &front.docker(&format!("app{rest}")), &more, None).ok();
        }
        run("digest", &[], &front.docker("app:v9"), &[], None).code(3);
        let list = format!("{} {}\n", front.docker("app:*"), scene.folder.at("oci", &format!("sync{number}"), ""));
        let synced = Program::stevedore(&["sync", "-"]).stdin(list.as_bytes()).run().ok();
        assert!(synced.stderr.contains("1 image") || synced.text().contains("1 image"), "{}", synced.stderr);
        let to = format!("new{number}:v1");
        stevedore(&["copy", &image.reference(), &front.docker(&to)]).ok();
        assert_eq!(scene.digest(&format!("new{number}"), "v1"), image.digest, "{status}");
        stevedore(&["delete", "--yes", &front.docker(&to)]).ok();
        assert!(!scene.has(&format!("new{number}"), "v1"), "{status}");
    }
}

/// A destination that may be written and not be read is written; the login alone is no such reason.
#[test]
fn a_destination_that_cannot_be_read_is_written() {
    let Some((scene, image)) = Scene::with("app", fixture::single) else {
        return;
    };
    for (status, wanted) in [(400, 0), (403, 0), (404, 0), (405, 0), (401, 4)] {
        let front = Answering::start(&scene.registry.host(), move |request, _| {
            let is_read = matches!(request.method(), "HEAD" | "GET") && request.path().contains("/manifests/");
            is_read.then(|| Reply::error(status, "DENIED", "not to be read"))
        });
        let to = format!("to{status}");
        let run = stevedore(&["copy", &image.reference(), &front.docker(&format!("{to}:v1"))]).code(wanted);
        assert_eq!(scene.has(&to, "v1"), wanted == 0, "{status}");
        assert_eq!(run.stderr.contains("does not tell whether it has v1"), matches!(status, 400 | 403 | 405));
    }
}

/// A registry that hides from strangers what it has names its method at `/v2/`: the login is sent after that, and not before.
#[test]
fn a_login_that_is_known_is_used_before_a_refusal_is_told() {
    let Some((scene, image)) = Scene::with("app", fixture::single) else {
        return;
    };
    let mut number = 0;
    for scheme in ["Basic", "Bearer"] {
        for status in [404, 403, 401, 302] {
            let front = Answering::start(&scene.registry.host(), move |request, host| {
                let wanted = if scheme == "Basic" { BASIC } else { "Bearer T" };
                match (request.path(), authorization(request)) {
                    (path, got) if path.starts_with("/token") => {
                        let token = if got == BASIC { "T" } else { "anonymous" };
                        Some(Reply::json(200, &json!({ "token": token })))
                    }
                    ("/signin", _) => Some(Reply::new(200).header("Content-Type", "text/html").body("<html>")),
                    (_, got) if got == wanted => None,
                    ("/v2/", _) => Some(Reply::new(401).header("WWW-Authenticate", &challenge(scheme, host))),
                    _ if status == 302 => Some(Reply::new(302).header("Location", "/signin")),
                    _ => Some(Reply::error(status, "DENIED", "who are you?")),
                }
            });
            let host = front.host();
            let mut verbs = readers(&scene, number + 100);
            number += 1;
            let to = format!("new{number}");
            verbs.push(("copy", "", vec![]));
            for (verb, rest, more) in verbs {
                if more.is_empty() && verb == "copy" {
                    run(verb, &[&image.reference()], &front.docker(&format!("{to}:v1")), &more, Some(&host)).ok();
                    continue;
                }
                run(verb, &[], &front.docker(&format!("app{rest}")), &more, Some(&host)).ok();
            }
            run("delete", &["--yes"], &front.docker(&format!("{to}:v1")), &[], Some(&host)).ok();
            run("digest", &["--creds=me:secret"], &front.docker("app:v1"), &[], None).ok();
            // Another login does not help, and who has none learns nothing.
            let run = run("digest", &[], &front.docker("app:v1"), &[], None);
            assert_ne!(run.code, 0, "{scheme} {status}");
        }
    }
}

/// A token that was given is sent from the first request; a login goes nowhere where none is wanted.
#[test]
fn who_sees_a_login() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else {
        return;
    };
    let strict = Answering::start(&scene.registry.host(), |request, _| {
        (authorization(request) != "Bearer TT").then(|| Reply::error(404, "MANIFEST_UNKNOWN", "unknown"))
    });
    run("digest", &["--registry-token=TT"], &strict.docker("app:v1"), &[], None).ok();
    assert_eq!(strict.log().len(), 1, "{:#?}", strict.log());
    let open = Answering::start(&scene.registry.host(), |_, _| None);
    run("digest", &[], &open.docker("app:v1"), &[], Some(&open.host())).ok();
    run("digest", &[], &open.docker("app:v9"), &[], Some(&open.host())).code(3);
    assert!(open.log().iter().all(|request| !request.authorization), "{:#?}", open.log());
    // "No credentials" is said only of a file without an entry.
    let closed =
        Answering::start(&scene.registry.host(), |_, _| Some(Reply::error(403, "DENIED", "not from this network")));
    let with = run("digest", &[], &closed.docker("app:v1"), &[], Some(&closed.host())).code(4);
    assert!(
        with.stderr.contains("not from this network") && !with.stderr.contains("no credentials"),
        "{}",
        with.stderr
    );
    let without = run("digest", &[], &closed.docker("app:v1"), &[], None).code(4);
    assert!(without.stderr.contains("no credentials in"), "{}", without.stderr);
}

/// A further page of a list that is missing is a failure: the first one was there.
#[test]
fn a_page_that_is_missing_is_a_failure() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else {
        return;
    };
    let front = Answering::start(&scene.registry.host(), |request, _| match request.path() {
        "/v2/app/tags/list" => Some(
            Reply::json(200, &json!({"tags": ["a", "b"]})).header("Link", r#"</v2/app/tags/list?last=b>; rel="next""#),
        ),
        path if path.contains("last=b") => Some(Reply::error(404, "NAME_UNKNOWN", "unknown")),
        _ => None,
    });
    let run = stevedore(&["tags", &front.docker("app")]).code(5);
    assert!(run.stderr.contains("NAME_UNKNOWN"), "{}", run.stderr);
}

/// A request's attempts end when its token cannot be had, a pause longer than a minute is not made, and another place is asked before the
/// same one again.
#[test]
fn one_budget_of_attempts() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else {
        return;
    };
    let front = Answering::start(&scene.registry.host(), |request, host| match request.path() {
        path if path.starts_with("/token") => Some(Reply::new(500).body("out of order")),
        _ => Some(Reply::new(401).header("WWW-Authenticate", &challenge("Bearer", host))),
    });
    let run = stevedore(&["digest", "--retry-times=1", &front.docker("app:v1")]).code(5);
    assert!(run.stderr.contains("status 500 out of order"), "{}", run.stderr);
    let tokens = front.log().iter().filter(|request| request.path.starts_with("/token")).count();
    assert_eq!(tokens, 2, "{:#?}", front.log());
    for (status, after) in [(429, "3600"), (503, "Fri, 31 Dec 2100 23:59:59 GMT")] {
        let front = Answering::start(&scene.registry.host(), move |_, _| {
            Some(Reply::error(status, "TOOMANYREQUESTS", "slow down").header("Retry-After", after))
        });
        let run = stevedore(&["digest", &front.docker("app:v1")]).code(5);
        assert!(run.stderr.contains("slow down; it asks to wait "), "{}", run.stderr);
        assert_eq!(front.log().len(), 2, "one HEAD, and one GET for the reason: {:#?}", front.log());
    }
}

/// Resuming is an economy: where a range does not work, the blob is fetched again from its start, in this run and in the next.
#[test]
fn a_refused_range_is_followed_by_the_whole_blob() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let image = fixture::big(&scene.folder.path("big"), 1, 3_000_000);
    crate::support::seed::push_all(&image.dir, &scene.registry.client(), "big");
    let layer = image.parts[0].layers[0].clone();
    for (number, answer) in ["416", "400", "403", "501", "bare", "start", "nonsense", "closed"].into_iter().enumerate()
    {
        let (path, content) = (format!("/v2/big/blobs/{layer}"), image.read(&layer));
        let was_cut = AtomicBool::new(false);
        let front = Answering::start(&scene.registry.host(), move |request, _| {
            if request.method() != "GET" || request.path() != path {
                return None;
            }
            let Some(range) = request.headers.get("range") else {
                let is_cut = !was_cut.swap(true, Ordering::Relaxed);
                // The announced length is more than what comes, and the connection ends.
                return is_cut.then(|| {
                    Reply::new(200)
                        .header("Content-Encoding", "identity")
                        .header("Transfer-Encoding", "chunked")
                        .body([b"100000\r\n".as_slice(), &content[..500_000]].concat())
                });
            };
            let (size, part) = (content.len(), &content[500_000..]);
            match answer {
                "bare" => Some(Reply::new(206).body(part)),
                "start" => {
                    Some(Reply::new(206).header("Content-Range", &format!("bytes 0-{}/{size}", size - 1)).body(part))
                }
                "nonsense" => Some(Reply::new(206).header("Content-Range", "bytes nonsense").body(part)),
                "closed" if !range.ends_with('-') => None,
                "closed" => Some(Reply::new(416)),
                status => Some(Reply::new(status.parse().expect("a status"))),
            }
        });
        let to = scene.folder.at("oci", &format!("c{number}"), ":v1");
        // The second run goes on with what the first has kept.
        stevedore(&["copy", "--retry-times=0", "--read-timeout=1", &front.docker("big:v1"), &to]).code(5);
        let run = stevedore(&["copy", &front.docker("big:v1"), &to]).ok();
        assert_eq!(run.text(), image.digest, "{answer}");
    }
}
