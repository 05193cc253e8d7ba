//! dpkg's database of what is installed: `var/lib/dpkg/status`, and the fragments of it that distroless images have.
//!
//! deb-control(5) and dpkg(1): <https://manpages.debian.org/bookworm/dpkg-dev/deb-control.5.en.html>.

use super::MAX_PACKAGES;
use super::stanza::{Lines, text};
use crate::filesystem::Entry;
use crate::sbom::{Cataloger, Evidence, Kind, Package, Unreadable};

const STATUS: &[u8] = b"var/lib/dpkg/status";
const FRAGMENTS: &[u8] = b"var/lib/dpkg/status.d/";

/// Reads dpkg's database.
#[derive(Debug)]
pub struct Dpkg;

/// A stanza's fields.
#[derive(Default)]
struct Stanza {
    package: String,
    version: String,
    architecture: String,
    source: String,
    status: Option<String>,
    maintainer: String,
}

impl Cataloger for Dpkg {
    fn name(&self) -> &'static str {
        "dpkg"
    }

    fn wants(&self, path: &[u8], _: &Entry) -> bool {
        let is_fragment = |name: &[u8]| !name.is_empty() && !name.contains(&b'/') && !name.ends_with(b".md5sums");
        path == STATUS || path.strip_prefix(FRAGMENTS).is_some_and(is_fragment)
    }

    fn places(&self) -> &'static [&'static str] {
        &["var/lib/dpkg/status", "var/lib/dpkg/status.d"]
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        let mut lines = Lines::new(&mut *evidence.content);
        let mut stanza = Stanza::default();
        let mut nameless = 0_usize;
        while let Some(line) = lines.next()? {
            if line.iter().all(u8::is_ascii_whitespace) {
                nameless += usize::from(!std::mem::take(&mut stanza).finish(found)?);
            } else if let Some(colon) = line.iter().position(|byte| *byte == b':') {
                stanza.set(&line[..colon], &line[colon + 1..]);
            }
        }
        nameless += usize::from(!stanza.finish(found)?);
        if nameless > 0 {
            return Err(Unreadable::new(format_args!("has {nameless} packages without a name or a version")));
        }
        Ok(())
    }
}

impl Stanza {
    fn set(&mut self, key: &[u8], value: &[u8]) {
        // A line that goes on with the one before begins with a blank, so its key is none of these.
        match key {
            b"Package" => self.package = text(value),
            b"Version" => self.version = text(value),
            b"Architecture" => self.architecture = text(value),
            b"Source" => self.source = text(value),
            b"Maintainer" => self.maintainer = text(value),
            b"Status" => self.status = Some(text(value)),
            _ => {}
        }
    }

    /// Makes a package of the stanza, if it is one that is installed; says whether the stanza was in order.
    fn finish(self, found: &mut Vec<Package>) -> Result<bool, Unreadable> {
        let Self { package: name, version, architecture, source, status, maintainer } = self;
        let state = status.as_deref().and_then(|status| status.split_whitespace().nth(2));
        if matches!(state, Some("config-files" | "not-installed"))
            || status.is_none() && name.is_empty() && version.is_empty()
        {
            return Ok(true);
        }
        if name.is_empty() || version.is_empty() {
            return Ok(false);
        }
        if found.len() >= MAX_PACKAGES {
            return Err(Unreadable::new(format_args!("has more than {MAX_PACKAGES} packages")));
        }
        let mut package = Package::new(Kind::Deb, name, version);
        if let Some(upstream) = upstream(&source, &package.name, &package.version) {
            package.qualifiers.insert("upstream".to_owned(), upstream);
        }
        if !architecture.is_empty() {
            package.qualifiers.insert("arch".to_owned(), architecture);
        }
        package.supplier = Some(maintainer).filter(|maintainer| !maintainer.is_empty());
        found.push(package);
        Ok(true)
    }
}

/// Turns `Source: name (version)` into what package URLs have, when it tells anything new.
fn upstream(source: &str, name: &str, version: &str) -> Option<String> {
    let (source, own) = match source.split_once('(') {
        Some((source, rest)) => (source.trim(), rest.trim_end_matches(')').trim()),
        None => (source, version),
    };
    match (source, own) {
        ("", _) => None,
        (source, own) if own != version => Some(format!("{source}@{own}")),
        (source, _) if source != name => Some(source.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::sbom::Facts;

    fn read(content: &str) -> (Vec<String>, Result<(), Unreadable>) {
        let mut found = Vec::new();
        let mut content = Cursor::new(content.as_bytes());
        let mut evidence = Evidence { path: STATUS, size: 0, content: &mut content, facts: &mut Facts::default() };
        let result = Dpkg.read(&mut evidence, &mut found);
        (
            found
                .iter()
                .map(|package| format!("{} {} {:?}", package.name, package.version, package.qualifiers))
                .collect(),
            result,
        )
    }

    #[test]
    fn states_and_sources() {
        let status = "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2-3\nDescription: x\n Package: no\n\n\n\
            Package: b\nStatus: deinstall ok config-files\nVersion: 1\n\n\
            Package: c\nStatus: install ok half-configured\nVersion: 2\nSource: c (1)\n\n\
            Package: d\nVersion: 3\nSource: dd";
        let (found, result) = read(status);
        assert_eq!(found, [r#"a 1:2-3 {"arch": "amd64"}"#, r#"c 2 {"upstream": "c@1"}"#, r#"d 3 {"upstream": "dd"}"#]);
        assert_eq!(result, Ok(()));
    }

    #[test]
    fn broken_ones_do_not_hide_others() {
        let (found, result) = read("Package: a\n\nPackage: b\nVersion: 1\n");
        assert_eq!(found, ["b 1 {}"]);
        assert_eq!(result.expect_err("a has no version").reason, "has 1 packages without a name or a version");
    }
}
