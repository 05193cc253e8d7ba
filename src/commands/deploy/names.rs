//! Under which names images are deployed.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use stevedore::reference::{Reference, Repository, Tag};
use stevedore::transport::{ArchivePath, Location, Place, Selector};

use crate::cli::{Result, Usage};

/// `REPOSITORY[:TAG]`, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    repository: String,
    tag: Option<Tag>,
}

/// A name in the tree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    pub(crate) repository: String,
    /// A tag, or the digest of an image without one.
    pub(crate) at: Selector,
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (repository, tag) = text.split_once(':').map_or((text, None), |(name, tag)| (name, Some(tag)));
        let refused = |error: stevedore::reference::ParseError| error.to_string();
        let checked: Repository = format!("localhost/{repository}").parse().map_err(refused)?;
        let tag = tag.map(|tag| tag.parse::<Tag>().map_err(refused)).transpose()?;
        Ok(Self { repository: checked.path().into(), tag })
    }
}

/// Finds a name for every image.
///
/// # Errors
/// When one has none, or two have the same.
pub(crate) fn names(sources: &[Location], name: Option<&Name>) -> Result<Vec<Target>, Usage> {
    if name.is_some_and(|name| name.tag.is_some()) && sources.len() > 1 {
        return Err(Usage::new("--name with a tag is for one image", "leave the tag out; each image keeps its own"));
    }
    let names: Vec<Target> = sources.iter().map(|source| target(source, name)).collect::<Result<_, _>>()?;
    let mut taken = BTreeMap::new();
    for (Target { repository, at }, source) in names.iter().zip(sources) {
        let text = format!("{repository}:{at}");
        if let Some(other) = taken.insert(text, source)
            && other != source
        {
            let hint = "deploy one of them, or both in turn with another --name";
            return Err(Usage::new(format!("{other} and {source} would have the same name, {repository}, {at}"), hint));
        }
    }
    Ok(names)
}

fn target(source: &Location, name: Option<&Name>) -> Result<Target, Usage> {
    let given = name.map(|name| name.repository.clone());
    let (own, tag) = own(source);
    let repository = given.or(own).ok_or_else(|| {
        Usage::new(format!("{source} has no name that could be a repository's"), "add --name REPOSITORY")
    })?;
    let tag = name.and_then(|name| name.tag.clone()).or(tag);
    let at = match (tag, &source.at) {
        (Some(tag), _) => Selector::Tag(tag.as_str().into()),
        (None, Selector::Digest(digest)) => Selector::Digest(digest.clone()),
        (None, Selector::Tag(text)) => {
            let hint = "add --name REPOSITORY:TAG";
            return Err(Usage::new(format!("{text:?} in {source} is no tag and has none"), hint));
        }
        (None, _) => Selector::Tag(Tag::latest().as_str().into()),
    };
    Ok(Target { repository, at })
}

/// Returns the repository and tag that the source itself names.
fn own(source: &Location) -> (Option<String>, Option<Tag>) {
    let (path, named) = match (&source.place, &source.at) {
        (Place::Registry(repository), at) => {
            let tag = at.tag().and_then(|tag| tag.parse().ok()).or_else(|| source.tag.clone());
            return (Some(repository.path().into()), tag);
        }
        (Place::Static { repository, .. }, at) => {
            let tag = at.tag().and_then(|tag| tag.parse().ok()).or_else(|| source.tag.clone());
            return (Some(repository.clone()), tag);
        }
        (Place::Layout(path) | Place::Dir(path), at) => (Some(path.as_path()), at.tag()),
        (Place::OciArchive(archive) | Place::DockerArchive(archive), at) => match archive {
            ArchivePath::File(path) => (Some(path.as_path()), at.tag()),
            ArchivePath::Standard => (None, at.tag()),
        },
        (_, at) => (None, at.tag()),
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
            Err(usage) => Err(usage.to_string()),
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
