//! An edit applied to what a name stands for: an image, or an index and what is in it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::value::{RawValue, to_raw_value};

use super::image::Change;
use super::{Edit, Entry, Error, Options, Result, list};
use crate::config::Config;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::draft::{self, Base, Draft, Drafts};
use crate::image::Image;
use crate::manifest::{self, Manifest};
use crate::media_type::Format;
use crate::platform::Platform;
use crate::splice::Members;
use crate::transport::{self, MAX_DEPTH, Selector, Source};

/// BuildKit's annotation for the image that an attestation is about.
const SUBJECT: &str = "vnd.docker.reference.digest";

/// What came of an edit.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Mutated {
    /// What the name stood for.
    pub before: Descriptor,
    /// What is there now.
    pub after: Descriptor,
    /// The images that changed.
    pub images: Vec<Changed>,
    /// What else there is to say.
    pub notes: Vec<Note>,
}

/// An image that changed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Changed {
    /// The platform as its config has it now.
    pub platform: Platform,
    /// The digest of its manifest before.
    pub before: Digest,
    /// The digest of its manifest now.
    pub after: Digest,
}

/// Something worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// An attestation was removed from the index, for the image that it describes is another one now.
    Attestation(Digest),
    /// An entry of the index is no image, and was left as it is.
    NoImage(Digest),
    /// So many signatures, attestations and the like refer to what changed; they still do, and do not hold for what is new.
    Referrers(Digest, usize),
    /// The pattern of that number in [`Edit::strip`] matched nothing in any of the images: a path behind a symbolic link is not matched.
    Unmatched(usize),
}

/// Applies an edit to what `at` stands for; the result is in `drafts`, under their only name.
///
/// # Errors
/// When something cannot be found, read or changed as asked.
pub fn mutate<'a>(
    source: &'a dyn Source,
    at: &Selector,
    edit: &Edit<'a>,
    options: &Options,
    drafts: &mut Drafts<'a>,
) -> Result<Mutated> {
    let manifest = source.manifest(at)?;
    let before = manifest.descriptor();
    let new = edit.rebase.as_ref();
    let upon = new.map(|new| Base::find(new.new.source, new.new.at, new.name.clone())).transpose()?;
    let matched = edit.strip.iter().map(|_| AtomicBool::new(false)).collect();
    let mut walk =
        Walk { source, edit, options, upon, drafts, images: Vec::new(), notes: Vec::new(), matched, seen: 0 };
    let new = match &edit.replace_manifest {
        Some(raw) => Manifest::parse(raw.clone(), Some(manifest.media_type()))?,
        None => walk.root(&manifest)?,
    };
    if let Some(wanted) = &edit.platform
        && walk.seen == 0
        && edit.replace_manifest.is_none()
    {
        return Err(Error::NoEntry { wanted: wanted.to_string() });
    }
    let Walk { images, mut notes, matched, seen, .. } = walk;
    let unmatched = matched.into_iter().enumerate().filter(|(_, matched)| seen > 0 && !matched.load(Ordering::Relaxed));
    notes.extend(unmatched.map(|(number, _)| Note::Unmatched(number)));
    if let Some(platform) = edit.config.platform.as_ref().filter(|_| seen > 1) {
        return Err(Error::OnePlatform { count: seen, platform: platform.to_string() });
    }
    let mut after = drafts.add_manifest(new, Some(source));
    if edit.replace_manifest.is_some() {
        after = check_layers(after, source, drafts)?;
    }
    if after.digest != before.digest {
        let changed: BTreeSet<&Digest> = images.iter().map(|image| &image.before).chain([&before.digest]).collect();
        for digest in changed {
            notes.extend(tell_referrers(source, digest)?);
        }
    }
    Ok(Mutated { before, after, images, notes })
}

/// Holds an image that was edited by hand to what its config says of the layers.
fn check_layers<'a>(manifest: Descriptor, source: &'a dyn Source, drafts: &mut Drafts<'a>) -> Result<Descriptor> {
    if manifest.media_type.is_index() {
        return Ok(manifest);
    }
    match Draft::of(&Image::find(&*drafts, &Selector::from(manifest.clone()), None)?) {
        Ok(draft) => Ok(Descriptor { platform: None, ..drafts.add(&draft, Some(source))? }),
        // An artifact has no such layers.
        Err(draft::Error::NoImage { .. }) => Ok(manifest),
        Err(error) => Err(error.into()),
    }
}

fn tell_referrers(source: &dyn Source, digest: &Digest) -> Result<Option<Note>> {
    // A place that cannot list them has none.
    let count = match source.referrers(digest) {
        Ok(referrers) => referrers.len(),
        Err(transport::Error::Unsupported { .. }) => 0,
        Err(error) => return Err(error.into()),
    };
    Ok((count > 0).then(|| Note::Referrers(digest.clone(), count)))
}

struct Walk<'w, 'a> {
    source: &'a dyn Source,
    edit: &'w Edit<'a>,
    options: &'w Options,
    /// What the new base is called, where there is one.
    upon: Option<Base>,
    drafts: &'w mut Drafts<'a>,
    images: Vec<Changed>,
    notes: Vec<Note>,
    /// For each pattern of [`Edit::strip`], whether it has matched anything.
    matched: Vec<AtomicBool>,
    /// How many images the edit was applied to.
    seen: usize,
}

impl<'a> Walk<'_, 'a> {
    fn root(&mut self, manifest: &Manifest) -> Result<Manifest> {
        let Edit { index_add, index_remove, index_filter, index_annotations, .. } = self.edit;
        if manifest.as_index().is_some() {
            return self.index(manifest, true, 0);
        }
        if !(index_remove.is_empty() && index_filter.is_empty() && index_annotations.is_empty()) {
            return Err(Error::NoIndex { digest: manifest.digest().clone() });
        }
        let image = Image::find(self.source, &Selector::from(manifest.descriptor()), self.edit.platform.as_ref())?;
        let changed = self.image(&image)?;
        if index_add.is_empty() {
            return Ok(changed);
        }
        let own = Descriptor { platform: image.config().map(Config::platform), ..changed.descriptor() };
        let format = changed.format().unwrap_or(Format::Oci);
        self.drafts.add_manifest(changed, Some(self.source));
        let mut there = HashSet::from([own.digest.clone()]);
        let mut manifests = vec![own];
        manifests.extend(
            list::entries(&self.edit.index_add, self.drafts)?
                .into_iter()
                .filter(|entry| there.insert(entry.digest.clone())),
        );
        Ok(Manifest::index(format, &manifest::Index { manifests, ..manifest::Index::default() })?)
    }

    fn image(&mut self, image: &Image) -> Result<Manifest> {
        self.seen += 1;
        let (source, edit, options) = (self.source, self.edit, self.options);
        let upon = self.upon.as_ref();
        let draft = Change { source, edit, options, upon, drafts: self.drafts, matched: &self.matched }.apply(image)?;
        let descriptor = self.drafts.add(&draft, Some(source))?;
        let before = image.manifest().digest().clone();
        if descriptor.digest != before {
            let platform = descriptor.platform.clone().unwrap_or_default();
            self.images.push(Changed { platform, before, after: descriptor.digest.clone() });
        }
        Ok(self.drafts.manifest(&Selector::from(descriptor))?)
    }

    /// Changes what is in an index; at the root, its list too.
    fn index(&mut self, index: &Manifest, root: bool, depth: usize) -> Result<Manifest> {
        if depth > MAX_DEPTH {
            let reason = "its indexes are nested too deeply".to_owned();
            return Err(transport::Error::Malformed { place: self.source.to_string(), reason }.into());
        }
        let failed = |source| Error::Splice { digest: index.digest().clone(), source };
        let mut members = Members::parse(index.raw()).map_err(failed)?;
        let texts: Vec<Box<RawValue>> = members.decode("manifests").map_err(failed)?.unwrap_or_default();
        let kept = self.kept(index, root)?;
        let mut entries = Vec::new();
        let mut replaced = HashSet::new();
        for ((text, entry), _) in texts.into_iter().zip(index.children()).zip(&kept).filter(|(_, kept)| **kept) {
            let new = self.entry(entry, depth)?;
            if new.digest == entry.digest {
                entries.push((text, entry.clone()));
            } else {
                replaced.insert(entry.digest.to_string());
                entries.push((to_raw_value(&new).map_err(failed)?, new));
            }
        }
        let gone = index.children().iter().zip(&kept).filter(|(_, kept)| !**kept);
        replaced.extend(gone.map(|(entry, _)| entry.digest.to_string()));
        let is_stale =
            |entry: &Descriptor| entry.annotations.get(SUBJECT).is_some_and(|subject| replaced.contains(subject));
        let stale = entries.iter().filter(|(_, entry)| entry.is_attestation() && is_stale(entry));
        self.notes.extend(stale.map(|(_, entry)| Note::Attestation(entry.digest.clone())));
        entries.retain(|(_, entry)| !(entry.is_attestation() && is_stale(entry)));
        let mut changed = !replaced.is_empty();
        if root {
            let mut there: HashSet<Digest> = entries.iter().map(|(_, entry)| entry.digest.clone()).collect();
            for entry in list::entries(&self.edit.index_add, self.drafts)? {
                if there.insert(entry.digest.clone()) {
                    entries.push((to_raw_value(&entry).map_err(failed)?, entry));
                    changed = true;
                }
            }
            // What stands upon another base says so in the index, too.
            let upon = self.upon.as_ref().filter(|_| changed && index.format() == Some(Format::Oci));
            let mut annotations = upon.map(Base::annotations).unwrap_or_default();
            annotations.extend(self.edit.index_annotations.clone());
            changed |= annotate(&mut members, &annotations).map_err(failed)?;
        }
        if !changed {
            return Ok(index.clone());
        }
        let texts: Vec<&RawValue> = entries.iter().map(|(text, _)| &**text).collect();
        members.set("manifests", &texts).map_err(failed)?;
        Ok(Manifest::parse(members.to_vec(), Some(index.media_type()))?)
    }

    /// Returns the descriptor of what an entry becomes.
    fn entry(&mut self, entry: &Descriptor, depth: usize) -> Result<Descriptor> {
        if entry.is_attestation() {
            return Ok(entry.clone());
        }
        let wanted = self.edit.platform.as_ref();
        let new = if entry.media_type.is_index() {
            let nested = self.source.manifest(&Selector::from(entry.clone()))?;
            let new = self.index(&nested, false, depth + 1)?;
            self.drafts.add_manifest(new, Some(self.source))
        } else {
            if let (Some(wanted), Some(offered)) = (wanted, &entry.platform)
                && !wanted.accepts(offered)
            {
                return Ok(entry.clone());
            }
            let image = Image::find(self.source, &Selector::from(entry.clone()), None)?;
            let Some(config) = image.config() else {
                self.notes.push(Note::NoImage(entry.digest.clone()));
                return Ok(entry.clone());
            };
            if wanted.is_some_and(|wanted| entry.platform.is_none() && !wanted.accepts(&config.platform())) {
                return Ok(entry.clone());
            }
            self.image(&image)?.descriptor()
        };
        let platform = self.edit.config.platform.clone().or_else(|| entry.platform.clone());
        let platform = if new.digest == entry.digest { entry.platform.clone() } else { platform };
        Ok(Descriptor { digest: new.digest, size: new.size, data: None, platform, ..entry.clone() })
    }

    /// Says which entries stay.
    fn kept(&self, index: &Manifest, root: bool) -> Result<Vec<bool>> {
        let Edit { index_remove, index_filter, .. } = self.edit;
        let entries = index.children();
        if !root || (index_remove.is_empty() && index_filter.is_empty()) {
            return Ok(vec![true; entries.len()]);
        }
        let is = |entry: &Descriptor, wanted: &Entry| match wanted {
            Entry::Digest(digest) => entry.digest == *digest,
            Entry::Platform(platform) => entry.platform.as_ref().is_some_and(|offered| platform.accepts(offered)),
        };
        if let Some(missing) = index_remove.iter().find(|wanted| !entries.iter().any(|entry| is(entry, wanted))) {
            return Err(Error::NoEntry { wanted: missing.to_string() });
        }
        if let Some(missing) = index_filter.iter().find(|wanted| wanted.choose(entries).is_none()) {
            return Err(Error::NoEntry { wanted: missing.to_string() });
        }
        let passes = |entry: &Descriptor| {
            let Some(offered) = entry.platform.as_ref().filter(|_| !entry.is_attestation()) else { return true };
            index_filter.is_empty() || index_filter.iter().any(|wanted| wanted.accepts(offered))
        };
        let stays = |entry: &Descriptor| passes(entry) && !index_remove.iter().any(|wanted| is(entry, wanted));
        Ok(entries.iter().map(stays).collect())
    }
}

/// Sets annotations, and says whether that changed any.
fn annotate(
    members: &mut Members,
    changes: &BTreeMap<String, Option<String>>,
) -> std::result::Result<bool, serde_json::Error> {
    let old: BTreeMap<String, String> = members.decode("annotations")?.unwrap_or_default();
    let mut new = old.clone();
    for (key, value) in changes {
        match value {
            Some(value) => new.insert(key.clone(), value.clone()),
            None => new.remove(key),
        };
    }
    if new == old {
        return Ok(false);
    }
    if new.is_empty() {
        members.remove("annotations");
    } else {
        members.set("annotations", &new)?;
    }
    Ok(true)
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Digest(digest) => digest.fmt(f),
            Self::Platform(platform) => platform.fmt(f),
        }
    }
}
