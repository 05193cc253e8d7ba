//! `attest`: something stated of an image, signed with a key, in both of cosign's forms.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::ArgAction;
use serde::Serialize;
use stevedore::sign::{self, Attesting, PredicateType, collect};
use stevedore::timestamp;
use stevedore::transport::{Location, Place};

use crate::cli::client::Common;
use crate::cli::flags::{Network, Only, Side};
use crate::cli::keys::{self, PasswordSource};
use crate::cli::locations::location;
use crate::cli::report::Report;
use crate::cli::signing::{Habits, Image, SignatureFormat, identity, summary};
use crate::cli::{Context, Result, Ui, Usage};

/// Attest something of an image with a key
///
/// What is stated is the content of a file: an SBOM, a build's provenance, a report of vulnerabilities, anything. It is written beside the
/// image twice: under the tag sha256-….att, where cosign 2 looks, and as a bundle, which cosign 3 reads, among what refers to the image.
/// What is attested already stays, and attesting the same thing again writes nothing. Nothing is sent to any transparency log.
///
/// Types: custom (any text), spdx (text), spdxjson, cyclonedx, slsaprovenance and slsaprovenance02 (version 0.2), slsaprovenance1, vuln, link,
/// openvex, or the URI of a type with a JSON object.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The image
    #[arg(value_parser = location)]
    pub(crate) reference: Location,
    /// The private key: a file, or env://NAME for a variable that holds it
    #[arg(short, long, value_name = "FILE")]
    key: String,
    #[command(flatten)]
    password: PasswordSource,
    /// What is stated: a file, or - for standard input
    #[arg(long, value_name = "FILE")]
    predicate: PathBuf,
    /// The type of what is stated
    #[arg(long = "type", value_name = "TYPE", default_value = "custom")]
    kind: PredicateType,
    /// Write the attestation in this form
    #[arg(long, value_name = "FORM", default_value = "both")]
    signature_format: SignatureFormat,
    /// Attest it of every image of an index, too
    #[arg(short, long)]
    recursive: bool,
    /// Attest it of an image with this name [default: HOST/REPOSITORY]
    #[arg(long, value_name = "NAME")]
    identity: Option<String>,
    /// Say in the bundle, and in a custom predicate, when it was made: seconds since 1970 [default: $SOURCE_DATE_EPOCH, else nothing is said]
    #[arg(long, value_name = "SECONDS")]
    timestamp: Option<i64>,
    #[command(flatten)]
    habits: Habits,
    /// Refused: what was attested stays
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    replace: Option<bool>,
    #[command(flatten)]
    registry: Only,
    #[command(flatten)]
    network: Network,
}

const EXAMPLES: &str = "\
Examples:
  stevedore sbom --format spdx-json -o app.spdx.json docker://registry.example.com/app:1.0
  stevedore attest --key cosign.key --type spdxjson --predicate app.spdx.json docker://registry.example.com/app:1.0
  stevedore attest --key cosign.key -r --type slsaprovenance1 --predicate provenance.json docker://registry.example.com/app:1.0
  stevedore attest --key cosign.key --type https://example.com/tested/v1 --predicate tested.json oci:images:app";

/// What was attested.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Attested {
    reference: String,
    predicate_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    images: Vec<Image>,
}

/// Attests it.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let attesting = args.attesting(ui)?;
    // Before anything is asked or sent: a wrong password must not leave half of an attestation.
    let key = keys::private_key(&args.key, &args.password, ui)?;
    let common = Common { network: &args.network, work: None };
    let options = common.options(&Side::from(&args.registry), ui)?;
    let place = args.reference.place.open_destination(&options)?;
    let images = sign::attest(&*place, &args.reference.at, &*place, &key, &attesting, &options.watch)?;
    place.finish()?;
    let summary = summary(&images, "attestation");
    let images = images.into_iter().map(Image::from).collect();
    let Attesting { predicate_type, name, .. } = attesting;
    ui.report(&Attested { reference: args.reference.to_string(), predicate_type, name, images })?;
    ui.summary(&summary);
    Ok(())
}

impl Args {
    fn attesting(&self, ui: &Ui) -> Result<Attesting> {
        self.habits.check()?;
        if self.replace == Some(true) {
            return Err(Usage::new("what was attested is never replaced", "leave --replace out").into());
        }
        let seconds = match self.timestamp {
            Some(seconds) => Some(seconds),
            None => ui.environment().source_date_epoch()?,
        };
        let created = seconds.map(timestamp::format);
        let content = read(&self.predicate)
            .with_context(|| format!("cannot read the predicate from {}", self.predicate.display()))?;
        Ok(Attesting {
            classic: self.signature_format != SignatureFormat::Bundle,
            bundle: self.signature_format != SignatureFormat::Classic,
            name: self.identity.clone().or_else(|| self.name()),
            predicate_type: self.kind.uri().to_owned(),
            predicate: self.kind.predicate(&content, created.as_deref())?,
            created,
            recursive: self.recursive,
        })
    }

    /// Returns the name of the repository, for that is what cosign has there.
    fn name(&self) -> Option<String> {
        match &self.reference.place {
            Place::Registry(repository) if repository.host() == "docker.io" => {
                Some(format!("index.docker.io/{}", repository.path()))
            }
            Place::Registry(repository) => Some(repository.to_string()),
            _ => identity(&self.reference),
        }
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let limit = collect::MAX_ATTESTATION + 1;
    if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut content)?;
    } else {
        File::open(path)?.take(limit).read_to_end(&mut content)?;
    }
    Ok(content)
}

impl Report for Attested {
    fn text(&self) -> String {
        self.images.iter().map(|image| format!("{}\n", image.digest)).collect()
    }
}
