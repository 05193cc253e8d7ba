//! `oci-archive:`, an OCI image layout in a tar archive, which may be compressed as a whole.
//!
//! Read in place; written anew from what it holds and what was put, without owners and times and in a fixed order, so that the same images
//! give the same bytes.

use std::fmt;
use std::sync::{Arc, Mutex};

use super::archive::{self, INDEX_FILE, LAYOUT, LAYOUT_FILE, OpenArchive, Part, Workspace};
use super::{ArchivePath, Change, Layout, Options, Origin, Place, Result, Selector, Source, Tags, Transport};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::locks;
use crate::manifest::Manifest;
use crate::store::{Store, Tar};
use crate::watch::Outcome;

/// Opens an archive for reading.
pub(super) fn open(at: &ArchivePath, place: &Place, options: &Options) -> Result<Layout> {
    let tar = archive::open(at, place, options)?;
    check(&tar, place)?;
    Ok(Layout::over(Arc::new(tar), place.to_string(), options))
}

fn check(tar: &Tar, place: &Place) -> Result<()> {
    let index = INDEX_FILE.parse().expect("a name is a key");
    if tar.get(&index)?.is_some() {
        return Ok(());
    }
    Err(archive::malformed(place, "it has no index.json, so it is no OCI archive"))
}

/// An archive being written.
pub(super) struct Writer {
    place: Place,
    workspace: Workspace,
    layout: Layout,
    /// The image that was put without a name.
    sole: Mutex<Option<Digest>>,
}

impl Writer {
    /// Opens an archive for writing; images under other names stay.
    pub(super) fn open(at: &ArchivePath, place: &Place, options: &Options) -> Result<Self> {
        let (inner, its_options) = (place.clone(), options.clone());
        let open: OpenArchive = Box::new(move |path| {
            let tar = archive::open_file(path, &inner, &its_options)?;
            check(&tar, &inner)?;
            Ok(Arc::new(tar))
        });
        let workspace = Workspace::new(at, place, options, open)?;
        let layout = Layout::over(Arc::new(workspace.clone()), place.to_string(), options);
        Ok(Self { place: place.clone(), workspace, layout, sole: Mutex::default() })
    }
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)
    }
}

impl Source for Writer {
    fn resolve(&self, at: &Selector) -> Result<Option<Descriptor>> {
        self.layout.resolve(at)
    }

    fn manifest(&self, at: &Selector) -> Result<Manifest> {
        self.layout.manifest(at)
    }

    fn blob(&self, blob: &Descriptor) -> Result<Blob<'_>> {
        self.layout.blob(blob)
    }

    fn tags(&self, after: Option<&str>) -> Result<Tags> {
        self.layout.tags(after)
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.layout.referrers(subject)
    }

    fn unlisted_referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.layout.unlisted_referrers(subject)
    }
}

impl Transport for Writer {
    fn has_blob(&self, blob: &Descriptor) -> Result<bool> {
        self.layout.has_blob(blob)
    }

    fn accepts(&self, manifest: &Manifest) -> Result<()> {
        self.layout.accepts(manifest)
    }

    fn put_blob(&self, blob: Blob<'_>, from: Option<&Origin>) -> Result<Outcome> {
        self.layout.put_blob(blob, from)
    }

    fn put_manifest(&self, at: &Selector, manifest: &Manifest) -> Result<()> {
        self.layout.put_manifest(at, manifest)?;
        if *at == Selector::Sole {
            *locks::lock(&self.sole) = Some(manifest.digest().clone());
        }
        Ok(())
    }

    fn update(&self, tag: &str, change: &Change<'_>) -> Result<Option<Manifest>> {
        self.layout.update(tag, change)
    }

    fn complete(&self, at: &Selector) -> Result<Option<Descriptor>> {
        self.layout.complete(at)
    }

    fn delete(&self, _: &Selector) -> Result<()> {
        Err(archive::no_deleting(self))
    }

    fn finish(&self) -> Result<()> {
        self.layout.finish()?;
        if !self.workspace.is_begun() {
            return self.workspace.remove_abandoned();
        }
        let sole = locks::lock(&self.sole).clone();
        let Some(kept) = archive::keep(&self.workspace, &self.place, sole.as_ref())? else {
            return Ok(());
        };
        let blobs = archive::reachable(&self.workspace, &self.place, &kept.entries)?;
        let parts =
            [Part { name: LAYOUT_FILE, content: LAYOUT.to_vec() }, Part { name: INDEX_FILE, content: kept.raw }];
        self.workspace.finish(&parts, &blobs)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::transport::contract;

    #[test]
    fn keeps_the_contract() {
        let folder = tempfile::tempdir().expect("a folder");
        let number = AtomicUsize::new(0);
        let make = || -> Box<dyn Transport> {
            let path = folder.path().join(number.fetch_add(1, Ordering::SeqCst).to_string());
            let place = Place::OciArchive(ArchivePath::File(path));
            place.open_destination(&Options::default()).expect("opens")
        };
        contract::holds_many(&make, false);
        contract::holds_one(&make, &Selector::Sole);
    }

    #[test]
    fn keeps_every_writers_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::OciArchive(ArchivePath::File(folder.path().join("k.tar")));
        let open = || -> Box<dyn Transport> { place.open_destination(&Options::default()).expect("opens") };
        contract::keeps_every_writers_names(&open, ["a", "b", "c"]);
        contract::keeps_every_update(&open, "d");
    }
}
