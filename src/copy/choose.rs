//! Which part of what the source has is copied.

use super::manifests::Manifests;
use super::{Choice, Error, Platforms, Request, Result, Side};
use crate::config::{self, Config};
use crate::descriptor::Descriptor;
use crate::image;
use crate::manifest::Manifest;
use crate::platform::Platform;
use crate::transport::MAX_DEPTH;

/// What is copied.
pub(super) struct Target {
    /// The manifest, as the source has it; for a filtered index, as it will be.
    pub(super) descriptor: Descriptor,
    /// An index that only exists here because entries were left out.
    pub(super) filtered: Option<Manifest>,
    /// What was chosen, when there was a choice.
    pub(super) choice: Option<Choice>,
}

impl Target {
    fn whole(descriptor: Descriptor) -> Self {
        Self { descriptor, filtered: None, choice: None }
    }

    /// Reads the manifest, or returns the one that only exists here.
    pub(super) fn read(&self, manifests: &Manifests<'_>) -> Result<Manifest> {
        match &self.filtered {
            Some(index) => Ok(index.clone()),
            None => manifests.read(&self.descriptor),
        }
    }
}

/// Finds the target in what the source's name stands for.
pub(super) fn target(request: &Request<'_>, manifests: &Manifests<'_>, found: Descriptor) -> Result<Target> {
    target_at(request, manifests, found, 0)
}

fn target_at(request: &Request<'_>, manifests: &Manifests<'_>, found: Descriptor, depth: usize) -> Result<Target> {
    match &request.options.platforms {
        Platforms::All => Ok(Target::whole(found)),
        Platforms::Host if found.media_type.is_index() => {
            one(request, manifests, found, &Platform::host(), true, depth)
        }
        Platforms::Host => Ok(Target::whole(found)),
        Platforms::Only(wanted) if !found.media_type.is_index() => single(request, manifests, found, wanted),
        Platforms::Only(wanted) => match wanted.as_slice() {
            [only] => one(request, manifests, found, only, false, depth),
            several => filtered(request, manifests, &found, several),
        },
    }
}

/// One platform of an index, looked for in nested indexes too.
fn one(
    request: &Request<'_>,
    manifests: &Manifests<'_>,
    found: Descriptor,
    wanted: &Platform,
    by_default: bool,
    depth: usize,
) -> Result<Target> {
    let index = manifests.read(&found)?;
    // An index without platforms is no list of alternatives: an artifact, or a single image wrapped in an index.
    if by_default && index.children().iter().all(|entry| entry.platform.is_none()) {
        return sole_or_whole(request, manifests, found, &index, depth);
    }
    let mut offered = Vec::new();
    let chosen = image::search(&index, wanted, &mut offered, &|nested| manifests.read(nested))?;
    let Some(chosen) = chosen else {
        return Err(no_platform(request, wanted, &offered));
    };
    let platform = chosen.platform.as_ref().map_or_else(|| wanted.to_string(), Platform::to_string);
    let choice = Choice { platforms: vec![platform], of: offered.len(), by_default };
    Ok(Target { choice: Some(choice), ..Target::whole(chosen) })
}

/// Without platforms to choose by, the only image of an index is meant; of several, the index itself.
fn sole_or_whole(
    request: &Request<'_>,
    manifests: &Manifests<'_>,
    found: Descriptor,
    index: &Manifest,
    depth: usize,
) -> Result<Target> {
    match index.children() {
        // Deeper nesting is refused by `Manifests::levels`.
        [only] if only.media_type.is_index() && depth < MAX_DEPTH => {
            target_at(request, manifests, only.clone(), depth + 1)
        }
        [only] if only.media_type.is_manifest() => Ok(Target::whole(only.clone())),
        _ => Ok(Target::whole(found)),
    }
}

/// An index with only the entries for some platforms; every one of them must be there.
fn filtered(
    request: &Request<'_>,
    manifests: &Manifests<'_>,
    found: &Descriptor,
    wanted: &[Platform],
) -> Result<Target> {
    let index = manifests.read(found)?;
    let entries: Vec<&Descriptor> = index.children().iter().filter(|entry| !entry.is_attestation()).collect();
    let offered: Vec<String> =
        entries.iter().filter_map(|entry| entry.platform.as_ref()).map(Platform::to_string).collect();
    let mut chosen: Vec<&Descriptor> = Vec::new();
    for platform in wanted {
        let entry = platform.choose(entries.iter().copied());
        chosen.push(entry.ok_or_else(|| no_platform(request, platform, &offered))?);
    }
    let platforms = chosen.iter().filter_map(|entry| entry.platform.as_ref()).map(Platform::to_string).collect();
    let less = index
        .filter_index(|entry| chosen.contains(&entry))
        .map_err(|source| Error::Manifest { digest: found.digest.clone(), source })?
        .expect("an index was asked for its entries");
    let choice = Some(Choice { platforms, of: offered.len(), by_default: false });
    if less.digest() == index.digest() {
        return Ok(Target { choice, ..Target::whole(found.clone()) });
    }
    if request.options.preserve_digests {
        return Err(Error::Preserve { what: "leaving platforms out".into(), digest: found.digest.clone() });
    }
    Ok(Target { descriptor: less.descriptor(), filtered: Some(less), choice })
}

/// A single image for the asked platforms: its config must agree, where it says anything.
fn single(request: &Request<'_>, manifests: &Manifests<'_>, found: Descriptor, wanted: &[Platform]) -> Result<Target> {
    let manifest = manifests.read(&found)?;
    let Some(image) = manifest.as_image().filter(|_| manifest.is_runnable()) else {
        return Ok(Target::whole(found));
    };
    let offered = read_config(request, &image.config)?.platform();
    let agrees = |wanted: &Platform| offered.os.is_empty() || wanted.accepts(&offered);
    match wanted.iter().find(|wanted| !agrees(wanted)) {
        Some(wanted) => Err(no_platform(request, wanted, &[offered.to_string()])),
        None => Ok(Target::whole(found)),
    }
}

/// Reads an image's config.
pub(super) fn read_config(request: &Request<'_>, descriptor: &Descriptor) -> Result<Config> {
    let at_source = Error::at(Side::Source, request.source);
    let blob = request.source.blob(descriptor).map_err(&at_source)?;
    let raw = blob.read_all(config::MAX_SIZE).map_err(|error| at_source(crate::transport::Error::from_read(error)))?;
    Config::parse(raw).map_err(|source| Error::Config { digest: descriptor.digest.clone(), source })
}

fn no_platform(request: &Request<'_>, wanted: &Platform, offered: &[String]) -> Error {
    let offered = if offered.is_empty() { vec!["no platforms".to_owned()] } else { offered.to_vec() };
    Error::Platform { place: format!("{}, {}", request.source, request.from), wanted: wanted.to_string(), offered }
}
