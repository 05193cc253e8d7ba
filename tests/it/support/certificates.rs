//! A certificate authority for one test, with certificates for its server and its client.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

/// A certificate and its key, as PEM files.
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
