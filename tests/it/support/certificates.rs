//! A certificate authority for one test, with certificates for its server and its client.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

/// A certificate and its key, as PEM files.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// The files of an authority: `ca.crt`, `server.cert`, `server.key`, `client.cert` and `client.key`.
pub(crate) struct Certificates {
    /// The authority's own certificate.
    pub(crate) authority: PathBuf,
    /// For 127.0.0.1 and localhost.
    pub(crate) server: Pair,
    pub(crate) client: Pair,
}

impl Certificates {
    /// Makes an authority and both certificates in a directory.
    pub(crate) fn create(dir: &Path) -> Certificates {
        let key = KeyPair::generate().expect("making a key");
        let mut params = params(&[], "stevedore test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        let certificate = params.self_signed(&key).expect("signing the authority");
        let issuer = Issuer::new(params, key);
        Certificates {
            authority: write(dir.join("ca.crt"), &certificate.pem()),
            server: sign(dir, "server", &["127.0.0.1", "localhost"], ExtendedKeyUsagePurpose::ServerAuth, &issuer),
            client: sign(dir, "client", &["tester"], ExtendedKeyUsagePurpose::ClientAuth, &issuer),
        }
    }
}

/// A certificate that is signed with its own key. By default as `openssl req -x509` makes it: an authority's.
pub(crate) struct SelfSigned<'a> {
    pub(crate) names: &'a [&'a str],
    /// PKCS#8 in PEM; a new one on P-256 without.
    pub(crate) key: Option<&'a str>,
    pub(crate) is_authority: bool,
    /// The first year in which it is valid, and the first in which it is not.
    pub(crate) years: [i32; 2],
}

/// A key of 2048 bits, for tests only.
pub(crate) const RSA: &str = include_str!("rsa.key");

impl Default for SelfSigned<'_> {
    fn default() -> Self {
        SelfSigned { names: &["127.0.0.1", "localhost"], key: None, is_authority: true, years: [2020, 2100] }
    }
}

impl SelfSigned<'_> {
    /// Makes the files `NAME.crt` and `NAME.key` in a directory.
    pub(crate) fn create(&self, dir: &Path, name: &str) -> Pair {
        let key = self.key.map_or_else(KeyPair::generate, KeyPair::from_pem).expect("a key");
        let mut params = params(self.names, "localhost");
        params.not_before = rcgen::date_time_ymd(self.years[0], 1, 1);
        params.not_after = rcgen::date_time_ymd(self.years[1], 1, 1);
        if self.is_authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        let certificate = params.self_signed(&key).expect("signing itself");
        Pair {
            certificate: write(dir.join(format!("{name}.crt")), &certificate.pem()),
            key: write(dir.join(format!("{name}.key")), &key.serialize_pem()),
        }
    }
}

fn params(names: &[&str], common_name: &str) -> CertificateParams {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).expect("the names are valid");
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2100, 1, 1);
    params
}

fn sign(dir: &Path, name: &str, names: &[&str], usage: ExtendedKeyUsagePurpose, issuer: &Issuer<'_, KeyPair>) -> Pair {
    let key = KeyPair::generate().expect("making a key");
    let mut params = params(names, name);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    let certificate = params.signed_by(&key, issuer).expect("signing with the authority");
    Pair {
        certificate: write(dir.join(format!("{name}.cert")), &certificate.pem()),
        key: write(dir.join(format!("{name}.key")), &key.serialize_pem()),
    }
}

fn write(path: PathBuf, pem: &str) -> PathBuf {
    fs::write(&path, pem).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path
}
