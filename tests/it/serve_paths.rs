//! Names and parameters that want out of the directory, asked over the wire, with strace as the witness of what is opened.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use crate::support::layout::sha256;
use crate::support::oracle::oracle;
use crate::support::scene::memory;
use crate::support::trace;

/// What is put into every place of every path and query.
const HOSTILE: [&str; 14] = [
    "..",
    "../..",
    "../../../../../../../../etc/passwd",
    "%2e%2e",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%2f..%2f..%2foutside",
    "..%5c..%5coutside",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "a%00b",
    "outside%0d%0aX-Injected:%20yes",
    "sha256:../../../../outside",
    "sha256:..%2f..%2f..%2foutside",
    "_layers",
];

/// Paths with a place for something hostile.
fn targets() -> Vec<(&'static str, String)> {
    let digest = sha256(b"{}");
    let upload = "01234567-89ab-4def-8123-456789abcdef";
    let mut targets: Vec<(&'static str, String)> = Vec::new();
    for method in ["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH"] {
        for path in [
            "/v2/@/tags/list".to_owned(),
            "/v2/@/manifests/v1".into(),
            "/v2/a/@/manifests/v1".into(),
            "/v2/a/manifests/@".into(),
            "/v2/a/blobs/@".into(),
            "/v2/a/referrers/@".into(),
            "/v2/a/blobs/uploads/@".into(),
            "/v2/@/blobs/uploads/".into(),
            format!("/v2/@/blobs/{digest}"),
            format!("/v2/@/blobs/uploads/{upload}"),
            format!("/v2/a/blobs/uploads/{upload}?digest=@"),
            "/v2/a/blobs/uploads/?digest=@".into(),
            "/v2/a/blobs/uploads/?mount=@&from=a".into(),
            format!("/v2/a/blobs/uploads/?mount={digest}&from=@"),
            format!("/v2/a/manifests/{digest}?tag=@"),
            "/v2/a/tags/list?last=@".into(),
            "/v2/a/tags/list?n=@".into(),
            "/v2/_catalog?last=@".into(),
            format!("/v2/a/referrers/{digest}?last=@"),
            format!("/v2/a/referrers/{digest}?artifactType=@"),
            "/@".into(),
            "/v2/@".into(),
        ] {
            targets.push((method, path));
        }
    }
    targets
}

/// Sends a request as it is, and returns the head of the answer.
fn ask(stream: &mut TcpStream, method: &str, target: &str) -> String {
    let length = if matches!(method, "PUT" | "POST" | "PATCH") { "Content-Length: 2\r\n" } else { "" };
    let body = if length.is_empty() { "" } else { "{}" };
    let request = format!("{method} {target} HTTP/1.1\r\nHost: h\r\n{length}\r\n{body}");
    stream.write_all(request.as_bytes()).expect("sent");
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    let head = loop {
        let count = stream.read(&mut piece).expect("an answer");
        assert!(count > 0, "{method} {target}: no answer");
        answer.extend_from_slice(&piece[..count]);
        if let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") {
            break String::from_utf8(answer[..end].to_vec()).expect("text");
        }
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .map_or(0, |text| text.parse().expect("a number"));
    let mut left = if method == "HEAD" { 0 } else { (head.len() + 4 + length).saturating_sub(answer.len()) };
    while left > 0 {
        left -= stream.read(&mut piece).expect("the rest");
    }
    head
}

fn all(path: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(path).expect("lists") {
        let path = entry.expect("an entry").path();
        found.insert(path.display().to_string());
        if path.is_dir() {
            all(&path, found);
        }
    }
}

#[test]
fn nothing_outside_is_opened() {
    let Some(strace) = oracle("strace") else { return };
    let room = memory();
    let (store, path) = (room.path().join("store"), room.path().join("trace"));
    fs::create_dir(&store).expect("made");
    fs::write(room.path().join("outside"), "secret").expect("written");
    let place = store.to_str().expect("a text path");
    let calls = "trace=open,openat,openat2,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlinkat,stat,statx,newfstatat,readlinkat";
    let flags = ["--store", place, "--anonymous-push", "--access-log", "none"];
    let served = trace::start(&strace, &["-y", "-e", calls], &path, &flags);
    let client = served.client();
    client.post(&format!("/v2/a/blobs/uploads/?digest={}", sha256(b"{}")), b"{}").expect(201);
    let before = fs::read_to_string(&path).expect("strace writes it").lines().count();
    let mut there = BTreeSet::new();
    all(&store, &mut there);
    let mut stream = TcpStream::connect(served.host()).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    for (method, target) in targets() {
        for hostile in HOSTILE {
            let target = target.replace('@', hostile);
            let head = ask(&mut stream, method, &target);
            let status: u16 = head.get(9..12).and_then(|text| text.parse().ok()).expect("a status");
            assert!(status < 500, "{method} {target}: {head}");
            assert!(!head.contains("\r\nX-Injected"), "{head}");
            if head.contains("Connection: close") {
                stream = TcpStream::connect(served.host()).expect("it listens");
            }
        }
    }
    // Uploads may have begun where nothing hostile was in the name of the repository; all else is as it was.
    let mut now = BTreeSet::new();
    all(&store, &mut now);
    let uploads = store.join("docker/registry/v2/repositories/a/_uploads").display().to_string();
    let new: Vec<&String> = now.difference(&there).filter(|path| !path.starts_with(&uploads)).collect();
    assert!(new.is_empty(), "{new:?}");
    let text = trace::finish(served, &path);
    let mut looked = 0;
    for line in text.lines().skip(before).filter(|line| line.contains('(')) {
        // A descriptor's path comes first where there is one; a name without one would be from the root or the working directory.
        let from = line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(path, _)| path);
        let is_inside = from == place || from.starts_with(&format!("{place}/"));
        let name = line.split('"').nth(1).unwrap_or_default();
        let stays = !name.starts_with('/') && !name.split('/').any(|part| part == "..");
        // Random numbers and the time zone are the system's.
        let is_system = ["/dev/", "/etc/localtime", "/proc/", "/sys/"].iter().any(|system| name.starts_with(system));
        assert!(is_inside && stays || is_system || line.contains("resumed"), "{line}");
        looked += 1;
    }
    assert!(looked > 100, "{looked} calls");
}
