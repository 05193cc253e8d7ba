//! Drafts as a place: what is copied from it is built.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard};

use super::{Draft, Layer, Made, Result};
use crate::blob::Blob;
use crate::config::Config;
use crate::descriptor::{Annotations, Descriptor};
use crate::digest::Digest;
use crate::layer::held_to;
use crate::locks;
use crate::manifest::{Index, Manifest};
use crate::media_type::Format;
use crate::transport::{self, Origin, Selector, Source};

/// Images in the making, with the places that what they keep comes from. The manifest that was added last is the one that gets the name.
#[derive(Default)]
pub struct Drafts<'a> {
    bases: Vec<&'a dyn Source>,
    manifests: BTreeMap<Digest, Manifest>,
    configs: BTreeMap<Digest, Config>,
    layers: BTreeMap<Digest, Made>,
    /// What the layers that are kept are uncompressed, by the word of the configs.
    diff_ids: BTreeMap<Digest, Digest>,
    root: Option<Descriptor>,
    /// Which base has what is kept.
    homes: Mutex<BTreeMap<Digest, usize>>,
}

impl<'a> Drafts<'a> {
    /// Adds an image and returns its descriptor with its platform; `base` has the layers that it keeps.
    ///
    /// # Errors
    /// Those of [`Draft::finish`].
    pub fn add(&mut self, draft: &Draft, base: Option<&'a dyn Source>) -> Result<Descriptor> {
        let finished = draft.finish()?;
        for layer in &draft.layers {
            match layer {
                Layer::Made(made) => drop(self.layers.insert(made.descriptor.digest.clone(), made.clone())),
                Layer::Kept { descriptor, diff_id } => {
                    self.diff_ids.insert(descriptor.digest.clone(), diff_id.clone());
                }
            }
        }
        let descriptor = finished.descriptor();
        self.configs.insert(Digest::of(finished.config.raw()), finished.config);
        self.add_manifest(finished.manifest, base);
        Ok(descriptor)
    }

    /// Adds an index of images that were added.
    ///
    /// # Errors
    /// [`Error::Manifest`](super::Error::Manifest) when it is too large.
    pub fn add_index(
        &mut self,
        format: Format,
        images: Vec<Descriptor>,
        annotations: Annotations,
    ) -> Result<Descriptor> {
        let index = Index { manifests: images, annotations, ..Index::default() };
        Ok(self.add_manifest(Manifest::index(format, &index)?, None))
    }

    /// Adds an image without layers as it is written.
    #[cfg(test)]
    pub(super) fn keep(&mut self, config: &Config, manifest: Manifest) {
        self.configs.insert(Digest::of(config.raw()), config.clone());
        self.add_manifest(manifest, None);
    }

    /// Adds a manifest that is written, an index of others for instance; `base` has what it refers to and is not here.
    pub fn add_manifest(&mut self, manifest: Manifest, base: Option<&'a dyn Source>) -> Descriptor {
        if let Some(base) = base {
            let home = self.home(base);
            self.settle(&manifest, home);
        }
        let descriptor = manifest.descriptor();
        self.root = Some(descriptor.clone());
        self.manifests.insert(descriptor.digest.clone(), manifest);
        descriptor
    }

    fn home(&mut self, base: &'a dyn Source) -> usize {
        // The same place may be given for each of its images.
        let known = self.bases.iter().position(|known| std::ptr::addr_eq(*known, base));
        known.unwrap_or_else(|| {
            self.bases.push(base);
            self.bases.len() - 1
        })
    }

    /// Notes where what a manifest refers to is.
    fn settle(&self, manifest: &Manifest, home: usize) {
        let mut homes = self.homes();
        for part in manifest.blobs().into_iter().chain(manifest.children()) {
            homes.entry(part.digest.clone()).or_insert(home);
        }
    }

    fn homes(&self) -> MutexGuard<'_, BTreeMap<Digest, usize>> {
        // Nobody panics while holding it.
        locks::lock(&self.homes)
    }

    /// Returns the base that has something.
    fn base_of(&self, digest: &Digest) -> Option<(usize, &'a dyn Source)> {
        let home = *self.homes().get(digest)?;
        Some((home, self.bases[home]))
    }

    fn root(&self, at: &Selector) -> transport::Result<&Descriptor> {
        self.root.as_ref().ok_or_else(|| transport::Error::not_found(at, self))
    }
}

impl fmt::Display for Drafts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bases.first() {
            Some(base) => base.fmt(f),
            None => f.write_str("the new image"),
        }
    }
}

impl Source for Drafts<'_> {
    fn resolve(&self, at: &Selector) -> transport::Result<Option<Descriptor>> {
        let Some(digest) = at.digest() else {
            return self.root(at).cloned().map(Some);
        };
        if let Some(manifest) = self.manifests.get(digest) {
            return Ok(Some(manifest.descriptor()));
        }
        match self.base_of(digest) {
            Some((_, base)) => base.resolve(at),
            None => Ok(None),
        }
    }

    fn manifest(&self, at: &Selector) -> transport::Result<Manifest> {
        let digest = match at.digest() {
            Some(digest) => digest,
            None => &self.root(at)?.digest,
        };
        if let Some(manifest) = self.manifests.get(digest) {
            return Ok(manifest.clone());
        }
        let (home, base) = self.base_of(digest).ok_or_else(|| transport::Error::not_found(at, self))?;
        let manifest = base.manifest(at)?;
        self.settle(&manifest, home);
        Ok(manifest)
    }

    fn blob(&self, blob: &Descriptor) -> transport::Result<Blob<'_>> {
        if let Some(config) = self.configs.get(&blob.digest) {
            return Ok(Blob::from_bytes(blob.clone(), config.raw())?);
        }
        if let Some(made) = self.layers.get(&blob.digest) {
            return Ok(made.blob()?);
        }
        let (_, base) = self
            .base_of(&blob.digest)
            .ok_or_else(|| transport::Error::not_found(format!("blob {}", blob.digest), self))?;
        let content = base.blob(blob)?;
        // What passes here is looked at: a new image must not hand the lie of an old one on.
        Ok(match self.diff_ids.get(&blob.digest) {
            Some(diff_id) => held_to(content, diff_id),
            None => content,
        })
    }

    /// The first base's: what is new is never mounted, which costs the request that begins its upload nothing.
    fn origin(&self) -> Option<&Origin> {
        self.bases.first()?.origin()
    }
}
