//! What evidence says of files and packages that other evidence declares: whose a file is, and under which licenses a package.

use std::collections::{BTreeMap, HashSet};

use super::{Held, Key, Seen, Visible};
use crate::filesystem::Tree;
use crate::sbom::cataloger::path_hash;

/// Licenses that stand in files of their own, by the layer and the member that have the file.
pub(super) struct CopyrightFiles(BTreeMap<(usize, usize), Vec<String>>);

impl CopyrightFiles {
    pub(super) fn of(held: &Held, visible: &Visible) -> Self {
        let licenses = |key: &Key| {
            let reading = held.readings.get(key)?.as_ref().filter(|reading| !reading.facts.licenses.is_empty())?;
            Some(((key.0, key.1), reading.facts.licenses.clone()))
        };
        Self(visible.keys().filter_map(licenses).collect())
    }

    /// Returns the licenses of one of Debian's packages. Packages that share a file have links to its folder.
    pub(super) fn get(&self, tree: &Tree, name: &str) -> Option<&Vec<String>> {
        if self.0.is_empty() {
            return None;
        }
        let entry = tree.get(&tree.resolve(format!("usr/share/doc/{name}/copyright").as_bytes(), true).ok()?)?;
        self.0.get(&(entry.layer, entry.member))
    }
}

/// The files that package managers list.
pub(super) struct Owned(HashSet<u64>);

impl Owned {
    pub(super) fn of(held: &Held, visible: &Visible) -> Self {
        let readings = visible.keys().filter_map(|key| held.readings.get(key)?.as_ref());
        Self(readings.flat_map(|reading| reading.facts.owned().iter().copied()).collect())
    }

    /// Says whether a file is listed, under its own path or under that which it had before directories were merged into `usr`, and `sbin`
    /// into `bin`.
    pub(super) fn has(&self, path: &[u8]) -> bool {
        let listed = |path: &[u8]| self.0.contains(&path_hash(path));
        if self.0.is_empty() || listed(path) {
            return !self.0.is_empty();
        }
        let short = path.strip_prefix(b"usr/").unwrap_or(path);
        let is_merged = [&b"bin/"[..], b"sbin/", b"lib"].iter().any(|start| short.starts_with(start));
        let in_bin = short.strip_prefix(b"bin/").or_else(|| short.strip_prefix(b"sbin/"));
        let others = in_bin.into_iter().flat_map(|name| [[b"bin/", name].concat(), [b"sbin/", name].concat()]);
        is_merged
            && others.chain([short.to_vec()]).any(|other| listed(&other) || listed(&[b"usr/", &other[..]].concat()))
    }

    /// Counts the executables that belong to no package.
    pub(super) fn unidentified(&self, tree: &Tree, held: &Held, visible: &Visible) -> usize {
        let is_unknown = |(key, seen): &(&Key, &Seen)| {
            let reading = held.readings.get(*key).and_then(Option::as_ref);
            reading.is_some_and(|reading| reading.facts.is_binary && reading.packages.is_empty())
                && tree.get(&seen.path).is_some_and(|entry| entry.mode & 0o111 != 0)
                && !is_library(&seen.path)
                && !self.has(&seen.path)
        };
        visible.iter().filter(is_unknown).count()
    }
}

/// Says whether a path is that of a shared library: `libc.so.6`, `core.pyd`, `x.dll`.
fn is_library(path: &[u8]) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    [&b".so"[..], b".dll", b".dylib", b".pyd", b".node", b".o", b".ko"].iter().any(|end| name.ends_with(end))
        || name.windows(4).any(|part| part == b".so.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_directories() {
        let owned = |path: &str| Owned([path_hash(path.as_bytes())].into());
        let table = [
            ("/usr/bin/a", "usr/bin/a", true),
            ("/bin/a", "usr/bin/a", true),
            ("/usr/sbin/a", "usr/bin/a", true),
            ("/sbin/a", "usr/bin/a", true),
            ("usr/bin/a", "bin/a", true),
            ("./lib/a/b", "usr/lib/a/b", true),
            ("/usr/lib/a/b", "lib/a/b", true),
            ("/bin/a", "usr/local/bin/a", false),
            ("/bin/a", "usr/bin/b", false),
            ("/opt/a", "usr/opt/a", false),
        ];
        for (listed, path, wanted) in table {
            assert_eq!(owned(listed).has(path.as_bytes()), wanted, "{listed} {path}");
        }
        assert!(!Owned(HashSet::new()).has(b"usr/bin/a"));
    }

    #[test]
    fn libraries() {
        for (path, wanted) in [("lib/libc.so.6", true), ("a/x.so", true), ("bin/so", false), ("bin/x.sock", false)] {
            assert_eq!(is_library(path.as_bytes()), wanted, "{path}");
        }
    }
}
