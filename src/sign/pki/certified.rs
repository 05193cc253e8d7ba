//! Whoever has a certificate by authorities that the user names, as an authority on signatures.

use std::time::SystemTime;

use super::CertificateAuthorities;
use super::authorities::{CertificateError, read};
use super::holder::{Brought, Name, issuer, names};
use crate::digest::Digest;
use crate::sign::Reason;
use crate::sign::authority::{Authority, Evidence, Material, Signer};
use crate::sign::keyless::certificate::{self, Leaf};
use crate::sign::keyless::{Identity, Refusal, Workflow, claims};
use crate::timestamp;

/// The most certificates that come with a signature and are looked at.
const MAX_BROUGHT: usize = 16;

/// Whoever has a certificate of an identity, by authorities that the user names. No log and no clock plays a part: that a certificate is
/// valid now is all that says when it counts.
#[derive(Clone, Debug)]
pub struct Certified {
    authorities: CertificateAuthorities,
    certificate: Option<Vec<u8>>,
    identity: Identity,
    workflow: Workflow,
}

impl Certified {
    /// Makes an authority of everybody with a certificate of that identity. As in cosign, any name of the certificate may be the one that is
    /// wanted; of a bundle's, only the first URI, else the first address, else a user's name.
    pub fn new(authorities: CertificateAuthorities, identity: Identity) -> Self {
        Self { authorities, certificate: None, identity, workflow: Workflow::default() }
    }

    /// Asks for this certificate, in PEM, and no other; a signature that comes without one may be of it as well.
    ///
    /// # Errors
    /// When it is not one certificate.
    pub fn with_certificate(mut self, pem: &str) -> Result<Self, CertificateError> {
        let all = read(pem)?;
        let [certificate] = &*all else { return Err(CertificateError::NotOne(all.len())) };
        self.certificate = Some(certificate.as_ref().to_vec());
        Ok(self)
    }

    /// Asks for what the certificate claims of the workflow as well.
    #[must_use]
    pub fn called_by(mut self, workflow: Workflow) -> Self {
        self.workflow = workflow;
        self
    }

    /// Checks a certificate, and that what `verifies` says of its key is so.
    fn check(
        &self,
        material: Material<'_>,
        verifies: impl FnOnce(&Leaf<'_>, bool) -> Result<bool, Refusal>,
    ) -> Result<Signer, Reason> {
        let now = timestamp::seconds(SystemTime::now());
        let brought = Brought::of(material)?;
        let der = self.choose(&brought, now)?;
        let leaf = Leaf::read(der)?;
        // Their own word on what stands between rules over the signer's, as in cosign.
        let between = if self.authorities.has_between() { &[] } else { &*brought.between };
        if between.len() > MAX_BROUGHT {
            return Err(Refusal::TooMany(between.len()).into());
        }
        // cosign asks for the chain as it was when the certificate was issued, and for the certificate now; both are asked for both.
        let issued = certificate::window(leaf.certificate()).start;
        self.authorities.verify(&leaf, between, now)?;
        self.authorities.verify(&leaf, between, issued)?;
        let issuer = issuer(&leaf)?.unwrap_or_default();
        let identity = self.identify(&names(&leaf)?, &issuer, brought.is_bundle)?;
        let claims = claims::read(&leaf)?;
        self.workflow.check(&claims)?;
        if !verifies(&leaf, brought.is_bundle)? {
            return Err(Refusal::Signature.into());
        }
        Ok(Signer::Certificate { identity, issuer, signed_at: None, claims })
    }

    /// Returns the certificate that must have signed.
    fn choose<'c>(&'c self, brought: &'c Brought, now: u64) -> Result<&'c [u8], Refusal> {
        match (&self.certificate, &brought.leaf) {
            (None, Some(leaf)) => Ok(leaf),
            (None, None) => Err(Refusal::NoCertificate),
            (Some(wanted), None) => Ok(wanted),
            (Some(wanted), Some(leaf)) if leaf == wanted => Ok(wanted),
            (Some(_), Some(_)) if brought.is_bundle => Err(Refusal::OtherCertificate),
            // cosign verifies by the certificate that was asked for, and looks whether the other one has expired.
            (Some(wanted), Some(leaf)) => match certificate::window(&certificate::read(leaf)?).has(now) {
                true => Ok(wanted),
                false => Err(Refusal::Lapsed(now)),
            },
        }
    }

    /// Returns the name that is the one that was asked for.
    fn identify(&self, names: &[Name], issuer: &str, is_bundle: bool) -> Result<String, Refusal> {
        let kinds: [fn(&Name) -> bool; 3] = [
            |name| matches!(name, Name::Uri(_)),
            |name| matches!(name, Name::Address(_)),
            |name| matches!(name, Name::User(_)),
        ];
        let names: Vec<String> = match is_bundle {
            true => kinds
                .iter()
                .find_map(|kind| names.iter().find(|name| kind(name)))
                .iter()
                .map(ToString::to_string)
                .collect(),
            false => names.iter().map(Name::to_string).collect(),
        };
        let mut refused = Refusal::Names(0);
        for name in names.iter().filter(|name| !name.is_empty()) {
            match self.identity.check(name, issuer) {
                Ok(()) => return Ok(name.clone()),
                Err(refusal) => refused = refusal,
            }
        }
        Err(refused)
    }
}

impl Authority for Certified {
    fn verify(&self, evidence: &Evidence<'_>) -> Result<Signer, Reason> {
        self.check(evidence.material, |leaf, is_bundle| {
            Ok(match is_bundle {
                true => leaf.key.verifies(evidence.message, evidence.signature),
                false => leaf.key.verifies_plainly(evidence.message, evidence.signature),
            })
        })
    }

    fn verify_digest(&self, sha256: &[u8; 32], signature: &[u8], material: Material<'_>) -> Result<Signer, Reason> {
        self.check(material, |leaf, _| leaf.key.verifies_digest(sha256, signature).ok_or(Refusal::NeedsContent))
    }

    fn name(&self) -> String {
        match &self.certificate {
            Some(certificate) => format!("{} with the certificate {}", self.identity, Digest::of(certificate)),
            None => self.identity.to_string(),
        }
    }
}
