//! A file with a line for each request that wrote.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::locks;

/// A file that lines are appended to. When it was renamed or removed, as by logrotate, the next line goes into a new one.
#[derive(Debug)]
pub struct AuditLog {
    path: PathBuf,
    file: Mutex<File>,
}

impl AuditLog {
    /// Opens the file, which is made when it is not there, for the owner alone.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let file = Mutex::new(open(&path)?);
        Ok(Self { path, file })
    }

    /// Appends a line, which has no newline.
    ///
    /// # Errors
    /// When it cannot be written, or a new file not be made.
    pub fn append(&self, line: &str) -> io::Result<()> {
        let mut file = locks::lock(&self.file);
        if !is_at(&file, &self.path)? {
            *file = open(&self.path)?;
        }
        // In one call: another process that appends to the file does not write into the line.
        file.write_all(format!("{line}\n").as_bytes())
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let own = file.metadata()?;
    match path.metadata() {
        Ok(there) => Ok((there.dev(), there.ino()) == (own.dev(), own.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_file_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, old) = (folder.path().join("audit"), folder.path().join("audit.1"));
        std::fs::write(&path, "before\n").expect("written");
        let log = AuditLog::open(&path).expect("opens");
        log.append("one").expect("written");
        std::fs::rename(&path, &old).expect("renamed");
        log.append("two").expect("written");
        std::fs::remove_file(&path).expect("removed");
        log.append("three").expect("written");
        let read = |path| std::fs::read_to_string(path).expect("reads");
        assert_eq!((read(&old), read(&path)), ("before\none\n".into(), "three\n".into()));
    }
}
