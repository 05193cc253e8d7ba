//! Logins in the files and helpers of docker, podman and their kin.
//!
//! [`Files`] reads them, first hit wins; [`store`] and [`erase`] change one. Which files there are is said by an [`Environment`],
//! whose values come from the caller: nothing here looks at variables or the home directory.

mod document;
mod environment;
mod error;
mod helper;
mod server;
mod storage;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

pub use environment::Environment;
pub use error::Error;
pub use helper::{HelperError, HelperFault, Helpers};
pub use storage::{Kept, erase, store};

use self::document::{Choice, Document};
use super::login::{Credentials, Found, Login, LookupError};
use crate::store::is_absent;

/// Largest file that is read, in bytes.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// How a file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// docker's `config.json`.
    Docker,
    /// podman's, skopeo's and buildah's `auth.json`: the same members, without markers for what helpers have.
    Podman,
    /// The old `~/.dockercfg`: only the logins.
    Legacy,
}

/// A file that may hold logins, or may not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthFile {
    /// Where it is.
    pub path: PathBuf,
    /// How it is laid out.
    pub dialect: Dialect,
}

/// A place that may hold logins.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(AuthFile),
    /// The text of a docker `config.json`.
    Inline {
        /// What to call it in messages, such as `DOCKER_AUTH_CONFIG`.
        name: String,
        /// The text.
        text: String,
    },
}

/// What a helper answered.
type Answer = Result<Option<Login>, HelperError>;

/// Places that may hold logins, in the order in which they are looked at. What helpers answer is asked for once.
#[derive(Debug, Default)]
pub struct Files {
    sources: Vec<Source>,
    helpers: Helpers,
    answers: Mutex<BTreeMap<(String, String), Answer>>,
}

/// What one place says about a repository.
#[derive(Debug)]
pub struct Finding {
    /// The place: a path, or the name of a variable.
    pub place: String,
    /// What it says.
    pub outcome: Outcome,
}

/// What a place says about a repository.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// There is no such file.
    Missing,
    /// It has no login for it.
    Nothing,
    /// It has one, under this key.
    Entry {
        /// The key in `auths`.
        key: String,
        /// The login.
        login: Login,
    },
    /// Its helper has one.
    Helper {
        /// The helper, without its prefix.
        name: String,
        /// The login.
        login: Login,
    },
    /// It could not tell.
    Failed(Error),
}

impl Files {
    /// Makes a list of places, first hit wins.
    pub fn new(sources: Vec<Source>, helpers: Helpers) -> Self {
        Self { sources, helpers, answers: Mutex::default() }
    }

    /// Returns the places in their order.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Says what each place has for a repository, or for a whole host where `repository` is empty. The first that has a login,
    /// or could not tell, decides; helpers are asked.
    pub fn explain(&self, host: &str, repository: &str) -> Vec<Finding> {
        let finding = |source: &Source| Finding {
            place: source.to_string(),
            outcome: self.consult(source, host, repository).unwrap_or_else(Outcome::Failed),
        };
        self.sources.iter().map(finding).collect()
    }

    /// Finds the login for a repository.
    ///
    /// # Errors
    /// When a place before the first hit is unreadable or broken, or its helper fails.
    pub fn find(&self, host: &str, repository: &str) -> Result<Option<Login>, Error> {
        Ok(self.first(host, repository)?.map(|found| found.login))
    }

    fn first(&self, host: &str, repository: &str) -> Result<Option<Found>, Error> {
        for source in &self.sources {
            let (login, from) = match self.consult(source, host, repository)? {
                Outcome::Entry { login, .. } => (login, source.to_string()),
                Outcome::Helper { name, login } => (login, format!("docker-credential-{name} of {source}")),
                _ => continue,
            };
            return Ok(Some(Found { login, from: Some(from) }));
        }
        Ok(None)
    }

    /// Asks one place: the host's helper, the entries, then the helper for all hosts.
    fn consult(&self, source: &Source, host: &str, repository: &str) -> Result<Outcome, Error> {
        let Some(document) = source.read()? else {
            return Ok(Outcome::Missing);
        };
        let helper = document.helper(host);
        if let Choice::Host(name) = helper
            && let Some(login) = self.ask(name, host)?
        {
            return Ok(Outcome::Helper { name: name.into(), login });
        }
        if let Some((key, login)) = document.entry(host, repository)? {
            return Ok(Outcome::Entry { key, login });
        }
        if let Choice::All(name) = helper
            && let Some(login) = self.ask(name, host)?
        {
            return Ok(Outcome::Helper { name: name.into(), login });
        }
        Ok(Outcome::Nothing)
    }

    /// Asks a helper once. Others wait meanwhile: most likely they want the same answer, and helpers may ask a person.
    fn ask(&self, name: &str, host: &str) -> Answer {
        let mut answers = crate::locks::lock(&self.answers);
        let key = (name.to_owned(), server::server(host).to_owned());
        answers.entry(key).or_insert_with(|| self.helpers.get(name, host)).clone()
    }
}

impl Credentials for Files {
    fn lookup(&self, host: &str, repository: &str) -> Result<Option<Login>, LookupError> {
        Ok(self.find(host, repository)?)
    }

    fn locate(&self, host: &str, repository: &str) -> Result<Option<Found>, LookupError> {
        Ok(self.first(host, repository)?)
    }

    fn places(&self) -> Vec<String> {
        let missing = |source: &Source| matches!(source, Source::File(file) if !file.path.exists());
        let place = |source| if missing(source) { format!("{source} (not there)") } else { source.to_string() };
        self.sources.iter().map(place).collect()
    }
}

impl Source {
    fn read(&self) -> Result<Option<Document>, Error> {
        match self {
            Self::File(file) => match read(&file.path)? {
                Some(text) => Document::parse(&self.to_string(), &text, file.dialect).map(Some),
                None => Ok(None),
            },
            Self::Inline { name, text } => Document::parse(name, text.as_bytes(), Dialect::Docker).map(Some),
        }
    }
}

impl fmt::Display for Source {
    /// Names the place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.path.display()),
            Self::Inline { name, .. } => f.write_str(name),
        }
    }
}

impl fmt::Debug for Source {
    /// Names the place and never the text, which holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => f.debug_tuple("File").field(file).finish(),
            Self::Inline { name, .. } => f.debug_struct("Inline").field("name", name).finish(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Missing => write!(f, "{}: not there", self.place),
            Outcome::Nothing => write!(f, "{}: nothing", self.place),
            Outcome::Entry { key, .. } => write!(f, "{}: the entry {key:?}", self.place),
            Outcome::Helper { name, .. } => write!(f, "{}: docker-credential-{name}", self.place),
            Outcome::Failed(error) => write!(f, "{}: {error}", self.place),
        }
    }
}

/// Reads a file, under the limit. A file that cannot exist, because a part of its path is a file, does not.
fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(Error::io("read", path)(error)),
    };
    let mut text = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut text).map_err(Error::io("read", path))?;
    if text.len() as u64 > MAX_FILE {
        return Err(Error::TooLarge { place: path.display().to_string(), limit: MAX_FILE });
    }
    Ok(Some(text))
}
