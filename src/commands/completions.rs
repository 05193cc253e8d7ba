//! `completions`: what a shell needs to complete the command line.

use clap_complete::Shell;
use serde::Serialize;

use crate::cli::report::Report;
use crate::cli::{Result, Ui};

/// Print the completion script for a shell
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  stevedore completions bash > ~/.local/share/bash-completion/completions/stevedore
  stevedore completions zsh > ~/.zfunc/_stevedore
  stevedore completions fish > ~/.config/fish/completions/stevedore.fish";

/// The script.
#[derive(Serialize)]
struct Script {
    shell: String,
    script: String,
}

/// Prints the script.
pub(crate) fn run(args: &Args, mut command: clap::Command, ui: &Ui) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "stevedore", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    ui.report(&Script { shell: args.shell.to_string(), script })
}

impl Report for Script {
    fn text(&self) -> String {
        self.script.clone()
    }
}
