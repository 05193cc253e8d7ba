//! Keys, in the files that cosign and skopeo write.
//!
//! Signatures are verified (the module `verifier`) and made (the module `private`) with RSA, ECDSA on P-256 and P-384, and Ed25519. Other
//! kinds of key are refused by name. Signatures are deterministic (RFC 6979), so that signing twice gives the same bytes. A key that is kept
//! elsewhere signs by a program ([`External`]).

mod encrypted;
mod external;
mod pem;
mod private;
pub(super) mod verifier;

use std::fmt;

use self::verifier::{Key, Unusable};
use super::encoding::encode;
use super::json;
use super::pki::SigningCertificate;
use crate::digest::Digest;

pub use encrypted::Encrypted;
pub use external::{External, Fault};
pub use pem::MAX_FILE;
pub use private::{PrivateKey, Stored};

const PUBLIC: &str = "PUBLIC KEY";

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
    #[error("it is a key of type {0}; RSA of 2048 to 4096 bits, ECDSA on P-256 and P-384, and Ed25519 are supported")]
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
    /// The program that has the key failed.
    #[error("the signer {program} cannot {action}")]
    External {
        /// The program.
        program: String,
        /// What it was to do.
        action: &'static str,
        /// Why it could not.
        source: Fault,
    },
    /// The key made no signature.
    #[error("the key made no signature")]
    Unsigned,
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
}

crate::class::classified!(Error => Failed);

/// Returns the content of the one certificate that a PEM file has.
pub(super) fn certificate(text: &str) -> Option<Vec<u8>> {
    only_block(text, "CERTIFICATE")
}

/// Returns the content of every certificate of a PEM file, which has nothing else.
pub(super) fn certificates(text: &str) -> Result<Vec<Vec<u8>>, Error> {
    let content = |block: pem::Block| match block.label.as_str() {
        "CERTIFICATE" => Ok(block.content.to_vec()),
        label => Err(Error::Label { label: label.chars().take(64).collect(), wanted: "certificates" }),
    };
    pem::blocks(text)?.into_iter().map(content).collect()
}

/// Returns certificates as a PEM file.
pub(super) fn write_certificates<'c>(all: impl IntoIterator<Item = &'c [u8]>) -> String {
    all.into_iter().map(|der| pem::write("CERTIFICATE", der).to_string()).collect()
}

/// Writes a certificate as PEM.
#[cfg(feature = "client")]
pub(super) fn certificate_pem(der: &[u8]) -> String {
    pem::write("CERTIFICATE", der).to_string()
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

    /// Returns what signatures by it are made with, as external signers are told: `ecdsa-sha256`, `rsa-pkcs1-sha256` or `ed25519`.
    pub fn algorithm(&self) -> &'static str {
        self.key.algorithm_name()
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

/// A key that signs, wherever it is kept.
pub trait SigningKey: Send + Sync {
    /// Returns the key that verifies.
    fn public_key(&self) -> PublicKey;

    /// Signs a message, as [`PublicKey::verifies`] wants it.
    ///
    /// # Errors
    /// When the key, or whoever keeps it, cannot.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error>;

    /// Returns the certificate that goes with each signature, where there is one.
    fn certificate(&self) -> Option<&SigningCertificate> {
        None
    }
}

pub(super) fn fill_random(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|_| Error::Random)
}

fn raw_fingerprint(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests;
