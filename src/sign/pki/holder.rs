//! Who a certificate is of, and what came along with one.

use std::fmt;
use std::net::IpAddr;

use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::sign::Reason;
use crate::sign::authority::Material;
use crate::sign::classic::CERTIFICATE;
use crate::sign::key;
use crate::sign::keyless::Refusal;
use crate::sign::keyless::certificate::{Leaf, USER};
use crate::sign::keyless::material::{self, Parts};

/// The annotation with the certificates above a classic signature's own, up to the root.
pub(super) const CHAIN: &str = "dev.sigstore.cosign/chain";

/// A name that a certificate is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sign) enum Name {
    Uri(String),
    Address(String),
    /// A user's at some provider.
    User(String),
    Host(String),
    Machine(IpAddr),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uri(name) | Self::Address(name) | Self::User(name) | Self::Host(name) => f.write_str(name),
            Self::Machine(address) => write!(f, "{address}"),
        }
    }
}

/// Returns the names that a certificate is for, as they stand there; those of other kinds are nobody's.
pub(in crate::sign) fn names(leaf: &Leaf<'_>) -> Result<Vec<Name>, Refusal> {
    let damaged = || Refusal::Certificate("its names are damaged");
    let names = leaf.certificate().tbs_certificate().get_extension::<SubjectAltName>().map_err(|_| damaged())?;
    let mut found = Vec::new();
    for name in names.map(|(_, names)| names.0).unwrap_or_default() {
        found.extend(match name {
            GeneralName::UniformResourceIdentifier(uri) => Some(Name::Uri(uri.as_str().to_owned())),
            GeneralName::Rfc822Name(address) => Some(Name::Address(address.as_str().to_owned())),
            GeneralName::DnsName(host) => Some(Name::Host(host.as_str().to_owned())),
            GeneralName::IpAddress(address) => machine(address.as_bytes()).map(Name::Machine),
            GeneralName::OtherName(other) if other.type_id == USER => {
                Some(Name::User(other.value.decode_as::<String>().map_err(|_| damaged())?))
            }
            _ => None,
        });
    }
    Ok(found)
}

fn machine(address: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(address).map(IpAddr::from).or_else(|_| <[u8; 16]>::try_from(address).map(IpAddr::from)).ok()
}

/// Returns who vouches for the names, where the certificate says so: those of an own authority rarely do.
pub(in crate::sign) fn issuer(leaf: &Leaf<'_>) -> Result<Option<String>, Refusal> {
    match leaf.issuer() {
        Ok(issuer) => Ok(Some(issuer)),
        Err(Refusal::NoIssuer) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// The certificates that came with a signature.
pub(in crate::sign) struct Brought {
    /// The signer's.
    pub(in crate::sign) leaf: Option<Vec<u8>>,
    /// What may stand between it and a root.
    pub(in crate::sign) between: Vec<Vec<u8>>,
    /// Whether a bundle has brought them.
    pub(in crate::sign) is_bundle: bool,
}

impl Brought {
    /// Reads the certificates that came with a signature. What else came, of logs and clocks, is not looked at.
    pub(in crate::sign) fn of(material: Material<'_>) -> Result<Self, Reason> {
        let annotations = match material {
            Material::Bundle(material) | Material::EarlyBundle(material) => {
                let Parts { leaf, others, .. } = Parts::of_bundle(material)?;
                return Ok(Self { leaf: Some(leaf), between: others, is_bundle: true });
            }
            Material::Annotations(annotations) => annotations,
        };
        let present = |name: &str| annotations.get(name).filter(|text| !text.is_empty());
        let leaf = present(CERTIFICATE)
            .map(|pem| material::certificate(pem.as_bytes()).ok_or(Refusal::Certificate("it is not one block of PEM")));
        let mut between = match present(CHAIN) {
            Some(pem) => key::certificates(pem).map_err(|_| Refusal::Malformed("chain of certificates"))?,
            None => Vec::new(),
        };
        // The last is a root, which nobody may bring along.
        between.pop();
        Ok(Self { leaf: leaf.transpose()?, between, is_bundle: false })
    }
}
