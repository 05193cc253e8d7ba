//! What `sign-blob` and `attest-blob` share: who signs, the file, and the bundle that is written.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use serde::Serialize;
use stevedore::registry::Client;
use stevedore::sign::{By, Recorded, Sealed, Signer};

use super::client::Common;
use super::files;
use super::flags::{Network, Side};
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
    /// Speak https with valid certificates only; with false, http and any certificate will do
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Network")]
    tls_verify: Option<bool>,
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
        let sealed = match &self.key {
            Some(_) if self.identity.are_given() => {
                return Err(
                    Usage::new("a key and an identity cannot both sign", "leave --key or the others out").into()
                );
            }
            Some(name) => sign(By::Key(&*keys::signing_key(name, &self.password, ui)?))?,
            None if !self.identity.are_given() => return Err(nobody().into()),
            None => {
                let side = Side { tls_verify: self.tls_verify, ..Side::default() };
                let common = Common { network: &self.network, work: None };
                let client = Client::new(common.registry(&side)?);
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
