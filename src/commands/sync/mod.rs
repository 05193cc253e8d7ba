//! `sync`: many images, listed in a file.

use std::path::PathBuf;
use std::time::Instant;

use stevedore::copy;
use stevedore::sync::{self, Base, Options, ParseError, Plan};
use stevedore::transport;

use crate::cli::batch_report::{Synced, summary};
use crate::cli::client::Common;
use crate::cli::flags::{Registries, Work};
use crate::cli::image_lists::{Opener, read};
use crate::cli::policies::PolicyFlag;
use crate::cli::{Error, Result, Ui, Usage};

/// Copy the images that a file lists
///
/// Each line of FILE is SOURCE DESTINATION [OPTION…], with comments after #. Whole indexes are copied, several images at a time; one that
/// fails does not stop the others, and what is at its destination already is not sent again. Prints the digest and destination of each
/// image.
///
/// A SOURCE that ends in :* or /*, or that has no tag and is followed by tags= or exclude=, is every tag of a repository, and its DESTINATION
/// is a repository too (in layouts and archives, all their names or those that begin with a prefix). Options: all=false (this host's platform
/// only), platform=OS/ARCH,… (only these), tags= and exclude= (a glob 3.*, a regular expression /^v3/, or versions semver:>=1.2,<2, where an
/// initial v is passed over and missing parts are zeros), referrers=true (signatures, attestations and the like go along), creds-from=FILE
/// (credentials are looked for in this file only).
///
/// FILE may also be the YAML of skopeo sync; its images go below DESTINATION as skopeo names them.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The file; - is standard input
    file: PathBuf,
    /// Where the images of a YAML file go: docker://HOST[/PATH], oci:DIR, dir:DIR, …
    destination: Option<String>,
    /// Below DESTINATION, name images by the registry and whole path that they come from
    #[arg(long)]
    scoped: bool,
    /// Begin no more images after the first failure
    #[arg(long)]
    fail_fast: bool,
    /// Leave attestations out of whole indexes; the index of the rest has another digest
    #[arg(long)]
    no_attestations: bool,
    /// Look for every part of each image at the destinations, though the names are right already, and send what is missing; in files, check
    /// the bytes too
    #[arg(long)]
    force: bool,
    /// Skip images whose names at the destinations other images have
    #[arg(long)]
    no_clobber: bool,
    /// Remove tags that the repositories no longer have, for lines with every tag; tags of digests (sha256-…) stay
    #[arg(long)]
    prune: bool,
    /// Take signatures, SBOMs and whatever else refers to the images along, for every line
    #[arg(long)]
    referrers: bool,
    #[command(flatten)]
    policy: PolicyFlag,
    /// Print what would be copied and removed, and write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    work: Work,
    #[command(flatten)]
    registries: Registries,
}

const EXAMPLES: &str = "\
Examples:
  stevedore sync mirror.txt
  stevedore sync --prune --dry-run mirror.txt
  echo 'docker://alpine:* oci:mirror tags=3.*' | stevedore sync -
  stevedore sync --jobs 12 skopeo.yml docker://registry.example.com/mirror

A mirror.txt:
  docker://alpine:3.20         docker://registry.example.com/alpine:3.20
  docker://ghcr.io/me/app:*    docker://registry.example.com/app    tags=semver:>=1.2 exclude=*-debug
  oci:images:*                 docker://registry.example.com/own    # every name in a layout";

/// Copies the images.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let begin = Instant::now();
    let mut plan = args.plan()?;
    plan.lines.iter_mut().for_each(|line| line.referrers |= args.referrers);
    ui.title(&format!("sync {}", args.file.display()));
    let common = Common::new(&args.registries.network, Some(&args.work), ui)?;
    let opener = Opener::new(common, args.registries.sides(), ui)?;
    let watch = ui.watch()?;
    let gates = args.policy.gates()?;
    let options = Options {
        gate: gates.as_deref(),
        jobs: args.work.jobs,
        fail_fast: args.fail_fast,
        dry_run: args.dry_run,
        prune: args.prune,
        no_attestations: args.no_attestations,
        force: args.force,
        no_clobber: args.no_clobber,
        max_manifest_bytes: None,
        watch: watch.clone(),
        open: &|side, access| {
            let verify = args.force && side == copy::Side::Destination;
            transport::Options { verify, ..opener.open(side, access) }
        },
    };
    let report = sync::run(&plan, &options);
    let class = report.class();
    let synced = Synced::new(report, args.dry_run);
    ui.report(&synced)?;
    if !ui.wants_json() {
        synced.failures().for_each(|failure| ui.failed(&failure));
    }
    ui.summary(&summary(&synced, begin.elapsed()));
    synced.end(class, &watch)
}

impl Args {
    fn plan(&self) -> Result<Plan> {
        let text = read(&self.file)?;
        let is_yaml = self.file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        let plan = if is_yaml || Plan::looks_like_yaml(&text) {
            let hint = "name it behind the file, as in docker://registry.example.com/mirror";
            let base =
                self.destination.as_deref().ok_or_else(|| Usage::new("a YAML file needs a destination", hint))?;
            let base = Base::parse(base, self.scoped)
                .map_err(|error| Usage::new(Error::from(error).to_string(), "name a place without a tag"))?;
            Plan::parse_yaml(&text, &base)
        } else if self.destination.is_some() || self.scoped {
            let hint = "leave it out; the lines name their destinations";
            return Err(Usage::new("only a YAML file takes a destination", hint).into());
        } else {
            Plan::parse(&text)
        };
        plan.map_err(|error| self.refuse(error).into())
    }

    fn refuse(&self, error: ParseError) -> Usage {
        Usage { reason: format!("{}, {error}", self.file.display()), hint: error.hint }
    }
}
