//! What chisel has cut out of Ubuntu's packages: `manifest.wall`, lines of JSON in a Zstandard frame.
//!
//! <https://documentation.ubuntu.com/chisel/en/latest/reference/manifest/>

use std::io::{Cursor, Read};

use serde::Deserialize;

use super::MAX_PACKAGES;
use super::stanza::Lines;
use crate::filesystem::Entry;
use crate::layer::decompress;
use crate::sbom::{Cataloger, Evidence, Kind, Package, Unreadable};

const PLACE: &str = "var/lib/chisel/manifest.wall";
/// The largest file that is read, and the most that is made of it; real ones have some hundred KiB.
const MAX_SIZE: u64 = 32 << 20;
const MAX_INFLATED: u64 = 256 << 20;

/// Reads `manifest.wall`.
#[derive(Debug)]
pub struct Chisel;

#[derive(Deserialize)]
struct Line<'a> {
    kind: Option<String>,
    name: Option<String>,
    version: Option<String>,
    arch: Option<String>,
    #[serde(borrow)]
    path: Option<std::borrow::Cow<'a, str>>,
}

impl Cataloger for Chisel {
    fn name(&self) -> &'static str {
        "chisel-manifest"
    }

    fn wants(&self, path: &[u8], _: &Entry) -> bool {
        path == PLACE.as_bytes()
    }

    fn places(&self) -> &'static [&'static str] {
        &[PLACE]
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        if evidence.size > MAX_SIZE {
            return Err(Unreadable::new(format_args!("is larger than {} MiB", MAX_SIZE >> 20)));
        }
        let mut content = Vec::new();
        (&mut *evidence.content).take(MAX_SIZE).read_to_end(&mut content)?;
        let (_, wall) = decompress(Cursor::new(content))?;
        let mut lines = Lines::new(wall.take(MAX_INFLATED));
        let mut broken = 0_usize;
        while let Some(line) = lines.next()? {
            let Ok(line) = serde_json::from_slice::<Line<'_>>(line) else {
                broken += usize::from(!line.is_empty());
                continue;
            };
            match (line.kind.as_deref(), line.name, line.version, line.path) {
                (Some("package"), Some(name), Some(version), _) if !name.is_empty() && !version.is_empty() => {
                    if found.len() >= MAX_PACKAGES {
                        return Err(Unreadable::new(format_args!("has more than {MAX_PACKAGES} packages")));
                    }
                    let mut package = Package::new(Kind::Deb, name, version);
                    package.qualifiers.extend(line.arch.map(|arch| ("arch".to_owned(), arch)));
                    found.push(package);
                }
                (Some("package"), ..) => broken += 1,
                (Some("path"), _, _, Some(path)) => evidence.facts.own(path.as_bytes()),
                _ => {}
            }
        }
        if broken > 0 {
            return Err(Unreadable::new(format_args!("has {broken} broken lines")));
        }
        Ok(())
    }
}
