//! How a registry wants to be asked, for people and for other programs.

use std::fmt;

use super::error::Result;
use super::message::clean;
use super::scope::Scope;
use super::session::Session;
use super::token::Method;
use super::wire::Request;
use crate::locks::lock;

/// How a registry wants to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asks {
    /// `Basic` or `Bearer`.
    pub scheme: &'static str,
    /// Where tokens are given out.
    pub realm: Option<String>,
    /// What it calls itself there.
    pub service: Option<String>,
    /// What the last token was asked for.
    pub scopes: Vec<String>,
    /// How many seconds it lives.
    pub expires_in: Option<u64>,
}

/// A bearer token, and what it is for.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Token {
    /// The token itself, which is a secret.
    pub token: String,
    /// What was asked for, such as `repository:library/alpine:pull`; empty for a token that was given.
    pub scopes: Vec<String>,
    /// How many seconds it lives, as far as is known.
    pub expires_in: Option<u64>,
}

impl fmt::Debug for Token {
    /// Leaves the secret out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("scopes", &self.scopes).field("expires_in", &self.expires_in).finish()
    }
}

impl Session {
    /// Says how the registry wants to be asked, as far as it has said so.
    pub(super) fn asks(&self) -> Option<Asks> {
        let tokens = lock(&self.registry.tokens);
        let grant = tokens.grants.last();
        let (scopes, expires_in) = match grant {
            Some(grant) => (grant.scopes.iter().map(ToString::to_string).collect(), Some(grant.lifetime)),
            None => (Vec::new(), None),
        };
        Some(match tokens.method.as_ref()? {
            Method::Basic => Asks { scheme: "Basic", realm: None, service: None, scopes, expires_in },
            Method::Bearer { realm, service } => {
                let service = service.as_deref().and_then(clean);
                Asks { scheme: "Bearer", realm: Some(realm.to_string()), service, scopes, expires_in }
            }
        })
    }

    /// Returns a bearer token for what is needed; nothing from a registry that asks for none.
    pub(super) fn bearer_token(&self, needed: &[Scope]) -> Result<Option<Token>> {
        let request = || Request::new("GET", self.registry.url("/v2/"));
        let response = self.send(request(), needed)?;
        if matches!(response.status, 401 | 403) {
            return Err(self.error(response));
        }
        response.discard();
        let Some(header) = self.authorization(needed)? else { return Ok(None) };
        let Some(token) = header.strip_prefix("Bearer ") else { return Ok(None) };
        let tokens = lock(&self.registry.tokens);
        let grant = tokens.grants.iter().find(|grant| grant.header == header);
        Ok(Some(Token {
            token: token.to_owned(),
            scopes: grant.map(|grant| grant.scopes.iter().map(ToString::to_string).collect()).unwrap_or_default(),
            expires_in: grant.map(|grant| grant.lifetime),
        }))
    }
}
