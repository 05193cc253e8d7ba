//! A client for registries: the Distribution API over HTTP, blocking and shared by many threads.
//!
//! A [`Client`] holds connections, tokens and credentials; a [`Remote`] is one repository. Requests go through `session` (scheme,
//! authentication, redirects, retries), which stands on `wire` (one exchange).
//! distribution-spec: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>.

mod answers;
mod catalog;
mod challenge;
mod client;
mod connector;
pub mod credentials;
mod download;
mod error;
mod explain;
mod host;
mod limit;
mod lists;
mod login;
mod manifests;
mod message;
mod options;
mod probe;
mod referrers;
mod remote;
mod remove;
mod retry;
mod rules;
mod scope;
#[cfg(feature = "sign")]
mod service;
mod session;
mod tls;
mod token;
mod trust;
mod upload;
mod upload_state;
mod url;
mod wire;

pub use catalog::Catalog;
pub use client::Client;
pub use download::Download;
pub use error::{Error, Hint, Status};
pub use explain::Route;
pub use lists::Page;
pub use login::{Anonymous, Credentials, Login, LookupError};
pub use manifests::Put;
pub use options::{Host, Identity, Options, PlainHttp, Proxy};
pub use referrers::Updated;
pub use remote::Remote;
pub use rules::{Invalid, Mirror, Pull, Rule};
#[cfg(feature = "sign")]
pub(crate) use service::{Answer, Question, Service};
