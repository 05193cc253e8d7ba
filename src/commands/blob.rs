//! `blob`: single blobs, by their digests.

use std::path::{Path, PathBuf};

use serde::Serialize;
use stevedore::digest::Digest;
use stevedore::transport::{self, Location, Place, Selector, blob_of, put_file};
use stevedore::watch::Outcome;

use crate::cli::files::{Input, write_whole_with};
use crate::cli::flags::Registry;
use crate::cli::locations::location;
use crate::cli::report::Report;
use crate::cli::{Result, Ui, Usage, output};

/// Get, put or ask after a single blob
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

const EXAMPLES: &str = "\
Examples:
  stevedore blob get docker://registry.example.com/app@sha256:… -o layer.tar.gz
  stevedore blob put docker://registry.example.com/app config.json
  stevedore blob head oci:images@sha256:…";

#[derive(clap::Subcommand)]
enum Action {
    Get(Get),
    Put(Put),
    Head(Head),
}

/// Fetch a blob and check it on the way
///
/// With -o, the file is there only when all of the blob is, with the right digest. On standard output, what came before a failure is not to be used.
#[derive(clap::Args)]
#[command(after_long_help = GET_EXAMPLES)]
struct Get {
    /// The blob, by its digest in a repository, layout or archive
    #[arg(value_parser = location, value_name = "PLACE@DIGEST")]
    blob: Location,
    /// Write it to this file [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    registry: Registry,
}

const GET_EXAMPLES: &str = "\
Examples:
  stevedore blob get docker://registry.example.com/app@sha256:… | jq .
  stevedore blob get -o layer.tar.gz oci:images@sha256:…";

/// Put a file as a blob, and print its digest
///
/// A blob that no manifest needs may be collected as garbage: put the manifest soon.
#[derive(clap::Args)]
#[command(after_long_help = PUT_EXAMPLES)]
struct Put {
    /// The repository or layout; with a digest, nothing else is taken
    #[arg(value_parser = location, value_name = "PLACE[@DIGEST]")]
    place: Location,
    /// The file [default: standard input]
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true)]
    file: PathBuf,
    #[command(flatten)]
    registry: Registry,
}

const PUT_EXAMPLES: &str = "\
Examples:
  stevedore blob put docker://registry.example.com/app layer.tar.gz
  printf '{}' | stevedore blob put oci:images";

/// Ask whether a blob is there, and print its size
#[derive(clap::Args)]
#[command(after_long_help = HEAD_EXAMPLES)]
struct Head {
    /// The blob, by its digest in a repository, layout or archive
    #[arg(value_parser = location, value_name = "PLACE@DIGEST")]
    blob: Location,
    #[command(flatten)]
    registry: Registry,
}

const HEAD_EXAMPLES: &str = "\
Examples:
  stevedore blob head docker://registry.example.com/app@sha256:…
  stevedore blob head --json oci-archive:app.tar@sha256:…";

/// A blob.
#[derive(Debug, Serialize)]
struct Found {
    place: String,
    digest: Digest,
    size: u64,
    /// Where the blob was put: whether it was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    existed: Option<bool>,
}

/// Does what is asked.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    match &args.action {
        Action::Get(get) => get.run(ui),
        Action::Put(put) => put.run(ui),
        Action::Head(head) => head.run(ui),
    }
}

impl Args {
    /// Returns what an error is about, as it was typed.
    pub(crate) fn reference(&self) -> String {
        match &self.action {
            Action::Get(get) => get.blob.to_string(),
            Action::Put(put) => put.place.to_string(),
            Action::Head(head) => head.blob.to_string(),
        }
    }
}

impl Get {
    fn run(&self, ui: &Ui) -> Result<()> {
        let digest = digest(&self.blob)?;
        let options = self.registry.reading(&self.blob.place, None, ui)?;
        let source = self.blob.place.open_source(&options)?;
        let blob = blob_of(&*source, digest)?.watched(&options.watch);
        match self.output.as_deref().filter(|path| *path != Path::new("-")) {
            Some(path) => write_whole_with(path, |out| {
                transport::write_blob(blob, out, |error| transport::Error::io("write", path)(error))
            }),
            None => {
                ui.close();
                output::stream(|out| transport::write_blob(blob, out, output::failure))
            }
        }
    }
}

impl Put {
    fn run(&self, ui: &Ui) -> Result<()> {
        let wanted = match &self.place.at {
            Selector::Digest(digest) => Some(digest),
            at if is_bare(&self.place.place, at) => None,
            _ => return Err(no_tag(&self.place)),
        };
        if !matches!(self.place.place, Place::Registry(_) | Place::Layout(_)) {
            let hint = "use a repository or a layout; `copy` writes archives, directories and trees";
            return Err(transport::Error::unsupported("putting a single blob", &self.place.place, hint).into());
        }
        let options = self.registry.options(None, ui)?;
        let scratch = options.scratch.clone().unwrap_or_else(std::env::temp_dir);
        let input = Input::spool([&self.file], &scratch)?;
        let destination = self.place.place.open_destination(&options)?;
        let (blob, outcome) = put_file(&*destination, &input.path(&self.file), wanted, &options.watch)?;
        destination.finish()?;
        let existed = Some(outcome == Outcome::Existed);
        ui.report(&Found { place: self.place.place.to_string(), digest: blob.digest, size: blob.size, existed })
    }
}

impl Head {
    fn run(&self, ui: &Ui) -> Result<()> {
        let digest = digest(&self.blob)?;
        let options = self.registry.reading(&self.blob.place, None, ui)?;
        let source = self.blob.place.open_source(&options)?;
        let size = blob_of(&*source, digest)?.size();
        let found = Found { place: self.blob.place.to_string(), digest: digest.clone(), size, existed: None };
        ui.report(&found)
    }
}

fn digest(blob: &Location) -> Result<&Digest> {
    let missing = || Usage::new("a blob is named by its digest", format!("write {}@sha256:…", blob.place));
    Ok(blob.at.digest().ok_or_else(missing)?)
}

/// Says whether no image was named; a registry's reference without a tag is completed to `latest`.
fn is_bare(place: &Place, at: &Selector) -> bool {
    match place {
        Place::Registry(_) => at.tag() == Some("latest"),
        _ => *at == Selector::Sole,
    }
}

fn no_tag(place: &Location) -> crate::cli::Error {
    Usage::new("a blob has no tag", format!("write {}, or the digest behind it", place.place)).into()
}

impl Report for Found {
    fn text(&self) -> String {
        match self.existed {
            Some(_) => format!("{}\n", self.digest),
            None => format!("{}\n", self.size),
        }
    }
}
