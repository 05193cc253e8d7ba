//! Removing what nothing refers to.
//!
//! A sweep removes only what it has proved to be unneeded: what is missing, damaged or not understood may need anything.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::{Index, Layout, blob_key, key};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::error_chain;
use crate::locks;
use crate::manifest;
use crate::media_type::MediaType;
use crate::store::{Depth, Key, Lock, LockKind};
use crate::transport::{Error, MAX_DEPTH, Result};

/// How to sweep a layout.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sweep {
    /// Whether to say only what would go.
    pub dry_run: bool,
    /// Whether manifests that an index names and that are not there were left out on purpose. By default that is an error, since what they
    /// need is not known.
    pub allow_missing: bool,
    /// Whether blobs go though there is no `index.json` at all. By default that is an error; it is also what a first copy leaves that was
    /// killed.
    pub allow_empty: bool,
}

/// What a sweep removed, or would remove.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Swept {
    /// The blobs with their sizes in bytes, in the order of the store.
    pub blobs: Vec<(Digest, u64)>,
    /// The size of all of them in bytes.
    pub bytes: u64,
}

/// Why nothing is swept.
const STRANGER: &str = "an entry of index.json has a digest of an unknown algorithm, and what it needs is unknown";

/// What the entries lead to.
struct Marker<'a> {
    layout: &'a Layout,
    allow_missing: bool,
    /// The manifests that were looked into.
    seen: BTreeSet<Digest>,
    /// What was searched for digests.
    searched: BTreeSet<Digest>,
    needed: BTreeSet<Digest>,
}

impl Layout {
    pub(super) fn sweep_waiting(&self, options: &Sweep) -> Result<Swept> {
        if !self.is_there()? {
            return Ok(Swept::default());
        }
        if options.dry_run {
            return self.free(&self.needed(options)?, true);
        }
        self.make()?;
        self.let_go();
        let lock = self.store.lock(&key("oci-layout"), LockKind::Exclusive)?;
        let swept = self.free(&self.needed(options)?, false)?;
        self.take_back(lock)?;
        Ok(swept)
    }

    /// Sweeps, unless someone writes to the layout or it is not known what is needed: the next sweep finds what this one leaves.
    pub(super) fn sweep_if_idle(&self) -> Result<()> {
        self.make()?;
        self.let_go();
        let Some(lock) = self.store.try_lock(&key("oci-layout"), LockKind::Exclusive)? else {
            self.watch.note(&format!("{self} is in use: blobs that nothing needs any more stay there for now"));
            return Ok(());
        };
        match self.needed(&Sweep::default()) {
            Ok(needed) => drop(self.free(&needed, false)?),
            Err(error) => self.watch.note(&format!("the blobs of {self} stay: {}", error_chain::with_causes(&error))),
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

    /// Returns what the entries of `index.json` lead to.
    ///
    /// # Errors
    /// When that is not known.
    fn needed(&self, options: &Sweep) -> Result<BTreeSet<Digest>> {
        let mut marker = Marker {
            layout: self,
            allow_missing: options.allow_missing,
            seen: BTreeSet::new(),
            searched: BTreeSet::new(),
            needed: BTreeSet::new(),
        };
        let index = self.whole_index(options.allow_empty)?;
        if index.strangers() > 0 {
            return Err(self.malformed(STRANGER));
        }
        for entry in index.descriptors() {
            marker.mark(entry, 0)?;
        }
        Ok(marker.needed)
    }

    /// Returns the index of a layout that has one. image-spec, image-layout: `index.json` is REQUIRED; image-index: so is `manifests`.
    fn whole_index(&self, allow_empty: bool) -> Result<Arc<Index>> {
        if !allow_empty && self.store.get(&key("index.json"))?.is_none() {
            let reason = "it has no index.json, so that nothing tells which blobs are needed; restore it, or free the blobs of a first \
                          copy that was killed with gc --allow-empty";
            return Err(self.malformed(reason));
        }
        let index = self.index()?;
        if index.strangers() > 0 {
            return Err(self.malformed(STRANGER));
        }
        if index.has_list() {
            return Ok(index);
        }
        let reason = "its index.json has no list `manifests`, so that nothing tells which blobs are needed; restore it";
        Err(self.malformed(reason))
    }

    /// Removes the blobs that are not needed.
    fn free(&self, needed: &BTreeSet<Digest>, dry_run: bool) -> Result<Swept> {
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
                if !dry_run {
                    self.store.delete(key)?;
                }
                swept.bytes += object.size;
                swept.blobs.push((digest, object.size));
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
}

impl Marker<'_> {
    /// Adds what a descriptor leads to.
    ///
    /// # Errors
    /// When a manifest is missing or cannot be read: what it needs would be removed.
    fn mark(&mut self, at: &Descriptor, depth: usize) -> Result<()> {
        self.needed.insert(at.digest.clone());
        // What was only met as a blob, or under a type that is no manifest's, has not been looked into.
        if self.seen.contains(&at.digest) {
            return Ok(());
        }
        if depth > MAX_DEPTH {
            return Err(self.layout.malformed(format!("indexes are nested more than {MAX_DEPTH} deep")));
        }
        if !at.media_type.is_manifest() {
            return self.search(at);
        }
        let Some(manifest) = self.layout.try_manifest(at)? else {
            return self.missing(at);
        };
        self.seen.insert(at.digest.clone());
        self.needed.extend(manifest.blobs().into_iter().map(|blob| blob.digest.clone()));
        manifest.children().iter().try_for_each(|child| self.mark(child, depth + 1))
    }

    fn missing(&self, at: &Descriptor) -> Result<()> {
        if self.allow_missing {
            return Ok(());
        }
        let reason = format!(
            "{} is missing, so that nothing tells which blobs it needs; restore it, or say with gc --allow-missing that it was left out \
             on purpose",
            at.digest
        );
        Err(self.layout.malformed(reason))
    }

    /// Adds everything that looks like a digest in content of a type that is not known, and in what that leads to.
    fn search(&mut self, at: &Descriptor) -> Result<()> {
        if needs_nothing(&at.media_type) {
            return Ok(());
        }
        let mut next = vec![at.digest.clone()];
        while let Some(digest) = next.pop() {
            if !self.searched.insert(digest.clone()) {
                continue;
            }
            let Some(object) = self.layout.store.get(&blob_key(&digest))? else {
                if digest == at.digest {
                    self.missing(at)?;
                }
                continue;
            };
            // What is larger is a manifest for nobody.
            if object.size > manifest::MAX_SIZE {
                continue;
            }
            let path = blob_key(&digest);
            let raw = object
                .read_all(manifest::MAX_SIZE)
                .map_err(|error: io::Error| Error::io("read", path.as_str())(error))?;
            if !digest.matches(&raw) {
                return Err(self
                    .layout
                    .malformed(format!("{digest} is damaged, so that nothing tells which blobs it needs")));
            }
            for found in Digest::all_in(&raw) {
                self.needed.insert(found.clone());
                next.push(found);
            }
        }
        Ok(())
    }
}

/// Says whether content of a type is known to name no other content.
fn needs_nothing(media_type: &MediaType) -> bool {
    media_type.layer_compression().is_some() || media_type.is_nondistributable() || media_type.is_image_config()
}

fn digest_of(key: &Key) -> Option<Digest> {
    key.as_str().strip_prefix("blobs/")?.replacen('/', ":", 1).parse().ok()
}
