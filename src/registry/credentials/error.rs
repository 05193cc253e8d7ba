//! What can go wrong with stored logins. No message holds a secret.

use std::io;
use std::path::PathBuf;

use super::HelperError;

/// An error of a place that holds logins.
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
    /// The text is no credentials file.
    #[error("{place} is broken at line {line}, column {column}: {reason}")]
    Broken {
        /// The file, or the name of the variable.
        place: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1; 0 is the end of the line before.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
    /// One entry of a file cannot be understood.
    #[error("the entry {key:?} in {place} is malformed: {reason}")]
    Entry {
        /// The file, or the name of the variable.
        place: String,
        /// The entry's key.
        key: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The file is too large to be a credentials file.
    #[error("{place} is larger than {limit} bytes")]
    TooLarge {
        /// The file.
        place: String,
        /// The limit, in bytes.
        limit: u64,
    },
    /// A helper failed.
    #[error(transparent)]
    Helper(#[from] HelperError),
    /// There is no way to store this login there.
    #[error("cannot store {what} in {place}")]
    Unsupported {
        /// What: `a bearer token`, …
        what: &'static str,
        /// Where.
        place: String,
    },
}

crate::class::classified!(Error => Failed);

impl Error {
    /// Wraps a failed operation on a file.
    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }

    /// Wraps a parse error with the place; only syntax errors are quoted, because the others quote values, which may be secrets.
    pub(super) fn broken(place: &str) -> impl FnOnce(serde_json::Error) -> Self {
        let place = place.to_owned();
        move |error| {
            let (line, column) = (error.line(), error.column());
            let position = format!(" at line {line} column {column}");
            let reason = match error.classify() {
                serde_json::error::Category::Data => "a member has the wrong type or stands twice".into(),
                _ => error.to_string().replace(&position, ""),
            };
            Self::Broken { place, line, column, reason }
        }
    }
}
