//! Times for people, in UTC.

use stevedore::timestamp;

/// Writes seconds since 1970 as `2024-01-02 03:04`, whatever the year.
pub(super) fn minute(seconds: i64) -> String {
    let mut text = timestamp::format(seconds).replace('T', " ");
    text.truncate(text.len() - ":05Z".len());
    text
}

/// Writes seconds since 1970 as `2024-01-02T03:04:05.006Z`.
pub(super) fn instant(seconds: i64, milliseconds: u32) -> String {
    let text = timestamp::format(seconds);
    format!("{}.{milliseconds:03}Z", text.trim_end_matches('Z'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes() {
        let table = [
            (0, "1970-01-01 00:00"),
            (-1, "1969-12-31 23:59"),
            (951_782_400, "2000-02-29 00:00"),
            (1_704_164_645, "2024-01-02 03:04"),
            (4_102_444_799, "2099-12-31 23:59"),
            (253_402_300_800, "10000-01-01 00:00"),
        ];
        for (seconds, text) in table {
            assert_eq!(minute(seconds), text);
        }
        assert_eq!(instant(1_704_164_645, 6), "2024-01-02T03:04:05.006Z");
        assert!(!minute(i64::MAX).is_empty() && !minute(i64::MIN).is_empty());
    }
}
