//! Putting beside an image what refers to it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Artifact;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::transport::{Result, Selector, Source, Transport};
use crate::watch::{Event, Watch};

/// A manifest that refers to an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Made {
    /// The manifest.
    pub manifest: Digest,
    /// Whether it was written now; else it was there.
    pub is_new: bool,
}

/// Puts an artifact beside the image that it refers to, unless it is there and listed. The place's `finish` is left to the caller.
///
/// Both count: a manifest that is there and that no list names is put again, which lists it, and so is one that a list has outlived. Where a list is one object
/// that many write, none of their entries is lost, or the call fails (see [`Remote::list_referrer`](crate::registry::Remote::list_referrer)).
///
/// # Errors
/// When the place fails, or its list of referrers cannot be written. What was put before then stays, unlisted.
pub fn attach(place: &dyn Transport, artifact: &Artifact, watch: &Watch) -> Result<Made> {
    let listed = artifact.manifest().subject().map(|subject| place.listed(&subject.digest)).transpose()?;
    attach_beside(place, artifact, &listed.unwrap_or_default(), watch)
}

/// Does the same, knowing what [`Transport::listed`] has told.
pub(crate) fn attach_beside(
    place: &dyn Transport,
    artifact: &Artifact,
    listed: &[Descriptor],
    watch: &Watch,
) -> Result<Made> {
    let manifest = artifact.manifest();
    let made = |is_new| Made { manifest: manifest.digest().clone(), is_new };
    if listed.iter().any(|listed| listed.digest == *manifest.digest())
        && place.complete(&Selector::Digest(manifest.digest().clone()))?.is_some()
    {
        return Ok(made(false));
    }
    place.accepts(manifest)?;
    let mut seen = BTreeSet::new();
    let blobs: Vec<_> = manifest.blobs().into_iter().filter(|blob| seen.insert(&blob.digest)).collect();
    let bytes = blobs.iter().map(|blob| blob.size).fold(0, u64::saturating_add);
    watch.tell(&Event::Planned { blobs: blobs.len(), bytes });
    for blob in blobs {
        watch.check()?;
        watch.tell(&Event::Started { blob });
        let outcome = place.put_blob(artifact.blob(blob)?.watched(watch), None)?;
        watch.tell(&Event::Finished { blob, outcome });
    }
    place.put_manifest(&Selector::Digest(manifest.digest().clone()), manifest)?;
    Ok(made(true))
}
