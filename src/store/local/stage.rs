//! A file that is appended to across processes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use super::super::{check_offset, pour};
use super::{Error, Key, Local, Result, Stage, is_absent, is_same, refuse_partial};
use crate::digest::Digest;
use crate::durable::{self, WriteOut};

/// A file in `.partial`, locked while it is held.
pub(super) struct LocalStage {
    store: Local,
    path: PathBuf,
    file: File,
    len: u64,
}

impl LocalStage {
    /// Opens or makes the file and waits for whoever holds it.
    pub(super) fn open(store: &Local, key: &Key) -> Result<Self> {
        // Another's link would have us write elsewhere.
        let no_follow = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        loop {
            let path = store.prepare(key)?;
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false).mode(0o644).custom_flags(no_follow);
            let file = match options.open(&path) {
                Ok(file) => file,
                // A tidy took the empty directory away.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Error::io("open", path)(error)),
            };
            file.lock().map_err(Error::io("lock", &path))?;
            // While this one waited, the holder may have renamed or removed the file.
            if is_same(&file, fs::symlink_metadata(&path)).map_err(Error::io("read", &path))? {
                let len = file.metadata().map_err(Error::io("read", &path))?.len();
                return Ok(Self { store: store.clone(), path, file, len });
            }
        }
    }

    fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.file.write_all(piece).map_err(Error::io("write", &self.path))?;
        self.len += piece.len() as u64;
        Ok(())
    }
}

impl Stage for LocalStage {
    fn len(&self) -> u64 {
        self.len
    }

    fn append(&mut self, at: u64, content: &mut dyn Read) -> Result<u64> {
        check_offset(at, self.len, &self.path.to_string_lossy())?;
        // An earlier append may have written more than it could count.
        self.file.set_len(at).map_err(Error::io("truncate", &self.path))?;
        self.file.seek(SeekFrom::Start(at)).map_err(Error::io("write", &self.path))?;
        self.len = at;
        let mut written = WriteOut::new(at);
        pour(content, |piece| {
            self.write(piece)?;
            written.advance(&self.file, self.len);
            Ok(())
        })?;
        Ok(self.len)
    }

    fn read(&self) -> Result<Box<dyn Read + Send>> {
        let file = File::open(&self.path).map_err(Error::io("open", &self.path))?;
        Ok(Box::new(file.take(self.len)))
    }

    fn commit(self: Box<Self>, key: &Key, _digest: &Digest) -> Result<()> {
        refuse_partial(key)?;
        let target = self.store.prepare(key)?;
        self.file.set_len(self.len).map_err(Error::io("truncate", &self.path))?;
        durable::place(&self.file, &self.path, &target).map_err(Error::io("replace", &target))?;
        match durable::sync_parent(&self.path) {
            // A directory that another's tidy took away meanwhile has nothing left to keep.
            Err(error) if is_absent(&error) => Ok(()),
            other => other.map_err(Error::io("sync", self.store.partial())),
        }
    }

    fn abort(self: Box<Self>) -> Result<()> {
        fs::remove_file(&self.path).map_err(Error::io("delete", &self.path))?;
        self.store.remove_empty();
        Ok(())
    }
}
