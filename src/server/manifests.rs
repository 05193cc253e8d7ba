//! Manifests: reading and deleting them.

use serde_json::{Value, json};

use super::Registry;
use super::answer::{Answer, Code, Refusal, warning};
use super::condition;
use super::route::Reference;
use crate::digest::Digest;
use crate::http::{Request, Response};
use crate::media_type::MediaType;
use crate::store;

impl Registry {
    /// Answers with the bytes that were pushed. What the client accepts is not asked: hiding what is there helps nobody.
    pub(super) fn get_manifest(&self, request: &Request<'_>, name: &str, reference: &Reference) -> Answer {
        let found = match reference {
            Reference::Tag(tag) => self.storage.tagged(name, tag.as_str())?,
            Reference::Digest(digest) => self.storage.manifest(name, digest)?,
        };
        let Some(manifest) = found else {
            return Err(missing(reference).into());
        };
        let known = condition::is_known(&request.headers, &manifest.digest);
        let response = Response::new(if known { 304 } else { 200 })
            .with("Docker-Content-Digest", manifest.digest.to_string())
            .with("ETag", condition::etag(&manifest.digest));
        if known {
            return Ok(response);
        }
        let mut response = response.with("Content-Type", manifest.media_type.clone());
        if MediaType::new(&manifest.media_type).is_schema1() {
            response =
                response.with("Warning", warning("manifests of schema 1 are no longer understood by most clients"));
        }
        match self.storage.manifest_content(manifest)? {
            Some(content) => Ok(response.with_content(content)),
            None => Err(missing(reference).into()),
        }
    }

    pub(super) fn delete_manifest(&self, request: &Request<'_>, name: &str, reference: &Reference) -> Answer {
        // The store's lock is not needed: what loses its manifest is no less safe, and many tags take their time.
        if !self.storage.has_repository(name)? {
            return Err(missing(reference).into());
        }
        let _serial = self.storage.serialize(name)?;
        let current = self.current(name, reference)?;
        if !condition::holds(&request.headers, current.as_ref()) {
            return Err(changed(current.as_ref()).into());
        }
        let was_there = match reference {
            Reference::Tag(tag) => self.storage.delete_tag(name, tag.as_str())?,
            Reference::Digest(digest) => self.storage.delete_manifest(name, digest)?,
        };
        if was_there { Ok(Response::new(202)) } else { Err(missing(reference).into()) }
    }

    /// Returns the digest of what a reference names now.
    pub(super) fn current(&self, name: &str, reference: &Reference) -> store::Result<Option<Digest>> {
        match reference {
            Reference::Tag(tag) => self.storage.tag(name, tag.as_str()),
            Reference::Digest(digest) => Ok(self.storage.has_manifest(name, digest)?.then(|| digest.clone())),
        }
    }
}

/// Says that what is there is not what the request is about: somebody else was faster.
pub(super) fn changed(current: Option<&Digest>) -> Refusal {
    let message = "what is there is not what the request's condition asks for";
    let refusal = Refusal::with_detail(412, Code::Denied, message, &json!({"current": current}));
    match current {
        Some(digest) => refusal.with("ETag", condition::etag(digest)),
        None => refusal,
    }
}

fn missing(reference: &Reference) -> Refusal {
    unknown(&match reference {
        Reference::Tag(tag) => json!({"tag": tag.as_str()}),
        Reference::Digest(digest) => json!({"digest": digest}),
    })
}

/// Says that there is no manifest of a name.
pub(super) fn unknown(detail: &Value) -> Refusal {
    Refusal::with_detail(404, Code::ManifestUnknown, "the repository has no such manifest", detail)
}
