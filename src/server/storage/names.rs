//! Names of repositories, and pages of names.

use std::collections::BinaryHeap;

use super::{Storage, layout};
use crate::digest::Algorithm;
use crate::reference::is_repository_path;
use crate::store::{Error, Result};

/// A page of a listing.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::server) struct Page {
    /// The names, sorted by byte.
    pub(in crate::server) names: Vec<String>,
    /// Whether there is more.
    pub(in crate::server) more: bool,
}

/// The smallest of many names, without the others in memory.
pub(super) struct Smallest {
    count: usize,
    names: BinaryHeap<String>,
}

impl Smallest {
    pub(super) fn new(count: usize) -> Self {
        Self { count, names: BinaryHeap::new() }
    }

    pub(super) fn offer(&mut self, name: &str) {
        if self.names.len() < self.count {
            self.names.push(name.to_owned());
        } else if let Some(mut largest) = self.names.peek_mut()
            && name < largest.as_str()
        {
            name.clone_into(&mut *largest);
        }
    }

    pub(super) fn into_sorted(self) -> Vec<String> {
        self.names.into_sorted_vec()
    }
}

/// Which folders a walk visits.
#[derive(Clone, Copy)]
enum Walk {
    /// Those that can be reached.
    Reachable,
    /// All, or none.
    All,
}

impl Storage {
    /// Returns at most `count` repositories behind `last`, by byte.
    pub(in crate::server) fn repositories(&self, count: usize, last: &str) -> Result<Page> {
        let mut page = Page { names: Vec::new(), more: false };
        self.walk(last, &mut |name| {
            if name > last && self.has_manifests(name)? {
                page.more = page.names.len() == count;
                if !page.more {
                    page.names.push(name.to_owned());
                }
            }
            Ok(!page.more)
        })?;
        Ok(page)
    }

    /// Calls `each` with the names of folders that may be repositories, sorted by byte, until it says no. Those far before `from` are left
    /// out, and so is what cannot be reached.
    pub(super) fn walk(&self, from: &str, each: &mut dyn FnMut(&str) -> Result<bool>) -> Result<()> {
        self.walk_below("", from, Walk::Reachable, each).map(drop)
    }

    /// Calls `each` with the names of all folders that may be repositories. Fails where there may be one that cannot be reached, such as
    /// behind a link that is not followed: what is found here decides what is deleted.
    pub(super) fn walk_all(&self, each: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        let each = &mut |name: &str| each(name).map(|()| true);
        self.walk_below("", "", Walk::All, each).map(drop)
    }

    /// Returns an error for each place where a repository or the blobs cannot be reached, such as behind a link that is not followed.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn obstacles(&self) -> Result<Vec<Error>> {
        let mut found = Vec::new();
        let mut folders = vec![layout::repositories()];
        while let Some(folder) = folders.pop() {
            if let Err(error) = self.files.folder(&folder) {
                found.push(error);
                continue;
            }
            self.files.entries(&folder, |name, _| {
                if is_repository_path(name) {
                    folders.push(format!("{folder}/{name}"));
                }
                Ok(())
            })?;
        }
        for folder in
            [format!("{}/blobs", layout::ROOT), layout::blobs(Algorithm::Sha256), layout::blobs(Algorithm::Sha512)]
        {
            found.extend(self.files.folder(&folder).err());
        }
        Ok(found)
    }

    fn walk_below(
        &self,
        prefix: &str,
        from: &str,
        walk: Walk,
        each: &mut dyn FnMut(&str) -> Result<bool>,
    ) -> Result<bool> {
        let folder = match prefix {
            "" => layout::repositories(),
            prefix => layout::repository(prefix),
        };
        // A name comes twice: as itself, and, with a slash behind it, for what is below it, which other names may come before (`a-b`).
        let mut steps = Vec::new();
        let take = |component: &str| {
            // Folders of the layout begin with `_`, as no repository's name does.
            let name = if prefix.is_empty() { component.to_owned() } else { format!("{prefix}/{component}") };
            if is_repository_path(component) {
                steps.push(format!("{name}/"));
                steps.push(name);
            }
        };
        match walk {
            Walk::Reachable => self.files.folders(&folder, take)?,
            Walk::All => self.files.all_folders(&folder, is_repository_path, take)?,
        }
        steps.sort();
        for step in steps {
            let goes_on = match step.strip_suffix('/') {
                Some(name) if step.as_str() > from || from.starts_with(&step) => {
                    self.walk_below(name, from, walk, each)?
                }
                Some(_) => true,
                None => each(&step)?,
            };
            if !goes_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn has_manifests(&self, name: &str) -> Result<bool> {
        for algorithm in Algorithm::ALL {
            let mut any = false;
            self.files.folders(&layout::revisions(name, algorithm), |_| any = true)?;
            if any {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_are_kept() {
        let mut smallest = Smallest::new(3);
        for name in ["d", "a", "e", "c", "b", "aa"] {
            smallest.offer(name);
        }
        assert_eq!(smallest.into_sorted(), ["a", "aa", "b"]);
        let mut none = Smallest::new(0);
        none.offer("a");
        assert!(none.into_sorted().is_empty());
    }
}
