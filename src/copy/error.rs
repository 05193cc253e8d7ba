//! What can go wrong with a copy.

use std::fmt;

use crate::blob::Fault;
use crate::class::{Class, Classified, Diagnosis};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::transport::Selector;
use crate::{config, layer, manifest, transport};

/// A copy's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Which of the two places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Where the image comes from.
    Source,
    /// Where the image goes.
    Destination,
}

/// A copy's error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// One of the places failed.
    #[error("{side} {place}")]
    Place {
        /// Which side.
        side: Side,
        /// Which place.
        place: String,
        /// How.
        source: Box<transport::Error>,
    },
    /// The index has no image for a platform.
    #[error("{place} has no image for {wanted}; it has {}", offered.join(", "))]
    Platform {
        /// Where.
        place: String,
        /// The platform asked for.
        wanted: String,
        /// The platforms there.
        offered: Vec<String>,
    },
    /// The digest promised is not what would be written.
    #[error("the manifest to be written has digest {got}, and the destination names {wanted}")]
    Digest {
        /// The digest that the destination names.
        wanted: Digest,
        /// The digest of the manifest.
        got: Digest,
    },
    /// The tag to be checked names something else.
    #[error("tag {tag} names {}, not {wanted}", named.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string))]
    Tag {
        /// The tag.
        tag: String,
        /// The digest it should name.
        wanted: Digest,
        /// The digest it names.
        named: Option<Digest>,
    },
    /// The destination's name stands for something else than when the change was made.
    #[error("{place} has something else as {tag} by now than {expected}, and was left as it is")]
    Moved {
        /// Which place.
        place: String,
        /// The name there.
        tag: String,
        /// What it stood for.
        expected: Digest,
    },
    /// The destination's name stands for another image already, which is not to be replaced.
    #[error("{place} has {named} as its {name} already, and was left as it is")]
    Taken {
        /// Which place.
        place: String,
        /// The name there, such as `tag v1`.
        name: String,
        /// What it stands for.
        named: Digest,
    },
    /// A layer does not have the uncompressed digest that the config says.
    #[error("layer {layer} has diff_id {got}, and its config says {wanted}")]
    DiffId {
        /// The layer.
        layer: Digest,
        /// What the config says.
        wanted: Digest,
        /// What it is.
        got: Digest,
    },
    /// Digests should be kept, and what was asked for would change them.
    #[error("{what} would change the digest {digest}, which is to be preserved")]
    Preserve {
        /// What was asked for.
        what: String,
        /// The digest.
        digest: Digest,
    },
    /// The image may not be copied.
    #[error("{place} may not be copied")]
    Denied {
        /// Which.
        place: String,
        /// The kind of failure: that it may not, or that nobody could tell; and what to do about it.
        diagnosis: Diagnosis<'static>,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The request cannot be fulfilled.
    #[error("{reason}")]
    Refused {
        /// Why.
        reason: String,
        /// What to do instead.
        hint: Option<String>,
    },
    /// A manifest that was converted is no acceptable one.
    #[error("cannot convert manifest {digest}")]
    Manifest {
        /// Which.
        digest: Digest,
        /// Why.
        source: manifest::ParseError,
    },
    /// A config that is needed cannot be read.
    #[error("cannot read config {digest}")]
    Config {
        /// Which.
        digest: Digest,
        /// Why.
        source: config::ParseError,
    },
    /// A layer could not be recompressed.
    #[error("cannot recompress layer {digest}")]
    Layer {
        /// Which.
        digest: Digest,
        /// Why.
        source: Box<layer::Error>,
    },
    /// An attestation in an index cannot be read.
    #[error("the index names attestation {digest}")]
    Attestation {
        /// Which.
        digest: Digest,
        /// Why.
        source: Box<Error>,
    },
    /// Someone asked to stop.
    #[error(transparent)]
    Cancelled(#[from] crate::watch::Cancelled),
}

impl Error {
    /// Wraps a place's error with which side it is. A destination that failed because of the content it was given is the source's failure,
    /// see [`Error::between`].
    pub fn at(side: Side, place: &(impl fmt::Display + ?Sized)) -> impl Fn(transport::Error) -> Self {
        let place = place.to_string();
        move |source| match source {
            transport::Error::Cancelled(cancelled) => Self::Cancelled(cancelled),
            source => Self::Place { side, place: place.clone(), source: Box::new(source) },
        }
    }

    /// Names the attestation that is not there: registries that pass on another's often lack it.
    pub(super) fn of_child(self, child: &Descriptor) -> Self {
        match self {
            Self::Place { .. } if child.is_attestation() && self.class() == Class::NotFound => {
                Self::Attestation { digest: child.digest.clone(), source: Box::new(self) }
            }
            other => other,
        }
    }

    /// Makes the error for a name that stands for another image.
    pub(super) fn taken(place: &(impl fmt::Display + ?Sized), at: &Selector, named: Digest) -> Self {
        Self::Taken { place: place.to_string(), name: at.to_string(), named }
    }

    /// Wraps what a put failed with: the source's failure if the content failed, the destination's otherwise.
    pub fn between(
        source: &(impl fmt::Display + ?Sized),
        destination: &(impl fmt::Display + ?Sized),
        error: transport::Error,
    ) -> Self {
        match error.fault() {
            Some(fault) if is_cancelled(fault) => Self::Cancelled(crate::watch::Cancelled),
            Some(_) => Self::at(Side::Source, source)(error),
            None => Self::at(Side::Destination, destination)(error),
        }
    }
}

impl Classified for Error {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Place { source, .. } => source.diagnosis(),
            Self::Attestation { source, .. } => {
                Diagnosis { hint: Some("leave attestations out with --no-attestations".into()), ..source.diagnosis() }
            }
            Self::Denied { diagnosis, .. } => diagnosis.clone(),
            Self::Refused { hint, .. } => Class::Failed.maybe_hint(hint.as_deref()),
            Self::Moved { .. } => Class::Failed.hint("run it again"),
            Self::Taken { .. } => Class::Failed.hint("leave --no-clobber out to replace it, or name another tag"),
            Self::Preserve { .. } => {
                Class::Failed.hint("leave out --preserve-digests, or the flag that changes the digest")
            }
            Self::Platform { .. } | Self::Tag { named: None, .. } => Class::NotFound.into(),
            Self::Digest { .. } | Self::Tag { .. } | Self::DiffId { .. } => Class::Verification.into(),
            Self::Layer { source, .. } => source.diagnosis(),
            Self::Cancelled(cancelled) => cancelled.diagnosis(),
            Self::Manifest { .. } | Self::Config { .. } => Class::Failed.into(),
        }
    }
}

fn is_cancelled(fault: &Fault) -> bool {
    match fault {
        Fault::Source(error) => error.get_ref().is_some_and(|inner| inner.is::<crate::watch::Cancelled>()),
        _ => false,
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Source => "cannot read",
            Side::Destination => "cannot write",
        })
    }
}
