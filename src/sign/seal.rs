//! Who signs: the holder of a key, or of an identity; and the bundles that each makes.

use std::io::Read;

use serde::Serialize;
use serde_json::value::RawValue;

use super::authority::Signer;
use super::blob;
use super::bundle;
use super::envelope;
use super::key::{PublicKey, SigningKey};
#[cfg(feature = "client")]
use super::keyless::signing::IdentitySigner;
use super::{Error, Result, statement};
use crate::digest::{Algorithm, Hasher};
use crate::reading::pour;

/// The largest file that is signed with a key, in bytes: some kinds of key need all of it at once.
pub const MAX_KEYED: u64 = 1 << 30;

/// Who signs.
#[derive(Clone, Copy)]
pub enum By<'a> {
    /// The holder of a key.
    Key(&'a dyn SigningKey),
    /// Whoever an authority knows, with a key of one run.
    #[cfg(feature = "client")]
    Identity(&'a IdentitySigner),
}

/// A bundle with what is in it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sealed {
    /// The bundle.
    pub content: Vec<u8>,
    /// Who has signed.
    pub signer: Signer,
    /// Where that is recorded; nowhere for a key.
    pub entries: Vec<Recorded>,
}

/// An entry of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    /// The log's URL.
    pub log: String,
    /// The entry's number.
    pub index: u64,
}

impl<'a> From<&'a dyn SigningKey> for By<'a> {
    fn from(key: &'a dyn SigningKey) -> Self {
        Self::Key(key)
    }
}

#[cfg(feature = "client")]
impl<'a> From<&'a IdentitySigner> for By<'a> {
    fn from(signer: &'a IdentitySigner) -> Self {
        Self::Identity(signer)
    }
}

impl By<'_> {
    /// Returns the key, where it is one that lasts.
    pub(super) fn key(&self) -> Option<&dyn SigningKey> {
        match self {
            Self::Key(key) => Some(*key),
            #[cfg(feature = "client")]
            Self::Identity(_) => None,
        }
    }

    /// Signs a statement, and returns the bundle with its envelope.
    pub(super) fn seal_statement(&self, payload: &[u8]) -> Result<Sealed> {
        match self {
            Self::Key(key) => {
                let public = key.public_key();
                let signature = key.sign(&envelope::message(envelope::IN_TOTO, payload)).map_err(Error::Signing)?;
                let content = match key.certificate() {
                    Some(certificate) => bundle::write_certified(payload, &signature, certificate.der()),
                    None => bundle::write(payload, &signature, &public),
                };
                Ok(Sealed::keyed(content, &public))
            }
            #[cfg(feature = "client")]
            Self::Identity(signer) => signer.seal_statement(payload),
        }
    }

    /// Signs a file, and returns the bundle with its signature.
    ///
    /// # Errors
    /// When it cannot be read, or is larger than [`MAX_KEYED`] and signed with a key; those of the signer.
    pub fn sign_blob(&self, content: impl Read) -> Result<Sealed> {
        match self {
            Self::Key(key) => {
                let mut all = Vec::new();
                content.take(MAX_KEYED + 1).read_to_end(&mut all).map_err(Error::Blob)?;
                if all.len() as u64 > MAX_KEYED {
                    return Err(Error::LargeBlob);
                }
                let public = key.public_key();
                let signature = key.sign(&all).map_err(Error::Signing)?;
                let message = blob::write_signature(&raw_digest(&all[..])?, &signature);
                Ok(Sealed::keyed(bundle::write_with(&bundle::hint(&public), "messageSignature", &message), &public))
            }
            #[cfg(feature = "client")]
            Self::Identity(signer) => signer.seal_digest(&raw_digest(content)?),
        }
    }

    /// States something of a file, and returns the bundle with the statement.
    ///
    /// # Errors
    /// When it cannot be read; those of the signer.
    pub fn attest_blob(
        &self,
        name: Option<&str>,
        content: impl Read,
        predicate_type: &str,
        predicate: &RawValue,
    ) -> Result<Sealed> {
        let mut hasher = Hasher::new(Algorithm::Sha256);
        hasher.update_from(content).map_err(Error::Blob)?;
        self.seal_statement(&statement::attested(name, &hasher.finish(), predicate_type, predicate))
    }
}

impl Sealed {
    fn keyed(content: Vec<u8>, key: &PublicKey) -> Self {
        Self { content, signer: Signer::Key(key.fingerprint()), entries: Vec::new() }
    }
}

fn raw_digest(mut content: impl Read) -> Result<[u8; 32]> {
    use sha2::Digest as _;
    let mut hasher = sha2::Sha256::new();
    pour(
        &mut content,
        |error| error,
        |piece| {
            hasher.update(piece);
            Ok(())
        },
    )
    .map_err(Error::Blob)?;
    Ok(hasher.finalize().into())
}
