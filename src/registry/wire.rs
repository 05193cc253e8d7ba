//! One HTTP exchange: a request, its answer's head, and what may be wrong in between. No authentication, no second attempt.

use std::cell::Cell;
use std::io::{self, Read};
use std::time::{Duration, SystemTime};

use ureq::http::header::{self, HeaderMap, HeaderName};
use ureq::{Agent, AsSendBody, SendBody, Timeout, http};

use super::bandwidth::Pace;
use super::error::{Error, Hint, Result, Status};
use super::message;
use super::recorder::{About, Incoming, Outgoing, Recorder};
use super::retry::parse_retry_after;
use super::trust::Distrust;
use super::url::{Url, full};
use crate::blob::{Blob, Fault};
use crate::watch::Cancelled;

/// A request.
pub(super) struct Request<'r, 'b> {
    pub(super) method: &'static str,
    pub(super) url: Url,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) body: Body<'r, 'b>,
    /// How many attempts have failed before.
    pub(super) retry: u32,
    /// Whether it asks for a token.
    pub(super) is_for_token: bool,
}

/// How a request is sent.
pub(super) struct Way<'a> {
    pub(super) agent: &'a Agent,
    /// How long the connection may be silent, if not as long as usual.
    pub(super) patience: Option<Duration>,
    pub(super) pace: Option<Pace>,
    /// For whoever looks on.
    pub(super) about: Option<About>,
}

/// What a request carries.
pub(super) enum Body<'r, 'b> {
    /// Nothing; not even a length.
    None,
    /// Bytes, that may be none, with their length.
    Bytes(&'r [u8]),
    /// A whole blob, that can be sent again.
    Blob(&'r mut Blob<'b>),
    /// So many bytes of a blob, from where it stands; they cannot be sent again.
    Part(&'r mut Blob<'b>, u64),
}

/// An answer whose body has not been read.
pub(super) struct Response {
    pub(super) method: &'static str,
    pub(super) url: Url,
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Incoming,
    /// Whether the request carried a login.
    pub(super) logged_in: bool,
    /// How long the connection may be silent.
    pub(super) silence: Duration,
}

impl<'r, 'b> Request<'r, 'b> {
    pub(super) fn new(method: &'static str, url: Url) -> Self {
        Self { method, url, headers: Vec::new(), body: Body::None, retry: 0, is_for_token: false }
    }

    pub(super) fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn body(mut self, body: Body<'r, 'b>) -> Self {
        self.body = body;
        self
    }

    /// Says how many attempts have failed before.
    pub(super) fn retry(mut self, failures: u32) -> Self {
        self.retry = failures;
        self
    }

    /// Says whether the same request may be made again.
    pub(super) fn is_repeatable(&self) -> bool {
        // An upload that failed on its way needs a new session; only its maker can get one.
        !matches!(self.body, Body::Blob(_) | Body::Part(..))
    }
}

/// Sends a request once and reads the head of the answer, whatever its status.
pub(super) fn send(
    way: Way<'_>,
    request: &mut Request<'_, '_>,
    url: &Url,
    authorization: Option<&str>,
) -> Result<Response> {
    let Way { agent, patience, pace, about } = way;
    let method = request.method;
    let mut recorder = about.map(|about| Recorder::new(about, agent, request, url, authorization));
    let sent = Cell::new(0);
    let mut builder = http::Request::builder().method(method).uri(full(url));
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    if let Some(authorization) = authorization {
        builder = builder.header(header::AUTHORIZATION, authorization);
    }
    let answer = match &mut request.body {
        Body::None => run(agent, builder, (), patience),
        Body::Bytes(bytes) => {
            sent.set(bytes.len() as u64);
            run(agent, builder, &**bytes, patience)
        }
        Body::Blob(blob) => {
            blob.rewind();
            let builder = builder.header(header::CONTENT_LENGTH, blob.size());
            let mut content = Outgoing { content: blob, sent: &sent, pace: pace.clone() };
            run(agent, builder, SendBody::from_reader(&mut content), patience)
        }
        Body::Part(blob, length) => {
            let builder = builder.header(header::CONTENT_LENGTH, *length);
            let content = blob.by_ref().take(*length);
            let mut content = Outgoing { content, sent: &sent, pace: pace.clone() };
            run(agent, builder, SendBody::from_reader(&mut content), patience)
        }
    };
    let silence = patience.or(agent.config().timeout_per_read()).unwrap_or_default();
    let (head, body) = match answer {
        Ok(answer) => answer.into_parts(),
        Err(error) => {
            let error = failed(method, url, error, silence).through(agent);
            if let Some(recorder) = &mut recorder {
                recorder.failed(sent.get(), &error);
            }
            return Err(error);
        }
    };
    let (status, logged_in) = (head.status.as_u16(), authorization.is_some());
    if let Some(recorder) = &mut recorder {
        recorder.answered(sent.get(), status, &head.headers);
    }
    let body = Incoming::new(body, recorder, pace);
    Ok(Response { method, url: url.clone(), status, headers: head.headers, body, logged_in, silence })
}

fn run<B: AsSendBody>(
    agent: &Agent,
    builder: http::request::Builder,
    body: B,
    patience: Option<Duration>,
) -> Result<http::Response<ureq::Body>, ureq::Error> {
    let request = builder.body(body)?;
    match patience {
        Some(patience) => agent.run(agent.configure_request(request).timeout_per_read(Some(patience)).build()),
        None => agent.run(request),
    }
}

impl Response {
    /// Returns a header's value, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns all values of a header that are text.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// Returns the encoding of the body, if it has one (RFC 9110, section 8.4). None is ever asked for.
    pub(super) fn encoding(&self) -> Option<String> {
        let encoding = self.header("content-encoding")?.trim();
        (!encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity")).then(|| encoding.to_owned())
    }

    /// Reads the body whole, if it has at most `limit` bytes.
    pub(super) fn read(mut self, limit: u64) -> Result<(Self, Vec<u8>)> {
        let mut content = Vec::new();
        let taken = self.body.by_ref().take(limit + 1).read_to_end(&mut content);
        taken.map_err(|error| failed(self.method, &self.url, ureq::Error::Io(error), self.silence))?;
        if content.len() as u64 > limit {
            return Err(self.senseless(format!("it has more than {limit} bytes")));
        }
        Ok((self, content))
    }

    /// Drops the body, reading a short one so that the connection can be used again.
    pub(super) fn discard(mut self) {
        // Whether that works matters to nobody: the answer's head has been understood.
        let _ = io::copy(&mut self.body.by_ref().take(message::MAX_BODY), &mut io::sink());
    }

    /// Makes the error that this answer is.
    pub(super) fn into_error(mut self) -> Error {
        let mut content = Vec::new();
        // A body that breaks off is shown as far as it came.
        let _ = self.body.by_ref().take(message::MAX_BODY).read_to_end(&mut content);
        let message = message::parse(&content);
        let is_challenge = self.header("www-authenticate").is_some();
        let retry_after = self.header("retry-after").and_then(|text| parse_retry_after(text, SystemTime::now()));
        Error::Status(Box::new(Status {
            method: self.method,
            url: self.url.to_string(),
            status: self.status,
            code: message.code,
            message: message.text,
            retry_after,
            token_for: None,
            is_challenge,
            logged_in: self.logged_in,
            places: Vec::new(),
            hint: None,
        }))
    }

    /// Makes the error for an answer that is not what the specification says.
    pub(super) fn senseless(&self, reason: impl Into<String>) -> Error {
        Error::Answer { method: self.method, url: self.url.to_string(), reason: reason.into() }
    }
}

/// Makes an error of what the HTTP layer says; a fault of the content that was being sent comes out as such. The connection may be silent
/// for `silence`.
pub(super) fn failed(method: &'static str, url: &Url, error: ureq::Error, silence: Duration) -> Error {
    let error = match error {
        ureq::Error::Io(error) => match Fault::take(error) {
            Ok(fault) => return Error::Content(fault),
            Err(error) if error.get_ref().is_some_and(|inner| inner.is::<Cancelled>()) => return Cancelled.into(),
            // A stall inside a body comes as an I/O error around the HTTP layer's own.
            Err(error) => error.downcast::<ureq::Error>().unwrap_or_else(ureq::Error::Io),
        },
        other => other,
    };
    let transient = is_transient(&error);
    if let Some(distrust) = secured(&error).and_then(Distrust::of) {
        let hint = distrust.hint.clone();
        return Error::Exchange {
            method,
            url: url.to_string(),
            proxy: None,
            hint,
            transient: false,
            source: Box::new(distrust),
        };
    }
    let hint = hint(&error, silence);
    let source: Box<dyn std::error::Error + Send + Sync> = match error {
        ureq::Error::Io(error) => Box::new(error),
        ureq::Error::Timeout(Timeout::PerRead | Timeout::PerWrite) => {
            let reason = format!("the connection was silent for {} s", silence.as_secs_f32());
            Box::new(io::Error::new(io::ErrorKind::TimedOut, reason))
        }
        // The HTTP layer says the status twice: `proxy server responded 407/407`.
        ureq::Error::ConnectProxyFailed(reason) => {
            Box::new(io::Error::other(reason.rsplit_once('/').map_or(&*reason, |(once, _)| once)))
        }
        other => Box::new(other),
    };
    Error::Exchange { method, url: url.to_string(), proxy: None, hint, transient, source }
}

impl Error {
    /// Names the proxy that an agent goes through, which is whom a refused connection is about.
    fn through(mut self, agent: &Agent) -> Self {
        if let (Self::Exchange { proxy, hint, .. }, Some(used)) = (&mut self, agent.config().proxy()) {
            *proxy = Some(format!("{}:{}", used.host(), used.port()));
            if matches!(hint, Some(Hint::CheckAddress | Hint::CheckName)) {
                *hint = Some(Hint::CheckProxy);
            }
        }
        self
    }
}

fn is_transient(error: &ureq::Error) -> bool {
    use io::ErrorKind as Kind;
    match error {
        ureq::Error::Timeout(timeout) => {
            matches!(timeout, Timeout::PerRead | Timeout::PerWrite | Timeout::Connect | Timeout::Resolve)
        }
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed | ureq::Error::BodyStalled => true,
        // A proxy that refuses, as one that wants a login does with 407, will not change its mind.
        ureq::Error::ConnectProxyFailed(reason) => !reason.contains(" 4"),
        // The peer said something that is no HTTP, or broke off within a chunk.
        ureq::Error::Protocol(_) => true,
        ureq::Error::Io(error) => {
            error.get_ref().is_none_or(|inner| !inner.is::<rustls::Error>())
                && matches!(
                    error.kind(),
                    Kind::ConnectionRefused
                        | Kind::ConnectionReset
                        | Kind::ConnectionAborted
                        | Kind::NotConnected
                        | Kind::BrokenPipe
                        | Kind::UnexpectedEof
                        | Kind::TimedOut
                        | Kind::WouldBlock
                        | Kind::HostUnreachable
                        | Kind::NetworkUnreachable
                        | Kind::NetworkDown
                        | Kind::Other
                )
        }
        _ => false,
    }
}

fn hint(error: &ureq::Error, silence: Duration) -> Option<Hint> {
    match error {
        _ if matches!(secured(error), Some(rustls::Error::InvalidMessage(_))) => Some(Hint::AllowHttp),
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => Some(Hint::CheckAddress),
        // The standard library has no kind for this, and the same text on every system.
        ureq::Error::Io(error) if error.to_string().starts_with("failed to lookup address") => Some(Hint::CheckName),
        ureq::Error::HostNotFound => Some(Hint::CheckName),
        ureq::Error::ConnectProxyFailed(_) => Some(Hint::CheckProxy),
        ureq::Error::Timeout(Timeout::PerRead | Timeout::PerWrite) => Some(Hint::AllowSilence(silence)),
        _ => None,
    }
}

/// Returns what TLS itself says.
fn secured(error: &ureq::Error) -> Option<&rustls::Error> {
    match error {
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref(),
        _ => None,
    }
}

/// Says whether the peer, asked in plain http, seems to want https: Go's server says so in text, others answer with a TLS alert.
pub(super) fn wants_tls(outcome: &Result<Response>) -> bool {
    match outcome {
        // The status alone: the text is a courtesy of Go's, nginx has a page for it.
        Ok(response) => response.status == 400 && response.header("docker-distribution-api-version").is_none(),
        Err(Error::Exchange { source, .. }) => {
            let kind = source.downcast_ref().map(io::Error::kind);
            matches!(kind, Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset))
                || matches!(source.downcast_ref(), Some(ureq::Error::Protocol(_)))
        }
        Err(_) => false,
    }
}
