//! `oci:`, an OCI image layout, over any store.
//!
//! An `index.json` names manifests, and everything lies in `blobs/ALGORITHM/HEX`. Two locks keep parallel processes apart: `blobs` is held
//! for the moment in which `index.json` is read and replaced; `oci-layout` is held shared by everyone who writes, from the first look to
//! the last put, and exclusively by a sweep, which would else remove blobs that nothing refers to *yet*.
//! image-spec: <https://github.com/opencontainers/image-spec/blob/main/image-layout.md>

mod index;
mod keys;
mod names;
mod read;
mod sweep;
mod unlisted;
mod view;
mod write;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::{Change, Error, Options, Origin, Result, Selector, Source, Tags, Transport};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::store::{Depth, Key, Local, Lock, Store};
use crate::watch::{Outcome, Watch};
use index::{Edit, Index};
use view::View;

pub use sweep::{Sweep, Swept};

/// The largest `index.json` that is read, in bytes: some hundred thousand tags.
const MAX_INDEX: u64 = 64 * 1024 * 1024;

/// An OCI image layout.
///
/// Names and entries that are put are kept in memory and merged into `index.json` by [`finish`](Transport::finish), all at once; every
/// method of the same value sees them before.
pub struct Layout {
    store: Arc<dyn Store>,
    name: String,
    watch: Watch,
    resume: bool,
    verify: bool,
    pending: Mutex<Vec<Edit>>,
    view: View,
    /// The lock that a sweep respects.
    held: Mutex<Option<Lock>>,
}

impl Layout {
    /// Makes a layout of the objects in a store, for reading and writing; `name` is what messages call it.
    pub fn over(store: Arc<dyn Store>, name: impl Into<String>, options: &Options) -> Self {
        Self {
            store,
            name: name.into(),
            watch: options.watch.clone(),
            resume: options.resume,
            verify: options.verify,
            pending: Mutex::default(),
            view: View::default(),
            held: Mutex::default(),
        }
    }

    /// Opens the layout in a directory.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the directory does not exist, [`Error::Malformed`] when it is no layout of version 1.
    pub fn open(path: &Path, options: &Options) -> Result<Self> {
        let layout = Self::at(path, options);
        if !path.exists() {
            return Err(Error::not_found("layout", &layout));
        }
        layout.check()?;
        Ok(layout)
    }

    /// Opens the layout in a directory for writing; where none is, one is made by the first put.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when something other than a layout is there.
    pub fn create(path: &Path, options: &Options) -> Result<Self> {
        let layout = Self::at(path, options);
        // Looked at once and in this order, for another process may be making the layout.
        let is_taken = match fs::metadata(path) {
            Ok(found) if found.is_dir() => !layout.store.list(&Key::root(), None, Depth::Children)?.keys.is_empty(),
            Ok(_) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(Error::io("read", path)(error)),
        };
        if layout.is_there()? {
            layout.check()?;
        } else if is_taken {
            let hint = "name an OCI layout, an empty directory or one that does not exist";
            return Err(Error::unsupported("writing an image", &layout, hint));
        }
        Ok(layout)
    }

    fn at(path: &Path, options: &Options) -> Self {
        Self::over(Arc::new(Local::new(path)), format!("oci:{}", path.display()), options)
    }

    /// Returns the entries of `index.json` in their order, with their annotations.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn entries(&self) -> Result<Vec<Descriptor>> {
        Ok(self.index()?.descriptors().cloned().collect())
    }

    /// Removes the blobs that no entry refers to and what killed processes left, or with [`Sweep::dry_run`] only lists the blobs. Waits until
    /// no copy writes to the layout.
    ///
    /// # Errors
    /// When `index.json` is missing or has no list, or a manifest that it leads to is missing or damaged: what is needed is unknown then, and
    /// nothing is removed.
    pub fn sweep(&self, options: &Sweep) -> Result<Swept> {
        self.sweep_waiting(options)
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layout").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Source for Layout {
    fn resolve(&self, at: &Selector) -> Result<Option<Descriptor>> {
        self.find(at)
    }

    fn manifest(&self, at: &Selector) -> Result<Manifest> {
        self.read_manifest(at)
    }

    fn blob(&self, blob: &Descriptor) -> Result<Blob<'_>> {
        self.open_blob(blob)
    }

    fn tags(&self, after: Option<&str>) -> Result<Tags> {
        Ok(Tags::behind(self.index()?.names(), after))
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.find_referrers(subject)
    }

    fn unlisted_referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.find_unlisted(subject)
    }
}

impl Transport for Layout {
    fn has_blob(&self, blob: &Descriptor) -> Result<bool> {
        self.hold()?;
        self.holds(blob)
    }

    fn accepts(&self, manifest: &Manifest) -> Result<()> {
        // Its digest is not over all its bytes, so it has no place among blobs.
        if manifest.media_type().is_schema1() {
            let hint = "copy it to a registry or to dir:, which keep it as it is";
            return Err(Error::unsupported("keeping a schema 1 manifest", self, hint));
        }
        Ok(())
    }

    fn put_blob(&self, blob: Blob<'_>, _from: Option<&Origin>) -> Result<Outcome> {
        self.write_blob(blob)
    }

    fn put_manifest(&self, at: &Selector, manifest: &Manifest) -> Result<()> {
        self.write_manifest(at, manifest)
    }

    fn update(&self, tag: &str, change: &Change<'_>) -> Result<Option<Manifest>> {
        self.replace(tag, change)
    }

    fn complete(&self, at: &Selector) -> Result<Option<Descriptor>> {
        self.hold()?;
        let Some(found) = self.find(at)? else {
            return Ok(None);
        };
        Ok(super::is_complete(self, &found, 0, &mut BTreeSet::new())?.then_some(found))
    }

    fn delete(&self, at: &Selector) -> Result<()> {
        self.remove(at)
    }

    fn finish(&self) -> Result<()> {
        self.flush()
    }
}

/// Returns where a blob lies.
fn blob_key(digest: &Digest) -> Key {
    format!("blobs/{}/{}", digest.algorithm(), digest.hex()).parse().expect("a digest's parts are components")
}

/// Returns a key that is known to be one.
fn key(text: &'static str) -> Key {
    text.parse().expect("a constant that is a key")
}

#[cfg(test)]
mod sweep_tests;
#[cfg(test)]
mod tests;
