//! Documents that images bring with them: the SPDX documents of Bitnami's components.
//!
//! <https://github.com/bitnami/containers>: `opt/bitnami/NAME/.spdx-NAME.spdx`, SPDX 2.3 as JSON.

use serde::Deserialize;

use super::json::{self, Items, Value};
use crate::filesystem::{Entry, split};
use crate::sbom::{Cataloger, Evidence, Kind, Package, Purl, Unreadable};

const MAX_SIZE: u64 = 16 << 20;

/// Reads `.spdx-*.spdx`.
pub(super) struct Embedded;

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    packages: Items<Described>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    #[serde(default)]
    license_declared: Value,
    #[serde(default)]
    supplier: Value,
    #[serde(default)]
    external_refs: Items<Reference>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    #[serde(default)]
    reference_type: Value,
    #[serde(default)]
    reference_locator: Value,
}

impl Cataloger for Embedded {
    fn name(&self) -> &'static str {
        "embedded-spdx"
    }

    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        let name = split(path).1;
        entry.is_file() && path.starts_with(b"opt/bitnami/") && name.starts_with(b".spdx-") && name.ends_with(b".spdx")
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        let document: Document = json::read(evidence, MAX_SIZE)?;
        found.extend(document.packages.0.into_iter().filter_map(package));
        Ok(())
    }
}

/// Says whether text is a CPE of a program and its version, which needs no more than the usual characters: another would make the document
/// invalid that takes it over.
fn is_cpe(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("cpe:2.3:a:") else { return false };
    let parts: Vec<&str> = rest.split(':').collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let is_plain = |part: &&str| !part.is_empty() && part.chars().all(plain);
    let any = |part: &&str| matches!(*part, "*" | "-");
    parts.len() == 10
        && parts[..2].iter().all(is_plain)
        && (is_plain(&parts[2]) || any(&parts[2]))
        && parts[3..].iter().all(any)
}

/// Makes a package of what has a package URL; what has none is no package but a file or a document.
fn package(described: Described) -> Option<Package> {
    let (mut purl, mut cpes) = (None, Vec::new());
    for reference in described.external_refs.0 {
        match (reference.reference_type.into_text()?.as_str(), reference.reference_locator.into_text()) {
            ("purl", Some(text)) => purl = purl.or_else(|| text.parse::<Purl>().ok()),
            ("cpe23Type", Some(text)) if is_cpe(&text) && cpes.len() < 20 => cpes.push(text),
            _ => {}
        }
    }
    let Purl { kind, namespace, name, version, qualifiers, .. } = purl?;
    let kind = Kind::of_purl_type(&kind).filter(|kind| !kind.is_system())?;
    let asserted = |value: Value| value.into_text().filter(|text| !matches!(text.as_str(), "NOASSERTION" | "NONE"));
    let supplier = asserted(described.supplier).map(|text| {
        let bare = text.strip_prefix("Organization:").or_else(|| text.strip_prefix("Person:"));
        bare.unwrap_or(&text).trim().to_owned()
    });
    let licenses = asserted(described.license_declared).into_iter().collect();
    let package = Package::new(kind, name, version.unwrap_or_default());
    Some(Package { namespace, qualifiers, licenses, supplier, cpes, ..package })
}
