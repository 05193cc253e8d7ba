//! Why a signature, or what might be one, is not accepted.

use super::json;
use super::keyless::Refusal;
use crate::manifest::ParseError;

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
    /// It is no good signature by an OpenPGP key.
    #[cfg(feature = "openpgp")]
    #[error(transparent)]
    OpenPgp(#[from] super::openpgp::Refusal),
    /// It says something else of the image.
    #[error("it is an attestation of type {0:?}, not a signature")]
    Predicate(String),
}

crate::class::classified!(Reason => Verification);
