//! What the client is told: credentials, certificates, times. It reads no environment.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::bandwidth::Bandwidth;
use super::login::{Anonymous, Credentials, Login};
use super::observer::Observer;
use super::rules::Rule;
use crate::reference::HUB;

/// Where Docker Hub's registry is.
pub(super) const HUB_AUTHORITY: &str = "registry-1.docker.io";

/// A client's options.
#[derive(Clone)]
pub struct Options {
    /// Where logins come from.
    pub credentials: Arc<dyn Credentials>,
    /// The login for every registry; `credentials` is then not asked.
    pub login: Option<Login>,
    /// How to connect to hosts without an entry in `hosts`.
    pub host: Host,
    /// How to connect to particular hosts (`name` or `name:port`, as in references).
    pub hosts: BTreeMap<String, Host>,
    /// Folders with a folder per host, in the manner of `/etc/containers/certs.d`: `HOST/*.crt` are authorities, `HOST/*.cert` with
    /// `*.key` the client's own certificate. The first that has the host's folder is used.
    pub certs_dirs: Vec<PathBuf>,
    /// Mirrors, other locations, and what is blocked.
    pub rules: Vec<Rule>,
    /// The proxy to go through.
    pub proxy: Option<Proxy>,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long a connection may be silent.
    pub read_timeout: Duration,
    /// How often a request is sent again after a failure that may pass.
    pub retries: u32,
    /// How many idle connections are kept for each host: as many as there are requests at a time.
    pub jobs: usize,
    /// How many requests to one host wait for their answer at a time, and as many uploads; by default `jobs`.
    pub requests_per_host: Option<usize>,
    /// How many requests a second are sent to one host, over all clones of the client. What one second allows may be sent at once.
    pub requests_per_second: Option<f64>,
    /// How many bytes a second are sent and received, together with all clients that have the same limit.
    pub bandwidth: Option<Arc<Bandwidth>>,
    /// Who hears of every request.
    pub observer: Option<Arc<dyn Observer>>,
    /// What the client calls itself.
    pub user_agent: String,
}

/// How to connect to a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// Whether plain http is spoken.
    pub plain_http: PlainHttp,
    /// Whether any certificate is taken, valid or not.
    pub skip_verify: bool,
    /// PEM files with authorities to trust beside the system's.
    pub authorities: Vec<PathBuf>,
    /// The client's own certificate.
    pub identity: Option<Identity>,
    /// Folders with certificates, each like one host's folder in [`Options::certs_dirs`].
    pub cert_dirs: Vec<PathBuf>,
}

/// A client's certificate and its key, in PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, followed by those that lead to an authority.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// When plain http is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// With this machine only, by a loopback name or address; https if that is what answers there.
    #[default]
    Loopback,
    /// Never, not even with this machine.
    Never,
    /// Where https does not work.
    Allowed,
    /// Always.
    Always,
}

/// A proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxy {
    /// For `http` URLs: `http://[user:password@]host:port`, also `socks5://…`.
    pub http: Option<String>,
    /// For `https` URLs.
    pub https: Option<String>,
    /// Hosts that are reached without: names with their subdomains, addresses, `*`.
    pub except: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            credentials: Arc::new(Anonymous),
            login: None,
            host: Host::default(),
            hosts: BTreeMap::new(),
            certs_dirs: Vec::new(),
            rules: Vec::new(),
            proxy: None,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            retries: 4,
            jobs: 6,
            requests_per_host: None,
            requests_per_second: None,
            bandwidth: None,
            observer: None,
            user_agent: concat!("stevedore/", env!("CARGO_PKG_VERSION")).into(),
        }
    }
}

impl Options {
    /// Adds hosts that the rules say are insecure, unless there is an entry for them.
    pub(super) fn settle(&mut self) {
        for host in self.rules.iter().flat_map(Rule::insecure_hosts) {
            let insecure = Host { plain_http: PlainHttp::Allowed, skip_verify: true, ..self.host.clone() };
            self.hosts.entry(host.to_owned()).or_insert(insecure);
        }
    }

    /// Returns how to connect to a host.
    pub(super) fn host(&self, authority: &str) -> &Host {
        names(authority).find_map(|name| self.hosts.get(name)).unwrap_or(&self.host)
    }

    /// Returns the folder with a host's certificates.
    pub(super) fn certs_dir(&self, authority: &str) -> Option<PathBuf> {
        let folders = names(authority).flat_map(|name| self.certs_dirs.iter().map(move |folder| folder.join(name)));
        folders.into_iter().find(|folder| folder.is_dir())
    }
}

/// Docker Hub is not where its name says, and both names mean it.
fn names(authority: &str) -> impl Iterator<Item = &str> {
    [authority].into_iter().chain((authority == HUB_AUTHORITY).then_some(HUB))
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("credentials", &self.credentials.places())
            .field("login", &self.login)
            .field("host", &self.host)
            .field("hosts", &self.hosts)
            .field("certs_dirs", &self.certs_dirs)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}
