//! A place whose blobs are kept in another one, so that they are fetched once.

use std::fmt;

use super::{Result, Selector, Source, Tags, Transport};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::Manifest;

/// A source with a cache for its blobs; manifests are always asked for, for tags move.
pub struct Cached {
    source: Box<dyn Source>,
    cache: Box<dyn Transport>,
}

impl Cached {
    /// Puts a cache before a source.
    pub fn new(source: Box<dyn Source>, cache: Box<dyn Transport>) -> Self {
        Self { source, cache }
    }
}

impl fmt::Display for Cached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl Source for Cached {
    fn resolve(&self, at: &Selector) -> Result<Option<Descriptor>> {
        self.source.resolve(at)
    }

    fn manifest(&self, at: &Selector) -> Result<Manifest> {
        self.source.manifest(at)
    }

    fn blob(&self, blob: &Descriptor) -> Result<Blob<'_>> {
        // Without a size (schema 1) there is nothing to look for.
        if blob.size == 0 {
            return self.source.blob(blob);
        }
        if !self.cache.has_blob(blob)? {
            self.cache.put_blob(self.source.blob(blob)?, None)?;
        }
        self.cache.blob(blob)
    }

    fn tags(&self, after: Option<&str>) -> Result<Tags> {
        self.source.tags(after)
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.source.referrers(subject)
    }

    fn unlisted_referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.source.unlisted_referrers(subject)
    }

    #[cfg(feature = "openpgp")]
    fn signatures(&self, image: &Digest) -> Result<Option<Vec<super::KeptSignature>>> {
        self.source.signatures(image)
    }
}
