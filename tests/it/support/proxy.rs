//! A proxy in front of a registry that misbehaves in one way, and logs every request.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::Mutex;
use std::time::Duration;

use super::gateway::{Gateway, Rules};
use super::listener::Bound;
use super::shape::Shape;
use super::wire::{Head, Reply};

pub(crate) use super::gateway::Request;

/// The one thing that is wrong with a proxy.
///
/// "Twice for each URL" tells methods apart and takes all upload sessions of a repository for one, told apart by the digest they end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Nothing: it logs.
    None,
    /// 429 with `Retry-After: 1`, twice for each URL; `/v2/` itself is spared.
    TooMany,
    /// The same for downloads of blobs only.
    TooManyBlobs,
    /// 503, twice for each URL; `/v2/` itself is spared.
    Unavailable,
    /// 500 for the first PATCH and PUT of each URL.
    FailPatch,
    /// 403 for requests to mount a blob.
    NoMount,
    /// 404 for the referrers API, as of registries that lack it.
    NoReferrers,
    /// 405 for HEAD.
    NoHead,
    /// 405 for deleting a manifest by tag.
    NoTagDelete,
    /// Closes each connection after so many bytes towards the client, heads included.
    CutAfter(u64),
    /// So many bytes per second on each connection, in each direction.
    Throttle(u64),
    /// Falls silent on each connection after so many bytes towards the client, heads included.
    Stall(u64),
    /// Waits so many milliseconds before each request goes on.
    Latency(u64),
}

/// A running proxy.
pub(crate) struct Proxy(Gateway);

impl Proxy {
    /// Starts a proxy in front of `target`, a `HOST:PORT`.
    pub(crate) fn start(target: &str, mode: Mode) -> Proxy {
        Proxy(Gateway::start(Bound::new(), target, Faults { mode, seen: Mutex::default() }))
    }

    /// Returns its `HOST:PORT`.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.0.port())
    }

    /// Returns the requests so far, in the order of their arrival.
    pub(crate) fn log(&self) -> Vec<Request> {
        self.0.log().requests()
    }

    /// Forgets the requests so far; faults that come so many times for each URL go on counting.
    pub(crate) fn clear(&self) {
        self.0.log().clear();
    }
}

struct Faults {
    mode: Mode,
    seen: Mutex<HashMap<String, u32>>,
}

impl Faults {
    /// Returns how often this URL was asked for, this time included.
    fn times(&self, request: &Head) -> u32 {
        let mut seen = self.seen.lock().expect("no thread panics while it holds this lock");
        let times = seen.entry(url_key(request)).or_default();
        *times += 1;
        *times
    }
}

impl Rules for Faults {
    fn answer(&self, request: &Head, _body: &mut dyn Read) -> io::Result<Option<Reply>> {
        let (method, path) = (request.method(), request.path());
        let ping = path == "/v2/";
        let reply = match self.mode {
            Mode::TooMany if !ping && self.times(request) <= 2 => too_many(),
            Mode::TooManyBlobs if method == "GET" && path.contains("/blobs/sha256:") && self.times(request) <= 2 => {
                too_many()
            }
            Mode::Unavailable if !ping && self.times(request) <= 2 => Reply::new(503).body("upstream unavailable"),
            Mode::FailPatch if matches!(method, "PATCH" | "PUT") && self.times(request) <= 1 => {
                Reply::new(500).body("oops")
            }
            Mode::NoMount if path.contains("mount=") => Reply::error(403, "DENIED", "mount denied"),
            Mode::NoReferrers if path.contains("/referrers/") => Reply::new(404).body("404 page not found"),
            Mode::NoHead if method == "HEAD" => Reply::new(405),
            Mode::NoTagDelete if method == "DELETE" && names_tag(path) => {
                Reply::error(405, "UNSUPPORTED", "the operation is unsupported")
            }
            _ => return Ok(None),
        };
        Ok(Some(reply))
    }

    fn shape(&self) -> Shape {
        let mut shape = Shape::default();
        match self.mode {
            Mode::CutAfter(bytes) => shape.cut = Some(bytes),
            Mode::Throttle(rate) => shape.rate = Some(rate),
            Mode::Stall(bytes) => shape.stall = Some(bytes),
            Mode::Latency(milliseconds) => shape.latency = Duration::from_millis(milliseconds),
            _ => {}
        }
        shape
    }
}

fn too_many() -> Reply {
    Reply::error(429, "TOOMANYREQUESTS", "slow down").header("Retry-After", "1")
}

fn names_tag(path: &str) -> bool {
    path.rsplit_once("/manifests/").is_some_and(|(_, reference)| !reference.contains(':'))
}

/// Returns what makes two requests the same: a retried upload has a new session, and is still the same upload.
fn url_key(request: &Head) -> String {
    let (method, path) = (request.method(), request.path());
    let Some((repository, session)) = path.split_once("/blobs/uploads/") else {
        return format!("{method} {path}");
    };
    if method == "POST" {
        return format!("{method} {path}");
    }
    let query = session.split_once('?').map_or("", |(_, query)| query);
    let digest = query.split('&').find(|pair| pair.starts_with("digest=")).unwrap_or_default();
    format!("{method} {repository}/blobs/uploads/?{digest}")
}
