//! What the name of an archive says: `commons-io-2.11.0.jar`.

/// Words that stand in versions before a number.
const QUALIFIERS: [&str; 12] = ["alpha", "beta", "rc", "cr", "m", "b", "p", "sp", "pre", "build", "patch", "snapshot"];

/// Splits the name of an archive, without folders and extension, into name and version.
pub(super) fn split(stem: &str) -> (&str, Option<&str>) {
    let mut version = None;
    let mut before = "";
    let mut at = 0;
    for part in stem.split('-') {
        let starts_with_digit = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
        let qualifies = QUALIFIERS.contains(&before.to_ascii_lowercase().as_str()) && version.is_some();
        // Of `log4j-1.2-api-2.17.1` the last number counts, of `x-1.0-beta-2` and `x-1.0-2` the first.
        if at > 0 && starts_with_digit(part) && !starts_with_digit(before) && !qualifies {
            version = Some(at);
        }
        before = part;
        at += part.len() + 1;
    }
    match version {
        Some(at) => (&stem[..at - 1], Some(&stem[at..])),
        None => (stem, None),
    }
}

/// Returns the last part of a path without its extension.
pub(super) fn stem(path: &[u8]) -> String {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let end = name.iter().rposition(|byte| *byte == b'.').unwrap_or(name.len());
    String::from_utf8_lossy(&name[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions() {
        let table = [
            ("commons-nothing-3.12.0", ("commons-nothing", Some("3.12.0"))),
            ("log4j-1.2-api-2.17.1", ("log4j-1.2-api", Some("2.17.1"))),
            ("x-1.0-beta-2", ("x", Some("1.0-beta-2"))),
            ("x-1.0-2", ("x", Some("1.0-2"))),
            ("guava-31.1-jre", ("guava", Some("31.1-jre"))),
            ("x-1.0-SNAPSHOT", ("x", Some("1.0-SNAPSHOT"))),
            ("web", ("web", None)),
            ("7zip", ("7zip", None)),
            ("-1", ("", Some("1"))),
            ("", ("", None)),
        ];
        for (text, wanted) in table {
            assert_eq!(split(text), wanted, "{text}");
        }
        assert_eq!(stem(b"opt/java/web.v2.war"), "web.v2");
        assert_eq!(stem(b"x"), "x");
    }
}
