//! What one name in a tar stands for.

use crate::digest::Digest;

/// A file, directory, link or device, as a layer's tar describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// The permission bits, set-user-ID and the like included.
    pub mode: u32,
    /// The owner.
    pub uid: u64,
    /// The group.
    pub gid: u64,
    /// The size of a file's content in bytes, holes included; 0 for all else.
    pub size: u64,
    /// When it was modified, in seconds since 1970.
    pub mtime: i64,
    /// The nanoseconds to be added to `mtime`.
    pub mtime_nanos: u32,
    /// The target of a symbolic link; of a hard link, the path that it shares its content with.
    pub link: Option<Box<[u8]>>,
    /// Extended attributes, in the tar's order.
    pub xattrs: Vec<Xattr>,
    /// The digest of a file's content, where it was asked for.
    pub digest: Option<Digest>,
    /// The number of the layer that the content comes from, from 0.
    pub layer: usize,
    /// The number of the tar entry in that layer that has the content, from 0.
    pub member: usize,
    /// Whether no layer declares it: a directory that is there only because something is below it.
    pub implicit: bool,
}

/// An extended attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Xattr {
    /// The name, with its name space: `user.comment`.
    pub name: Box<[u8]>,
    /// The value.
    pub value: Box<[u8]>,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A hard link, as a layer has it; merged, it is what it links to.
    HardLink,
    /// A character device.
    CharacterDevice {
        /// The major number.
        major: u32,
        /// The minor number.
        minor: u32,
    },
    /// A block device.
    BlockDevice {
        /// The major number.
        major: u32,
        /// The minor number.
        minor: u32,
    },
    /// A named pipe.
    Fifo,
}

impl Kind {
    /// Returns the letter that tar and `find -type` have for it: `f`, `d`, `l`, `h`, `c`, `b` or `p`.
    pub fn letter(self) -> char {
        match self {
            Self::File => 'f',
            Self::Directory => 'd',
            Self::Symlink => 'l',
            Self::HardLink => 'h',
            Self::CharacterDevice { .. } => 'c',
            Self::BlockDevice { .. } => 'b',
            Self::Fifo => 'p',
        }
    }
}

impl Entry {
    /// Makes an entry that belongs to root and is otherwise empty.
    pub fn new(kind: Kind, mode: u32) -> Self {
        Self {
            kind,
            mode,
            uid: 0,
            gid: 0,
            size: 0,
            mtime: 0,
            mtime_nanos: 0,
            link: None,
            xattrs: Vec::new(),
            digest: None,
            layer: 0,
            member: 0,
            implicit: false,
        }
    }

    /// Makes a file of so many bytes.
    pub fn file(mode: u32, size: u64) -> Self {
        Self { size, ..Self::new(Kind::File, mode) }
    }

    /// Makes a directory.
    pub fn directory(mode: u32) -> Self {
        Self::new(Kind::Directory, mode)
    }

    /// Makes a symbolic link.
    pub fn symlink(target: &[u8]) -> Self {
        Self { link: Some(target.into()), ..Self::new(Kind::Symlink, 0o777) }
    }

    /// Makes a hard link to the path of another entry, whose attributes it repeats: tools that apply a link's own would change the file's.
    pub fn hard_link(target: &[u8], of: &Self) -> Self {
        Self { kind: Kind::HardLink, link: Some(target.into()), size: 0, digest: None, ..of.clone() }
    }

    /// Makes a named pipe.
    pub fn fifo(mode: u32) -> Self {
        Self::new(Kind::Fifo, mode)
    }

    /// Makes the directory that something lies in though no layer declares it.
    pub(crate) fn implied() -> Self {
        Self { implicit: true, ..Self::new(Kind::Directory, 0o755) }
    }

    /// Says whether this is a directory.
    pub fn is_directory(&self) -> bool {
        self.kind == Kind::Directory
    }

    /// Says whether this is a regular file.
    pub fn is_file(&self) -> bool {
        self.kind == Kind::File
    }

    /// Returns about how many bytes of memory the entry takes under a name of so many bytes.
    pub(crate) fn weight(&self, name: usize) -> u64 {
        let xattrs: usize = self.xattrs.iter().map(|xattr| xattr.name.len() + xattr.value.len() + 64).sum();
        let digest = if self.digest.is_some() { 64 } else { 0 };
        (size_of::<Self>() + 48 + name + self.link.as_ref().map_or(0, |link| link.len()) + xattrs + digest) as u64
    }
}

/// An entry of a layer under the name that its tar has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The name as it came, but for the slash behind a directory's.
    pub name: Box<[u8]>,
    /// What it is.
    pub entry: Entry,
}
