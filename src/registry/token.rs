//! Tokens: asked for when a registry says who gives them out, kept until shortly before they expire.
//!
//! <https://distribution.github.io/distribution/spec/auth/token/>, `oauth/` for identity tokens. A token request names everything that is
//! to be done at the registry, so that copying within one registry takes one.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use ureq::http::header;

use super::challenge::{self, Challenge};
use super::error::{Error, Result};
use super::login::Login;
use super::retry::retry;
use super::scope::{Scope, cover, merge};
use super::session::Session;
use super::url::Url;
use super::wire::{Body, Request, Response};
use crate::locks::lock;
use crate::percent;

/// How much of a token server's answer is read.
const MAX_ANSWER: u64 = 1024 * 1024;
/// How long a token lives that does not say, and the least that is believed.
const LIFETIME: u64 = 60;
/// How long before its end a token is no longer used.
const MARGIN: Duration = Duration::from_secs(5);

/// The most tokens that are kept for one registry; the oldest goes first.
const MAX_GRANTS: usize = 256;

/// How a registry wants to be asked, and the tokens for it.
#[derive(Default)]
pub(super) struct Tokens {
    pub(super) method: Option<Method>,
    pub(super) grants: Vec<Grant>,
    /// Whether the server grants less than it is asked for: from then on each request's own scopes are asked for alone.
    is_narrow: bool,
}

#[derive(Clone)]
pub(super) enum Method {
    Basic,
    Bearer { realm: Url, service: Option<String> },
}

pub(super) struct Grant {
    pub(super) scopes: Vec<Scope>,
    login: Option<Login>,
    pub(super) header: String,
    /// In seconds.
    pub(super) lifetime: u64,
    until: Instant,
}

impl Tokens {
    /// Says whether the registry has asked for a login.
    pub(super) fn is_asked(&self) -> bool {
        self.method.is_some()
    }

    fn find(&self, needed: &[Scope], login: Option<&Login>) -> Option<&str> {
        let now = Instant::now();
        let fits = |grant: &&Grant| grant.until > now && grant.login.as_ref() == login && cover(&grant.scopes, needed);
        self.grants.iter().find(fits).map(|grant| grant.header.as_str())
    }

    /// Drops a token that was refused, and those that have expired.
    fn forget(&mut self, header: Option<&str>) {
        let now = Instant::now();
        self.grants.retain(|grant| Some(grant.header.as_str()) != header && grant.until > now);
    }

    /// Learns that a token lacks what it was asked for; it may do for the rest.
    fn narrow(&mut self, header: &str, lacking: &[Scope]) {
        self.is_narrow = true;
        for grant in self.grants.iter_mut().filter(|grant| grant.header == header) {
            grant.scopes.retain(|scope| !lacking.iter().any(|lacking| lacking.is_about(scope)));
        }
        self.grants.retain(|grant| !grant.scopes.is_empty());
    }
}

impl Session {
    /// Returns the `Authorization` for a request, as far as the registry has said that it wants one.
    pub(super) fn authorization(&self, needed: &[Scope]) -> Result<Option<String>> {
        let mut tokens = lock(&self.registry.tokens);
        match tokens.method.clone() {
            // A token that was given is sent as it is, from the first request.
            None => Ok(self.given().and_then(|login| match login {
                Login::Bearer { token } => Some(format!("Bearer {token}")),
                _ => None,
            })),
            Some(Method::Basic) => Ok(self.login()?.as_ref().and_then(basic)),
            Some(Method::Bearer { realm, service }) => {
                self.bearer(&mut tokens, &realm, service.as_deref(), needed, &[], None)
            }
        }
    }

    /// Returns the `Authorization` that a registry asks for which has refused `used`; nothing when there is none to give.
    pub(super) fn challenged(
        &self,
        response: &Response,
        needed: &[Scope],
        used: Option<&str>,
    ) -> Result<Option<String>> {
        let challenges = challenge::parse(response.all("www-authenticate"));
        // Held while a token is asked for: the other threads that were refused then find it here.
        let mut tokens = lock(&self.registry.tokens);
        let is_bearer = |challenge: &&Challenge| {
            challenge.scheme == "bearer" && challenge.get("realm").is_some_and(|realm| !realm.trim().is_empty())
        };
        let takes_basic = challenges.iter().any(|challenge| challenge.scheme == "basic");
        let failure = match challenges.iter().find(is_bearer) {
            Some(challenge) => match self.challenged_by(&mut tokens, response, challenge, needed, used) {
                // A challenge that cannot be used is passed over for the next one.
                Err(error @ (Error::Status(_) | Error::Exchange { .. } | Error::Answer { .. })) if takes_basic => {
                    Some(error)
                }
                other => return other,
            },
            None => None,
        };
        let login = if takes_basic { self.login()?.as_ref().and_then(basic) } else { None };
        if login.is_some() || failure.is_none() && takes_basic {
            tokens.method = Some(Method::Basic);
        }
        match failure {
            Some(failure) if login.is_none() => Err(failure),
            _ => Ok(login),
        }
    }

    /// Returns the `Authorization` that a `Bearer` challenge asks for.
    fn challenged_by(
        &self,
        tokens: &mut Tokens,
        response: &Response,
        challenge: &Challenge,
        needed: &[Scope],
        mut used: Option<&str>,
    ) -> Result<Option<String>> {
        let realm = self.realm(response, challenge)?;
        let service = challenge.get("service").map(str::to_owned);
        tokens.method = Some(Method::Bearer { realm: realm.clone(), service: service.clone() });
        let asked = challenge.get("scope").map(Scope::parse_all).unwrap_or_default();
        if challenge.get("error") == Some("insufficient_scope")
            && let Some(used) = used.take()
        {
            tokens.narrow(used, &merge(asked.iter().chain(needed).cloned()));
        }
        self.bearer(tokens, &realm, service.as_deref(), needed, &asked, used)
    }

    /// The token server hears the password, so a registry must not be able to name just any.
    fn realm(&self, response: &Response, challenge: &Challenge) -> Result<Url> {
        let text = challenge.get("realm").unwrap_or_default();
        let realm = response.url.join(text).ok_or_else(|| response.senseless("its realm is no http URL"))?;
        self.allowed(&response.url, &response.url, realm)
    }

    fn bearer(
        &self,
        tokens: &mut Tokens,
        realm: &Url,
        service: Option<&str>,
        needed: &[Scope],
        asked: &[Scope],
        used: Option<&str>,
    ) -> Result<Option<String>> {
        let login = self.login()?;
        if let Some(Login::Bearer { token }) = &login {
            return Ok(Some(format!("Bearer {token}")));
        }
        tokens.forget(used);
        if let Some(header) = tokens.find(needed, login.as_ref()) {
            return Ok(Some(header.to_owned()));
        }
        let least = merge(asked.iter().chain(needed).cloned());
        let all = if tokens.is_narrow {
            least.clone()
        } else {
            merge(least.iter().cloned().chain(self.compatible(login.as_ref())?))
        };
        let fetch = |scopes: Vec<Scope>| self.fetch(realm, service, scopes, login.as_ref());
        let grant = match fetch(all.clone()) {
            // Some servers refuse everything where they should grant less.
            Err(Error::Status(status)) if matches!(status.status, 400 | 401 | 403) && all != least => fetch(least)?,
            other => other?,
        };
        let header = grant.header.clone();
        // Each request looks through them, and a mirrored registry may have any number of repositories.
        if tokens.grants.len() == MAX_GRANTS {
            tokens.grants.remove(0);
        }
        tokens.grants.push(grant);
        Ok(Some(header))
    }

    /// Returns what is to be done at this registry with the same login.
    fn compatible(&self, login: Option<&Login>) -> Result<Vec<Scope>> {
        let mut scopes = Vec::new();
        for scope in self.registry.announced() {
            if self.login_for(scope.path().unwrap_or_default())?.as_ref() == login {
                scopes.push(scope);
            }
        }
        Ok(scopes)
    }

    fn fetch(&self, realm: &Url, service: Option<&str>, scopes: Vec<Scope>, login: Option<&Login>) -> Result<Grant> {
        let answer = match login {
            Some(Login::IdentityToken { token }) => {
                let form = form(service, &scopes, token);
                let request = Request::new("POST", realm.clone())
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(Body::Bytes(form.as_bytes()));
                match self.token(request, None) {
                    // No OAuth there: the token may still do for a password.
                    Err(error) if matches!(error.status(), Some(404 | 405)) => self.token(
                        Request::new("GET", query(realm, service, &scopes, None)),
                        basic(&Login::password("<token>", token)).as_deref(),
                    ),
                    other => other,
                }
            }
            Some(login @ Login::Password { username, .. }) => {
                self.token(Request::new("GET", query(realm, service, &scopes, Some(username))), basic(login).as_deref())
            }
            _ => self.token(Request::new("GET", query(realm, service, &scopes, None)), None),
        };
        let (token, lifetime) = answer.map_err(|error| self.without_token(error))?;
        let until = Instant::now() + Duration::from_secs(lifetime) - MARGIN;
        Ok(Grant { scopes, login: login.cloned(), header: format!("Bearer {token}"), lifetime, until })
    }

    /// Makes the error of a request whose token cannot be had: it says nothing of what was asked for, and is not tried again.
    fn without_token(&self, mut error: Error) -> Error {
        match &mut error {
            Error::Status(status) => status.token_for = Some(self.registry.host.clone()),
            Error::Exchange { transient, .. } => *transient = false,
            _ => {}
        }
        self.denied(error, true)
    }

    /// Asks the token server; returns the token and its lifetime in seconds.
    fn token(&self, mut request: Request<'_, '_>, authorization: Option<&str>) -> Result<(String, u64)> {
        let what = format!("{} {}", request.method, request.url);
        request.is_for_token = true;
        let response = retry(&self.watch, self.retries(), &what, |failures| {
            request.retry = failures;
            let url = request.url.clone();
            let first = self.exchange(&mut request, &url, authorization, None)?;
            let response = self.follow(&mut request, first, authorization)?;
            if response.status == 200 { Ok(response) } else { Err(response.into_error()) }
        })?;
        let (response, content) = response.read(MAX_ANSWER)?;
        parse(&content).ok_or_else(|| response.senseless("it holds no token"))
    }
}

/// Reads a token server's answer: the token and its lifetime in seconds. Only the token matters: a lifetime that cannot be read is as if
/// absent (RFC 6749, section 5.1).
fn parse(content: &[u8]) -> Option<(String, u64)> {
    let answer: Value = serde_json::from_slice(content).ok()?;
    let token = ["token", "access_token"].iter().filter_map(|name| Some(answer.get(*name)?.as_str()?.trim()));
    // What goes into a header must not start another one.
    let mut usable = token.filter(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
    // Longer than any copy takes; adding more to a clock may not be possible.
    let lifetime = answer.get("expires_in").and_then(Value::as_u64).unwrap_or(LIFETIME).clamp(LIFETIME, 86_400);
    Some((usable.next()?.to_owned(), lifetime))
}

fn query(realm: &Url, service: Option<&str>, scopes: &[Scope], account: Option<&str>) -> Url {
    let mut url = realm.clone();
    if let Some(service) = service {
        url = url.with("service", service);
    }
    for scope in scopes {
        url = url.with("scope", &scope.to_string());
    }
    match account {
        Some(account) => url.with("account", account),
        None => url,
    }
}

fn form(service: Option<&str>, scopes: &[Scope], token: &str) -> String {
    let scopes: Vec<_> = scopes.iter().map(ToString::to_string).collect();
    let fields = [
        ("grant_type", "refresh_token"),
        ("service", service.unwrap_or_default()),
        ("client_id", "stevedore"),
        ("scope", &scopes.join(" ")),
        ("refresh_token", token),
    ];
    fields.map(|(name, value)| format!("{name}={}", percent::scope(value))).join("&")
}

fn basic(login: &Login) -> Option<String> {
    match login {
        Login::Password { username, password } => {
            Some(format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let table: &[(&str, Option<(&str, u64)>)] = &[
            (r#"{"token":"a","expires_in":300}"#, Some(("a", 300))),
            (r#"{"access_token":"b"}"#, Some(("b", 60))),
            (r#"{"token":"","access_token":"b","expires_in":5}"#, Some(("b", 60))),
            (r#"{"token":"a","access_token":"b","expires_in":99999999999}"#, Some(("a", 86_400))),
            (r#"{"token":"a\r\nX: y"}"#, None),
            (r#"{"token":" a\n"}"#, Some(("a", 60))),
            (r#"{"token":7,"access_token":"b"}"#, Some(("b", 60))),
            (r#"{"token":"a","expires_in":"3600"}"#, Some(("a", 60))),
            (r#"{"token":"a","expires_in":3600.0}"#, Some(("a", 60))),
            (r#"{"token":"a","expires_in":-1}"#, Some(("a", 60))),
            (r#"{"token":"a","expires_in":null}"#, Some(("a", 60))),
            ("{}", None),
            ("<html>", None),
        ];
        for (text, wanted) in table {
            let got = parse(text.as_bytes());
            assert_eq!(got.as_ref().map(|(token, life)| (token.as_str(), *life)), *wanted, "{text}");
        }
    }

    #[test]
    fn requests() {
        let realm = Url::parse("https://a/token?x=1").expect("url");
        let scopes = Scope::parse_all("repository:b:pull,push repository:a:pull");
        assert_eq!(
            super::super::url::full(&query(&realm, Some("my registry"), &scopes, Some("me"))),
            "https://a/token?x=1&service=my%20registry&scope=repository:b:pull,push&scope=repository:a:pull&account=me"
        );
        assert_eq!(
            form(None, &scopes, "t+k"),
            "grant_type=refresh_token&service=&client_id=stevedore&scope=repository:b:pull,push%20repository:a:pull&refresh_token=t%2Bk"
        );
        assert_eq!(basic(&Login::password("a", "b:c")).as_deref(), Some("Basic YTpiOmM="));
    }
}
