//! What can go wrong with artifacts.

use std::io;
use std::path::PathBuf;

use crate::class::{Class, Classified, Diagnosis};
use crate::digest::Digest;
use crate::manifest::ParseError;
use crate::watch::Cancelled;
use crate::{build, filesystem, transport};

/// A result about artifacts.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error about artifacts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The place failed.
    #[error(transparent)]
    Place(#[from] transport::Error),
    /// A folder cannot be packed.
    #[error(transparent)]
    Build(#[from] build::Error),
    /// A folder cannot be unpacked.
    #[error(transparent)]
    Filesystem(#[from] filesystem::Error),
    /// A file of this machine cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is to be packed is a pipe, a device or a socket.
    #[error("{} is neither a file nor a folder", path.display())]
    Kind {
        /// The path.
        path: PathBuf,
    },
    /// The name of a file would lead out of the folder, or is none.
    #[error("{title:?} is no name for a file: {reason}")]
    Title {
        /// The name.
        title: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Two files have one name.
    #[error("two files have the name {title:?}")]
    Twice {
        /// The name.
        title: String,
    },
    /// A file would lie in what is a file.
    #[error("{title:?} cannot be in {parent:?}, which is a file")]
    Below {
        /// The name.
        title: String,
        /// The name of the other.
        parent: String,
    },
    /// The artifact has no file of a name that was asked for.
    #[error("there is no file {title:?}; there are: {}", offered.join(", "))]
    NoFile {
        /// The name.
        title: String,
        /// The names that there are.
        offered: Vec<String>,
    },
    /// The artifact has blobs, and none has a name.
    #[error("none of its {blobs} blobs has a name")]
    Nameless {
        /// How many there are.
        blobs: usize,
    },
    /// The manifest is not acceptable.
    #[error("the artifact's manifest cannot be made")]
    Manifest(#[from] ParseError),
    /// A packed folder has an entry that is not unpacked.
    #[error("{member:?} in {title:?} {reason}")]
    Member {
        /// The name of the folder.
        title: String,
        /// The name of the entry.
        member: String,
        /// Why not.
        reason: &'static str,
    },
    /// A packed folder is what its digest says, and cannot be read.
    #[error("{title:?} cannot be unpacked")]
    Malformed {
        /// The name of the folder.
        title: String,
        /// Why.
        source: io::Error,
    },
    /// A packed folder is another one than its annotation says.
    #[error("{title:?} unpacks to {got}, and its annotation says {wanted}")]
    Tar {
        /// The name of the folder.
        title: String,
        /// What the annotation says.
        wanted: String,
        /// What it is.
        got: Digest,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something is there that is not replaced.
    #[error("{} is {what}, and stays", path.display())]
    InTheWay {
        /// Where.
        path: PathBuf,
        /// What, with its article.
        what: &'static str,
    },
    /// More refers to a manifest than is followed.
    #[error("more refers to {digest} than is followed: {limit} manifests")]
    TooMany {
        /// The manifest.
        digest: Digest,
        /// The limit.
        limit: usize,
    },
}

impl From<Cancelled> for Error {
    fn from(cancelled: Cancelled) -> Self {
        Self::Place(transport::Error::Cancelled(cancelled))
    }
}

impl Classified for Error {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Place(error) => error.diagnosis(),
            Self::Build(error) => error.diagnosis(),
            Self::Filesystem(error) => error.diagnosis(),
            Self::NoFile { .. } => Class::NotFound.into(),
            Self::Tar { .. } => Class::Verification.into(),
            Self::Nameless { .. } => {
                Class::Failed.hint("it was not made of files; `stevedore copy` keeps it, `stevedore inspect` shows it")
            }
            Self::InTheWay { what: "there already", .. } => {
                Class::Failed.hint("leave --keep-old-files out to replace it")
            }
            Self::Read { .. }
            | Self::Kind { .. }
            | Self::Title { .. }
            | Self::Twice { .. }
            | Self::Below { .. }
            | Self::Manifest(_)
            | Self::Member { .. }
            | Self::Malformed { .. }
            | Self::Write { .. }
            | Self::InTheWay { .. }
            | Self::TooMany { .. } => Class::Failed.into(),
        }
    }
}
