//! Tags: links to manifests, each in a folder of its own.

use super::names::{Page, Smallest};
use super::step::step;
use super::{Storage, layout};
use crate::digest::Digest;
use crate::store::Result;

impl Storage {
    /// Returns the digest that a tag points to.
    pub(in crate::server) fn tag(&self, name: &str, tag: &str) -> Result<Option<Digest>> {
        match self.link(&layout::current(name, tag))? {
            Some(digest) if self.files.has(&layout::revision(name, &digest))? => Ok(Some(digest)),
            _ => Ok(None),
        }
    }

    /// Points a tag to a manifest. Call it with the repository serialised.
    pub(in crate::server) fn put_tag(&self, name: &str, tag: &str, digest: &Digest) -> Result<()> {
        self.write_link(&layout::entry(name, tag, digest), digest)?;
        step("tag: entered")?;
        let path = layout::current(name, tag);
        if self.link(&path)?.as_ref() == Some(digest) {
            // A writer that was killed between its two steps may have left it so.
            return self.files.sync(super::files::split(&path).0);
        }
        self.files.put(&path, digest.to_string().as_bytes())
    }

    /// Removes a tag; says whether it was there. Call it with the repository serialised.
    pub(in crate::server) fn delete_tag(&self, name: &str, tag: &str) -> Result<bool> {
        // What it points to now goes first: from then on there is no such tag.
        let was_there = self.files.remove(&layout::current(name, tag))?;
        self.files.remove_all(&layout::tag(name, tag))?;
        Ok(was_there)
    }

    /// Removes all tags that point to a manifest. They are synced once, for nothing is promised of a single one of them.
    pub(super) fn delete_tags_of(&self, name: &str, digest: &Digest) -> Result<()> {
        let mut left = Vec::new();
        for tag in self.all_tags(name)? {
            let current = layout::current(name, &tag);
            if self.link(&current)?.as_ref() == Some(digest) {
                self.files.discard(&current)?;
                self.files.remove_all(&layout::tag(name, &tag))?;
                // With something foreign in it, the folder stays, and the link's removal with it.
                left.extend(self.files.folder(&layout::tag(name, &tag))?.map(|_| current));
            }
        }
        for current in left {
            self.files.sync(super::files::split(&current).0)?;
        }
        self.files.sync(&layout::tags(name))
    }

    /// Returns at most `count` tags behind `last`, by byte.
    pub(in crate::server) fn tags(&self, name: &str, count: usize, last: &str) -> Result<Page> {
        let mut last = last.to_owned();
        let mut names = Vec::new();
        // A folder without a link is what an interrupted write or deletion left; others take its place.
        loop {
            let mut smallest = Smallest::new(count - names.len() + 1);
            self.files.folders(&layout::tags(name), |tag| {
                if tag > last.as_str() {
                    smallest.offer(tag);
                }
            })?;
            let found = smallest.into_sorted();
            let is_end = found.len() <= count - names.len();
            for tag in found {
                if self.tag(name, &tag)?.is_none() {
                    last = tag;
                    continue;
                }
                if names.len() == count {
                    return Ok(Page { names, more: true });
                }
                last.clone_from(&tag);
                names.push(tag);
            }
            if is_end {
                return Ok(Page { names, more: false });
            }
        }
    }

    /// Returns all names that may be tags, in no order.
    pub(super) fn all_tags(&self, name: &str) -> Result<Vec<String>> {
        let mut tags = Vec::new();
        self.files.folders(&layout::tags(name), |tag| tags.push(tag.to_owned()))?;
        Ok(tags)
    }
}
