//! Whom to trust: the file `trusted_root.json` with the keys of logs and the certificates of authorities, each for its time.
//!
//! It is only ever read from where the user says; nothing is fetched. protobuf-specs, "TrustedRoot":
//! <https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_trustroot.proto>

use rustls_pki_types::CertificateDer;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Refusal;
use super::key::Key;
use super::time::{self, Window};
use crate::sign::encoding::decode_any;
use crate::sign::json;

/// The largest file that is read, in bytes.
pub const MAX_ROOT: usize = 4 << 20;
const MEDIA_TYPES: [&str; 3] = [
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot+json;version=0.2",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
];

/// A file that is no trusted root.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// The file is larger than any.
    #[error("it is larger than {} MiB", MAX_ROOT >> 20)]
    TooLarge,
    /// It is no JSON, or has members that it should not have.
    #[error("it is no trusted root")]
    Json(#[source] json::Error),
    /// It is of another version.
    #[error("it is a document of type {0:?}")]
    Version(String),
    /// Something in it is not as it must be.
    #[error("the {place} has no usable {member}")]
    Member {
        /// Where.
        place: String,
        /// What.
        member: &'static str,
    },
}

crate::class::classified!(RootError => Failed);

/// Whom to trust.
#[derive(Clone, Debug)]
pub struct TrustedRoot {
    pub(super) logs: Vec<Log>,
    pub(super) certificate_logs: Vec<Log>,
    pub(super) authorities: Vec<Authority>,
    pub(super) clocks: Vec<Authority>,
}

/// A log with its key.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) id: Vec<u8>,
    /// The name that newer logs sign with.
    pub(super) host: String,
    /// The key, or why it cannot be used: that of one log does not matter to those who use another.
    pub(super) key: Result<Key, Refusal>,
    pub(super) window: Window,
}

/// Somebody who issues certificates or time stamps.
#[derive(Clone, Debug)]
pub(super) struct Authority {
    /// Its certificates; the last is the one that is trusted.
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) window: Window,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    media_type: String,
    #[serde(default)]
    tlogs: Vec<LogEntry>,
    #[serde(default)]
    certificate_authorities: Vec<AuthorityEntry>,
    #[serde(default)]
    ctlogs: Vec<LogEntry>,
    #[serde(default)]
    timestamp_authorities: Vec<AuthorityEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LogEntry {
    #[serde(default)]
    base_url: String,
    hash_algorithm: Option<String>,
    public_key: KeyEntry,
    log_id: LogId,
    #[serde(rename = "checkpointKeyId")]
    _checkpoint_key_id: Option<IgnoredAny>,
    #[serde(rename = "operator")]
    _operator: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeyEntry {
    raw_bytes: String,
    key_details: String,
    valid_for: Option<Range>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LogId {
    key_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    start: Option<String>,
    end: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AuthorityEntry {
    cert_chain: Chain,
    valid_for: Option<Range>,
    #[serde(rename = "subject")]
    _subject: Option<IgnoredAny>,
    #[serde(rename = "uri")]
    _uri: Option<IgnoredAny>,
    #[serde(rename = "operator")]
    _operator: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chain {
    certificates: Vec<RawCertificate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawCertificate {
    raw_bytes: String,
}

impl TrustedRoot {
    /// Reads a `trusted_root.json`.
    ///
    /// # Errors
    /// When it is none. Whatever is in it must say from when on it is trusted: a bound that is missing is none that is open.
    pub fn parse(text: &[u8]) -> Result<Self, RootError> {
        if text.len() > MAX_ROOT {
            return Err(RootError::TooLarge);
        }
        let text = json::check(text).map_err(RootError::Json)?;
        let document: Document =
            serde_json::from_str(text).map_err(|error| RootError::Json(json::Error::Syntax(error)))?;
        if !MEDIA_TYPES.contains(&document.media_type.as_str()) {
            return Err(RootError::Version(document.media_type.chars().take(100).collect()));
        }
        Ok(Self {
            logs: each(&document.tlogs, "log", Log::of)?,
            certificate_logs: each(&document.ctlogs, "log of certificates", Log::of)?,
            authorities: each(&document.certificate_authorities, "certificate authority", Authority::of)?,
            clocks: each(&document.timestamp_authorities, "time stamp authority", Authority::of)?,
        })
    }
}

fn each<T, U>(entries: &[T], name: &str, read: impl Fn(&T) -> Result<U, &'static str>) -> Result<Vec<U>, RootError> {
    let read = |(number, entry)| {
        read(entry).map_err(|member| RootError::Member { place: format!("{name} number {}", number + 1), member })
    };
    entries.iter().enumerate().map(read).collect()
}

impl Log {
    fn of(entry: &LogEntry) -> Result<Self, &'static str> {
        let id = decode_any(&entry.log_id.key_id).filter(|id| id.len() >= 4).ok_or("logId")?;
        let raw = decode_any(&entry.public_key.raw_bytes).ok_or("rawBytes")?;
        let key = match entry.hash_algorithm.as_deref() {
            None | Some("SHA2_256") => key(&raw, &entry.public_key.key_details),
            Some(other) => Err(Refusal::Key(format!("of a log that hashes by {other}"))),
        };
        let host = entry.base_url.split_once("://").map_or("", |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or_default().to_owned();
        Ok(Self { id, host, key, window: window(entry.public_key.valid_for.as_ref())? })
    }
}

/// Reads a key. What the key itself says rules over the name that is given to its kind.
fn key(raw: &[u8], details: &str) -> Result<Key, Refusal> {
    match details {
        "PKCS1_RSA_PKCS1V5" => Ok(Key::of_rsa(raw)),
        "PKIX_ECDSA_P256_SHA_256"
        | "PKIX_ECDSA_P384_SHA_384"
        | "PKIX_ECDSA_P384_SHA_256"
        | "PKIX_ED25519"
        | "PKIX_RSA_PKCS1V5"
        | "PKIX_RSA_PKCS1V15_2048_SHA256"
        | "PKIX_RSA_PKCS1V15_3072_SHA256"
        | "PKIX_RSA_PKCS1V15_4096_SHA256" => Ok(Key::parse(raw)?),
        other => Err(Refusal::Key(other.chars().take(64).collect())),
    }
}

impl Authority {
    fn of(entry: &AuthorityEntry) -> Result<Self, &'static str> {
        let read = |certificate: &RawCertificate| decode_any(&certificate.raw_bytes).map(CertificateDer::from);
        let chain: Option<Vec<_>> = entry.cert_chain.certificates.iter().map(read).collect();
        let chain = chain.filter(|chain| !chain.is_empty()).ok_or("certChain")?;
        Ok(Self { chain, window: window(entry.valid_for.as_ref())? })
    }
}

fn window(range: Option<&Range>) -> Result<Window, &'static str> {
    let range = range.ok_or("validFor")?;
    let start = range.start.as_deref().and_then(time::parse).ok_or("start of validFor")?;
    let end = range.end.as_deref().map(|end| time::parse(end).ok_or("end of validFor")).transpose()?;
    Ok(Window { start, end })
}
