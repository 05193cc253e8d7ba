//! Descriptors: a media type, a digest and a size that name content.
//!
//! image-spec, "OCI Content Descriptors": <https://github.com/opencontainers/image-spec/blob/main/descriptor.md>.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::Digest;
use crate::media_type::MediaType;
use crate::platform::Platform;

/// Annotations, sorted by key.
pub type Annotations = BTreeMap<String, String>;

/// A reference to content by what it is.
///
/// Fields are written in the order that Docker, containers/image and go-containerregistry use, so that a manifest converted here has the
/// digest that those tools give it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What the content is.
    pub media_type: MediaType,
    /// The content's size in bytes.
    pub size: u64,
    /// The content's digest.
    pub digest: Digest,
    /// Other places to fetch the content from.
    #[serde(default, skip_serializing_if = "is_empty", deserialize_with = "null_as_default")]
    pub urls: Vec<String>,
    /// Free-form facts about the content.
    #[serde(default, skip_serializing_if = "is_empty_map", deserialize_with = "null_as_default")]
    pub annotations: Annotations,
    /// The content itself, base64, where it is small.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// In an index: what the image runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The type of artifact the descriptor points to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// Fields this crate does not know.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

impl Descriptor {
    /// Makes a descriptor with no more than the required fields.
    pub fn new(media_type: MediaType, digest: Digest, size: u64) -> Self {
        Self {
            media_type,
            size,
            digest,
            urls: Vec::new(),
            annotations: Annotations::new(),
            data: None,
            platform: None,
            artifact_type: None,
            extra: BTreeMap::new(),
        }
    }

    /// Makes the sha256 descriptor of `content`.
    pub fn of(media_type: MediaType, content: &[u8]) -> Self {
        Self::new(media_type, Digest::of(content), content.len() as u64)
    }

    /// Says whether this is a BuildKit attestation in an index: never a platform, never chosen.
    pub fn is_attestation(&self) -> bool {
        self.platform.as_ref().is_some_and(Platform::is_unknown)
            || self.annotations.contains_key("vnd.docker.reference.type")
    }
}

fn is_empty<T>(list: &[T]) -> bool {
    list.is_empty()
}

fn is_empty_map(map: &Annotations) -> bool {
    map.is_empty()
}

/// Go encoders write `null` for an empty list or map.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_survive() {
        let text = r#"{"mediaType":"a/b","size":3,"digest":"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","platform":{"architecture":"amd64","os":"linux","os.future":[1]},"later":{"x":1.50}}"#;
        let descriptor: Descriptor = serde_json::from_str(text).expect("parses");
        assert_eq!(descriptor.digest, Digest::of(b"abc"));
        assert_eq!(serde_json::to_string(&descriptor).expect("writes"), text.replace("1.50", "1.5"));
    }

    #[test]
    fn sizes_must_be_sizes() {
        for size in ["-1", "1.5", "\"3\"", "18446744073709551616"] {
            let text = format!(r#"{{"mediaType":"a/b","size":{size},"digest":"{}"}}"#, Digest::of(b""));
            assert!(serde_json::from_str::<Descriptor>(&text).is_err(), "{size}");
        }
    }
}
