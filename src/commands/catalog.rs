//! `catalog`: the repositories of a registry.

use serde::Serialize;

use crate::cli::flags::Registry;
use crate::cli::locations::host;
use crate::cli::name_flags::NameFlags;
use crate::cli::report::{Report, printable};
use crate::cli::{Result, Ui};

/// List the repositories of a registry, as far as it shows them
///
/// Many registries have no such list, or show it to few: Docker Hub, GHCR and ECR have none here. What is listed is what the registry says, page by
/// page.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The registry; with a prefix, only the repositories below it
    #[arg(value_name = "HOST[/PREFIX]")]
    pub(crate) registry: String,
    #[command(flatten)]
    names: NameFlags,
    #[command(flatten)]
    reach: Registry,
}

const EXAMPLES: &str = "\
Examples:
  stevedore catalog registry.example.com
  stevedore catalog --match '*/app' --sort name registry.example.com/team
  stevedore catalog --json localhost:5000 | jq -r '.repositories[]'";

/// The repositories.
#[derive(Debug, Serialize)]
struct Listing {
    registry: String,
    repositories: Vec<String>,
}

/// Lists the repositories, each page as it comes.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let (host, prefix) = host(&args.registry).split_once('/').unwrap_or((host(&args.registry), ""));
    let prefix = prefix.trim_end_matches('/');
    let options = args.reach.options(None, ui)?;
    let mut listing = Listing { registry: host.to_owned(), repositories: Vec::new() };
    let pages = options.client.get()?.catalog(host, &options.watch);
    args.names.list(
        pages,
        |name| is_below(name, prefix),
        |names| {
            listing.repositories.extend(names);
            if !ui.wants_json() {
                ui.report(&listing)?;
                listing.repositories.clear();
            }
            Ok(())
        },
    )?;
    if ui.wants_json() { ui.report(&listing) } else { Ok(()) }
}

/// Says whether a repository is the one with this path, or stands below it.
fn is_below(name: &str, prefix: &str) -> bool {
    let rest = name.strip_prefix(prefix);
    prefix.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Report for Listing {
    fn text(&self) -> String {
        self.repositories.iter().map(|name| printable(name) + "\n").collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_end_at_slashes() {
        for (name, prefix, wanted) in [
            ("team/app", "", true),
            ("team/app", "team", true),
            ("team", "team", true),
            ("teams/app", "team", false),
            ("team/app", "team/a", false),
        ] {
            assert_eq!(is_below(name, prefix), wanted, "{name} {prefix}");
        }
    }
}
