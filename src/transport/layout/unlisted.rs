//! Unlisted referrers, which `cosign save` leaves in a layout: signatures as entries of a kind of their own, and bundles without an entry.

use std::collections::{BTreeMap, BTreeSet};

use super::{Layout, key};
use crate::descriptor::Descriptor;
use crate::digest::{Algorithm, Digest};
use crate::manifest::Manifest;
use crate::media_type::MediaType;
use crate::store::{Depth, Key};
use crate::transport::{Error, Result};

/// cosign's annotation of an entry with what it is.
const KIND: &str = "kind";
/// What belongs to the layout's image.
const KINDS: [&str; 3] =
    ["dev.cosignproject.cosign/sigs", "dev.cosignproject.cosign/atts", "dev.cosignproject.cosign/sboms"];
/// A manifest that refers to another and stands alone is small; what is larger is a layer.
const MAX_SIZE: u64 = 1 << 20;

/// Says whether an entry is what cosign keeps for the layout's image.
pub(super) fn is_kept_by_cosign(entry: &Descriptor) -> bool {
    entry.annotations.get(KIND).is_some_and(|kind| KINDS.contains(&kind.as_str()))
}

/// The referrers without an entry that says so.
pub(super) struct Unlisted {
    /// What cosign keeps for the layout's image.
    kept: Vec<Descriptor>,
    /// The manifests among the blobs that name a subject, by the subject.
    by_subject: BTreeMap<Digest, Vec<Descriptor>>,
}

impl Layout {
    /// Lists what cosign keeps here, and the manifests among the blobs that name `subject`, unless an entry leads to them.
    pub(super) fn find_unlisted(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        let listed: BTreeSet<Digest> = self.find_referrers(subject)?.into_iter().map(|entry| entry.digest).collect();
        self.with_unlisted(|unlisted| {
            let of_subject =
                unlisted.by_subject.get(subject).into_iter().flatten().filter(|entry| !listed.contains(&entry.digest));
            unlisted.kept.iter().chain(of_subject).cloned().collect()
        })
    }

    /// Reads every small blob.
    pub(super) fn read_unlisted(&self) -> Result<Unlisted> {
        let kept = self.index()?.descriptors().filter(|entry| is_kept_by_cosign(entry)).cloned().collect();
        let mut unlisted = Unlisted { kept, by_subject: BTreeMap::new() };
        let folder = key("blobs/sha256");
        let mut after: Option<Key> = None;
        loop {
            let page = self.store.list(&folder, after.as_ref(), Depth::Children)?;
            for at in &page.keys {
                if let Some((subject, referrer)) = self.referrer(at)? {
                    unlisted.by_subject.entry(subject).or_default().push(referrer);
                }
            }
            match page.keys.last() {
                Some(last) if page.more => after = Some(last.clone()),
                _ => return Ok(unlisted),
            }
        }
    }

    /// Reads a blob as a manifest that refers to another; nothing when it is none.
    fn referrer(&self, at: &Key) -> Result<Option<(Digest, Descriptor)>> {
        let name = at.as_str().rsplit('/').next().unwrap_or_default();
        let Ok(digest) = format!("{}:{name}", Algorithm::Sha256).parse::<Digest>() else {
            return Ok(None);
        };
        let Some(object) = self.store.get(at)?.filter(|object| object.size <= MAX_SIZE) else {
            return Ok(None);
        };
        let raw = object.read_all(MAX_SIZE).map_err(Error::io("read", at.as_str()))?;
        // Nearly every other blob of this size is compressed.
        if raw.first() != Some(&b'{') {
            return Ok(None);
        }
        // What is no manifest, or is damaged, refers to nothing.
        let manifest = Manifest::parse_verified(raw, Some(&MediaType::OCI_MANIFEST), &digest).ok();
        Ok(manifest.and_then(|manifest| Some((manifest.subject()?.digest.clone(), manifest.as_referrer()))))
    }
}
