//! `index`: indexes made of images that are there.

use std::time::Instant;

use serde::Serialize;
use stevedore::copy::{self, Platforms, Request, Side};
use stevedore::descriptor::Descriptor;
use stevedore::digest::Digest;
use stevedore::draft::Drafts;
use stevedore::mutate::{self, List, Place};
use stevedore::transport::{self, Location, Selector, Source};

use crate::cli::config_flags::{annotations, pair};
use crate::cli::flags::{Registry, Work};
use crate::cli::locations::location;
use crate::cli::report::{Report, printable};
use crate::cli::units::elapsed;
use crate::cli::{Result, Ui, Usage};

/// Make an index of images
///
/// `mutate` changes an index that is there: --index-add, --index-remove, --index-filter, --index-annotation.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

const EXAMPLES: &str = "\
Examples:
  stevedore index create docker://registry.example.com/app:1 oci:build:amd64 oci:build:arm64
  stevedore index create oci:images:app docker://registry.example.com/app:amd64 docker://registry.example.com/app:arm64";

#[derive(clap::Subcommand)]
enum Action {
    Create(Create),
}

/// Make an index of images from any places, and print its digest
///
/// What the images need is copied along. Each entry has the platform that the image's config names; of an index its entries are taken as they are.
#[derive(clap::Args)]
#[command(after_long_help = CREATE_EXAMPLES)]
struct Create {
    /// The name of the new index
    #[arg(value_parser = location, value_name = "INDEX")]
    to: Location,
    /// The images, in the order of the entries
    #[arg(value_parser = location, value_name = "IMAGE")]
    images: Vec<Location>,
    /// Annotate the index
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = pair)]
    annotation: Vec<(String, String)>,
    /// Say that it is an artifact of this type
    #[arg(long, value_name = "TYPE")]
    artifact_type: Option<String>,
    /// Refer to this manifest, in the same place
    #[arg(long, value_name = "IMAGE", value_parser = location)]
    subject: Option<Location>,
    /// Print the digest of what would be written, and write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    work: Work,
    #[command(flatten)]
    registry: Registry,
}

const CREATE_EXAMPLES: &str = "\
Examples:
  stevedore index create docker://registry.example.com/app:1 oci:build:amd64 oci-archive:arm64.tar
  stevedore index create --annotation org.opencontainers.image.version=1.4.2 oci:images:app oci:images:app-amd64 oci:images:app-arm64";

/// An index that was made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    reference: String,
    digest: Digest,
    size: u64,
    entries: Vec<Entry>,
    dry_run: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    digest: Digest,
    media_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
}

/// Does what is asked.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let Action::Create(create) = &args.action;
    create.run(ui)
}

impl Args {
    /// Returns what an error is about.
    pub(crate) fn reference(&self) -> String {
        let Action::Create(create) = &self.action;
        create.to.to_string()
    }
}

impl Create {
    fn run(&self, ui: &Ui) -> Result<()> {
        let begin = Instant::now();
        let places = self.registry.options(Some(&self.work), ui)?;
        let open = |location: &Location| -> Result<Box<dyn Source>> {
            let opened = location.place.open_source(&places);
            Ok(opened.map_err(copy::Error::at(Side::Source, &location.place))?)
        };
        let sources: Vec<Box<dyn Source>> = self.images.iter().map(open).collect::<Result<_>>()?;
        let images = sources.iter().zip(&self.images);
        let list = List {
            images: images.map(|(source, image)| Place { source: &**source, at: &image.at }).collect(),
            annotations: annotations(&self.annotation)?,
            artifact_type: self.artifact_type.clone(),
            subject: self.subject(&places)?,
        };
        let mut drafts = Drafts::default();
        let index = mutate::list(&list, &mut drafts)?;
        let made = drafts.manifest(&Selector::Digest(index.digest.clone()))?;
        if !self.dry_run {
            self.write(&drafts, &places)?;
        }
        let entry = |child: &Descriptor| Entry {
            digest: child.digest.clone(),
            media_type: child.media_type.to_string(),
            platform: child.platform.as_ref().map(ToString::to_string),
        };
        let entries: Vec<Entry> = made.children().iter().map(entry).collect();
        let number = entries.len();
        let reference = self.to.to_string();
        ui.report(&Created { reference, digest: index.digest, size: index.size, entries, dry_run: self.dry_run })?;
        let noun = if number == 1 { "entry" } else { "entries" };
        let done = if self.dry_run { "; nothing is written" } else { "" };
        ui.summary(&format!("an index of {number} {noun}{done}; {}", elapsed(begin.elapsed())));
        Ok(())
    }

    /// Finds what the index refers to.
    fn subject(&self, places: &transport::Options) -> Result<Option<Descriptor>> {
        let Some(Location { place, at, .. }) = &self.subject else { return Ok(None) };
        if *place != self.to.place {
            let hint = format!("copy it to {} first", self.to.place);
            return Err(Usage::new("the subject of an index lies in the same place", hint).into());
        }
        let manifest = place.open_source(places)?.manifest(at)?;
        let own = manifest.descriptor();
        Ok(Some(Descriptor::new(own.media_type, own.digest, own.size)))
    }

    fn write(&self, drafts: &Drafts<'_>, places: &transport::Options) -> Result<()> {
        let Location { place, at, .. } = &self.to;
        let destination = place.open_destination(places).map_err(copy::Error::at(Side::Destination, place))?;
        let options =
            copy::Options { platforms: Platforms::All, scratch: Some(self.work.scratch()), ..copy::Options::default() };
        let request =
            Request { source: drafts, from: &Selector::Sole, destination: &*destination, to: at, options: &options };
        copy::copy(&request, self.work.jobs, &places.watch)?;
        Ok(())
    }
}

impl Report for Created {
    fn text(&self) -> String {
        format!("{}\n", printable(&self.digest.to_string()))
    }
}
