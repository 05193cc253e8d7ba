//! Paths with symbolic links, followed inside the image and nowhere else.

use super::meaning::{join, split};
use super::tree::Tree;
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
    /// To this path; the empty one is the root.
    At(Vec<u8>),
    /// Nowhere; the link that was followed last, if the path itself is one, leads there.
    Nowhere { dangling: Option<Vec<u8>> },
    /// That depends on the layers below.
    Unknown,
}

impl Tree {
    /// Finds where a path leads when symbolic links are followed inside the filesystem: an absolute link starts at its root, and `..` does
    /// not leave it. With `last` the last part is followed too, or else shown as the link that it is.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Dangling`] and [`Error::Loop`].
    pub fn resolve(&self, path: &[u8], last: bool) -> Result<Vec<u8>> {
        match self.walk(path, last, |path| if self.has(path) { Look::There } else { Look::Absent })? {
            End::At(at) => Ok(at),
            End::Nowhere { dangling } => Err(nowhere(path, dangling)),
            End::Unknown => unreachable!("a merged filesystem has no layers below"),
        }
    }

    /// Finds the file that a path leads to when symbolic links are followed inside the filesystem.
    pub fn find_file(&self, path: &[u8]) -> Option<Found> {
        let path = self.resolve(path, true).ok()?;
        let entry = self.get(&path).filter(|entry| entry.is_file())?.clone();
        Some(Found { path, entry })
    }

    /// Follows a path; `look` says what is there.
    pub(super) fn walk(&self, path: &[u8], last: bool, look: impl Fn(&[u8]) -> Look) -> Result<End> {
        // What is still to be gone through, the next part last.
        let mut parts = parts(path);
        let mut here: Vec<u8> = Vec::new();
        let mut links = 0;
        let mut dangling = None;
        let follow_last = last || path.ends_with(b"/");
        while let Some(part) = parts.pop() {
            if part == b".." {
                here = split(&here).0.to_vec();
                continue;
            }
            if !here.is_empty() && self.get(&here).is_some_and(|entry| !entry.is_directory()) {
                return Ok(End::Nowhere { dangling });
            }
            let next = join(&here, &part);
            match look(&next) {
                Look::There => {}
                Look::Absent => return Ok(End::Nowhere { dangling }),
                Look::Unknown => return Ok(End::Unknown),
            }
            let target =
                self.get(&next).filter(|entry| entry.kind == Kind::Symlink).and_then(|entry| entry.link.as_deref());
            let Some(target) = target.filter(|_| follow_last || !parts.is_empty()) else {
                here = next;
                continue;
            };
            links += 1;
            if links > MAX_LINKS {
                return Err(Error::Loop { path: path.to_vec() });
            }
            if parts.is_empty() {
                dangling = Some(target.to_vec());
            }
            if target.starts_with(b"/") {
                here.clear();
            }
            parts.extend(self::parts(target));
        }
        Ok(End::At(here))
    }

    /// Says whether something is at a path; the root always is.
    fn has(&self, path: &[u8]) -> bool {
        path.is_empty() || self.get(path).is_some()
    }

    /// Says what is known of a path when there may be layers below.
    pub(super) fn look(&self, path: &[u8]) -> Look {
        let touches =
            |other: &Vec<u8>| other == path || super::tree::is_below(other, path) || super::tree::is_below(path, other);
        if self.shadows.unresolved.iter().any(touches) {
            Look::Unknown
        } else if self.has(path) {
            Look::There
        } else if self.is_shadowed(path) {
            Look::Absent
        } else {
            Look::Unknown
        }
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
fn parts(path: &[u8]) -> Vec<Vec<u8>> {
    path.rsplit(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b".")).map(<[u8]>::to_vec).collect()
}
