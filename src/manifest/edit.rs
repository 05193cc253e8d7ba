//! New manifests: made from parts, or an index with fewer or other entries.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Image, Index, Manifest, ParseError};
use crate::descriptor::{Annotations, Descriptor};
use crate::media_type::{Format, MediaType};
use crate::splice::Members;

/// The members in the order of the Go tools, so that equal content gets an equal digest.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Encoded<'a> {
    schema_version: u8,
    media_type: MediaType,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<&'a Descriptor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    layers: Option<&'a [Descriptor]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifests: Option<&'a [Descriptor]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a Descriptor>,
    #[serde(skip_serializing_if = "Annotations::is_empty")]
    annotations: &'a Annotations,
}

impl Manifest {
    /// Makes an image manifest. The descriptors are written as they are given; [`Descriptor::media_type`] is not changed to fit `format`.
    ///
    /// # Errors
    /// [`ParseError::TooLarge`].
    pub fn image(format: Format, image: &Image) -> Result<Self, ParseError> {
        encode(&Encoded {
            schema_version: 2,
            media_type: MediaType::OCI_MANIFEST.in_format(format),
            artifact_type: image.artifact_type.as_deref(),
            config: Some(&image.config),
            layers: Some(&image.layers),
            manifests: None,
            subject: image.subject.as_ref(),
            annotations: &image.annotations,
        })
    }

    /// Makes an index or manifest list.
    ///
    /// # Errors
    /// [`ParseError::TooLarge`].
    pub fn index(format: Format, index: &Index) -> Result<Self, ParseError> {
        encode(&Encoded {
            schema_version: 2,
            media_type: MediaType::OCI_INDEX.in_format(format),
            artifact_type: index.artifact_type.as_deref(),
            config: None,
            layers: None,
            manifests: Some(&index.manifests),
            subject: index.subject.as_ref(),
            annotations: &index.annotations,
        })
    }

    /// Returns this index with only the entries that `keep` takes; everything else keeps its text. Nothing for what is no index.
    ///
    /// An index that loses nothing is returned unchanged, digest and all.
    ///
    /// # Errors
    /// None for a manifest that was parsed; the signature allows for those of parsing.
    pub fn filter_index(&self, keep: impl Fn(&Descriptor) -> bool) -> Result<Option<Self>, ParseError> {
        let Some(index) = self.as_index() else {
            return Ok(None);
        };
        let kept: Vec<bool> = index.manifests.iter().map(keep).collect();
        if kept.iter().all(|kept| *kept) {
            return Ok(Some(self.clone()));
        }
        let mut members = Members::parse(&self.raw)?;
        let entries: Vec<Box<RawValue>> = members.decode("manifests")?.unwrap_or_default();
        let entries: Vec<_> = entries.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(entry, _)| entry).collect();
        members.set("manifests", &entries)?;
        Self::parse(members.to_vec(), Some(&self.media_type)).map(Some)
    }
}

fn encode(encoded: &Encoded<'_>) -> Result<Manifest, ParseError> {
    let raw = serde_json::to_vec(encoded).expect("descriptors are always writable");
    Manifest::parse(raw, Some(&encoded.media_type))
}
