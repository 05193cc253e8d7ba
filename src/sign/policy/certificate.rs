//! Certificates as policies ask for them: `fulcio` and `pki` of a `sigstoreSigned` requirement, by the rules of containers/image.
//!
//! containers-policy.json(5): <https://github.com/containers/image/blob/main/docs/containers-policy.json.5.md>

use std::time::SystemTime;

use rustls_pki_types::{CertificateDer, ServerName};
use webpki::EndEntityCert;

use super::KeySource;
use crate::sign::authority::{Authority, Evidence, Signer};
use crate::sign::key::MAX_FILE;
use crate::sign::keyless::certificate::Leaf;
use crate::sign::keyless::{self, Refusal, claims};
use crate::sign::pki::{Brought, Name, issuer, names};
use crate::sign::{CertificateAuthorities, Error, PublicKey, Reason, Result};
use crate::timestamp;

/// Whoever had a certificate by Fulcio when a log took the signature in.
#[derive(Clone, Debug)]
pub struct Fulcio {
    /// The authorities, each of which is trusted by itself.
    pub authorities: KeySource,
    /// Who must vouch for the signer.
    pub issuer: String,
    /// The address of mail that the certificate must have.
    pub email: String,
    /// The keys of the logs, which are ECDSA.
    pub logs: Vec<KeySource>,
}

/// Whoever has a certificate by these authorities now.
#[derive(Clone, Debug)]
pub struct Pki {
    /// The roots.
    pub roots: KeySource,
    /// What may stand between them and a signer.
    pub intermediates: Option<KeySource>,
    /// The address of mail that the certificate must have.
    pub email: Option<String>,
    /// The host that the certificate must be for.
    pub hostname: Option<String>,
}

/// A certificate that must have signed.
struct Certificate {
    authorities: CertificateAuthorities,
    /// Who must vouch for the signer, and the logs of which one must have the signature.
    logged: Option<(String, Vec<PublicKey>)>,
    email: Option<String>,
    hostname: Option<String>,
}

impl Fulcio {
    pub(super) fn authority(&self) -> Result<Box<dyn Authority>> {
        let logs = self.logs.iter().map(KeySource::read_log).collect::<Result<_>>()?;
        Ok(Box::new(Certificate {
            authorities: self.authorities.certificates(CertificateAuthorities::of_roots)?,
            logged: Some((self.issuer.clone(), logs)),
            email: Some(self.email.clone()),
            hostname: None,
        }))
    }
}

impl Pki {
    pub(super) fn authority(&self) -> Result<Box<dyn Authority>> {
        let roots = self.roots.certificates(CertificateAuthorities::of_roots)?;
        let authorities = match &self.intermediates {
            Some(source) => source.certificates(|pem| roots.with_intermediates(pem))?,
            None => roots,
        };
        let (email, hostname) = (self.email.clone(), self.hostname.clone());
        Ok(Box::new(Certificate { authorities, logged: None, email, hostname }))
    }
}

impl KeySource {
    fn certificates<T>(&self, parse: impl FnOnce(&str) -> Result<T, crate::sign::pki::CertificateError>) -> Result<T> {
        let (name, content) = self.content(MAX_FILE).map_err(|error| match error {
            Error::KeyFile { path, source } => Error::CertificateFile { path, source },
            error => error,
        })?;
        parse(&String::from_utf8_lossy(&content)).map_err(|source| Error::Certificates { name, source })
    }
}

impl Authority for Certificate {
    fn verify(&self, evidence: &Evidence<'_>) -> Result<Signer, Reason> {
        let brought = Brought::of(evidence.material)?;
        let der = brought.leaf.as_deref().ok_or(Refusal::NoCertificate)?;
        let leaf = Leaf::read(der)?;
        let time = match &self.logged {
            Some((_, logs)) => Some(keyless::check_logged(evidence, der, logs)?),
            None => None,
        };
        let now = || timestamp::seconds(SystemTime::now());
        self.authorities.verify(&leaf, &brought.between, time.unwrap_or_else(now))?;
        let issuer = issuer(&leaf)?;
        if let Some((wanted, _)) = &self.logged {
            let found = issuer.clone().ok_or(Refusal::NoIssuer)?;
            if found != *wanted {
                return Err(Refusal::Issuer { found, wanted: format!("{wanted:?}") }.into());
            }
        }
        let identity = self.identify(&leaf)?;
        if !leaf.key.verifies_plainly(evidence.message, evidence.signature) {
            return Err(Refusal::Signature.into());
        }
        let signed_at = time.map(|time| timestamp::format(i64::try_from(time).unwrap_or(i64::MAX)));
        Ok(Signer::Certificate {
            identity,
            issuer: issuer.unwrap_or_default(),
            signed_at,
            claims: claims::read(&leaf)?,
        })
    }

    fn name(&self) -> String {
        let names = self.email.iter().chain(&self.hostname).map(String::as_str);
        format!("a certificate for {}", names.collect::<Vec<_>>().join(" and "))
    }
}

impl Certificate {
    /// Checks that the certificate is for whom it must be, and returns the name.
    fn identify(&self, leaf: &Leaf<'_>) -> Result<String, Refusal> {
        let names = names(leaf)?;
        let refuse = |wanted: &str| {
            let found: Vec<String> = names.iter().map(Name::to_string).collect();
            Refusal::Subject { found: found.join(", "), wanted: wanted.to_owned() }
        };
        if let Some(email) = &self.email
            && !names.contains(&Name::Address(email.clone()))
        {
            return Err(refuse(email));
        }
        if let Some(host) = &self.hostname
            && !is_for_host(leaf.der, host)
        {
            return Err(refuse(host));
        }
        self.email.clone().or_else(|| self.hostname.clone()).ok_or(Refusal::Names(0))
    }
}

/// Compares a host as TLS does, with wildcards.
fn is_for_host(der: &[u8], host: &str) -> bool {
    let der = CertificateDer::from(der);
    let (Ok(certificate), Ok(name)) = (EndEntityCert::try_from(&der), ServerName::try_from(host)) else { return false };
    certificate.verify_is_valid_for_subject_name(&name).is_ok()
}
