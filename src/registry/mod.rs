//! A client for registries: the Distribution API over HTTP, blocking and shared by many threads.
//!
//! A [`Client`] holds connections, tokens and credentials; a [`Remote`] is one repository. Requests go through `session` (scheme,
//! authentication, redirects, retries), which stands on `wire` (one exchange).
//! distribution-spec: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>.

mod answers;
mod asks;
mod bandwidth;
mod catalog;
mod certificate;
mod challenge;
mod client;
mod connector;
pub mod credentials;
mod download;
mod error;
mod examine;
mod explain;
mod host;
mod limit;
mod lists;
mod login;
mod manifests;
mod mask;
mod message;
mod observer;
mod options;
mod probe;
mod recorder;
mod referrers;
mod remote;
mod remove;
mod retry;
mod rules;
mod scope;
#[cfg(feature = "sign")]
mod service;
mod session;
#[cfg(feature = "openpgp")]
mod signatures;
mod tls;
mod token;
mod trust;
mod try_writing;
mod upload;
mod upload_state;
mod url;
mod wire;

pub use asks::{Asks, Token};
pub use bandwidth::Bandwidth;
pub use catalog::Catalog;
pub use certificate::Certificate;
pub use client::Client;
pub use download::Download;
pub use error::{Error, Hint, Status};
pub use examine::{Ability, Examination, Finding, Secured, Verdict};
pub use explain::Route;
pub use lists::Page;
pub use login::{Anonymous, Credentials, Found, Login, LookupError};
pub use manifests::Put;
#[cfg(feature = "sign")]
pub(crate) use message::clean;
pub use observer::{Exchange, Observer, Proof, Purpose};
pub use options::{Host, Identity, Options, PlainHttp, Proxy};
pub use referrers::Updated;
pub use remote::Remote;
pub use rules::{Invalid, Mirror, Pull, Rule};
#[cfg(feature = "sign")]
pub(crate) use service::{Answer, Question, Service};
