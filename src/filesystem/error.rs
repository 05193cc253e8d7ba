//! What can go wrong while looking inside an image.

use std::io;
use std::path::PathBuf;

use super::escape::escape;
use crate::blob::Fault;
use crate::class::{Class, Classified, Diagnosis};
use crate::digest::Digest;
use crate::transport;

/// A filesystem's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A filesystem's error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The place failed, or a layer is not what its descriptor says.
    #[error(transparent)]
    Place(#[from] transport::Error),
    /// A layer is what its descriptor says, and cannot be decompressed or is no tar.
    #[error("layer {layer} cannot be read")]
    Malformed {
        /// The layer.
        layer: Digest,
        /// Why: [`layer::Malformed`](crate::layer::Malformed), [`Malformed`](super::Malformed), or a feature that this build does not have.
        source: io::Error,
    },
    /// A blob of the image is no filesystem layer.
    #[error("layer {layer} has type {media_type}, which is no filesystem layer")]
    NoLayer {
        /// The blob.
        layer: Digest,
        /// What it says that it is.
        media_type: String,
    },
    /// A layer does not have the uncompressed digest that the config says.
    #[error("layer {layer} has diff_id {got}, and its config says {wanted}")]
    DiffId {
        /// The layer.
        layer: Digest,
        /// What the config says.
        wanted: Digest,
        /// What it is.
        got: Digest,
    },
    /// The config counts other layers than the manifest.
    #[error("the config has {diff_ids} diff_ids for {layers} layers")]
    Count {
        /// The number of diff_ids.
        diff_ids: usize,
        /// The number of layers.
        layers: usize,
    },
    /// A layer has something else where it has had a directory, or the other way round, and a tar read in order would have both.
    #[error(
        "a layer replaces a directory or what lies in it, {}, and a stream cannot take back what it has passed on",
        escape(path)
    )]
    Replaced {
        /// The path.
        path: Vec<u8>,
    },
    /// More would have to be held or computed than the options allow.
    #[error("the image has more {what} than the limit of {limit} allows")]
    Limit {
        /// More of what.
        what: &'static str,
        /// How much is allowed.
        limit: u64,
    },
    /// A layer has a path that no Linux opens.
    #[error("layer {layer} has a path of more than {limit} bytes, which no runtime can unpack")]
    TooLong {
        /// The layer.
        layer: Digest,
        /// How long a path may be.
        limit: usize,
    },
    /// The path is not there.
    #[error("{} is not in the image", escape(path))]
    NotFound {
        /// The path as asked for.
        path: Vec<u8>,
    },
    /// The path is a symbolic link to nothing.
    #[error("{} is a symbolic link to {}, which is not in the image", escape(path), escape(target))]
    Dangling {
        /// The path as asked for.
        path: Vec<u8>,
        /// Where it leads.
        target: Vec<u8>,
    },
    /// The path leads through symbolic links without an end.
    #[error("{} leads through too many symbolic links", escape(path))]
    Loop {
        /// The path as asked for.
        path: Vec<u8>,
    },
    /// The path has no content.
    #[error("{} is {kind}, not a file", escape(path))]
    NoFile {
        /// The path as asked for.
        path: Vec<u8>,
        /// What it is, with its article.
        kind: &'static str,
    },
    /// The content is not what it was when it was looked for.
    #[error("{} changed while it was read", escape(path))]
    Changed {
        /// The path inside the image.
        path: Vec<u8>,
    },
    /// A temporary file failed.
    #[error("cannot write a temporary file in {}", path.display())]
    Scratch {
        /// The folder it lies in.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An entry cannot be written as tar.
    #[error("{} cannot be written: it has {reason}", escape(path))]
    Unwritable {
        /// The path of the entry.
        path: Vec<u8>,
        /// What it has.
        reason: &'static str,
    },
    /// A file's content is longer or shorter than its entry says.
    #[error("{} has {got}{} bytes instead of {wanted}", escape(path), if got > wanted { " or more" } else { "" })]
    Length {
        /// The path of the file.
        path: Vec<u8>,
        /// What the entry says.
        wanted: u64,
        /// How much there was before reading ended.
        got: u64,
    },
    /// A file's content cannot be read.
    #[error("cannot read the content of {}", escape(path))]
    Content {
        /// The path of the file.
        path: Vec<u8>,
        /// Why.
        source: io::Error,
    },
    /// An entry cannot be made on this machine.
    #[error("cannot unpack {}", escape(path))]
    Unpack {
        /// The path inside the image.
        path: Vec<u8>,
        /// Why.
        source: io::Error,
    },
    /// The folder to be unpacked into is not an empty one, or cannot be made.
    #[error("cannot unpack into {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Whoever takes the content failed.
    #[error("cannot write the content")]
    Output(#[source] io::Error),
}

impl Error {
    /// Makes the error for what reading a layer failed with.
    pub(super) fn reading(layer: &Digest, error: io::Error) -> Self {
        match Fault::take(error) {
            Ok(fault) => Self::Place(transport::Error::Content(fault)),
            Err(source) => Self::Malformed { layer: layer.clone(), source },
        }
    }
}

impl Classified for Error {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Place(error) => error.diagnosis(),
            Self::DiffId { .. } | Self::Count { .. } | Self::Changed { .. } => Class::Verification.into(),
            Self::NotFound { .. } => Class::NotFound.into(),
            Self::Replaced { .. } => Class::Failed.hint("write a file with -o FILE, or a folder with -o DIR/"),
            Self::Malformed { .. }
            | Self::NoLayer { .. }
            | Self::Limit { .. }
            | Self::TooLong { .. }
            | Self::Dangling { .. }
            | Self::Loop { .. }
            | Self::NoFile { .. }
            | Self::Scratch { .. }
            | Self::Unwritable { .. }
            | Self::Length { .. }
            | Self::Content { .. }
            | Self::Unpack { .. }
            | Self::Folder { .. }
            | Self::Output(_) => Class::Failed.into(),
        }
    }
}
