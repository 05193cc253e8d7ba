//! What is kept in memory of a layout, each made once per version of `index.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use super::unlisted::Unlisted;
use super::{Edit, Index, Layout, key};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::transport::Result;

/// The version of an `index.json`: nothing for no file, and no etag for a store that does not tell versions apart.
type Version = Option<Option<String>>;

/// Something that was made of `index.json`.
struct Made<T> {
    version: Version,
    value: T,
}

/// What was made of `index.json` when last asked for. Where two of the locks are held, they are taken in this order.
#[derive(Default)]
pub(super) struct View {
    unlisted: Mutex<Option<Made<Unlisted>>>,
    referrers: Mutex<Option<Made<Referrers>>>,
    /// Indexes of names that several platforms have.
    groups: Mutex<Option<Made<BTreeMap<Digest, Manifest>>>>,
    /// The entries together with the edits that are to be merged.
    index: Mutex<Option<Made<Arc<Index>>>>,
    /// The file itself where it is the index of one image.
    image: Mutex<Option<Made<Option<Manifest>>>>,
}

impl View {
    /// Forgets everything: it is made again when it is asked for.
    pub(super) fn forget(&self) {
        let Self { unlisted, referrers, groups, index, image } = self;
        unlisted.lock().expect(HELD).take();
        referrers.lock().expect(HELD).take();
        groups.lock().expect(HELD).take();
        index.lock().expect(HELD).take();
        image.lock().expect(HELD).take();
    }
}

/// The manifests that name a subject, by the subject.
#[derive(Default)]
struct Referrers {
    /// The manifests that were read.
    seen: BTreeSet<Digest>,
    found: BTreeMap<Digest, Vec<Descriptor>>,
}

impl Layout {
    /// Returns `index.json` together with what is to be merged into it.
    pub(super) fn index(&self) -> Result<Arc<Index>> {
        let make = || {
            let mut index = self.stored_index()?;
            self.pending
                .lock()
                .expect("nothing panics while it holds the edits")
                .iter()
                .for_each(|edit| index.apply(edit));
            Ok(Arc::new(index))
        };
        self.once(&self.view.index, make, Arc::clone)
    }

    /// Returns `index.json` itself as the index of an image.
    pub(super) fn index_as_manifest(&self) -> Result<Option<Manifest>> {
        self.once(&self.view.image, || self.parse_as_manifest(), Clone::clone)
    }

    /// Lists the manifests that refer to `subject`, among the entries and below the indexes among them; that includes the referrers tags
    /// that tools without a list of their own write.
    pub(super) fn find_referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        let make = || {
            let mut referrers = Referrers::default();
            referrers.look(self, self.index()?.descriptors())?;
            Ok(referrers)
        };
        let list = |referrers: &Referrers| referrers.found.get(subject).cloned().unwrap_or_default();
        self.once(&self.view.referrers, make, list)
    }

    /// Reads the unlisted referrers.
    pub(super) fn with_unlisted<R>(&self, read: impl FnOnce(&Unlisted) -> R) -> Result<R> {
        self.once(&self.view.unlisted, || self.read_unlisted(), read)
    }

    /// Reads the indexes of names that several platforms have.
    pub(super) fn with_groups<R>(
        &self,
        make: impl FnOnce() -> Result<BTreeMap<Digest, Manifest>>,
        read: impl FnOnce(&BTreeMap<Digest, Manifest>) -> R,
    ) -> Result<R> {
        self.once(&self.view.groups, make, read)
    }

    /// Makes an edit visible. The edit is merged later.
    pub(super) fn edit(&self, edit: Edit) -> Result<()> {
        let entry = edit.descriptor().clone();
        {
            let mut view = self.view.index.lock().expect(HELD);
            if let Some(made) = &mut *view {
                Arc::make_mut(&mut made.value).apply(&edit);
            }
            self.pending.lock().expect("nothing panics while it holds the edits").push(edit);
        }
        match &mut *self.view.referrers.lock().expect(HELD) {
            Some(made) => made.value.look(self, [&entry]),
            None => Ok(()),
        }
    }

    /// Reads what was made of this version of `index.json`, or makes it.
    fn once<T, R>(
        &self,
        slot: &Mutex<Option<Made<T>>>,
        make: impl FnOnce() -> Result<T>,
        read: impl FnOnce(&T) -> R,
    ) -> Result<R> {
        let version = self.store.get(&key("index.json"))?.map(|object| object.etag);
        let mut slot = slot.lock().expect(HELD);
        if let Some(made) = slot.as_ref().filter(|made| made.version == version && version != Some(None)) {
            return Ok(read(&made.value));
        }
        let made = slot.insert(Made { version, value: make()? });
        Ok(read(&made.value))
    }
}

/// Why a lock is never poisoned.
const HELD: &str = "nothing panics while it holds the view";

impl Referrers {
    /// Reads the manifests that were not read before, and what is below them. A list instead of recursion, for the depth is foreign.
    fn look<'a>(&mut self, layout: &Layout, entries: impl IntoIterator<Item = &'a Descriptor>) -> Result<()> {
        // What is missing now may be put later, and is looked at again then.
        let mut missing = BTreeSet::new();
        for entry in entries {
            let mut next = vec![entry.clone()];
            while let Some(at) = next.pop() {
                if self.seen.contains(&at.digest) || missing.contains(&at.digest) {
                    continue;
                }
                let Some(manifest) = layout.acceptable_manifest(&at)? else {
                    missing.insert(at.digest);
                    continue;
                };
                self.seen.insert(at.digest);
                if let Some(subject) = manifest.subject() {
                    self.found.entry(subject.digest.clone()).or_default().push(manifest.as_referrer());
                }
                next.extend(manifest.children().iter().rev().cloned());
            }
        }
        Ok(())
    }
}
