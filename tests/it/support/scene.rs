//! What most end-to-end tests begin with: a registry, and an empty directory.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::fixture::Fixture;
use super::layout::sha256;
use super::oracle::Tool;
use super::registry::Registry;
use super::{command, seed};

/// What a registry may answer with when it is asked for whatever it has.
const ANY_MANIFEST: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

/// An empty directory with names in it.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder(TempDir::new().expect("making a temporary directory"))
    }

    /// Returns the path of a name in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Returns `TRANSPORT:PATH[REST]`, as in `at("oci", "o", ":v1")`.
    pub(crate) fn at(&self, transport: &str, name: &str, rest: &str) -> String {
        format!("{transport}:{}{rest}", self.path(name).display())
    }

    /// Returns the path as text.
    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }
}

/// Returns an empty directory in memory where there is such a place: for tests that make thousands of files, which a busy disk is slow at.
pub(crate) fn memory() -> TempDir {
    let place = Path::new("/dev/shm");
    let made = if place.is_dir() { TempDir::new_in(place) } else { TempDir::new() };
    made.or_else(|_| TempDir::new()).expect("making a temporary directory")
}

/// An open registry and an empty directory.
pub(crate) struct Scene {
    pub(crate) registry: Registry,
    pub(crate) folder: Folder,
}

impl Scene {
    /// Starts the registry; `None` when it is not installed.
    pub(crate) fn new() -> Option<Scene> {
        Some(Scene { registry: Registry::start()?, folder: Folder::new() })
    }

    /// Starts the registry with an image in it.
    pub(crate) fn with(repository: &str, make: fn(&Path) -> Fixture) -> Option<(Scene, Fixture)> {
        let scene = Scene::new()?;
        let image = scene.seed(repository, make);
        Some((scene, image))
    }

    /// Makes an image and pushes all its tags to `repository`.
    pub(crate) fn seed(&self, repository: &str, make: fn(&Path) -> Fixture) -> Fixture {
        let image = make(&self.folder.path(&format!("seed-{repository}")));
        seed::push_all(&image.dir, &self.registry.client(), repository);
        image
    }

    /// Returns `HOST:PORT/REST`.
    pub(crate) fn name(&self, rest: &str) -> String {
        format!("{}/{rest}", self.registry.host())
    }

    /// Returns `docker://HOST:PORT/REST`.
    pub(crate) fn docker(&self, rest: &str) -> String {
        format!("docker://{}", self.name(rest))
    }

    /// Returns the manifest that the registry serves.
    #[track_caller]
    pub(crate) fn manifest(&self, repository: &str, reference: &str) -> Vec<u8> {
        let client = self.registry.client().with("Accept", ANY_MANIFEST);
        client.get(&format!("/v2/{repository}/manifests/{reference}")).expect(200).body
    }

    /// Returns the digest of the manifest that the registry serves.
    #[track_caller]
    pub(crate) fn digest(&self, repository: &str, reference: &str) -> String {
        sha256(&self.manifest(repository, reference))
    }

    /// Whether the registry has a manifest of this name.
    pub(crate) fn has(&self, repository: &str, reference: &str) -> bool {
        let client = self.registry.client().with("Accept", ANY_MANIFEST);
        client.head(&format!("/v2/{repository}/manifests/{reference}")).status == 200
    }
}

/// Copies with the binary under test and returns what it printed: the digest.
#[track_caller]
pub(crate) fn copy(flags: &[&str], from: &str, to: &str) -> String {
    let arguments: Vec<&str> = ["copy"].iter().chain(flags).chain(&[from, to]).copied().collect();
    command::stevedore(&arguments).ok().text().to_owned()
}

/// Copies with skopeo, between registries without TLS and whatever it has.
#[track_caller]
pub(crate) fn skopeo_copy(skopeo: &Tool, flags: &[&str], from: &str, to: &str) {
    let fixed = ["copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false"];
    let arguments: Vec<&str> = fixed.iter().chain(flags).chain(&[from, to]).copied().collect();
    skopeo.run(&arguments);
}

/// Returns each file below `dir` with its content, sorted by name.
#[track_caller]
pub(crate) fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    collect(dir, "", &mut found);
    found.sort();
    found
}

fn collect(dir: &Path, prefix: &str, found: &mut Vec<(String, Vec<u8>)>) {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    for entry in entries {
        let entry = entry.expect("a readable directory");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().expect("an entry has a type").is_dir() {
            collect(&entry.path(), &format!("{name}/"), found);
        } else {
            found.push((name, fs::read(entry.path()).expect("a readable file")));
        }
    }
}

/// Asserts that two directories hold the same files with the same bytes.
#[track_caller]
pub(crate) fn assert_same_files(one: &Path, other: &Path) {
    let (one, other) = (files(one), files(other));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&one), names(&other));
    for ((name, one), (_, other)) in one.iter().zip(&other) {
        // Not assert_eq: nobody reads a layer in a message.
        assert!(one == other, "{name} differs: {} and {} bytes", one.len(), other.len());
    }
}
