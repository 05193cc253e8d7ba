//! The places on disk that an image is copied to, and how another tool reads what is there.

use std::fs;
use std::path::{Path, PathBuf};

use super::command::Program;
use super::fixture::{Fixture, Part};
use super::layout::{read_json, sha256};
use super::nginx::Nginx;
use super::oracle::{Tool, oracle};

/// A kind of place on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Layout,
    OciArchive,
    DockerArchive,
    Dir,
    Static,
}

/// Each of them.
pub(crate) const TARGETS: [Target; 5] =
    [Target::Layout, Target::OciArchive, Target::DockerArchive, Target::Dir, Target::Static];

impl Target {
    /// Returns the name of the file or directory in a folder.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Target::Layout => "layout",
            Target::OciArchive => "oci.tar",
            Target::DockerArchive => "docker.tar",
            Target::Dir => "dir",
            Target::Static => "tree",
        }
    }

    /// Returns the location of the image in a folder, as the binary under test takes it.
    pub(crate) fn location(self, folder: &Path) -> String {
        let path = folder.join(self.file()).display().to_string();
        match self {
            Target::Layout => format!("oci:{path}:v1"),
            Target::OciArchive => format!("oci-archive:{path}:v1"),
            Target::DockerArchive => format!("docker-archive:{path}:example.com/app:v1"),
            Target::Dir => format!("dir:{path}"),
            Target::Static => format!("static:{path}:app:v1"),
        }
    }
}

/// Reads what is at a place with skopeo, through nginx where the place is a web server's tree.
pub(crate) struct Reader {
    skopeo: Tool,
    target: Target,
    path: PathBuf,
    web: Option<Nginx>,
}

impl Reader {
    /// Makes one for the image in a folder; `None` when a tool is missing.
    pub(crate) fn new(target: Target, folder: &Path) -> Option<Reader> {
        let path = folder.join(target.file());
        let web = if target == Target::Static { Some(Nginx::start(&path)?) } else { None };
        Some(Reader { skopeo: oracle("skopeo")?, target, path: folder.to_owned(), web })
    }

    /// Has skopeo copy the image, which checks each blob, and asserts that it is one of these images; returns which.
    #[track_caller]
    pub(crate) fn which(&self, images: &[&Fixture]) -> usize {
        let copied = self.skopeo.home().join("copied");
        if copied.exists() {
            fs::remove_dir_all(&copied).expect("removing a directory");
        }
        let from = match &self.web {
            Some(web) => format!("docker://{}/app:v1", web.host()),
            None => self.target.location(&self.path),
        };
        self.skopeo.run(&["copy", "-q", "--src-tls-verify=false", &from, &format!("dir:{}", copied.display())]);
        let manifest = copied.join("manifest.json");
        let config = read_json(&manifest)["config"]["digest"].clone();
        let digest = sha256(&fs::read(&manifest).expect("skopeo wrote it"));
        let is = |part: &Part| match self.target {
            // Skopeo declares the layers of such an archive anew; the config tells images apart.
            Target::DockerArchive => config == part.config.as_str(),
            _ => digest == part.digest,
        };
        let found = images.iter().position(|image| is(&image.parts[0]));
        found.unwrap_or_else(|| panic!("{digest} is at {from}, which is none of the images"))
    }
}

/// Returns everything below a folder, sorted by name: files with their content, links with what they lead to.
pub(crate) fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    collect(folder, "", &mut found);
    found.sort();
    found
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<(String, Vec<u8>)>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let entry = entry.expect("a readable directory");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().expect("an entry has a type");
        if kind.is_dir() {
            collect(&entry.path(), &format!("{name}/"), found);
        } else if kind.is_symlink() {
            let target = fs::read_link(entry.path()).expect("a readable link");
            found.push((name, target.into_os_string().into_encoded_bytes()));
        } else {
            found.push((name, fs::read(entry.path()).expect("a readable file")));
        }
    }
}

/// Returns the names of everything below a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    contents(folder).into_iter().map(|(name, _)| name).collect()
}

/// Makes `to` hold what `from` holds; the directory itself stays, for whoever serves it.
pub(crate) fn restore(from: &Path, to: &Path) {
    for entry in fs::read_dir(to).expect("a readable directory") {
        let path = entry.expect("a readable directory").path();
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    duplicate(from, to);
}

/// Copies a directory with its links.
pub(crate) fn duplicate(from: &Path, to: &Path) {
    let (from, to) = (format!("{}/.", from.display()), to.display().to_string());
    Program::new("cp", &["-a", &from, &to]).run().ok();
}
