//! A registry on a directory of its own, asked without a socket.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha512};
use stevedore::http::{Handler, Method, Request};
use stevedore::server::{Authorize, Decision, Options, Registry, Storage, Wish};
use tempfile::TempDir;

pub(super) const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Lets everybody do everything but what it was told to refuse.
struct Rules(Box<dyn Fn(&Wish<'_>) -> Decision + Send + Sync>);

impl Authorize for Rules {
    fn authorize(&self, _: &Request<'_>, wish: &Wish<'_>) -> Decision {
        (self.0)(wish)
    }
}

pub(super) struct Site {
    pub(super) registry: Registry,
    dir: Arc<TempDir>,
}

/// An answer with its content read.
pub(super) struct Answer {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// What Content-Length would be.
    pub(super) length: Option<u64>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let found = self.headers.iter().filter(|(each, _)| each.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).collect()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// Returns the code of the error, whose form is checked.
    pub(super) fn code(&self) -> String {
        assert_eq!(self.header("Content-Type"), Some("application/json"));
        let body = self.json();
        assert!(body["errors"][0]["message"].is_string(), "{body}");
        body["errors"][0]["code"].as_str().expect("a code").to_owned()
    }

    #[track_caller]
    pub(super) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?}: {}", self.headers, String::from_utf8_lossy(&self.body));
        self
    }
}

impl Site {
    pub(super) fn new() -> Site {
        Site::with(|_| {})
    }

    /// A registry for thousands of files.
    pub(super) fn in_memory() -> Site {
        Site::on(Arc::new(crate::support::scene::memory()), |_| {})
    }

    pub(super) fn with(change: impl FnOnce(&mut Options)) -> Site {
        Site::on(Arc::new(TempDir::new().expect("a folder")), change)
    }

    pub(super) fn ruled(rule: impl Fn(&Wish<'_>) -> Decision + Send + Sync + 'static) -> Site {
        Site::with(|options| options.authorize = Arc::new(Rules(Box::new(rule))))
    }

    fn on(dir: Arc<TempDir>, change: impl FnOnce(&mut Options)) -> Site {
        let storage = Arc::new(Storage::open(dir.path()).expect("opens"));
        let mut options = Options::new(Arc::new(Rules(Box::new(|_| Decision::Allow))));
        change(&mut options);
        Site { registry: Registry::new(storage, options), dir }
    }

    /// A registry on someone else's directory.
    pub(super) fn at(path: &Path) -> Registry {
        let options = Options::new(Arc::new(Rules(Box::new(|_| Decision::Allow))));
        Registry::new(Arc::new(Storage::open(path).expect("opens")), options)
    }

    /// Another registry on the same directory, as a restarted or a second process is.
    pub(super) fn again(&self) -> Site {
        Site::on(Arc::clone(&self.dir), |_| {})
    }

    pub(super) fn again_with(&self, change: impl FnOnce(&mut Options)) -> Site {
        Site::on(Arc::clone(&self.dir), change)
    }

    /// A registry over a storage of the same directory.
    pub(super) fn over(&self, storage: Storage) -> Site {
        let options = Options::new(Arc::new(Rules(Box::new(|_| Decision::Allow))));
        Site { registry: Registry::new(Arc::new(storage), options), dir: Arc::clone(&self.dir) }
    }

    pub(super) fn path(&self, rest: &str) -> PathBuf {
        self.dir.path().join(rest)
    }

    pub(super) fn v2(&self, rest: &str) -> PathBuf {
        self.dir.path().join("docker/registry/v2").join(rest)
    }

    pub(super) fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        ask(&self.registry, method, target, headers, body, Some(body.len() as u64))
    }

    /// Sends a body without saying how long it is.
    pub(super) fn stream(&self, method: &str, target: &str, headers: &[(&str, &str)], body: impl Read) -> Answer {
        ask(&self.registry, method, target, headers, body, None)
    }

    pub(super) fn get(&self, target: &str) -> Answer {
        self.send("GET", target, &[], b"")
    }

    /// Pushes a blob by one POST and returns its digest.
    pub(super) fn blob(&self, name: &str, content: &[u8]) -> String {
        let digest = sha256(content);
        self.send("POST", &format!("/v2/{name}/blobs/uploads/?digest={digest}"), &[], content).expect(201);
        digest
    }

    /// Pushes a manifest and returns its digest.
    pub(super) fn manifest(&self, name: &str, reference: &str, raw: &[u8]) -> String {
        let value: Value = serde_json::from_slice(raw).expect("JSON");
        let media_type = value["mediaType"].as_str().expect("a media type");
        let target = format!("/v2/{name}/manifests/{reference}");
        self.send("PUT", &target, &[("Content-Type", media_type)], raw).expect(201);
        sha256(raw)
    }

    /// Pushes an image whose blobs come from `seed`, and returns its manifest.
    pub(super) fn image(&self, name: &str, reference: &str, seed: &str) -> Vec<u8> {
        let raw = self.image_with(name, seed, &serde_json::json!({}));
        self.manifest(name, reference, &raw);
        raw
    }

    /// Pushes the blobs of an image and returns its manifest with more members.
    pub(super) fn image_with(&self, name: &str, seed: &str, more: &Value) -> Vec<u8> {
        let (config, layer) = (format!("{{\"seed\":\"{seed}\"}}"), format!("layer {seed}"));
        self.blob(name, config.as_bytes());
        self.blob(name, layer.as_bytes());
        let mut manifest = serde_json::json!({
            "schemaVersion": 2, "mediaType": IMAGE,
            "config": descriptor("application/vnd.oci.image.config.v1+json", config.as_bytes()),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", layer.as_bytes())],
        });
        for (key, value) in more.as_object().expect("an object") {
            manifest[key] = value.clone();
        }
        serde_json::to_vec(&manifest).expect("JSON")
    }

    /// Returns every regular file below the root, and their size together.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        walk(self.dir.path(), &mut found);
        found
    }
}

fn walk(path: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(path).expect("lists") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, found);
        } else if !path.ends_with(".stevedore-version") {
            found.push(path);
        }
    }
}

pub(super) fn ask(
    registry: &Registry,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: impl Read,
    length: Option<u64>,
) -> Answer {
    let mut request = Request::new(Method::from(method), target).with_body(body, length);
    for (name, value) in headers {
        request.headers.add(*name, *value);
    }
    let response = registry.handle(&mut request);
    assert_eq!(response.headers.first("Docker-Distribution-Api-Version"), Some("registry/2.0"));
    let (mut content, length) = response.content.into_reader();
    let mut body = Vec::new();
    content.read_to_end(&mut body).expect("reads");
    let headers = response.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Answer { status: response.status.0, headers, body, length }
}

pub(super) fn descriptor(media_type: &str, content: &[u8]) -> Value {
    serde_json::json!({"mediaType": media_type, "digest": sha256(content), "size": content.len()})
}

pub(super) fn sha256(content: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(content)))
}

pub(super) fn sha512(content: &[u8]) -> String {
    format!("sha512:{}", hex(&Sha512::digest(content)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
