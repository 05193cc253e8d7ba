//! Times for people, in UTC.

/// Writes seconds since 1970 as `2024-01-02 03:04`, whatever the year.
pub(super) fn minute(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", rest / 3600, rest % 3600 / 60)
}

/// Writes seconds since 1970 as `2024-01-02T03:04:05Z`.
pub(super) fn rfc3339(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest % 3600 / 60, rest % 60)
}

/// Writes seconds since 1970 as `2024-01-02T03:04:05.006Z`.
pub(super) fn instant(seconds: i64, milliseconds: u32) -> String {
    let minute = minute(seconds).replace(' ', "T");
    format!("{minute}:{:02}.{milliseconds:03}Z", seconds.rem_euclid(60))
}

/// Turns days since 1970 into a date of the Gregorian calendar: Howard Hinnant's `civil_from_days`, whose years begin in March.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
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
        assert_eq!(rfc3339(1_704_164_645), "2024-01-02T03:04:05Z");
        assert_eq!(instant(1_704_164_645, 6), "2024-01-02T03:04:05.006Z");
        assert!(!minute(i64::MAX).is_empty() && !minute(i64::MIN).is_empty());
    }
}
