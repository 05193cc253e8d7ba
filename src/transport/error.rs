//! What can go wrong with a place.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::Selector;
use crate::blob::Fault;
use crate::class::Class;
use crate::manifest::ParseError;
use crate::store;
use crate::watch::Cancelled;

/// A transport's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A place's error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such thing in the place.
    #[error("{what} not found in {place}")]
    NotFound {
        /// What: `tag v1`, `blob sha256:…`.
        what: String,
        /// Where.
        place: String,
        /// What the other side said, if anything.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// Several images are there, and none was named.
    #[error("{place} holds {} images; name one of: {}", choices.len(), few(choices))]
    Ambiguous {
        /// Where.
        place: String,
        /// Their names.
        choices: Vec<String>,
    },
    /// The place cannot do this, ever.
    #[error("{what} is not possible in {place}")]
    Unsupported {
        /// What.
        what: String,
        /// Where.
        place: String,
        /// What to do instead, as an imperative sentence.
        cure: String,
    },
    /// A manifest there is no acceptable one.
    #[error("{what} in {place} is not acceptable")]
    Manifest {
        /// Which.
        what: String,
        /// Where.
        place: String,
        /// Why.
        source: ParseError,
    },
    /// Something other than a manifest is malformed.
    #[error("{place} is malformed: {reason}")]
    Malformed {
        /// Where, or the file.
        place: String,
        /// How.
        reason: String,
    },
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
    /// The store under the place failed.
    #[error(transparent)]
    Store(store::Error),
    /// Content that was read failed its check or could not be read.
    #[error(transparent)]
    Content(#[from] Fault),
    /// The registry failed or refused.
    #[cfg(feature = "client")]
    #[error(transparent)]
    Registry(#[from] crate::registry::Error),
    /// The client for registries cannot be made: the files that configure it are unreadable or malformed.
    #[cfg(feature = "client")]
    #[error(transparent)]
    Client(Box<dyn std::error::Error + Send + Sync>),
    /// The crate was built without what this needs.
    #[error("built without feature `{feature}`")]
    Feature {
        /// The missing feature.
        feature: &'static str,
    },
    /// Someone asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl Error {
    /// Makes the error for something that is not there.
    pub fn not_found(what: impl fmt::Display, place: &(impl fmt::Display + ?Sized)) -> Self {
        Self::NotFound { what: what.to_string(), place: place.to_string(), source: None }
    }

    /// Makes the error for something that a place cannot do; `cure` says what to do instead.
    pub fn unsupported(what: &str, place: &(impl fmt::Display + ?Sized), cure: &str) -> Self {
        Self::Unsupported { what: what.into(), place: place.to_string(), cure: cure.into() }
    }

    /// Wraps a manifest's error with which one and where.
    pub fn manifest(at: &Selector, place: &(impl fmt::Display + ?Sized)) -> impl FnOnce(ParseError) -> Self {
        let (what, place) = (at.to_string(), place.to_string());
        move |source| Self::Manifest { what, place, source }
    }

    /// Wraps a failed operation on a file.
    pub fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }

    /// Wraps what reading a blob failed with: the fault inside, or the error as an unreadable source.
    pub fn from_read(error: io::Error) -> Self {
        Self::Content(Fault::take(error).unwrap_or_else(Fault::Source))
    }

    /// Returns the kind of failure.
    pub fn class(&self) -> Class {
        match self {
            Self::NotFound { .. } => Class::NotFound,
            Self::Ambiguous { .. } => Class::Usage,
            Self::Manifest { source, .. } if source.is_mismatch() => Class::Verification,
            Self::Io { source, .. } => class_of_io(source),
            Self::Store(store::Error::Io { source, .. }) => class_of_io(source),
            Self::Store(store::Error::Content(fault)) | Self::Content(fault) => class_of_fault(fault),
            #[cfg(feature = "client")]
            Self::Registry(error) => error.class(),
            Self::Cancelled(_) => Class::Interrupted,
            _ => Class::Failed,
        }
    }

    /// Says whether what was asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        self.class() == Class::NotFound
    }

    /// Says whether access was denied.
    pub fn is_denied(&self) -> bool {
        self.class() == Class::Denied
    }

    /// Returns the fault of the content that was being written, if that is what failed: the other side's failure.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Content(fault) | Self::Store(store::Error::Content(fault)) => Some(fault),
            _ => None,
        }
    }

    /// Returns what to do about it, where the place knows.
    pub fn cure(&self) -> Option<&str> {
        match self {
            Self::Unsupported { cure, .. } => Some(cure),
            _ => None,
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Content(fault) => Self::Content(fault),
            other => Self::Store(other),
        }
    }
}

impl From<Error> for io::Error {
    /// Hides a place's error in an I/O error, for a blob's reader; [`Error::class`] of the fault finds it again.
    fn from(error: Error) -> Self {
        io::Error::other(error)
    }
}

fn class_of_fault(fault: &Fault) -> Class {
    match fault {
        Fault::Mismatch { .. } | Fault::DiffId { .. } | Fault::Short { .. } => Class::Verification,
        Fault::Malformed { .. } => Class::Failed,
        Fault::Source(error) => class_of_io(error),
        Fault::TooLarge { .. } => Class::Failed,
    }
}

/// An I/O error may carry a place's error, a fault or a cancellation.
fn class_of_io(error: &io::Error) -> Class {
    let Some(inner) = error.get_ref() else {
        return Class::Failed;
    };
    if let Some(error) = inner.downcast_ref::<Error>() {
        return error.class();
    }
    #[cfg(feature = "client")]
    if let Some(error) = inner.downcast_ref::<crate::registry::Error>() {
        return error.class();
    }
    if let Some(fault) = inner.downcast_ref::<Fault>() {
        return class_of_fault(fault);
    }
    if inner.is::<Cancelled>() { Class::Interrupted } else { Class::Failed }
}

/// Names the first few, for a message of one line.
fn few(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut text = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(", …");
    }
    text
}
