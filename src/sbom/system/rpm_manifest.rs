//! The list of packages that Azure Linux and CBL-Mariner keep in images without RPM's database: `container-manifest-2`, lines of fields with
//! tabs between them, as `rpm -qa --qf` writes them.
//!
//! <https://github.com/microsoft/azurelinux>, `toolkit/scripts`: name, version and release, times of installation and building, vendor, epoch or
//! `(none)`, size, architecture, epoch, source package.

use super::MAX_PACKAGES;
use super::stanza::{Lines, text};
use crate::filesystem::Entry;
use crate::sbom::{Cataloger, Evidence, Kind, Package, Unreadable};

const PLACE: &str = "var/lib/rpmmanifest/container-manifest-2";
const NONE: &str = "(none)";

/// Reads `container-manifest-2`.
#[derive(Debug)]
pub struct RpmManifest;

impl Cataloger for RpmManifest {
    fn name(&self) -> &'static str {
        "rpm-manifest"
    }

    fn wants(&self, path: &[u8], _: &Entry) -> bool {
        path == PLACE.as_bytes()
    }

    fn places(&self) -> &'static [&'static str] {
        &[PLACE]
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        let mut lines = Lines::new(&mut *evidence.content);
        let mut broken = 0_usize;
        while let Some(line) = lines.next()? {
            if line.is_empty() {
                continue;
            }
            if found.len() >= MAX_PACKAGES {
                return Err(Unreadable::new(format_args!("has more than {MAX_PACKAGES} packages")));
            }
            let fields: Vec<String> = line.split(|byte| *byte == b'\t').take(10).map(text).collect();
            let field = |at: usize| fields.get(at).filter(|field| !field.is_empty() && *field != NONE).cloned();
            let (Some(name), Some(version)) = (field(0), field(1)) else {
                broken += 1;
                continue;
            };
            let epoch = field(8).filter(|epoch| epoch != "0");
            let version = epoch.as_ref().map_or_else(|| version.clone(), |epoch| format!("{epoch}:{version}"));
            let mut package = Package::new(Kind::Rpm, name, version);
            for (key, value) in [("arch", field(7)), ("epoch", epoch), ("upstream", field(9))] {
                package.qualifiers.extend(value.map(|value| (key.to_owned(), value)));
            }
            package.supplier = field(4);
            found.push(package);
        }
        if broken > 0 {
            return Err(Unreadable::new(format_args!("has {broken} packages without a name or a version")));
        }
        Ok(())
    }
}
