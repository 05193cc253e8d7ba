//! `public-key`: the public half of a private key.

use serde::Serialize;
use stevedore::digest::Digest;

use crate::cli::keys::{self, PasswordSource};
use crate::cli::report::Report;
use crate::cli::{Result, Ui};

/// Print the public key that belongs to a private key
///
/// Reads the encrypted files of stevedore, cosign and skopeo, and, with a warning, unencrypted PKCS#8 and SEC1.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The private key: a file, or env://NAME for a variable that holds it
    #[arg(short, long, value_name = "FILE")]
    pub(crate) key: String,
    #[command(flatten)]
    password: PasswordSource,
}

const EXAMPLES: &str = "\
Examples:
  stevedore public-key --key cosign.key > cosign.pub
  stevedore public-key --key env://COSIGN_PRIVATE_KEY";

/// A public key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    public_key: String,
    fingerprint: Digest,
}

/// Prints the key.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let key = keys::signing_key(&args.key, &args.password, ui)?.public_key();
    ui.report(&Found { public_key: key.to_pem(), fingerprint: key.fingerprint() })
}

impl Report for Found {
    fn text(&self) -> String {
        self.public_key.clone()
    }
}
