//! Names of a layout's images: which entries a name means, and what an entry is called where a short name is not enough.
//!
//! `docker save x:latest y:latest` and `ctr images export` give both entries the name `latest`; the complete names stand in an annotation of
//! containerd's. One name for several platforms is the name of an index that nobody wrote.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::index::{IMAGE_NAME, REF_NAME, annotation, last_tag, name};
use super::{Index, Layout};
use crate::descriptor::{Annotations, Descriptor};
use crate::digest::Digest;
use crate::manifest::{self, Manifest, ParseError};
use crate::media_type::Format;
use crate::transport::docker_archive::complete;
use crate::transport::{Error, Result, Selector};

impl Index {
    /// Returns the names, each once, in the entries' order; complete ones where short ones collide.
    pub(super) fn names(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut colliding = BTreeMap::new();
        let mut names = Vec::new();
        for entry in self.descriptors() {
            let Some(short) = name(entry) else { continue };
            let collides = *colliding.entry(short).or_insert_with(|| self.collides(short));
            let name = if collides { annotation(entry, IMAGE_NAME).unwrap_or(short) } else { short };
            if seen.insert(name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// Says whether a name means several images that are no platforms of one.
    fn collides(&self, name: &str) -> bool {
        let found = self.find(name);
        found.iter().any(|each| each.digest != found[0].digest) && !is_group(&found)
    }

    /// Returns the entries that a name means: those that have exactly this name, else all whose complete reference it is or ends it.
    pub(super) fn find(&self, wanted: &str) -> Vec<&Descriptor> {
        let meant = || self.keys.meant.get(wanted);
        let complete = || last_tag(wanted).and_then(|_| complete(wanted));
        let found = match self.keys.named.get(wanted).or_else(meant) {
            Some(found) => Some(found),
            None => complete().and_then(|complete| self.keys.meant.get(&complete)),
        };
        found.into_iter().flatten().map(|at| &self.entries[at].descriptor).collect()
    }

    /// Returns the entries that have exactly this name.
    pub(super) fn named(&self, name: &str) -> Vec<&Descriptor> {
        let found = self.keys.named.get(name).into_iter().flatten();
        found.map(|at| &self.entries[at].descriptor).collect()
    }

    /// Makes the indexes of all names that several platforms have.
    fn groups(&self) -> Result<BTreeMap<Digest, Manifest>, ParseError> {
        let mut groups = BTreeMap::new();
        for numbers in self.keys.named.values().chain(self.keys.meant.values()).filter(|numbers| numbers.len() > 1) {
            let entries: Vec<&Descriptor> = numbers.iter().map(|at| &self.entries[at].descriptor).collect();
            if is_group(&entries) {
                let index = group(&entries)?;
                groups.insert(index.digest().clone(), index);
            }
        }
        Ok(groups)
    }
}

impl Layout {
    /// Returns the one image that entries of a name are.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] with their complete names when they are several.
    pub(super) fn one_of(&self, found: &[&Descriptor]) -> Result<Option<Descriptor>> {
        let Some(first) = found.first() else {
            return Ok(None);
        };
        if found.iter().all(|each| each.digest == first.digest) {
            return Ok(Some((*first).clone()));
        }
        if !is_group(found) {
            return Err(self.ambiguous(found));
        }
        let index = group(found).map_err(Error::manifest(&Selector::Sole, self))?;
        Ok(Some(index.descriptor()))
    }

    /// Returns the index that nobody wrote with this digest.
    pub(super) fn grouped(&self, digest: &Digest) -> Result<Option<Manifest>> {
        let make = || self.index()?.groups().map_err(Error::manifest(&Selector::Sole, self));
        self.with_groups(make, |groups| groups.get(digest).cloned())
    }

    pub(super) fn ambiguous(&self, choices: &[&Descriptor]) -> Error {
        let mut times: BTreeMap<Option<&str>, usize> = BTreeMap::new();
        for each in choices {
            *times.entry(annotation(each, REF_NAME)).or_default() += 1;
            *times.entry(annotation(each, IMAGE_NAME)).or_default() += 1;
        }
        let unique = |name: &&str| times.get(&Some(*name)) == Some(&1);
        let choice = |each: &&Descriptor| {
            let short = annotation(each, REF_NAME).filter(unique);
            let name = short.or_else(|| annotation(each, IMAGE_NAME).filter(unique));
            name.map_or_else(|| format!("@{}", each.digest), Into::into)
        };
        Error::Ambiguous { place: self.to_string(), choices: choices.iter().map(choice).collect() }
    }
}

/// Says whether entries are one image for several platforms: the same names, each another platform.
fn is_group(entries: &[&Descriptor]) -> bool {
    let names = |entry: &Descriptor| [REF_NAME, IMAGE_NAME].map(|key| annotation(entry, key).map(str::to_owned));
    let mut platforms = HashSet::new();
    entries.len() > 1
        && entries.iter().all(|each| {
            each.media_type.is_manifest()
                && !each.is_attestation()
                && names(each) == names(entries[0])
                && each.platform.as_ref().is_some_and(|platform| platforms.insert(platform))
        })
}

/// Makes the index of the platforms of one name.
fn group(entries: &[&Descriptor]) -> Result<Manifest, ParseError> {
    let child = |entry: &&Descriptor| {
        let mut child = (*entry).clone();
        child.annotations.retain(|key, _| key != REF_NAME && key != IMAGE_NAME);
        child
    };
    let index = manifest::Index {
        manifests: entries.iter().map(child).collect(),
        subject: None,
        annotations: Annotations::new(),
        artifact_type: None,
    };
    Manifest::index(Format::Oci, &index)
}
