//! conda: what it has installed, `conda-meta/NAME-VERSION-BUILD.json`.
//!
//! <https://docs.conda.io/projects/conda/en/stable/dev-guide/deep-dives/install.html>

use serde::Deserialize;

use super::json::{self, Value};
use crate::filesystem::{Entry, split};
use crate::sbom::{Cataloger, Evidence, Kind, Package, Unreadable};

/// It lists the files; those of the largest packages have some MiB.
const MAX_SIZE: u64 = 64 << 20;

/// Reads `conda-meta/*.json`.
pub(super) struct Conda;

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    name: Value,
    #[serde(default)]
    version: Value,
    #[serde(default)]
    build: Value,
    #[serde(default)]
    channel: Value,
    #[serde(default)]
    subdir: Value,
    #[serde(default)]
    license: Value,
}

impl Cataloger for Conda {
    fn name(&self) -> &'static str {
        "conda-meta"
    }

    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        let (folder, name) = split(path);
        entry.is_file() && name.ends_with(b".json") && split(folder).1 == b"conda-meta"
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        let document: Document = json::read(evidence, MAX_SIZE)?;
        let (Some(name), Some(version)) = (document.name.into_text(), document.version.into_text()) else {
            return Ok(());
        };
        let mut package = Package::new(Kind::Conda, name, version);
        for (key, value) in [("build", document.build), ("channel", document.channel), ("subdir", document.subdir)] {
            package.qualifiers.extend(value.into_text().map(|value| (key.to_owned(), value)));
        }
        package.licenses = document.license.into_texts();
        found.push(package);
        Ok(())
    }
}
