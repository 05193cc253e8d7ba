//! The base as far as a new layer depends on it: where its links lead, and what its directories look like.
//!
//! An addition changes the type of nothing that the base has, and neither mode nor owner of its directories, but for what is removed.
//! Runtimes with overlay filesystems take an entry's path as it is: `bin/x` upon a base with `bin -> usr/bin` would put a directory in the
//! place of the link, and an undeclared directory would get mode 0755 and owner 0:0 whatever the base has.

use std::collections::BTreeSet;

use super::contents::{Contents, Item, normalize};
use super::recipe::{Options, Recipe};
use super::{Addition, Error, Result};
use crate::draft::type_name;
use crate::filesystem::{DiffIds, Entry, Kind, Layers, Tree, join, split};
use crate::image::Image;
use crate::transport::Source;

/// Reads the base, if the recipe depends on it.
pub(super) fn look(recipe: &Recipe<'_>, options: &Options) -> Result<Option<Tree>> {
    let Some((source, image)) = recipe.base.filter(|_| depends(recipe)) else {
        return Ok(None);
    };
    read(source, image, options).map(Some)
}

/// Returns the paths to which a folder that is laid over the base gives another type, and what they are there.
pub(super) fn retyped<'c>(
    contents: &'c Contents,
    tree: &'c Tree,
) -> impl Iterator<Item = (Vec<u8>, &'static str)> + 'c {
    contents.items.iter().filter_map(move |(path, item)| {
        let there = tree.get(path)?;
        let is_other = there.is_directory() != item.is_directory();
        is_other.then(|| (path.clone(), type_name(&there)))
    })
}

/// Says whether anything is added or removed, but for given entries in the root: even there the base may have a directory or a link.
fn depends(recipe: &Recipe<'_>) -> bool {
    // Of a folder or a tar that is laid over the base only notes are made, which is not worth fetching layers.
    let is_near = recipe.base.is_some_and(|(source, _)| source.origin().is_none());
    is_near && !(recipe.directories.is_empty() && recipe.tars.is_empty())
        || !recipe.removals.is_empty()
        || !recipe.additions.is_empty()
        || recipe.contents.items.keys().any(|path| path.contains(&b'/'))
}

fn read(source: &dyn Source, image: &Image, options: &Options) -> Result<Tree> {
    let options = crate::filesystem::Options {
        parallel: options.packing.threads,
        scratch: Some(options.scratch.clone()),
        diff_ids: DiffIds::Refuse,
        ..crate::filesystem::Options::default()
    };
    Ok(Layers::new(source, image, options)?.merge()?)
}

/// What stays of the base.
pub(super) struct Base<'a> {
    tree: &'a Tree,
    removed: &'a BTreeSet<Vec<u8>>,
}

impl<'a> Base<'a> {
    /// Makes what stays when these paths and all below them are removed.
    pub(super) fn new(tree: &'a Tree, removed: &'a BTreeSet<Vec<u8>>) -> Self {
        Self { tree, removed }
    }

    /// Returns what stays at a path.
    fn get(&self, path: &[u8]) -> Option<Entry> {
        let mut above = path;
        while !above.is_empty() && !self.removed.is_empty() {
            if self.removed.contains(above) {
                return None;
            }
            above = split(above).0;
        }
        self.tree.get(path)
    }

    /// Returns where a path leads, as far as the base has it: links are followed, those at its end too if `last`.
    ///
    /// # Errors
    /// [`Error::NoDirectory`] when it lies in something else; those of links that lead nowhere.
    pub(super) fn resolve(&self, path: &[u8], last: bool) -> Result<Vec<u8>> {
        if path.is_empty() {
            return Ok(Vec::new());
        }
        if last && self.get(path).is_some() {
            return Ok(self.tree.resolve(path, true)?);
        }
        let (parent, base) = split(path);
        let parent = self.resolve(parent, true)?;
        if !parent.is_empty() && self.get(&parent).is_some_and(|entry| !entry.is_directory()) {
            return Err(Error::NoDirectory { path: path.to_vec(), parent });
        }
        let at = join(&parent, base);
        if last && at != path { self.resolve(&at, true) } else { Ok(at) }
    }

    /// Decides where an addition goes: a file added to a directory goes into it, as with `cp`, and links are followed.
    pub(super) fn follow(&self, addition: &Addition) -> Result<Addition> {
        let path = normalize(&addition.destination)?;
        let into = addition.destination.ends_with(b"/") || addition.is_directory();
        let mut destination = self.resolve(&path, true)?;
        let there = self.get(&destination);
        if let Some(entry) = there.as_ref().filter(|entry| into && !entry.is_directory()) {
            return Err(Error::OtherType { path: destination, was: type_name(entry), becomes: "a directory" });
        }
        if into || destination.is_empty() || there.is_some_and(|entry| entry.is_directory()) {
            destination.push(b'/');
        }
        Ok(Addition { destination, ..addition.clone() })
    }

    /// Moves what was added to where the base's links lead, and declares the directories that the base has as they are there.
    pub(super) fn settle(&self, contents: Contents) -> Result<Contents> {
        let Contents { items, roots } = contents;
        let mut settled = Contents { roots, ..Contents::default() };
        for (path, item) in items {
            let is_directory = item.is_directory();
            let mut at = self.resolve(&path, is_directory)?;
            let mut there = self.get(&at);
            // A link takes the place of a link; a file goes where it leads.
            if there.as_ref().is_some_and(|entry| entry.kind == Kind::Symlink) && !settled.is_link(&path, &item) {
                at = self.resolve(&path, true)?;
                there = self.get(&at);
            }
            let item = match &there {
                Some(entry) if entry.is_directory() && is_directory => Item::declared(entry),
                Some(entry) if entry.is_directory() || is_directory => {
                    let becomes = if is_directory { "a directory" } else { "a file" };
                    return Err(Error::OtherType { path: at, was: type_name(entry), becomes });
                }
                _ => item.moved(&path, &at),
            };
            settled.put(at, item)?;
        }
        Ok(settled)
    }
}

/// Declares the directories that something lies in, as they are in the base, or as new ones.
pub(super) fn declare_parents(contents: &mut Contents, tree: Option<&Tree>, options: &Options) -> Result<()> {
    for parent in contents.missing_parents()? {
        let known = tree.and_then(|tree| tree.get(&parent)).filter(|entry| entry.is_directory());
        let entry = match known {
            Some(entry) => declared(&entry),
            None => Entry { mtime: options.times.limit(), ..Entry::directory(0o755) },
        };
        contents.insert(&parent, entry)?;
    }
    Ok(())
}

/// Returns a directory of the base as an entry of a new layer.
pub(super) fn declared(entry: &Entry) -> Entry {
    Entry { layer: 0, member: 0, implicit: false, ..entry.clone() }
}
