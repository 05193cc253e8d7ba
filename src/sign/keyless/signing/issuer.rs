//! Identity tokens from who issues them: to jobs of GitHub's, and to people by a code that they confirm in a browser.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::authority::Named;
use super::error::{Error, Result};
use super::token::IdentityToken;
use super::{check_secret, named};
use crate::percent;
use crate::registry::{Client, Question, Service, clean};
use crate::sign::key;
use crate::watch::Watch;

/// How long to wait between two questions when nothing is said (RFC 8628, section 3.2), and how much longer when asked to slow down.
const INTERVAL: u64 = 5;
/// The longest pause and the longest that a code is waited for, in seconds, whatever a server says.
const LONGEST_INTERVAL: u64 = 60;
const LONGEST: u64 = 1800;
const ISSUER: &str = "the issuer of identity tokens";

/// What a person has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prompt {
    /// Where to go.
    pub url: String,
    /// What to enter or to compare there.
    pub code: String,
}

/// Asks for the token of a job of GitHub's, by the URL and the secret in its environment.
///
/// GitHub, "OpenID Connect reference":
/// <https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token>
///
/// # Errors
/// When there is none.
pub fn github(client: &Client, url: &str, secret: &str, audience: &str, watch: &Watch) -> Result<IdentityToken> {
    #[derive(Deserialize)]
    struct Answer {
        value: String,
    }
    const WHO: &str = "GitHub's issuer";
    let github = named(client, WHO, url, watch)?;
    check_secret(&github, WHO, url)?;
    if !is_header(secret) {
        return Err(Error::Token("ACTIONS_ID_TOKEN_REQUEST_TOKEN holds what no header of HTTP can"));
    }
    let authorization = Zeroizing::new(format!("bearer {secret}"));
    let answer = github.ask(
        "give an identity token",
        &Question {
            method: "GET",
            path: "",
            query: &[("audience", audience)],
            authorization: Some(&authorization),
            body: None,
            wanted: &[200],
        },
    )?;
    let answer: Option<Answer> = serde_json::from_slice(&answer.content).ok();
    IdentityToken::parse(&answer.ok_or_else(|| github.senseless("it holds no token"))?.value)
}

fn is_header(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What an issuer says of itself. OpenID Connect Discovery, section 3.
#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    #[serde(default)]
    device_authorization_endpoint: String,
    #[serde(default)]
    token_endpoint: String,
}

/// RFC 8628, section 3.2.
#[derive(Deserialize)]
struct Device {
    device_code: String,
    user_code: String,
    verification_uri: String,
    #[serde(default)]
    verification_uri_complete: Option<String>,
    expires_in: u64,
    #[serde(default)]
    interval: Option<u64>,
}

/// RFC 6749, sections 5.1 and 5.2.
#[derive(Deserialize)]
struct Granted {
    #[serde(default)]
    id_token: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

/// Asks an issuer for a token for a person, who is told where to confirm that. RFC 8628: <https://www.rfc-editor.org/rfc/rfc8628>
///
/// # Errors
/// When the issuer has no such flow, the person refuses, or the time for it is over.
pub fn people(
    client: &Client,
    issuer: &str,
    client_id: &str,
    tell: &dyn Fn(&Prompt),
    watch: &Watch,
) -> Result<IdentityToken> {
    let at = |url: &str| -> Result<Named> {
        let service = named(client, ISSUER, url, watch)?;
        check_secret(&service, ISSUER, url)?;
        Ok(service)
    };
    let issuing = at(issuer)?;
    let found = issuing.ask("say how it issues tokens", &get("/.well-known/openid-configuration"))?;
    let found: Discovered =
        serde_json::from_slice(&found.content).map_err(|_| issuing.senseless("it is no description of an issuer"))?;
    if found.issuer != issuer {
        return Err(issuing.senseless(format!("it says that it is {:?}", shown(&found.issuer))));
    }
    if found.device_authorization_endpoint.is_empty() || found.token_endpoint.is_empty() {
        return Err(issuing.senseless("it has no flow for devices (RFC 8628)"));
    }
    let verifier = verifier()?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let asked = form(&[
        ("client_id", client_id),
        ("scope", "openid email"),
        ("code_challenge_method", "S256"),
        ("code_challenge", &challenge),
    ]);
    let device = at(&found.device_authorization_endpoint)?;
    let answer = device.ask("begin to issue a token", &post(asked.as_bytes(), &[200]))?;
    let answer: Device =
        serde_json::from_slice(&answer.content).map_err(|_| device.senseless("it holds no code for a person"))?;
    let url = answer.verification_uri_complete.as_deref().unwrap_or(&answer.verification_uri);
    tell(&Prompt { url: shown(url), code: shown(&answer.user_code) });
    let token = wait(&at(&found.token_endpoint)?, &answer, client_id, &verifier)?;
    match token.issuer() == issuer {
        true => Ok(token),
        false => Err(issuing.senseless(format!("its token is of {:?}", shown(token.issuer())))),
    }
}

/// Asks for the token until the person has confirmed or refused it, or its time is over.
fn wait(at: &Named, device: &Device, client_id: &str, verifier: &str) -> Result<IdentityToken> {
    let asked = Zeroizing::new(form(&[
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", client_id),
        ("device_code", &device.device_code),
        ("scope", "openid email"),
        ("code_verifier", verifier),
    ]));
    let mut interval = device.interval.filter(|interval| *interval > 0).unwrap_or(INTERVAL).min(LONGEST_INTERVAL);
    let mut left = device.expires_in.min(LONGEST);
    let refused = |reason: &str| Error::Refused { who: at.who.clone(), reason: reason.to_owned() };
    loop {
        let answer = at.ask("issue a token", &post(asked.as_bytes(), &[200, 400, 401, 403]))?;
        let answer: Granted =
            serde_json::from_slice(&answer.content).map_err(|_| at.senseless("it is neither a token nor an error"))?;
        match (answer.id_token, answer.error.as_deref()) {
            (Some(token), _) => return IdentityToken::parse(&token),
            (None, Some("authorization_pending")) => {}
            (None, Some("slow_down")) => interval = (interval + INTERVAL).min(LONGEST_INTERVAL),
            (None, Some("access_denied")) => return Err(refused("it was denied")),
            (None, Some("expired_token")) => return Err(refused("nobody confirmed it in time")),
            (None, Some(other)) => return Err(refused(&shown(other))),
            (None, None) => return Err(at.senseless("it holds no identity token")),
        }
        left = left.checked_sub(interval).ok_or_else(|| refused("nobody confirmed it in time"))?;
        pause(&at.service, at, interval)?;
    }
}

fn pause(service: &Service, at: &Named, seconds: u64) -> Result<()> {
    let waited = service.wait(Duration::from_secs(seconds));
    waited.map_err(|source| at.failed("issue a token", source))
}

fn get(path: &str) -> Question<'_> {
    Question { method: "GET", path, query: &[], authorization: None, body: None, wanted: &[200] }
}

fn post<'a>(form: &'a [u8], wanted: &'a [u16]) -> Question<'a> {
    let body = Some(("application/x-www-form-urlencoded", form));
    Question { method: "POST", path: "", query: &[], authorization: None, body, wanted }
}

fn form(fields: &[(&str, &str)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", percent::scope(value))).collect();
    fields.join("&")
}

/// Makes a secret that ties the token to who has asked for it. RFC 7636, section 4.1.
fn verifier() -> Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0; 32]);
    key::fill_random(&mut *bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(*bytes).into())
}

/// A server's words, as they may be shown.
fn shown(text: &str) -> String {
    clean(text).unwrap_or_default()
}
