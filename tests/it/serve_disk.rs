//! `serve` on a disk that is full, read-only or broken.
//!
//! A disk of 24 MiB is a file system in memory, mounted where only the server sees it; a broken one is strace, which has calls fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use tempfile::TempDir;

use crate::support::content::Random;
use crate::support::fixture::OCI_MANIFEST;
use crate::support::http::{Client, Response};
use crate::support::layout::sha256;
use crate::support::oracle::oracle;
use crate::support::scene::memory;
use crate::support::served::Served;
use crate::support::skips;
use crate::support::trace;

/// A server on a disk of its own.
struct SmallDisk {
    served: Served,
    place: PathBuf,
    _room: TempDir,
}

impl SmallDisk {
    /// Mounts and starts; nothing where mounting is not permitted.
    fn start() -> Option<SmallDisk> {
        let room = TempDir::new().expect("a temporary directory");
        let place = room.path().join("disk");
        fs::create_dir(&place).expect("made");
        let mount = format!("mount -t tmpfs -o size=24m none '{}'", place.display());
        let begin = |script: &str| {
            let mut command = Command::new("unshare");
            command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]);
            command
        };
        if !can_mount(begin(&mount)) {
            return None;
        }
        let command = begin(&format!("{mount} && exec \"$0\" \"$@\""));
        let store = place.to_str().expect("a text path");
        let arguments = ["--store", store, "--anonymous-push", "--gc-interval", "never"];
        Some(SmallDisk { served: Served::start_under(command, &arguments), place, _room: room })
    }

    /// Returns how many bytes are free.
    fn free(&self) -> u64 {
        let seen = format!("/proc/{}/root{}", self.served.process(), self.place.display());
        let room = rustix::fs::statvfs(seen).expect("the disk is there");
        room.f_bfree * room.f_frsize
    }

    /// Mounts it in another way.
    fn remount(&self, options: &str) {
        let process = self.served.process().to_string();
        let mut command = Command::new("nsenter");
        command.args(["--target", &process, "--user", "--preserve-credentials", "--mount"]);
        command.args(["mount", "-o", &format!("remount,{options}")]).arg(&self.place);
        assert!(command.status().expect("running nsenter").success());
    }
}

/// Says whether a script that mounts something can do so.
fn can_mount(mut script: Command) -> bool {
    let probe = script.stderr(Stdio::null()).status();
    let can = probe.is_ok_and(|status| status.success());
    if !can {
        // No tool is missing: some containers let nobody mount anything.
        skips::note("no file system can be mounted");
    }
    can
}

/// A part that is a mount of its own would fail with the first push: nothing can be renamed into it.
#[test]
fn a_part_on_a_mount_of_its_own_is_refused_at_the_start() {
    let room = TempDir::new().expect("a temporary directory");
    let (store, other) = (room.path().join("store"), room.path().join("other"));
    fs::create_dir(&other).expect("made");
    for (part, mount) in [
        ("docker/registry/v2/blobs", "-t tmpfs none"),
        ("docker/registry/v2/blobs/sha256", "-t tmpfs none"),
        ("docker/registry/v2/repositories", "-t tmpfs none"),
        (".partial", "-t tmpfs none"),
        // The same disk once more.
        ("docker/registry/v2/blobs", &format!("--bind '{}'", other.display())),
    ] {
        let part = store.join(part);
        fs::create_dir_all(&part).expect("made");
        let mount = format!("mount {mount} '{}'", part.display());
        let begin = |script: &str| {
            let mut command = Command::new("unshare");
            command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]);
            command
        };
        if !can_mount(begin(&mount)) {
            return;
        }
        let mut command = begin(&format!("{mount} && exec \"$0\" \"$@\""));
        command.arg(env!("CARGO_BIN_EXE_stevedore")).args(["serve", "--addr", "127.0.0.1:0", "--store"]).arg(&store);
        let run = command.output().expect("running it");
        let said = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("{} is malformed: is a mount of its own", part.display())), "{said}");
    }
}

fn content(seed: u64, size: usize) -> Vec<u8> {
    let mut content = vec![0; size];
    Random::new(seed).fill(&mut content);
    content
}

/// Pushes a blob in one of three ways, and returns the first answer that is not as it should be, or the last.
fn push(client: &Client, repository: &str, content: &[u8], way: u64) -> Response {
    let (uploads, digest) = (format!("/v2/{repository}/blobs/uploads/"), sha256(content));
    if way == 0 {
        return client.post(&format!("{uploads}?digest={digest}"), content);
    }
    let started = client.post(&uploads, b"");
    if started.status != 202 {
        return started;
    }
    let location = started.header("location").expect("a location").to_owned();
    let target = format!("{location}?digest={digest}");
    if way == 1 {
        return client.send("PUT", &target, content);
    }
    let answer = client.send("PATCH", &location, content);
    if answer.status == 202 { client.send("PUT", &target, b"") } else { answer }
}

fn manifest(layers: &[&[u8]]) -> Vec<u8> {
    let layer = |content: &&[u8]| json!({"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": sha256(content), "size": content.len()});
    let config = json!({"mediaType": "application/vnd.oci.image.config.v1+json", "digest": sha256(b"{}"), "size": 2});
    let layers: Vec<_> = layers.iter().map(layer).collect();
    json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers}).to_string().into_bytes()
}

/// Asserts that an answer says that something failed here, and no more.
#[track_caller]
fn assert_failed(answer: &Response, status: u16, message: &str) {
    assert_eq!((answer.status, answer.header("content-type")), (status, Some("application/json")));
    assert_eq!(answer.json(), json!({"errors": [{"code": "UNKNOWN", "message": message}]}));
}

const FULL: &str = "the registry's disk is full";
const BROKEN: &str = "the registry could not read or write its storage";

#[test]
fn a_full_disk_frees_what_failed_and_goes_on() {
    let Some(disk) = SmallDisk::start() else { return };
    let client = disk.served.client();
    push(&client, "app", b"{}", 0).expect(201);
    push(&client, "app", b"small", 0).expect(201);
    let old = manifest(&[b"small"]);
    client.put("/v2/app/manifests/v1", OCI_MANIFEST, &old).expect(201);
    let mut kept: Vec<Vec<u8>> = Vec::new();
    for way in 0..3 {
        // 4 MiB each, until one fails; then the same in the other ways.
        loop {
            let next = content(kept.len() as u64, 4 << 20);
            let free = disk.free();
            let answer = push(&client, "app", &next, way);
            if answer.status == 201 {
                kept.push(next);
                continue;
            }
            assert_failed(&answer, 507, FULL);
            // All but the folders that the next one uses too.
            assert!(disk.free() + 64 * 1024 >= free, "{} of {free} bytes are free again", disk.free());
            break;
        }
        let next = format!("ten bytes {way}").into_bytes();
        push(&client, "app", &next, way).expect(201);
        let raw = manifest(&[&next]);
        client.put(&format!("/v2/app/manifests/new{way}"), OCI_MANIFEST, &raw).expect(201);
        kept.push(next);
    }
    assert!(kept.len() > 7, "{} blobs", kept.len());
    // To the last byte: now not even a manifest fits, and the tag stays where it is.
    let mut size = 1 << 20;
    while size >= 4096 {
        let next = content(1000 + kept.len() as u64, size);
        match push(&client, "app", &next, 0).status {
            201 => kept.push(next),
            507 => size /= 2,
            status => panic!("{status}"),
        }
    }
    let new = manifest(&[&kept[0]]);
    assert_failed(&client.put("/v2/app/manifests/v1", OCI_MANIFEST, &new), 507, FULL);
    assert_eq!(client.get("/v2/app/manifests/v1").expect(200).body, old);
    assert_failed(&push(&client, "fresh", b"one more", 0), 507, FULL);
    for content in &kept {
        assert_eq!(client.get(&format!("/v2/app/blobs/{}", sha256(content))).expect(200).body, *content);
    }
    // Deleting needs no room, and collecting gives some.
    client.delete("/v2/app/manifests/new0").expect(202);
    client.delete("/v2/app/manifests/v1").expect(202);
    client.get("/v2/app/manifests/v1").expect(404);
    for content in kept.iter().filter(|content| content.len() >= 1 << 20) {
        client.delete(&format!("/v2/app/blobs/{}", sha256(content))).expect(202);
    }
    // The collector sees the disk from where the server is.
    let seen = format!("/proc/{}/root{}", disk.served.process(), disk.place.display());
    let binary = env!("CARGO_BIN_EXE_stevedore");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while disk.free() < 16 << 20 {
        let collected = Command::new(binary).args(["--quiet", "gc", "--store", &seen, "--grace", "1s"]).output();
        assert!(collected.expect("running it").status.success());
        assert!(std::time::Instant::now() < deadline, "{} bytes are free", disk.free());
    }
    push(&client, "app", &content(7, 4 << 20), 2).expect(201);
}

#[test]
fn a_disk_that_cannot_be_written_to_is_read() {
    let Some(disk) = SmallDisk::start() else { return };
    let client = disk.served.client();
    for blob in [&b"{}"[..], b"small"] {
        push(&client, "app", blob, 0).expect(201);
    }
    let raw = manifest(&[b"small"]);
    client.put("/v2/app/manifests/v1", OCI_MANIFEST, &raw).expect(201);
    let upload = client.post("/v2/app/blobs/uploads/", b"").expect(202);
    let upload = upload.header("location").expect("a location").to_owned();
    disk.remount("ro");
    for way in 0..3 {
        assert_failed(&push(&client, "app", b"more", way), 500, BROKEN);
    }
    assert_failed(&client.send("PATCH", &upload, b"more"), 500, BROKEN);
    assert_failed(&client.put("/v2/app/manifests/v2", OCI_MANIFEST, &raw), 500, BROKEN);
    assert_failed(&client.delete("/v2/app/manifests/v1"), 500, BROKEN);
    let blob = format!("/v2/app/blobs/{}", sha256(b"small"));
    client.head(&blob).expect(200);
    assert_eq!(client.get(&blob).expect(200).text(), "small");
    assert_eq!(client.get("/v2/app/manifests/v1").expect(200).body, raw);
    assert_eq!(client.get("/v2/app/tags/list").expect(200).json()["tags"], json!(["v1"]));
    disk.remount("rw");
    push(&client, "app", b"more", 2).expect(201);
    client.send("PATCH", &upload, b"more").expect(202);
    client.delete("/v2/app/manifests/v1").expect(202);
}

/// The `n`-th call of a kind fails in each request that makes so many.
#[test]
fn whatever_call_fails_the_tag_is_old_or_new() {
    let Some(strace) = oracle("strace") else { return };
    let room = memory();
    let store = room.path().join("store");
    let place = store.to_str().expect("a text path");
    let flags = ["--store", place, "--anonymous-push", "--gc-interval", "never", "--access-log", "none"];
    let (old, new) = (manifest(&[b"old"]), manifest(&[b"old", b"new"]));
    let mut broken: Vec<(String, bool)> = Vec::new();
    // Writes that fail are those of the full disk above; here, the server's first would be the line that it starts with.
    let faults = [("fsync", "EIO", 500, BROKEN), ("renameat", "ENOSPC", 507, FULL), ("mkdirat", "ENOSPC", 507, FULL)];
    for (call, error, status, message) in faults {
        for number in 1.. {
            let repository = format!("{call}{number}");
            {
                let served = Served::start(&flags);
                for blob in [&b"{}"[..], b"old", b"new"] {
                    push(&served.client(), &repository, blob, 0).expect(201);
                }
                served.client().put(&format!("/v2/{repository}/manifests/v1"), OCI_MANIFEST, &old).expect(201);
            }
            let inject = format!("inject={call}:error={error}:when={number}");
            let trace_calls = format!("trace={call}");
            let served = trace::start(&strace, &["-e", &trace_calls, "-e", &inject], Path::new("/dev/null"), &flags);
            let tag = format!("/v2/{repository}/manifests/v1");
            let answer = served.client().put(&tag, OCI_MANIFEST, &new);
            let now = served.client().get(&tag).expect(200).body;
            if answer.status == 201 {
                // It makes fewer of these calls.
                assert_eq!(now, new, "{inject}");
                assert!(number > 1, "{inject} broke nothing");
                break;
            }
            assert_failed(&answer, status, message);
            assert!(now == old || now == new, "{inject}");
            broken.push((repository.clone(), now == new));
            // A blob in pieces: refused or taken whole, and never half.
            let blob = content(number, 5000);
            let answer = push(&served.client(), &repository, &blob, 2);
            let there = served.client().get(&format!("/v2/{repository}/blobs/{}", sha256(&blob)));
            match there.status {
                200 => assert_eq!(there.body, blob),
                404 => assert_ne!(answer.status, 201, "{inject}"),
                other => panic!("{inject}: {other}"),
            }
        }
    }
    assert!(broken.len() > 10, "{broken:?}");
    // Without faults, the same requests are done, and nothing is left over.
    let served = Served::start(&["--store", place, "--anonymous-push"]);
    for (repository, _) in &broken {
        let tag = format!("/v2/{repository}/manifests/v1");
        served.client().put(&tag, OCI_MANIFEST, &new).expect(201);
        assert_eq!(served.client().get(&tag).expect(200).body, new);
    }
}
