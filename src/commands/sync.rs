//! `sync`: many images, listed in a file.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context;
use stevedore::copy;
use stevedore::registry::{Login, Rule};
use stevedore::sync::{self, Access, Base, Options, ParseError, Plan};
use stevedore::transport;
use stevedore::watch::Cancelled;

use super::synced::{Synced, summary};
use crate::cli::client::Common;
use crate::cli::flags::{Destination, Network, Side, Source, Work};
use crate::cli::{Ui, Usage, Verdict};

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
    /// Remove tags that the repositories no longer have, for lines with every tag; tags of digests (sha256-…) stay
    #[arg(long)]
    prune: bool,
    /// Take signatures, SBOMs and whatever else refers to the images along, for every line
    #[arg(long)]
    referrers: bool,
    /// Print what would be copied and removed, and write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Look for credentials in this file only, on both sides
    #[arg(long, value_name = "FILE", conflicts_with_all = ["src-authfile", "dest-authfile"])]
    authfile: Option<PathBuf>,
    #[command(flatten)]
    work: Work,
    #[command(flatten)]
    src: Source,
    #[command(flatten)]
    dest: Destination,
    #[command(flatten)]
    network: Network,
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
pub(crate) fn run(args: &Args, ui: &Ui) -> anyhow::Result<()> {
    let begin = Instant::now();
    let mut plan = args.plan()?;
    plan.lines.iter_mut().for_each(|line| line.referrers |= args.referrers);
    ui.title(&format!("sync {}", args.file.display()));
    let opener = Opener::new(args, ui)?;
    let watch = ui.watch()?;
    let options = Options {
        jobs: args.work.jobs,
        fail_fast: args.fail_fast,
        dry_run: args.dry_run,
        prune: args.prune,
        watch: watch.clone(),
        open: &|side, access| opener.open(side, access),
    };
    let report = sync::run(&plan, &options);
    let (class, failed) = (report.class(), report.failures().count());
    let synced = Synced::new(report, args.dry_run);
    ui.report(&synced)?;
    if !ui.wants_json() {
        synced.failures().for_each(|failure| ui.failed(&failure));
    }
    ui.summary(&summary(&synced, begin.elapsed()));
    if watch.is_cancelled() {
        return Err(Cancelled.into());
    }
    let Some(class) = class else {
        return Ok(());
    };
    let reason = format!("{failed} of {} failed", synced.count());
    Err(Verdict { class, reason }.into())
}

impl Args {
    fn plan(&self) -> anyhow::Result<Plan> {
        let text = read(&self.file)?;
        let is_yaml = self.file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        let plan = if is_yaml || Plan::looks_like_yaml(&text) {
            let cure = "name it behind the file, as in docker://registry.example.com/mirror";
            let base =
                self.destination.as_deref().ok_or_else(|| Usage::new("a YAML file needs a destination", cure))?;
            let base = Base::parse(base, self.scoped).map_err(|error| {
                Usage::new(format!("{:#}", anyhow::Error::from(error)), "name a place without a tag")
            })?;
            Plan::parse_yaml(&text, &base)
        } else if self.destination.is_some() || self.scoped {
            let cure = "leave it out; the lines name their destinations";
            return Err(Usage::new("only a YAML file takes a destination", cure).into());
        } else {
            Plan::parse(&text)
        };
        plan.map_err(|error| self.refuse(error).into())
    }

    fn refuse(&self, error: ParseError) -> Usage {
        Usage { reason: format!("{}, {error}", self.file.display()), cure: error.cure }
    }

    fn side(&self, side: copy::Side) -> Side {
        let mut side = match side {
            copy::Side::Source => Side::from(&self.src),
            copy::Side::Destination => Side::from(&self.dest),
        };
        if self.authfile.is_some() {
            side.authfile.clone_from(&self.authfile);
        }
        side
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).context("cannot read standard input")?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Makes the options of places: the same client, connections and tokens where nothing tells them apart.
struct Opener<'a> {
    args: &'a Args,
    ui: &'a Ui,
    rules: Vec<Rule>,
    first: (Side, transport::Options),
    more: Mutex<Vec<(Side, transport::Options)>>,
}

impl<'a> Opener<'a> {
    fn new(args: &'a Args, ui: &'a Ui) -> anyhow::Result<Self> {
        let side = args.side(copy::Side::Source);
        let options = args.common().options(&side, ui)?;
        let rules = args.common().rules(ui)?;
        Ok(Self { args, ui, rules, first: (side, options), more: Mutex::default() })
    }

    fn open(&self, side: copy::Side, access: &Access) -> transport::Options {
        let side = reached(self.args.side(side), access);
        let mut more = self.more.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, options)) = more.iter().find(|(known, _)| *known == side) {
            return options.clone();
        }
        let (first, known) = (&self.first.1, &self.first.0);
        let options = self.args.common().other_under(self.rules.clone(), first, known, &side, self.ui);
        more.push((side, options.clone()));
        options
    }
}

impl Args {
    fn common(&self) -> Common<'_> {
        Common { network: &self.network, work: Some(&self.work) }
    }
}

/// What a line says rules over what the flags say.
fn reached(mut side: Side, access: &Access) -> Side {
    if access.authfile.is_some() {
        side = Side { login: None, anonymous: false, authfile: access.authfile.clone(), ..side };
    }
    if let Some((user, password)) = &access.login {
        side = Side { login: Some(Login::password(user, password)), anonymous: false, ..side };
    }
    side.tls_verify = access.tls_verify.or(side.tls_verify);
    side.cert_dir = access.cert_dir.clone().or(side.cert_dir);
    side
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_rule_over_flags() {
        let flags = Side { anonymous: true, tls_verify: Some(true), ..Side::default() };
        assert_eq!(reached(flags.clone(), &Access::default()), flags);
        let access =
            Access { login: Some(("me".into(), "secret".into())), tls_verify: Some(false), ..Access::default() };
        let side = reached(flags.clone(), &access);
        assert_eq!((side.login, side.anonymous), (Some(Login::password("me", "secret")), false));
        assert_eq!(side.tls_verify, Some(false));
        let access = Access { authfile: Some("ci.json".into()), ..Access::default() };
        let side = reached(Side { login: Some(Login::password("me", "x")), ..flags }, &access);
        assert_eq!((side.login, side.anonymous, side.authfile), (None, false, access.authfile));
    }
}
