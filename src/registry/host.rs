//! What is known of one registry: where it is, whether it speaks https, how it wants to be asked, and what for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use super::login::Found;
use super::options::{HUB_AUTHORITY, Options, PlainHttp};
use super::referrers::Referrers;
use super::scope::Scope;
use super::tls;
use super::token::Tokens;
use super::url::{Scheme, Url, is_loopback};
use crate::locks::lock;
use crate::reference::HUB;

/// A registry, shared by everyone who talks to it.
pub(super) struct Registry {
    /// The host as references name it.
    pub(super) host: String,
    /// The host and port that are connected to.
    pub(super) authority: String,
    candidates: &'static [Scheme],
    scheme: OnceLock<Scheme>,
    announced: Mutex<Announced>,
    pub(super) tokens: Mutex<Tokens>,
    /// Whether `/v2/` was asked for the method.
    pub(super) probed: Mutex<bool>,
    pub(super) logins: Mutex<HashMap<String, Option<Found>>>,
    pub(super) referrers: Referrers,
}

#[derive(Default)]
struct Announced {
    next: u64,
    scopes: Vec<(u64, Scope)>,
}

impl Registry {
    pub(super) fn new(host: &str, options: &Options) -> Self {
        let authority = if host == HUB { HUB_AUTHORITY } else { host }.to_ascii_lowercase();
        let candidates = candidates(&authority, options);
        let scheme = OnceLock::new();
        if let [only] = candidates {
            scheme.set(*only).expect("nobody else has it yet");
        }
        Self {
            host: host.into(),
            authority,
            candidates,
            scheme,
            announced: Mutex::default(),
            tokens: Mutex::default(),
            probed: Mutex::default(),
            logins: Mutex::default(),
            referrers: Referrers::default(),
        }
    }

    /// Returns the scheme, once a request has shown which it is.
    pub(super) fn scheme(&self) -> Option<Scheme> {
        self.scheme.get().copied()
    }

    /// Returns the schemes to try, the likelier first.
    pub(super) fn candidates(&self) -> &'static [Scheme] {
        self.candidates
    }

    /// Keeps what a request has shown.
    pub(super) fn settle(&self, scheme: Scheme) {
        // Another thread may have found out first; the first word stands for all.
        let _ = self.scheme.set(scheme);
    }

    /// Makes the URL of a path.
    pub(super) fn url(&self, target: &str) -> Url {
        Url::new(self.scheme().unwrap_or(self.candidates[0]), &self.authority, target)
    }

    /// Says whether a URL is at this registry, with whatever scheme.
    pub(super) fn owns(&self, url: &Url) -> bool {
        let own = self.url("/");
        url.at(own.scheme).is_same_origin(&own)
    }

    /// Returns everything that is to be done here by anyone.
    pub(super) fn announced(&self) -> Vec<Scope> {
        lock(&self.announced).scopes.iter().map(|(_, scope)| scope.clone()).collect()
    }

    /// Makes known what is to be done here, so that one token allows all of it.
    pub(super) fn announce(self: &Arc<Self>, scope: Scope) -> Announcement {
        let mut announced = lock(&self.announced);
        let id = announced.next;
        announced.next += 1;
        announced.scopes.push((id, scope));
        Announcement { registry: self.clone(), id }
    }
}

/// Something that is to be done at a registry, until dropped.
pub(super) struct Announcement {
    registry: Arc<Registry>,
    id: u64,
}

impl Drop for Announcement {
    fn drop(&mut self) {
        lock(&self.registry.announced).scopes.retain(|(id, _)| *id != self.id);
    }
}

/// Plain http is for this machine and for whom it was allowed; certificates given for a host say that it speaks https.
pub(super) fn candidates(authority: &str, options: &Options) -> &'static [Scheme] {
    let plain_first = is_loopback(authority) && !tls::is_configured(options, authority);
    match options.host(authority).plain_http {
        PlainHttp::Always => &[Scheme::Http],
        PlainHttp::Never => &[Scheme::Https],
        _ if plain_first => &[Scheme::Http, Scheme::Https],
        PlainHttp::Allowed => &[Scheme::Https, Scheme::Http],
        PlainHttp::Loopback => &[Scheme::Https],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::options::Host;
    use crate::registry::scope::Access;

    #[test]
    fn schemes() {
        use Scheme::{Http, Https};
        let with = |plain_http| Options { host: Host { plain_http, ..Host::default() }, ..Options::default() };
        let table: &[(&str, PlainHttp, &[Scheme])] = &[
            ("r.example", PlainHttp::Loopback, &[Https]),
            ("r.example", PlainHttp::Allowed, &[Https, Http]),
            ("r.example", PlainHttp::Always, &[Http]),
            ("10.0.0.1:5000", PlainHttp::Loopback, &[Https]),
            ("127.0.0.1:5000", PlainHttp::Never, &[Https]),
            ("localhost", PlainHttp::Never, &[Https]),
            ("[::1]:5000", PlainHttp::Never, &[Https]),
            ("127.0.0.1:5000", PlainHttp::Loopback, &[Http, Https]),
            ("localhost", PlainHttp::Allowed, &[Http, Https]),
        ];
        for (authority, plain_http, wanted) in table {
            assert_eq!(candidates(authority, &with(*plain_http)), *wanted, "{authority} {plain_http:?}");
        }
        let host = Host { authorities: vec!["ca.pem".into()], ..Host::default() };
        assert_eq!(candidates("127.0.0.1", &Options { host, ..Options::default() }), [Https]);
        assert_eq!(Registry::new(HUB, &Options::default()).authority, HUB_AUTHORITY);
    }

    #[test]
    fn own_urls() {
        let registry = Registry::new("r.example", &Options::default());
        for (url, wanted) in [
            ("https://r.example/v2/", true),
            ("https://R.example:443/v2/", true),
            ("http://r.example/v2/", true),
            ("https://r.example:5000/v2/", false),
            ("https://cdn.example/v2/", false),
        ] {
            assert_eq!(registry.owns(&Url::parse(url).expect("url")), wanted, "{url}");
        }
    }

    #[test]
    fn announcements_end() {
        let registry = Arc::new(Registry::new("r.example", &Options::default()));
        let pull = registry.announce(Scope::repository("a", Access::Pull));
        let push = registry.announce(Scope::repository("b", Access::Push));
        assert_eq!(registry.announced().len(), 2);
        drop(pull);
        assert_eq!(registry.announced(), [Scope::repository("b", Access::Push)]);
        drop(push);
        assert!(registry.announced().is_empty());
    }
}
