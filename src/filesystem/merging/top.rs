//! The topmost layers as one: what they have, and what they hide of those below.

use std::collections::{BTreeMap, BTreeSet};

use super::complete::Files;
use super::{Entry, Layers, Path, Result, Sink, Tree, parents};
use crate::filesystem::meaning::{join, split};

impl Layers<'_> {
    /// Passes the layers from `lowest` up on as one layer: what they have, and what they hide of those below. Directories come first, each
    /// before what lies in it, with all else that has no content; then files, and hard links to them. Layers are read twice. A hard link
    /// into a layer below becomes a file, with the content that it links to.
    ///
    /// # Errors
    /// Those of reading and of the sink.
    pub fn pass_on_top(&self, lowest: usize, sink: &mut dyn Sink) -> Result<()> {
        let budget = self.budget();
        let numbers = lowest..self.image.layers().len();
        let read = numbers.map(|number| self.read_and_keep(number, &budget)).collect::<Result<Vec<_>>>()?;
        let mut tree = self.merge_top(lowest, &read)?;
        drop(read);
        if !tree.shadows.unresolved.is_empty() {
            adopt(&mut tree, &self.merge()?)?;
        }
        let hiding: BTreeSet<&Path> = tree.shadows.whiteouts.union(&tree.shadows.opaque).collect();
        let marker = Entry::file(0o644, 0);
        let mut plain: BTreeMap<Path, &Entry> = BTreeMap::new();
        for name in hiding.iter().filter_map(|path| hide(&tree, &hiding, path)) {
            plain.insert(name, &marker);
        }
        let mut files = Files::default();
        for (path, entry) in tree.iter() {
            let key = if path == b"." { b"" } else { path };
            // Of a directory that is only implied, the layers below may know more, unless it hides theirs.
            if entry.is_file() {
                files.want(path, entry);
            } else if !entry.implicit || hiding.contains(&key.to_vec()) {
                plain.insert(key.to_vec(), entry);
            }
        }
        plain.iter().try_for_each(|(path, entry)| sink.append(path, entry, None))?;
        files.append(self, &tree, sink)
    }
}

/// Takes hard links into layers below from the whole filesystem, as far as they lead anywhere.
fn adopt(tree: &mut Tree, whole: &Tree) -> Result<()> {
    for path in std::mem::take(&mut tree.shadows.unresolved) {
        if whole.shadows.unresolved.contains(&path) {
            continue;
        }
        if let Some(entry) = whole.get(&path) {
            tree.insert(path, entry.clone())?;
        }
    }
    Ok(())
}

/// Returns the name of the entry that hides a path of the layers below; nothing where what is there, or in the way, hides it.
fn hide(tree: &Tree, hiding: &BTreeSet<&Path>, path: &Path) -> Option<Path> {
    let in_way = |parent: &[u8]| tree.get(parent).is_some_and(|entry| !entry.is_directory());
    if parents(path).any(|parent| hiding.contains(&parent.to_vec()) || in_way(parent)) {
        return None;
    }
    match tree.get(path) {
        Some(entry) if !entry.is_directory() => None,
        None if tree.shadows.whiteouts.contains(path) => {
            let (parent, base) = split(path);
            Some(join(parent, &[b".wh.", base].concat()))
        }
        _ => Some(join(path, b".wh..wh..opq")),
    }
}
