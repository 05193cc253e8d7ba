//! Images in other words: Docker's media types or OCI's, layers compressed otherwise.
//!
//! The config's bytes never change, so that the image ID stays. Layer digests change with their compression, diff_ids never.

use std::collections::BTreeMap;

use super::manifests::Manifests;
use super::{Error, Options, Result};
use crate::descriptor::{Annotations, Descriptor};
use crate::digest::Digest;
use crate::manifest::{Body, Image, Index, Manifest};
use crate::media_type::{Compression, Format};
use crate::splice::Members;

/// What becomes of a layer.
#[derive(Clone, Debug)]
pub(super) struct Recompression {
    pub(super) to: Compression,
    pub(super) format: Format,
    /// The uncompressed digest, where the config says it.
    pub(super) diff_id: Option<Digest>,
}

/// Refuses what has no form in the format wanted.
pub(super) fn check(options: &Options, manifest: &Manifest) -> Result<()> {
    if !options.changes() || manifest.format().is_some() {
        return Ok(());
    }
    let what = match manifest.body() {
        Body::Schema1(_) => "a Docker schema 1 manifest",
        _ => "an OCI artifact manifest",
    };
    let reason = format!("{} is {what}, which cannot be converted", manifest.digest());
    Err(Error::Refused { reason, hint: Some("copy it without --format and --compress".into()) })
}

/// Refuses to call an artifact converted: what has no form in the format wanted can be a part of an index that is, but not all of it.
pub(super) fn check_root(options: &Options, root: &Manifest) -> Result<()> {
    let is_kept = root.as_image().is_some() && convertible(root).is_none();
    match options.format {
        Some(format) if is_kept && root.format() != Some(format) => {
            let reason = format!("{} is an artifact, which has no form in the format {format}", root.digest());
            Err(Error::Refused { reason, hint: Some("copy it without --format".into()) })
        }
        _ => Ok(()),
    }
}

/// Decides which layers are recompressed.
pub(super) fn recompressions(
    options: &Options,
    manifests: &Manifests<'_>,
    levels: &[Vec<Manifest>],
) -> Result<BTreeMap<Digest, Recompression>> {
    let mut all = BTreeMap::new();
    if !options.changes() {
        return Ok(all);
    }
    for manifest in levels.iter().flatten() {
        let Some(image) = convertible(manifest) else {
            continue;
        };
        let format = wanted_format(options, manifest);
        let layers: Vec<(usize, Compression)> = image
            .layers
            .iter()
            .enumerate()
            .filter_map(|(at, layer)| Some((at, new_compression(options, format, layer)?)))
            .collect();
        if layers.is_empty() {
            continue;
        }
        let config = manifests.config(&image.config)?;
        let diff_ids = &config.body().rootfs.diff_ids;
        let diff_id = |at: usize| (diff_ids.len() == image.layers.len()).then(|| diff_ids[at].clone());
        for (at, to) in layers {
            let recompression = Recompression { to, format, diff_id: diff_id(at) };
            all.entry(image.layers[at].digest.clone()).or_insert(recompression);
        }
    }
    Ok(all)
}

/// Returns the compression that a layer is to get, if it has another.
fn new_compression(options: &Options, format: Format, layer: &Descriptor) -> Option<Compression> {
    let now = layer.media_type.layer_compression().filter(|_| !layer.media_type.is_nondistributable())?;
    let wanted = match (options.compress, format) {
        (Some(wanted), _) => wanted,
        (None, Format::Docker) if now == Compression::Zstd => Compression::Gzip,
        (None, _) => now,
    };
    (wanted != now).then_some(wanted)
}

/// Only images that run are converted: an attestation or artifact in an index is left as it is, for its words have no counterpart.
fn convertible(manifest: &Manifest) -> Option<&Image> {
    let image = manifest.as_image().filter(|_| manifest.is_runnable())?;
    let all_layers = image.layers.iter().all(|layer| layer.media_type.layer_compression().is_some());
    (all_layers || image.layers.is_empty()).then_some(image)
}

fn wanted_format(options: &Options, manifest: &Manifest) -> Format {
    options.format.or_else(|| manifest.format()).unwrap_or(Format::Oci)
}

/// Refuses to change a digest that is to be preserved.
pub(super) fn check_preserved(options: &Options, levels: &[Vec<Manifest>], recompresses: bool) -> Result<()> {
    let changes = |manifest: &Manifest| {
        options.format.is_some()
            && manifest.format() != options.format
            && (manifest.as_index().is_some() || convertible(manifest).is_some())
    };
    let what = match recompresses {
        _ if !options.preserve_digests => return Ok(()),
        true => "recompressing layers",
        false if levels.iter().flatten().any(changes) => "--format",
        false => return Ok(()),
    };
    Err(Error::Preserve { what: what.into(), digest: levels[0][0].digest().clone() })
}

/// Converts the manifests, given the new descriptors of the layers that were recompressed. The levels keep their order.
pub(super) fn manifests(
    options: &Options,
    levels: &[Vec<Manifest>],
    layers: &BTreeMap<Digest, Descriptor>,
) -> Result<Vec<Vec<Manifest>>> {
    let mut renamed: BTreeMap<Digest, Descriptor> = BTreeMap::new();
    let mut converted: Vec<Vec<Manifest>> = Vec::new();
    for level in levels.iter().rev() {
        let mut new_level = Vec::new();
        for manifest in level {
            let new = one(options, manifest, layers, &renamed)
                .map_err(|source| Error::Manifest { digest: manifest.digest().clone(), source })?;
            if new.digest() != manifest.digest() {
                renamed.insert(manifest.digest().clone(), new.descriptor());
            }
            new_level.push(new);
        }
        converted.push(new_level);
    }
    converted.reverse();
    Ok(converted)
}

fn one(
    options: &Options,
    manifest: &Manifest,
    layers: &BTreeMap<Digest, Descriptor>,
    renamed: &BTreeMap<Digest, Descriptor>,
) -> Result<Manifest, crate::manifest::ParseError> {
    let format = wanted_format(options, manifest);
    let same_format = manifest.format() == Some(format);
    if let Some(index) = manifest.as_index() {
        let touched = index.manifests.iter().any(|entry| renamed.contains_key(&entry.digest));
        return match (same_format, touched) {
            (true, false) => Ok(manifest.clone()),
            (true, true) => splice_index(manifest, renamed),
            (false, _) => Manifest::index(format, &convert_index(index, format, renamed)),
        };
    }
    let Some(image) = convertible(manifest) else {
        return Ok(manifest.clone());
    };
    let touched = image.layers.iter().any(|layer| layers.contains_key(&layer.digest));
    match (same_format, touched) {
        (true, false) => Ok(manifest.clone()),
        (true, true) => splice_image(manifest, image, layers),
        (false, _) => Manifest::image(format, &convert_image(image, format, layers)),
    }
}

fn convert_image(image: &Image, format: Format, layers: &BTreeMap<Digest, Descriptor>) -> Image {
    let part = |descriptor: &Descriptor| {
        let mut new = layers.get(&descriptor.digest).cloned().unwrap_or_else(|| descriptor.clone());
        new.media_type = new.media_type.in_format(format);
        new.annotations.clone_from(&descriptor.annotations);
        if format == Format::Docker { bare(new) } else { new }
    };
    Image {
        config: part(&image.config),
        layers: image.layers.iter().map(part).collect(),
        // Docker's format knows neither subjects nor annotations.
        subject: image.subject.clone().filter(|_| format == Format::Oci),
        annotations: if format == Format::Oci { image.annotations.clone() } else { Annotations::new() },
        artifact_type: image.artifact_type.clone().filter(|_| format == Format::Oci),
    }
}

fn convert_index(index: &Index, format: Format, renamed: &BTreeMap<Digest, Descriptor>) -> Index {
    let entry = |descriptor: &Descriptor| {
        let new = replaced(descriptor, renamed);
        if format == Format::Docker { Descriptor { platform: new.platform.clone(), ..bare(new) } } else { new }
    };
    Index {
        manifests: index.manifests.iter().map(entry).collect(),
        subject: index.subject.clone().filter(|_| format == Format::Oci),
        annotations: if format == Format::Oci { index.annotations.clone() } else { Annotations::new() },
        artifact_type: index.artifact_type.clone().filter(|_| format == Format::Oci),
    }
}

/// An entry that points to the converted manifest and is otherwise what it was.
fn replaced(entry: &Descriptor, renamed: &BTreeMap<Digest, Descriptor>) -> Descriptor {
    let mut entry = entry.clone();
    if let Some(new) = renamed.get(&entry.digest) {
        entry.digest = new.digest.clone();
        entry.size = new.size;
        entry.media_type = new.media_type.clone();
        // The old content, if it was embedded.
        entry.data = None;
    }
    entry
}

/// What a Docker manifest has of a descriptor.
fn bare(descriptor: Descriptor) -> Descriptor {
    Descriptor { urls: descriptor.urls, ..Descriptor::new(descriptor.media_type, descriptor.digest, descriptor.size) }
}

fn splice_index(
    manifest: &Manifest,
    renamed: &BTreeMap<Digest, Descriptor>,
) -> Result<Manifest, crate::manifest::ParseError> {
    let mut members = Members::parse(manifest.raw())?;
    let entries: Vec<Descriptor> = manifest.children().iter().map(|entry| replaced(entry, renamed)).collect();
    members.set("manifests", &entries)?;
    Manifest::parse(members.to_vec(), Some(manifest.media_type()))
}

fn splice_image(
    manifest: &Manifest,
    image: &Image,
    layers: &BTreeMap<Digest, Descriptor>,
) -> Result<Manifest, crate::manifest::ParseError> {
    let mut members = Members::parse(manifest.raw())?;
    let layer = |layer: &Descriptor| match layers.get(&layer.digest) {
        Some(new) => Descriptor { annotations: layer.annotations.clone(), ..new.clone() },
        None => layer.clone(),
    };
    members.set("layers", &image.layers.iter().map(layer).collect::<Vec<_>>())?;
    Manifest::parse(members.to_vec(), Some(manifest.media_type()))
}
