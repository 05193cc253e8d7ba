//! `digest`: what a name stands for, by one request.

use serde::Serialize;
use stevedore::digest::Digest;
use stevedore::transport::{self, Location, Options};

use crate::cli::client::Common;
use crate::cli::flags::{Network, Only, Side};
use crate::cli::locations::location;
use crate::cli::report::Report;
use crate::cli::{Result, Ui, client};

/// Print the digest of an image's manifest, by one HEAD at a registry
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The image
    #[arg(value_parser = location)]
    pub(crate) reference: Location,
    #[command(flatten)]
    registry: Only,
    #[command(flatten)]
    network: Network,
}

const EXAMPLES: &str = "\
Examples:
  stevedore digest docker://alpine:3.20
  stevedore digest oci:images:app";

/// A name and its digest.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Found {
    reference: String,
    digest: Digest,
    media_type: String,
    size: u64,
}

/// Prints the digest.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let common = Common { network: &args.network, work: None };
    let mut options = common.options(&Side::from(&args.registry), ui)?;
    client::attach_streams(&args.reference.place, None, &mut options)?;
    ui.report(&find(&args.reference, &options)?)
}

/// Resolves a reference.
pub(crate) fn find(reference: &Location, options: &Options) -> Result<Found> {
    let source = reference.place.open_source(options)?;
    let found = source.resolve(&reference.at)?;
    let found = found.ok_or_else(|| transport::Error::not_found(&reference.at, &*source))?;
    Ok(Found {
        reference: reference.to_string(),
        digest: found.digest,
        media_type: found.media_type.to_string(),
        size: found.size,
    })
}

impl Report for Found {
    fn text(&self) -> String {
        format!("{}\n", self.digest)
    }
}
