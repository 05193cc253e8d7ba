//! What the verbs share: flags, output, progress, failures. The binary's side of the library; nothing here knows how an image is copied.

pub(crate) mod artifact_flags;
#[cfg(feature = "sync")]
pub(crate) mod batch_report;
#[cfg(feature = "sign")]
pub(crate) mod blobs;
#[cfg(feature = "sign")]
pub(crate) mod certificates;
pub(crate) mod client;
pub(crate) mod config_flags;
pub(crate) mod cosign;
pub(crate) mod entries;
mod environment;
mod error;
mod failure;
pub(crate) mod files;
pub(crate) mod flags;
pub(crate) mod global;
#[cfg(feature = "sign")]
pub(crate) mod identity;
pub(crate) mod image_flags;
#[cfg(feature = "sync")]
pub(crate) mod image_lists;
pub(crate) mod interrupt;
#[cfg(feature = "sign")]
pub(crate) mod keyless;
#[cfg(feature = "sign")]
pub(crate) mod keys;
pub(crate) mod locations;
pub(crate) mod name_flags;
pub(crate) mod output;
pub(crate) mod policies;
mod progress;
pub(crate) mod report;
pub(crate) mod resolved;
mod rules;
#[cfg(feature = "sign")]
pub(crate) mod signing;
mod tally;
mod trace;
mod ui;
pub(crate) mod units;
#[cfg(feature = "sign")]
pub(crate) mod verification;
pub(crate) mod warnings;

pub(crate) use error::{Context, Error, Result};
pub(crate) use failure::{Different, Failure, Usage, Verdict};
pub(crate) use ui::Ui;

use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue};

/// Parses the process's arguments.
///
/// # Errors
/// The exit code, when there is nothing to run; the reason, or the help that was asked for, is printed.
pub(crate) fn parse<A: Parser>() -> Result<A, ExitCode> {
    A::try_parse().or_else(|_| parse_whole()).map_err(|mut error| {
        hide_password(&mut error);
        cosign::translate(&mut error);
        refuse(&error)
    })
}

/// Parses again, with the flags and descriptions of all verbs at hand: what is printed may tell of any of them.
fn parse_whole<A: Parser>() -> Result<A, clap::Error> {
    let mut command = A::command();
    command.build();
    let mut matches = command.clone().try_get_matches()?;
    A::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
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

/// Parses the flags of a verb, as its tests give them.
#[cfg(test)]
pub(crate) fn flags_of<A: clap::Args>(line: &[&str]) -> Result<A, clap::Error> {
    #[derive(Parser)]
    struct Line<A: clap::Args> {
        #[command(flatten)]
        args: A,
    }
    Line::try_parse_from(line).map(|line| line.args)
}

/// Looks for `--json` among arguments that could not be parsed.
fn asks_for_json(arguments: impl Iterator<Item = String>) -> bool {
    arguments
        .take_while(|argument| argument != "--")
        .any(|argument| argument == "--json" || argument == "--progress=json")
}
