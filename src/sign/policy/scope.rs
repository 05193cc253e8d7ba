//! Which part of a policy is about an image: the names it goes by there, the most specific first.
//!
//! containers-policy.json(5), "Supported transports and their scopes". The names and their order are those that containers/image looks up;
//! `static:`, which it does not have, is looked up as `DIR:REPOSITORY:TAG`, its namespaces, and then the folders as `oci:`.

use std::path::{Component, Path, PathBuf};

use crate::reference::{Reference, Repository};
use crate::transport::{ArchivePath, Location, Place, Selector};

/// How a policy knows an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The transport.
    pub transport: &'static str,
    /// The scopes that it is in, the most specific first, without the transport's own `""`.
    pub scopes: Vec<String>,
    /// Its name in a registry, where it has one.
    pub reference: Option<Reference>,
}

impl Names {
    /// Finds out how a policy knows the image at a location. Paths are taken with their links resolved, as far as they can be.
    pub fn of(location: &Location) -> Self {
        let (transport, scopes) = match &location.place {
            Place::Registry(repository) => ("docker", docker(repository, &location.at)),
            Place::Layout(path) => ("oci", folders(path)),
            Place::OciArchive(path) => ("oci-archive", archive(path)),
            // containers/image has no scopes for these.
            Place::DockerArchive(_) => ("docker-archive", Vec::new()),
            Place::Dir(path) => ("dir", folders(path)),
            Place::Static { root, repository } => ("static", tree(root, repository, &location.at)),
        };
        Self { transport, scopes, reference: reference(location) }
    }
}

/// Says whether a policy may have a scope for a transport; containers/image refuses the whole file otherwise.
pub(super) fn is_valid(transport: &str, scope: &str) -> bool {
    match transport {
        _ if scope.is_empty() => true,
        "docker-archive" | "tarball" => false,
        "oci" | "oci-archive" | "dir" | "sif" => is_plain(scope),
        "static" => is_plain(scope.split_once(':').map_or(scope, |(root, _)| root)),
        _ => true,
    }
}

/// Absolute, not `/` itself, and as short as it can be written.
fn is_plain(path: &str) -> bool {
    let parts = Path::new(path).components();
    let plain: PathBuf = parts.clone().filter(|part| !matches!(part, Component::CurDir)).collect();
    path.starts_with('/')
        && path != "/"
        && parts.clone().all(|part| part != Component::ParentDir)
        && plain.as_os_str() == path
}

fn docker(repository: &Repository, at: &Selector) -> Vec<String> {
    let mut scopes = named(&repository.to_string(), at);
    // Any port counts for the domains above the host, as it does in containers/image.
    let mut domain = repository.host().split(':').next().unwrap_or_default();
    while let Some((_, above)) = domain.split_once('.') {
        scopes.push(format!("*.{above}"));
        domain = above;
    }
    scopes
}

/// A name with its tag or digest, the name, and what stands before its slashes.
fn named(name: &str, at: &Selector) -> Vec<String> {
    let own = match (at.tag(), at.digest()) {
        (Some(tag), _) => Some(format!("{name}:{tag}")),
        (None, Some(digest)) => Some(format!("{name}@{digest}")),
        (None, None) => None,
    };
    let above = std::iter::successors(Some(name), |name| name.rsplit_once('/').map(|(above, _)| above));
    own.into_iter().chain(above.map(str::to_owned)).collect()
}

fn tree(root: &Path, repository: &str, at: &Selector) -> Vec<String> {
    let folders = folders(root);
    let Some(root) = folders.first() else {
        return Vec::new();
    };
    let named = named(repository, at).into_iter().map(|name| format!("{root}:{name}"));
    named.chain(folders.iter().cloned()).collect()
}

fn archive(path: &ArchivePath) -> Vec<String> {
    match path {
        ArchivePath::File(path) => folders(path),
        // A stream has no place.
        ArchivePath::Standard => Vec::new(),
    }
}

/// A path and the folders above it, `/` aside.
fn folders(path: &Path) -> Vec<String> {
    let path = path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_path_buf());
    let above = path.ancestors().filter(|folder| folder.parent().is_some());
    above.filter_map(|folder| folder.to_str().map(str::to_owned)).collect()
}

fn reference(location: &Location) -> Option<Reference> {
    match (&location.place, &location.at) {
        (Place::Registry(repository), at) => Some(Reference {
            repository: repository.clone(),
            tag: at.tag().and_then(|tag| tag.parse().ok()).or_else(|| location.tag.clone()),
            digest: at.digest().cloned(),
        }),
        (Place::DockerArchive(_), Selector::Tag(name)) => name.parse::<Reference>().ok().map(Reference::or_latest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn names(location: &str) -> Names {
        Names::of(&location.parse().expect("a location"))
    }

    #[test]
    fn scopes_from_the_most_specific() {
        for (location, transport, scopes) in [
            (
                "docker://r.ex.com:5000/ns/a:v1".to_owned(),
                "docker",
                "r.ex.com:5000/ns/a:v1 r.ex.com:5000/ns/a r.ex.com:5000/ns r.ex.com:5000 *.ex.com *.com",
            ),
            ("docker://localhost/a:v1".into(), "docker", "localhost/a:v1 localhost/a localhost"),
            (
                "docker://busybox".into(),
                "docker",
                "docker.io/library/busybox:latest docker.io/library/busybox docker.io/library docker.io *.io",
            ),
            (format!("docker://ex.com/a:v1@{DIGEST}"), "docker", &format!("ex.com/a@{DIGEST} ex.com/a ex.com *.com")),
            ("oci:/no/such/layout:v1".into(), "oci", "/no/such/layout /no/such /no"),
            ("oci-archive:/no/such.tar:v1".into(), "oci-archive", "/no/such.tar /no"),
            ("oci-archive:-".into(), "oci-archive", ""),
            ("docker-archive:/no/such.tar:ex.com/a:v1".into(), "docker-archive", ""),
            ("dir:/no/such".into(), "dir", "/no/such /no"),
            ("static:/no/www:ns/a:v1".into(), "static", "/no/www:ns/a:v1 /no/www:ns/a /no/www:ns /no/www /no"),
        ] {
            let names = names(&location);
            assert_eq!((names.transport, names.scopes.join(" ").as_str()), (transport, scopes), "{location}");
        }
    }

    #[test]
    fn names_in_registries() {
        for (location, wanted) in [
            ("docker://busybox", Some("docker.io/library/busybox:latest")),
            ("docker-archive:/no/such.tar:ex.com/a:v1", Some("ex.com/a:v1")),
            ("docker-archive:/no/such.tar", None),
            ("oci:/no/such:ex.com/a:v1", None),
            ("static:/no/www:a:v1", None),
        ] {
            assert_eq!(names(location).reference.map(|name| name.to_string()).as_deref(), wanted, "{location}");
        }
        let both = format!("docker://ex.com/a:v1@{DIGEST}");
        assert_eq!(names(&both).reference.expect("has one").to_string(), format!("ex.com/a:v1@{DIGEST}"));
    }

    #[test]
    fn links_are_resolved() {
        let folder = tempfile::tempdir().expect("a folder");
        let real = folder.path().canonicalize().expect("resolved");
        std::fs::create_dir(real.join("layout")).expect("made");
        std::os::unix::fs::symlink(real.join("layout"), real.join("link")).expect("made");
        let location: Location = format!("oci:{}:v1", real.join("link").display()).parse().expect("a location");
        assert_eq!(Names::of(&location).scopes[0], real.join("layout").display().to_string());
    }

    #[test]
    fn scopes_that_can_be() {
        for (transport, scope, good) in [
            ("docker", "", true),
            ("docker", "anything at all", true),
            ("docker-archive", "", true),
            ("docker-archive", "/x", false),
            ("tarball", "/x", false),
            ("oci", "/x/y", true),
            ("oci", "x", false),
            ("oci", "/", false),
            ("oci", "/x/", false),
            ("oci", "/x//y", false),
            ("oci", "/x/./y", false),
            ("oci", "/x/../y", false),
            ("dir", "/x", true),
            ("dir", "relative/x", false),
            ("static", "/x:ns/a", true),
            ("static", "/x/:ns/a", false),
            ("atomic", "anything", true),
        ] {
            assert_eq!(is_valid(transport, scope), good, "{transport} {scope}");
        }
    }
}
