//! Writing to a layout: blobs, manifests, and last the names.

use std::collections::HashSet;
use std::time::Duration;

use super::{Edit, Layout, blob_key, key};
use crate::blob::{Blob, Fault};
use crate::descriptor::Descriptor;
use crate::locks;
use crate::manifest::Manifest;
use crate::store::{Content, Depth, Lock, LockKind};
use crate::transport::receive::{Received, receive};
use crate::transport::{Change, Error, Result, Selector, Transport, error};
use crate::watch::Outcome;

/// The file that makes a directory a layout.
const OCI_LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

impl Layout {
    /// Keeps sweeps away until this value is dropped, once there is a layout at all.
    pub(super) fn hold(&self) -> Result<()> {
        let mut held = locks::lock(&self.held);
        // A lock would make the file where it is missing.
        if held.is_none() && self.store.get(&key("oci-layout"))?.is_some() {
            *held = Some(self.store.lock(&key("oci-layout"), LockKind::Shared)?);
        }
        Ok(())
    }

    /// Makes the layout if there is none.
    pub(super) fn make(&self) -> Result<()> {
        self.hold()?;
        if locks::lock(&self.held).is_some() {
            return Ok(());
        }
        // Made once, for replacing it would void the locks on it; a stage has one taker at a time. It is not the stage that becomes the
        // file: whoever waits for the stage would wait for the locks on the file then.
        let stage = self.store.stage(&key(".partial/oci-layout"))?;
        if self.store.get(&key("oci-layout"))?.is_none() {
            self.store.put(&key("oci-layout"), Content::Bytes(OCI_LAYOUT))?;
        }
        stage.abort()?;
        self.hold()
    }

    pub(super) fn write_blob(&self, mut blob: Blob<'_>) -> Result<Outcome> {
        let descriptor = blob.descriptor().clone();
        self.hold()?;
        if self.holds(&descriptor)? {
            return Ok(Outcome::Existed);
        }
        let settled = || Ok(self.holds(&descriptor)?.then_some(Outcome::Existed));
        let (stage, outcome) = match receive(&*self.store, &mut blob, self.resume, settled)? {
            Received::Settled(outcome) => return Ok(outcome),
            Received::Staged(stage, outcome) => (stage, outcome),
        };
        self.make()?;
        stage.commit(&blob_key(&descriptor.digest), &descriptor.digest)?;
        Ok(outcome)
    }

    pub(super) fn write_manifest(&self, at: &Selector, manifest: &Manifest) -> Result<()> {
        self.accepts(manifest)?;
        if let Selector::Tag(tag) = at {
            // Replacing several images would take the name from all of them.
            self.one_of(&self.index()?.named(tag))?;
        }
        let descriptor = manifest.descriptor();
        let edit = match at {
            Selector::Tag(tag) => Some(Edit::Tag(tag.clone(), descriptor.clone())),
            Selector::Sole => Some(Edit::Add(descriptor.clone())),
            Selector::Entry(_) => {
                return Err(Error::unsupported("writing to an entry by its number", self, "give the image a name"));
            }
            Selector::Digest(_) | Selector::Descriptor(_) => {
                self.check_digest(at, &descriptor)?;
                // As oras writes them; else nothing would lead to a signature.
                manifest.subject().map(|_| Edit::Add(manifest.as_referrer()))
            }
        };
        self.make()?;
        if !self.holds(&descriptor)? {
            self.store.put(&blob_key(manifest.digest()), Content::Bytes(manifest.raw()))?;
        }
        if let Some(edit) = edit {
            self.edit(edit)?;
        }
        Ok(())
    }

    fn check_digest(&self, at: &Selector, descriptor: &Descriptor) -> Result<()> {
        match at.digest() {
            Some(wanted) if *wanted != descriptor.digest => {
                let mut lie = descriptor.clone();
                lie.digest = wanted.clone();
                let got = descriptor.digest.clone();
                Err(Fault::Mismatch { wanted: Box::new(lie), got, size: descriptor.size }.into())
            }
            _ => Ok(()),
        }
    }

    /// Merges what was put into `index.json`.
    pub(super) fn flush(&self) -> Result<()> {
        if self.is_pending() || self.is_there()? && self.store.get(&key("index.json"))?.is_none() {
            let _lock = self.lock_index()?;
            self.merge()?;
        }
        self.store.tidy(Duration::MAX)?;
        Ok(())
    }

    fn is_pending(&self) -> bool {
        !locks::lock(&self.pending).is_empty()
    }

    /// Does the merging. The caller holds the lock.
    fn merge(&self) -> Result<()> {
        let mut pending = locks::lock(&self.pending);
        let mut index = self.stored_index()?;
        pending.iter().for_each(|edit| index.apply(edit));
        self.store.put(&key("index.json"), Content::Bytes(&index.to_vec()))?;
        pending.clear();
        drop(pending);
        // What was made while there was no file would be taken for that of a file that is gone again.
        self.view.forget();
        Ok(())
    }

    /// Puts in place of what a tag names what `change` makes of it. The lock is held from the look to the write, for another process may be
    /// about to do the same; and so this edit does not wait for the end.
    pub(super) fn replace(&self, tag: &str, change: &Change<'_>) -> Result<Option<Manifest>> {
        // In the order of a sweep: the layout's lock first, then the index's.
        self.hold()?;
        if self.is_pending() {
            self.flush()?;
        }
        let _lock = self.lock_index()?;
        let at = Selector::Tag(tag.into());
        let there = error::if_there(self.read_manifest(&at))?;
        let Some(new) = change(there.as_ref())? else {
            return Ok(there);
        };
        self.write_manifest(&at, &new)?;
        self.merge()?;
        Ok(Some(new))
    }

    /// Keeps others from replacing `index.json`.
    fn lock_index(&self) -> Result<Lock> {
        let blobs = key("blobs");
        if self.store.list(&blobs, None, Depth::Children)?.keys.is_empty() {
            // A lock would make a file where blobs are to be. Without a blob there is no image to lose either.
            return Ok(Lock::trivial());
        }
        Ok(self.store.lock(&blobs, LockKind::Exclusive)?)
    }

    /// Takes entries out, and then sweeps, unless someone is writing.
    pub(super) fn remove(&self, at: &Selector) -> Result<()> {
        if !self.is_there()? {
            return Err(Error::not_found(at, self));
        }
        // Only what was put: an index.json that is missing must not be replaced by an empty one, which would name nothing.
        if self.is_pending() {
            self.flush()?;
        }
        if self.store.get(&key("index.json"))?.is_none() {
            return Err(self.malformed("it has no index.json"));
        }
        {
            let _lock = self.lock_index()?;
            let mut index = self.stored_index()?;
            let found = self.find(at)?.ok_or_else(|| Error::not_found(at, self))?;
            let names: HashSet<Descriptor> =
                at.tag().map(|tag| index.find(tag)).into_iter().flatten().cloned().collect();
            let removed = index.remove(|number, entry| match at {
                Selector::Tag(_) => names.contains(entry),
                Selector::Entry(wanted) => number == *wanted,
                _ => entry.digest == found.digest,
            });
            if removed == 0 {
                return Err(Error::not_found(at, self));
            }
            self.store.put(&key("index.json"), Content::Bytes(&index.to_vec()))?;
        }
        self.sweep_if_idle()
    }
}
