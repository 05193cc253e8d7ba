//! What changes files: making, replacing, renaming, removing and renewing them, for good where it says so.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Timestamps, UTIME_NOW};
use rustix::io::Errno;

use super::beneath::is_absent;
use super::files::{FOLDER, Files, split};
use super::temporary::Temporary;
use crate::durable;
use crate::store::Result;

/// How often something is tried again that another's tidying can spoil.
const ATTEMPTS: usize = 20;
const FILE_MODE: Mode = Mode::from_raw_mode(0o644);
const FOLDER_MODE: Mode = Mode::from_raw_mode(0o755);

impl Files {
    /// Makes a directory and those above it, each in its parent for good; returns it.
    pub(super) fn make(&self, path: &str) -> Result<OwnedFd> {
        for _ in 0..ATTEMPTS {
            // This follows the links on the way, which the steps below do not.
            if let Some(found) = self.folder(path)? {
                return Ok(found);
            }
            match self.make_each(path) {
                Ok(made) => return Ok(made),
                // Another has removed an empty one.
                Err(Errno::NOENT) => {}
                Err(error) => return self.failed("create", path, error),
            }
        }
        self.failed("create", path, Errno::NOENT)
    }

    fn make_each(&self, path: &str) -> Result<OwnedFd, Errno> {
        let located = self.links.locate(path);
        let (root, rest) = located.as_ref().map_or((&self.root, path), |(target, rest)| (&target.folder, *rest));
        let mut at = root.try_clone().map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        for component in rest.split('/') {
            let open =
                || rustix::fs::openat(&at, component, FOLDER | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty());
            let next = match open() {
                Err(Errno::NOENT) => {
                    match rustix::fs::mkdirat(&at, component, FOLDER_MODE) {
                        Ok(()) => rustix::fs::fsync(&at)?,
                        Err(Errno::EXIST) => {}
                        Err(error) => return Err(error),
                    }
                    open()?
                }
                other => other?,
            };
            at = next;
        }
        Ok(at)
    }

    /// Makes an empty file in a directory that exists.
    pub(super) fn create(&self, folder: &OwnedFd, name: &str) -> Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let made =
            rustix::fs::openat(folder, name, flags, FILE_MODE).or_else(|error| self.failed("create", name, error))?;
        Ok(File::from(made))
    }

    /// Opens a file that is only locked, and makes it where there is none.
    pub(super) fn lock_file(&self, path: &str) -> Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE;
        match self.open_at(path, flags, FILE_MODE) {
            Ok(file) => Ok(File::from(file)),
            Err(error) => self.not_opened(path, error),
        }
    }

    /// Writes a small file, whole and for good.
    pub(super) fn put(&self, path: &str, content: &[u8]) -> Result<()> {
        let mut temporary = Temporary::new(self)?;
        temporary.file.write_all(content).map_err(self.error("write", path))?;
        temporary.place(path)
    }

    /// Renames a file of an open directory to `path`, for good.
    pub(super) fn rename(&self, from: &OwnedFd, name: &str, path: &str) -> Result<()> {
        let (parent, last) = split(path);
        for _ in 0..ATTEMPTS {
            let folder = self.make(parent)?;
            match durable::rename_at(from, name, &folder, last) {
                Ok(()) => return Ok(()),
                // The folder was empty and another has removed it.
                Err(Errno::NOENT) => {}
                Err(Errno::XDEV) => {
                    return self.odd(parent, super::mounts::ELSEWHERE);
                }
                Err(error) => return self.failed("replace", path, error),
            }
        }
        self.failed("replace", path, Errno::NOENT)
    }

    /// Removes a file, for good; says whether it was there.
    pub(super) fn remove(&self, path: &str) -> Result<bool> {
        let removed = self.discard(path)?;
        if removed {
            self.sync(split(path).0)?;
        }
        Ok(removed)
    }

    /// Removes a file of which nobody was promised that it goes; says whether it was there.
    pub(super) fn discard(&self, path: &str) -> Result<bool> {
        let (parent, last) = split(path);
        let Some(folder) = self.folder(parent)? else {
            return Ok(false);
        };
        match rustix::fs::unlinkat(&folder, last, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(error) if is_absent(error) => Ok(false),
            Err(error) => self.failed("delete", path, error),
        }
    }

    /// Removes a directory and those above it down to, and without, `end`, as far as they are empty.
    pub(super) fn prune(&self, path: &str, end: &str) -> Result<()> {
        let mut at = path;
        while at.len() > end.len() {
            let (parent, last) = split(at);
            if let Some(folder) = self.folder(parent)? {
                match rustix::fs::unlinkat(&folder, last, AtFlags::REMOVEDIR) {
                    Ok(()) => {}
                    Err(error) if is_absent(error) => {}
                    // A link to a folder is the operator's.
                    Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => return Ok(()),
                    Err(error) => return self.failed("delete", at, error),
                }
            }
            at = parent;
        }
        Ok(())
    }

    /// Removes a directory with everything in it; a crash may bring some of it back.
    pub(super) fn remove_all(&self, path: &str) -> Result<()> {
        self.empty(path)?;
        self.prune(path, split(path).0)
    }

    /// Removes everything in a directory. Each directory is opened and listed once: a manifest may have a hundred thousand tags, of five each.
    fn empty(&self, path: &str) -> Result<()> {
        let Some(folder) = self.folder(path)? else {
            return Ok(());
        };
        let mut found = Vec::new();
        self.list(&folder, path, |name, kind| {
            found.push((name.to_owned(), kind));
            Ok(())
        })?;
        for (name, kind) in found {
            let below = || format!("{path}/{name}");
            let removed = match kind {
                FileType::RegularFile => rustix::fs::unlinkat(&folder, &*name, AtFlags::empty()),
                FileType::Directory => {
                    self.empty(&below())?;
                    rustix::fs::unlinkat(&folder, &*name, AtFlags::REMOVEDIR)
                }
                // One that is followed is as good as a directory.
                FileType::Symlink if self.folder(&below()).is_ok_and(|found| found.is_some()) => {
                    self.remove_all(&below())?;
                    continue;
                }
                _ => continue,
            };
            match removed {
                // Something foreign is in it, or another writes there.
                Ok(()) | Err(Errno::NOTEMPTY | Errno::EXIST) => {}
                Err(error) if is_absent(error) => {}
                Err(error) => return self.failed("delete", &below(), error),
            }
        }
        Ok(())
    }

    /// Gives a file the time of the file system's clock; says whether it was there.
    pub(super) fn touch(&self, path: &str) -> Result<bool> {
        let Some((file, _)) = self.file(path)? else {
            return Ok(false);
        };
        self.renew(&file, path)?;
        Ok(true)
    }

    /// Gives an open file, known as `path`, the time of the file system's clock.
    pub(super) fn renew(&self, file: &File, path: &str) -> Result<()> {
        let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
        let times = Timestamps { last_access: now, last_modification: now };
        rustix::fs::futimens(file, &times).or_else(|error| self.failed("touch", path, error))
    }

    /// Makes an open directory's entries survive a crash.
    pub(super) fn sync(&self, path: &str) -> Result<()> {
        match self.folder(path)? {
            Some(folder) => rustix::fs::fsync(folder).or_else(|error| self.failed("sync", path, error)),
            None => Ok(()),
        }
    }
}
