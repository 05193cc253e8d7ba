//! The topmost layers as one: what they have, and what they hide of those below.

use std::collections::HashSet;

use super::complete::Files;
use super::{Entry, Layers, Node, Path, Result, Sink, Tree};
use crate::filesystem::meaning::{join, split};
use crate::filesystem::tree::{OPAQUE, WHITEOUT};

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
        let mut tree = self.merge_top(lowest, read.iter())?;
        drop(read);
        let mut lost = HashSet::new();
        if tree.has_missed || tree.paths.nodes().any(|node| is_unsure(&tree, node)) {
            let whole;
            (tree, whole) = self.merge_upon(lowest)?;
            // What made an empty directory is gone, or what was hidden is not known below: no layer declares it.
            let is_implied = |path: &[u8]| whole.paths.find(path).is_some_and(|node| whole.table.is_implied(node));
            let unsure = tree.paths.nodes().filter(|node| is_unsure(&tree, *node));
            lost.extend(unsure.filter(|node| is_implied(&tree.paths.path(*node))));
        }
        let mut files = Files::default();
        // Names of what has no content, whiteouts among them; those stand for no node.
        let mut plain: Vec<(Path, Option<Node>)> = Vec::new();
        for node in tree.paths.nodes() {
            let hides = tree.shadows(node) & (WHITEOUT | OPAQUE) != 0;
            plain.extend(Some(node).filter(|_| hides).and_then(|node| hide(&tree, node)).map(|name| (name, None)));
            // Of a directory that is only implied, the layers below may know more, also where what they have in it is hidden.
            let is_declared = !tree.table.is_implied(node) || lost.contains(&node);
            if tree.table.has(node) && !tree.table.is_file(node) && is_declared {
                plain.push((tree.paths.path(node), Some(node)));
            }
            let held = plain.last().map_or(0, |(name, _)| name.len() + size_of::<(Path, Option<Node>)>());
            budget.spend(if tree.table.has(node) || hides { held as u64 } else { 0 })?;
        }
        for node in tree.paths.walk() {
            if let Some(own) = tree.file(node) {
                files.want(node, own);
            }
        }
        plain.sort_unstable();
        let marker = Entry::file(0o644, 0);
        for (path, node) in plain {
            let entry = node.map_or_else(|| marker.clone(), |node| tree.entry(node));
            sink.append(&path, &entry, None)?;
        }
        files.append(self, &tree, sink)
    }

    /// Merges the layers from `lowest` up, with hard links into those below, and all layers.
    fn merge_upon(&self, lowest: usize) -> Result<(Tree, Tree)> {
        let (mut tree, mut whole) = (Tree::new(self.budget()), Tree::new(self.budget()));
        for (number, layer) in self.read_all()?.iter().enumerate() {
            if number < lowest {
                whole.apply(number, &layer.members)?;
            } else {
                tree.apply_with(Some(&mut whole), number, &layer.members)?;
            }
        }
        Ok((tree, whole))
    }
}

/// Says whether this is a directory that no layer declares and that would not come of what is in it: that is gone, or something is hidden.
fn is_unsure(tree: &Tree, node: Node) -> bool {
    let hides = tree.shadows(node) & (WHITEOUT | OPAQUE) != 0;
    tree.table.is_implied(node) && (hides || !tree.paths.children(node).any(|child| tree.table.has(child)))
}

/// Returns the name of the entry that hides a path of the layers below; nothing where what is there, or in the way, hides it.
fn hide(tree: &Tree, node: Node) -> Option<Path> {
    let in_way = |parent: Node| tree.table.has(parent) && !tree.table.is_directory(parent);
    if tree.paths.parents(node).any(|parent| tree.shadows(parent) & (WHITEOUT | OPAQUE) != 0 || in_way(parent)) {
        return None;
    }
    let path = tree.paths.path(node);
    if tree.table.has(node) && !tree.table.is_directory(node) {
        None
    } else if !tree.table.has(node) && tree.shadows(node) & WHITEOUT != 0 {
        let (parent, base) = split(&path);
        Some(join(parent, &[b".wh.", base].concat()))
    } else {
        Some(join(&path, b".wh..wh..opq"))
    }
}
