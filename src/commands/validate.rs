//! `validate`: whether an image is all there and whole.

use serde::Serialize;
use stevedore::class::Class;
use stevedore::platform::Platform;
use stevedore::pool::Pool;
use stevedore::transport::Location;
use stevedore::validate::{self, Defect, Options};

use crate::cli::flags::{Registry, Work};
use crate::cli::locations::location;
use crate::cli::report::{Report, printable};
use crate::cli::units::{bytes, count};
use crate::cli::{Result, Ui, Verdict};

/// Read and check everything that an image needs, anywhere
///
/// Every manifest, config and layer is read: digests, sizes and media types, the compression and the tar of layers, and the uncompressed digests that
/// configs have of them. A defect does not hide the others. Exit code 6 says that something is damaged, 3 that something is missing.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The image, in any place
    #[arg(value_parser = location, value_name = "IMAGE")]
    pub(crate) reference: Location,
    /// Ask only whether blobs are there and how large they are, and read manifests alone
    #[arg(long)]
    fast: bool,
    /// Check the image for this platform, several times for several [default: all of an index]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Vec<Platform>,
    #[command(flatten)]
    work: Work,
    #[command(flatten)]
    registry: Registry,
}

const EXAMPLES: &str = "\
Examples:
  stevedore validate docker://registry.example.com/app:1.4.2
  stevedore validate --fast --platform linux/arm64 docker://alpine:3.20
  stevedore validate --json oci-archive:app.tar:app | jq '.defects[]'";

/// What was found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Findings {
    reference: String,
    #[serde(flatten)]
    report: Found,
    fast: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    digest: Option<stevedore::digest::Digest>,
    manifests: usize,
    blobs: usize,
    bytes: u64,
    external: usize,
    defects: Vec<Defect>,
    omitted: usize,
    warnings: Vec<String>,
}

/// Checks the image.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let Location { place, at, .. } = &args.reference;
    let options = args.registry.reading(place, Some(&args.work), ui)?;
    let source = place.open_source(&options)?;
    let how = Options { platforms: args.platform.clone(), fast: args.fast };
    ui.title("checking");
    let report = validate::validate(&*source, at, &how, &Pool::new(args.work.jobs), &options.watch)?;
    report.warnings.iter().for_each(|warning| ui.note(&printable(warning)));
    let class = report.class();
    let findings = Findings::new(args, report);
    ui.report(&findings)?;
    match class {
        None => Ok(()),
        Some(class) => Err(findings.verdict(class).into()),
    }
}

impl Findings {
    fn new(args: &Args, report: validate::Report) -> Self {
        let validate::Report { digest, manifests, blobs, bytes, external, defects, omitted, warnings, .. } = report;
        let report = Found { digest, manifests, blobs, bytes, external, defects, omitted, warnings };
        Self { reference: args.reference.to_string(), report, fast: args.fast }
    }

    fn verdict(&self, class: Class) -> Verdict {
        let number = self.report.defects.len() + self.report.omitted;
        Verdict { class, reason: format!("{} has {}", self.reference, count(number, "defect")) }
    }
}

impl Report for Findings {
    fn text(&self) -> String {
        let Found { manifests, blobs, bytes: size, external, defects, omitted, .. } = &self.report;
        let mut text = String::new();
        for Defect { digest, part, flaw, needed_by, reason, .. } in defects {
            let digest = digest.as_ref().map(|digest| format!(" {digest}")).unwrap_or_default();
            let of = needed_by.as_ref().map(|manifest| format!(" of {manifest}")).unwrap_or_default();
            text.push_str(&format!("{flaw} {part}{digest}{of}: {}\n", printable(reason)));
        }
        if *omitted > 0 {
            text.push_str(&format!("and {}\n", count(*omitted, "other defect")));
        }
        if defects.is_empty() {
            let what = if self.fast { "is there" } else { "is whole" };
            let (manifests, blobs) = (count(*manifests, "manifest"), count(*blobs, "blob"));
            let external = match external {
                0 => String::new(),
                number => format!(", {} not looked at", count(*number, "nondistributable layer")),
            };
            text.push_str(&format!("{} {what}: {manifests}, {blobs} ({}){external}\n", self.reference, bytes(*size)));
        }
        text
    }
}
