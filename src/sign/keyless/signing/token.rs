//! Identity tokens: what an OpenID Connect provider says of whoever asks, for an authority to put into a certificate.
//!
//! Nothing of it is believed here: the authority verifies it. It is read for what has to be signed to prove that the key is ours, and to
//! refuse early what the authority would refuse. OpenID Connect Core, section 2:
//! <https://openid.net/specs/openid-connect-core-1_0.html#IDToken>

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::error::{Error, Result};
use crate::sign::encoding::decode_any;
use crate::sign::json;
use crate::timestamp;

/// The largest token, in bytes: it goes into a header of HTTP.
pub const MAX_TOKEN: usize = 16 << 10;

/// An identity token. Its text is a secret for as long as it is valid.
#[derive(Clone)]
pub struct IdentityToken {
    text: Zeroizing<String>,
    claims: Claims,
}

#[derive(Clone, Deserialize)]
struct Claims {
    iss: String,
    #[serde(default)]
    sub: String,
    #[serde(default)]
    email: String,
    /// True or false, or the same as text.
    #[serde(default)]
    email_verified: Value,
    exp: Option<f64>,
    /// Dex says there for whom it vouches.
    #[serde(default)]
    federated_claims: Value,
}

impl IdentityToken {
    /// Reads a token in the form in which providers give them: JSON Web Signature, compact (RFC 7515, section 7.1).
    ///
    /// # Errors
    /// [`Error::Token`] when it is none.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if text.len() > MAX_TOKEN || !text.bytes().all(is_plain) {
            return Err(Error::Token("it is no JSON Web Token"));
        }
        let [_, payload, _] = *text.split('.').collect::<Vec<_>>() else {
            return Err(Error::Token("it is no JSON Web Token"));
        };
        let payload = decode_any(payload).ok_or(Error::Token("it is no JSON Web Token"))?;
        let claims = json::check(&payload).ok().and_then(|text| serde_json::from_str(text).ok());
        let claims: Claims = claims.ok_or(Error::Token("it does not say who issued it"))?;
        let token = Self { text: text.to_owned().into(), claims };
        token.challenge()?;
        Ok(token)
    }

    /// Checks that it has not expired.
    ///
    /// # Errors
    /// [`Error::Expired`] when it has.
    pub fn check_time(&self, now: i64) -> Result<()> {
        match self.claims.exp {
            // Fractions of seconds are allowed, and as good as none.
            Some(end) if end <= now as f64 => Err(Error::Expired(timestamp::format(end as i64))),
            _ => Ok(()),
        }
    }

    /// Returns who issued it.
    pub fn issuer(&self) -> &str {
        &self.claims.iss
    }

    /// Returns who must vouch for the identity in the certificate; nothing where the issuer stands for others.
    pub(super) fn vouches(&self) -> Option<&str> {
        self.claims.federated_claims.is_null().then_some(&*self.claims.iss)
    }

    /// Returns what is to be signed to prove possession of the key: the address where there is one, else the subject.
    pub(super) fn challenge(&self) -> Result<&str> {
        let Claims { email, sub, email_verified, .. } = &self.claims;
        let is_verified = *email_verified == Value::Bool(true) || email_verified.as_str() == Some("true");
        match (email.as_str(), sub.as_str()) {
            ("", "") => Err(Error::Token("it names nobody")),
            ("", subject) => Ok(subject),
            (address, _) if is_verified => Ok(address),
            _ => Err(Error::Token("its issuer has not verified the address in it")),
        }
    }

    /// Returns the value of the header that shows it.
    pub(super) fn authorization(&self) -> Zeroizing<String> {
        format!("Bearer {}", *self.text).into()
    }
}

impl fmt::Debug for IdentityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityToken").field("issuer", &self.claims.iss).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::encoding::encode;

    fn token(claims: &str) -> Result<IdentityToken> {
        let payload = encode(claims.as_bytes()).replace('+', "-").replace('/', "_");
        IdentityToken::parse(&format!("e30.{}.AAAA", payload.trim_end_matches('=')))
    }

    #[test]
    fn what_is_to_be_signed() {
        for (claims, wanted) in [
            (r#"{"iss":"i","sub":"s"}"#, Some("s")),
            (r#"{"iss":"i","sub":"s","email":""}"#, Some("s")),
            (r#"{"iss":"i","sub":"s","email":"a@b","email_verified":true}"#, Some("a@b")),
            (r#"{"iss":"i","sub":"s","email":"a@b","email_verified":"true"}"#, Some("a@b")),
            (r#"{"iss":"i","email":"a@b","email_verified":true}"#, Some("a@b")),
            (r#"{"iss":"i","sub":"s","email":"a@b","email_verified":false}"#, None),
            (r#"{"iss":"i","sub":"s","email":"a@b"}"#, None),
            (r#"{"iss":"i"}"#, None),
            (r#"{"sub":"s"}"#, None),
            (r#"{"iss":"i","sub":"s","sub":"t"}"#, None),
            ("[]", None),
            ("", None),
        ] {
            let found = token(claims);
            assert_eq!(found.as_ref().ok().map(|found| found.challenge().expect("checked")), wanted, "{claims}");
        }
        for text in ["", "a.b", "a.b.c.d", "e30.e30.\r\nX: y", "e30.e30 .x", &"a".repeat(MAX_TOKEN + 1)] {
            assert!(IdentityToken::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn for_how_long() {
        let found = token(r#"{"iss":"i","sub":"s","exp":100}"#).expect("a token");
        assert!(found.check_time(99).is_ok());
        let error = found.check_time(100).expect_err("expired");
        assert_eq!(error.to_string(), "the identity token expired at 1970-01-01T00:01:40Z, by this machine's clock");
        assert!(token(r#"{"iss":"i","sub":"s"}"#).expect("a token").check_time(i64::MAX).is_ok());
    }

    #[test]
    fn it_is_not_shown() {
        let found = token(r#"{"iss":"i","sub":"s"}"#).expect("a token");
        assert_eq!(format!("{found:?}"), r#"IdentityToken { issuer: "i", .. }"#);
        let other = token(r#"{"iss":"i","sub":"s","federated_claims":{"connector_id":"https://x"}}"#).expect("a token");
        assert_eq!((found.vouches(), other.vouches()), (Some("i"), None));
    }
}
