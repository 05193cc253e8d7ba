//! The verbs: each parses, makes its library calls and emits one report.

mod attach;
#[cfg(feature = "sign")]
mod attest;
#[cfg(feature = "sign")]
mod attest_blob;
mod auth;
mod blob;
mod build;
mod cat;
mod catalog;
mod completions;
mod copy;
mod delete;
#[cfg(feature = "sync")]
mod deploy;
mod diff;
mod digest;
mod export;
mod gc;
#[cfg(feature = "sign")]
mod import_key_pair;
mod index;
mod inspect;
#[cfg(feature = "sign")]
mod keygen;
mod login;
mod logout;
mod ls;
mod man;
mod manifest;
mod mutate;
mod ping;
#[cfg(feature = "sign")]
mod public_key;
mod pull;
mod push;
mod referrers;
#[cfg(feature = "sbom")]
mod sbom;
#[cfg(feature = "server")]
mod serve;
#[cfg(feature = "sign")]
mod sign;
#[cfg(feature = "sign")]
mod sign_blob;
#[cfg(feature = "sync")]
mod sync;
mod tag;
mod tags;
mod validate;
#[cfg(feature = "sign")]
mod verify;
#[cfg(feature = "sign")]
mod verify_attestation;
#[cfg(feature = "sign")]
mod verify_blob;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use stevedore::class::Class;
use stevedore::copy::Side;

use crate::cli::global::Global;
use crate::cli::{self, Different, Error, Failure, Result, Ui, output};

/// Do everything to a container image except run it
///
/// Images live in places: docker://HOST/REPOSITORY[:TAG|@DIGEST] (a registry; the prefix may be left out), oci:DIR[:NAME],
/// oci-archive:FILE[:NAME], docker-archive:FILE[:NAME], dir:DIR and static:DIR[:REPOSITORY][:TAG]. A FILE that is - stands for standard
/// input or output. Results go to standard output, everything else to standard error.
#[derive(Parser)]
#[command(name = "stevedore", version, arg_required_else_help = true, after_long_help = EXIT_CODES)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
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

/// Runs the program on the process's arguments.
pub(crate) fn run() -> ExitCode {
    let arguments: Arguments = match cli::parse() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let ui = Ui::new(&arguments.global);
    let result = arguments.command.run(&ui);
    ui.close();
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    // The reader of our output has had enough: `stevedore tags … | head -1`.
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

/// The verbs. The flags of each are made when it is the one that runs: all of them take more than a megabyte.
#[derive(Subcommand)]
#[command(defer = true)]
enum Command {
    Copy(Box<copy::Args>),
    #[cfg(feature = "sync")]
    Sync(Box<sync::Args>),
    Inspect(inspect::Args),
    Digest(digest::Args),
    #[command(visible_alias = "list-tags")]
    Tags(Box<tags::Args>),
    Tag(Box<tag::Args>),
    Validate(Box<validate::Args>),
    Index(Box<index::Args>),
    Blob(Box<blob::Args>),
    Manifest(Box<manifest::Args>),
    Catalog(Box<catalog::Args>),
    Build(Box<build::Args>),
    Ls(Box<ls::Args>),
    Cat(Box<cat::Args>),
    Export(Box<export::Args>),
    Mutate(Box<mutate::Args>),
    #[cfg(feature = "sbom")]
    Sbom(Box<sbom::Args>),
    Diff(Box<diff::Args>),
    Push(Box<push::Args>),
    Pull(Box<pull::Args>),
    Attach(Box<attach::Args>),
    Referrers(Box<referrers::Args>),
    Delete(delete::Args),
    Gc(gc::Args),
    #[cfg(feature = "sync")]
    Deploy(Box<deploy::Args>),
    #[cfg(feature = "sign")]
    #[command(visible_alias = "generate-key-pair")]
    Keygen(keygen::Args),
    #[cfg(feature = "sign")]
    ImportKeyPair(import_key_pair::Args),
    #[cfg(feature = "sign")]
    PublicKey(public_key::Args),
    #[cfg(feature = "sign")]
    Sign(Box<sign::Args>),
    #[cfg(feature = "sign")]
    SignBlob(Box<sign_blob::Args>),
    #[cfg(feature = "sign")]
    Verify(Box<verify::Args>),
    #[cfg(feature = "sign")]
    VerifyBlob(Box<verify_blob::Args>),
    #[cfg(feature = "sign")]
    Attest(Box<attest::Args>),
    #[cfg(feature = "sign")]
    AttestBlob(Box<attest_blob::Args>),
    #[cfg(feature = "sign")]
    VerifyAttestation(Box<verify_attestation::Args>),
    #[cfg(feature = "server")]
    Serve(Box<serve::Args>),
    Login(login::Args),
    Logout(logout::Args),
    Auth(auth::Args),
    Ping(ping::Args),
    Completions(completions::Args),
    #[command(hide = true)]
    Man(man::Args),
}

impl Command {
    /// Runs the verb.
    fn run(&self, ui: &Ui) -> Result<()> {
        match self {
            Self::Copy(args) => copy::run(args, ui),
            #[cfg(feature = "sync")]
            Self::Sync(args) => sync::run(args, ui),
            Self::Inspect(args) => inspect::run(args, ui),
            Self::Digest(args) => digest::run(args, ui),
            Self::Tags(args) => tags::run(args, ui),
            Self::Tag(args) => tag::run(args, ui),
            Self::Validate(args) => validate::run(args, ui),
            Self::Index(args) => index::run(args, ui),
            Self::Blob(args) => blob::run(args, ui),
            Self::Manifest(args) => manifest::run(args, ui),
            Self::Catalog(args) => catalog::run(args, ui),
            Self::Build(args) => build::run(args, ui),
            Self::Ls(args) => ls::run(args, ui),
            Self::Cat(args) => cat::run(args, ui),
            Self::Export(args) => export::run(args, ui),
            Self::Mutate(args) => mutate::run(args, ui),
            #[cfg(feature = "sbom")]
            Self::Sbom(args) => sbom::run(args, ui),
            Self::Diff(args) => diff::run(args, ui),
            Self::Push(args) => push::run(args, ui),
            Self::Pull(args) => pull::run(args, ui),
            Self::Attach(args) => attach::run(args, ui),
            Self::Referrers(args) => referrers::run(args, ui),
            Self::Delete(args) => delete::run(args, ui),
            Self::Gc(args) => gc::run(args, ui),
            #[cfg(feature = "sync")]
            Self::Deploy(args) => deploy::run(args, ui),
            #[cfg(feature = "sign")]
            Self::Keygen(args) => keygen::run(args, ui),
            #[cfg(feature = "sign")]
            Self::ImportKeyPair(args) => import_key_pair::run(args, ui),
            #[cfg(feature = "sign")]
            Self::PublicKey(args) => public_key::run(args, ui),
            #[cfg(feature = "sign")]
            Self::Sign(args) => sign::run(args, ui),
            #[cfg(feature = "sign")]
            Self::SignBlob(args) => sign_blob::run(args, ui),
            #[cfg(feature = "sign")]
            Self::Verify(args) => verify::run(args, ui),
            #[cfg(feature = "sign")]
            Self::VerifyBlob(args) => verify_blob::run(args, ui),
            #[cfg(feature = "sign")]
            Self::Attest(args) => attest::run(args, ui),
            #[cfg(feature = "sign")]
            Self::AttestBlob(args) => attest_blob::run(args, ui),
            #[cfg(feature = "sign")]
            Self::VerifyAttestation(args) => verify_attestation::run(args, ui),
            #[cfg(feature = "server")]
            Self::Serve(args) => serve::run(args, ui),
            Self::Login(args) => login::run(args, ui),
            Self::Logout(args) => logout::run(args, ui),
            Self::Auth(args) => auth::run(args, ui),
            Self::Ping(args) => ping::run(args, ui),
            Self::Completions(args) => completions::run(args, Arguments::command(), ui),
            Self::Man(args) => man::run(args, Arguments::command(), ui),
        }
    }

    /// Returns the exit code of a verb that has codes of its own.
    fn exit_code(&self, error: &Error, class: Class) -> Option<u8> {
        match self {
            Self::Diff(_) => diff::exit_code(error, class),
            #[cfg(feature = "sign")]
            Self::Verify(_) | Self::VerifyBlob(_) | Self::VerifyAttestation(_) => {
                Some(cli::verification::exit_code(error, class))
            }
            _ => None,
        }
    }

    /// Returns what the error is about, as it was typed.
    fn reference(&self, error: &Error) -> Option<String> {
        match self {
            Self::Copy(args) => Some(match side(error) {
                Some(Side::Destination) => args.destination.to_string(),
                _ => args.source.to_string(),
            }),
            #[cfg(feature = "sync")]
            Self::Sync(_) => None,
            Self::Inspect(args) => Some(args.image.reference.to_string()),
            Self::Digest(args) => Some(args.image.reference.to_string()),
            Self::Tags(args) => Some(args.place.to_string()),
            Self::Tag(args) => Some(args.reference.to_string()),
            Self::Validate(args) => Some(args.reference.to_string()),
            Self::Index(args) => Some(args.reference()),
            Self::Blob(args) => Some(args.reference()),
            Self::Manifest(args) => Some(args.reference()),
            Self::Catalog(args) => Some(args.registry.clone()),
            Self::Build(args) => match (side(error), &args.from) {
                (Some(Side::Destination), _) | (_, None) => Some(args.output.to_string()),
                (_, Some(from)) => Some(from.to_string()),
            },
            Self::Ls(args) => Some(args.reference.to_string()),
            Self::Cat(args) => Some(args.reference.to_string()),
            Self::Export(args) => Some(args.reference.to_string()),
            Self::Mutate(args) => Some(args.reference().to_string()),
            #[cfg(feature = "sbom")]
            Self::Sbom(args) => Some(args.reference.to_string()),
            Self::Diff(args) => args.reference(),
            Self::Push(args) => Some(args.reference.to_string()),
            Self::Pull(args) => Some(args.reference.to_string()),
            Self::Attach(args) => Some(args.reference.to_string()),
            Self::Referrers(args) => Some(args.image.reference.to_string()),
            Self::Delete(args) => Some(args.reference.to_string()),
            Self::Gc(args) => Some(args.reference()),
            #[cfg(feature = "sync")]
            Self::Deploy(args) => Some(args.reference(error)),
            #[cfg(feature = "sign")]
            Self::Keygen(_) => None,
            #[cfg(feature = "sign")]
            Self::ImportKeyPair(args) => Some(args.key.clone()),
            #[cfg(feature = "sign")]
            Self::PublicKey(args) => Some(args.key.clone()),
            #[cfg(feature = "sign")]
            Self::Sign(args) => Some(args.image.reference.to_string()),
            #[cfg(feature = "sign")]
            Self::SignBlob(args) => Some(args.file.clone()),
            #[cfg(feature = "sign")]
            Self::Verify(args) => Some(args.image.reference.to_string()),
            #[cfg(feature = "sign")]
            Self::VerifyBlob(args) => Some(args.file.clone()),
            #[cfg(feature = "sign")]
            Self::Attest(args) => Some(args.image.reference.to_string()),
            #[cfg(feature = "sign")]
            Self::AttestBlob(args) => Some(args.file.clone()),
            #[cfg(feature = "sign")]
            Self::VerifyAttestation(args) => Some(args.image.reference.to_string()),
            #[cfg(feature = "server")]
            Self::Serve(args) => Some(args.reference()),
            Self::Login(args) => Some(args.host.clone()),
            Self::Logout(args) => Some(args.host.clone()),
            Self::Auth(args) => Some(args.name().to_owned()),
            Self::Ping(args) => Some(args.name.clone()),
            Self::Completions(_) | Self::Man(_) => None,
        }
    }
}

/// Finds out which side of a copy failed.
fn side(error: &Error) -> Option<Side> {
    match error.downcast_ref::<stevedore::copy::Error>()? {
        stevedore::copy::Error::Place { side, .. } => Some(*side),
        stevedore::copy::Error::Digest { .. } => Some(Side::Destination),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The program's command with what is deferred: the descriptions and flags of all verbs.
    fn whole() -> clap::Command {
        let mut command = Arguments::command().disable_help_subcommand(true);
        command.build();
        command
    }

    #[test]
    fn the_tree_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn verbs_exist_with_their_features() {
        for (verb, is_built) in [
            ("copy", true),
            ("sync", cfg!(feature = "sync")),
            ("serve", cfg!(feature = "server")),
            ("sign", cfg!(feature = "sign")),
            ("sbom", cfg!(feature = "sbom")),
        ] {
            assert_eq!(Arguments::command().find_subcommand(verb).is_some(), is_built, "{verb}");
        }
    }

    #[test]
    fn every_verb_has_an_example() {
        for verb in whole().get_subcommands() {
            let help = verb.get_after_long_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("stevedore {}", verb.get_name())), "{}", verb.get_name());
        }
    }

    #[test]
    fn first_lines_are_imperative_without_a_full_stop() {
        for verb in whole().get_subcommands() {
            let about = verb.get_about().expect("a first line").to_string();
            assert!(!about.ends_with('.') && about.starts_with(char::is_uppercase), "{about}");
        }
    }
}
