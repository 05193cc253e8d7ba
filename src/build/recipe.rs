//! What an image is built of.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::base::{self, Base};
use super::contents::{Contents, normalize};
use super::{Addition, Error, Result, write};
use crate::config::History;
use crate::draft::{self, ConfigEdit, Draft, Layer, LayerWriter, Made, Packing, is_for_windows};
use crate::filesystem::{self, Tree, Writer, escape};
use crate::image::Image;
use crate::platform::Platform;
use crate::timestamp;
use crate::transport::Source;
use crate::watch::Watch;

/// What an image is built of. The layers come in this order: the base's, the tars, one with everything else.
pub struct Recipe<'a> {
    /// What the image runs on; of a base, what the base runs on stays.
    pub platform: Platform,
    /// The image that this one is built upon, and where it is.
    pub base: Option<(&'a dyn Source, &'a Image)>,
    /// What the annotations say of the base; without it they say the digest of its manifest.
    pub upon: Option<draft::Base>,
    /// Tars that become layers bit by bit as they are, see [`Made::open`].
    pub tars: Vec<Made>,
    /// A directory whose contents are laid over the base's as they are, links of the base not followed.
    pub directories: Vec<Addition>,
    /// Files that are added; where they go is followed through the base's links.
    pub additions: Vec<Addition>,
    /// More entries.
    pub contents: Contents,
    /// Paths of the base that are removed.
    pub removals: Vec<Vec<u8>>,
    /// Changes to the config. Unless they say when the image was made, that is the time of [`Options::times`].
    pub config: ConfigEdit,
    /// The manifest's annotations, beside those that name the base.
    pub annotations: BTreeMap<String, Option<String>>,
}

impl Recipe<'_> {
    /// Makes the recipe of an image with nothing in it.
    pub fn new(platform: Platform) -> Self {
        Self {
            platform,
            base: None,
            upon: None,
            tars: Vec::new(),
            directories: Vec::new(),
            additions: Vec::new(),
            contents: Contents::default(),
            removals: Vec::new(),
            config: ConfigEdit::default(),
            annotations: BTreeMap::new(),
        }
    }
}

/// How images are built.
#[derive(Clone, Debug)]
pub struct Options {
    /// How new layers are compressed, and the format of all.
    pub packing: Packing,
    /// The times of files.
    pub times: Times,
    /// Whether files keep their owners; else they belong to 0:0.
    pub keep_owner: bool,
    /// Where layers are kept until they are written.
    pub scratch: PathBuf,
}

/// The times of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// All the same, in seconds since 1970.
    Fixed(i64),
    /// Their own, but none later than this.
    Clamped(i64),
}

impl Times {
    /// Returns the time of what is made.
    pub(super) fn limit(self) -> i64 {
        match self {
            Self::Fixed(time) | Self::Clamped(time) => time,
        }
    }
}

impl Options {
    /// Makes options: OCI, gzip, one thread, times of 0, owner 0:0.
    pub fn new(scratch: impl Into<PathBuf>) -> Self {
        Self { packing: Packing::default(), times: Times::Fixed(0), keep_owner: false, scratch: scratch.into() }
    }
}

/// Makes the layers and returns the image as a draft.
///
/// # Errors
/// When something cannot be read, or the base is not what it says.
pub fn build(recipe: Recipe<'_>, options: &Options, watch: &Watch) -> Result<Draft> {
    let mut draft = match recipe.base {
        Some((_, image)) => Draft::upon(image)?,
        None => Draft::new(&recipe.platform),
    };
    draft.format = Some(options.packing.format);
    let platform = draft.config.platform.take();
    draft.config = ConfigEdit { platform: recipe.config.platform.clone().or(platform), ..recipe.config.clone() };
    if !draft.config.has_created() {
        draft.config.created = Some(timestamp::format(options.times.limit()));
    }
    if let Some((_, base)) = recipe.base {
        let own = || draft::Base { name: None, digest: base.manifest().digest().clone() };
        draft.set_base(&recipe.upon.clone().unwrap_or_else(own));
    }
    draft.annotations.extend(recipe.annotations.clone());
    let created = draft.config.created.clone();
    let step = |by: &str| History { created: created.clone(), created_by: by.to_owned(), ..History::default() };
    let tree = base::look(&recipe, options)?;
    let is_windows = recipe.platform.os == "windows";
    for tar in &recipe.tars {
        if is_windows {
            tar.check_for_windows()?;
        }
        if let Some(tree) = &tree {
            tar.retyped(tree)?.iter().for_each(|(path, was)| note_retyped(path, was, watch));
        }
        draft.push(Layer::Made(tar.clone()), Some(&step("stevedore build --layer")));
    }
    let contents = gather(recipe, tree.as_ref(), options, watch)?;
    drop(tree);
    if let Some(path) = contents.items.keys().find(|path| is_windows && !is_for_windows(path)) {
        return Err(Error::Windows { path: path.clone() });
    }
    if !contents.is_empty() {
        draft.push(Layer::Made(pack(contents, options, watch)?), Some(&step("stevedore build")));
    }
    Ok(draft)
}

/// Makes one layer, with nothing in it but what was added.
///
/// # Errors
/// When something cannot be read.
pub fn pack(contents: Contents, options: &Options, watch: &Watch) -> Result<Made> {
    let mut writer = Writer::new(LayerWriter::new(&options.scratch, options.packing)?.watched(watch));
    let failed = |error| match error {
        Error::Filesystem(filesystem::Error::Output(source)) => {
            draft::Error::Scratch { path: options.scratch.clone(), source }.into()
        }
        other => other,
    };
    write::write(contents, &mut writer, options, watch).map_err(failed)?;
    let layer = writer.finish().map_err(|error| failed(error.into()))?;
    Ok(layer.finish()?)
}

/// Says that a layer changes the type of a path of the base.
fn note_retyped(path: &[u8], was: &str, watch: &Watch) {
    watch.note(&format!("{} is {was} in the base; this layer replaces it", escape(path)));
}

/// Puts everything that goes into one layer together.
fn gather(recipe: Recipe<'_>, tree: Option<&Tree>, options: &Options, watch: &Watch) -> Result<Contents> {
    let mut contents = Contents::default();
    for directory in &recipe.directories {
        contents.add(directory)?;
    }
    for (path, was) in tree.iter().flat_map(|tree| base::retyped(&contents, tree)) {
        note_retyped(&path, was, watch);
    }
    let removed = removed(&recipe.removals, tree)?;
    let kept = tree.map(|tree| Base::new(tree, &removed));
    let mut added = Contents::default();
    for addition in &recipe.additions {
        match &kept {
            Some(base) => added.add(&base.follow(addition)?)?,
            None => added.add(addition)?,
        }
    }
    contents.extend(match &kept {
        Some(base) => base.settle(added)?,
        None => added,
    })?;
    contents.extend(recipe.contents)?;
    // Before anything is hidden: what hides a directory depends on whether it is there again.
    base::declare_parents(&mut contents, tree, options)?;
    let is_below =
        |path: &[u8], above: &Vec<u8>| path.strip_prefix(&above[..]).is_some_and(|rest| rest.starts_with(b"/"));
    for path in removed.iter().filter(|path| !removed.iter().any(|above| is_below(path, above))) {
        contents.hide(path)?;
    }
    base::declare_parents(&mut contents, tree, options)?;
    Ok(contents)
}

/// Returns where in the base what is to be removed lies.
fn removed(removals: &[Vec<u8>], tree: Option<&Tree>) -> Result<BTreeSet<Vec<u8>>> {
    let find = |path: &Vec<u8>| {
        let named = normalize(path)?;
        if named.is_empty() {
            return Err(Error::Root { what: "removed" });
        }
        let all = BTreeSet::new();
        let at = tree.map(|tree| Base::new(tree, &all).resolve(&named, false)).transpose();
        let at = match at {
            Ok(at) => at.unwrap_or(named),
            // It cannot be there.
            Err(Error::NoDirectory { .. }) => named,
            Err(error) => return Err(error),
        };
        if tree.is_none_or(|tree| tree.get(&at).is_none()) {
            return Err(filesystem::Error::NotFound { path: path.clone() }.into());
        }
        Ok(at)
    };
    removals.iter().map(find).collect()
}
