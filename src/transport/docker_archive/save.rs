//! What `docker load` is told: the item of `manifest.json` for each image that it can take.

use std::collections::HashMap;

use super::list::{Item, blob_path};
use super::names;
use crate::descriptor::Descriptor;
use crate::manifest::{Image, Manifest, is_digest_tag};
use crate::media_type::Compression;
use crate::platform::Platform;
use crate::store::Store;
use crate::transport::archive::{blob_key, load};
use crate::transport::{MAX_DEPTH, Place, Result};
use crate::watch::Watch;

/// Lists the images that `docker load` can take, and tells the watch of those that it cannot.
pub(super) fn list(store: &dyn Store, place: &Place, entries: &[Descriptor], watch: &Watch) -> Result<Vec<Item>> {
    let mut items: Vec<Item> = Vec::new();
    let mut numbers = HashMap::new();
    for entry in entries {
        let Some(manifest) = load(store, place, entry)? else {
            continue;
        };
        let name = names::of_entry(entry);
        if manifest.subject().is_some() || name.as_deref().is_some_and(is_digest_tag) {
            continue;
        }
        match item(store, place, &manifest)? {
            Ok(item) => {
                // One item has all the names of an image, as Docker writes it.
                let number = *numbers.entry((item.config.clone(), item.layers.clone())).or_insert(items.len());
                if number == items.len() {
                    items.push(item);
                }
                if let Some(name) = name.filter(|name| names::tag_of(name).is_some()) {
                    items[number].repo_tags.get_or_insert_default().push(name);
                }
            }
            Err(reason) => {
                let what = name.unwrap_or_else(|| entry.digest.to_string());
                watch.note(&format!("docker load cannot read {what} from {place}: {reason}"));
            }
        }
    }
    Ok(items)
}

/// Makes the item of an image, or says why there is none.
fn item(store: &dyn Store, place: &Place, manifest: &Manifest) -> Result<Result<Item, String>> {
    let chosen = match choose(store, place, manifest, 0)? {
        Ok(chosen) => chosen,
        Err(reason) => return Ok(Err(reason)),
    };
    let Some(image) = chosen.as_image().filter(|_| chosen.is_runnable()) else {
        return Ok(Err("it is no image that runs".into()));
    };
    if let Some(reason) = obstacle(store, image)? {
        return Ok(Err(reason));
    }
    let layers = image.layers.iter().map(|layer| blob_path(&layer.digest)).collect();
    Ok(Ok(Item { config: blob_path(&image.config.digest), repo_tags: None, layers }))
}

/// Chooses the image for this host; of an index with only one, that one.
fn choose(store: &dyn Store, place: &Place, manifest: &Manifest, depth: usize) -> Result<Result<Manifest, String>> {
    if manifest.as_index().is_none() {
        return Ok(Ok(manifest.clone()));
    }
    let children: Vec<&Descriptor> = manifest.children().iter().filter(|child| !child.is_attestation()).collect();
    let host = Platform::host();
    let chosen = match children.as_slice() {
        [only] => Some(*only),
        several => host.choose(several.iter().copied()),
    };
    let Some(chosen) = chosen.filter(|_| depth < MAX_DEPTH) else {
        return Ok(Err(format!("it has no image for {host}")));
    };
    match load(store, place, chosen)? {
        Some(child) => choose(store, place, &child, depth + 1),
        None => Ok(Err(format!("its image for {host} is not there"))),
    }
}

/// Says why `docker load` cannot take an image.
fn obstacle(store: &dyn Store, image: &Image) -> Result<Option<String>> {
    for layer in &image.layers {
        match layer.media_type.layer_compression() {
            Some(Compression::None | Compression::Gzip) => {}
            Some(other) => return Ok(Some(format!("a layer is compressed with {other}"))),
            None => return Ok(Some(format!("a layer is of type {}", layer.media_type))),
        }
        if store.get(&blob_key(&layer.digest))?.is_none() {
            return Ok(Some(format!("the layer {} is not there", layer.digest)));
        }
    }
    Ok(None)
}
