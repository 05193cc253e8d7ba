//! Folders of repositories in which nothing is left.

use super::collect::Sweep;
use super::gate::{BREATH, is_busy};
use super::step::{step_knowing, wait};
use super::{Storage, layout};
use crate::digest::Algorithm;
use crate::reference::is_repository_path;
use crate::store::Result;

/// The folders of the layout in a repository's folder.
const PARTS: [&str; 4] = ["_layers", "_manifests", "_uploads", "_referrers"];

/// What a folder below `repositories` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It has nothing of a repository in it.
    None,
    /// A repository with no manifest, no upload and no blob that a push may just have brought.
    Ghost,
    /// A repository, or something that is not understood.
    Alive,
}

impl Sweep<'_> {
    /// Removes repositories in which nothing is left, so that their names are unknown again. Those below them stay.
    pub(super) fn ghosts(&mut self) -> Result<()> {
        if self.options.dry_run {
            return Ok(());
        }
        let mut names = Vec::new();
        self.storage.walk_all(&mut |name| {
            names.push(name.to_owned());
            Ok(())
        })?;
        let mut ghosts = Vec::new();
        let mut alive = 0;
        for name in names {
            match self.state(&name)? {
                State::None => {}
                State::Ghost => ghosts.push(name),
                State::Alive => alive += 1,
            }
        }
        // Blobs without any repository look like a volume that is not mounted, which the next collection would refuse.
        if alive == 0 && self.report.kept > 0 {
            return Ok(());
        }
        step_knowing("ghosts: listed", &ghosts)?;
        for name in ghosts {
            self.ghost(&name)?;
            wait("ghosts: between two", BREATH)?;
        }
        Ok(())
    }

    /// Removes one that is still a ghost while no push is at it.
    fn ghost(&self, name: &str) -> Result<()> {
        let _excluded = self.exclude()?;
        let _serial = match self.storage.serialize(name) {
            Ok(serial) => serial,
            Err(error) if is_busy(&error) => return Ok(()),
            Err(error) => return Err(error),
        };
        match self.state(name)? {
            State::Ghost => self.storage.remove_repository(name),
            State::None | State::Alive => Ok(()),
        }
    }

    fn state(&self, name: &str) -> Result<State> {
        let files = &self.storage.files;
        let (mut parts, mut others) = (0, 0);
        files.entries(&layout::repository(name), |entry, _| {
            if PARTS.contains(&entry) {
                parts += 1;
            } else if !is_repository_path(entry) {
                others += 1;
            }
            Ok(())
        })?;
        if others > 0 {
            return Ok(State::Alive);
        }
        if parts == 0 {
            return Ok(State::None);
        }
        let mut uploads = 0;
        files.entries(&layout::uploads(name), |_, _| {
            uploads += 1;
            Ok(())
        })?;
        if uploads > 0 || !self.storage.linked_manifests(name)?.is_empty() {
            return Ok(State::Alive);
        }
        for algorithm in Algorithm::ALL {
            let folder = layout::layers(name, algorithm);
            let mut blobs = Vec::new();
            files.all_folders(&folder, layout::is_visible, |hex| blobs.push(format!("{folder}/{hex}/link")))?;
            for link in blobs {
                // A push brings the blobs before the manifest.
                let stamp = files.file(&link)?.map(|(_, stamp)| stamp.modified());
                if stamp.is_some_and(|modified| !self.is_older(modified, self.options.grace)) {
                    return Ok(State::Alive);
                }
            }
        }
        Ok(State::Ghost)
    }
}

impl Storage {
    /// Removes a repository that is a ghost. Call it with the lock excluded and the repository serialised.
    fn remove_repository(&self, name: &str) -> Result<()> {
        let path = layout::repository(name);
        // An upload begins without a lock. Where one just has, the folder is not empty, and stays with all the others.
        self.files.prune(&layout::uploads(name), &path)?;
        if self.files.folder(&layout::uploads(name))?.is_some() {
            return Ok(());
        }
        for part in ["_manifests", "_layers", "_referrers"] {
            self.files.remove_all(&format!("{path}/{part}"))?;
        }
        self.files.prune(&path, &layout::repositories())
    }
}
