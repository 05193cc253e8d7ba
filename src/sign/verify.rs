//! Deciding whether an image is signed by whom it must be: each candidate by the same rules, denied unless every one of them holds.

use super::authority::{Authority, Evidence, Material, Signer};
use super::blob;
use super::bundle::{Bundle, claims_to_attest};
use super::claim::Claim;
use super::classic;
use super::collect::{self, Broken, Candidate, Form, Kind, ReadError, Spot, collect};
use super::encoding::decode;
use super::statement::{SIGNED, Statement};
use super::{Error, Reason, Result};
use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::transport::{self, Selector, Source};
use crate::watch::Watch;

/// Which of several authorities must have signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Require {
    /// One of them.
    #[default]
    Any,
    /// Each of them.
    All,
}

/// What makes an image acceptable.
pub struct Wanted<'a> {
    /// Who may have signed. With none, nothing is acceptable.
    pub authorities: &'a [&'a dyn Authority],
    /// Which of them must have.
    pub require: Require,
    /// What else must be claimed by the same signature; called with claims whose signature is verified.
    pub judge: &'a dyn Fn(&Claim) -> Result<(), Reason>,
}

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
    /// Whether it is a signature at all, as opposed to an attestation.
    pub is_signature: bool,
}

/// Verifies that an image is signed.
///
/// # Errors
/// [`Error::Image`] when there is no such image, [`Error::Unsigned`] when it has no signature, [`Error::Unacceptable`] when it has none that
/// is good enough, and others when that could not be found out.
pub fn verify(source: &dyn Source, at: &Selector, wanted: &Wanted<'_>, watch: &Watch) -> Result<Verdict> {
    let image = find(source, at)?;
    let digest = image.digest().clone();
    let mut found = collect(source, &digest, Kind::Signatures);
    let mut verdict = Verdict { digest, accepted: Vec::new(), rejected: Vec::new() };
    verdict.rejected.extend(found.broken.into_iter().map(Rejected::from));
    for candidate in found.candidates {
        watch.check().map_err(transport::Error::from_read)?;
        let content = match collect::read(source, &candidate, Kind::Signatures.limit()) {
            Ok(content) => content,
            Err(ReadError::Bad(reason)) => {
                verdict.rejected.push(Rejected::new(candidate, reason, true));
                continue;
            }
            Err(ReadError::Place(source)) => {
                found.troubles.push(Error::Unknown { digest: verdict.digest.clone(), source: Box::new(source) });
                continue;
            }
        };
        verdict.weigh(candidate, &content, wanted);
    }
    verdict.conclude(found.troubles, wanted, watch)
}

/// Reads the image, whose digest is that of the bytes that came.
pub(super) fn find(source: &dyn Source, at: &Selector) -> Result<Manifest> {
    let manifest = source.manifest(at).map_err(|error| match error.is_not_found() {
        true => Error::Image(error),
        false => Error::Place(error),
    })?;
    Ok(manifest)
}

/// Checks a candidate's content against one authority.
///
/// # Errors
/// Why it is no good signature of `subject` by `authority`.
pub fn check(
    candidate: &Candidate,
    content: &[u8],
    subject: &Digest,
    authority: &dyn Authority,
    judge: &dyn Fn(&Claim) -> Result<(), Reason>,
) -> Result<(Signer, Claim), Reason> {
    let (signer, claims) = match candidate.form {
        Form::Classic => check_classic(candidate, content, authority)?,
        Form::Bundle => check_bundle(content, subject, authority)?,
        Form::Envelope => return Err(Reason::Predicate(String::new())),
    };
    let mut refused = Reason::Subject;
    for claim in claims.into_iter().filter(|claim| claim.digest == *subject) {
        match judge(&claim) {
            Ok(()) => return Ok((signer, claim)),
            Err(reason) => refused = reason,
        }
    }
    Err(refused)
}

fn check_classic(
    candidate: &Candidate,
    payload: &[u8],
    authority: &dyn Authority,
) -> Result<(Signer, Vec<Claim>), Reason> {
    let annotations = &candidate.layer.annotations;
    let signature = annotations.get(classic::SIGNATURE).ok_or(Reason::Unsigned)?;
    let signature = decode(signature).ok_or(Reason::Base64)?;
    let material = Material::Annotations(annotations);
    let signer = authority.verify(&Evidence { message: payload, signature: &signature, key_id: None, material })?;
    // Nothing of the payload was looked at before this line.
    let claim = classic::parse(payload).map_err(Reason::Payload)?;
    if claim.kind != classic::KIND {
        return Err(Reason::Type(claim.kind));
    }
    Ok((signer, vec![claim]))
}

fn check_bundle(content: &[u8], subject: &Digest, authority: &dyn Authority) -> Result<(Signer, Vec<Claim>), Reason> {
    let (signer, statement) = open(&Bundle::parse(content, Kind::Signatures.limit())?, authority)?;
    if statement.predicate_type != SIGNED {
        return Err(Reason::Predicate(statement.predicate_type));
    }
    Ok((signer, statement.claims(subject)))
}

/// Verifies a bundle's signature and reads the statement in it, whatever it states.
///
/// # Errors
/// Why not.
pub(super) fn open(bundle: &Bundle, authority: &dyn Authority) -> Result<(Signer, Statement), Reason> {
    blob::check_envelope(&bundle.envelope, authority, Material::Bundle(&bundle.material))
}

impl Verdict {
    fn weigh(&mut self, candidate: Candidate, content: &[u8], wanted: &Wanted<'_>) {
        let mut signers = Vec::new();
        let mut claimed = None;
        let mut refused = Reason::Signature;
        for (number, authority) in wanted.authorities.iter().enumerate() {
            match check(&candidate, content, &self.digest, *authority, wanted.judge) {
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
            Some(claim) => self.accepted.push(Accepted { candidate, signers, claim }),
            None => {
                let is_signature = !is_attestation(&candidate, content, &refused);
                self.rejected.push(Rejected::new(candidate, refused, is_signature));
            }
        }
    }

    fn conclude(self, troubles: Vec<Error>, wanted: &Wanted<'_>, watch: &Watch) -> Result<Self> {
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
                watch.note(&format!("signed, but not every place could be looked at: {}", sentence(&trouble)));
            }
            return Ok(self);
        }
        if let Some(trouble) = troubles.into_iter().next() {
            return Err(trouble);
        }
        let digest = self.digest.clone();
        let mut reasons: Vec<String> =
            self.rejected.iter().filter(|rejected| rejected.is_signature).map(ToString::to_string).collect();
        if !self.accepted.is_empty() {
            let name = |number: &usize| format!("there is none by {}", wanted.authorities[*number].name());
            reasons.extend(missing.iter().map(name));
        }
        if reasons.is_empty() {
            for rejected in &self.rejected {
                watch.note(&format!("passed over: {rejected}"));
            }
            return Err(Error::Unsigned { digest });
        }
        Err(Error::Unacceptable { digest, reasons })
    }
}

/// Says whether this is no signature to begin with. For a message and an exit code only: both are denied.
fn is_attestation(candidate: &Candidate, content: &[u8], reason: &Reason) -> bool {
    match (candidate.form, reason) {
        (Form::Envelope, _) | (_, Reason::Predicate(_)) => true,
        (Form::Bundle, _) => {
            Bundle::parse(content, Kind::Signatures.limit()).is_ok_and(|bundle| claims_to_attest(&bundle))
        }
        (Form::Classic, _) => false,
    }
}

impl Rejected {
    fn new(candidate: Candidate, reason: Reason, is_signature: bool) -> Self {
        let (manifest, blob) = (Some(candidate.manifest), Some(candidate.layer.digest));
        Self { spot: candidate.spot, manifest, blob, reason, is_signature }
    }
}

impl From<Broken> for Rejected {
    fn from(broken: Broken) -> Self {
        let Broken { spot, manifest, reason } = broken;
        Self { spot, manifest, blob: None, reason, is_signature: true }
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

/// Joins an error with its causes.
fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
