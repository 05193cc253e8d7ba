//! A registry: the distribution API over a directory.
//!
//! distribution-spec: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>.

mod access;

pub use access::{Action, Authorize, Decision, Wish};
