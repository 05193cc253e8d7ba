//! Pushing, reading and deleting manifests.

use serde_json::json;

use crate::support::finally::Finally;

use super::site::{IMAGE, INDEX, Site, descriptor, sha256, sha512};

fn put(site: &Site, target: &str, media_type: &str, raw: &[u8]) -> super::site::Answer {
    site.stream("PUT", target, &[("Content-Type", media_type)], raw)
}

#[test]
fn what_was_pushed_is_served() {
    let site = Site::new();
    let raw = site.image_with("a", "x", &json!({"custom": {"b": 1, "a": 1.50}}));
    let digest = sha256(&raw);
    for reference in [digest.as_str(), "v1"] {
        let target = format!("/v2/a/manifests/{reference}");
        let answer = put(&site, &target, IMAGE, &raw).expect(201);
        assert_eq!(answer.header("Location"), Some(&*format!("/v2/a/manifests/{digest}")));
        for method in ["GET", "HEAD"] {
            let fields = [("Accept", "application/vnd.docker.distribution.manifest.v1+json")];
            let answer = site.send(method, &target, &fields, b"").expect(200);
            assert_eq!(answer.header("Content-Type"), Some(IMAGE));
            assert_eq!(answer.header("Docker-Content-Digest"), Some(&*digest));
            assert_eq!(answer.header("ETag"), Some(&*format!("\"{digest}\"")));
            assert_eq!(answer.length, Some(raw.len() as u64));
            assert_eq!(answer.body, raw);
        }
        let etag = format!("\"{digest}\"");
        site.send("GET", &target, &[("If-None-Match", &etag)], b"").expect(304);
    }
    // Files that have settled come from memory; what is gone from the disk is gone from there.
    assert_eq!(site.get("/v2/a/tags/list").expect(200).json(), json!({"name": "a", "tags": ["v1"]}));
    site.send("DELETE", "/v2/a/manifests/v1", &[], b"").expect(202);
    assert_eq!(site.get("/v2/a/manifests/v1").expect(404).code(), "MANIFEST_UNKNOWN");
    site.send("DELETE", "/v2/a/manifests/v1", &[], b"").expect(404);
    site.send("DELETE", &format!("/v2/a/manifests/{digest}"), &[], b"").expect(202);
    site.send("HEAD", &format!("/v2/a/manifests/{digest}"), &[], b"").expect(404);
    site.send("DELETE", &format!("/v2/a/manifests/{digest}"), &[], b"").expect(404);
}

#[test]
fn deleting_a_manifest_takes_its_tags() {
    let site = Site::new();
    let raw = site.image("a", "v1", "x");
    site.manifest("a", "v2", &raw);
    site.image("a", "other", "y");
    site.send("DELETE", &format!("/v2/a/manifests/{}", sha256(&raw)), &[], b"").expect(202);
    assert_eq!(site.get("/v2/a/tags/list").json()["tags"], json!(["other"]));
    site.get("/v2/a/manifests/v2").expect(404);
}

/// A power cut leaves files of full length full of zeros, and disks flip bits: what is pushed again is whole again.
#[test]
fn a_damaged_manifest_is_repaired_by_a_push() {
    let site = Site::new();
    let raw = site.image("a", "v1", "x");
    let digest = sha256(&raw);
    let hex = digest.trim_start_matches("sha256:");
    let data = site.v2(&format!("blobs/sha256/{}/{hex}/data", &hex[..2]));
    let mut flipped = raw.clone();
    flipped[10] ^= 1;
    for damage in [vec![0; raw.len()], flipped, raw[..7].to_vec(), Vec::new()] {
        for reference in ["v1", "other", digest.as_str()] {
            std::fs::write(&data, &damage).expect("written");
            put(&site, &format!("/v2/a/manifests/{reference}"), IMAGE, &raw).expect(201);
            assert_eq!(site.get(&format!("/v2/a/manifests/{reference}")).expect(200).body, raw);
        }
    }
}

#[test]
fn another_process_is_believed_at_once() {
    let one = Site::new();
    let other = one.again();
    let first = one.image("a", "v1", "1");
    // Old files are what is kept in memory.
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    for path in one.files() {
        std::fs::File::options().write(true).open(path).expect("opens").set_modified(old).expect("dates");
    }
    for _ in 0..3 {
        assert_eq!(one.get("/v2/a/manifests/v1").expect(200).body, first);
    }
    let second = other.image("a", "v1", "2");
    assert_eq!(one.get("/v2/a/manifests/v1").expect(200).body, second);
    other.send("DELETE", &format!("/v2/a/manifests/{}", sha256(&second)), &[], b"").expect(202);
    one.get("/v2/a/manifests/v1").expect(404);
    one.get(&format!("/v2/a/manifests/{}", sha256(&second))).expect(404);
}

#[test]
fn only_manifests_are_taken_and_only_as_what_they_are() {
    let site = Site::new();
    let image = site.image_with("a", "x", &json!({}));
    let untyped = site.image_with("a", "x", &json!({"mediaType": null}));
    let both = site.image_with("a", "x", &json!({"manifests": []}));
    let docker = "application/vnd.docker.distribution.manifest.v2+json";
    let table: [(&str, &[u8], u16); 9] = [
        (IMAGE, &image, 201),
        ("application/vnd.oci.image.manifest.v1+json; charset=utf-8", &image, 201),
        (IMAGE, &untyped, 201),
        (INDEX, &image, 400),
        (docker, &image, 400),
        (docker, &untyped, 400),
        ("application/json", &image, 400),
        (IMAGE, &both, 400),
        (IMAGE, b"no JSON", 400),
    ];
    for (media_type, raw, status) in table {
        let answer = put(&site, "/v2/a/manifests/v1", media_type, raw).expect(status);
        if status == 400 {
            assert_eq!(answer.code(), "MANIFEST_INVALID", "{media_type}");
        }
    }
    site.stream("PUT", "/v2/a/manifests/v1", &[], &image[..]).expect(201);
    let wrong = format!("/v2/a/manifests/{}", sha256(b"other"));
    assert_eq!(put(&site, &wrong, IMAGE, &image).expect(400).code(), "DIGEST_INVALID");
    put(&site, "/v2/a/manifests/sha256:baddigeststring", IMAGE, &image).expect(400);
    site.get("/v2/a/manifests/sha256:baddigeststring").expect(400);
}

/// However many clients ask for a manifest and do not read it, it is in memory once, and a large one not at all.
#[test]
fn answers_share_the_bytes_of_a_manifest() {
    use stevedore::http::{Content, Handler, Method, Request};
    let site = Site::new();
    for (length, is_file) in [(10, false), (60_000, false), (70_000, true), (4_000_000, true)] {
        let raw = site.image_with("a", "x", &json!({"annotations": {"x": "y".repeat(length)}}));
        let digest = site.manifest("a", "v1", &raw);
        let ask = || site.registry.handle(&mut Request::new(Method::Get, "/v2/a/manifests/v1"));
        let answers: Vec<_> = (0..3).map(|_| ask()).collect();
        for answer in answers {
            assert_eq!(answer.headers.first("Content-Type"), Some(IMAGE));
            assert_eq!(answer.headers.first("Docker-Content-Digest"), Some(&*digest));
            assert_eq!(matches!(answer.content, Content::File(..)), is_file, "{length}");
            assert_eq!(matches!(answer.content, Content::Shared(..)), !is_file, "{length}");
            let mut body = Vec::new();
            std::io::Read::read_to_end(&mut answer.content.into_reader().0, &mut body).expect("reads");
            assert_eq!(body, raw);
        }
        // Gone from under the link.
        let hex = digest.trim_start_matches("sha256:");
        std::fs::remove_file(site.v2(&format!("blobs/sha256/{}/{hex}/data", &hex[..2]))).expect("removed");
        if is_file {
            site.get("/v2/a/manifests/v1").expect(404);
        }
    }
}

/// distribution-spec, "Pulling manifests": what is not found is a 404. Clients look for signatures by tags that are too long to be any.
#[test]
fn what_can_be_no_tag_is_not_found_and_not_taken() {
    let site = Site::new();
    let image = site.image("a", "v1", "x");
    let signature = format!("sha512-{}.sig", "a".repeat(128));
    for tag in [".INVALID_MANIFEST_NAME", "-v1", "", "..", "a%20b", "v1%2fx", &"t".repeat(129), &signature] {
        let target = format!("/v2/a/manifests/{tag}");
        assert_eq!(site.get(&target).expect(404).code(), "MANIFEST_UNKNOWN", "{tag}");
        site.send("HEAD", &target, &[], b"").expect(404);
        site.send("DELETE", &target, &[], b"").expect(404);
        assert_eq!(put(&site, &target, IMAGE, &image).expect(400).code(), "MANIFEST_INVALID", "{tag}");
    }
    let closed = Site::ruled(|_| stevedore::server::Decision::Forbid { message: "no".into() });
    closed.get("/v2/a/manifests/.x").expect(403);
    assert_eq!(put(&site, "/v2/a/manifests/v1?tag=.x", IMAGE, &image).expect(400).code(), "MANIFEST_INVALID");
}

/// image-spec: `schemaVersion` is REQUIRED, and MUST be 2.
#[test]
fn the_version_of_the_schema_is_the_number_2() {
    let site = Site::new();
    let image = String::from_utf8(site.image_with("a", "x", &json!({}))).expect("text");
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).to_string();
    for (media_type, raw) in [(IMAGE, &image), (INDEX, &index)] {
        put(&site, "/v2/a/manifests/v1", media_type, raw.as_bytes()).expect(201);
        for version in ["1", "3", "\"2\"", "null", "[2]", "-2", "2.5"] {
            let raw = raw.replace("\"schemaVersion\":2", &format!("\"schemaVersion\":{version}"));
            let answer = put(&site, "/v2/a/manifests/v2", media_type, raw.as_bytes()).expect(400);
            assert_eq!(answer.code(), "MANIFEST_INVALID", "{version}");
        }
        let raw = raw.replace("\"schemaVersion\":2,", "").replace(",\"schemaVersion\":2", "");
        assert_eq!(put(&site, "/v2/a/manifests/v2", media_type, raw.as_bytes()).expect(400).code(), "MANIFEST_INVALID");
    }
}

#[test]
fn four_mebibytes_and_no_more() {
    let site = Site::new();
    let annotated = |length: usize| site.image_with("a", "x", &json!({"annotations": {"x": "y".repeat(length)}}));
    let overhead = annotated(0).len();
    let limit = 4 * 1024 * 1024;
    put(&site, "/v2/a/manifests/v1", IMAGE, &annotated(limit - overhead)).expect(201);
    let large = annotated(limit - overhead + 1);
    assert_eq!(put(&site, "/v2/a/manifests/v1", IMAGE, &large).expect(413).code(), "SIZE_INVALID");
    // Not a byte is read of what is said to be too large.
    let unread = std::iter::repeat_with(|| -> u8 { panic!("it was read") });
    struct Never<I>(I);
    impl<I: Iterator<Item = u8>> std::io::Read for Never<I> {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            self.0.next();
            Ok(0)
        }
    }
    let length = Some(limit as u64 + 1);
    super::site::ask(&site.registry, "PUT", "/v2/a/manifests/v1", &[], Never(unread), length).expect(413);
}

#[test]
fn parts_must_be_there() {
    let site = Site::new();
    let layer = |more: serde_json::Value| {
        let mut layer = descriptor("application/vnd.oci.image.layer.v1.tar", b"missing");
        for (key, value) in more.as_object().expect("an object") {
            layer[key] = value.clone();
        }
        site.image_with("a", "x", &json!({"layers": [layer]}))
    };
    let missing = layer(json!({}));
    let answer = put(&site, "/v2/a/manifests/v1", IMAGE, &missing).expect(404);
    assert_eq!(answer.code(), "MANIFEST_BLOB_UNKNOWN");
    assert_eq!(answer.json()["errors"][0]["detail"]["missing"], json!([sha256(b"missing")]));
    for foreign in [
        json!({"urls": ["https://example.com/x"]}),
        json!({"mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"}),
    ] {
        let deprecated = foreign.get("mediaType").is_some();
        let answer = put(&site, "/v2/a/manifests/foreign", IMAGE, &layer(foreign)).expect(201);
        let warning = "299 - \"layers that are not distributed are deprecated\"";
        assert_eq!(answer.all("Warning"), if deprecated { vec![warning] } else { vec![] });
    }
    let child = site.image("b", "v1", "x");
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor(IMAGE, &child)]}).to_string();
    // It is in another repository.
    put(&site, "/v2/a/manifests/v1", INDEX, index.as_bytes()).expect(404);
    put(&site, "/v2/b/manifests/all", INDEX, index.as_bytes()).expect(201);
    let nested =
        json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor(INDEX, index.as_bytes())]}).to_string();
    put(&site, "/v2/b/manifests/nested", INDEX, nested.as_bytes()).expect(201);
    let empty = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).to_string();
    put(&site, "/v2/b/manifests/empty", INDEX, empty.as_bytes()).expect(201);
    let sparse = site.again_with(|options| options.allow_sparse = true);
    let answer = put(&sparse, "/v2/a/manifests/v1", IMAGE, &missing).expect(201);
    assert_eq!(answer.all("Warning"), ["299 - \"the repository does not have all that this manifest names\""]);
    put(&sparse, "/v2/a/manifests/all", INDEX, index.as_bytes()).expect(201);
}

#[test]
fn trees_by_sha512() {
    let site = Site::new();
    let child = site.image_with("a", "x", &json!({}));
    let digest = sha512(&child);
    put(&site, &format!("/v2/a/manifests/{digest}"), IMAGE, &child).expect(201);
    let entry = json!({"mediaType": IMAGE, "digest": digest, "size": child.len()});
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}).to_string();
    let target = format!("/v2/a/manifests/{}?tag=x&tag=y&tag=x", sha512(index.as_bytes()));
    let answer = put(&site, &target, INDEX, index.as_bytes()).expect(201);
    assert_eq!(answer.all("OCI-Tag"), ["x", "y"]);
    for tag in ["x", "y"] {
        let answer = site.get(&format!("/v2/a/manifests/{tag}")).expect(200);
        assert_eq!(answer.header("Docker-Content-Digest"), Some(&*sha512(index.as_bytes())));
    }
    let answer = site.get(&format!("/v2/a/manifests/{digest}")).expect(200);
    assert_eq!(answer.header("Docker-Content-Digest"), Some(&*digest));
    put(&site, &format!("/v2/a/manifests/{digest}?tag=-"), IMAGE, &child).expect(400);
}

#[test]
fn conditions_protect_from_lost_updates() {
    let site = Site::new();
    let (first, second) = (site.image_with("a", "1", &json!({})), site.image_with("a", "2", &json!({})));
    let send = |field: (&str, &str), raw: &[u8]| site.send("PUT", "/v2/a/manifests/v1", &[field], raw);
    let etag = |raw: &[u8]| format!("\"{}\"", sha256(raw));
    send(("If-Match", "*"), &first).expect(412);
    send(("If-None-Match", "*"), &first).expect(201);
    send(("If-None-Match", "*"), &second).expect(412);
    let answer = send(("If-Match", &etag(&second)), &second).expect(412);
    assert_eq!(answer.header("ETag"), Some(&*etag(&first)));
    send(("If-Match", &etag(&first)), &second).expect(201);
    site.send("DELETE", "/v2/a/manifests/v1", &[("If-Match", &etag(&first))], b"").expect(412);
    assert_eq!(site.get("/v2/a/manifests/v1").expect(200).body, second);

    // Eight writers add to what they read; none is lost.
    let site = Site::with(|options| options.allow_sparse = true);
    let index = |tags: &[String]| {
        json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "annotations": {"tags": tags.join(",")}})
            .to_string()
    };
    put(&site, "/v2/a/manifests/list", INDEX, index(&[]).as_bytes()).expect(201);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (site, index) = (&site, &index);
            scope.spawn(move || {
                loop {
                    let answer = site.get("/v2/a/manifests/list").expect(200);
                    let text = answer.json()["annotations"]["tags"].as_str().expect("text").to_owned();
                    let mut tags: Vec<String> = text.split(',').filter(|tag| !tag.is_empty()).map(Into::into).collect();
                    tags.push(number.to_string());
                    let fields = [("If-Match", answer.header("ETag").expect("an etag"))];
                    let put = site.send("PUT", "/v2/a/manifests/list", &fields, index(&tags).as_bytes());
                    match put.status {
                        201 => break,
                        status => assert_eq!(status, 412),
                    }
                }
            });
        }
    });
    let answer = site.get("/v2/a/manifests/list").expect(200);
    assert_eq!(answer.json()["annotations"]["tags"].as_str().expect("text").split(',').count(), 8);
}

#[test]
fn a_tag_is_one_or_the_other() {
    let site = Site::in_memory();
    let image = site.image("a", "v1", "x");
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).to_string();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _end = Finally(|| done.store(true, std::sync::atomic::Ordering::Relaxed));
        for _ in 0..8 {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    let answer = site.get("/v2/a/manifests/v1").expect(200);
                    let wanted = if answer.header("Content-Type") == Some(IMAGE) { &image } else { index.as_bytes() };
                    assert_eq!(answer.body, wanted);
                    assert_eq!(answer.header("Docker-Content-Digest"), Some(&*sha256(wanted)));
                }
            });
        }
        for _ in 0..500 {
            put(&site, "/v2/a/manifests/v1", INDEX, index.as_bytes()).expect(201);
            put(&site, "/v2/a/manifests/v1", IMAGE, &image).expect(201);
        }
    });
}
