//! Removing what nobody needs from a whole tree.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::names::{NEW_LINK, V2};
use super::{FILES, Names, StaticTree, links, names, write};
use crate::digest::Digest;
use crate::manifest::{Index, Manifest};
use crate::reference::Tag;
use crate::store::{LockKind, Store};
use crate::transport::{Error, Options, Result, Selector, Source};

/// A whole tree of `static:`, all repositories of it.
#[derive(Clone, Debug)]
pub struct Tree {
    root: PathBuf,
    options: Options,
}

/// What stays in a repository, with all that it refers to and all that refers to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Tags.
    pub tags: BTreeSet<String>,
    /// Manifests, with or without a tag.
    pub digests: BTreeSet<Digest>,
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pruned {
    /// Repositories of which nothing is left.
    pub repositories: u64,
    /// Tags.
    pub tags: u64,
    /// Manifests.
    pub manifests: u64,
    /// Blobs, counted in each repository that had them.
    pub blobs: u64,
    /// Bytes of blobs that no repository has any more.
    pub bytes: u64,
}

/// What a repository needs.
#[derive(Default)]
struct Needed {
    manifests: BTreeSet<Digest>,
    blobs: BTreeSet<Digest>,
}

impl Tree {
    /// Opens a tree, which need not exist.
    pub fn open(root: impl Into<PathBuf>, options: &Options) -> Self {
        Self { root: root.into(), options: options.clone() }
    }

    /// Lists the repositories, sorted.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn repositories(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        find_repositories(&self.root.join("m"), "", &mut found)?;
        // One that was not finished has blobs and no manifest.
        write::find_repositories(&self.root.join(V2), "", &mut found)?;
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// Removes every repository and tag that `keep` does not name, then the manifests and blobs that are not needed any more. Waits until
    /// nobody writes to the tree. Who is reading an image that is removed does not get to its end.
    ///
    /// # Errors
    /// When something cannot be read, so that nobody knows what it needs, or cannot be removed.
    pub fn prune(&self, keep: &BTreeMap<String, Keep>) -> Result<Pruned> {
        let mut pruned = Pruned::default();
        if !links::is_directory(&self.root.join(V2))? {
            return Ok(pruned);
        }
        let _lock = crate::store::Local::new(&*self.root).lock(&names::key(V2), LockKind::Exclusive)?;
        for repository in self.repositories()? {
            self.options.watch.check()?;
            let tree = StaticTree::open(&self.root, &repository, &self.options)?;
            let nothing = Keep::default();
            tree.prune(keep.get(&repository).unwrap_or(&nothing), &mut pruned)?;
        }
        Ok(pruned)
    }
}

impl StaticTree {
    /// The caller keeps writers away.
    fn prune(&self, keep: &Keep, pruned: &mut Pruned) -> Result<()> {
        let _lock = self.lock()?;
        links::remove(&self.folder().join(NEW_LINK))?;
        let (kept, gone): (Vec<_>, Vec<_>) =
            self.linked()?.unwrap_or_default().into_iter().partition(|tag| keep.tags.contains(tag));
        // Before anything is taken away, it is known that everything can be.
        let needed = self.needed(&kept, keep)?;
        for tag in &gone {
            links::unlink_tag(&self.folder(), tag)?;
            pruned.tags += 1;
        }
        // A tag must not come back to a manifest that is gone; what else comes back after a crash goes with the next pruning.
        links::sync_tags(&self.folder())?;
        if !needed.manifests.is_empty() {
            self.write_listing()?;
        }
        self.prune_referrers(&needed.manifests)?;
        let lists = self.fallbacks()?;
        let is_needed = |digest: &&Digest| needed.manifests.contains(*digest) || lists.contains(*digest);
        for digest in digests(&self.folder())?.iter().filter(|digest| !is_needed(digest)) {
            self.remove_files(digest)?;
            pruned.manifests += 1;
        }
        self.prune_blobs(&needed.blobs, pruned)?;
        if needed.manifests.is_empty() {
            self.remove_folders()?;
            pruned.repositories += 1;
        }
        Ok(())
    }

    fn needed(&self, tags: &[String], keep: &Keep) -> Result<Needed> {
        let mut needed = Needed::default();
        let mut open: Vec<Digest> = keep.digests.iter().cloned().collect();
        for tag in tags {
            open.extend(links::read_tag(&self.folder(), tag)?);
        }
        while let Some(digest) = open.pop() {
            if needed.manifests.contains(&digest) || self.find(&digest)?.is_none() {
                continue;
            }
            let manifest = self.manifest(&Selector::Digest(digest.clone()))?;
            open.extend(manifest.children().iter().map(|child| child.digest.clone()));
            open.extend(self.referrers(&digest)?.into_iter().map(|referrer| referrer.digest));
            needed.blobs.extend(manifest.blobs().into_iter().map(|blob| blob.digest.clone()));
            needed.manifests.insert(digest);
        }
        Ok(needed)
    }

    /// Takes out of the lists of referrers what will not be there any more.
    fn prune_referrers(&self, needed: &BTreeSet<Digest>) -> Result<()> {
        for subject in digests(&self.path(&self.names.referrers_folder()))? {
            let mut index =
                self.referring(&subject)?.as_ref().and_then(Manifest::as_index).cloned().unwrap_or_default();
            index.manifests.retain(|referrer| needed.contains(&referrer.digest));
            self.write_referrers(&subject, &index, needed.contains(&subject))?;
        }
        Ok(())
    }

    fn prune_blobs(&self, needed: &BTreeSet<Digest>, pruned: &mut Pruned) -> Result<()> {
        for digest in digests(&self.path(&self.names.blobs()))?.iter().filter(|digest| !needed.contains(digest)) {
            let path = self.path(&self.names.blob(digest));
            let freed = links::last_name(&path)?;
            links::unlink(&path)?;
            pruned.blobs += 1;
            pruned.bytes += freed;
        }
        Ok(())
    }

    /// Removes the folders of a repository in which nothing is left.
    fn remove_folders(&self) -> Result<()> {
        self.store.delete(&self.names.tags_list())?;
        let parts = [self.names.tags_list().parent(), self.names.blobs(), self.names.referrers_folder()];
        for folder in parts.iter().chain([&self.names.manifests()]) {
            links::remove_empty(self.store.root(), folder.as_str())?;
        }
        Ok(())
    }

    /// Writes the list of a subject's referrers; an empty one stays only for a subject that is there.
    pub(super) fn write_referrers(&self, subject: &Digest, index: &Index, is_there: bool) -> Result<()> {
        let key = self.names.referrers(subject);
        let at = Selector::Digest(subject.clone());
        let new = Manifest::index(crate::media_type::Format::Oci, index).map_err(Error::manifest(&at, self))?;
        if index.manifests.is_empty() && !is_there {
            links::unlink(&self.path(&key))?;
            return self.write_fallback(subject, &new);
        }
        self.put_if_new(&key, new.raw())?;
        self.write_fallback(subject, &new)
    }
}

/// Lists what is named by a digest in a folder.
fn digests(folder: &Path) -> Result<Vec<Digest>> {
    let names = links::entries(folder)?.into_iter().filter_map(|path| path.file_name()?.to_str()?.parse().ok());
    Ok(names.collect())
}

/// Collects the names of repositories with manifests or tags below `at`.
fn find_repositories(at: &Path, name: &str, found: &mut Vec<String>) -> Result<()> {
    let mut is_one = false;
    for entry in entries(at)? {
        let file_name = entry.file_name();
        let Some(component) = file_name.to_str() else {
            continue;
        };
        let kind = entry.file_type().map_err(Error::io("read", entry.path()))?;
        let is_tag = kind.is_symlink() || FILES.iter().any(|(file, _)| entry.path().join(file).is_file());
        if component.parse::<Digest>().is_ok() || is_tag && component.parse::<Tag>().is_ok() {
            is_one = true;
        } else if kind.is_dir() {
            let below = if name.is_empty() { component.to_owned() } else { format!("{name}/{component}") };
            find_repositories(&entry.path(), &below, found)?;
        }
    }
    if is_one && Names::new(name).is_some() {
        found.push(name.to_owned());
    }
    Ok(())
}

/// Lists a folder, which may be missing.
fn entries(folder: &Path) -> Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect::<io::Result<_>>().map_err(Error::io("list", folder)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::io("list", folder)(error)),
    }
}
