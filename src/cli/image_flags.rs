//! The flags of verbs that look inside an image, and the image they name.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use stevedore::diff;
use stevedore::filesystem::{DiffIds, Layers, Options};
use stevedore::image::Image;
use stevedore::manifest::Manifest;
use stevedore::platform::Platform;
use stevedore::transport::{Cached, Location, Place, Source};

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

/// An image in its place.
pub(crate) struct Opened {
    source: Box<dyn Source>,
    image: Image,
    options: Options,
}

impl ImageFlags {
    /// Finds the image.
    pub(crate) fn open(&self, reference: &Location, digests: bool, ui: &Ui) -> Result<Opened> {
        self.open_for(reference, None, digests, ui)
    }

    /// Says whether a platform was asked for.
    pub(crate) fn names_platform(&self) -> bool {
        self.platform.is_some()
    }

    /// Finds the image, of an index the one for this platform rather than the one that the flags name.
    pub(crate) fn open_for(
        &self,
        reference: &Location,
        platform: Option<&Platform>,
        digests: bool,
        ui: &Ui,
    ) -> Result<Opened> {
        let mut places = self.registry.reading(&reference.place, None, ui)?;
        places.scratch = self.scratch.clone().or(places.scratch);
        let mut source = reference.place.open_source(&places)?;
        if let Some(folder) = self.cache.as_ref().filter(|_| source.origin().is_some()) {
            source = Box::new(Cached::new(source, Place::Layout(folder.clone()).open_destination(&places)?));
        }
        let source = self.policy.guard(source, reference, &places.watch)?;
        let image = Image::find(&*source, &reference.at, platform.or(self.platform.as_ref()))?;
        // What docker saved has no digests but diff_ids, and tools that imitate it often give wrong ones.
        let by_docker = matches!(reference.place, Place::DockerArchive(_));
        let options = Options {
            digests,
            parallel: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            scratch: places.scratch,
            diff_ids: if by_docker { DiffIds::Ignore } else { DiffIds::Refuse },
            ..Options::default()
        };
        Ok(Opened { source, image, options })
    }
}

impl Opened {
    /// Returns the place.
    #[cfg(feature = "sbom")]
    pub(crate) fn source(&self) -> &dyn Source {
        &*self.source
    }

    /// Returns the image.
    pub(crate) fn image(&self) -> &Image {
        &self.image
    }

    /// Returns what the reference itself names: the image's manifest, or the index that it was found in.
    pub(crate) fn root(&self, reference: &Location) -> Result<Manifest> {
        Ok(self.source.manifest(&reference.at)?)
    }

    /// Returns the platform that the image is for, as its config has it.
    pub(crate) fn platform(&self) -> String {
        self.image.config().map_or_else(|| Platform::host().to_string(), |config| config.platform().to_string())
    }

    /// Returns it as one side of a comparison.
    pub(crate) fn side(&self) -> diff::Side<'_> {
        diff::Side { source: &*self.source, image: &self.image, options: self.options.clone() }
    }

    /// Returns its layers.
    pub(crate) fn layers(&self) -> Result<Layers<'_>> {
        Ok(Layers::new(&*self.source, &self.image, self.options.clone())?)
    }
}
