//! The power goes: what `serve` really asked of the file system is replayed into what a disk may hold at each moment.
//!
//! Two disks are tried: one that keeps nothing but what was synced, and one that keeps every name at once, but of content only what was
//! synced. Everything that was acknowledged must be there on both, and nothing that is served may be other than what was pushed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::json;
use tempfile::TempDir;

use super::site::{IMAGE, Site, ask, descriptor, sha256};
use crate::support::http::Client;
use crate::support::oracle::oracle;
use crate::support::scene::memory;
use crate::support::trace;

const CALLS: &str =
    "trace=openat,openat2,mkdirat,renameat,renameat2,unlinkat,fsync,fdatasync,write,pwrite64,ftruncate,sendto";

/// What a call did to the directory.
#[derive(Debug)]
enum Call {
    Create(String),
    MakeFolder(String),
    Write(String, Vec<u8>),
    Truncate(String),
    Rename(String, String),
    Remove(String),
    Sync(String),
    /// An answer was sent.
    Answer,
}

/// Reads a line of strace. Paths come out relative to the directory.
fn call(line: &str, store: &str) -> Option<Call> {
    let (_, rest) = line.split_once(' ')?;
    let (name, rest) = rest.trim_start().split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    if result.starts_with('-') {
        return None;
    }
    let below = |path: &str| path.strip_prefix(store).map(|path| path.trim_start_matches('/').to_owned());
    // The path of the descriptor that comes first, and what is between quotes.
    let first = || arguments.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(path, _)| path);
    let texts = quoted(arguments);
    let text = |number: usize| texts.get(number).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let joined =
        |folder: &str, name: &str| Some(format!("{}/{name}", below(folder)?).trim_start_matches('/').to_owned());
    match name {
        "openat" | "openat2" if arguments.contains("O_CREAT") => joined(first()?, &text(0)?).map(Call::Create),
        "mkdirat" => joined(first()?, &text(0)?).map(Call::MakeFolder),
        "write" => Some(Call::Write(below(first()?)?, texts.into_iter().next()?)),
        "ftruncate" => below(first()?).map(Call::Truncate),
        "renameat" | "renameat2" => {
            let second = arguments.split(", ").nth(2)?.split_once('<')?.1.trim_end_matches('>');
            Some(Call::Rename(joined(first()?, &text(0)?)?, joined(second, &text(1)?)?))
        }
        "unlinkat" => joined(first()?, &text(0)?).map(Call::Remove),
        "fsync" | "fdatasync" => below(first()?).map(Call::Sync),
        "sendto" if text(0)?.starts_with("HTTP/1.1 ") => Some(Call::Answer),
        "pwrite64" => panic!("{line}: the model does not know this call"),
        _ => None,
    }
}

/// Returns the strings of a line, which strace escapes as C does.
fn quoted(text: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut bytes = text.bytes().peekable();
    while bytes.any(|byte| byte == b'"') {
        let mut string = Vec::new();
        while let Some(byte) = bytes.next().filter(|byte| *byte != b'"') {
            string.push(match (byte, byte == b'\\') {
                (_, false) => byte,
                _ => match bytes.next().expect("an escape has two characters") {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'v' => 11,
                    b'f' => 12,
                    digit @ b'0'..=b'7' => {
                        let mut value = digit - b'0';
                        while let Some(digit) = bytes.next_if(|byte| matches!(byte, b'0'..=b'7')) {
                            value = value * 8 + (digit - b'0');
                        }
                        value
                    }
                    other => other,
                },
            });
        }
        found.push(string);
    }
    found
}

/// Joins what strace broke in two because another thread came between.
fn whole_lines(trace: &str) -> Vec<String> {
    let mut begun: BTreeMap<&str, String> = BTreeMap::new();
    let mut lines = Vec::new();
    for line in trace.lines() {
        let Some((process, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(head) = rest.strip_suffix(" <unfinished ...>") {
            begun.insert(process, head.to_owned());
        } else if let Some((_, tail)) = rest.strip_prefix("<... ").and_then(|rest| rest.split_once("resumed>")) {
            let head = begun.remove(process).expect("it has begun");
            lines.push(format!("{process} {head}{tail}"));
        } else {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// A name on the disk: a folder, or a file by its number.
type Names = BTreeMap<String, Option<usize>>;

/// A disk with a cache that a cut of the power empties.
#[derive(Default)]
struct Disk {
    /// What is written, and what of it is synced.
    files: Vec<(Vec<u8>, Vec<u8>)>,
    /// As the system sees them.
    seen: Names,
    /// Those that are there for good.
    kept: Names,
    /// Changes of names that are not, in order.
    pending: Vec<(String, Option<String>, Option<usize>)>,
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

impl Disk {
    fn file(&mut self, path: &str) -> Option<&mut (Vec<u8>, Vec<u8>)> {
        let number = (*self.seen.get(path)?)?;
        self.files.get_mut(number)
    }

    /// Gives a name to something, or takes it from where it was.
    fn name(&mut self, from: Option<&str>, to: Option<&str>, what: Option<usize>) {
        for (path, is_new) in from.map(|path| (path, false)).into_iter().chain(to.map(|path| (path, true))) {
            if is_new {
                self.seen.insert(path.to_owned(), what)
            } else {
                self.seen.remove(path)
            };
        }
        let text = |path: Option<&str>| path.map(str::to_owned);
        self.pending.push((text(from).unwrap_or_default(), text(to), what));
    }

    fn apply(&mut self, call: &Call) {
        match call {
            Call::Create(path) if !self.seen.contains_key(path) => {
                self.files.push(Default::default());
                self.name(None, Some(path), Some(self.files.len() - 1));
            }
            Call::MakeFolder(path) => self.name(None, Some(path), None),
            Call::Write(path, bytes) => {
                if let Some((content, _)) = self.file(path) {
                    content.extend_from_slice(bytes);
                }
            }
            Call::Truncate(path) => panic!("{path}: the model cuts nothing off"),
            Call::Rename(from, to) => {
                let what = *self.seen.get(from).unwrap_or_else(|| panic!("{from} is renamed"));
                self.name(Some(from), Some(to), what);
            }
            Call::Remove(path) => self.name(Some(path), None, None),
            Call::Sync(path) => match self.file(path) {
                Some((content, synced)) => synced.clone_from(content),
                None => self.sync_folder(path),
            },
            Call::Create(_) | Call::Answer => {}
        }
    }

    /// Keeps the changes of names in a folder. A rename is kept whole with either of its ends.
    fn sync_folder(&mut self, folder: &str) {
        let touches = |path: &str| !path.is_empty() && parent(path) == folder;
        for (from, to, what) in std::mem::take(&mut self.pending) {
            if touches(&from) || to.as_deref().is_some_and(touches) {
                self.kept.remove(&from);
                if let Some(to) = to {
                    self.kept.insert(to, what);
                }
            } else {
                self.pending.push((from, to, what));
            }
        }
    }

    /// Writes what is there after the power went: by every name, or by those only that are there for good.
    fn write(&self, names: &Names, place: &Path) -> BTreeMap<String, Option<Vec<u8>>> {
        let mut there: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
        for (path, what) in names {
            // Sorted, a folder comes before what is in it.
            let is_reachable = parent(path).is_empty() || there.get(parent(path)) == Some(&None);
            if is_reachable {
                there.insert(path.clone(), what.map(|number| self.files[number].1.clone()));
            }
        }
        let _ = fs::remove_dir_all(place);
        fs::create_dir_all(place).expect("made");
        for (path, content) in &there {
            match content {
                None => fs::create_dir(place.join(path)).expect("made"),
                Some(content) => fs::write(place.join(path), content).expect("written"),
            }
        }
        there
    }
}

/// What holds after an answer.
#[derive(Clone, Default)]
struct Promise {
    blobs: BTreeMap<String, Vec<u8>>,
    manifests: BTreeMap<String, Vec<u8>>,
    gone: BTreeSet<String>,
    tags: BTreeMap<String, Option<String>>,
    referrers: BTreeMap<String, String>,
}

/// Pushes, moves and deletes; returns what holds after each answer, the first of which is to nothing.
fn use_it(client: &Client) -> Vec<Promise> {
    let mut promises = vec![Promise::default()];
    let mut note = |change: &dyn Fn(&mut Promise)| {
        let mut promise = promises.last().expect("there is one").clone();
        change(&mut promise);
        promises.push(promise);
    };
    let path = |digest: &str| format!("/v2/a/blobs/{digest}");
    let monolithic = |content: &[u8]| {
        client.post(&format!("/v2/a/blobs/uploads/?digest={}", sha256(content)), content).expect(201);
    };
    let image = |layer: &[u8], more: serde_json::Value| {
        let mut raw = json!({"schemaVersion": 2, "mediaType": IMAGE,
            "config": descriptor("application/vnd.oci.image.config.v1+json", b"{}"),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", layer)]});
        for (key, value) in more.as_object().expect("an object") {
            raw[key] = value.clone();
        }
        raw.to_string().into_bytes()
    };
    let target = |raw: &[u8]| format!("/v2/a/manifests/{}", sha256(raw));
    monolithic(b"{}");
    note(&|promise| drop(promise.blobs.insert(path(&sha256(b"{}")), b"{}".to_vec())));
    let location = client.post("/v2/a/blobs/uploads/", b"").expect(202);
    let location = location.header("location").expect("a location").to_owned();
    note(&|_| {});
    client.send("PATCH", &location, b"layer").expect(202);
    note(&|_| {});
    client.send("PUT", &format!("{location}?digest={}", sha256(b"layer one")), b" one").expect(201);
    note(&|promise| drop(promise.blobs.insert(path(&sha256(b"layer one")), b"layer one".to_vec())));
    let one = image(b"layer one", json!({}));
    let put = |reference: &str, raw: &[u8]| {
        client.put(&format!("/v2/a/manifests/{reference}"), IMAGE, raw).expect(201);
    };
    let tagged = |promise: &mut Promise, tag: &str, raw: &[u8]| {
        promise.manifests.insert(target(raw), raw.to_vec());
        promise.tags.insert(format!("/v2/a/manifests/{tag}"), Some(sha256(raw)));
    };
    put("v1", &one);
    note(&|promise| tagged(promise, "v1", &one));
    monolithic(b"layer two");
    note(&|promise| drop(promise.blobs.insert(path(&sha256(b"layer two")), b"layer two".to_vec())));
    let two = image(b"layer two", json!({}));
    put("v1", &two);
    note(&|promise| tagged(promise, "v1", &two));
    put("v2", &one);
    note(&|promise| tagged(promise, "v2", &one));
    let mount = format!("/v2/b/blobs/uploads/?mount={}&from=a", sha256(b"layer two"));
    client.post(&mount, b"").expect(201);
    let mounted = format!("/v2/b/blobs/{}", sha256(b"layer two"));
    note(&|promise| drop(promise.blobs.insert(mounted.clone(), b"layer two".to_vec())));
    let signature = image(b"layer two", json!({"subject": descriptor(IMAGE, &one)}));
    put(&sha256(&signature), &signature);
    note(&|promise| {
        promise.manifests.insert(target(&signature), signature.clone());
        promise.referrers.insert(format!("/v2/a/referrers/{}", sha256(&one)), sha256(&signature));
    });
    client.delete("/v2/a/manifests/v2").expect(202);
    note(&|promise| drop(promise.tags.insert("/v2/a/manifests/v2".into(), None)));
    client.delete(&target(&two)).expect(202);
    note(&|promise| {
        promise.manifests.remove(&target(&two));
        promise.gone.insert(target(&two));
        promise.tags.insert("/v2/a/manifests/v1".into(), None);
    });
    promises
}

/// Says what is wrong with a directory, given what was promised and what the request that is running would promise.
fn wrong(place: &Path, now: &Promise, next: &Promise) -> Option<String> {
    let registry = Site::at(place);
    let get = |target: &str| ask(&registry, "GET", target, &[], std::io::empty(), Some(0));
    for (path, content) in now.blobs.iter().chain(&now.manifests) {
        let answer = get(path);
        let is_going = next.gone.contains(path);
        if !(answer.status == 200 && answer.body == *content || answer.status == 404 && is_going) {
            return Some(format!("{path}: {} with {} bytes", answer.status, answer.body.len()));
        }
    }
    for path in &now.gone {
        if get(path).status != 404 {
            return Some(format!("{path} is back"));
        }
    }
    for (path, tag) in now.tags.iter().chain(&next.tags) {
        let answer = get(path);
        let found = (answer.status == 200).then(|| sha256(&answer.body));
        let either = [now.tags.get(path).unwrap_or(&None), next.tags.get(path).unwrap_or(tag)];
        if !either.contains(&&found) {
            return Some(format!("{path} is {found:?}, not of {either:?}"));
        }
    }
    for (path, digest) in &now.referrers {
        if get(path).json()["manifests"][0]["digest"] != *digest {
            return Some(format!("{path} lists no {digest}"));
        }
    }
    None
}

/// Replays the calls and looks at both disks wherever they change; returns what was wrong, and how many were looked at.
fn replay(calls: &[Call], promises: &[Promise]) -> (Vec<String>, usize) {
    let room = memory();
    let place = room.path().join("store");
    let (mut disk, mut answers, mut problems, mut looked) = (Disk::default(), 0, Vec::new(), 0);
    let mut last = [BTreeMap::new(), BTreeMap::new()];
    let mut checked = [usize::MAX; 2];
    for call in calls {
        disk.apply(call);
        answers += usize::from(matches!(call, Call::Answer));
        for (number, names) in [&disk.kept, &disk.seen].into_iter().enumerate() {
            let there = disk.write(names, &place);
            // Only what has changed, on the disk or in what was promised.
            if there == last[number] && checked[number] == answers {
                continue;
            }
            looked += 1;
            let next = promises.get(answers + 1).unwrap_or(&promises[answers]);
            let kind = ["only what was synced", "every name"][number];
            problems
                .extend(wrong(&place, &promises[answers], next).map(|what| format!("{kind}, after {call:?}: {what}")));
            (last[number], checked[number]) = (there, answers);
        }
    }
    assert_eq!(answers + 1, promises.len(), "every answer is in the trace");
    (problems, looked)
}

#[test]
fn a_cut_of_the_power_takes_nothing_that_was_promised() {
    let Some(strace) = oracle("strace") else { return };
    let room = TempDir::new().expect("a temporary directory");
    let (store, path) = (room.path().join("store"), room.path().join("trace"));
    // Made before: the directory itself is whoever's who starts the server.
    fs::create_dir(&store).expect("made");
    let store = store.canonicalize().expect("is there");
    let place = store.to_str().expect("a text path");
    let flags = ["--store", place, "--anonymous-push", "--gc-interval", "never"];
    let served = trace::start(&strace, &["-y", "-s", "100000", "-e", CALLS], &path, &flags);
    let promises = use_it(&served.client());
    let text = trace::finish(served, &path);
    let mut calls: Vec<Call> = whole_lines(&text).iter().filter_map(|line| call(line, place)).collect();
    let (problems, looked) = replay(&calls, &promises);
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(looked > 150, "{looked} disks");
    // The model can tell: without the syncs, much is lost on the disk that keeps nothing else, and files are empty on the other.
    calls.retain(|call| !matches!(call, Call::Sync(_)));
    let (problems, _) = replay(&calls, &promises);
    assert!(problems.iter().any(|problem| problem.starts_with("only")), "{problems:#?}");
    assert!(problems.iter().any(|problem| problem.starts_with("every")), "{problems:#?}");
}
