//! The OCI half of a docker-archive: the entries of its `index.json` and what they lead to.

use std::collections::BTreeSet;

use super::images::{Content, Root};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::store::Store;
use crate::transport::archive::{LAYOUT_FILE, entries, load, read};
use crate::transport::{MAX_DEPTH, Place, Result};

/// Reads the OCI half; nothing when there is none.
pub(super) fn read_all(store: &dyn Store, place: &Place) -> Result<Option<Vec<Root>>> {
    if read(store, LAYOUT_FILE, 4096)?.is_none() {
        return Ok(None);
    }
    let Some(entries) = entries(store, place)? else {
        return Ok(None);
    };
    let roots = entries.into_iter().map(|descriptor| {
        let mut contents = Vec::new();
        collect(store, place, &descriptor, 0, &mut BTreeSet::new(), &mut contents)?;
        Ok(Root { descriptor, contents })
    });
    roots.collect::<Result<_>>().map(Some)
}

/// Collects the images below a manifest; those that are not in the archive are passed over.
fn collect(
    store: &dyn Store,
    place: &Place,
    at: &Descriptor,
    depth: usize,
    seen: &mut BTreeSet<Digest>,
    into: &mut Vec<Content>,
) -> Result<()> {
    // One that stands many times is looked into once: nested, the times multiply.
    if depth > MAX_DEPTH || !seen.insert(at.digest.clone()) {
        return Ok(());
    }
    let Some(manifest) = load(store, place, at)? else {
        return Ok(());
    };
    if let Some(image) = manifest.as_image() {
        let layers = image.layers.iter().map(|layer| layer.digest.clone()).collect();
        into.push(Content { config: image.config.digest.clone(), layers });
    }
    manifest.children().iter().try_for_each(|child| collect(store, place, child, depth + 1, seen, into))
}
