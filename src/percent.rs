//! Percent encoding (RFC 3986, section 2.1): what is escaped where, and decoding that refuses what the crate lets through.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

/// What stays readable in the value of a query: what digests, scopes and names are made of.
#[cfg(any(feature = "client", feature = "server"))]
const QUERY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'/');

/// What the registry client leaves readable besides: lists of actions, and all of them.
#[cfg(feature = "client")]
const SCOPE: &AsciiSet = &QUERY.remove(b',').remove(b'@').remove(b'*');

/// What never has a meaning in a package URL.
#[cfg(feature = "sbom")]
const PURL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// Encodes a value of a query that a server of ours writes.
#[cfg(feature = "server")]
pub(crate) fn query(value: &str) -> PercentEncode<'_> {
    utf8_percent_encode(value, QUERY)
}

/// Encodes a value of a query of the registry client's.
#[cfg(feature = "client")]
pub(crate) fn scope(value: &str) -> PercentEncode<'_> {
    utf8_percent_encode(value, SCOPE)
}

/// Encodes one component of a package URL.
#[cfg(feature = "sbom")]
pub(crate) fn purl(component: &str) -> PercentEncode<'_> {
    utf8_percent_encode(component, PURL)
}

/// Decodes escapes; nothing when one of them is cut or not hexadecimal, or when they are not UTF-8 together.
#[cfg(any(feature = "server", feature = "sbom", feature = "openpgp"))]
pub(crate) fn decode(text: &str) -> Option<String> {
    // The crate takes a `%` that begins no escape for itself.
    let is_escape = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|digit| digit.is_ascii_hexdigit());
    if !text.split('%').skip(1).all(is_escape) {
        return None;
    }
    percent_encoding::percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

#[cfg(all(test, feature = "client", feature = "server", feature = "sbom"))]
mod tests {
    use super::*;

    #[test]
    fn each_place_has_its_set() {
        let all: String = (0..0x80_u8).map(char::from).chain(['ä']).collect();
        let kept = |encoded: PercentEncode<'_>| -> String {
            let pieces = encoded.filter(|piece| !piece.starts_with('%'));
            pieces.collect::<String>().chars().filter(|each| !each.is_ascii_alphanumeric()).collect()
        };
        assert_eq!(
            (kept(query(&all)), kept(scope(&all)), kept(purl(&all))),
            ("-./:_~".into(), "*,-./:@_~".into(), "-.:_~".into())
        );
        assert_eq!(query("a+b c\u{7f}ä%").to_string(), "a%2Bb%20c%7F%C3%A4%25");
        assert_eq!(decode(&query(&all).to_string()), Some(all));
    }

    #[test]
    fn escapes_are_whole_and_text() {
        for (text, wanted) in [
            ("", Some("")),
            ("plain+text", Some("plain+text")),
            ("%41%4a%4A%2f", Some("AJJ/")),
            ("%C3%A4", Some("ä")),
            ("ä%25", Some("ä%")),
            ("%2541", Some("%41")),
            ("%", None),
            ("%4", None),
            ("%zz", None),
            ("%4z", None),
            ("%+1", None),
            ("%%41", None),
            ("%4ä", None),
            ("%ff", None),
            ("%C3%", None),
            ("%C3", None),
        ] {
            assert_eq!(decode(text).as_deref(), wanted, "{text}");
        }
    }
}
