//! What the verbs that verify share: flags, what is said of good signatures and of bad ones, exit codes.

use clap::{ArgAction, ValueEnum};
use serde::Serialize;
use serde_json::value::RawValue;
use stevedore::class::Class;
use stevedore::digest::Digest;
use stevedore::image::{self, Image};
use stevedore::platform::Platform;
use stevedore::sign::{self, Accepted, Authority, Form, Outcome, Rejected, Require, Signer, Verdict, Wanted};
use stevedore::splice::Members;
use stevedore::transport::{self, Location, Selector, Source};
use stevedore::watch::Watch;

use super::certificates::LogFlags;
use super::cosign::{self, ForeignFlags};
use super::flags;
use super::keyless::KeylessFlags;
use super::report::{Report, printable};
use super::signing::Elsewhere;
use super::{Error, Result, Ui, Usage};

/// How many signatures that do not count are told of.
const MAX_NOTES: usize = 16;

/// Who must have signed an image, and what is told of it.
#[derive(clap::Args, Debug)]
pub(crate) struct Verification {
    /// Who may have signed: a file with public keys, or env://NAME for a variable that holds them
    #[arg(short, long, value_name = "FILE")]
    key: Vec<String>,
    #[command(flatten)]
    pub(crate) keyless: KeylessFlags,
    /// How many of the keys must have signed
    #[arg(long, value_name = "HOW", default_value = "any")]
    require: HowMany,
    /// Print what cosign prints, or a report; --json prints the report as JSON
    #[arg(short, long, value_name = "WHAT", default_value = "json")]
    output: Output,
    /// Verify the image for this platform [default: what the name stands for, an index or an image]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<Platform>,
    /// Verify every image of an index, too
    #[arg(short, long, conflicts_with = "platform")]
    recursive: bool,
    #[command(flatten)]
    elsewhere: Elsewhere,
    #[command(flatten)]
    pub(crate) habits: Habits,
}

/// An image to be verified, in its place.
pub(crate) struct Opened {
    pub(crate) source: Box<dyn Source>,
    pub(crate) at: Selector,
    pub(crate) watch: Watch,
    signatures: Option<Box<dyn Source>>,
}

impl Opened {
    /// Asks for a signature by these.
    pub(crate) fn wanted<'a>(&'a self, authorities: &'a [&'a dyn Authority], flags: &Verification) -> Wanted<'a> {
        let (signatures, require) = (self.signatures.as_deref(), flags.require.into());
        Wanted { signatures, require, recursive: flags.recursive, ..Wanted::any_of(authorities) }
    }
}

impl Verification {
    /// Returns who may have signed.
    pub(crate) fn authorities(&self) -> Result<Vec<Box<dyn Authority>>> {
        self.keyless.authorities(&self.key, &self.habits.logs)
    }

    /// Opens the place of the image, and that of its signatures where it is another one.
    pub(crate) fn open(&self, image: &flags::Image, ui: &Ui) -> Result<Opened> {
        let reference = &image.reference;
        let (source, options) = image.open(ui)?;
        let elsewhere = self.elsewhere.place(&reference.place, ui)?;
        let signatures = elsewhere.map(|place| place.open_source(&options)).transpose()?;
        let at = match &self.platform {
            Some(platform) => {
                let image = Image::find(&*source, &reference.at, Some(platform))?;
                Selector::Digest(image.manifest().digest().clone())
            }
            None => reference.at.clone(),
        };
        Ok(Opened { source, at, watch: options.watch, signatures })
    }

    /// Refuses what plays no part where a policy decides.
    pub(crate) fn check_for_policy(&self, ui: &Ui) -> Result<()> {
        self.elsewhere.unused_with_policy(ui)?;
        if self.platform.is_some() || self.recursive {
            let hint = "leave --platform and --recursive out";
            return Err(Usage::new("a policy decides about an index and all images in it", hint).into());
        }
        Ok(())
    }

    /// Prints what was found out: what cosign would, or a report.
    pub(crate) fn tell(&self, findings: &Findings, verdict: &Verdict, cosign: &[u8], ui: &Ui) -> Result<()> {
        for rejected in verdict.rejected.iter().take(MAX_NOTES) {
            ui.note(&printable(&format!("not counted: {rejected}")));
        }
        if verdict.rejected.len() > MAX_NOTES {
            let more = verdict.rejected.len() - MAX_NOTES;
            ui.note(&format!("not counted: {more} more; --json lists them"));
        }
        if ui.wants_json() || self.output == Output::Report {
            return ui.report(findings);
        }
        ui.close();
        ui.bytes(cosign)
    }
}

/// Returns the exit code of a failure: those that cosign documents, and no others.
pub(crate) fn exit_code(error: &Error, class: Class) -> u8 {
    let failure = error.chain().find_map(|error| error.downcast_ref::<sign::Error>());
    match (failure.and_then(sign::Error::outcome), class) {
        (Some(Outcome::Unsigned), _) => 10,
        (Some(Outcome::NoImage), _) => 11,
        (Some(Outcome::Unacceptable), _) => 12,
        (None, Class::Usage) => 2,
        // A file or directory without anything in it, found before any image is looked for.
        (None, Class::NotFound) if error.is::<transport::Error>() || error.is::<image::Error>() => 11,
        (None, Class::Interrupted) => 130,
        _ => 1,
    }
}

/// What was found out. The member names are those of docs/JSON.md.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Findings {
    reference: String,
    digest: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    predicate_type: Option<String>,
    accepted: Vec<Good>,
    rejected: Vec<Bad>,
}

/// A good signature. An attestation has a name and a predicate, any other an identity and annotations.
#[derive(Debug, Serialize)]
struct Good {
    /// The image, where it is one below the index that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
    form: Form,
    place: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<Digest>,
    blob: Digest,
    signers: Vec<Signer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<Members>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    predicate: Option<Box<RawValue>>,
}

impl Findings {
    /// Tells of a verdict about attestations of a type, or about signatures.
    pub(crate) fn new(reference: &Location, predicate_type: Option<&str>, verdict: &Verdict) -> Self {
        let good = |accepted: &Accepted| Good {
            digest: (accepted.claim.digest != verdict.digest).then(|| accepted.claim.digest.clone()),
            ..Good::new(accepted, predicate_type.is_some())
        };
        Self {
            reference: reference.to_string(),
            digest: verdict.digest.clone(),
            predicate_type: predicate_type.map(Into::into),
            accepted: verdict.accepted.iter().map(good).collect(),
            rejected: verdict.rejected.iter().map(Bad::from).collect(),
        }
    }
}

impl Good {
    fn new(accepted: &Accepted, is_attestation: bool) -> Self {
        let Accepted { candidate, signers, claim, .. } = accepted;
        let (name, identity) = match is_attestation {
            true => (claim.identity.clone(), None),
            false => (None, claim.identity.clone()),
        };
        Self {
            digest: None,
            form: candidate.form,
            place: candidate.spot.to_string(),
            manifest: candidate.manifest.clone(),
            blob: candidate.layer.digest.clone(),
            signers: signers.iter().map(|(_, signer)| signer.clone()).collect(),
            identity,
            annotations: (!is_attestation).then(|| claim.annotations.clone().unwrap_or_default()),
            name,
            predicate: claim.predicate.clone().filter(|_| is_attestation),
        }
    }
}

impl Report for Findings {
    fn text(&self) -> String {
        let mut text = match &self.predicate_type {
            Some(kind) => format!("{} has {}\n", self.digest, printable(kind)),
            None if self.accepted.is_empty() => format!("{} needs no signature\n", self.digest),
            None => format!("{} is signed\n", self.digest),
        };
        for good in &self.accepted {
            let form = match good.form {
                Form::Classic => "classic signature",
                Form::Bundle => "bundle",
                Form::Envelope => "envelope",
                Form::Simple => "simple signature",
            };
            text.push_str(&format!("\n{form} in {}\n", good.place));
            let mut fact = |name: &str, value: &str| text.push_str(&format!("  {name:<10}  {}\n", printable(value)));
            if let Some(digest) = &good.digest {
                fact("Image", &digest.to_string());
            }
            if let Some(manifest) = &good.manifest {
                fact("Manifest", &manifest.to_string());
            }
            for (name, value) in good.signers.iter().flat_map(facts) {
                fact(name, &value);
            }
            fact("Name", good.identity.as_ref().or(good.name.as_ref()).map_or("none", String::as_str));
            for (name, value) in good.annotations.iter().flat_map(Members::iter) {
                fact("Annotation", &format!("{name}={}", value.get()));
            }
        }
        text
    }
}

/// Flags of cosign's that change nothing here: no transparency log is asked with a key, and every place is looked at anyway.
#[derive(clap::Args, Debug)]
pub(crate) struct Habits {
    #[command(flatten)]
    logs: LogFlags,
    /// Taken, for no log is asked
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    offline: Option<bool>,
    /// Taken, for every place is looked at
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    experimental_oci11: Option<bool>,
    /// Taken, for every form is read
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    new_bundle_format: Option<bool>,
    /// Taken with the value true: a signature of nothing in particular is none
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    check_claims: Option<bool>,
    /// Taken: how much is done at once is not for a flag
    #[arg(long, hide = true, value_name = "N")]
    max_workers: Option<u32>,
    /// Refused: a time stamp beside a signature is verified, and none takes the place of the log
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    use_signed_timestamps: Option<bool>,
    /// Refused: oci:DIR
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    local_image: Option<bool>,
    /// Refused: verify-blob --signature
    #[arg(long, hide = true, value_name = "FILE")]
    signature: Option<String>,
    /// Refused: nothing is asked of a log
    #[arg(long, hide = true, value_name = "URL")]
    rekor_url: Option<String>,
    #[command(flatten)]
    foreign: ForeignFlags,
}

impl Habits {
    /// Refuses the one that would make verifying pointless.
    pub(crate) fn check(&self) -> Result<(), Usage> {
        if self.check_claims == Some(false) {
            let reason = "a signature that is not compared with the image proves nothing";
            return Err(Usage::new(reason, "leave the flag out"));
        }
        let stamps = "leave it out: time stamps are verified wherever they are, and a key needs no time";
        let yes = |flag: Option<bool>| flag == Some(true);
        cosign::refuse(&[
            (yes(self.use_signed_timestamps), "--use-signed-timestamps", stamps),
            (yes(self.local_image), "--local-image", "name the folder as oci:DIR"),
            (self.signature.is_some(), "--signature", "use verify-blob --signature FILE for a payload in a file"),
            (self.rekor_url.is_some(), "--rekor-url", "leave it out: what the log says is in the bundle"),
        ])?;
        self.foreign.check()
    }
}

/// How many keys, as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum HowMany {
    /// One of them
    Any,
    /// Each of them
    All,
}

/// What is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// cosign's array of payloads, or its envelopes
    Json,
    /// Who signed what and where it was found
    #[value(alias = "text")]
    Report,
}

impl From<HowMany> for Require {
    fn from(how_many: HowMany) -> Self {
        match how_many {
            HowMany::Any => Self::Any,
            HowMany::All => Self::All,
        }
    }
}

/// Returns what a report says of a signer, as names and values.
fn facts(signer: &Signer) -> Vec<(&'static str, String)> {
    match signer {
        Signer::Key(fingerprint) => vec![("Key", fingerprint.to_string())],
        Signer::OpenPgp(fingerprint) => vec![("Key", fingerprint.clone())],
        Signer::Certificate { identity, issuer, signed_at, claims } => {
            let mut facts = vec![("Identity", identity.clone())];
            facts.extend((!issuer.is_empty()).then(|| ("Issuer", issuer.clone())));
            facts.extend(signed_at.iter().map(|at| ("Signed", at.clone())));
            facts.extend(claims.iter().map(|(name, value)| ("Claim", format!("{name}={value}"))));
            facts
        }
        other => vec![("Signer", format!("{other:?}"))],
    }
}

#[derive(Debug, Serialize)]
struct Bad {
    place: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blob: Option<Digest>,
    reason: String,
}

impl From<&Rejected> for Bad {
    fn from(rejected: &Rejected) -> Self {
        Self {
            place: rejected.spot.to_string(),
            manifest: rejected.manifest.clone(),
            blob: rejected.blob.clone(),
            reason: rejected.reason.to_string(),
        }
    }
}
