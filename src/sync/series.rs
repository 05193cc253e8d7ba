//! Many images of one place that differ in their tag.

use std::path::PathBuf;

use crate::reference::{Reference, Repository, Tag};
use crate::transport::{ArchivePath, Location, LocationError, Place, Selector};

/// A repository, or what stands for one elsewhere: the names of a layout or archive (with a prefix, those that are `PREFIX:TAG`), the folders
/// of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Series {
    /// Where. Of a [`Place::Dir`], the folder whose folders have the images.
    pub place: Place,
    /// What stands before the tag in names, without the colon.
    pub prefix: Option<String>,
}

impl Series {
    /// Makes the location of the image with a tag.
    ///
    /// # Errors
    /// When the place takes no such tag.
    pub fn location(&self, tag: &str) -> Result<Location, SeriesError> {
        let named = |place: Place| Location { place, at: Selector::Tag(tag.into()), tag: None };
        let check = || {
            let refused = |source| SeriesError::Tag { tag: tag.into(), place: self.place.to_string(), source };
            tag.parse::<Tag>().map_err(refused)
        };
        match &self.place {
            Place::Dir(path) => {
                // The grammar has no slash and no dots in front, so the folder is one of this folder's.
                check()?;
                Ok(Location { place: Place::Dir(path.join(tag)), at: Selector::Sole, tag: None })
            }
            Place::Registry(_) | Place::Static { .. } => {
                check()?;
                Ok(named(self.place.clone()))
            }
            place => {
                let name = match &self.prefix {
                    Some(prefix) => format!("{prefix}:{tag}"),
                    None => tag.to_owned(),
                };
                Ok(Location { place: place.clone(), at: Selector::Tag(name), tag: None })
            }
        }
    }

    /// Returns the tag in a name that the place lists, if the name is one of these.
    pub fn tag<'n>(&self, name: &'n str) -> Option<&'n str> {
        match &self.prefix {
            Some(prefix) => name.strip_prefix(prefix)?.strip_prefix(':'),
            None => Some(name),
        }
    }

    /// Parses a place without a tag: `docker://host/repository`, `oci:DIR[:PREFIX]`, `docker-archive:FILE:REPOSITORY`,
    /// `static:DIR[:REPOSITORY]`, `dir:PATH`.
    ///
    /// # Errors
    /// When it has a tag, or is no location.
    pub fn parse(text: &str) -> Result<Self, SeriesError> {
        let repository = |reference: Reference| {
            if !reference.is_repository_only() {
                return Err(SeriesError::Named { text: text.into(), place: reference.repository.to_string() });
            }
            Ok(Self { place: Place::Registry(reference.repository), prefix: None })
        };
        if let Some(reference) = text.strip_prefix("docker://") {
            return repository(reference.parse().map_err(LocationError::from)?);
        }
        if let Some(rest) = text.strip_prefix("static:") {
            // A lone part would be a tag.
            let full = if rest.contains(':') { format!("{text}:x") } else { text.to_owned() };
            return Ok(Self { place: full.parse::<Location>()?.place, prefix: None });
        }
        let location: Location = text.parse()?;
        let prefix = match location.at {
            Selector::Sole => None,
            Selector::Tag(prefix) => Some(prefix),
            other => {
                let place = format!("{} ({other})", location.place);
                return Err(SeriesError::Named { text: text.into(), place });
            }
        };
        match location.place {
            Place::Registry(_) => repository(text.parse().map_err(LocationError::from)?),
            Place::OciArchive(ArchivePath::Standard) | Place::DockerArchive(ArchivePath::Standard) => {
                Err(SeriesError::Stream)
            }
            place => Ok(Self { place, prefix }),
        }
    }

    /// Returns the series `path` below this one: repositories in registries and trees, prefixes in layouts and archives, folders in folders.
    pub(super) fn below(&self, path: &str) -> Result<Self, SeriesError> {
        let join = |base: &str| if base.is_empty() { path.to_owned() } else { format!("{base}/{path}") };
        let place = match &self.place {
            Place::Registry(repository) => {
                Place::Registry(repository.sibling(&join(repository.path())).map_err(LocationError::from)?)
            }
            Place::Static { root, repository } => static_place(root.clone(), &join(repository))?,
            Place::Dir(root) => Place::Dir(root.join(path)),
            place => {
                let prefix = Some(join(self.prefix.as_deref().unwrap_or_default()));
                return Ok(Self { place: place.clone(), prefix });
            }
        };
        Ok(Self { place, prefix: None })
    }
}

/// Makes a repository of a tree, through the grammar, so that no name leaves the tree.
pub(super) fn static_place(root: PathBuf, repository: &str) -> Result<Place, SeriesError> {
    let checked: Repository = format!("localhost/{repository}").parse().map_err(LocationError::from)?;
    Ok(Place::Static { root, repository: checked.path().into() })
}

/// Text or a tag that makes no series, or no part of one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SeriesError {
    /// It is no location.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// It names one image.
    #[error("{text} names one image where all of {place} are meant; leave the tag out")]
    Named {
        /// The text.
        text: String,
        /// The place.
        place: String,
    },
    /// Standard input or output.
    #[error("archives are not streamed here; name a file instead of -")]
    Stream,
    /// The name of an image is no tag at the other place.
    #[error("{tag:?} cannot be a tag in {place}")]
    Tag {
        /// The name.
        tag: String,
        /// The place.
        place: String,
        /// Why.
        source: crate::reference::ParseError,
    },
}

crate::class::classified!(SeriesError => Usage);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_repositories() {
        for (text, tag, location) in [
            ("docker://ex.com:5000/a", "v1", "docker://ex.com:5000/a:v1"),
            ("ex.com/a", "v1", "docker://ex.com/a:v1"),
            ("alpine", "3", "docker://docker.io/library/alpine:3"),
            ("oci:d", "v1", "oci:d:v1"),
            ("oci:d:ex.com/a", "v1", "oci:d:ex.com/a:v1"),
            ("docker-archive:k.tar:ex.com/a", "1", "docker-archive:k.tar:ex.com/a:1"),
            ("static:/w", "1", "static:/w:w:1"),
            ("static:/w:lib/app", "1", "static:/w:lib/app:1"),
            ("dir:/x", "1", "dir:/x/1"),
        ] {
            let series = Series::parse(text).expect(text);
            assert_eq!(series.location(tag).expect(text).to_string(), location);
        }
        for bad in ["docker://ex.com/a:v1", "alpine:3", "oci:d:@1", "oci-archive:-", "docker://A"] {
            assert!(Series::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(
            Series::parse("alpine:3").expect_err("a tag").to_string(),
            "alpine:3 names one image where all of docker.io/library/alpine are meant; leave the tag out"
        );
    }

    #[test]
    fn names_with_a_prefix() {
        let series = Series::parse("oci:d:ex.com/a").expect("a series");
        assert_eq!(series.tag("ex.com/a:v1"), Some("v1"));
        assert_eq!((series.tag("ex.com/ab:v1"), series.tag("v1")), (None, None));
        assert_eq!(Series::parse("oci:d").expect("a series").tag("v1"), Some("v1"));
    }

    #[test]
    fn no_name_leaves_its_folder() {
        for tag in ["../x", "..", "a/b", "a:b", ""] {
            for place in ["dir:/x", "static:/w", "docker://ex.com/a"] {
                assert!(Series::parse(place).expect(place).location(tag).is_err(), "{place} {tag}");
            }
        }
    }

    #[test]
    fn series_below() {
        for (base, wanted) in [
            ("docker://ex.com/m", "docker://ex.com/m/lib/a:1"),
            ("oci:d", "oci:d:lib/a:1"),
            ("oci:d:ex.com", "oci:d:ex.com/lib/a:1"),
            ("static:/w:m", "static:/w:m/lib/a:1"),
            ("dir:/x", "dir:/x/lib/a/1"),
        ] {
            let below = Series::parse(base).and_then(|base| base.below("lib/a")).expect(base);
            assert_eq!(below.location("1").expect(base).to_string(), wanted);
        }
    }
}
