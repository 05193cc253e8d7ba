//! What each layer costs, and what of it nobody sees.

use std::collections::{HashMap, HashSet};

use super::links::Links;
use super::meaning::Meaning;
use super::paths::Paths;
use super::{Kind, Layer, Result, Tree};

/// What a layer brings and hides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// The entries of its tar.
    pub entries: usize,
    /// The bytes of its files, each path counted once.
    pub file_bytes: u64,
    /// The bytes of its files of which layers above replace or remove every name.
    pub hidden_bytes: u64,
    /// Its names of the whiteout kind, leftovers of aufs included.
    pub whiteouts: usize,
}

/// Counts for each layer what it brings, and what of that is not seen in the merged filesystem.
///
/// # Errors
/// [`Error::Limit`](super::Error::Limit).
pub fn usage(layers: &[Layer], tree: &Tree) -> Result<Vec<Usage>> {
    let files = tree.paths.nodes().filter(|node| tree.table.is_file(*node));
    let seen: HashSet<(usize, usize)> = files.filter_map(|node| tree.table.origin(node)).collect();
    layers.iter().enumerate().map(|(number, layer)| of_layer(number, layer, tree, &seen)).collect()
}

fn of_layer(number: usize, layer: &Layer, tree: &Tree, seen: &HashSet<(usize, usize)>) -> Result<Usage> {
    let mut links = Links::new(tree.budget());
    let mut names = Paths::new(tree.budget(), 0);
    // Of a path that is there twice the last one counts.
    let (mut files, mut whiteouts) = (HashMap::new(), HashSet::new());
    let mut usage = Usage { entries: layer.members.len(), ..Usage::default() };
    for (at, member) in layer.members.iter().enumerate() {
        let placed = links.place(&member)?;
        let Some(name) = placed.name() else { continue };
        let node = names.add(&name)?;
        match placed.meaning {
            Meaning::Path(_) if member.entry.kind == Kind::File => drop(files.insert(node, (member.entry.size, at))),
            Meaning::Path(_) => drop(files.remove(&node)),
            _ => drop(whiteouts.insert(node)),
        }
    }
    usage.whiteouts = whiteouts.len();
    usage.file_bytes = files.values().map(|(size, _)| size).sum();
    usage.hidden_bytes = files.values().filter(|(_, at)| !seen.contains(&(number, *at))).map(|(size, _)| size).sum();
    Ok(usage)
}
