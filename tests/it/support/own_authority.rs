//! An authority of one's own, as a company has: a root, one between, and certificates of keys that are in files. Each fact of a certificate
//! can be made wrong alone.

use std::fs;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256,
    PublicKeyData, SanType, SignatureAlgorithm,
};

pub(crate) const ADDRESS: &str = "release@company.example";
const DAY: i64 = 86_400;

/// A public key from a file.
pub(crate) struct FileKey {
    content: Vec<u8>,
    algorithm: &'static SignatureAlgorithm,
}

impl FileKey {
    /// Reads a public key; its kind is known by its size.
    pub(crate) fn read(file: &str) -> FileKey {
        let text = fs::read_to_string(file).expect("a key");
        let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
        let info = STANDARD.decode(body).expect("base64");
        let (head, algorithm) = match info.len() {
            91 => (26, &PKCS_ECDSA_P256_SHA256),
            120 => (23, &PKCS_ECDSA_P384_SHA384),
            44 => (12, &PKCS_ED25519),
            294 => (24, &PKCS_RSA_SHA256),
            other => panic!("no kind of key has {other} bytes"),
        };
        FileKey { content: info[head..].to_vec(), algorithm }
    }
}

impl PublicKeyData for FileKey {
    fn der_bytes(&self) -> &[u8] {
        &self.content
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

/// What a certificate says; days are counted from now.
pub(crate) struct Says {
    pub(crate) days: [i64; 2],
    pub(crate) purposes: Vec<ExtendedKeyUsagePurpose>,
    pub(crate) usages: Vec<KeyUsagePurpose>,
    pub(crate) names: Vec<SanType>,
    pub(crate) is_authority: IsCa,
    pub(crate) extensions: Vec<CustomExtension>,
}

pub(crate) fn address(text: &str) -> SanType {
    SanType::Rfc822Name(text.try_into().expect("ASCII"))
}

impl Default for Says {
    fn default() -> Says {
        Says {
            days: [-1, 30],
            purposes: vec![ExtendedKeyUsagePurpose::CodeSigning],
            usages: vec![KeyUsagePurpose::DigitalSignature],
            names: vec![address(ADDRESS)],
            is_authority: IsCa::NoCa,
            extensions: Vec::new(),
        }
    }
}

impl Says {
    pub(crate) fn authority() -> Says {
        Says {
            days: [-10, 300],
            purposes: Vec::new(),
            usages: vec![KeyUsagePurpose::KeyCertSign],
            names: Vec::new(),
            is_authority: IsCa::Ca(BasicConstraints::Unconstrained),
            extensions: Vec::new(),
        }
    }

    fn params(&self, name: &str) -> CertificateParams {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
        let at = |days: i64| {
            let seconds = i64::try_from(now).expect("soon") + days * DAY;
            rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(u64::try_from(seconds).expect("after 1970"))
        };
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        (params.not_before, params.not_after) = (at(self.days[0]), at(self.days[1]));
        params.extended_key_usages = self.purposes.clone();
        params.key_usages = self.usages.clone();
        params.subject_alt_names = self.names.clone();
        params.is_ca = self.is_authority;
        params.custom_extensions = self.extensions.clone();
        params
    }
}

/// The authority, as PEM.
pub(crate) struct OwnAuthority {
    pub(crate) root: String,
    pub(crate) between: String,
    issuer: Issuer<'static, KeyPair>,
}

impl OwnAuthority {
    pub(crate) fn new() -> OwnAuthority {
        OwnAuthority::that_says(&Says::authority(), &Says::authority())
    }

    pub(crate) fn that_says(root: &Says, between: &Says) -> OwnAuthority {
        let key = || KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("making a key");
        let (root_key, between_key) = (key(), key());
        let (root, between) = (root.params("company root"), between.params("company signing"));
        let root_pem = root.self_signed(&root_key).expect("signing a root").pem();
        let between_pem = between.signed_by(&between_key, &Issuer::new(root, root_key)).expect("signing").pem();
        OwnAuthority { root: root_pem, between: between_pem, issuer: Issuer::new(between, between_key) }
    }

    /// Issues a certificate, as PEM.
    pub(crate) fn issue(&self, key: &impl PublicKeyData, says: &Says) -> String {
        says.params("signer").signed_by(key, &self.issuer).expect("signing").pem()
    }

    /// Returns the certificates above a signer's, as PEM.
    pub(crate) fn chain(&self) -> String {
        format!("{}{}", self.between, self.root)
    }
}
