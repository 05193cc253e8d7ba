//! Copies that are killed and run again: what was fetched is not fetched again, and nothing is left behind.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::command::{Program, stevedore};
use crate::support::fixture::{self, Fixture};
use crate::support::proxy::{Mode, Proxy, Request};
use crate::support::registry::Registry;
use crate::support::seed;

/// Bytes per second on each connection: the image takes about a second.
const RATE: u64 = 6_000_000;

/// A slow registry with `big:v1`, and a folder to work in.
struct Slow {
    proxy: Proxy,
    big: Fixture,
    dir: tempfile::TempDir,
    _registry: Registry,
}

impl Slow {
    fn start() -> Option<Self> {
        let registry = Registry::start()?;
        let dir = tempfile::tempdir().expect("a folder");
        let big = fixture::big(&dir.path().join("big"), 2, 6_000_000);
        seed::push(&big.dir, "v1", &registry.client(), "big");
        let proxy = Proxy::start(&registry.host(), Mode::Throttle(RATE));
        Some(Self { proxy, big, dir, _registry: registry })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn state(&self) -> PathBuf {
        self.path("state")
    }

    fn copy(&self, destination: &str, flags: &[&str]) -> Program {
        let source = format!("docker://{}/big:v1", self.proxy.host());
        let arguments: Vec<&str> =
            ["copy"].iter().chain(flags).copied().chain([source.as_str(), destination]).collect();
        Program::stevedore(&arguments).env("XDG_STATE_HOME", self.state())
    }

    /// Starts a copy and kills it when half of the image has been sent to it.
    fn kill_at_half(&self, destination: &str) {
        let mut running = self.copy(destination, &[]).spawn();
        while fetched(&self.proxy.log()) < self.size() / 2 {
            assert!(!running.has_ended(), "it should still be at it");
            std::thread::yield_now();
        }
        assert_eq!(running.kill(), 128 + 9);
    }

    /// Kills a copy at half of it, runs it again, and checks what that took.
    fn kill_and_resume(&self, destination: &str) {
        self.kill_at_half(destination);
        let first = self.proxy.log().len();
        let run = self.copy(destination, &[]).run().ok();
        assert_eq!(run.text(), self.big.digest);
        let log = self.proxy.log();
        let all = fetched(&log);
        // What lay in the buffers of the sockets comes again, more of it on a busy machine; a layer that began anew would be a quarter.
        assert!(all * 100 <= self.size() * 115, "{all} bytes for {} to {destination}", self.size());
        let resumed = |request: &Request| request.range.as_deref().is_some_and(|range| range != "bytes=0-");
        assert!(log[first..].iter().any(resumed), "{destination}");
    }

    /// Returns the size of the layers; the config hardly counts.
    fn size(&self) -> u64 {
        self.big.parts[0].layers.iter().map(|digest| self.big.read(digest).len() as u64).sum()
    }
}

/// Returns the bytes of blobs that were sent.
fn fetched(log: &[Request]) -> u64 {
    let blobs = log.iter().filter(|request| request.method == "GET" && request.path.contains("/blobs/sha256:"));
    blobs.map(|request| request.response_bytes).sum()
}

/// Returns all files below a folder whose path has `part` in it.
fn files(folder: &Path, part: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, part));
        } else if path.strip_prefix(folder).expect("below it").to_string_lossy().contains(part)
            || folder.to_string_lossy().contains(part)
        {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_killed_copy_to_a_layout_goes_on() {
    let Some(slow) = Slow::start() else { return };
    let destination = format!("oci:{}:v1", slow.path("layout").display());
    slow.kill_and_resume(&destination);
    assert_eq!(files(&slow.path("layout"), "partial"), [] as [PathBuf; 0]);
    for digest in &slow.big.parts[0].layers {
        let path = slow.path("layout").join("blobs").join(digest.replace(':', "/"));
        assert!(fs::read(path).expect("the blob") == slow.big.read(digest));
    }
}

#[test]
fn a_killed_copy_to_an_archive_goes_on() {
    let Some(slow) = Slow::start() else { return };
    for kind in ["oci-archive", "docker-archive"] {
        slow.proxy.clear();
        let name = format!("{kind}.tar");
        let reference = format!("{kind}:{}:app:v1", slow.path(&name).display());
        slow.kill_and_resume(&reference);
        let around: Vec<PathBuf> =
            files(slow.dir.path(), &name).into_iter().filter(|path| !path.ends_with(&name)).collect();
        assert_eq!(around, [] as [PathBuf; 0]);
        assert_eq!(stevedore(&["digest", &reference]).ok().text(), slow.big.digest);
    }
}

#[test]
fn a_killed_copy_between_registries_goes_on() {
    let Some(slow) = Slow::start() else { return };
    let Some(registry) = Registry::start() else { return };
    let to = Proxy::start(&registry.host(), Mode::None);
    let destination = format!("docker://{}/copied:v1", to.host());
    slow.kill_and_resume(&destination);
    assert_eq!(files(&slow.state(), ""), [] as [PathBuf; 0]);
    assert!(to.log().iter().all(|request| request.method != "PATCH"));
}

#[test]
fn a_copy_that_shall_not_resume_starts_over() {
    let Some(slow) = Slow::start() else { return };
    let Some(registry) = Registry::start() else { return };
    for destination in
        [format!("oci:{}:v1", slow.path("layout").display()), format!("docker://{}/copied:v1", registry.host())]
    {
        slow.proxy.clear();
        slow.kill_at_half(&destination);
        slow.proxy.clear();
        slow.copy(&destination, &["--no-resume"]).run().ok();
        let log = slow.proxy.log();
        assert!(fetched(&log) >= slow.size(), "{destination}");
        assert!(log.iter().all(|request| request.range.is_none()), "{destination}");
    }
    assert_eq!(files(&slow.path("layout"), "partial"), [] as [PathBuf; 0]);
    assert_eq!(files(&slow.state(), ""), [] as [PathBuf; 0]);
}
