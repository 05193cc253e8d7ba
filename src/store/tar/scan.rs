//! From the headers of an archive to an index of its files.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use super::{Extent, malformed, read_at_most};
use crate::store::{Error, Key, Result};
use crate::tar::{Archive, BLOCK, Header, Kind, Malformed, is_first};

/// The most files in an archive; an image's has some dozens.
const MAX_ENTRIES: usize = 1_000_000;
/// The longest chain of links.
const MAX_LINKS: usize = 40;

/// Builds the index; of several files with one name the last wins, as it does when unpacking.
pub(super) fn scan(file: &File, path: &Path) -> Result<BTreeMap<Key, Extent>> {
    let mut first = [0; BLOCK];
    let n = read_at_most(file, &mut first).map_err(Error::io("read", path))?;
    if !is_first(&first[..n]) {
        return Err(malformed(path, "it is no tar archive"));
    }
    let mut scan = Scan { path, found: BTreeMap::new() };
    // Little is read ahead: headers lie apart by whole layers.
    let mut archive = Archive::seeking(BufReader::with_capacity(BLOCK, file)).map_err(failed(path))?;
    while let Some(header) = archive.next_header().map_err(failed(path))? {
        let (offset, size) = archive.content();
        scan.take(&header, Extent { offset, size })?;
        if scan.found.len() > MAX_ENTRIES {
            return Err(malformed(path, format!("it has more than {MAX_ENTRIES} files")));
        }
    }
    scan.resolve()
}

/// Makes the error for what reading the headers failed with.
fn failed(path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |error| match error.downcast::<Malformed>() {
        Ok(Malformed { at, reason }) => malformed(path, format!("{reason} at byte {at}")),
        Err(error) => Error::io("read", path)(error),
    }
}

enum Found {
    File(Extent),
    /// A link to what this key holds.
    Link(String),
}

struct Scan<'a> {
    path: &'a Path,
    found: BTreeMap<Key, Found>,
}

impl Scan<'_> {
    fn take(&mut self, header: &Header, extent: Extent) -> Result<()> {
        if header.is_sparse() {
            return Err(self.malformed("it has a sparse file"));
        }
        let name = header.name();
        let found = match header.kind() {
            Some(Kind::File) if !name.ends_with(b"/") => Found::File(extent),
            Some(kind @ (Kind::HardLink | Kind::Symlink)) => {
                let from = if kind == Kind::HardLink { Vec::new() } else { self.folder(name)? };
                Found::Link(self.inside(from, header.link())?.join("/"))
            }
            _ => return Ok(()),
        };
        let key = self.inside(Vec::new(), name)?.join("/");
        let key = key.parse().map_err(|_| self.malformed(format!("the name {key:?} is not usable")))?;
        self.found.insert(key, found);
        Ok(())
    }

    fn folder(&self, name: &[u8]) -> Result<Vec<String>> {
        let mut folder = self.inside(Vec::new(), name)?;
        folder.pop();
        Ok(folder)
    }

    /// Follows `name` from a folder; leaving the archive is an attack.
    fn inside(&self, mut at: Vec<String>, name: &[u8]) -> Result<Vec<String>> {
        let text = str::from_utf8(name).map_err(|_| self.malformed("a name is not UTF-8"))?;
        let outside = || self.malformed(format!("{text:?} leads outside of it"));
        if text.starts_with('/') {
            return Err(outside());
        }
        for component in text.split('/') {
            match component {
                "" | "." => {}
                ".." => drop(at.pop().ok_or_else(outside)?),
                component => at.push(component.into()),
            }
        }
        Ok(at)
    }

    /// Turns links into what they point to; one that points to nothing vanishes.
    fn resolve(self) -> Result<BTreeMap<Key, Extent>> {
        let mut resolved = BTreeMap::new();
        for (key, found) in &self.found {
            let mut at = Some(found);
            let mut links = 0;
            while let Some(Found::Link(target)) = at {
                links += 1;
                if links > MAX_LINKS {
                    return Err(self.malformed(format!("the link {:?} goes in circles", key.as_str())));
                }
                at = target.parse::<Key>().ok().and_then(|target| self.found.get(&target));
            }
            if let Some(Found::File(extent)) = at {
                resolved.insert(key.clone(), *extent);
            }
        }
        Ok(resolved)
    }

    fn malformed(&self, reason: impl Into<String>) -> Error {
        malformed(self.path, reason)
    }
}
