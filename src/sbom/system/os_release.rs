//! `os-release`: which distribution an image is.
//!
//! <https://www.freedesktop.org/software/systemd/man/latest/os-release.html>: assignments of shell variables, of which values may be quoted.

use std::io::{self, Read};

/// A file larger than this is none.
const MAX_SIZE: u64 = 64 * 1024;

/// Where it is looked for, the first first.
pub(in crate::sbom) const PLACES: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];

/// What a distribution says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OsRelease {
    /// `ID`, such as `debian`; `linux` when it is not given.
    pub id: String,
    /// `VERSION_ID`, such as `12`, or nothing.
    pub version: String,
    /// `PRETTY_NAME`, or nothing.
    pub name: String,
    /// `ID_LIKE`: the distributions that it comes from, the closest first.
    pub like: Vec<String>,
}

impl OsRelease {
    /// Reads one.
    ///
    /// # Errors
    /// When the content cannot be read.
    pub fn read(content: impl Read) -> io::Result<Self> {
        let mut bytes = Vec::new();
        content.take(MAX_SIZE).read_to_end(&mut bytes)?;
        Ok(Self::parse(&String::from_utf8_lossy(&bytes)))
    }

    /// Parses one; what is no assignment is passed over.
    pub fn parse(text: &str) -> Self {
        let mut release = Self { id: "linux".to_owned(), ..Self::default() };
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            let Some((key, value)) = line.split_once('=') else { continue };
            let value = unquote(value.trim());
            match key.trim() {
                "ID" if !value.is_empty() => release.id = value,
                "VERSION_ID" => release.version = value,
                "PRETTY_NAME" => release.name = value,
                "ID_LIKE" => release.like = value.split_whitespace().map(str::to_owned).collect(),
                _ => {}
            }
        }
        release
    }

    /// Returns what package URLs call it: `debian-12`.
    pub fn distro(&self) -> String {
        if self.version.is_empty() { self.id.clone() } else { format!("{}-{}", self.id, self.version) }
    }
}

/// Takes the quotes away as a shell does; in double quotes a backslash hides the meaning of the next character.
fn unquote(value: &str) -> String {
    let mut plain = String::new();
    let mut quote = None;
    let mut rest = value.chars();
    while let Some(next) = rest.next() {
        match (next, quote) {
            ('\'' | '"', None) => quote = Some(next),
            (_, Some(open)) if next == open => quote = None,
            ('\\', None | Some('"')) => plain.extend(rest.next()),
            (_, None) if next.is_whitespace() => break,
            _ => plain.push(next),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions() {
        let text = "# comment\nNAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME='Debian \"12\"'\nID_LIKE=\"rhel centos\"\nnonsense";
        let release = OsRelease::parse(text);
        assert_eq!((release.id.as_str(), release.version.as_str()), ("debian", "12"));
        assert_eq!(release.name, "Debian \"12\"");
        assert_eq!((release.distro().as_str(), release.like.len()), ("debian-12", 2));
        assert_eq!(OsRelease::parse("").distro(), "linux");
        assert_eq!(OsRelease::parse("ID=arch # rolling").distro(), "arch");
        assert_eq!(OsRelease::parse(r#"PRETTY_NAME="a \"b\" \$c""#).name, "a \"b\" $c");
    }
}
