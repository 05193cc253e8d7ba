//! Who the client is: logins, and where they come from.
//!
//! The client asks a [`Credentials`] once it is challenged, and keeps the answer for its lifetime.

use std::fmt;

/// Proof of who asks.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Login {
    /// A name and a password, sent as Basic authentication to the registry or its token server.
    Password {
        /// The name.
        username: String,
        /// The password or access token.
        password: String,
    },
    /// A refresh token (`identitytoken`), exchanged at the token server.
    IdentityToken {
        /// The token.
        token: String,
    },
    /// A finished bearer token (`registrytoken`), sent as it is.
    Bearer {
        /// The token.
        token: String,
    },
}

impl Login {
    /// Makes a login of a name and a password.
    pub fn password(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self::Password { username: username.into(), password: password.into() }
    }

    /// Returns the name, if the login has one.
    pub fn username(&self) -> Option<&str> {
        match self {
            Self::Password { username, .. } => Some(username),
            _ => None,
        }
    }
}

impl fmt::Debug for Login {
    /// Names the kind and never the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password { username, .. } => f.debug_struct("Password").field("username", username).finish(),
            Self::IdentityToken { .. } => f.debug_struct("IdentityToken").finish(),
            Self::Bearer { .. } => f.debug_struct("Bearer").finish(),
        }
    }
}

/// A login, and where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The login.
    pub login: Login,
    /// A file, a variable, a helper.
    pub from: Option<String>,
}

/// An error of whatever finds logins: a broken file, a helper that fails.
pub type LookupError = Box<dyn std::error::Error + Send + Sync>;

/// Finds logins, in files or elsewhere. Called from many threads.
pub trait Credentials: Send + Sync {
    /// Finds the login for a repository at a host: `host` as in references (`docker.io` for Docker Hub, with the port if there is one),
    /// `repository` such as `library/alpine`, or empty where no repository is meant. Nothing means anonymous.
    ///
    /// # Errors
    /// When a place that would have to be looked at cannot be read: that is not the same as no login.
    fn lookup(&self, host: &str, repository: &str) -> Result<Option<Login>, LookupError>;

    /// Finds the login for a repository, with where it is from; by default without.
    ///
    /// # Errors
    /// As [`lookup`](Self::lookup).
    fn locate(&self, host: &str, repository: &str) -> Result<Option<Found>, LookupError> {
        Ok(self.lookup(host, repository)?.map(|login| Found { login, from: None }))
    }

    /// Names the places that are looked at, for the message of whoever was denied; empty when there are none.
    fn places(&self) -> Vec<String>;
}

/// No logins at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anonymous;

impl Credentials for Anonymous {
    fn lookup(&self, _host: &str, _repository: &str) -> Result<Option<Login>, LookupError> {
        Ok(None)
    }

    fn places(&self) -> Vec<String> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        for login in [
            Login::password("me", "hidden"),
            Login::IdentityToken { token: "hidden".into() },
            Login::Bearer { token: "hidden".into() },
        ] {
            assert!(!format!("{login:?}").contains("hidden"));
        }
    }
}
