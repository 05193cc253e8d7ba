//! Paths as a tree of names, so that work and memory grow with the names that a layer has and never with depth times length.
//!
//! Each name is held once, below the node of its directory; a node is found by its directory and its name. What is known of a path stands in
//! tables by [`Node::place`]. Nodes are never freed: what is removed is only cut from its directory's list.

use std::cmp::Ordering;
use std::hash::{BuildHasher, RandomState};

use super::{Budget, Error, Path, Result};

/// The longest path, in bytes: Linux opens none that is longer, and no runtime unpacks one.
pub(super) const MAX_PATH: usize = 4095;

/// Marks an item of a [`Walk`] that stands for all that is below a node.
const BELOW: u32 = 1 << 31;
/// The end of a list of nodes; the root is in no list.
const NONE: u32 = 0;
/// In the place of the next node: this one is in no list.
const CUT: u32 = u32::MAX;

/// A path that has a place of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Node(u32);

impl Node {
    pub(super) const ROOT: Self = Self(0);

    /// Returns where tables have what is known of it.
    pub(super) fn place(self) -> usize {
        self.0 as usize
    }
}

#[derive(Debug)]
struct Link {
    parent: u32,
    start: u32,
    length: u32,
    /// The first of the nodes in this directory, and the next one in its own.
    child: u32,
    next: u32,
}

/// Paths, and which of them lie in which.
#[derive(Debug)]
pub(super) struct Paths {
    names: Vec<u8>,
    links: Vec<Link>,
    /// Nodes by the hash of directory and name, with linear probing; the root is in none.
    index: Vec<u32>,
    hasher: RandomState,
    budget: Budget,
    /// How many bytes each node costs in other tables.
    beside: usize,
    spent: u64,
}

impl Drop for Paths {
    fn drop(&mut self) {
        self.budget.refund(self.spent);
    }
}

impl Paths {
    /// Makes the root, which nothing is paid for. Each node pays for its name and for so many bytes of what is known of it.
    pub(super) fn new(budget: Budget, beside: usize) -> Self {
        let root = Link { parent: NONE, start: 0, length: 0, child: NONE, next: CUT };
        let (names, links, index, hasher) = (Vec::new(), vec![root], vec![NONE; 16], RandomState::new());
        Self { names, links, index, hasher, budget, beside, spent: 0 }
    }

    /// Returns the number of nodes.
    pub(super) fn len(&self) -> usize {
        self.links.len()
    }

    /// Returns all nodes, in no order that means anything.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Node> + use<> {
        (0..u32::try_from(self.links.len()).unwrap_or(BELOW)).map(Node)
    }

    /// Finds a path; it has no empty parts.
    pub(super) fn find(&self, path: &[u8]) -> Option<Node> {
        parts(path).try_fold(Node::ROOT, |node, part| self.child(node, part))
    }

    /// Finds a name in a directory.
    pub(super) fn child(&self, parent: Node, name: &[u8]) -> Option<Node> {
        match self.index[self.probe(parent.0, name)] {
            NONE => None,
            node => Some(Node(node)),
        }
    }

    /// Finds a path, or makes a place for it and for each directory that it lies in.
    ///
    /// # Errors
    /// [`Error::Limit`].
    pub(super) fn add(&mut self, path: &[u8]) -> Result<Node> {
        parts(path).try_fold(Node::ROOT, |node, part| self.add_child(node, part))
    }

    fn add_child(&mut self, parent: Node, name: &[u8]) -> Result<Node> {
        let slot = self.probe(parent.0, name);
        let node = match self.index[slot] {
            NONE => self.make(parent, name, slot)?,
            node => node,
        };
        let (child, link) = (self.links[parent.place()].child, &mut self.links[node as usize]);
        if link.next == CUT {
            link.next = child;
            self.links[parent.place()].child = node;
        }
        Ok(Node(node))
    }

    fn make(&mut self, parent: Node, name: &[u8], slot: usize) -> Result<u32> {
        let price = (size_of::<Link>() + 3 * size_of::<u32>() + name.len() + self.beside) as u64;
        self.budget.spend(price)?;
        self.spent += price;
        let number = |number: usize| {
            let limit = u64::from(BELOW);
            u32::try_from(number).ok().filter(|number| *number < BELOW).ok_or(Error::Limit { what: "names", limit })
        };
        let node = number(self.links.len())?;
        let (start, length) = (number(self.names.len())?, number(name.len())?);
        self.names.extend_from_slice(name);
        self.links.push(Link { parent: parent.0, start, length, child: NONE, next: CUT });
        self.index[slot] = node;
        if self.links.len() * 3 > self.index.len() * 2 {
            self.grow();
        }
        Ok(node)
    }

    fn grow(&mut self) {
        self.index = vec![NONE; self.index.len() * 2];
        for node in self.nodes().skip(1) {
            let slot = self.probe(self.links[node.place()].parent, self.name(node));
            self.index[slot] = node.0;
        }
    }

    /// Returns where the index has a name, or has room for it.
    fn probe(&self, parent: u32, name: &[u8]) -> usize {
        let mask = self.index.len() - 1;
        // What does not fit is masked anyway.
        let mut slot = self.hasher.hash_one((parent, name)) as usize & mask;
        loop {
            let node = self.index[slot];
            if node == NONE || self.links[node as usize].parent == parent && self.name(Node(node)) == name {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Returns the last part of a path.
    pub(super) fn name(&self, node: Node) -> &[u8] {
        let link = &self.links[node.place()];
        &self.names[link.start as usize..(link.start + link.length) as usize]
    }

    /// Returns the directory that a node is in; the root is in none.
    pub(super) fn parent(&self, node: Node) -> Option<Node> {
        (node != Node::ROOT).then(|| Node(self.links[node.place()].parent))
    }

    /// Returns the directories that a path lies in, the nearest first, the root last.
    pub(super) fn parents(&self, node: Node) -> impl Iterator<Item = Node> {
        std::iter::successors(self.parent(node), |node| self.parent(*node))
    }

    /// Returns the whole path.
    pub(super) fn path(&self, node: Node) -> Path {
        let mut nodes: Vec<Node> = std::iter::once(node).chain(self.parents(node)).collect();
        // The root has no name.
        nodes.pop();
        let mut path = Path::new();
        for node in nodes.into_iter().rev() {
            push(&mut path, self.name(node));
        }
        path
    }

    /// Cuts off all that is below a node, which `each` is told. Every node is cut at most once for each time that it was added.
    pub(super) fn cut_below(&mut self, node: Node, mut each: impl FnMut(&Self, Node)) {
        let mut todo = vec![node.0];
        while let Some(node) = todo.pop() {
            let mut child = std::mem::replace(&mut self.links[node as usize].child, NONE);
            while child != NONE {
                each(self, Node(child));
                todo.push(child);
                child = std::mem::replace(&mut self.links[child as usize].next, CUT);
            }
        }
    }

    /// Returns all paths that were added and not cut, in the order of their bytes; the root comes among them as `.`.
    pub(super) fn walk(&self) -> Walk<'_> {
        let mut walk = Walk { paths: self, levels: Vec::new(), path: Path::new() };
        walk.enter(Node::ROOT, true);
        walk
    }

    /// Returns the paths below a node, in the order of their bytes.
    pub(super) fn walk_below(&self, node: Node) -> Walk<'_> {
        let mut walk = Walk { paths: self, levels: Vec::new(), path: self.path(node) };
        walk.enter(node, false);
        walk
    }

    /// Returns the name that an item of a walk is sorted by.
    fn key(&self, item: u32) -> (&[u8], bool) {
        match item & !BELOW {
            NONE => (b".", false),
            node => (self.name(Node(node)), item & BELOW != 0),
        }
    }

    /// Orders names in a directory as whole paths are ordered: what is below a name has a slash behind it.
    fn compare(&self, a: u32, b: u32) -> Ordering {
        let ((a, a_below), (b, b_below)) = (self.key(a), self.key(b));
        let common = a.len().min(b.len());
        a[..common].cmp(&b[..common]).then_with(|| {
            let next = |name: &[u8], below: bool| name.get(common).copied().or(below.then_some(b'/'));
            next(a, a_below).cmp(&next(b, b_below))
        })
    }
}

/// Goes through paths in the order of their bytes.
pub(super) struct Walk<'p> {
    paths: &'p Paths,
    /// Of each directory on the way, the length of its path and what is still to come, the next last.
    levels: Vec<(usize, Vec<u32>)>,
    path: Path,
}

impl Walk<'_> {
    fn enter(&mut self, node: Node, with_root: bool) {
        let links = &self.paths.links;
        let mut items = if with_root { vec![NONE] } else { Vec::new() };
        let mut child = links[node.place()].child;
        while child != NONE {
            items.push(child);
            if links[child as usize].child != NONE {
                items.push(child | BELOW);
            }
            child = links[child as usize].next;
        }
        items.sort_unstable_by(|a, b| self.paths.compare(*b, *a));
        self.levels.push((self.path.len(), items));
    }

    /// Returns the path of the node that came last, which has no name of its own if it is the root.
    pub(super) fn path(&self) -> &[u8] {
        &self.path
    }
}

impl Iterator for Walk<'_> {
    type Item = Node;

    fn next(&mut self) -> Option<Node> {
        loop {
            let (length, items) = self.levels.last_mut()?;
            self.path.truncate(*length);
            let Some(item) = items.pop() else {
                self.levels.pop();
                continue;
            };
            let node = Node(item & !BELOW);
            push(&mut self.path, self.paths.name(node));
            if item & BELOW == 0 {
                return Some(node);
            }
            self.enter(node, false);
        }
    }
}

/// Splits a path; the empty one has no parts.
fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty())
}

fn push(path: &mut Path, name: &[u8]) {
    if !path.is_empty() && !name.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(all: &[&str]) -> Paths {
        let mut paths = Paths::new(Budget::new(1 << 30), 0);
        for path in all {
            paths.add(path.as_bytes()).expect("within the budget");
        }
        paths
    }

    fn listed(paths: &Paths) -> Vec<Path> {
        let mut walk = paths.walk();
        let mut all = Vec::new();
        while let Some(node) = walk.next() {
            assert_eq!(walk.path(), paths.path(node));
            all.push(if node == Node::ROOT { b".".to_vec() } else { walk.path().to_vec() });
        }
        all
    }

    #[test]
    fn walks_in_the_order_of_bytes() {
        let all = ["a/b/c", "a-b", "a-b/x", "a.d", "a0", "a", "!", "-x/y", ".a", "..b", "a/b-c", "\u{ff}/z", "ab/c"];
        let paths = paths(&all);
        let mut wanted: Vec<Path> =
            [".", "a/b", "ab", "-x", "\u{ff}"].iter().map(|path| path.as_bytes().to_vec()).collect();
        wanted.extend(all.iter().map(|path| path.as_bytes().to_vec()));
        wanted.sort();
        assert_eq!(listed(&paths), wanted);
        let below: Vec<Path> =
            paths.walk_below(paths.find(b"a").expect("there")).map(|node| paths.path(node)).collect();
        assert_eq!(below, [&b"a/b"[..], b"a/b-c", b"a/b/c"]);
    }

    #[test]
    fn finds_what_was_added_and_nothing_else() {
        let many: Vec<String> = (0..5000).map(|number| format!("d{}/n{number}", number % 7)).collect();
        let paths = paths(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(paths.len(), 1 + 7 + 5000);
        for path in &many {
            let node = paths.find(path.as_bytes()).expect("there");
            assert_eq!((paths.path(node), paths.parents(node).count()), (path.as_bytes().to_vec(), 2));
        }
        for absent in ["n1", "d1/n0", "d0/n0/x", "d8"] {
            assert_eq!(paths.find(absent.as_bytes()), None, "{absent}");
        }
        assert_eq!(paths.find(b""), Some(Node::ROOT));
    }

    #[test]
    fn what_is_cut_comes_back_when_it_is_added() {
        let mut paths = paths(&["a/b/c", "a/d", "e"]);
        let node = paths.find(b"a").expect("there");
        let mut cut = Vec::new();
        paths.cut_below(node, |paths, node| cut.push(paths.path(node)));
        cut.sort();
        assert_eq!(cut, [&b"a/b"[..], b"a/b/c", b"a/d"]);
        assert_eq!(listed(&paths), [&b"."[..], b"a", b"e"]);
        paths.cut_below(node, |_, _| panic!("nothing is there"));
        paths.add(b"a/b").expect("adds");
        assert_eq!(listed(&paths), [&b"."[..], b"a", b"a/b", b"e"]);
    }

    #[test]
    fn each_name_is_paid_for_once() {
        let budget = Budget::new(1000);
        let mut paths = Paths::new(budget, 100);
        for _ in 0..100 {
            paths.add(b"a/b").expect("two names");
        }
        assert!((0..10).any(|number| paths.add(format!("{number}").as_bytes()).is_err()));
    }
}
