//! Keys that sign, and the files that they are in.
//!
//! p256 and p384 have the arithmetic of ECDSA, for ring signs with SHA-384 alone on P-384 and never twice the same; ring has the rest.

use std::fmt;

use p256::ecdsa::signature::Signer;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::pkcs8::{AlgorithmIdentifierRef, DecodePrivateKey, EncodePrivateKey, EncodePublicKey, PrivateKeyInfoRef};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::encrypted::{self, Encrypted};
use super::verifier::Key;
use super::{Error, PublicKey, SigningKey, fill_random, pem};

const SIGSTORE: &str = "ENCRYPTED SIGSTORE PRIVATE KEY";
const COSIGN: &str = "ENCRYPTED COSIGN PRIVATE KEY";
const PKCS8: &str = "PRIVATE KEY";
const SEC1: &str = "EC PRIVATE KEY";
const PKCS1: &str = "RSA PRIVATE KEY";

/// A key that signs. Its bytes are overwritten when it is dropped, but for those of ring's keys (Ed25519, RSA).
pub struct PrivateKey {
    secret: Secret,
    /// The key as PKCS #8 has it, for writing it.
    pkcs8: Zeroizing<Vec<u8>>,
    public: PublicKey,
}

enum Secret {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

/// What a file with a private key holds.
#[derive(Debug)]
#[non_exhaustive]
pub enum Stored {
    /// A key that anybody who has the file can use.
    Plain(PrivateKey),
    /// A key that needs its password.
    Encrypted(Encrypted),
}

impl PrivateKey {
    /// Makes a new key, on P-256: the one kind that every version of every tool takes.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn generate() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        loop {
            fill_random(&mut *bytes)?;
            // One in 2^32 is above the curve's order.
            if let Ok(key) = p256::SecretKey::from_slice(&*bytes) {
                return Self::on_p256(&key);
            }
        }
    }

    /// Reads a file: cosign's and skopeo's encrypted ones, PKCS #8, SEC 1 and PKCS #1. Whether the password of an encrypted one is right shows
    /// later.
    ///
    /// # Errors
    /// When it holds no private key, or one that cannot be used.
    pub fn parse(text: &str) -> Result<Stored, Error> {
        let blocks = pem::blocks(text)?;
        let is_parameters = |block: &&pem::Block| block.label == "EC PARAMETERS";
        let [block] = &*blocks.iter().filter(|block| !is_parameters(block)).collect::<Vec<_>>() else {
            return Err(Error::Pem("it has more than one PEM block"));
        };
        match block.label.as_str() {
            SIGSTORE | COSIGN => Encrypted::parse(&block.content).map(Stored::Encrypted),
            PKCS8 => Self::from_pkcs8(&block.content).map(Stored::Plain),
            SEC1 => Self::from_sec1(&block.content).map(Stored::Plain),
            PKCS1 => Self::from_pkcs1(&block.content).map(Stored::Plain),
            "ENCRYPTED PRIVATE KEY" => Err(Error::Scheme("PKCS#8's own encryption".into())),
            label => Err(Error::Label { label: label.chars().take(64).collect(), wanted: "a private key" }),
        }
    }

    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, Error> {
        let info = PrivateKeyInfoRef::try_from(der).map_err(|_| Error::Damaged)?;
        let curve = info.algorithm.parameters_oid().map(|oid| oid.to_string()).unwrap_or_default();
        match (info.algorithm.oid.to_string().as_str(), curve.as_str()) {
            ("1.2.840.10045.2.1", "1.2.840.10045.3.1.7") => {
                Self::on_p256(&p256::SecretKey::from_pkcs8_der(der).map_err(|_| Error::Damaged)?)
            }
            ("1.2.840.10045.2.1", "1.3.132.0.34") => {
                Self::on_p384(&p384::SecretKey::from_pkcs8_der(der).map_err(|_| Error::Damaged)?)
            }
            ("1.3.101.112", _) => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| Error::Damaged)?;
                let public = PublicKey::of(Key::of_ed25519(pair.public_key().as_ref()))?;
                Ok(Self { secret: Secret::Ed25519(pair), pkcs8: der.to_vec().into(), public })
            }
            ("1.2.840.113549.1.1.1", _) => Self::of_rsa(der),
            _ => Err(unsupported(&info.algorithm)),
        }
    }

    fn on_p256(key: &p256::SecretKey) -> Result<Self, Error> {
        let (public, pkcs8) = (key.public_key().to_public_key_der(), key.to_pkcs8_der());
        let public = PublicKey::from_der(public.map_err(|_| Error::Damaged)?.as_bytes())?;
        let pkcs8 = pkcs8.map_err(|_| Error::Damaged)?.as_bytes().to_vec().into();
        Ok(Self { secret: Secret::P256(key.into()), pkcs8, public })
    }

    fn on_p384(key: &p384::SecretKey) -> Result<Self, Error> {
        let (public, pkcs8) = (key.public_key().to_public_key_der(), key.to_pkcs8_der());
        let public = PublicKey::from_der(public.map_err(|_| Error::Damaged)?.as_bytes())?;
        let pkcs8 = pkcs8.map_err(|_| Error::Damaged)?.as_bytes().to_vec().into();
        Ok(Self { secret: Secret::P384(key.into()), pkcs8, public })
    }

    fn of_rsa(der: &[u8]) -> Result<Self, Error> {
        let pair = RsaKeyPair::from_pkcs8(der).map_err(|refused| match refused.to_string().as_str() {
            "TooSmall" | "TooLarge" => Error::Signing("RSA of another size".into()),
            _ => Error::Damaged,
        })?;
        let public = PublicKey::of(Key::parse_pkcs1(pair.public_key().as_ref())?)?;
        Ok(Self { secret: Secret::Rsa(Box::new(pair)), pkcs8: der.to_vec().into(), public })
    }

    fn from_sec1(der: &[u8]) -> Result<Self, Error> {
        if let Ok(key) = p256::SecretKey::from_sec1_der(der) {
            return Self::on_p256(&key);
        }
        match p384::SecretKey::from_sec1_der(der) {
            Ok(key) => Self::on_p384(&key),
            Err(_) => Err(Error::Signing("EC on another curve, or damaged".into())),
        }
    }

    /// Reads what RSA has of its own (RFC 8017, appendix A.1.2), by putting it into PKCS #8.
    fn from_pkcs1(der: &[u8]) -> Result<Self, Error> {
        let length = |content: &[u8]| -> Option<Vec<u8>> {
            let size = u16::try_from(content.len()).ok()?;
            Some([&[0x82][..], &size.to_be_bytes()].concat())
        };
        let wrap = |tag: u8, content: &[u8]| Some([&[tag][..], &length(content)?, content].concat());
        // The version, and the identifier of RSA with its NULL.
        let head = [&[2, 1, 0][..], &[0x30, 13, 6, 9, 42, 134, 72, 134, 247, 13, 1, 1, 1, 5, 0]].concat();
        // Length in two bytes is DER only for what is long enough, as any key of RSA is that can be used.
        let octets = wrap(4, der).filter(|_| der.len() > 0xff).ok_or(Error::Damaged)?;
        let pkcs8 = wrap(0x30, &[head, octets].concat()).map(Zeroizing::new).ok_or(Error::Damaged)?;
        Self::of_rsa(&pkcs8)
    }

    /// Returns the key as the encrypted file that cosign, skopeo and this crate read.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn to_encrypted_pem(&self, password: &[u8]) -> Result<Zeroizing<String>, Error> {
        let sealed = encrypted::seal(&self.pkcs8, password)?;
        Ok(pem::write(SIGSTORE, sealed.as_bytes()))
    }

    /// Returns the key that verifies.
    pub fn public_key(&self) -> PublicKey {
        self.public.clone()
    }

    /// Signs a message as cosign does with `--key`, the same each time: its SHA-256 with ECDSA (DER) or RSA (PKCS #1 v1.5), the message itself
    /// with Ed25519.
    ///
    /// # Errors
    /// When the key makes no signature.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(match &self.secret {
            Secret::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Secret::P384(key) => {
                let signature: p384::ecdsa::Signature =
                    key.sign_prehash(&Sha256::digest(message)).map_err(|_| Error::Unsigned)?;
                signature.to_der().as_bytes().to_vec()
            }
            Secret::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            Secret::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                // The randomness blinds the arithmetic, and does not show in the signature.
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .map_err(|_| Error::Unsigned)?;
                signature
            }
        })
    }
}

impl PrivateKey {
    /// Signs content of which the SHA-256 is known, with a key of ECDSA.
    #[cfg(feature = "client")]
    pub(in crate::sign) fn sign_digest(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, Error> {
        match &self.secret {
            Secret::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign_prehash(sha256).map_err(|_| Error::Unsigned)?;
                Ok(signature.to_der().as_bytes().to_vec())
            }
            _ => Err(Error::Unsigned),
        }
    }
}

impl SigningKey for PrivateKey {
    fn public_key(&self) -> PublicKey {
        self.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.sign(message)
    }
}

impl Encrypted {
    /// Decrypts the key; takes 64 MiB and a fifth of a second.
    ///
    /// # Errors
    /// When the password is wrong, or the key is none in PKCS #8 that signs here.
    pub fn unlock(&self, password: &[u8]) -> Result<PrivateKey, Error> {
        PrivateKey::from_pkcs8(&self.open(password)?)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public.fingerprint())
    }
}

/// Names the kind of a key that is not one of ours.
fn unsupported(algorithm: &AlgorithmIdentifierRef<'_>) -> Error {
    let parameters = algorithm.parameters_oid().map(|oid| oid.to_string()).unwrap_or_default();
    Error::Signing(match (algorithm.oid.to_string().as_str(), parameters.as_str()) {
        ("1.2.840.10045.2.1", "1.3.132.0.35") => "ECDSA on P-521".into(),
        ("1.2.840.10045.2.1", "1.3.132.0.10") => "ECDSA on secp256k1".into(),
        ("1.2.840.10045.2.1", _) => "ECDSA on a curve without a known name".into(),
        ("1.3.101.113", _) => "Ed448".into(),
        (oid, _) => oid.into(),
    })
}
