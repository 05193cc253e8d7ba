//! Who may do what, and what a hostile request or directory can reach.

use std::os::unix::fs::symlink;

use serde_json::json;
use stevedore::server::{Action, Decision};

use super::site::{Site, sha256};

const ID: &str = "01234567-89ab-4def-8123-456789abcdef";

/// Every method on every path, and what it wants.
fn routes() -> Vec<(&'static str, String, Action)> {
    let digest = sha256(b"x");
    let mut routes = Vec::new();
    for method in ["GET", "HEAD"] {
        routes.push((method, "/v2/".to_owned(), Action::Ping));
        routes.push((method, "/v2/_catalog".to_owned(), Action::Catalog));
        let reads = ["tags/list".to_owned(), format!("manifests/{digest}"), "manifests/v1".into()];
        let more = [format!("blobs/{digest}"), format!("referrers/{digest}")];
        for rest in reads.into_iter().chain(more) {
            routes.push((method, format!("/v2/a/b/{rest}"), Action::Pull));
        }
    }
    routes.push(("PUT", "/v2/a/b/manifests/v1".to_owned(), Action::Push));
    routes.push(("POST", "/v2/a/b/blobs/uploads/".to_owned(), Action::Push));
    for method in ["GET", "PATCH", "PUT", "DELETE"] {
        routes.push((method, format!("/v2/a/b/blobs/uploads/{ID}"), Action::Push));
    }
    routes.push(("DELETE", "/v2/a/b/manifests/v1".to_owned(), Action::Delete));
    routes.push(("DELETE", format!("/v2/a/b/blobs/{digest}"), Action::Delete));
    routes
}

#[test]
fn nothing_is_done_without_asking() {
    for (method, target, action) in routes() {
        let decisions = [
            (Decision::Challenge { challenge: "Basic realm=x".into(), message: "who?".into() }, 401, "UNAUTHORIZED"),
            (Decision::Forbid { message: "no".into() }, 403, "DENIED"),
            (Decision::Wait { seconds: 7, message: "later".into() }, 429, "TOOMANYREQUESTS"),
        ];
        for (decision, status, code) in decisions {
            let site = Site::ruled(move |wish| {
                assert_eq!(wish.action, action);
                let named = !matches!(action, Action::Ping | Action::Catalog);
                assert_eq!(wish.repository, named.then_some("a/b"));
                decision.clone()
            });
            let before = site.files();
            let answer = site.send(method, &target, &[], b"body").expect(status);
            assert_eq!(answer.code(), code, "{method} {target}");
            match status {
                401 => assert_eq!(answer.header("WWW-Authenticate"), Some("Basic realm=x")),
                429 => assert_eq!(answer.header("Retry-After"), Some("7")),
                _ => {}
            }
            assert_eq!(site.files(), before);
            assert!(!site.v2("repositories/a").exists());
        }
    }
}

#[test]
fn a_read_only_registry_is_read() {
    let site = Site::new();
    let raw = site.image("a", "v1", "x");
    let site = site.again_with(|options| options.read_only = true);
    assert_eq!(site.get("/v2/a/manifests/v1").expect(200).body, raw);
    let before = site.files();
    for (method, target, action) in routes() {
        if matches!(action, Action::Push | Action::Delete) {
            let answer = site.send(method, &target, &[], b"body").expect(405);
            assert_eq!((answer.code(), answer.header("Allow")), ("UNSUPPORTED".into(), Some("GET, HEAD")));
        }
    }
    assert_eq!(site.files(), before);
}

#[test]
fn methods_that_do_not_fit_are_refused() {
    let site = Site::new();
    for (method, target, allow) in [
        ("POST", "/v2/", "GET, HEAD"),
        ("DELETE", "/v2/a/tags/list", "GET, HEAD"),
        ("PATCH", "/v2/a/manifests/v1", "GET, HEAD, PUT, DELETE"),
        ("GET", "/v2/a/blobs/uploads/", "POST"),
        ("TRACE", "/v2/a/referrers/x", ""),
    ] {
        let answer = site.send(method, target, &[], b"");
        if allow.is_empty() {
            assert_eq!(answer.status, 400);
        } else {
            assert_eq!(answer.expect(405).header("Allow"), Some(allow), "{method} {target}");
        }
    }
    assert_eq!(site.get("/v2/").expect(200).body, b"{}");
}

#[test]
fn names_do_not_leave_the_directory() {
    let site = Site::new();
    let before = site.files();
    let long = "a".repeat(256);
    let names = ["..", "a/../b", "%2e%2e%2f", "a%00", "a//b", "a%5cb", "A", "_uploads", "a/_layers", &*long];
    for name in names {
        for rest in ["tags/list", "manifests/v1", "blobs/uploads/", "blobs/sha256:../../x", "manifests/.."] {
            for method in ["GET", "PUT", "POST", "DELETE"] {
                let answer = site.send(method, &format!("/v2/{name}/{rest}"), &[], b"{}");
                assert!(matches!(answer.status, 400 | 404), "{method} {name}/{rest}: {}", answer.status);
                let _ = answer.code();
            }
        }
    }
    assert_eq!(site.files(), before);
}

#[test]
fn planted_links_lead_nowhere() {
    let site = Site::new();
    let victim = Site::new();
    let raw = victim.image("a", "v1", "secret");
    let digest = sha256(&raw);
    site.image("real", "v1", "x");
    symlink(victim.v2("repositories/a"), site.v2("repositories/a")).expect("linked");
    let tags = site.v2("repositories/real/_manifests/tags");
    symlink(victim.v2("repositories/a/_manifests/tags/v1"), tags.join("planted")).expect("linked");
    let (hex, folder) = (digest.strip_prefix("sha256:").expect("sha256"), site.v2("blobs/sha256"));
    let _ = std::fs::remove_dir_all(folder.join(&hex[..2]));
    symlink(victim.v2(&format!("blobs/sha256/{}", &hex[..2])), folder.join(&hex[..2])).expect("linked");
    let revision = site.v2(&format!("repositories/real/_manifests/revisions/sha256/{hex}"));
    std::fs::create_dir_all(&revision).expect("made");
    std::fs::write(revision.join("link"), &digest).expect("written");
    for target in [
        "/v2/a/manifests/v1".to_owned(),
        format!("/v2/a/manifests/{digest}"),
        "/v2/real/manifests/planted".into(),
        format!("/v2/real/manifests/{digest}"),
        format!("/v2/a/blobs/{}", sha256(b"layer secret")),
    ] {
        // It may be there: it cannot be reached, which is not "not found".
        let answer = site.get(&target).expect(503);
        assert!(!String::from_utf8_lossy(&answer.body).contains("docker/registry"));
    }
    assert_eq!(site.get("/v2/_catalog").json()["repositories"], json!(["real"]));
    assert_eq!(site.get("/v2/real/tags/list").json()["tags"], json!(["v1"]));
    let before = victim.files();
    let answer = site.send("POST", &format!("/v2/a/blobs/uploads/?digest={}", sha256(b"1")), &[], b"1").expect(503);
    assert!(!String::from_utf8_lossy(&answer.body).contains("docker/registry"));
    site.registry.storage().collect(&super::collect::at_once()).expect_err("refused");
    assert_eq!(victim.files(), before);
    assert_eq!(victim.get("/v2/a/manifests/v1").expect(200).body, raw);
}

#[test]
fn a_prefix_stands_before_every_location() {
    let site = Site::with(|options| options.base_path = "/some/where/".into());
    let digest = sha256(b"1");
    // Whether the proxy cuts it off or not.
    for prefix in ["", "/some/where"] {
        let target = format!("{prefix}/v2/a/blobs/uploads/?digest={digest}");
        let answer = site.send("POST", &target, &[], b"1").expect(201);
        assert_eq!(answer.header("Location"), Some(&*format!("/some/where/v2/a/blobs/{digest}")));
    }
    site.get("/some/wherev2/").expect(404);
}
