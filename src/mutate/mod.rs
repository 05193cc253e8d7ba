//! Images changed as data: their configs, annotations, layers, and the entries of an index.
//!
//! [`mutate`] applies an [`Edit`] to what a name stands for and gives the result as [`Drafts`](crate::draft::Drafts), which are copied to any
//! place. An index stays an index: the edit goes to each of its images, or to those for one platform. What an edit does not touch keeps its
//! bytes, so an edit that changes nothing gives the digest that was there before.

mod error;
mod image;
mod index;
mod layers;
mod list;
mod rebase;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

pub use error::{Error, Result};
pub use index::{Changed, Mutated, Note, mutate};
pub use layers::flatten;
pub use list::{List, list};
pub use rebase::{Base, base, base_location};

use crate::digest::Digest;
use crate::draft::ConfigEdit;
use crate::filesystem::Glob;
use crate::media_type::Compression;
use crate::platform::Platform;
use crate::transport::{Selector, Source};
use crate::watch::Watch;

/// What is to be changed. The default changes nothing. The steps are taken in the order of the fields.
#[derive(Clone, Default)]
pub struct Edit<'a> {
    /// Of an index, change only the images for this platform.
    pub platform: Option<Platform>,
    /// A manifest to be there instead; no other change is made to it.
    pub replace_manifest: Option<Vec<u8>>,
    /// A config to be there instead, with the same layers.
    pub replace_config: Option<Vec<u8>>,
    /// Another image to stand upon.
    pub rebase: Option<Rebase<'a>>,
    /// Layers to be removed, by their numbers; the lowest is 0.
    pub remove_layers: Vec<usize>,
    /// Files to be removed from the layers, directories with all that is in them.
    pub strip: Vec<Glob>,
    /// The time of the last change for all files, in seconds since 1970.
    pub time: Option<i64>,
    /// Tar files to be added as layers, bit by bit as they are.
    pub append: Vec<PathBuf>,
    /// How many layers at the top are to become one.
    pub squash_last: Option<usize>,
    /// Whether all layers are to become one.
    pub flatten: bool,
    /// The compression wanted of layers.
    pub compress: Option<Compression>,
    /// The compressor's level, in its own scale.
    pub level: Option<i32>,
    /// Changes to the config.
    pub config: ConfigEdit,
    /// The manifests' annotations, each set or removed.
    pub annotations: BTreeMap<String, Option<String>>,
    /// The index's annotations, each set or removed.
    pub index_annotations: BTreeMap<String, Option<String>>,
    /// Entries of the index to be removed.
    pub index_remove: Vec<Entry>,
    /// The platforms that the index keeps, if not all.
    pub index_filter: Vec<Platform>,
    /// Images to be added to the index; of an index its entries.
    pub index_add: Vec<Place<'a>>,
}

impl Edit<'_> {
    /// Says whether nothing is to be changed, nor any image chosen.
    pub fn is_empty(&self) -> bool {
        let documents = self.replace_manifest.is_none() && self.replace_config.is_none() && self.config.is_empty();
        let layers = self.rebase.is_none()
            && self.remove_layers.is_empty()
            && self.strip.is_empty()
            && self.time.is_none()
            && self.append.is_empty()
            && self.squash_last.is_none()
            && !self.flatten
            && self.compress.is_none()
            && self.level.is_none();
        let entries = self.index_remove.is_empty() && self.index_filter.is_empty() && self.index_add.is_empty();
        let annotations = self.annotations.is_empty() && self.index_annotations.is_empty();
        self.platform.is_none() && documents && layers && entries && annotations
    }
}

/// Another image to stand upon.
#[derive(Clone)]
pub struct Rebase<'a> {
    /// The image that it stands upon now.
    pub old: Place<'a>,
    /// The image that it is to stand upon.
    pub new: Place<'a>,
    /// The name of the new one, for the annotation.
    pub name: Option<String>,
}

/// An image in its place.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The place.
    pub source: &'a dyn Source,
    /// The image there.
    pub at: &'a Selector,
}

/// An entry of an index.
#[derive(Clone, Debug)]
pub enum Entry {
    /// The one with this digest.
    Digest(Digest),
    /// All for this platform.
    Platform(Platform),
}

/// What it takes to change layers.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder for temporary files.
    pub scratch: PathBuf,
    /// How many threads compress; no byte depends on it.
    pub threads: NonZeroUsize,
    /// Who is told how new layers come along.
    pub watch: Watch,
}
