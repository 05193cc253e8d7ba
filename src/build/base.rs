//! The base as far as a new layer depends on it: where its links lead, and what its directories look like.
//!
//! Runtimes with overlay filesystems take an entry's path as it is: `bin/x` upon a base with `bin -> usr/bin` would put a directory in the
//! place of the link, and an undeclared directory would get mode 0755 and owner 0:0 whatever the base has.

use super::contents::{Contents, join, split};
use super::recipe::{Options, Recipe};
use super::{Addition, Result};
use crate::filesystem::{DiffIds, Entry, Layers, Tree};
use crate::image::Image;
use crate::transport::Source;

/// Reads the base, if the recipe depends on it.
pub(super) fn look(recipe: &Recipe<'_>, options: &Options) -> Result<Option<Tree>> {
    let Some((source, image)) = recipe.base.filter(|_| depends(recipe)) else {
        return Ok(None);
    };
    read(source, image, options).map(Some)
}

/// Says whether an addition lies deeper than in the root, or anything is removed.
fn depends(recipe: &Recipe<'_>) -> bool {
    let is_deep = |path: &[u8]| path.contains(&b'/');
    let is_dir_at = |addition: &Addition| {
        let path = super::contents::normalize(&addition.destination).unwrap_or_default();
        // A file goes to the root itself, or a directory is merged into it.
        !path.is_empty() && (is_deep(&path) || addition.destination.ends_with(b"/") || addition.is_directory())
    };
    !recipe.removals.is_empty()
        || recipe.additions.iter().any(is_dir_at)
        || recipe.contents.items.keys().any(|path| is_deep(path))
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

/// Returns where a path leads in the base, as far as the base has it: links are followed, those at its end too if `last`.
pub(super) fn resolve(tree: &Tree, path: &[u8], last: bool) -> Result<Vec<u8>> {
    let (parent, base) = split(path);
    if last && tree.get(path).is_some() {
        return Ok(tree.resolve(path, true)?);
    }
    if path.is_empty() {
        return Ok(Vec::new());
    }
    Ok(join(&resolve(tree, parent, true)?, base))
}

/// Declares the directories that something lies in, as they are in the base, or as new ones.
pub(super) fn declare_parents(contents: &mut Contents, tree: Option<&Tree>, options: &Options) -> Result<()> {
    for parent in contents.missing_parents()? {
        let known = tree.and_then(|tree| tree.get(&parent)).filter(|entry| entry.is_directory());
        let entry = match known {
            Some(entry) => Entry { layer: 0, member: 0, implicit: false, ..entry.clone() },
            None => Entry { mtime: options.times.limit(), ..Entry::directory(0o755) },
        };
        contents.insert(&parent, entry)?;
    }
    Ok(())
}
