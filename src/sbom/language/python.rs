//! Python: the metadata of installed distributions.
//!
//! Core metadata: <https://packaging.python.org/en/latest/specifications/core-metadata/>. Only the header block is read; behind it stands
//! the description.

use std::io::{BufRead, BufReader, Read};

use crate::filesystem::{Entry, split};
use crate::sbom::{Cataloger, Evidence, Kind, Package, Unreadable, licenses};

/// A header block is not larger; a license text may stand in it.
const MAX_HEADERS: u64 = 1 << 20;
/// More than so many licenses no distribution has.
const MAX_LICENSES: usize = 100;

/// Reads `METADATA` and `PKG-INFO`.
pub(super) struct Python;

impl Cataloger for Python {
    fn name(&self) -> &'static str {
        "python-installed"
    }

    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        entry.is_file() && is_metadata(path)
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        let headers = Headers::read(&mut *evidence.content)?;
        let (Some(name), Some(version)) = (headers.name, headers.version) else {
            return Err(Unreadable::new("says no name and version"));
        };
        // Some put the whole text of the license where its name belongs.
        let license = headers.license.filter(|license| licenses::is_name(license));
        let licenses = match (headers.expression, license) {
            (Some(license), _) | (None, Some(license)) => vec![license],
            (None, None) => headers.classifiers,
        };
        found.push(Package { licenses, ..Package::new(Kind::Python, name, version) });
        Ok(())
    }
}

fn is_metadata(path: &[u8]) -> bool {
    let (directory, name) = split(path);
    let (parent, inside) = split(directory);
    match name {
        b"METADATA" => inside.ends_with(b".dist-info"),
        b"PKG-INFO" if inside == b"EGG-INFO" => parent.ends_with(b".egg"),
        b"PKG-INFO" => inside.ends_with(b".egg-info") || inside.ends_with(b".dist-info"),
        _ => name.ends_with(b".egg-info"),
    }
}

#[derive(Default)]
struct Headers {
    name: Option<String>,
    version: Option<String>,
    expression: Option<String>,
    license: Option<String>,
    classifiers: Vec<String>,
}

impl Headers {
    /// Reads up to the first empty line.
    fn read(content: impl Read) -> Result<Self, Unreadable> {
        let mut headers = Self::default();
        let mut lines = BufReader::new(content.take(MAX_HEADERS));
        let mut line = Vec::new();
        loop {
            line.clear();
            lines.read_until(b'\n', &mut line)?;
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end();
            if text.is_empty() {
                return Ok(headers);
            }
            // What is indented continues a header of which the first line is enough.
            if text.starts_with([' ', '\t']) {
                continue;
            }
            let Some((key, value)) = text.split_once(':') else {
                return Ok(headers);
            };
            headers.take(key, value.trim());
        }
    }

    fn take(&mut self, key: &str, value: &str) {
        if value.is_empty() || value == "UNKNOWN" {
            return;
        }
        let field = match key.to_ascii_lowercase().as_str() {
            "name" => &mut self.name,
            "version" => &mut self.version,
            "license-expression" => &mut self.expression,
            "license" => &mut self.license,
            "classifier" => return self.take_classifier(value),
            _ => return,
        };
        // Of what is there twice, the first counts, as for Python's own reader.
        field.get_or_insert_with(|| value.to_owned());
    }

    fn take_classifier(&mut self, value: &str) {
        let mut parts = value.split(" :: ");
        if parts.next() == Some("License")
            && let Some(license) = parts.last().filter(|license| *license != "OSI Approved")
            && self.classifiers.len() < MAX_LICENSES
        {
            self.classifiers.push(license.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{names, read};
    use super::*;

    #[test]
    fn which_files() {
        let table = [
            ("lib/site-packages/a-1.dist-info/METADATA", true),
            ("a.egg-info/PKG-INFO", true),
            ("a-1.egg-info", true),
            ("a-1-py3.egg/EGG-INFO/PKG-INFO", true),
            ("EGG-INFO/PKG-INFO", false),
            ("src/PKG-INFO", false),
            ("dist-info/METADATA", false),
            ("a.dist-info/METADATA/x", false),
        ];
        for (path, wanted) in table {
            assert_eq!(is_metadata(path.as_bytes()), wanted, "{path}");
        }
    }

    #[test]
    fn headers() {
        let path = "a.dist-info/METADATA";
        let text = b"Metadata-Version: 2.1\r\nname:  Flask \r\nVersion: 3.1.3\r\nLicense: BSD\r\n  and more\r\n\r\nName: other\r\n";
        let (found, problem) = read(&Python, path, text);
        assert_eq!((found[0].name.as_str(), found[0].version.as_str(), problem), ("Flask", "3.1.3", None));
        assert_eq!(found[0].licenses, ["BSD"]);
        let text = b"Name: a\nVersion: 1\nLicense: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\n";
        assert_eq!(read(&Python, path, text).0[0].licenses, ["MIT License"]);
        let text = b"Name: a\nVersion: 1\nLicense: old\nLicense-Expression: MIT OR ISC";
        assert_eq!(read(&Python, path, text).0[0].licenses, ["MIT OR ISC"]);
        assert_eq!(names(&Python, path, b"Name: caf\xe9\nName: b\nVersion: 1+local"), ["caf\u{fffd}@1+local"]);
    }

    #[test]
    fn broken() {
        for text in
            [&b""[..], b"\nName: a\nVersion: 1", b"Name: a\n", b"Name: a\nVersion:\n", b"garbage\nName: a\nVersion: 1"]
        {
            let (found, problem) = read(&Python, "a.egg-info", text);
            assert!(found.is_empty() && problem.as_deref() == Some("says no name and version"), "{text:?}");
        }
        let endless = b"Name: a\nVersion: 1\nLicense: ".iter().copied().chain(b"x".repeat(3 << 20)).collect::<Vec<_>>();
        let (found, _) = read(&Python, "a.egg-info", &endless);
        assert!(found[0].licenses.is_empty());
        let text = b"Name: a\nVersion: 1\nLicense: Copyright (c) 2020, X\n  All rights.\nClassifier: License :: OSI Approved :: BSD License\n";
        assert_eq!(read(&Python, "a.egg-info", text).0[0].licenses, ["BSD License"]);
    }
}
