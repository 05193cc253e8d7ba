//! Servers that are no registries, asked by the client's means: its connections, certificates, proxies, attempts and limits.
//!
//! No login of a registry goes to them, and no redirect is followed: what is sent is for this server alone.

use std::time::Duration;

use ureq::http::header;

use super::client::Client;
use super::error::{Error, Result};
use super::message::clean;
use super::observer::{Proof, Purpose};
use super::recorder::About;
use super::retry::{retry, wait};
use super::url::{Scheme, Url, is_loopback};
use super::wire::{self, Body, Request, Way};
use crate::watch::Watch;

/// The largest answer that is read, in bytes.
const MAX_ANSWER: u64 = 4 << 20;

/// A server.
#[derive(Clone)]
pub(crate) struct Service {
    client: Client,
    base: Url,
    watch: Watch,
}

/// What is asked of it.
pub(crate) struct Question<'a> {
    pub(crate) method: &'static str,
    /// Behind the server's URL; empty for that itself.
    pub(crate) path: &'a str,
    /// Parameters, whose values are encoded.
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) authorization: Option<&'a str>,
    /// The media type of the body, and the body.
    pub(crate) body: Option<(&'static str, &'a [u8])>,
    /// The statuses that are no failures.
    pub(crate) wanted: &'a [u16],
}

/// What it answers.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) content: Vec<u8>,
}

impl Client {
    /// Returns a server by its URL; nothing for what is none.
    pub(crate) fn service(&self, url: &str, watch: &Watch) -> Option<Service> {
        Some(Service { client: self.clone(), base: Url::parse(url)?, watch: watch.clone() })
    }
}

impl Service {
    /// Returns its URL, without what may be secrets.
    pub(crate) fn url(&self) -> String {
        self.base.to_string().trim_end_matches('/').to_owned()
    }

    /// Says whether a secret may be sent there: by https, or to this machine.
    pub(crate) fn may_have_secrets(&self) -> bool {
        self.base.scheme == Scheme::Https || is_loopback(self.base.authority())
    }

    /// Asks, again after a failure that may pass.
    pub(crate) fn ask(&self, question: &Question<'_>) -> Result<Answer> {
        let url = self.target(question);
        let options = self.client.options();
        let what = format!("{} {url}", question.method);
        retry(&self.watch, options.retries, &what, |failures| {
            let mut request = Request::new(question.method, url.clone()).retry(failures);
            if let Some((kind, content)) = question.body {
                request = request.header(header::CONTENT_TYPE, kind).body(Body::Bytes(content));
            }
            let agent = self.client.agent(&url)?;
            let limit = self.client.limit(&url);
            let _turn = limit.admit(false, &self.watch)?;
            let about = self.about(&url, question.authorization);
            let way = Way { agent: &agent, patience: None, pace: self.client.pace(&self.watch), about };
            let response = wire::send(way, &mut request, &url, question.authorization)?;
            if !question.wanted.contains(&response.status) {
                return Err(response.into_error());
            }
            let location = response.header("location").map(str::to_owned);
            let status = response.status;
            let (_, content) = response.read(MAX_ANSWER)?;
            Ok(Answer { status, location, content })
        })
    }

    /// Says what a request is about, if somebody looks on.
    fn about(&self, url: &Url, authorization: Option<&str>) -> Option<About> {
        let observer = self.client.options().observer.clone()?;
        let scheme = authorization.map(|text| text.split(' ').next().unwrap_or_default().to_owned());
        let login = scheme.map(|scheme| Proof { scheme, username: None, from: None });
        let registry = url.authority().to_owned();
        Some(About { observer, purpose: Purpose::Service, registry, mirror_of: None, login })
    }

    /// Asks for what an answer's `Location` names, which must be at the same server.
    pub(crate) fn follow(&self, location: &str, wanted: &[u16]) -> Result<Answer> {
        let (from, next) = (&self.base, self.base.join(location));
        match next.filter(|next| next.is_same_origin(from)) {
            Some(base) => {
                let there = Self { base, ..self.clone() };
                there.ask(&Question { method: "GET", path: "", query: &[], authorization: None, body: None, wanted })
            }
            None => Err(Error::Refused {
                from: from.to_string(),
                to: clean(location).unwrap_or_default(),
                reason: "it is at another server",
            }),
        }
    }

    /// Returns what an answer's `Location` names, wherever it is; nothing when that is no URL, or one without the protection that this has.
    #[cfg(feature = "openpgp")]
    pub(crate) fn at(&self, location: &str) -> Option<Self> {
        let base = self.base.join(location)?;
        let is_protected = base.scheme == Scheme::Https || self.base.scheme == Scheme::Http;
        is_protected.then(|| Self { base, ..self.clone() })
    }

    /// Waits, unless somebody asks to stop.
    pub(crate) fn wait(&self, delay: Duration) -> Result<()> {
        wait(&self.watch, delay)
    }

    fn target(&self, question: &Question<'_>) -> Url {
        let base = &self.base;
        let target = match question.path {
            "" => base.target().to_owned(),
            path => format!("{}{path}", base.target().trim_end_matches('/')),
        };
        let url = Url::new(base.scheme, base.authority(), &target);
        question.query.iter().fold(url, |url, (name, value)| url.with(name, value))
    }
}
