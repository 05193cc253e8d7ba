//! Manifests at hand, of large ones all but the bytes, each answer checked against the files that it came from.
//!
//! An entry holds the versions of the files it was read from, and is good as long as those are the same. Files are replaced by renames,
//! and an inode's number can come back within one tick of the clock, so that files are trusted only when they are older than any tick.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use super::files::{Files, Stamp};
use super::manifests::Served;

/// The most bytes of each of the two generations.
const GENERATION: usize = 4 * 1024 * 1024;
/// How old a file must be, in seconds: some file systems count in twos.
const SETTLED: i64 = 3;

/// Manifests by repository and reference.
#[derive(Debug, Default)]
pub(super) struct Cache(RwLock<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<String, Entry>,
    old: HashMap<String, Entry>,
    size: usize,
}

#[derive(Clone, Debug)]
struct Entry {
    from: Arc<[(String, Stamp)]>,
    manifest: Arc<Served>,
}

impl Cache {
    /// Returns a manifest if the files that it was read from are still the same.
    pub(super) fn find(&self, key: &str, files: &Files) -> Option<Arc<Served>> {
        let (entry, is_old) = {
            let generations = crate::locks::read(&self.0);
            match generations.young.get(key) {
                Some(entry) => (entry.clone(), false),
                None => (generations.old.get(key)?.clone(), true),
            }
        };
        if !entry.from.iter().all(|(path, stamp)| files.stamp(path) == Some(*stamp)) {
            return None;
        }
        if is_old {
            self.insert(key, entry.clone());
        }
        Some(entry.manifest)
    }

    /// Keeps a manifest and the versions of the files that it was read from, if they have settled.
    pub(super) fn keep(&self, key: &str, from: Vec<(String, Stamp)>, manifest: &Arc<Served>) {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
        let settled = i64::try_from(now).unwrap_or_default() - SETTLED;
        let is_settled = |stamp: &Stamp| stamp.modified().0 < settled && stamp.changed().0 < settled;
        if from.iter().all(|(_, stamp)| is_settled(stamp)) {
            self.insert(key, Entry { from: from.into(), manifest: Arc::clone(manifest) });
        }
    }

    fn insert(&self, key: &str, entry: Entry) {
        // A path, a stamp and a map's slot for each file, and the manifest.
        let size = entry.manifest.bytes() + 2 * key.len() + 512;
        let mut generations = crate::locks::write(&self.0);
        if generations.size + size > GENERATION {
            generations.old = std::mem::take(&mut generations.young);
            generations.size = 0;
        }
        generations.size += size;
        generations.young.insert(key.to_owned(), entry);
    }
}
