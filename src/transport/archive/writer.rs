//! Writing an archive of either kind: a layout in its workspace, packed at the end.

use std::fmt;
use std::sync::{Arc, Mutex};

use super::{Kept, LAYOUT, LAYOUT_FILE, OpenArchive, Part, Workspace, keep, no_deleting, open_file, reachable};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::locks;
use crate::manifest::Manifest;
use crate::store::{Store, Tar};
use crate::transport::{
    ArchivePath, Change, Layout, Options, Origin, Place, Result, Selector, Source, Tags, Transport,
};
use crate::watch::{Outcome, Watch};

/// What tells the kinds of archive apart.
pub(in crate::transport) struct Kind {
    /// Shows an archive that is there as a layout.
    pub(in crate::transport) view: fn(Tar, &Place, &Watch) -> Result<Arc<dyn Store>>,
    /// Completes the name of an image.
    pub(in crate::transport) complete: fn(&Selector, &Place) -> Result<Selector>,
    /// Makes the list of images, and what else lies beside the blobs.
    pub(in crate::transport) lists: fn(&Workspace, &Place, Kept, &Watch) -> Result<Vec<Part>>,
}

/// An archive being written.
pub(in crate::transport) struct Writer {
    kind: &'static Kind,
    place: Place,
    watch: Watch,
    workspace: Workspace,
    layout: Layout,
    /// The image that was put without a name.
    sole: Mutex<Option<Digest>>,
}

impl Writer {
    /// Opens an archive for writing; images under other names stay.
    pub(in crate::transport) fn open(
        kind: &'static Kind,
        at: &ArchivePath,
        place: &Place,
        options: &Options,
    ) -> Result<Self> {
        let (inner, its_options) = (place.clone(), options.clone());
        let open: OpenArchive =
            Box::new(move |path| (kind.view)(open_file(path, &inner, &its_options)?, &inner, &its_options.watch));
        let workspace = Workspace::new(at, place, options, open)?;
        let layout = Layout::over(Arc::new(workspace.clone()), place.to_string(), options);
        let (place, watch) = (place.clone(), options.watch.clone());
        Ok(Self { kind, place, watch, workspace, layout, sole: Mutex::default() })
    }

    fn known(&self, at: &Selector) -> Result<Selector> {
        (self.kind.complete)(at, &self.place)
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

    fn expect(&self, contents: &[Descriptor]) -> Result<()> {
        self.workspace.expect(contents)
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
        let known = self.known(&Selector::Tag(tag.into()))?;
        self.layout.update(known.tag().unwrap_or(tag), change)
    }

    fn complete(&self, at: &Selector) -> Result<Option<Descriptor>> {
        self.layout.complete(&self.known(at)?)
    }

    fn delete(&self, _: &Selector) -> Result<()> {
        Err(no_deleting(self))
    }

    fn finish(&self) -> Result<()> {
        self.layout.finish()?;
        if !self.workspace.is_begun() {
            return self.workspace.remove_abandoned();
        }
        let sole = locks::lock(&self.sole).clone();
        let Some(kept) = keep(&self.workspace, &self.place, sole.as_ref())? else {
            return Ok(());
        };
        let blobs = reachable(&self.workspace, &self.place, &kept.entries)?;
        let mut parts = (self.kind.lists)(&self.workspace, &self.place, kept, &self.watch)?;
        parts.push(Part { name: LAYOUT_FILE, content: LAYOUT.to_vec() });
        self.workspace.finish(&parts, &blobs)
    }
}
