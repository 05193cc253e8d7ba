//! What can go wrong while changing an image.

use crate::class::{Class, Classified, Diagnosis};
use crate::digest::Digest;
use crate::manifest::ParseError;
use crate::{draft, filesystem, image, transport};

/// A change's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A change's error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A place failed.
    #[error(transparent)]
    Place(#[from] transport::Error),
    /// An image cannot be found or read.
    #[error(transparent)]
    Image(#[from] image::Error),
    /// An image cannot be made.
    #[error(transparent)]
    Draft(#[from] draft::Error),
    /// A layer cannot be read or written.
    #[error(transparent)]
    Layer(#[from] filesystem::Error),
    /// What came of it is no acceptable manifest.
    #[error("the new manifest is not acceptable")]
    Manifest(#[from] ParseError),
    /// The index cannot be edited.
    #[error("cannot edit index {digest}")]
    Splice {
        /// The index.
        digest: Digest,
        /// Why.
        source: serde_json::Error,
    },
    /// Something that only an index has was to be changed.
    #[error("{digest} is no index")]
    NoIndex {
        /// The manifest.
        digest: Digest,
    },
    /// The index has no such entry.
    #[error("the index has no entry {wanted}")]
    NoEntry {
        /// A digest or a platform.
        wanted: String,
    },
    /// Several images were to become one platform's.
    #[error("{count} images cannot all be for {platform}")]
    OnePlatform {
        /// How many.
        count: usize,
        /// The platform.
        platform: String,
    },
    /// The image has fewer layers.
    #[error("{digest} has {count} layers, and layer {wanted} was asked for")]
    NoSuchLayer {
        /// The image.
        digest: Digest,
        /// How many it has.
        count: usize,
        /// What was asked for.
        wanted: usize,
    },
    /// More layers were to become one than there are.
    #[error("{digest} has {count} layers, and {wanted} were to become one")]
    TooFewLayers {
        /// The image.
        digest: Digest,
        /// How many it has.
        count: usize,
        /// How many were asked for.
        wanted: usize,
    },
    /// The image does not stand upon the other.
    #[error("{digest} does not start with the layers of {old}: layer {layer} differs")]
    NotUpon {
        /// The image.
        digest: Digest,
        /// The image that it should stand upon.
        old: Digest,
        /// The first layer that differs or is missing.
        layer: usize,
    },
    /// The image does not say which image it stands upon.
    #[error("the image does not say what it stands upon")]
    NoBase,
    /// The image says that it stands upon something that is no image.
    #[error("the image says that it stands upon {name}, which is no image's name")]
    BaseName {
        /// What it says.
        name: String,
    },
    /// Docker's format has no zstd layers.
    #[error("{digest} has Docker's media types, which have none for zstd layers")]
    NoZstd {
        /// The image.
        digest: Digest,
    },
    /// A hard link leads to a file that was to be removed.
    #[error("{} is a hard link to {}, which would be removed", filesystem::escape(link), filesystem::escape(target))]
    Stripped {
        /// The path of the link.
        link: Vec<u8>,
        /// The path of the file.
        target: Vec<u8>,
    },
}

impl Classified for Error {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Place(error) => error.diagnosis(),
            Self::Image(error) => error.diagnosis(),
            Self::Draft(error) => error.diagnosis(),
            Self::Layer(error) => error.diagnosis(),
            Self::NoEntry { .. } => Class::NotFound.into(),
            Self::NoIndex { .. } | Self::NoSuchLayer { .. } | Self::TooFewLayers { .. } => Class::Usage.into(),
            Self::NoBase | Self::BaseName { .. } => Class::Usage.hint("name it: --rebase OLD NEW"),
            Self::OnePlatform { .. } => Class::Usage.hint("name one of them with --platform"),
            Self::NoZstd { .. } => {
                Class::Failed.hint("copy it with --format oci first, or recompress with --compress gzip")
            }
            Self::Stripped { .. } => Class::Failed.hint("remove both, or flatten the image first"),
            Self::Manifest(_) | Self::Splice { .. } | Self::NotUpon { .. } => Class::Failed.into(),
        }
    }
}
