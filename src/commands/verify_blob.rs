//! `verify-blob`: whether a file is signed by whom it must be, as the bundle beside it says.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Serialize;
use stevedore::digest::Digest;
use stevedore::sign::blob::{self, Artifact, Verified};
use stevedore::sign::collect::MAX_ATTESTATION;
use stevedore::sign::{self, Signer};

use crate::cli::keyless::KeylessFlags;
use crate::cli::report::{Report, printable};
use crate::cli::{Context, Result, Ui};

/// Files that are not larger are read whole, for the sake of keys that cannot do with a digest.
const MAX_CONTENT: u64 = 64 << 20;

/// Verify that a file is signed, by the bundle beside it
///
/// Reads the bundles that cosign's sign-blob and attest-blob write, versions 0.1 to 0.3. Nothing is asked of any server: a keyless signature is
/// verified against the file given by --trusted-root. A statement about the file counts whatever it states, and what that is, is printed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The file, or its digest as sha256:HEX
    #[arg(value_name = "FILE_OR_DIGEST")]
    pub(crate) file: String,
    /// The bundle
    #[arg(long, value_name = "FILE")]
    bundle: PathBuf,
    /// Who may have signed: a file with public keys, or env://NAME for a variable that holds them
    #[arg(short, long, value_name = "FILE")]
    key: Vec<String>,
    #[command(flatten)]
    keyless: KeylessFlags,
}

const EXAMPLES: &str = "\
Exit codes:
  0 verified, 1 could not be found out, 2 usage, 12 not acceptably signed

Examples:
  stevedore verify-blob --bundle app.tar.sigstore.json --key cosign.pub app.tar
  stevedore verify-blob --bundle app.tar.sigstore.json --trusted-root trusted_root.json \\
    --certificate-identity https://github.com/example/app/.github/workflows/release.yml@refs/heads/main \\
    --certificate-oidc-issuer https://token.actions.githubusercontent.com app.tar";

/// What was found out. The member names are those of docs/JSON.md.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    file: String,
    digest: Digest,
    signer: Signer,
    #[serde(skip_serializing_if = "Option::is_none")]
    predicate_type: Option<String>,
}

/// Verifies the file.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let authorities = args.keyless.authorities(&args.key, false)?;
    let artifact = artifact(&args.file)?;
    let name = args.bundle.display();
    let mut bundle = Vec::new();
    let read = File::open(&args.bundle).and_then(|file| file.take(MAX_ATTESTATION + 1).read_to_end(&mut bundle));
    read.with_context(|| format!("cannot read the bundle {name}"))?;
    let mut reasons = Vec::new();
    for authority in &authorities {
        match blob::verify(&bundle, &artifact, &**authority, MAX_ATTESTATION) {
            Ok(Verified { digest, signer, predicate_type, .. }) => {
                return ui.report(&Finding { file: args.file.clone(), digest, signer, predicate_type });
            }
            Err(reason) => reasons.push(reason.to_string()),
        }
    }
    Err(sign::Error::Unacceptable { digest: artifact.digest(), reasons }.into())
}

/// Takes a digest for one unless there is a file of that name.
fn artifact(name: &str) -> Result<Artifact> {
    if !Path::new(name).exists()
        && let Some(digest) = name.starts_with("sha256:").then(|| name.parse::<Digest>().ok()).flatten()
    {
        return Ok(Artifact::of(&digest).expect("it is a SHA-256"));
    }
    let unreadable = || format!("cannot read {name}");
    let mut file = File::open(name).with_context(unreadable)?;
    let mut content = Vec::new();
    (&mut file).take(MAX_CONTENT + 1).read_to_end(&mut content).with_context(unreadable)?;
    if content.len() as u64 <= MAX_CONTENT {
        return Ok(Artifact::of_content(content));
    }
    Artifact::of_stream(content.as_slice().chain(file)).with_context(unreadable)
}

impl Report for Finding {
    fn text(&self) -> String {
        let who = match &self.signer {
            Signer::Key(fingerprint) => format!("the key {fingerprint}"),
            Signer::Certificate { identity, issuer, signed_at } => {
                format!("{} ({}) at {signed_at}", printable(identity), printable(issuer))
            }
            other => format!("{other:?}"),
        };
        match &self.predicate_type {
            Some(kind) => format!("{} is attested by {who}: {}\n", self.digest, printable(kind)),
            None => format!("{} is signed by {who}\n", self.digest),
        }
    }
}
