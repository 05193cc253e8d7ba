//! The signer's certificate: what it is for, whom it names, who vouches for that.
//!
//! Fulcio, "Sigstore OID information": <https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md>

use der::asn1::Utf8StringRef;
use der::{Decode, Encode};
use x509_cert::Certificate;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName};
use x509_cert::spki::ObjectIdentifier;

use super::Refusal;
use super::key::Key;
use super::time::Window;

const CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
/// Who vouches for the identity, as text without any type around it.
const OLD_ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.1");
/// The same, as a string of ASN.1.
const ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.8");
/// The type of a name that is a user's at some provider.
pub(in crate::sign) const USER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.7");

/// A certificate that was read, and that nobody has vouched for.
pub(in crate::sign) struct Leaf<'a> {
    pub(in crate::sign) der: &'a [u8],
    certificate: Certificate,
    pub(in crate::sign) key: Key,
}

/// Reads a certificate that is written in the one way there is.
pub(in crate::sign) fn read(der: &[u8]) -> Result<Certificate, Refusal> {
    let certificate = Certificate::from_der(der).map_err(|_| Refusal::Certificate("it is no DER"))?;
    // Two writings of one certificate would be two to a log, and one to everybody else.
    if certificate.to_der().ok().as_deref() != Some(der) {
        return Err(Refusal::Certificate("it is not in the canonical form"));
    }
    Ok(certificate)
}

/// Returns when a certificate is valid.
pub(in crate::sign) fn window(certificate: &Certificate) -> Window {
    let validity = certificate.tbs_certificate().validity();
    let seconds = |time: x509_cert::time::Time| time.to_unix_duration().as_secs();
    Window { start: seconds(validity.not_before), end: Some(seconds(validity.not_after)) }
}

/// Says whether a certificate is issued by its own subject.
pub(in crate::sign) fn is_root(certificate: &Certificate) -> bool {
    let content = certificate.tbs_certificate();
    content.issuer() == content.subject()
}

impl<'a> Leaf<'a> {
    /// Reads a certificate, whatever it is for.
    pub(in crate::sign) fn read(der: &'a [u8]) -> Result<Self, Refusal> {
        let certificate = read(der)?;
        let key = Key::parse(&spki(&certificate)?)?;
        Ok(Self { der, certificate, key })
    }

    /// Returns what was read.
    pub(in crate::sign) fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Reads a certificate and checks that it is for signing code.
    pub(super) fn parse(der: &'a [u8]) -> Result<Self, Refusal> {
        let certificate = read(der)?;
        let content = certificate.tbs_certificate();
        let damaged = |_| Refusal::Certificate("an extension is damaged, or there twice");
        if is_root(&certificate) {
            return Err(Refusal::Root);
        }
        let constraints = content.get_extension::<BasicConstraints>().map_err(damaged)?;
        if constraints.is_some_and(|(_, constraints)| constraints.ca) {
            return Err(Refusal::Authority);
        }
        let usage = content.get_extension::<ExtendedKeyUsage>().map_err(damaged)?;
        if !usage.is_some_and(|(_, usage)| usage.0.contains(&CODE_SIGNING)) {
            return Err(Refusal::Usage);
        }
        let usage = content.get_extension::<KeyUsage>().map_err(damaged)?;
        if !usage.is_some_and(|(_, usage)| usage.digital_signature()) {
            return Err(Refusal::KeyUsage);
        }
        let key = Key::parse(&spki(&certificate)?)?;
        Ok(Self { der, certificate, key })
    }

    /// Checks that it was valid at each of these times.
    pub(super) fn check_times(&self, times: &[u64]) -> Result<(), Refusal> {
        let window = window(&self.certificate);
        match times.iter().find(|time| !window.has(**time)) {
            Some(time) => Err(Refusal::Validity(*time)),
            None => Ok(()),
        }
    }

    /// Returns its one name. With several, who has signed would be a matter of which is looked at.
    pub(super) fn subject(&self) -> Result<String, Refusal> {
        let names = self.certificate.tbs_certificate().get_extension::<SubjectAltName>();
        let names = names.map_err(|_| Refusal::Certificate("its names are damaged"))?;
        let names = names.map(|(_, names)| names.0).unwrap_or_default();
        let [name] = &*names else { return Err(Refusal::Names(names.len())) };
        let name = match name {
            GeneralName::Rfc822Name(address) => address.as_str().to_owned(),
            GeneralName::UniformResourceIdentifier(uri) => uri.as_str().to_owned(),
            GeneralName::OtherName(other) if other.type_id == USER => {
                let name = other.value.decode_as::<String>();
                name.map_err(|_| Refusal::Certificate("its names are damaged"))?
            }
            _ => return Err(Refusal::NameKind),
        };
        if name.is_empty() { Err(Refusal::Names(0)) } else { Ok(name) }
    }

    /// Returns who vouches for its name.
    pub(in crate::sign) fn issuer(&self) -> Result<String, Refusal> {
        let damaged = Refusal::Certificate("who vouches for the identity is damaged");
        let new = self.extension(&ISSUER)?.map(|value| Utf8StringRef::from_der(value).map(|text| text.to_string()));
        let new = new.transpose().map_err(|_| damaged.clone())?;
        let old = self.extension(&OLD_ISSUER)?.map(|value| String::from_utf8(value.to_vec()));
        let old = old.transpose().map_err(|_| damaged)?;
        match (new, old) {
            (Some(new), Some(old)) if new != old => Err(Refusal::Issuers(new, old)),
            (Some(issuer), _) | (None, Some(issuer)) if !issuer.is_empty() => Ok(issuer),
            _ => Err(Refusal::NoIssuer),
        }
    }

    /// Returns the value of an extension that is there at most once.
    pub(super) fn extension(&self, oid: &ObjectIdentifier) -> Result<Option<&[u8]>, Refusal> {
        let all = self.certificate.tbs_certificate().extensions().map_or(&[][..], Vec::as_slice);
        let mut found = all.iter().filter(|extension| extension.extn_id == *oid);
        let first = found.next().map(|extension| extension.extn_value.as_bytes());
        if found.next().is_some() {
            return Err(Refusal::Certificate("an extension is damaged, or there twice"));
        }
        Ok(first)
    }
}

/// Returns a certificate's SubjectPublicKeyInfo.
pub(in crate::sign) fn spki(certificate: &Certificate) -> Result<Vec<u8>, Refusal> {
    let info = certificate.tbs_certificate().subject_public_key_info();
    info.to_der().map_err(|_| Refusal::Malformed("public key"))
}
