//! `digest`: what a name stands for, by one request.

use stevedore::platform::Platform;

use crate::cli::flags::Image;
use crate::cli::{Result, Ui, resolved};

/// Print the digest of an image's manifest, by one HEAD at a registry
///
/// With --platform, that of the image for the platform: in an index, or by itself.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Take the image for this platform
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<Platform>,
    #[command(flatten)]
    pub(crate) image: Image,
}

const EXAMPLES: &str = "\
Examples:
  stevedore digest docker://alpine:3.20
  stevedore digest --platform linux/arm64 docker://alpine:3.20
  stevedore digest oci:images:app";

/// Prints the digest.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let (source, _) = args.image.open(ui)?;
    ui.report(&resolved::find(&args.image.reference, args.platform.as_ref(), &*source)?)
}
