//! Registries that deviate where it does not matter: uploads with a second way, names of their own, token answers.

use std::fs;

use serde_json::json;

use crate::support::answering::Answering;
use crate::support::command::{Program, stevedore};
use crate::support::fixture;
use crate::support::pages::Fake;
use crate::support::scene::Scene;
use crate::support::wire::{Head, Reply};

fn length(request: &Head) -> u64 {
    request.headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Whatever is wrong with one PUT, another way is tried before the copy fails; the registry checks each blob's digest.
#[test]
fn uploads_have_a_second_way() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let image = fixture::big(&scene.folder.path("big"), 1, 1_000_000);
    let table: &[(&str, u16, &str)] = &[
        ("body", 400, "BLOB_UPLOAD_INVALID"),
        ("body", 400, "DIGEST_INVALID"),
        ("body", 405, "UNSUPPORTED"),
        ("body", 415, "UNSUPPORTED"),
        ("body", 501, "UNSUPPORTED"),
        ("large", 413, "SIZE_INVALID"),
        ("piece", 413, "SIZE_INVALID"),
        ("piece", 416, "SIZE_INVALID"),
        ("hop", 307, ""),
        ("hop", 308, ""),
    ];
    for (number, (what, status, code)) in table.iter().copied().enumerate() {
        let front = Answering::start(&scene.registry.host(), move |request, _| {
            if !request.path().contains("/blobs/uploads/") {
                return None;
            }
            let refuse = || Some(Reply::error(status, code, "not like this"));
            match (what, request.method()) {
                ("body", "PUT") if length(request) > 0 => refuse(),
                ("large", "PUT") if length(request) > 500_000 => refuse(),
                ("piece", "PUT" | "PATCH") if length(request) > 300_000 => refuse(),
                ("hop", "PUT") if !request.path().contains("hop=1") => {
                    Some(Reply::new(status).header("Location", &format!("{}&hop=1", request.path())))
                }
                _ => None,
            }
        });
        let to = format!("new{number}");
        stevedore(&["copy", &image.reference(), &front.docker(&format!("{to}:v1"))]).ok();
        let copied = stevedore(&["copy", &scene.docker(&format!("{to}:v1")), &scene.folder.at("oci", &to, ":v1")]).ok();
        assert_eq!(copied.text(), image.digest, "{what} {status} {code}");
    }
}

/// A mount that is accepted without a place to go on leads to an upload.
#[test]
fn a_mount_without_a_location_leads_to_an_upload() {
    let Some((scene, image)) = Scene::with("app", fixture::single) else {
        return;
    };
    let front = Answering::start(&scene.registry.host(), |request, _| {
        request.path().contains("mount=").then(|| Reply::new(202))
    });
    assert_eq!(stevedore(&["copy", &front.docker("app:v1"), &front.docker("new:v1")]).ok().text(), image.digest);
    assert_eq!(scene.digest("new", "v1"), image.digest);
}

/// Path and query of a `Link` count, at the host that was asked; nobody else is asked.
#[test]
fn links_to_another_name_stay_at_the_host() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else {
        return;
    };
    let foreign = Answering::start(&scene.registry.host(), |_, _| None);
    let other = foreign.host();
    for base in ["http://registry.internal:5000", "https://localhost", "//127.0.0.1", &format!("http://{other}"), ""] {
        let link = format!(r#"<{base}/v2/app/tags/list?last=b>; rel="next""#);
        let front = Answering::start(&scene.registry.host(), move |request, _| match request.path() {
            "/v2/app/tags/list" => Some(Reply::json(200, &json!({"tags": ["a", "b"]})).header("Link", &link)),
            path if path.contains("last=b") => Some(Reply::json(200, &json!({"tags": ["c"]}))),
            _ => None,
        });
        assert_eq!(stevedore(&["tags", &front.docker("app")]).ok().text(), "a\nb\nc", "{base}");
    }
    assert!(foreign.log().is_empty(), "{:#?}", foreign.log());
}

/// What is said outright goes before the default for this machine: no byte goes out in plain http.
#[test]
fn tls_that_is_required_is_required_on_this_machine() {
    let Some((scene, image)) = Scene::with("app", fixture::single) else {
        return;
    };
    let front = Answering::start(&scene.registry.host(), |_, _| None);
    let (from, to) = (front.docker("app:v1"), scene.folder.at("oci", "o", ":v1"));
    let (pushed, local) = (front.docker("new:v1"), image.reference());
    for arguments in [
        &["digest", "--tls-verify=true", &from][..],
        &["digest", "--tls-verify", &from],
        &["copy", "--src-tls-verify=true", &from, &to],
        &["copy", "--dest-tls-verify=true", &local, &pushed],
        &["copy", "--dest-tls-verify", &local, &pushed],
    ] {
        stevedore(&[arguments, &["--retry-times=0"]].concat()).code(5);
        assert!(front.log().is_empty(), "{arguments:?}: {:#?}", front.log());
    }
    stevedore(&["digest", &from]).ok();
}

/// Only the token of a token server's answer matters, and a challenge that cannot be used is passed over for the next one.
#[test]
fn token_answers_and_challenges() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else {
        return;
    };
    for answer in [
        r#"{"token":"T","expires_in":"3600"}"#,
        r#"{"token":"T","expires_in":3600.0}"#,
        r#"{"token":"T","expires_in":-1}"#,
        r#"{"token":"T\n","expires_in":null}"#,
    ] {
        let front = Answering::start(&scene.registry.host(), move |request, host| match request.path() {
            path if path.starts_with("/token") => Some(Reply::new(200).body(answer)),
            _ if request.headers.get("authorization") == Some("Bearer T") => None,
            _ => {
                let challenge = format!(r#"Bearer realm="http://{host}/token""#);
                Some(Reply::new(401).header("WWW-Authenticate", &challenge))
            }
        });
        stevedore(&["digest", "--retry-times=0", &front.docker("app:v1")]).ok();
    }
    for realm in ["", "http://HOST/missing", "ftp://x/"] {
        let front = Answering::start(&scene.registry.host(), move |request, host| {
            if request.headers.get("authorization") == Some("Basic bWU6c2VjcmV0") && request.path().starts_with("/v2/")
            {
                return None;
            }
            let bearer = format!(r#"Bearer realm="{}""#, realm.replace("HOST", host));
            let status = if request.path().starts_with("/missing") { 404 } else { 401 };
            let reply = Reply::new(status).header("WWW-Authenticate", &bearer);
            Some(reply.header("WWW-Authenticate", r#"Basic realm="r""#))
        });
        stevedore(&["digest", "--retry-times=0", "--creds=me:secret", &front.docker("app:v1")]).ok();
    }
}

/// An address is brought down to its host, and a page is no registry.
#[test]
fn logins_are_kept_for_registries() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else {
        return;
    };
    let front = Answering::start(&scene.registry.host(), |request, _| {
        let is_known = request.headers.get("authorization") == Some("Basic bWU6c2VjcmV0");
        (!is_known).then(|| Reply::new(401).header("WWW-Authenticate", r#"Basic realm="r""#))
    });
    for address in [format!("http://{}/v2/", front.host()), format!("http://{}/v2", front.host()), front.host()] {
        let file = scene.folder.text("auth.json");
        let flags = ["login", "--authfile", &file, "-u", "me", "--password-stdin", &address];
        Program::stevedore(&flags).stdin(b"secret").run().ok();
        stevedore(&["digest", "--authfile", &file, &front.docker("app:v1")]).ok();
        fs::remove_file(&file).expect("it was kept");
    }
    let page = Answering::start(&scene.registry.host(), |_, _| {
        Some(Reply::new(200).header("Content-Type", "text/html; charset=utf-8").body("<html>Sign in</html>"))
    });
    let file = scene.folder.text("none.json");
    let flags = ["login", "--authfile", &file, "-u", "me", "--password-stdin", &page.host()];
    let run = Program::stevedore(&flags).stdin(b"secret").run().code(5);
    assert!(run.stderr.contains("it is a web page"), "{}", run.stderr);
    assert!(!scene.folder.path("none.json").exists());
}

/// Pages of tags that lead in circles, or to ever more pages, may lack what counts: nobody is told that this is all.
#[test]
fn endless_pages_of_tags_are_no_list() {
    // Where each page leads, how long its only tag is, and what is said after how many of them.
    type Next = fn(usize) -> usize;
    let cases: [(Next, usize, &str, usize); 2] = [
        (|number| number % 2 + 1, 1, "leads in circles", 4),
        (|number| number + 1, 30 << 20, "does not end after 256 MiB", 9),
    ];
    for (next, length, reason, most) in cases {
        let endless = Fake::start(move |asked| {
            let number = asked.parameter("n").map_or(0, |number| number.parse().expect("a number"));
            let reply = Reply::json(200, &json!({"tags": ["x".repeat(length)]}));
            reply.header("Link", &format!("<?n={}>; rel=\"next\"", next(number)))
        });
        let run = stevedore(&["tags", "--json", &format!("docker://{}/app", endless.host())]).code(5);
        let line = format!("docker://{}/app: its list of tags {reason}", endless.host());
        assert!(run.stderr.contains(&line), "{}", run.stderr);
        assert!(run.stdout.is_empty(), "{reason}: half a list");
        let asked = endless.log().iter().filter(|each| each.path().contains("/tags/list")).count();
        assert!(asked <= most, "{reason}: {asked} pages");
    }
}
