//! Reading, mounting and deleting blobs.

use stevedore::server::{Action, Decision};

use super::site::{Site, sha256};

fn forbid() -> Decision {
    Decision::Forbid { message: "no".into() }
}

#[test]
fn ranges_are_exact() {
    let site = Site::new();
    let content: Vec<u8> = (0..2048u32).map(|number| (number % 251) as u8).collect();
    let digest = site.blob("a", &content);
    let target = format!("/v2/a/blobs/{digest}");
    for (range, first, last) in [
        ("bytes=500-1499", 500, 1499),
        ("bytes=500-", 500, 2047),
        ("bytes=-500", 1548, 2047),
        ("bytes=2000-5000", 2000, 2047),
    ] {
        let answer = site.send("GET", &target, &[("Range", range)], b"").expect(206);
        assert_eq!(answer.header("Content-Range"), Some(&*format!("bytes {first}-{last}/2048")));
        assert_eq!(answer.length, Some((last - first + 1) as u64));
        assert_eq!(answer.body, content[first..=last]);
    }
    for range in ["bytes=500-0", "bytes=5000-10000"] {
        let answer = site.send("GET", &target, &[("Range", range)], b"").expect(416);
        assert_eq!(answer.header("Content-Range"), Some("bytes */2048"));
    }
    let etag = format!("\"{digest}\"");
    let fields = [("Range", "bytes=0-9"), ("If-Range", &*etag)];
    assert_eq!(site.send("GET", &target, &fields, b"").expect(206).body, content[..10]);
    let fields = [("Range", "bytes=0-9"), ("If-Range", "\"other\"")];
    assert_eq!(site.send("GET", &target, &fields, b"").expect(200).body, content);
    let answer = site.send("HEAD", &target, &[("Range", "bytes=0-9")], b"").expect(200);
    assert_eq!(answer.length, Some(2048));
    assert_eq!(answer.header("ETag"), Some(&*etag));
    assert!(site.send("GET", &target, &[("If-None-Match", &etag)], b"").expect(304).body.is_empty());
}

#[test]
fn a_mount_needs_the_right_to_read_its_source() {
    let site = Site::ruled(|wish| match wish.repository {
        Some("secret") if wish.action == Action::Pull => forbid(),
        _ => Decision::Allow,
    });
    let open = site.blob("open", b"open");
    let secret = site.blob("secret", b"secret");
    let mount = |query: &str| site.send("POST", &format!("/v2/to/blobs/uploads/?{query}"), &[], b"");
    let answer = mount(&format!("mount={open}&from=open")).expect(201);
    assert_eq!(answer.header("Location"), Some(&*format!("/v2/to/blobs/{open}")));
    assert_eq!(site.get(&format!("/v2/to/blobs/{open}")).expect(200).body, b"open");
    site.send("DELETE", &format!("/v2/to/blobs/{open}"), &[], b"").expect(202);
    mount(&format!("mount={open}")).expect(201);
    for query in [
        format!("mount={secret}&from=secret"),
        format!("mount={secret}"),
        format!("mount={open}&from=elsewhere"),
        format!("mount={open}&from=../open"),
        format!("mount={}", sha256(b"missing")),
    ] {
        let answer = mount(&query).expect(202);
        assert!(answer.header("Location").expect("a location").starts_with("/v2/to/blobs/uploads/"), "{query}");
    }
    assert_eq!(mount("mount=sha256:12").expect(400).code(), "DIGEST_INVALID");
    site.get(&format!("/v2/to/blobs/{secret}")).expect(404);
}

#[test]
fn a_blob_in_use_is_not_deleted() {
    let site = Site::new();
    let raw = site.image("a", "v1", "x");
    let manifest = sha256(&raw);
    let layer = format!("/v2/a/blobs/{}", sha256(b"layer x"));
    let answer = site.send("DELETE", &layer, &[], b"").expect(405);
    assert_eq!((answer.code().as_str(), answer.header("allow")), ("UNSUPPORTED", Some("GET, HEAD")));
    assert_eq!(answer.json()["errors"][0]["detail"]["manifest"], manifest);
    site.send("DELETE", &format!("/v2/a/manifests/{manifest}"), &[], b"").expect(202);
    site.send("DELETE", &layer, &[], b"").expect(202);
    assert_eq!(site.send("DELETE", &layer, &[], b"").expect(404).code(), "BLOB_UNKNOWN");
}

#[test]
fn a_deleted_blob_is_read_to_its_end() {
    use std::io::Read;
    use stevedore::http::{Content, Handler, Method, Request};
    let site = Site::new();
    let digest = site.blob("a", b"content");
    let target = format!("/v2/a/blobs/{digest}");
    let response = site.registry.handle(&mut Request::new(Method::Get, &target));
    site.send("DELETE", &target, &[], b"").expect(202);
    let options = super::collect::at_once();
    assert_eq!(site.registry.storage().collect(&options).expect("collects").blobs, 1);
    let Content::File(file, length) = response.content else { panic!("a file") };
    let mut body = String::new();
    file.take(length).read_to_string(&mut body).expect("reads");
    assert_eq!(body, "content");
}

#[test]
fn blobs_belong_to_their_repository() {
    let site = Site::new();
    let digest = site.blob("a", b"1");
    for name in ["b", "a/b", "a/blobs"] {
        site.get(&format!("/v2/{name}/blobs/{digest}")).expect(404);
    }
}
