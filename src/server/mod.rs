//! A registry: the distribution API over a directory.
//!
//! distribution-spec: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>.

mod access;
mod access_log;
mod answer;
mod audit_log;
mod blobs;
mod brief;
mod collector;
mod condition;
mod front;
mod lists;
mod manifests;
mod metrics;
mod options;
mod push;
mod registry;
mod route;
mod scrubber;
mod static_tree;
mod storage;
#[cfg(test)]
mod tests;
mod uploads;

pub use access::{Action, Authorize, Decision, Wish};
pub use access::{FileError, Guard, GuardOptions, Issuer, Notes, Outside, Passwords, PolicyFile, Rules, Tokens, Trust};
pub use access_log::AccessLine;
pub use audit_log::AuditLog;
pub use collector::Collector;
pub use front::{Front, FrontOptions, Health, Readiness, urgency_of};
pub use metrics::Metrics;
pub use options::{MAX_MANIFEST, Options};
pub use registry::Registry;
pub use scrubber::Scrubber;
pub use static_tree::{OnFailure, StaticTree};
pub use storage::{Collection, Items, Report, Scrub, Scrubbed, Space, Storage, Usage};
