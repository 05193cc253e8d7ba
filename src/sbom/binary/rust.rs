//! Rust: the crates that cargo-auditable lists in a program.
//!
//! <https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md>

use std::io::{BufReader, Read};

use flate2::bufread::ZlibDecoder;
use serde::Deserialize;

use super::Layout;
use super::reader::Reader;
use crate::sbom::{Kind, Package, Unreadable};

/// The most bytes that the list has when it is inflated.
const MAX_INFLATED: u64 = 8 << 20;

#[derive(Deserialize)]
struct Audit {
    packages: Vec<Crate>,
}

#[derive(Deserialize)]
struct Crate {
    name: String,
    version: String,
    #[serde(default)]
    kind: Option<String>,
}

/// Reads the list, if there is one.
pub(super) fn read(reader: &mut Reader<'_>, layout: &Layout, found: &mut Vec<Package>) -> Result<(), Unreadable> {
    let Some(section) = layout.section(&[b".dep-v0"]) else {
        return Ok(());
    };
    let (at, size) = (section.offset, section.size.min(MAX_INFLATED));
    let inflated = ZlibDecoder::new(BufReader::new(reader.range(at, size)?));
    let audit: Audit = serde_json::from_reader(BufReader::new(inflated.take(MAX_INFLATED)))
        .map_err(|error| Unreadable::new(format!("has a broken list of crates: {error}")))?;
    // What only built the program is not in it.
    let inside = audit.packages.into_iter().filter(|package| package.kind.as_deref() != Some("build"));
    found.extend(inside.map(|package| Package::new(Kind::Cargo, package.name, package.version)));
    Ok(())
}
