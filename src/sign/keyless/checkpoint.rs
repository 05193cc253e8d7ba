//! Checkpoints: what a log says of its tree, signed.
//!
//! C2SP, "signed-note" and "tlog-checkpoint": <https://c2sp.org/signed-note> and <https://c2sp.org/tlog-checkpoint>

use super::Refusal;
use super::merkle::Node;
use super::root::Log;
use crate::sign::encoding::decode;

/// The most signatures that are looked at.
const MAX_SIGNATURES: usize = 64;

/// A checkpoint, whose signatures are not verified.
pub(super) struct Checkpoint<'a> {
    /// What is signed.
    text: &'a str,
    origin: &'a str,
    pub(super) size: u64,
    pub(super) root: Node,
    signatures: Vec<Line<'a>>,
}

struct Line<'a> {
    name: &'a str,
    /// Which key it claims to be of, and the signature.
    content: Vec<u8>,
}

impl<'a> Checkpoint<'a> {
    /// Reads a checkpoint.
    pub(super) fn parse(note: &'a str) -> Result<Self, Refusal> {
        Self::read(note).ok_or(Refusal::Malformed("checkpoint"))
    }

    fn read(note: &'a str) -> Option<Self> {
        // Signatures stand behind the last empty line; what is signed ends with the line break before it.
        let end = note.rfind("\n\n")?;
        let (text, signatures) = (&note[..=end], &note[end + 2..]);
        let mut lines = text.lines();
        let origin = lines.next().filter(|origin| !origin.is_empty())?;
        let size = lines.next().and_then(number)?;
        let root = decode(lines.next()?)?.try_into().ok()?;
        let signatures: Vec<Line<'_>> =
            signatures.strip_suffix('\n')?.split('\n').map(Line::read).collect::<Option<_>>()?;
        (signatures.len() <= MAX_SIGNATURES).then_some(Self { text, origin, size, root, signatures })
    }

    /// Checks that the log has signed it. `by_name` wants the log's name on it as well, as newer logs are known by.
    pub(super) fn check(&self, log: &Log, by_name: bool) -> Result<(), Refusal> {
        let key = log.key.as_ref().map_err(Clone::clone)?;
        let hint = &log.id[..4];
        let is_signed = |line: &Line<'_>| {
            let (claimed, signature) = line.content.split_at(4);
            let is_named = !by_name || line.name == self.origin && line.name == log.host;
            is_named && claimed == hint && key.verifies(self.text.as_bytes(), signature)
        };
        if self.signatures.iter().any(is_signed) { Ok(()) } else { Err(Refusal::Checkpoint) }
    }
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let (name, content) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let content = decode(content).filter(|content| content.len() > 4)?;
        (!name.is_empty() && !name.contains('+')).then_some(Self { name, content })
    }
}

/// Reads a number that is written in the one way there is.
fn number(text: &str) -> Option<u64> {
    let is_canonical = text == "0" || !text.starts_with('0');
    (is_canonical && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: &str =
        "log.example\n17\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\u{2014} log.example AAAAAAA=\n";

    #[test]
    fn only_whole_checkpoints() {
        let read = |from: &str, to: &str| Checkpoint::read(&NOTE.replacen(from, to, 1)).map(|found| found.size);
        for (from, to, wanted) in [
            ("", "", Some(17)),
            ("=\n\n", "=\nmore\n\n", Some(17)),
            ("17", "0", Some(0)),
            ("17", "017", None),
            ("17", "+17", None),
            ("17", "-1", None),
            ("17\n", "", None),
            ("17", "18446744073709551616", None),
            ("log.example\n", "", None),
            ("log.example\n", "\n", None),
            ("AAAA=\n\n", "AAAAA=\n\n", None),
            ("AAAA=\n\n", "\n\n", None),
            ("\n\n", "\n", None),
            ("AAAAAAA=\n", "AAAAAAA=", None),
            ("AAAAAAA=\n", "AAAA\n", None),
            ("\u{2014} ", "- ", None),
            ("\u{2014} log.example", "\u{2014} ", None),
            ("\u{2014} log.example AAAAAAA=\n", "", None),
        ] {
            assert_eq!(read(from, to), wanted, "{from:?} to {to:?}");
        }
    }
}
