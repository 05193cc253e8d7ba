//! One image in the making.

use std::collections::{BTreeMap, HashMap};

use serde_json::value::{RawValue, to_raw_value};

use super::document::Document;
use super::{ConfigEdit, Error, Layer, Result};
use crate::config::{Config, History, RootFs};
use crate::descriptor::{Annotations, Descriptor};
use crate::digest::Digest;
use crate::image::Image;
use crate::manifest::{self, Manifest};
use crate::media_type::{Format, MediaType};
use crate::platform::Platform;
use crate::transport::{self, Selector, Source};

/// The annotation with the name of the image that another is built upon: image-spec, "Pre-Defined Annotation Keys",
/// <https://github.com/opencontainers/image-spec/blob/main/annotations.md#pre-defined-annotation-keys>.
pub const BASE_NAME: &str = "org.opencontainers.image.base.name";
/// The annotation with the digest of that image.
pub const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

/// What an image is built upon, as its annotations say it: the digest is of what the name stands for, an index too, so that who asks for the
/// name can tell whether the base has moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The name by which others find it, if there is one.
    pub name: Option<String>,
    /// The digest of its manifest or index.
    pub digest: Digest,
}

impl Base {
    /// Looks up what stands in a place.
    ///
    /// # Errors
    /// Those of the place.
    pub fn find(source: &dyn Source, at: &Selector, name: Option<String>) -> transport::Result<Self> {
        Ok(Self { name, digest: source.manifest(at)?.digest().clone() })
    }

    /// Returns the annotations, each to be set or removed.
    pub fn annotations(&self) -> BTreeMap<String, Option<String>> {
        let digest = Some(self.digest.to_string());
        BTreeMap::from([(BASE_NAME.to_owned(), self.name.clone()), (BASE_DIGEST.to_owned(), digest)])
    }
}

/// An image in the making.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The layers, the lowest first.
    pub layers: Vec<Layer>,
    /// How the layers came about, the first step first.
    pub history: Vec<Step>,
    /// What becomes of the config.
    pub config: ConfigEdit,
    /// The manifest's annotations, each set or removed. Docker's format has none.
    pub annotations: BTreeMap<String, Option<String>>,
    /// The family of media types; without it that of the base, or OCI's.
    pub format: Option<Format>,
    raw_config: Vec<u8>,
    manifest: Option<Manifest>,
}

/// One step of an image's making, kept as it is written.
#[derive(Clone, Debug)]
pub struct Step {
    text: Box<RawValue>,
    makes_layer: bool,
}

impl Step {
    /// Makes a step.
    pub fn new(history: &History) -> Self {
        let text = to_raw_value(history).expect("strings are always writable");
        Self { text, makes_layer: !history.empty_layer }
    }

    /// Says whether the step made a layer.
    pub fn makes_layer(&self) -> bool {
        self.makes_layer
    }

    /// Says whether another step is written in the same way.
    pub fn is_same(&self, other: &Self) -> bool {
        self.text.get() == other.text.get()
    }
}

/// What came of a draft.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The manifest.
    pub manifest: Manifest,
    /// The config.
    pub config: Config,
}

impl Finished {
    /// Returns the manifest's descriptor with the platform, as it stands in an index.
    pub fn descriptor(&self) -> Descriptor {
        Descriptor { platform: Some(self.config.platform()), ..self.manifest.descriptor() }
    }
}

impl Draft {
    /// Begins with nothing.
    pub fn new(platform: &Platform) -> Self {
        let config = ConfigEdit { platform: Some(platform.clone()), ..ConfigEdit::default() };
        Self {
            layers: Vec::new(),
            history: Vec::new(),
            config,
            annotations: BTreeMap::new(),
            format: None,
            raw_config: br#"{"architecture":"","os":"","config":{},"rootfs":{"type":"layers","diff_ids":[]}}"#.to_vec(),
            manifest: None,
        }
    }

    /// Begins with an image that is to be changed: without a change, it comes out as it is.
    ///
    /// # Errors
    /// [`Error::NoImage`] for what has no config of an image or other layers than an image; [`Error::Count`]; [`Error::Config`].
    pub fn of(image: &Image) -> Result<Self> {
        let manifest = image.manifest();
        let digest = || manifest.digest().clone();
        let config = image.config().filter(|_| manifest.as_image().is_some());
        let Some(config) = config else {
            let what = if manifest.media_type().is_schema1() { "a Docker schema 1 image" } else { "an artifact" };
            return Err(Error::NoImage { digest: digest(), what });
        };
        // Layers of a type that nobody knows, encrypted ones say, are kept where the config counts them as layers.
        let is_odd = image.layers().iter().any(|layer| layer.media_type.layer_compression().is_none());
        if is_odd && image.layers().len() != image.diff_ids().len() {
            return Err(Error::NoImage { digest: digest(), what: "an artifact" });
        }
        let (layers, diff_ids) = (image.layers(), image.diff_ids());
        if layers.len() != diff_ids.len() {
            return Err(Error::Count { diff_ids: diff_ids.len(), layers: layers.len() });
        }
        let kept = layers.iter().zip(diff_ids);
        let kept = kept.map(|(layer, id)| Layer::Kept { descriptor: layer.clone(), diff_id: id.clone() });
        let document = Document::parse(config.raw()).map_err(Error::Config)?;
        Ok(Self {
            layers: kept.collect(),
            history: steps(&document).map_err(Error::Config)?,
            config: ConfigEdit::default(),
            annotations: BTreeMap::new(),
            format: None,
            raw_config: config.raw().to_vec(),
            manifest: Some(manifest.clone()),
        })
    }

    /// Begins a new image upon another: its layers and its config, but neither its annotations nor what it refers to.
    ///
    /// # Errors
    /// Those of [`of`](Self::of).
    pub fn upon(base: &Image) -> Result<Self> {
        let format = base.manifest().format();
        Ok(Self { manifest: None, format, ..Self::of(base)? })
    }

    /// Annotates what the image is built upon.
    pub fn set_base(&mut self, base: &Base) {
        self.annotations.extend(base.annotations());
    }

    /// Takes another config, with the same layers, as the one that is edited.
    ///
    /// # Errors
    /// [`Error::Config`] when it is no JSON object, [`Error::Layers`] when it has other layers.
    pub fn replace_config(&mut self, raw: Vec<u8>) -> Result<()> {
        let document = Document::parse(&raw).map_err(Error::Config)?;
        let now = Document::parse(&self.raw_config).and_then(|now| now.decode::<RootFs>("rootfs"));
        let wanted = document.decode::<RootFs>("rootfs").map_err(Error::Config)?;
        if wanted.map(|root| root.diff_ids) != now.map_err(Error::Config)?.map(|root| root.diff_ids) {
            return Err(Error::Layers);
        }
        self.history = steps(&document).map_err(Error::Config)?;
        self.raw_config = raw;
        Ok(())
    }

    /// Says whether the history tells of each layer how it came about.
    pub fn is_told(&self) -> bool {
        self.history.iter().filter(|step| step.makes_layer).count() == self.layers.len()
    }

    /// Adds a layer on top, with the step that made it. A history that says nothing of the layers below says nothing of this one.
    pub fn push(&mut self, layer: Layer, step: Option<&History>) {
        let told = self.is_told();
        self.layers.push(layer);
        if told && let Some(step) = step {
            self.history.push(Step::new(&History { empty_layer: false, ..step.clone() }));
        }
    }

    /// Removes a layer and the step that made it; the lowest is 0.
    pub fn remove(&mut self, number: usize) -> Layer {
        let makers = self.history.iter().enumerate().filter(|(_, step)| step.makes_layer);
        let makers: Vec<usize> = makers.map(|(at, _)| at).collect();
        if makers.len() == self.layers.len() {
            self.history.remove(makers[number]);
        }
        self.layers.remove(number)
    }

    /// Writes config and manifest.
    ///
    /// # Errors
    /// When one of them cannot be edited or is not acceptable afterwards.
    pub fn finish(&self) -> Result<Finished> {
        let raw = self.write_config().map_err(Error::Config)?;
        let config = Config::parse(raw)?;
        let manifest = self.write_manifest(&config)?;
        Ok(Finished { manifest, config })
    }

    /// Returns the family of media types that the image will have.
    pub fn final_format(&self) -> Format {
        let own = self.manifest.as_ref().and_then(Manifest::format);
        self.format.or(own).unwrap_or(Format::Oci)
    }

    fn write_config(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut document = Document::parse(&self.raw_config)?;
        self.config.apply(&mut document)?;
        let diff_ids = self.layers.iter().map(|layer| layer.diff_id().clone()).collect();
        let now: Option<RootFs> = document.decode("rootfs")?;
        let wanted = RootFs { kind: "layers".into(), diff_ids };
        if now.is_none_or(|now| now.diff_ids != wanted.diff_ids) {
            document.set("rootfs", &wanted)?;
        }
        let now: Option<Vec<Box<RawValue>>> = document.decode("history")?;
        let now: Vec<&str> = now.iter().flatten().map(|step| step.get()).collect();
        let wanted: Vec<&RawValue> = self.history.iter().map(|step| &*step.text).collect();
        if now != wanted.iter().map(|step| step.get()).collect::<Vec<_>>() {
            document.set("history", &wanted)?;
        }
        Ok(document.into_bytes())
    }

    fn write_manifest(&self, config: &Config) -> Result<Manifest> {
        let format = self.final_format();
        let new = Descriptor::of(MediaType::OCI_CONFIG.in_format(format), config.raw());
        let layer = |layer: &Layer| {
            let descriptor = layer.descriptor().clone();
            Descriptor { media_type: descriptor.media_type.in_format(format), ..descriptor }
        };
        let layers: Vec<Descriptor> = self.layers.iter().map(layer).collect();
        if let Some(old) = self.manifest.as_ref().filter(|old| old.format() == Some(format)) {
            let failed = |source| Error::Splice { digest: old.digest().clone(), source };
            let raw = self.splice(old, &new, &layers).map_err(failed)?;
            return Ok(Manifest::parse(raw, Some(old.media_type()))?);
        }
        let old = self.manifest.as_ref().and_then(Manifest::as_image);
        let is_oci = format == Format::Oci;
        let annotations = self.final_annotations(old.map(|old| &old.annotations));
        let image = manifest::Image {
            config: new,
            layers: if is_oci { layers } else { layers.into_iter().map(bare).collect() },
            // Docker's format knows neither subjects nor annotations.
            subject: old.and_then(|old| old.subject.clone()).filter(|_| is_oci),
            annotations: if is_oci { annotations } else { Annotations::new() },
            artifact_type: old.and_then(|old| old.artifact_type.clone()).filter(|_| is_oci),
        };
        Ok(Manifest::image(format, &image)?)
    }

    fn splice(&self, old: &Manifest, config: &Descriptor, layers: &[Descriptor]) -> Result<Vec<u8>, serde_json::Error> {
        let mut document = Document::parse(old.raw())?;
        let Some(image) = old.as_image() else { return Ok(old.raw().to_vec()) };
        if image.config.digest != config.digest {
            let kept = image.config.clone();
            let config = Descriptor { digest: config.digest.clone(), size: config.size, data: None, ..kept };
            document.set("config", &config)?;
        }
        if image.layers != layers {
            let texts: Vec<Box<RawValue>> = document.decode("layers")?.unwrap_or_default();
            let texts: HashMap<&Descriptor, Box<RawValue>> = image.layers.iter().zip(texts).rev().collect();
            let text = |layer: &Descriptor| match texts.get(layer) {
                Some(text) => Ok(text.clone()),
                None => to_raw_value(layer),
            };
            let layers: Vec<Box<RawValue>> = layers.iter().map(text).collect::<Result<_, _>>()?;
            document.set("layers", &layers)?;
        }
        if old.format() == Some(Format::Oci) {
            let annotations = self.final_annotations(Some(&image.annotations));
            if annotations != image.annotations {
                document.set_or_remove("annotations", &annotations, annotations.is_empty())?;
            }
        }
        Ok(document.into_bytes())
    }

    fn final_annotations(&self, old: Option<&Annotations>) -> Annotations {
        let mut annotations = old.cloned().unwrap_or_default();
        for (key, value) in &self.annotations {
            match value {
                Some(value) => {
                    annotations.insert(key.clone(), value.clone());
                }
                None => {
                    annotations.remove(key);
                }
            }
        }
        annotations
    }
}

/// What a Docker manifest has of a descriptor.
fn bare(descriptor: Descriptor) -> Descriptor {
    Descriptor { urls: descriptor.urls, ..Descriptor::new(descriptor.media_type, descriptor.digest, descriptor.size) }
}

/// Reads the steps of a history as they are written.
fn steps(config: &Document<'_>) -> Result<Vec<Step>, serde_json::Error> {
    let texts: Option<Vec<Box<RawValue>>> = config.decode("history")?;
    let step = |text: Box<RawValue>| {
        let history: History = serde_json::from_str(text.get())?;
        Ok(Step { text, makes_layer: !history.empty_layer })
    };
    texts.into_iter().flatten().map(step).collect()
}
