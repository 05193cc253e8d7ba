//! apk's database of what is installed.
//!
//! apk-package(5) and "Apk spec" of Alpine's wiki: <https://wiki.alpinelinux.org/wiki/Apk_spec>.

use super::MAX_PACKAGES;
use super::stanza::{Lines, text};
use crate::filesystem::Entry;
use crate::sbom::{Cataloger, Evidence, Kind, Package, Unreadable};

/// Reads apk's database, in its old and its new place.
#[derive(Debug)]
pub struct Apk;

/// A stanza's fields.
#[derive(Default)]
struct Stanza {
    name: String,
    version: String,
    architecture: String,
    license: String,
    origin: String,
    maintainer: String,
}

impl Cataloger for Apk {
    fn name(&self) -> &'static str {
        "apk"
    }

    fn wants(&self, path: &[u8], _: &Entry) -> bool {
        self.places().iter().any(|place| place.as_bytes() == path)
    }

    fn places(&self) -> &'static [&'static str] {
        &["lib/apk/db/installed", "usr/lib/apk/db/installed"]
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        let mut lines = Lines::new(&mut *evidence.content);
        let mut stanza = Stanza::default();
        let mut folder = Vec::new();
        let mut broken = 0_usize;
        while let Some(line) = lines.next()? {
            match line {
                [] => broken += usize::from(!std::mem::take(&mut stanza).finish(found)?),
                [b'F', b':', value @ ..] => folder = value.to_vec(),
                [b'R', b':', value @ ..] => evidence.facts.own(&[&folder[..], b"/", value].concat()),
                [key, b':', value @ ..] => stanza.set(*key, value),
                _ => {}
            }
        }
        broken += usize::from(!stanza.finish(found)?);
        if broken > 0 {
            return Err(Unreadable::new(format_args!("has {broken} packages without a name or a version")));
        }
        Ok(())
    }
}

impl Stanza {
    fn set(&mut self, key: u8, value: &[u8]) {
        // Behind the package's own lines come those of its files, which have other letters.
        match key {
            b'P' => self.name = text(value),
            b'V' => self.version = text(value),
            b'A' => self.architecture = text(value),
            b'L' => self.license = text(value),
            b'm' => self.maintainer = text(value),
            b'o' => self.origin = text(value),
            _ => {}
        }
    }

    /// Makes a package of the stanza; says whether it was in order.
    fn finish(self, found: &mut Vec<Package>) -> Result<bool, Unreadable> {
        let Self { name, version, architecture, license, origin, maintainer } = self;
        if name.is_empty() && version.is_empty() {
            return Ok(true);
        }
        if name.is_empty() || version.is_empty() {
            return Ok(false);
        }
        if found.len() >= MAX_PACKAGES {
            return Err(Unreadable::new(format_args!("has more than {MAX_PACKAGES} packages")));
        }
        let mut package = Package::new(Kind::Apk, name, version);
        for (key, value) in [("arch", architecture), ("upstream", origin)] {
            if !value.is_empty() && value != package.name {
                package.qualifiers.insert(key.to_owned(), value);
            }
        }
        package.licenses.extend(Some(license).filter(|license| !license.is_empty()));
        package.supplier = Some(maintainer).filter(|maintainer| !maintainer.is_empty());
        found.push(package);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::sbom::Facts;

    #[test]
    fn stanzas() {
        let content = "C:Q1x=\nP:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\no:musl\nF:lib\nR:ld.so\nZ:Q1\n\nP:musl-utils\nV:1.2.5-r0\nL:MIT AND GPL-2.0-or-later\no:musl\n\nP:broken\n\n";
        let mut found = Vec::new();
        let mut content = Cursor::new(content.as_bytes());
        let mut evidence =
            Evidence { path: b"lib/apk/db/installed", size: 0, content: &mut content, facts: &mut Facts::default() };
        let result = Apk.read(&mut evidence, &mut found);
        assert_eq!(result.expect_err("one is broken").reason, "has 1 packages without a name or a version");
        assert_eq!(found.len(), 2);
        assert_eq!(format!("{:?}", found[0].qualifiers), r#"{"arch": "x86_64"}"#);
        assert_eq!(format!("{:?}", found[1].qualifiers), r#"{"upstream": "musl"}"#);
        assert_eq!(found[1].licenses, ["MIT AND GPL-2.0-or-later"]);
    }
}
