//! Uploads in pieces: `_uploads/UUID/{data,startedat}`, as distribution keeps them, so that they outlive the process.
//!
//! The digest of what came is carried on in memory while this process takes every piece; after a restart, or when the client names another
//! algorithm at the end, the file is read again.
//!
//! An upload's `data` is created once, when the upload starts, and never again: no later request can find other bytes under the name, so
//! what was hashed is what is renamed.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Mutex;

use ring::rand::SecureRandom;

use super::blobs::{BUFFER, Put, pour};
use super::files::Stamp;
use super::step::step;
use super::temporary::is_at;
use super::{Storage, layout};
use crate::digest::{Algorithm, Digest, Hasher};
use crate::locks;
use crate::store::{Error, Result};
use crate::timestamp;

/// The most uploads whose digest is carried on in memory.
const MAX_PROGRESS: usize = 4096;

/// Digests of what has come of uploads, by their folder: how far, and the state there.
#[derive(Debug, Default)]
pub(super) struct Progress(Mutex<HashMap<String, (u64, Hasher)>>);

impl Progress {
    fn take(&self, folder: &str) -> Option<(u64, Hasher)> {
        locks::lock(&self.0).remove(folder)
    }

    fn keep(&self, folder: &str, at: u64, hasher: Hasher) {
        let mut list = locks::lock(&self.0);
        if list.len() >= MAX_PROGRESS {
            // Reading those files again is slower and no less right.
            list.clear();
        }
        list.insert(folder.to_owned(), (at, hasher));
    }
}

/// What there is of an upload.
pub(in crate::server) enum Opened<'a> {
    /// It is ours until it is dropped.
    Session(Session<'a>),
    /// Another request is at it.
    Busy,
    /// There is none.
    Unknown,
}

/// An upload that nobody else is at.
pub(in crate::server) struct Session<'a> {
    storage: &'a Storage,
    repository: String,
    folder: String,
    file: File,
    length: u64,
}

impl Storage {
    /// Starts an upload and returns its name.
    pub(in crate::server) fn start_session(&self, name: &str) -> Result<String> {
        super::mounts::check_repository(&self.files, name)?;
        let id = new_id()?;
        let path = layout::upload(name, &id);
        let folder = self.files.make(&path)?;
        self.files.create(&folder, "data")?;
        let mut started = self.files.create(&folder, "startedat")?;
        // As distribution writes it.
        let now = timestamp::format(timestamp::now().0);
        started.write_all(now.as_bytes()).map_err(self.files.error("write", &path))?;
        Ok(id)
    }

    /// Returns the number of bytes that an upload has; none when there is no such upload.
    pub(in crate::server) fn session_length(&self, name: &str, id: &str) -> Result<Option<u64>> {
        let found = self.files.file(&format!("{}/data", layout::upload(name, id)))?;
        Ok(found.map(|(_, stamp)| stamp.size()))
    }

    /// Opens an upload for one taker.
    ///
    /// An upload without `data` is unknown, even where `startedat` lies there: it is finished or cancelled and about to be removed. To
    /// create `data` here would let a second file take the name of one that another request still holds. Distribution creates `data`
    /// with the first byte, so an upload that it has begun without any is started again by the client.
    pub(in crate::server) fn open_session(&self, name: &str, id: &str) -> Result<Opened<'_>> {
        let path = layout::upload(name, id);
        let data = format!("{path}/data");
        let Some(folder) = self.files.folder(&path)? else {
            return Ok(Opened::Unknown);
        };
        let Some((file, _)) = self.files.writable(&data)? else {
            return Ok(Opened::Unknown);
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Opened::Busy),
            Err(TryLockError::Error(error)) => return Err(self.files.error("lock", &data)(error)),
        }
        // Another may have finished it between the two calls.
        if !is_at(&file, &folder, "data") {
            return Ok(Opened::Unknown);
        }
        let length = file.metadata().map_err(self.files.error("read", &data))?.len();
        Ok(Opened::Session(Session { storage: self, repository: name.into(), folder: path, file, length }))
    }
}

impl Session<'_> {
    /// Returns the number of bytes so far.
    pub(in crate::server) fn length(&self) -> u64 {
        self.length
    }

    /// Returns when the last byte came, in seconds and nanoseconds of the file system's clock.
    pub(super) fn modified(&self) -> Result<(i64, i64)> {
        let stat = rustix::fs::fstat(&self.file).map_err(io::Error::from).map_err(self.error("read"))?;
        Ok(Stamp::from(stat).modified())
    }

    /// Appends everything that `content` gives. What came before an error of the content stays; a disk that fails takes all that this call
    /// has brought with it.
    pub(in crate::server) fn append(&mut self, content: &mut dyn Read) -> Result<()> {
        let begin = self.length;
        let mut hasher = match self.storage.progress.take(&self.folder) {
            Some((at, hasher)) if at == begin => Some(hasher),
            _ if begin == 0 => Some(Hasher::new(Algorithm::Sha256)),
            _ => None,
        };
        self.file.seek(SeekFrom::Start(begin)).map_err(self.error("write"))?;
        let failed = self.storage.files.error("write", &self.folder);
        let mut failed = Some(failed);
        let (file, length) = (&mut self.file, &mut self.length);
        let result = pour(content, |piece| {
            file.write_all(piece).map_err(|error| failed.take().expect("the first error is the last")(error))?;
            if let Some(hasher) = &mut hasher {
                hasher.update(piece);
            }
            *length += piece.len() as u64;
            Ok(())
        });
        if matches!(result, Err(ref error) if !matches!(error, Error::Content(_))) {
            self.shorten(begin)?;
        } else if let Some(hasher) = hasher {
            self.storage.progress.keep(&self.folder, self.length, hasher);
        }
        result
    }

    /// Forgets what came behind `length`.
    pub(in crate::server) fn shorten(&mut self, length: u64) -> Result<()> {
        self.storage.progress.take(&self.folder);
        self.file.set_len(length).map_err(self.error("truncate"))?;
        self.length = length;
        Ok(())
    }

    /// Makes what is there the blob `digest` of the repository. Content of another digest is gone.
    pub(in crate::server) fn commit(mut self, digest: &Digest) -> Result<Put> {
        let got = self.digest(digest.algorithm())?;
        if got != *digest {
            self.cancel()?;
            return Ok(Put::Mismatch { got });
        }
        self.file.sync_all().map_err(self.error("sync"))?;
        step("commit: synced")?;
        let files = &self.storage.files;
        let folder = files.folder(&self.folder)?.ok_or_else(|| self.error("open")(io::ErrorKind::NotFound.into()))?;
        let shared = self.storage.share()?;
        // The time of its last byte may be older than the collector's begin. It must be new before the name is, or a crash between the two
        // would leave a blob that looks old though a manifest has just been allowed to use it.
        files.renew(&self.file, &self.folder)?;
        step("commit: renewed")?;
        // The rename goes by name, the digest by file: they must be the same, whoever else writes to this directory.
        if !is_at(&self.file, &folder, "data") {
            return Err(self.error("rename")(io::ErrorKind::NotFound.into()));
        }
        files.rename(&folder, "data", &layout::data(digest))?;
        step("commit: renamed")?;
        self.storage.write_link(&layout::layer(&self.repository, digest), digest)?;
        drop(shared);
        self.cancel()?;
        Ok(Put::Done)
    }

    /// Ends the upload and frees what came of it.
    pub(in crate::server) fn cancel(self) -> Result<()> {
        self.clear()
    }

    /// Removes the upload. `data` is this session's file or gone, since nobody creates it again.
    pub(in crate::server) fn clear(&self) -> Result<()> {
        self.storage.progress.take(&self.folder);
        let Self { storage, folder, repository, .. } = self;
        storage.files.remove_all(folder)?;
        storage.files.prune(&layout::uploads(repository), &layout::repository(repository))
    }

    fn digest(&mut self, algorithm: Algorithm) -> Result<Digest> {
        let (at, mut hasher) = match self.storage.progress.take(&self.folder) {
            Some((at, hasher)) if algorithm == Algorithm::Sha256 && at <= self.length => (at, hasher),
            _ => (0, Hasher::new(algorithm)),
        };
        if at < self.length {
            self.file.seek(SeekFrom::Start(at)).map_err(self.error("read"))?;
            let rest = io::BufReader::with_capacity(BUFFER, &mut self.file).take(self.length - at);
            hasher.update_from(rest).map_err(self.storage.files.error("read", &self.folder))?;
        }
        Ok(hasher.finish())
    }

    fn error(&self, action: &'static str) -> impl FnOnce(io::Error) -> Error + use<> {
        self.storage.files.error(action, &self.folder)
    }
}

/// Says whether text has the form of an upload's name, a UUID.
pub(in crate::server) fn is_session_id(text: &str) -> bool {
    let is_hex = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.split('-').all(is_hex)
}

/// Makes a random UUID: RFC 9562, section 5.4.
fn new_id() -> Result<String> {
    let mut bytes = [0; 16];
    let random = ring::rand::SystemRandom::new();
    random.fill(&mut bytes).map_err(|_| Error::Unsupported { what: "a random number" })?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    let [one, two, three, four, five] = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &hex[part]);
    Ok(format!("{one}-{two}-{three}-{four}-{five}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_random_uuids() {
        let id = new_id().expect("random");
        assert!(is_session_id(&id), "{id}");
        assert_eq!(&id[14..15], "4");
        assert_ne!(id, new_id().expect("random"));
        for bad in
            ["", "..", "x", &id[1..], &id.to_uppercase().replace(|c: char| c.is_ascii_digit(), "A"), &format!("{id}/x")]
        {
            assert!(!is_session_id(bad), "{bad}");
        }
    }
}
