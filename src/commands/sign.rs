//! `sign`: an image signed with a key, in both of cosign's forms.

use std::collections::BTreeMap;

use serde::Serialize;
use stevedore::sign::{self, Signing};
use stevedore::timestamp;
use stevedore::transport::{Location, Place, Selector};

use crate::cli::client::Common;
use crate::cli::config_flags::pair;
use crate::cli::flags::{Network, Only, Side};
use crate::cli::keys::{self, PasswordSource};
use crate::cli::locations::location;
use crate::cli::report::Report;
use crate::cli::signing::{Habits, Image, SignatureFormat, identity, summary};
use crate::cli::{Result, Ui, Usage};

/// Sign an image with a key
///
/// What is signed is the digest: a tag is looked up first. Two signatures are written beside the image: one that cosign 2, skopeo and podman
/// read (under the tag sha256-….sig), and a bundle, which cosign 3 reads, among what refers to the image. Signatures that are there stay, and
/// signing the same thing again writes nothing. Nothing is sent to any transparency log.
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
    /// Write the signature in this form
    #[arg(long, value_name = "FORM", default_value = "both")]
    signature_format: SignatureFormat,
    /// Sign this as well; `verify -a` can ask for it
    #[arg(short, long = "annotations", value_name = "NAME=VALUE", value_parser = pair)]
    annotation: Vec<(String, String)>,
    /// Sign every image of an index, too
    #[arg(short, long)]
    recursive: bool,
    /// Sign the image under this name [default: HOST/REPOSITORY, with the tag if that is what it was named by]
    #[arg(long, alias = "sign-container-identity", value_name = "NAME")]
    identity: Option<String>,
    /// Say in the bundle when it was made: seconds since 1970 [default: $SOURCE_DATE_EPOCH, else nothing is said]
    #[arg(long, value_name = "SECONDS")]
    timestamp: Option<i64>,
    #[command(flatten)]
    habits: Habits,
    #[command(flatten)]
    registry: Only,
    #[command(flatten)]
    network: Network,
}

const EXAMPLES: &str = "\
Examples:
  stevedore sign --key cosign.key docker://registry.example.com/app:1.0
  stevedore sign --key cosign.key -r -a commit=$(git rev-parse HEAD) docker://registry.example.com/app:1.0
  stevedore sign --key env://COSIGN_PRIVATE_KEY --signature-format classic docker://registry.example.com/app@sha256:…
  stevedore sign --key cosign.key --identity registry.example.com/app:1.0 oci:images:app";

/// What was signed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    images: Vec<Image>,
}

/// Signs the image.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let signing = args.signing(ui)?;
    // Before anything is asked or sent: a wrong password must not leave half of a signature.
    let key = keys::private_key(&args.key, &args.password, ui)?;
    let common = Common { network: &args.network, work: None };
    let options = common.options(&Side::from(&args.registry), ui)?;
    let place = args.reference.place.open_destination(&options)?;
    let images = sign::sign(&*place, &args.reference.at, &*place, &key, &signing, &options.watch)?;
    place.finish()?;
    if matches!(args.reference.at, Selector::Tag(_)) && matches!(args.reference.place, Place::Registry(_)) {
        ui.note(&format!("signed the digest {}, which is what the tag names now", images[0].digest));
    }
    if signing.identity.is_none() {
        ui.note(
            "signed without a name, for the place has none; policies may want one: --identity HOST/REPOSITORY[:TAG]",
        );
    }
    let summary = summary(&images, "signature");
    let images = images.into_iter().map(Image::from).collect();
    ui.report(&Signed { reference: args.reference.to_string(), identity: signing.identity, images })?;
    ui.summary(&summary);
    Ok(())
}

impl Args {
    fn signing(&self, ui: &Ui) -> Result<Signing> {
        self.habits.check()?;
        let mut annotations = BTreeMap::new();
        for (name, value) in &self.annotation {
            if annotations.insert(name.clone(), value.clone()).is_some_and(|other| other != *value) {
                return Err(Usage::new(format!("the annotation {name} has two values"), "give it once").into());
            }
        }
        let seconds = match self.timestamp {
            Some(seconds) => Some(seconds),
            None => ui.environment().source_date_epoch()?,
        };
        Ok(Signing {
            classic: self.signature_format != SignatureFormat::Bundle,
            bundle: self.signature_format != SignatureFormat::Classic,
            identity: self.identity.clone().or_else(|| identity(&self.reference)),
            annotations,
            created: seconds.map(timestamp::format),
            recursive: self.recursive,
        })
    }
}

impl Report for Signed {
    fn text(&self) -> String {
        self.images.iter().map(|image| format!("{}\n", image.digest)).collect()
    }
}
