//! What one pass over the layers could not tell, from the merged tree and a second pass.

use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};

use super::{Entry, Layers, Merging, Node, PASSED, Result, Sink, Tree, append, origin};

/// The files of a tree that are still to be passed on: the first name of each with its content, the others as hard links to it.
#[derive(Default)]
pub(super) struct Files {
    /// The first name of each content.
    first: HashMap<(u32, u32), Node>,
    wanted: HashMap<(u32, u32), Node>,
    links: Vec<(Node, (u32, u32))>,
}

impl Files {
    /// Takes a name whose content was passed on before.
    fn passed(&mut self, node: Node, origin: (u32, u32)) {
        self.first.insert(origin, node);
    }

    /// Takes a name that is still missing.
    pub(super) fn want(&mut self, node: Node, origin: (u32, u32)) {
        match self.first.entry(origin) {
            Occupied(_) => self.links.push((node, origin)),
            Vacant(first) => {
                first.insert(node);
                self.wanted.insert(origin, node);
            }
        }
    }

    /// Appends contents by layer, the top one first, then hard links.
    pub(super) fn append(self, layers: &Layers<'_>, tree: &Tree, sink: &mut dyn Sink) -> Result<()> {
        let Self { first, wanted, links } = self;
        let mut numbers: Vec<u32> = wanted.keys().map(|(layer, _)| *layer).collect();
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers.into_iter().rev() {
            layers.walk(number as usize, &mut |archive, member| match wanted.get(&origin(&member.entry)) {
                Some(node) => append(sink, &tree.paths.path(*node), &tree.entry(*node), archive),
                None => Ok(()),
            })?;
        }
        links.into_iter().try_for_each(|(node, origin)| {
            let target = first.get(&origin).map(|first| tree.paths.path(*first)).unwrap_or_default();
            sink.append(&tree.paths.path(node), &Entry::hard_link(&target, &tree.entry(node)), None)
        })
    }
}

impl Merging<'_> {
    /// Appends what a merged tree has and was not passed on yet: what has no content, then contents by layer, then hard links.
    pub(super) fn complete(self, layers: &Layers<'_>, tree: &Tree) -> Result<()> {
        let Self { sink, paths, known, .. } = self;
        let mut files = Files::default();
        let known =
            |path: &[u8]| paths.find(path).and_then(|node| known.get(node.place()).copied()).unwrap_or_default();
        let mut walk = tree.paths.walk();
        while let Some(node) = walk.next() {
            if let Some(own) = tree.file(node).filter(|own| known(walk.path()).origin == Some(*own)) {
                files.passed(node, own);
            }
        }
        let mut walk = tree.paths.walk();
        while let Some(node) = walk.next() {
            let Some(entry) = tree.table.get(node) else { continue };
            let known = known(walk.path());
            let passed = known.origin == Some(origin(&entry)) && !entry.implicit;
            let implied = entry.implicit && known.above & PASSED != 0;
            if passed || implied {
                continue;
            }
            match tree.file(node) {
                Some(own) => files.want(node, own),
                None => sink.append(walk.path(), &entry, None)?,
            }
        }
        files.append(layers, tree, sink)
    }
}
