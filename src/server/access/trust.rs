//! Tokens that somebody else makes, checked by the public keys in a file.
//!
//! The file is a JWK set (RFC 7517), or PEM with public keys (RFC 7468, section 13) or certificates, as registry:2's `rootcertbundle`.

use std::ops::RangeInclusive;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use rustls_pki_types::pem::{PemObject, SectionKind};
use serde::Deserialize;

use super::der;
use super::token::{Algorithm, Claims, Parts, Refusal, Wanted};
use super::watched::{FileError, Notes, Watched, Wrong};

/// An issuer of tokens that is trusted. Changes of the file of its keys count from the next request on.
pub struct Trust {
    keys: Watched<Vec<Key>>,
    issuer: String,
    audience: String,
}

impl Trust {
    /// Reads the keys. Tokens have to name this issuer (`iss`) and this audience (`aud`).
    ///
    /// # Errors
    /// When the file cannot be read, or holds no usable key.
    pub fn open(path: &Path, issuer: &str, audience: &str, notes: Notes) -> Result<Self, FileError> {
        Ok(Self { keys: Watched::open(path, parse, notes)?, issuer: issuer.into(), audience: audience.into() })
    }

    /// Returns the name of the service that the tokens are for.
    pub(super) fn audience(&self) -> &str {
        &self.audience
    }

    /// Checks a token.
    pub(super) fn check(&self, text: &str, now: u64) -> Result<Claims, Refusal> {
        let parts = Parts::of(text)?;
        let fits = |key: &&Key| match (&parts.key_id, &key.id) {
            (Some(wanted), Some(id)) => wanted == id,
            _ => true,
        };
        if !self.keys.current().iter().filter(fits).any(|key| key.has_signed(&parts)) {
            return Err(Refusal::Signature);
        }
        parts.claims(&Wanted { issuer: &self.issuer, audience: &self.audience }, now)
    }
}

#[derive(Debug)]
struct Key {
    id: Option<String>,
    public: Public,
}

/// A public key, for one algorithm.
#[derive(Debug)]
enum Public {
    /// Modulus and exponent, big-endian, without leading zeros.
    Rsa(Vec<u8>, Vec<u8>),
    /// An uncompressed point.
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// The sizes of RSA keys that are taken, in bits.
const RSA_BITS: RangeInclusive<usize> = 2048..=8192;

impl Key {
    /// Returns the size of an RSA key's modulus.
    fn rsa_bits(&self) -> Option<usize> {
        match &self.public {
            Public::Rsa(modulus, _) => Some(
                (modulus.len() * 8).saturating_sub(modulus.first().map_or(0, |byte| byte.leading_zeros() as usize)),
            ),
            _ => None,
        }
    }

    fn has_signed(&self, parts: &Parts<'_>) -> bool {
        let Parts { signed, signature, .. } = parts;
        match (&self.public, parts.algorithm) {
            (Public::Rsa(n, e), Algorithm::Rs256) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
            }
            (Public::P256(point), Algorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).is_ok()
            }
            (Public::Ed25519(key), Algorithm::EdDsa) => {
                UnparsedPublicKey::new(&ED25519, key).verify(signed, signature).is_ok()
            }
            _ => false,
        }
    }
}

fn parse(text: &str) -> Result<Vec<Key>, Wrong> {
    let keys = if text.trim_start().starts_with('{') { parse_set(text)? } else { parse_pem(text)? };
    if keys.is_empty() {
        let reason = "no key for RS256, ES256 or EdDSA; expected a JWK set, or public keys or certificates in PEM";
        return Err(Wrong::new(0, reason));
    }
    // No signature by such a key would ever hold, and each token would be called forged.
    match keys.iter().filter_map(Key::rsa_bits).find(|bits| !RSA_BITS.contains(bits)) {
        Some(bits) => {
            let (least, most) = (RSA_BITS.start(), RSA_BITS.end());
            Err(Wrong::new(0, format!("an RSA key of {bits} bits; at least {least} and at most {most} are taken")))
        }
        None => Ok(keys),
    }
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Written>,
}

/// A key as a JWK set has it: RFC 7518, section 6, and RFC 8037.
#[derive(Deserialize)]
struct Written {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

fn parse_set(text: &str) -> Result<Vec<Key>, Wrong> {
    let set: Set = serde_json::from_str(text).map_err(|error| {
        let line_begin: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        Wrong::new(line_begin + error.column().saturating_sub(1), "not a JWK set")
    })?;
    // Keys of other kinds, and for other purposes, stand in such sets for others.
    let usable = set.keys.into_iter().filter(|key| key.purpose.as_deref().is_none_or(|purpose| purpose == "sig"));
    Ok(usable.filter_map(Written::into_key).collect())
}

impl Written {
    fn into_key(self) -> Option<Key> {
        let bytes = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_deref()?.trim_end_matches('=')).ok();
        let (public, algorithm) = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => (Public::Rsa(without_zeros(&bytes(&self.n)?), without_zeros(&bytes(&self.e)?)), "RS256"),
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes(&self.x)?, bytes(&self.y)?);
                let point = [&[4], x.as_slice(), y.as_slice()].concat();
                (Public::P256((x.len() == 32 && y.len() == 32).then_some(point)?), "ES256")
            }
            ("OKP", Some("Ed25519")) => (Public::Ed25519(bytes(&self.x)?), "EdDSA"),
            _ => return None,
        };
        self.alg.is_none_or(|alg| alg == algorithm).then_some(Key { id: self.kid, public })
    }
}

fn without_zeros(bytes: &[u8]) -> Vec<u8> {
    let begin = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    bytes[begin..].to_vec()
}

fn parse_pem(text: &str) -> Result<Vec<Key>, Wrong> {
    let mut keys = Vec::new();
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes()) {
        let (kind, bytes) = section.map_err(|_| Wrong::new(0, "not PEM, and not a JWK set"))?;
        let info = match kind {
            SectionKind::PublicKey => Some(bytes.as_slice()),
            SectionKind::Certificate => der::public_key_of_certificate(&bytes),
            SectionKind::PrivateKey | SectionKind::RsaPrivateKey | SectionKind::EcPrivateKey => {
                return Err(Wrong::new(0, "a private key; only the public one belongs here"));
            }
            _ => continue,
        };
        let public = info.and_then(der::public_key).map(|key| match key {
            der::PublicKey::Rsa { modulus, exponent } => Public::Rsa(without_zeros(modulus), without_zeros(exponent)),
            der::PublicKey::P256(point) => Public::P256(point.into()),
            der::PublicKey::Ed25519(key) => Public::Ed25519(key.into()),
        });
        keys.extend(public.map(|public| Key { id: None, public }));
    }
    Ok(keys)
}
