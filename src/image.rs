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
        if let (Some(wanted), Some(config)) = (platform, &config) {
            let offered = config.platform();
            if !offered.os.is_empty() && !wanted.accepts(&offered) {
                return Err(no_platform(source, at, wanted, vec![offered.to_string()]));
            }
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
    let reason = "its indexes are nested too deeply".to_owned();
    Err(transport::Error::Malformed { place: source.to_string(), reason }.into())
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
    let mut offered = Vec::new();
    let read = |nested: &Descriptor| source.manifest(&Selector::from(nested.clone())).map_err(Error::from);
    let chosen = search(index, wanted, &mut offered, &read)?;
    chosen.ok_or_else(|| no_platform(source, at, wanted, offered))
}

/// Looks for the image for a platform in an index and in those nested in it, which `read` reads; what is there goes into `offered`.
///
/// # Errors
/// Those of `read`.
pub fn search<E>(
    index: &Manifest,
    wanted: &Platform,
    offered: &mut Vec<String>,
    read: &impl Fn(&Descriptor) -> Result<Manifest, E>,
) -> Result<Option<Descriptor>, E> {
    search_below(index, wanted, offered, read, &mut BTreeSet::new(), 0)
}

fn search_below<E>(
    index: &Manifest,
    wanted: &Platform,
    offered: &mut Vec<String>,
    read: &impl Fn(&Descriptor) -> Result<Manifest, E>,
    seen: &mut BTreeSet<Digest>,
    depth: usize,
) -> Result<Option<Descriptor>, E> {
    let images = index.children().iter().filter(|entry| !entry.is_attestation());
    offered.extend(images.filter_map(|entry| entry.platform.as_ref()).map(Platform::to_string));
    if let Some(chosen) = wanted.choose(index.children()) {
        return Ok(Some(chosen.clone()));
    }
    if depth >= MAX_DEPTH {
        return Ok(None);
    }
    for nested in index.children().iter().filter(|entry| entry.media_type.is_index()) {
        // One that stands many times is looked into once: nested, the times multiply.
        if seen.insert(nested.digest.clone())
            && let Some(chosen) = search_below(&read(nested)?, wanted, offered, read, seen, depth + 1)?
        {
            return Ok(Some(chosen));
        }
    }
    Ok(None)
}

/// Reads the config of what can be run; an artifact's is whatever its maker wanted.
fn read_config(source: &dyn Source, manifest: &Manifest) -> Result<Option<Config>> {
    let Some(image) = manifest.as_image().filter(|_| manifest.is_runnable()) else {
        return Ok(None);
    };
    let raw = source.blob(&image.config)?.read_all(config::MAX_SIZE).map_err(transport::Error::from_read)?;
    Config::parse(raw).map(Some).map_err(|source| Error::Config { digest: image.config.digest.clone(), source })
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
