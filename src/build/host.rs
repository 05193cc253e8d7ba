//! Files of this machine as entries of a layer.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::contents::Root;
use super::recipe::{Options, Times};
use super::{Error, Result};
use crate::filesystem::{Entry, Kind, Xattr};

/// Files up to this size are read whole, ahead of the writer.
pub(super) const SMALL: u64 = 128 * 1024;

/// A file of this machine, ready to be written.
pub(super) struct Ready {
    pub(super) entry: Entry,
    pub(super) content: Content,
}

/// The content of a file that is ready.
pub(super) enum Content {
    None,
    Small(Vec<u8>),
    Large(Box<Watched>),
}

/// Returns what is at a path, or nothing for a socket, which no layer can have.
pub(super) fn look(path: &Path, root: &Root, options: &Options) -> Result<Option<(Entry, Metadata)>> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let metadata = fs::symlink_metadata(path).map_err(failed)?;
    let kind = metadata.file_type();
    let (major, minor) = (rustix::fs::major(metadata.rdev()), rustix::fs::minor(metadata.rdev()));
    let kind = match kind {
        kind if kind.is_dir() => Kind::Directory,
        kind if kind.is_symlink() => Kind::Symlink,
        kind if kind.is_file() => Kind::File,
        kind if kind.is_char_device() => Kind::CharacterDevice { major, minor },
        kind if kind.is_block_device() => Kind::BlockDevice { major, minor },
        kind if kind.is_fifo() => Kind::Fifo,
        _ => return Ok(None),
    };
    let mut entry = Entry::new(kind, mode(kind, metadata.mode() & 0o7777, root.mode));
    let own = options.keep_owner.then(|| (u64::from(metadata.uid()), u64::from(metadata.gid())));
    (entry.uid, entry.gid) = root.owner.or(own).unwrap_or_default();
    entry.mtime = options.times.of(metadata.mtime());
    match kind {
        Kind::File => entry.size = metadata.size(),
        Kind::Symlink => entry.link = Some(fs::read_link(path).map_err(failed)?.as_os_str().as_bytes().into()),
        _ => {}
    }
    if matches!(kind, Kind::File | Kind::Directory) {
        entry.xattrs = xattrs(path).map_err(failed)?;
    }
    Ok(Some((entry, metadata)))
}

fn mode(kind: Kind, own: u32, wanted: Option<u32>) -> u32 {
    match (kind, wanted) {
        // Nobody looks at a link's own, and machines differ in it.
        (Kind::Symlink, _) => 0o777,
        (Kind::Directory, Some(wanted)) => wanted | (wanted & 0o444) >> 2,
        (_, Some(wanted)) => wanted,
        (_, None) => own,
    }
}

impl Times {
    fn of(self, mtime: i64) -> i64 {
        match self {
            Self::Fixed(time) => time,
            Self::Clamped(latest) => mtime.min(latest),
        }
    }
}

/// Returns the attributes that mean the same on every machine: capabilities and what users set. The rest is labels and lists of the machine
/// that builds.
fn xattrs(path: &Path) -> io::Result<Vec<Xattr>> {
    let mut names = Vec::with_capacity(1024);
    let listed = loop {
        names.clear();
        match rustix::fs::llistxattr(path, rustix::buffer::spare_capacity(&mut names)) {
            Err(rustix::io::Errno::RANGE) => names.reserve(names.capacity() * 2),
            other => break other,
        }
    };
    match listed {
        Ok(0) | Err(rustix::io::Errno::NOTSUP) => return Ok(Vec::new()),
        Ok(_) => {}
        Err(error) => return Err(error.into()),
    }
    let mut xattrs = Vec::new();
    for name in names.split(|byte| *byte == 0) {
        if !name.starts_with(b"user.") && name != b"security.capability" {
            continue;
        }
        let mut value = Vec::with_capacity(256);
        let got = loop {
            match rustix::fs::lgetxattr(path, name, rustix::buffer::spare_capacity(&mut value)) {
                Err(rustix::io::Errno::RANGE) => value.reserve(value.capacity() * 4),
                other => break other,
            }
        };
        got?;
        xattrs.push(Xattr { name: name.into(), value: value.into() });
    }
    xattrs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(xattrs)
}

/// Opens a file that was looked at, and reads it if it is small.
pub(super) fn open(path: &Path, entry: Entry, seen: &Metadata) -> Result<Ready> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    // A link that took the file's place meanwhile must not be followed, and a pipe not be waited for.
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).expect("flags of an int");
    let file = File::options().read(true).custom_flags(flags).open(path).map_err(failed)?;
    let mut watched = Watched { file, size: entry.size, stamp: stamp(seen), got: 0 };
    watched.check().map_err(|_| Error::Changed { path: path.to_owned() })?;
    if entry.size > SMALL {
        return Ok(Ready { entry, content: Content::Large(Box::new(watched)) });
    }
    let mut content = Vec::with_capacity(usize::try_from(entry.size).expect("small") + 1);
    match watched.read_to_end(&mut content) {
        Ok(_) => Ok(Ready { entry, content: Content::Small(content) }),
        Err(error) if is_change(&error) => Err(Error::Changed { path: path.to_owned() }),
        Err(source) => Err(failed(source)),
    }
}

/// A file that is read and must not change meanwhile.
pub(super) struct Watched {
    file: File,
    size: u64,
    stamp: Stamp,
    got: u64,
}

/// What changes when a file does.
type Stamp = (u64, u64, u64, i64, i64);

fn stamp(metadata: &Metadata) -> Stamp {
    (metadata.dev(), metadata.ino(), metadata.size(), metadata.mtime(), metadata.mtime_nsec())
}

#[derive(Debug, thiserror::Error)]
#[error("the file changed")]
struct Change;

/// Says whether reading failed because the file changed.
pub(super) fn is_change(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Change>())
}

impl Watched {
    fn check(&self) -> io::Result<()> {
        if stamp(&self.file.metadata()?) == self.stamp { Ok(()) } else { Err(io::Error::other(Change)) }
    }
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.got == self.size {
            return Ok(0);
        }
        let left = usize::try_from(self.size - self.got).unwrap_or(usize::MAX).min(buffer.len());
        let n = self.file.read(&mut buffer[..left])?;
        self.got += n as u64;
        if n == 0 && left > 0 {
            return Err(io::Error::other(Change));
        }
        if self.got == self.size {
            self.check()?;
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::Contents;
    use super::*;
    use crate::build::Addition;

    fn seen(path: &Path) -> (Entry, Metadata) {
        let mut contents = Contents::default();
        let addition = Addition { source: path.to_owned(), destination: b"/".to_vec(), ..Addition::default() };
        contents.add(&addition).expect("adds");
        look(path, &contents.roots[0], &Options::new("/")).expect("looks").expect("no socket")
    }

    #[test]
    fn a_file_must_not_change_while_it_is_read() {
        let folder = tempfile::tempdir().expect("made");
        let path = folder.path().join("file");
        for (size, more) in [(10, &b"x"[..]), (SMALL + 1, b"x"), (SMALL + 1, b"")] {
            std::fs::write(&path, vec![0; usize::try_from(size).expect("small")]).expect("writes");
            let (entry, metadata) = seen(&path);
            // Larger or smaller before it is opened.
            let file = File::options().append(true).open(&path).expect("opens");
            if more.is_empty() {
                file.set_len(size - 1).expect("shrinks");
            } else {
                (&file).write_all(more).expect("grows");
            }
            let error = open(&path, entry, &metadata).err().expect("refused");
            assert_eq!(error.to_string(), format!("{} changed while it was read", path.display()));
        }
        // While it is read: in the middle of it, shorter or longer.
        for change in [SMALL, 2 * SMALL, 5 * SMALL] {
            std::fs::write(&path, vec![0; usize::try_from(4 * SMALL).expect("small")]).expect("writes");
            let (entry, metadata) = seen(&path);
            let Content::Large(mut watched) = open(&path, entry, &metadata).expect("opens").content else {
                panic!("large")
            };
            watched.read_exact(&mut [0; 100]).expect("reads");
            File::options().write(true).open(&path).and_then(|file| file.set_len(change)).expect("changes");
            let error = std::io::copy(&mut watched, &mut std::io::sink()).expect_err("found out");
            assert!(is_change(&error), "{error}");
        }
        // A link in its place is not followed.
        std::fs::write(&path, "abc").expect("writes");
        let (entry, metadata) = seen(&path);
        std::fs::rename(&path, folder.path().join("other")).expect("renames");
        std::os::unix::fs::symlink("other", &path).expect("links");
        assert!(open(&path, entry, &metadata).is_err());
    }
}
