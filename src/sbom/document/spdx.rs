//! SPDX 2.3 as JSON: <https://spdx.github.io/spdx-spec/v2.3/>.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Each, Subject, VERSION, location, reference};
use crate::digest::{Algorithm, Digest, hex};
use crate::sbom::licenses::License;
use crate::sbom::{Installed, Inventory, Package};

const NO_ASSERTION: &str = "NOASSERTION";
const IMAGE: &str = "SPDXRef-Image";
const OS: &str = "SPDXRef-OperatingSystem";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<P: Serialize, R: Serialize> {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: String,
    document_namespace: String,
    creation_info: Value,
    packages: P,
    relationships: R,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    has_extracted_licensing_infos: Vec<Value>,
}

/// Writes the packages of an image as SPDX 2.3.
///
/// # Errors
/// When `out` fails.
pub fn write_spdx(out: &mut dyn Write, subject: &Subject, inventory: &Inventory) -> io::Result<()> {
    let name: String =
        subject.name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    let relation = |kind: &str, from: &str, to: &str| json!({ "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to });
    let mut relations = vec![relation("DESCRIBES", "SPDXRef-DOCUMENT", IMAGE)];
    relations.extend(inventory.os.as_ref().map(|_| relation("CONTAINS", IMAGE, OS)));
    let document = Document {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        id: "SPDXRef-DOCUMENT",
        name: subject.name.clone(),
        document_namespace: format!("https://spdx.org/spdxdocs/{name}-{}", subject.uuid("spdx")),
        creation_info: json!({
            // The specification wants a time; without one it is the beginning of time.
            "created": subject.time().unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned()),
            "creators": [format!("Tool: stevedore-{VERSION}")],
        }),
        packages: Each {
            first: whole(subject, inventory),
            inventory,
            of: |installed: &Installed| package(installed, subject),
        },
        relationships: Each {
            first: relations,
            inventory,
            of: |installed: &Installed| relation("CONTAINS", IMAGE, &id(installed)),
        },
        has_extracted_licensing_infos: extracted(inventory),
    };
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

/// Describes the image and its operating system.
fn whole(subject: &Subject, inventory: &Inventory) -> Vec<Value> {
    let comment = (inventory.unidentified > 0)
        .then(|| format!("unidentified executables, which belong to no package: {}", inventory.unidentified));
    let mut image = json!({
        "SPDXID": IMAGE,
        "name": subject.name,
        "versionInfo": subject.digest,
        "primaryPackagePurpose": "CONTAINER",
        "downloadLocation": NO_ASSERTION,
        "filesAnalyzed": false,
        "checksums": [checksum(&subject.digest)],
    });
    if let Some(purl) = &subject.purl {
        image["externalRefs"] = json!([external(&purl.to_string())]);
    }
    if let Some(comment) = comment {
        image["comment"] = comment.into();
    }
    let os = inventory.os.as_ref().map(|os| {
        let mut value = json!({
            "SPDXID": OS,
            "name": os.id,
            "primaryPackagePurpose": "OPERATING-SYSTEM",
            "downloadLocation": NO_ASSERTION,
            "filesAnalyzed": false,
        });
        for (key, text) in [("versionInfo", &os.version), ("description", &os.name)] {
            if !text.is_empty() {
                value[key] = text.as_str().into();
            }
        }
        value
    });
    std::iter::once(image).chain(os).collect()
}

fn package(installed: &Installed, subject: &Subject) -> Value {
    let package = &installed.package;
    let layer = subject.layers.get(installed.layer).map(Digest::to_string).unwrap_or_default();
    let cpe = |cpe: &String| json!({ "referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": cpe });
    let references: Vec<Value> =
        std::iter::once(external(&installed.purl.to_string())).chain(package.cpes.iter().map(cpe)).collect();
    let mut value = json!({
        "SPDXID": id(installed),
        "name": package.full_name(),
        "downloadLocation": NO_ASSERTION,
        "filesAnalyzed": false,
        "sourceInfo": format!("acquired from {} in layer {layer}", location(installed)),
        "licenseConcluded": NO_ASSERTION,
        "licenseDeclared": declared(package),
        "copyrightText": NO_ASSERTION,
        "externalRefs": references,
    });
    if let Some(supplier) = &package.supplier {
        value["supplier"] = supplied(supplier).into();
    }
    if let Some(guess) = package.guess {
        value["comment"] = format!("guessed, for no evidence says it: the {}", guess.name()).into();
    }
    if !package.version.is_empty() {
        value["versionInfo"] = package.version.as_str().into();
    }
    value
}

/// SPDX 2.3, 7.5: a person with a mail address, or an organization.
fn supplied(text: &str) -> String {
    match text.trim_end_matches('>').split_once('<') {
        Some((name, mail)) if mail.contains('@') && !name.trim().is_empty() => {
            format!("Person: {} ({})", name.trim(), mail.trim())
        }
        _ => format!("Organization: {}", text.trim()),
    }
}

fn id(installed: &Installed) -> String {
    format!("SPDXRef-Package-{}", reference(installed))
}

fn external(purl: &str) -> Value {
    json!({ "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl })
}

fn checksum(digest: &Digest) -> Value {
    let algorithm = if digest.algorithm() == Algorithm::Sha512 { "SHA512" } else { "SHA256" };
    let text = digest.to_string();
    json!({ "algorithm": algorithm, "checksumValue": text.rsplit(':').next().unwrap_or_default() })
}

/// Joins what a package says about its licenses: all of them hold.
fn declared(package: &Package) -> String {
    let licenses: Vec<License> = package.licenses.iter().map(|text| License::parse(text)).collect();
    let several = licenses.len() > 1;
    let texts: Vec<String> = licenses
        .iter()
        .filter_map(|license| match license {
            License::Id(id) => Some((*id).to_owned()),
            License::Expression(expression) if several => Some(format!("({expression})")),
            License::Expression(expression) => Some(expression.clone()),
            License::Other(text) => (!text.is_empty()).then(|| own_id(text)),
        })
        .collect();
    if texts.is_empty() { NO_ASSERTION.to_owned() } else { texts.join(" AND ") }
}

/// Makes an identifier for a license that is not on the list.
fn own_id(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let readable: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).take(40).collect();
    format!("LicenseRef-{readable}-{}", &hex(&Sha256::digest(text))[..8])
}

/// Declares the identifiers that are not on the list.
fn extracted(inventory: &Inventory) -> Vec<Value> {
    let texts = inventory.packages.iter().flat_map(|installed| &installed.package.licenses);
    let others = texts.filter_map(|text| match License::parse(text) {
        License::Other(text) if !text.is_empty() => Some((own_id(&text), text)),
        _ => None,
    });
    let others: BTreeMap<String, String> = others.collect();
    others.into_iter().map(|(id, text)| json!({ "licenseId": id, "name": text, "extractedText": text })).collect()
}
