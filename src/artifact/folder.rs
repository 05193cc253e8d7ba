//! The folder that files are put into, and nothing outside it.
//!
//! Every name is walked from the folder part by part, and no part may be a symbolic link (`O_NOFOLLOW`), whoever made it: what a link leads
//! to is not in the folder. The folder itself may be named through links.

use std::ffi::CString;
use std::path::{Path, PathBuf};

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, RenameFlags, mkdirat, openat, renameat_with, statat};
use rustix::io::Errno;

use super::title::Title;
use super::{Error, Result};

/// How a folder on the way is opened.
const WALK: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// The mode of new folders, before the usual mask.
const NEW: Mode = Mode::from_bits_retain(0o777);

/// A folder that files are put into.
pub(super) struct Folder {
    path: PathBuf,
    root: OwnedFd,
    /// Whether files that are there are replaced.
    replaces: bool,
}

impl Folder {
    /// Opens a folder; where none is, one is made.
    pub(super) fn open(path: &Path, replaces: bool) -> Result<Self> {
        let failed = |source| Error::Write { path: path.to_owned(), source };
        std::fs::create_dir_all(path).map_err(failed)?;
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = openat(CWD, path, flags, Mode::empty()).map_err(|errno| failed(errno.into()))?;
        Ok(Self { path: path.to_owned(), root, replaces })
    }

    /// Returns where a file with this name is.
    pub(super) fn at(&self, title: &Title) -> PathBuf {
        self.path.join(title.as_str())
    }

    /// Gives a file or folder of `stage` its name. A folder that is there already keeps what the new one does not have.
    pub(super) fn place(&self, stage: &OwnedFd, name: &str, title: &Title) -> Result<()> {
        let (above, last) = title.split();
        let (mut here, mut path) = (self.root.try_clone().map_err(self.failed(&self.path))?, self.path.clone());
        for part in above {
            path.push(part);
            here = self.enter(&here, part, &path)?;
        }
        path.push(last);
        self.put(stage, &c_string(name.as_bytes()), &here, &c_string(last.as_bytes()), &path)?;
        rustix::fs::fsync(&here).map_err(|errno| Error::Write { path, source: errno.into() })
    }

    /// Refuses what could not be placed, as far as it can be seen before anything is fetched.
    pub(super) fn check(&self, title: &Title, is_folder: bool) -> Result<()> {
        let (above, last) = title.split();
        let (mut here, mut path) = (self.root.try_clone().map_err(self.failed(&self.path))?, self.path.clone());
        for part in above {
            path.push(part);
            here = match openat(&here, part.as_str(), WALK, Mode::empty()) {
                Err(Errno::NOENT) => return Ok(()),
                other => other.map_err(|errno| refused(errno, &path))?,
            };
        }
        path.push(last);
        match kind(&here, &c_string(last.as_bytes())).map_err(self.failed_at(&path))? {
            None => Ok(()),
            Some(FileType::Directory) if is_folder => Ok(()),
            Some(there) => self.check_replaceable(there, is_folder, &path),
        }
    }

    fn check_replaceable(&self, there: FileType, is_folder: bool, path: &Path) -> Result<()> {
        let stays = |what| Err(Error::InTheWay { path: path.to_owned(), what });
        match there {
            FileType::Directory => stays("a folder"),
            FileType::Symlink if is_folder => stays("a symbolic link"),
            _ if is_folder => stays("no folder"),
            _ if !self.replaces => stays("there already"),
            _ => Ok(()),
        }
    }

    /// Opens a folder on the way, made if it is missing.
    fn enter(&self, here: &OwnedFd, part: &str, path: &Path) -> Result<OwnedFd> {
        match mkdirat(here, part, NEW) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(Error::Write { path: path.to_owned(), source: errno.into() }),
        }
        openat(here, part, WALK, Mode::empty()).map_err(|errno| refused(errno, path))
    }

    fn put(&self, from: &OwnedFd, name: &CString, to: &OwnedFd, last: &CString, path: &Path) -> Result<()> {
        let failed = |errno: Errno| Error::Write { path: path.to_owned(), source: errno.into() };
        let is_folder = kind(from, name).map_err(failed)? == Some(FileType::Directory);
        let there = kind(to, last).map_err(failed)?;
        match there {
            Some(FileType::Directory) if is_folder => return self.merge(from, name, to, last, path),
            Some(there) => self.check_replaceable(there, is_folder, path)?,
            None => {}
        }
        // A link is replaced, never followed.
        let flags = if self.replaces { RenameFlags::empty() } else { RenameFlags::NOREPLACE };
        match renameat_with(from, name, to, last, flags) {
            Err(Errno::EXIST) => Err(Error::InTheWay { path: path.to_owned(), what: "there already" }),
            other => other.map_err(failed),
        }
    }

    fn merge(&self, from: &OwnedFd, name: &CString, to: &OwnedFd, last: &CString, path: &Path) -> Result<()> {
        let failed = |errno: Errno| Error::Write { path: path.to_owned(), source: errno.into() };
        let from = openat(from, name, WALK, Mode::empty()).map_err(failed)?;
        let to = openat(to, last, WALK, Mode::empty()).map_err(|errno| refused(errno, path))?;
        let mut names: Vec<CString> = Vec::new();
        for entry in Dir::read_from(&from).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                names.push(entry.file_name().to_owned());
            }
        }
        names.sort();
        for name in names {
            let path = path.join(name.to_string_lossy().as_ref());
            self.put(&from, &name, &to, &name, &path)?;
        }
        rustix::fs::fsync(&to).map_err(failed)
    }

    fn failed(&self, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::Write { path, source }
    }

    fn failed_at(&self, path: &Path) -> impl FnOnce(Errno) -> Error {
        let path = path.to_owned();
        move |errno| Error::Write { path, source: errno.into() }
    }
}

/// Returns what is at a name; nothing when nothing is.
fn kind(at: &OwnedFd, name: &CString) -> Result<Option<FileType>, Errno> {
    match statat(at, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => Ok(Some(FileType::from_raw_mode(found.st_mode))),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Makes the error for a folder that could not be opened.
fn refused(errno: Errno, path: &Path) -> Error {
    match errno {
        Errno::NOTDIR | Errno::LOOP | Errno::MLINK => {
            Error::InTheWay { path: path.to_owned(), what: "a link or a file, which is not written through" }
        }
        errno => Error::Write { path: path.to_owned(), source: errno.into() },
    }
}

fn c_string(name: &[u8]) -> CString {
    CString::new(name).expect("titles have no NUL")
}
