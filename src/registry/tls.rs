//! Connections: which certificates are trusted and shown, which proxy is used, how long to wait.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use std::{fs, io};

use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::{Agent, ProxyProtocol};

use super::certificate::{Certificate, Names};
use super::connector::{Peer, Peers, connector};
use super::error::{Error, Result};
use super::examine::Secured;
use super::options::{Host, Identity, Options, Proxy};
use super::trust::Trust;
use super::url::{Scheme, Url, is_loopback};
use crate::locks::lock;

/// What all connections of a client have in common; the system's authorities are read once, and not before the first https connection.
pub(super) struct Connections {
    provider: Arc<CryptoProvider>,
    system: OnceLock<Vec<CertificateDer<'static>>>,
    peers: Peers,
}

impl Connections {
    pub(super) fn new() -> Self {
        Self { provider: Arc::new(ring::default_provider()), system: OnceLock::new(), peers: Peers::default() }
    }

    /// Makes the agent for one origin. It follows no redirects, takes no status for an error, and inflates nothing.
    pub(super) fn agent(&self, options: &Options, url: &Url) -> Result<Agent> {
        let proxy = proxy(options.proxy.as_ref(), url)?;
        let is_secure_proxy = proxy.as_ref().is_some_and(|proxy| proxy.protocol() == ProxyProtocol::Https);
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(options.user_agent.as_str())
            // Content is hashed as it is stored; an encoding on the way would break every digest.
            .accept_encoding("identity")
            .accept("")
            .timeout_connect(Some(options.connect_timeout))
            .timeout_per_read(Some(options.read_timeout))
            .timeout_per_write(Some(options.read_timeout))
            .max_idle_connections(options.jobs)
            .max_idle_connections_per_host(options.jobs)
            .max_idle_age(Duration::from_secs(15))
            .proxy(proxy)
            .build();
        let is_secure = url.scheme == Scheme::Https || is_secure_proxy;
        let tls = if is_secure { Some(self.tls(options, url.authority())?) } else { None };
        Ok(Agent::with_parts(config, connector(tls, self.peers.clone()), DefaultResolver::default()))
    }

    fn tls(&self, options: &Options, authority: &str) -> Result<Arc<ClientConfig>> {
        let host = options.host(authority);
        let files = Files::find(options, host, authority)?;
        let verifier = if host.skip_verify {
            Trust::blind(&self.provider)
        } else {
            let mut named = self.system().to_vec();
            for path in &files.authorities {
                named.extend(certificates(path)?);
            }
            Trust::new(named, &self.provider)
        };
        let builder = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .expect("ring speaks the default versions")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let Some(Identity { certificate, key }) = &files.identity else {
            return Ok(Arc::new(builder.with_no_client_auth()));
        };
        let private = PrivateKeyDer::from_pem_slice(&read(key)?)
            .map_err(|_| unusable(key, "it holds no private key in PEM form"))?;
        let config = builder.with_client_auth_cert(certificates(certificate)?, private);
        config.map(Arc::new).map_err(|error| unusable(certificate, &error.to_string()))
    }

    /// Says how the connections to an origin are secured, and by whom the server is trusted: the authority that its certificate, or one
    /// that came along, names as its issuer.
    pub(super) fn secured(&self, options: &Options, url: &Url) -> Result<Option<Secured>> {
        let Some(Peer { protocol, chain }) = lock(&self.peers).get(url.authority()).cloned() else {
            return Ok(None);
        };
        let host = options.host(url.authority());
        let trusted_by = if host.skip_verify { None } else { self.anchor(options, url.authority(), &chain)? };
        let certificate = chain.first().and_then(|first| Certificate::read(first));
        Ok(Some(Secured { protocol, certificate, trusted_by }))
    }

    fn anchor(
        &self,
        options: &Options,
        authority: &str,
        chain: &[CertificateDer<'_>],
    ) -> Result<Option<(String, Option<PathBuf>)>> {
        let issuers: Vec<&[u8]> = chain.iter().filter_map(|each| Some(Names::read(each)?.issuer)).collect();
        let is_it = |anchor: &CertificateDer<'_>| {
            chain.first() == Some(anchor) || Names::read(anchor).is_some_and(|names| issuers.contains(&names.subject))
        };
        let name = |anchor: &CertificateDer<'_>| Certificate::read(anchor).unwrap_or_default().subject;
        for path in Files::find(options, options.host(authority), authority)?.authorities {
            if let Some(anchor) = certificates(&path)?.iter().find(|anchor| is_it(anchor)) {
                return Ok(Some((name(anchor), Some(path))));
            }
        }
        Ok(self.system().iter().find(|anchor| is_it(anchor)).map(|anchor| (name(anchor), None)))
    }

    fn system(&self) -> &[CertificateDer<'static>] {
        // A system without readable authorities is no error before a certificate needs one; the handshake then says so.
        self.system.get_or_init(|| rustls_native_certs::load_native_certs().certs)
    }
}

/// The files that apply to a host.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Files {
    pub(super) authorities: Vec<PathBuf>,
    pub(super) identity: Option<Identity>,
}

impl Files {
    pub(super) fn find(options: &Options, host: &Host, authority: &str) -> Result<Self> {
        let mut files = Self { authorities: host.authorities.clone(), identity: host.identity.clone() };
        for folder in host.cert_dirs.iter().chain(&options.certs_dir(authority)) {
            files.add(folder)?;
        }
        Ok(files)
    }

    /// Adds `*.crt` as authorities and the first `*.cert` with its `*.key` as the client's own, in the order of their names.
    fn add(&mut self, folder: &Path) -> Result<()> {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut paths: Vec<_> =
            entries.map_err(|error| unusable(folder, &error.to_string()))?.iter().map(fs::DirEntry::path).collect();
        paths.sort();
        for path in paths {
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("crt") => self.authorities.push(path),
                Some("cert") if self.identity.is_none() => {
                    let key = path.with_extension("key");
                    if !key.is_file() {
                        return Err(unusable(&path, "its .key file is missing"));
                    }
                    self.identity = Some(Identity { certificate: path, key });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Says whether certificates were given for a host: it is then meant to speak https.
pub(super) fn is_configured(options: &Options, authority: &str) -> bool {
    let host = options.host(authority);
    let given = !host.authorities.is_empty() || host.identity.is_some() || !host.cert_dirs.is_empty();
    given || options.certs_dir(authority).is_some()
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let pem = read(path)?;
    let all: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| unusable(path, &error.to_string()))?;
    if all.is_empty() {
        return Err(unusable(path, "it holds no certificate in PEM form"));
    }
    Ok(all)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| unusable(path, &error.to_string()))
}

fn unusable(path: &Path, reason: &str) -> Error {
    Error::Certificate { path: path.into(), reason: reason.into() }
}

pub(super) fn proxy(proxy: Option<&Proxy>, url: &Url) -> Result<Option<ureq::Proxy>> {
    let Some(proxy) = proxy else {
        return Ok(None);
    };
    let address = match url.scheme {
        Scheme::Http => &proxy.http,
        Scheme::Https => &proxy.https,
    };
    match address {
        Some(address) if !is_excepted(proxy, url.authority()) => {
            ureq::Proxy::new(address).map(Some).map_err(|_| Error::Proxy)
        }
        _ => Ok(None),
    }
}

/// `NO_PROXY` as Go and curl read it: a name stands for its subdomains too, and this machine is never asked for elsewhere.
fn is_excepted(proxy: &Proxy, authority: &str) -> bool {
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    is_loopback(authority)
        || proxy.except.iter().any(|entry| {
            let entry = entry.trim().to_ascii_lowercase();
            match entry.trim_start_matches("*.").trim_start_matches('.') {
                "" => false,
                "*" => true,
                entry if entry == authority || entry == host => true,
                entry => host.strip_suffix(entry).is_some_and(|rest| rest.ends_with('.')),
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_and_exceptions() {
        let proxy =
            |except: &[&str]| Proxy { except: except.iter().map(|&each| each.into()).collect(), ..Proxy::default() };
        for (except, authority, wanted) in [
            (&["*"][..], "r.example", true),
            (&["example.com"], "example.com", true),
            (&["example.com"], "r.example.com:5000", true),
            (&[".example.com"], "r.example.com", true),
            (&["*.example.com"], "r.example.com", true),
            (&["example.com"], "badexample.com", false),
            (&["10.0.0.1"], "10.0.0.1:5000", true),
            (&["r:5000"], "r:5000", true),
            (&[""], "r.example", false),
            (&[], "127.0.0.1:5000", true),
            (&[], "r.example", false),
        ] {
            assert_eq!(is_excepted(&proxy(except), authority), wanted, "{except:?} {authority}");
        }
    }

    #[test]
    fn folders() {
        let folder = tempfile::tempdir().expect("folder");
        let host = folder.path().join("r.example:5000");
        fs::create_dir(&host).expect("folder");
        for name in ["b.crt", "a.crt", "x.cert", "x.key", "README"] {
            fs::write(host.join(name), "").expect("file");
        }
        let options =
            Options { certs_dirs: vec![folder.path().join("none"), folder.path().into()], ..Options::default() };
        let files = Files::find(&options, &Host::default(), "r.example:5000").expect("files");
        assert_eq!(files.authorities, [host.join("a.crt"), host.join("b.crt")]);
        assert_eq!(files.identity, Some(Identity { certificate: host.join("x.cert"), key: host.join("x.key") }));
        assert_eq!(Files::find(&options, &Host::default(), "r.example").expect("none"), Files::default());
        fs::remove_file(host.join("x.key")).expect("removed");
        assert!(Files::find(&options, &Host::default(), "r.example:5000").is_err());
        let error = certificates(&host.join("a.crt")).expect_err("empty");
        assert!(error.to_string().ends_with("a.crt: it holds no certificate in PEM form"), "{error}");
    }
}
