//! The lists of a tree: tags, repositories, referrers.
//!
//! distribution-spec, "Content Discovery": <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#content-discovery>.

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{Dir, FileType};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::files::{Files, enter};
use crate::digest::Digest;
use crate::http::{Content, Request, Response};
use crate::manifest::MAX_SIZE;
use crate::server::brief;

/// The largest list of tags: some 100,000 of the greatest length.
const MAX_LISTING: u64 = 16 << 20;
/// Directories in a repository's directory that are not part of names.
const PARTS: [&str; 3] = ["blobs", "tags", "referrers"];
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const EMPTY_INDEX: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;

#[derive(Deserialize)]
struct Listing {
    #[serde(deserialize_with = "crate::descriptor::null_as_default")]
    tags: Vec<String>,
}

/// Lists the tags of a repository.
pub(super) fn tags(files: &Files, name: &str, request: &Request<'_>) -> io::Result<Response> {
    let Some(text) = files.read(&format!("v2/{name}/tags"), "list", MAX_LISTING)? else {
        return Ok(brief::problem(404, "NAME_UNKNOWN", "there is no such repository"));
    };
    let listing: Listing = serde_json::from_slice(&text)?;
    let body = |tags: &[String]| serde_json::json!({ "name": name, "tags": tags });
    Ok(page(listing.tags, request, &format!("/v2/{name}/tags/list"), body))
}

/// Lists the repositories.
pub(super) fn catalog(files: &Files, request: &Request<'_>) -> io::Result<Response> {
    let mut names = Vec::new();
    if let Some(directory) = files.directory("v2")? {
        collect(&directory, "", &mut names)?;
    }
    Ok(page(names, request, "/v2/_catalog", |names| serde_json::json!({ "repositories": names })))
}

fn collect(directory: &OwnedFd, above: &str, into: &mut Vec<String>) -> io::Result<()> {
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let is_directory = matches!(entry.file_type(), FileType::Directory | FileType::Unknown);
        let Some(part) = entry.file_name().to_str().ok().filter(|part| is_directory && !part.starts_with('.')) else {
            continue;
        };
        if part == "tags" && !above.is_empty() {
            into.push(above.trim_end_matches('/').to_owned());
        } else if !PARTS.contains(&part)
            && let Some(below) = enter(directory, part)?
        {
            collect(&below, &format!("{above}{part}/"), into)?;
        }
    }
    Ok(())
}

/// Answers with the names after `last`, `n` of them at most, and where the others are.
fn page(
    mut names: Vec<String>,
    request: &Request<'_>,
    path: &str,
    body: impl Fn(&[String]) -> serde_json::Value,
) -> Response {
    names.sort_unstable();
    if let Some(last) = request.parameter("last").filter(|last| !last.is_empty()) {
        names.retain(|name| *name > last);
    }
    let Some(count) = request.parameter("n") else {
        return brief::json(200, &body(&names)).with("Cache-Control", "no-cache");
    };
    let Ok(count) = count.parse::<usize>() else {
        return brief::problem(400, "PAGINATION_NUMBER_INVALID", "n is a number");
    };
    let shown = &names[..count.min(names.len())];
    let response = brief::json(200, &body(shown)).with("Cache-Control", "no-cache");
    match shown.last() {
        Some(last) if shown.len() < names.len() => {
            // Names and tags consist of what needs no escape.
            response.with("Link", format!("<{path}?last={last}&n={count}>; rel=\"next\""))
        }
        _ => response,
    }
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "artifactType")]
    artifact_type: Option<String>,
}

#[derive(Deserialize)]
struct Referrers<'a> {
    #[serde(borrow)]
    manifests: Vec<&'a RawValue>,
}

/// Lists what refers to a manifest. Of one that is not there, nothing does.
pub(super) fn referrers(files: &Files, name: &str, subject: &Digest, request: &Request<'_>) -> io::Result<Response> {
    let text = files.read(&format!("v2/{name}/referrers"), &subject.to_string(), MAX_SIZE)?;
    let mut text = text.unwrap_or_else(|| EMPTY_INDEX.into());
    let mut response = Response::new(200).with("Content-Type", INDEX).with("Cache-Control", "no-cache");
    if let Some(wanted) = request.parameter("artifactType").filter(|wanted| !wanted.is_empty()) {
        let index: Referrers<'_> = serde_json::from_slice(&text)?;
        let mut kept = Vec::new();
        for raw in index.manifests {
            let kind: Kind = serde_json::from_str(raw.get())?;
            if kind.artifact_type.as_ref() == Some(&wanted) {
                kept.push(raw.get());
            }
        }
        text = EMPTY_INDEX.replace("[]", &format!("[{}]", kept.join(","))).into_bytes();
        response = response.with("OCI-Filters-Applied", "artifactType");
    }
    Ok(response.with_content(Content::Bytes(text)))
}
