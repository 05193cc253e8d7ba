//! .NET: the libraries that an application's `.deps.json` names as packages.
//!
//! <https://github.com/dotnet/sdk/blob/main/documentation/specs/runtime-configuration-file.md>

use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};

use super::json::{self, MAX_ITEMS, Value};
use crate::filesystem::{Entry, split};
use crate::sbom::{Cataloger, Evidence, Kind, Package, Unreadable};

const MAX_SIZE: u64 = 16 << 20;

/// Reads `*.deps.json`.
pub(super) struct Nuget;

impl Cataloger for Nuget {
    fn name(&self) -> &'static str {
        "dotnet-deps"
    }

    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        entry.is_file() && split(path).1.ends_with(b".deps.json")
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        let document: Document = json::read(evidence, MAX_SIZE)?;
        for name in document.libraries.unwrap_or_default().0 {
            if let Some((name, version)) =
                name.split_once('/').filter(|(name, version)| !name.is_empty() && !version.is_empty())
            {
                found.push(Package::new(Kind::Nuget, name, version));
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    libraries: Option<Libraries>,
}

#[derive(Deserialize)]
struct Library {
    #[serde(default, rename = "type")]
    kind: Value,
}

/// The names and versions, `NAME/VERSION`, of libraries that are packages.
#[derive(Default)]
struct Libraries(Vec<String>);

impl<'de> Deserialize<'de> for Libraries {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Libraries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("libraries")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Libraries, A::Error> {
                let mut names = Vec::new();
                while let Some((name, library)) = map.next_entry::<String, Library>()? {
                    // The runtime of a self-contained application is a package with another name.
                    let name = match &library.kind {
                        Value::Text(kind) if kind == "package" => name,
                        Value::Text(kind) if kind == "runtimepack" => {
                            name.strip_prefix("runtimepack.").unwrap_or(&name).to_owned()
                        }
                        _ => continue,
                    };
                    if names.len() == MAX_ITEMS {
                        return Err(serde::de::Error::custom("too many packages"));
                    }
                    names.push(name);
                }
                Ok(Libraries(names))
            }
        }
        deserializer.deserialize_map(All)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{names, read};
    use super::*;

    #[test]
    fn packages_only() {
        let text = r#"{"runtimeTarget":{"name":"x"},"targets":{".NETCoreApp,Version=v8.0":{"Svc/1.0.0":{}}},"libraries":{
            "Svc/1.0.0":{"type":"project","serviceable":false},
            "Newtonsoft.Json/13.0.3":{"type":"package","sha512":"s"},
            "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1":{"type":"runtimepack"},
            "odd":{"type":"package"}, "none/1":{}, "/1":{"type":"package"}}}"#;
        assert_eq!(
            names(&Nuget, "app/Svc.deps.json", text.as_bytes()),
            ["Newtonsoft.Json@13.0.3", "Microsoft.NETCore.App.Runtime.linux-x64@8.0.1"]
        );
        assert_eq!(names(&Nuget, "a.deps.json", b"{}"), [""; 0]);
        assert_eq!(names(&Nuget, "a.deps.json", b"{\"libraries\":null}"), [""; 0]);
    }

    #[test]
    fn broken() {
        for text in ["", "{", r#"{"libraries":[]}"#, r#"{"libraries":{"a/1":7}}"#, "\"\u{0}"] {
            let (found, problem) = read(&Nuget, "a.deps.json", text.as_bytes());
            assert!(found.is_empty() && problem.is_some(), "{text}");
        }
    }
}
