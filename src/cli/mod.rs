//! What the verbs share: flags, output, progress, failures. The binary's side of the library; nothing here knows how an image is copied.

mod arguments;
pub(crate) mod client;
pub(crate) mod config_flags;
mod environment;
mod error;
mod failure;
pub(crate) mod files;
pub(crate) mod flags;
pub(crate) mod interrupt;
pub(crate) mod keyless;
pub(crate) mod keys;
pub(crate) mod locations;
pub(crate) mod output;
pub(crate) mod policies;
mod progress;
pub(crate) mod report;
mod rules;
mod tally;
mod ui;
pub(crate) mod units;

pub(crate) use arguments::command;
pub(crate) use error::{Context, Error, Result};
pub(crate) use failure::{Different, Failure, Usage, Verdict};
pub(crate) use ui::Ui;

use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue};

use arguments::Arguments;

/// Runs the program on the process's arguments.
pub(crate) fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(mut error) => {
            hide_password(&mut error);
            return refuse(&error);
        }
    };
    let ui = Ui::new(&arguments.global);
    let result = arguments.command.run(&ui);
    ui.close();
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    // Whoever read our output has had enough: `stevedore tags … | head -1`.
    if error.chain().any(<dyn std::error::Error>::is::<output::Closed>) {
        return ExitCode::SUCCESS;
    }
    if error.is::<Different>() {
        return ExitCode::from(1);
    }
    let failure = Failure::of(&error, arguments.command.reference(&error));
    ui.fail(&failure);
    match arguments.command.exit_code(&error, failure.class()) {
        Some(code) => ExitCode::from(code),
        None => failure.exit_code(),
    }
}

/// Prints what clap has to say: help and version on stdout, a refusal on stderr.
fn refuse(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && asks_for_json(std::env::args()) {
        let failure = Failure::usage(&error.to_string());
        output::line(&failure.json());
        return failure.exit_code();
    }
    // Nothing is left to be told when help cannot be printed.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// Takes what may be a password out of a refused `docker://user:password@host/app`: what is printed ends up in logs.
fn hide_password(error: &mut clap::Error) {
    let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue) else {
        return;
    };
    let Some((_, rest)) = value.split_once('@').filter(|(_, rest)| rest.contains('/')) else {
        return;
    };
    let hidden = format!("***@{rest}");
    error.insert(ContextKind::InvalidValue, ContextValue::String(hidden));
}

/// Looks for `--json` among arguments that could not be parsed.
fn asks_for_json(arguments: impl Iterator<Item = String>) -> bool {
    arguments
        .take_while(|argument| argument != "--")
        .any(|argument| argument == "--json" || argument == "--progress=json")
}
