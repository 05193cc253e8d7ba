//! pacman's database of what is installed: `var/lib/pacman/local/NAME-VERSION/desc`, and `files` beside it.
//!
//! alpm-db(7): <https://alpm.archlinux.page/specifications/alpm-db.7.html>

use super::stanza::{Lines, text};
use crate::filesystem::Entry;
use crate::sbom::{Cataloger, Evidence, Kind, Package, Unreadable};

const LOCAL: &[u8] = b"var/lib/pacman/local/";

/// Reads pacman's database.
#[derive(Debug)]
pub struct Alpm;

impl Cataloger for Alpm {
    fn name(&self) -> &'static str {
        "alpm"
    }

    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        entry.is_file() && path.starts_with(LOCAL) && (path.ends_with(b"/desc") || path.ends_with(b"/files"))
    }

    fn places(&self) -> &'static [&'static str] {
        &["var/lib/pacman/local"]
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        let mut lines = Lines::new(&mut *evidence.content);
        let (mut name, mut version) = (String::new(), String::new());
        let mut package = Package::new(Kind::Alpm, "", "");
        let mut key = Vec::new();
        while let Some(line) = lines.next()? {
            if line.starts_with(b"%") {
                key = line.to_vec();
                continue;
            }
            if line.is_empty() {
                continue;
            }
            match &key[..] {
                b"%FILES%" => evidence.facts.own(line),
                b"%NAME%" => name = text(line),
                b"%VERSION%" => version = text(line),
                b"%ARCH%" => package.qualifiers.extend([("arch".to_owned(), text(line))]),
                b"%BASE%" => package.qualifiers.extend([("upstream".to_owned(), text(line))]),
                b"%LICENSE%" if package.licenses.len() < 100 => package.licenses.push(text(line)),
                b"%PACKAGER%" => package.supplier = Some(text(line)),
                _ => {}
            }
        }
        if evidence.path.ends_with(b"/files") {
            return Ok(());
        }
        if name.is_empty() || version.is_empty() {
            return Err(Unreadable::new("says no name and version"));
        }
        if package.qualifiers.get("upstream") == Some(&name) {
            package.qualifiers.remove("upstream");
        }
        found.push(Package { name, version, ..package });
        Ok(())
    }
}
