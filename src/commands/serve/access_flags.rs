//! The flags of `serve` that say who gets in.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use stevedore::server::{Guard, GuardOptions, Issuer, Notes, Outside, Passwords, PolicyFile, Rules, Tokens, Trust};

use crate::cli::Result;
use crate::cli::output;
use crate::cli::units::duration;

/// Who gets in.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Access")]
pub(super) struct AccessFlags {
    /// Let everyone push and delete
    #[arg(long, conflicts_with = "policy")]
    anonymous_push: bool,
    /// Take names and passwords from this file with bcrypt hashes (htpasswd -B); who logs in may push and delete
    #[arg(long, value_name = "FILE")]
    htpasswd: Option<PathBuf>,
    /// Take from this file who may do what, instead of what the other flags say; docs/SERVE.md has its form
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Ask for name and password only; Docker then pulls nothing without them
    #[arg(long, requires = "htpasswd")]
    no_tokens: bool,
    /// Sign tokens with the key in this file, which is made if it is not there [default: token.key in the store]
    #[arg(long, value_name = "FILE", requires = "htpasswd")]
    token_key: Option<PathBuf>,
    /// How long a token holds
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    token_lifetime: Duration,
    /// The URL of the token endpoint, if clients cannot reach it as they reach the registry
    #[arg(long, value_name = "URL", value_parser = url)]
    token_realm: Option<String>,
    /// Take the tokens of this issuer (iss) instead of making them
    #[arg(long, value_name = "NAME", requires_all = ["token_audience", "token_keys", "token_realm"], conflicts_with_all = ["token_key", "no_tokens"])]
    token_issuer: Option<String>,
    /// The name of this registry in the issuer's tokens (aud)
    #[arg(long, value_name = "NAME", requires = "token_issuer")]
    token_audience: Option<String>,
    /// The issuer's public keys: a JWK set, or keys or certificates in PEM
    #[arg(long, value_name = "FILE", requires = "token_issuer")]
    token_keys: Option<PathBuf>,
    /// Believe X-Forwarded-Host, X-Forwarded-Proto and X-Forwarded-For; only behind a proxy that sets them
    #[arg(long)]
    pub(super) behind_proxy: bool,
}

/// What our tokens say whom they are for.
const SERVICE: &str = "stevedore";

impl AccessFlags {
    /// Makes the guard. `token_key` is where the key of tokens is kept unless a flag says where.
    pub(super) fn guard(&self, token_key: Option<PathBuf>, base_path: &str) -> Result<Guard> {
        let notes: Notes = Arc::new(|note: &str| output::line(&format!("stevedore: {note}")));
        let passwords = self.htpasswd.as_ref().map(|path| Passwords::open(path, Arc::clone(&notes))).transpose()?;
        let rules = match &self.policy {
            Some(path) => Rules::File(PolicyFile::open(path, Arc::clone(&notes))?),
            None if self.anonymous_push => Rules::AnonymousPush,
            None => Rules::Plain,
        };
        let tokens = self.tokens(token_key, Arc::clone(&notes))?;
        let outside = Outside {
            token_url: self.token_realm.clone(),
            base_path: base_path.to_owned(),
            behind_proxy: self.behind_proxy,
        };
        let guard = Guard::new(GuardOptions { passwords, tokens, rules, outside, notes });
        for warning in guard.warnings() {
            output::line(&format!("stevedore: {warning}"));
        }
        Ok(guard)
    }

    fn tokens(&self, token_key: Option<PathBuf>, notes: Notes) -> Result<Tokens> {
        if let (Some(issuer), Some(audience), Some(keys)) = (&self.token_issuer, &self.token_audience, &self.token_keys)
        {
            return Ok(Tokens::Foreign(Trust::open(keys, issuer, audience, notes)?));
        }
        if self.htpasswd.is_none() || self.no_tokens {
            return Ok(Tokens::None);
        }
        Ok(Tokens::Own(match self.token_key.clone().or(token_key) {
            Some(path) => Issuer::open(&path, SERVICE, self.token_lifetime)?,
            None => Issuer::fresh(SERVICE, self.token_lifetime)?,
        }))
    }
}

/// Reads a URL, which comes to stand between quotes.
fn url(text: &str) -> Result<String, &'static str> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"\\<>".contains(&byte);
    match host {
        Some(host) if !host.is_empty() && host.bytes().all(plain) => Ok(text.to_owned()),
        _ => Err("expected a URL such as https://registry.example.com/token"),
    }
}
