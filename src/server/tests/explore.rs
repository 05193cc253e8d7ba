//! The scheduler: goes through all choices of who does the next step.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use super::super::access::{Authorize, Decision, Wish};
use super::super::storage::steps::{memory, watched};
use super::super::storage::{Collection, Storage};
use super::super::{Options, Registry};
use super::disk::{Age, Disk, walk};
use crate::digest::Digest;
use crate::http::{Handler, Method, Request};
use crate::store::Error;

pub(super) const BLOB: &[u8] = b"a blob";
/// The step at which a thread waits for a lock.
const HELD: &str = "lock: held";

/// A request, or a few that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// Asks for the blob.
    Head,
    /// Pushes the blob in one request.
    Put,
    /// Pushes it to another repository.
    PutOther,
    /// Pushes it as an upload of three requests.
    Commit,
    /// Mounts it from the other repository.
    Mount,
    /// Pushes the manifest by its digest.
    Manifest,
    /// Pushes it by a tag.
    Tagged,
    /// Deletes the manifest.
    DeleteManifest,
    /// Deletes the tag.
    DeleteTag,
    /// Deletes the blob.
    DeleteBlob,
}

/// What is explored.
#[derive(Clone)]
pub(super) struct Scene {
    /// What is there before.
    pub(super) before: &'static [Op],
    /// What each writer does, one after the other.
    pub(super) writers: Vec<Vec<Op>>,
    pub(super) collection: Collection,
    /// Whether one of them may be killed at any step.
    pub(super) crash: bool,
    /// A step at which the first writer's files with this in their path are made old again: a broken rule.
    pub(super) sabotage: Option<(&'static str, String)>,
}

/// How much was explored.
#[derive(Debug, Default)]
pub(super) struct Explored {
    pub(super) states: usize,
    /// Ends of a run at which the collector had deleted something.
    pub(super) collected: usize,
}

/// What is wrong.
#[derive(Debug)]
pub(super) enum Finding {
    /// Something that was acknowledged is gone: what, and the steps that led there.
    Lost(String),
    /// Nobody can go on.
    Stuck(String),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(text) => write!(f, "lost: {text}"),
            Self::Stuck(text) => write!(f, "stuck: {text}"),
        }
    }
}

/// Who goes on, or is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Go(usize),
    Kill(usize),
}

/// What a thread says to the scheduler.
enum Event {
    /// The thread has come to a step, and remembers something, here as a hash.
    At(usize, &'static str, u64),
    /// An operation has ended: its place in the list, and whether it was acknowledged.
    Ended(usize, bool),
    Done(usize, bool),
}

pub(super) fn explore(scene: &Scene) -> Result<Explored, Finding> {
    let mut seen = HashSet::new();
    let mut explored = Explored::default();
    let mut open = vec![Vec::new()];
    while let Some(prefix) = open.pop() {
        Run::new(scene).follow(&prefix, &mut seen, &mut open, &mut explored)?;
    }
    explored.states = seen.len();
    Ok(explored)
}

/// A place on a disk in memory, where there is one: a run takes a few thousand system calls.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.or_else(|_| tempfile::tempdir()).expect("a folder")
}

/// Lets everybody do everything.
struct Anybody;

impl Authorize for Anybody {
    fn authorize(&self, _: &Request<'_>, _: &Wish<'_>) -> Decision {
        Decision::Allow
    }
}

fn registry(folder: &Path) -> Registry {
    Registry::new(Arc::new(Storage::open(folder).expect("opens")), Options::new(Arc::new(Anybody)))
}

pub(super) fn manifest() -> Vec<u8> {
    let config = Digest::of(BLOB);
    let size = BLOB.len();
    let kind = "application/vnd.oci.image";
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{kind}.manifest.v1+json","config":{{"mediaType":"{kind}.config.v1+json","digest":"{config}","size":{size}}},"layers":[]}}"#
    )
    .into_bytes()
}

/// Does an operation; says whether it was acknowledged.
fn perform(registry: &Registry, op: Op) -> bool {
    let (blob, raw) = (Digest::of(BLOB), manifest());
    let digest = Digest::of(&raw);
    let send = |method: Method, target: &str, body: &[u8]| {
        let mut request =
            Request::new(method, target).with_body(io::Cursor::new(body.to_vec()), Some(body.len() as u64));
        let response = registry.handle(&mut request);
        let location = response.headers.first("Location").map(ToOwned::to_owned);
        ((200..300).contains(&response.status.0), location)
    };
    match op {
        Op::Head => send(Method::Head, &format!("/v2/a/blobs/{blob}"), b"").0,
        Op::Put => send(Method::Post, &format!("/v2/a/blobs/uploads/?digest={blob}"), BLOB).0,
        Op::PutOther => send(Method::Post, &format!("/v2/b/blobs/uploads/?digest={blob}"), BLOB).0,
        Op::Commit => {
            let (_, Some(location)) = send(Method::Post, "/v2/a/blobs/uploads/", b"") else { return false };
            let location = location.split_once("/v2/").map_or(location.clone(), |(_, rest)| format!("/v2/{rest}"));
            send(Method::Patch, &location, BLOB).0 && send(Method::Put, &format!("{location}?digest={blob}"), b"").0
        }
        Op::Mount => send(Method::Post, &format!("/v2/a/blobs/uploads/?mount={blob}&from=b"), b"").0,
        Op::Manifest => send(Method::Put, &format!("/v2/a/manifests/{digest}"), &raw).0,
        Op::Tagged => send(Method::Put, "/v2/a/manifests/v1", &raw).0,
        Op::DeleteManifest => send(Method::Delete, &format!("/v2/a/manifests/{digest}"), b"").0,
        Op::DeleteTag => send(Method::Delete, "/v2/a/manifests/v1", b"").0,
        Op::DeleteBlob => send(Method::Delete, &format!("/v2/a/blobs/{blob}"), b"").0,
    }
}

/// What has been promised to clients.
#[derive(Default)]
struct Promises {
    manifest: bool,
    tag: bool,
    /// Whether a deletion has been asked for, after which nothing is promised that was pushed meanwhile.
    manifest_deleted: bool,
    tag_deleted: bool,
}

impl Promises {
    fn begin(&mut self, op: Op) {
        if op == Op::DeleteManifest {
            (self.manifest, self.tag) = (false, false);
            (self.manifest_deleted, self.tag_deleted) = (true, true);
        } else if op == Op::DeleteTag {
            (self.tag, self.tag_deleted) = (false, true);
        }
    }

    fn end(&mut self, op: Op, collects_untagged: bool) {
        if matches!(op, Op::Manifest | Op::Tagged) {
            self.manifest |= !self.manifest_deleted && (!collects_untagged || op == Op::Tagged && !self.tag_deleted);
        }
        if op == Op::Tagged {
            self.tag |= !self.tag_deleted;
        }
        if collects_untagged && self.tag_deleted {
            self.manifest = false;
        }
    }

    /// Says what is gone.
    fn broken(&self, folder: &Path) -> Option<String> {
        let (blob, raw) = (Digest::of(BLOB), manifest());
        let registry = registry(folder);
        let storage = registry.storage();
        let digest = Digest::of(&raw);
        if self.manifest {
            match storage.manifest("a", &digest) {
                Ok(Some(found)) if (*found).as_ref() == &*raw => {}
                other => return Some(format!("the manifest is {other:?}")),
            }
            match storage.blob("a", &blob) {
                Ok(Some(_)) => {}
                other => return Some(format!("the blob is {other:?}")),
            }
        }
        if self.tag && !matches!(storage.tag("a", "v1"), Ok(Some(found)) if found == digest) {
            return Some("the tag is gone".into());
        }
        None
    }
}

/// One order, in a store of its own.
struct Run<'a> {
    scene: &'a Scene,
    folder: tempfile::TempDir,
    disk: Disk,
    promises: Promises,
    /// For each thread: the step it stands at, whether it waits for a lock, the number of its steps, and what it remembers. A writer
    /// remembers nothing that does not follow from its place.
    at: Vec<Option<&'static str>>,
    blocked: Vec<bool>,
    steps: Vec<u32>,
    memory: Vec<u64>,
    killed: bool,
    begun: bool,
    collected: bool,
    path: Vec<(Choice, &'static str)>,
}

impl<'a> Run<'a> {
    fn new(scene: &'a Scene) -> Self {
        let folder = folder();
        let registry = registry(folder.path());
        let mut promises = Promises::default();
        for op in scene.before {
            assert!(perform(&registry, *op), "{op:?}");
            promises.end(*op, scene.collection.delete_untagged);
        }
        let disk = Disk::new(folder.path());
        let threads = scene.writers.len() + 1;
        Self {
            scene,
            folder,
            disk,
            promises,
            at: vec![Some("start"); threads],
            blocked: vec![false; threads],
            steps: vec![0; threads],
            memory: vec![0; threads],
            killed: false,
            begun: false,
            collected: false,
            path: Vec::new(),
        }
    }

    fn follow(
        mut self,
        prefix: &[Choice],
        seen: &mut HashSet<u64>,
        open: &mut Vec<Vec<Choice>>,
        explored: &mut Explored,
    ) -> Result<(), Finding> {
        let (events, inbox) = channel();
        let threads = self.at.len();
        std::thread::scope(|scope| {
            let mut outboxes = Vec::new();
            for thread in 0..threads {
                let (orders, outbox) = channel();
                outboxes.push(orders);
                let actor = Actor { thread, events: events.clone(), orders: Arc::new(Mutex::new(outbox)) };
                let (scene, path) = (self.scene, self.folder.path().to_owned());
                scope.spawn(move || actor.run(scene, &path));
            }
            drop(events);
            let result = self.schedule(prefix, &inbox, &outboxes, seen, open);
            // Whoever has not ended is ended, so that the scope does.
            drop(outboxes);
            while inbox.recv().is_ok() {}
            if matches!(result, Ok(true)) {
                explored.collected += usize::from(self.collected);
                return self.check_end();
            }
            result.map(drop)
        })
    }

    /// Lets the threads go on, first as `prefix` says; true when all have ended, false where a known state is reached.
    fn schedule(
        &mut self,
        prefix: &[Choice],
        inbox: &Receiver<Event>,
        outboxes: &[Sender<bool>],
        seen: &mut HashSet<u64>,
        open: &mut Vec<Vec<Choice>>,
    ) -> Result<bool, Finding> {
        loop {
            let done = self.path.len();
            let choice = if let Some(choice) = prefix.get(done) {
                *choice
            } else {
                if !seen.insert(self.signature()) {
                    return Ok(false);
                }
                let mut choices = self.choices();
                let Some(first) = choices.pop() else {
                    if self.at.iter().all(Option::is_none) {
                        return Ok(true);
                    }
                    return Err(Finding::Stuck(self.told()));
                };
                let taken: Vec<Choice> = self.path.iter().map(|(choice, _)| *choice).collect();
                open.extend(choices.into_iter().map(|other| [&taken[..], &[other]].concat()));
                first
            };
            self.go(choice, inbox, outboxes);
            if let Some(lost) = self.promises.broken(self.folder.path()) {
                return Err(Finding::Lost(format!("{lost}, after {}", self.told())));
            }
        }
    }

    fn choices(&self) -> Vec<Choice> {
        let alive = || (0..self.at.len()).filter(|thread| self.at[*thread].is_some());
        let mut choices: Vec<Choice> = Vec::new();
        if self.scene.crash && !self.killed {
            choices.extend(alive().filter(|thread| self.at[*thread] != Some("start")).map(Choice::Kill));
        }
        choices.extend(alive().filter(|thread| !self.blocked[*thread]).map(Choice::Go));
        choices
    }

    fn go(&mut self, choice: Choice, inbox: &Receiver<Event>, outboxes: &[Sender<bool>]) {
        let (thread, goes_on) = match choice {
            Choice::Go(thread) => (thread, true),
            Choice::Kill(thread) => (thread, false),
        };
        let collector = self.at.len() - 1;
        self.killed |= !goes_on;
        let from = self.at[thread].expect("it is alive");
        self.path.push((choice, from));
        if goes_on && from == "start" && thread != collector {
            self.promises.begin(self.scene.writers[thread][0]);
        }
        outboxes[thread].send(goes_on).expect("it waits");
        loop {
            match inbox.recv().expect("it answers") {
                Event::At(thread, step, memory) => {
                    self.at[thread] = Some(step);
                    self.blocked[thread] = step == HELD;
                    self.memory[thread] = memory;
                    self.begun |= step == "collect: begun";
                    break;
                }
                Event::Ended(op, acknowledged) => {
                    if acknowledged {
                        self.promises.end(self.scene.writers[thread][op], self.scene.collection.delete_untagged);
                    }
                    if let Some(next) = self.scene.writers[thread].get(op + 1) {
                        self.promises.begin(*next);
                    }
                }
                Event::Done(thread, collected) => {
                    self.at[thread] = None;
                    self.collected |= collected;
                    break;
                }
            }
        }
        self.disk.look(if self.begun { Age::Since } else { Age::Before });
        let is_blocked = self.blocked[thread];
        // Whoever waits for a lock looks again when somebody else has moved, which may have freed it.
        if !is_blocked || from != HELD {
            self.blocked.fill(false);
            self.blocked[thread] = is_blocked;
        }
        if !is_blocked {
            self.steps[thread] += 1;
        }
    }

    fn signature(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let promises = &self.promises;
        (self.disk.signature(), &self.at, &self.blocked, &self.steps, &self.memory, self.killed, self.begun)
            .hash(&mut hasher);
        (promises.manifest, promises.tag, promises.manifest_deleted, promises.tag_deleted).hash(&mut hasher);
        hasher.finish()
    }

    fn told(&self) -> String {
        let steps: Vec<String> = self.path.iter().map(|(choice, from)| format!("{choice:?} from {from}")).collect();
        steps.join(", ")
    }

    /// Collects once more when all is quiet and old: promises hold, and what nobody needs is gone.
    fn check_end(&self) -> Result<(), Finding> {
        let folder = self.folder.path();
        let lost = |text: String| Finding::Lost(format!("{text}, after {}", self.told()));
        let mut files = Vec::new();
        walk(folder, &mut files);
        files.iter().for_each(|path| Disk::make_old(path));
        let storage = Storage::open(folder).expect("opens");
        let options = Collection { allow_empty: true, ..self.scene.collection.clone() };
        storage.collect(&options).map_err(|error| lost(format!("the next collection fails: {error}")))?;
        if let Some(text) = self.promises.broken(folder) {
            return Err(lost(format!("{text} after one more collection")));
        }
        if storage.manifest("a", &Digest::of(&manifest())).is_ok_and(|found| found.is_none()) {
            let left: BTreeSet<PathBuf> = {
                let mut files = Vec::new();
                walk(&folder.join("docker/registry/v2/blobs"), &mut files);
                files.into_iter().collect()
            };
            if !left.is_empty() {
                return Err(lost(format!("garbage is never collected: {left:?}")));
            }
        }
        Ok(())
    }
}

/// A thread that does what a process would.
struct Actor {
    thread: usize,
    events: Sender<Event>,
    orders: Arc<Mutex<Receiver<bool>>>,
}

impl Actor {
    fn run(self, scene: &Scene, folder: &Path) {
        if !self.may_go() {
            // Its end is not asked about any more.
            return self.say(Event::Done(self.thread, false));
        }
        let mut killed = false;
        let (thread, events, orders) = (self.thread, self.events.clone(), self.orders.clone());
        let (sabotage, root) = (scene.sabotage.clone(), folder.to_owned());
        let watcher = move |step: &'static str| {
            if let Some((_, part)) = sabotage.as_ref().filter(|(at, _)| thread == 0 && *at == step) {
                let mut files = Vec::new();
                walk(&root, &mut files);
                let is_meant = |path: &&PathBuf| path.to_string_lossy().contains(part.as_str());
                files.iter().filter(is_meant).for_each(|path| Disk::make_old(path));
            }
            if !killed {
                let _ = events.send(Event::At(thread, step, memory()));
                killed = !orders.lock().expect("one thread uses it").recv().unwrap_or(false);
            }
            if killed { Err(Error::io("go on", step)(io::Error::other("killed"))) } else { Ok(()) }
        };
        let collected = watched(watcher, || {
            let registry = registry(folder);
            if let Some(ops) = scene.writers.get(self.thread) {
                for (at, op) in ops.iter().enumerate() {
                    let acknowledged = perform(&registry, *op);
                    self.say(Event::Ended(at, acknowledged));
                }
                return false;
            }
            registry.storage().collect(&scene.collection).is_ok_and(|report| report.blobs + report.untagged > 0)
        });
        self.say(Event::Done(self.thread, collected));
    }

    fn may_go(&self) -> bool {
        self.orders.lock().expect("one thread uses it").recv().unwrap_or(false)
    }

    fn say(&self, event: Event) {
        // The scheduler may have stopped listening, at a state that it knows.
        let _ = self.events.send(event);
    }
}
