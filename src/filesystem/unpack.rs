//! A filesystem as files in a folder.
//!
//! Whatever the entries say, nothing outside the folder is touched: it is a new one, every path is walked from it part by part, and no part
//! may be a symbolic link (`O_NOFOLLOW`). A link in the way of a directory is replaced by one. The folder gets its name once it is complete; a mount
//! point and the current folder, which cannot be renamed over, get all that is in them at the end.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::sync::Arc;

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{
    AtFlags, CWD, FileType, Gid, Mode, OFlags, Timespec, Timestamps, Uid, XattrFlags, chmodat, chownat, fchmod,
    fsetxattr, linkat, makedev, mkdirat, mknodat, openat, symlinkat, unlinkat, utimensat,
};
use rustix::io::Errno;
use tempfile::TempDir;

use super::meaning::split;
use super::packed::Table;
use super::paths::{Node, Paths};
use super::{Budget, Entry, Error, Kind, Layers, Passed, Path, Result, Sink};
use crate::tar::fill;

/// How much content is read at a time.
const BUFFER: usize = 128 * 1024;
/// Zeros of this size become holes.
const HOLE: usize = 4096;
/// How a directory on the way is opened.
const WALK: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// What this machine does not allow, by the number of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Omitted {
    /// Entries that belong to somebody else than the image says.
    pub owners: u64,
    /// Devices that were not made.
    pub devices: u64,
    /// Entries without some of their extended attributes.
    pub xattrs: u64,
    /// Files that lost set-user-ID or set-group-ID, for they could not be given to the owner whose rights these are.
    pub rights: u64,
}

/// The way to the directory that was used last, with the directories on it open, so that the next one is reached from there and not from the
/// root. On a long way only the last ones are.
#[derive(Default)]
struct Way {
    path: Path,
    /// Open directories, each with the length of its path.
    open: VecDeque<(usize, Arc<OwnedFd>)>,
}

impl Way {
    /// How many directories are open at most.
    const MAX: usize = 64;

    /// Goes back to where the way to another directory begins; returns the length of the path to there.
    fn turn(&mut self, path: &[u8]) -> usize {
        let common = self.path.iter().zip(path).take_while(|(a, b)| a == b).count();
        let is_on = |length: usize| length <= common && matches!(path.get(length), None | Some(b'/'));
        while self.open.back().is_some_and(|(length, _)| !is_on(*length)) {
            self.open.pop_back();
        }
        self.path.clear();
        self.path.extend_from_slice(path);
        self.open.back().map_or(0, |(length, _)| *length)
    }

    fn push(&mut self, length: usize, directory: Arc<OwnedFd>) {
        if self.open.len() == Self::MAX {
            self.open.pop_front();
        }
        self.open.push_back((length, directory));
    }
}

impl Layers<'_> {
    /// Unpacks the merged filesystem into a new folder, which must not be there yet or be empty. Each layer is read once, and twice where one
    /// contradicts itself, for then the folder is begun anew.
    ///
    /// # Errors
    /// Those of reading and of the folder.
    pub fn unpack(&self, path: &std::path::Path) -> Result<(Passed, Omitted)> {
        let mut folder = Unpack::new(path)?;
        let passed = self.pass_on(&mut folder)?;
        if passed.replaced.is_none() {
            return Ok((passed, folder.finish()?));
        }
        // What was replaced below a directory of an upper layer would be in it. Nothing has its name yet.
        drop(folder);
        let mut folder = Unpack::new(path)?;
        let passed = self.pass_on_merged(&mut folder)?;
        Ok((passed, folder.finish()?))
    }
}

/// Unpacks entries into a new folder.
pub struct Unpack {
    path: PathBuf,
    /// Whether the folder cannot be replaced, so that it is filled from within.
    fixed: bool,
    staged: TempDir,
    root: Arc<OwnedFd>,
    /// Attributes of directories, which are set when nothing is put into them any more.
    directories: Paths,
    attributes: Table,
    /// Without a limit: whoever reads the layers has paid for each path.
    budget: Budget,
    way: Way,
    buffer: Vec<u8>,
    omitted: Omitted,
}

impl Unpack {
    /// Starts a folder, which must not be there yet or be empty.
    ///
    /// # Errors
    /// [`Error::Folder`].
    pub fn new(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let failed = |source| Error::Folder { path: path.clone(), source };
        let (path, fixed) = match path.read_dir().map(|mut entries| entries.next().is_none()) {
            Ok(true) => {
                path.canonicalize().and_then(|real| is_fixed(&real).map(|fixed| (real, fixed))).map_err(failed)?
            }
            Ok(false) => return Err(failed(io::ErrorKind::DirectoryNotEmpty.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (path.clone(), false),
            Err(error) => return Err(failed(error)),
        };
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(".".as_ref());
        let parent = if fixed { &path } else { parent };
        let staged = tempfile::Builder::new().prefix(".stevedore-").tempdir_in(parent).map_err(failed)?;
        let root = openat(CWD, staged.path(), WALK, Mode::empty()).map_err(|errno| failed(errno.into()))?;
        let budget = Budget::new(u64::MAX);
        Ok(Self {
            path,
            fixed,
            staged,
            root: Arc::new(root),
            directories: Paths::new(budget.clone(), Table::COST),
            attributes: Table::default(),
            budget,
            way: Way::default(),
            buffer: vec![0; BUFFER],
            omitted: Omitted::default(),
        })
    }

    /// Sets the attributes of the directories, gives the folder its name, and says what could not be done.
    ///
    /// # Errors
    /// [`Error::Unpack`] and [`Error::Folder`].
    pub fn finish(mut self) -> Result<Omitted> {
        if self.fixed {
            self.move_up().map_err(|source| Error::Folder { path: self.path.clone(), source })?;
        }
        // The root's mode would be that of a temporary folder.
        if !self.attributes.has(Node::ROOT) {
            self.attributes.put(Node::ROOT, Entry::implied(), &self.budget)?;
        }
        let mut nodes: Vec<Node> = self.directories.walk().filter(|node| self.attributes.has(*node)).collect();
        // What is in a directory comes before it.
        while let Some(node) = nodes.pop() {
            let (path, Some(entry)) = (self.directories.path(node), self.attributes.get(node)) else { continue };
            let (path, entry) = (&path, &entry);
            let failed = |source: Errno| Error::Unpack { path: path.clone(), source: source.into() };
            let directory = self.directory(path)?;
            self.set_xattrs(&directory, entry);
            let owned = self.set_owner(&directory, b"", entry, AtFlags::EMPTY_PATH).map_err(failed)?;
            fchmod(&directory, self.mode(entry, owned)).map_err(failed)?;
            rustix::fs::futimens(&directory, &times(entry)).map_err(failed)?;
        }
        if !self.fixed {
            let failed = |source| Error::Folder { path: self.path.clone(), source };
            std::fs::rename(self.staged.path(), &self.path).map_err(failed)?;
            // It has another name now.
            let _ = self.staged.keep();
        }
        Ok(self.omitted)
    }

    /// Moves all that was made into the folder itself: before attributes are set, for one's own directory that is read-only cannot be moved.
    fn move_up(&mut self) -> io::Result<()> {
        for entry in std::fs::read_dir(self.staged.path())? {
            let entry = entry?;
            std::fs::rename(entry.path(), self.path.join(entry.file_name()))?;
        }
        std::fs::remove_dir(self.staged.path())?;
        self.root = Arc::new(openat(CWD, &self.path, WALK, Mode::empty())?);
        self.way = Way::default();
        Ok(())
    }

    /// Opens a directory of the new folder; those that are missing are made, and what is in the way and none is removed.
    fn directory(&mut self, path: &[u8]) -> Result<Arc<OwnedFd>> {
        let failed = |errno: Errno| Error::Unpack { path: path.to_vec(), source: errno.into() };
        let mut at = self.way.turn(path);
        let mut here = self.way.open.back().map_or_else(|| self.root.clone(), |(_, open)| open.clone());
        while at < path.len() {
            let rest = &path[at..];
            let start = usize::from(rest.starts_with(b"/"));
            let end = rest[start..].iter().position(|byte| *byte == b'/').map_or(rest.len(), |slash| start + slash);
            here = Arc::new(step(&here, &rest[start..end]).map_err(failed)?);
            at += end;
            self.way.push(at, here.clone());
        }
        Ok(here)
    }

    /// Makes something, and removes what stands in its place; that happens only when a layer has a name twice.
    fn placed<T>(&mut self, parent: &OwnedFd, path: &[u8], make: impl Fn(&[u8]) -> Result<T, Errno>) -> Result<T> {
        let failed = |source: io::Error| Error::Unpack { path: path.to_vec(), source };
        match make(split(path).1) {
            Err(Errno::EXIST) => {
                self.clear(parent, path).map_err(failed)?;
                make(split(path).1).map_err(|errno| failed(errno.into()))
            }
            made => made.map_err(|errno| failed(errno.into())),
        }
    }

    fn clear(&mut self, parent: &OwnedFd, path: &[u8]) -> io::Result<()> {
        match unlinkat(parent, split(path).1, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => return Ok(()),
            Err(Errno::ISDIR | Errno::PERM) => {}
            Err(errno) => return Err(errno.into()),
        }
        if let Some(node) = self.directories.find(path) {
            self.attributes.remove(node, &self.budget);
            self.directories.cut_below(node, |_, below| {
                self.attributes.remove(below, &self.budget);
            });
        }
        // All parts before the last are directories, not links: the walk to `parent` has seen to that, and nobody else writes here.
        let path = std::path::Path::new(std::ffi::OsStr::from_bytes(path));
        std::fs::remove_dir_all(self.staged.path().join(path))
    }

    /// Makes what is no directory.
    fn make(&mut self, path: &[u8], entry: &Entry, content: Option<&mut dyn Read>) -> Result<()> {
        let (above, name) = split(path);
        let parent = self.directory(above)?;
        let errno = |errno: Errno| Error::Unpack { path: path.to_vec(), source: errno.into() };
        match entry.kind {
            Kind::File => return self.make_file(&parent, path, entry, content),
            Kind::HardLink => return self.make_link(&parent, path, entry),
            Kind::Symlink => {
                let target = entry.link.as_deref().unwrap_or_default();
                self.placed(&parent, path, |name| symlinkat(target, &parent, name))?;
            }
            kind => {
                let make = |name: &[u8]| match mknodat(&parent, name, file_type(kind), Mode::RUSR, device(kind)) {
                    Err(Errno::PERM) if kind != Kind::Fifo => Ok(false),
                    other => other.map(|()| true),
                };
                if !self.placed(&parent, path, make)? {
                    self.omitted.devices += 1;
                    // What it would have replaced goes all the same.
                    return self.clear(&parent, path).map_err(|source| Error::Unpack { path: path.to_vec(), source });
                }
            }
        }
        // Of what is no file and no directory, extended attributes take rights that are not asked for.
        self.omitted.xattrs += u64::from(!entry.xattrs.is_empty());
        let owned = self.set_owner(&parent, name, entry, AtFlags::SYMLINK_NOFOLLOW).map_err(errno)?;
        if entry.kind != Kind::Symlink {
            // Made above, it is no link.
            chmodat(&parent, name, self.mode(entry, owned), AtFlags::empty()).map_err(errno)?;
        }
        utimensat(&parent, name, &times(entry), AtFlags::SYMLINK_NOFOLLOW).map_err(errno)
    }

    fn make_file(
        &mut self,
        parent: &OwnedFd,
        path: &[u8],
        entry: &Entry,
        content: Option<&mut dyn Read>,
    ) -> Result<()> {
        let failed = |errno: Errno| Error::Unpack { path: path.to_vec(), source: errno.into() };
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let open = |name: &[u8]| openat(parent, name, flags, Mode::RUSR | Mode::WUSR);
        let file = File::from(self.placed(parent, path, open)?);
        let got = match content {
            Some(content) => copy(path, content, &file, &mut self.buffer)?,
            None => 0,
        };
        if got != entry.size {
            return Err(Error::Length { path: path.to_vec(), wanted: entry.size, got });
        }
        // The owner first: changing it takes the set-user-ID bit and capabilities away.
        let owned = self.set_owner(&file, b"", entry, AtFlags::EMPTY_PATH).map_err(failed)?;
        fchmod(&file, self.mode(entry, owned)).map_err(failed)?;
        self.set_xattrs(&file, entry);
        rustix::fs::futimens(&file, &times(entry)).map_err(failed)
    }

    fn make_link(&mut self, parent: &OwnedFd, path: &[u8], entry: &Entry) -> Result<()> {
        let target = entry.link.as_deref().and_then(super::meaning::normalize).unwrap_or_default();
        let (above, name) = split(&target);
        let from = self.directory(above)?;
        // Without the flag that follows links.
        self.placed(parent, path, |own| linkat(&from, name, parent, own, AtFlags::empty()))
    }

    /// Returns the mode that an entry gets: rights that are bound to an owner go only with that owner, as with chown(2), cp and tar.
    fn mode(&mut self, entry: &Entry, owned: bool) -> Mode {
        const BOUND: u32 = 0o6000;
        if owned || entry.mode & BOUND == 0 {
            return Mode::from_raw_mode(entry.mode);
        }
        self.omitted.rights += 1;
        Mode::from_raw_mode(entry.mode & !BOUND)
    }

    /// Sets the owner where that is allowed; says whether it was.
    fn set_owner(&mut self, at: impl AsFd, name: &[u8], entry: &Entry, flags: AtFlags) -> Result<bool, Errno> {
        let number = |id: u64| u32::try_from(id).ok().filter(|id| *id != u32::MAX);
        let done = match (number(entry.uid), number(entry.gid)) {
            (Some(uid), Some(gid)) => chownat(at, name, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)), flags),
            _ => Err(Errno::INVAL),
        };
        match done {
            // A number may have no meaning in a user namespace.
            Err(Errno::PERM | Errno::INVAL) => {
                self.omitted.owners += 1;
                Ok(false)
            }
            other => other.map(|()| true),
        }
    }

    /// Sets the extended attributes that are allowed and that the filesystem has.
    fn set_xattrs(&mut self, file: impl AsFd, entry: &Entry) {
        let set = |xattr: &super::Xattr| fsetxattr(&file, &*xattr.name, &xattr.value, XattrFlags::empty());
        // Counted, not told one by one: each filesystem refuses others.
        let refused = entry.xattrs.iter().filter(|xattr| set(xattr).is_err()).count();
        self.omitted.xattrs += u64::from(refused > 0);
    }
}

/// Opens a directory in another one; it is made if it is missing, and what is in the way and none is removed.
fn step(here: &OwnedFd, part: &[u8]) -> Result<OwnedFd, Errno> {
    match openat(here, part, WALK, Mode::empty()) {
        Err(Errno::NOTDIR | Errno::LOOP | Errno::MLINK) => unlinkat(here, part, AtFlags::empty())?,
        Err(Errno::NOENT) => {}
        other => return other,
    }
    mkdirat(here, part, Mode::RWXU)?;
    openat(here, part, WALK, Mode::empty())
}

/// Says whether a folder must stay the one that it is: somebody is in it, or something is mounted there.
fn is_fixed(path: &std::path::Path) -> io::Result<bool> {
    let Some(parent) = path.parent() else { return Ok(true) };
    let (own, above, here) = (path.metadata()?, parent.metadata()?, std::fs::metadata("."));
    let is_here = here.is_ok_and(|here| (here.dev(), here.ino()) == (own.dev(), own.ino()));
    Ok(is_here || own.dev() != above.dev())
}

impl Sink for Unpack {
    fn append(&mut self, path: &[u8], entry: &Entry, content: Option<&mut dyn Read>) -> Result<()> {
        if !entry.is_directory() {
            return self.make(path, entry, content);
        }
        self.directory(path)?;
        let node = self.directories.add(path)?;
        self.attributes.put(node, entry.clone(), &self.budget)
    }
}

/// Copies content, with holes where it has nothing but zeros; returns its size.
fn copy(path: &[u8], content: &mut dyn Read, file: &File, buffer: &mut [u8]) -> Result<u64> {
    let failed = |source| Error::Unpack { path: path.to_vec(), source };
    let mut size = 0;
    loop {
        let count = fill(content, buffer).map_err(|source| Error::Content { path: path.to_vec(), source })?;
        if count == 0 {
            break;
        }
        let mut at = 0;
        for block in buffer[..count].chunks(HOLE) {
            if block.iter().any(|byte| *byte != 0) {
                file.write_all_at(block, size + at).map_err(failed)?;
            }
            at += block.len() as u64;
        }
        size += count as u64;
    }
    file.set_len(size).map_err(failed)?;
    Ok(size)
}

fn file_type(kind: Kind) -> FileType {
    match kind {
        Kind::CharacterDevice { .. } => FileType::CharacterDevice,
        Kind::BlockDevice { .. } => FileType::BlockDevice,
        _ => FileType::Fifo,
    }
}

fn device(kind: Kind) -> rustix::fs::Dev {
    match kind {
        Kind::CharacterDevice { major, minor } | Kind::BlockDevice { major, minor } => makedev(major, minor),
        _ => 0,
    }
}

/// Returns the time of the last change, for that of the last access too.
fn times(entry: &Entry) -> Timestamps {
    let time = Timespec { tv_sec: entry.mtime, tv_nsec: i64::from(entry.mtime_nanos) };
    Timestamps { last_access: time, last_modification: time }
}
