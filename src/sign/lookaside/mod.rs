//! Signatures that lie neither in the registry nor in the image's place: in a "lookaside", a tree of files, on this machine or at a web
//! server, that `registries.d` names for registries and repositories.
//!
//! containers-registries.d(5) and "signature access protocols":
//! <https://github.com/containers/image/blob/main/docs/signature-protocols.md>

mod configuration;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::class::{Class, Classified, Diagnosis};
use crate::digest::Digest;
use crate::locks::lock;
use crate::reference::Repository;
use crate::registry::{self, Answer, Client, Question};
use crate::transport::{self, KeptSignature, LazyClient};
use crate::watch::Watch;
use configuration::Configuration;

/// The most signatures of an image that are read.
pub const MAX_SIGNATURES: usize = 128;
/// The largest signature, in bytes.
const MAX_SIZE: u64 = 4 << 20;
/// The most redirects that are followed for one signature.
const MAX_REDIRECTS: usize = 5;

/// Why signatures could not be looked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that says where signatures are is no such file.
    #[error("cannot use the signature storage in {}: {reason}", path.display())]
    Configuration {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Where signatures are is said twice.
    #[error("the signature storage of {name} is in both {} and {}", first.display(), second.display())]
    Twice {
        /// The registry or repository, or the default.
        name: String,
        /// One file.
        first: PathBuf,
        /// The other one.
        second: PathBuf,
    },
    /// Signatures are at a URL that cannot be used.
    #[error("the signature storage {0:?} is no URL with file:, http: or https:")]
    Url(String),
    /// The server failed.
    #[error("cannot read the signature {url}")]
    Server {
        /// The URL.
        url: String,
        /// Why.
        source: Box<registry::Error>,
    },
    /// The server sends to somewhere else, again and again.
    #[error("the signature {0} cannot be read: it is redirected to no place where it is")]
    Redirect(String),
    /// There is no client to ask the server with.
    #[error(transparent)]
    Client(#[from] transport::Error),
    /// There are more signatures than anybody makes.
    #[error("{0} has more than {MAX_SIGNATURES} signatures of the image")]
    TooMany(String),
    /// A file is larger than signatures are.
    #[error("the signature {0} has more than {limit} MiB", limit = MAX_SIZE >> 20)]
    TooLarge(String),
}

impl Classified for Error {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Server { source, .. } => source.diagnosis(),
            Self::Client(error) => error.diagnosis(),
            _ => Class::Failed.into(),
        }
    }
}

/// Where to look for signatures that are neither in the registry nor in the image's place.
#[derive(Clone)]
pub struct Lookaside {
    folder: PathBuf,
    default: PathBuf,
    client: LazyClient,
    configuration: Arc<Mutex<Option<Configuration>>>,
}

impl std::fmt::Debug for Lookaside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lookaside({})", self.folder.display())
    }
}

impl Lookaside {
    /// Looks where the files in the folder `registries.d` say, and where they say nothing in the tree `default`. Nothing is read before an
    /// image needs it.
    pub fn new(registries_d: PathBuf, default: PathBuf, client: LazyClient) -> Self {
        Self { folder: registries_d, default, client, configuration: Arc::default() }
    }

    /// Reads the signatures of an image in a repository, up to the first number that is not there. `scopes` are its names, the most specific
    /// first.
    pub(super) fn signatures(
        &self,
        scopes: &[String],
        repository: &Repository,
        image: &Digest,
        watch: &Watch,
    ) -> Result<Vec<KeptSignature>, Error> {
        let base = self.base(scopes)?;
        let folder = format!("{}@{}={}", repository.path(), image.algorithm(), image.hex());
        let mut found = Vec::new();
        loop {
            watch.check().map_err(transport::Error::from)?;
            let name = format!("{folder}/signature-{}", found.len() + 1);
            let Some(file) = self.read(&base, &name, watch)? else { return Ok(found) };
            if found.len() == MAX_SIGNATURES {
                return Err(Error::TooMany(base.to_string()));
            }
            found.push(file);
        }
    }

    fn base(&self, scopes: &[String]) -> Result<Base, Error> {
        let mut configuration = lock(&self.configuration);
        let configuration = match &*configuration {
            Some(known) => known,
            None => configuration.insert(Configuration::read(&self.folder)?),
        };
        match configuration.find(scopes) {
            Some(url) => Base::parse(url).ok_or_else(|| Error::Url(url.to_owned())),
            None => Ok(Base::Folder(self.default.clone())),
        }
    }

    fn read(&self, base: &Base, name: &str, watch: &Watch) -> Result<Option<KeptSignature>, Error> {
        let (place, content) = match base {
            Base::Folder(folder) => {
                let path = folder.join(name);
                (path.display().to_string(), read_file(&path)?)
            }
            Base::Server(base) => {
                let url = format!("{}/{name}", base.trim_end_matches('/'));
                let content = fetch(&self.client.get()?, &url, watch)?;
                (url, content)
            }
        };
        let Some(content) = content else { return Ok(None) };
        if content.len() as u64 > MAX_SIZE {
            Err(Error::TooLarge(place))
        } else {
            Ok(Some(KeptSignature { place, content }))
        }
    }
}

/// Where a tree of signatures begins.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Base {
    Folder(PathBuf),
    /// The URL, with http: or https:.
    Server(String),
}

impl Base {
    fn parse(url: &str) -> Option<Self> {
        let is_plain = |rest: &str| !rest.contains(['?', '#', '@']) && !rest.contains(char::is_control);
        if let Some(path) = url.strip_prefix("file://") {
            let path = crate::percent::decode(path)?;
            return (path.starts_with('/') && is_plain(&path)).then(|| Self::Folder(path.into()));
        }
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
        (is_plain(rest) && !rest.starts_with('/') && !rest.is_empty()).then(|| Self::Server(url.to_owned()))
    }
}

impl std::fmt::Display for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::Server(url) => f.write_str(url),
        }
    }
}

/// Reads a file; nothing when it is not there.
fn read_file(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let read = || {
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        let mut content = Vec::new();
        File::open(path)?.take(MAX_SIZE + 1).read_to_end(&mut content)?;
        Ok(content)
    };
    match read() {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Read { path: path.to_owned(), source }),
    }
}

/// Fetches a signature; nothing when it is not there. Whoever the server names is asked for it as well: the signature vouches for itself.
fn fetch(client: &Client, url: &str, watch: &Watch) -> Result<Option<Vec<u8>>, Error> {
    const WANTED: [u16; 7] = [200, 301, 302, 303, 307, 308, 404];
    let mut service = client.service(url, watch).ok_or_else(|| Error::Url(url.to_owned()))?;
    for _ in 0..=MAX_REDIRECTS {
        let question =
            Question { method: "GET", path: "", query: &[], authorization: None, body: None, wanted: &WANTED };
        let answer = service.ask(&question);
        match answer.map_err(|source| Error::Server { url: url.to_owned(), source: Box::new(source) })? {
            Answer { status: 200, content, .. } => return Ok(Some(content)),
            Answer { status: 404, .. } => return Ok(None),
            Answer { location, .. } => {
                let next = location.and_then(|location| service.at(&location));
                service = next.ok_or_else(|| Error::Redirect(url.to_owned()))?;
            }
        }
    }
    Err(Error::Redirect(url.to_owned()))
}
