//! `inspect`: what an image says about itself.

mod report;

use stevedore::config::{self, Config};
use stevedore::error_chain::with_causes;
use stevedore::image::{self, Image as Found};
use stevedore::manifest::{Body, Manifest};
use stevedore::platform::Platform;
use stevedore::transport::{self, Location, Source};

use crate::cli::flags::Image;
use crate::cli::{Result, Ui, resolved};
use report::Inspection;

/// Show what an image is made of
///
/// Of an index the platforms are shown; with --platform, the image for that platform: its config, its history and the layers with their
/// sizes.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Print the manifest, byte for byte
    #[arg(long, conflicts_with_all = ["config", "digest"])]
    raw: bool,
    /// Print the config, byte for byte; of an index, that of --platform or of this host's platform
    #[arg(long, conflicts_with = "digest")]
    config: bool,
    /// Print the digest, by one HEAD at a registry; with --platform, that of the image for it
    #[arg(long)]
    digest: bool,
    /// Look at the image for this platform
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<Platform>,
    #[command(flatten)]
    pub(crate) image: Image,
}

const EXAMPLES: &str = "\
Examples:
  stevedore inspect docker://alpine:3.20
  stevedore inspect --platform linux/arm64 docker://alpine:3.20
  stevedore inspect --raw oci:images:app | jq .
  stevedore inspect --json docker://alpine | jq -r '.manifests[].platform.architecture'";

/// Shows the image.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let reference = &args.image.reference;
    let (source, _) = args.image.open(ui)?;
    let source = &*source;
    if args.digest {
        return ui.report(&resolved::find(reference, args.platform.as_ref(), source)?);
    }
    let at = &reference.at;
    let (manifest, config) = match &args.platform {
        Some(platform) => {
            let image = Found::find(source, at, Some(platform))?;
            (image.manifest().clone(), image.config().map(|config| config.raw().to_vec()))
        }
        None if args.config => (image::find(source, at, None)?, None),
        None => (source.manifest(at)?, None),
    };
    if args.raw {
        return ui.bytes(manifest.raw());
    }
    let config = config.map_or_else(|| read_config(source, &manifest), |config| Ok(Some(config)))?;
    if args.config {
        return ui.bytes(&config.ok_or_else(|| no_config(reference))?);
    }
    let config = config.filter(|_| manifest.is_runnable()).map(Config::parse).transpose();
    let faults = match &config {
        Ok(config) => config.as_ref().map_or_else(Vec::new, |config| config.faults().to_vec()),
        Err(error) => vec![with_causes(error)],
    };
    for fault in &faults {
        ui.note(&format!("the config cannot be read in full: {fault}"));
    }
    ui.report(&Inspection::new(reference, &manifest, config.ok().flatten().as_ref()).with(faults))
}

/// Reads the config blob, if the manifest has one that is worth it.
fn read_config(source: &dyn Source, manifest: &Manifest) -> Result<Option<Vec<u8>>> {
    let Body::Image(image) = manifest.body() else {
        return Ok(None);
    };
    let blob = source.blob(&image.config)?;
    Ok(Some(blob.read_all(config::MAX_SIZE).map_err(transport::Error::io("read", image.config.digest.to_string()))?))
}

fn no_config(reference: &Location) -> transport::Error {
    transport::Error::unsupported("reading a config", reference, "this manifest has none; --raw prints the manifest")
}
