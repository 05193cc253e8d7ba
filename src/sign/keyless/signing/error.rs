//! Why nothing was signed with an identity: who refused what.

use super::super::{Refusal, RootError};
use crate::class::{Class, Classified, Diagnosis};
use crate::registry;
use crate::sign::key;

/// Why nothing was signed with an identity.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The identity token is none, or lacks something.
    #[error("the identity token cannot be used: {0}")]
    Token(&'static str),
    /// The identity token has expired.
    #[error("the identity token expired at {0}, by this machine's clock")]
    Expired(String),
    /// A service's URL cannot be used.
    #[error("cannot use the URL of {what}, {url:?}: {reason}")]
    Url {
        /// Whose it is.
        what: &'static str,
        /// The URL.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The services that are named do not suffice.
    #[error("nothing can be signed with these services: {0}")]
    Services(&'static str),
    /// The signing config cannot be used.
    #[error("it is no signing config that can be used: {0}")]
    Config(String),
    /// The trusted root cannot be used.
    #[error("cannot use the trusted root")]
    Root(#[from] RootError),
    /// A service did not do what it was asked for.
    #[error("{who} did not {what}")]
    Service {
        /// The service.
        who: String,
        /// What it was asked for.
        what: &'static str,
        /// What it said.
        source: Box<registry::Error>,
    },
    /// A service answered something that makes no sense.
    #[error("the answer of {who} makes no sense: {reason}")]
    Answer {
        /// The service.
        who: String,
        /// What is wrong.
        reason: String,
    },
    /// What a service answered is not what the trusted root says that it must be.
    #[error("what {who} answered is not acceptable")]
    Unacceptable {
        /// The service.
        who: String,
        /// Why.
        source: Box<Refusal>,
    },
    /// Whoever was asked for a token gave none.
    #[error("{who} gave no identity token: {reason}")]
    Refused {
        /// The issuer.
        who: String,
        /// What it said.
        reason: String,
    },
    /// The key that was made for this signature does not work.
    #[error("cannot sign with a new key")]
    Key(#[from] key::Error),
}

/// A result of signing with an identity.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Classified for Error {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Token(_) | Self::Refused { .. } => Class::Denied.into(),
            Self::Expired(_) => Class::Denied.hint("get a new token; they are valid for minutes"),
            Self::Url { .. } | Self::Services(_) => Class::Usage.into(),
            Self::Config(_) | Self::Root(_) | Self::Key(_) => Class::Failed.into(),
            Self::Service { source, .. } => {
                let found = source.diagnosis();
                // What is missing there is no image.
                let class = if found.class == Class::NotFound { Class::Network } else { found.class };
                Diagnosis { class, ..found }
            }
            Self::Answer { .. } => Class::Network.into(),
            Self::Unacceptable { .. } => Class::Verification.into(),
        }
    }
}
