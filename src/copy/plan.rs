//! What a copy will do: every manifest, and every blob once.

use std::collections::{BTreeMap, BTreeSet};

use super::choose::{self, Target};
use super::convert::{self, Recompression};
use super::referrers::Referrer;
use super::session::report;
use super::{Error, Report, Request, Result, Session, Side, Step, Totals};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::transport::MAX_DEPTH;

/// The most manifests that one image may have, and the most bytes of them: they are held in memory.
const MAX_MANIFESTS: usize = 20_000;
pub(super) const MAX_MANIFEST_BYTES: usize = 256 << 20;

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
    /// Reads every manifest of the target and decides on every blob. Nothing is written.
    pub(super) fn make(session: &Session, request: &Request<'_>, target: &Target) -> Result<Self> {
        let levels = read_levels(session, request, target.read(request)?)?;
        for manifest in levels.iter().flatten() {
            request.destination.accepts(manifest).map_err(Error::at(Side::Destination, request.destination))?;
            convert::check(request, manifest)?;
            check_sizes(request, manifest)?;
        }
        let recompressions = convert::recompressions(request, levels.iter().flatten())?;
        convert::check_root(request, &levels[0][0])?;
        let mut plan = Self { levels, blobs: Vec::new(), skipped: Vec::new(), referrers: Vec::new(), is_there: false };
        plan.collect_blobs(request, &recompressions);
        if let Some(what) = convert::changes(request, &plan) {
            let digest = plan.root().digest().clone();
            return Err(Error::Preserve { what, digest });
        }
        plan.check_promise(request)?;
        if request.options.compress.is_none() && !recompressions.is_empty() {
            let layers = if recompressions.len() == 1 { "layer" } else { "layers" };
            let text =
                format!("recompressing {} zstd {layers} with gzip: Docker's format has no zstd", recompressions.len());
            session.watch().note(&text);
        }
        Ok(plan)
    }

    /// Returns the manifest that gets the name.
    pub(super) fn root(&self) -> &Manifest {
        &self.levels[0][0]
    }

    /// Returns the number of manifests that are no index and no attestation.
    pub(super) fn images(&self) -> usize {
        let attestations: BTreeSet<&Digest> = self
            .levels
            .iter()
            .flatten()
            .flat_map(Manifest::children)
            .filter(|entry| entry.is_attestation())
            .map(|entry| &entry.digest)
            .collect();
        let images = self.levels.iter().flatten().filter(|manifest| manifest.as_index().is_none());
        images.filter(|manifest| !attestations.contains(manifest.digest())).count()
    }

    /// Adds what refers to the image; when the destination has the image, that is all that is left to do.
    pub(super) fn add(&mut self, referrers: Vec<Vec<Referrer>>, is_there: bool, request: &Request<'_>) {
        if is_there {
            self.blobs.clear();
            self.skipped.clear();
        }
        self.is_there = is_there;
        self.referrers = referrers;
        // Recompressing a layer does not take it away from a referrer that happens to have it, too.
        let mut seen: BTreeSet<Digest> = self
            .blobs
            .iter()
            .filter(|blob| blob.recompression.is_none())
            .map(|blob| &blob.descriptor)
            .chain(&self.skipped)
            .map(|blob| blob.digest.clone())
            .collect();
        let manifests = self.referrers.iter().flatten().flat_map(Referrer::manifests);
        for blob in manifests.flat_map(Manifest::blobs).filter(|blob| seen.insert(blob.digest.clone())) {
            match blob.media_type.is_nondistributable() && !request.options.include_external {
                true => self.skipped.push(blob.clone()),
                false => self.blobs.push(PlannedBlob { descriptor: blob.clone(), recompression: None }),
            }
        }
    }

    fn collect_blobs(&mut self, request: &Request<'_>, recompressions: &BTreeMap<Digest, Recompression>) {
        let mut seen = BTreeSet::new();
        let blobs = self.levels.iter().flatten().flat_map(Manifest::blobs);
        for blob in blobs.filter(|blob| seen.insert(blob.digest.clone())) {
            if blob.media_type.is_nondistributable() && !request.options.include_external {
                self.skipped.push(blob.clone());
                continue;
            }
            let recompression = recompressions.get(&blob.digest).cloned();
            self.blobs.push(PlannedBlob { descriptor: blob.clone(), recompression });
        }
    }

    /// A destination by digest must get what it names; known before the first write unless layers are recompressed.
    fn check_promise(&self, request: &Request<'_>) -> Result<()> {
        let Some(promised) = request.to.digest() else {
            return Ok(());
        };
        if self.blobs.iter().any(|blob| blob.recompression.is_some()) {
            return Ok(());
        }
        let converted = convert::manifests(request, &self.levels, &BTreeMap::new())?;
        let got = converted[0][0].digest();
        if got == promised { Ok(()) } else { Err(Error::Digest { wanted: promised.clone(), got: got.clone() }) }
    }

    /// Tells what would be done.
    pub(super) fn describe(&self, request: &Request<'_>, source: &Descriptor, target: Target) -> Result<Report> {
        let mut steps = Vec::new();
        let mut totals = Totals { skipped: self.skipped.len(), ..Totals::default() };
        let mut recompressed = false;
        for PlannedBlob { descriptor, recompression } in &self.blobs {
            let (digest, size) = (descriptor.digest.clone(), descriptor.size);
            if recompression.is_some() {
                recompressed = true;
                totals.recompressed += 1;
                steps.push(Step::Recompress { digest, size });
                continue;
            }
            let there = request.destination.has_blob(descriptor);
            if there.map_err(Error::at(Side::Destination, request.destination))? {
                totals.existed += 1;
                continue;
            }
            let mount = mountable(request);
            totals.sent += 1;
            totals.sent_bytes = totals.sent_bytes.saturating_add(size);
            steps.push(Step::Blob { digest, size, mount });
        }
        let mut descriptor = target.descriptor.clone();
        if self.is_there {
            steps.extend(self.referrer_steps());
        } else if recompressed {
            steps.extend(self.referrer_steps());
            steps.push(Step::Manifest { digest: None, name: request.to.tag().map(Into::into) });
        } else {
            let converted = convert::manifests(request, &self.levels, &BTreeMap::new())?;
            descriptor = converted[0][0].descriptor();
            for (depth, level) in converted.iter().enumerate().rev() {
                if depth == 0 {
                    steps.extend(self.referrer_steps());
                }
                let name = if depth == 0 { request.to.tag().map(Into::into) } else { None };
                let step = |manifest: &Manifest| Step::Manifest {
                    digest: Some(manifest.digest().clone()),
                    name: name.clone(),
                };
                steps.extend(level.iter().map(step));
            }
        }
        let images = if self.is_there { 0 } else { self.images() };
        let referrers = self.referrers.iter().map(Vec::len).sum();
        Ok(Report { plan: steps, referrers, ..report(source, target, descriptor, images, totals) })
    }

    fn referrer_steps(&self) -> impl Iterator<Item = Step> {
        let writes = self.referrers.iter().flatten().flat_map(Referrer::writes);
        writes.map(|(at, manifest)| Step::Manifest {
            digest: Some(manifest.digest().clone()),
            name: at.tag().map(Into::into),
        })
    }
}

/// A size of 0 asks a place for the real one, which only a schema 1 manifest may do: any other that says 0 of something lies.
fn check_sizes(request: &Request<'_>, manifest: &Manifest) -> Result<()> {
    if manifest.media_type().is_schema1() {
        return Ok(());
    }
    for blob in manifest.blobs().into_iter().filter(|blob| blob.size == 0) {
        Blob::from_bytes(blob.clone(), b"").map_err(|fault| Error::at(Side::Source, request.source)(fault.into()))?;
    }
    Ok(())
}

/// Says whether the destination is another repository of the source's registry.
fn mountable(request: &Request<'_>) -> bool {
    match (request.source.origin(), request.destination.origin()) {
        (Some(from), Some(to)) => from.registry == to.registry && from.repository != to.repository,
        _ => false,
    }
}

/// Reads the manifests level by level, each once, in parallel.
pub(super) fn read_levels(session: &Session, request: &Request<'_>, root: Manifest) -> Result<Vec<Vec<Manifest>>> {
    let mut seen = BTreeSet::from([root.digest().clone()]);
    let mut bytes = root.raw().len();
    let mut levels = vec![vec![root]];
    while let Some(last) = levels.last() {
        let children = last.iter().flat_map(Manifest::children);
        let fresh: Vec<&Descriptor> = children.filter(|child| seen.insert(child.digest.clone())).collect();
        if fresh.is_empty() {
            break;
        }
        if levels.len() > MAX_DEPTH || seen.len() > MAX_MANIFESTS || bytes > MAX_MANIFEST_BYTES {
            let reason = format!("the index is nested more than {MAX_DEPTH} deep or has too many manifests");
            return Err(Error::Refused { reason, hint: None });
        }
        let level = session.each(&fresh, |child, watch| {
            let _permit = session.permit(watch)?;
            request.read(child)
        })?;
        bytes += level.iter().map(|manifest| manifest.raw().len()).sum::<usize>();
        levels.push(level);
    }
    sink(&mut levels);
    Ok(levels)
}

/// A manifest that stands at several depths must be written before the shallowest of its parents: it sinks to the deepest.
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

/// Reads the config of an image, for its diff_ids.
pub(super) fn diff_ids(request: &Request<'_>, config: &Descriptor) -> Result<Vec<Digest>> {
    Ok(choose::read_config(request, config)?.body().rootfs.diff_ids.clone())
}
