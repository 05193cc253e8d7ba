//! `attach`: files beside an image, to which they refer.

use serde::Serialize;
use stevedore::artifact;
use stevedore::descriptor::Descriptor;
use stevedore::digest::Digest;
use stevedore::image::Image;
use stevedore::platform::Platform;
use stevedore::transport::{Location, Place, Selector};

use crate::cli::artifact_flags::{ArtifactFlags, Packed, artifact_type, packed};
use crate::cli::flags::{Registry, Work};
use crate::cli::locations::location;
use crate::cli::report::Report;
use crate::cli::units::count;
use crate::cli::{Result, Ui, Usage};

/// Attach files to an image: an SBOM, a report, a licence
///
/// The files become an artifact that refers to the image's digest; the image itself does not change. Where a registry keeps no list of
/// referrers, the index under the tag sha256-… is written so that nobody's entry is lost, however many write at the same time. What is
/// attached already is not attached again. Prints the digest of the new manifest.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The image
    #[arg(value_parser = location)]
    pub(crate) reference: Location,
    #[command(flatten)]
    artifact: ArtifactFlags,
    /// Say what is attached: a media type
    #[arg(long, value_name = "TYPE", value_parser = artifact_type)]
    artifact_type: String,
    /// Attach to the image for this platform [default: to the index, where there is one]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<Platform>,
    #[command(flatten)]
    work: Work,
    #[command(flatten)]
    registry: Registry,
}

const EXAMPLES: &str = "\
Examples:
  stevedore sbom -f spdx-json docker://registry.example.com/app:1.0 -o app.spdx.json
  stevedore attach --artifact-type application/spdx+json docker://registry.example.com/app:1.0 app.spdx.json:application/spdx+json
  stevedore attach --artifact-type application/vnd.example.approval -a by=alice docker://registry.example.com/app:1.0
  stevedore attach --artifact-type text/plain --platform linux/arm64 oci:images:app notes.txt:text/plain";

/// What was attached.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Attached {
    reference: String,
    subject: Digest,
    digest: Digest,
    artifact_type: String,
    is_new: bool,
    files: Vec<Packed>,
}

/// Attaches the files.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    if args.artifact.is_empty() {
        let hint = "name a file, or add an annotation with -a NAME=VALUE";
        return Err(Usage::new("there is nothing to attach", hint).into());
    }
    let options = args.registry.options(Some(&args.work), ui)?;
    let scratch = options.scratch.clone().expect("the binary always has one");
    ui.title("attach");
    let place = args.reference.place.open_destination(&options)?;
    let manifest = match &args.platform {
        Some(platform) => Image::find(&*place, &args.reference.at, Some(platform))?.manifest().clone(),
        None => place.manifest(&args.reference.at)?,
    };
    let subject: Descriptor = manifest.descriptor();
    let kind = args.artifact_type.as_str();
    let artifact = args.artifact.pack(Some(kind), Some(subject.clone()), &scratch, ui, &options.watch)?;
    let made = artifact::attach(&*place, &artifact, &options.watch)?;
    place.finish()?;
    if matches!((&args.reference.place, &args.reference.at), (Place::Registry(_), Selector::Tag(_))) && made.is_new {
        let what = match &args.platform {
            Some(platform) => format!("the image for {platform}"),
            None => "which is what the tag names now".to_owned(),
        };
        ui.note(&format!("attached to {}, {what}", subject.digest));
    }
    let files = packed(&artifact);
    let number = count(files.len(), "file");
    ui.report(&Attached {
        reference: args.reference.to_string(),
        subject: subject.digest,
        digest: made.manifest,
        artifact_type: args.artifact_type.clone(),
        is_new: made.is_new,
        files,
    })?;
    ui.summary(&match made.is_new {
        true => format!("{number} attached"),
        false => format!("{number}: nothing to do, attached already"),
    });
    Ok(())
}

impl Report for Attached {
    fn text(&self) -> String {
        format!("{}\n", self.digest)
    }
}
