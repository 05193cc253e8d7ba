//! Names from an image as text of one line that says every byte.

use std::fmt::Write;

/// Writes a name so that a terminal shows it and nothing happens: `\xNN` for control characters and backslashes, for what turns the direction
/// of text, and, in a name that is no UTF-8, for every byte beyond ASCII. Two names are never written the same.
pub fn escape(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    match std::str::from_utf8(name) {
        Ok(name) => name.chars().for_each(|each| push(&mut text, each)),
        Err(_) => {
            for byte in name {
                if byte.is_ascii() { push(&mut text, char::from(*byte)) } else { push_byte(&mut text, *byte) }
            }
        }
    }
    text
}

/// Says whether a character makes a terminal do something rather than show it: control characters, and those that turn the direction of the
/// text around them, so that a name reads as another one.
pub fn is_active(each: char) -> bool {
    // Unicode, Bidirectional Algorithm, "Explicit Directional Embeddings, Overrides and Isolates": <https://www.unicode.org/reports/tr9/>.
    each.is_control() || matches!(each, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn push(text: &mut String, each: char) {
    if each == '\\' || is_active(each) {
        each.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| push_byte(text, byte));
    } else {
        text.push(each);
    }
}

fn push_byte(text: &mut String, byte: u8) {
    write!(text, "\\x{byte:02x}").expect("a string takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let table: &[(&[u8], &str)] = &[
            (b"etc/passwd", "etc/passwd"),
            ("uni/caf\u{e9}".as_bytes(), "uni/caf\u{e9}"),
            (b"latin1/caf\xe9 \xff", "latin1/caf\\xe9 \\xff"),
            (b"a\tb\nc\\d\x1b[31m\x7f", "a\\x09b\\x0ac\\x5cd\\x1b[31m\\x7f"),
            ("c1 \u{9b}".as_bytes(), "c1 \\xc2\\x9b"),
            ("gpj\u{202e}gnp.exe".as_bytes(), "gpj\\xe2\\x80\\xaegnp.exe"),
        ];
        for (name, text) in table {
            assert_eq!(escape(name), *text);
        }
    }
}
