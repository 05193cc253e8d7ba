//! Programs that say in a file what they are: `release` of a JDK, and `VERSION` of Go's tools.
//!
//! JEP 223 has the members of `release`: <https://openjdk.org/jeps/223>.

use super::scan::escape;
use crate::filesystem::{Entry, split};
use crate::sbom::{Cataloger, Evidence, Kind, Package, Unreadable};

/// Both files have some hundred bytes; a JDK's lists its modules.
const MAX_SIZE: u64 = 64 * 1024;

/// Reads `release` and `VERSION`.
pub(in crate::sbom) struct Release;

impl Cataloger for Release {
    fn name(&self) -> &'static str {
        "release-file"
    }

    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        let (folder, name) = split(path);
        entry.is_file() && (name == b"release" || name == b"VERSION" && split(folder).1 == b"go")
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        let text = evidence.text(MAX_SIZE)?;
        found.extend(if evidence.path.ends_with(b"release") { java(&text) } else { go(&text) });
        Ok(())
    }
}

fn is_version(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-' | b'_');
    text.len() <= 64 && text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(plain)
}

/// `go1.22.1` in the first line.
fn go(text: &str) -> Option<Package> {
    let version = text.lines().next()?.trim().strip_prefix("go").filter(|version| is_version(version))?;
    let cpes = vec![format!("cpe:2.3:a:golang:go:{}:*:*:*:*:*:*:*", escape(version))];
    Some(Package { cpes, ..Package::new(Kind::Generic, "go", version) })
}

/// `JAVA_VERSION="17.0.10"`, and more of the same kind.
fn java(text: &str) -> Option<Package> {
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        Some(line.trim().trim_matches('"')).filter(|value| !value.is_empty())
    };
    let short = value("JAVA_VERSION").filter(|version| is_version(version))?;
    let full = value("JAVA_RUNTIME_VERSION").filter(|version| is_version(version));
    let full = full.or_else(|| value("SEMANTIC_VERSION").filter(|version| is_version(version)));
    let version = full.unwrap_or(short);
    let implementor = value("IMPLEMENTOR").unwrap_or_default();
    let (product, name) = match value("GRAALVM_VERSION") {
        Some(_) => ("oracle:graalvm", "graalvm"),
        None if implementor.to_ascii_lowercase().contains("azul") => ("azul:zulu", "zulu"),
        None => ("oracle:openjdk", "openjdk"),
    };
    let cpes = vec![format!("cpe:2.3:a:{product}:{}:*:*:*:*:*:*:*", escape(version))];
    let supplier = Some(implementor.to_owned()).filter(|implementor| !implementor.is_empty());
    Some(Package { cpes, supplier, ..Package::new(Kind::Generic, name, version) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sbom::language::tests::names;

    #[test]
    fn files_of_toolchains() {
        let temurin = "IMPLEMENTOR=\"Eclipse Adoptium\"\nJAVA_RUNTIME_VERSION=\"17.0.10+7\"\nJAVA_VERSION=\"17.0.10\"\nIMAGE_TYPE=\"JRE\"\n";
        let table: &[(&str, &str, &[&str])] = &[
            ("usr/local/go/VERSION", "go1.22.1\ntime 2024-03-04T17:19:34Z\n", &["go@1.22.1"]),
            ("usr/local/go/VERSION", "go1.20", &["go@1.20"]),
            ("usr/local/go/VERSION", "devel go1.23-abc", &[]),
            ("opt/java/openjdk/release", temurin, &["openjdk@17.0.10+7"]),
            ("opt/zulu/release", "IMPLEMENTOR=\"Azul Systems, Inc.\"\nJAVA_VERSION=\"21.0.2\"\n", &["zulu@21.0.2"]),
            ("opt/old/release", "JAVA_VERSION=\"1.8.0_392\"\nOS_NAME=\"Linux\"\n", &["openjdk@1.8.0_392"]),
            ("opt/graal/release", "JAVA_VERSION=\"21\"\nGRAALVM_VERSION=\"23.1.0\"", &["graalvm@21"]),
            ("etc/release", "JAVA_VERSION=\"two words\"\n", &[]),
            ("etc/release", "Debian\n", &[]),
        ];
        for (path, text, wanted) in table {
            assert_eq!(names(&Release, path, text.as_bytes()), *wanted, "{path} {text}");
        }
    }
}
