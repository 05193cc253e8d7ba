//! A registry's storage: the on-disk layout of CNCF distribution, so that an existing directory is served as it is and distribution can
//! read ours back.
//!
//! Every tag, link and referrer is a file of its own: nothing shared is ever read, changed and written again, so a crash or a second
//! writer cannot ruin it. What is promised is written in the order data, links, tag, each synced before the next. Whoever links content holds
//! a lock shared, from its look at the content to the link; the collector deletes under the exclusive one, after looking again.

mod beneath;
mod blobs;
mod cache;
mod changes;
mod collect;
mod files;
mod gate;
mod ghosts;
mod layout;
mod links;
mod manifests;
mod mark;
mod mounts;
mod names;
mod referrers;
mod scrub;
mod session;
mod step;
mod tags;
mod temporary;
#[cfg(test)]
mod tests;
mod untagged;
mod version;

use std::path::Path;
use std::sync::atomic::AtomicUsize;

use crate::digest::Digest;
use crate::store::{Error, Result};

use cache::Cache;
use files::Files;
use session::Progress;

pub(super) use blobs::{Put, Removed};
pub use collect::{Collection, Items, Report};
pub(super) use gate::is_busy;
pub(super) use manifests::{READ_LIMIT, media_type};
pub use scrub::{Scrub, Scrubbed, Space, Usage};
pub(super) use session::{Opened, Session, is_session_id};
#[cfg(test)]
pub(super) use step::tests as steps;

/// The most bytes of a link that is not garbage.
const LINK_LIMIT: u64 = 1024;
/// How many requests wait for the collector, unless said otherwise.
const MAX_WAITING: usize = 64;

/// The storage of a registry. All methods may be called from many threads and many processes at the same time.
#[derive(Debug)]
pub struct Storage {
    files: Files,
    cache: Cache,
    progress: Progress,
    /// How many requests wait for the collector, and how many may.
    waiting: AtomicUsize,
    max_waiting: usize,
}

impl Storage {
    /// Opens the storage in a directory, which is made when it is not there.
    ///
    /// # Errors
    /// When the directory cannot be made or read, a part of it is a mount of its own, or a newer version of this program has changed its form.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        std::fs::create_dir_all(path).map_err(Error::io("create", path))?;
        let files = Files::open(path)?;
        for folder in [layout::repositories(), format!("{}/blobs", layout::ROOT)] {
            match files.make(&folder) {
                // A link that may be followed later; `obstacles` names it otherwise.
                Ok(_) | Err(Error::Malformed { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        mounts::check(&files)?;
        version::mark(&files)?;
        Ok(Self::of(files))
    }

    /// Opens the storage in a directory that has one: nothing is made, so that it may be one that nothing will be written to.
    ///
    /// # Errors
    /// When there is none.
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let files = Files::open(path)?;
        if files.folder(layout::ROOT)?.is_none() {
            let reason = format!("there is no {} in it", layout::ROOT);
            return Err(Error::Malformed { path: path.into(), reason });
        }
        version::check(&files)?;
        Ok(Self::of(files))
    }

    /// Follows symbolic links to folders of repositories that lead below `folder`, as it does those that lead below the storage itself.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn follow_links(&mut self, folder: impl AsRef<Path>) -> Result<()> {
        self.files.allow(folder.as_ref())
    }

    /// Says whether the storage can be used: it is where it was opened, and its folders can be read.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<()> {
        self.files.check()?;
        for folder in [layout::repositories(), format!("{}/blobs", layout::ROOT)] {
            if self.files.folder(&folder)?.is_none() {
                return self.files.odd(&folder, "is missing: is the storage mounted?");
            }
        }
        Ok(())
    }

    fn of(files: Files) -> Self {
        Self {
            files,
            cache: Cache::default(),
            progress: Progress::default(),
            waiting: AtomicUsize::new(0),
            max_waiting: MAX_WAITING,
        }
    }

    /// Limits how many requests wait for a collection of another process at the same time; more are refused at once. To be less than the
    /// number of connections, so that some are left for those who read.
    pub fn limit_waiting(&mut self, requests: usize) {
        self.max_waiting = requests;
    }

    /// Says whether the repository has anything in it.
    pub(super) fn has_repository(&self, name: &str) -> Result<bool> {
        for folder in ["_layers", "_manifests", "_uploads"] {
            if self.files.folder(&format!("{}/{folder}", layout::repository(name)))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads a link; a torn one, which an interrupted writer of old left, is none.
    fn link(&self, path: &str) -> Result<Option<Digest>> {
        let content = self.files.read(path, LINK_LIMIT)?;
        Ok(content.as_deref().and_then(parse_link))
    }

    /// Writes a link unless it is there, in which case it gets a new time.
    fn write_link(&self, path: &str, digest: &Digest) -> Result<()> {
        if self.link(path)?.as_ref() == Some(digest) && self.files.touch(path)? {
            // Whoever wrote it may not have come to that yet.
            return self.files.sync(files::split(path).0);
        }
        self.files.put(path, digest.to_string().as_bytes())
    }
}

fn parse_link(content: &[u8]) -> Option<Digest> {
    std::str::from_utf8(content).ok()?.trim_end().parse().ok()
}
