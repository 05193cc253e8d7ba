//! Removing a tag or a manifest, and the tags that go with it.

use super::{Error, Result, Selector, Source, Transport, tag_pages};
use crate::class::{Class, Classified};
use crate::digest::Digest;

/// The tags that name a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Those that were found, in the place's order.
    pub tags: Vec<String>,
    /// Whether others may name it, too: not all were looked at.
    pub maybe_more: bool,
}

/// Finds the tags that name a digest, among the first `limit`, each of which costs a registry one request; none where tags cannot be listed. At a
/// registry a list that is absent or refused ends the search: what [`remove`] removes does not depend on it.
///
/// # Errors
/// Those of other places, and when the search is to stop.
pub fn tags_of(source: &dyn Source, digest: &Digest, limit: usize) -> Result<Named> {
    let is_registry = source.origin().is_some();
    let ends = |error: &Error| is_registry && error.class() != Class::Interrupted;
    let mut names = Vec::new();
    let mut maybe_more = false;
    for page in tag_pages(source) {
        match page {
            Err(Error::Unsupported { .. }) => return Ok(Named::default()),
            Err(error) if ends(&error) => {
                // Without tags, distribution 3 has no list.
                maybe_more = !error.is_not_found();
                break;
            }
            page => names.extend(page?),
        }
        if names.len() > limit {
            maybe_more = true;
            break;
        }
    }
    let mut tags = Vec::new();
    for name in names.into_iter().take(limit) {
        let found = source.resolve(&Selector::Tag(name.clone()));
        if found.as_ref().is_err_and(ends) {
            return Ok(Named { tags, maybe_more: true });
        }
        if found?.is_some_and(|found| found.digest == *digest) {
            tags.push(name);
        }
    }
    Ok(Named { tags, maybe_more })
}

/// Removes what was found to have this digest. A registry's word is not taken for it: some cannot delete and say "not found", and some say that
/// they have.
///
/// # Errors
/// Those of [`Transport::delete`]; [`Error::Unsupported`] when it is still there.
pub fn remove(destination: &dyn Transport, at: &Selector, digest: &Digest) -> Result<()> {
    let result = destination.delete(at);
    if destination.origin().is_none() || result.as_ref().is_err_and(|error| !error.is_not_found()) {
        return result;
    }
    let is_there = || Ok::<_, Error>(destination.resolve(at)?.is_some_and(|found| found.digest == *digest));
    let (what, hint) = match result {
        // Where nothing may be read after it, the registry's word has to do.
        Ok(()) if is_there().unwrap_or(false) => (
            format!("removing {at}: the registry said that it did, and it is still there; this"),
            "delete it in the registry itself",
        ),
        Err(_) if is_there()? => (
            format!("deleting {at}, which is there although the registry says that it is not,"),
            "enable deletion in the registry, or delete it there",
        ),
        result => return result,
    };
    Err(Error::unsupported(&what, destination, hint))
}
