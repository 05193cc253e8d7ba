//! Layers merged into what a container would see.
//!
//! image-spec, "Applying Changesets": <https://github.com/opencontainers/image-spec/blob/main/layer.md#applying-changesets>. Within one
//! layer paths go through the symbolic links that it has so far, see [`Links`]; otherwise they are taken lexically, as overlay filesystems do
//! it: an entry below what a lower layer has as a symbolic link replaces the link by a directory. A layer is taken in two passes, for its whiteouts act on the layers below it and never on itself, wherever in the layer they stand. Where
//! the specification is silent, the rules are those of docs/DECISIONS.md, "Inside an image".

use std::collections::HashMap;
use std::collections::hash_map::Entry::Occupied;

use super::links::{Links, Placed};
use super::meaning::{Meaning, join, split};
use super::members::Members;
use super::packed::Table;
use super::paths::{Node, Paths, Walk};
use super::warning::{Oddity, Warning};
use super::{Budget, Result};
use super::{Entry, Kind, Member};

/// A path in a filesystem: bytes without a leading slash.
pub type Path = Vec<u8>;

/// A merged filesystem. It holds each name once and the attributes of an entry packed, 80 bytes and the name for most.
#[derive(Debug)]
pub struct Tree {
    pub(super) paths: Paths,
    pub(super) table: Table,
    /// What the layers say about those below them, by node, for the case that more are to come.
    shadows: Vec<u8>,
    /// Of each path how many hard links at and below it have a target in a lower layer, or nowhere.
    unresolved: HashMap<Node, u32>,
    warnings: Vec<Warning>,
    /// Whether there are layers below, which are not known: a hard link without a target leads into one, then.
    pub(super) partial: bool,
    /// Whether there has been such a hard link.
    pub(super) has_missed: bool,
    budget: Budget,
}

/// What a hard link costs beside what it leads to, while its layer hides that.
const HIDDEN_COST: u64 = (size_of::<usize>() + size_of::<Entry>()) as u64;

/// The path is hidden.
pub(super) const WHITEOUT: u8 = 1;
/// Of what is in this directory nothing from below is seen.
pub(super) const OPAQUE: u8 = 2;
/// A hard link whose target must be in a lower layer, or nowhere.
pub(super) const UNRESOLVED: u8 = 4;

impl Tree {
    /// Makes an empty filesystem that grows no larger than the budget.
    pub(super) fn new(budget: Budget) -> Self {
        let paths = Paths::new(budget.clone(), Table::COST + 1);
        let (table, shadows, warnings) = (Table::default(), Vec::new(), Vec::new());
        let (partial, has_missed) = (false, false);
        Self { paths, table, shadows, unresolved: HashMap::new(), warnings, partial, has_missed, budget }
    }

    /// Puts a layer on top.
    pub(super) fn apply(&mut self, number: usize, members: &Members) -> Result<()> {
        self.apply_with(None, number, members)
    }

    /// Puts a layer on top, and on top of all layers in `whole`, which tells where hard links into layers below lead.
    pub(super) fn apply_with(&mut self, mut whole: Option<&mut Self>, number: usize, members: &Members) -> Result<()> {
        let mut hidden = self.hide_all(number, members)?;
        if let Some(whole) = &mut whole {
            hidden = whole.hide_all(number, members)?;
        }
        let mut links = Links::new(self.budget.clone());
        for member in members.iter() {
            let Placed { meaning, target } = links.place(&member)?;
            let Meaning::Path(path) = meaning else { continue };
            let mut known = hidden.remove(&member.entry.member);
            if let Some(whole) = &mut whole {
                let is_there = whole.add(number, &path, target.clone(), known, &member)?;
                known = if is_there { whole.get(&path) } else { None };
            }
            self.add(number, &path, target, known, &member)?;
        }
        Ok(())
    }

    /// Takes what a layer hides of those below it; returns, by the number of the member, what its hard links lead to that it hides further on.
    fn hide_all(&mut self, number: usize, members: &Members) -> Result<HashMap<usize, Entry>> {
        let mut hidden = HashMap::new();
        if members.are_plain() {
            return Ok(hidden);
        }
        let mut links = Links::new(self.budget.clone());
        let mut spent = 0;
        for member in members.iter() {
            let Placed { meaning, target } = links.place(&member)?;
            self.hide(number, &meaning, &member)?;
            let there = target.and_then(|target| self.paths.find(&self.locate(target)));
            if let Some(entry) = there.filter(|there| *there != Node::ROOT).and_then(|there| self.table.get(there)) {
                self.budget.spend(HIDDEN_COST)?;
                spent += HIDDEN_COST;
                hidden.insert(member.entry.member, entry);
            }
        }
        // It is held while the layer is put on top, and no longer.
        self.budget.refund(spent);
        Ok(hidden)
    }

    /// Returns what is at a path; the empty path is the root, if a layer declares it.
    pub fn get(&self, path: &[u8]) -> Option<Entry> {
        self.table.get(self.paths.find(path)?)
    }

    /// Returns all entries in the order of their paths' bytes. A root that a layer declares stands as `.` among them.
    pub fn iter(&self) -> impl Iterator<Item = (Path, Entry)> {
        self.entries(self.paths.walk())
    }

    /// Returns what is at a path and below it, in the order of [`iter`](Self::iter); of the empty path everything.
    pub fn below(&self, path: &[u8]) -> impl Iterator<Item = (Path, Entry)> {
        let node = self.paths.find(path);
        let own = node.filter(|node| *node != Node::ROOT).and_then(|node| Some((path.to_vec(), self.table.get(node)?)));
        let rest = match node {
            Some(Node::ROOT) => Some(self.paths.walk()),
            node => node.map(|node| self.paths.walk_below(node)),
        };
        own.into_iter().chain(rest.into_iter().flat_map(|walk| self.entries(walk)))
    }

    fn entries<'t>(&'t self, mut walk: Walk<'t>) -> impl Iterator<Item = (Path, Entry)> + use<'t> {
        std::iter::from_fn(move || {
            loop {
                let node = walk.next()?;
                if let Some(entry) = self.table.get(node) {
                    let path = if node == Node::ROOT { b"." } else { walk.path() };
                    return Some((path.to_vec(), entry));
                }
            }
        })
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Says whether nothing is there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns what was odd about the layers, in their order.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Returns what is at a path that was seen to be there.
    pub(super) fn entry(&self, node: Node) -> Entry {
        self.table.get(node).unwrap_or_else(Entry::implied)
    }

    /// Returns the layer and the member that have the content, of a file.
    pub(super) fn file(&self, node: Node) -> Option<(u32, u32)> {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let origin = self.table.origin(node).filter(|_| self.table.is_file(node));
        origin.map(|(layer, member)| (number(layer), number(member)))
    }

    /// Returns what pays for the tree's names.
    pub(super) fn budget(&self) -> Budget {
        self.budget.clone()
    }

    /// Returns what the layers say of a path to those below.
    pub(super) fn shadows(&self, node: Node) -> u8 {
        self.shadows.get(node.place()).copied().unwrap_or(0)
    }

    fn shadow(&mut self, node: Node, flag: u8) {
        if self.shadows.len() <= node.place() {
            self.shadows.resize(node.place() + 1, 0);
        }
        self.shadows[node.place()] |= flag;
    }

    /// Says whether what is not in a directory cannot come from a layer below either.
    pub(super) fn is_closed(&self, directory: Node) -> bool {
        let closed = |node: Node| self.shadows(node) & (OPAQUE | WHITEOUT) != 0;
        closed(directory) || self.paths.parents(directory).any(closed)
    }

    /// Says whether any hard link has no target so far.
    pub(super) fn has_unresolved(&self) -> bool {
        !self.unresolved.is_empty()
    }

    /// Says whether a hard link at or below a path has no target so far.
    pub(super) fn is_unresolved(&self, node: Node) -> bool {
        self.unresolved.contains_key(&node)
    }

    /// The first pass: what the layer hides of those below it.
    fn hide(&mut self, number: usize, meaning: &Meaning, member: &Member) -> Result<()> {
        match meaning {
            Meaning::Opaque(directory) => {
                if directory.is_empty() {
                    self.warn(number, member, Oddity::OpaqueRoot);
                }
                let node = self.paths.add(directory)?;
                self.resolved(node);
                self.remove_below(node);
                self.shadow(node, OPAQUE);
            }
            Meaning::Whiteout(path) => {
                let node = self.paths.add(path)?;
                if self.paths.parent(node).is_some_and(|parent| self.table.is_symlink(parent)) {
                    self.warn(number, member, Oddity::WhiteoutBelowLink);
                }
                self.remove(node);
                self.shadow(node, WHITEOUT);
            }
            Meaning::Outside => self.warn(number, member, Oddity::Outside),
            Meaning::Path(_) | Meaning::Leftover(_) => {}
        }
        Ok(())
    }

    /// The second pass: what the layer has. Says whether there is something by now; `known` is what a hard link leads to if nothing is left there.
    fn add(
        &mut self,
        number: usize,
        path: &[u8],
        target: Option<Path>,
        known: Option<Entry>,
        member: &Member,
    ) -> Result<bool> {
        let entry = Entry { layer: number, ..member.entry.clone() };
        if path.is_empty() {
            return if entry.is_directory() { self.insert(Node::ROOT, entry).map(|()| true) } else { Ok(false) };
        }
        let node = self.paths.add(path)?;
        let entry = match entry.kind {
            Kind::HardLink => match self.linked(number, node, target, known, member) {
                Some(entry) => entry,
                None => return Ok(false),
            },
            _ => entry,
        };
        self.make_parents(number, node, member)?;
        if entry.is_directory() {
            if self.table.has(node) && !self.table.is_directory(node) {
                // What it replaces hid the directory of a layer below.
                self.shadow(node, OPAQUE);
            }
            self.resolved(node);
        } else {
            self.remove(node);
        }
        self.insert(node, entry).map(|()| true)
    }

    /// Returns what a hard link stands for: its target as it is now, whatever becomes of it later.
    fn linked(
        &mut self,
        number: usize,
        node: Node,
        target: Option<Path>,
        known: Option<Entry>,
        member: &Member,
    ) -> Option<Entry> {
        let target = self.locate(target.unwrap_or_default());
        let there = self.paths.find(&target).filter(|there| *there != Node::ROOT);
        let Some(found) = there.and_then(|there| self.table.get(there)).or(known) else {
            if self.partial {
                // It replaces what is here, and a layer below says with what.
                self.remove(node);
            }
            self.leave_unresolved(node);
            self.warn(number, member, Oddity::MissingTarget);
            return None;
        };
        if there == Some(node) {
            return None;
        }
        if found.is_directory() {
            self.warn(number, member, Oddity::LinkToDirectory);
        }
        let link = if found.is_file() { found.link.or(Some(target.into())) } else { found.link };
        Some(Entry { link, implicit: false, ..found })
    }

    /// Returns where the target of a hard link is: where it says, or else where links of lower layers lead.
    fn locate(&self, target: Path) -> Path {
        let (parent, base) = split(&target);
        if parent.is_empty() || self.paths.find(&target).is_some_and(|node| self.table.has(node)) {
            return target;
        }
        match self.resolve(parent, true) {
            Ok(parent) => join(&parent, base),
            Err(_) => target,
        }
    }

    /// Makes the directories that a path needs; what is in the way and no directory goes.
    fn make_parents(&mut self, number: usize, node: Node, member: &Member) -> Result<()> {
        let missing = self.paths.parents(node).take_while(|parent| *parent != Node::ROOT);
        let missing: Vec<Node> = missing.take_while(|parent| !self.table.is_directory(*parent)).collect();
        for parent in missing.into_iter().rev() {
            // Nothing lies below what is no directory.
            if self.table.remove(parent, &self.budget) {
                self.warn(number, member, Oddity::BelowOther);
                self.shadow(parent, OPAQUE);
            }
            self.insert(parent, Entry { layer: number, ..Entry::implied() })?;
        }
        Ok(())
    }

    pub(super) fn insert(&mut self, node: Node, entry: Entry) -> Result<()> {
        self.table.put(node, entry, &self.budget)
    }

    /// Removes what is at a path and below it; hard links there have no target to be looked for any more.
    fn remove(&mut self, node: Node) {
        self.resolved(node);
        self.table.remove(node, &self.budget);
        self.remove_below(node);
    }

    fn remove_below(&mut self, node: Node) {
        let Self { paths, table, shadows, unresolved, budget, .. } = self;
        paths.cut_below(node, |paths, below| {
            table.remove(below, budget);
            forget_unresolved(paths, shadows, unresolved, below);
        });
    }

    fn leave_unresolved(&mut self, node: Node) {
        self.has_missed = true;
        if self.shadows(node) & UNRESOLVED == 0 {
            self.shadow(node, UNRESOLVED);
            for at in std::iter::once(node).chain(self.paths.parents(node)) {
                *self.unresolved.entry(at).or_default() += 1;
            }
        }
    }

    /// Something else is at a path by now than a hard link without a target.
    fn resolved(&mut self, node: Node) {
        forget_unresolved(&self.paths, &mut self.shadows, &mut self.unresolved, node);
    }

    fn warn(&mut self, layer: usize, member: &Member, oddity: Oddity) {
        Warning::push(&mut self.warnings, layer, member, oddity);
    }
}

fn forget_unresolved(paths: &Paths, shadows: &mut [u8], unresolved: &mut HashMap<Node, u32>, node: Node) {
    let Some(flags) = shadows.get_mut(node.place()).filter(|flags| **flags & UNRESOLVED != 0) else { return };
    *flags &= !UNRESOLVED;
    for at in std::iter::once(node).chain(paths.parents(node)) {
        if let Occupied(mut count) = unresolved.entry(at) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}
