//! Layers merged into what a container would see.
//!
//! image-spec, "Applying Changesets": <https://github.com/opencontainers/image-spec/blob/main/layer.md#applying-changesets>. Within one
//! layer paths go through the symbolic links that it has so far, see [`Links`]; otherwise they are taken lexically, as overlay filesystems do
//! it: an entry below what a lower layer has as a symbolic link replaces the link by a directory. A layer is taken in two passes, for its whiteouts act on the layers below it and never on itself, wherever in the layer they stand. Where
//! the specification is silent, the rules are those of docs/DECISIONS.md, "Inside an image".

use std::collections::{BTreeMap, BTreeSet};

use super::links::{Links, Placed};
use super::meaning::{Meaning, join, split};
use super::{Budget, Result};
use super::{Entry, Kind, Member};

/// A path in a filesystem: bytes without a leading slash.
pub type Path = Vec<u8>;

/// A merged filesystem.
#[derive(Debug, Default)]
pub struct Tree {
    entries: BTreeMap<Path, Entry>,
    root: Option<Entry>,
    pub(super) shadows: Shadows,
    warnings: Vec<Warning>,
    budget: Budget,
}

/// What the layers say about those below them, for the case that more are to come.
#[derive(Debug, Default)]
pub(super) struct Shadows {
    /// Hidden paths.
    pub(super) whiteouts: BTreeSet<Path>,
    /// Directories of which nothing from below is seen.
    pub(super) opaque: BTreeSet<Path>,
    /// Hard links whose target must be in a lower layer, or nowhere.
    pub(super) unresolved: BTreeSet<Path>,
}

/// Something in a layer that means nothing, or not the same everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The number of the layer, from 0.
    pub layer: usize,
    /// The name as the layer has it.
    pub name: Box<[u8]>,
    /// What is odd about it.
    pub oddity: Oddity,
}

/// What is odd about a layer's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Oddity {
    /// It leads out of the filesystem, and was left out.
    Outside,
    /// It hides everything in the root; some runtimes ignore that.
    OpaqueRoot,
    /// It lies below something that is no directory, which was replaced by one; some tools follow a symbolic link there.
    BelowOther,
    /// It hides something below a symbolic link, where there is nothing; some tools follow the link.
    WhiteoutBelowLink,
    /// It is a hard link to something that is not there, and was left out.
    MissingTarget,
    /// It is a hard link to a directory; a copy of the directory alone stands there.
    LinkToDirectory,
}

impl Oddity {
    /// Returns a sentence about it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Outside => "leads out of the filesystem and is left out",
            Self::OpaqueRoot => "hides the whole root, which some runtimes ignore",
            Self::BelowOther => {
                "lies below something that is no directory and replaces it; some tools follow a link there"
            }
            Self::WhiteoutBelowLink => {
                "hides something below a symbolic link, where nothing is; some tools follow the link"
            }
            Self::MissingTarget => "is a hard link to something that is not there and is left out",
            Self::LinkToDirectory => "is a hard link to a directory, which is copied without what it holds",
        }
    }
}

impl Tree {
    /// Makes an empty filesystem that grows no larger than the budget.
    pub(super) fn new(budget: Budget) -> Self {
        Self { budget, ..Self::default() }
    }

    /// Puts a layer on top.
    pub(super) fn apply(&mut self, number: usize, members: &[Member]) -> Result<()> {
        let mut links = Links::default();
        let placed: Vec<Placed> = members.iter().map(|member| links.place(member)).collect();
        for (placed, member) in placed.iter().zip(members) {
            self.hide(number, &placed.meaning, member);
        }
        for (placed, member) in placed.into_iter().zip(members) {
            if let Meaning::Path(path) = placed.meaning {
                self.add(number, path, placed.target, member)?;
            }
        }
        Ok(())
    }

    /// Returns what is at a path; the empty path is the root, if a layer declares it.
    pub fn get(&self, path: &[u8]) -> Option<&Entry> {
        if path.is_empty() { self.root.as_ref() } else { self.entries.get(path) }
    }

    /// Returns all entries in the order of their paths' bytes. A root that a layer declares stands as `.` among them.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Entry)> {
        let dot: &[u8] = b".";
        let before = self.entries.range(..dot.to_vec()).map(|(path, entry)| (&path[..], entry));
        let after = self.entries.range(dot.to_vec()..).map(|(path, entry)| (&path[..], entry));
        before.chain(self.root.as_ref().map(|root| (dot, root))).chain(after)
    }

    /// Returns what is at a path and below it, in the order of [`iter`](Self::iter).
    pub fn below<'a>(&'a self, path: &'a [u8]) -> impl Iterator<Item = (&'a [u8], &'a Entry)> {
        let inside = move |other: &[u8]| is_below(other, path);
        self.iter().filter(move |(other, _)| path.is_empty() || *other == path || inside(other))
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.entries.len() + usize::from(self.root.is_some())
    }

    /// Says whether nothing is there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns what was odd about the layers, in their order.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Says whether a path that is not here cannot come from a layer below either.
    pub(super) fn is_shadowed(&self, path: &[u8]) -> bool {
        let shadows = &self.shadows;
        if shadows.whiteouts.contains(path) {
            return true;
        }
        let mut inside = path;
        while !inside.is_empty() {
            inside = split(inside).0;
            if shadows.opaque.contains(inside) || shadows.whiteouts.contains(inside) {
                return true;
            }
        }
        false
    }

    /// The first pass: what the layer hides of those below it.
    fn hide(&mut self, number: usize, meaning: &Meaning, member: &Member) {
        match meaning {
            Meaning::Opaque(directory) => {
                if directory.is_empty() {
                    self.warn(number, member, Oddity::OpaqueRoot);
                }
                self.remove_below(directory);
                self.forget_unresolved(directory, true);
                self.shadows.opaque.insert(directory.clone());
            }
            Meaning::Whiteout(path) => {
                let parent = self.entries.get(split(path).0);
                if parent.is_some_and(|parent| parent.kind == Kind::Symlink) {
                    self.warn(number, member, Oddity::WhiteoutBelowLink);
                }
                self.remove(path);
                self.forget_unresolved(path, true);
                self.shadows.whiteouts.insert(path.clone());
            }
            Meaning::Outside => self.warn(number, member, Oddity::Outside),
            Meaning::Path(_) | Meaning::Leftover(_) => {}
        }
    }

    /// The second pass: what the layer has.
    fn add(&mut self, number: usize, path: Path, target: Option<Path>, member: &Member) -> Result<()> {
        let entry = Entry { layer: number, ..member.entry.clone() };
        if path.is_empty() {
            if entry.is_directory() {
                self.root = Some(entry);
            }
            return Ok(());
        }
        let entry = match entry.kind {
            Kind::HardLink => match self.linked(number, &path, target, member) {
                Some(entry) => entry,
                None => return Ok(()),
            },
            _ => entry,
        };
        self.make_parents(number, &path, member)?;
        let merges = |old: &Entry| old.is_directory() && entry.is_directory();
        if let Some(old) = self.entries.get(&path).filter(|old| !merges(old)) {
            if entry.is_directory() && !old.is_directory() {
                // What it replaces hid the directory of a layer below.
                self.shadows.opaque.insert(path.clone());
            }
            self.remove(&path);
        }
        self.forget_unresolved(&path, !entry.is_directory());
        self.insert(path, entry)
    }

    /// Returns what a hard link stands for: its target as it is now, whatever becomes of it later.
    fn linked(&mut self, number: usize, path: &[u8], target: Option<Path>, member: &Member) -> Option<Entry> {
        let target = self.locate(target.unwrap_or_default());
        let Some(found) = self.entries.get(&target).cloned() else {
            self.shadows.unresolved.insert(path.to_vec());
            self.warn(number, member, Oddity::MissingTarget);
            return None;
        };
        if target == path {
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
        if parent.is_empty() || self.entries.contains_key(&target) {
            return target;
        }
        match self.resolve(parent, true) {
            Ok(parent) => join(&parent, base),
            Err(_) => target,
        }
    }

    /// Makes the directories that a path needs; what is in the way and no directory goes.
    fn make_parents(&mut self, number: usize, path: &[u8], member: &Member) -> Result<()> {
        let mut missing = Vec::new();
        let mut parent = split(path).0;
        while !parent.is_empty() && !self.entries.get(parent).is_some_and(Entry::is_directory) {
            missing.push(parent);
            parent = split(parent).0;
        }
        for parent in missing.into_iter().rev() {
            if self.entries.contains_key(parent) {
                self.warn(number, member, Oddity::BelowOther);
                self.shadows.opaque.insert(parent.to_vec());
                self.remove(parent);
            }
            self.insert(parent.to_vec(), Entry { layer: number, ..Entry::implied() })?;
        }
        Ok(())
    }

    /// Forgets hard links without a target, for something else is there by now: at a path, and below it if `below`.
    fn forget_unresolved(&mut self, path: &[u8], below: bool) {
        let unresolved = &mut self.shadows.unresolved;
        if unresolved.is_empty() {
            return;
        }
        unresolved.remove(path);
        if below && path.is_empty() {
            unresolved.clear();
        } else if below {
            let doomed: Vec<Path> = unresolved.range(join(path, b"")..[path, b"0"].concat()).cloned().collect();
            for path in doomed {
                unresolved.remove(&path);
            }
        }
    }

    pub(super) fn insert(&mut self, path: Path, entry: Entry) -> Result<()> {
        let name = path.len();
        self.budget.spend(entry.weight(name))?;
        if let Some(old) = self.entries.insert(path, entry) {
            self.budget.refund(old.weight(name));
        }
        Ok(())
    }

    fn remove(&mut self, path: &[u8]) {
        if let Some(entry) = self.entries.remove(path) {
            self.budget.refund(entry.weight(path.len()));
            self.remove_below(path);
        }
    }

    fn remove_below(&mut self, directory: &[u8]) {
        let doomed: Vec<Path> = if directory.is_empty() {
            self.entries.keys().cloned().collect()
        } else {
            // Everything that starts with `DIRECTORY/`; `0` comes right behind the slash.
            let (start, end) = (join(directory, b""), [directory, b"0"].concat());
            self.entries.range(start..end).map(|(path, _)| path.clone()).collect()
        };
        for path in doomed {
            if let Some(entry) = self.entries.remove(&path) {
                self.budget.refund(entry.weight(path.len()));
            }
        }
    }

    fn warn(&mut self, layer: usize, member: &Member, oddity: Oddity) {
        Warning::push(&mut self.warnings, layer, member, oddity);
    }
}

impl Warning {
    /// Adds a warning to others.
    pub(super) fn push(warnings: &mut Vec<Self>, layer: usize, member: &Member, oddity: Oddity) {
        /// More help nobody, and a hostile layer could make them by the million.
        const MAX_WARNINGS: usize = 1000;
        if warnings.len() < MAX_WARNINGS {
            warnings.push(Self { layer, name: member.name.clone(), oddity });
        }
    }
}

/// Says whether a path lies below a directory.
pub(super) fn is_below(path: &[u8], directory: &[u8]) -> bool {
    directory.is_empty() || path.strip_prefix(directory).is_some_and(|rest| rest.first() == Some(&b'/'))
}
