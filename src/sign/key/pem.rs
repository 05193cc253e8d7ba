//! PEM blocks, found as OpenSSL and Go find them: text around them and CRLF do not matter.
//!
//! RFC 7468: <https://www.rfc-editor.org/rfc/rfc7468>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::Error;

/// The largest key file that is read, in bytes.
pub const MAX_FILE: usize = 128 * 1024;
/// The characters of a line.
const COLUMNS: usize = 64;

/// A block of a PEM file.
pub(super) struct Block {
    pub(super) label: String,
    pub(super) content: Zeroizing<Vec<u8>>,
}

/// Finds all blocks.
pub(super) fn blocks(text: &str) -> Result<Vec<Block>, Error> {
    if text.len() > MAX_FILE {
        return Err(Error::TooLarge);
    }
    let mut blocks = Vec::new();
    let mut open: Option<(String, Zeroizing<String>)> = None;
    for line in text.lines().map(|line| line.trim_end_matches(['\r', ' ', '\t'])) {
        match &mut open {
            None => open = boundary(line, "BEGIN").map(|label| (label.to_owned(), Zeroizing::default())),
            Some((label, body)) => match boundary(line, "END") {
                Some(end) if end == label => {
                    blocks.push(Block { label: std::mem::take(label), content: decode(body)? });
                    open = None;
                }
                Some(_) => return Err(Error::Pem("a block ends with another label than it begins with")),
                None if line.contains("-----") => return Err(Error::Pem("a block has no end")),
                // RFC 1421 headers: OpenSSL's own encryption, among others.
                None if line.contains(':') => return Err(Error::Pem("a block has headers")),
                None => body.push_str(line.trim()),
            },
        }
    }
    if open.is_some() {
        return Err(Error::Pem("a block has no end"));
    }
    if blocks.is_empty() { Err(Error::Pem("it has no PEM block")) } else { Ok(blocks) }
}

/// Writes a block.
pub(super) fn write(label: &str, content: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(STANDARD.encode(content));
    let mut text = Zeroizing::new(format!("-----BEGIN {label}-----\n"));
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, other) = rest.split_at(rest.len().min(COLUMNS));
        text.push_str(line);
        text.push('\n');
        rest = other;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

fn boundary<'t>(line: &'t str, kind: &str) -> Option<&'t str> {
    let label = line.strip_prefix("-----")?.strip_prefix(kind)?.strip_prefix(' ')?;
    label.strip_suffix("-----")
}

fn decode(body: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    STANDARD.decode(body).map(Zeroizing::new).map_err(|_| Error::Pem("a block is not base64"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Option<Vec<String>> {
        blocks(text).ok().map(|blocks| blocks.into_iter().map(|block| block.label).collect())
    }

    #[test]
    fn blocks_are_found() {
        let one = "-----BEGIN A B-----\nAAAA\n-----END A B-----\n";
        assert_eq!(*write("A B", &[0, 0, 0]), one);
        let many = ["A B".to_owned(), "A B".to_owned()];
        for (text, wanted) in [
            (one.to_owned(), Some(&many[..1])),
            (one.replace('\n', "\r\n"), Some(&many[..1])),
            (format!("Text: before\n{one}and behind"), Some(&many[..1])),
            (format!("{one}{one}"), Some(&many[..])),
            (one.replace("AAAA", "AA\nAA"), Some(&many[..1])),
            (one.trim_end().to_owned(), Some(&many[..1])),
            (one.replace("END A B", "END B"), None),
            (one.replace("AAAA", "AAA"), None),
            (one.replace("AAAA", "A: b\n\nAAAA"), None),
            (one.replace("-----END A B-----", ""), None),
            (one.replace("-----END A B-----", "-----BEGIN A B-----"), None),
            ("nothing".into(), None),
            (String::new(), None),
        ] {
            assert_eq!(labels(&text).as_deref(), wanted, "{text}");
        }
        assert!(matches!(blocks(&" ".repeat(MAX_FILE + 1)), Err(Error::TooLarge)));
    }

    #[test]
    fn lines_have_64_characters() {
        let text = write("X", &[7; 100]);
        let widths: Vec<usize> = text.lines().map(str::len).collect();
        assert_eq!(widths, [17, 64, 64, 8, 15]);
    }
}
