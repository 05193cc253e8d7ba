//! A client for registries: the Distribution API over HTTP.
//!
//! distribution-spec: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>.

mod error;

pub use error::Error;

/// A client; clones share connections and tokens.
#[derive(Clone, Debug, Default)]
pub struct Client {}
