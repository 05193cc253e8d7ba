//! PHP: what composer has installed, in the list of its second version or the bare one of its first.
//!
//! <https://getcomposer.org/doc/07-runtime.md>

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::json::{self, Items, MAX_ITEMS, Value};
use super::with_namespace;
use crate::filesystem::Entry;
use crate::sbom::{Cataloger, Evidence, Kind, Package, Unreadable};

const MAX_SIZE: u64 = 16 << 20;

/// Reads `composer/installed.json`.
pub(super) struct Composer;

impl Cataloger for Composer {
    fn name(&self) -> &'static str {
        "composer-installed"
    }

    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        entry.is_file() && (path.ends_with(b"/composer/installed.json") || path == b"composer/installed.json")
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        let Installed(packages) = json::read(evidence, MAX_SIZE)?;
        for package in packages {
            let (Some(name), Some(version)) = (package.name.into_text(), package.version.into_text()) else {
                continue;
            };
            let (namespace, name) = with_namespace(&name);
            let licenses = package.license.into_texts();
            found.push(Package { namespace, licenses, ..Package::new(Kind::Composer, name, version) });
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Declared {
    #[serde(default)]
    name: Value,
    #[serde(default)]
    version: Value,
    #[serde(default)]
    license: Value,
}

struct Installed(Vec<Declared>);

impl<'de> Deserialize<'de> for Installed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Installed;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of packages")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Installed, A::Error> {
                let mut all = Vec::new();
                while let Some(package) = sequence.next_element()? {
                    if all.len() == MAX_ITEMS {
                        return Err(serde::de::Error::custom("too many packages"));
                    }
                    all.push(package);
                }
                Ok(Installed(all))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Installed, A::Error> {
                let mut all = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    if key == "packages" {
                        all = map.next_value::<Items<Declared>>()?.0;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Installed(all))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{names, read};
    use super::*;

    #[test]
    fn both_versions() {
        let table: &[(&str, &[&str])] = &[
            (r#"{"packages":[{"name":"monolog/monolog","version":"3.5.0"}],"dev":true}"#, &["monolog/monolog@3.5.0"]),
            (r#"[{"name":"psr/log","version":"1.1.4","license":["MIT"]}]"#, &["psr/log@1.1.4"]),
            (r#"[{"name":"a"},{"version":"1"},{"name":1,"version":"1"},{"name":"bare","version":"v2"}]"#, &["bare@v2"]),
            (r#"{"dev":true}"#, &[]),
            ("[]", &[]),
        ];
        for (text, wanted) in table {
            assert_eq!(names(&Composer, "vendor/composer/installed.json", text.as_bytes()), *wanted, "{text}");
        }
    }

    #[test]
    fn broken() {
        let many = format!("[{}{{}}]", "{},".repeat(MAX_ITEMS));
        for text in ["nothing", "7", r#"{"packages":{}}"#, "[7]", &many] {
            let (found, problem) = read(&Composer, "vendor/composer/installed.json", text.as_bytes());
            assert!(found.is_empty() && problem.is_some());
        }
    }
}
