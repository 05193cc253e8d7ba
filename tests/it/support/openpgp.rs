//! OpenPGP messages as an attacker or a careless signer would make them, with the keys of `tests/vectors/openpgp`.

use std::fs;
use std::path::PathBuf;

use pgp::composed::{Deserializable, SignedSecretKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{
    LiteralData, OnePassSignature, PacketTrait, Signature, SignatureConfig, SignatureType, Subpacket, SubpacketData,
};
use pgp::types::{KeyDetails, Password, Timestamp};
use serde_json::{Value, json};

/// 2025-06-01, when the keys are five months old.
pub(crate) const MADE: u32 = 1_748_736_000;
/// The name that is signed.
pub(crate) const NAME: &str = "registry.test/app:v1";

/// Returns the path of a vector.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/openpgp").join(name)
}

/// Reads a vector.
pub(crate) fn vector(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Reads a private key.
pub(crate) fn key(name: &str) -> SignedSecretKey {
    SignedSecretKey::from_bytes(&vector(&format!("{name}.secret"))[..])
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Returns the payload that says that an image is signed under a name.
pub(crate) fn payload(name: &str, digest: &str) -> Value {
    json!({
        "critical": {
            "identity": {"docker-reference": name},
            "image": {"docker-manifest-digest": digest},
            "type": "atomic container signature",
        },
        "optional": {"creator": "a test", "timestamp": MADE},
    })
}

/// A signature in the making.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) key: SignedSecretKey,
    /// The number of the subkey that signs, if one does.
    pub(crate) subkey: Option<usize>,
    pub(crate) kind: SignatureType,
    pub(crate) hash: HashAlgorithm,
    /// When it is made, once for each time it is said.
    pub(crate) made: Vec<u32>,
    /// What else is said, under the signature.
    pub(crate) hashed: Vec<Subpacket>,
    /// Whose it says that it is; its own key's without.
    pub(crate) issuer: Option<SignedSecretKey>,
    pub(crate) is_anonymous: bool,
}

impl Draft {
    pub(crate) fn by(name: &str) -> Draft {
        Draft {
            key: key(name),
            subkey: None,
            kind: SignatureType::Binary,
            hash: HashAlgorithm::Sha256,
            made: vec![MADE],
            hashed: Vec::new(),
            issuer: None,
            is_anonymous: false,
        }
    }

    /// Adds something under the signature.
    pub(crate) fn with(mut self, data: SubpacketData, is_critical: bool) -> Draft {
        let made = if is_critical { Subpacket::critical(data) } else { Subpacket::regular(data) };
        self.hashed.push(made.expect("a subpacket"));
        self
    }

    /// Signs.
    pub(crate) fn sign(&self, content: &[u8]) -> Signature {
        let primary = &self.key.primary_key;
        let subkey = self.subkey.map(|number| &self.key.secret_subkeys[number].key);
        let algorithm = subkey.map_or(primary.algorithm(), KeyDetails::algorithm);
        let mut config = SignatureConfig::v4(self.kind, algorithm, self.hash);
        let regular = |data| Subpacket::regular(data).expect("a subpacket");
        let time = |time: &u32| regular(SubpacketData::SignatureCreationTime(Timestamp::from_secs(*time)));
        config.hashed_subpackets = self.made.iter().map(time).collect();
        config.hashed_subpackets.extend(self.hashed.clone());
        if !self.is_anonymous {
            let named = self.issuer.as_ref().map_or(primary, |key| &key.primary_key);
            let (print, id) = match subkey {
                Some(key) => (key.fingerprint(), key.legacy_key_id()),
                None => (named.fingerprint(), named.legacy_key_id()),
            };
            config.hashed_subpackets.push(regular(SubpacketData::IssuerFingerprint(print)));
            config.unhashed_subpackets.push(regular(SubpacketData::IssuerKeyId(id)));
        }
        let signed = match subkey {
            Some(key) => config.sign(key, &Password::empty(), content),
            None => config.sign(primary, &Password::empty(), content),
        };
        signed.expect("signing")
    }

    /// Signs, and packs the content with the signature.
    pub(crate) fn message(&self, content: &[u8]) -> Vec<u8> {
        let signature = self.sign(content);
        [announced(&signature), literal(content), bytes(&signature)].concat()
    }
}

/// Writes a packet.
pub(crate) fn bytes(packet: &impl PacketTrait) -> Vec<u8> {
    let mut out = Vec::new();
    packet.to_writer_with_header(&mut out).expect("writing a packet");
    out
}

/// Writes the packet of content.
pub(crate) fn literal(content: &[u8]) -> Vec<u8> {
    bytes(&LiteralData::from_bytes("", content.to_vec().into()).expect("a packet"))
}

/// Writes what announces a signature.
pub(crate) fn announced(signature: &Signature) -> Vec<u8> {
    let config = signature.config().expect("a signature");
    let id = **signature.issuer_key_id().first().unwrap_or(&&[0; 8].into());
    bytes(&OnePassSignature::v3(config.typ, config.hash_alg, config.pub_alg, id))
}

/// Compresses packets into one, by algorithm 1 (ZIP), whose length runs to the end.
pub(crate) fn compressed(packets: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::DeflateEncoder::new(vec![0xa3, 1], flate2::Compression::fast());
    encoder.write_all(packets).expect("into memory");
    encoder.finish().expect("into memory")
}
