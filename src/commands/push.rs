//! `push`: files as an artifact.

use serde::Serialize;
use stevedore::copy::{self, Options, Platforms, Request};
use stevedore::descriptor::Descriptor;
use stevedore::digest::Digest;
use stevedore::media_type::MediaType;
use stevedore::transport::{Location, Selector};

use crate::cli::artifact_flags::{ArtifactFlags, Packed, artifact_type, packed};
use crate::cli::client::attach_streams;
use crate::cli::flags::{Registry, Work};
use crate::cli::locations::location;
use crate::cli::report::Report;
use crate::cli::units::count;
use crate::cli::{Result, Ui};

/// Keep files where images are, as an OCI artifact
///
/// Each file becomes a blob with its name; a folder is packed (tar, gzip) and unpacked again by `pull`. `oras pull` reads them too. The same
/// files give the same digest at any time and on any machine. Prints the digest of the manifest.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Where the artifact goes
    #[arg(value_parser = location)]
    pub(crate) reference: Location,
    #[command(flatten)]
    artifact: ArtifactFlags,
    /// Say what the artifact is: a media type [default: application/vnd.unknown.artifact.v1, or the config's type]
    #[arg(long, value_name = "TYPE", value_parser = artifact_type)]
    artifact_type: Option<String>,
    #[command(flatten)]
    work: Work,
    #[command(flatten)]
    registry: Registry,
}

const EXAMPLES: &str = "\
Examples:
  stevedore push docker://registry.example.com/docs:1.0 manual.pdf:application/pdf LICENSE:text/plain
  stevedore push --artifact-type application/vnd.example.model docker://registry.example.com/model:7 weights/ config.json:application/json
  stevedore push -a org.opencontainers.image.source=https://example.com oci:artifacts:docs public/";

/// What was pushed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pushed {
    reference: String,
    digest: Digest,
    media_type: MediaType,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<String>,
    up_to_date: bool,
    files: Vec<Packed>,
}

/// Pushes the files.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let mut options = args.registry.options(Some(&args.work), ui)?;
    let takes_output = attach_streams(&args.reference.place, Some(&args.reference.place), &mut options)?;
    let scratch = options.scratch.clone().expect("the binary always has one");
    ui.title("push");
    let artifact = args.artifact.pack(args.artifact_type.as_deref(), None, &scratch, ui, &options.watch)?;
    let destination = args.reference.place.open_destination(&options)?;
    let copying = Options { platforms: Platforms::All, include_external: true, ..Options::default() };
    let request = Request {
        source: &artifact,
        from: &Selector::Sole,
        destination: &*destination,
        to: &args.reference.at,
        options: &copying,
    };
    let report = copy::copy(&request, args.work.jobs, &options.watch)?;
    let Descriptor { digest, media_type, size, .. } = report.manifest;
    let files = packed(&artifact);
    let number = count(files.len(), "file");
    let artifact_type = artifact.manifest().as_referrer().artifact_type;
    let up_to_date = report.up_to_date;
    let pushed =
        Pushed { reference: args.reference.to_string(), digest, media_type, size, artifact_type, up_to_date, files };
    if takes_output {
        ui.close();
    } else {
        ui.report(&pushed)?;
    }
    ui.summary(&match report.up_to_date {
        true => format!("{number}: nothing to do, they are there"),
        false => format!(
            "{number} pushed, {} of {} blobs sent",
            report.totals.sent,
            report.totals.sent + report.totals.existed
        ),
    });
    Ok(())
}

impl Report for Pushed {
    fn text(&self) -> String {
        format!("{}\n", self.digest)
    }
}
