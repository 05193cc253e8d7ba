//! What can be stated of an image: the types of predicates, by the short names that cosign has for some of them.
//!
//! in-toto, "Predicates": <https://github.com/in-toto/attestation/tree/main/spec/predicates>. The shapes are those that cosign writes.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::collect::MAX_ATTESTATION;
use super::statement::SIGNED;
use super::{Error, Result, json};

/// The short names, the types that they stand for, and how a file becomes a predicate.
const KNOWN: [(&str, &str, Shape); 10] = [
    ("custom", "https://cosign.sigstore.dev/attestation/v1", Shape::Wrapped),
    ("slsaprovenance", "https://slsa.dev/provenance/v0.2", Shape::Object),
    ("slsaprovenance02", "https://slsa.dev/provenance/v0.2", Shape::Object),
    ("slsaprovenance1", "https://slsa.dev/provenance/v1", Shape::Object),
    ("link", "https://in-toto.io/Link/v1", Shape::Link),
    ("spdx", "https://spdx.dev/Document", Shape::Text),
    ("spdxjson", "https://spdx.dev/Document", Shape::Object),
    ("cyclonedx", "https://cyclonedx.org/bom", Shape::Object),
    ("vuln", "https://cosign.sigstore.dev/attestation/vuln/v1", Shape::Object),
    ("openvex", "https://openvex.dev/ns", Shape::Object),
];
/// The members of in-toto's link.
const LINK: [&str; 7] = ["_type", "name", "materials", "products", "byproducts", "command", "environment"];

/// A type of predicate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PredicateType {
    uri: String,
    shape: Shape,
}

/// How a file becomes a predicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// It is a JSON object.
    Object,
    /// It is an in-toto link.
    Link,
    /// Its text is a JSON string.
    Text,
    /// Its text is a member of an object of cosign's own.
    Wrapped,
}

/// cosign's own predicate around any text.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Custom<'a> {
    data: &'a str,
    timestamp: &'a str,
}

impl PredicateType {
    /// Returns the type as it is signed.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Makes the predicate of a file's content. `created` (RFC 3339) is said where the type has a place for it.
    ///
    /// # Errors
    /// [`Error::Predicate`] when the content is not what this type is made of.
    pub fn predicate(&self, content: &[u8], created: Option<&str>) -> Result<Box<RawValue>> {
        let refused = |reason: String| Error::Predicate { reason };
        if content.len() as u64 > MAX_ATTESTATION {
            return Err(refused(format!("it is larger than {} MiB", MAX_ATTESTATION >> 20)));
        }
        let text = std::str::from_utf8(content).map_err(|_| refused("it is not UTF-8".into()))?;
        let written = "text is always writable";
        match self.shape {
            Shape::Text => Ok(to_raw_value(text).expect(written)),
            Shape::Wrapped => {
                let timestamp = created.unwrap_or_default();
                Ok(to_raw_value(&Custom { data: text, timestamp }).expect(written))
            }
            Shape::Object | Shape::Link => {
                let known = if self.shape == Shape::Link { Some(&LINK[..]) } else { None };
                let object = known.map_or_else(|| json::loose_object(content), |known| json::object(content, known));
                object.map_err(|error| refused(error.to_string()))?;
                Ok(RawValue::from_string(text.trim().to_owned()).expect("it was parsed before"))
            }
        }
    }
}

impl FromStr for PredicateType {
    type Err = UnknownType;

    /// Parses a short name, or any URI.
    fn from_str(text: &str) -> Result<Self, UnknownType> {
        if let Some((_, uri, shape)) = KNOWN.iter().find(|(name, ..)| *name == text) {
            return Ok(Self { uri: (*uri).to_owned(), shape: *shape });
        }
        if text == SIGNED {
            return Err(UnknownType::Signature);
        }
        let is_scheme = |scheme: &str| {
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        };
        let is_plain = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic());
        match text.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) && is_plain(rest) => {
                Ok(Self { uri: text.to_owned(), shape: Shape::Object })
            }
            _ => Err(UnknownType::Name { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for PredicateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.uri)
    }
}

/// Text that names no type of predicate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownType {
    /// It is no short name and no URI.
    #[error(
        "{text:?} is none of custom, slsaprovenance, slsaprovenance02, slsaprovenance1, link, spdx, spdxjson, cyclonedx, vuln and openvex, and no URI"
    )]
    Name {
        /// The text.
        text: String,
    },
    /// It is what a signature states.
    #[error("that is what signatures state; use sign and verify")]
    Signature,
}

crate::class::classified!(UnknownType => Usage);

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> PredicateType {
        text.parse().expect("a type")
    }

    /// The names that cosign has for types, and their URIs.
    #[test]
    fn short_names() {
        for (name, uri) in [
            ("custom", "https://cosign.sigstore.dev/attestation/v1"),
            ("slsaprovenance", "https://slsa.dev/provenance/v0.2"),
            ("slsaprovenance02", "https://slsa.dev/provenance/v0.2"),
            ("slsaprovenance1", "https://slsa.dev/provenance/v1"),
            ("link", "https://in-toto.io/Link/v1"),
            ("spdx", "https://spdx.dev/Document"),
            ("spdxjson", "https://spdx.dev/Document"),
            ("cyclonedx", "https://cyclonedx.org/bom"),
            ("vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"),
            ("openvex", "https://openvex.dev/ns"),
            ("https://example.com/x/v1", "https://example.com/x/v1"),
            ("urn:x:y", "urn:x:y"),
        ] {
            assert_eq!(kind(name).uri(), uri, "{name}");
        }
        for bad in ["", "SPDX", "nonsense", ":x", "https:", "1:x", "a b:c", "x:y z", "x:\n"] {
            assert!(matches!(bad.parse::<PredicateType>(), Err(UnknownType::Name { .. })), "{bad}");
        }
        assert_eq!(SIGNED.parse::<PredicateType>(), Err(UnknownType::Signature));
    }

    #[test]
    fn predicates() {
        let make = |name: &str, content: &str| {
            kind(name).predicate(content.as_bytes(), None).map(|made| made.get().to_owned())
        };
        for (name, content, wanted) in [
            ("custom", "a\"b\n", Some(r#"{"Data":"a\"b\n","Timestamp":""}"#)),
            ("spdx", "SPDXVersion: x\n", Some(r#""SPDXVersion: x\n""#)),
            ("spdxjson", " {\"b\":1.50, \"a\":2}\n", Some("{\"b\":1.50, \"a\":2}")),
            ("https://x/y", "{}", Some("{}")),
            (
                "link",
                r#"{"_type":"link","name":"x","materials":{}}"#,
                Some(r#"{"_type":"link","name":"x","materials":{}}"#),
            ),
            ("link", r#"{"spdxVersion":"SPDX-2.3"}"#, None),
            ("spdxjson", "[]", None),
            ("spdxjson", "{}{}", None),
            ("spdxjson", r#"{"a":1,"a":2}"#, None),
            ("vuln", "text", None),
            ("https://x/y", "\"text\"", None),
        ] {
            assert_eq!(make(name, content).ok().as_deref(), wanted, "{name} {content}");
        }
        assert!(kind("custom").predicate(b"\xff", None).is_err());
        let dated = kind("custom").predicate(b"x", Some("2024-01-02T03:04:05Z")).expect("made");
        assert_eq!(dated.get(), r#"{"Data":"x","Timestamp":"2024-01-02T03:04:05Z"}"#);
    }
}
