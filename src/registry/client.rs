//! The client: what all requests share.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ureq::Agent;

use super::error::Result;
use super::host::Registry;
use super::options::Options;
use super::remote::Remote;
use super::scope::Access;
use super::session::Session;
use super::tls::Connections;
use super::url::{Scheme, Url};
use crate::reference::Repository;
use crate::watch::Watch;

/// A client for all registries; clones share connections, tokens and what is known of each registry. Safe from many threads.
///
/// ```no_run
/// use stevedore::registry::{Client, Options};
/// use stevedore::watch::Watch;
///
/// let client = Client::new(Options::default());
/// let alpine = client.pull(&"docker.io/library/alpine".parse()?, &Watch::default());
/// let manifest = alpine.manifest("3.20", None)?;
/// assert!(manifest.raw().len() > 100);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Client(Arc<Shared>);

struct Shared {
    options: Options,
    connections: Connections,
    agents: Mutex<HashMap<(Scheme, String), Agent>>,
    registries: Mutex<HashMap<String, Arc<Registry>>>,
    warnings: Mutex<HashSet<String>>,
}

impl Client {
    /// Makes a client; nothing is read or connected to before the first request.
    pub fn new(options: Options) -> Self {
        Self(Arc::new(Shared {
            options,
            connections: Connections::new(),
            agents: Mutex::default(),
            registries: Mutex::default(),
            warnings: Mutex::default(),
        }))
    }

    /// Returns a repository to read from. As long as it lives, tokens that are asked for allow this as well.
    pub fn pull(&self, repository: &Repository, watch: &Watch) -> Remote {
        Remote::new(self.session(repository.host(), repository.path(), watch), Access::Pull)
    }

    /// Returns a repository to read from and write to. As long as it lives, tokens that are asked for allow this as well.
    pub fn push(&self, repository: &Repository, watch: &Watch) -> Remote {
        Remote::new(self.session(repository.host(), repository.path(), watch), Access::Push)
    }

    /// Checks that the registry at `host` answers and takes the login that the options give for it. Without one, that it can be used
    /// anonymously.
    ///
    /// # Errors
    /// A denial when the login is wrong or one is needed.
    pub fn check_login(&self, host: &str, watch: &Watch) -> Result<()> {
        self.session(host, "", watch).check_login()
    }

    /// Asks whether a registry answers at `host`, whoever may use it.
    ///
    /// # Errors
    /// When none does.
    pub fn ping(&self, host: &str, watch: &Watch) -> Result<()> {
        self.session(host, "", watch).ping()
    }

    pub(super) fn options(&self) -> &Options {
        &self.0.options
    }

    /// Returns the agent for an origin.
    pub(super) fn agent(&self, url: &Url) -> Result<Agent> {
        let mut agents = lock(&self.0.agents);
        let key = (url.scheme, url.authority().to_owned());
        if let Some(agent) = agents.get(&key) {
            return Ok(agent.clone());
        }
        let agent = self.0.connections.agent(&self.0.options, url)?;
        agents.insert(key, agent.clone());
        Ok(agent)
    }

    fn session(&self, host: &str, repository: &str, watch: &Watch) -> Session {
        let mut registries = lock(&self.0.registries);
        let registry = registries.entry(host.into()).or_insert_with(|| Arc::new(Registry::new(host, self.options())));
        Session::new(self.clone(), registry.clone(), repository, watch)
    }

    /// Tells a registry's warning to whoever listens, each text once.
    pub(super) fn warn(&self, watch: &Watch, host: &str, text: &str) {
        if lock(&self.0.warnings).insert(format!("{host} {text}")) {
            watch.note(&format!("{host} warns: {text}"));
        }
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new(Options::default())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("options", self.options()).finish_non_exhaustive()
    }
}

/// Takes a lock; what it guards is whole between any two statements, so a thread that panicked meanwhile left nothing half done.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
