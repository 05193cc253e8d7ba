//! Why an operation on signatures failed.

use std::path::PathBuf;

use super::{Reason, key};
use crate::class::{Class, Classified, Diagnosis};
use crate::digest::Digest;
use crate::manifest::{Manifest, ParseError};
use crate::transport;

/// A result of signing or verifying.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An operation on signatures that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A key file cannot be used.
    #[error("cannot use the key {name}")]
    Key {
        /// The file, or where else it comes from.
        name: String,
        /// Why.
        source: key::Error,
    },
    /// The key, or the program that has it, made no signature.
    #[error("nothing was signed")]
    Signing(#[source] key::Error),
    /// Nothing could be signed with an identity.
    #[cfg(feature = "client")]
    #[error(transparent)]
    Identity(#[from] super::keyless::signing::Error),
    /// The bundle that was made does not verify, and is kept nowhere.
    #[error("the bundle that was made does not verify")]
    Unverifiable {
        /// Why.
        #[source]
        reason: Box<Reason>,
    },
    /// A file that is to be signed cannot be read.
    #[error("cannot read what is to be signed")]
    Blob(#[source] std::io::Error),
    /// A file is too large to be signed with a key.
    #[error("a file of more than {} MiB is not signed with a key", super::seal::MAX_KEYED >> 20)]
    LargeBlob,
    /// The classic form was asked for without a key.
    #[error("the classic form is signed with a key")]
    Keyed,
    /// A key file cannot be read.
    #[error("cannot read the key {}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Certificates cannot be used.
    #[error("cannot use the certificates {name}")]
    Certificates {
        /// The file, or where else they come from.
        name: String,
        /// Why.
        source: super::pki::CertificateError,
    },
    /// A file of certificates cannot be read.
    #[error("cannot read the certificates {}", path.display())]
    CertificateFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A keyring cannot be used.
    #[cfg(feature = "openpgp")]
    #[error("cannot use the keyring {name}")]
    Keyring {
        /// The file, or where else it comes from.
        name: String,
        /// Why.
        source: super::openpgp::KeyringError,
    },
    /// Signatures could not be looked for.
    #[cfg(feature = "openpgp")]
    #[error(transparent)]
    Lookaside(#[from] super::LookasideError),
    /// What is among the signatures of an image is none, so that nobody knows what else is wrong there.
    #[cfg(feature = "openpgp")]
    #[error("{place} is no signature, so none beside it counts")]
    NoSignature {
        /// The file.
        place: String,
    },
    /// A policy cannot be used.
    #[error("cannot use the policy {name}")]
    Policy {
        /// The file.
        name: String,
        /// Why.
        source: super::PolicyError,
    },
    /// The policy forbids it, whatever is signed.
    #[error("the policy does not accept {place}: {reason}")]
    Denied {
        /// The image.
        place: String,
        /// Why.
        reason: String,
    },
    /// The place failed.
    #[error(transparent)]
    Place(#[from] transport::Error),
    /// There is no such image.
    #[error("there is no such image")]
    Image(#[source] transport::Error),
    /// Whether there is a signature could not be found out.
    #[error("whether {digest} is signed cannot be told")]
    Unknown {
        /// The image.
        digest: Digest,
        /// Why.
        source: Box<transport::Error>,
    },
    /// More refers to the image than is looked at.
    #[error("more than {limit} manifests refer to {digest}; no signature is among the first", limit = super::collect::MAX_REFERRERS)]
    TooMany {
        /// The image.
        digest: Digest,
    },
    /// There is no signature.
    #[error("{digest} is not signed")]
    Unsigned {
        /// The image.
        digest: Digest,
        /// Whether it is an index, whose images may be.
        is_index: bool,
    },
    /// There are signatures, and they are not enough.
    #[error("no signature of {digest} is acceptable: {}", reasons.join("; "))]
    Unacceptable {
        /// The image.
        digest: Digest,
        /// What is wrong with each.
        reasons: Vec<String>,
    },
    /// There are signatures of a file, and none is good enough.
    #[error("no signature of {digest} is acceptable: {}", reasons.join("; "))]
    Artifact {
        /// The file's digest.
        digest: String,
        /// What is wrong with each.
        reasons: Vec<String>,
    },
    /// There is no attestation.
    #[error("{digest} has no attestation")]
    Unattested {
        /// The image.
        digest: Digest,
        /// Whether it is an index, whose images may be.
        is_index: bool,
    },
    /// There are attestations, and none that is good enough.
    #[error("no attestation of {digest} is acceptable: {}", reasons.join("; "))]
    Attestations {
        /// The image.
        digest: Digest,
        /// What is wrong with each.
        reasons: Vec<String>,
    },
    /// What would be attested cannot be.
    #[error("cannot attest that: {reason}")]
    Predicate {
        /// What is wrong with the predicate.
        reason: String,
    },
    /// A bundle was asked for, and it could not be listed among what refers to the image.
    #[error("a bundle cannot be listed there")]
    Unlistable {
        /// Why.
        source: Box<transport::Error>,
    },
    /// The place failed after something was written.
    #[error("{}", partly(digest, *is_classic, *done, *all))]
    Partly {
        /// The image at which it failed.
        digest: Digest,
        /// Whether its classic form was written; its bundle was not.
        is_classic: bool,
        /// How many images were done before.
        done: usize,
        /// How many there are.
        all: usize,
        /// Why.
        source: Box<Error>,
    },
    /// What would have to be appended to is something else.
    #[error("the tag {tag} cannot take a signature: {reason}")]
    Occupied {
        /// The tag.
        tag: String,
        /// What is there.
        reason: &'static str,
    },
    /// A manifest made here is not acceptable.
    #[error("the signature's manifest cannot be made")]
    Manifest(#[from] ParseError),
    /// The image's digest has no tag for its signatures.
    #[error("{digest} is too long for the tag of its signatures")]
    NoTag {
        /// The image.
        digest: Digest,
    },
    /// Images nested deeper than images are.
    #[error("the indexes below {digest} are nested too deep")]
    Depth {
        /// The image.
        digest: Digest,
    },
}

impl Error {
    /// Adds that what was asked for is an index, if it is: those who build images often sign each of them and not the index.
    pub(super) fn of(mut self, image: &Manifest) -> Self {
        if let Self::Unsigned { is_index, .. } | Self::Unattested { is_index, .. } = &mut self {
            *is_index = image.as_index().is_some();
        }
        self
    }
}

/// Says what was written before a failure, and what was not.
fn partly(digest: &Digest, is_classic: bool, done: usize, all: usize) -> String {
    let before = if done > 0 { format!("{done} of {all} images are done; ") } else { String::new() };
    match is_classic {
        true => format!("{before}of {digest} the classic form was written and the bundle was not"),
        false => format!("{before}of {digest} nothing was written"),
    }
}

/// What verifying found out that is no failure of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is signed, or nothing of the kind.
    Unsigned,
    /// There is no such image.
    NoImage,
    /// There are signatures, and none is acceptable; or the policy accepts none.
    Unacceptable,
}

impl Error {
    /// Returns what was found out; nothing when it could not be.
    pub fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Unsigned { .. } | Self::Unattested { .. } => Some(Outcome::Unsigned),
            Self::Image(_) => Some(Outcome::NoImage),
            Self::Unacceptable { .. } | Self::Artifact { .. } | Self::Attestations { .. } | Self::Denied { .. } => {
                Some(Outcome::Unacceptable)
            }
            _ => None,
        }
    }
}

impl Classified for Error {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Place(error) | Self::Image(error) => error.diagnosis(),
            Self::Unknown { source, .. } => source.diagnosis(),
            Self::Unsigned { is_index: true, .. } | Self::Unattested { is_index: true, .. } => {
                Class::Verification.hint("this is the index; ask for one of its images with --platform OS/ARCH")
            }
            Self::Unsigned { .. }
            | Self::Unacceptable { .. }
            | Self::Artifact { .. }
            | Self::TooMany { .. }
            | Self::Unattested { .. }
            | Self::Attestations { .. }
            | Self::Denied { .. } => Class::Verification.into(),
            Self::Unlistable { .. } => Class::Failed.hint("use --signature-format classic"),
            Self::Partly { is_classic, source, .. } => {
                let hint = match is_classic {
                    true => "run it again, or do without bundles: --signature-format classic",
                    false => "run it again: what is written stays",
                };
                Diagnosis { hint: Some(hint.into()), ..source.diagnosis() }
            }
            #[cfg(feature = "client")]
            Self::Identity(error) => error.diagnosis(),
            #[cfg(feature = "openpgp")]
            Self::Lookaside(error) => error.diagnosis(),
            #[cfg(feature = "openpgp")]
            Self::Keyring { .. } => Class::Failed.into(),
            #[cfg(feature = "openpgp")]
            Self::NoSignature { .. } => Class::Verification.into(),
            Self::Unverifiable { .. } => Class::Verification.into(),
            Self::NoTag { .. } | Self::Keyed => Class::Failed.hint("use --signature-format bundle"),
            Self::Key { .. }
            | Self::KeyFile { .. }
            | Self::Certificates { .. }
            | Self::CertificateFile { .. }
            | Self::Signing(_)
            | Self::Policy { .. }
            | Self::Predicate { .. }
            | Self::Occupied { .. }
            | Self::Blob(_)
            | Self::LargeBlob
            | Self::Manifest(_)
            | Self::Depth { .. } => Class::Failed.into(),
        }
    }
}
