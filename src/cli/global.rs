//! The flags of every verb.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

/// Flags of every verb.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct Global {
    /// Print the result as JSON, and errors too
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print nothing but the result and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Tell of each blob how it got there, and of each request to a registry; twice, with the heads of requests and answers
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Append a JSON object for each request to a registry to this file; - is standard error. No secret is in it
    #[arg(long, global = true, value_name = "FILE", env = "STEVEDORE_TRACE", hide_env_values = true)]
    pub(crate) trace: Option<PathBuf>,
    /// How progress is shown; auto is bars on a terminal and a line every ten seconds elsewhere
    #[arg(long, global = true, value_name = "HOW", default_value = "auto", hide_default_value = true)]
    pub(crate) progress: ProgressStyle,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressStyle {
    /// Bars on a terminal, lines elsewhere
    Auto,
    /// Bars
    Bar,
    /// A line every ten seconds
    Plain,
    /// A JSON object a line
    Json,
    /// Nothing
    None,
}
