//! Whether a server's certificate is trusted, and in which words it is refused.
//!
//! An authority's certificate that is named may be the server's own, as `openssl req -x509` makes it and the manuals of registries have it:
//! Go and OpenSSL take it, webpki refuses it. It counts when it is that very certificate, byte for byte; its dates and names are checked
//! like any other's.

use std::fmt;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::error::Hint;
use crate::timestamp;

/// How many of a certificate's names are told.
const NAMES: usize = 5;

/// Trusts authorities, and certificates that are among them.
#[derive(Debug)]
pub(super) struct Trust {
    /// Nothing where everybody is trusted.
    authorities: Option<Authorities>,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
struct Authorities {
    named: Vec<CertificateDer<'static>>,
    roots: RootCertStore,
}

impl Trust {
    /// Makes one of certificates of authorities; those that cannot be read as such are passed over.
    pub(super) fn new(named: Vec<CertificateDer<'static>>, provider: &CryptoProvider) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(named.iter().cloned());
        let authorities = Some(Authorities { named, roots });
        Self { authorities, algorithms: provider.signature_verification_algorithms }
    }

    /// Makes one that trusts everybody: for whoever said so. A certificate that may be anybody's proves nothing, and old ones cannot even be
    /// parsed, so that nothing is verified.
    pub(super) fn blind(provider: &CryptoProvider) -> Self {
        Self { authorities: None, algorithms: provider.signature_verification_algorithms }
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(Authorities { named, roots }) = &self.authorities else {
            return Ok(ServerCertVerified::assertion());
        };
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let verify = |roots, intermediates| {
            verify_server_cert_signed_by_trust_anchor(&certificate, roots, intermediates, now, self.algorithms.all)
        };
        if named.contains(end_entity) {
            // Without authorities a certificate in order lacks its issuer and nothing else.
            verify(&RootCertStore::empty(), &[]).or_else(lacks_issuer_only)?;
        } else {
            verify(roots, intermediates)?;
        }
        verify_server_name(&certificate, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match self.authorities {
            Some(_) => verify_tls12_signature(message, certificate, signed, &self.algorithms),
            None => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match self.authorities {
            Some(_) => verify_tls13_signature(message, certificate, signed, &self.algorithms),
            None => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = self.algorithms.supported_schemes();
        if self.authorities.is_none() {
            schemes.extend([SignatureScheme::ECDSA_NISTP521_SHA512, SignatureScheme::RSA_PKCS1_SHA1]);
        }
        schemes
    }
}

/// Passes when nothing but the issuer is missing. webpki checks the dates before it says of a certificate that it is an authority's.
fn lacks_issuer_only(error: Error) -> Result<(), Error> {
    match &error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => Ok(()),
        Error::InvalidCertificate(error) if is_authority(error) => Ok(()),
        _ => Err(error),
    }
}

fn is_authority(error: &CertificateError) -> bool {
    let CertificateError::Other(other) = error else {
        return false;
    };
    matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// Why a certificate is refused, in words of people rather than of libraries.
#[derive(Debug)]
pub(super) struct Distrust {
    pub(super) hint: Option<Hint>,
    reason: String,
}

impl Distrust {
    /// Tells what is wrong with a certificate; nothing for any other error.
    pub(super) fn of(error: &Error) -> Option<Self> {
        let Error::InvalidCertificate(error) = error else {
            return None;
        };
        let date = |time: &UnixTime| timestamp::format(i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
        let (hint, reason) = match error {
            CertificateError::UnknownIssuer => {
                (Some(Hint::TrustAuthority), "its issuer is none of the authorities that are trusted here".to_owned())
            }
            CertificateError::BadSignature => (
                Some(Hint::TrustAuthority),
                "the authority of that name that is trusted here did not sign it".to_owned(),
            ),
            error if is_authority(error) => (
                Some(Hint::TrustAuthority),
                "it is an authority's own certificate, and none of those that are trusted here".to_owned(),
            ),
            CertificateError::ExpiredContext { not_after, .. } => {
                (Some(Hint::CheckDates), format!("it has expired on {}", date(not_after)))
            }
            CertificateError::NotValidYetContext { not_before, .. } => {
                (Some(Hint::CheckDates), format!("it is not valid before {}", date(not_before)))
            }
            CertificateError::NotValidForNameContext { expected, presented } => {
                (Some(Hint::CheckNames), format!("it is for {}, not for {}", listed(presented), expected.to_str()))
            }
            other => (None, other.to_string()),
        };
        Some(Self { hint, reason })
    }
}

/// Lists names as webpki tells them: `DnsName("x")`, `IpAddress(127.0.0.1)`.
fn listed(names: &[String]) -> String {
    let bare = |name: &String| {
        let inner = name.split_once('(').map_or(name.as_str(), |(_, rest)| rest.trim_end_matches(')'));
        inner.trim_matches('"').escape_debug().to_string()
    };
    let told: Vec<_> = names.iter().take(NAMES).map(bare).collect();
    match names.len() {
        0 => "no name at all".to_owned(),
        all if all > NAMES => format!("{} and {} more", told.join(", "), all - NAMES),
        _ => told.join(", "),
    }
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Distrust {}

crate::class::classified!(Distrust => Network);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_certificate() {
        let names = |count: usize| (0..count).map(|each| format!("DnsName(\"h{each}.example\")")).collect::<Vec<_>>();
        assert_eq!(listed(&[]), "no name at all");
        assert_eq!(listed(&["IpAddress(10.0.0.1)".into(), "DnsName(\"\u{1b}[1m\")".into()]), "10.0.0.1, \\u{1b}[1m");
        assert_eq!(listed(&names(2)), "h0.example, h1.example");
        assert_eq!(listed(&names(7)), "h0.example, h1.example, h2.example, h3.example, h4.example and 2 more");
    }
}
