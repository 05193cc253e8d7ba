//! The `stevedore` binary: arguments in, library calls, reports out.

mod cli;
mod commands;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::run()
}
