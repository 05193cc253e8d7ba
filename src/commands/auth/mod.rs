//! `auth`: getting into a registry.

mod explain;
mod token;

use crate::cli::{Result, Ui};

/// Show how a registry is reached and which login is used, or get a token
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

const EXAMPLES: &str = "\
Examples:
  stevedore auth explain ghcr.io/owner/app
  stevedore auth token --push ghcr.io/owner/app";

#[derive(clap::Subcommand)]
enum Action {
    Explain(explain::Args),
    Token(token::Args),
}

/// Does what is asked.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    match &args.action {
        Action::Explain(args) => explain::run(args, ui),
        Action::Token(args) => token::run(args, ui),
    }
}

impl Args {
    /// Returns the registry that it is about.
    pub(crate) fn name(&self) -> &str {
        match &self.action {
            Action::Explain(args) => &args.name,
            Action::Token(args) => &args.repository.name,
        }
    }
}
