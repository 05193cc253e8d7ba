//! `serve` that is killed, again and again, while clients push: what was acknowledged is there afterwards, as it was.
//!
//! `STEVEDORE_KILL_ROUNDS` makes it more than a few rounds; 100 are run before a release.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;

use crate::support::content::{Random, fraction};
use crate::support::finally::Finally;
use crate::support::fixture::OCI_MANIFEST;
use crate::support::http::Client;
use crate::support::layout::sha256;
use crate::support::scene::memory;
use crate::support::served::Served;

const CLIENTS: u64 = 4;

/// What one client was promised. A request that got no answer may have been done or not.
#[derive(Default)]
struct Promises {
    /// Blobs and manifests by path, with their digests.
    content: BTreeMap<String, String>,
    /// Deleted manifests, by path.
    gone: Vec<String>,
    /// What each tag points to, or that there is none; several where the last request got no answer.
    tags: BTreeMap<String, Vec<Option<String>>>,
}

/// A client that pushes until the server is gone.
struct Pusher {
    client: Client,
    repository: String,
    random: Random,
    promises: Promises,
}

/// The server is gone.
struct Gone;

impl Pusher {
    fn send(&self, method: &str, path: &str, body: &[u8]) -> Result<(u16, String), Gone> {
        let response = self.client.try_send(method, path, body).map_err(|_| Gone)?;
        if response.cut.is_some() {
            return Err(Gone);
        }
        Ok((response.status, response.header("location").unwrap_or_default().to_owned()))
    }

    /// Sends what must succeed unless the server dies.
    fn must(&self, method: &str, path: &str, body: &[u8], status: u16) -> Result<String, Gone> {
        let (got, location) = self.send(method, path, body)?;
        assert_eq!(got, status, "{method} {path}");
        Ok(location)
    }

    fn blob(&mut self, content: &[u8]) -> Result<String, Gone> {
        let digest = sha256(content);
        let uploads = format!("/v2/{}/blobs/uploads/", self.repository);
        let way = self.random.below(3);
        if way == 0 {
            self.must("POST", &format!("{uploads}?digest={digest}"), content, 201)?;
        } else {
            let location = self.must("POST", &uploads, b"", 202)?;
            let (first, rest) = content.split_at(if way == 1 { 0 } else { content.len() / 2 });
            if way == 2 {
                self.must("PATCH", &location, first, 202)?;
            }
            self.must("PUT", &format!("{location}?digest={digest}"), rest, 201)?;
        }
        self.promises.content.insert(format!("/v2/{}/blobs/{digest}", self.repository), digest.clone());
        Ok(digest)
    }

    /// Pushes an image and moves a tag to it; now and then deletes a tag or a manifest.
    fn round(&mut self) -> Result<(), Gone> {
        let length = [10, 3_000, 200_000][self.random.below(3) as usize];
        let mut layer = vec![0; length];
        self.random.fill(&mut layer);
        let config = b"{}".to_vec();
        let (config_digest, layer_digest) = (self.blob(&config)?, self.blob(&layer)?);
        let manifest = json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config_digest, "size": 2},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer_digest,
                "size": layer.len()}],
        });
        let manifest = manifest.to_string().into_bytes();
        let digest = sha256(&manifest);
        let tag = format!("/v2/{}/manifests/v{}", self.repository, self.random.below(3));
        let target = format!("/v2/{}/manifests/{digest}", self.repository);
        let states = self.promises.tags.entry(tag.clone()).or_insert_with(|| vec![None]);
        states.push(Some(digest.clone()));
        self.must("PUT", &tag, &manifest, 201)?;
        self.promises.tags.insert(tag.clone(), vec![Some(digest.clone())]);
        self.promises.content.insert(target.clone(), digest);
        match self.random.below(6) {
            0 => {
                self.promises.tags.get_mut(&tag).expect("it was put").push(None);
                self.must("DELETE", &tag, b"", 202)?;
                self.promises.tags.insert(tag, vec![None]);
            }
            1 => {
                self.promises.content.remove(&target);
                self.promises.tags.get_mut(&tag).expect("it was put").push(None);
                self.must("DELETE", &target, b"", 202)?;
                self.promises.tags.insert(tag, vec![None]);
                self.promises.gone.push(target);
            }
            _ => {}
        }
        Ok(())
    }

    /// Pushes until the server is gone.
    fn run(mut self, done: &AtomicU64) -> Promises {
        while self.round().is_ok() {
            done.fetch_add(1, Ordering::SeqCst);
        }
        self.promises
    }
}

/// Asserts that everything that was promised is there and as it was, and settles what was open.
fn check(promises: &mut Promises, client: &Client) {
    for (path, digest) in &promises.content {
        let response = client.get(path).expect(200);
        assert_eq!(sha256(&response.body), *digest, "{path}");
    }
    for path in &promises.gone {
        client.get(path).expect(404);
    }
    for (path, states) in &mut promises.tags {
        let response = client.get(path);
        let now = match response.status {
            200 => Some(sha256(&response.body)),
            404 => None,
            status => panic!("{path}: {status}"),
        };
        assert!(states.contains(&now), "{path} is {now:?}, which is none of {states:?}");
        *states = vec![now];
    }
}

fn walk(path: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(path).expect("listing a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}

/// Asserts that every file that a digest names has that digest, and that every link leads to one.
fn assert_clean(store: &Path) {
    let root = store.join("docker/registry/v2");
    let mut files = Vec::new();
    walk(&root, &mut files);
    let data = |digest: &str| {
        let (algorithm, hex) = digest.split_once(':').expect("a digest");
        root.join("blobs").join(algorithm).join(&hex[..2]).join(hex).join("data")
    };
    for path in files {
        let content = fs::read(&path).expect("reading a file");
        match path.file_name().and_then(|name| name.to_str()) {
            Some("data") if path.starts_with(root.join("blobs")) => {
                assert_eq!(data(&sha256(&content)), path, "other content than its name says");
            }
            Some("link") => {
                let digest = String::from_utf8(content).expect("a link is text");
                assert!(data(&digest).exists(), "{} leads to {digest}, which is not there", path.display());
            }
            _ => {}
        }
    }
}

/// Waits until no unfinished write is left: the collector takes them when it starts.
fn wait_for_leftovers(store: &Path) {
    let deadline = Instant::now() + Duration::from_secs(20);
    let left = || fs::read_dir(store.join(".partial")).map_or(0, Iterator::count);
    while left() > 0 {
        assert!(Instant::now() < deadline, "{} unfinished writes are left", left());
        thread::yield_now();
    }
}

fn rounds() -> u64 {
    std::env::var("STEVEDORE_KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3)
}

#[test]
fn nothing_acknowledged_is_lost() {
    let room = TempDir::new().expect("a temporary directory");
    let store = room.path().join("store");
    let arguments = ["--store", store.to_str().expect("a text path"), "--anonymous-push", "--access-log", "none"];
    let mut all: Vec<Promises> = Vec::new();
    let (mut slowest, mut pushes) = (Duration::ZERO, 0);
    for round in 0..rounds() {
        let served = Served::start(&arguments);
        let done = AtomicU64::new(0);
        let client = served.client();
        let fresh: Vec<Promises> = thread::scope(|scope| {
            // They push until the server is gone.
            let _end = Finally(|| served.signal(Signal::KILL));
            let pushers: Vec<_> = (0..CLIENTS)
                .map(|number| {
                    let (client, done) = (client.clone(), &done);
                    let repository = format!("round{round}/client{number}");
                    let random = Random::new(round * CLIENTS + number);
                    scope.spawn(move || Pusher { client, repository, random, promises: Promises::default() }.run(done))
                })
                .collect();
            // At a random moment, but not before something was pushed.
            while done.load(Ordering::SeqCst) < CLIENTS && !pushers.iter().all(ScopedJoinHandle::is_finished) {
                thread::yield_now();
            }
            thread::sleep(Duration::from_secs_f64(fraction(round) / 2.0));
            served.signal(Signal::KILL);
            pushers.into_iter().map(|pusher| pusher.join().expect("a client")).collect()
        });
        pushes += done.load(Ordering::SeqCst);
        drop(served);
        let begun = Instant::now();
        let served = Served::start(&arguments);
        slowest = slowest.max(begun.elapsed());
        all.extend(fresh);
        // The youngest, and one of before; at the end all of them.
        let old = usize::try_from(round).expect("few rounds") % all.len();
        let young = all.len() - usize::try_from(CLIENTS).expect("few");
        for (number, promises) in all.iter_mut().enumerate() {
            if number == old || number >= young || round + 1 == rounds() {
                check(promises, &served.client());
            }
        }
        wait_for_leftovers(&store);
    }
    assert_clean(&store);
    let kept: usize = all.iter().map(|promises| promises.content.len()).sum();
    let figures =
        format!("{} kills, {pushes} pushes, {kept} blobs and manifests kept; slowest start {slowest:?}", rounds());
    writeln!(std::io::stderr(), "{figures}").expect("standard error is open");
}

#[test]
fn an_upload_goes_on_after_a_kill() {
    let room = TempDir::new().expect("a temporary directory");
    let store = room.path().join("store").display().to_string();
    let served = Served::start(&["--store", &store, "--anonymous-push"]);
    let mut content = vec![0; 5 << 20];
    Random::new(13).fill(&mut content);
    let location = served.client().post("/v2/a/blobs/uploads/", b"").expect(202);
    let location = location.header("location").expect("a location").to_owned();
    served.client().send("PATCH", &location, &content[..3 << 20]).expect(202);
    served.signal(Signal::KILL);
    served.wait();
    let served = Served::start(&["--store", &store, "--anonymous-push"]);
    let status = served.client().get(&location).expect(204);
    assert_eq!(status.header("range"), Some("0-3145727"));
    let rest = served.client().with("Content-Range", "3145728-5242879");
    rest.send("PATCH", &location, &content[3 << 20..]).expect(202);
    let digest = sha256(&content);
    served.client().send("PUT", &format!("{location}?digest={digest}"), b"").expect(201);
    assert_eq!(served.client().get(&format!("/v2/a/blobs/{digest}")).expect(200).body, content);
}

#[test]
fn what_nobody_goes_on_with_goes_by_age_while_it_runs_and_when_it_starts() {
    let room = TempDir::new().expect("a temporary directory");
    let store = room.path().join("store");
    let place = store.to_str().expect("a text path");
    let arguments = ["--store", place, "--anonymous-push", "--upload-age", "2s", "--gc-interval", "1s"];
    let begin = |served: &Served| {
        let location = served.client().post("/v2/a/blobs/uploads/", b"").expect(202);
        let location = location.header("location").expect("a location").to_owned();
        served.client().send("PATCH", &location, &[7; 100_000]).expect(202);
        location
    };
    let wait_for = |served: &Served, location: &str| {
        let deadline = Instant::now() + Duration::from_secs(30);
        while served.client().get(location).status != 404 {
            assert!(Instant::now() < deadline, "the upload is still there");
            thread::sleep(Duration::from_millis(50));
        }
    };
    let served = Served::start(&arguments);
    let location = begin(&served);
    wait_for(&served, &location);
    // Down while the upload ages; an unfinished write of the killed process goes whatever its age.
    let location = begin(&served);
    served.signal(Signal::KILL);
    served.wait();
    fs::create_dir_all(store.join(".partial")).expect("made");
    fs::write(store.join(".partial/put-1-1"), [7; 50_000]).expect("written");
    let served = Served::start(&arguments);
    wait_for(&served, &location);
    wait_for_leftovers(&store);
    let mut files = Vec::new();
    walk(&store, &mut files);
    let size: u64 = files.iter().map(|path| path.metadata().map_or(0, |data| data.len())).sum();
    assert!(size < 1_000, "{size} bytes are left in {files:?}");
}

/// Starting looks at nothing but the directory: how much is in it is the collector's business, beside the requests.
#[test]
fn ten_thousand_blobs_do_not_hold_up_the_start() {
    let room = memory();
    let store = room.path().join("store");
    let root = store.join("docker/registry/v2");
    for number in 0..10_000_u32 {
        let content = number.to_be_bytes();
        let digest = sha256(&content);
        let hex = digest.strip_prefix("sha256:").expect("sha256");
        let blob = root.join("blobs/sha256").join(&hex[..2]).join(hex);
        let link = root.join("repositories").join(format!("r{}", number % 100)).join("_layers/sha256").join(hex);
        for (folder, name, content) in [(blob, "data", &content[..]), (link, "link", digest.as_bytes())] {
            fs::create_dir_all(&folder).expect("made");
            fs::write(folder.join(name), content).expect("written");
        }
    }
    let begun = Instant::now();
    let served = Served::start(&["--store", store.to_str().expect("a text path"), "--anonymous-push"]);
    served.client().get("/v2/").expect(200);
    let blob = format!("/v2/r7/blobs/{}", sha256(&7_u32.to_be_bytes()));
    served.client().get(&blob).expect(200);
    let ready = begun.elapsed();
    // An optimized server on a machine of its own takes a hundredth of it.
    assert!(ready < Duration::from_secs(20), "{ready:?}");
}
