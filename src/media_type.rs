//! Media types of manifests, configs and layers, and what follows from them.
//!
//! image-spec, "OCI Image Media Types": <https://github.com/opencontainers/image-spec/blob/main/media-types.md>.
//! Docker's: <https://distribution.github.io/distribution/spec/manifest-v2-2/#media-types>.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A media type, such as `application/vnd.oci.image.manifest.v1+json`; any text can stand here, known or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MediaType(Cow<'static, str>);

/// How a layer is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// A plain tar file.
    None,
    /// gzip (RFC 1952).
    Gzip,
    /// zstd (RFC 8878).
    Zstd,
}

/// The family of media types that an image is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// OCI image-spec.
    Oci,
    /// Docker image manifest version 2, schema 2.
    Docker,
}

macro_rules! known {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        impl MediaType {
            $($(#[$doc])* pub const $name: MediaType = MediaType(Cow::Borrowed($text));)*
        }
    };
}

known! {
    /// An OCI image index.
    OCI_INDEX = "application/vnd.oci.image.index.v1+json";
    /// An OCI image manifest.
    OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    /// An OCI image configuration.
    OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
    /// An OCI artifact manifest: dropped from the specification before 1.1, still found in registries.
    OCI_ARTIFACT = "application/vnd.oci.artifact.manifest.v1+json";
    /// An OCI layer, plain tar.
    OCI_LAYER = "application/vnd.oci.image.layer.v1.tar";
    /// An OCI layer, gzip.
    OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
    /// An OCI layer, zstd.
    OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";
    /// The empty descriptor's type, for manifests without a config.
    OCI_EMPTY = "application/vnd.oci.empty.v1+json";
    /// A Docker manifest list.
    DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
    /// A Docker image manifest, version 2 schema 2.
    DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
    /// A Docker image configuration.
    DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
    /// A Docker layer, gzip.
    DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    /// A Docker layer, plain tar.
    DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar";
    /// A Docker layer, zstd: registered nowhere, written by some tools.
    DOCKER_LAYER_ZSTD = "application/vnd.docker.image.rootfs.diff.tar.zstd";
    /// A Docker layer kept elsewhere, gzip.
    DOCKER_FOREIGN_GZIP = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    /// A Docker layer kept elsewhere, plain tar.
    DOCKER_FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar";
    /// A Docker manifest, version 2 schema 1.
    DOCKER_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+json";
    /// A signed Docker manifest, version 2 schema 1.
    DOCKER_SCHEMA1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    /// Bytes of no declared kind.
    OCTET_STREAM = "application/octet-stream";
}

/// Every type a client can take as a manifest, the preferred first.
pub const MANIFESTS: [MediaType; 7] = [
    MediaType::OCI_INDEX,
    MediaType::OCI_MANIFEST,
    MediaType::DOCKER_LIST,
    MediaType::DOCKER_MANIFEST,
    MediaType::OCI_ARTIFACT,
    MediaType::DOCKER_SCHEMA1_SIGNED,
    MediaType::DOCKER_SCHEMA1,
];

/// OCI layers and Docker's, pairwise: OCI, Docker, compression.
const LAYERS: [(MediaType, MediaType, Compression); 3] = [
    (MediaType::OCI_LAYER, MediaType::DOCKER_LAYER, Compression::None),
    (MediaType::OCI_LAYER_GZIP, MediaType::DOCKER_LAYER_GZIP, Compression::Gzip),
    (MediaType::OCI_LAYER_ZSTD, MediaType::DOCKER_LAYER_ZSTD, Compression::Zstd),
];

impl MediaType {
    /// Makes a media type of a constant, which must be in the usual spelling.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// Makes a media type of any text; parameters (`; charset=…`) and the case of a known type's letters are dropped.
    pub fn new(text: &str) -> Self {
        let bare = text.split(';').next().unwrap_or_default().trim();
        Self(Cow::Owned(bare.to_ascii_lowercase()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Says whether this is an OCI index or a Docker manifest list.
    pub fn is_index(&self) -> bool {
        *self == Self::OCI_INDEX || *self == Self::DOCKER_LIST
    }

    /// Says whether this is an OCI or Docker image manifest (not an index, not schema 1).
    pub fn is_image(&self) -> bool {
        *self == Self::OCI_MANIFEST || *self == Self::DOCKER_MANIFEST
    }

    /// Says whether both are of one kind (an index, an image, an artifact, schema 1), be it in OCI's format or in Docker's.
    pub fn is_kind_of(&self, other: &Self) -> bool {
        let kind = |one: &Self| (one.is_index(), one.is_image(), one.is_schema1());
        kind(self) == kind(other)
    }

    /// Says whether this is a Docker schema 1 manifest, signed or not.
    pub fn is_schema1(&self) -> bool {
        *self == Self::DOCKER_SCHEMA1 || *self == Self::DOCKER_SCHEMA1_SIGNED
    }

    /// Says whether content of this type is a manifest of any kind.
    pub fn is_manifest(&self) -> bool {
        MANIFESTS.contains(self)
    }

    /// Says whether this is the config of a runnable image.
    pub fn is_image_config(&self) -> bool {
        *self == Self::OCI_CONFIG || *self == Self::DOCKER_CONFIG
    }

    /// Says whether a layer of this type must not be pushed to registries ("foreign", "nondistributable").
    pub fn is_nondistributable(&self) -> bool {
        self.0.contains(".foreign.") || self.0.contains(".nondistributable.")
    }

    /// Returns a filesystem layer's compression, or nothing for what is no filesystem layer.
    pub fn layer_compression(&self) -> Option<Compression> {
        let plain = self.0.replace(".nondistributable.", ".").replace(".foreign.", ".");
        LAYERS
            .into_iter()
            .find(|(oci, docker, _)| oci.as_str() == plain || docker.as_str() == plain)
            .map(|(.., compression)| compression)
    }

    /// Returns the layer type of `format` with `compression`; a nondistributable type is made distributable, for its content is at hand.
    pub fn layer(format: Format, compression: Compression) -> Self {
        let (oci, docker, _) =
            LAYERS.into_iter().find(|(.., each)| *each == compression).expect("every compression has its row");
        match format {
            Format::Oci => oci,
            Format::Docker => docker,
        }
    }

    /// Returns the same kind of content in the words of `format`; what has no counterpart there stays as it is.
    pub fn in_format(&self, format: Format) -> Self {
        const PAIRS: [(MediaType, MediaType); 3] = [
            (MediaType::OCI_INDEX, MediaType::DOCKER_LIST),
            (MediaType::OCI_MANIFEST, MediaType::DOCKER_MANIFEST),
            (MediaType::OCI_CONFIG, MediaType::DOCKER_CONFIG),
        ];
        const FOREIGN: [(&str, MediaType); 2] = [
            ("application/vnd.oci.image.layer.nondistributable.v1.tar", MediaType::DOCKER_FOREIGN),
            ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", MediaType::DOCKER_FOREIGN_GZIP),
        ];
        for (oci, docker) in PAIRS {
            if *self == oci || *self == docker {
                return if format == Format::Oci { oci } else { docker };
            }
        }
        for (oci, docker) in FOREIGN {
            if self.as_str() == oci || *self == docker {
                return if format == Format::Oci { Self::new(oci) } else { docker };
            }
        }
        match self.layer_compression() {
            Some(compression) if !self.is_nondistributable() => Self::layer(format, compression),
            _ => self.clone(),
        }
    }

    /// Returns the family, or nothing for types of neither.
    pub fn format(&self) -> Option<Format> {
        if self.0.starts_with("application/vnd.oci.") {
            Some(Format::Oci)
        } else if self.0.starts_with("application/vnd.docker.") {
            Some(Format::Docker)
        } else {
            None
        }
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Compression::None => "none",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Oci => "oci",
            Format::Docker => "docker",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        assert!(MediaType::new("application/vnd.oci.image.index.v1+json; charset=utf-8").is_index());
        assert!(MediaType::DOCKER_MANIFEST.is_image());
        assert!(!MediaType::DOCKER_SCHEMA1.is_image());
        assert!(MediaType::DOCKER_SCHEMA1_SIGNED.is_manifest());
        let foreign = MediaType::new("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip");
        assert!(foreign.is_nondistributable());
        assert_eq!(foreign.layer_compression(), Some(Compression::Gzip));
        assert_eq!(MediaType::DOCKER_FOREIGN_GZIP.layer_compression(), Some(Compression::Gzip));
        assert_eq!(MediaType::OCI_CONFIG.layer_compression(), None);
    }

    #[test]
    fn formats() {
        let both = [
            (MediaType::OCI_INDEX, MediaType::DOCKER_LIST),
            (MediaType::OCI_MANIFEST, MediaType::DOCKER_MANIFEST),
            (MediaType::OCI_CONFIG, MediaType::DOCKER_CONFIG),
            (MediaType::OCI_LAYER_GZIP, MediaType::DOCKER_LAYER_GZIP),
            (MediaType::OCI_LAYER_ZSTD, MediaType::DOCKER_LAYER_ZSTD),
            (
                MediaType::new("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"),
                MediaType::DOCKER_FOREIGN_GZIP,
            ),
        ];
        for (oci, docker) in both {
            assert_eq!(oci.in_format(Format::Docker), docker);
            assert_eq!(docker.in_format(Format::Oci), oci);
            assert_eq!(oci.in_format(Format::Oci), oci);
        }
        let other = MediaType::new("text/plain");
        assert_eq!(other.in_format(Format::Docker), other);
    }
}
