//! The packages of an image, as a table and as JSON.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use stevedore::digest::Digest;
use stevedore::filesystem::escape;
use stevedore::image::Image;
use stevedore::sbom::{Installed, Inventory};

use crate::cli::Result;
use crate::cli::entries::raw;
use crate::cli::report::{printable, table};

/// Writes a line for each package.
pub(super) fn write_table(out: &mut dyn Write, inventory: &Inventory, first_layer: bool) -> io::Result<()> {
    let heading = ["NAME", "VERSION", "TYPE", "LAYER", "FIRST", "PATH"].map(str::to_owned);
    let rows = inventory.packages.iter().map(|installed| {
        let package = &installed.package;
        [
            printable(&package.full_name()),
            printable(&package.version),
            installed.purl.kind.clone(),
            installed.layer.to_string(),
            installed.first_layer.to_string(),
            printable(&path(installed)),
        ]
    });
    let keep = |row: [String; 6]| -> Vec<String> {
        row.into_iter().enumerate().filter(|(column, _)| first_layer || *column != 4).map(|(_, cell)| cell).collect()
    };
    let rows: Vec<Vec<String>> = std::iter::once(heading).chain(rows).map(keep).collect();
    out.write_all(table(&rows).as_bytes())
}

fn path(installed: &Installed) -> String {
    let path = escape(&installed.path);
    match &installed.package.inside {
        Some(inside) => format!("/{path}!{inside}"),
        None => format!("/{path}"),
    }
}

/// A list of packages. The member names are those of docs/JSON.md.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    name: &'a str,
    digest: &'a Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    os: Option<System<'a>>,
    layers: Vec<&'a Digest>,
    packages: Packages<'a>,
    warnings: Vec<Warning<'a>>,
}

#[derive(Serialize)]
struct System<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    version: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Package<'a> {
    name: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    version: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    purl: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    licenses: &'a [String],
    path: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inside: Option<&'a str>,
    cataloger: &'a str,
    layer: usize,
    first_layer: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Warning<'a> {
    path: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_path: Option<String>,
    layer: usize,
    cataloger: &'a str,
    reason: &'a str,
}

/// Written one by one: there can be many.
struct Packages<'a>(&'a [Installed]);

impl Serialize for Packages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.0.len()))?;
        for installed in self.0 {
            sequence.serialize_element(&Package::of(installed))?;
        }
        sequence.end()
    }
}

impl<'a> Package<'a> {
    fn of(installed: &'a Installed) -> Self {
        let package = &installed.package;
        let (path, raw_path) = raw(&installed.path);
        Self {
            name: package.full_name(),
            version: &package.version,
            kind: &installed.purl.kind,
            purl: installed.purl.to_string(),
            licenses: &package.licenses,
            path,
            raw_path,
            inside: package.inside.as_deref(),
            cataloger: installed.cataloger,
            layer: installed.layer,
            first_layer: installed.first_layer,
        }
    }
}

/// Writes one object with all that is known.
pub(super) fn write_json(out: &mut dyn Write, name: &str, image: &Image, inventory: &Inventory) -> io::Result<()> {
    let platform = image.config().map(|config| config.platform()).filter(|platform| !platform.os.is_empty());
    let warnings = inventory.warnings.iter().map(|warning| {
        let (path, raw_path) = raw(&warning.path);
        Warning { path, raw_path, layer: warning.layer, cataloger: warning.cataloger, reason: &warning.reason }
    });
    let list = List {
        name,
        digest: image.manifest().digest(),
        platform: platform.map(|platform| platform.to_string()),
        os: inventory.os.as_ref().map(|os| System { id: &os.id, version: &os.version, name: &os.name }),
        layers: image.layers().iter().map(|layer| &layer.digest).collect(),
        packages: Packages(&inventory.packages),
        warnings: warnings.collect(),
    };
    serde_json::to_writer(&mut *out, &list)?;
    writeln!(out)
}
