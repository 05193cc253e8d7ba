//! The limit on manifests, when a registry is the source and when many images are synchronized.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;
use stevedore::class::{Class, Classified as _};
use stevedore::copy::{self, Platforms, Request};
use stevedore::sync;
use stevedore::transport::{self, Location};
use stevedore::watch::Watch;

use crate::support::fixture::{OCI_EMPTY, OCI_MANIFEST};
use crate::support::layout::{INDEX, sha256};
use crate::support::pages::{Asked, Fake};
use crate::support::wire::Reply;

const LIMIT: u64 = 200_000;

/// A registry whose `wide` is an index of forty manifests of 10 kB, and whose `small` is one manifest; it counts what it sends of the forty.
fn registry(sent: &Arc<AtomicU64>) -> Fake {
    let image = |padding: &str| {
        let config = json!({"mediaType": OCI_EMPTY, "digest": sha256(b"{}"), "size": 2});
        let annotations = json!({"x": padding});
        json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [], "annotations": annotations})
            .to_string()
            .into_bytes()
    };
    let mut manifests: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let entries: Vec<_> = (0..40)
        .map(|number| {
            let manifest = image(&format!("{number:010000}"));
            let entry = json!({"mediaType": OCI_MANIFEST, "digest": sha256(&manifest), "size": manifest.len()});
            manifests.insert(sha256(&manifest), manifest);
            entry
        })
        .collect();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).to_string().into_bytes();
    for (tag, manifest) in [("wide", index), ("small", image(""))] {
        manifests.insert(sha256(&manifest), manifest.clone());
        manifests.insert(tag.into(), manifest);
    }
    let sent = Arc::clone(sent);
    Fake::start(move |asked: &Asked| match asked.path().rsplit_once('/') {
        Some(("/v2/a/manifests", name)) => {
            let Some(manifest) = manifests.get(name) else { return Reply::new(404) };
            let is_index = manifest.windows(11).any(|part| part == b"\"manifests\"");
            if asked.method == "GET" && !is_index {
                sent.fetch_add(manifest.len() as u64, Ordering::Relaxed);
            }
            let media_type = if is_index { INDEX } else { OCI_MANIFEST };
            Reply::new(200).header("Content-Type", media_type).body(manifest.clone())
        }
        Some(("/v2/a/blobs", _)) => Reply::new(200).body("{}"),
        _ => Reply::new(if asked.path() == "/v2/" { 200 } else { 404 }),
    })
}

#[test]
fn a_registry_is_refused_before_it_has_sent_more() {
    let sent = Arc::default();
    let (registry, dir) = (registry(&sent), tempfile::tempdir().expect("a directory"));
    let from: Location = format!("docker://{}/a:wide", registry.host()).parse().expect("a location");
    let to: Location = format!("oci:{}:x", dir.path().join("out").display()).parse().expect("a location");
    let source = from.place.open_source(&transport::Options::default()).expect("opens");
    let destination = to.place.open_destination(&transport::Options::default()).expect("opens");
    let options =
        copy::Options { platforms: Platforms::All, max_manifest_bytes: Some(LIMIT), ..copy::Options::default() };
    let request =
        Request { source: &*source, from: &from.at, destination: &*destination, to: &to.at, options: &options };
    // The fake registry leaves a connection waiting when there are more of them than it has threads.
    let error = copy::copy(&request, NonZeroUsize::MIN.saturating_add(2), &Watch::default()).expect_err("refused");
    assert!(error.to_string().starts_with("too many manifests"), "{error}");
    let sent = sent.load(Ordering::Relaxed);
    assert!(sent > LIMIT / 2 && sent <= LIMIT, "{sent}");
}

#[test]
fn sync_refuses_one_image_and_copies_the_other() {
    let sent = Arc::default();
    let (registry, dir) = (registry(&sent), tempfile::tempdir().expect("a directory"));
    let (host, out) = (registry.host(), dir.path().join("out"));
    let lines: String =
        ["wide", "small"].map(|tag| format!("docker://{host}/a:{tag} oci:{}:{tag}\n", out.display())).concat();
    let plan = sync::Plan::parse(&lines).expect("a plan");
    let options = sync::Options {
        jobs: NonZeroUsize::MIN.saturating_add(2),
        fail_fast: false,
        dry_run: false,
        prune: false,
        no_attestations: false,
        no_clobber: false,
        force: false,
        max_manifest_bytes: Some(LIMIT),
        watch: Watch::default(),
        gate: None,
        open: &|_, _| transport::Options::default(),
    };
    let report = sync::run(&plan, &options);
    let failed: Vec<_> = report.images.iter().filter_map(|image| image.result.as_ref().err()).collect();
    assert_eq!((report.images.len(), failed.len()), (2, 1), "{failed:?}");
    assert!(failed[0].to_string().starts_with("too many manifests"), "{}", failed[0]);
    assert_eq!(failed[0].class(), Class::Failed);
    let index = fs::read_to_string(out.join("index.json")).expect("a layout");
    assert!(index.contains("\"small\"") && !index.contains("\"wide\""), "{index}");
    assert!(sent.load(Ordering::Relaxed) <= LIMIT + 1000, "with the small one");
}
