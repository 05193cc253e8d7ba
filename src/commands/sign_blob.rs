//! `sign-blob`: a file signed, with a key or an identity.

use crate::cli::blobs::{BlobFlags, open};
use crate::cli::{Result, Ui};

/// Sign a file, with a key or an identity
///
/// Writes a bundle with the signature and all that it takes to verify it, as cosign 3 does; `stevedore verify-blob` and `cosign verify-blob`
/// read it. With a key nothing is sent anywhere. With an identity the services that are named get its token, the certificate and the
/// signature, and the logs among them keep those for anybody to see; the file itself goes nowhere.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The file, or - for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: String,
    #[command(flatten)]
    blob: BlobFlags,
}

const EXAMPLES: &str = "\
Examples:
  stevedore sign-blob --key cosign.key --bundle app.tar.sigstore.json app.tar
  stevedore sign-blob --trusted-root trusted_root.json --signing-config signing_config.json --bundle app.tar.sigstore.json app.tar";

/// Signs the file.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    args.blob.run(&args.file, "signed", ui, |by| Ok(by.sign_blob(open(&args.file)?)?))
}
