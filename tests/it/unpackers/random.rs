//! Layers that collide: links and entries below them, hard links through links, links over directories, paths that come twice, whiteouts and
//! opaque directories in every order, deep and long names.
//!
//! What unpackers are known to disagree on is not made, see docs/DECISIONS.md, "Inside an image": entries below what a layer further down has as
//! a link or a file (some follow it there, some refuse it), and a whiteout of, or in, what its own layer has hidden.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::content::Random;
use crate::support::tarball::Tarball;

/// How many parts a deep name has.
const DEEP: usize = 40;

/// What there is at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Directory,
    File,
    Link,
    Fifo,
}

/// Random layers, one upon the other.
pub(super) struct Layers {
    random: Random,
    /// Whether a layer has each path once, for some unpackers take no others.
    once: bool,
    /// What there is, as far as it takes to make more that means something.
    tree: BTreeMap<String, Kind>,
    /// Where layers have had something that is no directory.
    others: BTreeSet<String>,
    /// Links of the layers below, and where they lead.
    links: BTreeMap<String, String>,
    layer: Layer,
    count: usize,
}

/// The layer in the making.
#[derive(Default)]
struct Layer {
    tar: Tarball,
    has: BTreeMap<String, Kind>,
    /// What it has entries for.
    declares: BTreeSet<String>,
    others: BTreeSet<String>,
    links: BTreeMap<String, String>,
    /// What it hides, and the directories that it makes opaque.
    hides: BTreeSet<String>,
    /// What was there before.
    lower: BTreeSet<String>,
}

impl Layers {
    pub(super) fn new(seed: u64, once: bool) -> Self {
        let mut random = Random::new(seed);
        // The first numbers of near seeds are alike.
        for _ in 0..8 {
            random.below(2);
        }
        Self {
            random,
            once,
            tree: BTreeMap::new(),
            others: BTreeSet::new(),
            links: BTreeMap::new(),
            layer: Layer::default(),
            count: 0,
        }
    }

    /// Returns another stack of the same layers, which goes on with other numbers.
    pub(super) fn fork(&self, seed: u64) -> Self {
        let (tree, others, links) = (self.tree.clone(), self.others.clone(), self.links.clone());
        Self { tree, others, links, count: self.count + 100, ..Self::new(seed, self.once) }
    }

    /// Knows what both stacks have alike, for layers that are put on either.
    pub(super) fn on_both(&mut self, other: &Self) {
        self.tree.retain(|path, kind| other.tree.get(path) == Some(kind));
        self.others.extend(other.others.iter().cloned());
        self.links.retain(|link, to| other.links.get(link) == Some(to));
    }

    /// Returns a number below another.
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.random.below(end as u64)).expect("below a number of that type")
    }

    /// Returns a path that is there, if there is any.
    pub(super) fn known(&mut self) -> Option<String> {
        let paths: Vec<String> = self.tree.keys().cloned().collect();
        self.any(&paths)
    }

    /// Makes a layer.
    pub(super) fn layer(&mut self) -> Vec<u8> {
        self.layer = Layer { lower: self.tree.keys().cloned().collect(), ..Layer::default() };
        self.count += 1;
        for _ in 0..=self.below(12) {
            self.member();
        }
        let links: Vec<String> = self.layer.links.keys().cloned().collect();
        let leads: Vec<_> = links.iter().filter_map(|link| Some((link.clone(), self.resolve(link)?))).collect();
        let layer = std::mem::take(&mut self.layer);
        self.others.extend(layer.others);
        self.links.retain(|link, _| !layer.has.contains_key(link));
        self.links.extend(leads);
        self.links.retain(|link, _| self.tree.get(link) == Some(&Kind::Link));
        layer.tar.end()
    }

    fn any<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        if of.is_empty() { None } else { Some(of[self.below(of.len())].clone()) }
    }

    /// Adds an entry, or nothing where what came up would not mean the same everywhere.
    fn member(&mut self) {
        match self.below(20) {
            0..=5 => self.file(),
            6..=9 => self.directory(),
            10..=12 => self.symlink(),
            13..=15 => self.hard_link(),
            16 | 17 => self.whiteout(),
            18 => self.opaque(),
            _ => {
                let Some((name, path)) = self.new_path(Kind::Fifo) else { return };
                self.put(&path, Kind::Fifo);
                self.append(&name, b'6', "", "");
            }
        }
    }

    fn file(&mut self) {
        let Some((name, path)) = self.new_path(Kind::File) else { return };
        let content = format!("{}.{}", self.count, self.layer.has.len());
        self.put(&path, Kind::File);
        self.append(&name, b'0', "", &content);
    }

    fn directory(&mut self) {
        let Some((name, path)) = self.new_path(Kind::Directory) else { return };
        let (mode, owner) = ([0o755, 0o700, 0o1777, 0o750][self.below(4)], self.random.below(3));
        self.put(&path, Kind::Directory);
        self.append(&name, b'5', "", "");
        self.layer.tar = std::mem::take(&mut self.layer.tar).mode(mode, owner);
    }

    fn symlink(&mut self) {
        let Some((name, path)) = self.new_path(Kind::Link) else { return };
        let (target, start) = (self.path(), ["", "./", "/", "../", "../../"][self.below(5)]);
        let target = format!("{start}{target}");
        self.put(&path, Kind::Link);
        self.layer.links.insert(path, target.clone());
        self.append(&name, b'2', &target, "");
    }

    /// Adds a hard link to a file or a link, which may be named through links.
    fn hard_link(&mut self) {
        let is_target = |(path, kind): (&String, &Kind)| (*kind != Kind::Directory).then(|| path.clone());
        let targets: Vec<String> =
            self.tree.iter().filter(|(_, kind)| **kind != Kind::Fifo).filter_map(is_target).collect();
        let (Some(target), Some((name, path))) = (self.any(&targets), self.new_path(Kind::File)) else { return };
        if target == path || is_below(&target, &path) {
            return;
        }
        let kind = self.tree[&target];
        let with_lower = self.below(8) == 0;
        let spelled = self.through_link(&target, with_lower);
        self.put(&path, kind);
        if let Some(link) = self.layer.links.get(&target).cloned() {
            self.layer.links.insert(path, link);
        } else if kind == Kind::Link {
            // Whoever goes through it goes through a link of a lower layer.
            self.layer.has.insert(path, Kind::Link);
        }
        self.append(&name, b'1', &spelled, "");
    }

    /// Names a path through a link that leads to one of its directories, if there is one: of this layer, or of those below.
    fn through_link(&mut self, path: &str, with_lower: bool) -> String {
        let own: Vec<String> = self.layer.links.keys().cloned().collect();
        let mut leads: Vec<_> = own.iter().filter_map(|link| Some((link.clone(), self.resolve(link)?))).collect();
        if with_lower {
            let lower = self.links.iter().filter(|(link, _)| !self.layer.has.contains_key(*link));
            leads.extend(lower.map(|(link, to)| (link.clone(), to.clone())));
        }
        let way = |(link, to): &(String, String)| Some(format!("{link}/{}", path.strip_prefix(&format!("{to}/"))?));
        let ways: Vec<String> = leads.iter().filter_map(way).collect();
        self.any(&ways).unwrap_or_else(|| path.to_owned())
    }

    fn whiteout(&mut self) {
        let lower: Vec<String> = self.layer.lower.iter().cloned().collect();
        let Some(path) = self.any(&lower) else { return };
        if !self.may_hide(&path) || self.layer.hides.contains(&path) {
            return;
        }
        // Some unpackers take what the layer itself has at that path for what is meant.
        if self.layer.has.keys().any(|own| *own == path || is_below(own, &path)) {
            return;
        }
        self.tree.retain(|own, _| *own != path && !is_below(own, &path));
        let spelled = self.through_link(&path, false);
        let (parent, base) = spelled.rsplit_once('/').unwrap_or(("", &spelled));
        let name = if parent.is_empty() { format!(".wh.{base}") } else { format!("{parent}/.wh.{base}") };
        self.append(&name, b'0', "", "");
        self.layer.hides.insert(path);
    }

    /// Makes a directory opaque, before or after what the layer has in it.
    fn opaque(&mut self) {
        let is_directory = |(path, kind): (&String, &Kind)| (*kind == Kind::Directory).then(|| path.clone());
        let directories: Vec<String> = self.tree.iter().filter_map(is_directory).collect();
        let Some(path) = self.any(&directories) else { return };
        if !self.may_hide(&format!("{path}/x")) {
            return;
        }
        let has = &self.layer.has;
        // Where it comes after, some unpackers remove what is in directories that the layer implies.
        let is_late = self.layer.hides.contains(&path) || has.keys().any(|own| is_below(own, &path));
        if self.once && is_late {
            return;
        }
        self.tree.retain(|own, _| has.contains_key(own) || !is_below(own, &path));
        self.append(&format!("{path}/.wh..wh..opq"), b'0', "", "");
        self.layer.hides.insert(path);
    }

    /// Says whether the directory that a path is in is one, and not hidden by this layer.
    fn may_hide(&self, path: &str) -> bool {
        parents(path).all(|parent| {
            let is_directory = self.tree.get(parent) == Some(&Kind::Directory);
            is_directory && !self.layer.hides.contains(parent) && !self.layer.links.contains_key(parent)
        })
    }

    /// Returns a name for something, and the path that it means in this layer.
    fn new_path(&mut self, kind: Kind) -> Option<(String, String)> {
        let known: Vec<String> = self.tree.keys().cloned().collect();
        let links: Vec<String> = self.layer.links.keys().cloned().collect();
        let name = match self.below(10) {
            0..=2 => self.any(&known)?,
            3..=4 => format!("{}/{}", self.any(&links)?, self.path()),
            _ => self.path(),
        };
        let path = self.place(&name)?;
        let is_known = self.layer.has.get(&path).is_some_and(|old| (*old, kind) != (Kind::Directory, Kind::Directory));
        let is_again = is_known || self.layer.declares.contains(&path);
        // Not every unpacker makes what a link leads to.
        let is_dangling = || name != path && parents(&path).any(|parent| !self.tree.contains_key(parent));
        if self.once && (is_again || is_dangling()) {
            return None;
        }
        self.layer.declares.insert(path.clone());
        Some((name, path))
    }

    /// Makes a path of few names, so that many are equal.
    fn path(&mut self) -> String {
        if self.below(30) == 0 {
            return vec!["deep"; DEEP].join("/");
        }
        let depth = 1 + self.below(3);
        let parts: Vec<&str> = (0..depth).map(|_| ["a", "b", "c", "d", "e"][self.below(5)]).collect();
        parts.join("/")
    }

    /// Returns the path that a name means, if it lies in directories only.
    fn place(&self, name: &str) -> Option<String> {
        let path = match name.rsplit_once('/') {
            None => name.to_owned(),
            Some((parent, base)) => match self.resolve(parent)?.as_str() {
                "" => base.to_owned(),
                parent => format!("{parent}/{base}"),
            },
        };
        let is_plain = |parent: &str| match self.layer.has.get(parent) {
            Some(kind) => *kind == Kind::Directory,
            None => !self.others.contains(parent),
        };
        (path.len() < 1000 && parents(&path).all(is_plain)).then_some(path)
    }

    /// Follows the links of this layer; nothing for a loop.
    fn resolve(&self, path: &str) -> Option<String> {
        let mut todo: Vec<String> = path.rsplit('/').map(str::to_owned).collect();
        let (mut here, mut links) = (Vec::<String>::new(), 0);
        while let Some(part) = todo.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => drop(here.pop()),
                _ => here.push(part),
            }
            let Some(target) = self.layer.links.get(&here.join("/")) else { continue };
            links += 1;
            if links > 10 {
                return None;
            }
            here.pop();
            if target.starts_with('/') {
                here.clear();
            }
            todo.extend(target.rsplit('/').map(str::to_owned));
        }
        Some(here.join("/"))
    }

    /// Notes what there is now; what it replaces is gone.
    fn put(&mut self, path: &str, kind: Kind) {
        for parent in parents(path) {
            self.tree.insert(parent.to_owned(), Kind::Directory);
            self.layer.has.insert(parent.to_owned(), Kind::Directory);
        }
        self.layer.links.remove(path);
        if kind != Kind::Directory || self.tree.get(path).is_some_and(|old| *old != kind) {
            self.tree.retain(|own, _| !is_below(own, path));
            self.layer.has.retain(|own, _| !is_below(own, path));
            self.layer.links.retain(|own, _| !is_below(own, path));
        }
        if kind != Kind::Directory {
            self.layer.others.insert(path.to_owned());
        }
        self.tree.insert(path.to_owned(), kind);
        self.layer.has.insert(path.to_owned(), kind);
    }

    fn append(&mut self, name: &str, flag: u8, link: &str, content: &str) {
        let records: Vec<(&str, &[u8])> = [("path", name), ("linkpath", link)]
            .into_iter()
            .filter(|(_, text)| text.len() > 100)
            .map(|(key, text)| (key, text.as_bytes()))
            .collect();
        let tar = std::mem::take(&mut self.layer.tar);
        let tar = if records.is_empty() { tar } else { tar.pax(&records) };
        let tar = tar.entry(name.as_bytes(), flag, link.as_bytes(), content.as_bytes());
        // Of links the kernel says no other mode.
        self.layer.tar = if flag == b'2' { tar.mode(0o777, 0) } else { tar };
    }
}

/// Returns the directories that a path lies in.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

fn is_below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}
