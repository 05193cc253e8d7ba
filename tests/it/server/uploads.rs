//! Every way to push a blob, and every way to do it wrong.

use std::io::{self, Read};
use std::os::unix::fs::symlink;

use super::site::{Answer, Site, sha256, sha512};

const NAME: &str = "a/b";

fn start(site: &Site) -> String {
    let answer = site.send("POST", &format!("/v2/{NAME}/blobs/uploads/"), &[], b"").expect(202);
    answer.header("Location").expect("a location").to_owned()
}

fn content() -> Vec<u8> {
    (0..3000u32).map(|number| (number % 251) as u8).collect()
}

#[track_caller]
fn check_pushed(site: &Site, answer: Answer, digest: &str, content: &[u8]) {
    let answer = answer.expect(201);
    assert_eq!(answer.header("Docker-Content-Digest"), Some(digest));
    let location = answer.header("Location").expect("a location").to_owned();
    assert_eq!(location, format!("/v2/{NAME}/blobs/{digest}"));
    let blob = site.get(&location).expect(200);
    assert_eq!(blob.body, content);
    assert_eq!(blob.header("Docker-Content-Digest"), Some(digest));
    let head = site.send("HEAD", &location, &[], b"").expect(200);
    assert_eq!(head.length, Some(content.len() as u64));
    site.send("DELETE", &location, &[], b"").expect(202);
    assert_eq!(site.get(&location).expect(404).code(), "BLOB_UNKNOWN");
    assert!(!site.v2(&format!("repositories/{NAME}/_uploads")).exists(), "an upload was left");
}

/// Pushes content in chunks: the last one by the PUT when `put_last`.
fn chunked(site: &Site, content: &[u8], digest: &str, put_last: bool, disorder: bool) -> Answer {
    let mut location = start(site);
    let chunks: Vec<&[u8]> = content.chunks(1024).collect();
    let mut begin = 0;
    for (number, chunk) in chunks.iter().enumerate() {
        let range = |begin: usize| format!("{begin}-{}", begin + chunk.len() - 1);
        if disorder {
            for method in ["PATCH", "PUT"] {
                let target = if method == "PUT" { format!("{location}?digest={digest}") } else { location.clone() };
                let wrong = site.send(method, &target, &[("Content-Range", &range(begin + 7))], chunk).expect(416);
                assert!(wrong.header("Location").is_some());
                let status = site.get(&location).expect(204);
                assert_eq!(status.header("Range"), Some(&*format!("0-{}", begin.saturating_sub(1))));
                location = status.header("Location").expect("a location").to_owned();
            }
        }
        let range = range(begin);
        if put_last && number + 1 == chunks.len() {
            return site.send("PUT", &format!("{location}?digest={digest}"), &[("Content-Range", &range)], chunk);
        }
        let answer = site.send("PATCH", &location, &[("Content-Range", &range)], chunk).expect(202);
        begin += chunk.len();
        assert_eq!(answer.header("Range"), Some(&*format!("0-{}", begin - 1)));
        location = answer.header("Location").expect("a location").to_owned();
    }
    site.send("PUT", &format!("{location}?digest={digest}"), &[], b"")
}

fn post_only(site: &Site, content: &[u8], digest: &str) -> Answer {
    site.send("POST", &format!("/v2/{NAME}/blobs/uploads/?digest={digest}"), &[], content)
}

fn post_put(site: &Site, content: &[u8], digest: &str) -> Answer {
    site.send("PUT", &format!("{}?digest={digest}", start(site)), &[], content)
}

fn streamed(site: &Site, content: &[u8], digest: &str) -> Answer {
    let location = start(site);
    site.stream("PATCH", &location, &[], content).expect(202);
    site.send("PUT", &format!("{location}?digest={digest}"), &[], b"")
}

#[test]
fn every_way_to_push_works_for_both_algorithms() {
    let site = Site::new();
    for algorithm in [sha256, sha512] {
        for content in [content(), b"{}".to_vec(), Vec::new()] {
            let digest = algorithm(&content);
            check_pushed(&site, post_only(&site, &content, &digest), &digest, &content);
            check_pushed(&site, post_put(&site, &content, &digest), &digest, &content);
            check_pushed(&site, streamed(&site, &content, &digest), &digest, &content);
            for (put_last, disorder) in [(false, false), (true, false), (false, true), (true, true)] {
                let answer = chunked(&site, &content, &digest, put_last, disorder);
                check_pushed(&site, answer, &digest, &content);
            }
        }
    }
}

#[test]
fn only_algorithms_that_digests_have_are_agreed_to() {
    let site = Site::new();
    for (query, status) in [
        ("digest-algorithm=sha256", 202),
        ("digest-algorithm=sha512", 202),
        ("digest-algorithm=md5", 400),
        ("digest-algorithm=SHA256", 400),
        ("digest-algorithm=", 400),
        ("digest-algorithm", 400),
        ("mount=sha256:0&digest-algorithm=md5", 400),
    ] {
        let answer = site.send("POST", &format!("/v2/a/blobs/uploads/?{query}"), &[], b"").expect(status);
        if status == 400 {
            assert_eq!(answer.code(), "DIGEST_INVALID", "{query}");
        }
    }
}

#[test]
fn content_of_another_digest_is_dropped() {
    let site = Site::new();
    let content = content();
    for digest in [sha256(b"other"), sha512(b"other")] {
        for push in [post_only, post_put, streamed] {
            assert_eq!(push(&site, &content, &digest).expect(400).code(), "DIGEST_INVALID");
        }
        for put_last in [false, true] {
            let answer = chunked(&site, &content, &digest, put_last, false).expect(400);
            assert_eq!(answer.code(), "DIGEST_INVALID");
        }
        site.get(&format!("/v2/{NAME}/blobs/{digest}")).expect(404);
    }
    let left: Vec<_> = site.files().into_iter().filter(|path| path.metadata().expect("is there").len() > 0).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_repeated_chunk_is_refused_and_the_first_one_stands() {
    let site = Site::new();
    let location = start(&site);
    site.send("PATCH", &location, &[("Content-Range", "0-2")], b"abc").expect(202);
    let answer = site.send("PATCH", &location, &[("Content-Range", "0-2")], b"abc").expect(416);
    assert_eq!(answer.header("Range"), Some("0-2"));
    assert_eq!(site.get(&location).expect(204).header("Range"), Some("0-2"));
    site.send("PUT", &format!("{location}?digest={}", sha256(b"abc")), &[], b"").expect(201);
}

#[test]
fn chunks_are_as_long_as_they_say() {
    let site = Site::new();
    let location = start(&site);
    for body in [&b"ab"[..], b"abcd"] {
        site.send("PATCH", &location, &[("Content-Range", "0-2")], body).expect(400);
        site.stream("PATCH", &location, &[("Content-Range", "0-2")], body).expect(400);
        assert_eq!(site.get(&location).expect(204).header("Range"), Some("0-0"));
    }
    for range in ["x", "2-1", "-1", "0-18446744073709551615"] {
        let answer = site.send("PATCH", &location, &[("Content-Range", range)], b"abc").expect(400);
        assert_eq!(answer.code(), "BLOB_UPLOAD_INVALID", "{range}");
    }
    site.stream("PATCH", &location, &[("Content-Range", "0-2")], &b"abc"[..]).expect(202);
    site.send("PUT", &format!("{location}?digest={}", sha256(b"abc")), &[], b"").expect(201);
}

#[test]
fn an_upload_survives_a_restart() {
    let site = Site::new();
    let content = content();
    let location = start(&site);
    site.send("PATCH", &location, &[], &content[..2000]).expect(202);
    let site = site.again();
    assert_eq!(site.get(&location).expect(204).header("Range"), Some("0-1999"));
    site.send("PATCH", &location, &[("Content-Range", "2000-2999")], &content[2000..]).expect(202);
    site.send("PUT", &format!("{location}?digest={}", sha256(&content)), &[], b"").expect(201);
}

#[test]
fn two_processes_may_take_turns_at_an_upload() {
    let one = Site::new();
    let other = one.again();
    let location = start(&one);
    one.send("PATCH", &location, &[], b"ab").expect(202);
    other.send("PATCH", &location, &[], b"cd").expect(202);
    one.send("PUT", &format!("{location}?digest={}", sha256(b"abcdef")), &[], b"ef").expect(201);
}

#[test]
fn a_canceled_upload_is_gone() {
    let site = Site::new();
    let location = start(&site);
    site.send("PATCH", &location, &[], b"abc").expect(202);
    site.send("DELETE", &location, &[], b"").expect(204);
    for method in ["GET", "PATCH", "DELETE"] {
        assert_eq!(site.send(method, &location, &[], b"").expect(404).code(), "BLOB_UPLOAD_UNKNOWN");
    }
    let answer = site.send("PUT", &format!("{location}?digest={}", sha256(b"abc")), &[], b"").expect(404);
    assert_eq!(answer.code(), "BLOB_UPLOAD_UNKNOWN");
    assert!(!site.v2(&format!("repositories/{NAME}/_uploads")).exists());
}

#[test]
fn an_upload_ends_with_a_digest() {
    let site = Site::new();
    let location = start(&site);
    for query in ["", "?digest=", "?digest=sha256:12", "?digest=md5:x"] {
        let answer = site.send("PUT", &format!("{location}{query}"), &[], b"").expect(400);
        assert_eq!(answer.code(), "DIGEST_INVALID", "{query}");
    }
    site.get(&location).expect(204);
}

/// A body whose connection breaks.
struct Broken<'a>(&'a [u8]);

impl Read for Broken<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.0.read(buffer)
    }
}

#[test]
fn what_came_before_a_broken_connection_stays() {
    let site = Site::new();
    let content = content();
    let location = start(&site);
    site.stream("PATCH", &location, &[], Broken(&content[..1000])).expect(400);
    assert_eq!(site.get(&location).expect(204).header("Range"), Some("0-999"));
    let digest = sha256(&content);
    site.stream("PUT", &format!("{location}?digest={digest}"), &[], Broken(&content[1000..2000])).expect(400);
    assert_eq!(site.get(&location).expect(204).header("Range"), Some("0-1999"));
    site.send("PUT", &format!("{location}?digest={digest}"), &[], &content[2000..]).expect(201);
    // In one piece there is nothing to go on with.
    let digest = sha256(b"new");
    site.stream("POST", &format!("/v2/{NAME}/blobs/uploads/?digest={digest}"), &[], Broken(b"new")).expect(400);
    site.get(&format!("/v2/{NAME}/blobs/{digest}")).expect(404);
    assert_eq!(std::fs::read_dir(site.path(".partial")).expect("lists").count(), 0);
}

/// A body that does something when its first byte is asked for.
struct Meanwhile<'a, F: FnMut()>(&'a [u8], Option<F>);

impl<F: FnMut()> Read for Meanwhile<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(mut act) = self.1.take() {
            act();
        }
        self.0.read(buffer)
    }
}

#[test]
fn an_upload_has_one_taker_at_a_time() {
    let site = Site::new();
    let location = start(&site);
    let meanwhile = || {
        for (method, target) in [
            ("PATCH", location.clone()),
            ("PUT", format!("{location}?digest={}", sha256(b"abc"))),
            ("DELETE", location.clone()),
        ] {
            assert_eq!(site.send(method, &target, &[], b"xyz").expect(409).code(), "BLOB_UPLOAD_INVALID");
        }
    };
    site.stream("PATCH", &location, &[], Meanwhile(b"abc", Some(meanwhile))).expect(202);
    site.send("PUT", &format!("{location}?digest={}", sha256(b"abc")), &[], b"").expect(201);
}

#[test]
fn many_may_push_the_same_blob() {
    let site = Site::new();
    let content = content();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| post_put(&site, &content, &sha256(&content)).expect(201));
        }
    });
    let size: u64 = site.files().iter().map(|path| path.metadata().expect("is there").len()).sum();
    assert_eq!(site.files().iter().filter(|path| path.ends_with("data")).count(), 1);
    assert!(size < 2 * content.len() as u64, "{size} bytes");
    assert_eq!(std::fs::read_dir(site.path(".partial")).expect("lists").count(), 0);
    assert!(!site.v2(&format!("repositories/{NAME}/_uploads")).exists());
}

#[test]
fn an_upload_is_not_followed_out_of_the_directory() {
    let site = Site::new();
    let location = start(&site);
    let id = location.rsplit('/').next().expect("a name").to_owned();
    let data = site.v2(&format!("repositories/{NAME}/_uploads/{id}/data"));
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("file"), "secret").expect("written");
    std::fs::remove_file(&data).expect("removed");
    symlink(outside.path().join("file"), &data).expect("linked");
    let answer = site.send("PATCH", &location, &[], b"abc");
    assert!(answer.status >= 400, "{}", answer.status);
    assert_eq!(std::fs::read(outside.path().join("file")).expect("is there"), b"secret");
}
