//! The symbolic links that a layer has so far, through which its later entries are resolved.
//!
//! Runtimes unpack a layer into one folder, so `bin/x` behind the link `bin -> usr/bin` is `usr/bin/x`. Links of other layers do not count:
//! each layer has a folder of its own there.

use std::collections::HashMap;

use super::meaning::{Meaning, join, normalize, split};
use super::paths::{MAX_PATH, Node, Paths};
use super::resolve::MAX_LINKS;
use super::{Budget, Kind, Member, Path, Result};

/// The most bytes of link targets that are followed for one path; Linux takes 4095 for each link.
const MAX_FOLLOWED: usize = 16 * 1024;

/// The links of one layer while its entries are read in order.
#[derive(Debug)]
pub(super) struct Links {
    paths: Paths,
    targets: HashMap<Node, Box<[u8]>>,
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
    /// Knows no links yet; the budget pays for those to come.
    pub(super) fn new(budget: Budget) -> Self {
        Self { paths: Paths::new(budget, 48), targets: HashMap::new() }
    }

    /// Resolves the next member of the layer. A loop of links is not followed: its path is taken as it is.
    ///
    /// # Errors
    /// [`Error::Limit`](super::Error::Limit).
    pub(super) fn place(&mut self, member: &Member) -> Result<Placed> {
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
            self.note(path, member, target.as_ref())?;
        }
        Ok(Placed { meaning, target })
    }

    /// Resolves the directory of an entry; links that cannot be followed are replaced by directories.
    fn enter(&mut self, path: Path) -> Path {
        if let Some(resolved) = self.parent_resolved(&path) {
            return resolved;
        }
        let mut node = Node::ROOT;
        for part in split(&path).0.split(|byte| *byte == b'/') {
            let Some(next) = self.paths.child(node, part) else { break };
            self.targets.remove(&next);
            node = next;
        }
        path
    }

    fn parent_resolved(&self, path: &[u8]) -> Option<Path> {
        let (parent, base) = split(path);
        self.resolve(parent).map(|parent| join(&parent, base))
    }

    /// Follows all links of a path, bounded by the root; nothing for a loop, and for a path that is too long.
    fn resolve(&self, path: &[u8]) -> Option<Path> {
        if self.targets.is_empty() {
            return Some(path.to_vec());
        }
        let mut todo: Vec<&[u8]> = path.rsplit(|byte| *byte == b'/').collect();
        let mut here = Path::new();
        // Of each part of `here` its node, as far as links lie below it.
        let mut nodes: Vec<Option<Node>> = Vec::new();
        let (mut links, mut followed) = (0, 0);
        while let Some(part) = todo.pop() {
            let length = here.len();
            match part {
                b"" | b"." => continue,
                b".." => {
                    here.truncate(split(&here).0.len());
                    nodes.pop();
                    continue;
                }
                _ if here.is_empty() => here.extend_from_slice(part),
                _ => {
                    here.push(b'/');
                    here.extend_from_slice(part);
                }
            }
            if here.len() > MAX_PATH {
                return None;
            }
            let above = nodes.last().copied().unwrap_or(Some(Node::ROOT));
            let node = above.and_then(|above| self.paths.child(above, part));
            let Some(target) = node.and_then(|node| self.targets.get(&node)) else {
                nodes.push(node);
                continue;
            };
            (links, followed) = (links + 1, followed + target.len());
            if links > MAX_LINKS || followed > MAX_FOLLOWED {
                return None;
            }
            here.truncate(length);
            if target.starts_with(b"/") {
                here.clear();
                nodes.clear();
            }
            todo.extend(target.rsplit(|byte| *byte == b'/'));
        }
        Some(here)
    }

    /// Keeps a link, and forgets those that the entry replaces.
    fn note(&mut self, path: &[u8], member: &Member, target: Option<&Path>) -> Result<()> {
        let link = match member.entry.kind {
            Kind::Symlink => member.entry.link.clone(),
            Kind::HardLink => target.and_then(|target| self.targets.get(&self.paths.find(target)?)).cloned(),
            _ => None,
        };
        if !self.targets.is_empty()
            && let Some(node) = self.paths.find(path)
        {
            self.targets.remove(&node);
            if !member.entry.is_directory() {
                self.paths.cut_below(node, |_, below| drop(self.targets.remove(&below)));
            }
        }
        if let Some(link) = link.filter(|_| !path.is_empty()) {
            self.targets.insert(self.paths.add(path)?, link);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filesystem::Entry;

    fn empty() -> Links {
        Links::new(Budget::new(1 << 20))
    }

    fn member(name: &str, entry: Entry) -> Member {
        Member { name: name.as_bytes().into(), entry }
    }

    fn place(links: &mut Links, name: &str) -> String {
        let member = member(name, Entry::file(0o644, 0));
        match links.place(&member).expect("places").meaning {
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
            let mut links = empty();
            for (at, target) in *pairs {
                links.place(&member(at, Entry::symlink(target.as_bytes()))).expect("places");
            }
            assert_eq!(place(&mut links, name), *wanted, "{pairs:?} {name}");
        }
    }

    #[test]
    fn what_comes_later_replaces_a_link() {
        for (name, entry) in
            [("lib", Entry::directory(0o755)), ("lib", Entry::file(0o644, 0)), ("./lib", Entry::fifo(0o600))]
        {
            let mut links = empty();
            links.place(&member("lib", Entry::symlink(b"usr/lib"))).expect("places");
            links.place(&member(name, entry)).expect("places");
            assert_eq!(place(&mut links, "lib/b"), "lib/b", "{name}");
        }
        // With a directory go the links in it.
        let mut links = empty();
        links.place(&member("a/l", Entry::symlink(b"b"))).expect("places");
        links.place(&member("a", Entry::file(0o644, 0))).expect("places");
        assert_eq!(place(&mut links, "a/l/x"), "a/l/x");
        // A loop that could not be followed is replaced by a directory.
        let mut links = empty();
        links.place(&member("l", Entry::symlink(b"l"))).expect("places");
        assert_eq!(place(&mut links, "l/x"), "l/x");
        assert!(links.targets.is_empty());
    }

    #[test]
    fn hard_links_are_resolved_and_lead_on() {
        let mut links = empty();
        links.place(&member("lib", Entry::symlink(b"usr/lib"))).expect("places");
        let link = |target: &[u8]| Entry::hard_link(target, &Entry::file(0o644, 0));
        let target = |links: &mut Links, to: &[u8]| links.place(&member("h", link(to))).expect("places").target;
        assert_eq!(target(&mut links, b"lib/a"), Some(b"usr/lib/a".to_vec()));
        assert_eq!(target(&mut links, b"/lib/./a"), Some(b"usr/lib/a".to_vec()));
        assert_eq!(target(&mut links, b"../a"), None);
        assert_eq!(target(&mut links, b"lib"), Some(b"lib".to_vec()));
        assert_eq!(place(&mut links, "h/x"), "usr/lib/x", "a hard link to a symbolic link is one");
    }
}
