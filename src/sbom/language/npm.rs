//! npm: every `package.json` that has a name and a version, the application's own too.
//!
//! <https://docs.npmjs.com/cli/v11/configuring-npm/package-json>

use std::collections::BTreeMap;

use super::json::{self, Value};
use super::with_namespace;
use crate::filesystem::{Entry, split};
use crate::sbom::{Cataloger, Evidence, Kind, Package, Unreadable};

const MAX_SIZE: u64 = 4 << 20;

/// Reads `package.json`.
pub(super) struct Npm;

impl Cataloger for Npm {
    fn name(&self) -> &'static str {
        "npm-package"
    }

    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        entry.is_file() && split(path).1 == b"package.json"
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        // A map, for of a key that is there twice the last one counts, as for Node.js.
        let Document(mut fields) = json::read(evidence, MAX_SIZE)?;
        let mut text = |key: &str| fields.remove(key).and_then(Value::into_text);
        let (Some(name), Some(version)) = (text("name"), text("version")) else {
            return Ok(());
        };
        let mut licenses = fields.remove("license").unwrap_or_default().into_texts();
        licenses.append(&mut fields.remove("licenses").unwrap_or_default().into_texts());
        let (namespace, name) = with_namespace(&name);
        found.push(Package { namespace, licenses, ..Package::new(Kind::Npm, name, version) });
        Ok(())
    }
}

/// The fields of the document that matter; none when it is no object.
struct Document(BTreeMap<String, Value>);

const FIELDS: [&str; 4] = ["name", "version", "license", "licenses"];

impl<'de> serde::Deserialize<'de> for Document {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> serde::de::Visitor<'de> for Fields {
            type Value = Document;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some(key) = map.next_key::<String>()? {
                    if FIELDS.contains(&key.as_str()) {
                        fields.insert(key, map.next_value()?);
                    } else {
                        map.next_value::<serde::de::IgnoredAny>()?;
                    }
                }
                Ok(Document(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{names, read};
    use super::*;

    #[test]
    fn documents() {
        let table: &[(&str, &[&str])] = &[
            (r#"{"name":"outer","version":"2.0.1"}"#, &["outer@2.0.1"]),
            ("\u{feff}{\"name\":\"bom-pkg\",\"version\":\"1.2.3\"}", &["bom-pkg@1.2.3"]),
            (
                r#"{"name":"@scope/pkg","version":"1.0.0-beta.1+build.5","x":{"name":1}}"#,
                &["@scope/pkg@1.0.0-beta.1+build.5"],
            ),
            (r#"{"name":"a","version":"1","name":"b"}"#, &["b@1"]),
            (r#"{"name":"a"}"#, &[]),
            (r#"{"name":"a","version":""}"#, &[]),
            (r#"{"name":"a","version":7}"#, &[]),
            (r#"{"name":["a"],"version":"1"}"#, &[]),
            ("{}", &[]),
        ];
        for (text, wanted) in table {
            assert_eq!(names(&Npm, "a/package.json", text.as_bytes()), *wanted, "{text}");
        }
    }

    #[test]
    fn licenses() {
        let text = r#"{"name":"a","version":"1","license":{"type":"MIT"},"licenses":[{"type":"ISC","url":"u"},"BSD"]}"#;
        assert_eq!(read(&Npm, "package.json", text.as_bytes()).0[0].licenses, ["MIT", "ISC", "BSD"]);
    }

    #[test]
    fn broken() {
        for text in [
            &b"not json"[..],
            b"{\"name\":\"a\",\"version\":\"1\"",
            b"\xff\xfe{\0}\0",
            b"[]",
            b"{\"name\":\"a\xff\",\"version\":\"1\"}",
        ] {
            let (found, problem) = read(&Npm, "a/package.json", text);
            assert!(
                found.is_empty() && problem.is_some_and(|problem| problem.starts_with("is no such JSON")),
                "{text:?}"
            );
        }
        let large = [b"{\"a\":\"", &b"x".repeat(5 << 20)[..], b"\"}"].concat();
        assert_eq!(read(&Npm, "a/package.json", &large).1.as_deref(), Some("is larger than 4 MiB"));
    }
}
