//! Licenses of Debian's packages: `usr/share/doc/NAME/copyright`.
//!
//! Machine-readable files have them in fields (<https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/>); others name the texts
//! under `usr/share/common-licenses`.

use std::io::Read;

use super::stanza::Lines;
use crate::filesystem::Entry;
use crate::sbom::{Cataloger, Evidence, Package, Unreadable, licenses};

/// So much of a file is read; the longest have some hundred KiB.
const MAX_SIZE: u64 = 1 << 20;
/// More licenses no package has.
const MAX_LICENSES: usize = 100;
const COMMON: &str = "/usr/share/common-licenses/";

/// Reads Debian's copyright files.
#[derive(Debug)]
pub struct DpkgCopyright;

impl Cataloger for DpkgCopyright {
    fn name(&self) -> &'static str {
        "dpkg-copyright"
    }

    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        let name = path.strip_prefix(b"usr/share/doc/").and_then(|rest| rest.strip_suffix(b"/copyright"));
        entry.is_file() && name.is_some_and(|name| !name.is_empty() && !name.contains(&b'/'))
    }

    fn read(&self, evidence: &mut Evidence<'_>, _: &mut Vec<Package>) -> Result<(), Unreadable> {
        let mut lines = Lines::new((&mut *evidence.content).take(MAX_SIZE));
        let (mut fields, mut common) = (Vec::new(), Vec::new());
        let mut is_machine_readable = false;
        while let Some(line) = lines.next()? {
            let line = String::from_utf8_lossy(line);
            is_machine_readable |= line.starts_with("Format:") && line.contains("copyright-format");
            if let Some(license) = line.strip_prefix("License:") {
                fields.push(licenses::of_debian(license));
            }
            if let Some((_, rest)) = line.split_once(COMMON) {
                let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+');
                let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                // A sentence may end behind it.
                common.push(rest[..end].trim_end_matches(['.', '-']).to_owned());
            }
            if fields.len().max(common.len()) > MAX_LICENSES {
                break;
            }
        }
        let mut found = licenses::clean(if is_machine_readable { fields } else { common });
        found.sort();
        evidence.facts.licenses = found;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::sbom::Facts;

    #[test]
    fn fields_and_texts() {
        let format = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n";
        let table: &[(String, &[&str])] = &[
            (format!("{format}\nFiles: *\nLicense: GPL-2+\n\nLicense: GPL-2+\n the text\n"), &["GPL-2.0-or-later"]),
            (
                format!("{format}\nLicense: Expat\n text\n\nLicense: GPL-3+ or Expat\n"),
                &["GPL-3.0-or-later OR MIT", "MIT"],
            ),
            (
                "found in\n/usr/share/common-licenses/LGPL-2.1\nand /usr/share/common-licenses/GPL-2.\n".to_owned(),
                &["GPL-2", "LGPL-2.1"],
            ),
            ("License: MIT\n".to_owned(), &[]),
            (format!("{format}License:\n"), &[]),
        ];
        for (text, wanted) in table {
            let mut facts = Facts::default();
            let mut content = Cursor::new(text.as_bytes());
            let path = b"usr/share/doc/a/copyright";
            let mut evidence = Evidence { path, size: 0, content: &mut content, facts: &mut facts };
            DpkgCopyright.read(&mut evidence, &mut Vec::new()).expect("in memory");
            assert_eq!(facts.licenses, *wanted, "{text}");
        }
    }
}
