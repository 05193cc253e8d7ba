//! The kinds of failure that a script can tell apart.

use serde::Serialize;

/// Why something failed; the binary's exit codes follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Class {
    /// None of the others: a local file, a refused combination.
    Failed,
    /// The caller asked for something that makes no sense.
    Usage,
    /// What was asked for does not exist.
    NotFound,
    /// Credentials are missing, wrong or not enough.
    Denied,
    /// A server or the way to it failed, after every retry.
    Network,
    /// Content is not what its digest, size or policy says.
    Verification,
    /// Some of many failed.
    Partial,
    /// Someone asked to stop.
    Interrupted,
}
