//! `tag`: further names for an image in its own place.

use serde::Serialize;
use stevedore::digest::Digest;
use stevedore::transport::{self, Location, Selector};

use crate::cli::flags::Registry;
use crate::cli::locations::location;
use crate::cli::report::{Report, printable};
use crate::cli::{Result, Ui};

/// Give an image further tags in its repository, without moving a blob
///
/// The manifest is put again as it is, byte for byte, so that an index stays an index with all its platforms. A tag that another image has
/// moves to this one. With several tags, each is checked before the first is written.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The image, in a registry, a layout, an archive or a static tree
    #[arg(value_parser = location, value_name = "IMAGE")]
    pub(crate) reference: Location,
    /// The tags that it gets; in a layout any name
    #[arg(required = true, value_name = "NEWTAG")]
    tags: Vec<String>,
    #[command(flatten)]
    registry: Registry,
}

const EXAMPLES: &str = "\
Examples:
  stevedore tag docker://registry.example.com/app:1.4.2 1.4 1 latest
  stevedore tag docker://registry.example.com/app@sha256:… stable
  stevedore tag oci:images:app app-old";

/// What has which names now.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tagged {
    reference: String,
    digest: Digest,
    media_type: String,
    /// In full.
    tags: Vec<String>,
}

/// Tags the image.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let Location { place, at, .. } = &args.reference;
    let mut names: Vec<String> = Vec::new();
    for tag in &args.tags {
        let name = place.tag_name(at, tag)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let destination = place.open_destination(&args.registry.options(None, ui)?)?;
    let manifest = transport::tag(&*destination, at, &names)?;
    let full =
        |name: &String| Location { place: place.clone(), at: Selector::Tag(name.clone()), tag: None }.to_string();
    ui.report(&Tagged {
        reference: args.reference.to_string(),
        digest: manifest.digest,
        media_type: manifest.media_type.to_string(),
        tags: names.iter().map(full).collect(),
    })
}

impl Report for Tagged {
    fn text(&self) -> String {
        self.tags.iter().map(|tag| format!("{} {}\n", self.digest, printable(tag))).collect()
    }
}
