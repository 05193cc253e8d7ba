//! Pushing manifests: distribution-spec, "Pushing Manifests".
//!
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests>

use std::io::Read;

use serde_json::json;

use super::Registry;
use super::answer::{Answer, Code, Failure, Refusal, warning};
use super::condition;
use super::manifests::changed;
use super::route::{self, Reference};
use super::storage::media_type;
use crate::blob::Fault;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::http::{Request, Response};
use crate::manifest::Manifest;
use crate::media_type::MediaType;
use crate::reference::Tag;
use crate::store::Error;

impl Registry {
    pub(super) fn put_manifest(&self, request: &mut Request<'_>, name: &str, reference: &Reference) -> Answer {
        let tags = tags(request, reference)?;
        let raw = self.read(request)?;
        let digest = match reference {
            Reference::Tag(_) => Digest::of(&raw),
            Reference::Digest(digest) if digest.matches(&raw) => digest.clone(),
            Reference::Digest(digest) => {
                let detail = json!({"wanted": digest, "got": digest.algorithm().digest(&raw)});
                let message = "the manifest has another digest";
                return Err(Refusal::with_detail(400, Code::DigestInvalid, message, &detail).into());
            }
        };
        request.note("digest", digest.to_string());
        let manifest = check(request, raw)?;
        let subject = manifest.subject().map(|subject| &subject.digest);
        // From the look at the blobs to the links to them, the collector waits.
        let _shared = self.storage.share()?;
        let _serial = self.storage.serialize(name)?;
        let current = self.current(name, reference)?;
        if !condition::holds(&request.headers, current.as_ref()) {
            return Err(changed(current.as_ref()).into());
        }
        let is_whole = self.use_parts(name, &manifest)?;
        if subject.is_some() {
            self.storage.complete_referrers(name)?;
        }
        self.storage.put_raw(&digest, manifest.raw())?;
        self.storage.link_manifest(name, &digest, subject)?;
        for tag in &tags {
            self.storage.put_tag(name, tag.as_str(), &digest)?;
        }
        let mut response = Response::new(201)
            .with("Location", self.location(name, &format!("manifests/{digest}")))
            .with("Docker-Content-Digest", digest.to_string())
            .with("ETag", condition::etag(&digest));
        if let Some(subject) = subject {
            response = response.with("OCI-Subject", subject.to_string());
        }
        for text in warnings(&manifest, is_whole) {
            response = response.with("Warning", warning(text));
        }
        if matches!(reference, Reference::Digest(_)) {
            for tag in &tags {
                response = response.with("OCI-Tag", tag.to_string());
            }
        }
        Ok(response)
    }

    /// Reads the body, and not a byte of one that is said to be too large.
    fn read(&self, request: &mut Request<'_>) -> Result<Vec<u8>, Failure> {
        let limit = self.options.manifest_limit;
        let too_large = || {
            let message = format!("the manifest is larger than {limit} bytes");
            Failure::from(Refusal::new(413, Code::SizeInvalid, &message))
        };
        if request.length.is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let mut raw = Vec::new();
        let read = request.body().take(limit + 1).read_to_end(&mut raw);
        read.map_err(|error| Error::Content(Fault::Source(error)))?;
        if raw.len() as u64 > limit { Err(too_large()) } else { Ok(raw) }
    }

    /// Looks whether everything that a manifest names is in the repository, and keeps it there. Where that need not be so, says whether it is.
    fn use_parts(&self, name: &str, manifest: &Manifest) -> Result<bool, Failure> {
        let mut missing = Vec::new();
        for blob in manifest.blobs() {
            if !self.storage.use_blob(name, &blob.digest)? && !is_foreign(blob) {
                missing.push(&blob.digest);
            }
        }
        for child in manifest.children() {
            // An index may list what is no manifest.
            if !self.storage.use_manifest(name, &child.digest)? && !self.storage.use_blob(name, &child.digest)? {
                missing.push(&child.digest);
            }
        }
        if let Some(subject) = manifest.subject() {
            self.storage.use_manifest(name, &subject.digest)?;
        }
        if missing.is_empty() || self.options.allow_sparse {
            return Ok(missing.is_empty());
        }
        missing.truncate(20);
        let message = "the manifest names content that the repository does not have";
        Err(Refusal::with_detail(404, Code::ManifestBlobUnknown, message, &json!({"missing": missing})).into())
    }
}

/// Says whether a layer is fetched from elsewhere and never pushed.
fn is_foreign(blob: &Descriptor) -> bool {
    !blob.urls.is_empty() || blob.media_type.is_nondistributable()
}

/// Returns what whoever pushed a manifest should know.
fn warnings(manifest: &Manifest, is_whole: bool) -> Vec<&'static str> {
    let mut warnings = Vec::new();
    if !is_whole {
        warnings.push("the repository does not have all that this manifest names");
    }
    // image-spec, "Non-Distributable Layers": <https://github.com/opencontainers/image-spec/blob/main/layer.md#non-distributable-layers>.
    if manifest.blobs().into_iter().any(|blob| blob.media_type.is_nondistributable()) {
        warnings.push("layers that are not distributed are deprecated");
    }
    warnings
}

/// Returns the tags that a request gives.
fn tags(request: &Request<'_>, reference: &Reference) -> Result<Vec<Tag>, Refusal> {
    let mut tags = Vec::new();
    if let Reference::Tag(tag) = reference {
        tags.push(tag.clone());
    }
    for text in request.parameters("tag") {
        let tag = route::tag(&text)?;
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(tags)
}

/// Checks that the bytes are a manifest, and one that will be served as what it was pushed as: the type is not stored.
fn check(request: &Request<'_>, raw: Vec<u8>) -> Result<Manifest, Refusal> {
    let declared = request.headers.first("Content-Type").map(MediaType::new);
    let own = media_type(&raw);
    let manifest = Manifest::parse(raw, declared.as_ref()).map_err(|error| {
        let detail = std::error::Error::source(&error).map(ToString::to_string);
        Refusal::with_detail(400, Code::ManifestInvalid, &error.to_string(), &json!(detail))
    })?;
    if manifest.media_type().is_schema1() {
        let message = "manifests of schema 1 are served where they are, but not taken";
        return Err(Refusal::new(400, Code::ManifestInvalid, message));
    }
    if *manifest.media_type() != MediaType::OCI_ARTIFACT && !is_version_2(manifest.raw()) {
        let message = "schemaVersion is not the number 2";
        return Err(Refusal::new(400, Code::ManifestInvalid, message));
    }
    if declared.is_some_and(|declared| declared.as_str() != own) {
        let message = format!("the Content-Type is not what the manifest says of itself: {own}");
        return Err(Refusal::new(400, Code::ManifestInvalid, &message));
    }
    Ok(manifest)
}

/// image-spec, "Image Manifest Property Descriptions": `schemaVersion` is REQUIRED, and MUST be 2; of an index, too.
/// <https://github.com/opencontainers/image-spec/blob/main/manifest.md#image-manifest-property-descriptions>.
fn is_version_2(raw: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Version {
        #[serde(rename = "schemaVersion")]
        number: u64,
    }
    serde_json::from_slice::<Version>(raw).is_ok_and(|version| version.number == 2)
}
