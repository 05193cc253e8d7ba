//! Content digests: `algorithm:hex`, sha256 or sha512, always valid.
//!
//! A [`Digest`] names content and becomes a file name and a URL part in many places, so only a well-formed one can exist.
//! image-spec, "Digests": <https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests>

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use crate::reading::pour;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha512};

/// A registered digest algorithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-256, which every implementation supports.
    #[default]
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// Every algorithm, the usual one first.
    pub const ALL: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Sha512];

    /// Returns the name used in digests: `sha256` or `sha512`.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha512 => "sha512",
        }
    }

    /// Returns the number of hexadecimal digits of an encoded digest.
    pub fn hex_len(self) -> usize {
        match self {
            Algorithm::Sha256 => 64,
            Algorithm::Sha512 => 128,
        }
    }

    /// Returns the digest of `content`.
    pub fn digest(self, content: &[u8]) -> Digest {
        let mut hasher = Hasher::new(self);
        hasher.update(content);
        hasher.finish()
    }
}

impl FromStr for Algorithm {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Algorithm::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == text)
            .ok_or_else(|| ParseError::new(text, Reason::Algorithm))
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The digest of some content, such as `sha256:e3b0c442…`.
///
/// ```
/// use stevedore::digest::Digest;
///
/// let empty = Digest::of(b"");
/// assert_eq!(empty.to_string(), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
/// assert!("sha256:E3B0".parse::<Digest>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest {
    algorithm: Algorithm,
    hex: Box<str>,
}

impl Digest {
    /// Returns the sha256 digest of `content`.
    pub fn of(content: &[u8]) -> Self {
        Algorithm::Sha256.digest(content)
    }

    /// Returns the algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the lower-case hexadecimal part.
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// Returns the first twelve hexadecimal digits, for people.
    pub fn short(&self) -> &str {
        &self.hex[..12]
    }

    /// Finds everything in a text that looks like a digest: what content of an unknown kind may need.
    pub(crate) fn all_in(text: &[u8]) -> BTreeSet<Self> {
        let text = String::from_utf8_lossy(text);
        let found = text.match_indices("sha").filter_map(|(at, _)| {
            let rest = &text[at..];
            // The algorithm, a colon, and as many digits as it has.
            [7 + 64, 7 + 128].into_iter().find_map(|length| rest.get(..length)?.parse().ok())
        });
        found.collect()
    }

    /// Says whether a text has the form of a digest, of an algorithm that is not known here.
    pub(crate) fn is_of_unknown_algorithm(text: &str) -> bool {
        text.parse::<Self>().is_err_and(|error| error.reason == Reason::Algorithm)
    }

    /// Checks that `content` has this digest.
    pub fn matches(&self, content: &[u8]) -> bool {
        self.algorithm.digest(content) == *self
    }
}

impl FromStr for Digest {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let Some((algorithm, hex)) = text.split_once(':') else {
            return Err(ParseError::new(text, Reason::Form));
        };
        let algorithm: Algorithm = algorithm.parse().map_err(|_| ParseError::new(text, Reason::Algorithm))?;
        // Upper case would give one content two names.
        let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if hex.len() != algorithm.hex_len() || !hex.bytes().all(lower) {
            return Err(ParseError::new(text, Reason::Hex(algorithm)));
        }
        Ok(Self { algorithm, hex: hex.into() })
    }
}

impl TryFrom<String> for Digest {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, self.hex)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid digest {text:?}: {reason}")]
pub struct ParseError {
    text: String,
    reason: Reason,
}

crate::class::classified!(ParseError => Failed);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Reason {
    #[error("expected ALGORITHM:HEX")]
    Form,
    #[error("the algorithm is not sha256 or sha512")]
    Algorithm,
    #[error("{0} takes {len} lower-case hexadecimal digits", len = .0.hex_len())]
    Hex(Algorithm),
}

impl ParseError {
    fn new(text: &str, reason: Reason) -> Self {
        Self { text: text.chars().take(160).collect(), reason }
    }
}

/// Computes a digest piece by piece.
#[derive(Clone, Debug)]
pub struct Hasher(State);

#[derive(Clone, Debug)]
enum State {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    /// Starts a digest.
    pub fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Sha256 => State::Sha256(Sha256::new()),
            Algorithm::Sha512 => State::Sha512(Sha512::new()),
        })
    }

    /// Adds content.
    pub fn update(&mut self, content: &[u8]) {
        match &mut self.0 {
            State::Sha256(state) => state.update(content),
            State::Sha512(state) => state.update(content),
        }
    }

    /// Adds everything that `content` gives, and returns its length.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn update_from(&mut self, mut content: impl Read) -> io::Result<u64> {
        let mut total = 0;
        pour(
            &mut content,
            |error| error,
            |piece| {
                self.update(piece);
                total += piece.len() as u64;
                Ok(())
            },
        )?;
        Ok(total)
    }

    /// Returns the digest of what was added.
    pub fn finish(self) -> Digest {
        let (algorithm, bytes) = match self.0 {
            State::Sha256(state) => (Algorithm::Sha256, state.finalize().to_vec()),
            State::Sha512(state) => (Algorithm::Sha512, state.finalize().to_vec()),
        };
        Digest { algorithm, hex: hex(&bytes).into() }
    }
}

/// Passes content on, and hashes and counts it on its way.
pub(crate) struct Hashing<T> {
    pub(crate) inner: T,
    pub(crate) hasher: Hasher,
    /// The bytes that have passed.
    pub(crate) size: u64,
}

impl<T> Hashing<T> {
    pub(crate) fn new(inner: T, algorithm: Algorithm) -> Self {
        Self { inner, hasher: Hasher::new(algorithm), size: 0 }
    }

    fn pass(&mut self, content: &[u8]) {
        self.hasher.update(content);
        self.size += content.len() as u64;
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.pass(&buffer[..n]);
        Ok(n)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, content: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(content)?;
        self.pass(&content[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Writes bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        assert_eq!(Digest::of(b"abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let long = Algorithm::Sha512.digest(b"");
        assert!(long.to_string().starts_with("sha512:cf83e1357eefb8bd"));
        assert_eq!(long.hex().len(), 128);
        let mut pieces = Hasher::new(Algorithm::Sha256);
        assert_eq!(pieces.update_from(&b"ab"[..]).expect("memory"), 2);
        pieces.update(b"c");
        assert_eq!(pieces.finish(), Digest::of(b"abc"));
    }

    #[test]
    fn only_valid_ones_exist() {
        let good = format!("sha256:{}", "a".repeat(64));
        assert_eq!(good.parse::<Digest>().expect("valid").to_string(), good);
        for bad in [
            String::new(),
            "sha256".into(),
            "sha256:".into(),
            format!("sha256:{}", "A".repeat(64)),
            format!("sha256:{}", "a".repeat(63)),
            format!("sha256:{}g", "a".repeat(63)),
            format!("sha512:{}", "a".repeat(64)),
            "md5:d41d8cd98f00b204e9800998ecf8427e".into(),
            format!("sha256:../{}", "a".repeat(61)),
            format!(" sha256:{}", "a".repeat(64)),
        ] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<Digest>("\"sha256:12\"").is_err());
        assert_eq!(
            "md5:x".parse::<Digest>().expect_err("md5").to_string(),
            "invalid digest \"md5:x\": the algorithm is not sha256 or sha512"
        );
    }
}
