//! What a tree answers, asked as a handler.

use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;

use super::*;
use crate::copy::{Options, Platforms};

struct Everyone;

impl Authorize for Everyone {
    fn authorize(&self, _: &Request<'_>, _: &Wish<'_>) -> Decision {
        Decision::Allow
    }
}

const MANIFEST: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#;
const EMPTY: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/// Writes a tree as `deploy` does.
fn tree() -> (tempfile::TempDir, StaticTree, String) {
    let dir = tempfile::tempdir().expect("a directory");
    let layout = dir.path().join("layout");
    let blobs = layout.join("blobs/sha256");
    fs::create_dir_all(&blobs).expect("made");
    let digest = Digest::of(MANIFEST.as_bytes());
    fs::write(blobs.join(digest.hex()), MANIFEST).expect("written");
    fs::write(blobs.join(&EMPTY[7..]), "{}").expect("written");
    fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).expect("written");
    let entry = format!(
        r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":{},"annotations":{{"org.opencontainers.image.ref.name":"v1"}}}}"#,
        MANIFEST.len()
    );
    fs::write(layout.join("index.json"), format!(r#"{{"schemaVersion":2,"manifests":[{entry}]}}"#)).expect("written");
    let places = crate::transport::Options::default();
    let from: crate::transport::Location = format!("oci:{}:v1", layout.display()).parse().expect("a place");
    for to in ["lib/app:v1", "lib/app:v2", "lib/app:v3.html", "b:x"] {
        let to: crate::transport::Location =
            format!("static:{}:{to}", dir.path().join("tree").display()).parse().expect("a place");
        let source = from.place.open_source(&places).expect("opens");
        let destination = to.place.open_destination(&places).expect("opens");
        let options = Options { platforms: Platforms::All, ..Options::default() };
        let request = crate::copy::Request {
            source: &*source,
            from: &from.at,
            destination: &*destination,
            to: &to.at,
            options: &options,
        };
        crate::copy::copy(&request, std::num::NonZeroUsize::MIN, &crate::watch::Watch::default()).expect("copies");
    }
    let server = StaticTree::open(&dir.path().join("tree"), Arc::new(Everyone)).expect("opens");
    (dir, server, digest.to_string())
}

fn send(server: &StaticTree, method: Method, target: &str, fields: &[(&str, &str)]) -> (Response, String) {
    let mut request = Request::new(method, target);
    for (name, value) in fields {
        request.headers.add(*name, *value);
    }
    let mut response = server.handle(&mut request);
    let body = match std::mem::replace(&mut response.content, Content::Empty) {
        Content::Bytes(bytes) => bytes,
        Content::File(file, length) => {
            let mut bytes = Vec::new();
            file.take(length).read_to_end(&mut bytes).expect("reads");
            bytes
        }
        _ => Vec::new(),
    };
    (response, String::from_utf8(body).expect("text"))
}

fn get(server: &StaticTree, target: &str) -> (u16, String) {
    let (response, body) = send(server, Method::Get, target, &[]);
    (response.status.0, body)
}

#[test]
fn manifests_have_their_type_and_digest() {
    let (_dir, server, digest) = tree();
    for reference in ["v1", "v3.html", &digest] {
        let (response, body) = send(&server, Method::Get, &format!("/v2/lib/app/manifests/{reference}"), &[]);
        assert_eq!((response.status.0, body.as_str()), (200, MANIFEST));
        let field = |name| response.headers.first(name).expect(name);
        assert_eq!(field("content-type"), "application/vnd.oci.image.manifest.v1+json");
        assert_eq!(field("docker-content-digest"), digest);
        assert_eq!(field("etag"), format!("\"{digest}\""));
    }
    let known = format!("\"{digest}\"");
    let (response, body) = send(&server, Method::Get, "/v2/b/manifests/x", &[("If-None-Match", &known)]);
    assert_eq!((response.status.0, body.as_str()), (304, ""));
}

#[test]
fn blobs_have_parts() {
    let (_dir, server, _) = tree();
    let target = format!("/v2/lib/app/blobs/{EMPTY}");
    assert_eq!(get(&server, &target), (200, "{}".into()));
    let (response, body) = send(&server, Method::Get, &target, &[("Range", "bytes=1-")]);
    assert_eq!((response.status.0, body.as_str()), (206, "}"));
    assert_eq!(response.headers.first("content-range"), Some("bytes 1-1/2"));
    let (response, _) = send(&server, Method::Get, &target, &[("Range", "bytes=2-")]);
    assert_eq!((response.status.0, response.headers.first("content-range")), (416, Some("bytes */2")));
}

#[test]
fn lists_have_pages() {
    let (_dir, server, digest) = tree();
    let (_, body) = send(&server, Method::Get, "/v2/lib/app/tags/list", &[]);
    assert_eq!(body, r#"{"name":"lib/app","tags":["v1","v2","v3.html"]}"#);
    let (response, body) = send(&server, Method::Get, "/v2/lib/app/tags/list?n=1&last=v1", &[]);
    assert_eq!(body, r#"{"name":"lib/app","tags":["v2"]}"#);
    assert_eq!(response.headers.first("link"), Some("</v2/lib/app/tags/list?last=v2&n=1>; rel=\"next\""));
    let (response, body) = send(&server, Method::Get, "/v2/lib/app/tags/list?n=1&last=v2", &[]);
    assert_eq!((body.as_str(), response.headers.first("link")), (r#"{"name":"lib/app","tags":["v3.html"]}"#, None));
    assert_eq!(get(&server, "/v2/_catalog").1, r#"{"repositories":["b","lib/app"]}"#);
    assert_eq!(get(&server, "/v2/_catalog?n=x").0, 400);
    let (response, body) = send(&server, Method::Get, &format!("/v2/b/referrers/{digest}?artifactType=x/y"), &[]);
    assert_eq!(response.headers.first("content-type"), Some("application/vnd.oci.image.index.v1+json"));
    assert_eq!(response.headers.first("oci-filters-applied"), Some("artifactType"));
    assert!(body.contains(r#""manifests":[]"#), "{body}");
    assert_eq!(get(&server, &format!("/v2/unknown/referrers/{EMPTY}")).0, 200);
}

#[test]
fn nothing_can_be_written_and_what_is_absent_is_not_found() {
    let (_dir, server, digest) = tree();
    for method in [Method::Put, Method::Post, Method::Patch, Method::Delete] {
        for target in ["/v2/a/blobs/uploads/", "/v2/b/manifests/x", "/v2/a/blobs/uploads/1"] {
            let (response, body) = send(&server, method.clone(), target, &[]);
            assert_eq!((response.status.0, response.headers.first("allow")), (405, Some("GET, HEAD")), "{target}");
            assert!(body.contains(r#""code":"UNSUPPORTED""#), "{body}");
        }
    }
    for (target, status, code) in [
        ("/v2/b/manifests/no", 404, "MANIFEST_UNKNOWN"),
        ("/v2/c/manifests/x", 404, "MANIFEST_UNKNOWN"),
        (&format!("/v2/c/blobs/{EMPTY}"), 404, "BLOB_UNKNOWN"),
        (&format!("/v2/b/blobs/{}", EMPTY.replace('4', "5")), 404, "BLOB_UNKNOWN"),
        ("/v2/c/tags/list", 404, "NAME_UNKNOWN"),
        ("/v2/b/blobs/sha256:../../x", 404, "UNSUPPORTED"),
        ("/v2/b/blobs/sha256:zz", 400, "DIGEST_INVALID"),
        ("/v2/b/manifests/.digest", 404, "MANIFEST_UNKNOWN"),
        ("/v2/b/manifests/", 404, "MANIFEST_UNKNOWN"),
        ("/v2/b/manifests/sha256:zz", 400, "DIGEST_INVALID"),
        (&format!("/v2/b/manifests/{}", "x".repeat(129)), 404, "MANIFEST_UNKNOWN"),
        ("/v2/../b/manifests/x", 404, "UNSUPPORTED"),
        ("/v2/B/manifests/x", 404, "UNSUPPORTED"),
        ("/v2/b%2f/manifests/x", 404, "UNSUPPORTED"),
        ("/v2//b/manifests/x", 404, "UNSUPPORTED"),
        ("/v2/manifests/x", 404, "UNSUPPORTED"),
        (&format!("/v2/b/{digest}"), 404, "UNSUPPORTED"),
    ] {
        let (found, body) = get(&server, target);
        assert!(found == status && body.contains(&format!("\"code\":\"{code}\"")), "{target}: {found} {body}");
    }
}

#[test]
fn no_link_leads_out() {
    let (dir, server, digest) = tree();
    let tree = dir.path().join("tree");
    let outside = dir.path().join("outside");
    fs::create_dir_all(outside.join("blobs")).expect("made");
    fs::write(outside.join("blobs").join(EMPTY), "{}").expect("written");
    symlink(&outside, tree.join("v2/evil")).expect("linked");
    assert_eq!(get(&server, &format!("/v2/evil/blobs/{EMPTY}")).0, 404);
    fs::remove_file(tree.join("v2/b/blobs").join(EMPTY)).expect("removed");
    symlink(outside.join("blobs").join(EMPTY), tree.join("v2/b/blobs").join(EMPTY)).expect("linked");
    assert_eq!(get(&server, &format!("/v2/b/blobs/{EMPTY}")).0, 404);
    symlink(outside, tree.join("m/b/out")).expect("linked");
    assert_eq!(get(&server, "/v2/b/manifests/out").0, 404);
    symlink("/", tree.join("m/b/@tags")).expect("linked");
    assert_eq!(get(&server, "/v2/b/manifests/etc").0, 404);
    fs::remove_file(tree.join("m/b/@tags")).expect("removed");
    symlink(dir.path().join("outside"), tree.join("m/b").join(EMPTY)).expect("linked");
    assert_eq!(get(&server, &format!("/v2/b/manifests/{EMPTY}")).0, 404);
    fs::write(tree.join("m/b").join(&digest).join("m.oci-image"), "{}").expect("written");
    let (status, body) = get(&server, "/v2/b/manifests/x");
    assert_eq!((status, body.contains(&tree.display().to_string())), (500, false), "another content than the digest's");
}

#[test]
fn paths_are_read_from_their_end() {
    for (path, route) in [
        ("/v2", Some(Route::Ping)),
        ("/v2/", Some(Route::Ping)),
        ("/v2/a/blobs/blobs/d", Some(Route::Blob("a/blobs", "d"))),
        ("/v2/tags/list/tags/list", Some(Route::Tags("tags/list"))),
        ("/v2/a/manifests/manifests/v", Some(Route::Manifest("a/manifests", "v"))),
        ("/v2/a/blobs/uploads/", Some(Route::Upload("a"))),
        ("/v2x", None),
        ("/v2/a", None),
        ("/v3/", None),
    ] {
        assert_eq!(Route::of(path), route, "{path}");
    }
}
