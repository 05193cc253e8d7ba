//! The version of the storage's form, in a file of the root, where distribution does not look. A program that knows only older ones must not
//! write: it could take for garbage what a newer one needs.

use super::files::Files;
use crate::store::{Error, Result};

const FILE: &str = ".stevedore-version";
/// The form that is written here: that of distribution, with what DECISIONS.md says lies beside it.
const VERSION: u32 = 1;

/// Fails for a newer form, and otherwise says which one it is from now on.
pub(super) fn mark(files: &Files) -> Result<()> {
    if check(files)? {
        return Ok(());
    }
    match files.put(FILE, format!("{VERSION}\n").as_bytes()) {
        // On a disk that is full, or cannot be written to, it is this form all the same.
        Err(Error::Io { .. }) => Ok(()),
        other => other,
    }
}

/// Fails for a newer form. Says whether there is a word on it: distribution writes none.
pub(super) fn check(files: &Files) -> Result<bool> {
    let Some(content) = files.read(FILE, 100)? else {
        return Ok(false);
    };
    match std::str::from_utf8(&content).ok().and_then(|text| text.trim().parse::<u32>().ok()) {
        Some(VERSION) => Ok(true),
        Some(other) => {
            let reason = format!("says that the storage has form {other}, and this program knows form {VERSION} only");
            files.odd(FILE, &reason)
        }
        // A crash can leave an empty file.
        None if content.iter().all(|byte| *byte == 0) => Ok(false),
        None => files.odd(FILE, "holds no number"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_form_is_not_touched() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files::open(folder.path()).expect("opens");
        let path = folder.path().join(FILE);
        for (content, known) in [("1\n", true), ("1", true), ("2\n", false), ("x", false), ("-1", false)] {
            std::fs::write(&path, content).expect("written");
            assert_eq!(mark(&files).is_ok(), known, "{content}");
            assert_eq!(std::fs::read_to_string(&path).expect("stays"), content);
        }
        for content in ["", "\0\0"] {
            std::fs::write(&path, content).expect("written");
            mark(&files).expect("repaired");
            assert_eq!(std::fs::read_to_string(&path).expect("reads"), "1\n");
        }
    }
}
