//! Writing a docker-archive.

use std::fmt;
use std::sync::{Arc, Mutex};

use super::view::{View, encode_index};
use super::{list, names, save};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::locks;
use crate::manifest::{Manifest, is_digest_tag};
use crate::transport::archive::{self, INDEX_FILE, LAYOUT, LAYOUT_FILE, OpenArchive, Part, Workspace};
use crate::transport::{
    ArchivePath, Change, Error, Layout, Options, Origin, Place, Result, Selector, Source, Tags, Transport,
};
use crate::watch::{Outcome, Watch};

/// An archive being written.
pub(in crate::transport) struct Writer {
    place: Place,
    watch: Watch,
    workspace: Workspace,
    layout: Layout,
    /// The image that was put without a name.
    sole: Mutex<Option<Digest>>,
}

impl Writer {
    /// Opens an archive for writing; images under other names stay.
    pub(in crate::transport) fn open(at: &ArchivePath, place: &Place, options: &Options) -> Result<Self> {
        let (inner, its_options) = (place.clone(), options.clone());
        let open: OpenArchive = Box::new(move |path| {
            let tar = archive::open_file(path, &inner, &its_options)?;
            Ok(Arc::new(View::open(tar, &inner, &its_options.watch)?))
        });
        let workspace = Workspace::new(at, place, options, open)?;
        let layout = Layout::over(Arc::new(workspace.clone()), place.to_string(), options);
        Ok(Self { place: place.clone(), watch: options.watch.clone(), workspace, layout, sole: Mutex::default() })
    }

    /// Completes a name; Docker loads no other.
    fn known(&self, at: &Selector) -> Result<Selector> {
        let Selector::Tag(name) = at else {
            return Ok(at.clone());
        };
        if is_digest_tag(name) {
            // A signature's name belongs to the image's digest, and is no image for Docker.
            return Ok(at.clone());
        }
        let hint = "use a name with a tag, such as example.com/app:1.0";
        let complete = names::complete(name);
        complete.map(Selector::Tag).ok_or_else(|| Error::unsupported(&format!("the name {name:?}"), self, hint))
    }
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)
    }
}

impl Source for Writer {
    fn resolve(&self, at: &Selector) -> Result<Option<Descriptor>> {
        self.layout.resolve(&self.known(at)?)
    }

    fn manifest(&self, at: &Selector) -> Result<Manifest> {
        self.layout.manifest(&self.known(at)?)
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
        self.layout.put_manifest(&self.known(at)?, manifest)?;
        if *at == Selector::Sole {
            *locks::lock(&self.sole) = Some(manifest.digest().clone());
        }
        Ok(())
    }

    fn update(&self, tag: &str, change: &Change<'_>) -> Result<Option<Manifest>> {
        match self.known(&Selector::Tag(tag.into()))? {
            Selector::Tag(known) => self.layout.update(&known, change),
            _ => unreachable!("a tag stays one"),
        }
    }

    fn complete(&self, at: &Selector) -> Result<Option<Descriptor>> {
        self.layout.complete(&self.known(at)?)
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
        let Some(mut kept) = archive::keep(&self.workspace, &self.place, sole.as_ref())? else {
            return Ok(());
        };
        let blobs = archive::reachable(&self.workspace, &self.place, &kept.entries)?;
        let items = save::list(&self.workspace, &self.place, &kept.entries, &self.watch)?;
        for entry in &mut kept.entries {
            if let Some(name) = names::of_entry(entry) {
                names::set_docker(&mut entry.annotations, &name);
            }
        }
        let mut parts = vec![
            Part { name: LAYOUT_FILE, content: LAYOUT.to_vec() },
            Part { name: INDEX_FILE, content: encode_index(&kept.entries) },
        ];
        if !items.is_empty() {
            parts.push(Part { name: list::FILE, content: list::encode(&items) });
        }
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
            let place = Place::DockerArchive(ArchivePath::File(path));
            place.open_destination(&Options::default()).expect("opens")
        };
        contract::holds_one(&make, &contract::tag("example.com/a:1"));
        contract::holds_one(&make, &Selector::Sole);
    }

    #[test]
    fn keeps_every_writers_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::DockerArchive(ArchivePath::File(folder.path().join("k.tar")));
        let open = || -> Box<dyn Transport> { place.open_destination(&Options::default()).expect("opens") };
        contract::keeps_every_writers_names(&open, ["ex.com/a:1", "ex.com/b:1", "ex.com/c:1"]);
        contract::keeps_every_update(&open, "ex.com/d:1");
    }
}
