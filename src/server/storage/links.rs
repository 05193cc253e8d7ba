//! Symbolic links to folders of repositories, as operators make them to spread a registry over disks.
//!
//! Anything else in the store that is a link is never followed: whoever can plant one must not choose what is read or written. A folder of a
//! repository may be a link that leads below the store or below a folder that the operator has named.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use rustix::fs::Mode;
use rustix::io::Errno;

use super::beneath::beneath;
use super::files::FOLDER;
use super::layout;
use crate::reference::is_repository_path;

/// How many links one path may pass through.
pub(super) const MAX_LINKS: usize = 4;

/// The links that are followed.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Folders that links may lead below, with their canonical paths: the store's and those that the operator has named.
    allowed: Vec<(PathBuf, OwnedFd)>,
    /// Where followed links lead, by their path in the store.
    found: RwLock<BTreeMap<String, Arc<Target>>>,
}

/// The folder that a link leads to.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) folder: OwnedFd,
    /// Its canonical path.
    path: PathBuf,
    /// The canonical paths of the folders that the path to it passes through: a link back to one of them would have no end.
    passed: Vec<PathBuf>,
}

impl Links {
    /// Allows links that lead below a folder.
    pub(super) fn allow(&mut self, folder: &Path) -> std::io::Result<()> {
        let path = folder.canonicalize()?;
        let opened = rustix::fs::open(&path, FOLDER | rustix::fs::OFlags::CLOEXEC, Mode::empty())?;
        self.allowed.push((path, opened));
        Ok(())
    }

    /// Returns the canonical path of the store, the first folder that was allowed.
    pub(super) fn root(&self) -> &Path {
        self.allowed.first().map_or(Path::new("."), |(path, _)| path)
    }

    /// Returns the last followed link on a path and what of the path lies behind it.
    pub(super) fn locate<'a>(&self, path: &'a str) -> Option<(Arc<Target>, &'a str)> {
        let found = crate::locks::read(&self.found);
        if found.is_empty() {
            return None;
        }
        // The longest of the path's own beginnings.
        let mut end = path.len();
        loop {
            if let Some(target) = found.get(&path[..end]) {
                let rest = path[end..].trim_start_matches('/');
                return Some((Arc::clone(target), if rest.is_empty() { "." } else { rest }));
            }
            end = path[..end].rfind('/')?;
        }
    }

    /// Follows the link at `path`, whose parent folder has the canonical path `parent`.
    ///
    /// # Errors
    /// In words when it is not to be followed.
    pub(super) fn follow(&self, path: &str, parent: &Path, passed: &[PathBuf]) -> Result<(), String> {
        let (_, name) = super::files::split(path);
        let is_repository = path == layout::repositories()
            || path.strip_prefix(&format!("{}/", layout::repositories())).is_some_and(is_repository_path);
        if !is_repository {
            return Err("is a symbolic link, and only folders of repositories may be links".into());
        }
        let target = parent
            .join(name)
            .canonicalize()
            .map_err(|error| format!("is a symbolic link that leads nowhere ({error})"))?;
        let Some((root, folder)) = self.allowed.iter().find(|(root, _)| target.starts_with(root)) else {
            let target = target.display();
            return Err(format!("is a symbolic link to {target}, outside the store; allow it with --follow-links"));
        };
        let mut passed = passed.to_vec();
        passed.push(parent.to_path_buf());
        if passed.len() > MAX_LINKS || passed.iter().any(|passed| passed.starts_with(&target)) {
            return Err("is a symbolic link that leads back to where it lies".into());
        }
        let rest = target.strip_prefix(root).expect("it was found below it");
        let rest = rest.to_str().ok_or("is a symbolic link to a name that is not UTF-8")?;
        let rest = if rest.is_empty() { "." } else { rest };
        let folder = beneath(folder.as_fd(), rest, FOLDER, Mode::empty())
            .map_err(|error| format!("is a symbolic link to something that cannot be opened as a folder ({error})"))?;
        let target = Target { folder, path: target, passed };
        let mut found = crate::locks::write(&self.found);
        found.insert(path.to_owned(), Arc::new(target));
        Ok(())
    }
}

impl Target {
    /// Returns the canonical path of the folder `path` behind the link.
    pub(super) fn behind(&self, path: &str) -> PathBuf {
        if path == "." { self.path.clone() } else { self.path.join(path) }
    }

    /// Returns the canonical paths of the folders that hold the links on the way.
    pub(super) fn passed(&self) -> &[PathBuf] {
        &self.passed
    }
}

/// Returns the first component of `path` below `root` that is a symbolic link or, but for the last, no folder.
pub(super) fn obstacle<'a>(root: &OwnedFd, path: &'a str) -> Option<(&'a str, Obstacle)> {
    let mut end = 0;
    loop {
        end = path[end..].find('/').map_or(path.len(), |at| end + at);
        let stat = rustix::fs::statat(root, &path[..end], rustix::fs::AtFlags::SYMLINK_NOFOLLOW).ok()?;
        match rustix::fs::FileType::from_raw_mode(stat.st_mode) {
            rustix::fs::FileType::Symlink => return Some((&path[..end], Obstacle::Link)),
            rustix::fs::FileType::Directory => {}
            _ => return Some((&path[..end], Obstacle::NoFolder)),
        }
        if end == path.len() {
            return None;
        }
        end += 1;
    }
}

/// What stands where a folder is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// A symbolic link.
    Link,
    /// A file or something else that is no folder.
    NoFolder,
}

/// Says whether opening a path failed on something in its way, and not because nothing is there.
pub(super) fn is_obstructed(error: Errno) -> bool {
    matches!(error, Errno::LOOP | Errno::NOTDIR)
}
