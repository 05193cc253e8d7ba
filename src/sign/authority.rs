//! Who may have signed.

use std::time::SystemTime;

use serde::Serialize;

use super::Reason;
use super::classic::CERTIFICATE;
use super::key::PublicKey;
use super::keyless::{self, Claims, Refusal};
use crate::descriptor::Annotations;
use crate::digest::Digest;
use crate::splice::Members;

/// Who may have signed: a key, or whoever has a certificate of some identity.
pub trait Authority: Send + Sync {
    /// Checks that the signature is of the message and by this authority.
    ///
    /// # Errors
    /// Why it is not.
    fn verify(&self, evidence: &Evidence<'_>) -> Result<Signer, Reason>;

    /// Checks that the signature is of content with this SHA-256 and by this authority.
    ///
    /// # Errors
    /// Why it is not, or that the digest does not suffice to tell.
    fn verify_digest(&self, _sha256: &[u8; 32], _signature: &[u8], _: Material<'_>) -> Result<Signer, Reason> {
        Err(Reason::Refused(Refusal::NeedsContent))
    }

    /// Returns what people call it.
    fn name(&self) -> String;
}

/// A signature with what it is over and what came with it.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// What is signed.
    pub message: &'a [u8],
    /// The signature; DER for ECDSA.
    pub signature: &'a [u8],
    /// The key that the signature claims to be of.
    pub key_id: Option<&'a str>,
    /// Certificates, entries of logs, time stamps.
    pub material: Material<'a>,
}

/// What came with a signature.
#[derive(Clone, Copy, Debug)]
pub enum Material<'a> {
    /// The annotations of a classic signature's layer.
    Annotations(&'a Annotations),
    /// A bundle's `verificationMaterial`.
    Bundle(&'a Members),
    /// That of a bundle of version 0.1, in which a log's promise could stand for a proof.
    EarlyBundle(&'a Members),
}

/// Who has signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Signer {
    /// Whoever has the private half of the key with this fingerprint.
    Key(Digest),
    /// Whoever has the OpenPGP key with this fingerprint, that of the primary key.
    OpenPgp(String),
    /// Whoever had this identity when it was signed.
    #[serde(rename_all = "camelCase")]
    Certificate {
        /// The name in the certificate.
        identity: String,
        /// Who vouches for it; empty where the certificate, by an authority that the caller trusts, does not say.
        issuer: String,
        /// When it was signed, where a log or a clock says so.
        #[serde(skip_serializing_if = "Option::is_none")]
        signed_at: Option<String>,
        /// What the certificate claims of the build.
        #[serde(skip_serializing_if = "Claims::is_empty")]
        claims: Claims,
    },
}

impl Authority for PublicKey {
    fn verify(&self, evidence: &Evidence<'_>) -> Result<Signer, Reason> {
        let signer = check_key(self, evidence)?;
        check_certificate(evidence.material)?;
        Ok(signer)
    }

    fn verify_digest(&self, sha256: &[u8; 32], signature: &[u8], material: Material<'_>) -> Result<Signer, Reason> {
        expect_key(material)?;
        match self.verifies_digest(sha256, signature) {
            Some(true) => Ok(Signer::Key(self.fingerprint())),
            Some(false) => Err(Reason::Signature),
            None => Err(Reason::Refused(Refusal::NeedsContent)),
        }
    }

    fn name(&self) -> String {
        format!("the key {}", self.fingerprint())
    }
}

/// A key as policies have it: as in containers/image, a certificate beside the signature does not matter.
pub(super) struct PolicyKey {
    pub(super) key: PublicKey,
    /// The keys of the logs of which one must have the signature; none is asked for when there are none.
    pub(super) logs: Vec<PublicKey>,
}

impl Authority for PolicyKey {
    fn verify(&self, evidence: &Evidence<'_>) -> Result<Signer, Reason> {
        let signer = check_key(&self.key, evidence)?;
        if !self.logs.is_empty() {
            keyless::check_promise(evidence, &self.key, &self.logs)?;
        }
        Ok(signer)
    }

    fn name(&self) -> String {
        self.key.name()
    }
}

fn check_key(key: &PublicKey, evidence: &Evidence<'_>) -> Result<Signer, Reason> {
    expect_key(evidence.material)?;
    // As the DSSE library has it: a name is not needed, but a wrong one is a contradiction.
    if evidence.key_id.is_some_and(|id| id != key.key_id()) {
        return Err(Reason::KeyId);
    }
    match key.verifies(evidence.message, evidence.signature) {
        true => Ok(Signer::Key(key.fingerprint())),
        false => Err(Reason::Signature),
    }
}

/// Checks that the certificate beside a classic signature, if there is one, is valid now. A key needs none, but cosign refuses what comes
/// with one that has expired: whoever signs with a certificate says for how long the signature is to count.
fn check_certificate(material: Material<'_>) -> Result<(), Reason> {
    let Material::Annotations(annotations) = material else { return Ok(()) };
    match annotations.get(CERTIFICATE) {
        Some(certificate) if !certificate.is_empty() => Ok(keyless::check_validity(certificate, SystemTime::now())?),
        _ => Ok(()),
    }
}

/// Checks that a bundle says that a key has signed.
fn expect_key(material: Material<'_>) -> Result<(), Reason> {
    match material {
        Material::Bundle(material) | Material::EarlyBundle(material) if !material.has("publicKey") => {
            Err(Reason::Keyless)
        }
        _ => Ok(()),
    }
}
