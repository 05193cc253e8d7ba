//! Manifests that nothing keeps: no tag, no index that stays, and no subject that stays.

use std::collections::{BTreeMap, BTreeSet};

use super::files::split;
use super::manifests::parse;
use super::{Storage, layout, mark};
use crate::digest::{Algorithm, Digest};
use crate::store::Result;

/// What manifests of a repository name. The bytes under a digest never change, so this is read before the lock is taken, and still holds
/// under it.
#[derive(Debug, Default)]
pub(super) struct Known(BTreeMap<Digest, Named>);

#[derive(Debug, Default)]
struct Named {
    /// What of the repository's manifests it lists.
    children: Vec<Digest>,
    /// What it refers to.
    subject: Option<Digest>,
}

impl Storage {
    /// Returns the manifests of a repository that nothing keeps and that are old enough to go, reading those that are not known yet.
    pub(super) fn untagged(
        &self,
        name: &str,
        known: &mut Known,
        is_old: impl Fn((i64, i64)) -> bool,
    ) -> Result<BTreeSet<Digest>> {
        let targets: BTreeMap<Digest, Digest> = self.linked_manifests(name)?.into_iter().collect();
        let mut doomed: BTreeSet<Digest> = targets.keys().cloned().collect();
        let mut kept = Vec::new();
        let mut tags = Vec::new();
        self.files.all_folders(&layout::tags(name), layout::is_visible, |tag| tags.push(tag.to_owned()))?;
        for tag in tags {
            // A folder without a link is what an interrupted write or deletion leaves; a link that says nothing is damage.
            kept.extend(self.sound_link(&layout::current(name, &tag))?);
        }
        let mut referrers: BTreeMap<Digest, Vec<Digest>> = BTreeMap::new();
        for digest in &doomed {
            let stamp = self.files.file(&layout::revision(name, digest))?.map(|(_, stamp)| stamp.modified());
            if stamp.is_some_and(|modified| !is_old(modified)) {
                kept.push(digest.clone());
            }
            if !known.0.contains_key(digest) {
                known.0.insert(digest.clone(), self.named(name, digest, &targets)?);
            }
            if let Some(subject) = &known.0[digest].subject {
                referrers.entry(subject.clone()).or_default().push(digest.clone());
            }
        }
        // What stays keeps what it lists, and what refers to it. A list under a referrers tag has a tag, and keeps what it lists by that.
        while let Some(digest) = kept.pop() {
            if doomed.remove(&digest) {
                kept.extend(known.0[&digest].children.iter().cloned());
                kept.extend(referrers.remove(&digest).unwrap_or_default());
            }
        }
        Ok(doomed)
    }

    fn named(&self, name: &str, digest: &Digest, manifests: &BTreeMap<Digest, Digest>) -> Result<Named> {
        let raw = self.whole_manifest(name, digest, &manifests[digest])?;
        // Blobs are the most of it, and keep nothing. A child that comes later is too young to go.
        let children = mark::references(&raw).into_iter().filter(|child| manifests.contains_key(child)).collect();
        Ok(Named { children, subject: parse(raw).and_then(|found| found.subject().map(|found| found.digest.clone())) })
    }

    /// Removes manifests that nothing keeps from a repository. Call it with the lock excluded and the repository serialised.
    pub(super) fn forget(&self, name: &str, doomed: &BTreeSet<Digest>, known: &Known) -> Result<()> {
        let was_complete = self.is_complete(name)?;
        for digest in doomed {
            let path = layout::revision(name, digest);
            self.files.discard(&path)?;
            self.files.prune(split(&path).0, &layout::revisions(name, digest.algorithm()))?;
            if let Some(subject) = known.0.get(digest).and_then(|named| named.subject.as_ref()) {
                let path = layout::referrer(name, subject, digest);
                self.files.discard(&path)?;
                self.files.prune(split(&path).0, &layout::referrers(name))?;
            }
        }
        // Once for all of them, while writers wait: nobody was promised that they go.
        for algorithm in Algorithm::ALL {
            self.files.sync(&layout::revisions(name, algorithm))?;
        }
        if was_complete { self.complete(name) } else { Ok(()) }
    }
}
