//! What can go wrong in a store.

use std::io;
use std::path::PathBuf;

use super::InvalidKey;
use crate::blob::Fault;
use crate::class::{Class, Classified, Diagnosis};

/// A store's error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An operation on a file failed.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: `read`, `write`, `rename`, …
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The content to be written failed, not the store.
    #[error(transparent)]
    Content(#[from] Fault),
    /// The store cannot do this, ever.
    #[error("{what} is not possible here")]
    Unsupported {
        /// What.
        what: &'static str,
    },
    /// What is stored there is malformed.
    #[error("{} is malformed: {reason}", path.display())]
    Malformed {
        /// What.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A whole archive is compressed, and there is nowhere to unpack it.
    #[error("{} is compressed as a whole and must be unpacked to be read; name a scratch directory", path.display())]
    NoScratch {
        /// The archive.
        path: PathBuf,
    },
    /// The crate was built without what this needs.
    #[error("built without feature `{feature}`")]
    Feature {
        /// The missing feature.
        feature: &'static str,
    },
    /// The name cannot be used.
    #[error(transparent)]
    Key(#[from] InvalidKey),
}

impl Error {
    /// Wraps a failed operation on a file.
    pub fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}

impl Classified for Error {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Io { source, .. } => source.diagnosis(),
            Self::Content(fault) => fault.diagnosis(),
            Self::Key(error) => error.diagnosis(),
            Self::NoScratch { .. } => Class::Failed.hint("name a directory for temporary files"),
            Self::Unsupported { .. } | Self::Malformed { .. } | Self::Feature { .. } => Class::Failed.into(),
        }
    }
}
