//! A repository at a registry; its methods are in the modules beside this one.

use std::fmt;

use super::host::Announcement;
use super::scope::{Access, Scope};
use super::session::Session;
use super::url::Url;

/// A repository at a registry, to read from or write to. Safe from many threads.
pub struct Remote {
    pub(super) session: Session,
    /// What every request here needs.
    pub(super) scopes: Vec<Scope>,
    /// Kept for its end, when tokens need no longer allow this.
    _announcement: Announcement,
}

impl Remote {
    pub(super) fn new(session: Session, access: Access) -> Self {
        let scope = Scope::repository(&session.repository, access);
        let announcement = session.registry.announce(scope.clone());
        Self { session, scopes: vec![scope], _announcement: announcement }
    }

    /// Returns the host that is connected to, with its port.
    pub fn registry(&self) -> &str {
        &self.session.registry.authority
    }

    /// Returns the repository's path.
    pub fn path(&self) -> &str {
        &self.session.repository
    }

    /// Makes the URL of something in the repository.
    pub(super) fn url(&self, rest: &str) -> Url {
        self.session.registry.url(&format!("/v2/{}/{rest}", self.session.repository))
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "docker://{}/{}", self.session.registry.host, self.session.repository)
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Remote({self})")
    }
}
