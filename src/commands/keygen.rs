//! `keygen`: a new pair of keys in cosign's files.

use std::path::PathBuf;

use stevedore::sign::PrivateKey;

use crate::cli::keys::{self, PasswordSource};
use crate::cli::{Result, Ui};

/// Make a pair of keys for signing images
///
/// Writes PREFIX.key, encrypted with a password and readable by its owner only, and PREFIX.pub. Both are ECDSA keys on P-256, and the files are
/// those of cosign and skopeo. An empty password is taken: it protects nothing, which may be what a test wants.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// What the names of both files begin with
    #[arg(long, value_name = "PREFIX", default_value = "cosign")]
    output_key_prefix: PathBuf,
    /// Replace files that exist: what was signed with the old key can then not be signed again
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    password: PasswordSource,
}

const EXAMPLES: &str = "\
Examples:
  stevedore keygen
  stevedore keygen --output-key-prefix release --password-file /run/secrets/password
  COSIGN_PASSWORD= stevedore keygen --output-key-prefix test";

/// Makes the keys.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let make = || Ok(PrivateKey::generate()?);
    ui.report(&keys::write_pair(&args.output_key_prefix, args.force, &args.password, ui, make)?)
}
