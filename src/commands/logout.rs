//! `logout`: forget a registry's login.

use serde::Serialize;
use stevedore::registry::credentials::{self, Helpers};

use crate::cli::report::Report;
use crate::cli::{Context, Result, Ui, Usage, locations};

/// Forget the login of a registry
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The registry, or a namespace there
    #[arg(value_name = "HOST[/NAMESPACE]")]
    pub(crate) host: String,
    /// Take it out of this file [default: where login puts it]
    #[arg(long, value_name = "FILE")]
    authfile: Option<std::path::PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  stevedore logout registry.example.com
  stevedore logout --authfile ci.json docker.io";

/// What is gone.
#[derive(Debug, Serialize)]
struct Forgotten {
    host: String,
    file: String,
    removed: bool,
}

/// Forgets the login.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let file = ui.environment().credentials().login_file(args.authfile.as_deref());
    let file =
        file.ok_or_else(|| Usage::new("there is no home directory to look for credentials in", "use --authfile"))?;
    let host = locations::host(&args.host);
    let removed = credentials::erase(&file, host, &Helpers::default())
        .with_context(|| format!("cannot forget the login of {host}"))?;
    ui.report(&Forgotten { host: host.to_owned(), file: file.path.display().to_string(), removed })
}

impl Report for Forgotten {
    fn text(&self) -> String {
        if self.removed {
            return format!("removed the login of {} from {}\n", self.host, self.file);
        }
        format!("{} has no login of {}\n", self.file, self.host)
    }
}
