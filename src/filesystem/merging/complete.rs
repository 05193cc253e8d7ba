//! What one pass over the layers could not tell, from the merged tree and a second pass.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::{Occupied, Vacant};

use super::{Entry, HashMap, Layers, Merging, PASSED, Path, Result, Sink, Tree, append, origin};

/// The files of a tree that are still to be passed on: the first name of each with its content, the others as hard links to it.
#[derive(Default)]
pub(super) struct Files<'t> {
    /// The first name of each content.
    first: BTreeMap<(u32, u32), Path>,
    wanted: BTreeMap<(u32, u32), Path>,
    links: Vec<(&'t [u8], &'t Entry)>,
}

impl<'t> Files<'t> {
    /// Takes a name whose content was passed on before.
    fn passed(&mut self, path: &[u8], entry: &Entry) {
        self.first.insert(origin(entry), path.to_vec());
    }

    /// Takes a name that is still missing.
    pub(super) fn want(&mut self, path: &'t [u8], entry: &'t Entry) {
        match self.first.entry(origin(entry)) {
            Occupied(_) => self.links.push((path, entry)),
            Vacant(first) => {
                first.insert(path.to_vec());
                self.wanted.insert(origin(entry), path.to_vec());
            }
        }
    }

    /// Appends contents by layer, the top one first, then hard links.
    pub(super) fn append(self, layers: &Layers<'_>, tree: &Tree, sink: &mut dyn Sink) -> Result<()> {
        let Self { first, wanted, links } = self;
        for number in (0..layers.image.layers().len()).rev() {
            if wanted.keys().any(|(layer, _)| *layer as usize == number) {
                layers.walk(number, &mut |archive, member| match wanted.get(&origin(&member.entry)) {
                    Some(path) => {
                        let entry = tree.get(path).expect("it comes from the tree");
                        append(sink, path, entry, archive)
                    }
                    None => Ok(()),
                })?;
            }
        }
        let target = |entry| first.get(&origin(entry)).expect("it was put there");
        links.into_iter().try_for_each(|(path, entry)| sink.append(path, &Entry::hard_link(target(entry), entry), None))
    }
}

impl Merging<'_> {
    /// Appends what a merged tree has and was not passed on yet: what has no content, then contents by layer, then hard links.
    pub(super) fn complete(mut self, layers: &Layers<'_>, tree: &Tree) -> Result<()> {
        self.here = HashMap::new();
        let mut files = Files::default();
        for (path, entry) in tree.iter().filter(|(_, entry)| entry.is_file()) {
            if self.known.get(path).is_some_and(|known| known.origin == Some(origin(entry))) {
                files.passed(path, entry);
            }
        }
        for (path, entry) in tree.iter() {
            let key = if path == b"." { b"" } else { path };
            let known = self.known.get(key);
            let passed = known.and_then(|known| known.origin) == Some(origin(entry)) && !entry.implicit;
            let implied = entry.implicit && known.is_some_and(|known| known.flags & PASSED != 0);
            if passed || implied {
                continue;
            }
            if entry.is_file() {
                files.want(path, entry);
            } else {
                self.sink.append(key, entry, None)?;
            }
        }
        files.append(layers, tree, self.sink)
    }
}
