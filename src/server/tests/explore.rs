//! The scheduler: goes through all choices of who does the next step.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use super::super::storage::{Collection, Storage};
use super::actor::{Actor, Event, Op, Promises, manifest, perform, registry};
use super::disk::{Age, Disk, walk};
use crate::digest::Digest;

/// The step at which a thread waits for a lock.
const HELD: &str = "lock: held";

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
