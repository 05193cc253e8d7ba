//! What each layer costs, and what of it nobody sees.

use std::collections::BTreeMap;

use super::Entry;
use super::links::Links;
use super::meaning::Meaning;
use super::{Kind, Layer, Tree};

/// What a layer brings and hides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// The entries of its tar.
    pub entries: usize,
    /// The bytes of its files, each path counted once.
    pub file_bytes: u64,
    /// The bytes of its files that layers above replace or remove.
    pub hidden_bytes: u64,
    /// Its names of the whiteout kind, leftovers of aufs included.
    pub whiteouts: usize,
}

/// Counts for each layer what it brings, and what of that is not seen in the merged filesystem.
pub fn usage(layers: &[Layer], tree: &Tree) -> Vec<Usage> {
    layers.iter().enumerate().map(|(number, layer)| of_layer(number, layer, tree)).collect()
}

fn of_layer(number: usize, layer: &Layer, tree: &Tree) -> Usage {
    // Of a path that is there twice the last one counts.
    let mut last: BTreeMap<Meaning, &Entry> = BTreeMap::new();
    let mut links = Links::default();
    for member in &layer.members {
        last.insert(links.place(member).meaning, &member.entry);
    }
    let mut usage = Usage { entries: layer.members.len(), ..Usage::default() };
    for (meaning, entry) in last {
        match meaning {
            Meaning::Path(path) if entry.kind == Kind::File => {
                usage.file_bytes += entry.size;
                if tree.get(&path).is_none_or(|seen| seen.layer != number) {
                    usage.hidden_bytes += entry.size;
                }
            }
            Meaning::Whiteout(_) | Meaning::Opaque(_) | Meaning::Leftover(_) => usage.whiteouts += 1,
            _ => {}
        }
    }
    usage
}
