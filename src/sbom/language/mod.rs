//! Packages of language runtimes: what installers of Python, Node.js, Ruby, PHP and .NET leave beside the code.
//!
//! Lock files count as wishes, not as installed packages, and are not read.

mod composer;
mod conda;
mod cran;
mod embedded;
mod gem;
mod json;
mod npm;
mod nuget;
mod php;
mod python;

use super::{Cataloger, binary, java};

/// Returns the catalogers of language packages, archives and binaries.
pub fn catalogers() -> Vec<Box<dyn Cataloger>> {
    vec![
        Box::new(python::Python),
        Box::new(npm::Npm),
        Box::new(gem::Gem),
        Box::new(composer::Composer),
        Box::new(nuget::Nuget),
        Box::new(conda::Conda),
        Box::new(cran::Cran),
        Box::new(embedded::Embedded),
        Box::new(php::Pecl),
        Box::new(php::WordPress),
        Box::new(java::Java),
        Box::new(binary::Binary),
        Box::new(binary::Release),
    ]
}

/// Splits a name at its last slash into what stands before it in a package URL, and the name.
pub(super) fn with_namespace(name: &str) -> (Option<String>, String) {
    match name.rsplit_once('/') {
        Some((namespace, name)) => (Some(namespace.to_owned()), name.to_owned()),
        None => (None, name.to_owned()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Cursor;

    use super::super::{Evidence, Facts, Package, Unreadable};
    use super::*;

    /// Reads evidence that is in memory.
    pub(in super::super) fn read(
        cataloger: &dyn Cataloger,
        path: &str,
        content: &[u8],
    ) -> (Vec<Package>, Option<String>) {
        let mut found = Vec::new();
        let mut content = Cursor::new(content);
        let size = content.get_ref().len() as u64;
        let mut evidence =
            Evidence { path: path.as_bytes(), size, content: &mut content, facts: &mut Facts::default() };
        let problem = cataloger.read(&mut evidence, &mut found).err();
        (found, problem.map(|Unreadable { reason }| reason))
    }

    /// Reads evidence that is sound; gives `namespace/name@version` of each package.
    pub(in super::super) fn names(cataloger: &dyn Cataloger, path: &str, content: &[u8]) -> Vec<String> {
        let (found, problem) = read(cataloger, path, content);
        assert_eq!(problem, None, "{path}");
        found.iter().map(name).collect()
    }

    pub(in super::super) fn name(package: &Package) -> String {
        let namespace = package.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
        format!("{namespace}{}@{}", package.name, package.version)
    }

    /// Whatever stands in a file: packages, a warning or nothing, and never a panic.
    #[test]
    fn nothing_is_too_broken() {
        let nested = [b"[".repeat(100_000), b"{\"a\":".repeat(100_000)].concat();
        let contents: &[&[u8]] =
            &[b"", b"\0", b"\xff\xfe\xfd", b"{", b"[1", b"null", b"\xef\xbb\xbf", b"MZ", b"\x7fELF", b"PK", &nested];
        for cataloger in catalogers() {
            for path in ["a/package.json", "composer/installed.json", "a.deps.json", "a.jar", "x.egg-info", "bin/x"] {
                for content in contents {
                    let (found, _) = read(&*cataloger, path, content);
                    assert!(found.is_empty(), "{} {content:?}", cataloger.name());
                }
            }
        }
    }
}
