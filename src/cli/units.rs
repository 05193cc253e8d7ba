//! Numbers for people: bytes in powers of ten, durations, times in UTC.

use std::time::Duration;

use stevedore::timestamp;

const UNITS: [(&str, u64); 5] =
    [("B", 1), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000)];

/// Formats a number of bytes: `512 B`, `2.9 MB`, `41 MB`.
pub(crate) fn bytes(count: u64) -> String {
    let (name, unit) = unit_of(count);
    format!("{} {name}", in_unit(count, unit))
}

/// Reads a number of bytes: `4096`, `20GB`, `4MiB`.
pub(crate) fn size(text: &str) -> Result<u64, &'static str> {
    const FORM: &str = "expected a size such as 500MB, 20GB or 4MiB";
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| FORM)?;
    let unit = match unit {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return Err(FORM),
    };
    number.checked_mul(unit).ok_or("this is more than there is room for")
}

/// Formats a part of a whole in the whole's unit: `1.8/2.9 GB`.
pub(crate) fn part(done: u64, total: u64) -> String {
    let (name, unit) = unit_of(total);
    format!("{}/{} {name}", in_unit(done, unit), in_unit(total, unit))
}

/// Formats a remaining time in whole seconds: `27s`, `3m05s`, `1h02m`.
pub(crate) fn remaining(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Formats a time that has passed: `0.4 s`, `12 s`, `3m05s`.
pub(crate) fn elapsed(time: Duration) -> String {
    let tenths = (time.as_millis() + 50) / 100;
    match tenths {
        0..100 => format!("{}.{} s", tenths / 10, tenths % 10),
        100..600 => format!("{} s", (tenths + 5) / 10),
        _ => remaining(time.as_secs()),
    }
}

/// Reads a time: `90s`, `5m`, `1h`, `7d`.
#[cfg(feature = "server")]
pub(crate) fn duration(text: &str) -> super::Result<Duration, &'static str> {
    let wrong = "expected a number above 0 with s, m, h or d, as in 5m";
    let split = text.len().checked_sub(1).filter(|at| text.is_char_boundary(*at)).ok_or(wrong)?;
    let (number, unit) = text.split_at(split);
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong),
    };
    let number: u32 = number.parse().ok().filter(|number| *number > 0).ok_or(wrong)?;
    Ok(Duration::from_secs(u64::from(number) * unit))
}

/// Writes seconds since 1970 as `2024-01-02 03:04`, whatever the year.
pub(crate) fn minute(seconds: i64) -> String {
    let mut text = timestamp::format(seconds).replace('T', " ");
    text.truncate(text.len() - ":05Z".len());
    text
}

/// Formats a count with its noun: `1 blob`, `2 blobs`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Joins counts that are not zero, each with what was counted, behind a colon: `: 3 sent, 1 failed`; nothing when all are.
pub(crate) fn counts(counts: &[(usize, &str)]) -> String {
    let parts = counts.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}"));
    let parts = parts.collect::<Vec<_>>().join(", ");
    if parts.is_empty() { parts } else { format!(": {parts}") }
}

/// The largest unit of which there is at least one, after rounding: 999,999 bytes are 1.0 MB.
fn unit_of(count: u64) -> (&'static str, u64) {
    let fits = |unit: u64| unit == 1 || count.saturating_add(unit / 2000) >= unit;
    *UNITS.iter().rev().find(|(_, unit)| fits(*unit)).unwrap_or(&UNITS[0])
}

fn in_unit(count: u64, unit: u64) -> String {
    let tenths = (u128::from(count) * 10 + u128::from(unit) / 2) / u128::from(unit);
    if unit == 1 {
        return count.to_string();
    }
    if tenths < 100 {
        return format!("{}.{}", tenths / 10, tenths % 10);
    }
    ((u128::from(count) + u128::from(unit) / 2) / u128::from(unit)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "server")]
    #[test]
    fn times_are_read() {
        for (text, seconds) in [("90s", 90), ("5m", 300), ("1h", 3600), ("7d", 604_800)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["", "5", "m", "0s", "-1s", "1.5h", "5µ", "99999999999d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn bytes_are_short() {
        let table: &[(u64, &str)] = &[
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (2_949_120, "2.9 MB"),
            (9_949_999, "9.9 MB"),
            (9_950_000, "10 MB"),
            (41_000_000, "41 MB"),
            (999_400, "999 kB"),
            (999_500, "1.0 MB"),
            (999_499_999, "999 MB"),
            (999_500_000, "1.0 GB"),
            (u64::MAX, "18446744 TB"),
        ];
        for (count, text) in table {
            assert_eq!(bytes(*count), *text, "{count}");
        }
        assert_eq!(part(1_798_000_000, 2_900_000_000), "1.8/2.9 GB");
        assert_eq!(part(0, 12_000), "0.0/12 kB");
        assert_eq!(part(0, 0), "0/0 B");
    }

    #[test]
    fn times_are_short() {
        for (seconds, text) in [(0, "0s"), (27, "27s"), (185, "3m05s"), (3720, "1h02m")] {
            assert_eq!(remaining(seconds), text);
        }
        for (millis, text) in
            [(0, "0.0 s"), (40, "0.0 s"), (430, "0.4 s"), (9949, "9.9 s"), (12_300, "12 s"), (185_000, "3m05s")]
        {
            assert_eq!(elapsed(Duration::from_millis(millis)), text);
        }
        assert_eq!(count(1, "blob"), "1 blob");
        assert_eq!(count(0, "blob"), "0 blobs");
    }

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
        assert!(!minute(i64::MAX).is_empty() && !minute(i64::MIN).is_empty());
    }
}
