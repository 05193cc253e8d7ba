//! Writing to the tree: shared blobs, manifests, tags, listings.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;

use super::names::{self, EMPTY_REFERRERS, FILES, PARTS};
use super::{MAX_SIZE, StaticTree, links};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::locks;
use crate::manifest::{Index, Manifest};
use crate::media_type::Format;
use crate::reference::Tag;
use crate::store::{Content, Key, Lock, LockKind, Store};
use crate::transport::receive::partial;
use crate::transport::{Change, Error, Result, Selector, Source, error};

impl StaticTree {
    /// Returns the name of the file that a manifest is kept in.
    pub(super) fn file_for(&self, manifest: &Manifest) -> Result<&'static str> {
        let file = FILES.into_iter().find(|(_, media_type)| media_type == manifest.media_type());
        file.map(|(file, _)| file).ok_or_else(|| {
            let what = format!("a manifest of type {}", manifest.media_type());
            Error::unsupported(&what, self, "choose a destination that keeps it, such as a registry or dir:")
        })
    }

    pub(super) fn lock(&self) -> Result<Lock> {
        self.make_folder()?;
        Ok(self.store.lock(&self.names.manifests(), LockKind::Exclusive)?)
    }

    /// Makes the folder of manifests. The links of tags that are in its way are moved, under the locks of their repositories.
    fn make_folder(&self) -> Result<()> {
        let root = self.store.root();
        let (mut at, mut locks) = ("m".to_owned(), Vec::new());
        for component in self.names.repository().split('/') {
            let above = root.join(&at);
            if links::is_link(&above.join(component))? {
                locks.push(self.store.lock(&names::key(&at), LockKind::Exclusive)?);
                links::make_way(&above, component)?;
            }
            at = format!("{at}/{component}");
        }
        links::make_directories(root, &at).map(drop)
    }

    pub(super) fn write_manifest(&self, at: &Selector, manifest: &Manifest) -> Result<()> {
        let file = self.file_for(manifest)?;
        let tag = match at {
            Selector::Tag(tag) => Some(self.check_tag(tag)?),
            Selector::Entry(_) => {
                return Err(Error::unsupported("numbering an image", self, "name a tag"));
            }
            _ => None,
        };
        let digest = at.digest().unwrap_or(manifest.digest());
        crate::transport::dir::check_digest(digest, manifest)?;
        self.hold()?;
        let _lock = self.lock()?;
        self.write_locked(digest, file, tag.as_ref(), manifest)
    }

    /// Puts in place of what a tag names what `change` makes of it, with the lock held from the look to the write.
    pub(super) fn replace(&self, tag: &str, change: &Change<'_>) -> Result<Option<Manifest>> {
        let checked = self.check_tag(tag)?;
        let at = Selector::Tag(tag.into());
        self.hold()?;
        let _lock = self.lock()?;
        let there = error::if_there(self.manifest(&at))?;
        let Some(new) = change(there.as_ref())? else {
            return Ok(there);
        };
        self.write_locked(new.digest(), self.file_for(&new)?, Some(&checked), &new)?;
        Ok(Some(new))
    }

    /// Writes a manifest. The caller holds the lock.
    fn write_locked(&self, digest: &Digest, file: &str, tag: Option<&Tag>, manifest: &Manifest) -> Result<()> {
        self.put_files(digest, file, manifest.raw())?;
        if let Some(subject) = manifest.subject() {
            let descriptor = Descriptor { digest: digest.clone(), ..manifest.as_referrer() };
            self.change_referrers(&subject.digest, |referrers| referrers.push(descriptor), digest)?;
        }
        if let Some(tag) = tag {
            links::point_tag(&self.folder(), tag.as_str(), digest)?;
            self.is_listing_old.store(true, Ordering::SeqCst);
        }
        Ok(())
    }

    /// Writes a manifest with what tells servers about it; the file that makes it be there comes last.
    pub(super) fn put_files(&self, digest: &Digest, file: &str, raw: &[u8]) -> Result<()> {
        let empty = names::key(EMPTY_REFERRERS);
        self.put_if_new(&empty, empty_index().raw())?;
        let referrers = self.names.referrers(digest);
        if self.store.get(&referrers)?.is_none() {
            self.put_link(&empty, &referrers, empty_index().raw())?;
        }
        self.put_if_new(&self.manifest_file(digest, names::DIGEST), digest.to_string().as_bytes())?;
        let telling = self.manifest_file(digest, &names::telling(digest, file));
        self.put_if_new(&telling, raw)?;
        let own = self.manifest_file(digest, file);
        if self.store.get(&own)?.is_none() {
            self.put_link(&telling, &own, raw)?;
        }
        self.put_if_new(&own, raw)?;
        // The same bytes were given another type before.
        for (other, _) in FILES.iter().filter(|(other, _)| *other != file) {
            self.store.delete(&self.manifest_file(digest, other))?;
            self.store.delete(&self.manifest_file(digest, &names::telling(digest, other)))?;
        }
        Ok(())
    }

    /// Gives a file a second name, or its content where that cannot be.
    fn put_link(&self, from: &Key, to: &Key, content: &[u8]) -> Result<()> {
        links::make_directories(self.store.root(), to.parent().as_str())?;
        if links::share(&self.path(from), &self.path(to), content.len() as u64)? {
            return Ok(());
        }
        Ok(self.store.put(to, Content::Bytes(content))?)
    }

    fn manifest_file(&self, digest: &Digest, file: &str) -> Key {
        self.names.manifest(digest).join(file).expect("a file's name is a key")
    }

    fn check_tag(&self, tag: &str) -> Result<Tag> {
        let what = format!("tag {tag:?}");
        let Ok(checked) = tag.parse::<Tag>() else {
            let hint = "a tag has 1 to 128 letters, digits, '_', '.' or '-', and does not start with '.' or '-'";
            return Err(Error::unsupported(&what, self, hint));
        };
        Ok(checked)
    }

    /// Changes the index of a subject's referrers, in which `digest` is then only as `change` put it.
    fn change_referrers(
        &self,
        subject: &Digest,
        change: impl FnOnce(&mut Vec<Descriptor>),
        digest: &Digest,
    ) -> Result<()> {
        let old = self.referring(subject)?;
        let mut index = old.as_ref().and_then(Manifest::as_index).cloned().unwrap_or_default();
        index.manifests.retain(|descriptor| descriptor.digest != *digest);
        change(&mut index.manifests);
        index.manifests.sort_by(|a, b| a.digest.cmp(&b.digest));
        self.write_referrers(subject, &index, self.find(subject)?.is_some())
    }

    /// Makes the listing of what is linked. The caller holds the lock.
    pub(super) fn write_listing(&self) -> Result<()> {
        let tags = self.linked()?.unwrap_or_default();
        self.put_if_new(&self.names.tags_list(), &self.names.listing(&tags))
    }

    pub(super) fn delete_tag(&self, tag: &str) -> Result<()> {
        let not_found = || Error::not_found(format!("tag {tag}"), self);
        if tag.parse::<Tag>().is_err() || links::read_tag(&self.folder(), tag)?.is_none() {
            return Err(not_found());
        }
        let _lock = self.lock()?;
        if !links::unlink_tag(&self.folder(), tag)? {
            return Err(not_found());
        }
        links::sync_tags(&self.folder())?;
        self.write_listing()
    }

    pub(super) fn delete_manifest(&self, digest: &Digest) -> Result<()> {
        let at = Selector::Digest(digest.clone());
        if self.find(digest)?.is_none() {
            return Err(Error::not_found(at, self));
        }
        self.hold()?;
        let _lock = self.lock()?;
        for tag in self.linked()?.unwrap_or_default() {
            if links::read_tag(&self.folder(), &tag)?.as_ref() == Some(digest) {
                links::unlink_tag(&self.folder(), &tag)?;
            }
        }
        links::sync_tags(&self.folder())?;
        self.write_listing()?;
        let (key, found, media_type) = self.find(digest)?.ok_or_else(|| Error::not_found(&at, self))?;
        // One that cannot be read any more refers to nothing that could be known.
        if let Ok(manifest) = Manifest::parse(self.read(&key, &found, MAX_SIZE)?, Some(&media_type))
            && let Some(subject) = manifest.subject()
        {
            self.change_referrers(&subject.digest, |_| (), digest)?;
        }
        self.remove_files(digest)?;
        links::sync_parent(&self.path(&self.names.manifest(digest)))
    }

    /// Removes a manifest's files, the one first that makes it be there, and its list of referrers if that is empty. After a crash they may
    /// be back.
    pub(super) fn remove_files(&self, digest: &Digest) -> Result<()> {
        let folder = self.path(&self.names.manifest(digest));
        let files = FILES.into_iter().map(|(file, _)| file.to_owned());
        let telling = FILES.into_iter().map(|(file, _)| names::telling(digest, file));
        for file in files.chain(telling).chain([names::DIGEST.to_owned()]) {
            links::unlink(&folder.join(file))?;
        }
        let is_empty = |index: &Manifest| index.as_index().is_some_and(|index| index.manifests.is_empty());
        if self.referring(digest)?.as_ref().is_some_and(is_empty) {
            links::unlink(&self.path(&self.names.referrers(digest)))?;
        }
        fs::remove_dir(&folder).map_err(Error::io("delete", &folder))
    }

    /// Writes a file unless it has this very content: inode and time stay, and with them what a server tells caches.
    pub(super) fn put_if_new(&self, key: &Key, content: &[u8]) -> Result<()> {
        if let Some(found) = self.store.get(key)?
            && found.size == content.len() as u64
            && self.read(key, &found, found.size)? == content
        {
            return Ok(());
        }
        Ok(self.store.put(key, Content::Bytes(content))?)
    }

    /// Links a blob from another repository of the tree, after `before`; says whether one had it.
    pub(super) fn share(&self, blob: &Descriptor, before: impl Fn() -> Result<()>) -> Result<bool> {
        let to = self.names.blob(&blob.digest);
        for other in self.others()? {
            let from = self.path(&names::blob(other, &blob.digest));
            if !from.is_file() {
                continue;
            }
            before()?;
            links::make_directories(self.store.root(), to.parent().as_str())?;
            if links::share(&from, &self.path(&to), blob.size)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Removes what an interrupted run has left of a blob that another repository has by now.
    pub(super) fn discard_partial(&self, blob: &Descriptor) -> Result<()> {
        let key = partial(&blob.digest);
        if self.path(&key).is_file() {
            self.store.stage(&key)?.abort()?;
        }
        Ok(())
    }

    fn others(&self) -> Result<&[String]> {
        let _one_looks = locks::lock(&self.looking);
        if self.others.get().is_none() {
            let mut found = Vec::new();
            find_repositories(&self.store.root().join("v2"), "", &mut found)?;
            found.retain(|name| name != self.names.repository());
            found.sort();
            // Only the holder of the lock sets it.
            let _ = self.others.set(found);
        }
        Ok(self.others.get().expect("it was set"))
    }
}

/// Collects the names of repositories with blobs below `at`. One with a component `blobs`, `tags` or `referrers` is not found; its blobs
/// are then stored twice.
pub(super) fn find_repositories(at: &Path, name: &str, found: &mut Vec<String>) -> Result<()> {
    let entries = match fs::read_dir(at) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io("list", at)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(Error::io("list", at))?;
        let file_name = entry.file_name();
        let (Some(component), true) =
            (file_name.to_str(), entry.file_type().map_err(Error::io("read", entry.path()))?.is_dir())
        else {
            continue;
        };
        if !PARTS.contains(&component) {
            let name = if name.is_empty() { component.to_owned() } else { format!("{name}/{component}") };
            find_repositories(&entry.path(), &name, found)?;
        } else if component == "blobs" && names::Names::new(name).is_some() {
            found.push(name.to_owned());
        }
    }
    Ok(())
}

fn empty_index() -> Manifest {
    Manifest::index(Format::Oci, &Index::default()).expect("an index without entries is a small one")
}
