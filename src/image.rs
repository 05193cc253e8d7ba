//! One image of a place: the manifest for a platform, its config and its layers.
//!
//! image-spec, "Image Index": <https://github.com/opencontainers/image-spec/blob/main/image-index.md>. Indexes are followed down to the image
//! for the platform asked for, nested ones too; attestations are never meant.

use std::collections::BTreeSet;

use crate::class::{Class, Classified, Diagnosis};
use crate::config::{self, Config};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::{Body, Manifest};
use crate::platform::Platform;
use crate::transport::{self, MAX_DEPTH, Selector, Source};

/// How many images without a platform are looked into, for each costs two requests.
const MAX_SILENT: usize = 100;

/// An image's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An image's error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The place failed.
    #[error(transparent)]
    Place(#[from] transport::Error),
    /// The place has no image for a platform.
    #[error("{place} has no image for {wanted}; it has {}", offered.join(", "))]
    Platform {
        /// Where.
        place: String,
        /// The platform asked for.
        wanted: String,
        /// The platforms there.
        offered: Vec<String>,
    },
    /// An index without platforms has several images.
    #[error("{place} has {count} images and no platforms to choose by")]
    Several {
        /// Where.
        place: String,
        /// How many.
        count: usize,
    },
    /// The config is no image configuration.
    #[error("cannot read config {digest}")]
    Config {
        /// Which.
        digest: Digest,
        /// Why.
        source: config::ParseError,
    },
}

impl Classified for Error {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Place(error) => error.diagnosis(),
            Self::Platform { .. } => Class::NotFound.into(),
            Self::Several { .. } => Class::Usage.hint("name a manifest by its digest"),
            Self::Config { source, .. } => source.diagnosis(),
        }
    }
}

/// An image: its manifest, and what its config says.
#[derive(Clone, Debug)]
pub struct Image {
    manifest: Manifest,
    config: Option<Config>,
}

impl Image {
    /// Finds the image that `at` stands for; of an index, the one for `platform`, or for this host's when none is given.
    ///
    /// # Errors
    /// [`Error::Platform`] when there is none for the platform, which for a single image its config says.
    pub fn find(source: &dyn Source, at: &Selector, platform: Option<&Platform>) -> Result<Self> {
        let manifest = find(source, at, platform)?;
        let config = read_config(source, &manifest)?;
        if let Some(wanted) = platform {
            agrees(source, at, config.as_ref(), wanted)?;
        }
        Ok(Self { manifest, config })
    }

    /// Returns the manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Returns the config; schema 1 has none, and an artifact's may be anything.
    pub fn config(&self) -> Option<&Config> {
        self.config.as_ref()
    }

    /// Returns the layers, the lowest first.
    pub fn layers(&self) -> &[Descriptor] {
        match self.manifest.body() {
            Body::Image(image) => &image.layers,
            Body::Artifact(artifact) => &artifact.blobs,
            Body::Schema1(schema1) => &schema1.layers,
            Body::Index(_) => &[],
        }
    }

    /// Returns the layers' uncompressed digests, as the config has them.
    pub fn diff_ids(&self) -> &[Digest] {
        self.config.as_ref().map_or(&[], |config| &config.body().rootfs.diff_ids)
    }
}

/// Returns the platforms of the images that an index has; of one image its own, or this host's where it says none.
///
/// # Errors
/// Those of reading.
pub fn platforms(source: &dyn Source, at: &Selector) -> Result<Vec<Platform>> {
    let root = source.manifest(at)?;
    let Some(index) = root.as_index() else {
        let own = Image::find(source, at, None)?.config().map(Config::platform).filter(|own| !own.os.is_empty());
        return Ok(vec![own.unwrap_or_else(Platform::host)]);
    };
    let images = index.manifests.iter().filter(|entry| !entry.is_attestation());
    Ok(images.filter_map(|entry| entry.platform.clone()).collect())
}

/// Returns the images that a manifest stands for: itself, or those of the index and of the indexes in it, without attestations. Each has the
/// platform that its entry names, or else its config; an artifact may have none.
///
/// # Errors
/// Those of reading.
pub fn all(source: &dyn Source, root: &Manifest) -> Result<Vec<Descriptor>> {
    let mut search = Search::new(&source);
    let mut found = Vec::new();
    if root.as_index().is_some() {
        search.all_below(root, 0, &mut found)?;
    } else {
        let own = root.descriptor();
        found.push(Descriptor { platform: search.platform_of(&own)?, ..own });
    }
    Ok(found)
}

/// Finds what [`Image::find`] finds, and reads no more than it takes: for an entry of an index that names its platform, the indexes alone.
///
/// # Errors
/// Those of [`Image::find`].
pub fn resolve(source: &dyn Source, at: &Selector, platform: &Platform) -> Result<Descriptor> {
    let mut manifest = source.manifest(at)?;
    for _ in 0..=MAX_DEPTH {
        if manifest.as_index().is_none() {
            let config = read_config(source, &manifest)?;
            agrees(source, at, config.as_ref(), platform)?;
            return Ok(manifest.descriptor());
        }
        let chosen = choose(source, at, &manifest, Some(platform))?;
        if !chosen.media_type.is_index() {
            return Ok(chosen);
        }
        manifest = source.manifest(&Selector::from(chosen))?;
    }
    Err(too_deep(source))
}

/// Finds the manifest of the image that `at` stands for, whatever its config says; of an index, the one for `platform`, or for this host's when
/// none is given.
///
/// # Errors
/// [`Error::Platform`] when an index has none for the platform.
pub fn find(source: &dyn Source, at: &Selector, platform: Option<&Platform>) -> Result<Manifest> {
    let mut manifest = source.manifest(at)?;
    for _ in 0..=MAX_DEPTH {
        if manifest.as_index().is_none() {
            return Ok(manifest);
        }
        let chosen = choose(source, at, &manifest, platform)?;
        manifest = source.manifest(&Selector::from(chosen))?;
    }
    Err(too_deep(source))
}

fn too_deep(source: &dyn Source) -> Error {
    let reason = "its indexes are nested too deeply".to_owned();
    transport::Error::Malformed { place: source.to_string(), reason }.into()
}

/// Fails when a config says that its image is for another platform.
fn agrees(source: &dyn Source, at: &Selector, config: Option<&Config>, wanted: &Platform) -> Result<()> {
    let Some(offered) = config.map(Config::platform) else {
        return Ok(());
    };
    if offered.os.is_empty() || wanted.accepts(&offered) {
        return Ok(());
    }
    Err(no_platform(source, at, wanted, vec![offered.to_string()]))
}

fn choose(source: &dyn Source, at: &Selector, index: &Manifest, platform: Option<&Platform>) -> Result<Descriptor> {
    let images = || index.children().iter().filter(|entry| !entry.is_attestation());
    if platform.is_none() && images().all(|entry| entry.platform.is_none()) {
        let mut all = images();
        return match (all.next(), all.next()) {
            (Some(only), None) => Ok(only.clone()),
            (None, _) => Err(transport::Error::not_found("image", source).into()),
            _ => Err(Error::Several { place: source.to_string(), count: images().count() }),
        };
    }
    let host = Platform::host();
    let wanted = platform.unwrap_or(&host);
    let mut search = Search::new(&source);
    let chosen = search.find(index, wanted)?;
    chosen.ok_or_else(|| no_platform(source, at, wanted, search.offered))
}

/// Reads what a search needs.
pub trait Reader {
    /// Why it cannot be read.
    type Error;

    /// Reads a manifest that an index names.
    ///
    /// # Errors
    /// When it cannot be read.
    fn manifest(&self, entry: &Descriptor) -> Result<Manifest, Self::Error>;

    /// Reads the config of an image.
    ///
    /// # Errors
    /// When it cannot be read, or is none.
    fn config(&self, config: &Descriptor) -> Result<Config, Self::Error>;
}

impl Reader for &dyn Source {
    type Error = Error;

    fn manifest(&self, entry: &Descriptor) -> Result<Manifest> {
        Ok(Source::manifest(*self, &Selector::from(entry.clone()))?)
    }

    fn config(&self, config: &Descriptor) -> Result<Config> {
        parse_config(*self, config)
    }
}

/// Looks for images by platform, in an index and in those nested in it. An entry without a platform has that of its config.
pub struct Search<'a, R> {
    reader: &'a R,
    /// The platforms that were met, as text.
    pub offered: Vec<String>,
    seen: BTreeSet<Digest>,
    looked: usize,
}

impl<'a, R: Reader> Search<'a, R> {
    /// Begins a search.
    pub fn new(reader: &'a R) -> Self {
        Self { reader, offered: Vec::new(), seen: BTreeSet::new(), looked: 0 }
    }

    /// Finds the image for a platform. Entries that name one that fits go first, then those of nested indexes, then those whose config fits.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn find(&mut self, index: &Manifest, wanted: &Platform) -> Result<Option<Descriptor>, R::Error> {
        self.find_below(index, wanted, 0)
    }

    /// Returns the images of an index with their platforms; configs are read when the entries do not suffice for all that is wanted.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn entries(&mut self, index: &Manifest, wanted: &[Platform]) -> Result<Vec<Descriptor>, R::Error> {
        let mut entries: Vec<_> = index.children().iter().filter(|entry| !entry.is_attestation()).cloned().collect();
        self.offered.extend(entries.iter().filter_map(|entry| entry.platform.as_ref()).map(Platform::to_string));
        if wanted.iter().any(|platform| platform.choose(&entries).is_none()) {
            entries.extend(self.complete(index)?);
        }
        Ok(entries)
    }

    fn find_below(
        &mut self,
        index: &Manifest,
        wanted: &Platform,
        depth: usize,
    ) -> Result<Option<Descriptor>, R::Error> {
        let images = index.children().iter().filter(|entry| !entry.is_attestation());
        self.offered.extend(images.filter_map(|entry| entry.platform.as_ref()).map(Platform::to_string));
        if let Some(chosen) = wanted.choose(index.children()) {
            return Ok(Some(chosen.clone()));
        }
        if depth < MAX_DEPTH {
            for nested in index.children().iter().filter(|entry| entry.media_type.is_index()) {
                // One that stands many times is looked into once: nested, the times multiply.
                if self.seen.insert(nested.digest.clone()) {
                    let below = self.reader.manifest(nested)?;
                    if let Some(chosen) = self.find_below(&below, wanted, depth + 1)? {
                        return Ok(Some(chosen));
                    }
                }
            }
        }
        let completed = self.complete(index)?;
        Ok(wanted.choose(&completed).cloned())
    }

    fn all_below(&mut self, index: &Manifest, depth: usize, found: &mut Vec<Descriptor>) -> Result<(), R::Error> {
        for entry in index.children().iter().filter(|entry| !entry.is_attestation()) {
            if entry.media_type.is_index() {
                if depth < MAX_DEPTH && self.seen.insert(entry.digest.clone()) {
                    let below = self.reader.manifest(entry)?;
                    self.all_below(&below, depth + 1, found)?;
                }
                continue;
            }
            let mut entry = entry.clone();
            if entry.platform.is_none() && entry.media_type.is_manifest() && self.looked < MAX_SILENT {
                self.looked += 1;
                entry.platform = self.platform_of(&entry)?;
            }
            found.push(entry);
        }
        Ok(())
    }

    /// Returns the images of an index that name no platform with that of their configs, if these name one.
    ///
    /// # Errors
    /// Those of the reader.
    fn complete(&mut self, index: &Manifest) -> Result<Vec<Descriptor>, R::Error> {
        let is_silent = |entry: &&Descriptor| {
            entry.platform.is_none() && entry.media_type.is_manifest() && !entry.media_type.is_index()
        };
        let mut completed = Vec::new();
        for entry in index.children().iter().filter(is_silent) {
            if !self.seen.insert(entry.digest.clone()) {
                continue;
            }
            if self.looked == MAX_SILENT {
                self.offered.push(format!("more than {MAX_SILENT} images that name no platform"));
                break;
            }
            self.looked += 1;
            let platform = self.platform_of(entry)?;
            self.offered.extend(platform.iter().map(Platform::to_string));
            completed.extend(platform.map(|platform| Descriptor { platform: Some(platform), ..entry.clone() }));
        }
        Ok(completed)
    }

    /// Reads which platform the config of an image names.
    fn platform_of(&self, entry: &Descriptor) -> Result<Option<Platform>, R::Error> {
        let manifest = self.reader.manifest(entry)?;
        let Some(image) = manifest.as_image().filter(|_| manifest.is_runnable()) else {
            return Ok(None);
        };
        Ok(Some(self.reader.config(&image.config)?.platform()).filter(|platform| !platform.os.is_empty()))
    }
}

/// Reads the config of what can be run; an artifact's is whatever its maker wanted.
fn read_config(source: &dyn Source, manifest: &Manifest) -> Result<Option<Config>> {
    let Some(image) = manifest.as_image().filter(|_| manifest.is_runnable()) else {
        return Ok(None);
    };
    parse_config(source, &image.config).map(Some)
}

fn parse_config(source: &dyn Source, config: &Descriptor) -> Result<Config> {
    let raw = source.blob(config)?.read_all(config::MAX_SIZE).map_err(transport::Error::from_read)?;
    Config::parse(raw).map_err(|source| Error::Config { digest: config.digest.clone(), source })
}

fn no_platform(source: &dyn Source, at: &Selector, wanted: &Platform, offered: Vec<String>) -> Error {
    let offered = if offered.is_empty() { vec!["no platforms".to_owned()] } else { offered };
    let place = match at {
        Selector::Tag(tag) => format!("{source}:{tag}"),
        Selector::Digest(digest) => format!("{source}@{digest}"),
        _ => source.to_string(),
    };
    Error::Platform { place, wanted: wanted.to_string(), offered }
}
