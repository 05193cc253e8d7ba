//! `tags`: the names in a repository, layout or archive.

use serde::Serialize;
use stevedore::manifest::is_digest_tag;
use stevedore::transport::{Place, tag_pages};

use crate::cli::flags::Registry;
use crate::cli::locations::place;
use crate::cli::name_flags::NameFlags;
use crate::cli::report::{Report, printable};
use crate::cli::{Result, Ui};

/// List the tags of a repository, a layout or an archive, in its own order
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The repository, layout or archive, without a tag
    #[arg(value_parser = place, value_name = "PLACE")]
    pub(crate) place: Place,
    /// Leave out tags that belong to a digest: sha256-… with or without .sig, .att or .sbom
    #[arg(long)]
    no_digest_tags: bool,
    #[command(flatten)]
    names: NameFlags,
    #[command(flatten)]
    registry: Registry,
}

const EXAMPLES: &str = "\
Examples:
  stevedore tags docker://alpine
  stevedore tags --match 'semver:>=3.18' --sort -semver --limit 3 docker://alpine
  stevedore tags --no-digest-tags --exclude '*-rc*' docker://registry.example.com/app
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
    let is_wanted = |tag: &str| !(args.no_digest_tags && is_digest_tag(tag));
    args.names.list(tag_pages(&*source), is_wanted, |tags| {
        listing.tags.extend(tags);
        if !ui.wants_json() {
            ui.report(&listing)?;
            listing.tags.clear();
        }
        Ok(())
    })?;
    if ui.wants_json() { ui.report(&listing) } else { Ok(()) }
}

impl Report for Listing {
    fn text(&self) -> String {
        self.tags.iter().map(|tag| printable(tag) + "\n").collect()
    }
}
