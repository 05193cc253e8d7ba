//! What a verb fails with: an error that knows its class and hint, and what was being done. Another error does not compile with `?`.

use std::fmt;

use stevedore::class::{Classified, Diagnosis};
use stevedore::error_chain;

/// A verb's result.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// A verb's error.
#[derive(Debug)]
pub(crate) struct Error {
    cause: Box<dyn Classified>,
    /// What was being done, the innermost first.
    contexts: Vec<String>,
}

impl<E: Classified> From<E> for Error {
    fn from(cause: E) -> Self {
        Self { cause: Box::new(cause), contexts: Vec::new() }
    }
}

impl Error {
    /// Returns what the error knows of itself.
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        self.cause.diagnosis()
    }

    /// Returns an error that the library can carry.
    pub(crate) fn into_classified(self) -> Box<dyn Classified> {
        Box::new(Whole(self))
    }

    /// Returns the error of that type, if it is one.
    pub(crate) fn downcast_ref<E: Classified>(&self) -> Option<&E> {
        let cause: &(dyn std::error::Error + 'static) = &*self.cause;
        cause.downcast_ref()
    }

    /// Says whether the error is of that type.
    pub(crate) fn is<E: Classified>(&self) -> bool {
        self.downcast_ref::<E>().is_some()
    }

    /// Returns the error and its causes, without what was being done.
    pub(crate) fn chain(&self) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
        let first: &(dyn std::error::Error + 'static) = &*self.cause;
        std::iter::successors(Some(first), |error| error.source())
    }
}

/// An error with all that was being done.
#[derive(Debug)]
struct Whole(Error);

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Whole {}

impl Classified for Whole {
    fn diagnosis(&self) -> Diagnosis<'_> {
        self.0.diagnosis()
    }
}

impl fmt::Display for Error {
    /// Joins what was being done and the causes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let causes = self.chain().map(ToString::to_string);
        f.write_str(&error_chain::join(self.contexts.iter().rev().cloned().chain(causes)))
    }
}

/// Says what was being done when something failed.
pub(crate) trait Context<T> {
    /// Adds a clause before what the error says.
    fn context(self, clause: &str) -> Result<T>;

    /// Adds a clause that is made only for an error.
    fn with_context(self, clause: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Error>> Context<T> for Result<T, E> {
    fn context(self, clause: &str) -> Result<T> {
        self.with_context(|| clause.to_owned())
    }

    fn with_context(self, clause: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| {
            let mut error = error.into();
            error.contexts.push(clause());
            error
        })
    }
}

#[cfg(test)]
mod tests {
    use stevedore::{copy, transport};

    use super::*;

    #[test]
    fn each_clause_is_said_once() {
        let refused = || std::io::Error::other("connection refused");
        let error = Err::<(), _>(refused()).context("GET http://h/ failed: connection refused").context("top");
        assert_eq!(error.expect_err("fails").to_string(), "top: GET http://h/ failed: connection refused");
        let not_found = transport::Error::not_found("tag v1", "oci:d");
        let error = Error::from(copy::Error::at(copy::Side::Source, "oci:d")(not_found));
        assert_eq!(error.to_string(), "cannot read oci:d: tag v1 not found in oci:d");
        assert!(error.is::<copy::Error>() && !error.is::<transport::Error>());
    }
}
