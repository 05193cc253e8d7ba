//! `manifest`: single manifests, byte for byte.

use std::path::{Path, PathBuf};

use serde::Serialize;
use stevedore::digest::Digest;
use stevedore::image;
use stevedore::manifest::{MAX_SIZE, Manifest};
use stevedore::media_type::{MANIFESTS, MediaType};
use stevedore::platform::Platform;
use stevedore::transport::{self, Location, put_whole};

use crate::cli::files::{Input, read_small, write_whole};
use crate::cli::flags::Registry;
use crate::cli::locations::location;
use crate::cli::report::Report;
use crate::cli::{Context, Result, Ui, Usage};

/// Get or put a single manifest
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

const EXAMPLES: &str = "\
Examples:
  stevedore manifest get docker://registry.example.com/app:1.4.2 | jq .
  stevedore manifest put docker://registry.example.com/app:1.4.3 manifest.json";

#[derive(clap::Subcommand)]
enum Action {
    Get(Get),
    Put(Put),
}

/// Fetch a manifest, byte for byte, as `inspect --raw` does
#[derive(clap::Args)]
#[command(after_long_help = GET_EXAMPLES)]
struct Get {
    /// The image, by tag or digest
    #[arg(value_parser = location, value_name = "IMAGE")]
    image: Location,
    /// Of an index, take the manifest for this platform
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<Platform>,
    /// Write it to this file [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    registry: Registry,
}

const GET_EXAMPLES: &str = "\
Examples:
  stevedore manifest get docker://alpine:3.20 -o index.json
  stevedore manifest get --platform linux/arm64 docker://alpine:3.20";

/// Put a manifest as it is, and print its digest
///
/// What it needs must be there already: a registry refuses it otherwise, and so does this program for layouts and archives.
#[derive(clap::Args)]
#[command(after_long_help = PUT_EXAMPLES)]
struct Put {
    /// The tag that it gets, or the digest that it must have
    #[arg(value_parser = location, value_name = "IMAGE")]
    image: Location,
    /// The file [default: standard input]
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true)]
    file: PathBuf,
    /// Its media type, which a manifest that names one must name too [default: as it says, or as its form is]
    #[arg(long, value_name = "TYPE", visible_alias = "content-type")]
    media_type: Option<String>,
    #[command(flatten)]
    registry: Registry,
}

const PUT_EXAMPLES: &str = "\
Examples:
  stevedore manifest put docker://registry.example.com/app:1.4.3 manifest.json
  stevedore manifest get oci:images:app | stevedore manifest put oci:images:app-copy";

/// A manifest that was put.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    reference: String,
    digest: Digest,
    media_type: String,
    size: usize,
}

/// Does what is asked.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    match &args.action {
        Action::Get(get) => get.run(ui),
        Action::Put(put) => put.run(ui),
    }
}

impl Args {
    /// Returns what an error is about.
    pub(crate) fn reference(&self) -> String {
        match &self.action {
            Action::Get(get) => get.image.to_string(),
            Action::Put(put) => put.image.to_string(),
        }
    }
}

impl Get {
    fn run(&self, ui: &Ui) -> Result<()> {
        let Location { place, at, .. } = &self.image;
        let options = self.registry.reading(place, None, ui)?;
        let source = place.open_source(&options)?;
        let manifest = match &self.platform {
            Some(platform) => source.manifest(&image::resolve(&*source, at, platform)?.into())?,
            None => source.manifest(at)?,
        };
        match self.output.as_deref().filter(|path| *path != Path::new("-")) {
            Some(path) => write_whole(path, |out| out.write_all(manifest.raw()))
                .with_context(|| format!("cannot write {}", path.display())),
            None => ui.bytes(manifest.raw()),
        }
    }
}

impl Put {
    /// Returns the type that was given; what is no manifest's would be passed over.
    fn media_type(&self) -> Result<Option<MediaType>, Usage> {
        let Some(text) = &self.media_type else { return Ok(None) };
        let media_type = MediaType::new(text);
        if media_type.is_manifest() {
            return Ok(Some(media_type));
        }
        let known: Vec<&str> = MANIFESTS.iter().map(MediaType::as_str).collect();
        Err(Usage::new(format!("{text} is no media type of manifests"), format!("use one of {}", known.join(", "))))
    }

    fn run(&self, ui: &Ui) -> Result<()> {
        let Location { place, at, .. } = &self.image;
        let options = self.registry.options(None, ui)?;
        let scratch = options.scratch.clone().unwrap_or_else(std::env::temp_dir);
        let input = Input::spool([&self.file], &scratch)?;
        let raw = read_small(&input.path(&self.file), MAX_SIZE)?;
        let media_type = self.media_type()?;
        let named = self.file.display();
        let parsed = match at.digest() {
            Some(digest) => Manifest::parse_verified(raw, media_type.as_ref(), digest),
            None => Manifest::parse(raw, media_type.as_ref()),
        };
        let manifest = parsed.map_err(|source| transport::Error::Manifest {
            what: "the manifest".into(),
            place: if named.to_string() == "-" { "standard input".into() } else { named.to_string() },
            source,
        })?;
        let destination = place.open_destination(&options)?;
        put_whole(&*destination, at, &manifest)?;
        ui.report(&Written {
            reference: self.image.to_string(),
            digest: manifest.digest().clone(),
            media_type: manifest.media_type().to_string(),
            size: manifest.raw().len(),
        })
    }
}

impl Report for Written {
    fn text(&self) -> String {
        format!("{}\n", self.digest)
    }
}
