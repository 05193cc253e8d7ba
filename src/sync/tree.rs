//! The same lines for a tree of files: destinations are names in it.

use std::path::Path;

use super::plan::Target;
use super::series::{Series, SeriesError, static_place};
use crate::reference::{Reference, Tag};
use crate::transport::{Location, LocationError, Place, Selector};

/// Why a destination is no name in the tree.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is a place of another kind.
    Elsewhere,
    /// It is a name in another tree.
    Other,
    /// It is no name.
    Name(SeriesError),
}

impl<E: Into<SeriesError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Name(error.into())
    }
}

/// Finds where one image goes: its own tag rules when the destination has none.
pub(super) fn one(text: &str, root: &Path, from: &Location) -> Result<Target, Refused> {
    let reference = name(text, root)?;
    let own = from.at.tag().and_then(|tag| tag.parse::<Tag>().ok()).or_else(|| from.tag.clone());
    let at = match (&reference.digest, reference.tag.or(own), &from.at) {
        (Some(digest), ..) | (None, None, Selector::Digest(digest)) => Selector::Digest(digest.clone()),
        (None, Some(tag), _) => Selector::Tag(tag.as_str().into()),
        (None, None, _) => Selector::Tag(Tag::latest().as_str().into()),
    };
    let place = static_place(root.into(), reference.repository.path())?;
    Ok(Target::One(Location { place, at, tag: None }))
}

/// Finds where every tag of a repository goes.
pub(super) fn every(text: &str, root: &Path) -> Result<Target, Refused> {
    let text = text.strip_suffix(":*").or_else(|| text.strip_suffix("/*")).unwrap_or(text);
    let reference = name(text, root)?;
    if !reference.is_repository_only() {
        let place = reference.repository.path().to_owned();
        return Err(Refused::Name(SeriesError::Named { text: text.into(), place }));
    }
    let place = static_place(root.into(), reference.repository.path())?;
    Ok(Target::Every(Series { place, prefix: None }))
}

/// Reads a name in the tree: `REPOSITORY[:TAG]`, the same in a registry, whose host is left out, or in this very tree.
fn name(text: &str, root: &Path) -> Result<Reference, Refused> {
    let in_tree = |name: &str| format!("localhost/{name}").parse::<Reference>().map_err(LocationError::from);
    if let Some(reference) = text.strip_prefix("docker://") {
        return Ok(reference.parse::<Reference>().map_err(LocationError::from)?);
    }
    if text.starts_with("static:") {
        let Location { place: Place::Static { root: other, repository }, at, .. } = text.parse::<Location>()? else {
            return Err(Refused::Elsewhere);
        };
        if std::path::absolute(&other).ok() != std::path::absolute(root).ok() {
            return Err(Refused::Other);
        }
        let behind = match at {
            Selector::Tag(tag) => format!(":{tag}"),
            Selector::Digest(digest) => format!("@{digest}"),
            _ => String::new(),
        };
        return Ok(in_tree(&format!("{repository}{behind}"))?);
    }
    let kind = text.split_once(':').map_or("", |(kind, _)| kind);
    if matches!(kind, "oci" | "oci-archive" | "docker-archive" | "dir") {
        return Err(Refused::Elsewhere);
    }
    Ok(in_tree(text)?)
}
