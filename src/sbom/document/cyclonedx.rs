//! CycloneDX 1.6 as JSON: <https://cyclonedx.org/docs/1.6/json/>.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Each, Subject, VERSION, location, reference};
use crate::digest::{Algorithm, Digest};
use crate::sbom::licenses::License;
use crate::sbom::{Installed, Inventory, Kind, Package};

/// The most characters of a version.
const MAX_VERSION: usize = 1024;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<C: Serialize> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    serial_number: String,
    version: u32,
    metadata: Value,
    components: C,
}

/// Writes the packages of an image as CycloneDX 1.6.
///
/// # Errors
/// When `out` fails.
pub fn write_cyclonedx(out: &mut dyn Write, subject: &Subject, inventory: &Inventory) -> io::Result<()> {
    let document = Document {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: format!("urn:uuid:{}", subject.uuid("cyclonedx")),
        version: 1,
        metadata: metadata(subject, inventory),
        components: Each { first: os(inventory), inventory, of: |installed: &Installed| component(installed, subject) },
    };
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

fn metadata(subject: &Subject, inventory: &Inventory) -> Value {
    let algorithm = if subject.digest.algorithm() == Algorithm::Sha512 { "SHA-512" } else { "SHA-256" };
    let digest = subject.digest.to_string();
    let hash = json!({ "alg": algorithm, "content": digest.rsplit(':').next().unwrap_or_default() });
    let mut image = json!({
        "type": "container",
        "bom-ref": "image",
        "name": subject.name,
        "version": digest,
        "hashes": [hash],
    });
    if let Some(purl) = &subject.purl {
        image["purl"] = purl.to_string().into();
    }
    let tool = json!({ "type": "application", "name": "stevedore", "version": VERSION });
    let mut metadata = json!({ "tools": { "components": [tool] }, "component": image });
    if inventory.unidentified > 0 {
        let count = inventory.unidentified.to_string();
        metadata["properties"] = json!([{ "name": "stevedore:unidentifiedExecutables", "value": count }]);
    }
    if let Some(time) = subject.time() {
        metadata["timestamp"] = time.into();
    }
    metadata
}

fn os(inventory: &Inventory) -> Vec<Value> {
    let os = inventory.os.as_ref().map(|os| {
        let mut value = json!({ "type": "operating-system", "bom-ref": "os", "name": os.id });
        for (key, text) in [("version", &os.version), ("description", &os.name)] {
            if !text.is_empty() {
                value[key] = text.as_str().into();
            }
        }
        value
    });
    os.into_iter().collect()
}

fn component(installed: &Installed, subject: &Subject) -> Value {
    let package = &installed.package;
    let layer = |number: usize| subject.layers.get(number).map(Digest::to_string).unwrap_or_default();
    let property = |name: &str, value: String| json!({ "name": format!("stevedore:{name}"), "value": value });
    let mut properties = vec![
        property("cataloger", installed.cataloger.to_owned()),
        property("firstLayer", layer(installed.first_layer)),
        property("layer", layer(installed.layer)),
    ];
    properties.extend(package.guess.map(|guess| property("guessed", guess.name().to_owned())));
    properties.extend(package.cpes.iter().skip(1).map(|cpe| property("cpe", cpe.clone())));
    let mut value = json!({
        "type": if package.kind == Kind::Generic { "application" } else { "library" },
        "bom-ref": reference(installed),
        "name": package.name,
        "purl": installed.purl.to_string(),
        "evidence": { "occurrences": [{ "location": location(installed) }] },
        "properties": properties,
    });
    if let Some(namespace) = &package.namespace {
        value["group"] = namespace.as_str().into();
    }
    if let Some(cpe) = package.cpes.first() {
        value["cpe"] = cpe.as_str().into();
    }
    if let Some(supplier) = &package.supplier {
        value["supplier"] = json!({ "name": supplier });
    }
    // The schema allows no longer one.
    if !package.version.is_empty() && package.version.chars().count() <= MAX_VERSION {
        value["version"] = package.version.as_str().into();
    }
    let licenses = licenses(package);
    if !licenses.is_empty() {
        value["licenses"] = licenses.into();
    }
    value
}

/// Either one expression, or any number of licenses by identifier or by name: the schema allows no mixture.
fn licenses(package: &Package) -> Vec<Value> {
    let licenses: Vec<License> = package.licenses.iter().map(|text| License::parse(text)).collect();
    let has_other = licenses.iter().any(|license| matches!(license, License::Other(_)));
    let has_expression = licenses.iter().any(|license| matches!(license, License::Expression(_)));
    if has_expression && !has_other {
        let several = licenses.len() > 1;
        let texts = licenses.iter().map(|license| match license {
            License::Expression(text) if several => format!("({text})"),
            License::Expression(text) | License::Other(text) => text.clone(),
            License::Id(id) => (*id).to_owned(),
        });
        return vec![json!({ "expression": texts.collect::<Vec<_>>().join(" AND ") })];
    }
    let one = |license: License| match license {
        License::Id(id) => Some(json!({ "license": { "id": id } })),
        License::Expression(text) | License::Other(text) => {
            (!text.is_empty()).then(|| json!({ "license": { "name": text } }))
        }
    };
    let mut values: Vec<Value> = licenses.into_iter().filter_map(one).collect();
    values.dedup();
    values
}
