//! Signatures by OpenPGP keys, as skopeo and podman have them in "simple signing": a message that carries its payload, signed by one key.
//!
//! The library parses and does the arithmetic; which keys and which signatures count is decided here, and more strictly than by GnuPG.
//!
//! OpenPGP: <https://www.rfc-editor.org/rfc/rfc9580.html>; simple signing:
//! <https://github.com/containers/image/blob/main/docs/containers-signature.5.md>

mod certificate;
mod file;
mod keyring;
mod message;
mod payload;
mod signature;

use std::time::SystemTime;

use pgp::types::Timestamp;

use super::json;

pub use file::{Kept, read as read_file};
pub use keyring::{Keyring, KeyringError, MAX_KEYRING};
pub use payload::{KIND, parse as parse_payload};

/// The largest signature that is read, in bytes, and the largest content of one.
pub const MAX_MESSAGE: usize = 4 << 20;

/// Why a message is no good signature.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It is larger than any signature.
    #[error("it has more than {} MiB", MAX_MESSAGE >> 20)]
    TooLarge,
    /// It cannot be read to its end.
    #[error("it is no OpenPGP message that can be read to its end")]
    Malformed,
    /// It is compressed in a way that is not read.
    #[error("it is compressed in another way than ZIP or ZLIB, or more than once")]
    Compression,
    /// It is encrypted, has no signature, several of them, or something besides.
    #[error("it is not exactly one signature with what is signed")]
    Shape,
    /// The signature is of another version or for another purpose.
    #[error("its signature is not one of version 4 over binary content")]
    Kind,
    /// The signature is made with an algorithm that is not safe.
    #[error("its signature uses {0}, which does not count")]
    Hash(String),
    /// The signature has a condition that is not understood.
    #[error("its signature has a condition that is not understood")]
    Critical,
    /// The signature does not say when it was made, or when that was cannot be.
    #[error("when it was signed is not told, or cannot be")]
    Time,
    /// The signature has expired.
    #[error("its signature has expired")]
    Expired,
    /// The signature is not by a key of the ring.
    #[error("it is signed by {0}, which is no key of the policy")]
    Stranger(String),
    /// The key is in the ring, and does not count.
    #[error("it is signed by the key {key}, which {why}")]
    Key {
        /// The key's fingerprint.
        key: String,
        /// Why it does not count.
        why: &'static str,
    },
    /// The signature is of another content.
    #[error("the signature is not by this key for this content")]
    Signature,
}

crate::class::classified!(Refusal => Verification);

/// What was signed, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// What was signed.
    pub content: Vec<u8>,
    /// The fingerprint of the primary key of who has signed, in upper case.
    pub fingerprint: String,
}

/// Returns what is signed in a message, when a key of the ring has signed it and counts at `now`.
///
/// # Errors
/// Why it does not count.
pub fn open(message: &[u8], keyring: &Keyring, now: SystemTime) -> Result<Opened, Refusal> {
    let now = Timestamp::try_from(now).map_err(|_| Refusal::Time)?;
    let message = message::read(message)?;
    let fingerprint = signature::check(&message, keyring, now)?;
    Ok(Opened { content: message.content, fingerprint })
}
