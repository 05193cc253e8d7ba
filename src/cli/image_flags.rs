//! The flags of verbs that look inside an image, and the image they name.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use stevedore::diff;
use stevedore::filesystem::{DiffIds, Layers, Options};
use stevedore::image::Image;
use stevedore::platform::Platform;
use stevedore::transport::{Cached, Location, Place, Selector, Source};

use super::flags::Registry;
use super::policies::PolicyFlag;
use super::{Result, Ui};

/// Which image is looked into, and how.
#[derive(clap::Args)]
pub(crate) struct ImageFlags {
    /// Look into the image for this platform [default: this host's]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<Platform>,
    /// Keep the layers of a registry's image in this folder, an OCI layout, and take them from there the next time
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Keep temporary files in this folder [default: $TMPDIR, else /tmp]
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    #[command(flatten)]
    policy: PolicyFlag,
    #[command(flatten)]
    registry: Registry,
}

/// A place, and how layers in it are read.
pub(crate) struct Located {
    source: Box<dyn Source>,
    options: Options,
}

/// An image in its place.
pub(crate) struct Opened {
    located: Located,
    image: Image,
}

impl ImageFlags {
    /// Finds the image.
    pub(crate) fn open(&self, reference: &Location, digests: bool, ui: &Ui) -> Result<Opened> {
        let located = self.locate(reference, digests, ui)?;
        let image = located.image(&reference.at, self.platform.as_ref())?;
        Ok(Opened { located, image })
    }

    /// Returns the platform that was asked for.
    pub(crate) fn platform(&self) -> Option<&Platform> {
        self.platform.as_ref()
    }

    /// Opens the place that the image is in.
    pub(crate) fn locate(&self, reference: &Location, digests: bool, ui: &Ui) -> Result<Located> {
        let mut places = self.registry.reading(&reference.place, None, ui)?;
        places.scratch = self.scratch.clone().or(places.scratch);
        let mut source = reference.place.open_source(&places)?;
        if let Some(folder) = self.cache.as_ref().filter(|_| source.origin().is_some()) {
            source = Box::new(Cached::new(source, Place::Layout(folder.clone()).open_destination(&places)?));
        }
        let source = self.policy.guard(source, reference, &places.watch)?;
        // What docker saved has no digests but diff_ids, and tools that imitate it often give wrong ones.
        let by_docker = matches!(reference.place, Place::DockerArchive(_));
        let options = Options {
            digests,
            parallel: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            scratch: places.scratch,
            diff_ids: if by_docker { DiffIds::Ignore } else { DiffIds::Refuse },
            ..Options::default()
        };
        Ok(Located { source, options })
    }
}

impl Located {
    /// Returns the place.
    pub(crate) fn source(&self) -> &dyn Source {
        &*self.source
    }

    /// Finds an image; of an index, the one for this platform, or for this host's.
    pub(crate) fn image(&self, at: &Selector, platform: Option<&Platform>) -> Result<Image> {
        Ok(Image::find(&*self.source, at, platform)?)
    }

    /// Returns an image of the place as one side of a comparison.
    pub(crate) fn side<'a>(&'a self, image: &'a Image) -> diff::Side<'a> {
        diff::Side { source: &*self.source, image, options: self.options.clone() }
    }
}

impl Opened {
    /// Returns the place.
    #[cfg(feature = "sbom")]
    pub(crate) fn source(&self) -> &dyn Source {
        self.located.source()
    }

    /// Returns the image.
    pub(crate) fn image(&self) -> &Image {
        &self.image
    }

    /// Returns its layers.
    pub(crate) fn layers(&self) -> Result<Layers<'_>> {
        Ok(Layers::new(self.located.source(), &self.image, self.located.options.clone())?)
    }
}
