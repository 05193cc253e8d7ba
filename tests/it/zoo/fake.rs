//! A registry in memory with manners: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

use super::manners::Manner;
use crate::support::bearer::parse_query;
use crate::support::layout::sha256;
use crate::support::listener::{Bound, Listener};
use crate::support::secrets;
use crate::support::wire::{Body, Head, Reply};

/// `me:secret`, who may do everything.
pub(super) const LOGIN: &str = "Basic bWU6c2VjcmV0";
/// The most tags on a page.
const PAGE: usize = 2;

/// A running registry; dropping it ends it.
pub(super) struct Zoo {
    listener: Listener,
    state: Arc<State>,
}

struct State {
    manners: BTreeSet<Manner>,
    port: u16,
    /// The token that allows everything, and the one that allows to read.
    tokens: [String; 2],
    /// What the URLs of downloads are signed with.
    signature: String,
    content: Mutex<Content>,
}

/// What is stored, by repository and name.
#[derive(Default)]
struct Content {
    blobs: BTreeMap<(String, String), Vec<u8>>,
    manifests: BTreeMap<(String, String), (String, Vec<u8>)>,
    tags: BTreeMap<(String, String), String>,
    uploads: BTreeMap<String, Vec<u8>>,
    /// Manifests that were asked for.
    asked: BTreeSet<String>,
    /// Requests that are not for reading.
    writes: usize,
}

/// A request, taken apart.
struct Asked {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    head: Head,
    body: Vec<u8>,
}

impl Zoo {
    pub(super) fn start(manners: &[Manner]) -> Zoo {
        let bound = Bound::new();
        let state = Arc::new(State {
            manners: manners.iter().copied().collect(),
            port: bound.port(),
            tokens: [secrets::issue("all"), secrets::issue("read")],
            signature: secrets::issue("signature"),
            content: Mutex::default(),
        });
        let listener = bound.serve({
            let state = Arc::clone(&state);
            move |stream, _| {
                // A client may leave at any time.
                let _ = state.serve(&stream);
            }
        });
        Zoo { listener, state }
    }

    pub(super) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.listener.port())
    }

    /// Puts what a layout has into a repository, past all manners.
    pub(super) fn seed(&self, dir: &std::path::Path, repository: &str) {
        let mut content = self.state.content();
        for entry in std::fs::read_dir(dir.join("blobs/sha256")).expect("a layout") {
            let bytes = std::fs::read(entry.expect("an entry").path()).expect("a blob");
            let digest = sha256(&bytes);
            let kind = serde_json::from_slice::<Value>(&bytes).ok();
            let kind = kind.and_then(|value| Some(value["mediaType"].as_str()?.to_owned()));
            let key = (repository.to_owned(), digest);
            match kind {
                Some(kind) => drop(content.manifests.insert(key, (kind, bytes))),
                None => drop(content.blobs.insert(key, bytes)),
            }
        }
        for (tag, descriptor) in crate::support::layout::tags(dir) {
            let digest = descriptor["digest"].as_str().expect("a digest").to_owned();
            content.tags.insert((repository.to_owned(), tag), digest);
        }
    }

    /// Says whether it has a manner.
    pub(super) fn has(&self, manner: Manner) -> bool {
        self.state.has(manner)
    }

    /// Returns how many requests there were that may write.
    pub(super) fn writes(&self) -> usize {
        self.state.content().writes
    }

    /// Returns the digest of a tag.
    pub(super) fn tag(&self, repository: &str, tag: &str) -> Option<String> {
        self.state.content().tags.get(&(repository.to_owned(), tag.to_owned())).cloned()
    }

    /// Gives what has a tag another one.
    pub(super) fn tag_again(&self, repository: &str, tag: &str, new: &str) {
        let mut content = self.state.content();
        let digest = content.tags[&(repository.to_owned(), tag.to_owned())].clone();
        content.tags.insert((repository.to_owned(), new.to_owned()), digest);
    }

    /// Takes all tags from a repository.
    pub(super) fn untag(&self, repository: &str) {
        self.state.content().tags.retain(|(each, _), _| each != repository);
    }
}

impl State {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().expect("no thread panics while it holds this lock")
    }

    fn has(&self, manner: Manner) -> bool {
        self.manners.contains(&manner)
    }

    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut from = BufReader::new(stream);
        let mut to = stream;
        while let Some(head) = Head::read(&mut from)? {
            if head.expects_continue() {
                to.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            let mut body = Vec::new();
            Body::new(&mut from, head.request_framing()).read_to_end(&mut body)?;
            let (path, query) = head.path().split_once('?').unwrap_or((head.path(), ""));
            let asked = Asked {
                method: head.method().to_owned(),
                path: path.to_owned(),
                query: parse_query(query),
                head: head.clone(),
                body,
            };
            self.content().writes += usize::from(!matches!(asked.method.as_str(), "GET" | "HEAD"));
            let reply = self.answer(&asked);
            let mut bytes = reply.head().encode();
            if asked.method != "HEAD" {
                bytes.extend(&reply.body);
            }
            to.write_all(&bytes)?;
            if head.closes() {
                break;
            }
        }
        Ok(())
    }

    fn answer(&self, asked: &Asked) -> Reply {
        let parts: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
        match parts.as_slice() {
            ["token"] => self.token(asked),
            ["page"] => Reply::new(200).header("Content-Type", "text/html").body("<html>packages</html>"),
            ["cdn", repository @ .., digest] => self.cdn(asked, &repository.join("/"), digest),
            _ if !self.lets_in(asked) => self.refusal(asked),
            ["v2", ""] | ["v2"] => Reply::json(200, &json!({})),
            ["v2", "_catalog"] => self.catalog(),
            ["v2", name @ .., "tags", "list"] => self.tags(asked, &name.join("/")),
            ["v2", name @ .., "manifests", reference] => self.manifest(asked, &name.join("/"), reference),
            ["v2", name @ .., "referrers", digest] => self.referrers(&name.join("/"), digest),
            ["v2", name @ .., "blobs", "uploads", session] => self.upload(asked, &name.join("/"), session),
            ["v2", name @ .., "blobs", digest] => self.blob(asked, &name.join("/"), digest),
            _ => absent("404"),
        }
    }

    fn lets_in(&self, asked: &Asked) -> bool {
        let authorization = asked.head.headers.get("authorization").unwrap_or_default();
        let reads = matches!(asked.method.as_str(), "GET" | "HEAD") && asked.path != "/v2/";
        if self.has(Manner::Tokens) {
            let [all, read] = self.tokens.each_ref().map(|token| format!("Bearer {token}"));
            return authorization == all || reads && authorization == read;
        }
        !(self.has(Manner::Basic) || self.has(Manner::HidesFromStrangers)) || authorization == LOGIN
    }

    fn refusal(&self, asked: &Asked) -> Reply {
        if self.has(Manner::HidesFromStrangers) && asked.path != "/v2/" {
            return absent("MANIFEST_UNKNOWN");
        }
        let challenge = match self.has(Manner::Tokens) {
            true => format!("Bearer realm=\"http://127.0.0.1:{}/token\",service=\"zoo\"", self.port),
            false => "Basic realm=\"zoo\"".to_owned(),
        };
        Reply::error(401, "UNAUTHORIZED", "who are you?").header("WWW-Authenticate", &challenge)
    }

    fn token(&self, asked: &Asked) -> Reply {
        let form = parse_query(&String::from_utf8_lossy(&asked.body));
        let is_known = asked.head.headers.get("authorization") == Some(LOGIN)
            || form.iter().any(|(name, value)| name == "password" && value == "secret");
        let token = &self.tokens[usize::from(!is_known)];
        Reply::json(200, &json!({"token": token, "access_token": token, "expires_in": 300}))
    }

    fn catalog(&self) -> Reply {
        if self.has(Manner::NoCatalog) {
            return self.refusal_to("UNAUTHORIZED");
        }
        let content = self.content();
        let names: BTreeSet<&String> = content.manifests.keys().map(|(repository, _)| repository).collect();
        Reply::json(200, &json!({"repositories": names}))
    }

    /// Asks for a login again, whichever came.
    fn refusal_to(&self, code: &str) -> Reply {
        let realm = format!(
            "Bearer realm=\"http://127.0.0.1:{}/token\",service=\"zoo\",scope=\"registry:catalog:*\"",
            self.port
        );
        Reply::error(401, code, "authentication required").header("WWW-Authenticate", &realm)
    }

    fn tags(&self, asked: &Asked, name: &str) -> Reply {
        let content = self.content();
        let all = content.tags.keys().filter(|(repository, _)| repository == name).map(|(_, tag)| tag.as_str());
        let all: Vec<&str> = all.collect();
        if all.is_empty() && (self.has(Manner::NoTagsNoList) || !content.manifests.keys().any(|(each, _)| each == name))
        {
            return absent("NAME_UNKNOWN");
        }
        let last = asked.parameter("last").unwrap_or_default();
        let rest: Vec<&str> = all.into_iter().filter(|tag| *tag > last).collect();
        if !self.has(Manner::PagesTags) || rest.len() <= PAGE {
            return Reply::json(200, &json!({"name": name, "tags": rest}));
        }
        let page = &rest[..PAGE];
        let link = format!("</v2/{name}/tags/list?last={}&n={PAGE}>; rel=\"next\"", page[PAGE - 1]);
        Reply::json(200, &json!({"name": name, "tags": page})).header("Link", &link)
    }

    fn manifest(&self, asked: &Asked, name: &str, reference: &str) -> Reply {
        let mut content = self.content();
        let key = |text: &str| (name.to_owned(), text.to_owned());
        let dashed = reference.replacen("sha256-", "sha256:", 1);
        let digest = match content.tags.get(&key(reference)) {
            _ if reference.contains(':') => Some(reference.to_owned()),
            _ if self.has(Manner::DashIsColon) && content.manifests.contains_key(&key(&dashed)) => Some(dashed),
            found => found.cloned(),
        };
        if matches!(asked.method.as_str(), "GET" | "HEAD")
            && self.has(Manner::LimitsRate)
            && content.asked.insert(format!("{} {}", asked.method, asked.path))
        {
            return Reply::error(429, "TOOMANYREQUESTS", "You have reached your pull rate limit")
                .header("Retry-After", "0");
        }
        match asked.method.as_str() {
            "HEAD" if self.has(Manner::HeadIsAbsent) => Reply::new(404),
            "GET" | "HEAD" => match digest.as_ref().and_then(|digest| content.manifests.get(&key(digest))) {
                Some((kind, bytes)) => Reply::new(200)
                    .header("Content-Type", kind)
                    .header("Docker-Content-Digest", &sha256(bytes))
                    .body(bytes.clone()),
                None if self.has(Manner::OwnCodes) => absent("NOT_FOUND"),
                None => absent("MANIFEST_UNKNOWN"),
            },
            "PUT" => self.put(asked, &mut content, name, reference),
            _ => self.delete(&mut content, name, reference, digest),
        }
    }

    fn put(&self, asked: &Asked, content: &mut Content, name: &str, reference: &str) -> Reply {
        let key = |text: &str| (name.to_owned(), text.to_owned());
        let value: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        let blobs = value["layers"].as_array().into_iter().flatten().chain([&value["config"]]);
        let lacks =
            |blob: &Value| blob["digest"].as_str().is_some_and(|digest| !content.blobs.contains_key(&key(digest)));
        if blobs.into_iter().any(lacks) {
            let status = if self.has(Manner::MissingBlobIsAbsent) { 404 } else { 400 };
            return Reply::error(status, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry");
        }
        let digest = sha256(&asked.body);
        let kind = asked.head.headers.get("content-type").unwrap_or_default().to_owned();
        content.manifests.insert(key(&digest), (kind, asked.body.clone()));
        if !reference.contains(':') {
            content.tags.insert(key(reference), digest.clone());
        }
        let reply = Reply::new(201).header("Docker-Content-Digest", &digest);
        match value["subject"]["digest"].as_str() {
            Some(subject) if self.has(Manner::ClaimsReferrers) || self.lists_referrers() => {
                reply.header("OCI-Subject", subject)
            }
            _ => reply,
        }
    }

    fn delete(&self, content: &mut Content, name: &str, reference: &str, digest: Option<String>) -> Reply {
        let key = |text: &str| (name.to_owned(), text.to_owned());
        let is_tag = !reference.contains(':');
        if self.has(Manner::NoDelete) || is_tag && self.has(Manner::NoTagDelete) {
            return Reply::error(405, "UNSUPPORTED", "The operation is unsupported.");
        }
        if is_tag && self.has(Manner::TagIsNoDigest) {
            return Reply::error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
        }
        let Some(digest) = digest.filter(|digest| content.manifests.contains_key(&key(digest))) else {
            return absent("MANIFEST_UNKNOWN");
        };
        if self.has(Manner::DeleteIsAbsent) {
            return Reply::new(404).body("404 page not found\n");
        }
        if is_tag {
            content.tags.remove(&key(reference));
            return Reply::new(202);
        }
        let is_tagged = content.tags.iter().any(|((each, _), tagged)| each == name && *tagged == digest);
        if is_tagged && self.has(Manner::TagsFirst) {
            return Reply::error(400, "GOOGLE_MANIFEST_DANGLING_TAG", "Manifest is still referenced by tag");
        }
        content.tags.retain(|(each, _), tagged| each != name || *tagged != digest);
        content.manifests.remove(&key(&digest));
        Reply::new(202)
    }

    fn lists_referrers(&self) -> bool {
        ![Manner::NoReferrers, Manner::ReferrersArePage, Manner::ClaimsReferrers].into_iter().any(|each| self.has(each))
    }

    fn referrers(&self, name: &str, digest: &str) -> Reply {
        if self.has(Manner::ReferrersArePage) {
            return Reply::new(303).header("Location", "/page");
        }
        if !self.lists_referrers() {
            return Reply::new(404).body("404 page not found\n");
        }
        let content = self.content();
        let manifests = content.manifests.iter().filter(|((repository, _), _)| repository == name);
        let entries = manifests.filter_map(|((_, own), (kind, bytes))| {
            let value: Value = serde_json::from_slice(bytes).ok()?;
            let is_it = value["subject"]["digest"] == digest;
            let artifact = if value["artifactType"].is_null() { &value["config"]["mediaType"] } else { &value["artifactType"] };
            let entry = json!({"mediaType": kind, "digest": own, "size": bytes.len(), "artifactType": artifact, "annotations": value["annotations"]});
            is_it.then_some(entry)
        });
        let kind = "application/vnd.oci.image.index.v1+json";
        let index = json!({"schemaVersion": 2, "mediaType": kind, "manifests": entries.collect::<Vec<_>>()});
        Reply::new(200).header("Content-Type", kind).body(index.to_string())
    }

    fn blob(&self, asked: &Asked, name: &str, digest: &str) -> Reply {
        let content = self.content();
        let Some(bytes) = content.blobs.get(&(name.to_owned(), digest.to_owned())) else {
            return absent("BLOB_UNKNOWN");
        };
        if asked.method == "GET" && self.has(Manner::RedirectsBlobs) {
            let signed = format!("X-Amz-Credential=a%2Fb&X-Amz-Signature={}", self.signature);
            let there = format!("http://localhost:{}/cdn/{name}/{digest}?{signed}", self.port);
            return Reply::new(307).header("Location", &there);
        }
        self.bytes(asked, bytes)
    }

    /// The other host, which refuses whoever brings a login.
    fn cdn(&self, asked: &Asked, name: &str, digest: &str) -> Reply {
        if asked.head.headers.get("authorization").is_some() {
            return Reply::new(400).body("Authentication information is not given in the correct format.");
        }
        match self.content().blobs.get(&(name.to_owned(), digest.to_owned())) {
            Some(bytes) if asked.parameter("X-Amz-Signature") == Some(&self.signature) => self.bytes(asked, bytes),
            _ => Reply::new(403),
        }
    }

    fn bytes(&self, asked: &Asked, bytes: &[u8]) -> Reply {
        let range = asked.head.headers.get("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
        let whole = || Reply::new(200).header("Content-Type", "application/octet-stream").body(bytes);
        let Some((first, last)) = range else {
            return whole();
        };
        if last.is_empty() && self.has(Manner::NoOpenRanges) {
            return Reply::error(416, "BLOB_UNKNOWN", "We don't understand your Range");
        }
        let end = bytes.len() - 1;
        match (first.parse::<usize>(), last.parse().unwrap_or(end).min(end)) {
            (Ok(first), last) if first <= last => Reply::new(206)
                .header("Content-Range", &format!("bytes {first}-{last}/{}", bytes.len()))
                .body(&bytes[first..=last]),
            _ => Reply::new(416),
        }
    }

    fn upload(&self, asked: &Asked, name: &str, session: &str) -> Reply {
        let mut content = self.content();
        let key = |text: &str| (name.to_owned(), text.to_owned());
        if asked.method == "POST" {
            if self.has(Manner::RepositoriesAreMade) && !content.manifests.keys().any(|(each, _)| each == name) {
                return Reply::error(404, "NAME_UNKNOWN", &format!("The repository with name '{name}' does not exist"));
            }
            if let (Some(digest), Some(from)) = (asked.parameter("mount"), asked.parameter("from"))
                && !self.has(Manner::NoMounts)
                && let Some(bytes) = content.blobs.get(&(from.to_owned(), digest.to_owned())).cloned()
            {
                content.blobs.insert(key(digest), bytes);
                return Reply::new(201).header("Location", &format!("/v2/{name}/blobs/{digest}"));
            }
            if let Some(digest) = asked.parameter("digest").filter(|_| !self.has(Manner::NoSinglePost))
                && digest == sha256(&asked.body)
            {
                content.blobs.insert(key(digest), asked.body.clone());
                return Reply::new(201).header("Location", &format!("/v2/{name}/blobs/{digest}"));
            }
            let session = format!("u{}", content.uploads.len());
            content.uploads.insert(session.clone(), Vec::new());
            return Reply::new(202).header("Location", &format!("/v2/{name}/blobs/uploads/{session}"));
        }
        let Some(upload) = content.uploads.get_mut(session) else {
            return absent("BLOB_UPLOAD_UNKNOWN");
        };
        upload.extend(&asked.body);
        let (upload, location) = (upload.clone(), format!("/v2/{name}/blobs/uploads/{session}"));
        match asked.parameter("digest").filter(|_| asked.method == "PUT") {
            Some(digest) if digest == sha256(&upload) => {
                content.blobs.insert(key(digest), upload);
                Reply::new(201).header("Location", &format!("/v2/{name}/blobs/{digest}"))
            }
            Some(_) => Reply::error(400, "DIGEST_INVALID", "not these bytes"),
            None => Reply::new(if asked.method == "PATCH" { 202 } else { 204 })
                .header("Location", &location)
                .header("Range", &format!("0-{}", upload.len().saturating_sub(1))),
        }
    }
}

impl Asked {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

fn absent(code: &str) -> Reply {
    Reply::error(404, code, "not here")
}
