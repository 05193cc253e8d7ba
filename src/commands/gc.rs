//! `gc`: free what a layout holds and no name needs.

use serde::Serialize;
use stevedore::transport::{Layout, Location, Options, Place, Selector, Swept};

use crate::cli::locations::location;
use crate::cli::report::Report;
use crate::cli::units::bytes;
use crate::cli::{Ui, Usage};

/// Remove the blobs of a layout that no name needs, and what killed processes left
///
/// Waits until no copy writes to the layout.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The layout
    #[arg(value_parser = location, value_name = "oci:DIR")]
    pub(crate) place: Location,
    /// Tell what would be removed, and remove nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

const EXAMPLES: &str = "\
Examples:
  stevedore gc oci:images
  stevedore gc -n oci:images";

/// What is gone.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Freed {
    place: String,
    blobs: u64,
    bytes: u64,
    dry_run: bool,
}

/// Sweeps the layout.
pub(crate) fn run(args: &Args, ui: &Ui) -> anyhow::Result<()> {
    let (Place::Layout(path), Selector::Sole) = (&args.place.place, &args.place.at) else {
        return Err(Usage::new("only a layout has blobs to remove", "name one without a tag, as in oci:images").into());
    };
    let options = Options { watch: ui.watch()?, ..Options::default() };
    let Swept { blobs, bytes, .. } = Layout::open(path, &options)?.sweep(args.dry_run)?;
    ui.report(&Freed { place: args.place.to_string(), blobs, bytes, dry_run: args.dry_run })
}

impl Report for Freed {
    fn text(&self) -> String {
        let verb = if self.dry_run { "would free" } else { "freed" };
        let noun = if self.blobs == 1 { "blob" } else { "blobs" };
        format!("{verb} {} ({} {noun}) in {}\n", bytes(self.bytes), self.blobs, self.place)
    }
}
