//! Chains of certificates, from the signer's to one that is trusted. The rules of X.509 are webpki's; what sigstore adds to them is here.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath, anchor_from_trusted_cert, ring};
use x509_cert::Certificate;

use super::Refusal;
use super::certificate::{self, spki};
use super::root::Authority;

/// The purpose of signing code, 1.3.6.1.5.5.7.3.3, as DER has it.
pub(in crate::sign) const CODE_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 3];
/// The purpose of stamping times, 1.3.6.1.5.5.7.3.8.
pub(super) const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

/// What certificates may be signed with.
pub(in crate::sign) fn algorithms() -> [&'static dyn SignatureVerificationAlgorithm; 8] {
    [
        ring::ECDSA_P256_SHA256,
        ring::ECDSA_P256_SHA384,
        ring::ECDSA_P384_SHA256,
        ring::ECDSA_P384_SHA384,
        ring::ED25519,
        ring::RSA_PKCS1_2048_8192_SHA256,
        ring::RSA_PKCS1_2048_8192_SHA384,
        ring::RSA_PKCS1_2048_8192_SHA512,
    ]
}

/// Why no chain was found.
pub(super) enum Broken {
    /// There is one, to an authority that was not trusted then.
    Window(u64),
    /// There is none.
    Chain(String),
}

/// Looks for a chain that holds at each of these times, and returns the key of whoever issued the certificate.
pub(super) fn verify(
    leaf: &[u8],
    authorities: &[Authority],
    times: &[u64],
    purpose: &'static [u8],
) -> Result<Vec<u8>, Broken> {
    let mut broken = Broken::Chain("none is trusted".to_owned());
    for authority in authorities {
        match authority.verify(leaf, times, purpose) {
            Ok(issuer) => return Ok(issuer),
            Err(found @ Broken::Window(_)) => broken = found,
            Err(found) if matches!(broken, Broken::Chain(_)) => broken = found,
            Err(_) => {}
        }
    }
    Err(broken)
}

impl Authority {
    fn verify(&self, leaf: &[u8], times: &[u64], purpose: &'static [u8]) -> Result<Vec<u8>, Broken> {
        let leaf = CertificateDer::from(leaf);
        let mut issuer = Err(Broken::Chain("nothing says when it was signed".to_owned()));
        for time in times {
            issuer = Ok(self.verify_at(&leaf, *time, purpose).map_err(|error| Broken::Chain(said(&error)))?);
        }
        match times.iter().find(|time| !self.window.has(**time)) {
            Some(time) => Err(Broken::Window(*time)),
            None => issuer,
        }
    }

    fn verify_at(
        &self,
        leaf: &CertificateDer<'_>,
        time: u64,
        purpose: &'static [u8],
    ) -> Result<Vec<u8>, webpki::Error> {
        let (root, intermediates) = self.chain.split_last().expect("no authority is without certificates");
        let anchor = anchor_from_trusted_cert(root)?;
        let leaf = EndEntityCert::try_from(leaf)?;
        let time_of = UnixTime::since_unix_epoch(Duration::from_secs(time));
        let usage = KeyUsage::required(purpose);
        let anchors = [anchor];
        let path = leaf.verify_for_usage(&algorithms(), &anchors, intermediates, time_of, usage, None, None)?;
        check_between(&path)?;
        // To webpki a root is a name and a key; the certificate that it comes in has an end as well.
        let root = certificate::read(root).map_err(|_| webpki::Error::BadDer)?;
        if !certificate::window(&root).has(time) {
            return Err(webpki::Error::UnknownIssuer);
        }
        match path.intermediate_certificates().next() {
            Some(issuer) => Ok(issuer.subject_public_key_info().as_ref().to_vec()),
            None => spki(&root).map_err(|_| webpki::Error::BadDer),
        }
    }
}

/// Checks that the certificates between root and signer are for issuing others, which webpki does not look at.
pub(in crate::sign) fn check_between(path: &VerifiedPath<'_>) -> Result<(), webpki::Error> {
    for issuer in path.intermediate_certificates() {
        let issuer = certificate::read(&issuer.der()).map_err(|_| webpki::Error::BadDer)?;
        if !may_issue(&issuer)? {
            return Err(webpki::Error::EndEntityUsedAsCa);
        }
    }
    Ok(())
}

/// Says whether a certificate's key may issue others, as far as it says what it is for (RFC 5280, section 4.2.1.3).
pub(in crate::sign) fn may_issue(certificate: &Certificate) -> Result<bool, webpki::Error> {
    let usage = certificate.tbs_certificate().get_extension::<x509_cert::ext::pkix::KeyUsage>();
    let usage = usage.map_err(|_| webpki::Error::BadDer)?;
    Ok(usage.is_none_or(|(_, usage)| usage.key_cert_sign()))
}

/// Says in words what goes wrong most often; webpki's own are for whoever writes programs.
pub(in crate::sign) fn said(error: &webpki::Error) -> String {
    match error {
        webpki::Error::UnknownIssuer => "its issuer is not known".to_owned(),
        webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. } => {
            "a certificate in the chain was not valid".to_owned()
        }
        webpki::Error::InvalidSignatureForPublicKey => "a certificate in the chain has a wrong signature".to_owned(),
        webpki::Error::EndEntityUsedAsCa => "a certificate in the chain may not issue others".to_owned(),
        webpki::Error::PathLenConstraintViolated => {
            "a certificate in the chain may not have so many below it".to_owned()
        }
        webpki::Error::RequiredEkuNotFoundContext(_) => "a certificate in the chain is not for signing code".to_owned(),
        webpki::Error::UnsupportedCriticalExtension => "it has a critical extension that nobody knows".to_owned(),
        other => format!("{other:?}"),
    }
}

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Window(time) => Self::AuthorityWindow(time),
            Broken::Chain(reason) => Self::Untrusted(reason),
        }
    }
}
