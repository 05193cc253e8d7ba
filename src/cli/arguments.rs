//! The command line: global flags and the verbs.

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use stevedore::class::Class;
use stevedore::copy::{self, Side};

use super::{Error, Result, Ui};
use crate::commands;

/// Do everything to a container image except run it
///
/// Images live in places: docker://HOST/REPOSITORY[:TAG|@DIGEST] (a registry; the prefix may be left out), oci:DIR[:NAME],
/// oci-archive:FILE[:NAME], docker-archive:FILE[:NAME], dir:DIR and static:DIR[:REPOSITORY][:TAG]. A FILE that is - stands for standard
/// input or output. Results go to standard output, everything else to standard error.
#[derive(Parser)]
#[command(name = "stevedore", version, arg_required_else_help = true, after_long_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0 done, 1 failed, 2 usage, 3 not found, 4 access denied, 5 network or registry,
  6 verification failed, 7 some of many failed, 130 interrupted;
  diff: 0 same, 1 different, 2 failed

Examples:
  stevedore copy --all docker://alpine:3.20 oci:images:alpine
  stevedore inspect docker://alpine:3.20
  stevedore tags docker://alpine";

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
    /// Tell of each blob how it got there
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
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

/// The verbs.
#[derive(Subcommand)]
pub(crate) enum Command {
    Copy(Box<commands::copy::Args>),
    Sync(Box<commands::sync::Args>),
    Inspect(commands::inspect::Args),
    Digest(commands::digest::Args),
    Tags(commands::tags::Args),
    Build(Box<commands::build::Args>),
    Ls(Box<commands::ls::Args>),
    Cat(Box<commands::cat::Args>),
    Export(Box<commands::export::Args>),
    Mutate(Box<commands::mutate::Args>),
    Sbom(Box<commands::sbom::Args>),
    Diff(Box<commands::diff::Args>),
    Push(Box<commands::push::Args>),
    Pull(Box<commands::pull::Args>),
    Attach(Box<commands::attach::Args>),
    Referrers(Box<commands::referrers::Args>),
    Delete(commands::delete::Args),
    Gc(commands::gc::Args),
    Deploy(Box<commands::deploy::Args>),
    #[command(visible_alias = "generate-key-pair")]
    Keygen(commands::keygen::Args),
    PublicKey(commands::public_key::Args),
    Sign(Box<commands::sign::Args>),
    Verify(Box<commands::verify::Args>),
    VerifyBlob(Box<commands::verify_blob::Args>),
    Attest(Box<commands::attest::Args>),
    VerifyAttestation(Box<commands::verify_attestation::Args>),
    Serve(Box<commands::serve::Args>),
    Login(commands::login::Args),
    Logout(commands::logout::Args),
    Auth(commands::auth::Args),
    Completions(commands::completions::Args),
    #[command(hide = true)]
    Man(commands::man::Args),
}

impl Command {
    /// Runs the verb.
    pub(crate) fn run(&self, ui: &Ui) -> Result<()> {
        match self {
            Self::Copy(args) => commands::copy::run(args, ui),
            Self::Sync(args) => commands::sync::run(args, ui),
            Self::Inspect(args) => commands::inspect::run(args, ui),
            Self::Digest(args) => commands::digest::run(args, ui),
            Self::Tags(args) => commands::tags::run(args, ui),
            Self::Build(args) => commands::build::run(args, ui),
            Self::Ls(args) => commands::ls::run(args, ui),
            Self::Cat(args) => commands::cat::run(args, ui),
            Self::Export(args) => commands::export::run(args, ui),
            Self::Mutate(args) => commands::mutate::run(args, ui),
            Self::Sbom(args) => commands::sbom::run(args, ui),
            Self::Diff(args) => commands::diff::run(args, ui),
            Self::Push(args) => commands::push::run(args, ui),
            Self::Pull(args) => commands::pull::run(args, ui),
            Self::Attach(args) => commands::attach::run(args, ui),
            Self::Referrers(args) => commands::referrers::run(args, ui),
            Self::Delete(args) => commands::delete::run(args, ui),
            Self::Gc(args) => commands::gc::run(args, ui),
            Self::Deploy(args) => commands::deploy::run(args, ui),
            Self::Keygen(args) => commands::keygen::run(args, ui),
            Self::PublicKey(args) => commands::public_key::run(args, ui),
            Self::Sign(args) => commands::sign::run(args, ui),
            Self::Verify(args) => commands::verify::run(args, ui),
            Self::VerifyBlob(args) => commands::verify_blob::run(args, ui),
            Self::Attest(args) => commands::attest::run(args, ui),
            Self::VerifyAttestation(args) => commands::verify_attestation::run(args, ui),
            Self::Serve(args) => commands::serve::run(args, ui),
            Self::Login(args) => commands::login::run(args, ui),
            Self::Logout(args) => commands::logout::run(args, ui),
            Self::Auth(args) => commands::auth::run(args, ui),
            Self::Completions(args) => commands::completions::run(args, ui),
            Self::Man(args) => commands::man::run(args, ui),
        }
    }

    /// Returns the exit code of a verb that has codes of its own.
    pub(crate) fn exit_code(&self, error: &Error, class: Class) -> Option<u8> {
        match self {
            Self::Diff(_) => commands::diff::exit_code(error, class),
            Self::Verify(_) | Self::VerifyBlob(_) | Self::VerifyAttestation(_) => {
                Some(commands::verify::exit_code(error, class))
            }
            _ => None,
        }
    }

    /// Returns what the error is about, as it was typed.
    pub(crate) fn reference(&self, error: &Error) -> Option<String> {
        match self {
            Self::Copy(args) => Some(match side(error) {
                Some(Side::Destination) => args.destination.to_string(),
                _ => args.source.to_string(),
            }),
            Self::Sync(_) => None,
            Self::Inspect(args) => Some(args.reference.to_string()),
            Self::Digest(args) => Some(args.reference.to_string()),
            Self::Tags(args) => Some(args.place.to_string()),
            Self::Build(args) => match (side(error), &args.from) {
                (Some(Side::Destination), _) | (_, None) => Some(args.output.to_string()),
                (_, Some(from)) => Some(from.to_string()),
            },
            Self::Ls(args) => Some(args.reference.to_string()),
            Self::Cat(args) => Some(args.reference.to_string()),
            Self::Export(args) => Some(args.reference.to_string()),
            Self::Mutate(args) => Some(args.reference.to_string()),
            Self::Sbom(args) => Some(args.reference.to_string()),
            Self::Diff(args) => args.reference(),
            Self::Push(args) => Some(args.reference.to_string()),
            Self::Pull(args) => Some(args.reference.to_string()),
            Self::Attach(args) => Some(args.reference.to_string()),
            Self::Referrers(args) => Some(args.reference.to_string()),
            Self::Delete(args) => Some(args.reference.to_string()),
            Self::Gc(args) => Some(args.reference()),
            Self::Deploy(args) => Some(args.reference(error)),
            Self::Keygen(_) => None,
            Self::PublicKey(args) => Some(args.key.clone()),
            Self::Sign(args) => Some(args.reference.to_string()),
            Self::Verify(args) => Some(args.reference.to_string()),
            Self::VerifyBlob(args) => Some(args.file.clone()),
            Self::Attest(args) => Some(args.reference.to_string()),
            Self::VerifyAttestation(args) => Some(args.reference.to_string()),
            Self::Serve(args) => Some(args.reference()),
            Self::Login(args) => Some(args.host.clone()),
            Self::Logout(args) => Some(args.host.clone()),
            Self::Auth(args) => Some(args.name().to_owned()),
            Self::Completions(_) | Self::Man(_) => None,
        }
    }
}

/// Finds out which side of a copy failed.
fn side(error: &Error) -> Option<Side> {
    match error.downcast_ref::<copy::Error>()? {
        copy::Error::Place { side, .. } => Some(*side),
        copy::Error::Digest { .. } => Some(Side::Destination),
        _ => None,
    }
}

/// Returns the whole command tree, for completions and man pages.
pub(crate) fn command() -> clap::Command {
    Arguments::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn every_verb_has_an_example() {
        for verb in command().get_subcommands() {
            let help = verb.get_after_long_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("stevedore {}", verb.get_name())), "{}", verb.get_name());
        }
    }

    #[test]
    fn first_lines_are_imperative_without_a_full_stop() {
        for verb in command().get_subcommands() {
            let about = verb.get_about().expect("a first line").to_string();
            assert!(!about.ends_with('.') && about.starts_with(char::is_uppercase), "{about}");
        }
    }
}
