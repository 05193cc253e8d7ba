//! A registry: the distribution API over a directory.
//!
//! distribution-spec: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>.

mod access;
mod answer;
mod blobs;
mod condition;
mod lists;
mod manifests;
mod options;
mod push;
mod registry;
mod route;
mod storage;
mod uploads;

pub use access::{Action, Authorize, Decision, Wish};
pub use options::Options;
pub use registry::Registry;
pub use storage::{Collection, Report, Storage};
