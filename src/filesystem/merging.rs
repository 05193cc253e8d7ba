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

use std::collections::{BTreeSet, HashMap};
use std::io::Read;

use super::ahead::Ahead;
use super::budget::Budget;
use super::links::{Links, Placed};
use super::meaning::{Meaning, split};
use super::tree::{Oddity, Path, Tree, Warning};
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
    /// The first path that is a directory and something else in the same layer, if there is one. Readers of a tar cannot replace the one by the
    /// other, so a tar of what was passed on is no image of the filesystem; [`Layers::pass_on_merged`] gives one.
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
#[derive(Default)]
struct Known {
    flags: u8,
    /// Layer and member of what was passed on.
    origin: Option<(u32, u32)>,
}

/// What the layer that is being read has at a path.
#[derive(Default)]
struct Here {
    flags: u8,
    /// What is no directory, hard links resolved, with the number of the member that has the content.
    entry: Option<Box<Entry>>,
    visible: bool,
}

/// A filesystem on its way into a sink.
struct Merging<'a> {
    sink: &'a mut dyn Sink,
    budget: Budget,
    known: HashMap<Path, Known>,
    here: HashMap<Path, Here>,
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
            merging.close_layer()?;
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
        let mut links = Links::default();
        self.walk(number, &mut |archive, mut member| {
            let placed = links.place(&member);
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
            budget,
            known: HashMap::new(),
            here: HashMap::new(),
            links: Links::default(),
            odd: false,
            overwritten: false,
            replaced: None,
            warnings: Vec::new(),
        }
    }

    fn take(&mut self, number: usize, archive: &mut Archive<Ahead<'_>>, member: &Member) -> Result<()> {
        let Placed { meaning, target } = self.links.place(member);
        match meaning {
            Meaning::Path(path) if path.is_empty() => self.take_root(member),
            Meaning::Path(path) if member.entry.kind == Kind::HardLink => {
                self.take_link(&path, target.unwrap_or_default())
            }
            Meaning::Path(path) => self.take_entry(path, member, archive),
            Meaning::Whiteout(path) => self.mark(path, HIDDEN),
            Meaning::Opaque(directory) => {
                if directory.is_empty() {
                    self.warn(number, member, Oddity::OpaqueRoot);
                }
                self.mark(directory, OPAQUE)
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
        self.mark(Path::new(), DIRECTORY)?;
        if self.is_hidden(b"", true) {
            return Ok(());
        }
        self.pass(b"", &member.entry)
    }

    fn take_entry(&mut self, path: Path, member: &Member, archive: &mut Archive<Ahead<'_>>) -> Result<()> {
        let directory = member.entry.is_directory();
        self.note_conflicts(&path, directory);
        self.imply_parents(&path)?;
        let visible = !self.is_hidden(&path, directory);
        if visible {
            append(self.sink, &path, &member.entry, archive)?;
            self.remember(&path, &member.entry)?;
        }
        if directory {
            return self.mark(path, DIRECTORY);
        }
        self.keep(&path, member.entry.clone(), visible)
    }

    /// Takes a hard link to what the layer has; what else it may mean is found out later.
    fn take_link(&mut self, path: &[u8], target: Path) -> Result<()> {
        if self.odd {
            return Ok(());
        }
        let found =
            self.here.get(&target).and_then(|here| here.entry.as_deref().map(|entry| (entry.clone(), here.visible)));
        let Some((found, target_visible)) = found.filter(|_| target != path) else {
            self.odd = true;
            return Ok(());
        };
        self.note_conflicts(path, false);
        if self.odd {
            // What it replaces may be what it leads to.
            return Ok(());
        }
        self.imply_parents(path)?;
        let visible = !self.is_hidden(path, false);
        let is_file = found.is_file();
        let first = found.link.clone().filter(|_| is_file).unwrap_or_else(|| target.into());
        if visible && is_file && !target_visible {
            self.odd = true;
        } else if visible {
            let entry = if is_file { Entry::hard_link(&first, &found) } else { found.clone() };
            self.sink.append(path, &entry, None)?;
            self.remember(path, &found)?;
        }
        let link = if is_file { Some(first) } else { found.link.clone() };
        // A link to this link leads to the same file.
        self.keep(path, Entry { link, ..found }, target_visible)
    }

    /// Notices what a layer does to its own entries; a later entry replaces the earlier one, which was passed on.
    fn note_conflicts(&mut self, path: &[u8], directory: bool) {
        let flags = |path: &[u8]| self.here.get(path).map_or(0, |here| here.flags);
        let clash = if directory { OTHER } else { OTHER | DIRECTORY | IMPLIED };
        let below_other = parents(path).any(|parent| flags(parent) & OTHER != 0);
        if flags(path) & clash != 0 || below_other {
            self.odd = true;
            self.overwritten = true;
            if directory || below_other || flags(path) & (DIRECTORY | IMPLIED) != 0 {
                self.replaced.get_or_insert_with(|| path.to_vec());
            }
        }
    }

    /// Marks the directories that a path lies in.
    fn imply_parents(&mut self, path: &[u8]) -> Result<()> {
        for parent in parents(path).filter(|parent| !parent.is_empty()) {
            if self.here.get(parent).is_some_and(|here| here.flags & (DIRECTORY | IMPLIED) != 0) {
                break;
            }
            self.mark(parent.to_vec(), IMPLIED)?;
            if !self.is_hidden(parent, true) {
                self.known_mut(parent)?.flags |= NEEDED;
            }
        }
        Ok(())
    }

    /// Says whether the layers above hide what this layer has at a path.
    fn is_hidden(&self, path: &[u8], directory: bool) -> bool {
        let flags = |path: &[u8]| self.known.get(path).map_or(0, |known| known.flags);
        let own = HIDDEN | DIRECTORY | OTHER | if directory { 0 } else { IMPLIED };
        flags(path) & own != 0 || parents(path).any(|parent| flags(parent) & (HIDDEN | OPAQUE | OTHER) != 0)
    }

    fn pass(&mut self, path: &[u8], entry: &Entry) -> Result<()> {
        self.sink.append(path, entry, None)?;
        self.remember(path, entry)
    }

    fn remember(&mut self, path: &[u8], entry: &Entry) -> Result<()> {
        let origin = origin(entry);
        let passed = if entry.is_directory() { PASSED } else { 0 };
        let known = self.known_mut(path)?;
        known.flags |= passed;
        known.origin = Some(origin);
        Ok(())
    }

    fn known_mut(&mut self, path: &[u8]) -> Result<&mut Known> {
        if !self.known.contains_key(path) {
            self.budget.spend((size_of::<(Path, Known)>() + path.len() + 16) as u64)?;
            self.known.insert(path.to_vec(), Known::default());
        }
        Ok(self.known.get_mut(path).expect("it was put there"))
    }

    fn mark(&mut self, path: Path, flag: u8) -> Result<()> {
        if !self.here.contains_key(&path) {
            self.budget.spend((size_of::<(Path, Here)>() + path.len() + 16) as u64)?;
        }
        self.here.entry(path).or_default().flags |= flag;
        Ok(())
    }

    fn keep(&mut self, path: &[u8], entry: Entry, visible: bool) -> Result<()> {
        self.budget.spend(entry.weight(0))?;
        self.mark(path.to_vec(), OTHER)?;
        let here = self.here.get_mut(path).expect("it was put there");
        (here.entry, here.visible) = (Some(Box::new(entry)), visible);
        Ok(())
    }

    /// Has the layer hide what is below it from now on.
    fn close_layer(&mut self) -> Result<()> {
        self.links = Links::default();
        for (path, here) in std::mem::take(&mut self.here) {
            self.known_mut(&path)?.flags |= here.flags;
            let entry = here.entry.map_or(0, |entry| entry.weight(0));
            self.budget.refund(entry + (size_of::<(Path, Here)>() + path.len() + 16) as u64);
        }
        Ok(())
    }

    /// Appends the directories that something lies in though no layer declares them.
    fn append_implied(&mut self) -> Result<()> {
        let missing = |known: &Known| known.flags & (NEEDED | PASSED) == NEEDED;
        let needed = self.known.iter().filter(|(_, known)| missing(known));
        let paths: BTreeSet<Path> = needed.map(|(path, _)| path.clone()).collect();
        paths.iter().try_for_each(|path| self.sink.append(path, &Entry::implied(), None))
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

/// Returns the directories that a path lies in, the nearest first, the root last.
fn parents(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(path), |path| (!path.is_empty()).then(|| split(path).0)).skip(1)
}
