//! Reads the manifests of one copy, all of them together under one limit, and configs.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::{Error, Result, Side};
use crate::config::{self, Config};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::image::Reader;
use crate::manifest::{self, Manifest};
use crate::pool::Pool;
use crate::transport::{self, MAX_DEPTH, Selector, Source};
use crate::watch::Watch;

/// The most manifests that one copy reads, those of referrers included.
pub(super) const MAX_MANIFESTS: usize = 20_000;
/// The most bytes of manifests that one copy reads, unless [`Options::max_manifest_bytes`](super::Options) says otherwise: they are held in
/// memory.
const MAX_BYTES: u64 = 256 << 20;

/// The source's manifests, counted as they are read, from any number of threads.
pub(super) struct Manifests<'a> {
    pub(super) source: &'a dyn Source,
    max_bytes: u64,
    bytes: AtomicU64,
    number: AtomicUsize,
}

impl<'a> Manifests<'a> {
    /// Reads from `source`, at most so many bytes in all, or as many as are read unless somebody says otherwise.
    pub(super) fn new(source: &'a dyn Source, max_bytes: Option<u64>) -> Self {
        let max_bytes = max_bytes.unwrap_or(MAX_BYTES);
        Self { source, max_bytes, bytes: AtomicU64::new(0), number: AtomicUsize::new(0) }
    }

    /// Reads a manifest of which its parent tells type and size.
    ///
    /// # Errors
    /// The source's; [`Error::Refused`] beyond the limit.
    pub(super) fn read(&self, descriptor: &Descriptor) -> Result<Manifest> {
        self.read_at(&Selector::from(descriptor.clone()), descriptor.size)
    }

    /// Reads a manifest that is said to have this size.
    ///
    /// # Errors
    /// The source's; [`Error::Refused`] beyond the limit.
    pub(super) fn read_at(&self, at: &Selector, size: u64) -> Result<Manifest> {
        // Counted before it is read: several threads would exceed the limit together otherwise.
        let size = size.min(manifest::MAX_SIZE);
        if self.number.fetch_add(1, Ordering::Relaxed) >= MAX_MANIFESTS {
            return Err(self.too_many());
        }
        self.count(size)?;
        let read = self.source.manifest(at).inspect_err(|_| {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
        });
        let manifest = read.map_err(Error::at(Side::Source, self.source))?;
        self.count((manifest.raw().len() as u64).saturating_sub(size))?;
        Ok(manifest)
    }

    /// Reads an image's config, which does not count.
    ///
    /// # Errors
    /// The source's; [`Error::Config`].
    pub(super) fn config(&self, descriptor: &Descriptor) -> Result<Config> {
        let at_source = Error::at(Side::Source, self.source);
        let blob = self.source.blob(descriptor).map_err(&at_source)?;
        let raw = blob.read_all(config::MAX_SIZE).map_err(|error| at_source(transport::Error::from_read(error)))?;
        Config::parse(raw).map_err(|source| Error::Config { digest: descriptor.digest.clone(), source })
    }

    fn count(&self, bytes: u64) -> Result<()> {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes > self.max_bytes { Err(self.too_many()) } else { Ok(()) }
    }

    pub(super) fn too_many(&self) -> Error {
        let reason = format!(
            "too many manifests: the limit is {MAX_MANIFESTS} for an image and its referrers, with {} bytes in all",
            self.max_bytes
        );
        Error::Refused { reason, hint: Some("copy single platforms, or leave referrers out".into()) }
    }

    /// Reads everything below `root` level by level, each manifest once, in parallel. A manifest reachable at several depths is kept only at
    /// the deepest, so that it is written before every parent.
    ///
    /// # Errors
    /// The source's; [`Error::Refused`] beyond the limit, and when indexes are nested too deep.
    pub(super) fn levels(&self, pool: &Pool, watch: &Watch, root: Manifest) -> Result<Vec<Vec<Manifest>>> {
        let mut seen = BTreeSet::from([root.digest().clone()]);
        let mut levels = vec![vec![root]];
        while let Some(last) = levels.last() {
            let children = last.iter().flat_map(Manifest::children).filter(|child| child.media_type.is_manifest());
            let fresh: Vec<&Descriptor> = children.filter(|child| seen.insert(child.digest.clone())).collect();
            if fresh.is_empty() {
                break;
            }
            if levels.len() > MAX_DEPTH {
                let reason = format!("the index is nested more than {MAX_DEPTH} deep");
                return Err(Error::Refused { reason, hint: None });
            }
            if seen.len() > MAX_MANIFESTS {
                return Err(self.too_many());
            }
            let level = pool.each(watch, &fresh, |child, _| self.read(child).map_err(|error| error.of_child(child)))?;
            levels.push(level);
        }
        sink(&mut levels);
        Ok(levels)
    }
}

impl Reader for Manifests<'_> {
    type Error = Error;

    fn manifest(&self, entry: &Descriptor) -> Result<Manifest> {
        self.read(entry)
    }

    fn config(&self, config: &Descriptor) -> Result<Config> {
        self.config(config)
    }
}

/// Moves each manifest that is mentioned at several depths to the deepest.
fn sink(levels: &mut Vec<Vec<Manifest>>) {
    let mut depth = 0;
    while depth < levels.len() {
        let mentioned: BTreeSet<Digest> =
            levels[depth].iter().flat_map(Manifest::children).map(|child| child.digest.clone()).collect();
        for above in 0..=depth {
            let (stay, fall): (Vec<_>, Vec<_>) =
                std::mem::take(&mut levels[above]).into_iter().partition(|each| !mentioned.contains(each.digest()));
            levels[above] = stay;
            if !fall.is_empty() {
                if depth + 1 == levels.len() {
                    levels.push(Vec::new());
                }
                levels[depth + 1].extend(fall);
            }
        }
        depth += 1;
    }
}
