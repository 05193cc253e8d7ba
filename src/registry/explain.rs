//! How a registry would be reached, without reaching it: for people who wonder why it is not.

use std::path::PathBuf;

use super::error::Result;
use super::host::candidates;
use super::options::{HUB_AUTHORITY, Identity, Options};
use super::rules::Rule;
use super::tls;
use super::url::{Scheme, Url};
use crate::reference::HUB;

/// A place that a repository, or a whole host, is looked for at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The registry as references name it.
    pub host: String,
    /// The repository there; empty for the whole host.
    pub repository: String,
    /// Whether it is a mirror, which nothing is written to.
    pub is_mirror: bool,
    /// The URLs that are tried, the likelier first.
    pub urls: Vec<String>,
    /// Whether any certificate is taken.
    pub skip_verify: bool,
    /// PEM files with authorities that are trusted beside the system's.
    pub authorities: Vec<PathBuf>,
    /// The client's own certificate.
    pub identity: Option<Identity>,
    /// The proxy on the way, without its login.
    pub proxy: Option<String>,
}

impl Options {
    /// Lists where a repository is looked for, mirrors first; with an empty `repository`, a whole host.
    ///
    /// # Errors
    /// When a folder with certificates cannot be read, or the proxy's address is not valid.
    pub fn routes(&self, host: &str, repository: &str) -> Result<Vec<Route>> {
        let mut options = self.clone();
        options.settle();
        let name = if repository.is_empty() { host.to_owned() } else { format!("{host}/{repository}") };
        let Some(rule) = self.rule(host, repository) else {
            return Ok(vec![options.route(&name, false)?]);
        };
        let mirrors = rule.mirrors.iter().map(|mirror| options.route(&rule.rename(&mirror.location, &name), true));
        let own = if rule.location.is_empty() { name.clone() } else { rule.rename(&rule.location, &name) };
        mirrors.chain([options.route(&own, false)]).collect()
    }

    /// Returns the rule about a repository, or with an empty `repository` about a whole host.
    pub fn rule(&self, host: &str, repository: &str) -> Option<&Rule> {
        let name = if repository.is_empty() { host.to_owned() } else { format!("{host}/{repository}") };
        Rule::find_by_name(&self.rules, &name)
    }

    fn route(&self, name: &str, is_mirror: bool) -> Result<Route> {
        let (host, repository) = name.split_once('/').unwrap_or((name, ""));
        let authority = if host == HUB { HUB_AUTHORITY } else { host }.to_ascii_lowercase();
        let files = tls::Files::find(self, self.host(&authority), &authority)?;
        let schemes = candidates(&authority, self);
        let proxies = schemes.iter().map(|scheme| tls::proxy(self.proxy.as_ref(), &Url::new(*scheme, &authority, "/")));
        let proxies = proxies.collect::<Result<Vec<_>>>()?;
        let is_tls = schemes.contains(&Scheme::Https);
        Ok(Route {
            host: host.into(),
            repository: repository.into(),
            is_mirror,
            urls: schemes.iter().map(|scheme| Url::new(*scheme, &authority, "/").to_string()).collect(),
            skip_verify: is_tls && self.host(&authority).skip_verify,
            authorities: files.authorities,
            identity: files.identity,
            proxy: proxies.into_iter().flatten().next().map(|proxy| format!("{}:{}", proxy.host(), proxy.port())),
        })
    }
}
