//! `attest`: something stated of an image, signed with a key or an identity.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::ArgAction;
use stevedore::sign::{self, Attesting, By, PredicateType, collect};
use stevedore::transport::{Source, Transport};
use stevedore::watch::Watch;

use crate::cli::flags::Image;
use crate::cli::signing::{Signed, SigningFlags};
use crate::cli::{Context, Result, Ui, Usage};

/// Attest something of an image, with a key or an identity
///
/// What is stated is the content of a file: an SBOM, a build's provenance, a report of vulnerabilities, anything. It is written beside the
/// image twice: under the tag sha256-….att, where cosign 2 looks, and as a bundle, which cosign 3 reads, among what refers to the image.
/// What is attested already stays, and attesting the same thing again with a key writes nothing. With a key nothing is sent to any
/// transparency log. With an identity a bundle alone is written, and the logs that are named keep the certificate and the signature for
/// anybody to see.
///
/// Types: custom (any text), spdx (text), spdxjson, cyclonedx, slsaprovenance and slsaprovenance02 (version 0.2), slsaprovenance1, vuln, link,
/// openvex, or the URI of a type with a JSON object.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    signing: SigningFlags,
    /// What is stated: a file, or - for standard input
    #[arg(long, value_name = "FILE")]
    predicate: PathBuf,
    /// The type of what is stated
    #[arg(long = "type", value_name = "TYPE", default_value = "custom")]
    kind: PredicateType,
    /// Attest it of an image with this name [default: HOST/REPOSITORY]
    #[arg(long, value_name = "NAME")]
    identity: Option<String>,
    /// Refused: what was attested stays
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    replace: Option<bool>,
    #[command(flatten)]
    pub(crate) image: Image,
}

const EXAMPLES: &str = "\
Examples:
  stevedore sbom --format spdx-json -o app.spdx.json docker://registry.example.com/app:1.0
  stevedore attest --key cosign.key --type spdxjson --predicate app.spdx.json docker://registry.example.com/app:1.0
  stevedore attest --key cosign.key -r --type slsaprovenance1 --predicate provenance.json docker://registry.example.com/app:1.0
  stevedore attest --trusted-root trusted_root.json --signing-config signing_config.json --type spdxjson \\
    --predicate app.spdx.json docker://registry.example.com/app:1.0
  stevedore attest --key cosign.key --type https://example.com/tested/v1 --predicate tested.json oci:images:app";

/// Attests it.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let attesting = args.attesting(ui)?;
    let Attesting { predicate_type, name, .. } = attesting.clone();
    let signed = Signed { predicate_type: Some(predicate_type), name, ..Signed::default() };
    let attest = |from: &dyn Source, to: &dyn Transport, by: By<'_>, watch: &Watch| {
        sign::attest(from, &args.image.reference.at, to, by, &attesting, watch)
    };
    args.signing.run(signed, &args.image, "attestation", ui, attest, |_| Vec::new())
}

impl Args {
    fn attesting(&self, ui: &Ui) -> Result<Attesting> {
        let created = self.signing.created(ui)?;
        if self.replace == Some(true) {
            return Err(Usage::new("what was attested is never replaced", "leave --replace out").into());
        }
        let content = read(&self.predicate)
            .with_context(|| format!("cannot read the predicate from {}", self.predicate.display()))?;
        Ok(Attesting {
            classic: self.signing.classic(),
            bundle: self.signing.bundle(),
            name: self.identity.clone().or_else(|| sign::attested_name(&self.image.reference)),
            predicate_type: self.kind.uri().to_owned(),
            predicate: self.kind.predicate(&content, created.as_deref())?,
            created,
            recursive: self.signing.recursive,
        })
    }
}

/// Reads what is stated, one byte more than can be.
pub(super) fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let limit = collect::MAX_ATTESTATION + 1;
    if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut content)?;
    } else {
        File::open(path)?.take(limit).read_to_end(&mut content)?;
    }
    Ok(content)
}
