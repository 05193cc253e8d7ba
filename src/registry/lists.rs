//! Lists: tags and referrers, a page at a time.
//!
//! distribution-spec, "Content Discovery": <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#content-discovery>.

use serde::Deserialize;
use ureq::http::header::ACCEPT;

use super::answers::{Says, Thing, answer, is_page};
use super::error::{Error, Result};
use super::remote::Remote;
use super::url::Url;
use super::wire::{Request, Response};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::MAX_SIZE;
use crate::media_type::MediaType;
use crate::pages::{Limits, OF_TAGS, Walk};
use crate::percent;

/// How many referrers are read, a hundred thousand: an image with more is under attack, or its registry is.
const OF_REFERRERS: Limits = Limits { pages: 1000, names: usize::MAX, bytes: 64 << 20 };
/// How much of a page is read.
pub(super) const MAX_PAGE: u64 = 32 << 20;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items in the registry's order.
    pub items: Vec<T>,
    /// Where the next page is, to be given as `after`; nothing at the end.
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct TagList {
    /// Go writes `null` for an empty list, and some registries put it between tags.
    tags: Option<Vec<Option<String>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Referrers {
    media_type: Option<String>,
    manifests: Option<Vec<Descriptor>>,
}

/// A page of referrers, and where the next one is.
struct ReferrersPage {
    items: Vec<Descriptor>,
    /// How many bytes it has.
    size: u64,
    next: Option<Url>,
}

impl Remote {
    /// Lists a page of tags: the first, those behind the tag `after`, or those behind a page whose [`Page::next`] is given as `after`.
    ///
    /// # Errors
    /// [`Error::is_not_found`](super::Error::is_not_found) when there is no such repository.
    pub fn tags(&self, after: Option<&str>) -> Result<Page<String>> {
        let url = match after {
            None => self.url("tags/list"),
            // The registry's own link, which may say more than the last tag.
            Some(link) if link.starts_with('/') => self.session.registry.url(link),
            Some(tag) => self.url(&format!("tags/list?last={}", percent::scope(tag))),
        };
        let response = match self.session.expect(Request::new("GET", url), &self.scopes, &[200]) {
            // What has a first page is there.
            Err(error) if after.is_some() && error.is_not_found() => return Err(error.of_a_page()),
            other => other?,
        };
        if answer(Thing::Tags, "GET", response.status, response.header("content-type")) != Says::Present {
            return Err(response.senseless("it is a web page, not a list of tags"));
        }
        let next = next(&response)?.map(|url| url.target().to_owned());
        let (response, content) = response.read(MAX_PAGE)?;
        let list: TagList = serde_json::from_slice(&content)
            .map_err(|error| response.senseless(format!("it is no list of tags: {error}")))?;
        let tags = list.tags.unwrap_or_default().into_iter().flatten();
        Ok(Page { items: tags.filter(|tag| !tag.is_empty() && !tag.contains(':')).collect(), next })
    }

    /// Lists all tags, page after page.
    ///
    /// # Errors
    /// Those of [`Remote::tags`], and when a registry leads in circles, or to no end.
    pub fn all_tags(&self) -> Result<Vec<String>> {
        let mut walk = Walk::new("the list of tags", OF_TAGS);
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let mut page = self.tags(after.as_deref())?;
            let Some(next) = page.next else {
                all.append(&mut page.items);
                return Ok(all);
            };
            let bytes = page.items.iter().map(|tag| tag.len() as u64).sum();
            let url = || self.session.registry.url(&next).to_string();
            let endless = |reason| Error::Answer { method: "GET", url: url(), reason };
            walk.step(page.items.len(), bytes, &next).map_err(endless)?;
            all.append(&mut page.items);
            after = Some(next);
        }
    }

    /// Lists the manifests that refer to `subject`, as the registry knows them; nothing when it has no such list (distribution-spec 1.0),
    /// and the referrers tag is to be read.
    ///
    /// # Errors
    /// When the registry cannot tell, leads in circles, or does not come to an end.
    pub fn referrers(&self, subject: &Digest) -> Result<Option<Vec<Descriptor>>> {
        if self.session.registry.referrers.api() == Some(false) {
            return Ok(None);
        }
        let mut url = self.url(&format!("referrers/{subject}"));
        let mut all = Vec::new();
        let mut walk = Walk::new("the list of referrers", OF_REFERRERS);
        loop {
            let Some(page) = self.page(&url)? else {
                return Ok(None);
            };
            let count = page.items.len();
            all.extend(page.items);
            let Some(next) = page.next else {
                return Ok(Some(all));
            };
            let endless = |reason| Error::Answer { method: "GET", url: next.to_string(), reason };
            walk.step(count, page.size, next.target()).map_err(endless)?;
            url = next;
        }
    }

    /// Says whether the registry lists referrers by itself; nothing when it refuses to tell. Asked once for all its repositories.
    pub(super) fn lists_referrers(&self, subject: &Digest) -> Result<Option<bool>> {
        if let Some(known) = self.session.registry.referrers.api() {
            return Ok(Some(known));
        }
        match self.page(&self.url(&format!("referrers/{subject}"))) {
            Ok(page) => Ok(Some(page.is_some())),
            Err(error) if error.is_refusal() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a page of referrers; nothing when the registry has no such list.
    fn page(&self, url: &Url) -> Result<Option<ReferrersPage>> {
        let referrers = &self.session.registry.referrers;
        let request = Request::new("GET", url.clone()).header(ACCEPT, MediaType::OCI_INDEX.as_str());
        let response = self.session.send(request, &self.scopes)?;
        // GitHub's leads to a page for people: it knows no such list (https://github.com/artifacthub/hub/issues/4785).
        if response.status == 200
            && response.url.target() != url.target()
            && response.header("content-type").is_some_and(is_page)
        {
            response.discard();
            referrers.learn(false);
            return Ok(None);
        }
        match answer(Thing::Referrers, "GET", response.status, None) {
            Says::Present => {}
            Says::Absent => {
                // A registry that has lists may say 404 of a repository that it does not have, and 400 of a digest that it does not know.
                let status = response.status;
                if !is_about_content(&response.into_error()) && status != 400 {
                    referrers.learn(false);
                }
                return Ok(None);
            }
            Says::Nothing => return Err(self.session.error(response)),
        }
        let next = next(&response)?;
        let (response, content) = response.read(MAX_SIZE)?;
        let no_index = |error: &dyn std::fmt::Display| response.senseless(format!("it is no index: {error}"));
        let list: Referrers = serde_json::from_slice(&content).map_err(|error| no_index(&error))?;
        let says_index = |text: &str| MediaType::new(text) == MediaType::OCI_INDEX;
        if !response.header("content-type").is_some_and(says_index)
            && !list.media_type.as_deref().is_some_and(says_index)
        {
            return Err(no_index(&"nothing says that it is one"));
        }
        referrers.learn(true);
        Ok(Some(ReferrersPage { items: list.manifests.unwrap_or_default(), size: content.len() as u64, next }))
    }
}

/// Says whether a 404 is about a repository or manifest, and not about the list.
fn is_about_content(error: &Error) -> bool {
    match error {
        Error::Status(status) => matches!(status.code.as_deref(), Some("NAME_UNKNOWN" | "MANIFEST_UNKNOWN")),
        _ => false,
    }
}

/// Returns the next page's URL (RFC 8288), at the host that was asked, if that is not the page itself.
pub(super) fn next(response: &Response) -> Result<Option<Url>> {
    let link = response.all("link").find_map(parse_link).or_else(|| lone_link(response.all("link")));
    let Some(link) = link else {
        return Ok(None);
    };
    let url = response.url.join(link).ok_or_else(|| response.senseless("its Link is no http URL"))?;
    // What a registry calls itself is not needed, and no other host is asked: path and query count, where the page came from.
    let url = Url::new(response.url.scheme, response.url.authority(), url.target());
    Ok((url != response.url).then_some(url))
}

/// Returns the only link where it does not say what it is: RFC 8288 3.3 demands a `rel`, but in a list it can only be the next page.
fn lone_link<'h>(mut headers: impl Iterator<Item = &'h str>) -> Option<&'h str> {
    let (Some(text), None) = (headers.next(), headers.next()) else {
        return None;
    };
    let (target, parameters) = text.trim().strip_prefix('<')?.split_once('>')?;
    let is_rel = |name: &str| name.trim().eq_ignore_ascii_case("rel");
    let says_rel =
        parameters.split(';').filter_map(|parameter| parameter.split_once('=')).any(|(name, _)| is_rel(name));
    (!parameters.contains('<') && !says_rel).then(|| target.trim())
}

/// Finds the `next` link in a header of several.
fn parse_link(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some((_, link)) = rest.split_once('<') {
        let (target, parameters) = link.split_once('>')?;
        let end = parameters.find(",").filter(|_| parameters.contains('<')).unwrap_or(parameters.len());
        let is_next = parameters[..end].split(';').any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or_default();
            name.trim().eq_ignore_ascii_case("rel") && value.trim().trim_matches('"').eq_ignore_ascii_case("next")
        });
        if is_next {
            return Some(target.trim());
        }
        rest = &parameters[end..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links() {
        for (text, wanted) in [
            (r#"</v2/a/tags/list?last=b&n=2>; rel="next""#, Some("/v2/a/tags/list?last=b&n=2")),
            ("<x>;REL=next", Some("x")),
            (r#"<x>; rel="prev", <y,z>; title="t"; rel="next""#, Some("y,z")),
            (r#"<x>; rel="prev""#, None),
            ("<x", None),
            ("", None),
        ] {
            assert_eq!(parse_link(text), wanted, "{text}");
        }
        for (headers, wanted) in [
            (&["</v2/a/tags/list?last=b>"][..], Some("/v2/a/tags/list?last=b")),
            (&["<x>; title=\"t\""], Some("x")),
            (&["<x>; rel=\"prev\""], None),
            (&["<x>, <y>"], None),
            (&["<x>", "<y>"], None),
            (&[], None),
        ] {
            assert_eq!(lone_link(headers.iter().copied()), wanted, "{headers:?}");
        }
    }
}
