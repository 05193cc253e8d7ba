//! What a request says about who sends it.
//!
//! RFC 7617 (Basic) and RFC 6750 (Bearer); schemes have no case: RFC 9110, section 11.1.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::http::Headers;

/// A name with a password, or a token.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Credentials {
    Basic { user: String, password: Vec<u8> },
    Bearer { token: String },
}

/// The field is there and cannot be understood. Its value is no part of any message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unclear(pub(super) &'static str);

/// Some clients leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Longer ones are nobody's, and not worth their bytes.
const MAX_LENGTH: usize = 16 * 1024;

impl Credentials {
    /// Reads the Authorization field. More than one is refused: a proxy may have looked at the other one.
    pub(super) fn of(headers: &Headers) -> Result<Option<Self>, Unclear> {
        if !headers.contains("authorization") {
            return Ok(None);
        }
        let value = headers.only("authorization").ok_or(Unclear("there is more than one Authorization header"))?.trim();
        let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
        let rest = rest.trim();
        if rest.is_empty() || rest.len() > MAX_LENGTH {
            return Err(Unclear("the Authorization header has no credentials"));
        }
        if scheme.eq_ignore_ascii_case("bearer") {
            return Ok(Some(Self::Bearer { token: rest.to_owned() }));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(Unclear("the Authorization header is neither Basic nor Bearer"));
        }
        let bytes = BASE64.decode(rest).map_err(|_| Unclear("the Authorization header is no base64"))?;
        let colon = bytes.iter().position(|byte| *byte == b':').ok_or(Unclear("there is no password"))?;
        let user = std::str::from_utf8(&bytes[..colon]).map_err(|_| Unclear("the name is no UTF-8"))?.to_owned();
        let password = bytes[colon + 1..].to_vec();
        // skopeo and what is built on it answer a Basic challenge so when they have no login.
        let is_nothing = user.is_empty() && password.is_empty();
        Ok((!is_nothing).then_some(Self::Basic { user, password }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Result<Option<Credentials>, Unclear> {
        let mut headers = Headers::new();
        for value in values {
            headers.add("Authorization", *value);
        }
        Credentials::of(&headers)
    }

    #[test]
    fn both_schemes_are_read_in_any_case() {
        let basic = |user: &str, password: &str| {
            Some(Credentials::Basic { user: user.into(), password: password.as_bytes().to_vec() })
        };
        let bearer = |token: &str| Some(Credentials::Bearer { token: token.into() });
        for (values, expected) in [
            (&[][..], None),
            (&["Basic YWxpY2U6c2VjcmV0"], basic("alice", "secret")),
            (&["basic   YWxpY2U6c2VjcmV0 "], basic("alice", "secret")),
            (&["BASIC YTpiOmM="], basic("a", "b:c")),
            (&["Basic YTpiOmM"], basic("a", "b:c")),
            (&["Basic YTo="], basic("a", "")),
            (&["Basic Og=="], None),
            (&["Bearer a.b.c"], bearer("a.b.c")),
            (&["bearer a.b.c"], bearer("a.b.c")),
        ] {
            assert!(of(values) == Ok(expected), "{values:?}");
        }
    }

    #[test]
    fn what_is_unclear_is_not_nothing() {
        for values in [
            &[""][..],
            &["Basic"],
            &["Basic "],
            &["Basic !!!"],
            &["Basic YWxpY2U="],
            &["Basic /zph"],
            &["Bearer"],
            &["Negotiate abc"],
            &["BasicYWxpY2U6c2VjcmV0"],
            &["Basic YWxpY2U6c2VjcmV0", "Basic YWxpY2U6c2VjcmV0"],
            &["Basic YWxpY2U6c2VjcmV0", "Bearer x"],
        ] {
            assert!(of(values).is_err(), "{values:?}");
        }
    }
}
