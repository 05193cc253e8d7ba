//! `sign`: an image signed with a key, in both of cosign's forms.

use std::collections::BTreeMap;

use clap::{ArgAction, ValueEnum};
use serde::Serialize;
use stevedore::digest::Digest;
use stevedore::reference::Reference;
use stevedore::sign::{self, Made, Signing};
use stevedore::timestamp;
use stevedore::transport::{Location, Place, Selector};

use crate::cli::client::Common;
use crate::cli::flags::{Network, Only, Side};
use crate::cli::keys::{self, PasswordSource};
use crate::cli::locations::location;
use crate::cli::report::Report;
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

/// Flags of cosign's that change nothing here.
#[derive(clap::Args, Debug)]
pub(super) struct Habits {
    /// Taken, for nothing is asked
    #[arg(short, long, hide = true)]
    yes: bool,
    /// Taken with the value false: there is no transparency log
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    tlog_upload: Option<bool>,
    /// Taken with the value false, for the same reason
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    use_signing_config: Option<bool>,
}

impl Habits {
    /// Refuses what cannot be had.
    pub(super) fn check(&self) -> Result<(), Usage> {
        if self.tlog_upload == Some(true) || self.use_signing_config == Some(true) {
            return Err(Usage::new("nothing is sent to a transparency log", "leave the flag out"));
        }
        Ok(())
    }
}

const EXAMPLES: &str = "\
Examples:
  stevedore sign --key cosign.key docker://registry.example.com/app:1.0
  stevedore sign --key cosign.key -r -a commit=$(git rev-parse HEAD) docker://registry.example.com/app:1.0
  stevedore sign --key env://COSIGN_PRIVATE_KEY --signature-format classic docker://registry.example.com/app@sha256:…
  stevedore sign --key cosign.key --identity registry.example.com/app:1.0 oci:images:app";

/// A form of signatures, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SignatureFormat {
    /// Under the tag sha256-….sig
    Classic,
    /// Among the referrers
    Bundle,
    /// Both
    Both,
}

/// Reads `NAME=VALUE`, split at the first `=`.
pub(super) fn pair(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE"),
    }
}

/// What was signed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    images: Vec<Image>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Image {
    pub(super) digest: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    classic: Option<Signature>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle: Option<Signature>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Signature {
    manifest: Digest,
    is_new: bool,
}

/// Signs the image.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let signing = args.signing(ui)?;
    // Before anything is asked or sent: a wrong password must not leave half of a signature.
    let key = keys::private_key(&args.key, &args.password, ui)?;
    let common = Common { network: &args.network, work: None };
    let options = common.options(&Side::from(&args.registry), ui)?;
    let place = args.reference.place.open_destination(&options)?;
    let images = sign::sign(&*place, &args.reference.at, &key, &signing, &options.watch)?;
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

/// Returns the name that an image is signed under: that of a registry's, or a full one in a layout or archive.
pub(super) fn identity(reference: &Location) -> Option<String> {
    match (&reference.place, &reference.at) {
        (Place::Registry(repository), at) => {
            // As cosign writes it, and what every reader takes for Docker Hub.
            let host = if repository.host() == "docker.io" { "index.docker.io" } else { repository.host() };
            let tag = at.tag().map(|tag| format!(":{tag}")).unwrap_or_default();
            Some(format!("{host}/{}{tag}", repository.path()))
        }
        (_, Selector::Tag(name)) if name.contains('/') => {
            let reference: Reference = name.parse().ok()?;
            let tag = reference.tag.map(|tag| format!(":{}", tag.as_str())).unwrap_or_default();
            Some(format!("{}/{}{tag}", reference.repository.host(), reference.repository.path()))
        }
        _ => None,
    }
}

/// Counts what was written of something.
pub(super) fn summary(images: &[sign::Image], what: &str) -> String {
    let made = images.iter().flat_map(|image| [&image.classic, &image.bundle]).flatten();
    let (new, old): (Vec<&Made>, Vec<&Made>) = made.partition(|made| made.is_new);
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    match (new.len(), old.len()) {
        (0, _) if what == "signature" => format!("{}: nothing to do, signed already", count(images.len(), "image")),
        (0, _) => format!("{}: nothing to do, attested already", count(images.len(), "image")),
        (new, 0) => format!("{}: {} written", count(images.len(), "image"), count(new, what)),
        (new, old) => format!("{}: {} written, {old} there already", count(images.len(), "image"), count(new, what)),
    }
}

impl From<sign::Image> for Image {
    fn from(image: sign::Image) -> Self {
        let signature = |made: Made| Signature { manifest: made.manifest, is_new: made.is_new };
        Self { digest: image.digest, classic: image.classic.map(signature), bundle: image.bundle.map(signature) }
    }
}

impl Report for Signed {
    fn text(&self) -> String {
        self.images.iter().map(|image| format!("{}\n", image.digest)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_split_at_the_first_sign() {
        assert_eq!(pair("k=a=b"), Ok(("k".into(), "a=b".into())));
        assert_eq!(pair("k="), Ok(("k".into(), String::new())));
        assert!(pair("k").is_err() && pair("=v").is_err());
    }

    #[test]
    fn names() {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for (reference, wanted) in [
            ("docker://127.0.0.1:5000/app:v1", Some("127.0.0.1:5000/app:v1")),
            (&*format!("docker://ex.com/a@sha256:{hex}"), Some("ex.com/a")),
            (&*format!("docker://ex.com/a:v1@sha256:{hex}"), Some("ex.com/a")),
            ("docker://alpine", Some("index.docker.io/library/alpine:latest")),
            ("oci:d:v1", None),
            ("oci:d", None),
            ("oci:d:ex.com/a:v1", Some("ex.com/a:v1")),
            ("oci-archive:a.tar:library/alpine:3", Some("docker.io/library/alpine:3")),
        ] {
            assert_eq!(identity(&reference.parse().expect("a location")).as_deref(), wanted, "{reference}");
        }
    }
}
