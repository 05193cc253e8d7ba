//! A thread of the scheduler that does what a process would, and what it has promised to clients by then.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex};

use super::super::access::{Authorize, Decision, Wish};
use super::super::storage::Storage;
use super::super::storage::steps::{memory, watched};
use super::super::{Options, Registry};
use super::disk::{Disk, walk};
use super::explore::Scene;
use crate::digest::Digest;
use crate::http::{Handler, Method, Request};
use crate::store::Error;

pub(super) const BLOB: &[u8] = b"a blob";

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

/// What a thread says to the scheduler.
pub(super) enum Event {
    /// The thread has come to a step, and remembers something, here as a hash.
    At(usize, &'static str, u64),
    /// An operation has ended: its place in the list, and whether it was acknowledged.
    Ended(usize, bool),
    Done(usize, bool),
}

/// Lets everybody do everything.
struct Anybody;

impl Authorize for Anybody {
    fn authorize(&self, _: &Request<'_>, _: &Wish<'_>) -> Decision {
        Decision::Allow
    }
}

pub(super) fn registry(folder: &Path) -> Registry {
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
pub(super) fn perform(registry: &Registry, op: Op) -> bool {
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
pub(super) struct Promises {
    pub(super) manifest: bool,
    pub(super) tag: bool,
    /// Whether a deletion has been asked for, after which nothing is promised that was pushed meanwhile.
    pub(super) manifest_deleted: bool,
    pub(super) tag_deleted: bool,
}

impl Promises {
    pub(super) fn begin(&mut self, op: Op) {
        if op == Op::DeleteManifest {
            (self.manifest, self.tag) = (false, false);
            (self.manifest_deleted, self.tag_deleted) = (true, true);
        } else if op == Op::DeleteTag {
            (self.tag, self.tag_deleted) = (false, true);
        }
    }

    pub(super) fn end(&mut self, op: Op, collects_untagged: bool) {
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
    pub(super) fn broken(&self, folder: &Path) -> Option<String> {
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

/// A thread that does what a process would.
pub(super) struct Actor {
    pub(super) thread: usize,
    pub(super) events: Sender<Event>,
    pub(super) orders: Arc<Mutex<Receiver<bool>>>,
}

impl Actor {
    pub(super) fn run(self, scene: &Scene, folder: &Path) {
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
