//! The packages of an image, as a table and as JSON.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use stevedore::digest::Digest;
use stevedore::filesystem::escape;
use stevedore::image::Image;
use stevedore::sbom::{Guess, Installed, Inventory};

use crate::cli::Result;
use crate::cli::entries::raw;
use crate::cli::report::{printable, table};

/// The most characters of a name or a version in the table.
const MAX_CELL: usize = 80;

/// Writes a line for each package. A column for guesses is there when there are some.
pub(super) fn write_table(out: &mut dyn Write, inventory: &Inventory, first_layer: bool) -> io::Result<()> {
    let heading = ["NAME", "VERSION", "TYPE", "LAYER", "FIRST", "GUESSED", "PATH"].map(str::to_owned);
    let rows = inventory.packages.iter().map(|installed| {
        let package = &installed.package;
        [
            capped(&printable(&package.full_name())),
            capped(&printable(&package.version)),
            installed.purl.kind.clone(),
            installed.layer.to_string(),
            installed.first_layer.to_string(),
            package.guess.map_or_else(String::new, |guess| guess.name().to_owned()),
            printable(&path(installed)),
        ]
    });
    let guesses = inventory.packages.iter().any(|installed| installed.package.guess.is_some());
    let shown = |column: usize| (first_layer || column != 4) && (guesses || column != 5);
    let keep = |row: [String; 7]| -> Vec<String> {
        row.into_iter().enumerate().filter(|(column, _)| shown(*column)).map(|(_, cell)| cell).collect()
    };
    let rows: Vec<Vec<String>> = std::iter::once(heading).chain(rows).map(keep).collect();
    out.write_all(table(&rows).as_bytes())
}

/// Cuts text that would make every row of the table as wide as itself.
fn capped(text: &str) -> String {
    if text.chars().count() <= MAX_CELL {
        return text.to_owned();
    }
    text.chars().take(MAX_CELL - 1).chain(['…']).collect()
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
    unidentified_executables: usize,
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
    cpes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    guessed: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    supplier: Option<&'a str>,
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
            cpes: &package.cpes,
            guessed: package.guess.map(Guess::name),
            supplier: package.supplier.as_deref(),
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
        unidentified_executables: inventory.unidentified,
    };
    serde_json::to_writer(&mut *out, &list)?;
    writeln!(out)
}
