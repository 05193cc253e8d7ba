//! The OCI half of a docker-archive: the entries of its `index.json` and what they lead to.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::images::{Content, Root, Roots};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::store::Store;
use crate::transport::archive::{LAYOUT_FILE, entries, load, malformed, read};
use crate::transport::{MAX_DEPTH, Place, Result};

/// The most manifests that the entries may lead to, each counted as often as an entry leads to it: entries that share large indexes lead to
/// as many as their number times the indexes' size.
const MAX_MANIFESTS: usize = 1 << 20;

/// Reads the OCI half; nothing when there is none.
pub(super) fn read_all(store: &dyn Store, place: &Place) -> Result<Option<Roots>> {
    if read(store, LAYOUT_FILE, 4096)?.is_none() {
        return Ok(None);
    }
    let Some(entries) = entries(store, place)? else {
        return Ok(None);
    };
    let mut walk = Walk { store, place, nodes: HashMap::new(), contents: HashMap::new(), left: MAX_MANIFESTS };
    let roots = entries.into_iter().map(|descriptor| {
        let mut contents = Vec::new();
        walk.collect(&descriptor, 0, &mut HashSet::new(), &mut contents)?;
        Ok(Root { descriptor, contents })
    });
    let entries = roots.collect::<Result<_>>()?;
    Ok(Some(Roots { entries, contents: walk.contents }))
}

struct Walk<'a> {
    store: &'a dyn Store,
    place: &'a Place,
    /// What was read.
    nodes: HashMap<Digest, Node>,
    /// The images' numbers.
    contents: HashMap<Content, usize>,
    left: usize,
}

/// What a manifest leads to.
#[derive(Clone, Default)]
struct Node {
    content: Option<usize>,
    children: Arc<[Descriptor]>,
}

impl Walk<'_> {
    /// Collects the images below a manifest; those that are not in the archive are passed over.
    fn collect(
        &mut self,
        at: &Descriptor,
        depth: usize,
        seen: &mut HashSet<Digest>,
        into: &mut Vec<usize>,
    ) -> Result<()> {
        // One that stands many times is looked into once: nested, the times multiply.
        if depth > MAX_DEPTH || !seen.insert(at.digest.clone()) {
            return Ok(());
        }
        self.left = self.left.checked_sub(1).ok_or_else(|| {
            malformed(self.place, format!("the entries of index.json lead to more than {MAX_MANIFESTS} manifests"))
        })?;
        let node = self.node(at)?;
        into.extend(node.content);
        node.children.iter().try_for_each(|child| self.collect(child, depth + 1, seen, into))
    }

    /// Reads a manifest, once.
    fn node(&mut self, at: &Descriptor) -> Result<Node> {
        if let Some(known) = self.nodes.get(&at.digest) {
            return Ok(known.clone());
        }
        let Some(manifest) = load(self.store, self.place, at)? else {
            return Ok(Node::default());
        };
        let content = manifest.as_image().map(|image| {
            let layers = image.layers.iter().map(|layer| layer.digest.clone()).collect();
            let next = self.contents.len();
            *self.contents.entry(Content { config: image.config.digest.clone(), layers }).or_insert(next)
        });
        let node = Node { content, children: manifest.children().into() };
        self.nodes.insert(at.digest.clone(), node.clone());
        Ok(node)
    }
}
