//! Who may have signed.

use serde::Serialize;

use super::Reason;
use super::key::PublicKey;
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
}

/// Who has signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Signer {
    /// Whoever has the private half of the key with this fingerprint.
    Key(Digest),
}

impl Authority for PublicKey {
    fn verify(&self, evidence: &Evidence<'_>) -> Result<Signer, Reason> {
        if let Material::Bundle(material) = evidence.material
            && !material.has("publicKey")
        {
            return Err(Reason::Keyless);
        }
        // As the DSSE library has it: a name is not needed, but a wrong one is a contradiction.
        if evidence.key_id.is_some_and(|id| id != self.key_id()) {
            return Err(Reason::KeyId);
        }
        if self.verifies(evidence.message, evidence.signature) {
            return Ok(Signer::Key(self.fingerprint()));
        }
        Err(Reason::Signature)
    }

    fn name(&self) -> String {
        format!("the key {}", self.fingerprint())
    }
}
