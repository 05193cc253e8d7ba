//! Requests to one registry: with the right scheme, authenticated, redirected, tried again.

use std::sync::Arc;
use std::time::Duration;

use super::answers::is_page;
use super::client::Client;
use super::error::{Error, Hint, Result, is_overload, is_transient};
use super::host::Registry;
use super::login::Login;
use super::message::clean;
use super::retry::{LONGEST, check, pause, retry};
use super::scope::Scope;
use super::url::{Scheme, Url};
use super::wire::{self, Body, Request, Response, Way, wants_tls};
use crate::locks::lock;
use crate::watch::Watch;

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 10;
/// How often a request is authenticated anew: an expired token, then one with too little in it.
const MAX_CHALLENGES: usize = 2;
/// A registry that has all of a blob may move it to its final place before it answers, longer than a connection is otherwise silent.
const COMMIT_PATIENCE: u32 = 4;

/// Someone who talks to a registry about one repository, or about none.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) registry: Arc<Registry>,
    /// The repository's path; empty for none.
    pub(super) repository: String,
    pub(super) watch: Watch,
    /// The registry that this stands in for, whose given login is none of its business.
    pub(super) mirror_of: Option<String>,
    /// Why nothing may be asked.
    pub(super) refusal: Option<Refusal>,
}

/// A rule that forbids to use a repository.
pub(super) struct Refusal {
    pub(super) reason: &'static str,
    pub(super) place: String,
}

impl Session {
    pub(super) fn new(client: Client, registry: Arc<Registry>, repository: &str, watch: &Watch) -> Self {
        let repository = repository.into();
        Self { client, registry, repository, watch: watch.clone(), mirror_of: None, refusal: None }
    }

    /// Says whether this stands in for another registry.
    pub(super) fn is_mirror(&self) -> bool {
        self.mirror_of.is_some()
    }

    /// Returns the login that was given for this registry.
    pub(super) fn given(&self) -> Option<&Login> {
        self.client.options().login.as_ref().filter(|_| !self.is_mirror())
    }

    /// Fails when a rule forbids to ask.
    fn permitted(&self) -> Result<()> {
        let Some(Refusal { reason, place }) = &self.refusal else {
            return Ok(());
        };
        let repository = format!("{}/{}", self.registry.host, self.repository);
        Err(Error::Rule { repository, reason, place: place.clone() })
    }

    /// Returns how often a request is tried again. A mirror's are not: the next place is asked instead.
    pub(super) fn retries(&self) -> u32 {
        if self.is_mirror() { 0 } else { self.client.options().retries }
    }

    /// Sends a request and returns the answer, unless it is a failure that may pass: that is tried again.
    pub(super) fn send(&self, mut request: Request<'_, '_>, needed: &[Scope]) -> Result<Response> {
        if !request.is_repeatable() {
            check(&self.watch)?;
            return self.authenticated(&mut request, needed);
        }
        let what = format!("{} {}", request.method, request.url);
        let before = request.retry;
        retry(&self.watch, self.retries(), &what, |failures| {
            request.retry = before + failures;
            let response = self.authenticated(&mut request, needed)?;
            if is_transient(response.status) { Err(response.into_error()) } else { Ok(response) }
        })
        .map_err(|error| self.explained(error))
    }

    /// Sends a request that only saves another one, which a failure is left to: nothing when it failed in passing and the pause that the
    /// registry wants has been made.
    pub(super) fn send_once(&self, mut request: Request<'_, '_>, needed: &[Scope]) -> Result<Option<Response>> {
        let what = format!("{} {}", request.method, request.url);
        let mut failures = 0;
        loop {
            check(&self.watch)?;
            request.retry = failures;
            let error = match self.authenticated(&mut request, needed) {
                Ok(response) if is_overload(response.status) => {
                    let error = response.into_error();
                    let is_patient = self.retries() > 0 && error.retry_after().is_none_or(|asked| asked <= LONGEST);
                    if is_patient {
                        pause(&self.watch, self.retries(), &what, &mut failures, error)?;
                    }
                    return Ok(None);
                }
                Ok(response) => return Ok(Some(response)),
                Err(error) => self.explained(error),
            };
            pause(&self.watch, self.retries(), &what, &mut failures, error)?;
        }
    }

    /// Sends a request to whoever it names, with nothing that says who asks.
    pub(super) fn send_anonymously(&self, mut request: Request<'_, '_>) -> Result<Response> {
        let what = format!("{} {}", request.method, request.url);
        let before = request.retry;
        retry(&self.watch, self.retries(), &what, |failures| {
            request.retry = before + failures;
            let url = request.url.clone();
            let first = self.exchange(&mut request, &url, None, None)?;
            let response = self.follow(&mut request, first, None)?;
            if matches!(response.status, 200 | 206) { Ok(response) } else { Err(response.into_error()) }
        })
    }

    /// Sends a request and takes any status but these for an error.
    pub(super) fn expect(&self, request: Request<'_, '_>, needed: &[Scope], wanted: &[u16]) -> Result<Response> {
        let response = self.send(request, needed)?;
        if wanted.contains(&response.status) { Ok(response) } else { Err(self.error(response)) }
    }

    /// Makes the error that an answer is, with where credentials were looked for.
    pub(super) fn error(&self, response: Response) -> Error {
        self.explained(response.into_error())
    }

    /// Adds to a denial where logins were looked for, and whether another one would help.
    pub(super) fn explained(&self, error: Error) -> Error {
        self.denied(error, false)
    }

    /// Does the same. A token server that denies does not accept the login, even with status 403; a registry that does so knows who asks.
    pub(super) fn denied(&self, mut error: Error, by_token_server: bool) -> Error {
        if let Error::Status(status) = &mut error
            && matches!(status.status, 401 | 403)
        {
            let was_sent = status.logged_in;
            // Where the registry asks for none, no login helps. Who asks a token server holds the lock on the tokens, and was asked for one.
            let is_asked = by_token_server || lock(&self.registry.tokens).is_asked();
            let found = lock(&self.registry.logins).get(&self.repository).map(Option::is_some);
            let is_given = self.given().is_some();
            status.logged_in = is_given || found == Some(true);
            if !status.logged_in {
                status.places = self.client.options().credentials.places();
            }
            let host = &self.registry.host;
            let is_refused = status.status == 401 || by_token_server;
            if is_refused && is_given && was_sent {
                status.hint = Some(format!("check the credentials given for {host}"));
            } else if (found == Some(false) && is_asked) || (found == Some(true) && is_refused) {
                status.hint = Some(format!("stevedore login {host}"));
            }
        }
        error
    }

    /// Returns the login for this repository, looked up once.
    pub(super) fn login(&self) -> Result<Option<Login>> {
        self.login_for(&self.repository)
    }

    pub(super) fn login_for(&self, repository: &str) -> Result<Option<Login>> {
        let options = self.client.options();
        if let Some(given) = self.given() {
            return Ok(Some(given.clone()));
        }
        // The lock is held while a helper may ask a person, so that it asks once.
        let mut logins = lock(&self.registry.logins);
        if let Some(known) = logins.get(repository) {
            return Ok(known.as_ref().map(|found| found.login.clone()));
        }
        let host = &self.registry.host;
        let found = options
            .credentials
            .locate(host, repository)
            .map_err(|source| Error::Credentials { host: host.clone(), source })?;
        let login = found.as_ref().map(|found| found.login.clone());
        logins.insert(repository.into(), found);
        Ok(login)
    }

    fn authenticated(&self, request: &mut Request<'_, '_>, needed: &[Scope]) -> Result<Response> {
        self.permitted()?;
        // An upload may go on at another host, which has no business with our credentials.
        if !self.registry.owns(&request.url) {
            let url = request.url.clone();
            return self.exchange(request, &url, None, self.patience(request));
        }
        let mut authorization = self.authorization(needed)?;
        let mut challenges = 0;
        loop {
            let response = self.redirected(request, authorization.as_deref())?;
            self.hear(&response);
            if challenges == MAX_CHALLENGES || matches!(request.body, Body::Part(..)) {
                return Ok(response);
            }
            challenges += 1;
            let mut new = None;
            if response.status == 401 && self.registry.owns(&response.url) {
                new = self.challenged(&response, needed, authorization.as_deref())?;
            }
            if new.is_none() && authorization.is_none() && self.may_hide(request, &response) {
                new = self.learned(needed)?;
            }
            match new {
                Some(new) if authorization.as_ref() != Some(&new) => {
                    response.discard();
                    authorization = Some(new);
                }
                _ => return Ok(response),
            }
        }
    }

    /// Says whether an answer may be what a registry tells strangers that hides from them what it has.
    fn may_hide(&self, request: &Request<'_, '_>, response: &Response) -> bool {
        let is_ours = self.registry.owns(&response.url);
        match response.status {
            401 | 403 | 404 => is_ours,
            // A page to sign in, at whatever host.
            200 => {
                response.url.target() != request.url.target() && response.header("content-type").is_some_and(is_page)
            }
            301..=303 | 307 | 308 => true,
            _ => false,
        }
    }

    /// Learns from `/v2/` how the registry wants to be asked, once, where there is a login that it did not ask for; returns the
    /// `Authorization` for a request then.
    ///
    /// distribution-spec, "Determining Support": what needs a login says so there.
    fn learned(&self, needed: &[Scope]) -> Result<Option<String>> {
        // What cannot be read is an error only for a registry that wants a login.
        if matches!(self.login(), Ok(None)) {
            return Ok(None);
        }
        // Held while it is asked, so that it is asked once.
        let mut is_known = lock(&self.registry.probed);
        if *is_known {
            return self.authorization(needed);
        }
        let mut request = Request::new("GET", self.registry.url("/v2/"));
        let response = self.redirected(&mut request, None)?;
        *is_known = true;
        let is_asked = response.status == 401 && self.registry.owns(&response.url);
        let header = if is_asked { self.challenged(&response, needed, None)? } else { None };
        response.discard();
        Ok(header)
    }

    /// Sends a request once, when its host may be asked.
    pub(super) fn exchange(
        &self,
        request: &mut Request<'_, '_>,
        url: &Url,
        authorization: Option<&str>,
        patience: Option<Duration>,
    ) -> Result<Response> {
        let agent = self.client.agent(url)?;
        let limit = self.client.limit(url);
        let _turn = limit.admit(!request.is_repeatable(), &self.watch)?;
        let about = self.about(request, url, authorization);
        let way = Way { agent: &agent, patience, pace: self.client.pace(&self.watch), about };
        wire::send(way, request, url, authorization)
    }

    /// Follows redirects by hand, for the authorization must not go to another origin (CVE-2020-15157).
    fn redirected(&self, request: &mut Request<'_, '_>, authorization: Option<&str>) -> Result<Response> {
        let first = self.settled(request, authorization)?;
        self.follow(request, first, authorization)
    }

    pub(super) fn follow(
        &self,
        request: &mut Request<'_, '_>,
        first: Response,
        authorization: Option<&str>,
    ) -> Result<Response> {
        let origin = first.url.clone();
        let mut response = first;
        for _ in 0..MAX_REDIRECTS {
            let Some(next) = target(request, &response)? else {
                return Ok(response);
            };
            let next = self.allowed(&origin, &response.url, next)?;
            response.discard();
            let authorization = authorization.filter(|_| next.is_same_origin(&origin));
            response = self.exchange(request, &next, authorization, None)?;
        }
        Err(response.senseless("it redirects again and again"))
    }

    /// Checks where an answer leads; a registry behind a proxy often says http of its own https.
    pub(super) fn allowed(&self, origin: &Url, from: &Url, to: Url) -> Result<Url> {
        let is_same_host = to.authority() == from.authority();
        let to = if is_same_host && from.scheme == Scheme::Https { to.at(Scheme::Https) } else { to };
        if origin.may_lead_to(&to) && !(from.scheme == Scheme::Https && to.scheme == Scheme::Http) {
            return Ok(to);
        }
        let reason = if to.scheme == Scheme::Http && from.scheme == Scheme::Https {
            "it leads from https to http"
        } else {
            "it leads into a private network"
        };
        Err(Error::Refused { from: from.to_string(), to: to.to_string(), reason })
    }

    /// Sends a request to the registry with its scheme, which the first request finds out.
    fn settled(&self, request: &mut Request<'_, '_>, authorization: Option<&str>) -> Result<Response> {
        let send = |request: &mut Request<'_, '_>, scheme: Scheme| {
            let url = request.url.at(scheme);
            self.exchange(request, &url, authorization, self.patience(request))
        };
        if let Some(scheme) = self.registry.scheme() {
            return send(request, scheme);
        }
        let first = self.registry.candidates()[0];
        let second = self.registry.candidates().get(1).copied();
        let outcome = send(request, first);
        let is_wrong = match first {
            Scheme::Http => wants_tls(&outcome),
            Scheme::Https => {
                matches!(&outcome, Err(error @ Error::Exchange { hint, .. }) if *hint == Some(Hint::AllowHttp) || error.is_unreachable())
            }
        };
        if let (true, Some(second)) = (is_wrong, second) {
            match send(request, second) {
                Ok(response) => {
                    self.registry.settle(second);
                    return Ok(response);
                }
                // It is TLS that is spoken there, with a certificate that is not trusted.
                Err(error) if error.is_distrust() => return Err(error),
                // The first answer says more than that the other way does not work either.
                Err(_) => {}
            }
        }
        if outcome.is_ok() {
            self.registry.settle(first);
        }
        outcome
    }

    fn patience(&self, request: &Request<'_, '_>) -> Option<Duration> {
        matches!(request.body, Body::Blob(_)).then(|| self.client.options().read_timeout * COMMIT_PATIENCE)
    }

    /// Passes on `Warning: 299 - "text"`.
    fn hear(&self, response: &Response) {
        for warning in response.all("warning") {
            let text = warning
                .split_once('"')
                .map_or(warning, |(_, rest)| rest.rsplit_once('"').map_or(rest, |(text, _)| text));
            if let Some(text) = clean(&text.replace("\\\"", "\"")) {
                self.client.warn(&self.watch, &self.registry.host, &text);
            }
        }
    }
}

/// Returns where an answer sends the request, if it does and the request can be sent there.
fn target(request: &Request<'_, '_>, response: &Response) -> Result<Option<Url>> {
    let is_read = matches!(request.method, "GET" | "HEAD");
    let follows = match response.status {
        301..=303 => is_read,
        // RFC 9110, sections 15.4.8 and 15.4.9: with the same method, and with the body, which a whole blob has again.
        307 | 308 => !matches!(request.body, Body::Part(..)),
        _ => false,
    };
    let Some(location) = response.header("location").filter(|_| follows) else {
        return Ok(None);
    };
    let url = response.url.join(location).ok_or_else(|| response.senseless("its Location is no http URL"))?;
    Ok(Some(url))
}
