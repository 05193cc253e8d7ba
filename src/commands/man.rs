//! `man`: the manual pages, for whoever packages the program.

use std::fs;
use std::path::PathBuf;

use serde::Serialize;

use crate::cli::report::Report;
use crate::cli::{Context, Result, Ui};

/// Write the manual pages into a folder
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The folder, which must exist
    folder: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  stevedore man /usr/local/share/man/man1";

/// The files written.
#[derive(Serialize)]
struct Pages {
    files: Vec<PathBuf>,
}

/// Writes the pages.
pub(crate) fn run(args: &Args, command: clap::Command, ui: &Ui) -> Result<()> {
    let mut files = Vec::new();
    for (name, page) in pages(command)? {
        let path = args.folder.join(name);
        fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
        files.push(path);
    }
    ui.report(&Pages { files })
}

/// Renders a page for the program and one for each verb and its actions.
fn pages(command: clap::Command) -> Result<Vec<(String, Vec<u8>)>> {
    let mut root = command.disable_help_subcommand(true);
    // Hands the global flags down to the verbs.
    root.build();
    let mut commands = vec![root.clone()];
    for verb in root.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        commands.push(verb.clone());
        commands.extend(verb.get_subcommands().filter(|action| action.get_name() != "help").cloned());
    }
    let mut pages = Vec::new();
    for command in commands {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
        let mut page = Vec::new();
        // Without a date the same program gives the same page.
        clap_mangen::Man::new(command).title(name.to_uppercase()).render(&mut page)?;
        pages.push((format!("{name}.1"), page));
    }
    Ok(pages)
}

impl Report for Pages {
    fn text(&self) -> String {
        self.files.iter().map(|file| format!("{}\n", file.display())).collect()
    }
}
