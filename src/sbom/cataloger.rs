//! What reads evidence. Catalogers see files one at a time, in the order in which layers have them, hidden ones too: whether a file is still
//! there in the end is decided afterwards.

use std::fmt;
use std::io::{self, Read};

use super::Package;
use crate::filesystem::{Content, Entry};

/// A file that may declare packages.
pub struct Evidence<'a> {
    /// Its path from the root, without a leading slash.
    pub path: &'a [u8],
    /// Its size in bytes.
    pub size: u64,
    /// Its content. How much of it is read into memory is bounded by the cataloger, whatever the file says.
    pub content: &'a mut dyn Content,
    /// What it says besides packages.
    pub facts: &'a mut Facts,
}

impl Evidence<'_> {
    /// Reads at most so many bytes of the file as text; what is no UTF-8 is replaced.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn text(&mut self, limit: u64) -> io::Result<String> {
        let mut bytes = Vec::new();
        (&mut *self.content).take(limit).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// What evidence says besides the packages that it declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Hashes of the paths that a package manager has installed; see [`own`](Self::own).
    owned: Vec<u64>,
    /// Whether the file is a program or a library in machine code.
    pub is_binary: bool,
    /// Licenses of a package that another file declares.
    pub licenses: Vec<String>,
}

/// More files than these are not held for one database; the largest images have a tenth.
const MAX_OWNED: usize = 4_000_000;

impl Facts {
    /// Notes that a package manager has installed a path, with or without slashes at its ends.
    pub fn own(&mut self, path: &[u8]) {
        if self.owned.len() < MAX_OWNED {
            self.owned.push(path_hash(path));
        }
    }

    /// Returns the hashes of the paths of [`own`](Self::own).
    pub(super) fn owned(&self) -> &[u64] {
        &self.owned
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Hashes a path without slashes at its ends: eight bytes for each file instead of its name.
pub(super) fn path_hash(path: &[u8]) -> u64 {
    use std::hash::Hasher as _;
    let path = path.strip_prefix(b"./").unwrap_or(path);
    let start = path.iter().position(|byte| *byte != b'/').unwrap_or(path.len());
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(&path[start..]);
    hasher.finish()
}

/// Why evidence could not be read, whole or in part: a warning, which never keeps other evidence from being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong, in a clause whose subject is the file: `has a broken page`.
    pub reason: String,
}

crate::class::classified!(Unreadable => Failed);

impl Unreadable {
    /// Makes one of a reason.
    pub fn new(reason: impl fmt::Display) -> Self {
        Self { reason: reason.to_string() }
    }
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::new(format_args!("cannot be read: {error}"))
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Unreadable {}

/// Reads one kind of evidence.
pub trait Cataloger: Send + Sync {
    /// Returns the cataloger's name, such as `dpkg-status`.
    fn name(&self) -> &'static str;

    /// Says whether a file may be evidence, by its path, mode and size alone.
    fn wants(&self, path: &[u8], entry: &Entry) -> bool;

    /// Says whether a file may be evidence still, by its first bytes: 4096, or all there are.
    fn recognizes(&self, _start: &[u8]) -> bool {
        true
    }

    /// Returns the paths where programs look for this evidence; each is a file, or a directory whose files are evidence. Symbolic links on
    /// the way are followed.
    fn places(&self) -> &'static [&'static str] {
        &[]
    }

    /// Says whether a symbolic link with a name of this evidence is such evidence, whatever the file is called that it leads to.
    fn follows_links(&self) -> bool {
        true
    }

    /// Returns the path of a file that changes what an evidence says, where there may be one.
    fn companion(&self, _path: &[u8]) -> Option<Vec<u8>> {
        None
    }

    /// Reads evidence together with its companion.
    ///
    /// # Errors
    /// Those of [`read`](Self::read).
    fn read_with(
        &self,
        evidence: &mut Evidence<'_>,
        _companion: &mut dyn Content,
        found: &mut Vec<Package>,
    ) -> Result<(), Unreadable> {
        self.read(evidence, found)
    }

    /// Reads the packages that the evidence declares into `found`; what was found before a failure stays. A file that turns out to be no
    /// evidence declares none.
    ///
    /// # Errors
    /// When the evidence is broken.
    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable>;
}
