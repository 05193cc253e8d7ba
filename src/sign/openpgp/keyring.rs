//! Keyrings as policies name them: binary, or armored blocks with text around them. What several files say of one key counts together.

use pgp::armor::{BlockType, Dearmor};
use pgp::packet::{Packet, PacketParser, Signature, SignatureType};
use pgp::types::{KeyDetails, KeyVersion};
use std::io::Read;

use super::certificate::Certificate;

/// The largest keyring that is read, in bytes.
pub const MAX_KEYRING: usize = 8 << 20;

const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &str = "-----END PGP PUBLIC KEY BLOCK-----";

/// Why a keyring cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// It is larger than any.
    #[error("it has more than {} MiB", MAX_KEYRING >> 20)]
    TooLarge,
    /// It has no keys, neither as they are nor in armor.
    #[error("it has no OpenPGP keys")]
    Empty,
    /// Its armor is damaged.
    #[error("the armor of its keys is damaged")]
    Armor,
    /// It is damaged.
    #[error("its packets cannot be read to their end")]
    Malformed,
    /// It has a private key, which belongs into no policy.
    #[error("it has something else than public keys")]
    Private,
}

crate::class::classified!(KeyringError => Failed);

/// Public keys, with what was said of them.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    certificates: Vec<Certificate>,
    /// Revocations that came without the key.
    revocations: Vec<Signature>,
}

impl Keyring {
    /// Adds the keys of a file.
    ///
    /// # Errors
    /// What is wrong with it. What is wrong with one key only is held against that key when it has signed.
    pub fn add(&mut self, content: &[u8]) -> Result<(), KeyringError> {
        if content.len() > MAX_KEYRING {
            return Err(KeyringError::TooLarge);
        }
        let before = self.size();
        // Every packet begins with a byte that is no ASCII.
        if content.first().is_some_and(|byte| byte & 0x80 != 0) {
            self.add_packets(content)?;
        } else {
            for block in blocks(&String::from_utf8_lossy(content))? {
                self.add_packets(&block)?;
            }
        }
        if self.size() == before { Err(KeyringError::Empty) } else { Ok(()) }
    }

    pub(super) fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Returns the revocations that came without a key: any of the keys may be meant.
    pub(super) fn revocations(&self) -> &[Signature] {
        &self.revocations
    }

    fn size(&self) -> usize {
        self.certificates.iter().map(Certificate::parts).sum::<usize>() + self.revocations.len()
    }

    fn add_packets(&mut self, mut content: &[u8]) -> Result<(), KeyringError> {
        // The key that what follows is about; nothing behind one that is not supported.
        let mut current: Option<usize> = None;
        let mut is_first = true;
        while !content.is_empty() {
            match PacketParser::new(&mut content).next() {
                Some(Ok(Packet::PublicKey(key))) => current = self.start(key),
                Some(Ok(Packet::Signature(signature))) => match current {
                    Some(at) => self.certificates[at].add_signature(signature),
                    None if is_first && signature.typ() == Some(SignatureType::KeyRevocation) => {
                        self.revocations.push(signature);
                        continue;
                    }
                    None => {}
                },
                Some(Ok(Packet::UserId(user))) => self.at(current, |certificate| certificate.add_user(user)),
                Some(Ok(Packet::PublicSubkey(key))) => self.at(current, |certificate| certificate.add_subkey(key)),
                Some(Ok(Packet::UserAttribute(_))) => self.at(current, Certificate::add_other),
                Some(Ok(Packet::Trust(_) | Packet::Marker(_) | Packet::Padding(_))) => continue,
                Some(Ok(_)) => return Err(KeyringError::Private),
                // A packet that is whole and not understood: what is said of the key is not known.
                Some(Err(pgp::errors::Error::InvalidPacketContent { .. })) => {
                    self.at(current, Certificate::add_unknown);
                }
                Some(Err(_)) | None => return Err(KeyringError::Malformed),
            }
            is_first = false;
        }
        Ok(())
    }

    /// Finds the certificate of a key, or begins one.
    fn start(&mut self, key: pgp::packet::PublicKey) -> Option<usize> {
        if key.version() != KeyVersion::V4 {
            return None;
        }
        let known = self.certificates.iter().position(|known| known.primary.fingerprint() == key.fingerprint());
        let at = known.unwrap_or_else(|| {
            self.certificates.push(Certificate::new(key));
            self.certificates.len() - 1
        });
        self.certificates[at].begin();
        Some(at)
    }

    fn at(&mut self, current: Option<usize>, change: impl FnOnce(&mut Certificate)) {
        if let Some(at) = current {
            change(&mut self.certificates[at]);
        }
    }
}

/// Returns the content of each armored block; Red Hat has several in one file, with text around them.
fn blocks(text: &str) -> Result<Vec<Vec<u8>>, KeyringError> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(begin) = rest.find(BEGIN) {
        let block = &rest[begin..];
        let end = block.find(END).ok_or(KeyringError::Armor)? + END.len();
        let mut dearmor = Dearmor::new(&block.as_bytes()[..end]);
        let mut content = Vec::new();
        dearmor.read_to_end(&mut content).map_err(|_| KeyringError::Armor)?;
        if dearmor.typ != Some(BlockType::PublicKey) {
            return Err(KeyringError::Armor);
        }
        blocks.push(content);
        rest = &block[end..];
    }
    Ok(blocks)
}
