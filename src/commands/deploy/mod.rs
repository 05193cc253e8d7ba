//! `deploy`: images as plain files that any web server can serve as a registry.

mod report;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::ValueEnum;
use stevedore::copy::{self, Platforms, Side};
use stevedore::deploy::{self, Image, Name, Server, Site, Tls};
use stevedore::sync::{self, Plan};
use stevedore::transport::{self, Location, Place, Source};

use crate::cli::client::{Common, attach_streams};
use crate::cli::flags::{self, Reach, Work};
use crate::cli::image_lists::{Opener, read};
use crate::cli::locations::location;
use crate::cli::policies::PolicyFlag;
use crate::cli::report::part_note;
use crate::cli::{Context, Error, Result, Ui, Usage, files};
use report::{Configuration, Deployed, Listed, summary};

/// Put images into a directory that any web server can serve as a registry
///
/// Writes a tree of plain files and, with --server, the configuration that makes nginx, Caddy or Apache httpd answer as a read-only
/// registry. The configuration does not know the images: after it was loaded once, deploying again needs no reload, and readers see the old
/// image or the new one. Prints REPOSITORY:TAG@DIGEST for each image. Of a multi-platform image, the one for this host's platform is
/// deployed unless --all says otherwise.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES, allow_missing_positional = true)]
pub(crate) struct Args {
    /// The images
    #[arg(required_unless_present = "from_spec", value_name = "SRC", value_parser = location)]
    pub(crate) sources: Vec<Location>,
    /// The tree; made if it is not there
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// The repository in the tree, with a tag if there is one image [default: as the source says]
    #[arg(long, value_name = "REPOSITORY[:TAG]")]
    name: Option<Name>,
    /// Deploy the images that this file lists, in lines as sync has them, whose destinations are names in the tree; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sources", "name", "all"])]
    from_spec: Option<PathBuf>,
    /// Deploy every platform, the index as it is
    #[arg(short, long)]
    all: bool,
    /// Deploy what refers to the images, too: signatures, SBOMs
    #[arg(long)]
    referrers: bool,
    /// Remove all other repositories and tags, and the manifests and blobs that nothing needs then
    #[arg(long)]
    prune: bool,
    /// Make a configuration for this server
    #[arg(long, value_name = "SERVER", default_value = "none", hide_default_value = true)]
    server: ServerName,
    /// Write the configuration into this file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the server listens
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:5000")]
    addr: SocketAddr,
    /// Have the server use https with this certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    #[command(flatten)]
    policy: PolicyFlag,
    #[command(flatten)]
    work: Work,
    #[command(flatten)]
    src: flags::Source,
    #[command(flatten)]
    reach: Reach,
}

/// A server, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ServerName {
    /// nginx
    Nginx,
    /// Caddy
    Caddy,
    /// Apache httpd
    #[value(alias = "httpd")]
    Apache,
    /// No configuration
    None,
}

const EXAMPLES: &str = "\
Examples:
  stevedore deploy docker://alpine:3.20 /srv/images --server nginx --config /etc/nginx/conf.d/images.conf
  stevedore deploy --all oci:build:v1 oci:build:v2 /srv/images --name team/app --prune
  stevedore deploy dir:app /srv/images --name app:v1 --server caddy --config Caddyfile --addr 0.0.0.0:8080
  stevedore deploy --from-spec images.txt --prune /srv/images

An images.txt:
  docker://alpine:3.20         alpine
  docker://ghcr.io/me/app:*    team/app    tags=semver:>=1.2 referrers=true";
/// Deploys the images.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    if let Some(file) = &args.from_spec {
        return run_listed(args, file, ui);
    }
    let begin = Instant::now();
    let names = deploy::names(&args.sources, args.name.as_ref())?;
    let configuration = args.configuration()?;
    ui.title(&format!("deploy to {}", args.directory.display()));
    let network = (&args.reach).into();
    let common = Common::new(&network, Some(&args.work), ui)?;
    let mut places = common.options(&flags::Side::from(&args.src), ui)?;
    for source in &args.sources {
        attach_streams(&source.place, None, &mut places)?;
    }
    let sources = args.open(&places)?;
    let images: Vec<Image<'_>> = (args.sources.iter().zip(&names))
        .map(|(source, name)| Image {
            source: &*sources[&args.key(source)],
            from: &source.at,
            repository: &name.repository,
            to: &name.at,
        })
        .collect();
    let platforms = if args.all { Platforms::All } else { Platforms::Host };
    let copy = copy::Options { platforms, referrers: args.referrers, ..copy::Options::default() };
    let options = deploy::Options { copy, prune: args.prune };
    let deployment = deploy::run(&images, &args.directory, &options, &places, args.work.jobs)?;
    for image in &deployment.images {
        if let Some(note) = part_note(&image.report) {
            ui.note(&note);
        }
    }
    let configuration = configuration.map(write).transpose()?;
    let deployed = Deployed::new(&args.sources, &args.directory, deployment, configuration);
    ui.report(&deployed)?;
    ui.summary(&summary(&deployed, begin.elapsed()));
    Ok(())
}

/// Deploys the images that a file lists.
fn run_listed(args: &Args, file: &Path, ui: &Ui) -> Result<()> {
    let begin = Instant::now();
    let configuration = args.configuration()?;
    let mut plan = Plan::parse_for_tree(&read(file)?, &args.directory)
        .map_err(|error| Usage { reason: format!("{}, {error}", file.display()), hint: error.hint })?;
    plan.lines.iter_mut().for_each(|line| line.referrers |= args.referrers);
    ui.title(&format!("deploy to {}", args.directory.display()));
    let network = (&args.reach).into();
    let common = Common::new(&network, Some(&args.work), ui)?;
    let opener = Opener::new(common, [flags::Side::from(&args.src), flags::Side::default()], ui)?;
    let watch = ui.watch()?;
    let gates = args.policy.gates()?;
    let options = sync::Options {
        gate: gates.as_deref(),
        jobs: args.work.jobs,
        fail_fast: false,
        dry_run: false,
        prune: false,
        no_attestations: false,
        no_clobber: false,
        force: false,
        max_manifest_bytes: None,
        watch: watch.clone(),
        open: &|side, access| opener.open(side, access),
    };
    let (report, pruned) = deploy::run_plan(&plan, &args.directory, &options, args.prune)?;
    let class = report.class();
    let configuration = configuration.map(write).transpose()?;
    let listed = Listed::new(report, &args.directory, pruned, configuration);
    ui.report(&listed)?;
    if !ui.wants_json() {
        listed.synced.failures().for_each(|failure| ui.failed(&failure));
    }
    ui.summary(&listed.summary(begin.elapsed()));
    if args.prune && class.is_some() && !watch.is_cancelled() {
        ui.note("nothing was removed, for not all of the file was deployed");
    }
    listed.synced.end(class, &watch)
}

/// The places that images come from.
type Opened<'a> = HashMap<(&'a Place, String), Box<dyn Source>>;

impl Args {
    /// Returns what an opened place is known by: each is opened once, so that its connections, tokens and indexes serve all of its images; under
    /// a policy, which decides about images, once for each.
    fn key<'a>(&self, source: &'a Location) -> (&'a Place, String) {
        (&source.place, if self.policy.is_given() { source.to_string() } else { String::new() })
    }

    fn open(&self, places: &transport::Options) -> Result<Opened<'_>> {
        let mut opened = HashMap::new();
        for source in &self.sources {
            if let Entry::Vacant(entry) = opened.entry(self.key(source)) {
                let place = source.place.open_source(places).map_err(copy::Error::at(Side::Source, &source.place))?;
                entry.insert(self.policy.guard(place, source, &places.watch)?);
            }
        }
        Ok(opened)
    }

    /// Makes the configuration before anything is copied, so that a refusal costs nothing.
    fn configuration(&self) -> Result<Option<(PathBuf, String)>> {
        let server = match (self.server, &self.config) {
            (ServerName::None, None) => return Ok(None),
            (ServerName::None, Some(_)) => {
                return Err(Usage::new("--config needs a server", "add --server nginx, caddy or apache").into());
            }
            (_, None) => {
                return Err(Usage::new("--server needs a file for the configuration", "add --config FILE").into());
            }
            (ServerName::Nginx, _) => Server::Nginx,
            (ServerName::Caddy, _) => Server::Caddy,
            (ServerName::Apache, _) => Server::Apache,
        };
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Some(Tls { certificate: absolute(certificate)?, key: absolute(key)? }),
            _ => None,
        };
        let site = Site { root: absolute(&self.directory)?, address: self.addr, tls };
        let text = server.configuration(&site).map_err(|refused| {
            Usage::new(refused.to_string(), "choose a path of letters, digits, spaces and plain punctuation")
        })?;
        Ok(self.config.clone().map(|path| (path, text)))
    }

    /// Returns what the error is about, as it was typed.
    pub(crate) fn reference(&self, error: &Error) -> String {
        let place = match error.downcast_ref::<copy::Error>() {
            Some(copy::Error::Place { side: Side::Source, place, .. } | copy::Error::Platform { place, .. }) => place,
            _ => return self.directory.display().to_string(),
        };
        let source = self.sources.iter().find(|source| source.place.to_string() == *place);
        source.map_or_else(|| place.clone(), ToString::to_string)
    }
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("cannot tell where {} is", path.display()))
}

fn write((path, text): (PathBuf, String)) -> Result<Configuration> {
    let changed = files::replace(&path, text.as_bytes())
        .with_context(|| format!("the images are deployed, but {} cannot be written", path.display()))?;
    Ok(Configuration { path, changed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    fn parse(flags: &[&str]) -> Result<Args, clap::Error> {
        cli::flags_of(&[&["deploy", "alpine", "oci:d:v1", "out"], flags].concat())
    }

    #[test]
    fn the_last_is_the_directory() {
        let args = parse(&[]).expect("parses");
        assert_eq!((args.sources.len(), args.directory.as_path()), (2, Path::new("out")));
        assert!(args.configuration().expect("none").is_none());
    }

    #[test]
    fn servers_and_files_belong_together() {
        for flags in [&["--server=nginx"][..], &["--config=f"]] {
            assert!(parse(flags).expect("parses").configuration().is_err(), "{flags:?}");
        }
        let (path, text) = parse(&["--server=caddy", "--config=f", "--addr=[::1]:80"])
            .expect("parses")
            .configuration()
            .expect("a configuration")
            .expect("one");
        assert_eq!(path, Path::new("f"));
        assert!(text.contains("bind ::1\n"), "{text}");
        assert!(parse(&["--addr=localhost"]).is_err() && parse(&["--tls-cert=c"]).is_err());
    }
}
