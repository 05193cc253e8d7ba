//! What of an image is listed.

use stevedore::filesystem::{Entry, Error, Glob, Tree};

use crate::cli::{Result, entries};

/// What is listed.
pub(super) enum Selection {
    /// What is at and below a path; the empty one is the root.
    Within(Vec<u8>),
    /// What a pattern matches.
    Matching(Glob),
}

impl Selection {
    /// Takes what is at and below a path, or what the path matches as a pattern; without one everything.
    pub(super) fn new(path: Option<&[u8]>, merged: &Tree) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::Within(Vec::new())) };
        match merged.resolve(path, false) {
            Ok(at) => Ok(Self::Within(at)),
            Err(error @ Error::NotFound { .. }) if Glob::is_pattern(path) => {
                let selection = Self::Matching(Glob::new(path));
                if selection.entries(merged).next().is_none() { Err(error.into()) } else { Ok(selection) }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the directory that levels are counted from.
    pub(super) fn base(&self) -> &[u8] {
        match self {
            Self::Within(path) => path,
            Self::Matching(_) => b"",
        }
    }

    /// Says whether a path is listed.
    pub(super) fn has(&self, path: &[u8]) -> bool {
        match self {
            Self::Within(base) => entries::is_within(path, base),
            Self::Matching(glob) => glob.matches(path),
        }
    }

    /// Returns what is listed, in the order of the paths' bytes.
    pub(super) fn entries<'t>(&'t self, merged: &'t Tree) -> impl Iterator<Item = (Vec<u8>, Entry)> + 't {
        merged.below(self.base()).filter(|(path, _)| self.has(path))
    }
}
