//! The timestamp in a certificate by which a log of certificates says that it has it: an authority cannot issue one in secret.
//!
//! RFC 6962, sections 3.2 and 3.3: <https://www.rfc-editor.org/rfc/rfc6962#section-3.2>

use der::asn1::{AnyRef, BitStringRef, OctetStringRef};
use der::{Decode, Encode, Sequence};
use sha2::{Digest as _, Sha256};
use x509_cert::ext::Extension;
use x509_cert::spki::ObjectIdentifier;

use super::Refusal;
use super::certificate::Leaf;
use super::key::Hash;
use super::root::Log;

const LIST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.2");
const WHAT: &str = "timestamp of a log of certificates";

/// A certificate of version 3, its parts as they are. x509-cert's own type cannot be changed, and a log signs what is left without its words.
#[derive(Sequence)]
struct Certificate<'a> {
    content: Content<'a>,
    algorithm: AnyRef<'a>,
    signature: BitStringRef<'a>,
}

#[derive(Sequence)]
struct Content<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: u8,
    serial: AnyRef<'a>,
    algorithm: AnyRef<'a>,
    issuer: AnyRef<'a>,
    validity: AnyRef<'a>,
    subject: AnyRef<'a>,
    key: AnyRef<'a>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

/// A timestamp.
struct Timestamp<'a> {
    log: &'a [u8],
    /// Milliseconds since 1970.
    time: u64,
    extensions: &'a [u8],
    signature: &'a [u8],
}

/// Checks that a log has signed that it has the certificate; `issuer` is the key of whoever issued it.
pub(super) fn check(leaf: &Leaf<'_>, issuer: &[u8], logs: &[Log]) -> Result<(), Refusal> {
    let list = leaf.extension(&LIST)?.ok_or(Refusal::NoSct)?;
    let malformed = || Refusal::Malformed(WHAT);
    let list = <&OctetStringRef>::from_der(list).map_err(|_| malformed())?;
    let timestamps = parse(list.as_bytes()).ok_or_else(malformed)?;
    let content = precertificate(leaf.der)?;
    let mut is_known = false;
    for timestamp in &timestamps {
        for log in logs.iter().filter(|log| log.id == timestamp.log) {
            timestamp.check(log, issuer, &content)?;
            is_known = true;
        }
    }
    match (timestamps.is_empty(), is_known) {
        (true, _) => Err(Refusal::NoSct),
        (false, true) => Ok(()),
        (false, false) => Err(Refusal::SctLog),
    }
}

/// Returns what the log has signed: the certificate's content without the log's own words.
fn precertificate(der: &[u8]) -> Result<Vec<u8>, Refusal> {
    let certificate = Certificate::from_der(der).map_err(|_| Refusal::Certificate("it is not of version 3"))?;
    let mut content = certificate.content;
    if content.version != 2 {
        return Err(Refusal::Certificate("it is not of version 3"));
    }
    content.extensions.retain(|extension| extension.extn_id != LIST);
    content.to_der().map_err(|_| Refusal::Certificate("it is no DER"))
}

impl Timestamp<'_> {
    fn check(&self, log: &Log, issuer: &[u8], content: &[u8]) -> Result<(), Refusal> {
        let key = log.key.as_ref().map_err(Clone::clone)?;
        // Version 1, a timestamp of a certificate; the entry is a precertificate.
        let mut signed = vec![0, 0];
        signed.extend_from_slice(&self.time.to_be_bytes());
        signed.extend_from_slice(&[0, 1]);
        signed.extend_from_slice(&Sha256::digest(issuer));
        let length = u32::try_from(content.len()).map_err(|_| Refusal::Malformed(WHAT))?.to_be_bytes();
        signed.extend_from_slice(&length[1..]);
        signed.extend_from_slice(content);
        let length = u16::try_from(self.extensions.len()).map_err(|_| Refusal::Malformed(WHAT))?;
        signed.extend_from_slice(&length.to_be_bytes());
        signed.extend_from_slice(self.extensions);
        if !key.verifies_with(Hash::Sha256, &signed, self.signature) {
            return Err(Refusal::SctSignature);
        }
        let time = self.time / 1000;
        if log.window.has(time) { Ok(()) } else { Err(Refusal::SctWindow(time)) }
    }
}

/// Reads the list of timestamps, in TLS's presentation.
fn parse(list: &[u8]) -> Option<Vec<Timestamp<'_>>> {
    let mut rest = list;
    let mut list = sized(&mut rest)?;
    let mut timestamps = Vec::new();
    while !list.is_empty() {
        let mut one = sized(&mut list)?;
        let (version, log) = (take(&mut one, 1)?, take(&mut one, 32)?);
        let time = u64::from_be_bytes(take(&mut one, 8)?.try_into().ok()?);
        let extensions = sized(&mut one)?;
        // SHA-256, by RSA or ECDSA: the only ones that RFC 6962 has.
        let algorithm = take(&mut one, 2)?;
        let signature = sized(&mut one)?;
        if version != [0] || !matches!(algorithm, [4, 1 | 3]) || !one.is_empty() {
            return None;
        }
        timestamps.push(Timestamp { log, time, extensions, signature });
    }
    rest.is_empty().then_some(timestamps)
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn sized<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take(bytes, 2)?;
    take(bytes, usize::from(u16::from_be_bytes([length[0], length[1]])))
}
