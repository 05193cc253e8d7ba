//! A registry: the distribution API over a directory.
//!
//! distribution-spec: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>.

mod access;
mod answer;
mod front;
mod metrics;
mod partial;
mod static_tree;

pub use access::{Action, Authorize, Decision, Wish};
pub use access::{FileError, Guard, GuardOptions, Issuer, Notes, Outside, Passwords, PolicyFile, Rules, Tokens, Trust};
pub use front::{Front, FrontOptions};
pub use metrics::Metrics;
pub use static_tree::StaticTree;
