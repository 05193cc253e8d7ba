//! Docker's schema 1: only as much as copying one needs.
//!
//! <https://distribution.github.io/distribution/spec/deprecated-schema-v1/>. The digest of a signed one is over the payload, which is the
//! document with the signature block cut out as its `protected` header says.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::ParseError;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::media_type::MediaType;
use crate::splice::Members;

/// What a schema 1 manifest says.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema1 {
    /// The layers, the lowest first, each once. Their sizes are unknown and stand as 0.
    pub layers: Vec<Descriptor>,
    /// The architecture.
    pub architecture: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FsLayer {
    blob_sum: Digest,
}

#[derive(Deserialize)]
struct Signature {
    protected: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Protected {
    format_length: usize,
    format_tail: String,
}

impl Schema1 {
    pub(super) fn parse(members: &Members) -> Result<Self, ParseError> {
        let listed: Vec<FsLayer> = members.decode("fsLayers")?.unwrap_or_default();
        let (mut layers, mut seen) = (Vec::new(), HashSet::new());
        // The topmost layer stands first, and the empty layer often several times.
        for FsLayer { blob_sum } in listed.into_iter().rev() {
            if seen.insert(blob_sum.clone()) {
                layers.push(Descriptor::new(MediaType::DOCKER_LAYER_GZIP, blob_sum, 0));
            }
        }
        Ok(Self { layers, architecture: members.decode("architecture")?.unwrap_or_default() })
    }
}

/// Returns the bytes that a signed manifest's digest is over; nothing when there are no signatures.
pub(super) fn signed_payload(raw: &[u8], members: &Members) -> Result<Option<Vec<u8>>, ParseError> {
    let signatures: Vec<Signature> = members.decode("signatures")?.unwrap_or_default();
    let Some(first) = signatures.first() else {
        return Ok(None);
    };
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| ParseError::Signatures);
    let protected: Protected = serde_json::from_slice(&decode(&first.protected)?)?;
    let head = raw.get(..protected.format_length).ok_or(ParseError::Signatures)?;
    let mut payload = head.to_vec();
    payload.extend(decode(&protected.format_tail)?);
    Ok(Some(payload))
}
