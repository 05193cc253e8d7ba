//! `import-key-pair`: a key of another tool in cosign's files.

use std::path::PathBuf;

use crate::cli::keys::{self, PasswordSource};
use crate::cli::{Result, Ui};

/// Put a private key of another tool into cosign's files
///
/// Reads a plain private key in PEM (PKCS #8, SEC 1 or PKCS #1): RSA of 2048 to 4096 bits, ECDSA on P-256 or P-384, or Ed25519. Writes
/// PREFIX.key, encrypted with a password and readable by its owner only, and PREFIX.pub, as `keygen` does. The file that is read stays.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The private key: a file, or env://NAME for a variable that holds it
    #[arg(short, long, value_name = "FILE")]
    pub(crate) key: String,
    /// What the names of both files begin with
    #[arg(short, long, value_name = "PREFIX", default_value = "import-cosign")]
    output_key_prefix: PathBuf,
    /// Replace files that exist
    #[arg(short, long)]
    force: bool,
    /// Taken, for nothing is asked
    #[arg(short, long, hide = true)]
    yes: bool,
    #[command(flatten)]
    password: PasswordSource,
}

const EXAMPLES: &str = "\
Examples:
  openssl genpkey -algorithm ed25519 -out key.pem
  stevedore import-key-pair --key key.pem --output-key-prefix release
  COSIGN_PASSWORD= stevedore import-key-pair --key rsa.pem";

/// Writes the keys.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let make = || keys::plain_key(&args.key);
    ui.report(&keys::write_pair(&args.output_key_prefix, args.force, &args.password, ui, make)?)
}
