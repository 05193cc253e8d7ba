//! The entries of an archive's `index.json`, and which of them stay when images are written.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{IMAGE_NAME, INDEX_FILE, MAX_INDEX, REF_NAME, Workspace, load, malformed, read};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::splice::Members;
use crate::store::Store;
use crate::transport::{Place, Result};

/// The list of images without what was replaced.
pub(in crate::transport) struct Kept {
    /// The whole file; what stays keeps its text.
    pub(in crate::transport) raw: Vec<u8>,
    /// What it lists.
    pub(in crate::transport) entries: Vec<Descriptor>,
}

/// Reads the entries of `index.json`; nothing when there is none.
pub(in crate::transport) fn entries(store: &dyn Store, place: &Place) -> Result<Option<Vec<Descriptor>>> {
    #[derive(Deserialize)]
    struct Index {
        manifests: Vec<Descriptor>,
    }
    let Some(raw) = read(store, INDEX_FILE, MAX_INDEX)? else {
        return Ok(None);
    };
    let index: Index = serde_json::from_slice(&raw).map_err(invalid(place))?;
    Ok(Some(index.manifests))
}

/// Decides which entries the next archive has; nothing when none were ever put. In a layout, an image that lost its name stays: others may
/// use it. In an archive nobody could find it again, so it goes; and `sole`, put without a name, replaces what had none.
pub(in crate::transport) fn keep(work: &Workspace, place: &Place, sole: Option<&Digest>) -> Result<Option<Kept>> {
    let (Some(raw), Some(now)) = (read(work, INDEX_FILE, MAX_INDEX)?, entries(work, place)?) else {
        return Ok(None);
    };
    let before = match work.archive() {
        Some(archive) => entries(&*archive, place)?.unwrap_or_default(),
        None => Vec::new(),
    };
    // Whether every entry for a manifest had a name.
    let mut all_named: HashMap<&Digest, bool> = HashMap::new();
    for old in &before {
        *all_named.entry(&old.digest).or_insert(true) &= has_name(old);
    }
    let stays = now.iter().map(|entry| stays(work, place, entry, all_named.get(&entry.digest).copied(), sole));
    let stays: Vec<bool> = stays.collect::<Result<_>>()?;
    let mut stay = stays.iter();
    let mut members = Members::parse(&raw).map_err(invalid(place))?;
    let mut texts: Vec<Box<RawValue>> = members.decode("manifests").map_err(invalid(place))?.unwrap_or_default();
    texts.retain(|_| *stay.next().expect("there are as many"));
    members.set("manifests", &texts).map_err(invalid(place))?;
    let entries = now.into_iter().zip(&stays).filter(|(_, stays)| **stays).map(|(entry, _)| entry).collect();
    Ok(Some(Kept { raw: members.to_vec(), entries }))
}

/// Says whether an entry stays; `was_named` says whether all entries for its manifest had names before, if there were any.
fn stays(
    work: &Workspace,
    place: &Place,
    entry: &Descriptor,
    was_named: Option<bool>,
    sole: Option<&Digest>,
) -> Result<bool> {
    if has_name(entry) || was_named.is_none() || sole == Some(&entry.digest) {
        return Ok(true);
    }
    if was_named == Some(true) {
        return Ok(false);
    }
    // Signatures and the like have no names either, but they are no images.
    Ok(sole.is_none() || load(work, place, entry)?.is_some_and(|manifest| manifest.subject().is_some()))
}

fn has_name(entry: &Descriptor) -> bool {
    [REF_NAME, IMAGE_NAME].iter().any(|key| entry.annotations.get(*key).is_some_and(|name| !name.is_empty()))
}

fn invalid(place: &Place) -> impl Fn(serde_json::Error) -> crate::transport::Error {
    move |error| malformed(place, format!("{INDEX_FILE} is not valid: {error}"))
}
