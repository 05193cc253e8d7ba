//! Notes what was sent and what came back, for an [`Observer`]. `wire` makes one of each request, so that none is missed.

use std::cell::Cell;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ureq::config::AutoHeaderValue;
use ureq::http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, USER_AGENT};
use ureq::{Agent, BodyReader};

use super::bandwidth::Pace;
use super::error::Error;
use super::login::Found;
use super::mask;
use super::observer::{Exchange, Observer, Proof, Purpose};
use super::session::Session;
use super::url::Url;
use super::wire::{Body, Request};
use crate::error_chain::with_causes;
use crate::locks::lock;

/// Where a login is from that is in the options.
const GIVEN: &str = "the options given";

/// What an exchange does not know of itself.
pub(super) struct About {
    pub(super) observer: Arc<dyn Observer>,
    pub(super) purpose: Purpose,
    pub(super) registry: String,
    pub(super) mirror_of: Option<String>,
    pub(super) login: Option<Proof>,
}

impl Session {
    /// Says what a request is about, if somebody looks on.
    pub(super) fn about(&self, request: &Request<'_, '_>, url: &Url, authorization: Option<&str>) -> Option<About> {
        let observer = self.client.options().observer.clone()?;
        let purpose = match self.registry.owns(url) {
            _ if request.is_for_token => Purpose::Token,
            true => Purpose::Registry,
            false => Purpose::Elsewhere,
        };
        let (registry, mirror_of) = (self.registry.host.clone(), self.mirror_of.clone());
        let login = authorization.map(|authorization| self.proof(authorization));
        Some(About { observer, purpose, registry, mirror_of, login })
    }

    /// Says how a request proves who asks.
    fn proof(&self, authorization: &str) -> Proof {
        let scheme = authorization.split(' ').next().unwrap_or_default().to_owned();
        let (login, from) = self.found().map_or((None, None), |found| (Some(found.login), found.from));
        Proof { scheme, username: login.and_then(|login| login.username().map(str::to_owned)), from }
    }

    /// Returns the login that is used, as far as one has been looked up.
    pub(super) fn found(&self) -> Option<Found> {
        match self.given() {
            Some(login) => Some(Found { login: login.clone(), from: Some(GIVEN.to_owned()) }),
            None => lock(&self.registry.logins).get(&self.repository).cloned().flatten(),
        }
    }
}

/// An exchange in the making; told when it is dropped.
pub(super) struct Recorder {
    observer: Arc<dyn Observer>,
    exchange: Exchange,
    begin: Instant,
}

impl Recorder {
    /// Begins with what is sent.
    pub(super) fn new(
        about: About,
        agent: &Agent,
        request: &Request<'_, '_>,
        url: &Url,
        authorization: Option<&str>,
    ) -> Self {
        let proxy = agent.config().proxy().map(|proxy| format!("{}:{}", proxy.host(), proxy.port()));
        let exchange = Exchange {
            started: SystemTime::now(),
            method: request.method,
            url: mask::url(url),
            purpose: about.purpose,
            registry: about.registry,
            mirror_of: about.mirror_of,
            retry: request.retry,
            login: about.login,
            proxy,
            request_head: head(agent, request, url, authorization),
            status: None,
            response_head: Vec::new(),
            sent: 0,
            received: 0,
            waited: Duration::ZERO,
            elapsed: Duration::ZERO,
            error: None,
        };
        Self { observer: about.observer, exchange, begin: Instant::now() }
    }

    /// Notes the answer's head.
    pub(super) fn answered(&mut self, sent: u64, status: u16, headers: &HeaderMap) {
        self.exchange.sent = sent;
        self.exchange.waited = self.begin.elapsed();
        self.exchange.status = Some(status);
        let shown = |(name, value): (&HeaderName, &ureq::http::HeaderValue)| {
            (name.to_string(), mask::field(name, &String::from_utf8_lossy(value.as_bytes())))
        };
        self.exchange.response_head = headers.iter().map(shown).collect();
    }

    /// Notes that there is none.
    pub(super) fn failed(&mut self, sent: u64, error: &Error) {
        self.exchange.sent = sent;
        self.exchange.waited = self.begin.elapsed();
        let why = match error {
            Error::Exchange { source, .. } => with_causes(&**source),
            other => with_causes(other),
        };
        self.exchange.error = Some(mask::text(&why));
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.exchange.elapsed = self.begin.elapsed();
        self.observer.exchanged(&self.exchange);
    }
}

/// Lists what is sent, with what the HTTP layer adds.
fn head(agent: &Agent, request: &Request<'_, '_>, url: &Url, authorization: Option<&str>) -> Vec<(String, String)> {
    let length = match &request.body {
        Body::None => None,
        Body::Bytes(bytes) => Some(bytes.len() as u64),
        Body::Blob(blob) => Some(blob.size()),
        Body::Part(_, length) => Some(*length),
    };
    let user_agent = match agent.config().user_agent() {
        AutoHeaderValue::Provided(name) => Some(name.to_string()),
        _ => None,
    };
    let added = [
        (HOST, Some(url.authority().to_owned())),
        (USER_AGENT, user_agent),
        (ACCEPT_ENCODING, Some("identity".to_owned())),
        (AUTHORIZATION, authorization.map(str::to_owned)),
        (CONTENT_LENGTH, length.map(|length| length.to_string())),
    ];
    let own = request.headers.iter().map(|(name, value)| (name, value.as_str()));
    let added = added.iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    own.chain(added).map(|(name, value)| (name.to_string(), mask::field(name, value))).collect()
}

/// The body of a request on its way.
pub(super) struct Outgoing<'a, R> {
    pub(super) content: R,
    pub(super) sent: &'a Cell<u64>,
    pub(super) pace: Option<Pace>,
}

impl<R: Read> Read for Outgoing<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &self.pace {
            Some(pace) => pace.read(&mut self.content, buffer)?,
            None => self.content.read(buffer)?,
        };
        self.sent.set(self.sent.get() + read as u64);
        Ok(read)
    }
}

/// The body of an answer on its way.
pub(super) struct Incoming {
    content: BodyReader<'static>,
    recorder: Option<Recorder>,
    pace: Option<Pace>,
}

impl Incoming {
    pub(super) fn new(body: ureq::Body, recorder: Option<Recorder>, pace: Option<Pace>) -> Self {
        Self { content: body.into_reader(), recorder, pace }
    }
}

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &self.pace {
            Some(pace) => pace.read(&mut self.content, buffer),
            None => self.content.read(buffer),
        };
        match (&read, &mut self.recorder) {
            // It is told at once: whoever reads may keep this for long.
            (Ok(0), recorder) if !buffer.is_empty() => *recorder = None,
            (Ok(read), Some(recorder)) => recorder.exchange.received += *read as u64,
            (Err(error), Some(recorder)) => recorder.exchange.error = Some(mask::text(&with_causes(error))),
            _ => {}
        }
        read
    }
}
