//! The manifests of an image, level by level, with the configs of those that have one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Defect, Options, Part, Report};
use crate::config::{self, Config};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::error_chain::with_causes;
use crate::image;
use crate::manifest::Manifest;
use crate::pool::Pool;
use crate::transport::{Error, MAX_DEPTH, Result, Selector, Source};
use crate::watch::Watch;

/// The most manifests that are looked at.
const MAX_MANIFESTS: usize = 20_000;
/// The most blobs that are looked at.
const MAX_BLOBS: usize = 1_000_000;

/// A blob that an image needs.
pub(super) struct Need {
    /// What it is.
    pub(super) descriptor: Descriptor,
    pub(super) part: Part,
    /// The manifest that needs it.
    pub(super) of: Digest,
    /// What the configs say of its uncompressed digest.
    pub(super) diff_ids: BTreeSet<Digest>,
}

/// What a manifest showed.
#[derive(Default)]
struct Looked {
    is_read: bool,
    children: Vec<Descriptor>,
    needs: Vec<Need>,
    external: usize,
    /// The configs that were read, and their bytes.
    configs: Vec<(Digest, u64)>,
    defects: Vec<Defect>,
    warnings: Vec<String>,
}

/// The way through an image.
pub(super) struct Walk<'a> {
    source: &'a dyn Source,
    options: &'a Options,
    pool: &'a Pool,
    watch: &'a Watch,
    report: Report,
    seen: BTreeSet<Digest>,
    configs: BTreeSet<Digest>,
    needs: BTreeMap<Digest, Need>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(source: &'a dyn Source, options: &'a Options, pool: &'a Pool, watch: &'a Watch) -> Self {
        let (report, seen, configs, needs) = Default::default();
        Self { source, options, pool, watch, report, seen, configs, needs }
    }

    /// Returns the report so far, and the blobs that are left to be looked at.
    pub(super) fn into_parts(self) -> (Report, Vec<Need>) {
        (self.report, self.needs.into_values().collect())
    }

    /// Looks at what a name stands for, and at all manifests below it.
    pub(super) fn all(&mut self, at: &Selector) -> image::Result<()> {
        let root = match self.source.manifest(at) {
            Err(error) if error.is_not_found() => return Err(error.into()),
            Err(error) => {
                // The name may lead to a digest although what lies there is no manifest.
                let named = || self.source.resolve(at).ok().flatten().map(|found| found.digest);
                let digest = at.digest().cloned().or_else(named);
                self.report.add([Defect::of(error, digest.as_ref(), Part::Manifest, None)?]);
                self.report.digest = digest;
                return Ok(());
            }
            Ok(root) => root,
        };
        self.report.digest = Some(root.digest().clone());
        self.seen.insert(root.digest().clone());
        let mut next = self.below(at, &root)?;
        for _ in 0..=MAX_DEPTH {
            if next.is_empty() {
                return Ok(());
            }
            next = self.level(&next)?;
        }
        if next.is_empty() { Ok(()) } else { Err(self.refused("its indexes are nested too deeply").into()) }
    }

    /// Looks at the root, and returns what is to be looked at below it: of an index with platforms asked for, the images for these.
    fn below(&mut self, at: &Selector, root: &Manifest) -> image::Result<Vec<Descriptor>> {
        let Options { platforms, fast } = self.options;
        let mut chosen = Vec::new();
        for platform in platforms {
            chosen.push(image::resolve(self.source, at, platform)?);
        }
        if platforms.is_empty() || root.as_index().is_none() {
            let looked = look(self.source, root, &root.descriptor(), *fast)?;
            return Ok(self.take(looked)?);
        }
        self.report.manifests += 1;
        chosen.retain(|entry| self.seen.insert(entry.digest.clone()));
        Ok(chosen)
    }

    fn level(&mut self, entries: &[Descriptor]) -> Result<Vec<Descriptor>> {
        let (source, fast) = (self.source, self.options.fast);
        let looked = self.pool.each(self.watch, entries, |entry, _| read(source, entry, fast))?;
        let mut next = Vec::new();
        for looked in looked {
            next.extend(self.take(looked)?);
        }
        Ok(next)
    }

    /// Takes in what a manifest showed, and returns what was not seen before below it.
    fn take(&mut self, looked: Looked) -> Result<Vec<Descriptor>> {
        let Looked { is_read, mut children, needs, external, configs, defects, warnings } = looked;
        self.report.manifests += usize::from(is_read);
        self.report.external += external;
        self.report.add(defects);
        if self.report.warnings.len() < super::MAX_DEFECTS {
            self.report.warnings.extend(warnings);
        }
        for (digest, size) in configs {
            if self.configs.insert(digest) {
                self.report.blobs += 1;
                self.report.bytes = self.report.bytes.saturating_add(size);
            }
        }
        for need in needs {
            self.need(need);
        }
        children.retain(|child| self.seen.insert(child.digest.clone()));
        if self.seen.len() > MAX_MANIFESTS || self.needs.len() > MAX_BLOBS {
            return Err(self.refused(&format!("it has more than {MAX_MANIFESTS} manifests or {MAX_BLOBS} blobs")));
        }
        Ok(children)
    }

    fn need(&mut self, need: Need) {
        let Some(known) = self.needs.get_mut(&need.descriptor.digest) else {
            self.needs.insert(need.descriptor.digest.clone(), need);
            return;
        };
        let (own, other) = (known.descriptor.size, need.descriptor.size);
        if own != other && other != 0 {
            let reason = format!("one manifest says that it has {own} bytes, another {other}");
            self.report.add([Defect::damaged(&need.descriptor.digest, need.part, Some(&need.of), reason)]);
        }
        known.diff_ids.extend(need.diff_ids);
    }

    fn refused(&self, reason: &str) -> Error {
        Error::Malformed { place: self.source.to_string(), reason: reason.to_owned() }
    }
}

/// Reads what an index lists, and looks at it.
fn read(source: &dyn Source, entry: &Descriptor, fast: bool) -> Result<Looked> {
    match source.manifest(&Selector::from(entry.clone())) {
        Ok(manifest) => look(source, &manifest, entry, fast),
        Err(error) => {
            let defect = Defect::of(error, Some(&entry.digest), Part::Manifest, None)?;
            Ok(Looked { defects: vec![defect], ..Looked::default() })
        }
    }
}

/// Looks at a manifest, and at its config unless that is to be quick.
fn look(source: &dyn Source, manifest: &Manifest, entry: &Descriptor, fast: bool) -> Result<Looked> {
    let mut looked = Looked { is_read: true, ..Looked::default() };
    let own = manifest.digest();
    let size = manifest.raw().len() as u64;
    if entry.size != size {
        let reason = format!("it has {size} bytes, and its index says {}", entry.size);
        looked.defects.push(Defect::damaged(own, Part::Manifest, None, reason));
    }
    if entry.media_type != *manifest.media_type() {
        let text = format!("{own} is of type {}, and its index says {}", manifest.media_type(), entry.media_type);
        looked.warnings.push(text);
    }
    looked.children = manifest.children().iter().filter(|child| child.media_type.is_manifest()).cloned().collect();
    let image = manifest.as_image().filter(|_| manifest.is_runnable());
    let mut diff_ids = Vec::new();
    if let Some(image) = image.filter(|_| !fast) {
        diff_ids = read_config(source, own, &image.config, entry, &mut looked)?;
        if !diff_ids.is_empty() && diff_ids.len() != image.layers.len() {
            let reason = format!("it has {} diff_ids for {} layers", diff_ids.len(), image.layers.len());
            looked.defects.push(Defect::damaged(&image.config.digest, Part::Config, Some(own), reason));
            diff_ids.clear();
        }
    }
    for (number, blob) in manifest.blobs().into_iter().enumerate() {
        if blob.media_type.is_nondistributable() {
            looked.external += 1;
            continue;
        }
        let is_config = image.is_some_and(|image| image.config.digest == blob.digest);
        if is_config && !fast {
            continue;
        }
        let part = match (is_config, image.is_some() && blob.media_type.layer_compression().is_some()) {
            (true, _) => Part::Config,
            (false, true) => Part::Layer,
            (false, false) => Part::Blob,
        };
        // The config stands before the layers.
        let diff_id = number.checked_sub(1).and_then(|layer| diff_ids.get(layer)).cloned();
        let descriptor = Descriptor::new(blob.media_type.clone(), blob.digest.clone(), blob.size);
        looked.needs.push(Need { descriptor, part, of: own.clone(), diff_ids: diff_id.into_iter().collect() });
    }
    Ok(looked)
}

/// Reads an image's config, and returns the uncompressed digests of its layers.
fn read_config(
    source: &dyn Source,
    own: &Digest,
    config: &Descriptor,
    entry: &Descriptor,
    looked: &mut Looked,
) -> Result<Vec<Digest>> {
    looked.configs.push((config.digest.clone(), config.size));
    let raw = source.blob(config).and_then(|blob| blob.read_all(config::MAX_SIZE).map_err(Error::from_read));
    let raw = match raw {
        Ok(raw) => raw,
        Err(error) => {
            looked.defects.push(Defect::of(error, Some(&config.digest), Part::Config, Some(own))?);
            return Ok(Vec::new());
        }
    };
    let parsed = match Config::parse(raw) {
        Ok(parsed) => parsed,
        Err(error) => {
            looked.defects.push(Defect::damaged(&config.digest, Part::Config, Some(own), with_causes(&error)));
            return Ok(Vec::new());
        }
    };
    looked.warnings.extend(parsed.faults().iter().map(|fault| format!("config {}: {fault}", config.digest)));
    let platform = parsed.platform();
    if let Some(wanted) = entry.platform.as_ref().filter(|wanted| !platform.os.is_empty() && !wanted.accepts(&platform))
    {
        looked.warnings.push(format!("{own} is for {platform} by its config, and for {wanted} by its index"));
    }
    let diff_ids = parsed.body().rootfs.diff_ids.clone();
    if diff_ids.is_empty() {
        looked.warnings.push(format!("config {} has no diff_ids to hold layers to", config.digest));
    }
    Ok(diff_ids)
}
