//! A registry in memory that can be written to, with the ways in which registries deviate around referrers as switches.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::layout::{INDEX, sha256};
use super::pages::{Asked, Fake};
use super::wire::Reply;

/// How a registry deviates; by default it has no list of referrers (distribution-spec 1.0).
#[derive(Clone)]
pub(crate) struct Ways {
    /// What `/referrers/` answers; with 200, the list.
    pub(crate) referrers: u16,
    /// Whether that answer asks for a login.
    pub(crate) challenges: bool,
    /// Whether a PUT is answered with `OCI-Subject`.
    pub(crate) says_subject: bool,
    /// Whether the tag `sha256-HEX` is answered with the manifest `sha256:HEX`, as by GitLab.
    pub(crate) is_gitlab: bool,
    /// What is answered where a tag is not there, when its name ends like this; tags are listed if the last is true.
    pub(crate) absent: Option<(&'static str, u16, bool)>,
    /// Whether the list of tags says that it goes on, and leads back to its beginning.
    pub(crate) circles: bool,
    /// What a PUT of a manifest under such a path is answered with.
    pub(crate) refuses: Option<(&'static str, u16)>,
}

impl Default for Ways {
    fn default() -> Ways {
        Ways {
            referrers: 404,
            challenges: false,
            says_subject: false,
            is_gitlab: false,
            absent: None,
            circles: false,
            refuses: None,
        }
    }
}

#[derive(Default)]
struct Content {
    /// By repository and digest or tag.
    manifests: BTreeMap<(String, String), (String, Vec<u8>)>,
    blobs: BTreeMap<(String, String), Vec<u8>>,
    /// What has come of each upload.
    uploads: Vec<Vec<u8>>,
}

/// A running one.
pub(crate) struct Kept {
    fake: Fake,
    content: Arc<Mutex<Content>>,
}

impl Kept {
    pub(crate) fn start(ways: Ways) -> Kept {
        let content = Arc::new(Mutex::new(Content::default()));
        let shared = Arc::clone(&content);
        let fake = Fake::start(move |asked| answer(&mut shared.lock().expect("no panic"), &ways, asked));
        Kept { fake, content }
    }

    pub(crate) fn host(&self) -> String {
        self.fake.host()
    }

    /// Returns `docker://HOST/REST`.
    pub(crate) fn docker(&self, rest: &str) -> String {
        format!("docker://{}/{rest}", self.host())
    }

    pub(crate) fn log(&self) -> Vec<Asked> {
        self.fake.log()
    }

    /// Returns the requests that change something.
    pub(crate) fn writes(&self) -> Vec<String> {
        let is_write = |asked: &&Asked| matches!(&*asked.method, "PUT" | "POST" | "PATCH" | "DELETE");
        self.log().iter().filter(is_write).map(|asked| format!("{} {}", asked.method, asked.path())).collect()
    }

    /// Returns the manifest under a tag or digest.
    pub(crate) fn manifest(&self, repository: &str, reference: &str) -> Option<Value> {
        let content = self.content.lock().expect("no panic");
        let (_, bytes) = content.manifests.get(&(repository.to_owned(), reference.to_owned()))?;
        Some(serde_json::from_slice(bytes).expect("a manifest is JSON"))
    }

    /// Returns the entries of the index under a referrers tag.
    pub(crate) fn listed(&self, repository: &str, digest: &str) -> Vec<Value> {
        let list = self.manifest(repository, &digest.replace(':', "-"));
        list.and_then(|list| list["manifests"].as_array().cloned()).unwrap_or_default()
    }

    pub(crate) fn tags(&self, repository: &str) -> Vec<String> {
        tags(&self.content.lock().expect("no panic"), repository)
    }
}

fn tags(content: &Content, repository: &str) -> Vec<String> {
    let names = content.manifests.keys().filter(|(of, name)| of == repository && !name.contains(':'));
    names.map(|(_, name)| name.clone()).collect()
}

fn answer(content: &mut Content, ways: &Ways, asked: &Asked) -> Reply {
    let rest = asked.path().strip_prefix("/v2/").unwrap_or_default();
    let Some((repository, kind, name)) = ["manifests", "blobs", "referrers", "tags"].iter().find_map(|kind| {
        let (repository, name) = rest.split_once(&format!("/{kind}/"))?;
        Some((repository.to_owned(), *kind, name.to_owned()))
    }) else {
        return Reply::json(200, &json!({}));
    };
    match (kind, &*asked.method) {
        ("manifests", "PUT") => put(content, ways, asked, &repository, &name),
        ("manifests", _) => get(content, ways, &repository, &name),
        ("blobs", "POST") => {
            content.uploads.push(Vec::new());
            let number = content.uploads.len() - 1;
            Reply::new(202).header("Location", &format!("/v2/{repository}/blobs/uploads/{number}"))
        }
        ("blobs", "PATCH" | "PUT") => {
            let number: usize = name.trim_start_matches("uploads/").parse().expect("an upload");
            content.uploads[number].extend(&asked.body);
            if asked.method == "PATCH" {
                return Reply::new(202).header("Location", asked.path());
            }
            let (digest, bytes) = (asked.parameter("digest").expect("a digest"), content.uploads[number].clone());
            assert_eq!(digest, sha256(&bytes), "{}", asked.url);
            content.blobs.insert((repository, digest), bytes);
            Reply::new(201)
        }
        ("blobs", _) => match content.blobs.get(&(repository, name)) {
            Some(bytes) => Reply::new(200).body(bytes.clone()),
            None => Reply::error(404, "BLOB_UNKNOWN", "no such blob"),
        },
        ("tags", _) if !ways.absent.is_none_or(|(_, _, lists)| lists) => Reply::error(403, "DENIED", "not allowed"),
        ("tags", _) => {
            let reply = Reply::json(200, &json!({"name": repository, "tags": tags(content, &repository)}));
            let last = if asked.url.contains("last=x") { "y" } else { "x" };
            let next = format!("</v2/{repository}/tags/list?last={last}>; rel=\"next\"");
            if ways.circles { reply.header("Link", &next) } else { reply }
        }
        _ if ways.referrers == 200 => list(content, &repository, &name),
        _ => {
            let reply = Reply::error(ways.referrers, "UNSUPPORTED", "no such thing here");
            if ways.challenges { reply.header("WWW-Authenticate", "Basic realm=\"r\"") } else { reply }
        }
    }
}

fn put(content: &mut Content, ways: &Ways, asked: &Asked, repository: &str, name: &str) -> Reply {
    if ways.refuses.is_some_and(|(end, _)| name.ends_with(end)) {
        return Reply::error(ways.refuses.map_or(500, |(_, status)| status), "DENIED", "not allowed");
    }
    let kind = asked.headers.get("content-type").unwrap_or_default().to_owned();
    for name in [name.to_owned(), sha256(&asked.body)] {
        content.manifests.insert((repository.to_owned(), name), (kind.clone(), asked.body.clone()));
    }
    let document: Value = serde_json::from_slice(&asked.body).expect("a manifest is JSON");
    match document["subject"]["digest"].as_str() {
        Some(subject) if ways.says_subject => Reply::new(201).header("OCI-Subject", subject),
        _ => Reply::new(201),
    }
}

fn get(content: &Content, ways: &Ways, repository: &str, name: &str) -> Reply {
    let mut found = content.manifests.get(&(repository.to_owned(), name.to_owned()));
    let hex = name.strip_prefix("sha256-").filter(|hex| hex.len() == 64);
    if let Some(hex) = hex.filter(|_| ways.is_gitlab) {
        found = content.manifests.get(&(repository.to_owned(), format!("sha256:{hex}")));
    }
    match (found, ways.absent) {
        (Some((kind, bytes)), _) => Reply::new(200)
            .header("Content-Type", kind)
            .header("Docker-Content-Digest", &sha256(bytes))
            .body(bytes.clone()),
        (None, Some((end, status, _))) if name.ends_with(end) => Reply::error(status, "DENIED", "not allowed"),
        (None, _) => Reply::error(404, "MANIFEST_UNKNOWN", "no such manifest"),
    }
}

fn list(content: &Content, repository: &str, subject: &str) -> Reply {
    let mut entries = BTreeMap::new();
    for ((of, _), (kind, bytes)) in &content.manifests {
        let document: Value = serde_json::from_slice(bytes).expect("a manifest is JSON");
        if of != repository || document["subject"]["digest"] != subject {
            continue;
        }
        let mut entry = json!({"mediaType": kind, "digest": sha256(bytes), "size": bytes.len()});
        entry["artifactType"] = document["artifactType"].clone();
        entry["annotations"] = document.get("annotations").cloned().unwrap_or_else(|| json!({}));
        entries.insert(sha256(bytes), entry);
    }
    let entries: Vec<Value> = entries.into_values().collect();
    let list = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries});
    Reply::new(200).header("Content-Type", INDEX).body(list.to_string())
}
