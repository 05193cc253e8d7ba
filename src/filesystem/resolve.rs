//! Paths with symbolic links, followed inside the image and nowhere else.

use super::paths::Node;
use super::tree::{Tree, WHITEOUT};
use super::{Entry, Error, Found, Kind, Result};

/// As many links as Linux follows.
pub(super) const MAX_LINKS: usize = 40;

/// Whether a path is there, as far as the layers that were read tell.
#[derive(Debug)]
pub(super) enum Look {
    /// It is.
    There,
    /// It is not, and no layer below can change that.
    Absent,
    /// A layer below may have it.
    Unknown,
}

/// Where a path leads.
pub(super) enum End {
    /// To this path.
    At(Node),
    /// Nowhere; the link that was followed last, if the path itself is one, leads there.
    Nowhere { dangling: Option<Vec<u8>> },
    /// That depends on what the layers below have at this path.
    Unknown(Vec<u8>),
}

impl Tree {
    /// Finds where a path leads when symbolic links are followed inside the filesystem: an absolute link starts at its root, and `..` does
    /// not leave it. With `last` the last part is followed too, or else shown as the link that it is.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Dangling`] and [`Error::Loop`].
    pub fn resolve(&self, path: &[u8], last: bool) -> Result<Vec<u8>> {
        self.resolve_node(path, last).map(|node| self.paths.path(node))
    }

    fn resolve_node(&self, path: &[u8], last: bool) -> Result<Node> {
        match self.walk(path, last, false)? {
            End::At(at) => Ok(at),
            End::Nowhere { dangling } => Err(nowhere(path, dangling)),
            End::Unknown(_) => unreachable!("a merged filesystem has no layers below"),
        }
    }

    /// Finds the file that a path leads to when symbolic links are followed inside the filesystem.
    pub fn find_file(&self, path: &[u8]) -> Option<Found> {
        let node = self.resolve_node(path, true).ok().filter(|node| self.table.is_file(*node))?;
        Some(Found { path: self.paths.path(node), entry: self.table.get(node)? })
    }

    /// Follows a path; `partial` when there may be layers below.
    pub(super) fn walk(&self, path: &[u8], last: bool, partial: bool) -> Result<End> {
        // What is still to be gone through, the next part last.
        let mut todo: Vec<&[u8]> = parts(path).collect();
        let mut here = Node::ROOT;
        let mut links = 0;
        let mut dangling = None;
        let follow_last = last || path.ends_with(b"/");
        while let Some(part) = todo.pop() {
            if part == b".." {
                here = self.paths.parent(here).unwrap_or(here);
                continue;
            }
            if here != Node::ROOT && !self.table.is_directory(here) {
                return Ok(End::Nowhere { dangling });
            }
            let next = self.paths.child(here, part);
            match self.look(here, next, partial) {
                Look::There => {}
                Look::Absent => return Ok(End::Nowhere { dangling }),
                Look::Unknown => return Ok(End::Unknown(super::meaning::join(&self.paths.path(here), part))),
            }
            let Some(next) = next else { return Ok(End::Nowhere { dangling }) };
            let Some(target) = self.table.target(next).filter(|_| follow_last || !todo.is_empty()) else {
                here = next;
                continue;
            };
            links += 1;
            if links > MAX_LINKS {
                return Err(Error::Loop { path: path.to_vec() });
            }
            if todo.is_empty() {
                dangling = Some(target.to_vec());
            }
            if target.starts_with(b"/") {
                here = Node::ROOT;
            }
            todo.extend(parts(target));
        }
        Ok(End::At(here))
    }

    /// Says whether something is in a directory.
    fn look(&self, directory: Node, node: Option<Node>, partial: bool) -> Look {
        let is_there = node.is_some_and(|node| self.table.has(node));
        if partial && node.is_some_and(|node| self.is_unresolved(node)) {
            Look::Unknown
        } else if is_there {
            Look::There
        } else if partial && node.is_none_or(|node| self.shadows(node) & WHITEOUT == 0) && !self.is_closed(directory) {
            Look::Unknown
        } else {
            Look::Absent
        }
    }

    /// Says whether a layer, merged with no other, has or hides anything that tells what is at a path.
    pub(super) fn concerns(&self, path: &[u8]) -> bool {
        let says = |node: Node| self.shadows(node) != 0 || self.table.has(node) && !self.table.is_directory(node);
        let mut here = Node::ROOT;
        for part in path.split(|byte| *byte == b'/') {
            let Some(next) = self.paths.child(here, part).filter(|_| !says(here)) else { return says(here) };
            here = next;
        }
        says(here) || self.table.has(here) || self.is_unresolved(here)
    }
}

/// Makes the error for a path that leads nowhere.
pub(super) fn nowhere(path: &[u8], dangling: Option<Vec<u8>>) -> Error {
    match dangling {
        Some(target) => Error::Dangling { path: path.to_vec(), target },
        None => Error::NotFound { path: path.to_vec() },
    }
}

/// Makes the error for what has no content.
pub(super) fn no_file(path: &[u8], entry: Option<&Entry>) -> Error {
    let kind = match entry.map(|entry| entry.kind) {
        Some(Kind::CharacterDevice { .. } | Kind::BlockDevice { .. }) => "a device",
        Some(Kind::Fifo) => "a named pipe",
        _ => "a directory",
    };
    Error::NoFile { path: path.to_vec(), kind }
}

/// Splits a path, the first part last.
fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.rsplit(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b"."))
}
