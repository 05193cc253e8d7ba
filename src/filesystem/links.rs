//! The symbolic links that a layer has so far, through which its later entries are resolved.
//!
//! Runtimes unpack a layer into one folder, so `bin/x` behind the link `bin -> usr/bin` is `usr/bin/x`. Links of other layers do not count:
//! each layer has a folder of its own there.

use std::collections::BTreeMap;

use super::meaning::{Meaning, join, normalize, split};
use super::resolve::MAX_LINKS;
use super::tree::Path;
use super::{Kind, Member};

/// The most bytes of link targets that are followed for one path; Linux takes 4095 for each link.
const MAX_FOLLOWED: usize = 16 * 1024;

/// The links of one layer while its entries are read in order.
#[derive(Debug, Default)]
pub(super) struct Links {
    targets: BTreeMap<Path, Box<[u8]>>,
    /// The length of the longest path that was a link.
    longest: usize,
}

/// What a member means where the layer's links lead.
#[derive(Debug)]
pub(super) struct Placed {
    /// What its name means.
    pub(super) meaning: Meaning,
    /// Of a hard link, the path of its target; nothing when that leads out of the filesystem.
    pub(super) target: Option<Path>,
}

impl Placed {
    /// Returns the name that the member has in a layer without links on the way; nothing when it leads out of the filesystem.
    pub(super) fn name(&self) -> Option<Path> {
        match &self.meaning {
            Meaning::Path(path) | Meaning::Leftover(path) => Some(path.clone()),
            Meaning::Whiteout(path) => {
                let (parent, base) = split(path);
                Some(join(parent, &[b".wh.", base].concat()))
            }
            Meaning::Opaque(directory) => Some(join(directory, b".wh..wh..opq")),
            Meaning::Outside => None,
        }
    }
}

impl Links {
    /// Resolves the next member of the layer. A loop of links is not followed: its path is taken as it is.
    pub(super) fn place(&mut self, member: &Member) -> Placed {
        let meaning = match member.meaning() {
            Meaning::Path(path) => Meaning::Path(self.enter(path)),
            Meaning::Whiteout(path) => Meaning::Whiteout(self.parent_resolved(&path).unwrap_or(path)),
            Meaning::Opaque(path) => Meaning::Opaque(self.resolve(&path).unwrap_or(path)),
            other => other,
        };
        let target = match (&meaning, member.entry.kind) {
            (Meaning::Path(_), Kind::HardLink) => member.entry.link.as_deref().and_then(normalize),
            _ => None,
        };
        let target = target.map(|path| self.parent_resolved(&path).unwrap_or(path));
        if let Meaning::Path(path) = &meaning {
            self.note(path, member, target.as_ref());
        }
        Placed { meaning, target }
    }

    /// Resolves the directory of an entry; links that cannot be followed are replaced by directories.
    fn enter(&mut self, path: Path) -> Path {
        if let Some(resolved) = self.parent_resolved(&path) {
            return resolved;
        }
        for (at, _) in path.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
            self.targets.remove(&path[..at]);
        }
        path
    }

    fn parent_resolved(&self, path: &[u8]) -> Option<Path> {
        let (parent, base) = split(path);
        self.resolve(parent).map(|parent| join(&parent, base))
    }

    /// Follows all links of a path, bounded by the root; nothing for a loop.
    fn resolve(&self, path: &[u8]) -> Option<Path> {
        if self.targets.is_empty() {
            return Some(path.to_vec());
        }
        let mut todo: Vec<&[u8]> = path.rsplit(|byte| *byte == b'/').collect();
        let mut here = Path::new();
        let (mut links, mut followed) = (0, 0);
        while let Some(part) = todo.pop() {
            let length = here.len();
            match part {
                b"" | b"." => continue,
                b".." => {
                    here.truncate(split(&here).0.len());
                    continue;
                }
                _ if here.is_empty() => here.extend_from_slice(part),
                _ => {
                    here.push(b'/');
                    here.extend_from_slice(part);
                }
            }
            if here.len() > self.longest {
                continue;
            }
            if let Some(target) = self.targets.get(&here) {
                (links, followed) = (links + 1, followed + target.len());
                if links > MAX_LINKS || followed > MAX_FOLLOWED {
                    return None;
                }
                here.truncate(if target.starts_with(b"/") { 0 } else { length });
                todo.extend(target.rsplit(|byte| *byte == b'/'));
            }
        }
        Some(here)
    }

    /// Keeps a link, and forgets those that the entry replaces.
    fn note(&mut self, path: &[u8], member: &Member, target: Option<&Path>) {
        let link = match member.entry.kind {
            Kind::Symlink => member.entry.link.clone(),
            Kind::HardLink => target.and_then(|target| self.targets.get(target)).cloned(),
            _ => None,
        };
        if !self.targets.is_empty() {
            self.targets.remove(path);
            if !member.entry.is_directory() {
                let (start, end) = (join(path, b""), [path, b"0"].concat());
                let doomed: Vec<Path> = self.targets.range(start..end).map(|(path, _)| path.clone()).collect();
                doomed.iter().for_each(|path| drop(self.targets.remove(path)));
            }
        }
        if let Some(link) = link.filter(|_| !path.is_empty()) {
            self.longest = self.longest.max(path.len());
            self.targets.insert(path.to_vec(), link);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filesystem::Entry;

    fn member(name: &str, entry: Entry) -> Member {
        Member { name: name.as_bytes().into(), entry }
    }

    fn place(links: &mut Links, name: &str) -> String {
        let member = member(name, Entry::file(0o644, 0));
        match links.place(&member).meaning {
            Meaning::Path(path) => String::from_utf8_lossy(&path).into_owned(),
            Meaning::Whiteout(path) => format!("-{}", String::from_utf8_lossy(&path)),
            Meaning::Opaque(path) => format!("*{}", String::from_utf8_lossy(&path)),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn entries_go_where_links_lead() {
        /// Links, a name, and where it is.
        type Case = (&'static [(&'static str, &'static str)], &'static str, &'static str);
        let table: &[Case] = &[
            (&[("lib", "usr/lib")], "lib/b", "usr/lib/b"),
            (&[("lib", "/usr/lib")], "lib/b", "usr/lib/b"),
            (&[("lib", "./usr//lib/")], "./lib//b", "usr/lib/b"),
            (&[("lib", "../../etc")], "lib/b", "etc/b"),
            (&[("a/l", "../b")], "a/l/x", "b/x"),
            (&[("a/l", "b")], "a/l/x", "a/b/x"),
            (&[("l2", "usr"), ("l1", "l2")], "l1/lib/b", "usr/lib/b"),
            (&[("usr/lib", "lib64"), ("lib", "usr/lib")], "lib/b", "usr/lib64/b"),
            (&[("l", "m"), ("m", "l")], "l/x", "l/x"),
            (&[("l", "l")], "l/x", "l/x"),
            (&[("l", "l/y")], "l/x", "l/x"),
            (&[("lib", "usr/lib")], "lib", "lib"),
            (&[("lib", "usr/lib")], "library/x", "library/x"),
            (&[("lib", "usr/lib")], "lib/.wh.x", "-usr/lib/x"),
            (&[("lib", "usr/lib")], ".wh.lib", "-lib"),
            (&[("lib", "usr/lib")], "lib/.wh..wh..opq", "*usr/lib"),
            (&[("l", "/")], "l/x", "x"),
            (&[("l", "")], "l/x", "x"),
        ];
        for (pairs, name, wanted) in table {
            let mut links = Links::default();
            for (at, target) in *pairs {
                links.place(&member(at, Entry::symlink(target.as_bytes())));
            }
            assert_eq!(place(&mut links, name), *wanted, "{pairs:?} {name}");
        }
    }

    #[test]
    fn what_comes_later_replaces_a_link() {
        for (name, entry) in
            [("lib", Entry::directory(0o755)), ("lib", Entry::file(0o644, 0)), ("./lib", Entry::fifo(0o600))]
        {
            let mut links = Links::default();
            links.place(&member("lib", Entry::symlink(b"usr/lib")));
            links.place(&member(name, entry));
            assert_eq!(place(&mut links, "lib/b"), "lib/b", "{name}");
        }
        // With a directory go the links in it.
        let mut links = Links::default();
        links.place(&member("a/l", Entry::symlink(b"b")));
        links.place(&member("a", Entry::file(0o644, 0)));
        assert_eq!(place(&mut links, "a/l/x"), "a/l/x");
        // A loop that could not be followed is replaced by a directory.
        let mut links = Links::default();
        links.place(&member("l", Entry::symlink(b"l")));
        assert_eq!(place(&mut links, "l/x"), "l/x");
        assert!(links.targets.is_empty());
    }

    #[test]
    fn hard_links_are_resolved_and_lead_on() {
        let mut links = Links::default();
        links.place(&member("lib", Entry::symlink(b"usr/lib")));
        let link = |target: &[u8]| Entry::hard_link(target, &Entry::file(0o644, 0));
        let target = |links: &mut Links, to: &[u8]| links.place(&member("h", link(to))).target;
        assert_eq!(target(&mut links, b"lib/a"), Some(b"usr/lib/a".to_vec()));
        assert_eq!(target(&mut links, b"/lib/./a"), Some(b"usr/lib/a".to_vec()));
        assert_eq!(target(&mut links, b"../a"), None);
        assert_eq!(target(&mut links, b"lib"), Some(b"lib".to_vec()));
        assert_eq!(place(&mut links, "h/x"), "usr/lib/x", "a hard link to a symbolic link is one");
    }
}
