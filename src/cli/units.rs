//! Numbers for people: bytes in powers of ten, durations.

use std::time::Duration;

const UNITS: [(&str, u64); 5] =
    [("B", 1), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000)];

/// Formats a number of bytes: `512 B`, `2.9 MB`, `41 MB`.
pub(crate) fn bytes(count: u64) -> String {
    let (name, unit) = unit_of(count);
    format!("{} {name}", in_unit(count, unit))
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

/// Formats a count with its noun: `1 blob`, `2 blobs`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
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
}
