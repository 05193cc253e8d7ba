//! What can go wrong with signatures: why one is not accepted, and why an operation failed.

use std::path::PathBuf;

use super::keyless::Refusal;
use super::{json, key};
use crate::class::{Class, Classified, Diagnosis};
use crate::digest::Digest;
use crate::manifest::{Manifest, ParseError};
use crate::transport;

/// A result of signing or verifying.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a signature, or what might be one, is not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// It says a size that no signature has.
    #[error("it has {size} bytes, and signatures have 1 to {limit}")]
    Size {
        /// The size.
        size: u64,
        /// The most that is read.
        limit: u64,
    },
    /// It is listed, and not there.
    #[error("it is listed, but it is not there")]
    Missing,
    /// Its bytes are not what the digest, the size or the compression promise.
    #[error("its content is not what its digest and size say")]
    Content,
    /// The manifest around it cannot be read.
    #[error("its manifest is not acceptable: {0}")]
    Manifest(ParseError),
    /// The manifest has more layers than are looked at.
    #[error("its manifest has {0} layers; no more than {limit} are looked at", limit = super::collect::MAX_LAYERS)]
    Layers(usize),
    /// The manifest is no image manifest.
    #[error("its manifest is no image manifest")]
    NoImage,
    /// The layer has no signature.
    #[error("it has no signature")]
    Unsigned,
    /// The signature is not base64.
    #[error("the signature is not strict base64")]
    Base64,
    /// The signature is of another key or another content, or no signature at all.
    #[error("the signature is not by this key for this content")]
    Signature,
    /// The signature says that it is of another key.
    #[error("the signature names another key")]
    KeyId,
    /// The signed payload is malformed.
    #[error("what is signed is not acceptable: {0}")]
    Payload(#[source] json::Error),
    /// The signed payload is something else.
    #[error("what is signed is of type {0:?}")]
    Type(String),
    /// The signature is good, and for another image.
    #[error("it is about another image")]
    Subject,
    /// The signature is of another file, or a good one about another file.
    #[error("it is about another file")]
    Artifact,
    /// The signature is good, and the statement has no digest by which the file is known.
    #[error("it names its subjects by {theirs} only, and of the file {ours} is known")]
    Algorithms {
        /// The statement's algorithms.
        theirs: String,
        /// Those by which the file is known.
        ours: String,
    },
    /// It states nothing, and a statement was asked for.
    #[error("it is a plain signature and states nothing, and {wanted:?} was asked for")]
    Plain {
        /// The type that was asked for.
        wanted: String,
    },
    /// It is a file of cosign's first versions.
    #[error("it is cosign's old bundle (base64Signature, cert, rekorBundle), which is not read")]
    OldBundle,
    /// It is an envelope without a bundle around it.
    #[error("it is a bare DSSE envelope, and no bundle")]
    BareEnvelope,
    /// The file has more bundles than are looked at.
    #[error("it has more than {} bundles", super::blob::MAX_BUNDLES)]
    Bundles,
    /// An annotation is missing or different.
    #[error("it has no annotation {name}={value}")]
    Annotation {
        /// The name asked for.
        name: String,
        /// The value asked for.
        value: String,
    },
    /// The name it was signed under is not as it must be.
    #[error("it was signed for {0}")]
    Identity(String),
    /// It was signed under no name, and there must be one.
    #[error("it was signed without a name, and the policy asks for one")]
    Anonymous,
    /// The bundle is malformed.
    #[error("it is no bundle: {0}")]
    Bundle(#[source] json::Error),
    /// The bundle is of another version.
    #[error("it is a bundle of type {0:?}, not of version 0.3")]
    Version(String),
    /// The bundle has no key and no certificate, or both.
    #[error("it has not exactly one of key and certificate")]
    Material,
    /// The bundle signs bytes and makes no statement.
    #[error("it signs a message and makes no statement about an image")]
    Message,
    /// The envelope is malformed.
    #[error("its envelope is not acceptable: {0}")]
    Envelope(#[source] json::Error),
    /// It states something else.
    #[error("it states {found:?}, not {wanted:?}")]
    Statement {
        /// The type of what it states.
        found: String,
        /// The type that was asked for.
        wanted: String,
    },
    /// It is a signature, where an attestation was asked for.
    #[error("it is a signature, not an attestation")]
    NoAttestation,
    /// The signature is a keyless one, and a key was given.
    #[error("it is a keyless signature, which no key verifies")]
    Keyless,
    /// The signature is a keyless one, and a fact about it is wrong.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It says something else of the image.
    #[error("it is an attestation of type {0:?}, not a signature")]
    Predicate(String),
}

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

crate::class::classified!(Reason => Verification);

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
