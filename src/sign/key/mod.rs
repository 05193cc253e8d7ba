//! Keys, in the files that cosign and skopeo write.
//!
//! Signatures are verified with RSA, ECDSA on P-256 and P-384, and Ed25519 (the module `verifier`), and made with ECDSA on P-256. Other kinds of key are
//! refused by name. Signatures are deterministic (RFC 6979), so that signing twice gives the same bytes.

mod encrypted;
mod pem;
pub(super) mod verifier;

use std::fmt;

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::{AlgorithmIdentifierRef, DecodePrivateKey, EncodePrivateKey, EncodePublicKey, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use self::verifier::{Key, Unusable};
use super::encoding::encode;
use super::json;
use crate::digest::Digest;

pub use encrypted::Encrypted;
pub use pem::MAX_FILE;

const PUBLIC: &str = "PUBLIC KEY";
const SIGSTORE: &str = "ENCRYPTED SIGSTORE PRIVATE KEY";
const COSIGN: &str = "ENCRYPTED COSIGN PRIVATE KEY";
const PKCS8: &str = "PRIVATE KEY";
const SEC1: &str = "EC PRIVATE KEY";

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is larger than any key.
    #[error("it is larger than {} KiB", MAX_FILE >> 10)]
    TooLarge,
    /// The file is no PEM file.
    #[error("it is no key file: {0}")]
    Pem(&'static str),
    /// The file holds something else.
    #[error("it holds {label:?}, not {wanted}")]
    Label {
        /// The block's label.
        label: String,
        /// What was expected.
        wanted: &'static str,
    },
    /// The key is of a kind that verifies nothing here.
    #[error("it is a key of type {0}; RSA of 2048 to 8192 bits, ECDSA on P-256 and P-384, and Ed25519 are supported")]
    Kind(String),
    /// The key is of a kind that signs nothing here.
    #[error("it is a key of type {0}; only ECDSA keys on P-256 sign")]
    Signing(String),
    /// The key is said to be that of a log, and is of another kind.
    #[error("the key of a log is ECDSA, and this is another kind of key")]
    Log,
    /// The key is damaged.
    #[error("the key in it is damaged")]
    Damaged,
    /// The encrypted key's JSON is not as it should be.
    #[error("the encrypted key is malformed")]
    Json(#[source] json::Error),
    /// The encryption is of an unknown kind.
    #[error("the key is encrypted by {0:?}, which is not supported")]
    Scheme(String),
    /// The costs of the password's hash are none of those that cosign writes.
    #[error("the costs of scrypt are N={n}, r={r}, p={p}; only 32768, 65536 and 131072 with r=8 and p=1 are accepted")]
    Cost {
        /// The processor and memory cost.
        n: u64,
        /// The size of blocks.
        r: u64,
        /// How much runs at once.
        p: u64,
    },
    /// Salt, nonce or ciphertext have a size that cannot be.
    #[error("salt, nonce or ciphertext of the encrypted key have a wrong size")]
    Sizes,
    /// The password is wrong, or the ciphertext damaged, which cannot be told apart.
    #[error("the password is wrong, or the key is damaged")]
    Password,
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
}

crate::class::classified!(Error => Failed);

/// Returns the content of the one certificate that a PEM file has.
pub(super) fn certificate(text: &str) -> Option<Vec<u8>> {
    only_block(text, "CERTIFICATE")
}

/// Returns the content of the one public key that a PEM file has.
pub(super) fn public_key(text: &str) -> Option<Vec<u8>> {
    only_block(text, PUBLIC)
}

fn only_block(text: &str, label: &str) -> Option<Vec<u8>> {
    match &*pem::blocks(text).ok()? {
        [block] if block.label == label => Some(block.content.to_vec()),
        _ => None,
    }
}

impl From<Unusable> for Error {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Malformed => Self::Damaged,
            Unusable::Kind(kind) => Self::Kind(kind),
        }
    }
}

/// A key that verifies.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: Key,
    /// Its SubjectPublicKeyInfo (RFC 5280), with the point uncompressed.
    der: Vec<u8>,
}

impl PublicKey {
    /// Reads every key of a PEM file. Other text around the blocks does not matter; a block of another kind does.
    ///
    /// # Errors
    /// When there is none, or one that cannot be used.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, Error> {
        pem::blocks(text)?.iter().map(Self::of_block).collect()
    }

    fn of_block(block: &pem::Block) -> Result<Self, Error> {
        match block.label.as_str() {
            PUBLIC => Self::from_der(&block.content),
            "RSA PUBLIC KEY" => Self::of(Key::parse_pkcs1(&block.content)?),
            label => Err(Error::Label { label: label.chars().take(64).collect(), wanted: "a public key" }),
        }
    }

    /// Reads a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// When it is damaged, or of a kind that is not supported.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        Self::of(Key::parse_exact(der)?)
    }

    fn of(key: Key) -> Result<Self, Error> {
        let der = key.to_der().ok_or(Error::Damaged)?;
        Ok(Self { key, der })
    }

    /// Says whether `signature` is one of `message` by this key: strict DER for ECDSA, PKCS #1 v1.5 for RSA.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verifies_plainly(message, signature)
    }

    /// Says whether `signature` is one of content with this SHA-256 by this key; nothing when keys of its kind need the content.
    pub fn verifies_digest(&self, sha256: &[u8; 32], signature: &[u8]) -> Option<bool> {
        self.key.verifies_digest(sha256, signature)
    }

    /// Says whether it is a key of ECDSA.
    pub(super) fn is_ecdsa(&self) -> bool {
        self.key.is_ecdsa()
    }

    /// Returns the digest of the SubjectPublicKeyInfo, by which people tell keys apart.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.der)
    }

    /// Returns what cosign writes into a bundle to say which key it was: the fingerprint in base64.
    pub fn hint(&self) -> String {
        encode(&raw_fingerprint(&self.der))
    }

    /// Returns the name that the DSSE library has for the key: the fingerprint that `ssh-keygen -l` prints.
    pub fn key_id(&self) -> String {
        let wire = self.key.to_ssh().unwrap_or_default();
        format!("SHA256:{}", encode(&raw_fingerprint(&wire)).trim_end_matches('='))
    }

    /// Returns the SubjectPublicKeyInfo.
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// Returns the key as a PEM file.
    pub fn to_pem(&self) -> String {
        pem::write(PUBLIC, &self.der).to_string()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}

/// A key that signs. Its bytes are overwritten when it is dropped.
pub struct PrivateKey(SigningKey);

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
    /// Makes a new key.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn generate() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        loop {
            fill_random(&mut *bytes)?;
            // One in 2^32 is above the curve's order.
            if let Ok(key) = p256::SecretKey::from_slice(&*bytes) {
                return Ok(Self(key.into()));
            }
        }
    }

    /// Reads a file: cosign's and skopeo's encrypted ones, PKCS#8 and SEC1. Whether the password of an encrypted one is right shows later.
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
            SEC1 => match p256::SecretKey::from_sec1_der(&block.content) {
                Ok(key) => Ok(Stored::Plain(Self(key.into()))),
                Err(_) => Err(Error::Signing("EC on another curve, or damaged".into())),
            },
            "RSA PRIVATE KEY" => Err(Error::Signing("RSA".into())),
            "ENCRYPTED PRIVATE KEY" => Err(Error::Scheme("PKCS#8's own encryption".into())),
            label => Err(Error::Label { label: label.chars().take(64).collect(), wanted: "a private key" }),
        }
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, Error> {
        match p256::SecretKey::from_pkcs8_der(der) {
            Ok(key) => Ok(Self(key.into())),
            Err(_) => Err(match PrivateKeyInfoRef::try_from(der) {
                Ok(info) => unsupported(&info.algorithm),
                Err(_) => Error::Damaged,
            }),
        }
    }

    /// Returns the key as the encrypted file that cosign, skopeo and this crate read.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn to_encrypted_pem(&self, password: &[u8]) -> Result<Zeroizing<String>, Error> {
        let key = p256::SecretKey::from(&self.0);
        let plain = key.to_pkcs8_der().expect("any key can be written");
        let sealed = encrypted::seal(plain.as_bytes(), password)?;
        Ok(pem::write(SIGSTORE, sealed.as_bytes()))
    }

    /// Returns the key that verifies.
    pub fn public_key(&self) -> PublicKey {
        let public = p256::PublicKey::from(self.0.verifying_key());
        let der = public.to_public_key_der().expect("any point can be written");
        PublicKey::from_der(der.as_bytes()).expect("a point of this very curve")
    }

    /// Signs the SHA-256 of a message; DER, and the same each time.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.0.sign(message);
        signature.to_der().as_bytes().to_vec()
    }
}

impl Encrypted {
    /// Decrypts the key; takes 64 MiB and a fifth of a second.
    ///
    /// # Errors
    /// When the password is wrong, or the key is not one on P-256 in PKCS#8.
    pub fn unlock(&self, password: &[u8]) -> Result<PrivateKey, Error> {
        PrivateKey::from_pkcs8(&self.open(password)?)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public_key().fingerprint())
    }
}

fn fill_random(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|_| Error::Random)
}

fn raw_fingerprint(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

/// Names the kind of a key that is not one of ours.
fn unsupported(algorithm: &AlgorithmIdentifierRef<'_>) -> Error {
    let parameters = algorithm.parameters_oid().map(|oid| oid.to_string()).unwrap_or_default();
    Error::Signing(match (algorithm.oid.to_string().as_str(), parameters.as_str()) {
        ("1.2.840.10045.2.1", "1.2.840.10045.3.1.7") => return Error::Damaged,
        ("1.2.840.10045.2.1", "1.3.132.0.34") => "ECDSA on P-384".into(),
        ("1.2.840.10045.2.1", "1.3.132.0.35") => "ECDSA on P-521".into(),
        ("1.2.840.10045.2.1", "1.3.132.0.10") => "ECDSA on secp256k1".into(),
        ("1.2.840.10045.2.1", _) => "ECDSA on a curve without a known name".into(),
        ("1.2.840.113549.1.1.1", _) => "RSA".into(),
        ("1.3.101.112", _) => "Ed25519".into(),
        ("1.3.101.113", _) => "Ed448".into(),
        (oid, _) => oid.into(),
    })
}

#[cfg(test)]
mod tests;
