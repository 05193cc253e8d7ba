//! Keyless signatures: a certificate of ten minutes says who signed, and logs and clocks say that it was within them. Verified offline,
//! against a trusted root that the caller names, and only for an identity that the caller names.
//!
//! Everything that comes with a signature must hold; nothing is passed over because something else suffices. Only the certificate, its
//! logs, and clocks are looked at for the time: that of this machine plays no part.
//!
//! sigstore, "Client specification": <https://github.com/sigstore/architecture-docs/blob/main/client-spec.md>

mod body;
pub(super) mod certificate;
pub(super) mod chain;
mod checkpoint;
pub(super) mod claims;
mod entry;
mod error;
mod identity;
pub(super) mod material;
mod merkle;
mod root;
mod sct;
#[cfg(feature = "client")]
pub mod signing;
mod stamp;
mod time;

use std::time::SystemTime;

use self::body::Body;
use self::certificate::Leaf;
use self::key::Hash;
use self::material::Parts;
use super::authority::{Authority, Evidence, Material, Signer};
use super::key::verifier as key;
use super::{PublicKey, Reason, envelope};
use crate::timestamp;

pub use claims::{Claims, Workflow};
pub use error::Refusal;
pub use identity::{Identity, Pattern, PatternError};
pub use root::{MAX_ROOT, RootError, TrustedRoot};

/// Whoever has a certificate of an identity, as a trusted root has it.
#[derive(Clone, Debug)]
pub struct Keyless {
    root: TrustedRoot,
    identity: Identity,
    workflow: Workflow,
}

/// Checks that a certificate, one block of PEM, is valid at a time. Who it is of and who vouches for it is not asked.
pub(super) fn check_validity(pem: &str, at: SystemTime) -> Result<(), Refusal> {
    let der = material::certificate(pem.as_bytes()).ok_or(Refusal::Certificate("it is not one block of PEM"))?;
    let at = timestamp::seconds(at);
    match certificate::window(&certificate::read(&der)?).has(at) {
        true => Ok(()),
        false => Err(Refusal::Lapsed(at)),
    }
}

/// Checks that one of these logs has promised to include a classic signature by a key: the annotation that cosign writes, over an entry of
/// this payload, this signature and this key. As in containers/image, the promise is all that is asked for, and what ECDSA signs.
pub(super) fn check_promise(evidence: &Evidence<'_>, key: &PublicKey, logs: &[PublicKey]) -> Result<(), Refusal> {
    let Material::Annotations(annotations) = evidence.material else { return Err(Refusal::NoEntry) };
    let entry = material::promise(annotations)?.ok_or(Refusal::NoEntry)?;
    let hashed = ("hashedrekord".to_owned(), "0.0.1".to_owned());
    Body::parse(&entry.body, Some(&hashed))?.check_key(evidence.message, evidence.signature, key)?;
    match logs.iter().any(|log| log.is_ecdsa() && entry.is_promised_by(log)) {
        true => Ok(()),
        false => Err(Refusal::Promise),
    }
}

/// Checks that one of these logs has promised to include a classic signature by the holder of a certificate, and returns when it says that
/// it came. As [`check_promise`] otherwise.
pub(super) fn check_logged(evidence: &Evidence<'_>, leaf: &[u8], logs: &[PublicKey]) -> Result<u64, Refusal> {
    let Material::Annotations(annotations) = evidence.material else { return Err(Refusal::NoEntry) };
    let entry = material::promise(annotations)?.ok_or(Refusal::NoEntry)?;
    let hashed = ("hashedrekord".to_owned(), "0.0.1".to_owned());
    Body::parse(&entry.body, Some(&hashed))?.check_holder(evidence.message, evidence.signature, leaf)?;
    match logs.iter().any(|log| log.is_ecdsa() && entry.is_promised_by(log)) {
        true => entry.time.ok_or(Refusal::NoTime),
        false => Err(Refusal::Promise),
    }
}

/// A signature and what it is of.
struct Signed<'a> {
    content: Content<'a>,
    signature: &'a [u8],
}

enum Content<'a> {
    Message(&'a [u8]),
    Sha256(&'a [u8; 32]),
}

impl Signed<'_> {
    fn digest(&self, hash: Hash) -> Option<Vec<u8>> {
        match (&self.content, hash) {
            (Content::Message(message), _) => Some(hash.of(message)),
            (Content::Sha256(digest), Hash::Sha256) => Some(digest.to_vec()),
            (Content::Sha256(_), _) => None,
        }
    }

    /// Returns the payload where what is signed is an envelope.
    fn payload(&self) -> Option<&[u8]> {
        match self.content {
            Content::Message(message) => envelope::payload(message),
            Content::Sha256(_) => None,
        }
    }
}

impl Keyless {
    /// Makes an authority of everybody with a certificate of that identity.
    pub fn new(root: TrustedRoot, identity: Identity) -> Self {
        Self { root, identity, workflow: Workflow::default() }
    }

    /// Asks for what the certificate claims of the workflow as well.
    #[must_use]
    pub fn called_by(mut self, workflow: Workflow) -> Self {
        self.workflow = workflow;
        self
    }

    fn check(&self, signed: &Signed<'_>, material: Material<'_>) -> Result<Signer, Reason> {
        let parts = match material {
            Material::Annotations(annotations) => Parts::of_annotations(annotations)?,
            Material::Bundle(material) => {
                let parts = Parts::of_bundle(material)?;
                // Bundles have had to have proofs since version 0.2.
                if parts.entries.iter().any(|entry| !entry.is_proven()) {
                    return Err(Refusal::NoProof.into());
                }
                parts
            }
            Material::EarlyBundle(material) => Parts::of_bundle(material)?,
        };
        let leaf = Leaf::parse(&parts.leaf)?;
        for other in &parts.others {
            if certificate::is_root(&certificate::read(other)?) {
                return Err(Refusal::Root.into());
            }
        }
        let times = self.times(&parts, signed)?;
        leaf.check_times(&times)?;
        let issuer = chain::verify(leaf.der, &self.root.authorities, &times, chain::CODE_SIGNING);
        sct::check(&leaf, &issuer.map_err(Refusal::from)?, &self.root.certificate_logs)?;
        let (subject, issuer) = (leaf.subject()?, leaf.issuer()?);
        self.identity.check(&subject, &issuer)?;
        let claims = claims::read(&leaf)?;
        self.workflow.check(&claims)?;
        let verifies = match signed.content {
            Content::Message(message) => leaf.key.verifies(message, signed.signature),
            Content::Sha256(digest) => {
                leaf.key.verifies_digest(digest, signed.signature).ok_or(Refusal::NeedsContent)?
            }
        };
        if !verifies {
            return Err(Refusal::Signature.into());
        }
        let signed_at = Some(time::written(times[0]));
        Ok(Signer::Certificate { identity: subject, issuer, signed_at, claims })
    }

    /// Returns when it was signed, as everybody says who is trusted: at least once.
    fn times(&self, parts: &Parts, signed: &Signed<'_>) -> Result<Vec<u64>, Refusal> {
        let mut times = Vec::new();
        for stamp in &parts.stamps {
            times.push(stamp::check(stamp, signed.signature, &self.root.clocks)?);
        }
        if parts.entries.is_empty() {
            return Err(Refusal::NoEntry);
        }
        let stamps = times.clone();
        for entry in &parts.entries {
            let body = Body::parse(&entry.body, entry.kind.as_ref())?;
            body.check(signed, &parts.leaf)?;
            times.extend(entry.check(&self.root.logs, &body, &stamps)?);
        }
        if times.is_empty() { Err(Refusal::NoTime) } else { Ok(times) }
    }
}

impl Authority for Keyless {
    fn verify(&self, evidence: &Evidence<'_>) -> Result<Signer, Reason> {
        let signed = Signed { content: Content::Message(evidence.message), signature: evidence.signature };
        self.check(&signed, evidence.material)
    }

    fn verify_digest(&self, sha256: &[u8; 32], signature: &[u8], material: Material<'_>) -> Result<Signer, Reason> {
        self.check(&Signed { content: Content::Sha256(sha256), signature }, material)
    }

    fn name(&self) -> String {
        self.identity.to_string()
    }
}
