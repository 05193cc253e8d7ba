//! What can go wrong with a draft.

use std::io;
use std::path::PathBuf;

use crate::class::{Class, Classified, Diagnosis};
use crate::config;
use crate::digest::Digest;
use crate::filesystem::escape;
use crate::manifest::ParseError;
use crate::media_type::Compression;

/// A draft's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A draft's error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What should be changed is no image with a filesystem.
    #[error("{digest} is no image that could be changed: it is {what}")]
    NoImage {
        /// The manifest.
        digest: Digest,
        /// What it is, with its article.
        what: &'static str,
    },
    /// The base's config counts other layers than its manifest.
    #[error("the config has {diff_ids} diff_ids for {layers} layers")]
    Count {
        /// The number of diff_ids.
        diff_ids: usize,
        /// The number of layers.
        layers: usize,
    },
    /// The config cannot be edited.
    #[error("cannot edit the config")]
    Config(#[source] serde_json::Error),
    /// A config was to be edited in what follows from the layers.
    #[error("the diff_ids follow from the layers and cannot be edited")]
    Layers,
    /// What came of it is no acceptable config.
    #[error("the new config is not acceptable")]
    NewConfig(#[from] config::ParseError),
    /// The manifest cannot be edited.
    #[error("cannot edit manifest {digest}")]
    Splice {
        /// The manifest.
        digest: Digest,
        /// Why.
        source: serde_json::Error,
    },
    /// What came of it is no acceptable manifest.
    #[error("the new manifest is not acceptable")]
    Manifest(#[from] ParseError),
    /// The compression or its level is not to be had.
    #[error("cannot compress with {compression}")]
    Compress {
        /// What was asked for.
        compression: Compression,
        /// Why.
        source: io::Error,
    },
    /// A temporary file failed.
    #[error("cannot write a temporary file in {}", path.display())]
    Scratch {
        /// The folder it lies in.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A layer's file is no tar, or cannot be decompressed.
    #[error("{} is no layer", path.display())]
    NoLayer {
        /// The file.
        path: PathBuf,
        /// Why: a [`Malformed`](crate::filesystem::Malformed) of a tar or [of a compression](crate::layer::Malformed).
        source: io::Error,
    },
    /// A layer that was made or given cannot be read again.
    #[error("layer {layer} cannot be read")]
    Content {
        /// The layer.
        layer: Digest,
        /// Why.
        source: io::Error,
    },
    /// A layer for Windows has two places for files, and this is in neither.
    #[error("{} is neither in Files nor in Hives, and Windows takes nothing else of a layer", escape(path))]
    Windows {
        /// The path in the layer.
        path: Vec<u8>,
    },
    /// A layer's file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Classified for Error {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => Class::NotFound.into(),
            Self::Compress { .. } => Class::Usage.into(),
            Self::Windows { .. } => Class::Usage.hint("put it below /Files"),
            Self::Count { .. } => Class::Verification.into(),
            Self::NoImage { .. }
            | Self::Config(_)
            | Self::Layers
            | Self::NewConfig(_)
            | Self::Splice { .. }
            | Self::Manifest(_)
            | Self::Scratch { .. }
            | Self::Content { .. }
            | Self::NoLayer { .. }
            | Self::Read { .. } => Class::Failed.into(),
        }
    }
}
