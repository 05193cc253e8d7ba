//! Times: seconds since 1970, which is the precision of everything that certificates, logs and time stamps say.

use std::time::Duration;

use der::DateTime;

/// Reads a time of RFC 3339 in UTC, as protobuf's JSON has it; fractions of a second are left out.
pub(super) fn parse(text: &str) -> Option<u64> {
    let whole = text.strip_suffix('Z')?;
    let (whole, fraction) = whole.split_once('.').unwrap_or((whole, "0"));
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let time: DateTime = format!("{whole}Z").parse().ok()?;
    Some(time.unix_duration().as_secs())
}

/// Reads an ASN.1 GeneralizedTime with seconds, in UTC; RFC 3161 allows fractions of a second.
pub(super) fn parse_generalized(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "1"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) || !digits(fraction) || fraction.is_empty() || fraction.ends_with('0') {
        return None;
    }
    let number = |range: std::ops::Range<usize>| whole[range].parse::<u8>().ok();
    let year = whole[..4].parse().ok()?;
    let time = DateTime::new(year, number(4..6)?, number(6..8)?, number(8..10)?, number(10..12)?, number(12..14)?);
    Some(time.ok()?.unix_duration().as_secs())
}

/// Writes a time as `2024-01-02T03:04:05Z`.
pub(super) fn written(seconds: u64) -> String {
    match DateTime::from_unix_duration(Duration::from_secs(seconds)) {
        Ok(time) => time.to_string(),
        // Years with five digits: no certificate reaches there, but a number in a message may.
        Err(_) => format!("{seconds} s after 1970"),
    }
}

/// When something is trusted, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) start: u64,
    pub(super) end: Option<u64>,
}

impl Window {
    pub(super) fn has(&self, time: u64) -> bool {
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
            ("2022103123595\u{e4}", None),
        ] {
            assert_eq!(parse_generalized(text.as_bytes()), wanted, "{text}");
        }
        assert_eq!(written(1_667_260_799), "2022-10-31T23:59:59Z");
        assert_eq!(written(u64::MAX), format!("{} s after 1970", u64::MAX));
        let window = Window { start: 5, end: Some(7) };
        assert_eq!([4, 5, 7, 8].map(|time| window.has(time)), [false, true, true, false]);
        assert!(Window { start: 5, end: None }.has(u64::MAX));
    }
}
