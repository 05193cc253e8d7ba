//! Lists: tags, repositories and referrers, a page at a time.

use serde_json::{Value, json};

use super::Registry;
use super::answer::{Answer, Code, Failure, Refusal};
use super::route;
use crate::digest::Digest;
use crate::http::{Request, Response};
use crate::media_type::MediaType;
use crate::percent;

/// The most names in a page.
const MAX_NAMES: usize = 10_000;
/// About how many bytes a page of referrers has at most; what a client reads without fear.
const MAX_REFERRERS: usize = 4 * 1024 * 1024 - 64 * 1024;

impl Registry {
    pub(super) fn tags(&self, request: &Request<'_>, name: &str) -> Answer {
        if !self.storage.has_repository(name)? {
            let detail = json!({"name": name});
            let message = "there is no such repository";
            return Err(Refusal::with_detail(404, Code::NameUnknown, message, &detail).into());
        }
        let (count, last) = page(request)?;
        let page = self.storage.tags(name, count, &last)?;
        let response = self.list(&json!({"name": name, "tags": page.names}));
        let path = self.location(name, "tags/list");
        Ok(link(response, &path, page.names.last().filter(|_| page.more), request))
    }

    pub(super) fn catalog(&self, request: &Request<'_>) -> Answer {
        let (count, last) = page(request)?;
        let page = self.storage.repositories(count, &last)?;
        let response = self.list(&json!({"repositories": page.names}));
        let path = format!("{}/v2/_catalog", self.options.base_path);
        Ok(link(response, &path, page.names.last().filter(|_| page.more), request))
    }

    pub(super) fn referrers(&self, request: &Request<'_>, name: &str, subject: &Digest) -> Answer {
        let wanted = request.parameter("artifactType").filter(|wanted| !wanted.is_empty());
        let last = request.parameter("last").map(|last| route::digest(&last)).transpose()?;
        let mut listed = Vec::new();
        let (mut size, mut more) = (0, None);
        let mut reached = last.clone();
        for digest in self.storage.referrers(name, subject)? {
            if last.as_ref().is_some_and(|last| digest <= *last) {
                continue;
            }
            let Some(descriptor) = self.storage.referrer(name, subject, &digest)? else {
                continue;
            };
            if wanted.is_some() && descriptor.artifact_type != wanted {
                continue;
            }
            let text = serde_json::to_string(&descriptor).expect("descriptors are always writable");
            if size + text.len() > MAX_REFERRERS && !listed.is_empty() {
                more = reached;
                break;
            }
            size += text.len() + 1;
            listed.push(text);
            reached = Some(digest);
        }
        // Put together as text: each descriptor is in memory once.
        let head = format!(r#"{{"schemaVersion":2,"mediaType":"{}","manifests":["#, MediaType::OCI_INDEX);
        let body = format!("{head}{}]}}", listed.join(","));
        let mut response = Response::new(200).with("Content-Type", MediaType::OCI_INDEX.as_str());
        if wanted.is_some() {
            response = response.with("OCI-Filters-Applied", "artifactType");
        }
        let response = response.with_content(self.storage.aside(body.into_bytes()));
        let path = self.location(name, &format!("referrers/{subject}"));
        Ok(link(response, &path, more.map(|digest| digest.to_string()).as_ref(), request))
    }

    fn list(&self, list: &Value) -> Response {
        let body = serde_json::to_vec(list).expect("JSON values are always writable");
        Response::new(200).with("Content-Type", "application/json").with_content(self.storage.aside(body))
    }
}

/// Reads how many names are wanted, and behind which.
fn page(request: &Request<'_>) -> Result<(usize, String), Failure> {
    let last = request.parameter("last").unwrap_or_default();
    let count = match request.parameter("n") {
        None => MAX_NAMES,
        Some(text) => {
            let number = text.parse::<u64>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
            let Some(number) = number else {
                let detail: Value = json!({"n": text});
                let message = "n is not a number of names";
                return Err(Refusal::with_detail(400, Code::Unsupported, message, &detail).into());
            };
            usize::try_from(number).unwrap_or(MAX_NAMES).min(MAX_NAMES)
        }
    };
    Ok((count, last))
}

/// Says where the next page is: RFC 8288.
fn link(response: Response, path: &str, last: Option<&String>, request: &Request<'_>) -> Response {
    let Some(last) = last else {
        return response;
    };
    let mut query = Vec::new();
    for name in ["n", "artifactType"] {
        query.extend(request.parameter(name).map(|value| format!("{name}={}", percent::query(&value))));
    }
    query.push(format!("last={}", percent::query(last)));
    response.with("Link", format!("<{path}?{}>; rel=\"next\"", query.join("&")))
}
