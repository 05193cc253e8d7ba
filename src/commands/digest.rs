//! `digest`: what a name stands for, by one request.

use stevedore::transport::Location;

use crate::cli::flags::Registry;
use crate::cli::locations::location;
use crate::cli::{Result, Ui, resolved};

/// Print the digest of an image's manifest, by one HEAD at a registry
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The image
    #[arg(value_parser = location)]
    pub(crate) reference: Location,
    #[command(flatten)]
    registry: Registry,
}

const EXAMPLES: &str = "\
Examples:
  stevedore digest docker://alpine:3.20
  stevedore digest oci:images:app";

/// Prints the digest.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let options = args.registry.reading(&args.reference.place, None, ui)?;
    ui.report(&resolved::find(&args.reference, &options)?)
}
