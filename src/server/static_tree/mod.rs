//! A tree of `static:` as a registry that can be read.
//!
//! What lies where is told in [`transport`](crate::transport); the paths are those of the distribution-spec:
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints>. Nothing is kept between requests, so that the tree
//! may change under it.

mod files;
mod lists;

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::condition::{self, Extent};
use super::{Action, Authorize, Decision, Wish, brief};
use crate::digest::Digest;
use crate::http::{Content, Handler, Method, Request, Response};
use crate::media_type::MediaType;
use crate::reference::{Repository, Tag};
use files::Files;

/// Serves a tree of `static:`.
pub struct StaticTree {
    files: Files,
    authorize: Arc<dyn Authorize>,
    report: OnFailure,
}

/// What is called with each failure to read a tree.
pub type OnFailure = Box<dyn Fn(&io::Error) + Send + Sync>;

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
enum Route<'a> {
    Ping,
    Catalog,
    Manifest(&'a str, &'a str),
    Blob(&'a str, &'a str),
    Tags(&'a str),
    Referrers(&'a str, &'a str),
    /// A way to write, which there is none of.
    Upload(&'a str),
}

impl StaticTree {
    /// Opens a tree.
    ///
    /// # Errors
    /// When there is no such directory.
    pub fn open(root: &Path, authorize: Arc<dyn Authorize>) -> io::Result<Self> {
        Ok(Self { files: Files::open(root)?, authorize, report: Box::new(|_| {}) })
    }

    /// Tells of failures, whose reasons clients do not learn.
    #[must_use]
    pub fn reporting(mut self, report: OnFailure) -> Self {
        self.report = report;
        self
    }

    fn answer(&self, request: &Request<'_>) -> io::Result<Response> {
        let Some(route) = Route::of(&request.path) else {
            return Ok(brief::problem(404, "UNSUPPORTED", "there is nothing of that name in a registry"));
        };
        if let Some(refusal) = self.refuse(request, &route) {
            return Ok(refusal);
        }
        if !matches!(request.method, Method::Get | Method::Head) {
            let read_only = brief::problem(405, "UNSUPPORTED", "this registry is read-only");
            return Ok(read_only.with("Allow", "GET, HEAD"));
        }
        match route {
            Route::Ping => Ok(brief::json(200, &serde_json::json!({}))),
            Route::Catalog => lists::catalog(&self.files, request),
            Route::Tags(name) => lists::tags(&self.files, name, request),
            Route::Referrers(name, digest) => match digest.parse() {
                Ok(digest) => lists::referrers(&self.files, name, &digest, request),
                Err(_) => Ok(brief::problem(400, "DIGEST_INVALID", "this is no digest")),
            },
            Route::Manifest(name, reference) => self.manifest(request, name, reference),
            Route::Blob(name, digest) => match digest.parse() {
                Ok(digest) => self.blob(request, name, &digest),
                Err(_) => Ok(brief::problem(400, "DIGEST_INVALID", "this is no digest")),
            },
            Route::Upload(_) => Ok(brief::problem(404, "BLOB_UPLOAD_UNKNOWN", "there are no uploads here")),
        }
    }

    fn refuse(&self, request: &Request<'_>, route: &Route<'_>) -> Option<Response> {
        let action = match (route, &request.method) {
            (Route::Ping, _) => Action::Ping,
            (Route::Catalog, _) => Action::Catalog,
            (_, Method::Get | Method::Head) => Action::Pull,
            (_, Method::Delete) => Action::Delete,
            _ => Action::Push,
        };
        request.note("action", action.name());
        if let Some(name) = route.repository() {
            request.note("repository", name);
        }
        if let Route::Manifest(_, reference) | Route::Blob(_, reference) | Route::Referrers(_, reference) = *route {
            request.note("reference", reference);
        }
        // Whoever may read is told that nothing can be written, instead of being sent for credentials that help nobody.
        let action = if matches!(action, Action::Push | Action::Delete) { Action::Pull } else { action };
        let wish = Wish { action, repository: route.repository() };
        match self.authorize.authorize(request, &wish) {
            Decision::Allow => None,
            decision => Some(brief::of_decision(decision)),
        }
    }

    fn manifest(&self, request: &Request<'_>, name: &str, reference: &str) -> io::Result<Response> {
        let digest = match (reference.parse::<Digest>(), reference.parse::<Tag>()) {
            (Ok(digest), _) => Some(digest),
            (_, Ok(_)) => None,
            // No tag has a colon.
            _ if reference.contains(':') => {
                return Ok(brief::problem(400, "DIGEST_INVALID", "this is no digest"));
            }
            _ => return Ok(unknown()),
        };
        let Some(found) = self.files.manifest(name, reference, digest)? else {
            return Ok(unknown());
        };
        let response = |status| {
            Response::new(status)
                .with("Docker-Content-Digest", found.digest.to_string())
                .with("ETag", condition::etag(&found.digest))
                .with("Cache-Control", "no-cache")
        };
        if condition::is_known(&request.headers, &found.digest) {
            return Ok(response(304));
        }
        Ok(response(200).with("Content-Type", found.media_type.to_string()).with_content(Content::Bytes(found.raw)))
    }

    fn blob(&self, request: &Request<'_>, name: &str, digest: &Digest) -> io::Result<Response> {
        let Some((mut file, size)) = self.files.blob(name, digest)? else {
            return Ok(brief::problem(404, "BLOB_UNKNOWN", "there is no such blob"));
        };
        let response = |status| {
            Response::new(status)
                .with("Docker-Content-Digest", digest.to_string())
                .with("ETag", condition::etag(digest))
                .with("Cache-Control", "max-age=31536000, immutable")
                .with("Accept-Ranges", "bytes")
        };
        if condition::is_known(&request.headers, digest) {
            return Ok(response(304));
        }
        let typed = |status| response(status).with("Content-Type", "application/octet-stream");
        // Ranges are for GET: RFC 9110, section 14.2.
        let extent = match request.method {
            Method::Head => Extent::Whole,
            _ => condition::extent(&request.headers, digest, size),
        };
        match extent {
            Extent::Whole => Ok(typed(200).with_content(Content::File(file, size))),
            Extent::Outside => {
                let refused = brief::problem(416, "SIZE_INVALID", "the blob has no such bytes");
                Ok(refused.with("Content-Range", format!("bytes */{size}")))
            }
            Extent::Part(first, last) => {
                io::Seek::seek(&mut file, io::SeekFrom::Start(first))?;
                let range = format!("bytes {first}-{last}/{size}");
                Ok(typed(206).with("Content-Range", range).with_content(Content::File(file, last - first + 1)))
            }
        }
    }
}

impl Handler for StaticTree {
    fn handle(&self, request: &mut Request<'_>) -> Response {
        let response = self.answer(request).unwrap_or_else(|error| {
            // The reason is not for everyone.
            (self.report)(&error);
            brief::problem(500, "UNKNOWN", "the tree cannot be read")
        });
        response.with("Docker-Distribution-Api-Version", "registry/2.0")
    }
}

impl<'a> Route<'a> {
    /// Reads a path from its end: the parts of names may be called as routes are.
    fn of(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix("/v2")?;
        match path {
            "" | "/" => return Some(Self::Ping),
            "/_catalog" => return Some(Self::Catalog),
            _ => {}
        }
        let path = path.strip_prefix('/')?;
        let (rest, last) = path.rsplit_once('/')?;
        let (name, kind) = rest.rsplit_once('/').unwrap_or(("", rest));
        let route = match (kind, last) {
            ("tags", "list") => Self::Tags(name),
            ("manifests", reference) => Self::Manifest(name, reference),
            ("referrers", digest) => Self::Referrers(name, digest),
            ("blobs", "uploads") => Self::Upload(name),
            ("uploads", _) => Self::Upload(name.strip_suffix("/blobs")?),
            ("blobs", digest) => Self::Blob(name, digest),
            _ => return None,
        };
        is_name(route.repository()?).then_some(route)
    }

    fn repository(&self) -> Option<&'a str> {
        match *self {
            Self::Ping | Self::Catalog => None,
            Self::Manifest(name, _) | Self::Blob(name, _) | Self::Referrers(name, _) => Some(name),
            Self::Tags(name) | Self::Upload(name) => Some(name),
        }
    }
}

fn unknown() -> Response {
    brief::problem(404, "MANIFEST_UNKNOWN", "there is no such manifest")
}

/// Says whether a text can be a repository's name: it becomes part of paths.
fn is_name(text: &str) -> bool {
    format!("localhost/{text}").parse::<Repository>().is_ok_and(|checked| checked.path() == text)
}

/// A manifest, read whole and checked.
struct Found {
    digest: Digest,
    media_type: MediaType,
    raw: Vec<u8>,
}

#[cfg(test)]
mod tests;
