//! `sbom`: the packages in an image.

mod packages;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use stevedore::sbom::attached::{self, Attached, attached};
use stevedore::sbom::{Inventory, Subject, catalogers, write_cyclonedx, write_spdx};
use stevedore::transport::{Location, Place, Selector};

use crate::cli::image_flags::{ImageFlags, Opened};
use crate::cli::locations::location;
use crate::cli::{Context, Result, Ui, Usage, Verdict, files, output, warnings};
use packages::{write_json, write_table};

/// List the packages in an image
///
/// Read are the databases of dpkg, apk, rpm and pacman, what installers of Python, npm, Ruby, PHP, .NET, R and conda leave, Java archives,
/// and what Go and Rust binaries say that they were built of. Well-known programs that no package manager has installed are known by a text
/// in them. What is guessed is marked, and executables that belong to no package are counted on standard error. What a higher layer removes
/// or replaces does not count. Evidence that cannot be read is told
/// on standard error and keeps nothing else from being listed. The same image gives the same bytes: documents say that they were made at
/// $SOURCE_DATE_EPOCH, else when the image was.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The image
    #[arg(value_parser = location)]
    pub(crate) reference: Location,
    /// How the list is written [default: table, with --json json]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print the document that travels with the image, or with the index that has it, instead: an attestation or a referrer; with --format of
    /// that family
    #[arg(long)]
    attached: bool,
    /// Show in the table, too, which layer had each package first
    #[arg(long, conflicts_with = "attached")]
    first_layer: bool,
    #[command(flatten)]
    image: ImageFlags,
}

/// How the list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line for each package
    Table,
    /// All that is known, as stevedore's own JSON
    Json,
    /// SPDX 2.3
    SpdxJson,
    /// CycloneDX 1.6
    CyclonedxJson,
}

const EXAMPLES: &str = "\
Examples:
  stevedore sbom docker://alpine:3.20
  stevedore sbom --first-layer docker://python:3.12
  stevedore sbom --format spdx-json -o app.spdx.json oci:images:app
  stevedore sbom --format cyclonedx-json oci-archive:app.tar | jq '.components | length'
  stevedore sbom --attached --format spdx-json docker://registry.example.com/app:1.0";

/// Lists the packages.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let opened = args.image.open(&args.reference, false, ui)?;
    if args.attached {
        return run_attached(args, &opened, ui);
    }
    let image = opened.image();
    let (name, repository) = names(&args.reference, &opened);
    let mut subject = Subject::new(&name, image, repository.as_deref());
    subject.created = ui.environment().source_date_epoch()?.or(subject.created);
    let inventory = Inventory::read(&opened.layers()?, &catalogers())?;
    warnings::of_packages(&inventory, ui);
    let format = args.format.unwrap_or(if ui.wants_json() { Format::Json } else { Format::Table });
    write(args, ui, |out| match format {
        Format::Table => write_table(out, &inventory, args.first_layer),
        Format::Json => write_json(out, &name, image, &inventory),
        Format::SpdxJson => write_spdx(out, &subject, &inventory),
        Format::CyclonedxJson => write_cyclonedx(out, &subject, &inventory),
    })
}

fn run_attached(args: &Args, opened: &Opened, ui: &Ui) -> Result<()> {
    let wanted = match args.format {
        None => None,
        Some(Format::SpdxJson) => Some(attached::Format::Spdx),
        Some(Format::CyclonedxJson) => Some(attached::Format::CycloneDx),
        Some(Format::Table | Format::Json) => {
            let hint = "with --attached, --format spdx-json or cyclonedx-json chooses which one";
            return Err(Usage::new("what travels with an image is printed as it is", hint).into());
        }
    };
    let digest = opened.image().manifest().digest();
    let all = attached(opened.source(), &args.reference.at, digest)?;
    let matches = |attached: &&Attached| wanted.is_none_or(|wanted| attached.format == wanted);
    let mut refused = None;
    for found in all.iter().filter(matches) {
        match found.read(opened.source()) {
            Ok(content) => return write(args, ui, |out| out.write_all(&content)),
            // Another one may be in order.
            Err(error @ (attached::Error::Statement { .. } | attached::Error::Subject { .. })) => {
                ui.note(&format!("{error} and is passed over"));
                refused = refused.or(Some(error));
            }
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(error) = refused {
        return Err(error.into());
    }
    let what = if all.is_empty() { "no list of packages" } else { "no list of packages of this format" };
    let reason = format!("{what} travels with {digest}");
    Err(Verdict { class: stevedore::class::Class::NotFound, reason }.into())
}

/// Returns what the image is called, and where a registry has it; a folder's name is not the image's.
fn names(reference: &Location, opened: &Opened) -> (String, Option<String>) {
    if let Place::Registry(repository) = &reference.place {
        let name = repository.to_string();
        let name = name.strip_prefix("docker://").unwrap_or(&name).to_owned();
        return (name.clone(), Some(name));
    }
    let name = match &reference.at {
        Selector::Tag(tag) => tag.clone(),
        _ => opened.image().manifest().digest().to_string(),
    };
    (name, None)
}

/// Writes to the file or to standard output, in both cases as it comes.
fn write(args: &Args, ui: &Ui, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    ui.close();
    match &args.output {
        None => output::stream(|out| fill(out).map_err(output::failure)),
        Some(path) => files::write_whole(path, fill).with_context(|| format!("cannot write {}", path.display())),
    }
}
