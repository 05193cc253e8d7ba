//! Keys that verify: the one place that tells their kinds apart, for flags, policies, bundles, certificates and logs.
//!
//! ring has the arithmetic, but for P-256, whose signatures are verified by a digest as well.

use der::asn1::{AnyRef, BitStringRef, UintRef};
use der::{Decode, Encode, Reader, SliceReader, Tag, Tagged};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::elliptic_curve::sec1::ToSec1Point;
use rustls_pki_types::SignatureVerificationAlgorithm;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use webpki::ring;
use x509_cert::spki::{AlgorithmIdentifierRef, ObjectIdentifier, SubjectPublicKeyInfoRef};

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sign) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(in crate::sign) fn of(self, content: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(content).to_vec(),
            Self::Sha384 => Sha384::digest(content).to_vec(),
            Self::Sha512 => Sha512::digest(content).to_vec(),
        }
    }

    /// Returns the hash of an ASN.1 algorithm.
    pub(in crate::sign) fn of_oid(oid: &ObjectIdentifier) -> Option<Self> {
        match oid.to_string().as_str() {
            "2.16.840.1.101.3.4.2.1" => Some(Self::Sha256),
            "2.16.840.1.101.3.4.2.2" => Some(Self::Sha384),
            "2.16.840.1.101.3.4.2.3" => Some(Self::Sha512),
            _ => None,
        }
    }
}

/// The sizes of RSA keys that verify, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sign) enum Unusable {
    /// It is no key, or a damaged one.
    Malformed,
    /// It is of this kind, which is not supported.
    Kind(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    P256,
    P384,
    Ed25519,
    Rsa,
}

/// A key that verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sign) struct Key {
    kind: Kind,
    /// The content of the bit string: a point, or RSA's two numbers.
    content: Vec<u8>,
}

impl Key {
    /// Reads a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// When it is malformed, or of a kind that is not supported.
    pub(in crate::sign) fn parse(der: &[u8]) -> Result<Self, Unusable> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| Unusable::Malformed)?;
        Self::of(&info)
    }

    /// Takes the key of a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// Those of [`Key::parse`].
    pub(in crate::sign) fn of(info: &SubjectPublicKeyInfoRef<'_>) -> Result<Self, Unusable> {
        let parameters = info.algorithm.parameters_oid().ok();
        let kind = match (info.algorithm.oid, parameters) {
            (EC, Some(P256)) => Kind::P256,
            (EC, Some(P384)) => Kind::P384,
            (ED25519, _) => Kind::Ed25519,
            (RSA, _) => Kind::Rsa,
            (oid, curve) => return Err(Unusable::Kind(name(oid, curve))),
        };
        let content = info.subject_public_key.as_bytes().ok_or(Unusable::Malformed)?;
        Ok(Self { kind, content: content.to_vec() })
    }

    /// Takes a key of Ed25519.
    pub(in crate::sign) fn of_ed25519(key: &[u8]) -> Self {
        Self { kind: Kind::Ed25519, content: key.to_vec() }
    }

    /// Returns what cosign's `--key` makes signatures with.
    pub(in crate::sign) fn algorithm_name(&self) -> &'static str {
        match self.kind {
            Kind::P256 | Kind::P384 => "ecdsa-sha256",
            Kind::Ed25519 => "ed25519",
            Kind::Rsa => "rsa-pkcs1-sha256",
        }
    }

    /// Takes a key of RSA as PKCS #1 has it, without its kind.
    pub(in crate::sign) fn of_rsa(pkcs1: &[u8]) -> Self {
        Self { kind: Kind::Rsa, content: pkcs1.to_vec() }
    }

    /// Says whether a signature is by this key, made with the hash that is usual for it; keys on P-384 are used with two.
    pub(in crate::sign) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verifies_with(Hash::Sha256, message, signature)
            || self.kind == Kind::P384 && self.verifies_with(Hash::Sha384, message, signature)
    }

    /// Says whether a signature is by this key, made with that hash.
    pub(in crate::sign) fn verifies_with(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        self.algorithm(hash).is_some_and(|algorithm| {
            let verified = algorithm.verify_signature(&self.content, message, signature);
            verified.is_ok()
        })
    }

    /// Says whether a signature is by this key for content with a SHA-256; nothing when keys of its kind cannot tell.
    pub(in crate::sign) fn verifies_digest(&self, digest: &[u8; 32], signature: &[u8]) -> Option<bool> {
        // Points are uncompressed wherever ring verifies; the two must not differ.
        if self.kind != Kind::P256 || self.content.first() != Some(&4) {
            return None;
        }
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&self.content).ok();
        let signature = p256::ecdsa::Signature::from_der(signature).ok();
        Some(key.zip(signature).is_some_and(|(key, signature)| key.verify_prehash(digest, &signature).is_ok()))
    }

    /// Says whether a signature is by this key as cosign makes and verifies them with `--key`: SHA-256 for ECDSA on either curve and for
    /// RSA (PKCS #1 v1.5), the message itself for Ed25519. No other hash counts, for it does not count there.
    pub(in crate::sign) fn verifies_plainly(&self, message: &[u8], signature: &[u8]) -> bool {
        match self.kind {
            Kind::P256 => self.verifies_digest(&Sha256::digest(message).into(), signature) == Some(true),
            Kind::P384 | Kind::Ed25519 | Kind::Rsa => self.verifies_with(Hash::Sha256, message, signature),
        }
    }

    /// Reads a SubjectPublicKeyInfo that somebody trusts by itself: exactly as Go's `ParsePKIXPublicKey` wants it, and of a size that can
    /// be used.
    ///
    /// # Errors
    /// Those of [`Key::parse`], and when the key can verify nothing.
    pub(in crate::sign) fn parse_exact(der: &[u8]) -> Result<Self, Unusable> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| Unusable::Malformed)?;
        let mut key = Self::of(&info)?;
        let is_good = match key.kind {
            Kind::P256 => {
                let point = p256::PublicKey::from_sec1_bytes(&key.content).map_err(|_| Unusable::Malformed)?;
                key.content = point.to_sec1_point(false).as_bytes().to_vec();
                true
            }
            Kind::P384 => key.content.len() == 97 && key.content.first() == Some(&4),
            Kind::Ed25519 => key.content.len() == 32 && info.algorithm.parameters.is_none(),
            Kind::Rsa => {
                let bits = key.rsa_numbers().ok_or(Unusable::Malformed)?.0.len() * 8;
                if !RSA_BITS.contains(&bits) {
                    return Err(Unusable::Kind(format!("RSA of about {bits} bits")));
                }
                info.algorithm.parameters.is_some_and(|parameters| parameters.is_null())
            }
        };
        if is_good { Ok(key) } else { Err(Unusable::Malformed) }
    }

    /// Reads an RSA key as PKCS #1 has it, which is `BEGIN RSA PUBLIC KEY` in PEM.
    ///
    /// # Errors
    /// Those of [`Key::parse_exact`].
    pub(in crate::sign) fn parse_pkcs1(der: &[u8]) -> Result<Self, Unusable> {
        let key = Self::of_rsa(der);
        Self::parse_exact(&key.to_der().ok_or(Unusable::Malformed)?)
    }

    /// Says whether it is a key of ECDSA.
    pub(in crate::sign) fn is_ecdsa(&self) -> bool {
        matches!(self.kind, Kind::P256 | Kind::P384)
    }

    /// Returns the SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).
    pub(in crate::sign) fn to_der(&self) -> Option<Vec<u8>> {
        let (oid, parameters) = match self.kind {
            Kind::P256 => (EC, Some(AnyRef::from(&P256))),
            Kind::P384 => (EC, Some(AnyRef::from(&P384))),
            Kind::Ed25519 => (ED25519, None),
            Kind::Rsa => (RSA, Some(AnyRef::NULL)),
        };
        let subject_public_key = BitStringRef::from_bytes(&self.content).ok()?;
        SubjectPublicKeyInfoRef { algorithm: AlgorithmIdentifierRef { oid, parameters }, subject_public_key }
            .to_der()
            .ok()
    }

    /// Returns the key as SSH has it on the wire (RFC 4253, section 6.6; RFC 5656; RFC 8709).
    pub(in crate::sign) fn to_ssh(&self) -> Option<Vec<u8>> {
        Some(match self.kind {
            Kind::P256 => wire(&[b"ecdsa-sha2-nistp256", b"nistp256", &self.content]),
            Kind::P384 => wire(&[b"ecdsa-sha2-nistp384", b"nistp384", &self.content]),
            Kind::Ed25519 => wire(&[b"ssh-ed25519", &self.content]),
            Kind::Rsa => {
                let (modulus, exponent) = self.rsa_numbers()?;
                wire(&[b"ssh-rsa", &positive(exponent), &positive(modulus)])
            }
        })
    }

    /// Returns RSA's modulus and exponent, without leading zeros.
    fn rsa_numbers(&self) -> Option<(&[u8], &[u8])> {
        let sequence = AnyRef::from_der(&self.content).ok().filter(|all| all.tag() == Tag::Sequence)?;
        let mut reader = SliceReader::new(sequence.value()).ok()?;
        let (modulus, exponent) = (UintRef::decode(&mut reader).ok()?, UintRef::decode(&mut reader).ok()?);
        reader.is_finished().then_some((modulus.as_bytes(), exponent.as_bytes()))
    }

    fn algorithm(&self, hash: Hash) -> Option<&'static dyn SignatureVerificationAlgorithm> {
        Some(match (self.kind, hash) {
            (Kind::P256, Hash::Sha256) => ring::ECDSA_P256_SHA256,
            (Kind::P256, Hash::Sha384) => ring::ECDSA_P256_SHA384,
            (Kind::P384, Hash::Sha256) => ring::ECDSA_P384_SHA256,
            (Kind::P384, Hash::Sha384) => ring::ECDSA_P384_SHA384,
            (Kind::Ed25519, _) => ring::ED25519,
            (Kind::Rsa, Hash::Sha256) => ring::RSA_PKCS1_2048_8192_SHA256,
            (Kind::Rsa, Hash::Sha384) => ring::RSA_PKCS1_2048_8192_SHA384,
            (Kind::Rsa, Hash::Sha512) => ring::RSA_PKCS1_2048_8192_SHA512,
            (Kind::P256 | Kind::P384, Hash::Sha512) => return None,
        })
    }
}

/// Names a kind of key that is not supported.
fn name(oid: ObjectIdentifier, curve: Option<ObjectIdentifier>) -> String {
    let curve = curve.map(|curve| curve.to_string()).unwrap_or_default();
    match (oid.to_string().as_str(), curve.as_str()) {
        ("1.2.840.10045.2.1", "1.3.132.0.35") => "ECDSA on P-521".into(),
        ("1.2.840.10045.2.1", "1.3.132.0.10") => "ECDSA on secp256k1".into(),
        ("1.2.840.10045.2.1", _) => "ECDSA on a curve without a known name".into(),
        ("1.2.840.113549.1.1.10", _) => "RSA-PSS".into(),
        ("1.3.101.113", _) => "Ed448".into(),
        (oid, _) => oid.into(),
    }
}

/// Writes strings as SSH has them: each after its length.
fn wire(parts: &[&[u8]]) -> Vec<u8> {
    let mut wire = Vec::new();
    for part in parts {
        wire.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        wire.extend_from_slice(part);
    }
    wire
}

/// Returns a number with a zero before it where it would be negative otherwise.
fn positive(number: &[u8]) -> Vec<u8> {
    let zero: &[u8] = if number.first().is_some_and(|byte| *byte >= 0x80) { &[0] } else { &[] };
    [zero, number].concat()
}
