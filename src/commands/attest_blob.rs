//! `attest-blob`: something stated of a file, signed with a key or an identity.

use std::path::{Path, PathBuf};

use stevedore::sign::PredicateType;

use super::attest::read;
use crate::cli::blobs::{BlobFlags, open};
use crate::cli::{Context, Result, Ui};

/// Attest something of a file, with a key or an identity
///
/// Writes a bundle with a statement about the file's SHA-256, as cosign 3 does; `stevedore verify-blob --type` and
/// `cosign verify-blob-attestation` read it. What is stated is the content of another file; for its types see `stevedore attest --help`.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The file, or - for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: String,
    /// What is stated: a file
    #[arg(long, value_name = "FILE")]
    predicate: PathBuf,
    /// The type of what is stated
    #[arg(long = "type", value_name = "TYPE", default_value = "custom")]
    kind: PredicateType,
    #[command(flatten)]
    blob: BlobFlags,
}

const EXAMPLES: &str = "\
Examples:
  stevedore attest-blob --key cosign.key --type spdxjson --predicate app.spdx.json --bundle app.tar.sigstore.json app.tar
  stevedore attest-blob --trusted-root trusted_root.json --signing-config signing_config.json --type slsaprovenance1 \\
    --predicate provenance.json --bundle app.tar.sigstore.json app.tar";

/// Attests it.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let named = || format!("cannot read the predicate from {}", args.predicate.display());
    let content = read(&args.predicate).with_context(named)?;
    let predicate = args.kind.predicate(&content, None)?;
    let name = Path::new(&args.file).file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.filter(|_| args.file != "-");
    args.blob.run(&args.file, "attested", ui, |by| {
        Ok(by.attest_blob(name.as_deref(), open(&args.file)?, args.kind.uri(), &predicate)?)
    })
}
