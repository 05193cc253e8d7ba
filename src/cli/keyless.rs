//! Who may have signed without a key of their own, as flags.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use stevedore::sign::keyless::{Identity, MAX_ROOT, Pattern, TrustedRoot, Workflow};
use stevedore::sign::{Authority, Keyless};

use super::certificates::{CertificateFlags, LogFlags};
use super::{Context, Result, Usage, keys};

const HEADING: &str = "Keyless signatures";

/// The identity that must have signed, and whom to believe it from.
#[derive(Args, Debug, Default, PartialEq)]
pub(crate) struct KeylessFlags {
    /// Who must have signed: the address, URI or name in the certificate
    #[arg(long, value_name = "NAME", help_heading = HEADING, conflicts_with = "certificate_identity_regexp")]
    certificate_identity: Option<String>,
    /// The same, as a regular expression, which may match a part unless it says ^ and $
    #[arg(long, value_name = "EXPRESSION", help_heading = HEADING)]
    certificate_identity_regexp: Option<String>,
    /// Who must vouch for that identity, as in https://token.actions.githubusercontent.com
    #[arg(long, value_name = "URL", help_heading = HEADING, conflicts_with = "certificate_oidc_issuer_regexp")]
    certificate_oidc_issuer: Option<String>,
    /// The same, as a regular expression, which may match a part unless it says ^ and $
    #[arg(long, value_name = "EXPRESSION", help_heading = HEADING)]
    certificate_oidc_issuer_regexp: Option<String>,
    /// Which repository's workflow must have signed, as in OWNER/NAME: who calls a shared workflow signs by that one's name
    #[arg(long, value_name = "REPOSITORY", help_heading = HEADING)]
    certificate_github_workflow_repository: Option<String>,
    /// Which branch or tag it must have run for, as in refs/heads/main
    #[arg(long, value_name = "REF", help_heading = HEADING)]
    certificate_github_workflow_ref: Option<String>,
    /// Which commit it must have run for
    #[arg(long, value_name = "COMMIT", help_heading = HEADING)]
    certificate_github_workflow_sha: Option<String>,
    /// What the workflow must be called
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    certificate_github_workflow_name: Option<String>,
    /// Which event must have started it, as in push
    #[arg(long, value_name = "EVENT", help_heading = HEADING)]
    certificate_github_workflow_trigger: Option<String>,
    /// Whom to trust: sigstore's trusted_root.json, which is never fetched
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    trusted_root: Option<PathBuf>,
    #[command(flatten)]
    certificates: CertificateFlags,
}

impl KeylessFlags {
    /// Returns who may have signed: the holders of keys, or of an identity.
    pub(crate) fn authorities(&self, keys: &[String], logs: &LogFlags) -> Result<Vec<Box<dyn Authority>>> {
        match self.authority(!keys.is_empty(), logs)? {
            Some(authority) => Ok(vec![authority]),
            None => {
                let keys = keys::required(keys)?.into_iter();
                Ok(keys.map(|key| Box::new(key) as Box<dyn Authority>).collect())
            }
        }
    }

    /// Says whether any of the flags was given.
    pub(crate) fn are_given(&self) -> bool {
        *self != Self::default()
    }

    fn workflow(&self) -> Workflow {
        Workflow {
            repository: self.certificate_github_workflow_repository.clone(),
            reference: self.certificate_github_workflow_ref.clone(),
            sha: self.certificate_github_workflow_sha.clone(),
            name: self.certificate_github_workflow_name.clone(),
            trigger: self.certificate_github_workflow_trigger.clone(),
        }
    }

    /// Returns who may have signed; nothing when no flag is given.
    fn authority(&self, has_key: bool, logs: &LogFlags) -> Result<Option<Box<dyn Authority>>> {
        let subject = pattern(self.certificate_identity.as_deref(), self.certificate_identity_regexp.as_deref())?;
        let issuer = pattern(self.certificate_oidc_issuer.as_deref(), self.certificate_oidc_issuer_regexp.as_deref())?;
        if !self.are_given() {
            return Ok(None);
        }
        if has_key {
            let hint = "use --key, or --certificate-identity, --certificate-oidc-issuer and --trusted-root";
            return Err(Usage::new("a key and an identity cannot both be asked for", hint).into());
        }
        if self.workflow().has_empty() {
            let hint = "leave the flag out to take any workflow";
            return Err(Usage::new("what a workflow must be cannot be empty", hint).into());
        }
        let missing = |what, flag: &str| Usage::new(format!("a keyless signature {what}"), format!("add {flag}"));
        let subject = subject
            .ok_or_else(|| missing("is worth nothing without knowing whose it must be", "--certificate-identity"))?;
        let issuer = issuer.ok_or_else(|| {
            missing("is worth nothing without knowing who vouches for it", "--certificate-oidc-issuer")
        })?;
        let identity = Identity { subject, issuer };
        if self.certificates.are_given() {
            if self.trusted_root.is_some() {
                let hint = "leave --trusted-root out, or the flags for an authority of one's own";
                return Err(Usage::new("whom to trust is said in two ways", hint).into());
            }
            return Ok(Some(Box::new(self.certificates.authority(identity, self.workflow(), logs)?)));
        }
        if logs.leave_any_out() {
            let hint = "leave those flags out";
            return Err(Usage::new("no log can be left out of a keyless signature", hint).into());
        }
        let root = self.trusted_root.as_deref().ok_or_else(|| {
            missing("is verified against a file that says whom to trust", "--trusted-root trusted_root.json")
        })?;
        Ok(Some(Box::new(Keyless::new(trusted_root(root)?, identity).called_by(self.workflow()))))
    }
}

fn pattern(exact: Option<&str>, expression: Option<&str>) -> Result<Option<Pattern>, Usage> {
    let hint = "leave no value empty: it would be anybody's";
    match (exact, expression) {
        (Some(""), _) | (_, Some("")) => Err(Usage::new("an identity and who vouches for it have a name", hint)),
        (Some(text), _) => Ok(Some(Pattern::exact(text))),
        (None, Some(expression)) => match Pattern::matching(expression) {
            Ok(pattern) => Ok(Some(pattern)),
            Err(error) => Err(Usage::new(error.to_string(), "escape what is meant literally, as in \\.")),
        },
        (None, None) => Ok(None),
    }
}

/// Reads the file that says whom to trust.
pub(crate) fn trusted_root(file: &Path) -> Result<TrustedRoot> {
    let name = file.display();
    let mut content = Vec::new();
    let read = File::open(file).and_then(|file| file.take(MAX_ROOT as u64 + 1).read_to_end(&mut content));
    read.with_context(|| format!("cannot read the trusted root {name}"))?;
    TrustedRoot::parse(&content).with_context(|| format!("cannot use the trusted root {name}"))
}
