//! Which part of what the source has is copied.

use super::manifests::Manifests;
use super::{Choice, Error, Options, Platforms, Report, Result};
use crate::descriptor::Descriptor;
use crate::image::Search;
use crate::manifest::Manifest;
use crate::platform::Platform;
use crate::transport::{MAX_DEPTH, Selector};

/// What is copied.
pub(super) struct Target {
    /// The manifest, as the source has it; for a filtered index, as it will be.
    pub(super) descriptor: Descriptor,
    /// An index that only exists here because entries were left out.
    pub(super) filtered: Option<Manifest>,
    /// What was chosen, when there was a choice.
    pub(super) choice: Option<Choice>,
    /// How many attestations were left out.
    pub(super) attestations: usize,
}

impl Target {
    fn whole(descriptor: Descriptor) -> Self {
        Self { descriptor, filtered: None, choice: None, attestations: 0 }
    }

    /// Reads the manifest, or returns the one that only exists here.
    pub(super) fn read(&self, manifests: &Manifests<'_>) -> Result<Manifest> {
        match &self.filtered {
            Some(index) => Ok(index.clone()),
            None => manifests.read(&self.descriptor),
        }
    }

    /// Says what was chosen of what the name stands for.
    pub(super) fn report(&self, found: &Descriptor) -> Report {
        Report::new(found, self.descriptor.clone(), self.choice.clone())
    }
}

/// Finds the target in what the source's name stands for.
pub(super) fn target(
    manifests: &Manifests<'_>,
    from: &Selector,
    options: &Options,
    found: Descriptor,
) -> Result<Target> {
    Chooser { manifests, from, options }.target(found, 0)
}

struct Chooser<'a> {
    manifests: &'a Manifests<'a>,
    from: &'a Selector,
    options: &'a Options,
}

impl Chooser<'_> {
    /// Finds the target in what stands so deep below the name.
    fn target(&self, found: Descriptor, depth: usize) -> Result<Target> {
        match &self.options.platforms {
            Platforms::Host if found.media_type.is_index() => self.one(found, &Platform::host(), depth),
            Platforms::All if self.options.no_attestations && found.media_type.is_index() => self.unattested(found),
            Platforms::Host | Platforms::All => Ok(Target::whole(found)),
            Platforms::Only(wanted) if !found.media_type.is_index() => self.single(found, wanted),
            Platforms::Only(wanted) => match wanted.as_slice() {
                [only] => self.one(found, only, depth),
                several => self.filtered(found, several),
            },
        }
    }

    /// One platform of an index, looked for in nested indexes too.
    fn one(&self, found: Descriptor, wanted: &Platform, depth: usize) -> Result<Target> {
        let by_default = matches!(self.options.platforms, Platforms::Host);
        let index = self.manifests.read(&found)?;
        // An index without platforms is no list of alternatives: an artifact, or a single image wrapped in an index.
        if by_default && index.children().iter().all(|entry| entry.platform.is_none()) {
            return self.sole_or_whole(found, &index, depth);
        }
        let mut search = Search::new(self.manifests);
        let chosen = search.find(&index, wanted)?;
        let offered = search.offered;
        let Some(chosen) = chosen else {
            return Err(self.no_platform(wanted, &offered));
        };
        let platform = chosen.platform.as_ref().map_or_else(|| wanted.to_string(), Platform::to_string);
        let choice = Choice { platforms: vec![platform], of: offered.len(), by_default };
        Ok(Target { choice: Some(choice), ..Target::whole(chosen) })
    }

    /// Without platforms to choose by, the only image of an index is meant; of several, the index itself.
    fn sole_or_whole(&self, found: Descriptor, index: &Manifest, depth: usize) -> Result<Target> {
        match index.children() {
            // Deeper nesting is refused by `Manifests::levels`.
            [only] if only.media_type.is_index() && depth < MAX_DEPTH => self.target(only.clone(), depth + 1),
            [only] if only.media_type.is_manifest() => Ok(Target::whole(only.clone())),
            _ => Ok(Target::whole(found)),
        }
    }

    /// An index with only the entries for some platforms; every one of them must be there.
    fn filtered(&self, found: Descriptor, wanted: &[Platform]) -> Result<Target> {
        let index = self.manifests.read(&found)?;
        let mut search = Search::new(self.manifests);
        let entries = search.entries(&index, wanted)?;
        let offered = search.offered;
        let mut chosen: Vec<&Descriptor> = Vec::new();
        for platform in wanted {
            let entry = platform.choose(&entries);
            chosen.push(entry.ok_or_else(|| self.no_platform(platform, &offered))?);
        }
        let platforms = chosen.iter().filter_map(|entry| entry.platform.as_ref()).map(Platform::to_string).collect();
        let is_chosen = |entry: &Descriptor| {
            let is_same =
                |each: &&Descriptor| Descriptor { platform: entry.platform.clone(), ..(**each).clone() } == *entry;
            chosen.iter().any(is_same)
        };
        let choice = Some(Choice { platforms, of: offered.len(), by_default: false });
        Ok(Target { choice, ..self.less(found, &index, "leaving platforms out", is_chosen)? })
    }

    /// An index without attestations, which a registry that passes on another's may not have.
    fn unattested(&self, found: Descriptor) -> Result<Target> {
        let index = self.manifests.read(&found)?;
        let attestations = index.children().iter().filter(|entry| entry.is_attestation()).count();
        let less = self.less(found, &index, "leaving attestations out", |entry| !entry.is_attestation())?;
        Ok(Target { attestations, ..less })
    }

    /// An index with only some of its entries.
    fn less(
        &self,
        found: Descriptor,
        index: &Manifest,
        what: &str,
        stays: impl Fn(&Descriptor) -> bool,
    ) -> Result<Target> {
        let less =
            index.filter_index(stays).map_err(|source| Error::Manifest { digest: found.digest.clone(), source })?;
        match less.filter(|less| less.digest() != index.digest()) {
            None => Ok(Target::whole(found)),
            Some(_) if self.options.preserve_digests => {
                Err(Error::Preserve { what: what.into(), digest: found.digest })
            }
            Some(less) => Ok(Target { filtered: Some(less.clone()), ..Target::whole(less.descriptor()) }),
        }
    }

    /// A single image for the asked platforms: its config must agree, where it says anything.
    fn single(&self, found: Descriptor, wanted: &[Platform]) -> Result<Target> {
        let manifest = self.manifests.read(&found)?;
        let Some(image) = manifest.as_image().filter(|_| manifest.is_runnable()) else {
            return Ok(Target::whole(found));
        };
        let offered = self.manifests.config(&image.config)?.platform();
        let agrees = |wanted: &Platform| offered.os.is_empty() || wanted.accepts(&offered);
        match wanted.iter().find(|wanted| !agrees(wanted)) {
            Some(wanted) => Err(self.no_platform(wanted, &[offered.to_string()])),
            None => Ok(Target::whole(found)),
        }
    }

    fn no_platform(&self, wanted: &Platform, offered: &[String]) -> Error {
        let offered = if offered.is_empty() { vec!["no platforms".to_owned()] } else { offered.to_vec() };
        let place = format!("{}, {}", self.manifests.source, self.from);
        Error::Platform { place, wanted: wanted.to_string(), offered }
    }
}
