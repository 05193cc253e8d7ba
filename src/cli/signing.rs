//! What `sign` and `attest` share: flags, the name an image is signed under, what was written.

use clap::{ArgAction, ValueEnum};
use serde::Serialize;
use stevedore::digest::Digest;
use stevedore::reference::Repository;
use stevedore::sign::{self, By, Made};
use stevedore::timestamp;
use stevedore::transport::{Place, Source, Transport};
use stevedore::watch::Watch;

use super::blobs::{SigningHabits, nobody};
use super::certificates::SigningCertificateFlags;
use super::cosign::{self, ForeignFlags};
use super::flags::{self, Network};
use super::identity::IdentityFlags;
use super::keys::{self, PasswordSource};
use super::report::Report;
use super::units::count;
use super::{Result, Ui, Usage};

/// With which key something is signed, and how that is written.
#[derive(clap::Args, Debug)]
pub(crate) struct SigningFlags {
    /// The private key: a file, env://NAME for a variable that holds it, or exec:PROGRAM for a program that signs
    #[arg(short, long, value_name = "FILE")]
    key: Option<String>,
    #[command(flatten)]
    password: PasswordSource,
    #[command(flatten)]
    certificate: SigningCertificateFlags,
    /// Write in this form [default: both with a key, bundle with an identity]
    #[arg(long, value_name = "FORM")]
    signature_format: Option<SignatureFormat>,
    /// Do the same with every image of an index
    #[arg(short, long)]
    pub(crate) recursive: bool,
    /// Say when it was made, in seconds since 1970 [default: $SOURCE_DATE_EPOCH, else nothing is said]
    #[arg(long, value_name = "SECONDS")]
    timestamp: Option<i64>,
    #[command(flatten)]
    elsewhere: Elsewhere,
    #[command(flatten)]
    who: IdentityFlags,
    #[command(flatten)]
    habits: Habits,
}

impl SigningFlags {
    /// Refuses what cannot be had; else returns when it is said to be made.
    pub(crate) fn created(&self, ui: &Ui) -> Result<Option<String>> {
        self.check_who()?;
        self.habits.check(self.key.is_none())?;
        let seconds = match self.timestamp {
            Some(seconds) => Some(seconds),
            None => ui.environment().source_date_epoch()?,
        };
        Ok(seconds.map(timestamp::format))
    }

    /// Refuses what does not say who signs, or says two.
    fn check_who(&self) -> Result<(), Usage> {
        match (&self.key, self.who.are_given()) {
            (Some(_), true) => {
                Err(Usage::new("a key and an identity cannot both sign", "leave --key or the others out"))
            }
            (None, false) => Err(nobody()),
            (None, true) if !matches!(self.signature_format, None | Some(SignatureFormat::Bundle)) => {
                Err(Usage::new("an identity signs bundles alone", "leave --signature-format out"))
            }
            _ => Ok(()),
        }
    }

    /// Says whether to write the classic form.
    pub(crate) fn classic(&self) -> bool {
        self.key.is_some() && self.signature_format != Some(SignatureFormat::Bundle)
    }

    /// Says whether to write the bundle.
    pub(crate) fn bundle(&self) -> bool {
        self.signature_format != Some(SignatureFormat::Classic)
    }

    /// Has something signed, which makes `what`, and tells of it; notes are told of the digest.
    pub(crate) fn run(
        &self,
        signed: Signed,
        image: &flags::Image,
        what: &str,
        ui: &Ui,
        sign: impl FnOnce(&dyn Source, &dyn Transport, By<'_>, &Watch) -> sign::Result<Vec<sign::Image>>,
        notes: impl FnOnce(&Digest) -> Vec<String>,
    ) -> Result<()> {
        // Before anything is asked or sent: a wrong password must not leave half of a signature.
        let key = self.key.as_ref().map(|name| keys::signing_key(name, &self.password, ui)).transpose()?;
        let key = self.certificate.certify(key)?;
        let options = image.registry.options(None, ui)?;
        let identity = match &key {
            Some(_) => None,
            None => {
                // A certificate of the client's is for the registry alone.
                let network = Network::from(&image.registry.network.reach);
                Some(self.who.signer(&IdentityFlags::client(&network, ui)?, ui, &options.watch)?)
            }
        };
        let by = match (&key, &identity) {
            (Some(key), _) => By::Key(&**key),
            (None, Some(identity)) => By::Identity(identity),
            (None, None) => return Err(nobody().into()),
        };
        let place = &image.reference.place;
        let images = match self.elsewhere.place(place, ui)? {
            None => {
                let place = place.open_destination(&options)?;
                let images = sign(&*place, &*place, by, &options.watch)?;
                place.finish()?;
                images
            }
            Some(signatures) => {
                let source = place.open_source(&options)?;
                sign(&*source, &*signatures.open_destination(&options)?, by, &options.watch)?
            }
        };
        notes(&images[0].digest).iter().for_each(|note| ui.note(note));
        let summary = summary(&images, what);
        ui.report(&Signed { reference: image.reference.to_string(), images, ..signed })?;
        ui.summary(&summary);
        Ok(())
    }
}

/// What was signed or attested.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Signed {
    pub(crate) reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) identity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) predicate_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    pub(crate) images: Vec<sign::Image>,
}

impl Report for Signed {
    fn text(&self) -> String {
        self.images.iter().map(|image| format!("{}\n", image.digest)).collect()
    }
}

/// Where signatures lie that are not beside the image.
#[derive(clap::Args, Debug)]
pub(crate) struct Elsewhere {
    /// Keep signatures in this repository, and look for them there alone [default: $COSIGN_REPOSITORY, else beside the image]
    #[arg(long, value_name = "REPOSITORY")]
    signature_repository: Option<Repository>,
}

impl Elsewhere {
    /// Returns the place of the signatures of an image; nothing when it is the image's own.
    pub(crate) fn place(&self, image: &Place, ui: &Ui) -> Result<Option<Place>> {
        if let Some(repository) = &self.signature_repository {
            return Ok(Some(Place::Registry(repository.clone())));
        }
        let Some(text) = ui.environment().signature_repository() else { return Ok(None) };
        if !matches!(image, Place::Registry(_)) {
            ui.note("COSIGN_REPOSITORY is not used for an image that is in no registry");
            return Ok(None);
        }
        let hint = "set it to HOST/REPOSITORY";
        let repository = text.parse().map_err(|error| Usage::new(format!("COSIGN_REPOSITORY: {error}"), hint))?;
        Ok(Some(Place::Registry(repository)))
    }

    /// Refuses the flag, and tells that the variable is not used, where a policy decides.
    pub(crate) fn unused_with_policy(&self, ui: &Ui) -> Result<()> {
        if self.signature_repository.is_some() {
            let hint = "leave --signature-repository out";
            return Err(Usage::new("a policy asks for signatures beside the image", hint).into());
        }
        if ui.environment().signature_repository().is_some() {
            ui.note("COSIGN_REPOSITORY is not used: a policy asks for signatures beside the image");
        }
        Ok(())
    }
}

/// Flags of cosign's that change nothing here, or have others.
#[derive(clap::Args, Debug)]
struct Habits {
    /// Taken, for nothing is asked
    #[arg(short, long, hide = true)]
    yes: bool,
    #[command(flatten)]
    signing: SigningHabits,
    /// Refused: --signature-format
    #[arg(long, hide = true, value_name = "MODE")]
    registry_referrers_mode: Option<String>,
    /// Taken with the value true: what is signed is written
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    upload: Option<bool>,
    #[command(flatten)]
    foreign: ForeignFlags,
}

impl Habits {
    /// Refuses what cannot be had.
    fn check(&self, is_identity: bool) -> Result<(), Usage> {
        self.signing.check(is_identity, "use --signature-format classic")?;
        let upload = "copy the image to oci:DIR and sign it there; --signature-format says what is written";
        cosign::refuse(&[
            (self.registry_referrers_mode.is_some(), "--registry-referrers-mode", "use --signature-format"),
            (self.upload == Some(false), "--upload=false", upload),
        ])?;
        self.foreign.check()
    }
}

/// A form of signatures, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SignatureFormat {
    /// Under the tag sha256-….sig
    Classic,
    /// Among the referrers
    Bundle,
    /// Both
    Both,
}

/// Counts what was written of something.
fn summary(images: &[sign::Image], what: &str) -> String {
    let made = images.iter().flat_map(|image| [&image.classic, &image.bundle]).flatten();
    let (new, old): (Vec<&Made>, Vec<&Made>) = made.partition(|made| made.is_new);
    match (new.len(), old.len()) {
        (0, _) if what == "signature" => format!("{}: nothing to do, signed already", count(images.len(), "image")),
        (0, _) => format!("{}: nothing to do, attested already", count(images.len(), "image")),
        (new, 0) => format!("{}: {} written", count(images.len(), "image"), count(new, what)),
        (new, old) => format!("{}: {} written, {old} there already", count(images.len(), "image"), count(new, what)),
    }
}
