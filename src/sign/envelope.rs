//! DSSE: an envelope around a payload, signed together with its type.
//!
//! Specification: <https://github.com/secure-systems-lab/dsse/blob/master/envelope.md>

use serde_json::value::RawValue;

use super::encoding::{decode_any, encode};
use super::json::{self, Error};
use crate::splice::Members;

/// The type of a payload that is a statement.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// The most signatures of an envelope: each is checked against each key.
pub const MAX_SIGNATURES: usize = 32;

/// An envelope with its one signature, nothing of which is verified.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// What the payload is.
    pub payload_type: String,
    /// The payload.
    pub payload: Vec<u8>,
    /// The signature over [`Envelope::message`].
    pub signature: Vec<u8>,
    /// Which key it claims to be of.
    pub key_id: Option<String>,
}

impl Envelope {
    /// Reads an envelope with exactly one signature: with several, readers differ in how many must be good.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn of(members: &Members) -> Result<Self, Error> {
        json::only(members, &["payload", "payloadType", "signatures"])?;
        let signatures = json::list(members, "signatures")?;
        let [signature] = &*signatures else {
            return Err(Error::Type("signatures"));
        };
        let signature: Members = serde_json::from_str(signature.get())?;
        json::only(&signature, &["sig", "keyid"])?;
        Ok(Self {
            payload_type: json::required_text(members, "payloadType")?,
            payload: bytes(members, "payload")?,
            signature: bytes(&signature, "sig")?,
            key_id: json::text(&signature, "keyid")?.filter(|id| !id.is_empty()),
        })
    }

    /// Parses an envelope that stands alone.
    ///
    /// # Errors
    /// Those of [`Envelope::of`].
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        Self::of(&json::loose_object(text)?)
    }

    /// Parses an envelope that stands alone and may have several signatures, as DSSE allows: the same envelope once for each of them, in their
    /// order. Members beside a signature are passed over; slsa-github-generator writes a certificate there.
    ///
    /// # Errors
    /// When it is none, or one of its signatures is malformed, or it has more than [`MAX_SIGNATURES`].
    pub fn parse_each(text: &[u8]) -> Result<Vec<Self>, Error> {
        let members = json::loose_object(text)?;
        json::only(&members, &["payload", "payloadType", "signatures"])?;
        let signatures = json::list(&members, "signatures")?;
        if signatures.is_empty() || signatures.len() > MAX_SIGNATURES {
            return Err(Error::Type("signatures"));
        }
        let (payload_type, payload) = (json::required_text(&members, "payloadType")?, bytes(&members, "payload")?);
        let one = |signature: &Box<RawValue>| {
            let signature: Members = serde_json::from_str(signature.get())?;
            Ok(Self {
                payload_type: payload_type.clone(),
                payload: payload.clone(),
                signature: bytes(&signature, "sig")?,
                key_id: json::text(&signature, "keyid")?.filter(|id| !id.is_empty()),
            })
        };
        signatures.iter().map(one).collect()
    }

    /// Returns the envelope as JSON on one line.
    pub fn to_json(&self) -> String {
        let text = |value: &str| serde_json::to_string(value).expect("text is always writable");
        let key_id = self.key_id.as_deref().map(|id| format!(r#""keyid":{},"#, text(id))).unwrap_or_default();
        let (payload, kind, signature) = (encode(&self.payload), text(&self.payload_type), encode(&self.signature));
        format!(r#"{{"payload":"{payload}","payloadType":{kind},"signatures":[{{{key_id}"sig":"{signature}"}}]}}"#)
    }

    /// Returns the bytes that are signed.
    pub fn message(&self) -> Vec<u8> {
        message(&self.payload_type, &self.payload)
    }
}

/// DSSE's pre-authentication encoding.
pub fn message(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut message = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    message.extend_from_slice(payload);
    message
}

/// Returns the payload of what [`message`] makes.
pub(super) fn payload(message: &[u8]) -> Option<&[u8]> {
    let rest = message.strip_prefix(b"DSSEv1 ")?;
    let (kind, rest) = sized(rest)?;
    let (payload, rest) = sized(rest.strip_prefix(b" ")?)?;
    (rest.is_empty() && std::str::from_utf8(kind).is_ok()).then_some(payload)
}

/// Reads a length, a space, and as many bytes.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let length = std::str::from_utf8(&bytes[..space]).ok()?;
    let is_canonical = length == "0" || !length.starts_with(['0', '+']);
    is_canonical.then(|| bytes[space + 1..].split_at_checked(length.parse().ok()?))?
}

/// Writes an envelope.
pub(super) fn write(payload: &[u8], signature: &[u8]) -> String {
    let (payload, signature) = (encode(payload), encode(signature));
    format!(r#"{{"payload":"{payload}","payloadType":"{IN_TOTO}","signatures":[{{"sig":"{signature}"}}]}}"#)
}

fn bytes(members: &Members, name: &'static str) -> Result<Vec<u8>, Error> {
    decode_any(&json::required_text(members, name)?).ok_or(Error::Type(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification() {
        // protocol.md: PAE("http://example.com/HelloWorld", "hello world")
        let wanted = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        assert_eq!(message("http://example.com/HelloWorld", b"hello world"), wanted);
        assert_eq!(message("ü", b"\xff"), b"DSSEv1 2 \xc3\xbc 1 \xff");
        assert_eq!(payload(wanted), Some(&b"hello world"[..]));
        assert_eq!(payload(&message("ü", b"\xff")), Some(&b"\xff"[..]));
        assert_eq!(payload(b"DSSEv1 0  0 "), Some(&b""[..]));
        for other in
            [&b"DSSEv1 1 a 01 b"[..], b"DSSEv1 1 a 1 bc", b"DSSEv1 1 a 2 b", b"DSSEv1 1 a1 b", b"DSSEv1 1 a", b""]
        {
            assert_eq!(payload(other), None);
        }
    }

    #[test]
    fn exactly_one_signature() {
        let text = write(b"payload", b"sig");
        let envelope = Envelope::parse(text.as_bytes()).expect("parses");
        assert_eq!((envelope.payload.as_slice(), envelope.signature.as_slice()), (&b"payload"[..], &b"sig"[..]));
        assert_eq!((envelope.payload_type.as_str(), envelope.key_id.as_deref()), (IN_TOTO, None));
        assert_eq!(envelope.to_json(), text);
        let named = text.replace(r#"{"sig""#, r#"{"keyid":"a\"b","sig""#);
        assert_eq!(Envelope::parse(named.as_bytes()).expect("parses").to_json(), named);
        let sig = format!(r#"{{"sig":"{}"}}"#, encode(b"sig"));
        for (from, to, good) in [
            (sig.as_str(), format!(r#"{{"keyid":"","sig":"{}"}}"#, encode(b"sig")), true),
            (&sig, format!(r#"{{"keyid":"k","sig":"{}"}}"#, encode(b"sig")), true),
            (&sig, format!("{sig},{sig}"), false),
            (&sig, String::new(), false),
            (&sig, "null".into(), false),
            (&sig, "{}".into(), false),
            (&sig, r#"{"sig":"*"}"#.into(), false),
            (&sig, format!(r#"{{"sig":"{}","cert":"x"}}"#, encode(b"sig")), false),
            (&sig, r#"{"sig":"AAAA","sig":"BBBB"}"#.into(), false),
            ("payloadType", "payload_type".into(), false),
            (r#"{"payload""#, r#"{"other":1,"payload""#.into(), false),
            (r#"{"payload""#, r#"{"payload":"","payload""#.into(), false),
        ] {
            let text = text.replacen(from, &to, 1);
            assert_eq!(Envelope::parse(text.as_bytes()).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn signatures_of_envelopes_that_stand_alone() {
        let text = write(b"payload", b"sig");
        let sig = format!(r#"{{"sig":"{}"}}"#, encode(b"sig"));
        for (to, wanted) in [
            (sig.clone(), Some(1)),
            (format!("{sig},{sig}"), Some(2)),
            (format!(r#"{{"sig":"{}","cert":"x","keyid":"k"}}"#, encode(b"sig")), Some(1)),
            (vec![sig.as_str(); MAX_SIGNATURES].join(","), Some(MAX_SIGNATURES)),
            (vec![sig.as_str(); MAX_SIGNATURES + 1].join(","), None),
            (String::new(), None),
            ("null".into(), None),
            (format!("{sig},null"), None),
            (format!("{sig},{{}}"), None),
            (format!(r#"{sig},{{"sig":"*"}}"#), None),
            (r#"{"sig":"AAAA","sig":"BBBB"}"#.into(), None),
        ] {
            let text = text.replacen(&sig, &to, 1);
            assert_eq!(Envelope::parse_each(text.as_bytes()).ok().map(|all| all.len()), wanted, "{text}");
        }
        let other = text.replacen(r#"{"payload""#, r#"{"other":1,"payload""#, 1);
        assert!(Envelope::parse_each(other.as_bytes()).is_err());
    }
}
