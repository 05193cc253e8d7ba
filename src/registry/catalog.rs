//! The repositories of a registry, a page at a time.
//!
//! `/v2/_catalog` is distribution's: the specification has none, and many registries refuse it or do not know it.
//! <https://distribution.github.io/distribution/spec/api/#catalog>.

use std::collections::HashSet;

use serde::Deserialize;

use super::answers::is_page;
use super::client::Client;
use super::error::{Error, Result};
use super::lists::{MAX_PAGE, next};
use super::scope::Scope;
use super::session::Session;
use super::url::Url;
use super::wire::Request;
use crate::watch::Watch;

/// How many pages are read: beyond it, a list has no end.
const MAX_PAGES: usize = 100_000;

/// The pages of a registry's list of repositories, from [`Client::catalog`]. A list that leads in circles or does not end is an error, after which
/// there are no more pages.
pub struct Catalog {
    session: Session,
    scopes: Vec<Scope>,
    next: Option<Url>,
    seen: HashSet<String>,
}

#[derive(Deserialize)]
struct Repositories {
    /// Go writes `null` for an empty list.
    repositories: Option<Vec<Option<String>>>,
}

impl Client {
    /// Lists the repositories of the registry at `host`, as far as it shows them to who asks, in its order. Nothing is asked before the first
    /// page is.
    pub fn catalog(&self, host: &str, watch: &Watch) -> Catalog {
        let session = self.session(host, "", watch);
        let next = Some(session.registry.url("/v2/_catalog"));
        Catalog { session, scopes: Scope::parse_all("registry:catalog:*"), next, seen: HashSet::new() }
    }
}

impl Catalog {
    fn page(&mut self, url: &Url) -> Result<Vec<String>> {
        let is_first = self.seen.is_empty();
        let wrong = |reason: String| Error::Answer { method: "GET", url: url.to_string(), reason };
        if self.seen.len() == MAX_PAGES {
            return Err(wrong(format!("the list of repositories does not end after {MAX_PAGES} pages")));
        }
        if !self.seen.insert(url.target().to_owned()) {
            return Err(wrong("the list of repositories leads in circles".into()));
        }
        let response = match self.session.expect(Request::new("GET", url.clone()), &self.scopes, &[200]) {
            Err(error @ Error::Status(_)) if is_first => return Err(self.refused(error)),
            Err(error) => return Err(error.of_a_page()),
            Ok(response) => response,
        };
        if response.header("content-type").is_some_and(is_page) {
            return Err(response.senseless("it is a web page, not a list of repositories"));
        }
        self.next = next(&response)?;
        let (response, content) = response.read(MAX_PAGE)?;
        let list: Repositories = serde_json::from_slice(&content)
            .map_err(|error| response.senseless(format!("it is no list of repositories: {error}")))?;
        let names = list.repositories.unwrap_or_default().into_iter().flatten();
        Ok(names.filter(|name| !name.is_empty()).collect())
    }

    fn refused(&self, error: Error) -> Error {
        Error::Catalog { host: self.session.registry.host.clone(), source: Box::new(error) }
    }
}

impl Iterator for Catalog {
    type Item = Result<Vec<String>>;

    fn next(&mut self) -> Option<Self::Item> {
        let url = self.next.take()?;
        let page = self.page(&url);
        if page.is_err() {
            self.next = None;
        }
        Some(page)
    }
}

/// Says what an answer other than a list of repositories means.
pub(super) fn refusal(answer: &Error) -> &'static str {
    match answer {
        Error::Status(status) if status.token_for.is_some() => "wants a token to list its repositories, and gives none",
        Error::Status(status) => match (status.status, status.logged_in) {
            (401 | 403, true) => "does not let this login list its repositories",
            (401 | 403, false) => "does not list its repositories without a login",
            (404 | 405 | 410 | 501, _) => "has no list of its repositories",
            _ => "does not list its repositories",
        },
        _ => "does not list its repositories",
    }
}
