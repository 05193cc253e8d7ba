//! Who may do what: the question that a registry asks before it does anything.

mod credentials;
mod der;
mod endpoint;
mod guard;
mod htpasswd;
mod issuer;
mod passwords;
mod policy;
mod realm;
#[cfg(test)]
mod tests;
mod throttle;
mod token;
mod trust;
mod watched;

pub use guard::{Guard, Options as GuardOptions, PolicyFile, Rules, Tokens};
pub use issuer::Issuer;
pub use passwords::Passwords;
pub use realm::Outside;
pub use trust::Trust;
pub use watched::{FileError, Notes};

use crate::http::Request;

/// What a request wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask whether this is a registry: `/v2/`.
    Ping,
    /// List the repositories.
    Catalog,
    /// Read a repository.
    Pull,
    /// Write to a repository.
    Push,
    /// Remove from a repository.
    Delete,
}

impl Action {
    /// Returns the action's name, as policies and the access log have it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Catalog => "catalog",
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Delete => "delete",
        }
    }
}

/// What a request wants to do, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish<'a> {
    /// What.
    pub action: Action,
    /// The repository; nothing where the action concerns none.
    pub repository: Option<&'a str>,
}

/// Whether a request may do what it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Allow,
    /// Not without, or not with these, credentials: 401.
    Challenge {
        /// The value of WWW-Authenticate.
        challenge: String,
        /// Why, for whoever reads the answer.
        message: String,
    },
    /// Nobody may, or this user may not: 403.
    Forbid {
        /// Why, for whoever reads the answer.
        message: String,
    },
    /// Not now: 429.
    Wait {
        /// After how many seconds to ask again.
        seconds: u64,
        /// Why, for whoever reads the answer.
        message: String,
    },
}

/// Decides what requests may do. Called from many threads; a request may be asked about more than once, with other wishes.
pub trait Authorize: Send + Sync {
    /// Decides whether the request may do what it wants.
    fn authorize(&self, request: &Request<'_>, wish: &Wish<'_>) -> Decision;
}
