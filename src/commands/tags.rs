//! `tags`: the names in a repository, layout or archive.

use serde::Serialize;
use stevedore::transport::{Place, tag_pages};

use crate::cli::flags::Registry;
use crate::cli::locations::place;
use crate::cli::report::{Report, printable};
use crate::cli::{Result, Ui};

/// List the tags of a repository, a layout or an archive, in its own order
#[derive(clap::Args)]
#[command(visible_alias = "list-tags", after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The repository, layout or archive, without a tag
    #[arg(value_parser = place, value_name = "PLACE")]
    pub(crate) place: Place,
    #[command(flatten)]
    registry: Registry,
}

const EXAMPLES: &str = "\
Examples:
  stevedore tags docker://alpine
  stevedore tags oci:images
  stevedore tags --json docker-archive:saved.tar";

/// The tags.
#[derive(Debug, Serialize)]
struct Listing {
    place: String,
    tags: Vec<String>,
}

/// Lists the tags, each page as it comes.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let options = args.registry.reading(&args.place, None, ui)?;
    let source = args.place.open_source(&options)?;
    let mut listing = Listing { place: args.place.to_string(), tags: Vec::new() };
    for page in tag_pages(&*source) {
        listing.tags.extend(page?);
        if !ui.wants_json() {
            ui.report(&listing)?;
            listing.tags.clear();
        }
    }
    if ui.wants_json() { ui.report(&listing) } else { Ok(()) }
}

impl Report for Listing {
    fn text(&self) -> String {
        self.tags.iter().map(|tag| printable(tag) + "\n").collect()
    }
}
