//! `oci-archive:` and `docker-archive:`: what is written, other tools read; what other tools write is read.

mod docker;
mod existing;
mod foreign;
mod oci;

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use stevedore::copy::{self, Platforms, Report, Request};
use stevedore::media_type::Format;
use stevedore::transport::{self, Location, Selector, Source};
use stevedore::watch::{Event, Watch};
use tempfile::TempDir;

/// A directory, and options whose notes can be looked at.
struct Bench {
    dir: TempDir,
    options: transport::Options,
    notes: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    fn new() -> Self {
        let dir = TempDir::new().expect("making a temporary directory");
        let scratch = dir.path().join("scratch");
        fs::create_dir(&scratch).expect("making a directory in a fresh one");
        let notes = Arc::new(Mutex::new(Vec::new()));
        let heard = notes.clone();
        let watch = Watch::new(move |event| {
            if let Event::Note { text } = event {
                heard.lock().expect("nobody panics").push((*text).to_owned());
            }
        });
        let options = transport::Options { watch, scratch: Some(scratch), ..transport::Options::default() };
        Self { dir, options, notes }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Names a file in the directory.
    fn file(&self, name: &str) -> String {
        self.path().join(name).display().to_string()
    }

    fn source(&self, from: &str) -> transport::Result<(Box<dyn Source>, Selector)> {
        let from: Location = from.parse().expect(from);
        Ok((from.place.open_source(&self.options)?, from.at))
    }

    fn try_copy(&self, from: &str, to: &str, options: &copy::Options) -> Result<Report, Box<dyn std::error::Error>> {
        let (source, from) = self.source(from)?;
        let to: Location = to.parse()?;
        let destination = to.place.open_destination(&self.options)?;
        let request = Request { source: &*source, from: &from, destination: &*destination, to: &to.at, options };
        Ok(copy::copy(&request, NonZeroUsize::MIN.saturating_add(3), &self.options.watch)?)
    }

    /// Copies everything and returns the digest.
    #[track_caller]
    fn copy(&self, from: &str, to: &str) -> String {
        let report =
            self.try_copy(from, to, &all()).unwrap_or_else(|error| panic!("{from} to {to}: {}", chain(&*error)));
        report.manifest.digest.to_string()
    }

    /// Copies as an OCI image: in a layout skopeo passes over images of Docker's format.
    #[track_caller]
    fn copy_as_oci(&self, from: &str, to: &str) {
        let options = copy::Options { format: Some(Format::Oci), ..all() };
        self.try_copy(from, to, &options).unwrap_or_else(|error| panic!("{from} to {to}: {}", chain(&*error)));
    }

    /// Returns the digest of what a location names.
    #[track_caller]
    fn digest(&self, at: &str) -> String {
        let (source, at) = self.source(at).expect(at);
        source.resolve(&at).expect("resolves").expect("is there").digest.to_string()
    }

    #[track_caller]
    fn tags(&self, at: &str) -> Vec<String> {
        self.source(at).expect(at).0.tags(None).expect("tags").names
    }

    fn notes(&self) -> Vec<String> {
        self.notes.lock().expect("nobody panics").clone()
    }

    /// Lists what lies in the directory, without the scratch directory.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).expect("a directory");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
        names.retain(|name| name != "scratch");
        names.sort();
        names
    }
}

fn all() -> copy::Options {
    copy::Options { platforms: Platforms::All, ..copy::Options::default() }
}

/// Returns an error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

/// Lists the names in a tar archive.
fn names(archive: &Path) -> Vec<String> {
    let mut archive = tar::Archive::new(fs::File::open(archive).expect("an archive"));
    let entries = archive.entries().expect("entries");
    entries.map(|entry| entry.expect("an entry").path().expect("a path").display().to_string()).collect()
}

/// Reads a file of a tar archive.
fn member(archive: &Path, name: &str) -> Option<Vec<u8>> {
    let mut archive = tar::Archive::new(fs::File::open(archive).expect("an archive"));
    let mut entries = archive.entries().expect("entries").map(|entry| entry.expect("an entry"));
    let mut entry = entries.find(|entry| entry.path().expect("a path") == Path::new(name))?;
    let mut content = Vec::new();
    std::io::Read::read_to_end(&mut entry, &mut content).expect("content");
    Some(content)
}

/// Unpacks an archive with the system's tar.
fn unpack(archive: &Path, into: &Path) {
    fs::create_dir_all(into).expect("a directory");
    let status = Command::new("tar").arg("-xf").arg(archive).arg("-C").arg(into).status().expect("tar runs");
    assert!(status.success());
}
