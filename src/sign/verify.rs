//! Deciding whether an image is signed by whom it must be: each candidate by the same rules, denied unless every one of them holds.
//!
//! Attestations go through the same rules; only what may be stated differs. Neither is ever taken for the other.

use super::authority::{Authority, Evidence, Material, Signer};
use super::blob;
use super::bundle::Bundle;
use super::claim::Claim;
use super::classic;
use super::collect::{self, Broken, Candidate, Form, Kind, ReadError, Spot, collect};
use super::encoding::decode;
use super::envelope::Envelope;
use super::statement::{self, SIGNED, Statement};
use super::{Error, Reason, Result};
use crate::copy::instances;
use crate::digest::Digest;
use crate::error_chain::with_causes;
use crate::manifest::Manifest;
use crate::transport::{self, Selector, Source};
use crate::watch::Watch;

/// How many reasons an error gives.
const MAX_REASONS: usize = 16;

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
    /// Where the signatures lie, if not beside the image, and nowhere else.
    pub signatures: Option<&'a dyn Source>,
    /// Whether every image in an index must be acceptable, too.
    pub recursive: bool,
}

impl<'a> Wanted<'a> {
    /// Asks for a signature by one of these beside the image, whatever else it claims.
    pub fn any_of(authorities: &'a [&'a dyn Authority]) -> Self {
        Self { authorities, require: Require::Any, judge: &|_| Ok(()), signatures: None, recursive: false }
    }
}

/// What must be signed: the image as such, or something that is stated of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought<'a> {
    /// A signature.
    Signature,
    /// An attestation with this type of predicate, or of any type.
    Attestation(Option<&'a str>),
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

/// Verifies that an image is signed.
///
/// # Errors
/// [`Error::Image`] when there is no such image, [`Error::Unsigned`] when it has no signature, [`Error::Unacceptable`] when it has none that
/// is good enough, and others when that could not be found out.
pub fn verify(source: &dyn Source, at: &Selector, wanted: &Wanted<'_>, watch: &Watch) -> Result<Verdict> {
    verify_all(source, at, Sought::Signature, wanted, watch)
}

/// Verifies the image, and if that is wanted what is below it.
fn verify_all(
    source: &dyn Source,
    at: &Selector,
    sought: Sought<'_>,
    wanted: &Wanted<'_>,
    watch: &Watch,
) -> Result<Verdict> {
    let image = find(source, at)?;
    let found = Verdict::find(source, image.digest(), sought, wanted, watch);
    let mut verdict = found.map_err(|error| error.of(&image))?;
    if wanted.recursive {
        for below in instances(&image, &|child| source.manifest(&child.clone().into()))? {
            verdict.add(Verdict::find(source, &below, sought, wanted, watch)?);
        }
    }
    Ok(verdict)
}

/// Verifies that the image with this digest is signed, whether or not it can be read, and nothing else.
///
/// # Errors
/// Those of [`verify`], but for [`Error::Image`].
pub fn verify_image(source: &dyn Source, digest: &Digest, wanted: &Wanted<'_>, watch: &Watch) -> Result<Verdict> {
    Verdict::find(source, digest, Sought::Signature, wanted, watch)
}

/// Verifies that something of a type (nothing for any type) is attested of an image.
///
/// # Errors
/// [`Error::Image`] when there is no such image, [`Error::Unattested`] when it has no attestation, [`Error::Attestations`] when it has none
/// that is good enough, and others when that could not be found out.
pub fn verify_attestation(
    source: &dyn Source,
    at: &Selector,
    predicate_type: Option<&str>,
    wanted: &Wanted<'_>,
    watch: &Watch,
) -> Result<Verdict> {
    verify_all(source, at, Sought::Attestation(predicate_type), wanted, watch)
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
/// Why it is no good signature or attestation of `subject` by `authority`.
pub fn check(
    candidate: &Candidate,
    content: &[u8],
    subject: &Digest,
    authority: &dyn Authority,
    sought: Sought<'_>,
    judge: &dyn Fn(&Claim) -> Result<(), Reason>,
) -> Result<(Signer, Claim), Reason> {
    let (signer, claims) = match (candidate.form, sought) {
        (Form::Classic, Sought::Signature) => check_classic(candidate, content, authority)?,
        (Form::Classic, Sought::Attestation(_)) => return Err(Reason::NoAttestation),
        (Form::Envelope, Sought::Signature) => return Err(Reason::Predicate(String::new())),
        (Form::Bundle, _) => {
            let bundle = Bundle::parse(content, sought.kind().limit())?;
            let material = Material::Bundle(&bundle.material);
            check_envelope(&bundle.envelope, material, subject, authority, sought)?
        }
        (Form::Envelope, Sought::Attestation(_)) => {
            let material = Material::Annotations(&candidate.layer.annotations);
            check_any(content, |envelope| check_envelope(envelope, material, subject, authority, sought))?.1
        }
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

/// Finds an envelope with a good signature among those that one text is, for one good signature is enough in DSSE.
fn check_any<T>(text: &[u8], check: impl Fn(&Envelope) -> Result<T, Reason>) -> Result<(Envelope, T), Reason> {
    let mut refused = Reason::Signature;
    for envelope in Envelope::parse_each(text).map_err(Reason::Envelope)? {
        // Names of keys are hints that tools make up in many ways; cosign looks at them in bundles only.
        match check(&Envelope { key_id: None, ..envelope.clone() }) {
            Ok(found) => return Ok((envelope, found)),
            // What is wrong behind a good signature is worth more than that another is not by this key.
            Err(Reason::Signature) => {}
            Err(reason) => refused = reason,
        }
    }
    Err(refused)
}

impl Sought<'_> {
    fn kind(self) -> Kind {
        match self {
            Self::Signature => Kind::Signatures,
            Self::Attestation(_) => Kind::Attestations,
        }
    }

    /// Says whether this is what may be stated. The signed type alone counts: what lies around it is nobody's word.
    fn takes(self, statement: &Statement) -> Result<(), Reason> {
        let found = &statement.predicate_type;
        match self {
            Self::Signature if found != SIGNED => Err(Reason::Predicate(found.clone())),
            Self::Signature => statement.has_object().map_err(Reason::Payload),
            Self::Attestation(_) if found == SIGNED => Err(Reason::NoAttestation),
            Self::Attestation(Some(wanted)) if found != wanted => {
                Err(Reason::Statement { found: found.clone(), wanted: wanted.to_owned() })
            }
            Self::Attestation(_) => Ok(()),
        }
    }
}

fn check_classic(
    candidate: &Candidate,
    payload: &[u8],
    authority: &dyn Authority,
) -> Result<(Signer, Vec<Claim>), Reason> {
    let annotations = &candidate.layer.annotations;
    let signature = annotations.get(classic::SIGNATURE).ok_or(Reason::Unsigned)?;
    // Go's decoder, which every other reader has, passes over the ends of lines and over nothing else.
    let signature = decode(&signature.replace(['\r', '\n'], "")).ok_or(Reason::Base64)?;
    let material = Material::Annotations(annotations);
    let signer = authority.verify(&Evidence { message: payload, signature: &signature, key_id: None, material })?;
    // Nothing of the payload was looked at before this line.
    let claim = classic::parse(payload).map_err(Reason::Payload)?;
    if claim.kind != classic::KIND {
        return Err(Reason::Type(claim.kind));
    }
    Ok((signer, vec![claim]))
}

fn check_envelope(
    envelope: &Envelope,
    material: Material<'_>,
    subject: &Digest,
    authority: &dyn Authority,
    sought: Sought<'_>,
) -> Result<(Signer, Vec<Claim>), Reason> {
    let (signer, statement) = blob::check_envelope(envelope, authority, material)?;
    sought.takes(&statement)?;
    Ok((signer, statement.claims(subject)))
}

impl Verdict {
    fn find(
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
    pub(super) fn add(&mut self, other: Self) {
        let blob = |accepted: &Accepted| (accepted.candidate.manifest.clone(), accepted.candidate.layer.digest.clone());
        let known: Vec<_> = self.accepted.iter().map(blob).collect();
        self.accepted.extend(other.accepted.into_iter().filter(|accepted| !known.contains(&blob(accepted))));
        let accepted: Vec<_> = self.accepted.iter().map(blob).collect();
        self.rejected.extend(other.rejected);
        self.rejected.retain(|rejected| match (&rejected.manifest, &rejected.blob) {
            (Some(manifest), Some(blob)) => !accepted.contains(&(manifest.clone(), blob.clone())),
            _ => true,
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
        Form::Classic => None,
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
        Form::Classic => None,
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
        let (manifest, blob) = (Some(candidate.manifest), Some(candidate.layer.digest));
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

#[cfg(test)]
mod tests;
