//! Manifests and indexes: the raw bytes and what they say.
//!
//! The raw bytes are the truth: the digest is over them, and they travel as they came. [`Manifest::parse`] and [`Manifest::image`] /
//! [`Manifest::index`] are the only ways to get one, so the decoded form never disagrees with the bytes.
//! image-spec: <https://github.com/opencontainers/image-spec/blob/main/manifest.md>, `image-index.md`; Docker's two schemas.

mod edit;
mod parse;
mod referrer;
mod schema1;

use std::sync::Arc;

use crate::descriptor::{Annotations, Descriptor};
use crate::digest::Digest;
use crate::media_type::{Format, MediaType};

pub use parse::ParseError;
pub use referrer::{digest_tags, is_digest_tag, referrers_tag};
pub use schema1::Schema1;

/// The largest manifest that is read, in bytes. Registries refuse less: distribution stops at 4 MiB.
pub const MAX_SIZE: u64 = 8 * 1024 * 1024;

/// A manifest of any kind with its raw bytes. Clones share the bytes.
#[derive(Clone, Debug)]
pub struct Manifest {
    media_type: MediaType,
    digest: Digest,
    raw: Arc<[u8]>,
    body: Body,
}

/// What a manifest says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Body {
    /// An OCI index or a Docker manifest list.
    Index(Index),
    /// An OCI or Docker image manifest; artifacts are written as one too.
    Image(Box<Image>),
    /// The artifact manifest that was dropped from the OCI specification.
    Artifact(Artifact),
    /// Docker's schema 1: read, copied as it is, never made.
    Schema1(Schema1),
}

/// An index: manifests for several platforms, or any set of manifests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Index {
    /// The entries, in order.
    pub manifests: Vec<Descriptor>,
    /// The manifest that this one refers to.
    pub subject: Option<Descriptor>,
    /// Free-form facts.
    pub annotations: Annotations,
    /// The type of artifact, where this is one.
    pub artifact_type: Option<String>,
}

/// An image: a config and layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// The config blob.
    pub config: Descriptor,
    /// The layer blobs, the lowest first.
    pub layers: Vec<Descriptor>,
    /// The manifest that this one refers to.
    pub subject: Option<Descriptor>,
    /// Free-form facts.
    pub annotations: Annotations,
    /// The type of artifact, where this is one.
    pub artifact_type: Option<String>,
}

/// An artifact manifest of the release candidates of OCI 1.1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Artifact {
    /// The blobs.
    pub blobs: Vec<Descriptor>,
    /// The manifest that this one refers to.
    pub subject: Option<Descriptor>,
    /// The type of artifact.
    pub artifact_type: Option<String>,
}

impl Manifest {
    /// Returns the bytes as they came.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Returns the digest of the raw bytes; of a signed schema 1 manifest, that of the payload, as registries count it.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Returns the media type.
    pub fn media_type(&self) -> &MediaType {
        &self.media_type
    }

    /// Returns what the manifest says.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// Returns the descriptor of this manifest, with its artifact type.
    pub fn descriptor(&self) -> Descriptor {
        let mut descriptor = Descriptor::new(self.media_type.clone(), self.digest.clone(), self.raw.len() as u64);
        descriptor.artifact_type = match &self.body {
            Body::Index(index) => index.artifact_type.clone(),
            Body::Image(image) => image.artifact_type.clone(),
            Body::Artifact(artifact) => artifact.artifact_type.clone(),
            Body::Schema1(_) => None,
        };
        descriptor
    }

    /// Returns the index, if this is one.
    pub fn as_index(&self) -> Option<&Index> {
        match &self.body {
            Body::Index(index) => Some(index),
            _ => None,
        }
    }

    /// Returns the image, if this is one.
    pub fn as_image(&self) -> Option<&Image> {
        match &self.body {
            Body::Image(image) => Some(image),
            _ => None,
        }
    }

    /// Returns what an index lists; what is no manifest by its media type is a blob (BuildKit's caches), and among [`Manifest::blobs`].
    pub fn children(&self) -> &[Descriptor] {
        self.as_index().map_or(&[], |index| &index.manifests)
    }

    /// Returns the blobs that this manifest needs, the config first; a digest that stands twice comes twice.
    ///
    /// A schema 1 manifest does not say how large its layers are: their sizes are 0 and must be asked for.
    pub fn blobs(&self) -> Vec<&Descriptor> {
        match &self.body {
            Body::Index(index) => index.manifests.iter().filter(|child| !child.media_type.is_manifest()).collect(),
            Body::Image(image) => std::iter::once(&image.config).chain(&image.layers).collect(),
            Body::Artifact(artifact) => artifact.blobs.iter().collect(),
            Body::Schema1(schema1) => schema1.layers.iter().collect(),
        }
    }

    /// Returns the manifest that this one refers to.
    pub fn subject(&self) -> Option<&Descriptor> {
        match &self.body {
            Body::Index(index) => index.subject.as_ref(),
            Body::Image(image) => image.subject.as_ref(),
            Body::Artifact(artifact) => artifact.subject.as_ref(),
            Body::Schema1(_) => None,
        }
    }

    /// Returns the family of media types, or nothing for schema 1 and artifact manifests, which belong to no convertible family.
    pub fn format(&self) -> Option<Format> {
        match &self.body {
            Body::Index(_) | Body::Image(_) => self.media_type.format(),
            Body::Artifact(_) | Body::Schema1(_) => None,
        }
    }

    /// Says whether this is an image that a container runtime could run, judged by its config's type.
    pub fn is_runnable(&self) -> bool {
        match &self.body {
            Body::Image(image) => image.config.media_type.is_image_config(),
            Body::Schema1(_) => true,
            Body::Index(_) | Body::Artifact(_) => false,
        }
    }
}

#[cfg(test)]
mod tests;
