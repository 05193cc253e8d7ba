//! What a copy will do: every manifest, and every blob once.

use std::collections::{BTreeMap, BTreeSet};

use super::convert::{self, Recompression};
use super::manifests::Manifests;
use super::referrers::Referrer;
use super::{Error, Options, Report, Result, Side, Step};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::transport::{Selector, Source, Transport};
use crate::watch::Watch;

/// What a copy will do.
pub(super) struct Plan {
    /// The manifests by how deep they stand, the root first; each once.
    pub(super) levels: Vec<Vec<Manifest>>,
    /// The blobs, each once.
    pub(super) blobs: Vec<PlannedBlob>,
    /// Blobs that stay behind.
    pub(super) skipped: Vec<Descriptor>,
    /// What refers to the image and is missing at the destination, in the order in which it can be written.
    pub(super) referrers: Vec<Vec<Referrer>>,
    /// Whether the destination has the image, and only the referrers are written.
    pub(super) is_there: bool,
}

/// A blob to be copied.
pub(super) struct PlannedBlob {
    pub(super) descriptor: Descriptor,
    /// What becomes of it on the way.
    pub(super) recompression: Option<Recompression>,
}

impl Plan {
    /// Decides on every manifest of the target and every blob. Nothing is written.
    pub(super) fn make(
        levels: Vec<Vec<Manifest>>,
        manifests: &Manifests<'_>,
        destination: &dyn Transport,
        options: &Options,
        watch: &Watch,
    ) -> Result<Self> {
        for manifest in levels.iter().flatten() {
            destination.accepts(manifest).map_err(Error::at(Side::Destination, destination))?;
            convert::check(options, manifest)?;
            check_sizes(manifests.source, manifest)?;
        }
        let recompressions = convert::recompressions(options, manifests, &levels)?;
        convert::check_root(options, &levels[0][0])?;
        convert::check_preserved(options, &levels, !recompressions.is_empty())?;
        let mut plan =
            Self { levels: Vec::new(), blobs: Vec::new(), skipped: Vec::new(), referrers: Vec::new(), is_there: false };
        plan.add_blobs(levels.iter().flatten(), &recompressions, options);
        plan.levels = levels;
        if options.compress.is_none() && !recompressions.is_empty() {
            let layers = if recompressions.len() == 1 { "layer" } else { "layers" };
            let number = recompressions.len();
            watch.note(&format!("recompressing {number} zstd {layers} with gzip: Docker's format has no zstd"));
        }
        Ok(plan)
    }

    /// Returns the number of manifests that are no index and no attestation.
    pub(super) fn images(&self) -> usize {
        let entries = self.levels.iter().flatten().flat_map(Manifest::children);
        let attestations: BTreeSet<&Digest> =
            entries.filter(|entry| entry.is_attestation()).map(|entry| &entry.digest).collect();
        let images = self.levels.iter().flatten().filter(|manifest| manifest.as_index().is_none());
        images.filter(|manifest| !attestations.contains(manifest.digest())).count()
    }

    /// Returns the layers that are recompressed.
    pub(super) fn recompressed(&self) -> impl Iterator<Item = &Descriptor> {
        self.blobs.iter().filter(|blob| blob.recompression.is_some()).map(|blob| &blob.descriptor)
    }

    /// Adds what refers to the image; when the destination has the image, that is all that is left to do.
    pub(super) fn add(&mut self, referrers: Vec<Vec<Referrer>>, is_there: bool, options: &Options) {
        if is_there {
            self.blobs.clear();
            self.skipped.clear();
        }
        self.is_there = is_there;
        let manifests = referrers.iter().flatten().flat_map(Referrer::manifests);
        self.add_blobs(manifests, &BTreeMap::new(), options);
        self.referrers = referrers;
    }

    /// Adds the blobs of manifests, each once.
    fn add_blobs<'m>(
        &mut self,
        manifests: impl Iterator<Item = &'m Manifest>,
        recompressions: &BTreeMap<Digest, Recompression>,
        options: &Options,
    ) {
        // Recompressing a layer does not take it away from a referrer that happens to have it, too.
        let kept = self.blobs.iter().filter(|blob| blob.recompression.is_none()).map(|blob| &blob.descriptor);
        let mut seen: BTreeSet<Digest> = kept.chain(&self.skipped).map(|blob| blob.digest.clone()).collect();
        for blob in manifests.flat_map(Manifest::blobs).filter(|blob| seen.insert(blob.digest.clone())) {
            if blob.media_type.is_nondistributable() && !options.include_external {
                self.skipped.push(blob.clone());
                continue;
            }
            let recompression = recompressions.get(&blob.digest).cloned();
            self.blobs.push(PlannedBlob { descriptor: blob.clone(), recompression });
        }
    }

    /// A destination by digest must get what it names; known before the first write unless layers are recompressed.
    pub(super) fn check_promise(&self, to: &Selector, options: &Options) -> Result<()> {
        if to.digest().is_none() || self.recompressed().next().is_some() {
            return Ok(());
        }
        check_promise(to, &convert::manifests(options, &self.levels, &BTreeMap::new())?[0][0])
    }

    /// Adds to a report what would be done.
    pub(super) fn describe(
        &self,
        mut report: Report,
        source: &dyn Source,
        destination: &dyn Transport,
        to: &Selector,
        options: &Options,
    ) -> Result<Report> {
        let Report { plan: steps, totals, manifest, images, .. } = &mut report;
        totals.skipped = self.skipped.len();
        for PlannedBlob { descriptor, recompression } in &self.blobs {
            let (digest, size) = (descriptor.digest.clone(), descriptor.size);
            if recompression.is_some() {
                totals.recompressed += 1;
                steps.push(Step::Recompress { digest, size });
                continue;
            }
            if destination.has_blob(descriptor).map_err(Error::at(Side::Destination, destination))? {
                totals.existed += 1;
                continue;
            }
            totals.sent += 1;
            totals.sent_bytes = totals.sent_bytes.saturating_add(size);
            steps.push(Step::Blob { digest, size, mount: mountable(source, destination) });
        }
        let write = |manifest: Option<&Manifest>, name: Option<&str>| Step::Manifest {
            digest: manifest.map(|manifest| manifest.digest().clone()),
            name: name.map(Into::into),
        };
        let mut root = None;
        if !self.is_there && totals.recompressed == 0 {
            let levels = convert::manifests(options, &self.levels, &BTreeMap::new())?;
            *manifest = levels[0][0].descriptor();
            steps.extend(levels[1..].iter().rev().flatten().map(|manifest| write(Some(manifest), None)));
            root = levels.into_iter().next().and_then(|level| level.into_iter().next());
        }
        let referrers = self.referrers.iter().flatten().flat_map(Referrer::writes);
        steps.extend(referrers.map(|(at, manifest)| write(Some(manifest), at.tag())));
        if !self.is_there {
            steps.push(write(root.as_ref(), to.tag()));
            *images = self.images();
        }
        Ok(report)
    }
}

/// Refuses to write another manifest than the digest that the destination is named by promises.
pub(super) fn check_promise(to: &Selector, root: &Manifest) -> Result<()> {
    match to.digest() {
        Some(promised) if promised != root.digest() => {
            Err(Error::Digest { wanted: promised.clone(), got: root.digest().clone() })
        }
        _ => Ok(()),
    }
}

/// A size of 0 asks a place for the real one, which only a schema 1 manifest may do: any other that says 0 of something lies.
fn check_sizes(source: &dyn Source, manifest: &Manifest) -> Result<()> {
    if manifest.media_type().is_schema1() {
        return Ok(());
    }
    for blob in manifest.blobs().into_iter().filter(|blob| blob.size == 0) {
        Blob::from_bytes(blob.clone(), b"").map_err(|fault| Error::at(Side::Source, source)(fault.into()))?;
    }
    Ok(())
}

/// Says whether the destination is another repository of the source's registry.
fn mountable(source: &dyn Source, destination: &dyn Transport) -> bool {
    match (source.origin(), destination.origin()) {
        (Some(from), Some(to)) => from.registry == to.registry && from.repository != to.repository,
        _ => false,
    }
}
