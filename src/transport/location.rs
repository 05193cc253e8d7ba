//! Locations as people type them: `TRANSPORT:REST`.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use super::Selector;
use crate::digest::Digest;
use crate::reference::{self, Reference, Repository, Tag, reads_as_host};

/// A place and which of its images is meant.
///
/// ```
/// use stevedore::transport::{Location, Selector};
///
/// let location: Location = "oci:images:app:v1".parse()?;
/// assert_eq!(location.at, Selector::Tag("app:v1".into()));
/// # Ok::<(), stevedore::transport::LocationError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Location {
    /// Where.
    pub place: Place,
    /// Which.
    pub at: Selector,
    /// The tag that stood beside a digest: for people, for naming a destination, checked only on demand.
    pub tag: Option<Tag>,
}

/// A place that holds images.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// `docker://`: a repository in a registry.
    Registry(Repository),
    /// `oci:`: an OCI image layout.
    Layout(PathBuf),
    /// `oci-archive:`: an OCI image layout in a tar file.
    OciArchive(ArchivePath),
    /// `docker-archive:`: what `docker save` writes and `docker load` reads.
    DockerArchive(ArchivePath),
    /// `dir:`: skopeo's directory of one image.
    Dir(PathBuf),
    /// `static:`: a tree that a web server can serve as a registry.
    Static {
        /// The tree.
        root: PathBuf,
        /// The repository in it.
        repository: String,
    },
}

/// Where an archive is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ArchivePath {
    /// In a file.
    File(PathBuf),
    /// `-`: on standard input or output.
    Standard,
}

/// The prefixes, for messages.
const TRANSPORTS: &str = "docker://, oci:, oci-archive:, docker-archive:, dir: or static:";

impl Location {
    /// Makes a location in a registry.
    pub fn registry(reference: Reference) -> Self {
        let reference = reference.or_latest();
        let (at, tag) = match (reference.digest, reference.tag) {
            (Some(digest), tag) => (Selector::Digest(digest), tag),
            (None, tag) => (Selector::Tag(tag.unwrap_or_else(Tag::latest).as_str().into()), None),
        };
        Self { place: Place::Registry(reference.repository), at, tag }
    }

    /// Returns the name by which others find a registry's image, with the tag where one is known and without the digest; nothing of other
    /// places.
    pub fn name(&self) -> Option<String> {
        let Place::Registry(repository) = &self.place else { return None };
        let tag = self.at.tag().or(self.tag.as_ref().map(Tag::as_str));
        Some(tag.map_or_else(|| repository.to_string(), |tag| format!("{repository}:{tag}")))
    }

    fn new(place: Place, at: Selector) -> Self {
        Self { place, at, tag: None }
    }
}

impl FromStr for Location {
    type Err = LocationError;

    /// Parses a location; text without a transport is a reference to a registry.
    fn from_str(text: &str) -> Result<Self, LocationError> {
        if let Some(reference) = text.strip_prefix("docker://") {
            return in_registry(reference);
        }
        if let Some(named) = text.strip_prefix("oci://").filter(|rest| names_host(rest)) {
            return Err(LocationError::Helm { text: text.into(), named: named.into() });
        }
        let (transport, rest) = text.split_once(':').unwrap_or(("", text));
        let path = |path: &str| {
            if path.is_empty() { Err(LocationError::NoPath { text: text.into() }) } else { Ok(plain(path)) }
        };
        match transport {
            "oci" => {
                let (at, name) = split_reference(rest);
                Ok(Self::new(Place::Layout(path(at)?), selector(name)))
            }
            "oci-archive" | "docker-archive" => {
                let (at, name) = split_reference(rest);
                let archive = if at == "-" { ArchivePath::Standard } else { ArchivePath::File(path(at)?) };
                Ok(match transport {
                    "oci-archive" => Self::new(Place::OciArchive(archive), selector(name)),
                    _ => Self::new(Place::DockerArchive(archive), selector(name)),
                })
            }
            "dir" => Ok(Self::new(Place::Dir(path(rest)?), Selector::Sole)),
            "static" => parse_static(text, rest),
            "docker" => Err(LocationError::Slashes { text: text.into() }),
            "docker-daemon" | "containers-storage" | "sif" | "ostree" | "tarball" | "http" | "https" => {
                Err(LocationError::Transport { transport: transport.into() })
            }
            _ => in_registry(text),
        }
    }
}

/// Reads a reference. A host alone would be completed to an image of Docker Hub, which nobody means.
fn in_registry(text: &str) -> Result<Location, LocationError> {
    if reads_as_host(text) {
        return Err(LocationError::Host { text: text.into() });
    }
    Ok(Location::registry(text.parse()?))
}

/// Says whether text begins with the host of a registry, and not with a folder.
fn names_host(text: &str) -> bool {
    let first = text.split('/').next().unwrap_or_default();
    reads_as_host(first) && text.parse::<Reference>().is_ok()
}

/// One place has one name, `./d//x/` that of `d/x`: places are compared by it, to lock once and to know what a line has written.
fn plain(path: &str) -> PathBuf {
    let plain: PathBuf = Path::new(path).components().filter(|part| *part != Component::CurDir).collect();
    match plain.to_str() {
        Some("") => PathBuf::from("."),
        // A file of that name, and not a stream.
        Some("-") => PathBuf::from("./-"),
        _ => plain,
    }
}

/// Paths end at the first colon, so a reference may have some; `PATH@ALG:HEX` is a digest nevertheless.
fn split_reference(rest: &str) -> (&str, &str) {
    let Some((path, name)) = rest.split_once(':') else {
        return (rest, "");
    };
    if let Some((path, algorithm)) = path.rsplit_once('@')
        && format!("{algorithm}:{name}").parse::<Digest>().is_ok()
    {
        return (path, &rest[path.len()..]);
    }
    (path, name)
}

/// `@N` is an entry's number, `@ALG:HEX` a digest, nothing the sole image, and anything else a name.
fn selector(name: &str) -> Selector {
    if name.is_empty() {
        return Selector::Sole;
    }
    if let Some(rest) = name.strip_prefix('@') {
        if let Ok(number) = rest.parse() {
            return Selector::Entry(number);
        }
        if let Ok(digest) = rest.parse() {
            return Selector::Digest(digest);
        }
    }
    Selector::Tag(name.into())
}

/// `DIR[:REPO][:TAG|@DIGEST]`; a lone part is a tag, and REPO is then DIR's last component.
fn parse_static(text: &str, rest: &str) -> Result<Location, LocationError> {
    let (rest, digest) = match rest.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest.parse().map_err(|_| reference_error(text))?)),
        None => (rest, None),
    };
    let (root, name) = rest.split_once(':').unwrap_or((rest, ""));
    let root = if root.is_empty() { PathBuf::new() } else { plain(root) };
    let last = root.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let (repository, tag) = match name.split_once(':') {
        Some((repository, tag)) => (repository.to_owned(), tag),
        // Before a digest a lone part can only be the repository.
        None if digest.is_some() && !name.is_empty() => (name.to_owned(), ""),
        None => (last, name),
    };
    if root.as_os_str().is_empty() {
        return Err(LocationError::NoPath { text: text.into() });
    }
    // Through the reference's grammar, so that no name leaves the tree.
    let checked: Repository = format!("localhost/{repository}").parse()?;
    let tag = if tag.is_empty() { None } else { Some(tag.parse::<Tag>()?) };
    let place = Place::Static { root, repository: checked.path().into() };
    Ok(match digest {
        Some(digest) => Location { place, at: Selector::Digest(digest), tag },
        None => Location::new(place, Selector::Tag(tag.unwrap_or_else(Tag::latest).as_str().into())),
    })
}

fn reference_error(text: &str) -> LocationError {
    LocationError::Digest { text: text.into() }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.place)?;
        let is_registry = matches!(self.place, Place::Registry(_) | Place::Static { .. });
        if let (Some(tag), true) = (&self.tag, is_registry) {
            write!(f, ":{tag}")?;
        }
        match &self.at {
            Selector::Tag(tag) => write!(f, ":{tag}"),
            Selector::Digest(digest) if is_registry => write!(f, "@{digest}"),
            Selector::Digest(digest) => write!(f, ":@{digest}"),
            Selector::Descriptor(descriptor) => write!(f, "@{}", descriptor.digest),
            Selector::Entry(number) => write!(f, ":@{number}"),
            Selector::Sole => Ok(()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(repository) => write!(f, "docker://{repository}"),
            Self::Layout(path) => write!(f, "oci:{}", path.display()),
            Self::OciArchive(path) => write!(f, "oci-archive:{path}"),
            Self::DockerArchive(path) => write!(f, "docker-archive:{path}"),
            Self::Dir(path) => write!(f, "dir:{}", path.display()),
            Self::Static { root, repository } => write!(f, "static:{}:{repository}", root.display()),
        }
    }
}

impl fmt::Display for ArchivePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Standard => f.write_str("-"),
        }
    }
}

/// Text that is no location.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LocationError {
    /// The reference is not valid.
    #[error(transparent)]
    Reference(#[from] reference::ParseError),
    /// The digest is not valid.
    #[error("invalid location {text:?}: what follows '@' is no digest")]
    Digest {
        /// The text.
        text: String,
    },
    /// There is no path.
    #[error("invalid location {text:?}: the path is missing")]
    NoPath {
        /// The text.
        text: String,
    },
    /// `docker:` without slashes.
    #[error("invalid location {text:?}: write docker://, with two slashes")]
    Slashes {
        /// The text.
        text: String,
    },
    /// A registry's host, and nothing in it.
    #[error("{text} names a registry and no repository in it: write docker://{text}/REPOSITORY")]
    Host {
        /// The text.
        text: String,
    },
    /// What Helm writes for a chart in a registry.
    #[error("{text} names a registry as Helm does: write docker://{named}, or oci:/{named} for a folder")]
    Helm {
        /// The text.
        text: String,
        /// The reference in it.
        named: String,
    },
    /// What cannot be a tag there.
    #[error("{tag:?} is no tag here: {reason}")]
    Tag {
        /// The text.
        tag: String,
        /// What can.
        reason: &'static str,
    },
    /// A transport that other tools have.
    #[error("transport {transport:?} is not supported; use {TRANSPORTS}")]
    Transport {
        /// The transport.
        transport: String,
    },
}

crate::class::classified!(LocationError => Usage);

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn what_people_type() {
        let table: &[(String, &str)] = &[
            ("docker://alpine".into(), "docker://docker.io/library/alpine:latest"),
            ("alpine:3".into(), "docker://docker.io/library/alpine:3"),
            ("localhost:5000/a:b".into(), "docker://localhost:5000/a:b"),
            (format!("docker://ex.com/a:v1@sha256:{HEX}"), &format!("docker://ex.com/a:v1@sha256:{HEX}")),
            ("oci:d".into(), "oci:d"),
            ("oci:d:v1".into(), "oci:d:v1"),
            ("oci:/x/d:host:5000/x:1".into(), "oci:/x/d:host:5000/x:1"),
            ("oci:d:@2".into(), "oci:d:@2"),
            (format!("oci:d@sha256:{HEX}"), &format!("oci:d:@sha256:{HEX}")),
            (format!("oci:d:@sha256:{HEX}"), &format!("oci:d:@sha256:{HEX}")),
            ("oci-archive:-:v1".into(), "oci-archive:-:v1"),
            ("oci-archive:./-:v1".into(), "oci-archive:./-:v1"),
            ("oci:./d//e/./f/:v1".into(), "oci:d/e/f:v1"),
            ("oci:.:v1".into(), "oci:.:v1"),
            ("oci:../d".into(), "oci:../d"),
            ("static:./www/:v2".into(), "static:www:www:v2"),
            ("docker-archive:k.tar:ex.com/a:1".into(), "docker-archive:k.tar:ex.com/a:1"),
            ("dir:a:b".into(), "dir:a:b"),
            ("static:/srv/www".into(), "static:/srv/www:www:latest"),
            ("static:/srv/www:v2".into(), "static:/srv/www:www:v2"),
            ("static:/srv/www:lib/app:v2".into(), "static:/srv/www:lib/app:v2"),
            (format!("static:/srv/www:lib/app@sha256:{HEX}"), &format!("static:/srv/www:lib/app@sha256:{HEX}")),
        ]
        .map(|(text, form)| (text, String::leak(form.to_owned()) as &str));
        for (text, form) in table {
            assert_eq!(text.parse::<Location>().expect(text).to_string(), *form);
        }
    }

    #[test]
    fn what_is_refused() {
        for bad in [
            "oci:",
            "oci::v1",
            "dir:",
            "docker:alpine",
            "docker-daemon:x:y",
            "docker://",
            "static:/w:../x:1",
            "static::a:1",
            "static:/w:App",
            "docker://127.0.0.1:5000",
            "localhost:5000",
            "ghcr.io",
            "docker://localhost:99999/x:v1",
            "oci://ghcr.io/x/y:1",
            "oci://localhost:5000/x",
        ] {
            // A lone part of static: is a tag, where capitals are fine.
            assert_eq!(bad.parse::<Location>().is_err(), bad != "static:/w:App", "{bad}");
        }
        assert_eq!(
            "oci://ghcr.io/x/y:1".parse::<Location>().expect_err("a chart").to_string(),
            "oci://ghcr.io/x/y:1 names a registry as Helm does: write docker://ghcr.io/x/y:1, or oci:/ghcr.io/x/y:1 for a folder"
        );
        assert_eq!("oci://tmp/x.y/z:v1".parse::<Location>().expect("a folder").to_string(), "oci:/tmp/x.y/z:v1");
        assert_eq!(
            "docker-daemon:x".parse::<Location>().expect_err("unsupported").to_string(),
            "transport \"docker-daemon\" is not supported; use docker://, oci:, oci-archive:, docker-archive:, dir: or static:"
        );
    }

    #[test]
    fn names() {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for (location, name) in [
            ("docker://alpine:3", Some("docker.io/library/alpine:3")),
            ("ex.com/a", Some("ex.com/a:latest")),
            (&*format!("ex.com/a@sha256:{hex}"), Some("ex.com/a")),
            (&*format!("ex.com/a:v1@sha256:{hex}"), Some("ex.com/a:v1")),
            ("oci:d:v1", None),
            ("static:d:a:v1", None),
        ] {
            let location: Location = location.parse().expect("a location");
            assert_eq!(location.name().as_deref(), name, "{location}");
        }
    }
}
