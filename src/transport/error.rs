//! What can go wrong with a place.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::Selector;
use crate::blob::Fault;
use crate::class::{Class, Classified, Diagnosis};
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
        hint: String,
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
    /// A list is given up, since it leads in circles or does not end.
    #[error("{place}: {reason}")]
    Endless {
        /// Where.
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
    #[error("{0}")]
    Client(Box<dyn Classified>),
    /// A policy does not accept what would be read, or it could not be found out whether it does.
    #[error("{what} may not be used: {reason}")]
    Policy {
        /// The image.
        what: String,
        /// Why.
        reason: Box<dyn Classified>,
    },
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

    /// Makes the error for something that a place cannot do; `hint` says what to do instead.
    pub fn unsupported(what: &str, place: &(impl fmt::Display + ?Sized), hint: &str) -> Self {
        Self::Unsupported { what: what.into(), place: place.to_string(), hint: hint.into() }
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

    /// Says whether what was asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        self.class() == Class::NotFound
    }

    /// Says whether access was denied.
    pub fn is_denied(&self) -> bool {
        self.class() == Class::Denied
    }

    /// Says whether a list of referrers cannot be kept, because the tag that it would have names something else.
    pub fn is_unlistable(&self) -> bool {
        match self {
            #[cfg(feature = "client")]
            Self::Registry(crate::registry::Error::ReferrersTag { .. }) => true,
            _ => false,
        }
    }

    /// Returns the fault of the content that was being written, if that is what failed: the other side's failure.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Content(fault) | Self::Store(store::Error::Content(fault)) => Some(fault),
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

impl Classified for Error {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            #[cfg(feature = "client")]
            Self::NotFound { source: Some(source), .. } => {
                let status = source.downcast_ref().and_then(crate::registry::Error::status);
                Diagnosis { status, ..Class::NotFound.into() }
            }
            Self::NotFound { .. } => Class::NotFound.into(),
            Self::Ambiguous { .. } => Class::Usage.into(),
            Self::Unsupported { hint, .. } => Class::Failed.hint(hint),
            Self::Manifest { source, .. } => source.diagnosis(),
            Self::Io { source, .. } => source.diagnosis(),
            Self::Store(error) => error.diagnosis(),
            Self::Content(fault) => fault.diagnosis(),
            #[cfg(feature = "client")]
            Self::Registry(error) => error.diagnosis(),
            #[cfg(feature = "client")]
            Self::Client(error) => error.diagnosis(),
            Self::Endless { .. } => Class::Network.into(),
            Self::Policy { reason, .. } => reason.diagnosis(),
            Self::Cancelled(cancelled) => cancelled.diagnosis(),
            Self::Malformed { .. } | Self::Feature { .. } => Class::Failed.into(),
        }
    }
}

/// Returns nothing for what is not there.
pub(super) fn if_there<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(there) => Ok(Some(there)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// A blob's reader hides a place's error, a fault or a cancellation in its I/O error.
impl Classified for io::Error {
    fn diagnosis(&self) -> Diagnosis<'_> {
        let Some(inner) = self.get_ref() else {
            return Class::Failed.into();
        };
        #[cfg(feature = "client")]
        if let Some(error) = inner.downcast_ref::<crate::registry::Error>() {
            return error.diagnosis();
        }
        let place = inner.downcast_ref::<Error>().map(Classified::diagnosis);
        place
            .or_else(|| Some(inner.downcast_ref::<Fault>()?.diagnosis()))
            .or_else(|| Some(inner.downcast_ref::<io::Error>()?.diagnosis()))
            .or_else(|| Some(inner.downcast_ref::<Cancelled>()?.diagnosis()))
            .unwrap_or(Class::Failed.into())
    }
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
