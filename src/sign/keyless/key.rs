//! Keys that verify, of the kinds that certificates and logs have. All of the arithmetic is ring's.

use der::Decode;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rustls_pki_types::SignatureVerificationAlgorithm;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use webpki::ring;
use x509_cert::spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};

use super::Refusal;

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) fn of(self, content: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(content).to_vec(),
            Self::Sha384 => Sha384::digest(content).to_vec(),
            Self::Sha512 => Sha512::digest(content).to_vec(),
        }
    }

    /// Returns the hash of an ASN.1 algorithm.
    pub(super) fn of_oid(oid: &ObjectIdentifier) -> Option<Self> {
        match oid.to_string().as_str() {
            "2.16.840.1.101.3.4.2.1" => Some(Self::Sha256),
            "2.16.840.1.101.3.4.2.2" => Some(Self::Sha384),
            "2.16.840.1.101.3.4.2.3" => Some(Self::Sha512),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    P256,
    P384,
    Ed25519,
    Rsa,
}

/// A key that verifies.
#[derive(Clone, Debug)]
pub(super) struct Key {
    kind: Kind,
    /// The content of the bit string: a point, or RSA's two numbers.
    content: Vec<u8>,
}

impl Key {
    /// Reads a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// When it is malformed, or of a kind that is not supported.
    pub(super) fn parse(der: &[u8]) -> Result<Self, Refusal> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| Refusal::Malformed("public key"))?;
        Self::of(&info)
    }

    /// Takes the key of a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// Those of [`Key::parse`].
    pub(super) fn of(info: &SubjectPublicKeyInfoRef<'_>) -> Result<Self, Refusal> {
        let parameters = info.algorithm.parameters_oid().ok();
        let kind = match (info.algorithm.oid, parameters) {
            (EC, Some(P256)) => Kind::P256,
            (EC, Some(P384)) => Kind::P384,
            (ED25519, _) => Kind::Ed25519,
            (RSA, _) => Kind::Rsa,
            (oid, None) => return Err(Refusal::Key(oid.to_string())),
            (oid, Some(curve)) => return Err(Refusal::Key(format!("{oid} on the curve {curve}"))),
        };
        let content = info.subject_public_key.as_bytes().ok_or(Refusal::Malformed("public key"))?;
        Ok(Self { kind, content: content.to_vec() })
    }

    /// Takes a key of RSA as PKCS #1 has it, without its kind.
    pub(super) fn of_rsa(pkcs1: &[u8]) -> Self {
        Self { kind: Kind::Rsa, content: pkcs1.to_vec() }
    }

    /// Says whether a signature is by this key, made with the hash that is usual for it; keys on P-384 are used with two.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verifies_with(Hash::Sha256, message, signature)
            || self.kind == Kind::P384 && self.verifies_with(Hash::Sha384, message, signature)
    }

    /// Says whether a signature is by this key, made with that hash.
    pub(super) fn verifies_with(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        self.algorithm(hash).is_some_and(|algorithm| {
            let verified = algorithm.verify_signature(&self.content, message, signature);
            verified.is_ok()
        })
    }

    /// Says whether a signature is by this key for content with a SHA-256.
    ///
    /// # Errors
    /// When keys of its kind cannot tell.
    pub(super) fn verifies_digest(&self, digest: &[u8; 32], signature: &[u8]) -> Result<bool, Refusal> {
        // Points are uncompressed wherever ring verifies; the two must not differ.
        if self.kind != Kind::P256 || self.content.first() != Some(&4) {
            return Err(Refusal::NeedsContent);
        }
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&self.content);
        let key = key.map_err(|_| Refusal::Malformed("public key"))?;
        let signature = p256::ecdsa::Signature::from_der(signature);
        Ok(signature.is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()))
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
