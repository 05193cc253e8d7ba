//! The published set of signed images, keys and forgeries: every answer must be the one that is wanted.
//!
//! `tests/vectors/README.md` says what lies there. The images are served by a registry of this file's own, bytes as they are, right or wrong.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::support::command::{Program, Run};
use crate::support::layout::INDEX;
use crate::support::pages::{Asked, Fake};
use crate::support::wire::Reply;

/// The verbs that the set has checks for.
const VERBS: [&str; 2] = ["verify", "verify-attestation"];

/// Where the set lies.
pub(crate) fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

/// Reads the set's index.
pub(crate) fn cases() -> Value {
    let text = fs::read(vectors().join("cases.json")).expect("the set has an index");
    serde_json::from_slice(&text).expect("the index is JSON")
}

/// A repository as an archive of the set holds it.
pub(crate) struct Repository {
    lists_referrers: bool,
    manifests: BTreeMap<String, (String, Vec<u8>)>,
    tags: BTreeMap<String, String>,
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
}

impl Repository {
    /// Reads an archive.
    pub(crate) fn open(path: &Path, lists_referrers: bool) -> Repository {
        let mut content = BTreeMap::new();
        let file = fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for entry in tar::Archive::new(GzDecoder::new(file)).entries().expect("a tar") {
            let mut entry = entry.expect("an entry");
            let name = entry.path().expect("a name").to_string_lossy().into_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("content");
            content.insert(name, bytes);
        }
        let index: Value = serde_json::from_slice(&content["index.json"]).expect("an index");
        let (manifests, tags, blobs) = Default::default();
        let mut repository = Repository { lists_referrers, manifests, tags, blobs };
        for entry in index["manifests"].as_array().expect("entries") {
            repository.add(entry, &content);
            if let Some(tag) = entry["annotations"]["org.opencontainers.image.ref.name"].as_str() {
                repository.tags.insert(tag.to_owned(), text(entry, "digest"));
            }
        }
        for (name, bytes) in content {
            let digest = name.strip_prefix("blobs/").map(|name| name.replacen('/', ":", 1));
            if let Some(digest) = digest.filter(|digest| !repository.manifests.contains_key(digest)) {
                repository.blobs.insert(digest, bytes);
            }
        }
        repository
    }

    fn add(&mut self, entry: &Value, content: &BTreeMap<String, Vec<u8>>) {
        let digest = text(entry, "digest");
        let Some(bytes) = content.get(&format!("blobs/{}", digest.replace(':', "/"))) else { return };
        if self.manifests.contains_key(&digest) {
            return;
        }
        self.manifests.insert(digest, (text(entry, "mediaType"), bytes.clone()));
        let document: Value = serde_json::from_slice(bytes).unwrap_or_default();
        for child in document["manifests"].as_array().into_iter().flatten() {
            self.add(child, content);
        }
    }

    /// Puts a manifest in place of what a tag names.
    pub(crate) fn retag(&mut self, tag: &str, digest: &str, media_type: &str, bytes: Vec<u8>) {
        self.manifests.insert(digest.to_owned(), (media_type.to_owned(), bytes));
        self.tags.insert(tag.to_owned(), digest.to_owned());
    }

    /// Returns what a tag or digest names.
    pub(crate) fn manifest(&self, reference: &str) -> Option<(&str, &str, &[u8])> {
        let digest = self.tags.get(reference).map_or(reference, String::as_str);
        let (digest, (media_type, bytes)) = self.manifests.get_key_value(digest)?;
        Some((digest, media_type, bytes))
    }

    /// Returns the tags that end like this.
    pub(crate) fn tag_ending(&self, end: &str) -> Option<&str> {
        self.tags.keys().map(String::as_str).find(|tag| tag.ends_with(end))
    }

    /// Returns the digests of what refers to a manifest.
    pub(crate) fn referrers_of(&self, subject: &str) -> Vec<String> {
        let list = self.referrers(subject, None);
        list["manifests"].as_array().into_iter().flatten().map(|entry| text(entry, "digest")).collect()
    }

    fn referrers(&self, subject: &str, filter: Option<&str>) -> Value {
        let mut entries = Vec::new();
        for (digest, (media_type, bytes)) in &self.manifests {
            let document: Value = serde_json::from_slice(bytes).unwrap_or_default();
            if document["subject"]["digest"] != subject {
                continue;
            }
            let kind = document["artifactType"].as_str().or_else(|| document["config"]["mediaType"].as_str());
            if filter.is_some_and(|filter| Some(filter) != kind) {
                continue;
            }
            let mut entry =
                json!({"mediaType": media_type, "digest": digest, "size": bytes.len(), "artifactType": kind});
            if !document["annotations"].is_null() {
                entry["annotations"] = document["annotations"].clone();
            }
            entries.push(entry);
        }
        json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
    }

    /// Answers a request below `/v2/NAME/`.
    pub(crate) fn answer(&self, asked: &Asked, rest: &str) -> Reply {
        let unknown = |code| Reply::error(404, code, "there is no such thing");
        let Some((kind, name)) = rest.split_once('/') else { return unknown("UNSUPPORTED") };
        match kind {
            "referrers" if !self.lists_referrers => Reply::error(404, "NOT_FOUND", "404 page not found"),
            "referrers" => {
                let filter = asked.parameter("artifactType");
                let list = self.referrers(name, filter.as_deref()).to_string();
                Reply::new(200).header("Content-Type", INDEX).body(list)
            }
            "manifests" => match self.manifest(name) {
                Some((digest, media_type, bytes)) => Reply::new(200)
                    .header("Content-Type", media_type)
                    .header("Docker-Content-Digest", digest)
                    .body(bytes),
                None => unknown("MANIFEST_UNKNOWN"),
            },
            "blobs" => match self.blobs.get(name) {
                Some(bytes) => Reply::new(200).header("Docker-Content-Digest", name).body(bytes.clone()),
                None => unknown("BLOB_UNKNOWN"),
            },
            _ => unknown("UNSUPPORTED"),
        }
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

/// Starts a read-only registry with every repository of the set.
pub(crate) fn registry(set: &Value) -> Fake {
    let mut repositories = BTreeMap::new();
    for case in set["cases"].as_object().expect("cases").values() {
        let lists = text(case, "referrers") == "api";
        repositories.insert(name(case), Repository::open(&vectors().join(text(case, "file")), lists));
    }
    Fake::start(move |asked| {
        let path = asked.path().trim_start_matches("/v2/");
        let found = repositories
            .iter()
            .find_map(|(name, repository)| Some((repository, path.strip_prefix(name.as_str())?.strip_prefix('/')?)));
        match found {
            _ if path.is_empty() => Reply::json(200, &json!({})),
            Some((repository, rest)) if matches!(asked.method.as_str(), "GET" | "HEAD") => {
                repository.answer(asked, rest)
            }
            Some(_) => Reply::error(405, "UNSUPPORTED", "read-only"),
            None => Reply::error(404, "NAME_UNKNOWN", "there is no such repository"),
        }
    })
}

/// Returns a case's repository without the host.
fn name(case: &Value) -> String {
    text(case, "repository").split_once('/').expect("a host and a name").1.to_owned()
}

fn judge(what: &str, expect: &str, run: &Run, disagreements: &mut Vec<String>) {
    let good = match expect {
        "accept" | "load" => run.code == 0,
        "allow" => run.code == 0,
        "error" => run.code == 1 && run.stderr.contains("cannot use the policy"),
        "reject" | "refuse" | "deny" => matches!(run.code, 1 | 2 | 10 | 11 | 12),
        "either" => matches!(run.code, 0 | 1 | 2 | 10 | 11 | 12),
        other => panic!("{what}: {other:?} is no answer"),
    };
    if !good {
        disagreements.push(format!("{what}: must {expect}, says {} | {}", run.code, run.stderr.trim()));
    }
}

/// Runs every check of a verb against what `reference` makes of a case and of what its check names.
fn run_all(reference: impl Fn(&Value, &str) -> String) -> usize {
    let set = cases();
    let mut disagreements = Vec::new();
    let mut count = 0;
    for check in set["checks"].as_array().expect("checks") {
        let verb = text(check, "cmd");
        assert!(VERBS.contains(&verb.as_str()), "{verb} has no test");
        if check.get("cosign_only").is_some() {
            continue;
        }
        let key = vectors().join("keys").join(text(check, "key")).display().to_string();
        let image = reference(&set["cases"][text(check, "case")], &text(check, "ref"));
        let flags: Vec<&str> = check["args"].as_array().expect("flags").iter().filter_map(Value::as_str).collect();
        let arguments: Vec<&str> = [&*verb, "--key", &key].into_iter().chain(flags).chain([&*image]).collect();
        let run = Program::stevedore(&arguments).run();
        let what =
            format!("{verb} {} {} {:?} {}: {}", check["case"], check["key"], check["args"], check["ref"], check["why"]);
        judge(&what, &text(check, "expect"), &run, &mut disagreements);
        count += 1;
    }
    assert!(disagreements.is_empty(), "{} of {count}:\n{}", disagreements.len(), disagreements.join("\n"));
    count
}

/// signing.md, line 18.
#[test]
fn over_http() {
    let registry = registry(&cases());
    let count = run_all(|case, reference| {
        let sign = if reference.starts_with("sha256:") { '@' } else { ':' };
        format!("docker://{}/{}{sign}{reference}", registry.host(), name(case))
    });
    assert!(count >= 82, "{count} checks");
}

/// Line 27: archives give the same answers.
#[test]
fn in_archives() {
    run_all(|case, reference| {
        let sign = if reference.starts_with("sha256:") { "@" } else { "" };
        format!("oci-archive:{}:{sign}{reference}", vectors().join(text(case, "file")).display())
    });
}

/// Line 12.
#[test]
fn keys() {
    let set = cases();
    let mut disagreements = Vec::new();
    let keys = set["keys"].as_array().expect("keys");
    for key in keys {
        let file = vectors().join(text(key, "file")).display().to_string();
        let program = Program::stevedore(&["public-key", "--key", &file]).env("COSIGN_PASSWORD", text(key, "password"));
        let run = program.run();
        let what = format!("{file} {:?}: {}", key["password"], key["why"]);
        judge(&what, &text(key, "expect"), &run, &mut disagreements);
        if let Some(public) = key["public"].as_str().filter(|_| run.code == 0) {
            let wanted = fs::read(vectors().join(public)).expect("a public key");
            assert_eq!(run.stdout, wanted, "{what}");
        }
    }
    assert!(disagreements.is_empty(), "{} of {}:\n{}", disagreements.len(), keys.len(), disagreements.join("\n"));
}

/// Line 34: the set's policies name a host where nobody listens here, so that is said to be elsewhere.
#[test]
fn policies() {
    let set = cases();
    let registry = registry(&set);
    let folder = tempfile::tempdir().expect("a folder");
    let elsewhere = folder.path().join("registries.conf");
    let host = text(&set, "host");
    let conf = format!("[[registry]]\nprefix = '{host}'\nlocation = '{}'\ninsecure = true\n", registry.host());
    fs::write(&elsewhere, conf).expect("written");
    let elsewhere = format!("--registries-conf={}", elsewhere.display());
    let mut disagreements = Vec::new();
    let checks = set["policy_checks"].as_array().expect("checks");
    for check in checks {
        let reference = text(check, "ref");
        let sign = if reference.starts_with("sha256:") { '@' } else { ':' };
        let image = format!("docker://{}{sign}{reference}", text(&set["cases"][text(check, "case")], "repository"));
        let policy = vectors().join(text(check, "policy")).display().to_string();
        let asked = registry.log().len();
        let run = Program::stevedore(&["verify", &elsewhere, "--policy", &policy, &image]).run();
        let what = format!("{policy} {image}");
        judge(&what, &text(check, "expect"), &run, &mut disagreements);
        // Line 36.
        if check["expect"] == "error" && registry.log().len() != asked {
            disagreements.push(format!("{what}: somebody was asked for the sake of a policy that is none"));
        }
    }
    assert!(disagreements.is_empty(), "{} of {}:\n{}", disagreements.len(), checks.len(), disagreements.join("\n"));
    assert!(checks.len() >= 57, "{} checks", checks.len());
}

/// Line 24: each code of verify's own, by a case of the set.
#[test]
fn codes() {
    let set = cases();
    let registry = registry(&set);
    let image = |case: &str, rest: &str| format!("docker://{}/{}{rest}", registry.host(), name(&set["cases"][case]));
    let key = |name: &str| vectors().join("keys").join(name).display().to_string();
    for (case, rest, public, code) in [
        ("classic-v3", ":v1", "alice.pub", 0),
        ("bundle-api", ":v1", "alice.pub", 0),
        ("unsigned", ":v1", "alice.pub", 10),
        ("attestation-bundle", ":v1", "alice.pub", 10),
        ("attestation-bundle", ":v1", "bob.pub", 10),
        ("sbom-attached", ":v1", "alice.pub", 10),
        ("classic-v3", ":nosuchtag", "alice.pub", 11),
        ("classic-v3", ":v1", "bob.pub", 12),
        ("bundle-api", ":v1", "bob.pub", 12),
        ("tampered-payload-blob", ":v1", "alice.pub", 12),
        ("transplanted-bundle", ":v1", "alice.pub", 12),
        ("classic-v3", ":v1", "rsa2048.pub", 12),
        ("classic-v3", ":v1", "alice.key", 1),
        ("classic-v3", ":v1", "missing.pub", 1),
    ] {
        let run = Program::stevedore(&["verify", "--key", &key(public), &image(case, rest)]).run();
        assert_eq!(run.code, code, "{case}{rest} {public}: {}", run.stderr);
        assert_eq!(run.stdout.is_empty(), code != 0, "{case}{rest} {public}");
    }
    // Line 23.
    let run = Program::stevedore(&["verify", &image("classic-v3", ":v1")]).run().code(2);
    assert!(run.stderr.contains("without a key nothing is acceptable"), "{}", run.stderr);
    Program::stevedore(&["verify", "--key"]).run().code(2);
}
