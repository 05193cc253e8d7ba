//! The store's folder as the explorer sees it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How old what was there first looks.
const OLD: Duration = Duration::from_secs(7200);

/// When a file was written, as far as the collector can tell it from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Age {
    /// Before the requests.
    Old,
    /// Since, but before the collection began.
    Before,
    /// Since the collection began.
    Since,
}

/// The files of a store by their path.
pub(super) struct Disk {
    root: PathBuf,
    known: BTreeMap<PathBuf, (SystemTime, Age)>,
    start: SystemTime,
    signature: u64,
}

impl Disk {
    /// Looks at a store that was prepared, and makes all of it old.
    pub(super) fn new(root: &Path) -> Self {
        let mut disk = Self { root: root.to_owned(), known: BTreeMap::new(), start: SystemTime::now(), signature: 0 };
        disk.look(Age::Old);
        disk
    }

    /// Gives what was written since the last look the time of `age`: the clock of files moves in ticks, so that real times would not say
    /// on which side of the collection's begin something lies.
    pub(super) fn look(&mut self, age: Age) {
        let mut files = Vec::new();
        let mut hasher = DefaultHasher::new();
        walk(&self.root, &mut files);
        let mut known = BTreeMap::new();
        for path in files {
            let Ok(stat) = path.symlink_metadata() else { continue };
            let modified = stat.modified().expect("a time");
            let found = match self.known.get(&path) {
                Some((before, age)) if *before == modified => (modified, *age),
                // Made so by `make_old`.
                _ if modified <= self.start - OLD => (modified, Age::Old),
                _ => (self.set(&path, age), age),
            };
            let name = path.strip_prefix(&self.root).expect("below it").to_string_lossy();
            // Names that are random or numbered, and a time, say nothing about what can happen.
            let name: Vec<&str> = name.split('/').map(|part| if is_random(part) { "*" } else { part }).collect();
            let is_time = name.last() == Some(&"startedat");
            (name, found.1, (!is_time).then(|| fs::read(&path).ok())).hash(&mut hasher);
            known.insert(path, found);
        }
        self.known = known;
        self.signature = hasher.finish();
    }

    /// Returns a hash of everything that is there.
    pub(super) fn signature(&self) -> u64 {
        self.signature
    }

    /// Makes a file look as old as what was there first.
    pub(super) fn make_old(path: &Path) {
        set_time(path, SystemTime::now() - 2 * OLD);
    }

    fn set(&self, path: &Path, age: Age) -> SystemTime {
        let time = match age {
            Age::Old => self.start - OLD,
            Age::Before => self.start - Duration::from_secs(3600),
            Age::Since => self.start + Duration::from_secs(3600),
        };
        set_time(path, time);
        path.metadata().and_then(|stat| stat.modified()).expect("is there")
    }
}

fn set_time(path: &Path, time: SystemTime) {
    File::options().write(true).open(path).and_then(|file| file.set_modified(time)).expect("sets the time");
}

fn is_random(part: &str) -> bool {
    part.starts_with("put-") || super::super::storage::is_session_id(part)
}

/// Lists the regular files below a folder, by name.
pub(super) fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(listing) = fs::read_dir(folder) else { return };
    let mut entries: Vec<PathBuf> = listing.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, files);
        } else {
            files.push(path);
        }
    }
}
