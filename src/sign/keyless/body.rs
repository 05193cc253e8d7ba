//! What a log's entry says: which signature, by whom, of what. It must be the signature at hand: an entry of another one proves nothing.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::key::Hash;
use super::material::{certificate, unhex};
use super::{Content, Refusal, Signed};
use crate::sign::encoding::decode;
use crate::sign::key::public_key;
use crate::sign::{PublicKey, json};

const WHAT: &str = "body of the log's entry";

/// What an entry says, whatever the form it says it in.
#[derive(Debug)]
pub(super) struct Body {
    /// Whether it is a form of the logs of the second generation.
    is_second: bool,
    signature: Vec<u8>,
    /// The certificate, as DER; or the key, where [`Body::is_key`] says so.
    verifier: Vec<u8>,
    is_key: bool,
    hash: Hash,
    digest: Vec<u8>,
    /// Whether the digest is of an envelope's payload alone.
    is_of_payload: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Head {
    api_version: String,
    kind: String,
    spec: Box<RawValue>,
}

impl Body {
    /// Reads an entry's body; `kind` is what is said of it elsewhere.
    pub(super) fn parse(body: &[u8], kind: Option<&(String, String)>) -> Result<Self, Refusal> {
        let text = json::check(body).map_err(|_| Refusal::Malformed(WHAT))?;
        let head: Head = serde_json::from_str(text).map_err(|_| Refusal::Malformed(WHAT))?;
        if kind.is_some_and(|(kind, version)| *kind != head.kind || *version != head.api_version) {
            return Err(Refusal::Mislabeled);
        }
        let read = match (head.kind.as_str(), head.api_version.as_str()) {
            ("hashedrekord", "0.0.1") => of_hashed(&head.spec),
            ("dsse", "0.0.1") => of_envelope(&head.spec),
            ("intoto", "0.0.2") => of_statement(&head.spec),
            ("hashedrekord", "0.0.2") => of_second_hashed(&head.spec),
            _ => {
                let short = |text: String| text.chars().take(64).collect();
                return Err(Refusal::Kind(short(head.kind), short(head.api_version)));
            }
        };
        read.ok_or(Refusal::Malformed(WHAT))
    }

    pub(super) fn is_second(&self) -> bool {
        self.is_second
    }

    /// Checks that it is about a signature by the holder of a certificate.
    pub(super) fn check(&self, signed: &Signed<'_>, leaf: &[u8]) -> Result<(), Refusal> {
        if self.signature != signed.signature {
            return Err(Refusal::EntrySignature);
        }
        if self.is_key || self.verifier != leaf {
            return Err(Refusal::EntryCertificate);
        }
        let digest = match self.is_of_payload {
            true => signed.payload().map(|payload| self.hash.of(payload)),
            false => signed.digest(self.hash),
        };
        if digest.as_ref() == Some(&self.digest) { Ok(()) } else { Err(Refusal::EntryContent) }
    }

    /// Checks that it is about a signature of a message by the holder of a certificate, and says so by the message's SHA-256.
    pub(super) fn check_holder(&self, message: &[u8], signature: &[u8], leaf: &[u8]) -> Result<(), Refusal> {
        let signed = Signed { content: Content::Message(message), signature };
        if self.hash != Hash::Sha256 || self.is_of_payload {
            return Err(Refusal::EntryContent);
        }
        self.check(&signed, leaf)
    }

    /// Checks that it is about a signature of a message by a key, and says so by the key itself and the message's SHA-256.
    pub(super) fn check_key(&self, message: &[u8], signature: &[u8], key: &PublicKey) -> Result<(), Refusal> {
        if self.signature != signature {
            return Err(Refusal::EntrySignature);
        }
        if !self.is_key || self.verifier != key.to_der() {
            return Err(Refusal::EntryKey);
        }
        let is_it = self.hash == Hash::Sha256 && !self.is_of_payload && self.digest == Hash::Sha256.of(message);
        if is_it { Ok(()) } else { Err(Refusal::EntryContent) }
    }
}

#[derive(Deserialize)]
struct Hashed {
    algorithm: String,
    value: String,
}

impl Hashed {
    fn decode(&self) -> Option<(Hash, Vec<u8>)> {
        let hash = match self.algorithm.as_str() {
            "sha256" => Hash::Sha256,
            "sha384" => Hash::Sha384,
            "sha512" => Hash::Sha512,
            _ => return None,
        };
        Some((hash, unhex(&self.value)?))
    }
}

fn spec<T: DeserializeOwned>(text: &RawValue) -> Option<T> {
    serde_json::from_str(text.get()).ok()
}

fn pem(text: &str) -> Option<Vec<u8>> {
    certificate(&decode(text)?)
}

/// Reads a certificate or a key, and says whether it is a key.
fn pem_of_any(text: &str) -> Option<(Vec<u8>, bool)> {
    let text = decode(text)?;
    let key = || public_key(std::str::from_utf8(&text).ok()?).map(|key| (key, true));
    certificate(&text).map(|certificate| (certificate, false)).or_else(key)
}

/// `hashedrekord` 0.0.1: a signature of content that is known by its digest.
fn of_hashed(text: &RawValue) -> Option<Body> {
    #[derive(Deserialize)]
    struct Spec {
        data: Data,
        signature: Signature,
    }
    #[derive(Deserialize)]
    struct Data {
        hash: Hashed,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Signature {
        content: String,
        public_key: Content,
    }
    #[derive(Deserialize)]
    struct Content {
        content: String,
    }
    let spec: Spec = spec(text)?;
    let (hash, digest) = spec.data.hash.decode()?;
    let signature = decode(&spec.signature.content)?;
    let (verifier, is_key) = pem_of_any(&spec.signature.public_key.content)?;
    Some(Body { is_second: false, signature, verifier, is_key, hash, digest, is_of_payload: false })
}

/// `dsse` 0.0.1: a signed envelope, of which the log keeps digests.
fn of_envelope(text: &RawValue) -> Option<Body> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Spec {
        payload_hash: Hashed,
        signatures: Vec<Signature>,
    }
    #[derive(Deserialize)]
    struct Signature {
        signature: String,
        verifier: String,
    }
    let spec: Spec = spec(text)?;
    let (hash, digest) = spec.payload_hash.decode()?;
    let [signature] = &*spec.signatures else { return None };
    let (signature, verifier) = (decode(&signature.signature)?, pem(&signature.verifier)?);
    Some(Body { is_second: false, signature, verifier, is_key: false, hash, digest, is_of_payload: true })
}

/// `intoto` 0.0.2: as `dsse`, with the signature in base64 twice.
fn of_statement(text: &RawValue) -> Option<Body> {
    #[derive(Deserialize)]
    struct Spec {
        content: Content,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Content {
        envelope: Envelope,
        payload_hash: Hashed,
    }
    #[derive(Deserialize)]
    struct Envelope {
        signatures: Vec<Signature>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Signature {
        public_key: String,
        sig: String,
    }
    let spec: Spec = spec(text)?;
    let (hash, digest) = spec.content.payload_hash.decode()?;
    let [signature] = &*spec.content.envelope.signatures else { return None };
    let inner = String::from_utf8(decode(&signature.sig)?).ok()?;
    let (signature, verifier) = (decode(&inner)?, pem(&signature.public_key)?);
    Some(Body { is_second: false, signature, verifier, is_key: false, hash, digest, is_of_payload: true })
}

#[derive(Deserialize)]
struct SecondHash {
    algorithm: String,
    digest: String,
}

#[derive(Deserialize)]
struct SecondSignature {
    content: String,
    verifier: SecondVerifier,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecondVerifier {
    x509_certificate: SecondCertificate,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecondCertificate {
    raw_bytes: String,
}

/// `hashedrekord` 0.0.2, the one kind that logs of the second generation have: envelopes are content like any other to them.
fn of_second_hashed(text: &RawValue) -> Option<Body> {
    #[derive(Deserialize)]
    struct Spec {
        #[serde(rename = "hashedRekordV002")]
        entry: Entry,
    }
    #[derive(Deserialize)]
    struct Entry {
        data: SecondHash,
        signature: SecondSignature,
    }
    let Spec { entry } = spec(text)?;
    let hash = match entry.data.algorithm.as_str() {
        "SHA2_256" => Hash::Sha256,
        "SHA2_384" => Hash::Sha384,
        "SHA2_512" => Hash::Sha512,
        _ => return None,
    };
    Some(Body {
        is_second: true,
        signature: decode(&entry.signature.content)?,
        verifier: decode(&entry.signature.verifier.x509_certificate.raw_bytes)?,
        is_key: false,
        hash,
        digest: decode(&entry.data.digest)?,
        is_of_payload: false,
    })
}
