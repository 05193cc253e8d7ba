//! Whether the signature of a message counts: by a key of the ring, in an algorithm and at a time that do.

use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{Signature, SignatureType, SignatureVersion};
use pgp::types::{KeyDetails, Timestamp};

use super::certificate::{Certificate, created, has_expired, has_unknown_condition};
use super::message::Message;
use super::{Keyring, Refusal};

/// How far another clock may be ahead, in seconds.
const SKEW: u32 = 300;

/// Checks a message's signature; returns the fingerprint of the primary key of who has made it.
pub(super) fn check(message: &Message, keyring: &Keyring, now: Timestamp) -> Result<String, Refusal> {
    let signature = &message.signature;
    check_form(signature)?;
    let made = created(signature).ok_or(Refusal::Time)?;
    if made.as_secs() > now.as_secs().saturating_add(SKEW) {
        return Err(Refusal::Time);
    }
    if has_expired(signature, now) {
        return Err(Refusal::Expired);
    }
    let mut refused = None;
    for certificate in keyring.certificates() {
        match check_by(certificate, message, keyring, made, now) {
            // The first of the keys decides: no key is twice in a ring, and a subkey under two primary keys is nobody's for certain.
            Some(result) if refused.is_none() => refused = Some(result),
            Some(_) => return Err(Refusal::Stranger(format!("{}, of several primary keys,", issuer(signature)))),
            None => {}
        }
    }
    refused.unwrap_or_else(|| Err(Refusal::Stranger(issuer(signature))))
}

/// Checks what the signature says of itself.
fn check_form(signature: &Signature) -> Result<(), Refusal> {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    if signature.version() != SignatureVersion::V4 || signature.typ() != Some(SignatureType::Binary) {
        return Err(Refusal::Kind);
    }
    match signature.hash_alg() {
        Some(Sha256 | Sha384 | Sha512) => {}
        Some(other) => return Err(Refusal::Hash(other.to_string())),
        None => return Err(Refusal::Kind),
    }
    if has_unknown_condition(signature) { Err(Refusal::Critical) } else { Ok(()) }
}

/// Checks the signature by the key of a certificate that it names; nothing when it names none of these.
fn check_by(
    certificate: &Certificate,
    message: &Message,
    keyring: &Keyring,
    made: Timestamp,
    now: Timestamp,
) -> Option<Result<String, Refusal>> {
    let signature = &message.signature;
    let primary = &certificate.primary;
    let content = &message.content[..];
    let (key, since, counts, is_good) = if is_by(signature, primary) {
        let counts = certificate.check(keyring.revocations(), now).and_then(|()| certificate.check_primary());
        (primary.fingerprint(), primary.created_at(), counts, signature.verify(primary, content).is_ok())
    } else {
        let subkey = certificate.subkeys().find(|subkey| is_by(signature, *subkey))?;
        let counts = certificate.check(keyring.revocations(), now);
        let counts = counts.and_then(|()| certificate.check_subkey(subkey, now));
        (subkey.fingerprint(), subkey.created_at(), counts, signature.verify(subkey, content).is_ok())
    };
    Some(match counts {
        _ if !is_good => Err(Refusal::Signature),
        Err(why) => Err(Refusal::Key { key: format!("{key:X}"), why }),
        Ok(()) if since.as_secs() > made.as_secs() => Err(Refusal::Time),
        Ok(()) => Ok(format!("{:X}", primary.fingerprint())),
    })
}

/// Says whether a signature names a key in every way in which it names one.
fn is_by(signature: &Signature, key: &impl KeyDetails) -> bool {
    let (ids, fingerprints) = (signature.issuer_key_id(), signature.issuer_fingerprint());
    !(ids.is_empty() && fingerprints.is_empty())
        && ids.iter().all(|id| **id == key.legacy_key_id())
        && fingerprints.iter().all(|fingerprint| **fingerprint == key.fingerprint())
}

/// Returns the key that a signature names, for messages.
fn issuer(signature: &Signature) -> String {
    let fingerprint = signature.issuer_fingerprint().first().map(|fingerprint| format!("{fingerprint:X}"));
    let id = || signature.issuer_key_id().first().map(|id| format!("{id}").to_uppercase());
    fingerprint.or_else(id).map_or_else(|| "an unnamed key".into(), |key| format!("the key {key}"))
}
