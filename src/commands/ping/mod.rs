//! `ping`: how a registry is reached, and what it can do.

mod report;

use stevedore::reference::{Repository, is_name_beginning};
use stevedore::registry::Client;

use self::report::View;
use crate::cli::client::Common;
use crate::cli::flags::{Registry, Side};
use crate::cli::{Context, Result, Ui, Usage, locations};

/// Show how a registry is reached and what it can do
///
/// Nothing is written: what only writing shows is not tested without --write-test. Of a repository that is named, the tags and one image are
/// looked at, which a registry may count as a pull.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The registry, or a repository there
    #[arg(value_name = "HOST[/REPOSITORY]")]
    pub(crate) name: String,
    /// Push a small image to this repository of the registry, under a name that nobody has, and remove it again; what cannot be removed is
    /// told
    #[arg(long, value_name = "REPOSITORY")]
    write_test: Option<String>,
    #[command(flatten)]
    registry: Registry,
}

const EXAMPLES: &str = "\
Examples:
  stevedore ping ghcr.io
  stevedore ping docker.io/library/alpine
  stevedore ping --write-test team/scratch registry.example.com";

/// Asks the registry.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let (host, path) = locations::parts(locations::host(&args.name));
    if !is_name_beginning(&host) {
        let what = format!("{} is no registry's host", args.name);
        return Err(Usage::new(what, "write HOST, HOST:PORT with a port up to 65535, or HOST/REPOSITORY").into());
    }
    let named = if path.is_empty() { None } else { Some(repository(&host, &path)?) };
    let scratch = args.write_test.as_deref().map(|text| repository(&host, text)).transpose()?;
    let options = Common::new(&args.registry.network, None, ui)?.registry(&Side::from(&args.registry.only))?;
    let (client, watch) = (Client::new(options), ui.watch()?);
    let looked_at = named.as_ref().or(scratch.as_ref());
    let mut examination = client.examine(&host, looked_at, &watch)?;
    if let Some(scratch) = &scratch {
        client
            .try_writing(scratch, &mut examination, &watch)
            .with_context(|| format!("cannot test writing to {host}/{}", scratch.path()))?;
    }
    ui.report(&View::new(examination))
}

/// Takes a repository of the registry, with its host or without.
fn repository(host: &str, text: &str) -> Result<Repository> {
    let text = text.strip_prefix("docker://").unwrap_or(text);
    let path = text.strip_prefix(host).and_then(|rest| rest.strip_prefix('/')).unwrap_or(text);
    Ok(format!("{host}/{path}").parse()?)
}
