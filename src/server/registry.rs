//! The handler: whether a request may be done, and who does it.

use std::sync::Arc;

use serde_json::json;

use super::answer::{Answer, Code, Failure, Refusal, json_response, of_storage};
use super::manifests;
use super::route::{self, Part, Reference, Route};
use super::storage::Storage;
use super::{Action, Decision, Options, Wish};
use crate::http::{Handler, Method, Request, Response};
use crate::store::Error;

/// A registry over a storage, to be mounted in any server.
///
/// It answers everything below `/v2`, and nothing else. What it is asked for is decided by [`Options::authorize`] before the storage is
/// looked at.
///
/// A blob that a manifest of the repository needs cannot be deleted: 405. The content of a deleted one stays until a collection, and a
/// download that runs ends whole in any case. A full disk is a 507 with the code `UNKNOWN`.
#[derive(Clone, Debug)]
pub struct Registry {
    pub(super) storage: Arc<Storage>,
    pub(super) options: Arc<Options>,
}

impl Registry {
    /// Makes a registry.
    pub fn new(storage: Arc<Storage>, mut options: Options) -> Self {
        while options.base_path.ends_with('/') {
            options.base_path.pop();
        }
        Self { storage, options: Arc::new(options) }
    }

    /// Returns the storage, to be collected.
    pub fn storage(&self) -> &Arc<Storage> {
        &self.storage
    }

    fn answer(&self, request: &mut Request<'_>) -> Answer {
        let base = &self.options.base_path;
        // A proxy may have cut the prefix off or not.
        let path = request.path.strip_prefix(base.as_str()).filter(|rest| rest.starts_with('/'));
        let route = route::parse(path.unwrap_or(&request.path))?;
        let (action, allowed) = wish(&route, &request.method);
        let Some(action) = action else {
            let message = format!("{} is not possible here", printable(request.method.as_str()));
            return Err(Refusal::new(405, Code::Unsupported, &message).with("Allow", allowed).into());
        };
        if self.options.read_only && matches!(action, Action::Push | Action::Delete) {
            let refusal = Refusal::new(405, Code::Unsupported, "this registry is read-only");
            return Err(refusal.with("Allow", "GET, HEAD").into());
        }
        let repository = match &route {
            Route::Repository { name, .. } => Some(name.as_str()),
            Route::Ping | Route::Catalog => None,
        };
        note(request, &route, action);
        self.authorize(request, action, repository)?;
        match route {
            Route::Ping => Ok(json_response(200, &json!({}))),
            Route::Catalog => self.catalog(request),
            Route::Repository { name, part } => self.part(request, &name, part),
        }
    }

    fn part(&self, request: &mut Request<'_>, name: &str, part: Part) -> Answer {
        match (part, &request.method) {
            (Part::Tags, _) => self.tags(request, name),
            (Part::Referrers(subject), _) => self.referrers(request, name, &subject),
            (Part::Manifest(reference), Method::Put) => self.put_manifest(request, name, &reference),
            (Part::Manifest(reference), Method::Delete) => self.delete_manifest(request, name, &reference),
            (Part::Manifest(reference), _) => self.get_manifest(request, name, &reference),
            (Part::NoManifest(_), Method::Put) => Err(route::not_a_tag().into()),
            (Part::NoManifest(text), _) => Err(manifests::unknown(&json!({"tag": text})).into()),
            (Part::Blob(digest), Method::Delete) => self.delete_blob(name, &digest),
            (Part::Blob(digest), _) => self.get_blob(request, name, &digest),
            (Part::Uploads, _) => self.start_upload(request, name),
            (Part::Upload(id), Method::Patch) => self.append_upload(request, name, &id),
            (Part::Upload(id), Method::Put) => self.finish_upload(request, name, &id),
            (Part::Upload(id), Method::Delete) => self.cancel_upload(name, &id),
            (Part::Upload(id), _) => self.upload_status(name, &id),
        }
    }

    /// Asks whether a request may do something.
    fn authorize(&self, request: &Request<'_>, action: Action, repository: Option<&str>) -> Result<(), Refusal> {
        match self.options.authorize.authorize(request, &Wish { action, repository }) {
            Decision::Allow => Ok(()),
            Decision::Challenge { challenge, message } => {
                Err(Refusal::new(401, Code::Unauthorized, &message).with("WWW-Authenticate", challenge))
            }
            Decision::Forbid { message } => Err(Refusal::new(403, Code::Denied, &message)),
            Decision::Wait { seconds, message } => {
                Err(Refusal::new(429, Code::TooManyRequests, &message).with("Retry-After", seconds.to_string()))
            }
        }
    }

    /// Says whether a request may read a repository.
    pub(super) fn may_pull(&self, request: &Request<'_>, repository: &str) -> bool {
        self.authorize(request, Action::Pull, Some(repository)).is_ok()
    }

    /// Returns the path of something of a repository as clients see it: without a host, for only a proxy in front knows that.
    pub(super) fn location(&self, name: &str, rest: &str) -> String {
        format!("{}/v2/{name}/{rest}", self.options.base_path)
    }
}

impl Handler for Registry {
    fn handle(&self, request: &mut Request<'_>) -> Response {
        let response = match self.answer(request) {
            Ok(response) => response,
            Err(Failure::Refused(refusal)) => refusal.into_response(),
            Err(Failure::Storage(error)) => {
                // A client that went away is no failure of this side.
                if !matches!(error, Error::Content(_)) {
                    (self.options.report)(&error);
                }
                of_storage(&error).into_response()
            }
        };
        response.with("Docker-Distribution-Api-Version", "registry/2.0")
    }
}

/// Returns what a method wants of a route, nothing for one that does not go with it, and the methods that do.
fn wish(route: &Route, method: &Method) -> (Option<Action>, &'static str) {
    let Route::Repository { part, .. } = route else {
        let action = if *route == Route::Ping { Action::Ping } else { Action::Catalog };
        return (matches!(method, Method::Get | Method::Head).then_some(action), "GET, HEAD");
    };
    let is_read = matches!(method, Method::Get | Method::Head);
    match part {
        Part::Tags | Part::Referrers(_) => (is_read.then_some(Action::Pull), "GET, HEAD"),
        Part::Manifest(_) | Part::NoManifest(_) => {
            let action = match method {
                Method::Get | Method::Head => Some(Action::Pull),
                Method::Put => Some(Action::Push),
                Method::Delete => Some(Action::Delete),
                _ => None,
            };
            (action, "GET, HEAD, PUT, DELETE")
        }
        Part::Blob(_) => {
            let action = if *method == Method::Delete { Some(Action::Delete) } else { None };
            (action.or(is_read.then_some(Action::Pull)), "GET, HEAD, DELETE")
        }
        Part::Uploads => ((*method == Method::Post).then_some(Action::Push), "POST"),
        Part::Upload(_) => {
            let is_known = is_read || matches!(method, Method::Patch | Method::Put | Method::Delete);
            (is_known.then_some(Action::Push), "GET, HEAD, PATCH, PUT, DELETE")
        }
    }
}

/// Notes for the access log what a request is about.
fn note(request: &Request<'_>, route: &Route, action: Action) {
    request.note("action", action.name());
    let Route::Repository { name, part } = route else { return };
    request.note("repository", name.as_str());
    let reference = match part {
        Part::Manifest(Reference::Tag(tag)) => Some(tag.to_string()),
        Part::Manifest(Reference::Digest(digest)) | Part::Blob(digest) | Part::Referrers(digest) => {
            Some(digest.to_string())
        }
        Part::Uploads => request.parameter("mount").or_else(|| request.parameter("digest")),
        Part::Upload(_) => request.parameter("digest"),
        Part::NoManifest(_) | Part::Tags => None,
    };
    if let Some(reference) = reference {
        request.note("reference", reference);
    }
}

fn printable(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(20).collect()
}
