//! From bytes to a manifest: what is refused, and how the kind is found.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::{Artifact, Body, Image, Index, MAX_SIZE, Manifest, Schema1};
use crate::class::{Class, Classified, Diagnosis};
use crate::digest::{Algorithm, Digest};
use crate::media_type::MediaType;
use crate::splice::Members;

/// The members that decide what a document is. Go's decoder takes them in any case, so another case is refused rather than read differently.
const SHAPE: [&str; 9] =
    ["schemaVersion", "mediaType", "manifests", "config", "layers", "blobs", "fsLayers", "subject", "artifactType"];

impl Manifest {
    /// Parses a manifest that came with `content_type`, if any.
    ///
    /// The type is the content type if that names a manifest, else the document's `mediaType`, else follows from its shape.
    ///
    /// # Errors
    /// When the bytes are no manifest, are over [`MAX_SIZE`], are both index and image, or contradict their content type (CVE-2021-41190).
    pub fn parse(raw: impl Into<Arc<[u8]>>, content_type: Option<&MediaType>) -> Result<Self, ParseError> {
        Self::parse_with(raw.into(), content_type, Word::Binds, Algorithm::Sha256)
    }

    /// Parses a manifest that was asked for by `digest`.
    ///
    /// The digest pins the bytes, so `content_type`, which may be a descriptor's word, may name the wrong format, OCI for Docker's, as layouts of
    /// go-containerregistry do: then the document's own `mediaType` holds. It may never name the wrong kind.
    ///
    /// # Errors
    /// Those of [`Manifest::parse`], and [`ParseError::Digest`] when the bytes have another digest.
    pub fn parse_verified(
        raw: impl Into<Arc<[u8]>>,
        content_type: Option<&MediaType>,
        digest: &Digest,
    ) -> Result<Self, ParseError> {
        let raw = raw.into();
        // The digest first: content that is not what was asked for has nothing else to say. Only schema 1 counts differently.
        if !digest.matches(&raw) && !looks_signed(&raw) {
            return Err(ParseError::Digest { wanted: digest.clone(), got: digest.algorithm().digest(&raw) });
        }
        let manifest = Self::parse_with(raw, content_type, Word::Hints, digest.algorithm())?;
        if manifest.digest != *digest {
            return Err(ParseError::Digest { wanted: digest.clone(), got: manifest.digest });
        }
        Ok(manifest)
    }

    fn parse_with(
        raw: Arc<[u8]>,
        content_type: Option<&MediaType>,
        word: Word,
        algorithm: Algorithm,
    ) -> Result<Self, ParseError> {
        if raw.len() as u64 > MAX_SIZE {
            return Err(ParseError::TooLarge);
        }
        let members = Members::parse(&raw)?;
        for name in members.names() {
            if let Some(meant) = SHAPE.iter().find(|known| name.eq_ignore_ascii_case(known) && name != **known) {
                return Err(ParseError::Case { name: name.into(), meant });
            }
        }
        let media_type = kind(&members, content_type, word)?;
        let mut digest = algorithm.digest(&raw);
        let body = if media_type.is_index() {
            Body::Index(index(&members)?)
        } else if media_type.is_image() {
            Body::Image(Box::new(image(&members)?))
        } else if media_type == MediaType::OCI_ARTIFACT {
            Body::Artifact(artifact(&members)?)
        } else {
            if let Some(payload) = super::schema1::signed_payload(&raw, &members)? {
                digest = algorithm.digest(&payload);
            }
            Body::Schema1(Schema1::parse(&members)?)
        };
        Ok(Self { media_type, digest, raw, body })
    }
}

/// Only a document with signatures can have a digest that is not over all its bytes.
fn looks_signed(raw: &[u8]) -> bool {
    raw.len() as u64 <= MAX_SIZE && Members::parse(raw).is_ok_and(|members| members.has("signatures"))
}

/// What a type that stands outside the document is worth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    /// The document must agree.
    Binds,
    /// The document must be of that kind.
    Hints,
}

fn kind(members: &Members, content_type: Option<&MediaType>, word: Word) -> Result<MediaType, ParseError> {
    let shape = shape(members)?;
    let declared: Option<String> = members.decode("mediaType")?;
    let declared = declared.filter(|text| !text.is_empty()).map(|text| MediaType::new(&text));
    // Generic types (text/plain, application/json, octet-stream) are what servers say that do not know better.
    let outer = content_type.filter(|outer| outer.is_manifest());
    if let (Some(outer), Some(declared)) = (outer, &declared)
        && outer != declared
        && !(word == Word::Hints && declared.is_kind_of(outer))
    {
        return Err(ParseError::Contradiction { content_type: outer.clone(), media_type: declared.clone() });
    }
    let kind = declared.or_else(|| outer.cloned()).unwrap_or_else(|| shape.clone());
    if !kind.is_manifest() {
        return Err(ParseError::Unsupported { media_type: kind });
    }
    if !kind.is_kind_of(&shape) {
        return Err(ParseError::Shape { media_type: kind, shape });
    }
    // Both schema 1 types are sent for signed documents; the document knows.
    Ok(if kind.is_schema1() { shape } else { kind })
}

/// Finds the kind by the members; a document of two kinds is refused.
fn shape(members: &Members) -> Result<MediaType, ParseError> {
    let is_index = members.has("manifests");
    let is_image = members.has("layers") || members.has("config");
    let is_artifact = members.has("blobs");
    let is_schema1 = members.has("fsLayers");
    match (is_index, is_image, is_artifact, is_schema1) {
        (true, false, false, false) => Ok(MediaType::OCI_INDEX),
        (false, true, false, false) => Ok(MediaType::OCI_MANIFEST),
        (false, false, true, false) => Ok(MediaType::OCI_ARTIFACT),
        (false, false, false, true) if members.has("signatures") => Ok(MediaType::DOCKER_SCHEMA1_SIGNED),
        (false, false, false, true) => Ok(MediaType::DOCKER_SCHEMA1),
        (false, false, false, false) => shapeless(members),
        _ => Err(ParseError::Ambiguous),
    }
}

/// Go writes an empty list of entries as `null`, and an artifact manifest may have no blobs at all.
fn shapeless(members: &Members) -> Result<MediaType, ParseError> {
    if members.get("manifests").is_some() {
        return Ok(MediaType::OCI_INDEX);
    }
    let declared: Option<MediaType> = members.decode("mediaType")?;
    match declared {
        Some(declared) if declared == MediaType::OCI_ARTIFACT => Ok(declared),
        _ => Err(ParseError::Shapeless),
    }
}

fn index(members: &Members) -> Result<Index, ParseError> {
    Ok(Index {
        manifests: members.decode("manifests")?.unwrap_or_default(),
        subject: members.decode("subject")?,
        annotations: members.decode("annotations")?.unwrap_or_default(),
        artifact_type: non_empty(members.decode("artifactType")?),
    })
}

fn image(members: &Members) -> Result<Image, ParseError> {
    Ok(Image {
        config: required(members, "config")?,
        layers: members.decode("layers")?.unwrap_or_default(),
        subject: members.decode("subject")?,
        annotations: members.decode("annotations")?.unwrap_or_default(),
        artifact_type: non_empty(members.decode("artifactType")?),
    })
}

fn artifact(members: &Members) -> Result<Artifact, ParseError> {
    Ok(Artifact {
        blobs: members.decode("blobs")?.unwrap_or_default(),
        subject: members.decode("subject")?,
        artifact_type: non_empty(members.decode("artifactType")?),
    })
}

fn non_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn required<T: DeserializeOwned>(members: &Members, name: &'static str) -> Result<T, ParseError> {
    members.decode(name)?.ok_or(ParseError::Missing { name })
}

/// Bytes that are no acceptable manifest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The bytes are not JSON of the right form.
    #[error("the manifest is not valid JSON of its kind")]
    Json(#[from] serde_json::Error),
    /// The manifest is over [`MAX_SIZE`].
    #[error("the manifest is larger than {} MiB", MAX_SIZE >> 20)]
    TooLarge,
    /// The document is two kinds at once (CVE-2021-41190).
    #[error("the manifest is both an index and an image")]
    Ambiguous,
    /// The document has none of the members that make a manifest.
    #[error("the document has no manifests, layers or fsLayers: it is no manifest")]
    Shapeless,
    /// A member stands in an unusual case, which other readers take for the real one.
    #[error("the manifest has a member {name:?} that some readers take for {meant:?}")]
    Case {
        /// The member.
        name: String,
        /// The usual spelling.
        meant: &'static str,
    },
    /// A required member is missing.
    #[error("the manifest has no {name}")]
    Missing {
        /// The member.
        name: &'static str,
    },
    /// The document says one media type and its Content-Type another.
    #[error("the manifest says it is {media_type} but came as {content_type}")]
    Contradiction {
        /// What it came as.
        content_type: MediaType,
        /// What it says.
        media_type: MediaType,
    },
    /// The document does not look like its media type.
    #[error("the manifest is called {media_type} but looks like {shape}")]
    Shape {
        /// What it is called.
        media_type: MediaType,
        /// What it looks like.
        shape: MediaType,
    },
    /// The media type is none of a manifest that this crate knows.
    #[error("{media_type} is no manifest type that is supported")]
    Unsupported {
        /// The type.
        media_type: MediaType,
    },
    /// A schema 1 signature block that cannot be taken apart.
    #[error("the schema 1 signatures are malformed")]
    Signatures,
    /// The bytes have another digest than the one asked for.
    #[error("the manifest has digest {got}, not {wanted}")]
    Digest {
        /// The digest asked for.
        wanted: Digest,
        /// The digest of the bytes.
        got: Digest,
    },
}

impl ParseError {
    /// Says whether the bytes are not the ones that were asked for, as opposed to malformed.
    pub fn is_mismatch(&self) -> bool {
        matches!(self, Self::Digest { .. })
    }
}

impl Classified for ParseError {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Digest { .. } => Class::Verification.into(),
            Self::Json(_)
            | Self::TooLarge
            | Self::Ambiguous
            | Self::Shapeless
            | Self::Case { .. }
            | Self::Missing { .. }
            | Self::Contradiction { .. }
            | Self::Shape { .. }
            | Self::Unsupported { .. }
            | Self::Signatures => Class::Failed.into(),
        }
    }
}
