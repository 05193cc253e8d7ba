//! A certificate that goes with what is signed, for those who trust who issued it.

use std::time::SystemTime;

use super::authorities::{CertificateAuthorities, CertificateError, read};
use super::holder::CHAIN;
use crate::descriptor::Annotations;
use crate::sign::classic::CERTIFICATE;
use crate::sign::key::{self, PublicKey, SigningKey, write_certificates};
use crate::sign::keyless::certificate::{self, Leaf};
use crate::timestamp;

/// The certificate of a key that signs, with those above it.
#[derive(Clone, Debug)]
pub struct SigningCertificate {
    der: Vec<u8>,
    /// The chain as PEM.
    chain: Option<String>,
}

impl SigningCertificate {
    /// Reads the certificate of a key, in PEM, and its chain up to the root, which must hold: what nobody would accept is not signed.
    ///
    /// # Errors
    /// When it is not one certificate, is of another key, is not valid now, is not for signing code, or is not issued by its chain.
    pub fn new(certificate: &str, chain: Option<&str>, key: &PublicKey) -> Result<Self, CertificateError> {
        let all = read(certificate)?;
        let [der] = &*all else { return Err(CertificateError::NotOne(all.len())) };
        let leaf = Leaf::read(der).map_err(CertificateError::Refused)?;
        let info = certificate::spki(leaf.certificate()).map_err(CertificateError::Refused)?;
        if PublicKey::from_der(&info).ok().as_ref() != Some(key) {
            return Err(CertificateError::OtherKey);
        }
        // Without a chain it is at least its own.
        let chain_of = match chain {
            Some(chain) => CertificateAuthorities::of_chain(chain)?,
            None => CertificateAuthorities::of_chain(&write_certificates([der.as_ref()]))?,
        };
        let now = timestamp::seconds(SystemTime::now());
        chain_of.verify(&leaf, &[], now).map_err(CertificateError::Refused)?;
        let chain = chain.map(|chain| read(chain).map(|all| write_certificates(all.iter().map(AsRef::as_ref))));
        Ok(Self { der: der.as_ref().to_vec(), chain: chain.transpose()? })
    }

    /// Returns the certificate.
    pub(in crate::sign) fn der(&self) -> &[u8] {
        &self.der
    }

    /// Adds the annotations that cosign has beside a classic signature.
    pub(in crate::sign) fn annotate(&self, annotations: &mut Annotations) {
        annotations.insert(CERTIFICATE.to_owned(), write_certificates([&*self.der]));
        annotations.extend(self.chain.iter().map(|chain| (CHAIN.to_owned(), chain.clone())));
    }
}

/// A key that signs, and whose certificate goes with each signature.
pub struct CertifiedKey {
    key: Box<dyn SigningKey>,
    certificate: SigningCertificate,
}

impl CertifiedKey {
    /// Puts a certificate, which is that of the key, beside it.
    pub fn new(key: Box<dyn SigningKey>, certificate: SigningCertificate) -> Self {
        Self { key, certificate }
    }
}

impl SigningKey for CertifiedKey {
    fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, key::Error> {
        self.key.sign(message)
    }

    fn certificate(&self) -> Option<&SigningCertificate> {
        Some(&self.certificate)
    }
}
