//! The client: what all requests share.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use ureq::Agent;

use super::asks::Token;
use super::bandwidth::Pace;
use super::error::Result;
use super::examine::Secured;
use super::host::Registry;
use super::limit::Limit;
use super::options::Options;
use super::remote::Remote;
use super::rules::{Mirror, Rule};
use super::scope::{Access, Scope, merge};
use super::session::{Refusal, Session};
use super::tls::Connections;
use super::url::{Scheme, Url};
use crate::locks::lock;
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
    limits: Mutex<HashMap<String, Arc<Limit>>>,
    warnings: Mutex<HashSet<String>>,
}

impl Client {
    /// Makes a client; nothing is read or connected to before the first request.
    pub fn new(mut options: Options) -> Self {
        options.settle();
        Self(Arc::new(Shared {
            options,
            connections: Connections::new(),
            agents: Mutex::default(),
            registries: Mutex::default(),
            limits: Mutex::default(),
            warnings: Mutex::default(),
        }))
    }

    /// Returns a repository to read from. As long as it lives, tokens that are asked for allow this as well.
    pub fn pull(&self, repository: &Repository, watch: &Watch) -> Remote {
        Remote::new(self.located(repository, watch), Access::Pull)
    }

    /// Returns the repository's mirrors by [`Options::rules`], in the order in which to ask them before [`pull`](Client::pull)'s.
    pub fn mirrors(&self, repository: &Repository, watch: &Watch) -> Vec<(Mirror, Remote)> {
        let rule = Rule::find(&self.options().rules, repository).filter(|rule| !rule.blocked);
        let mirrors = rule.into_iter().flat_map(|rule| rule.mirrors.iter().map(move |mirror| (rule, mirror)));
        let remote = |(rule, mirror): (&Rule, &Mirror)| {
            // A name that is too long for the mirror's is not there.
            let moved = rule.moved(&mirror.location, repository)?;
            let mirror_of = Some(repository.host().to_owned());
            let session = Session { mirror_of, ..self.session(moved.host(), moved.path(), watch) };
            Some((mirror.clone(), Remote::new(session, Access::Pull)))
        };
        mirrors.filter_map(remote).collect()
    }

    /// Returns a repository to read from and write to. As long as it lives, tokens that are asked for allow this as well.
    pub fn push(&self, repository: &Repository, watch: &Watch) -> Remote {
        Remote::new(self.located(repository, watch), Access::Push)
    }

    /// Checks that the registry at `host` answers and takes the login that the options give for it. Without one, that it can be used
    /// anonymously.
    ///
    /// # Errors
    /// A denial when the login is wrong or one is needed.
    pub fn check_login(&self, host: &str, watch: &Watch) -> Result<()> {
        self.session(host, "", watch).check_login()
    }

    /// Asks for a bearer token with which somebody else may do `actions` (`pull`, `push`, `delete`, `*`) to a repository, and read from
    /// `mounts`, other repositories at its registry. Returns nothing from a registry that gives no tokens.
    ///
    /// # Errors
    /// A denial when the login is wrong or one is needed.
    pub fn token(
        &self,
        repository: &Repository,
        actions: &[&str],
        mounts: &[Repository],
        watch: &Watch,
    ) -> Result<Option<Token>> {
        let session = self.located(repository, watch);
        let scope = format!("repository:{}:{}", session.repository, actions.join(","));
        let others =
            mounts.iter().map(|other| Scope::repository(self.located(other, watch).repository.as_str(), Access::Pull));
        session.bearer_token(&merge(Scope::parse_all(&scope).into_iter().chain(others)))
    }

    /// Asks whether a registry answers at `host`, whoever may use it.
    ///
    /// # Errors
    /// When none does.
    pub fn ping(&self, host: &str, watch: &Watch) -> Result<()> {
        self.session(host, "", watch).ping()
    }

    /// Returns a session with a whole registry.
    pub(super) fn about(&self, host: &str, watch: &Watch) -> Session {
        self.session(host, "", watch)
    }

    /// Says how the connections to an origin are secured, once there was one.
    pub(super) fn secured(&self, url: &Url) -> Result<Option<Secured>> {
        self.0.connections.secured(self.options(), url)
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

    /// Returns the limits of a host, the same for both schemes.
    pub(super) fn limit(&self, url: &Url) -> Arc<Limit> {
        let mut limits = lock(&self.0.limits);
        limits.entry(url.authority().to_owned()).or_insert_with(|| Arc::new(Limit::new(self.options()))).clone()
    }

    /// Returns what transfers keep to.
    pub(super) fn pace(&self, watch: &Watch) -> Option<Pace> {
        let bandwidth = self.options().bandwidth.clone()?;
        Some(Pace { bandwidth, watch: watch.clone() })
    }

    /// Returns a session where the rules say that the repository is.
    fn located(&self, repository: &Repository, watch: &Watch) -> Session {
        let own = || self.session(repository.host(), repository.path(), watch);
        let Some(rule) = Rule::find(&self.options().rules, repository) else {
            return own();
        };
        let refused = |reason| Session { refusal: Some(Refusal { reason, place: rule.place.clone() }), ..own() };
        match rule.locate(repository) {
            _ if rule.blocked => refused("it is blocked"),
            None => refused("its location makes no name"),
            Some(located) => self.session(located.host(), located.path(), watch),
        }
    }

    pub(super) fn session(&self, host: &str, repository: &str, watch: &Watch) -> Session {
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
