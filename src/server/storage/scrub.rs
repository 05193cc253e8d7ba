//! Reads all content again and compares it with its digest: disks lose bits in silence.
//!
//! What is damaged is set aside, under a name beside its own: the blob is then absent, so that clients push it again instead of finding it
//! there. Nothing is deleted before the blob itself is garbage.

use std::fs::File;
use std::io::{self, Read};
use std::time::Duration;

use super::blobs::BUFFER;
use super::files::split;
use super::gate::is_busy;
use super::temporary::is_at;
use super::{Storage, layout};
use crate::digest::{Algorithm, Digest, Hasher};
use crate::store::Result;

/// What a damaged file is called beside `data`, where distribution does not look.
const DAMAGED: &str = "data.damaged";
/// As old as the last scrub that ended.
const MARK: &str = ".scrubbed";

/// How to scrub.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scrub {
    /// Whether to leave damaged content where it is.
    pub dry_run: bool,
    /// Bytes a second to read at most, so that others get their share of the disk; as fast as it goes by default.
    pub rate: Option<u64>,
}

/// What a scrub found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scrubbed {
    /// How many blobs, manifests among them, were read.
    pub blobs: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// Those that do not have their digest any more, with their sizes in bytes: set aside, but for a dry run.
    pub damaged: Vec<(Digest, u64)>,
    /// Damaged ones that are still under their digest, because another process held the store for too long.
    pub left_in_place: Vec<(Digest, u64)>,
    /// Whether it was read to the end.
    pub complete: bool,
}

/// How much a storage holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Blobs, manifests among them.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What the file system of a storage has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Space {
    /// Bytes in all.
    pub size: u64,
    /// Bytes that can still be written.
    pub free: u64,
    /// Files that can still be made; nothing where the file system does not count them.
    pub free_files: Option<u64>,
}

impl Storage {
    /// Reads all content and compares it with its digest, beside pushes and pulls. `wait` sleeps for the time it is given, and says whether to
    /// go on.
    ///
    /// # Errors
    /// When a folder or a file cannot be read. A disk that fails to read a file is such an error: what it holds is not known.
    pub fn scrub(&self, how: &Scrub, wait: &mut dyn FnMut(Duration) -> bool) -> Result<Scrubbed> {
        let mut found = Scrubbed::default();
        found.complete = self.each_blob(&mut |digest| {
            let Some((file, size)) = self.data(digest)? else {
                return Ok(true);
            };
            let (is_whole, goes_on) = self.is_whole(&file, digest, how, wait)?;
            if !goes_on {
                return Ok(false);
            }
            found.blobs += 1;
            found.bytes += size;
            if is_whole {
                // It was pushed again: what was set aside is of no use any more.
                if !how.dry_run {
                    self.files.discard(&aside(digest))?;
                }
            } else if how.dry_run {
                found.damaged.push((digest.clone(), size));
            } else {
                match self.set_aside(&file, digest) {
                    Ok(true) => found.damaged.push((digest.clone(), size)),
                    Ok(false) => {}
                    Err(error) if is_busy(&error) => found.left_in_place.push((digest.clone(), size)),
                    Err(error) => return Err(error),
                }
            }
            Ok(true)
        })?;
        // With damage left in place the next scrub must not wait for its turn.
        if found.complete && !how.dry_run && found.left_in_place.is_empty() {
            self.mark_scrubbed()?;
        }
        Ok(found)
    }

    /// Returns when the last scrub ended, in seconds since 1970; nothing when none did.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn last_scrub(&self) -> Result<Option<i64>> {
        Ok(self.files.file(MARK)?.map(|(_, stamp)| stamp.modified().0))
    }

    /// Counts what is stored. It looks at every blob.
    ///
    /// # Errors
    /// When a folder or a file cannot be read.
    pub fn usage(&self) -> Result<Usage> {
        let mut usage = Usage::default();
        self.each_blob(&mut |digest| {
            if let Some((_, size)) = self.data(digest)? {
                usage.blobs += 1;
                usage.bytes += size;
            }
            Ok(true)
        })?;
        Ok(usage)
    }

    /// Asks the file system how much room there is.
    ///
    /// # Errors
    /// When it does not say.
    pub fn space(&self) -> Result<Space> {
        let found = rustix::fs::fstatvfs(self.root()?).map_err(io::Error::from);
        let found = found.map_err(self.files.error("measure", layout::ROOT))?;
        let free_files = (found.f_files > 0).then_some(found.f_favail);
        Ok(Space { size: found.f_blocks * found.f_frsize, free: found.f_bavail * found.f_frsize, free_files })
    }

    /// Calls `each` with every blob until it says no; returns whether it never did.
    fn each_blob(&self, each: &mut dyn FnMut(&Digest) -> Result<bool>) -> Result<bool> {
        for algorithm in Algorithm::ALL {
            let mut folders = Vec::new();
            self.files.folders(&layout::blobs(algorithm), |two| folders.push(two.to_owned()))?;
            for two in folders {
                let mut digests: Vec<Digest> = Vec::new();
                self.files.folders(&format!("{}/{two}", layout::blobs(algorithm)), |hex| {
                    digests.extend(format!("{algorithm}:{hex}").parse::<Digest>().ok());
                })?;
                for digest in digests {
                    if !each(&digest)? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    /// Says whether a file has its digest, and whether to go on.
    fn is_whole(
        &self,
        file: &File,
        digest: &Digest,
        how: &Scrub,
        wait: &mut dyn FnMut(Duration) -> bool,
    ) -> Result<(bool, bool)> {
        let mut hasher = Hasher::new(digest.algorithm());
        let mut buffer = vec![0; BUFFER];
        let mut file = file;
        loop {
            let count = match file.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other.map_err(self.files.error("read", &layout::data(digest)))?,
            };
            if count == 0 {
                return Ok((hasher.finish() == *digest, true));
            }
            hasher.update(&buffer[..count]);
            let pause = how.rate.map_or(Duration::ZERO, |rate| {
                Duration::from_nanos((count as u64).saturating_mul(1_000_000_000) / rate.max(1))
            });
            if !wait(pause) {
                return Ok((true, false));
            }
        }
    }

    /// Gives a damaged file its other name, unless a push has just replaced it. Says whether it was damaged indeed.
    fn set_aside(&self, file: &File, digest: &Digest) -> Result<bool> {
        let _locks = self.exclude()?;
        let path = layout::data(digest);
        let Some(folder) = self.files.folder(split(&path).0)? else {
            return Ok(false);
        };
        if !is_at(file, &folder, split(&path).1) {
            return Ok(false);
        }
        self.files.rename(&folder, split(&path).1, &aside(digest))?;
        Ok(true)
    }

    fn mark_scrubbed(&self) -> Result<()> {
        if self.files.touch(MARK)? { Ok(()) } else { self.files.put(MARK, b"") }
    }
}

/// Returns the file of damaged content.
pub(super) fn aside(digest: &Digest) -> String {
    let path = layout::data(digest);
    format!("{}/{DAMAGED}", split(&path).0)
}
