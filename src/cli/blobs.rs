//! What `sign-blob` and `attest-blob` share: who signs, the file, and the bundle that is written.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use clap::ArgAction;
use serde::Serialize;
use stevedore::sign::{By, Recorded, Sealed, Signer};

use super::cosign;
use super::files;
use super::flags::Network;
use super::identity::IdentityFlags;
use super::keys::{self, PasswordSource};
use super::report::Report;
use super::{Context, Result, Ui, Usage};

/// Who signs a file, and where that is written.
#[derive(clap::Args, Debug)]
pub(crate) struct BlobFlags {
    /// The private key: a file, env://NAME for a variable that holds it, or exec:PROGRAM for a program that signs
    #[arg(short, long, value_name = "FILE")]
    key: Option<String>,
    #[command(flatten)]
    password: PasswordSource,
    /// Write the bundle into this file, or - for standard output
    #[arg(long, value_name = "FILE")]
    bundle: PathBuf,
    /// Taken, for nothing is asked
    #[arg(short, long, hide = true)]
    yes: bool,
    #[command(flatten)]
    identity: IdentityFlags,
    #[command(flatten)]
    network: Network,
    #[command(flatten)]
    habits: Habits,
}

/// Flags of cosign's about logs, signing configs and the form of bundles, for all that signs.
#[derive(clap::Args, Debug)]
pub(crate) struct SigningHabits {
    /// Taken with the value false, with a key: there is no transparency log
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    tlog_upload: Option<bool>,
    /// Taken with the value false, for none is fetched
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    use_signing_config: Option<bool>,
    /// Taken with the value true: a bundle is written
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    new_bundle_format: Option<bool>,
}

impl SigningHabits {
    /// Refuses what asks for something else than what is done; `classic` says what to use for a signature that is no bundle.
    pub(crate) fn check(&self, is_identity: bool, classic: &'static str) -> Result<(), Usage> {
        if self.use_signing_config == Some(true) {
            return Err(Usage::new("no signing config is fetched", "name the file: --signing-config FILE"));
        }
        match (self.tlog_upload, is_identity) {
            (Some(false), true) => {
                let reason = "nobody verifies an identity's signature that is in no log";
                return Err(Usage::new(reason, "leave the flag out"));
            }
            (Some(true), false) => {
                return Err(Usage::new("nothing that a key signs is sent to a transparency log", "leave the flag out"));
            }
            _ => {}
        }
        cosign::refuse(&[(self.new_bundle_format == Some(false), "--new-bundle-format=false", classic)])
    }
}

/// Flags of cosign's that change nothing here, or have others.
#[derive(clap::Args, Debug)]
struct Habits {
    #[command(flatten)]
    signing: SigningHabits,
    /// Refused: --bundle
    #[arg(long, hide = true, value_name = "FILE")]
    output_signature: Option<String>,
    /// Refused: --bundle
    #[arg(long, hide = true, value_name = "FILE")]
    output_certificate: Option<String>,
}

impl Habits {
    /// Refuses what cannot be had.
    fn check(&self, is_identity: bool) -> Result<(), Usage> {
        let bundle = "use --bundle FILE, which has the signature and the certificate in it";
        self.signing.check(is_identity, bundle)?;
        cosign::refuse(&[
            (self.output_signature.is_some(), "--output-signature", bundle),
            (self.output_certificate.is_some(), "--output-certificate", bundle),
        ])
    }
}

impl BlobFlags {
    /// Has something signed, and writes the bundle.
    pub(crate) fn run(
        &self,
        file: &str,
        what: &str,
        ui: &Ui,
        sign: impl FnOnce(By<'_>) -> Result<Sealed>,
    ) -> Result<()> {
        self.habits.check(self.key.is_none())?;
        let sealed = match &self.key {
            Some(_) if self.identity.are_given() => {
                return Err(
                    Usage::new("a key and an identity cannot both sign", "leave --key or the others out").into()
                );
            }
            Some(name) => sign(By::Key(&*keys::signing_key(name, &self.password, ui)?))?,
            None if !self.identity.are_given() => return Err(nobody().into()),
            None => {
                let client = IdentityFlags::client(&self.network, ui)?;
                sign(By::Identity(&self.identity.signer(&client, ui, &ui.watch()?)?))?
            }
        };
        if self.bundle.as_os_str() == "-" {
            ui.bytes(&[&sealed.content[..], b"\n"].concat())?;
        } else {
            let name = self.bundle.display();
            let written = files::write_whole(&self.bundle, |out| out.write_all(&sealed.content));
            written.with_context(|| format!("cannot write the bundle {name}"))?;
            let bundle = name.to_string();
            ui.report(&SignedBlob { file: file.to_owned(), bundle, signer: sealed.signer, entries: sealed.entries })?;
        }
        ui.summary(&format!("{file}: {what}"));
        Ok(())
    }
}

/// Refuses to sign with nothing.
pub(crate) fn nobody() -> Usage {
    let hint = "use --key cosign.key, or --trusted-root with --signing-config to sign with an identity";
    Usage::new("nobody is named who signs", hint)
}

/// A file that was signed.
#[derive(Debug, Serialize)]
struct SignedBlob {
    file: String,
    bundle: String,
    signer: Signer,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entries: Vec<Recorded>,
}

impl Report for SignedBlob {
    fn text(&self) -> String {
        format!("{}\n", self.bundle)
    }
}

/// Opens the file that is signed; - is standard input.
pub(crate) fn open(file: &str) -> Result<Box<dyn Read>> {
    if file == "-" {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    Ok(Box::new(File::open(file).with_context(|| format!("cannot read {file}"))?))
}
