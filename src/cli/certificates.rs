//! Certificates of an authority of one's own, as flags: those that must have signed, and the one that goes with a signature.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{ArgAction, Args};
use stevedore::sign::key::MAX_FILE;
use stevedore::sign::keyless::{Identity, Workflow};
use stevedore::sign::pki::CertificateError;
use stevedore::sign::{CertificateAuthorities, Certified, CertifiedKey, SigningCertificate, SigningKey};

use super::{Context, Result, Usage};

const HEADING: &str = "Certificates of an own authority";

/// Who issues the certificates of those who must have signed.
#[derive(Args, Debug, Default, PartialEq)]
pub(crate) struct CertificateFlags {
    /// The certificate that must have signed, in PEM; a signature that comes without one may be of it, too
    #[arg(long, alias = "cert", value_name = "FILE", help_heading = HEADING)]
    certificate: Option<PathBuf>,
    /// Who issues the certificates, in PEM: from the signer's issuer to the root, which is trusted
    #[arg(long, alias = "cert-chain", value_name = "FILE", help_heading = HEADING, conflicts_with_all = ["ca_roots", "ca_intermediates"])]
    certificate_chain: Option<PathBuf>,
    /// Roots that are trusted to issue the certificates, in PEM
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    ca_roots: Option<PathBuf>,
    /// What may stand between a root and a signer, in PEM
    #[arg(long, value_name = "FILE", help_heading = HEADING, requires = "ca_roots")]
    ca_intermediates: Option<PathBuf>,
}

/// Flags of cosign's that leave logs out. With a key none is asked anyway.
#[derive(Args, Debug)]
pub(crate) struct LogFlags {
    /// Ask for no entry of a log, which signatures with certificates of an own authority do not have
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    insecure_ignore_tlog: Option<bool>,
    /// Ask for no timestamp of a log of certificates, which those of an own authority do not have
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    insecure_ignore_sct: Option<bool>,
    /// The same as --insecure-ignore-tlog
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    private_infrastructure: Option<bool>,
}

impl LogFlags {
    /// Says whether any log is left out.
    pub(crate) fn leave_any_out(&self) -> bool {
        self.leaves_entries_out() || self.insecure_ignore_sct == Some(true)
    }

    fn leaves_entries_out(&self) -> bool {
        [self.insecure_ignore_tlog, self.private_infrastructure].contains(&Some(true))
    }

    /// Refuses to pass over in silence that an own authority has no logs: cosign asks for them unless it is told not to.
    fn check_for_own(&self) -> Result<(), Usage> {
        if self.leaves_entries_out() && self.insecure_ignore_sct == Some(true) {
            return Ok(());
        }
        let reason =
            "certificates of an own authority are in no log, and this machine's clock alone says when they count";
        Err(Usage::new(reason, "add --insecure-ignore-tlog --insecure-ignore-sct, or use --trusted-root"))
    }
}

impl CertificateFlags {
    /// Says whether any of the flags was given.
    pub(crate) fn are_given(&self) -> bool {
        *self != Self::default()
    }

    /// Returns who may have signed.
    pub(crate) fn authority(&self, identity: Identity, workflow: Workflow, logs: &LogFlags) -> Result<Certified> {
        logs.check_for_own()?;
        let authorities = match (&self.certificate_chain, &self.ca_roots) {
            (Some(chain), _) => read(chain, CertificateAuthorities::of_chain)?,
            (None, Some(roots)) => {
                let roots = read(roots, CertificateAuthorities::of_roots)?;
                match &self.ca_intermediates {
                    Some(between) => read(between, |between| roots.with_intermediates(between))?,
                    None => roots,
                }
            }
            (None, None) => {
                let hint = "add --certificate-chain, or --ca-roots";
                return Err(Usage::new("a certificate is worth nothing without knowing who issued it", hint).into());
            }
        };
        let certified = Certified::new(authorities, identity).called_by(workflow);
        match &self.certificate {
            Some(file) => read(file, |pem| certified.with_certificate(pem)),
            None => Ok(certified),
        }
    }
}

/// The certificate that goes with what is signed.
#[derive(Args, Debug)]
pub(crate) struct SigningCertificateFlags {
    /// The key's certificate by an authority of one's own, in PEM, which goes with the signature
    #[arg(long, alias = "cert", value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Who issued it, in PEM: from its issuer to the root
    #[arg(long, alias = "cert-chain", value_name = "FILE", requires = "certificate")]
    certificate_chain: Option<PathBuf>,
}

impl SigningCertificateFlags {
    /// Puts the certificate, if there is one, beside the key.
    pub(crate) fn certify(&self, key: Option<Box<dyn SigningKey>>) -> Result<Option<Box<dyn SigningKey>>> {
        let Some(file) = &self.certificate else { return Ok(key) };
        let Some(key) = key else {
            let hint = "add --key, or leave --certificate out";
            return Err(Usage::new("a certificate is of a key, and none was given", hint).into());
        };
        let chain = self.certificate_chain.as_deref().map(text).transpose()?;
        let certificate = read(file, |pem| SigningCertificate::new(pem, chain.as_deref(), &key.public_key()))?;
        Ok(Some(Box::new(CertifiedKey::new(key, certificate))))
    }
}

fn read<T>(file: &Path, parse: impl FnOnce(&str) -> Result<T, CertificateError>) -> Result<T> {
    parse(&text(file)?).with_context(|| format!("cannot use {}", file.display()))
}

fn text(file: &Path) -> Result<String> {
    let mut content = Vec::new();
    let read = File::open(file).and_then(|file| file.take(MAX_FILE as u64 + 1).read_to_end(&mut content));
    read.with_context(|| format!("cannot read {}", file.display()))?;
    Ok(String::from_utf8_lossy(&content).into_owned())
}
