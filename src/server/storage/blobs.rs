//! Blobs: content that all repositories share, and the links by which it belongs to them.

use std::fs::File;
use std::io::{Read, Write};

use super::step::step;
use super::temporary::Temporary;
use super::{Storage, layout};
use crate::blob::Fault;
use crate::digest::{Digest, Hasher};
use crate::store::{Error, Result};

/// How much is read and written at a time.
pub(super) const BUFFER: usize = 256 * 1024;

impl Storage {
    /// Opens the content of a digest, whichever repository it belongs to. An empty file under another digest than that of nothing is what
    /// a crash left of old, and nothing.
    pub(super) fn data(&self, digest: &Digest) -> Result<Option<(File, u64)>> {
        let Some((file, stamp)) = self.files.file(&layout::data(digest))? else {
            return Ok(None);
        };
        let is_torn = stamp.size() == 0 && !digest.matches(b"");
        Ok((!is_torn).then(|| (file, stamp.size())))
    }

    /// Opens a blob of a repository.
    pub(in crate::server) fn blob(&self, name: &str, digest: &Digest) -> Result<Option<(File, u64)>> {
        // Distribution links a second digest of the same content to the first.
        match self.link(&layout::layer(name, digest))? {
            Some(target) => self.data(&target),
            None => Ok(None),
        }
    }

    /// Keeps a blob that a client has asked about from being collected for a while: it is about to push a manifest that needs it.
    pub(in crate::server) fn keep_blob(&self, name: &str, digest: &Digest) -> Result<()> {
        // The content of a second digest lies under the first.
        let target = self.link(&layout::layer(name, digest))?;
        self.files.touch(&layout::data(target.as_ref().unwrap_or(digest))).map(drop)
    }

    /// Says whether a blob belongs to a repository, and if so keeps it from being collected. Call it with the lock shared.
    pub(in crate::server) fn use_blob(&self, name: &str, digest: &Digest) -> Result<bool> {
        let path = layout::layer(name, digest);
        let Some(target) = self.link(&path)? else {
            return Ok(false);
        };
        let data = layout::data(&target);
        if self.data(&target)?.is_none() || !self.files.touch(&data)? {
            return Ok(false);
        }
        step("use: renewed")?;
        self.files.touch(&path)
    }

    /// Links a blob of one repository into another; says whether it was there.
    pub(in crate::server) fn mount(&self, digest: &Digest, from: &str, to: &str) -> Result<bool> {
        let _shared = self.share()?;
        if !self.use_blob(from, digest)? {
            return Ok(false);
        }
        let target = self.link(&layout::layer(from, digest))?.unwrap_or_else(|| digest.clone());
        step("mount: used")?;
        self.write_link(&layout::layer(to, digest), &target)?;
        Ok(true)
    }

    /// Returns the first repository that has a blob and that `is_allowed` accepts.
    pub(in crate::server) fn find_blob(
        &self,
        digest: &Digest,
        mut is_allowed: impl FnMut(&str) -> bool,
    ) -> Result<Option<String>> {
        let mut found = None;
        self.walk("", &mut |name| {
            if self.files.has(&layout::layer(name, digest))? && is_allowed(name) {
                found = Some(name.to_owned());
            }
            Ok(found.is_none())
        })?;
        Ok(found)
    }

    /// Writes a blob that comes in one piece, and links it. Content of another digest leaves nothing.
    pub(in crate::server) fn put_blob(&self, name: &str, digest: &Digest, content: &mut dyn Read) -> Result<Put> {
        super::mounts::check_repository(&self.files, name)?;
        let mut temporary = Temporary::new(&self.files)?;
        let mut hasher = Hasher::new(digest.algorithm());
        let path = layout::data(digest);
        pour(content, |piece| {
            hasher.update(piece);
            temporary.file.write_all(piece).map_err(self.files.error("write", &path))
        })?;
        let got = hasher.finish();
        if got != *digest {
            return Ok(Put::Mismatch { got });
        }
        // The bulk is synced before the lock is taken, so that the collector waits for little.
        temporary.file.sync_all().map_err(self.files.error("sync", &path))?;
        step("put: synced")?;
        let _shared = self.share()?;
        // As for an upload: the time of the last byte may be older than the collector's begin, and must be new before the name is.
        self.files.renew(&temporary.file, &path)?;
        step("put: renewed")?;
        temporary.place(&path)?;
        step("put: renamed")?;
        self.write_link(&layout::layer(name, digest), digest)?;
        Ok(Put::Done)
    }

    /// Removes a blob from a repository. Its content stays for other repositories, and for those that are reading it.
    pub(in crate::server) fn delete_blob(&self, name: &str, digest: &Digest) -> Result<Removed> {
        let _shared = self.share()?;
        let _serial = self.serialize(name)?;
        let path = layout::layer(name, digest);
        if self.blob(name, digest)?.is_none() {
            return Ok(Removed::Unknown);
        }
        if let Some(user) = self.user_of(name, digest)? {
            return Ok(Removed::InUse(user));
        }
        step("delete blob: looked")?;
        self.files.remove(&path)?;
        self.files.prune(super::files::split(&path).0, &layout::layers(name, digest.algorithm()))?;
        Ok(Removed::Done)
    }
}

/// What came of a blob.
#[derive(Debug)]
pub(in crate::server) enum Put {
    /// It is there for good.
    Done,
    /// It was other content, which is gone.
    Mismatch {
        /// Its digest.
        got: Digest,
    },
}

/// What came of a deletion.
#[derive(Debug)]
pub(in crate::server) enum Removed {
    /// It is gone.
    Done,
    /// There was nothing.
    Unknown,
    /// This manifest of the repository needs it.
    InUse(Digest),
}

/// Passes everything that `content` gives to `write`, keeping the two sides' failures apart.
pub(super) fn pour(content: &mut dyn Read, write: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let failed = |error| Error::Content(Fault::take(error).unwrap_or_else(Fault::Source));
    crate::reading::pour(content, failed, write)
}
