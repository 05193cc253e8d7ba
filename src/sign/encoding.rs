//! Base64 as signatures are written in.

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

const EITHER: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const ANY_STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, EITHER);
const ANY_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, EITHER);

/// Writes standard base64 with padding.
pub(super) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads standard base64 with its padding and no other characters.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Reads base64 of either alphabet, padded or not, as protobuf's JSON allows.
pub(super) fn decode_any(text: &str) -> Option<Vec<u8>> {
    let engine = if text.contains(['-', '_']) { ANY_URL } else { ANY_STANDARD };
    engine.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_and_loose() {
        for (text, strict, any) in [
            ("+/8=", true, true),
            ("+/8", false, true),
            ("-_8=", false, true),
            ("-_8", false, true),
            ("+_8=", false, false),
            ("+/9=", false, false),
            ("+/8=\n", false, false),
            (" +/8=", false, false),
            ("+/8==", false, false),
            ("*", false, false),
            ("", true, true),
        ] {
            assert_eq!(decode(text).is_some(), strict, "{text:?}");
            assert_eq!(decode_any(text).is_some(), any, "{text:?}");
        }
        assert_eq!(decode_any("-_8"), Some(vec![0xfb, 0xff]));
    }
}
