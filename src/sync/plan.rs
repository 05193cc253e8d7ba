//! What is to be mirrored: the lines of a file, read.

use std::fmt;
use std::path::PathBuf;

use super::filter::Filter;
use super::series::{Series, SeriesError};
use crate::class::{Class, Classified, Diagnosis};
use crate::copy::Platforms;
use crate::transport::Location;

/// What is to be mirrored, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The lines.
    pub lines: Vec<Line>,
}

/// One line: some images and where they go.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: usize,
    /// Which images.
    pub source: Images,
    /// Where they go.
    pub target: Target,
    /// Which platforms of an index; all of them unless the line says otherwise.
    pub platforms: Platforms,
    /// Whether signatures, attestations and the like go along.
    pub referrers: bool,
    /// How the source is reached.
    pub source_access: Access,
    /// How the destination is reached.
    pub destination_access: Access,
}

/// Which images.
#[derive(Clone, Debug)]
pub enum Images {
    /// This one.
    One(Location),
    /// Those of a repository that a filter takes.
    Every {
        /// The repository.
        series: Series,
        /// The filter.
        filter: Filter,
    },
}

/// Where images go.
#[derive(Clone, Debug)]
pub enum Target {
    /// There, by this name.
    One(Location),
    /// There, each with its tag.
    Every(Series),
}

impl Target {
    /// Returns where the image with a tag goes.
    ///
    /// # Errors
    /// When the place takes no such tag.
    pub fn location(&self, tag: &str) -> Result<Location, SeriesError> {
        match self {
            Self::One(location) => Ok(location.clone()),
            Self::Every(series) => series.location(tag),
        }
    }
}

impl fmt::Display for Images {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(location) => location.fmt(f),
            Self::Every { series, .. } => series.fmt(f),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(location) => location.fmt(f),
            Self::Every(series) => series.fmt(f),
        }
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.prefix {
            Some(prefix) => write!(f, "{}:{prefix}:*", self.place),
            None => write!(f, "{}:*", self.place),
        }
    }
}

/// What a line says about reaching a registry; where it says nothing, what holds for all lines does.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Access {
    /// The only file to look for credentials in.
    pub authfile: Option<PathBuf>,
    /// A name and a password.
    pub login: Option<(String, String)>,
    /// Whether TLS and its certificates are required.
    pub tls_verify: Option<bool>,
    /// A folder with certificates.
    pub cert_dir: Option<PathBuf>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("authfile", &self.authfile)
            .field("user", &self.login.as_ref().map(|(user, _)| user))
            .field("tls_verify", &self.tls_verify)
            .field("cert_dir", &self.cert_dir)
            .finish()
    }
}

/// Text that is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
    /// What to write instead, where that is known.
    pub hint: Option<String>,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason)
    }
}

impl std::error::Error for ParseError {}

impl Classified for ParseError {
    fn diagnosis(&self) -> Diagnosis<'_> {
        Class::Usage.maybe_hint(self.hint.as_deref())
    }
}
