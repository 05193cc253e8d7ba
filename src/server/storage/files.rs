//! Files below one directory, reached without following a symbolic link but those to folders of repositories that `links` allows.
//!
//! Whoever can plant a link in the directory must not choose what is read or written elsewhere. What is behind such a link is not absent,
//! though: it is an error that names the link, so that nothing is taken for missing, or for garbage, that only cannot be reached.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::beneath::beneath;
use super::links::{self, Links, Obstacle};
use crate::store::{Error, Result};

pub(super) const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY);

/// Files below one directory.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) root: OwnedFd,
    path: PathBuf,
    pub(super) links: Links,
}

/// What tells a version of a file from every other: files are replaced, and one that is written in place changes its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    size: i64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// Returns when the file was last written, in seconds and nanoseconds of the file system's clock.
    pub(super) fn modified(&self) -> (i64, i64) {
        self.modified
    }

    /// Returns when the file, its name or its owner last changed.
    pub(super) fn changed(&self) -> (i64, i64) {
        self.changed
    }

    /// Returns the device that the file is on.
    pub(super) fn device(&self) -> u64 {
        self.device
    }

    /// Returns the size in bytes.
    pub(super) fn size(&self) -> u64 {
        u64::try_from(self.size).unwrap_or_default()
    }
}

#[expect(clippy::unnecessary_cast, reason = "the fields' types differ between platforms")]
impl From<rustix::fs::Stat> for Stamp {
    fn from(stat: rustix::fs::Stat) -> Self {
        Self {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            size: stat.st_size as i64,
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            changed: (stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        }
    }
}

/// Why a path could not be opened.
pub(super) enum Failed {
    /// Something on the way is not what it must be.
    InTheWay(Error),
    /// Anything else.
    Errno(Errno),
}

impl From<Errno> for Failed {
    fn from(error: Errno) -> Self {
        Self::Errno(error)
    }
}

impl Files {
    /// Opens a directory, which may itself be reached through a link.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let flags = FOLDER | OFlags::CLOEXEC;
        let root =
            rustix::fs::open(path, flags, Mode::empty()).map_err(io::Error::from).map_err(Error::io("open", path))?;
        let mut files = Self { root, path: path.into(), links: Links::default() };
        files.allow(path)?;
        Ok(files)
    }

    /// Follows links to folders of repositories that lead below this folder, too.
    pub(super) fn allow(&mut self, folder: &Path) -> Result<()> {
        self.links.allow(folder).map_err(Error::io("open", folder))
    }

    /// Says whether the directory is still the one that was opened.
    pub(super) fn check(&self) -> Result<()> {
        let there = rustix::fs::stat(&self.path).or_else(|error| self.failed("find", "", error))?;
        let opened = rustix::fs::fstat(&self.root).or_else(|error| self.failed("read", "", error))?;
        if (there.st_dev, there.st_ino) != (opened.st_dev, opened.st_ino) {
            return self.odd("", "was replaced, or something was mounted over it, since the server has started");
        }
        Ok(())
    }

    /// Opens a path. What is in its way is an error of its own; `NOENT` and `NXIO` are all that says that nothing is there.
    pub(super) fn open_at(&self, path: &str, flags: OFlags, mode: Mode) -> std::result::Result<OwnedFd, Failed> {
        for _ in 0..=links::MAX_LINKS {
            let located = self.links.locate(path);
            let (root, rest) = located.as_ref().map_or((&self.root, path), |(target, rest)| (&target.folder, *rest));
            match beneath(root.as_fd(), rest, flags, mode) {
                Ok(opened) => return Ok(opened),
                Err(error) if links::is_obstructed(error) => {
                    let Some((at, obstacle)) = links::obstacle(root, rest) else {
                        // Replaced meanwhile; or the last component is of another type.
                        return Err(error.into());
                    };
                    let prefix = path[..path.len() - (rest.len() - at.len())].trim_end_matches('/');
                    match obstacle {
                        Obstacle::NoFolder if at == rest => return Err(error.into()),
                        Obstacle::NoFolder => return Err(self.in_the_way(prefix, "is not a folder".into())),
                        Obstacle::Link => {}
                    }
                    let (parent, _) = split(at);
                    let (parent, passed) = match &located {
                        Some((target, _)) => (target.behind(parent), target.passed()),
                        None => (self.links.root().join(parent), &[][..]),
                    };
                    self.links.follow(prefix, &parent, passed).map_err(|reason| self.in_the_way(prefix, reason))?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Errno::LOOP.into())
    }

    pub(super) fn not_opened<T>(&self, path: &str, error: Failed) -> Result<T> {
        match error {
            Failed::InTheWay(error) => Err(error),
            Failed::Errno(error) => self.failed("open", path, error),
        }
    }

    /// Returns an error about what lies at `path` and is not what it must be.
    pub(super) fn odd<T>(&self, path: &str, reason: &str) -> Result<T> {
        Err(Error::Malformed { path: self.path.join(path), reason: reason.into() })
    }

    fn in_the_way(&self, path: &str, reason: String) -> Failed {
        Failed::InTheWay(Error::Malformed { path: self.path.join(path), reason })
    }

    /// Returns an error about a file here.
    pub(super) fn error(&self, action: &'static str, path: &str) -> impl FnOnce(io::Error) -> Error + use<> {
        Error::io(action, self.path.join(path))
    }

    pub(super) fn failed<T>(&self, action: &'static str, path: &str, error: Errno) -> Result<T> {
        Err(self.error(action, path)(error.into()))
    }

    /// Opens a regular file for reading; nothing when there is none.
    pub(super) fn file(&self, path: &str) -> Result<Option<(File, Stamp)>> {
        self.regular(path, OFlags::RDONLY)
    }

    /// Opens a regular file for reading and writing; nothing when there is none.
    pub(super) fn writable(&self, path: &str) -> Result<Option<(File, Stamp)>> {
        self.regular(path, OFlags::RDWR)
    }

    fn regular(&self, path: &str, flags: OFlags) -> Result<Option<(File, Stamp)>> {
        // Opening must not wait, should it be a pipe.
        let found = match self.open_at(path, flags | OFlags::NONBLOCK, Mode::empty()) {
            Ok(found) => found,
            Err(Failed::Errno(Errno::NOENT)) => return Ok(None),
            Err(Failed::Errno(Errno::ISDIR | Errno::NXIO)) => return self.odd(path, "is not a regular file"),
            Err(error) => return self.not_opened(path, error),
        };
        let stat = rustix::fs::fstat(&found).or_else(|error| self.failed("read", path, error))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return self.odd(path, "is not a regular file");
        }
        Ok(Some((File::from(found), stat.into())))
    }

    /// Reads a small file; nothing when there is none.
    pub(super) fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        Ok(self.read_stamped(path, limit)?.map(|(content, _)| content))
    }

    /// Reads a small file and tells its version.
    pub(super) fn read_stamped(&self, path: &str, limit: u64) -> Result<Option<(Vec<u8>, Stamp)>> {
        let Some((file, stamp)) = self.file(path)? else {
            return Ok(None);
        };
        if stamp.size() > limit {
            return Err(self.error("read", path)(io::ErrorKind::FileTooLarge.into()));
        }
        let mut content = Vec::with_capacity(usize::try_from(stamp.size()).unwrap_or_default() + 1);
        file.take(limit + 1).read_to_end(&mut content).map_err(self.error("read", path))?;
        Ok(Some((content, stamp)))
    }

    /// Tells a file's version without opening it. A link on the way is followed, so that this says nothing about what is there but whether
    /// it is still what was opened.
    pub(super) fn stamp(&self, path: &str) -> Option<Stamp> {
        rustix::fs::statat(&self.root, path, AtFlags::SYMLINK_NOFOLLOW).ok().map(Stamp::from)
    }

    /// Says whether there is a regular file.
    pub(super) fn has(&self, path: &str) -> Result<bool> {
        Ok(self.file(path)?.is_some())
    }

    /// Opens a directory; none when nothing has the name.
    pub(super) fn folder(&self, path: &str) -> Result<Option<OwnedFd>> {
        match self.open_at(path, FOLDER, Mode::empty()) {
            Ok(found) => Ok(Some(found)),
            Err(Failed::Errno(Errno::NOENT)) => Ok(None),
            Err(Failed::Errno(Errno::NOTDIR)) => self.odd(path, "is not a folder"),
            Err(error) => self.not_opened(path, error),
        }
    }

    /// Tells a directory's version; nothing when there is none.
    pub(super) fn folder_stamp(&self, path: &str) -> Result<Option<Stamp>> {
        let Some(folder) = self.folder(path)? else {
            return Ok(None);
        };
        let stat = rustix::fs::fstat(folder).or_else(|error| self.failed("read", path, error))?;
        Ok(Some(stat.into()))
    }

    /// Calls `each` with the names of the directories in a directory, in no order. Names that are not UTF-8 belong to no layout of ours;
    /// what cannot be reached is left out.
    pub(super) fn folders(&self, path: &str, mut each: impl FnMut(&str)) -> Result<()> {
        self.entries(path, |name, kind| {
            let is_folder = match kind {
                FileType::Directory => true,
                // One that is followed is as good as a directory.
                FileType::Symlink => self.folder(&format!("{path}/{name}")).is_ok_and(|found| found.is_some()),
                _ => false,
            };
            if is_folder {
                each(name);
            }
            Ok(())
        })
    }

    /// Calls `each` as [`folders`](Self::folders) does, and fails where something is not a directory, or a link that is not followed, whose
    /// name `is_name` takes for one of the layout: what is found there decides what is deleted.
    pub(super) fn all_folders(
        &self,
        path: &str,
        is_name: impl Fn(&str) -> bool,
        mut each: impl FnMut(&str),
    ) -> Result<()> {
        self.entries(path, |name, kind| {
            let path = format!("{path}/{name}");
            match kind {
                _ if !is_name(name) => {}
                FileType::Directory => each(name),
                FileType::Symlink => {
                    if self.folder(&path)?.is_some() {
                        each(name);
                    }
                }
                _ => return self.odd(&path, "is not a folder"),
            }
            Ok(())
        })
    }

    /// Calls `each` with the names of the regular files in a directory, in no order.
    pub(super) fn regulars(&self, path: &str, mut each: impl FnMut(&str)) -> Result<()> {
        self.entries(path, |name, kind| {
            if kind == FileType::RegularFile {
                each(name);
            }
            Ok(())
        })
    }

    /// Calls `each` with the name and type of each entry of a directory, in no order.
    pub(super) fn entries(&self, path: &str, each: impl FnMut(&str, FileType) -> Result<()>) -> Result<()> {
        let Some(folder) = self.folder(path)? else {
            return Ok(());
        };
        self.list(&folder, path, each)
    }

    /// Calls `each` as [`entries`](Self::entries) does, for an open directory known as `path`.
    pub(super) fn list(
        &self,
        folder: &OwnedFd,
        path: &str,
        mut each: impl FnMut(&str, FileType) -> Result<()>,
    ) -> Result<()> {
        let listing = rustix::fs::Dir::read_from(folder).or_else(|error| self.failed("list", path, error))?;
        for entry in listing {
            let entry = entry.or_else(|error| self.failed("list", path, error))?;
            let Ok(name) = entry.file_name().to_str() else {
                continue;
            };
            if name == "." || name == ".." {
                continue;
            }
            let found = match entry.file_type() {
                // Some file systems do not say it in the listing.
                FileType::Unknown => match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                    Err(Errno::NOENT) => continue,
                    Err(error) => return self.failed("read", path, error),
                },
                found => found,
            };
            each(name, found)?;
        }
        Ok(())
    }
}

/// Splits a path into its parent and its last component.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or((".", path))
}

#[cfg(test)]
mod tests {
    use super::super::layout::PARTIAL;
    use super::super::temporary::Temporary;
    use super::*;

    #[test]
    fn no_link_is_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let outside = folder.path().join("outside");
        std::fs::create_dir(&outside).expect("made");
        std::fs::write(outside.join("file"), "secret").expect("written");
        let root = folder.path().join("root");
        std::fs::create_dir_all(root.join("real")).expect("made");
        std::os::unix::fs::symlink(&outside, root.join("folder")).expect("linked");
        std::os::unix::fs::symlink(outside.join("file"), root.join("real/file")).expect("linked");
        let files = Files::open(&root).expect("opens");
        for path in ["folder/file", "real/file", "folder"] {
            let error = files.file(path).expect_err(path).to_string();
            assert!(error.contains("is a symbolic link"), "{error}");
        }
        files.put("folder/new", b"x").expect_err("refused");
        files.put("real/file", b"x").expect("replaces the link itself");
        files.remove_all("folder").expect_err("refused");
        assert_eq!(std::fs::read(outside.join("file")).expect("is there"), b"secret");
        assert_eq!(std::fs::read_dir(&outside).expect("lists").count(), 1);
        let mut names = Vec::new();
        files.folders(".", |name| names.push(name.to_owned())).expect("lists");
        names.sort();
        assert_eq!(names, [".partial", "real"]);
    }

    #[test]
    fn what_is_written_is_whole_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files::open(folder.path()).expect("opens");
        files.put("a/b/c", b"1").expect("written");
        files.put("a/b/c", b"22").expect("replaced");
        assert_eq!(files.read("a/b/c", 10).expect("reads").expect("is there"), b"22");
        files.read("a/b/c", 1).expect_err("too large");
        drop(Temporary::new(&files).expect("made"));
        assert_eq!(std::fs::read_dir(folder.path().join(PARTIAL)).expect("lists").count(), 0);
        assert!(files.remove("a/b/c").expect("removes"));
        assert!(!files.remove("a/b/c").expect("removes"));
        files.prune("a/b", "a").expect("prunes");
        assert!(files.folder("a").expect("looks").is_some());
        assert!(files.folder("a/b").expect("looks").is_none());
    }
}
