//! Deciding whether an image is signed by whom it must be: each candidate by the same rules, denied unless every one of them holds.
//!
//! Attestations go through the same rules; only what may be stated differs. Neither is ever taken for the other.

mod verdict;

use super::authority::{Authority, Evidence, Material, Signer};
use super::blob;
use super::bundle::Bundle;
use super::claim::Claim;
use super::classic;
use super::collect::{Candidate, Form, Kind};
use super::encoding::decode;
use super::envelope::Envelope;
use super::statement::{SIGNED, Statement};
use super::{Error, Reason, Result};
use crate::copy::instances;
use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::transport::{Selector, Source};
use crate::watch::Watch;
#[cfg(feature = "openpgp")]
pub(super) use verdict::MAX_REASONS;
pub use verdict::{Accepted, Rejected, Verdict};

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
        (Form::Classic | Form::Simple, Sought::Attestation(_)) => return Err(Reason::NoAttestation),
        // A policy opens what has its payload inside.
        (Form::Simple, Sought::Signature) => return Err(Reason::Signature),
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

#[cfg(test)]
mod tests;
