//! `verify-blob`: whether a file is signed by whom it must be, as the bundle beside it says.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Serialize;
use stevedore::sign::blob::{self, Artifact, Proof, Verified};
use stevedore::sign::collect::MAX_ATTESTATION;
use stevedore::sign::{PredicateType, Signer};

use crate::cli::certificates::LogFlags;
use crate::cli::keyless::KeylessFlags;
use crate::cli::report::{Report, printable};
use crate::cli::{Context, Result, Ui, Usage};

/// Files that are not larger are read whole, for the sake of keys that cannot do with a digest.
const MAX_CONTENT: u64 = 64 << 20;

/// Verify that a file is signed, by the bundle beside it
///
/// Reads the bundles that cosign's sign-blob and attest-blob write, versions 0.1 to 0.3. Nothing is asked of any server: a keyless signature is
/// verified against the file given by --trusted-root. A statement about the file counts whatever it states, and what that is, is printed; --type
/// asks for one of a type. A file with a bundle on each line is good when one of them is.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The file, - for standard input, or its digest as sha256:HEX, sha384:HEX or sha512:HEX
    #[arg(value_name = "FILE_OR_DIGEST")]
    pub(crate) file: String,
    /// The bundle, or several, one on each line
    #[arg(long, value_name = "FILE", required_unless_present = "signature")]
    bundle: Option<PathBuf>,
    /// A signature that stands alone, in base64 or as it is, in place of the bundle; for --key or --certificate
    #[arg(long, value_name = "FILE", conflicts_with_all = ["bundle", "kind"])]
    signature: Option<PathBuf>,
    /// What must be stated of the file: the short names of verify-attestation, or a URI
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<PredicateType>,
    /// Who may have signed: a file with public keys, or env://NAME for a variable that holds them
    #[arg(short, long, value_name = "FILE")]
    key: Vec<String>,
    #[command(flatten)]
    keyless: KeylessFlags,
    #[command(flatten)]
    logs: LogFlags,
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
    digest: String,
    signer: Signer,
    #[serde(skip_serializing_if = "Option::is_none")]
    predicate_type: Option<String>,
}

/// Verifies the file.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let authorities = args.keyless.authorities(&args.key, &args.logs)?;
    let evidence = args.evidence()?;
    let artifact = artifact(&args.file)?;
    let kind = args.kind.as_ref().map(PredicateType::uri);
    let proof = if args.signature.is_some() { Proof::Signature(&evidence) } else { Proof::Bundles(&evidence) };
    let Verified { digest, signer, predicate_type, .. } = blob::verify_any(proof, &artifact, &authorities, kind)?;
    ui.report(&Finding { file: args.file.clone(), digest, signer, predicate_type })
}

impl Args {
    /// Reads the bundle or the signature.
    fn evidence(&self) -> Result<Vec<u8>> {
        let (path, what) = match (&self.bundle, &self.signature) {
            (_, Some(path)) => (path, "signature"),
            (Some(path), None) => (path, "bundle"),
            (None, None) => return Err(Usage::new("no signature was given", "add --bundle or --signature").into()),
        };
        let mut content = Vec::new();
        let read = File::open(path).and_then(|file| file.take(MAX_ATTESTATION + 1).read_to_end(&mut content));
        read.with_context(|| format!("cannot read the {what} {}", path.display()))?;
        Ok(content)
    }
}

/// Takes a digest for one unless there is a file of that name.
fn artifact(name: &str) -> Result<Artifact> {
    if name == "-" {
        return read(&mut std::io::stdin().lock()).context("cannot read standard input");
    }
    if !Path::new(name).exists()
        && let Some(artifact) = Artifact::of_text(name)
    {
        return Ok(artifact);
    }
    let unreadable = || format!("cannot read {name}");
    read(&mut File::open(name).with_context(unreadable)?).with_context(unreadable)
}

fn read(file: &mut dyn Read) -> std::io::Result<Artifact> {
    let mut content = Vec::new();
    file.take(MAX_CONTENT + 1).read_to_end(&mut content)?;
    if content.len() as u64 <= MAX_CONTENT {
        return Ok(Artifact::of_content(content));
    }
    Artifact::of_stream(content.as_slice().chain(file))
}

impl Report for Finding {
    fn text(&self) -> String {
        let who = match &self.signer {
            Signer::Key(fingerprint) => format!("the key {fingerprint}"),
            Signer::Certificate { identity, issuer, signed_at, .. } => {
                let issuer = if issuer.is_empty() { String::new() } else { format!(" ({})", printable(issuer)) };
                let at = signed_at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
                format!("{}{issuer}{at}", printable(identity))
            }
            other => format!("{other:?}"),
        };
        let mut text = match &self.predicate_type {
            Some(kind) => format!("{} is attested by {who}: {}\n", self.digest, printable(kind)),
            None => format!("{} is signed by {who}\n", self.digest),
        };
        if let Signer::Certificate { claims, .. } = &self.signer {
            text.extend(claims.iter().map(|(name, value)| format!("  {name}={}\n", printable(value))));
        }
        text
    }
}
