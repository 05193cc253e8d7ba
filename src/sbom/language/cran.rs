//! R: the `DESCRIPTION` of an installed package.
//!
//! Writing R Extensions, "The DESCRIPTION file": <https://cran.r-project.org/doc/manuals/r-release/R-exts.html#The-DESCRIPTION-file>. Only
//! what is installed says when it was built.

use crate::filesystem::{Entry, split};
use crate::sbom::{Cataloger, Evidence, Kind, Package, Unreadable};

/// So much of a file is read.
const MAX_SIZE: u64 = 256 * 1024;

/// Reads `DESCRIPTION`.
pub(super) struct Cran;

impl Cataloger for Cran {
    fn name(&self) -> &'static str {
        "r-package"
    }

    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        entry.is_file() && split(path).1 == b"DESCRIPTION"
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        let text = evidence.text(MAX_SIZE)?;
        let field = |key: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?.trim();
            Some(value.to_owned()).filter(|value| !value.is_empty())
        };
        if let (Some(name), Some(version), Some(_)) = (field("Package"), field("Version"), field("Built")) {
            let mut package = Package::new(Kind::Cran, name, version);
            // `MIT + file LICENSE` and `GPL-2 | GPL-3` name a license each; the file has only the holders.
            let licenses = field("License").unwrap_or_default();
            let licenses = licenses.split('|').map(|license| license.split('+').next().unwrap_or_default().trim());
            package.licenses = licenses.filter(|license| !license.is_empty()).map(str::to_owned).collect();
            package.licenses = match &package.licenses[..] {
                [_, _, ..] => vec![package.licenses.join(" OR ")],
                _ => package.licenses,
            };
            found.push(package);
        }
        Ok(())
    }
}
