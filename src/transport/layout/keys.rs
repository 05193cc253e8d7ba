//! What the entries of an `index.json` are found by.

use std::borrow::{Borrow, Cow};
use std::collections::{BTreeMap, BTreeSet};

use super::index::{IMAGE_NAME, REF_NAME, annotation, last_tag, name};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::transport::docker_archive::complete;

/// The numbers of the entries by what they are found by.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    /// By exactly this name.
    pub(super) named: BTreeMap<String, BTreeSet<usize>>,
    /// By the full reference, or by the tag that a name ends in.
    pub(super) meant: BTreeMap<String, BTreeSet<usize>>,
    /// By their manifest.
    pub(super) holding: BTreeMap<Digest, BTreeSet<usize>>,
    /// By their manifest, those without a name.
    pub(super) nameless: BTreeMap<Digest, BTreeSet<usize>>,
}

impl Keys {
    pub(super) fn add(&mut self, at: usize, entry: &Descriptor) {
        if let Some(name) = annotation(entry, REF_NAME) {
            self.named.entry(name.into()).or_default().insert(at);
        }
        for text in meanings(entry) {
            self.meant.entry(text.into_owned()).or_default().insert(at);
        }
        self.holding.entry(entry.digest.clone()).or_default().insert(at);
        if name(entry).is_none() {
            self.nameless.entry(entry.digest.clone()).or_default().insert(at);
        }
    }

    pub(super) fn remove(&mut self, at: usize, entry: &Descriptor) {
        if let Some(name) = annotation(entry, REF_NAME) {
            remove(&mut self.named, name, at);
        }
        for text in meanings(entry) {
            remove(&mut self.meant, &*text, at);
        }
        remove(&mut self.holding, &entry.digest, at);
        remove(&mut self.nameless, &entry.digest, at);
    }
}

/// Removes a number, and the key with its last one.
fn remove<K: Ord + Borrow<Q>, Q: Ord + ?Sized>(map: &mut BTreeMap<K, BTreeSet<usize>>, key: &Q, at: usize) {
    if let Some(numbers) = map.get_mut(key) {
        numbers.remove(&at);
        if numbers.is_empty() {
            map.remove(key);
        }
    }
}

/// Returns what else an entry is found by than its exact name: crane and regctl write a full reference where others write a tag.
fn meanings(entry: &Descriptor) -> impl Iterator<Item = Cow<'_, str>> {
    let full = annotation(entry, IMAGE_NAME);
    let names = [annotation(entry, REF_NAME), full].into_iter().flatten();
    let tags = names.clone().filter_map(last_tag).map(Cow::Borrowed);
    let complete = names.filter(|name| last_tag(name).is_some()).filter_map(complete).map(Cow::Owned);
    full.into_iter().map(Cow::Borrowed).chain(tags).chain(complete)
}
