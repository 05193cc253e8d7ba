//! What was found out about an image: every candidate is weighed, and enough of them must be good.

use super::{Require, Sought, Wanted, check, check_any};
use crate::digest::Digest;
use crate::error_chain::with_causes;
use crate::sign::authority::{Authority, Material, Signer};
use crate::sign::bundle::Bundle;
use crate::sign::claim::Claim;
use crate::sign::collect::{self, Broken, Candidate, Form, ReadError, Spot, collect};
use crate::sign::envelope::Envelope;
use crate::sign::statement::{self, SIGNED};
use crate::sign::{Error, Reason, Result, blob};
use crate::transport::{self, Source};
use crate::watch::Watch;

/// How many reasons an error gives.
pub(in crate::sign) const MAX_REASONS: usize = 16;

/// What was found out about an image that is signed as it must be.
#[derive(Debug)]
pub struct Verdict {
    /// The image that was verified.
    pub digest: Digest,
    /// The good signatures, at least one.
    pub accepted: Vec<Accepted>,
    /// What else was found.
    pub rejected: Vec<Rejected>,
}

/// A good signature.
#[derive(Debug)]
pub struct Accepted {
    /// Where it was found and how it is written.
    pub candidate: Candidate,
    /// Who signed, by the number of the authority in [`Wanted::authorities`].
    pub signers: Vec<(usize, Signer)>,
    /// What was signed.
    pub claim: Claim,
    /// The envelope of an attestation.
    pub envelope: Option<Envelope>,
}

/// Something that is no good signature.
#[derive(Debug)]
pub struct Rejected {
    /// Where it was found.
    pub spot: Spot,
    /// The manifest, where its digest is known.
    pub manifest: Option<Digest>,
    /// The layer, where there is one.
    pub blob: Option<Digest>,
    /// What is wrong.
    pub reason: Reason,
    /// Whether it is what was looked for at all, as opposed to an attestation among signatures or the other way around.
    pub is_sought: bool,
}

impl Verdict {
    pub(super) fn find(
        source: &dyn Source,
        digest: &Digest,
        sought: Sought<'_>,
        wanted: &Wanted<'_>,
        watch: &Watch,
    ) -> Result<Self> {
        let kind = sought.kind();
        let source = wanted.signatures.unwrap_or(source);
        let mut found = collect(source, digest, kind);
        let mut verdict = Self { digest: digest.clone(), accepted: Vec::new(), rejected: Vec::new() };
        verdict.rejected.extend(found.broken.into_iter().map(Rejected::from));
        for candidate in found.candidates {
            watch.check().map_err(transport::Error::from)?;
            match collect::read(source, &candidate, kind.limit()) {
                Ok(content) => verdict.weigh(candidate, &content, sought, wanted),
                Err(ReadError::Bad(reason)) => {
                    let is_sought = candidate.stated.as_deref().is_none_or(|stated| may_be(sought, stated));
                    verdict.rejected.push(Rejected::new(candidate, reason, is_sought));
                }
                Err(ReadError::Place(source)) => {
                    found.troubles.push(Error::Unknown { digest: verdict.digest.clone(), source: Box::new(source) });
                }
            }
        }
        verdict.conclude(found.troubles, sought, wanted, watch)
    }

    fn weigh(&mut self, candidate: Candidate, content: &[u8], sought: Sought<'_>, wanted: &Wanted<'_>) {
        let mut signers = Vec::new();
        let mut claimed = None;
        let mut refused = Reason::Signature;
        for (number, authority) in wanted.authorities.iter().enumerate() {
            match check(&candidate, content, &self.digest, *authority, sought, wanted.judge) {
                Ok((signer, claim)) => {
                    signers.push((number, signer));
                    claimed = Some(claim);
                }
                // What one key says of a signature that it verifies is worth more than that another does not.
                Err(Reason::Signature) => {}
                Err(reason) => refused = reason,
            }
        }
        match claimed {
            Some(claim) => {
                let envelope = match sought {
                    Sought::Signature => None,
                    Sought::Attestation(_) => {
                        let by: Vec<&dyn Authority> = signers.iter().map(|(n, _)| wanted.authorities[*n]).collect();
                        accepted_envelope(&candidate, content, sought, &by)
                    }
                };
                self.accepted.push(Accepted { candidate, signers, claim, envelope });
            }
            None => {
                let is_sought = is_sought(&candidate, content, sought, &refused);
                self.rejected.push(Rejected::new(candidate, refused, is_sought));
            }
        }
    }

    fn conclude(self, troubles: Vec<Error>, sought: Sought<'_>, wanted: &Wanted<'_>, watch: &Watch) -> Result<Self> {
        let has = |number: usize| {
            self.accepted.iter().any(|accepted| accepted.signers.iter().any(|(signer, _)| *signer == number))
        };
        let missing: Vec<usize> = (0..wanted.authorities.len()).filter(|number| !has(*number)).collect();
        let is_enough = match wanted.require {
            Require::Any => missing.len() < wanted.authorities.len(),
            Require::All => missing.is_empty() && !wanted.authorities.is_empty(),
        };
        if is_enough {
            for trouble in troubles {
                watch.note(&format!("signed, but not every place could be looked at: {}", with_causes(&trouble)));
            }
            return Ok(self);
        }
        if let Some(trouble) = troubles.into_iter().next() {
            return Err(trouble);
        }
        let digest = self.digest.clone();
        let sought_ones: Vec<&Rejected> = self.rejected.iter().filter(|rejected| rejected.is_sought).collect();
        let mut reasons: Vec<String> = sought_ones.iter().take(MAX_REASONS).map(ToString::to_string).collect();
        if sought_ones.len() > MAX_REASONS {
            reasons.push(format!("and {} more", sought_ones.len() - MAX_REASONS));
        }
        if !self.accepted.is_empty() {
            let name = |number: &usize| format!("there is none by {}", wanted.authorities[*number].name());
            reasons.extend(missing.iter().map(name));
        }
        if reasons.is_empty() {
            for rejected in &self.rejected {
                watch.note(&format!("passed over: {rejected}"));
            }
        }
        Err(match (sought, reasons.is_empty()) {
            (Sought::Signature, true) => Error::Unsigned { digest, is_index: false },
            (Sought::Signature, false) => Error::Unacceptable { digest, reasons },
            (Sought::Attestation(_), true) => Error::Unattested { digest, is_index: false },
            (Sought::Attestation(_), false) => Error::Attestations { digest, reasons },
        })
    }

    /// Adds what was found out when something else was asked of the same image: what one asker accepts, another need not, and is no less good.
    pub(in crate::sign) fn add(&mut self, other: Self) {
        let blob = |accepted: &Accepted| (accepted.candidate.manifest.clone(), accepted.candidate.layer.digest.clone());
        let known: Vec<_> = self.accepted.iter().map(blob).collect();
        self.accepted.extend(other.accepted.into_iter().filter(|accepted| !known.contains(&blob(accepted))));
        let accepted: Vec<_> = self.accepted.iter().map(blob).collect();
        self.rejected.extend(other.rejected);
        self.rejected.retain(|rejected| match (&rejected.manifest, &rejected.blob) {
            (manifest, Some(blob)) => !accepted.contains(&(manifest.clone(), blob.clone())),
            (_, None) => true,
        });
    }
}

/// Returns the envelope of content that was accepted, with the signature that was good.
fn accepted_envelope(
    candidate: &Candidate,
    content: &[u8],
    sought: Sought<'_>,
    by: &[&dyn Authority],
) -> Option<Envelope> {
    if candidate.form != Form::Envelope {
        return envelope(candidate, content, sought);
    }
    let material = Material::Annotations(&candidate.layer.annotations);
    let is_good = |envelope: &Envelope| {
        let check = |authority: &&dyn Authority| blob::check_envelope(envelope, *authority, material).is_ok();
        by.iter().any(check)
    };
    let check = |envelope: &Envelope| is_good(envelope).then_some(()).ok_or(Reason::Signature);
    check_any(content, check).ok().map(|(envelope, ())| envelope)
}

/// Returns the envelope of content, with the first of its signatures.
fn envelope(candidate: &Candidate, content: &[u8], sought: Sought<'_>) -> Option<Envelope> {
    match candidate.form {
        Form::Classic | Form::Simple => None,
        Form::Bundle => Bundle::parse(content, sought.kind().limit()).ok().map(|bundle| bundle.envelope),
        Form::Envelope => Envelope::parse_each(content).ok()?.into_iter().next(),
    }
}

/// Says whether this is of the kind that is looked for to begin with. For a message and an exit code only: it is denied either way.
fn is_sought(candidate: &Candidate, content: &[u8], sought: Sought<'_>, reason: &Reason) -> bool {
    if matches!(reason, Reason::Predicate(_) | Reason::NoAttestation) {
        return false;
    }
    let claimed = match candidate.form {
        Form::Classic | Form::Simple => None,
        Form::Bundle | Form::Envelope => envelope(candidate, content, sought)
            .and_then(|envelope| statement::unverified_predicate_type(&envelope.payload)),
    };
    claimed.is_none_or(|claimed| may_be(sought, &claimed))
}

/// Says whether what an unverified statement says of its type fits what is looked for.
fn may_be(sought: Sought<'_>, claimed: &str) -> bool {
    (claimed == SIGNED) == (sought == Sought::Signature)
}

impl Rejected {
    fn new(candidate: Candidate, reason: Reason, is_sought: bool) -> Self {
        let (manifest, blob) = (candidate.manifest, Some(candidate.layer.digest));
        Self { spot: candidate.spot, manifest, blob, reason, is_sought }
    }
}

impl From<Broken> for Rejected {
    fn from(broken: Broken) -> Self {
        let Broken { spot, manifest, reason } = broken;
        Self { spot, manifest, blob: None, reason, is_sought: true }
    }
}

impl std::fmt::Display for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.blob.as_ref().or(self.manifest.as_ref()) {
            Some(digest) => write!(f, "{digest} ({}): {}", self.spot, self.reason),
            None => write!(f, "{}: {}", self.spot, self.reason),
        }
    }
}
