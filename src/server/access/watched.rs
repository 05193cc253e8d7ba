//! A file whose meaning is kept, and read again when the file changes.

use crate::error_chain::with_causes;
use crate::locks;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// Told of what a running server should say to its keeper, such as a file that cannot be read any more.
pub type Notes = Arc<dyn Fn(&str) + Send + Sync>;

/// A file that a server is configured by cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It cannot be read or written.
    #[error("cannot {verb} {}", path.display())]
    Io {
        /// What was tried.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// It does not say what such a file says.
    #[error("{}:{line}:{column}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
}

crate::class::classified!(FileError => Failed);

/// Where a text is wrong: byte offset, and what is wrong there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) at: usize,
    pub(super) reason: String,
}

impl Wrong {
    pub(super) fn new(at: usize, reason: impl Into<String>) -> Self {
        Self { at, reason: reason.into() }
    }

    fn into_error(self, path: &Path, text: &str) -> FileError {
        let before = text.get(..self.at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        FileError::Malformed { path: path.into(), line, column, reason: self.reason }
    }
}

type Parse<T> = fn(&str) -> Result<T, Wrong>;

/// A file and what it means. A change that cannot be understood is told, and what was there before holds on: an editor may be in the middle
/// of its work, and neither opening nor closing the registry would be what anybody asked for.
pub(super) struct Watched<T> {
    path: PathBuf,
    parse: Parse<T>,
    notes: Notes,
    state: Mutex<State<T>>,
}

struct State<T> {
    value: Arc<T>,
    stamp: Option<Stamp>,
}

/// By what a change is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    changed: (i64, i64),
    /// Whether a later change would show in the time, whose steps are coarse.
    settled: bool,
}

/// Below this age, a file may change without its time changing.
const COARSE: Duration = Duration::from_secs(2);

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        let age = metadata.modified().ok().and_then(|time| SystemTime::now().duration_since(time).ok());
        Self {
            inode: metadata.ino(),
            size: metadata.size(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            settled: age.is_some_and(|age| age >= COARSE),
        }
    }
}

impl<T> Watched<T> {
    /// Reads a file.
    pub(super) fn open(path: &Path, parse: Parse<T>, notes: Notes) -> Result<Self, FileError> {
        let (stamp, value) = read(path, parse)?;
        let state = Mutex::new(State { value: Arc::new(value), stamp: Some(stamp) });
        Ok(Self { path: path.into(), parse, notes, state })
    }

    /// Returns what the file says now.
    pub(super) fn current(&self) -> Arc<T> {
        let mut state = locks::lock(&self.state);
        let now = fs::metadata(&self.path).ok().map(|metadata| Stamp::of(&metadata));
        if now == state.stamp && now.is_none_or(|stamp| stamp.settled) {
            return Arc::clone(&state.value);
        }
        match read(&self.path, self.parse) {
            Ok((stamp, value)) => *state = State { value: Arc::new(value), stamp: Some(stamp) },
            Err(error) => {
                // Once for each state of the file, and not for each request.
                let told = match (now, state.stamp) {
                    (None, None) => true,
                    (Some(now), Some(before)) => Stamp { settled: before.settled, ..now } == before,
                    _ => false,
                };
                if !told {
                    (self.notes)(&format!("{}; what it said before still holds", with_causes(&error)));
                }
                state.stamp = now;
            }
        }
        Arc::clone(&state.value)
    }
}

fn read<T>(path: &Path, parse: Parse<T>) -> Result<(Stamp, T), FileError> {
    let io = |source| FileError::Io { verb: "read", path: path.into(), source };
    // Looked at first: a change in between shows at the next look.
    let stamp = Stamp::of(&fs::metadata(path).map_err(io)?);
    let text = fs::read_to_string(path).map_err(io)?;
    let value = parse(&text).map_err(|wrong| wrong.into_error(path, &text))?;
    Ok((stamp, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Result<u32, Wrong> {
        text.trim().parse().map_err(|_| Wrong::new(text.len(), "expected a number"))
    }

    #[test]
    fn a_change_shows_at_once_and_a_broken_one_not_at_all() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("file");
        fs::write(&path, "1").expect("written");
        let told = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&told);
        let notes: Notes = Arc::new(move |note: &str| sink.lock().expect("a lock").push(note.to_owned()));
        let watched = Watched::open(&path, number, notes).expect("opens");
        assert_eq!(*watched.current(), 1);
        fs::write(&path, "2").expect("written");
        assert_eq!(*watched.current(), 2, "the same size, in the same moment");
        fs::write(&path, "3\nx").expect("written");
        assert_eq!((*watched.current(), *watched.current()), (2, 2));
        let file = path.display();
        assert_eq!(
            *told.lock().expect("a lock"),
            [format!("{file}:2:2: expected a number; what it said before still holds")]
        );
        fs::remove_file(&path).expect("removed");
        assert_eq!((*watched.current(), *watched.current()), (2, 2));
        assert_eq!(told.lock().expect("a lock").len(), 2);
        fs::write(&path, "4").expect("written");
        assert_eq!(*watched.current(), 4);
    }

    #[test]
    fn a_file_that_never_was_right_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("file");
        let open = || Watched::open(&path, number, Arc::new(|_: &str| {})).map(drop);
        assert!(matches!(open(), Err(FileError::Io { verb: "read", .. })));
        fs::write(&path, "x").expect("written");
        assert_eq!(open().expect_err("no number").to_string(), format!("{}:1:2: expected a number", path.display()));
    }
}
