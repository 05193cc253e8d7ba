//! Puts images of an OCI layout into a registry with nothing but HTTP requests.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::http::{Client, Response};
use super::layout::{blob_path, tags};

/// Pushes what one tag of a layout names to `repository`, under the same tag.
#[track_caller]
pub(crate) fn push(layout: &Path, tag: &str, registry: &Client, repository: &str) {
    push_as(layout, tag, registry, repository, tag);
}

/// Pushes every tag of a layout to `repository`.
#[track_caller]
pub(crate) fn push_all(layout: &Path, registry: &Client, repository: &str) {
    for (tag, _) in tags(layout) {
        push(layout, &tag, registry, repository);
    }
}

/// Pushes what one tag of a layout names to `repository`, under another tag: blobs, then manifests, children first.
#[track_caller]
pub(crate) fn push_as(layout: &Path, tag: &str, registry: &Client, repository: &str, new_tag: &str) {
    let tags = tags(layout);
    let (_, entry) = tags.iter().find(|(name, _)| name == tag).unwrap_or_else(|| panic!("no tag {tag} among {tags:?}"));
    push_manifest(layout, entry, registry, repository, new_tag);
}

/// The media type of a signed manifest of Docker's schema 1.
pub(crate) const SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";

/// Lets the registry convert a v2s2 image to schema 1, which it signs, and stores the outcome under another tag.
///
/// Returns the answer to the PUT: an error unless the registry was started with `schema1`.
#[track_caller]
pub(crate) fn push_schema1(registry: &Client, repository: &str, tag: &str, new_tag: &str) -> Response {
    // Who accepts no newer type gets the old one.
    let converted = registry.get(&format!("/v2/{repository}/manifests/{tag}")).expect(200);
    assert_eq!(converted.header("content-type"), Some(SCHEMA1));
    let target = format!("/v2/{repository}/manifests/{new_tag}");
    registry.put(&target, SCHEMA1, &converted.body)
}

#[track_caller]
fn push_manifest(layout: &Path, entry: &Value, registry: &Client, repository: &str, reference: &str) {
    let digest = text(entry, "digest");
    let path = blob_path(layout, digest);
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let manifest: Value = serde_json::from_slice(&bytes).expect("a manifest is JSON");
    for child in list(&manifest, "manifests") {
        push_manifest(layout, child, registry, repository, text(child, "digest"));
    }
    for blob in list(&manifest, "layers").iter().chain(manifest.get("config")) {
        // Foreign layers live elsewhere.
        if blob.get("urls").is_none() {
            push_blob(layout, text(blob, "digest"), registry, repository);
        }
    }
    let target = format!("/v2/{repository}/manifests/{reference}");
    let response = registry.put(&target, text(entry, "mediaType"), &bytes).expect(201);
    assert_eq!(response.header("docker-content-digest"), Some(digest), "the registry's digest of {reference}");
}

#[track_caller]
fn push_blob(layout: &Path, digest: &str, registry: &Client, repository: &str) {
    if registry.head(&format!("/v2/{repository}/blobs/{digest}")).status == 200 {
        return;
    }
    let session = registry.post(&format!("/v2/{repository}/blobs/uploads/"), &[]).expect(202);
    let location = session.header("location").expect("an upload has a location");
    // Absolute or relative: the client knows the host.
    let location = location.find("/v2/").map_or(location, |start| &location[start..]);
    let separator = if location.contains('?') { '&' } else { '?' };
    registry.put_file(&format!("{location}{separator}digest={digest}"), &blob_path(layout, digest)).expect(201);
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}
