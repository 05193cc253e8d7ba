//! Where images live: one seam, six kinds of place.
//!
//! A [`Source`] is a place that holds images of one name (a repository, a layout, an archive); a [`Transport`] can be written to as well.
//! Everything above speaks to these two traits; nothing above names a kind of place. A function that only reads takes `&dyn Source`.

mod archive;
mod cached;
mod contents;
#[cfg(test)]
mod contract;
mod dir;
mod docker_archive;
mod error;
mod layout;
#[cfg(feature = "client")]
mod lazy_client;
mod location;
mod oci_archive;
mod receive;
#[cfg(feature = "client")]
mod registry;
mod removal;
mod selector;
#[cfg(feature = "client")]
mod spool;
mod static_tree;
mod tagging;
mod tags;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::watch::{Outcome, Watch};

pub use crate::manifest::referrers_tag;
pub use cached::Cached;
pub use contents::{blob_of, put_file, put_whole, write_blob};
pub use error::{Error, Result};
pub use layout::{Layout, Sweep, Swept};
#[cfg(feature = "client")]
pub use lazy_client::LazyClient;
pub use location::{ArchivePath, Location, LocationError, Place};
#[cfg(feature = "client")]
pub use registry::Registry;
pub use removal::{Named, remove, tags_of};
pub use selector::Selector;
pub use static_tree::{Keep, Pruned, Tree};
pub use tagging::{TagError, tag};
pub use tags::{TagPages, tag_pages};

/// A place to read images from. Every method may be called from many threads.
pub trait Source: fmt::Display + Send + Sync {
    /// Finds what `at` names, with as little traffic as there is (one HEAD at a registry). Nothing when the place holds no such thing; a
    /// place that does not exist is an error ([`Error::is_not_found`]) only where it can be told from an empty one.
    ///
    /// # Errors
    /// When the place cannot tell, or `at` is [`Selector::Sole`] and several images are there.
    fn resolve(&self, at: &Selector) -> Result<Option<Descriptor>>;

    /// Reads a manifest. Asked for by digest or descriptor, the bytes are checked against it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none; a mismatch when it is not what was asked for.
    fn manifest(&self, at: &Selector) -> Result<Manifest>;

    /// Returns a blob; nothing need be opened before its first read, where a missing one shows as [`Error::NotFound`] inside the fault.
    ///
    /// A descriptor of size 0 from a schema 1 manifest asks the place for the size.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the place knows at once that it has none.
    fn blob(&self, blob: &Descriptor) -> Result<Blob<'_>>;

    /// Lists tags, those after `after`, in the place's order; a page at a time.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where images have no names; [`Error::NotFound`] when the place does not exist.
    fn tags(&self, after: Option<&str>) -> Result<Tags> {
        let _ = after;
        Err(Error::unsupported("listing tags", self, "a dir: holds one image without a name; `inspect` shows it"))
    }

    /// Lists the manifests whose subject is `subject`. A place that has no list of its own keeps one under the referrers tag
    /// (`ALG-HEX`, distribution-spec "Referrers Tag Schema"); a tag there that is no index is an error to whoever would write it, and no
    /// referrers to the reader.
    ///
    /// # Errors
    /// When the place cannot tell; an empty list means that there are none.
    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        let at = Selector::Tag(referrers_tag(subject));
        if self.resolve(&at)?.is_none() {
            return Ok(Vec::new());
        }
        let list = self.manifest(&at)?;
        Ok(if list.lists_referrers_of(subject) { list.children().to_vec() } else { Vec::new() })
    }

    /// Lists manifests that may belong to `subject` although nothing lists them as its referrers: what `cosign save` leaves in a layout.
    /// Slow, since every blob of the layout is looked at. Other places have none.
    ///
    /// # Errors
    /// When the place cannot tell.
    fn unlisted_referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        let _ = subject;
        Ok(Vec::new())
    }

    /// Returns the files of signatures by OpenPGP keys that the place itself keeps of an image, each as it is in a `dir:`, with a name for
    /// messages. Nothing where the place keeps none of any image, so that they are to be looked for elsewhere.
    ///
    /// # Errors
    /// When the place cannot tell.
    #[cfg(feature = "openpgp")]
    fn signatures(&self, image: &Digest) -> Result<Option<Vec<KeptSignature>>> {
        let _ = image;
        Ok(None)
    }

    /// Returns registry and repository, for mounts; nothing for places that are no registry.
    fn origin(&self) -> Option<&Origin> {
        None
    }
}

/// The file of a signature that a place keeps beside an image.
#[cfg(feature = "openpgp")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptSignature {
    /// Where it is.
    pub place: String,
    /// What is in it.
    pub content: Vec<u8>,
}

/// A place to write images to. What one call has written, every later call sees.
pub trait Transport: Source {
    /// Says whether a blob is there, whole. Used for planning: the answer may be outdated when the blob is put.
    ///
    /// # Errors
    /// When the place cannot tell.
    fn has_blob(&self, blob: &Descriptor) -> Result<bool>;

    /// Refuses a manifest that this place can never hold, before anything is written for it.
    ///
    /// # Errors
    /// [`Error::Unsupported`] with the hint.
    fn accepts(&self, manifest: &Manifest) -> Result<()> {
        let _ = manifest;
        Ok(())
    }

    /// Lists the manifests whose subject is `subject`, as [`Source::referrers`] does, for whoever is about to add one: a list that refuses to
    /// be read is no obstacle, and one that cannot be added to is.
    ///
    /// # Errors
    /// When the place cannot tell, or what has the list's name is something else ([`Error::is_unlistable`]).
    fn listed(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        self.referrers(subject)
    }

    /// Hears what is about to be put, blobs and manifests, so that a place which keeps them in one file can give each its room beforehand.
    /// Nothing of it need follow, and other things may.
    ///
    /// # Errors
    /// When the place cannot be written to.
    fn expect(&self, contents: &[Descriptor]) -> Result<()> {
        let _ = contents;
        Ok(())
    }

    /// Writes a blob, or finds that it is there, or has the registry mount it from `from`, a repository that has it. Idempotent; the blob
    /// is visible only when whole and checked. The blob's reader may be opened, rewound and resumed as the place needs.
    ///
    /// # Errors
    /// [`Error::Content`] when the blob failed, others when the place did. What was received may stay for a later attempt, never visible.
    fn put_blob(&self, blob: Blob<'_>, from: Option<&Origin>) -> Result<Outcome>;

    /// Writes a manifest under `at`: [`Selector::Digest`] for one that is only a part of others, [`Selector::Tag`] or [`Selector::Sole`]
    /// for the image itself, which comes last and replaces what had that name. What it refers to must be there already.
    ///
    /// # Errors
    /// [`Error::Content`] with a mismatch when `at` is a digest that the manifest does not have.
    fn put_manifest(&self, at: &Selector, manifest: &Manifest) -> Result<()>;

    /// Puts in place of what a tag names what `change` makes of it, where others may do the same at the same time. `change` is given nothing
    /// when the tag is free, returns nothing when all is as it should be, and has put what its manifest needs; it may be called again and
    /// again. Returns what the tag names in the end.
    ///
    /// # Errors
    /// Those of `change` as they are; at a registry, when others kept replacing it.
    fn update(&self, tag: &str, change: &Change<'_>) -> Result<Option<Manifest>> {
        let at = Selector::Tag(tag.into());
        let there = error::if_there(self.manifest(&at))?;
        let Some(new) = change(there.as_ref())? else {
            return Ok(there);
        };
        self.put_manifest(&at, &new)?;
        Ok(Some(new))
    }

    /// Puts a manifest in place of what a tag names if that is still `expected`, nothing for a free tag; says whether the tag names the
    /// manifest now. What it refers to must be there already. Closed against others that write there where the place can be, and else a moment wide.
    ///
    /// # Errors
    /// Those of [`put_manifest`](Self::put_manifest).
    fn exchange(&self, tag: &str, expected: Option<&Digest>, manifest: &Manifest) -> Result<bool> {
        let is_new = Cell::new(true);
        self.update(tag, &|there| {
            let named = there.map(Manifest::digest);
            is_new.set(named == Some(manifest.digest()) || named == expected);
            Ok((named == expected).then(|| manifest.clone()))
        })?;
        Ok(is_new.get())
    }

    /// Returns what `at` names if it is there together with everything it refers to, so that nothing need be copied to have it whole.
    /// A registry vouches for its tags; other places are looked through.
    ///
    /// # Errors
    /// When the place cannot tell.
    fn complete(&self, at: &Selector) -> Result<Option<Descriptor>> {
        let Some(found) = self.resolve(at)? else {
            return Ok(None);
        };
        Ok(is_complete(self, &found, 0, &mut BTreeSet::new())?.then_some(found))
    }

    /// Removes a tag and leaves its siblings alone, or removes a manifest by digest together with the tags that name it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not there; [`Error::Unsupported`] with the hint where a place cannot.
    fn delete(&self, at: &Selector) -> Result<()> {
        let _ = at;
        Err(Error::unsupported("deleting an image", self, "delete the file or directory itself"))
    }

    /// Ends the writing: an archive is made of what was put, a directory is swept of what was replaced. Nothing put before a failed or
    /// missing `finish` is promised to be visible. Called once, after the last put.
    ///
    /// # Errors
    /// When the place cannot; the old state is then still there.
    fn finish(&self) -> Result<()> {
        Ok(())
    }
}

/// The depth of nested indexes that is followed; deeper ones are an attack.
pub const MAX_DEPTH: usize = 8;

fn is_complete(
    place: &(impl Transport + ?Sized),
    found: &Descriptor,
    depth: usize,
    seen: &mut BTreeSet<Digest>,
) -> Result<bool> {
    // One that stands many times is looked at once: nested, the times multiply.
    if seen.contains(&found.digest) {
        return Ok(true);
    }
    let at = Selector::Descriptor(Box::new(found.clone()));
    if depth > MAX_DEPTH || place.resolve(&at)?.is_none() {
        return Ok(false);
    }
    let manifest = place.manifest(&at)?;
    for blob in manifest.blobs() {
        if !blob.media_type.is_nondistributable() && !place.has_blob(blob)? {
            return Ok(false);
        }
    }
    for child in manifest.children().iter().filter(|child| child.media_type.is_manifest()) {
        if !is_complete(place, child, depth + 1, seen)? {
            return Ok(false);
        }
    }
    seen.insert(found.digest.clone());
    Ok(true)
}

/// Makes the next manifest of a tag from the one that it names; nothing when it is as it should be. See [`Transport::update`].
pub type Change<'a> = dyn Fn(Option<&Manifest>) -> Result<Option<Manifest>> + 'a;

/// A page of tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// The tags in the place's order.
    pub names: Vec<String>,
    /// What to ask for next, to be given as `after`; nothing at the end.
    pub next: Option<String>,
}

impl Tags {
    /// Makes the last page, of what stands behind a name in the list where that has it.
    fn behind(mut names: Vec<String>, after: Option<&str>) -> Self {
        if let Some(at) = after.and_then(|after| names.iter().position(|name| name == after)) {
            names.drain(..=at);
        }
        Self { names, next: None }
    }
}

/// A registry and a repository there: where a blob can be mounted from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The registry's host as connected to, with its port.
    pub registry: String,
    /// The repository.
    pub repository: String,
}

/// What every place needs to know. Clones share the streams, the watch and the registry client's connections and tokens.
#[derive(Clone)]
pub struct Options {
    /// Hears notes and retries, and stops waits.
    pub watch: Watch,
    /// Where standard input is spooled and layers are recompressed; an operation that needs it fails without.
    pub scratch: Option<PathBuf>,
    /// Where what outlives the process is kept (mode 0600): uploads to registries, and what was fetched for them. Without it, a later
    /// process fetches and sends that again.
    pub state: Option<PathBuf>,
    /// Whether what an interrupted run left is used.
    pub resume: bool,
    /// Whether the bytes of blobs that are there already are checked before they are taken for there; a registry vouches for its own.
    pub verify: bool,
    /// What an archive at `-` is read from.
    pub input: Option<Arc<Mutex<dyn Read + Send>>>,
    /// What an archive at `-` is written to.
    pub output: Option<Arc<Mutex<dyn Write + Send>>>,
    /// The client for `docker://`.
    #[cfg(feature = "client")]
    pub client: LazyClient,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            watch: Watch::default(),
            scratch: None,
            state: None,
            resume: true,
            verify: false,
            input: None,
            output: None,
            #[cfg(feature = "client")]
            client: LazyClient::default(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("scratch", &self.scratch)
            .field("state", &self.state)
            .field("resume", &self.resume)
            .field("verify", &self.verify)
            .finish_non_exhaustive()
    }
}

impl Place {
    /// Opens the place for reading.
    ///
    /// # Errors
    /// [`Error::NotFound`] when a local place does not exist; a registry is not asked before the first request.
    pub fn open_source(&self, options: &Options) -> Result<Box<dyn Source>> {
        match self {
            #[cfg(feature = "client")]
            Self::Registry(repository) => Ok(Box::new(Registry::pull(repository, options)?)),
            #[cfg(not(feature = "client"))]
            Self::Registry(_) => Err(Error::Feature { feature: "client" }),
            Self::Dir(path) => Ok(Box::new(dir::Dir::open(path, options)?)),
            Self::Static { root, repository } => {
                Ok(Box::new(static_tree::StaticTree::open(root, repository, options)?))
            }
            Self::Layout(path) => Ok(Box::new(Layout::open(path, options)?)),
            Self::OciArchive(at) => Ok(Box::new(oci_archive::open(at, self, options)?)),
            Self::DockerArchive(at) => Ok(Box::new(docker_archive::Reader::open(at, self, options)?)),
        }
    }

    /// Opens the place for writing; it need not exist, and nothing is made before the first put.
    ///
    /// # Errors
    /// When something is there that must not be written to.
    pub fn open_destination(&self, options: &Options) -> Result<Box<dyn Transport>> {
        match self {
            #[cfg(feature = "client")]
            Self::Registry(repository) => Ok(Box::new(Registry::push(repository, options)?)),
            #[cfg(not(feature = "client"))]
            Self::Registry(_) => Err(Error::Feature { feature: "client" }),
            Self::Dir(path) => Ok(Box::new(dir::Dir::create(path, options)?)),
            Self::Static { root, repository } => {
                Ok(Box::new(static_tree::StaticTree::create(root, repository, options)?))
            }
            Self::Layout(path) => Ok(Box::new(Layout::create(path, options)?)),
            Self::OciArchive(at) => Ok(Box::new(oci_archive::create(at, self, options)?)),
            Self::DockerArchive(at) => Ok(Box::new(docker_archive::create(at, self, options)?)),
        }
    }
}
