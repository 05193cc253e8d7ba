//! What can go wrong while an image is built.

use std::io;
use std::path::PathBuf;

use crate::class::{Class, Classified, Diagnosis};
use crate::filesystem::escape;
use crate::watch::Cancelled;
use crate::{draft, filesystem};

/// A build's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A build's error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The base cannot be looked into, or an entry not be written.
    #[error(transparent)]
    Filesystem(#[from] filesystem::Error),
    /// A layer or a document cannot be made.
    #[error(transparent)]
    Draft(#[from] draft::Error),
    /// A file of this machine cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of this machine is not what it was a moment ago.
    #[error("{} changed while it was read", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A path in the image leads out of it.
    #[error("{} leads out of the image", escape(path))]
    Outside {
        /// The path.
        path: Vec<u8>,
    },
    /// A name has a meaning of its own in layers.
    #[error("{} has a name that hides files in a layer", escape(path))]
    Reserved {
        /// The path in the image.
        path: Vec<u8>,
    },
    /// Something is to lie in what is no directory.
    #[error("{} cannot be in {}, which is no directory", escape(path), escape(parent))]
    NoDirectory {
        /// The path in the image.
        path: Vec<u8>,
        /// What is in the way.
        parent: Vec<u8>,
    },
    /// Something would take the place of what the base has, and is of another type.
    #[error("{} is {was} in the base, and an addition would make it {becomes}", escape(path))]
    OtherType {
        /// The path in the image.
        path: Vec<u8>,
        /// What the base has: `a directory`.
        was: &'static str,
        /// What it would become.
        becomes: &'static str,
    },
    /// The root of the filesystem cannot be removed or replaced.
    #[error("the root cannot be {what}")]
    Root {
        /// What was tried: `removed`, `a file`.
        what: &'static str,
    },
    /// Someone asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl Classified for Error {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Filesystem(error) => error.diagnosis(),
            Self::Draft(error) => error.diagnosis(),
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => Class::NotFound.into(),
            Self::Outside { .. } | Self::Root { .. } => Class::Usage.into(),
            Self::OtherType { .. } => {
                Class::Failed.hint("remove it from the base with --remove, or add to another path")
            }
            Self::Cancelled(cancelled) => cancelled.diagnosis(),
            Self::Read { .. } | Self::Changed { .. } | Self::Reserved { .. } | Self::NoDirectory { .. } => {
                Class::Failed.into()
            }
        }
    }
}
