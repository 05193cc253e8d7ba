//! A client for registries: the Distribution API over HTTP.
//!
//! distribution-spec: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>.

pub mod credentials;
mod error;
mod login;

pub use error::Error;
pub use login::{Anonymous, Credentials, Login, LookupError};

/// A client; clones share connections and tokens.
#[derive(Clone, Debug, Default)]
pub struct Client {}
