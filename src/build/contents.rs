//! What a layer will have, gathered before anything is read.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Error, Exclude, Result};
use crate::filesystem::{Entry, Kind, join, split};

/// Files of this machine that go into a layer.
#[derive(Clone, Debug, Default)]
pub struct Addition {
    /// A directory, whose contents are taken, or anything else. A symbolic link is followed; those inside a directory are taken as links.
    pub source: PathBuf,
    /// Where it goes. With a slash at its end, or where the base has a directory, what is no directory goes into it under its own name.
    pub destination: Vec<u8>,
    /// The owner and group of all of it.
    pub owner: Option<(u64, u64)>,
    /// The mode of all files. Directories get it with `x` wherever it has `r`.
    pub mode: Option<u32>,
    /// What is left out of a directory.
    pub exclude: Exclude,
}

impl Addition {
    /// Says whether a directory is added; what cannot be looked at fails later.
    pub(super) fn is_directory(&self) -> bool {
        fs::metadata(&self.source).is_ok_and(|metadata| metadata.is_dir())
    }
}

/// The entries of a layer. Of what is added twice the later stays.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    pub(super) items: BTreeMap<Vec<u8>, Item>,
    pub(super) roots: Vec<Root>,
}

/// Where an entry comes from.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// A file of this machine below the root with this number.
    Host {
        root: usize,
        is_directory: bool,
        /// The path by which the root finds it, where links of the base have moved it.
        added_as: Option<Box<[u8]>>,
    },
    /// An entry as it is given.
    Given(Box<Entry>, Content),
}

/// The content of a given entry.
#[derive(Clone, Debug)]
pub(super) enum Content {
    None,
    Bytes(Arc<[u8]>),
    File(PathBuf),
}

/// What files of this machine have in common.
#[derive(Clone, Debug)]
pub(super) struct Root {
    /// The directory, or the file itself.
    path: PathBuf,
    /// The length of the path in the image, with the slash behind it, if it is a directory.
    prefix: Option<usize>,
    pub(super) owner: Option<(u64, u64)>,
    pub(super) mode: Option<u32>,
}

impl Root {
    /// Returns where on this machine a path of the image comes from.
    pub(super) fn host(&self, path: &[u8]) -> PathBuf {
        match self.prefix {
            Some(prefix) if path.len() > prefix => {
                self.path.join(Path::new(std::ffi::OsStr::from_bytes(&path[prefix..])))
            }
            _ => self.path.clone(),
        }
    }
}

impl Item {
    pub(super) fn is_directory(&self) -> bool {
        match self {
            Self::Host { is_directory, .. } => *is_directory,
            Self::Given(entry, _) => entry.is_directory(),
        }
    }

    /// Declares a directory of the base.
    pub(super) fn declared(entry: &Entry) -> Self {
        Self::Given(Box::new(super::base::declared(entry)), Content::None)
    }

    /// Remembers by which path it was added.
    pub(super) fn moved(self, from: &[u8], to: &[u8]) -> Self {
        match self {
            Self::Host { root, is_directory, added_as: None } if from != to => {
                Self::Host { root, is_directory, added_as: Some(from.into()) }
            }
            other => other,
        }
    }
}

impl Contents {
    /// Says whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Adds files of this machine.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Outside`], [`Error::Reserved`], [`Error::Root`].
    pub fn add(&mut self, addition: &Addition) -> Result<()> {
        let read = |source| Error::Read { path: addition.source.clone(), source };
        let is_directory = fs::metadata(&addition.source).map_err(read)?.is_dir();
        let is_link = fs::symlink_metadata(&addition.source).is_ok_and(|metadata| metadata.is_symlink());
        let source = if is_link { fs::canonicalize(&addition.source).map_err(read)? } else { addition.source.clone() };
        let mut path = normalize(&addition.destination)?;
        if !is_directory && (path.is_empty() || addition.destination.ends_with(b"/")) {
            let name = addition.source.file_name().ok_or(Error::Root { what: "a file" })?;
            path = join(&path, name.as_bytes());
        }
        let number = self.roots.len();
        let prefix = is_directory.then(|| if path.is_empty() { 0 } else { path.len() + 1 });
        let Addition { owner, mode, .. } = *addition;
        self.roots.push(Root { path: source, prefix, owner, mode });
        if !path.is_empty() {
            self.put(path.clone(), Item::Host { root: number, is_directory, added_as: None })?;
        }
        if is_directory { self.walk(number, &addition.exclude, &path, &[]).map(drop) } else { Ok(()) }
    }

    /// Adds what is in a directory; says whether anything was.
    fn walk(&mut self, root: usize, exclude: &Exclude, path: &[u8], inside: &[u8]) -> Result<bool> {
        let directory = self.roots[root].host(path);
        let read = |source| Error::Read { path: directory.clone(), source };
        let mut any = false;
        // All at once: a directory that stays open for each level could be one too many.
        let children = fs::read_dir(&directory).map_err(read)?.collect::<Result<Vec<_>, _>>().map_err(read)?;
        for child in children {
            let name = child.file_name();
            let is_directory = child.file_type().map_err(read)?.is_dir();
            let inside = join(inside, name.as_bytes());
            let path = join(path, name.as_bytes());
            let excluded = exclude.matches(&inside);
            if excluded && !(is_directory && exclude.has_exceptions()) {
                continue;
            }
            let was = self.items.get(&path).cloned();
            self.put(path.clone(), Item::Host { root, is_directory, added_as: None })?;
            let has_more = is_directory && self.walk(root, exclude, &path, &inside)?;
            any |= has_more || !excluded;
            if excluded && !has_more {
                // It was there for what might have been in it.
                match was {
                    Some(was) => drop(self.items.insert(path, was)),
                    None => drop(self.items.remove(&path)),
                }
            }
        }
        Ok(any)
    }

    /// Adds an entry without content: a directory, a link, a device.
    ///
    /// # Errors
    /// [`Error::Outside`], [`Error::Reserved`], [`Error::Root`].
    pub fn insert(&mut self, path: &[u8], entry: Entry) -> Result<()> {
        self.give(path, entry, Content::None)
    }

    /// Adds a file with the content at hand; its size is taken from there.
    ///
    /// # Errors
    /// Those of [`insert`](Self::insert).
    pub fn insert_bytes(&mut self, path: &[u8], entry: Entry, content: &[u8]) -> Result<()> {
        self.give(path, Entry { size: content.len() as u64, ..entry }, Content::Bytes(content.into()))
    }

    /// Adds a file with the content of one of this machine; its size is taken from there, and nothing else.
    ///
    /// # Errors
    /// Those of [`insert`](Self::insert).
    pub fn insert_file(&mut self, path: &[u8], entry: Entry, content: &Path) -> Result<()> {
        self.give(path, entry, Content::File(content.to_owned()))
    }

    fn give(&mut self, path: &[u8], entry: Entry, content: Content) -> Result<()> {
        let path = normalize(path)?;
        if path.is_empty() {
            return Err(Error::Root { what: "given" });
        }
        self.put(path, Item::Given(Box::new(entry), content))
    }

    /// Adds an entry that hides a path of lower layers, unless what is added at the path does.
    pub(super) fn hide(&mut self, path: &[u8]) -> Result<()> {
        let hidden = |name: Vec<u8>| (name, Item::Given(Box::new(Entry::file(0o644, 0)), Content::None));
        let (name, item) = match self.items.get(path).map(Item::is_directory) {
            None => {
                let (parent, base) = split(path);
                hidden(join(parent, &[b".wh.", base].concat()))
            }
            Some(true) => hidden(join(path, b".wh..wh..opq")),
            // What is no directory replaces whatever was there, with all that was in it.
            Some(false) => return Ok(()),
        };
        self.items.insert(name, item);
        Ok(())
    }

    /// Says whether an item that was added at a path is a symbolic link.
    pub(super) fn is_link(&self, path: &[u8], item: &Item) -> bool {
        match item {
            Item::Host { root, .. } => {
                fs::symlink_metadata(self.roots[*root].host(path)).is_ok_and(|metadata| metadata.is_symlink())
            }
            Item::Given(entry, _) => entry.kind == Kind::Symlink,
        }
    }

    pub(super) fn put(&mut self, path: Vec<u8>, item: Item) -> Result<()> {
        if path.split(|byte| *byte == b'/').any(|part| part.starts_with(b".wh.")) {
            return Err(Error::Reserved { path });
        }
        if !item.is_directory() && self.items.get(&path).is_some_and(Item::is_directory) {
            let (start, end) = (join(&path, b""), [&path[..], b"0"].concat());
            let doomed: Vec<Vec<u8>> = self.items.range(start..end).map(|(path, _)| path.clone()).collect();
            for path in doomed {
                self.items.remove(&path);
            }
        }
        self.items.insert(path, item);
        Ok(())
    }

    /// Adds all of another.
    pub(super) fn extend(&mut self, other: Self) -> Result<()> {
        let shift = self.roots.len();
        self.roots.extend(other.roots);
        for (path, item) in other.items {
            let item = match item {
                Item::Host { root, is_directory, added_as } => {
                    Item::Host { root: root + shift, is_directory, added_as }
                }
                given @ Item::Given(..) => given,
            };
            self.put(path, item)?;
        }
        Ok(())
    }

    /// Lists the directories that hold something and are not there themselves, and refuses what lies in a file.
    pub(super) fn missing_parents(&self) -> Result<Vec<Vec<u8>>> {
        let mut missing = std::collections::BTreeSet::new();
        for path in self.items.keys() {
            let mut parent = split(path).0;
            while !parent.is_empty() && !missing.contains(parent) {
                match self.items.get(parent).map(Item::is_directory) {
                    None => drop(missing.insert(parent.to_vec())),
                    Some(true) => {}
                    Some(false) => {
                        return Err(Error::NoDirectory { path: path.clone(), parent: parent.to_vec() });
                    }
                }
                parent = split(parent).0;
            }
        }
        Ok(missing.into_iter().collect())
    }
}

/// Makes a path of a name: no leading slash, no empty parts, no `.`.
pub(super) fn normalize(name: &[u8]) -> Result<Vec<u8>> {
    let parts: Vec<&[u8]> = name.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b".")).collect();
    // Followed in another filesystem than it was meant for, it could lead anywhere.
    if parts.iter().any(|part| *part == b"..") {
        return Err(Error::Outside { path: name.to_vec() });
    }
    Ok(parts.join(&b'/'))
}
