//! `docker-archive:`, what `docker save` writes and `docker load` reads.
//!
//! Two descriptions of the same blobs lie in one archive, as Docker has written them since version 25: an OCI layout, which keeps the
//! original manifests and so their digests, and `manifest.json`, which says what `docker load` takes. Archives with only the latter are
//! read too, whoever wrote them.

mod images;
mod list;
mod names;
mod roots;
mod save;
mod unpacked;
mod view;
mod write;

use std::fmt;
use std::sync::Arc;

use super::{ArchivePath, Error, Layout, Options, Place, Result, Selector, Source, Tags, archive};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::Manifest;
use view::View;

pub(super) use names::complete;
pub(super) use write::create;

/// An archive being read.
pub(super) struct Reader {
    place: Place,
    view: Arc<View>,
    layout: Layout,
}

impl Reader {
    /// Opens an archive for reading.
    pub(super) fn open(at: &ArchivePath, place: &Place, options: &Options) -> Result<Self> {
        let view = Arc::new(View::open(archive::open(at, place, options)?, place, &options.watch)?);
        let layout = Layout::over(view.clone(), place.to_string(), options);
        Ok(Self { place: place.clone(), view, layout })
    }

    /// Turns what people name into what the layout has.
    fn known(&self, at: &Selector) -> Result<Selector> {
        match at {
            Selector::Tag(name) if !self.view.has(name) => Ok(Selector::Tag(names::known(name))),
            Selector::Entry(number) => {
                let manifest = self.view.manifest(*number)?;
                manifest.map(Selector::from).ok_or_else(|| Error::not_found(at, self))
            }
            other => Ok(other.clone()),
        }
    }
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)
    }
}

impl Source for Reader {
    fn resolve(&self, at: &Selector) -> Result<Option<Descriptor>> {
        match self.known(at) {
            Err(Error::NotFound { .. }) => Ok(None),
            at => {
                let found = self.layout.resolve(&at?)?;
                found.iter().try_for_each(|found| self.view.check(&found.digest))?;
                Ok(found)
            }
        }
    }

    fn manifest(&self, at: &Selector) -> Result<Manifest> {
        let manifest = self.layout.manifest(&self.known(at)?)?;
        self.view.check(manifest.digest())?;
        Ok(manifest)
    }

    fn blob(&self, blob: &Descriptor) -> Result<Blob<'_>> {
        self.layout.blob(blob)
    }

    /// The names as the archive has them, which nothing need be hashed for.
    fn tags(&self, after: Option<&str>) -> Result<Tags> {
        let names: Vec<String> = self.view.images().iter().flat_map(|image| image.names.clone()).collect();
        Ok(Tags::behind(names, after))
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.layout.referrers(subject)
    }
}
