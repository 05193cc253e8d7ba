//! A repository at a registry; its methods are in the neighbouring modules.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Mutex;

use super::host::Announcement;
use super::scope::{Access, Scope};
use super::session::Session;
use super::url::Url;
use crate::digest::Digest;

/// A repository at a registry, to read from or write to. Safe from many threads.
pub struct Remote {
    pub(super) session: Session,
    /// What every request here needs.
    pub(super) scopes: Vec<Scope>,
    /// The folder of the state files of uploads.
    pub(super) upload_states: Option<PathBuf>,
    /// Whether uploads are resumed from there.
    pub(super) resume: bool,
    /// Which tag a digest was learned from that HEAD named.
    pub(super) tagged: Mutex<HashMap<Digest, String>>,
    /// Kept for its end, when tokens need no longer allow this.
    _announcement: Announcement,
}

impl Remote {
    pub(super) fn new(session: Session, access: Access) -> Self {
        let scope = Scope::repository(&session.repository, access);
        let announcement = session.registry.announce(scope.clone());
        Self {
            session,
            scopes: vec![scope],
            upload_states: None,
            resume: true,
            tagged: Mutex::default(),
            _announcement: announcement,
        }
    }

    /// Saves the state of uploads in `folder` before their first byte (mode 0600), and with `resume` resumes those that an earlier process
    /// saved there, as far as the registry still has them.
    #[must_use]
    pub fn with_upload_state(mut self, folder: PathBuf, resume: bool) -> Self {
        self.upload_states = Some(folder);
        self.resume = resume;
        self
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
