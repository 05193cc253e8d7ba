//! Under which names images are deployed.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use crate::class::{Class, Classified, Diagnosis};
use crate::reference::{ParseError, Reference, Repository, Tag};
use crate::transport::{ArchivePath, Location, Place, Selector};

/// A name to be given to images: `REPOSITORY[:TAG]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    repository: String,
    tag: Option<Tag>,
}

/// A name in the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The repository.
    pub repository: String,
    /// A tag, or the digest of an image without one.
    pub at: Selector,
}

/// Why an image has no name in the tree.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// One tag was to be given to several images.
    #[error("--name with a tag is for one image")]
    Several,
    /// Nothing about the source could be a repository's name.
    #[error("{image} has no name that could be a repository's")]
    NoRepository {
        /// The source.
        image: String,
    },
    /// The source's name is no tag and has none.
    #[error("{name:?} in {image} is no tag and has none")]
    NoTag {
        /// The source's name.
        name: String,
        /// The source.
        image: String,
    },
    /// Two images would have the same name.
    #[error("{first} and {second} would have the same name, {name}")]
    Taken {
        /// The first.
        first: String,
        /// The second.
        second: String,
        /// The name.
        name: String,
    },
}

impl Classified for NameError {
    fn diagnosis(&self) -> Diagnosis<'_> {
        Class::Usage.hint(match self {
            Self::Several => "leave the tag out; each image keeps its own",
            Self::NoRepository { .. } => "add --name REPOSITORY",
            Self::NoTag { .. } => "add --name REPOSITORY:TAG",
            Self::Taken { .. } => "deploy one of them, or both in turn with another --name",
        })
    }
}

impl FromStr for Name {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (repository, tag) = text.split_once(':').map_or((text, None), |(name, tag)| (name, Some(tag)));
        let checked: Repository = format!("localhost/{repository}").parse()?;
        let tag = tag.map(str::parse).transpose()?;
        Ok(Self { repository: checked.path().into(), tag })
    }
}

/// Finds a name for every image: `name`, else what the image is called where it is.
///
/// # Errors
/// When one has none, or two have the same.
pub fn names(sources: &[Location], name: Option<&Name>) -> Result<Vec<Target>, NameError> {
    if name.is_some_and(|name| name.tag.is_some()) && sources.len() > 1 {
        return Err(NameError::Several);
    }
    let names: Vec<Target> = sources.iter().map(|source| target(source, name)).collect::<Result<_, _>>()?;
    let mut taken = BTreeMap::new();
    for (Target { repository, at }, source) in names.iter().zip(sources) {
        let name = format!("{repository}, {at}");
        if let Some(first) = taken.insert(name.clone(), source)
            && first != source
        {
            return Err(NameError::Taken { first: first.to_string(), second: source.to_string(), name });
        }
    }
    Ok(names)
}

fn target(source: &Location, name: Option<&Name>) -> Result<Target, NameError> {
    let given = name.map(|name| name.repository.clone());
    let (own, tag) = own(source);
    let repository = given.or(own).ok_or_else(|| NameError::NoRepository { image: source.to_string() })?;
    let tag = name.and_then(|name| name.tag.clone()).or(tag);
    let at = match (tag, &source.at) {
        (Some(tag), _) => Selector::Tag(tag.as_str().into()),
        (None, Selector::Digest(digest)) => Selector::Digest(digest.clone()),
        (None, Selector::Tag(name)) => {
            return Err(NameError::NoTag { name: name.clone(), image: source.to_string() });
        }
        (None, _) => Selector::Tag(Tag::latest().as_str().into()),
    };
    Ok(Target { repository, at })
}

/// Returns the repository and tag that the source itself names.
fn own(source: &Location) -> (Option<String>, Option<Tag>) {
    let tag = |at: &Selector| at.tag().and_then(|tag| tag.parse().ok()).or_else(|| source.tag.clone());
    let (path, named) = match (&source.place, &source.at) {
        (Place::Registry(repository), at) => return (Some(repository.path().into()), tag(at)),
        (Place::Static { repository, .. }, at) => return (Some(repository.clone()), tag(at)),
        (Place::Layout(path) | Place::Dir(path), at) => (Some(path.as_path()), at.tag()),
        (Place::OciArchive(archive) | Place::DockerArchive(archive), at) => match archive {
            ArchivePath::File(path) => (Some(path.as_path()), at.tag()),
            ArchivePath::Standard => (None, at.tag()),
        },
    };
    match named.map(|name| (name, name.parse::<Tag>())) {
        Some((_, Ok(tag))) => (path.and_then(last), Some(tag)),
        // Layouts and archives may hold full references.
        Some((name, Err(_))) => match name.parse::<Reference>() {
            Ok(reference) => (Some(reference.repository.path().into()), reference.tag),
            Err(_) => (path.and_then(last), None),
        },
        None => (path.and_then(last), None),
    }
}

/// Returns a path's last component, without what tells a file's kind, if it could be a repository.
fn last(path: &Path) -> Option<String> {
    let name = match path.extension() {
        Some(extension) if extension == "tar" => path.file_stem(),
        _ => path.file_name(),
    };
    Some(name?.to_str()?.parse::<Name>().ok()?.repository)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn name(source: &str, name: Option<&str>) -> Result<String, String> {
        let source: Location = source.parse().expect("a location");
        let name = name.map(|name| name.parse::<Name>().expect("a name"));
        match names(&[source], name.as_ref()) {
            Ok(names) => Ok(format!("{}:{}", names[0].repository, names[0].at)),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn sources_name_themselves() {
        let digest = format!("docker://ex.com/a@sha256:{HEX}");
        let both = format!("docker://ex.com/a:v1@sha256:{HEX}");
        for (source, given, expected) in [
            ("docker://alpine:3.20", None, "library/alpine:tag 3.20"),
            ("docker://alpine:3.20", Some("alpine"), "alpine:tag 3.20"),
            ("docker://alpine:3.20", Some("a/b:c"), "a/b:tag c"),
            (&*digest, None, &*format!("a:manifest sha256:{HEX}")),
            (&*both, None, "a:tag v1"),
            ("oci:/x/build:v1", None, "build:tag v1"),
            ("oci:/x/build", None, "build:tag latest"),
            ("oci:/x/build:ex.com/team/app:v1", None, "team/app:tag v1"),
            ("dir:/x/app", None, "app:tag latest"),
            ("oci-archive:/x/app.tar:v1", None, "app:tag v1"),
            ("static:/x:lib/app:v1", None, "lib/app:tag v1"),
        ] {
            assert_eq!(name(source, given).as_deref(), Ok(expected), "{source}");
        }
        assert!(name("dir:/x/App", None).is_err() && name("oci-archive:-:v1", None).is_err());
    }

    #[test]
    fn names_stay_in_the_tree() {
        for bad in ["", "..", "../a", "/a", "a/", "A", "a b", "a:", "a:b:c", "a:..", "a\n", "a;", "a\"", "a:-b"] {
            assert!(bad.parse::<Name>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_are_given_once() {
        let sources = ["oci:/x/a:v1", "oci:/y/a:v1"].map(|text| text.parse().expect("a location"));
        assert!(names(&sources, None).is_err());
        let sources = ["oci:/x/a:v1", "oci:/y/a:v2"].map(|text| text.parse().expect("a location"));
        assert_eq!(names(&sources, None).expect("names").len(), 2);
        assert!(names(&sources, Some(&"a:v3".parse().expect("a name"))).is_err());
    }
}
