//! What `verify` and `verify-attestation` share: flags, and what is said of the rejected.

use clap::{ArgAction, ValueEnum};
use serde::Serialize;
use stevedore::digest::Digest;
use stevedore::sign::{Rejected, Require, Signer};

use super::{Result, Usage};

/// Flags of cosign's that change nothing here: no transparency log is asked with a key, and every place is looked at anyway.
#[derive(clap::Args, Debug)]
pub(crate) struct Habits {
    /// Taken, for no log is asked
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    insecure_ignore_tlog: Option<bool>,
    /// Taken, for no log is asked
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    insecure_ignore_sct: Option<bool>,
    /// Taken, for no log is asked
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    private_infrastructure: Option<bool>,
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
}

impl Habits {
    /// Says whether a flag asks for less than a keyless signature is worth.
    pub(crate) fn would_weaken(&self) -> bool {
        let flags = [self.insecure_ignore_tlog, self.insecure_ignore_sct, self.private_infrastructure];
        flags.contains(&Some(true))
    }

    /// Refuses the one that would make verifying pointless.
    pub(crate) fn check(&self) -> Result<(), Usage> {
        if self.check_claims == Some(false) {
            let reason = "a signature that is not compared with the image proves nothing";
            return Err(Usage::new(reason, "leave the flag out"));
        }
        Ok(())
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
pub(crate) enum Output {
    /// cosign's array of payloads
    Json,
    /// Who signed what and where it was found
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
pub(crate) fn facts(signer: &Signer) -> Vec<(&'static str, String)> {
    match signer {
        Signer::Key(fingerprint) => vec![("Key", fingerprint.to_string())],
        Signer::Certificate { identity, issuer, signed_at, claims } => {
            let mut facts =
                vec![("Identity", identity.clone()), ("Issuer", issuer.clone()), ("Signed", signed_at.clone())];
            facts.extend(claims.iter().map(|(name, value)| ("Claim", format!("{name}={value}"))));
            facts
        }
        other => vec![("Signer", format!("{other:?}"))],
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Bad {
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
