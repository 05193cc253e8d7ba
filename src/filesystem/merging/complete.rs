//! What one pass over the layers could not tell, from the merged tree and a second pass.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::{Occupied, Vacant};

use super::{Entry, HashMap, Layers, Merging, PASSED, Path, Result, Tree, append, origin};

impl Merging<'_> {
    /// Appends what a merged tree has and was not passed on yet: what has no content, then contents by layer, then hard links.
    pub(super) fn complete(mut self, layers: &Layers<'_>, tree: &Tree) -> Result<()> {
        self.here = HashMap::new();
        let mut contents: BTreeMap<(u32, u32), Path> = BTreeMap::new();
        for (path, entry) in tree.iter().filter(|(_, entry)| entry.is_file()) {
            if self.known.get(path).is_some_and(|known| known.origin == Some(origin(entry))) {
                contents.insert(origin(entry), path.to_vec());
            }
        }
        let mut wanted: BTreeMap<(u32, u32), Path> = BTreeMap::new();
        let mut links: Vec<(&[u8], &Entry)> = Vec::new();
        for (path, entry) in tree.iter() {
            let key = if path == b"." { b"" } else { path };
            let known = self.known.get(key);
            let passed = known.and_then(|known| known.origin) == Some(origin(entry)) && !entry.implicit;
            let implied = entry.implicit && known.is_some_and(|known| known.flags & PASSED != 0);
            if passed || implied {
                continue;
            }
            if !entry.is_file() {
                self.sink.append(key, entry, None)?;
                continue;
            }
            match contents.entry(origin(entry)) {
                Occupied(_) => links.push((path, entry)),
                Vacant(first) => {
                    first.insert(path.to_vec());
                    wanted.insert(origin(entry), path.to_vec());
                }
            }
        }
        for number in (0..layers.image.layers().len()).rev() {
            if wanted.keys().any(|(layer, _)| *layer as usize == number) {
                layers.walk(number, &mut |archive, member| match wanted.get(&origin(&member.entry)) {
                    Some(path) => {
                        let entry = tree.get(path).expect("it comes from the tree");
                        append(self.sink, path, entry, archive)
                    }
                    None => Ok(()),
                })?;
            }
        }
        let target = |entry| contents.get(&origin(entry)).expect("it was put there");
        links
            .into_iter()
            .try_for_each(|(path, entry)| self.sink.append(path, &Entry::hard_link(target(entry), entry), None))
    }
}
