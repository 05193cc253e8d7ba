//! A tar that is taken as a layer, bit by bit as it is: what it does upon a base that nobody may have meant.

use std::collections::HashSet;

use super::{Error, Made, Result};
use crate::filesystem::{Entry, Kind, Meaning, Tree, each_member, split};

/// How many paths are named at most.
const MAX_NAMED: usize = 20;

impl Made {
    /// Returns the paths to which the layer gives another type than the base has there, and what they are there: a directory in place of a link
    /// is the fault that most such layers have. No more than the first 20 are named.
    ///
    /// # Errors
    /// When the layer cannot be read.
    pub(crate) fn retyped(&self, base: &Tree) -> Result<Vec<(Vec<u8>, &'static str)>> {
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        self.each(&mut |path, entry| {
            let mut note = |path: &[u8], is_directory: bool| {
                let there = base.get(path).filter(|there| there.is_directory() != is_directory);
                if let Some(there) = there.filter(|_| found.len() < MAX_NAMED)
                    && !found.iter().any(|(own, _)| own == path)
                {
                    found.push((path.to_vec(), type_name(&there)));
                }
            };
            // Below what was seen nothing is new.
            let mut parent = split(path).0;
            while !parent.is_empty() && seen.insert(parent.to_vec()) {
                note(parent, true);
                parent = split(parent).0;
            }
            note(path, entry.is_directory());
        })?;
        Ok(found)
    }

    /// Fails when Windows would not take the layer.
    ///
    /// # Errors
    /// [`Error::Windows`], and when the layer cannot be read.
    pub(crate) fn check_for_windows(&self) -> Result<()> {
        let mut other = None;
        self.each(&mut |path, _| {
            if other.is_none() && !is_for_windows(path) {
                other = Some(path.to_vec());
            }
        })?;
        other.map_or(Ok(()), |path| Err(Error::Windows { path }))
    }

    /// Shows each entry where it lies when the layer is put on others.
    fn each(&self, visit: &mut dyn FnMut(&[u8], &Entry)) -> Result<()> {
        let failed = |source| Error::Content { layer: self.descriptor.digest.clone(), source };
        let blob = self.blob().map_err(|fault| failed(std::io::Error::other(fault)))?;
        let read = each_member(blob, &mut |meaning, entry| {
            if let Meaning::Path(path) = meaning {
                visit(path.as_slice(), entry);
            }
        });
        read.map_err(failed)
    }
}

/// Says whether Windows takes a path of a layer.
pub(crate) fn is_for_windows(path: &[u8]) -> bool {
    let top = path.split(|byte| *byte == b'/').next().unwrap_or_default();
    [&b""[..], b"Files", b"Hives", b"UtilityVM"].contains(&top)
}

/// Returns what something of the base is, with its article.
pub(crate) fn type_name(entry: &Entry) -> &'static str {
    match entry.kind {
        Kind::Directory => "a directory",
        Kind::Symlink => "a link",
        Kind::File => "a file",
        _ => "a device or pipe",
    }
}
