//! Listing files as keys.

use std::fs;

use super::super::PAGE;
use super::{Depth, Error, Key, Keys, Local, Result, is_absent, is_partial};

/// Lists a page of keys. Links to files are objects, links to directories are not followed: they may form loops.
pub(super) fn list(store: &Local, prefix: &Key, after: Option<&Key>, depth: Depth) -> Result<Keys> {
    let mut walk = Walk { store, after: after.map_or("", Key::as_str), depth, keys: Vec::new() };
    if !is_partial(prefix) {
        walk.directory(prefix)?;
    }
    let more = walk.keys.len() > PAGE;
    walk.keys.truncate(PAGE);
    Ok(Keys { keys: walk.keys, more })
}

struct Walk<'a> {
    store: &'a Local,
    after: &'a str,
    depth: Depth,
    keys: Vec<Key>,
}

impl Walk<'_> {
    /// Adds what is below `prefix` until there is more than a page.
    fn directory(&mut self, prefix: &Key) -> Result<()> {
        for (sort, key) in self.entries(prefix)? {
            if self.keys.len() > PAGE {
                break;
            }
            let is_folder = sort.ends_with('/');
            if is_folder && self.depth == Depth::All {
                if sort.as_str() > self.after || self.after.starts_with(&sort) {
                    self.directory(&key)?;
                }
            } else if key.as_str() > self.after {
                self.keys.push(key);
            }
        }
        Ok(())
    }

    /// Returns the entries of a directory in the order of the keys in them: `a/b` sorts behind `a-c`, so `a` must come behind `a-c` when
    /// the walk goes into it.
    fn entries(&self, prefix: &Key) -> Result<Vec<(String, Key)>> {
        let path = self.store.path(prefix);
        let listing = match fs::read_dir(&path) {
            Ok(listing) => listing,
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            Err(error) => return Err(Error::io("list", path)(error)),
        };
        let mut entries = Vec::new();
        for entry in listing {
            let entry = entry.map_err(Error::io("list", &path))?;
            // A name that is no key is nothing that a store has written or could be asked for.
            let Some(key) = entry.file_name().to_str().and_then(|name| prefix.join(name).ok()) else {
                continue;
            };
            let kind = entry.file_type().map_err(Error::io("list", entry.path()))?;
            let is_object = kind.is_file() || kind.is_symlink() && entry.path().is_file();
            if is_partial(&key) || !(kind.is_dir() || is_object) {
                continue;
            }
            let slash = if kind.is_dir() { "/" } else { "" };
            entries.push((format!("{key}{slash}"), key));
        }
        match self.depth {
            Depth::All => entries.sort(),
            Depth::Children => entries.sort_by(|(_, a), (_, b)| a.cmp(b)),
        }
        Ok(entries)
    }
}
