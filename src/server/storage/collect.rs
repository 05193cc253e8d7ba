//! The collector: frees what no manifest needs, at any moment and beside any number of writers.
//!
//! It marks without a lock, and whatever is linked meanwhile gets a new time from its writer, under the shared lock. Under the exclusive one
//! it looks at that time again and deletes only what is still as old as it was. `docs/GC.md` says why that is enough.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use super::files::{Stamp, split};
use super::gate::{BREATH, Held, is_busy};
use super::layout::{self, PARTIAL};
use super::step::{step, step_knowing, wait};
use super::temporary::is_at;
use super::untagged::Known;
use super::{Opened, Storage, scrub};
use crate::digest::{Algorithm, Digest};
use crate::store::Result;
use crate::timestamp;

/// How many blobs are deleted while writers wait.
const BATCH: usize = 64;

/// How to collect.
#[derive(Clone, Debug)]
pub struct Collection {
    /// Whether to say only what would go.
    pub dry_run: bool,
    /// How long content stays that nothing needs yet: a push brings the blobs before the manifest.
    pub grace: Duration,
    /// How long an upload stays that nobody continues.
    pub upload_age: Duration,
    /// Whether manifests go that have no tag, are in no index that stays, and refer to nothing that stays.
    pub delete_untagged: bool,
    /// Whether blobs go though there is no repository at all. By default that is an error, since it is what a volume that is not mounted,
    /// or a half restored backup, looks like.
    pub allow_empty: bool,
}

impl Default for Collection {
    fn default() -> Self {
        let hour = Duration::from_secs(60 * 60);
        Self { dry_run: false, grace: hour, upload_age: 24 * hour, delete_untagged: false, allow_empty: false }
    }
}

/// What a collection freed, or would free.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// How many blobs and manifests are there that stay.
    pub kept: u64,
    /// How many blobs, manifests among them, no manifest needed.
    pub blobs: u64,
    /// How many manifests without a tag were removed from their repository.
    pub untagged: u64,
    /// How many uploads nobody continued.
    pub uploads: u64,
    /// How many unfinished writes a killed process left.
    pub leftovers: u64,
    /// How many bytes all of them had.
    pub bytes: u64,
    /// Each of them by name, but for unfinished writes, which have none that says anything.
    pub items: Items,
}

/// What a collection freed, or would free, one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Items {
    /// The blobs, manifests among them, with their sizes in bytes.
    pub blobs: Vec<(Digest, u64)>,
    /// The manifests without a tag, each with its repository.
    pub untagged: Vec<(String, Digest)>,
    /// The uploads, each as its repository and its name.
    pub uploads: Vec<(String, String)>,
}

/// A time of the file system's clock, in seconds and nanoseconds.
type Time = (i64, i64);

/// What a collection goes by.
pub(super) struct Sweep<'a> {
    pub(super) storage: &'a Storage,
    pub(super) options: &'a Collection,
    /// What was written since may have been linked since.
    begin: Time,
    pub(super) report: Report,
}

impl Storage {
    /// Frees what nobody needs. It may run at any moment, beside pushes and pulls and in several processes.
    ///
    /// It deletes only what it has proved to be unneeded. A manifest that is missing or damaged, a link that is not followed, or anything else
    /// that the layout does not have there, keeps every blob and manifest; expired uploads and what killed processes left are removed.
    ///
    /// # Errors
    /// When something is damaged, or cannot be read or deleted; what was deleted before stays so, and nothing is half gone.
    pub fn collect(&self, options: &Collection) -> Result<Report> {
        let mut sweep = self.sweep(options)?;
        sweep.leftovers()?;
        sweep.uploads()?;
        if options.delete_untagged {
            sweep.untagged()?;
        }
        sweep.blobs()?;
        sweep.ghosts()?;
        Ok(sweep.report)
    }

    /// Removes only what killed processes and expired uploads left, as the first half of a collection does: a server that has just started
    /// may be looking at a directory that is not restored or mounted as a whole yet.
    ///
    /// # Errors
    /// When something cannot be read or deleted.
    pub fn tidy(&self, options: &Collection) -> Result<Report> {
        let mut sweep = self.sweep(options)?;
        sweep.leftovers()?;
        sweep.uploads()?;
        Ok(sweep.report)
    }

    fn sweep<'a>(&'a self, options: &'a Collection) -> Result<Sweep<'a>> {
        let begin = if options.dry_run {
            // Nothing is deleted, so nobody has to wait and nothing is written: this machine's clock is near enough.
            timestamp::now()
        } else {
            // Writers that hold the lock now end first: what they linked is then seen, whatever the time of its content.
            let _locks = self.exclude()?;
            self.clock()?
        };
        step("collect: begun")?;
        Ok(Sweep { storage: self, options, begin, report: Report::default() })
    }

    /// Returns the file system's clock, which files are compared with; this machine's may differ. No file is created for it, since a full
    /// disk is when the collector is needed most.
    fn clock(&self) -> Result<Time> {
        let root = self.root()?;
        self.files.renew(&root, layout::ROOT)?;
        let stat =
            rustix::fs::fstat(&root).map_err(std::io::Error::from).map_err(self.files.error("read", layout::ROOT))?;
        Ok(Stamp::from(stat).modified())
    }
}

impl Sweep<'_> {
    /// Says whether something of that time is older than `age`, and so old that it was not linked since this began.
    pub(super) fn is_older(&self, modified: Time, age: Duration) -> bool {
        let seconds = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
        let limit = (self.begin.0.saturating_sub(seconds), self.begin.1 - i64::from(age.subsec_nanos()));
        // The clock of files moves in ticks: what has the same time may be later.
        modified < limit && modified < self.begin
    }

    /// Keeps writers out, as long as the clock has not been set back behind this collection's begin: what was linked since would look old.
    pub(super) fn exclude(&self) -> Result<Held> {
        let locks = self.storage.exclude()?;
        if self.storage.clock()? < self.begin {
            let error =
                std::io::Error::other("the file system's clock was set back during the collection; collect again");
            return Err(self.storage.files.error("compare times in", "")(error));
        }
        Ok(locks)
    }

    fn leftovers(&mut self) -> Result<()> {
        let files = &self.storage.files;
        let mut names = Vec::new();
        files.regulars(PARTIAL, |name| names.push(name.to_owned()))?;
        let Some(folder) = files.folder(PARTIAL)? else {
            return Ok(());
        };
        for name in names {
            let path = format!("{PARTIAL}/{name}");
            let Some((file, stamp)) = files.file(&path)? else {
                continue;
            };
            // Its writer holds it for as long as it lives.
            if file.try_lock().is_ok() && is_at(&file, &folder, &name) {
                if !self.options.dry_run {
                    files.discard(&path)?;
                }
                self.report.leftovers += 1;
                self.report.bytes += stamp.size();
            }
        }
        Ok(())
    }

    fn uploads(&mut self) -> Result<()> {
        let storage = self.storage;
        storage.walk("", &mut |name| {
            let mut ids = Vec::new();
            storage.files.folders(&layout::uploads(name), |id| ids.push(id.to_owned()))?;
            for id in ids {
                self.upload(name, &id)?;
            }
            Ok(true)
        })
    }

    fn upload(&mut self, name: &str, id: &str) -> Result<()> {
        let folder = layout::upload(name, id);
        let mut newest = None;
        for file in ["data", "startedat"] {
            let found = self.storage.files.file(&format!("{folder}/{file}"))?;
            newest = newest.max(found.map(|(_, stamp)| stamp.modified()));
        }
        let newest = match newest {
            Some(newest) => newest,
            // A folder without a file: its maker is about to fill it, or was killed.
            None => match self.storage.files.folder_stamp(&folder)? {
                Some(stamp) => stamp.modified(),
                None => return Ok(()),
            },
        };
        if !self.is_older(newest, self.options.upload_age) {
            return Ok(());
        }
        step("upload: is old")?;
        let size = if self.options.dry_run {
            self.storage.session_length(name, id)?.unwrap_or(0)
        } else {
            match self.storage.open_session(name, id)? {
                Opened::Busy => return Ok(()),
                Opened::Session(session) => {
                    // A client may have continued it since its time was read.
                    if !self.is_older(session.modified()?, self.options.upload_age) {
                        return Ok(());
                    }
                    let size = session.length();
                    session.cancel()?;
                    size
                }
                Opened::Unknown => {
                    // Its maker may be about to create `data`, which must not be removed by name: a folder that has it stays.
                    self.storage.files.remove_all(&format!("{folder}/hashstates"))?;
                    self.storage.files.discard(&format!("{folder}/startedat"))?;
                    self.storage.files.prune(&folder, split(&folder).0)?;
                    0
                }
            }
        };
        self.report.uploads += 1;
        self.report.bytes += size;
        self.report.items.uploads.push((name.to_owned(), id.to_owned()));
        Ok(())
    }

    fn blobs(&mut self) -> Result<()> {
        // Where nothing is removed, the manifests that would be are still there.
        let doomed =
            if self.options.dry_run { self.report.items.untagged.iter().cloned().collect() } else { BTreeSet::new() };
        let marked = self.storage.mark(&doomed)?;
        step_knowing("collect: marked", &marked)?;
        let files = &self.storage.files;
        let mut candidates = Vec::new();
        files.all_folders(&format!("{}/blobs", layout::ROOT), layout::is_visible, |_| {})?;
        for algorithm in Algorithm::ALL {
            let mut folders = Vec::new();
            files.all_folders(&layout::blobs(algorithm), layout::is_visible, |two| folders.push(two.to_owned()))?;
            for two in folders {
                let parse = |hex: &str| format!("{algorithm}:{hex}").parse::<Digest>().ok();
                let mut digests = Vec::new();
                files.all_folders(
                    &format!("{}/{two}", layout::blobs(algorithm)),
                    |hex| parse(hex).is_some(),
                    |hex| digests.extend(parse(hex)),
                )?;
                if marked.repositories == 0 && !self.options.allow_empty {
                    self.refuse_orphans(&digests)?;
                }
                for digest in digests {
                    if !marked.digests.contains(&digest) && self.is_garbage(&digest)?.is_some() {
                        candidates.push(digest);
                    } else {
                        self.report.kept += 1;
                    }
                }
            }
        }
        drop(marked);
        step_knowing("collect: chosen", &candidates)?;
        let links = self.links(&candidates)?;
        step_knowing("collect: listed", &(&links, self.report.kept))?;
        for batch in candidates.chunks(BATCH) {
            // Nothing is written when it is only asked for.
            let locks = if self.options.dry_run { None } else { Some(self.exclude()?) };
            for digest in batch {
                self.blob(digest, links.get(digest).map_or(&[], Vec::as_slice))?;
            }
            if let Some(locks) = locks {
                drop(locks);
                // Those who wait look at the lock now and then, and must find it free.
                wait("collect: between batches", BREATH)?;
            }
        }
        Ok(())
    }

    /// Fails for blobs of a store without repositories, unless a first push is bringing them just now.
    fn refuse_orphans(&self, digests: &[Digest]) -> Result<()> {
        let files = &self.storage.files;
        for digest in digests {
            let stamp = files.file(&layout::data(digest))?.map(|(_, stamp)| stamp.modified());
            if stamp.is_some_and(|modified| self.is_older(modified, Duration::ZERO)) {
                let reason = "has no repository, though there are blobs: is it mounted, and restored as a whole?";
                return files.odd(&layout::repositories(), reason);
            }
        }
        Ok(())
    }

    /// Returns the size of a blob that is old enough to go.
    fn is_garbage(&self, digest: &Digest) -> Result<Option<u64>> {
        let files = &self.storage.files;
        let found = match files.file(&layout::data(digest))? {
            None => files.file(&scrub::aside(digest))?,
            found => found,
        };
        let Some((_, stamp)) = found else {
            return Ok(None);
        };
        Ok(self.is_older(stamp.modified(), self.options.grace).then_some(stamp.size()))
    }

    /// Returns the links to blobs by what they point to.
    fn links(&self, candidates: &[Digest]) -> Result<BTreeMap<Digest, Vec<String>>> {
        let mut links: BTreeMap<Digest, Vec<String>> =
            candidates.iter().map(|digest| (digest.clone(), Vec::new())).collect();
        if links.is_empty() {
            return Ok(links);
        }
        self.storage.walk_all(&mut |name| {
            for algorithm in Algorithm::ALL {
                let mut found = Vec::new();
                self.storage.files.folders(&layout::layers(name, algorithm), |hex| {
                    found.extend(format!("{algorithm}:{hex}").parse::<Digest>().ok());
                })?;
                for digest in found {
                    if let Some(links) = links.get_mut(&digest) {
                        links.push(layout::layer(name, &digest));
                    }
                }
            }
            for (second, first) in self.storage.second_digests(name)? {
                if let Some(links) = links.get_mut(&first) {
                    links.push(layout::layer(name, &second));
                }
            }
            Ok(())
        })?;
        Ok(links)
    }

    /// Deletes a blob that is still garbage: the links first, so that none points to nothing.
    fn blob(&mut self, digest: &Digest, links: &[String]) -> Result<()> {
        let files = &self.storage.files;
        let Some(size) = self.is_garbage(digest)? else {
            self.report.kept += 1;
            return Ok(());
        };
        if !self.options.dry_run {
            step("collect: looked again")?;
            for link in links {
                files.discard(link)?;
                let folder = split(link).0;
                files.prune(folder, split(folder).0)?;
            }
            step("collect: unlinked")?;
            let data = layout::data(digest);
            files.discard(&data)?;
            files.discard(&scrub::aside(digest))?;
            files.prune(split(&data).0, &layout::blobs(digest.algorithm()))?;
        }
        self.report.blobs += 1;
        self.report.bytes += size;
        self.report.items.blobs.push((digest.clone(), size));
        Ok(())
    }

    fn untagged(&mut self) -> Result<()> {
        let mut names = Vec::new();
        self.storage.walk_all(&mut |name| {
            names.push(name.to_owned());
            Ok(())
        })?;
        for name in names {
            self.untagged_of(&name)?;
        }
        Ok(())
    }

    fn untagged_of(&mut self, name: &str) -> Result<()> {
        let storage = self.storage;
        let mut known = Known::default();
        let is_old = |modified| self.is_older(modified, self.options.grace);
        // Most of the reading is done before anybody has to wait, and most of the time there is nothing to wait for.
        let mut doomed = storage.untagged(name, &mut known, is_old)?;
        step_knowing("untagged: looked", &(&doomed, &known))?;
        if !doomed.is_empty() && !self.options.dry_run {
            let _excluded = self.exclude()?;
            let _serial = match storage.serialize(name) {
                Ok(serial) => serial,
                // A long deletion is at work there; the next collection comes back.
                Err(error) if is_busy(&error) => return Ok(()),
                Err(error) => return Err(error),
            };
            doomed = storage.untagged(name, &mut known, is_old)?;
            storage.forget(name, &doomed, &known)?;
        }
        self.report.untagged += doomed.len() as u64;
        self.report.items.untagged.extend(doomed.into_iter().map(|digest| (name.to_owned(), digest)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_freed_when_the_clock_goes_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let storage = Storage::open(folder.path()).expect("opens");
        let digest = Digest::of(b"garbage");
        storage.put_blob("a", &digest, &mut &b"garbage"[..]).expect("written");
        let options = Collection { grace: Duration::ZERO, ..Collection::default() };
        let begin = (timestamp::now().0 + 3600, 0);
        let mut sweep = Sweep { storage: &storage, options: &options, begin, report: Report::default() };
        let error = sweep.blobs().expect_err("refused");
        let source = std::error::Error::source(&error).expect("a cause").to_string();
        assert_eq!(source, "the file system's clock was set back during the collection; collect again");
        assert!(storage.blob("a", &digest).expect("looks").is_some());
    }
}
