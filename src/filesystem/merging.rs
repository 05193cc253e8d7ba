//! The merged filesystem as a stream of entries: each layer read once, the top one first.
//!
//! An entry is passed on where it stands in its layer if nothing above hides it, so that content needs no second look and no room. The order
//! is that of the layers from the top, and in each that of its tar; it depends on the image alone. A taker that applies the entries in their
//! order, as every reader of tar does, ends up with what [`Tree`] has.
//!
//! What a hard link stands for is known at once only when its target is a file of the same layer that is seen too. At the first other one
//! the layers below are listed first, [`Layers::merge`] says what everything is, and what is still missing is read in a second pass.

mod complete;
mod top;

use std::io::Read;

use super::ahead::Ahead;
use super::budget::Budget;
use super::links::{Links, Placed};
use super::meaning::Meaning;
use super::packed::Table;
use super::paths::{Node, Paths};
use super::tree::{Path, Tree};
use super::warning::{Oddity, Warning};
use super::{Entry, Kind, Layers, Member, Result};
use crate::tar::Archive;

/// Takes the entries of a filesystem. Directories may come after what is in them, hard links come after their target, and what comes later
/// replaces what has the same path.
pub trait Sink {
    /// Takes an entry; a file's content must be read to its end.
    ///
    /// # Errors
    /// Those of the taker; those of `content` as [`Error::Content`](super::Error::Content).
    fn append(&mut self, path: &[u8], entry: &Entry, content: Option<&mut dyn Read>) -> Result<()>;
}

/// What was passed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Passed {
    /// What was odd about the layers.
    pub warnings: Vec<Warning>,
    /// Whether a layer has entries that replace others of its own, so that some path came twice, or came and is hidden by what came later.
    pub overwritten: bool,
    /// The first path that a layer has twice in a way that what was passed on, applied in order, is not the filesystem: a directory and something
    /// else, or a symbolic link and something else, which GNU tar makes last. [`Layers::pass_on_merged`] passes the filesystem on.
    pub replaced: Option<Path>,
}

/// Something in an upper layer is called like this, or hides it.
const HIDDEN: u8 = 1;
/// An upper layer hides what is below this directory.
const OPAQUE: u8 = 2;
/// An upper layer has a directory here.
const DIRECTORY: u8 = 4;
/// An upper layer has something here that is no directory.
const OTHER: u8 = 8;
/// An upper layer has something below this path.
const IMPLIED: u8 = 16;
/// The merged filesystem has something below this path.
const NEEDED: u8 = 32;
/// The directory was passed on.
const PASSED: u8 = 64;

/// What is known of a path.
#[derive(Clone, Copy, Default)]
struct Known {
    /// What the layers above have or hide, and what the layer that is being read has.
    above: u8,
    here: u8,
    /// Whether what the layer has is seen.
    visible: bool,
    /// Layer and member of what was passed on.
    origin: Option<(u32, u32)>,
}

/// A filesystem on its way into a sink.
struct Merging<'a> {
    sink: &'a mut dyn Sink,
    budget: Budget,
    paths: Paths,
    /// By node.
    known: Vec<Known>,
    /// What the layer that is being read has and is no directory, hard links resolved, with the number of the member that has the content.
    entries: Table,
    /// Of which paths the layer that is being read has said anything.
    here: Vec<Node>,
    /// The links that the layer has so far.
    links: Links,
    /// Whether the layer has something that takes the layers below to be understood.
    odd: bool,
    overwritten: bool,
    replaced: Option<Path>,
    warnings: Vec<Warning>,
}

impl Layers<'_> {
    /// Passes the merged filesystem on, entry by entry, and each layer is read once, but for those that hard links of others lead into.
    ///
    /// All layers are verified; but what is wrong about one shows at its end, when much of it has been passed on.
    ///
    /// # Errors
    /// Those of reading and of the sink.
    pub fn pass_on(&self, sink: &mut dyn Sink) -> Result<Passed> {
        let mut merging = Merging::new(sink, self.budget());
        for number in (0..self.image.layers().len()).rev() {
            self.walk(number, &mut |archive, member| merging.take(number, archive, &member))?;
            if merging.odd {
                let (tree, overwritten, replaced) = (self.merge()?, merging.overwritten, merging.replaced.take());
                merging.complete(self, &tree)?;
                return Ok(Passed { warnings: tree.warnings().to_vec(), overwritten, replaced });
            }
            merging.close_layer();
        }
        merging.append_implied()?;
        Ok(Passed { warnings: merging.warnings, overwritten: false, replaced: None })
    }

    /// Passes the merged filesystem on so that each path comes once, whatever the layers do to their own entries; layers are read twice.
    ///
    /// # Errors
    /// Those of reading and of the sink.
    pub fn pass_on_merged(&self, sink: &mut dyn Sink) -> Result<Passed> {
        let tree = self.merge()?;
        Merging::new(sink, self.budget()).complete(self, &tree)?;
        Ok(Passed { warnings: tree.warnings().to_vec(), overwritten: false, replaced: None })
    }

    /// Passes one layer on, its whiteouts under their own names, what lies below its links where these lead.
    ///
    /// # Errors
    /// Those of reading and of the sink.
    pub fn pass_on_layer(&self, number: usize, sink: &mut dyn Sink) -> Result<()> {
        let mut links = Links::new(self.budget());
        self.walk(number, &mut |archive, mut member| {
            let placed = links.place(&member)?;
            let Some(path) = placed.name() else { return Ok(()) };
            if let Some(target) = placed.target {
                member.entry.link = Some(target.into());
            }
            append(sink, &path, &member.entry, archive)
        })
    }

    /// Reads a layer and checks all that is known of it.
    fn walk(&self, number: usize, visit: &mut super::read::Visit<'_>) -> Result<()> {
        let budget = self.budget();
        let holder = || self.holder();
        let reading = self.reading(number, &budget, &holder);
        let mut holes = 0_u64;
        let seen = reading.walk(self.open(number)?, &mut |archive, member| {
            holes = holes.saturating_add(archive.holes());
            reading.check_holes(holes)?;
            visit(archive, member)
        })?;
        self.check_diff_id(number, &seen.diff_id)
    }
}

impl<'a> Merging<'a> {
    fn new(sink: &'a mut dyn Sink, budget: Budget) -> Self {
        Self {
            sink,
            paths: Paths::new(budget.clone(), size_of::<Known>() + Table::COST + size_of::<Node>()),
            known: Vec::new(),
            entries: Table::default(),
            here: Vec::new(),
            links: Links::new(budget.clone()),
            budget,
            odd: false,
            overwritten: false,
            replaced: None,
            warnings: Vec::new(),
        }
    }

    fn take(&mut self, number: usize, archive: &mut Archive<Ahead<'_>>, member: &Member) -> Result<()> {
        let Placed { meaning, target } = self.links.place(member)?;
        match meaning {
            Meaning::Path(path) if path.is_empty() => self.take_root(member),
            Meaning::Path(path) if member.entry.kind == Kind::HardLink => {
                self.take_link(&path, &target.unwrap_or_default(), &member.entry)
            }
            Meaning::Path(path) => self.take_entry(&path, member, archive),
            Meaning::Whiteout(path) => {
                let node = self.paths.add(&path)?;
                self.mark(node, HIDDEN);
                Ok(())
            }
            Meaning::Opaque(directory) => {
                if directory.is_empty() {
                    self.warn(number, member, Oddity::OpaqueRoot);
                }
                let node = self.paths.add(&directory)?;
                self.mark(node, OPAQUE);
                Ok(())
            }
            Meaning::Outside => {
                self.warn(number, member, Oddity::Outside);
                Ok(())
            }
            Meaning::Leftover(_) => Ok(()),
        }
    }

    fn take_root(&mut self, member: &Member) -> Result<()> {
        if !member.entry.is_directory() {
            return Ok(());
        }
        self.mark(Node::ROOT, DIRECTORY);
        if self.is_hidden(Node::ROOT, true) {
            return Ok(());
        }
        self.sink.append(b"", &member.entry, None)?;
        self.remember(Node::ROOT, &member.entry);
        Ok(())
    }

    fn take_entry(&mut self, path: &[u8], member: &Member, archive: &mut Archive<Ahead<'_>>) -> Result<()> {
        let node = self.paths.add(path)?;
        let directory = member.entry.is_directory();
        self.note_conflicts(node, &member.entry);
        self.imply_parents(node);
        let visible = !self.is_hidden(node, directory);
        if visible {
            append(self.sink, path, &member.entry, archive)?;
            self.remember(node, &member.entry);
        }
        if directory {
            self.mark(node, DIRECTORY);
            return Ok(());
        }
        self.keep(node, member.entry.clone(), visible)
    }

    /// Takes a hard link to what the layer has; what else it may mean is found out later.
    fn take_link(&mut self, path: &[u8], target: &[u8], member: &Entry) -> Result<()> {
        if target == path {
            // It is what it is already, or nothing.
            self.odd = true;
            return Ok(());
        }
        let node = self.paths.add(path)?;
        let there = self.paths.find(target);
        let found = there.and_then(|there| Some((self.entries.get(there)?, self.known(there).visible)));
        let Some((found, target_visible)) = found else {
            // What it replaces was passed on all the same.
            self.note_conflicts(node, member);
            self.odd = true;
            return Ok(());
        };
        self.note_conflicts(node, &found);
        if self.odd {
            // What it replaces may be what it leads to.
            return Ok(());
        }
        self.imply_parents(node);
        let visible = !self.is_hidden(node, false);
        let is_file = found.is_file();
        let first = found.link.clone().filter(|_| is_file).unwrap_or_else(|| target.into());
        if visible && is_file && !target_visible {
            self.odd = true;
        } else if visible {
            let entry = if is_file { Entry::hard_link(&first, &found) } else { found.clone() };
            self.sink.append(path, &entry, None)?;
            self.remember(node, &found);
        }
        let link = if is_file { Some(first) } else { found.link.clone() };
        // A link to this link leads to the same file.
        self.keep(node, Entry { link, ..found }, target_visible)
    }

    /// Notices what a layer does to its own entries; a later entry replaces the earlier one, which was passed on.
    fn note_conflicts(&mut self, node: Node, entry: &Entry) {
        let own = self.known(node).here;
        let directory = entry.is_directory();
        let clash = if directory { OTHER } else { OTHER | DIRECTORY | IMPLIED };
        let below_other = self.paths.parents(node).any(|parent| self.known(parent).here & OTHER != 0);
        if own & clash != 0 || below_other {
            self.odd = true;
            self.overwritten = true;
            // What the layers above replace or remove was not passed on, and nothing of it is wrong.
            let is_gone = |node: Node| self.known(node).above & (HIDDEN | OTHER) != 0;
            let is_unseen = is_gone(node) || self.paths.parents(node).any(is_gone);
            let was_link = || self.entries.get(node).filter(|old| old.kind == Kind::Symlink);
            // GNU tar makes some links when all else is done.
            let is_late = || was_link().is_some_and(|old| (old.kind, old.link) != (entry.kind, entry.link.clone()));
            let is_other = directory || below_other || own & (DIRECTORY | IMPLIED) != 0;
            if !is_unseen && (is_other || is_late()) {
                self.replaced.get_or_insert_with(|| self.paths.path(node));
            }
        }
    }

    /// Marks the directories that a path lies in.
    fn imply_parents(&mut self, node: Node) {
        let parents = self.paths.parents(node).take_while(|parent| *parent != Node::ROOT);
        let new: Vec<Node> =
            parents.take_while(|parent| self.known(*parent).here & (DIRECTORY | IMPLIED) == 0).collect();
        let Some(highest) = new.last() else { return };
        let mut covered = self.is_covered(*highest);
        for parent in new.into_iter().rev() {
            self.mark(parent, IMPLIED);
            let above = self.known(parent).above;
            if !covered && above & (HIDDEN | DIRECTORY | OTHER) == 0 {
                self.known_mut(parent).above |= NEEDED;
            }
            covered |= above & (HIDDEN | OPAQUE | OTHER) != 0;
        }
    }

    /// Says whether the layers above hide what this layer has at a path.
    fn is_hidden(&self, node: Node, directory: bool) -> bool {
        let own = HIDDEN | DIRECTORY | OTHER | if directory { 0 } else { IMPLIED };
        self.known(node).above & own != 0 || self.is_covered(node)
    }

    /// Says whether the layers above hide a directory that a path lies in, or all that is in it.
    fn is_covered(&self, node: Node) -> bool {
        self.paths.parents(node).any(|parent| self.known(parent).above & (HIDDEN | OPAQUE | OTHER) != 0)
    }

    fn remember(&mut self, node: Node, entry: &Entry) {
        let passed = if entry.is_directory() { PASSED } else { 0 };
        let known = self.known_mut(node);
        known.above |= passed;
        known.origin = Some(origin(entry));
    }

    fn known(&self, node: Node) -> Known {
        self.known.get(node.place()).copied().unwrap_or_default()
    }

    fn known_mut(&mut self, node: Node) -> &mut Known {
        if self.known.len() <= node.place() {
            self.known.resize(self.paths.len().max(node.place() + 1), Known::default());
        }
        &mut self.known[node.place()]
    }

    fn mark(&mut self, node: Node, flag: u8) {
        let known = self.known_mut(node);
        let is_new = known.here == 0;
        known.here |= flag;
        if is_new {
            self.here.push(node);
        }
    }

    fn keep(&mut self, node: Node, entry: Entry, visible: bool) -> Result<()> {
        self.mark(node, OTHER);
        self.known_mut(node).visible = visible;
        self.entries.put(node, entry, &self.budget)
    }

    /// Has the layer hide what is below it from now on.
    fn close_layer(&mut self) {
        self.links = Links::new(self.budget.clone());
        for node in std::mem::take(&mut self.here) {
            self.entries.remove(node, &self.budget);
            let known = self.known_mut(node);
            known.above |= std::mem::take(&mut known.here);
            known.visible = false;
        }
    }

    /// Appends the directories that something lies in though no layer declares them.
    fn append_implied(&mut self) -> Result<()> {
        let mut walk = self.paths.walk();
        while let Some(node) = walk.next() {
            let known = self.known.get(node.place()).copied().unwrap_or_default();
            if known.above & (NEEDED | PASSED) == NEEDED {
                self.sink.append(walk.path(), &Entry::implied(), None)?;
            }
        }
        Ok(())
    }

    fn warn(&mut self, layer: usize, member: &Member, oddity: Oddity) {
        Warning::push(&mut self.warnings, layer, member, oddity);
    }
}

fn append(sink: &mut dyn Sink, path: &[u8], entry: &Entry, archive: &mut Archive<Ahead<'_>>) -> Result<()> {
    let content: Option<&mut dyn Read> = if entry.is_file() { Some(archive) } else { None };
    sink.append(path, entry, content)
}

fn origin(entry: &Entry) -> (u32, u32) {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    (number(entry.layer), number(entry.member))
}
