//! Removing what nothing refers to.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Layout, blob_key, key};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::locks;
use crate::store::{Depth, Key, Lock, LockKind};
use crate::transport::{MAX_DEPTH, Result};

/// What a sweep removed, or would remove.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Swept {
    /// The number of blobs.
    pub blobs: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// Why nothing is swept.
const STRANGER: &str = "an entry of index.json has a digest of an unknown algorithm, and what it needs is unknown";

impl Layout {
    pub(super) fn sweep_waiting(&self, dry_run: bool) -> Result<Swept> {
        if !self.is_there()? {
            return Ok(Swept::default());
        }
        if dry_run {
            return self.sweep_locked(true);
        }
        self.make()?;
        self.let_go();
        let lock = self.store.lock(&key("oci-layout"), LockKind::Exclusive)?;
        let swept = self.sweep_locked(false)?;
        self.take_back(lock)?;
        Ok(swept)
    }

    /// Sweeps, unless someone writes to the layout: the next sweep finds what this one leaves.
    pub(super) fn sweep_if_idle(&self) -> Result<()> {
        self.make()?;
        self.let_go();
        let Some(lock) = self.store.try_lock(&key("oci-layout"), LockKind::Exclusive)? else {
            self.watch.note(&format!("{self} is in use: blobs that nothing needs any more stay there for now"));
            return Ok(());
        };
        match self.index()?.strangers() {
            0 => self.sweep_locked(false).map(|_| ())?,
            _ => self.watch.note(&format!("the blobs of {self} stay: {STRANGER}")),
        }
        self.take_back(lock)
    }

    /// Gives up the shared lock, which would stand in the way of the exclusive one.
    fn let_go(&self) {
        locks::lock(&self.held).take();
    }

    fn take_back(&self, exclusive: Lock) -> Result<()> {
        drop(exclusive);
        self.hold()
    }

    fn sweep_locked(&self, dry_run: bool) -> Result<Swept> {
        let (mut seen, mut needed) = (BTreeSet::new(), BTreeSet::new());
        let index = self.index()?;
        if index.strangers() > 0 {
            return Err(self.malformed(STRANGER));
        }
        for entry in index.descriptors() {
            self.mark(entry, 0, &mut seen, &mut needed)?;
        }
        let mut swept = Swept::default();
        let mut after: Option<Key> = None;
        loop {
            let page = self.store.list(&key("blobs"), after.as_ref(), Depth::All)?;
            for key in &page.keys {
                // What has no digest for its name is not ours to judge.
                let Some(digest) = digest_of(key).filter(|digest| !needed.contains(digest)) else {
                    continue;
                };
                let Some(object) = self.store.get(&blob_key(&digest))? else {
                    continue;
                };
                swept.blobs += 1;
                swept.bytes += object.size;
                if !dry_run {
                    self.store.delete(key)?;
                }
            }
            after = page.keys.last().cloned();
            if !page.more {
                break;
            }
        }
        if !dry_run {
            self.store.tidy(Duration::ZERO)?;
        }
        Ok(swept)
    }

    /// Adds what a descriptor leads to. A manifest that cannot be read is an error: what it needs would be removed.
    fn mark(
        &self,
        at: &Descriptor,
        depth: usize,
        seen: &mut BTreeSet<Digest>,
        needed: &mut BTreeSet<Digest>,
    ) -> Result<()> {
        needed.insert(at.digest.clone());
        // What was only met as a blob, or under a type that is no manifest's, has not been looked into.
        if seen.contains(&at.digest) {
            return Ok(());
        }
        if depth > MAX_DEPTH {
            return Err(self.malformed(format!("indexes are nested more than {MAX_DEPTH} deep")));
        }
        let Some(manifest) = self.try_manifest(at)? else {
            return Ok(());
        };
        seen.insert(at.digest.clone());
        needed.extend(manifest.blobs().into_iter().map(|blob| blob.digest.clone()));
        manifest.children().iter().try_for_each(|child| self.mark(child, depth + 1, seen, needed))
    }
}

fn digest_of(key: &Key) -> Option<Digest> {
    key.as_str().strip_prefix("blobs/")?.replacen('/', ":", 1).parse().ok()
}
