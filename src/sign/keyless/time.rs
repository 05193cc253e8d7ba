//! Times: seconds since 1970, which is the precision of everything that certificates, logs and time stamps say.

use crate::timestamp;

/// Reads a time of RFC 3339 in UTC, as protobuf's JSON has it; fractions of a second are left out.
pub(super) fn parse(text: &str) -> Option<u64> {
    let seconds = timestamp::parse(text).filter(|_| text[10..].starts_with('T') && text.ends_with('Z'))?;
    u64::try_from(seconds).ok()
}

/// Reads an ASN.1 GeneralizedTime with seconds, in UTC; RFC 3161 allows fractions of a second.
pub(super) fn parse_generalized(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "1"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) || !digits(fraction) || fraction.is_empty() || fraction.ends_with('0') {
        return None;
    }
    let [year, month, day] = [&whole[..4], &whole[4..6], &whole[6..8]];
    let [hour, minute, second] = [&whole[8..10], &whole[10..12], &whole[12..]];
    parse(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}

/// Writes a time as `2024-01-02T03:04:05Z`.
pub(super) fn written(seconds: u64) -> String {
    timestamp::format(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// When something is trusted, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sign) struct Window {
    pub(in crate::sign) start: u64,
    pub(in crate::sign) end: Option<u64>,
}

impl Window {
    pub(in crate::sign) fn has(&self, time: u64) -> bool {
        self.start <= time && self.end.is_none_or(|end| time <= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, wanted) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2022-10-31T23:59:59.999Z", Some(1_667_260_799)),
            ("2022-10-31T23:59:59Z", Some(1_667_260_799)),
            ("2022-10-31T23:59:59", None),
            ("2022-10-31T23:59:59.Z", None),
            ("2022-10-31T23:59:59.xZ", None),
            ("2022-10-31T23:59:59+00:00", None),
            ("2022-13-31T23:59:59Z", None),
            ("2022-02-29T23:59:59Z", None),
            ("2022-10-31 23:59:59Z", None),
            ("1969-12-31T23:59:59Z", None),
            ("", None),
        ] {
            assert_eq!(parse(text), wanted, "{text}");
        }
        for (text, wanted) in [
            ("19700101000000Z", Some(0)),
            ("20221031235959Z", Some(1_667_260_799)),
            ("20221031235959.5Z", Some(1_667_260_799)),
            ("20221031235959.50Z", None),
            ("20221031235959.Z", None),
            ("202210312359Z", None),
            ("20221031235959+0000", None),
            ("20221331235959Z", None),
            ("20220229235959Z", None),
            ("2022103123595\u{e4}", None),
        ] {
            assert_eq!(parse_generalized(text.as_bytes()), wanted, "{text}");
        }
        assert_eq!(written(1_667_260_799), "2022-10-31T23:59:59Z");
        assert!(written(u64::MAX).ends_with('Z'));
        let window = Window { start: 5, end: Some(7) };
        assert_eq!([4, 5, 7, 8].map(|time| window.has(time)), [false, true, true, false]);
        assert!(Window { start: 5, end: None }.has(u64::MAX));
    }
}
