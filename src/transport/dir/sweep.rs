//! Removing what an overwritten image leaves in a `dir:`.

use std::collections::BTreeSet;
use std::time::Duration;

use super::names::{self, Role, VERSION};
use super::{Dir, key};
use crate::digest::{Algorithm, Digest};
use crate::manifest::Manifest;
use crate::store::{Depth, Key, LockKind, Store};
use crate::transport::{Error, MAX_DEPTH, Result, Selector};

/// What is reachable: blobs, and manifests other than the image's own.
#[derive(Default)]
struct Reached {
    blobs: BTreeSet<Digest>,
    manifests: BTreeSet<Digest>,
}

impl Dir {
    /// Removes the files that the image, once its manifest was put, does not need. Files that are none of a `dir:` stay.
    ///
    /// While another writes here too, nothing is removed: it does that when it has ended. Who found the image there and put nothing does it
    /// as well: whoever put the image may have been killed before this.
    pub(super) fn sweep(&self) -> Result<()> {
        let mut writing = self.writing()?;
        let is_done = writing.is_complete || (!writing.is_begun && self.root()?.is_some());
        if !is_done {
            return Ok(());
        }
        writing.lock = None;
        let Some(_lock) = self.store.try_lock(&Key::root(), LockKind::Exclusive)? else {
            return Ok(());
        };
        let reached = self.reach(&writing.manifests)?;
        for name in self.files()? {
            let is_stale = match Role::of(&name) {
                Some(Role::Blob(digest)) => !reached.blobs.contains(&digest),
                Some(Role::Child(digest)) => !reached.manifests.contains(&digest),
                Some(Role::Signature(Some(digest))) => !reached.manifests.contains(&digest),
                Some(Role::Signature(None)) => writing.is_new,
                None => false,
            };
            if is_stale {
                self.store.delete(&key(&name))?;
            }
        }
        let with_algorithms =
            reached.blobs.iter().chain(&reached.manifests).any(|digest| digest.algorithm() != Algorithm::Sha256);
        self.put_if_new(VERSION, names::version(with_algorithms).as_bytes())?;
        self.store.tidy(Duration::ZERO)?;
        Ok(())
    }

    /// Returns the digests of the manifests beside the image's own.
    pub(super) fn children(&self) -> Result<Vec<Digest>> {
        let child = |name: String| match Role::of(&name) {
            Some(Role::Child(digest)) => Some(digest),
            _ => None,
        };
        Ok(self.files()?.into_iter().filter_map(child).collect())
    }

    fn files(&self) -> Result<Vec<String>> {
        let mut files: Vec<Key> = Vec::new();
        loop {
            let page = self.store.list(&Key::root(), files.last(), Depth::Children)?;
            files.extend(page.keys);
            if !page.more {
                return Ok(files.iter().map(|key| key.name().into()).collect());
            }
        }
    }

    /// Follows the image's own manifest and those that were put beside it.
    fn reach(&self, put: &BTreeSet<Digest>) -> Result<Reached> {
        let mut reached = Reached::default();
        if let Some(raw) = self.root()? {
            let root = Manifest::parse(raw, None).map_err(Error::manifest(&Selector::Sole, self))?;
            self.follow(&root, 0, &mut reached)?;
        }
        for digest in put {
            self.follow_child(digest, 0, &mut reached)?;
        }
        Ok(reached)
    }

    fn follow(&self, manifest: &Manifest, depth: usize, reached: &mut Reached) -> Result<()> {
        reached.blobs.extend(manifest.blobs().into_iter().map(|blob| blob.digest.clone()));
        for child in manifest.children() {
            self.follow_child(&child.digest, depth + 1, reached)?;
        }
        Ok(())
    }

    fn follow_child(&self, digest: &Digest, depth: usize, reached: &mut Reached) -> Result<()> {
        if depth > MAX_DEPTH || !reached.manifests.insert(digest.clone()) {
            return Ok(());
        }
        // A part of the index that was left out when it was copied.
        let Some(manifest) = self.by_digest(digest, None)? else {
            return Ok(());
        };
        self.follow(&manifest, depth, reached)
    }
}
