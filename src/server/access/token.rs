//! Bearer tokens: signed statements of who may do what until when.
//!
//! JWT: RFC 7519; the `access` claim: <https://distribution.github.io/distribution/spec/auth/jwt/>. A key fits one algorithm, so that a
//! token cannot choose how it is checked: `none`, or a public key taken for a secret, find no key.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::{Action, Wish};
use crate::timestamp;

/// Clocks may differ by so many seconds.
const LEEWAY: u64 = 30;

/// How tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Hs256,
    Rs256,
    Es256,
    EdDsa,
}

impl Algorithm {
    fn of(name: &str) -> Option<Self> {
        match name {
            "HS256" => Some(Self::Hs256),
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the token is no JWT")]
    NoToken,
    #[error("the token is signed by nobody who is trusted here")]
    Signature,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    Early,
    #[error("the token is meant for another service")]
    Audience,
    #[error("the token comes from another issuer")]
    Issuer,
}

/// A token taken apart, not checked yet.
pub(super) struct Parts<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    /// What is signed.
    pub(super) signed: &'a [u8],
    pub(super) signature: Vec<u8>,
    claims: &'a str,
}

#[derive(Serialize, Deserialize)]
struct Header {
    typ: Option<String>,
    alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    /// Extensions that must be understood: RFC 7515, section 4.1.11.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crit: Option<serde_json::Value>,
}

impl<'a> Parts<'a> {
    /// Takes a token apart.
    pub(super) fn of(token: &'a str) -> Result<Self, Refusal> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::NoToken)?;
        let (header, claims) = signed.split_once('.').ok_or(Refusal::NoToken)?;
        let header: Header = decode(header)?;
        if header.crit.is_some() {
            return Err(Refusal::NoToken);
        }
        let algorithm = Algorithm::of(&header.alg).ok_or(Refusal::Signature)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::NoToken)?;
        Ok(Self { algorithm, key_id: header.kid, signed: signed.as_bytes(), signature, claims })
    }

    /// Returns the claims of a token whose signature was checked, if they hold now.
    pub(super) fn claims(&self, wanted: &Wanted<'_>, now: u64) -> Result<Claims, Refusal> {
        let claims: Claims = decode(self.claims)?;
        if now >= claims.expires.saturating_add(LEEWAY) {
            return Err(Refusal::Expired);
        }
        if claims.not_before.is_some_and(|begin| now.saturating_add(LEEWAY) < begin) {
            return Err(Refusal::Early);
        }
        if claims.issuer.as_deref() != Some(wanted.issuer) {
            return Err(Refusal::Issuer);
        }
        if !claims.audience.has(wanted.audience) {
            return Err(Refusal::Audience);
        }
        Ok(claims)
    }
}

fn decode<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::NoToken)?;
    serde_json::from_slice(&bytes).map_err(|_| Refusal::NoToken)
}

/// Makes what a token's signature is over.
pub(super) fn encode(claims: &Claims) -> String {
    let header = Header { typ: Some("JWT".into()), alg: "HS256".into(), kid: None, crit: None };
    let part = |json: serde_json::Result<Vec<u8>>| URL_SAFE_NO_PAD.encode(json.expect("text and numbers are JSON"));
    format!("{}.{}", part(serde_json::to_vec(&header)), part(serde_json::to_vec(claims)))
}

/// Whose token is meant for whom.
pub(super) struct Wanted<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
}

/// What a token says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    #[serde(rename = "iss", default)]
    pub(super) issuer: Option<String>,
    /// The user; empty or absent for nobody in particular.
    #[serde(rename = "sub", default)]
    pub(super) subject: Option<String>,
    #[serde(rename = "aud", default)]
    pub(super) audience: Audience,
    #[serde(rename = "exp", deserialize_with = "seconds")]
    pub(super) expires: u64,
    #[serde(rename = "nbf", default, deserialize_with = "perhaps_seconds", skip_serializing_if = "Option::is_none")]
    pub(super) not_before: Option<u64>,
    #[serde(rename = "iat", default, deserialize_with = "perhaps_seconds", skip_serializing_if = "Option::is_none")]
    pub(super) issued: Option<u64>,
    /// Issuers written in Go say `null` for nothing.
    #[serde(default, deserialize_with = "crate::descriptor::null_as_default")]
    pub(super) access: Vec<Grant>,
}

/// RFC 7519 allows fractions.
fn seconds<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let number = f64::deserialize(from)?;
    if !(0.0..9e15).contains(&number) {
        return Err(serde::de::Error::custom("no time"));
    }
    // Within the range that was checked, this only cuts the fraction off.
    Ok(number as u64)
}

fn perhaps_seconds<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    seconds(from).map(Some)
}

/// Whom a token is meant for: a name, or several.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Default for Audience {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Audience {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Several(names) => names.iter().any(|each| each == name),
        }
    }
}

/// What may be done to one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grant {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) name: String,
    #[serde(default, deserialize_with = "crate::descriptor::null_as_default")]
    pub(super) actions: Vec<String>,
}

impl Grant {
    /// Reads a scope: `repository:NAME:ACTION,ACTION` and `registry:catalog:*`. What else there may be is nothing that could be granted.
    ///
    /// Token scopes: <https://distribution.github.io/distribution/spec/auth/scope/>.
    pub(super) fn of_scope(scope: &str) -> Option<Self> {
        let (kind, rest) = scope.split_once(':')?;
        // A class, as in `repository(plugin)`, says what the content is for.
        let kind = kind.split_once('(').map_or(kind, |(kind, _)| kind);
        let (name, actions) = rest.rsplit_once(':')?;
        let actions = actions.split(',').filter(|action| !action.is_empty()).map(str::to_owned).collect();
        Some(Self { kind: kind.into(), name: name.into(), actions })
    }

    /// Returns what is asked for, as wishes with the names of the actions. `*` asks for all.
    pub(super) fn wishes(&self) -> Vec<(&'static str, Wish<'_>)> {
        let asks = |action: &str| self.actions.iter().any(|each| each == action || each == "*");
        match (self.kind.as_str(), self.name.as_str()) {
            ("repository", name) => [("pull", Action::Pull), ("push", Action::Push), ("delete", Action::Delete)]
                .into_iter()
                .filter(|(text, _)| asks(text))
                .map(|(text, action)| (text, Wish { action, repository: Some(name) }))
                .collect(),
            ("registry", "catalog") if asks("*") => vec![("*", Wish { action: Action::Catalog, repository: None })],
            _ => Vec::new(),
        }
    }

    /// Says whether it grants a wish.
    pub(super) fn covers(&self, wish: &Wish<'_>) -> bool {
        self.wishes().iter().any(|(_, granted)| granted == wish)
    }
}

/// Returns the scope that a wish needs.
pub(super) fn scope_of(wish: &Wish<'_>) -> Option<String> {
    let plain = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte));
    let repository = wish.repository.filter(plain);
    match wish.action {
        Action::Ping => None,
        Action::Catalog => Some("registry:catalog:*".into()),
        Action::Pull => Some(format!("repository:{}:pull", repository?)),
        // Clients look before they write.
        Action::Push => Some(format!("repository:{}:pull,push", repository?)),
        Action::Delete => Some(format!("repository:{}:delete", repository?)),
    }
}

/// Returns the time in seconds since 1970.
pub(super) fn now() -> u64 {
    timestamp::seconds(SystemTime::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> serde_json::Value {
        serde_json::json!({ "iss": "us", "aud": "here", "exp": 1000, "nbf": 500.5, "sub": "alice" })
    }

    fn check(claims: &serde_json::Value, now: u64) -> Result<Claims, Refusal> {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let token = format!("{}.{}.{}", part(r#"{"alg":"ES256"}"#), part(&claims.to_string()), part("s"));
        Parts::of(&token)?.claims(&Wanted { issuer: "us", audience: "here" }, now)
    }

    #[test]
    fn claims_hold_for_a_time_and_a_service() {
        assert_eq!(check(&claims(), 700).expect("holds").subject.as_deref(), Some("alice"));
        assert_eq!(check(&claims(), 1029).map(drop), Ok(()), "clocks differ");
        assert_eq!(check(&claims(), 1030).map(drop), Err(Refusal::Expired));
        assert_eq!(check(&claims(), 470).map(drop), Ok(()));
        assert_eq!(check(&claims(), 469).map(drop), Err(Refusal::Early));
        let with = |name: &str, value: serde_json::Value| {
            let mut claims = claims();
            claims[name] = value;
            check(&claims, 700).map(drop)
        };
        assert_eq!(with("aud", serde_json::json!(["there", "here"])), Ok(()));
        for nothing in
            [serde_json::json!(null), serde_json::json!([{"type": "repository", "name": "a", "actions": null}])]
        {
            assert_eq!(with("access", nothing), Ok(()), "issuers written in Go");
        }
        for (name, value, refusal) in [
            ("aud", serde_json::json!("there"), Refusal::Audience),
            ("aud", serde_json::json!([]), Refusal::Audience),
            ("iss", serde_json::json!("them"), Refusal::Issuer),
            ("iss", serde_json::json!(null), Refusal::Issuer),
            ("exp", serde_json::json!(null), Refusal::NoToken),
            ("exp", serde_json::json!("1000"), Refusal::NoToken),
            ("exp", serde_json::json!(-1), Refusal::NoToken),
            ("exp", serde_json::json!(1e300), Refusal::NoToken),
            ("nbf", serde_json::json!("x"), Refusal::NoToken),
        ] {
            assert_eq!(with(name, value.clone()), Err(refusal), "{name} {value}");
        }
        let mut without = claims();
        without.as_object_mut().expect("an object").remove("exp");
        assert_eq!(check(&without, 700).map(drop), Err(Refusal::NoToken), "a token that never expires");
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let with = |header: &str| format!("{}.{}.", part(header), part("{}"));
        for (token, refusal) in [
            (String::new(), Refusal::NoToken),
            ("a.b".into(), Refusal::NoToken),
            ("a.b.c.d".into(), Refusal::NoToken),
            (with("{}"), Refusal::NoToken),
            (with(r#"{"alg":"ES256","crit":["b64"],"b64":false}"#), Refusal::NoToken),
            (with(r#"{"alg":"none"}"#), Refusal::Signature),
            (with(r#"{"alg":"None"}"#), Refusal::Signature),
            (with(r#"{"alg":"HS512"}"#), Refusal::Signature),
        ] {
            assert_eq!(Parts::of(&token).err(), Some(refusal), "{token}");
        }
    }

    #[test]
    fn scopes_become_grants() {
        let grant = |scope: &str| {
            let grant = Grant::of_scope(scope)?;
            Some(grant.wishes().iter().map(|(name, _)| *name).collect::<Vec<_>>().join(","))
        };
        for (scope, expected) in [
            ("repository:a/b:pull,push", Some("pull,push")),
            ("repository:host:5000/a:pull", Some("pull")),
            ("repository(plugin):a:pull", Some("pull")),
            ("repository:a:*", Some("pull,push,delete")),
            ("repository:a:", Some("")),
            ("repository:a:own", Some("")),
            ("registry:catalog:*", Some("*")),
            ("registry:other:*", Some("")),
            ("repository", None),
            ("", None),
        ] {
            assert_eq!(grant(scope).as_deref(), expected, "{scope}");
        }
        let wish = |action, repository| Wish { action, repository };
        assert_eq!(scope_of(&wish(Action::Push, Some("a/b"))).as_deref(), Some("repository:a/b:pull,push"));
        assert_eq!(scope_of(&wish(Action::Pull, Some("a\",x=\"b"))), None, "it stands between quotes");
        let grant = Grant::of_scope("repository:a:pull").expect("a scope");
        assert!(grant.covers(&wish(Action::Pull, Some("a"))));
        assert!(!grant.covers(&wish(Action::Pull, Some("b"))) && !grant.covers(&wish(Action::Push, Some("a"))));
    }
}
