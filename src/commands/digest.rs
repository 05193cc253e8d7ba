//! `digest`: what a name stands for, by one request.

use crate::cli::flags::Image;
use crate::cli::{Result, Ui, resolved};

/// Print the digest of an image's manifest, by one HEAD at a registry
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) image: Image,
}

const EXAMPLES: &str = "\
Examples:
  stevedore digest docker://alpine:3.20
  stevedore digest oci:images:app";

/// Prints the digest.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let (source, _) = args.image.open(ui)?;
    ui.report(&resolved::find(&args.image.reference, &*source)?)
}
