//! in-toto statements: what is said (the predicate) of which content (the subjects).
//!
//! Specification: <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::claim::Claim;
use super::json::{self, Error};
use crate::digest::Digest;
use crate::splice::Members;

/// The predicate by which cosign signs an image.
pub const SIGNED: &str = "https://sigstore.dev/cosign/sign/v1";
/// The two versions of statements that are in use; cosign signs with the one and attests with the other.
pub const VERSIONS: [&str; 2] = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];

/// What the specification has for a subject without a name.
const NAMELESS: &str = "_";
const MEMBERS: [&str; 4] = ["_type", "subject", "predicateType", "predicate"];
const SUBJECT: [&str; 7] = ["name", "uri", "digest", "content", "downloadLocation", "mediaType", "annotations"];

/// A statement, taken from a payload whose signature was verified.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What is said.
    pub predicate_type: String,
    /// Of what.
    pub subjects: Vec<Subject>,
    /// How it is said.
    pub predicate: Option<Box<RawValue>>,
}

/// Content that a statement is about.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its digests, by algorithm.
    pub digest: BTreeMap<String, String>,
    /// What else is said of it.
    pub annotations: Option<Members>,
}

impl Statement {
    /// Reads a statement; unknown members are refused as cosign refuses them.
    ///
    /// # Errors
    /// When it is none of a known version.
    pub fn parse(payload: &[u8]) -> Result<Self, Error> {
        let all = json::object(payload, &MEMBERS)?;
        if !VERSIONS.contains(&json::required_text(&all, "_type")?.as_str()) {
            return Err(Error::Type("_type"));
        }
        let subjects = json::list(&all, "subject")?;
        Ok(Self {
            predicate_type: json::required_text(&all, "predicateType")?,
            subjects: subjects.iter().map(|subject| Subject::parse(subject)).collect::<Result<_, _>>()?,
            predicate: all.get("predicate").map(ToOwned::to_owned),
        })
    }

    /// Checks that the predicate, if there is one, is an object: that of a signature has nothing else to be.
    ///
    /// # Errors
    /// When it is something else.
    pub fn has_object(&self) -> Result<(), Error> {
        match &self.predicate {
            Some(predicate) if !predicate.get().starts_with('{') && predicate.get() != "null" => {
                Err(Error::Type("predicate"))
            }
            _ => Ok(()),
        }
    }

    /// Returns what is claimed of an image, once for each subject that is it.
    pub fn claims(&self, digest: &Digest) -> Vec<Claim> {
        let is_it =
            |subject: &&Subject| subject.digest.get(digest.algorithm().name()).is_some_and(|hex| hex == digest.hex());
        let claim = |subject: &Subject| Claim {
            kind: self.predicate_type.clone(),
            digest: digest.clone(),
            identity: subject.name.clone().filter(|name| !name.is_empty() && name != NAMELESS),
            annotations: subject.annotations.clone(),
            predicate: self.predicate.clone(),
        };
        self.subjects.iter().filter(is_it).map(claim).collect()
    }
}

impl Subject {
    fn parse(text: &RawValue) -> Result<Self, Error> {
        let members: Members = serde_json::from_str(text.get())?;
        json::only(&members, &SUBJECT)?;
        Ok(Self {
            name: json::text(&members, "name")?,
            digest: members.decode("digest").map_err(|_| Error::Type("digest"))?.unwrap_or_default(),
            annotations: json::member(&members, "annotations")?,
        })
    }
}

/// Returns what an unverified payload claims to say: good for telling attestations from signatures in messages, and for nothing else.
pub(super) fn unverified_predicate_type(payload: &[u8]) -> Option<String> {
    Members::parse(payload).ok()?.decode("predicateType").ok()?
}

/// Makes the statement by which an image is signed, with the members and the order that cosign writes, and the image's name if it has one.
pub(super) fn signed(identity: Option<&str>, digest: &Digest, annotations: &BTreeMap<String, String>) -> Vec<u8> {
    let text = |value: &str| serde_json::to_string(value).expect("text is always writable");
    let name = identity.map(|identity| format!(r#""name":{},"#, text(identity))).unwrap_or_default();
    let annotations = serde_json::to_string(annotations).expect("text is always writable");
    let (algorithm, hex, version) = (digest.algorithm(), digest.hex(), VERSIONS[0]);
    format!(
        r#"{{"_type":"{version}","subject":[{{{name}"digest":{{"{algorithm}":"{hex}"}},"annotations":{annotations}}}],"predicateType":"{SIGNED}","predicate":{{}}}}"#
    )
    .into_bytes()
}

/// Makes a statement of another kind, as cosign makes it: of the older version, with the image's repository for its name.
pub(super) fn attested(name: Option<&str>, digest: &Digest, predicate_type: &str, predicate: &RawValue) -> Vec<u8> {
    let text = |value: &str| serde_json::to_string(value).expect("text is always writable");
    let (name, kind) = (text(name.unwrap_or(NAMELESS)), text(predicate_type));
    let (algorithm, hex, version, predicate) = (digest.algorithm(), digest.hex(), VERSIONS[1], predicate.get());
    format!(
        r#"{{"_type":"{version}","predicateType":{kind},"subject":[{{"name":{name},"digest":{{"{algorithm}":"{hex}"}}}}],"predicate":{predicate}}}"#
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> String {
        String::from_utf8(signed(None, &Digest::of(b"image"), &BTreeMap::new())).expect("UTF-8")
    }

    #[test]
    fn the_statement_of_cosign() {
        let hex = Digest::of(b"image").hex().to_owned();
        let wanted = format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"digest":{{"sha256":"{hex}"}},"annotations":{{}}}}],"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{{}}}}"#
        );
        assert_eq!(plain(), wanted);
        let named = signed(Some("h/r:t"), &Digest::of(b"image"), &[("a".to_owned(), "1".to_owned())].into());
        let claims = Statement::parse(&named).expect("parses").claims(&Digest::of(b"image"));
        assert_eq!(claims.len(), 1);
        assert_eq!(claims[0].identity.as_deref(), Some("h/r:t"));
        assert!(claims[0].has(&[("a".into(), "1".into())]).is_ok());
    }

    /// A statement must be in-toto's, and name the image by its SHA-256.
    #[test]
    fn only_exact_statements() {
        for (from, to, good) in [
            ("Statement/v1", "Statement/v0.1", true),
            (r#""annotations":{}"#, r#""annotations":{},"mediaType":"x","uri":"y""#, true),
            (r#","predicate":{}"#, "", true),
            ("Statement/v1", "Statement/v2", false),
            ("\"_type\"", "\"_Type\"", false),
            ("\"_type\"", "\"type\"", false),
            (r#""predicate":{}"#, r#""predicate":{},"more":1"#, false),
            // What attestations state may be text, as cosign's SPDX is.
            (r#""predicate":{}"#, r#""predicate":[]"#, true),
            (r#""predicate":{}"#, r#""predicate":{"a":1,"a":2}"#, false),
            (r#""annotations":{}"#, r#""annotations":{},"more":1"#, false),
            (r#""annotations":{}"#, r#""annotations":[]"#, false),
            (r#""predicate":{}}"#, r#""predicate":{}} x"#, false),
            (r#""subject":["#, r#""subject":[],"subject":["#, false),
            (r#""sha256":"#, r#""sha256":"00","sha256":"#, false),
            (r#""subject":["#, r#""subject":[null,"#, false),
            (r#""predicateType":"#, r#""predicateType":1,"x":"#, false),
        ] {
            let text = plain().replacen(from, to, 1);
            assert_ne!(text, plain(), "{to}");
            assert_eq!(Statement::parse(text.as_bytes()).is_ok(), good, "{from} to {to}");
        }
    }

    #[test]
    fn the_attestation_of_cosign() {
        let (digest, predicate) = (Digest::of(b"image"), RawValue::from_string("{\"a\":1.50}".into()).expect("JSON"));
        let made = |name| String::from_utf8(attested(name, &digest, "https://x/y", &predicate)).expect("UTF-8");
        let wanted = format!(
            r#"{{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://x/y","subject":[{{"name":"h/r","digest":{{"sha256":"{}"}}}}],"predicate":{{"a":1.50}}}}"#,
            digest.hex()
        );
        assert_eq!(made(Some("h/r")), wanted);
        for (name, wanted) in [(Some("h/r"), Some("h/r")), (None, None)] {
            let statement = Statement::parse(made(name).as_bytes()).expect("parses");
            assert_eq!(statement.predicate_type, "https://x/y");
            assert_eq!(statement.claims(&digest)[0].identity.as_deref(), wanted);
        }
    }

    #[test]
    fn a_signature_states_an_object() {
        for (predicate, good) in
            [("{}", true), ("null", true), ("{\"a\":1}", true), ("[]", false), ("\"{}\"", false), ("1", false)]
        {
            let text = plain().replacen(r#""predicate":{}"#, &format!(r#""predicate":{predicate}"#), 1);
            assert_eq!(Statement::parse(text.as_bytes()).expect("parses").has_object().is_ok(), good, "{predicate}");
        }
    }

    #[test]
    fn only_subjects_of_this_digest() {
        let (ours, other) = (Digest::of(b"image"), Digest::of(b"other"));
        let claims = |text: String| Statement::parse(text.as_bytes()).expect("parses").claims(&ours);
        assert!(claims(plain().replace(ours.hex(), other.hex())).is_empty());
        assert!(claims(plain().replace(ours.hex(), &ours.hex().to_uppercase())).is_empty());
        assert!(claims(plain().replace("\"sha256\":", "\"sha512\":")).is_empty());
        assert!(claims(plain().replace("\"sha256\":", "\"SHA256\":")).is_empty());
        let two =
            format!(r#""subject":[{{"name":"x","digest":{{"sha256":"{}"}},"annotations":{{"a":"1"}}}},"#, other.hex());
        let claims = claims(plain().replace(r#""subject":["#, &two));
        assert_eq!(claims.len(), 1);
        assert!(claims[0].has(&[("a".into(), "1".into())]).is_err(), "another subject's annotation");
    }
}
