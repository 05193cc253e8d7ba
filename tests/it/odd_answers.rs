//! Answers that are wrong in a header, come encoded, or come from something in between: told precisely, once, and never as "not found".

use std::io::{BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::support::answering::Answering;
use crate::support::command::{Program, stevedore};
use crate::support::fixture;
use crate::support::scene::Scene;
use crate::support::wire::{Head, Reply};

const OTHER: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// The bytes decide, not the header: a digest that they do not have is exit 6, whoever says it.
#[test]
fn a_wrong_digest_in_a_header_is_no_absence() {
    let Some((scene, image)) = Scene::with("app", fixture::single) else {
        return;
    };
    let (kind, bytes) = (image.media_type.clone(), image.read(&image.digest));
    for (number, (method, named, wanted)) in [
        ("HEAD", OTHER, 6),
        ("GET", OTHER, 6),
        ("both", OTHER, 6),
        ("HEAD", "nonsense", 0),
        ("GET", "nonsense", 0),
        ("both", "", 0),
    ]
    .into_iter()
    .enumerate()
    {
        let (kind, bytes) = (kind.clone(), bytes.clone());
        let front = Answering::start(&scene.registry.host(), move |request, _| {
            let is_it = request.path() == "/v2/app/manifests/v1" && [request.method(), "both"].contains(&method);
            let reply = || Reply::new(200).header("Content-Type", &kind).header("Docker-Content-Digest", named);
            is_it.then(|| reply().body(bytes.clone()))
        });
        let to = scene.folder.at("oci", &format!("o{number}"), ":v1");
        let run = stevedore(&["copy", "--retry-times=0", &front.docker("app:v1"), &to]);
        // By its digest the registry has no such thing, so that the tag is read.
        let wanted = if method == "GET" { 0 } else { wanted };
        assert_eq!(run.code, wanted, "copy, {method} {named}: {}", run.stderr);
        let run = stevedore(&["inspect", "--retry-times=0", &front.docker("app:v1")]);
        let wanted = if method != "HEAD" && named == OTHER { 6 } else { 0 };
        assert_eq!(run.code, wanted, "inspect, {method} {named}: {}", run.stderr);
    }
}

/// An encoding that nobody asked for is named, without another attempt; one that is only said changes nothing.
#[test]
fn an_encoding_that_was_not_asked_for_is_named() {
    let Some((scene, image)) = Scene::with("app", fixture::single) else {
        return;
    };
    let layer = image.parts[0].layers[0].clone();
    for (number, encoding) in ["gzip", "x-gzip", "br", "zstd", "deflate"].into_iter().enumerate() {
        for what in [format!("/v2/app/manifests/{}", image.digest), format!("/v2/app/blobs/{layer}")] {
            let path = what.clone();
            let front = Answering::start(&scene.registry.host(), move |request, _| {
                let is_it = request.method() == "GET" && request.path() == path;
                is_it.then(|| {
                    let kind = "application/vnd.oci.image.manifest.v1+json";
                    Reply::new(200).header("Content-Type", kind).header("Content-Encoding", encoding).body("\x1f\u{8b}")
                })
            });
            let to = scene.folder.at("oci", &format!("o{number}"), ":v1");
            let run = stevedore(&["copy", &front.docker("app:v1"), &to]);
            assert!(matches!(run.code, 5 | 6), "{encoding} {what}: exit {}: {}", run.code, run.stderr);
            assert!(run.stderr.contains(encoding), "{encoding} {what}: {}", run.stderr);
            let asked = front.log().iter().filter(|request| request.method == "GET" && request.path == what).count();
            assert_eq!(asked, 1, "{encoding} {what}: {:#?}", front.log());
        }
    }
    let content = image.read(&layer);
    let front = Answering::start(&scene.registry.host(), move |request, _| {
        let is_it = request.method() == "GET" && request.path().contains("/blobs/") && request.path().ends_with(&layer);
        is_it.then(|| Reply::new(200).header("Content-Encoding", "gzip").body(content.clone()))
    });
    let run = stevedore(&["copy", &front.docker("app:v1"), &scene.folder.at("oci", "said", ":v1")]).ok();
    assert_eq!(run.text(), image.digest);
}

/// A proxy that refuses is asked once, and its status is told once; one that has trouble is asked again.
#[test]
fn what_a_proxy_refuses_is_told_once() {
    for (status, attempts) in [(407, 1), (403, 1), (401, 1), (400, 1), (502, 2), (503, 2)] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                count.fetch_add(1, Ordering::SeqCst);
                // A client whose head is not read to its end is cut off.
                let _ = Head::read(&mut BufReader::new(&stream));
                let _ = stream.write_all(format!("HTTP/1.1 {status} Refused\r\nContent-Length: 0\r\n\r\n").as_bytes());
            }
        });
        let line = ["digest", "--retry-times=1", "docker://registry.invalid/x:v1"];
        let run = Program::stevedore(&line).env("HTTPS_PROXY", &address).run().code(5);
        assert!(run.stderr.contains(&status.to_string()), "{status}: {}", run.stderr);
        let line = run.stderr.lines().find(|line| line.starts_with("stevedore:")).unwrap_or_default();
        assert_eq!(line.matches(&status.to_string()).count(), 1, "{line}");
        // One request, or a HEAD and the GET that decides.
        let asked = asked.load(Ordering::SeqCst);
        assert!((attempts..=2 * attempts).contains(&asked), "{status}: {asked} attempts");
    }
}

/// A list of referrers that cannot be read back after it was written ends after a few writes, and no other writer is blamed.
#[test]
fn a_list_that_cannot_be_read_back_is_told() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else {
        return;
    };
    let note = scene.folder.text("note.txt");
    std::fs::write(&note, "hello").expect("writing a file");
    for status in [404, 410] {
        let front = Answering::start(&scene.registry.host(), move |request, _| {
            let is_tag = request.path().contains("/manifests/sha256-");
            (is_tag && request.method() != "PUT").then(|| Reply::error(status, "MANIFEST_UNKNOWN", "unknown"))
        });
        let line = ["attach", "--artifact-type", "application/x", &front.docker("app:v1"), &note];
        let run = stevedore(&line).code(1);
        assert!(run.stderr.contains("cannot be kept"), "{status}: {}", run.stderr);
        assert!(!run.stderr.contains("other writers"), "{status}: {}", run.stderr);
        let is_write = |method: &str, path: &str| method == "PUT" && path.contains("/manifests/sha256-");
        let writes = front.log().iter().filter(|request| is_write(&request.method, &request.path)).count();
        assert!((1..10).contains(&writes), "{status}: {writes} writes");
    }
}
