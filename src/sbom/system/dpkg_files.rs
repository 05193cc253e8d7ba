//! Which files dpkg's packages have: `var/lib/dpkg/info/NAME.list`, and the sums that distroless images have instead.

use super::stanza::Lines;
use crate::filesystem::Entry;
use crate::sbom::{Cataloger, Evidence, Package, Unreadable};

const LISTS: &[u8] = b"var/lib/dpkg/info/";
const FRAGMENTS: &[u8] = b"var/lib/dpkg/status.d/";

/// Reads dpkg's lists of files.
#[derive(Debug)]
pub struct DpkgFiles;

impl Cataloger for DpkgFiles {
    fn name(&self) -> &'static str {
        "dpkg-files"
    }

    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        entry.is_file()
            && (path.starts_with(LISTS) && path.ends_with(b".list")
                || path.starts_with(FRAGMENTS) && path.ends_with(b".md5sums"))
    }

    fn places(&self) -> &'static [&'static str] {
        &["var/lib/dpkg/info", "var/lib/dpkg/status.d"]
    }

    fn read(&self, evidence: &mut Evidence<'_>, _: &mut Vec<Package>) -> Result<(), Unreadable> {
        let is_list = evidence.path.ends_with(b".list");
        let mut lines = Lines::new(&mut *evidence.content);
        while let Some(line) = lines.next()? {
            // A sum has 32 digits, and two blanks behind it.
            let path = if is_list { Some(line) } else { line.get(34..) };
            if let Some(path) = path.filter(|path| !path.is_empty()) {
                evidence.facts.own(path);
            }
        }
        Ok(())
    }
}
