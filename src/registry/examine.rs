//! What a registry is like: how it is reached, how it wants to be asked, what it can do. Nothing is written, but by the test of writing.

use std::net::ToSocketAddrs;

use serde_json::Value;
use ureq::http::header::{ACCEPT, RANGE};

use super::answers::is_page;
use super::asks::Asks;
use super::certificate::Certificate;
use super::client::Client;
use super::error::{Error, Result};
use super::lists::MAX_PAGE;
use super::message::clean;
use super::remote::Remote;
use super::retry::reason;
use super::scope::Scope;
use super::session::Session;
use super::tls::proxy;
use super::wire::{Request, Response};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::reference::{Repository, Tag};
use crate::watch::Watch;

/// What is known of a registry once it has been asked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Examination {
    /// The registry as references name it.
    pub host: String,
    /// The repository that was looked at; empty for none.
    pub repository: String,
    /// The URL of its API.
    pub url: String,
    /// The addresses of its host; none where a proxy looks them up.
    pub addresses: Vec<String>,
    /// The proxy on the way, without its login.
    pub proxy: Option<String>,
    /// How the connection is secured.
    pub tls: Option<Secured>,
    /// What it calls its API: `registry/2.0`.
    pub api_version: Option<String>,
    /// What it calls itself.
    pub server: Option<String>,
    /// How it wants to be asked; nothing when anybody may.
    pub asks: Option<Asks>,
    /// The name that was logged in with.
    pub username: Option<String>,
    /// Where the login is from; nothing without one.
    pub login_from: Option<String>,
    /// What it says of limits to pulls: fields of a head.
    pub limits: Vec<(String, String)>,
    /// What it can do.
    pub findings: Vec<Finding>,
    /// What the test of writing could not remove.
    pub left: Vec<String>,
}

/// How a connection is secured.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Secured {
    /// The version of TLS.
    pub protocol: String,
    /// The server's certificate, as far as it can be read.
    pub certificate: Option<Certificate>,
    /// Whose certificate made it trusted, and the file that it is in.
    pub trusted_by: Option<(String, Option<std::path::PathBuf>)>,
}

/// Whether a registry can do something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What.
    pub ability: Ability,
    /// Whether it can.
    pub verdict: Verdict,
    /// Why not, or why that is not known.
    pub detail: String,
}

/// Something that registries can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ability {
    /// List its repositories.
    Catalog,
    /// List tags by pages.
    TagPages,
    /// List what refers to a manifest.
    Referrers,
    /// Send a part of a blob.
    Ranges,
    /// Take a blob.
    Upload,
    /// Take a blob in pieces.
    ChunkedUpload,
    /// Take a blob from a repository of its own.
    Mount,
    /// Take a manifest.
    Push,
    /// Delete a tag.
    DeleteTag,
    /// Delete a manifest.
    DeleteManifest,
    /// Delete a blob.
    DeleteBlob,
}

/// Whether it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It can.
    Yes,
    /// It cannot, or not for this login.
    No,
    /// It is not known: nobody has tried, or no attempt came to an answer.
    NotTested,
}

impl Ability {
    /// What only writing shows, in the order in which it is tried.
    pub const WRITING: [Self; 7] = [
        Self::Upload,
        Self::ChunkedUpload,
        Self::Mount,
        Self::Push,
        Self::DeleteTag,
        Self::DeleteManifest,
        Self::DeleteBlob,
    ];
}

impl Finding {
    pub(super) fn new(ability: Ability, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { ability, verdict, detail: detail.into() }
    }

    /// Makes one of how a request ended that only works where it can.
    pub(super) fn of<T>(ability: Ability, result: Result<T>) -> Result<Self> {
        match result {
            Ok(_) => Ok(Self::new(ability, Verdict::Yes, "")),
            Err(error @ Error::Cancelled(_)) => Err(error),
            // A failure that may pass says nothing of what it can do.
            Err(error) if error.is_transient() => Ok(Self::new(ability, Verdict::NotTested, reason(&error))),
            Err(error) => Ok(Self::new(ability, Verdict::No, reason(&error))),
        }
    }
}

impl Client {
    /// Asks a registry what it is like, and what it can do with a repository if one is given. Nothing is written. One image of the
    /// repository is looked at, which a registry may count as a pull.
    ///
    /// # Errors
    /// When no registry answers, or it does not take the login.
    pub fn examine(&self, host: &str, repository: Option<&Repository>, watch: &Watch) -> Result<Examination> {
        match repository {
            Some(repository) => {
                let remote = self.pull(repository, watch);
                examine(&remote.session, Some(&remote))
            }
            None => examine(&self.about(host, watch), None),
        }
    }
}

fn examine(session: &Session, remote: Option<&Remote>) -> Result<Examination> {
    let scopes = remote.map(|remote| remote.scopes.clone()).unwrap_or_default();
    let response = session.send(Request::new("GET", session.registry.url("/v2/")), &scopes)?;
    // Strangers may be allowed to read all the same.
    let may_read = matches!(response.status, 401 | 403) && remote.is_some() && session.found().is_none();
    if response.status != 200 && !may_read {
        return Err(session.error(response));
    }
    if response.header("content-type").is_some_and(is_page) {
        return Err(response.senseless("it is a web page: no registry answers there"));
    }
    let mut examination = session.reached(&response)?;
    response.discard();
    examination.findings.push(session.catalog()?);
    match remote {
        Some(remote) => remote.looked_at(&mut examination)?,
        None => {
            let unknown = |ability| Finding::new(ability, Verdict::NotTested, "name a repository");
            examination.findings.extend([Ability::TagPages, Ability::Referrers, Ability::Ranges].map(unknown));
        }
    }
    // Known only now: what was asked for may need a login where the API as such does not.
    examination.asks = session.asks();
    let found = examination.asks.is_some().then(|| session.found()).flatten();
    examination.username = found.as_ref().and_then(|found| found.login.username().map(str::to_owned));
    examination.login_from = found.map(|found| found.from.unwrap_or_else(|| "a place without a name".to_owned()));
    Ok(examination)
}

impl Session {
    /// Says how the registry was reached.
    fn reached(&self, response: &Response) -> Result<Examination> {
        let (options, url) = (self.client.options(), &response.url);
        let proxy = proxy(options.proxy.as_ref(), url)?.map(|proxy| format!("{}:{}", proxy.host(), proxy.port()));
        let addresses = if proxy.is_none() { addresses(&url.socket()) } else { Vec::new() };
        let field = |name| response.header(name).and_then(clean);
        Ok(Examination {
            host: self.registry.host.clone(),
            repository: self.repository.clone(),
            url: self.registry.url("/v2/").to_string(),
            addresses,
            proxy,
            tls: self.client.secured(url)?,
            api_version: field("docker-distribution-api-version"),
            server: field("server"),
            asks: None,
            username: None,
            login_from: None,
            limits: limits(response),
            findings: Vec::new(),
            left: Vec::new(),
        })
    }

    fn catalog(&self) -> Result<Finding> {
        let needed = Scope::parse_all("registry:catalog:*");
        let request = Request::new("GET", self.registry.url("/v2/_catalog?n=1"));
        let listed = self.expect(request, &needed, &[200]).and_then(|response| {
            if response.header("content-type").is_some_and(is_page) {
                return Err(response.senseless("it is a web page"));
            }
            response.discard();
            Ok(())
        });
        Finding::of(Ability::Catalog, listed)
    }
}

impl Remote {
    /// Says what the registry can do with this repository, without writing to it.
    fn looked_at(&self, examination: &mut Examination) -> Result<()> {
        let (pages, tag) = self.tag_pages()?;
        examination.findings.push(pages);
        let blob = match &tag {
            Some(tag) => {
                let head = Request::new("HEAD", self.manifest_url(tag)).header(ACCEPT, "*/*");
                let response = self.session.send(head, &self.scopes)?;
                examination.limits.extend(limits(&response));
                examination.limits.dedup();
                response.discard();
                self.some_blob(tag)?
            }
            None => None,
        };
        let subject = Digest::of(b"");
        let referrers = match self.referrers(&subject) {
            Ok(None) => Finding::new(Ability::Referrers, Verdict::No, "it has no such list"),
            other => Finding::of(Ability::Referrers, other)?,
        };
        examination.findings.push(referrers);
        examination.findings.push(match blob {
            Some(blob) => self.ranges(&blob)?,
            None => Finding::new(Ability::Ranges, Verdict::NotTested, "there is no image to read"),
        });
        Ok(())
    }

    /// Says whether tags come by pages, and names one of them.
    fn tag_pages(&self) -> Result<(Finding, Option<String>)> {
        let request = Request::new("GET", self.url("tags/list?n=1"));
        let listed = self.session.expect(request, &self.scopes, &[200]).and_then(|response| response.read(MAX_PAGE));
        let (response, content) = match listed {
            Ok(listed) => listed,
            Err(error) if error.is_not_found() => {
                let none = Finding::new(Ability::TagPages, Verdict::NotTested, "the repository has no tags");
                return Ok((none, None));
            }
            Err(error) => return Ok((Finding::of::<()>(Ability::TagPages, Err(error))?, None)),
        };
        let list: Value = serde_json::from_slice(&content).unwrap_or_default();
        let tags: Vec<&str> = list["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let tag = tags.first().filter(|tag| tag.parse::<Tag>().is_ok()).map(|tag| (*tag).to_owned());
        let finding = match tags.len() {
            _ if response.header("link").is_some() => Finding::new(Ability::TagPages, Verdict::Yes, ""),
            0 | 1 => Finding::new(Ability::TagPages, Verdict::NotTested, "the repository has less than two tags"),
            all => Finding::new(Ability::TagPages, Verdict::No, format!("all {all} come at once")),
        };
        Ok((finding, tag))
    }

    /// Finds a blob of an image; nothing where there is none that can be read.
    fn some_blob(&self, tag: &str) -> Result<Option<Descriptor>> {
        let read = || {
            let manifest = self.manifest(tag, None)?;
            match manifest.children().first() {
                Some(child) => self.manifest(&child.digest.to_string(), Some(child)),
                None => Ok(manifest),
            }
        };
        match read() {
            Ok(manifest) => Ok(manifest.blobs().into_iter().find(|blob| blob.size > 0).cloned()),
            Err(error @ Error::Cancelled(_)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    fn ranges(&self, blob: &Descriptor) -> Result<Finding> {
        let request = Request::new("GET", self.blob_url(&blob.digest)).header(RANGE, "bytes=0-0");
        let sent = self.session.expect(request, &self.scopes, &[200, 206]);
        let is_whole = sent.as_ref().is_ok_and(|response| response.status == 200);
        if is_whole && blob.size > 1 {
            return Ok(Finding::new(Ability::Ranges, Verdict::No, "the whole blob comes"));
        }
        Finding::of(Ability::Ranges, sent.map(Response::discard))
    }
}

/// Looks the host up once more: which of them was connected to, the connection does not tell.
fn addresses(socket: &str) -> Vec<String> {
    let found = socket.to_socket_addrs().into_iter().flatten();
    found.map(|address| address.ip().to_string()).collect()
}

fn limits(response: &Response) -> Vec<(String, String)> {
    let is_limit = |name: &str| name.contains("ratelimit");
    let fields = response.headers.iter().filter(|(name, _)| is_limit(name.as_str()));
    fields.filter_map(|(name, value)| Some((name.to_string(), clean(value.to_str().ok()?)?))).collect()
}
