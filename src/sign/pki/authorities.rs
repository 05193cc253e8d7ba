//! Whom the user trusts to issue certificates: roots, and what may stand between them and a signer.
//!
//! The rules of X.509 are webpki's. To it a root is a name and a key; what the certificate that it comes in says beyond that, and Go's
//! crypto/x509 looks at, is looked at here: RFC 5280, section 4.2.1: <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1>

use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{
    EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeId, KeyPurposeIdIter, RequiredEkuNotFoundContext,
    anchor_from_trusted_cert,
};
use x509_cert::Version;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage};
use x509_cert::spki::ObjectIdentifier;

use crate::sign::key;
use crate::sign::keyless::Refusal;
use crate::sign::keyless::certificate::{self, Leaf};
use crate::sign::keyless::chain::{CODE_SIGNING, algorithms, check_between, may_issue, said};

/// The purpose of anything, 2.5.29.37.0, as DER has it.
const ANYTHING: &[u8] = &[0x55, 0x1d, 0x25, 0];
/// The same purposes as numbers.
const PURPOSES: [ObjectIdentifier; 2] =
    [ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3"), ObjectIdentifier::new_unwrap("2.5.29.37.0")];
/// The most certificates of a file: each root is tried.
const MAX: usize = 256;

/// A file of certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The file is no PEM file, or holds something else.
    #[error("it holds no certificates in PEM")]
    Pem(#[source] key::Error),
    /// A certificate is damaged.
    #[error("certificate number {number} in it cannot be read")]
    Damaged {
        /// Which, from 1.
        number: usize,
        /// Why.
        source: Refusal,
    },
    /// The file has more or fewer certificates than one.
    #[error("it has {0} certificates, and one is wanted")]
    NotOne(usize),
    /// There are more than any authority has.
    #[error("it has {0} certificates; no more than {MAX} are read")]
    TooMany(usize),
    /// The certificate is of another key.
    #[error("its key is not the one that signs")]
    OtherKey,
    /// The certificate is not good for a signature.
    #[error("nobody would accept a signature with it")]
    Refused(#[source] Refusal),
}

crate::class::classified!(CertificateError => Failed);

/// Whom the user trusts to issue certificates.
#[derive(Clone, Debug)]
pub struct CertificateAuthorities {
    roots: Vec<CertificateDer<'static>>,
    between: Vec<CertificateDer<'static>>,
}

impl CertificateAuthorities {
    /// Reads a chain in PEM, from whoever issues the signers' certificates to the root, which alone is trusted by itself.
    ///
    /// # Errors
    /// When it is none.
    pub fn of_chain(pem: &str) -> Result<Self, CertificateError> {
        let mut between = read(pem)?;
        let roots = between.pop().into_iter().collect();
        Ok(Self { roots, between })
    }

    /// Reads roots in PEM: each is trusted by itself.
    ///
    /// # Errors
    /// When they are none.
    pub fn of_roots(pem: &str) -> Result<Self, CertificateError> {
        Ok(Self { roots: read(pem)?, between: Vec::new() })
    }

    /// Adds what may stand between a root and a signer, in PEM.
    ///
    /// # Errors
    /// When it is none.
    pub fn with_intermediates(mut self, pem: &str) -> Result<Self, CertificateError> {
        self.between = read(pem)?;
        Ok(self)
    }

    /// Says whether it knows what may stand between a root and a signer.
    pub(in crate::sign) fn has_between(&self) -> bool {
        !self.between.is_empty()
    }

    /// Checks that a certificate is one of theirs, for signing code, at a time, and its chain at the same time. `brought` may stand between,
    /// and is no more trusted for that.
    ///
    /// # Errors
    /// Why it is not.
    pub(in crate::sign) fn verify(&self, leaf: &Leaf<'_>, brought: &[Vec<u8>], at: u64) -> Result<(), Refusal> {
        if !certificate::window(leaf.certificate()).has(at) {
            return Err(Refusal::NotValid(at));
        }
        if !is_for_code(leaf.certificate()) {
            return Err(Refusal::Usage);
        }
        // What is trusted by itself needs nobody to vouch for it.
        if self.roots.iter().any(|root| root.as_ref() == leaf.der) {
            return Ok(());
        }
        let brought = brought.iter().map(|der| CertificateDer::from(der.as_slice()));
        let between: Vec<CertificateDer<'_>> = self.between.iter().cloned().chain(brought).collect();
        let mut refused = webpki::Error::UnknownIssuer;
        for root in &self.roots {
            match verify_by(root, leaf.der, &between, at) {
                Ok(()) => return Ok(()),
                Err(error) if refused == webpki::Error::UnknownIssuer => refused = error,
                Err(_) => {}
            }
        }
        Err(Refusal::Untrusted(said(&refused)))
    }
}

/// Reads every certificate of a PEM file.
pub(super) fn read(pem: &str) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let all = key::certificates(pem).map_err(CertificateError::Pem)?;
    if all.len() > MAX {
        return Err(CertificateError::TooMany(all.len()));
    }
    for (number, der) in all.iter().enumerate() {
        let damaged = |source| CertificateError::Damaged { number: number + 1, source };
        certificate::read(der).map_err(damaged)?;
    }
    Ok(all.into_iter().map(CertificateDer::from).collect())
}

/// Looks for a chain to one root.
fn verify_by(
    root: &CertificateDer<'_>,
    leaf: &[u8],
    between: &[CertificateDer<'_>],
    at: u64,
) -> Result<(), webpki::Error> {
    let anchors = [anchor_from_trusted_cert(root)?];
    let leaf = CertificateDer::from(leaf);
    let leaf = EndEntityCert::try_from(&leaf)?;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(at));
    let path = leaf.verify_for_usage(&algorithms(), &anchors, between, time, CodeSigning, None, None)?;
    check_between(&path)?;
    check_root(root, path.intermediate_certificates().count(), time)
}

/// Checks that a root may issue certificates for signing code, with so many others below it.
fn check_root(root: &[u8], below: usize, time: UnixTime) -> Result<(), webpki::Error> {
    let root = certificate::read(root).map_err(|_| webpki::Error::BadDer)?;
    let content = root.tbs_certificate();
    let damaged = |_| webpki::Error::BadDer;
    let window = certificate::window(&root);
    if !window.has(time.as_secs()) {
        let not_after = UnixTime::since_unix_epoch(Duration::from_secs(window.end.unwrap_or(window.start)));
        return Err(webpki::Error::CertExpired { time, not_after });
    }
    let constraints = content.get_extension::<BasicConstraints>().map_err(damaged)?;
    let (is_authority, depth) = match constraints {
        Some((_, constraints)) => (constraints.ca, constraints.path_len_constraint),
        // Certificates of version 1 have no extensions.
        None => (content.version() == Version::V1, None),
    };
    let may_issue = is_authority && may_issue(&root)? && is_for_code(&root);
    if depth.is_some_and(|depth| usize::from(depth) < below) {
        return Err(webpki::Error::PathLenConstraintViolated);
    }
    if may_issue { Ok(()) } else { Err(webpki::Error::EndEntityUsedAsCa) }
}

/// Says whether a certificate is for signing code: so is one that does not say what it is for.
fn is_for_code(certificate: &x509_cert::Certificate) -> bool {
    match certificate.tbs_certificate().get_extension::<ExtendedKeyUsage>() {
        Ok(None) => true,
        Ok(Some((_, usage))) => usage.0.iter().any(|purpose| PURPOSES.contains(purpose)),
        Err(_) => false,
    }
}

/// What webpki asks of each certificate below the root.
struct CodeSigning;

impl ExtendedKeyUsageValidator for CodeSigning {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        let mut present = Vec::new();
        for purpose in purposes {
            let purpose = purpose?;
            if [CODE_SIGNING, ANYTHING].into_iter().any(|wanted| purpose == KeyPurposeId::new(wanted)) {
                return Ok(());
            }
            present.push(purpose.to_decoded_oid());
        }
        if present.is_empty() {
            return Ok(());
        }
        let required = webpki::KeyUsage::required(CODE_SIGNING);
        Err(webpki::Error::RequiredEkuNotFoundContext(RequiredEkuNotFoundContext { required, present }))
    }
}
