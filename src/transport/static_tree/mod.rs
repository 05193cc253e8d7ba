//! `static:`, a tree of files that any web server can serve as a registry.
//!
//! ```text
//! v2/NAME/blobs/DIGEST      hard-linked between the repositories of the tree
//! v2/NAME/tags/list         the tags as JSON
//! v2/NAME/referrers/DIGEST  an index, empty for manifests that nothing refers to
//! _empty-referrers          the index for digests that are not there
//! m/NAME/DIGEST/m.TYPE      a manifest; the file's name tells its media type
//! m/NAME/DIGEST/DIGEST.TYPE the same file: its name tells the digest to servers that cannot read links
//! m/NAME/DIGEST/digest      the digest, for servers that cannot list a folder either
//! m/NAME/TAG                a symbolic link to DIGEST
//! m/NAME/@tags/TAG          the same, to ../DIGEST, where m/NAME/TAG is the folder of a repository
//! ```
//!
//! The links are the truth about tags, and `tags/list` is made of them. Files are replaced whole and only when they differ, so that a
//! server's caches hold. Writers of one repository take turns by a lock on `m/NAME`. The paths are those of the distribution-spec:
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>.

mod fallback;
mod links;
mod names;
mod prune;
mod write;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use super::receive::{Received, is_intact, receive};
use super::{Change, Error, Options, Origin, Result, Selector, Source, Tags, Transport};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::locks;
use crate::manifest::{MAX_SIZE, Manifest};
use crate::media_type::MediaType;
use crate::reference::Tag;
use crate::store::{Key, Local, Lock, LockKind, Object, Store};
use crate::watch::Outcome;
use names::{FILES, Listing, Names};
pub use prune::{Keep, Pruned, Tree};

/// One repository of a tree.
pub(super) struct StaticTree {
    store: Local,
    names: Names,
    resume: bool,
    verify: bool,
    /// The other repositories of the tree, looked for when the first blob is put.
    others: OnceLock<Vec<String>>,
    /// Taken while `others` is filled.
    looking: Mutex<()>,
    /// Whether a tag was put since the listing was made.
    is_listing_old: AtomicBool,
    /// The listing as last read, with its version.
    seen: Mutex<Option<(String, BTreeSet<String>)>>,
    /// Held from the first write on, against a pruning that would take what no manifest needs yet.
    writing: Mutex<Option<Lock>>,
}

/// The largest `tags/list` that is read: some 100,000 tags of the greatest length.
const MAX_LISTING: u64 = 16 << 20;

impl StaticTree {
    /// Opens a tree for reading.
    pub(super) fn open(root: &Path, repository: &str, options: &Options) -> Result<Self> {
        let tree = Self::new(root, repository, options)?;
        if !root.is_dir() {
            return Err(Error::not_found("directory", &tree));
        }
        Ok(tree)
    }

    /// Opens a tree for writing; it need not exist.
    pub(super) fn create(root: &Path, repository: &str, options: &Options) -> Result<Self> {
        let tree = Self::new(root, repository, options)?;
        if root.exists() && !root.is_dir() {
            return Err(Error::unsupported("writing an image", &tree, "a file is there; name a directory"));
        }
        tree.check_lists()?;
        Ok(tree)
    }

    /// Refuses a name whose folder is where the list of another repository's tags is, or the other way round: that cannot be in one tree.
    fn check_lists(&self) -> Result<()> {
        let what = format!("a repository named {:?}", self.names.repository());
        let refuse = |other: String| Error::unsupported(&what, self, &format!("{other}; choose another name"));
        let mut at = self.store.root().join(names::V2);
        for component in self.names.repository().split('/') {
            at.push(component);
            if links::is_there(&at)? && !links::is_directory(&at)? {
                return Err(refuse(format!("{} is not a folder, but a list of tags", at.display())));
            }
        }
        let list = self.path(&self.names.tags_list());
        if links::is_directory(&list)? {
            return Err(refuse(format!("{} would be its list of tags, and is the folder of another", list.display())));
        }
        Ok(())
    }

    fn new(root: &Path, repository: &str, options: &Options) -> Result<Self> {
        let Some(names) = Names::new(repository) else {
            let place = format!("static:{}", root.display());
            return Err(Error::unsupported(
                &format!("a repository named {repository:?}"),
                &place,
                "name it as repositories in registries are named: lower-case letters, digits, '/', '.', '_' and '-'",
            ));
        };
        Ok(Self {
            store: Local::new(root),
            names,
            resume: options.resume,
            verify: options.verify,
            others: OnceLock::new(),
            looking: Mutex::default(),
            is_listing_old: AtomicBool::new(false),
            seen: Mutex::default(),
            writing: Mutex::default(),
        })
    }

    /// Returns the folder of manifests and tags.
    fn folder(&self) -> PathBuf {
        self.path(&self.names.manifests())
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.store.root().join(key.as_str())
    }

    /// Keeps prunings away until this place is dropped.
    fn hold(&self) -> Result<()> {
        let mut writing = locks::lock(&self.writing);
        if writing.is_none() {
            links::make_directories(self.store.root(), names::V2)?;
            self.check_lists()?;
            *writing = Some(self.store.lock(&names::key(names::V2), LockKind::Shared)?);
        }
        Ok(())
    }

    fn read(&self, key: &Key, object: &Object, limit: u64) -> Result<Vec<u8>> {
        object.read_all(limit).map_err(Error::io("read", self.path(key)))
    }

    /// Finds a manifest's file.
    fn find(&self, digest: &Digest) -> Result<Option<(Key, Object, MediaType)>> {
        for (file, media_type) in FILES {
            let key = self.names.manifest(digest).join(file).map_err(crate::store::Error::from)?;
            if let Some(found) = self.store.get(&key)? {
                return Ok(Some((key, found, media_type)));
            }
        }
        Ok(None)
    }

    /// Returns the digest that is meant, if a name stands for one.
    fn digest(&self, at: &Selector) -> Result<Option<Digest>> {
        match at {
            Selector::Digest(digest) => Ok(Some(digest.clone())),
            Selector::Descriptor(descriptor) => Ok(Some(descriptor.digest.clone())),
            // No other text can be a tag.
            Selector::Tag(tag) if tag.parse::<Tag>().is_err() => Ok(None),
            Selector::Tag(tag) => links::read_tag(&self.folder(), tag),
            Selector::Sole => match self.linked()?.unwrap_or_default().as_slice() {
                [] => Ok(None),
                [tag] => links::read_tag(&self.folder(), tag),
                choices => Err(Error::Ambiguous { place: self.to_string(), choices: choices.to_vec() }),
            },
            Selector::Entry(_) => {
                Err(Error::unsupported("naming an image by number", self, "name its tag or its digest"))
            }
        }
    }

    fn linked(&self) -> Result<Option<Vec<String>>> {
        links::list_tags(&self.folder())
    }

    /// Reads `tags/list`.
    fn listed(&self) -> Result<Option<Vec<String>>> {
        let key = self.names.tags_list();
        let Some(found) = self.store.get(&key)? else {
            return Ok(None);
        };
        let listing: Listing = serde_json::from_slice(&self.read(&key, &found, MAX_LISTING)?).map_err(|error| {
            Error::Malformed { place: self.path(&key).display().to_string(), reason: error.to_string() }
        })?;
        Ok(Some(listing.tags))
    }

    /// Says whether `tags/list` has a tag. All tags of a tree are asked for one by one, so it is read again only when it has changed.
    fn is_listed(&self, tag: &str) -> Result<bool> {
        let version = self.store.get(&self.names.tags_list())?.and_then(|found| found.etag);
        let mut seen = self.seen.lock().expect("nothing panics while it holds the listing");
        if seen.is_none() || version.is_none() || seen.as_ref().is_some_and(|(of, _)| Some(of) != version.as_ref()) {
            let listed = self.listed()?.unwrap_or_default().into_iter().collect();
            *seen = Some((version.unwrap_or_default(), listed));
        }
        Ok(seen.as_ref().is_some_and(|(_, listed)| listed.contains(tag)))
    }

    fn referring(&self, subject: &Digest) -> Result<Option<Manifest>> {
        let key = self.names.referrers(subject);
        let Some(found) = self.store.get(&key)? else {
            return Ok(None);
        };
        let at = Selector::Digest(subject.clone());
        let raw = self.read(&key, &found, MAX_SIZE)?;
        Manifest::parse(raw, Some(&MediaType::OCI_INDEX)).map(Some).map_err(Error::manifest(&at, self))
    }
}

impl Source for StaticTree {
    fn resolve(&self, at: &Selector) -> Result<Option<Descriptor>> {
        let Some(digest) = self.digest(at)? else {
            return Ok(None);
        };
        Ok(self.find(&digest)?.map(|(_, found, media_type)| Descriptor::new(media_type, digest, found.size)))
    }

    fn manifest(&self, at: &Selector) -> Result<Manifest> {
        let digest = self.digest(at)?.ok_or_else(|| Error::not_found(at, self))?;
        let (key, found, media_type) = self.find(&digest)?.ok_or_else(|| Error::not_found(at, self))?;
        let raw = self.read(&key, &found, MAX_SIZE)?;
        Manifest::parse_verified(raw, Some(&media_type), &digest).map_err(Error::manifest(at, self))
    }

    fn blob(&self, blob: &Descriptor) -> Result<Blob<'_>> {
        let found = self.store.get(&self.names.blob(&blob.digest))?;
        let found = found.ok_or_else(|| Error::not_found(format!("blob {}", blob.digest), self))?;
        let mut blob = blob.clone();
        if blob.size == 0 {
            blob.size = found.size;
        }
        Ok(Blob::new(blob, move |at| Ok(found.open(at)?.into_reader()))?)
    }

    /// Lists the links; where they did not survive, what `tags/list` says.
    fn tags(&self, after: Option<&str>) -> Result<Tags> {
        let names = match self.linked()? {
            Some(names) if !names.is_empty() => Some(names),
            linked => self.listed()?.or(linked),
        };
        let mut names = names.ok_or_else(|| Error::not_found("repository", self))?;
        names.retain(|name| after.is_none_or(|after| name.as_str() > after));
        Ok(Tags { names, next: None })
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        let index = self.referring(subject)?;
        Ok(index.as_ref().and_then(Manifest::as_index).map(|index| index.manifests.clone()).unwrap_or_default())
    }
}

impl Transport for StaticTree {
    fn has_blob(&self, blob: &Descriptor) -> Result<bool> {
        let found = self.store.get(&self.names.blob(&blob.digest))?;
        let is_there = found.is_some_and(|found| found.size == blob.size || blob.size == 0);
        Ok(is_there && (!self.verify || is_intact(self, blob)?))
    }

    fn accepts(&self, manifest: &Manifest) -> Result<()> {
        self.file_for(manifest).map(drop)
    }

    fn put_blob(&self, mut blob: Blob<'_>, _from: Option<&Origin>) -> Result<Outcome> {
        self.hold()?;
        let descriptor = blob.descriptor().clone();
        let settled = |before: &dyn Fn() -> Result<()>| {
            if self.has_blob(&descriptor)? {
                return Ok(Some(Outcome::Existed));
            }
            // What another repository has may be damaged as well.
            Ok((!self.verify && self.share(&descriptor, before)?).then_some(Outcome::Mounted))
        };
        // Before the blob is there: nobody looks for the stage of one that is.
        if let Some(outcome) = settled(&|| self.discard_partial(&descriptor))? {
            return Ok(outcome);
        }
        let settled = || settled(&|| Ok(()));
        match receive(&self.store, &mut blob, self.resume, settled)? {
            Received::Settled(outcome) => Ok(outcome),
            Received::Staged(stage, outcome) => {
                stage.commit(&self.names.blob(&descriptor.digest), &descriptor.digest)?;
                Ok(outcome)
            }
        }
    }

    fn put_manifest(&self, at: &Selector, manifest: &Manifest) -> Result<()> {
        self.write_manifest(at, manifest)
    }

    fn update(&self, tag: &str, change: &Change<'_>) -> Result<Option<Manifest>> {
        self.replace(tag, change)
    }

    /// Looks the listing up as well: it is made last.
    fn complete(&self, at: &Selector) -> Result<Option<Descriptor>> {
        let Some(found) = self.resolve(at)? else {
            return Ok(None);
        };
        if let Some(tag) = at.tag()
            && !self.is_listed(tag)?
        {
            return Ok(None);
        }
        Ok(super::is_complete(self, &found, 0, &mut BTreeSet::new())?.then_some(found))
    }

    /// Removes a tag, or a manifest with its tags. Blobs stay, for other images may need them.
    fn delete(&self, at: &Selector) -> Result<()> {
        match at {
            Selector::Digest(digest) => self.delete_manifest(digest),
            Selector::Descriptor(descriptor) => self.delete_manifest(&descriptor.digest),
            Selector::Tag(tag) => self.delete_tag(tag),
            Selector::Sole | Selector::Entry(_) => {
                Err(Error::unsupported("deleting an image without a name", self, "name its tag or its digest"))
            }
        }
    }

    /// Makes the listing of the tags, once for all that were put.
    fn finish(&self) -> Result<()> {
        if self.is_listing_old.swap(false, Ordering::SeqCst) {
            let _lock = self.lock()?;
            self.write_listing()?;
        }
        // Unfinished stages stay for whoever resumes them.
        self.store.tidy(Duration::MAX)?;
        Ok(())
    }
}

impl fmt::Display for StaticTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "static:{}:{}", self.store.root().display(), self.names.repository())
    }
}

#[cfg(test)]
mod tests;
