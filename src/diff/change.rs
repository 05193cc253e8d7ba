//! What is different at a path.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::Options;
use crate::filesystem::{Entry, Kind, Tree};

/// A path that is not the same in two filesystems.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The path; `.` is the root, where a layer declares it.
    pub path: Vec<u8>,
    /// What happened to it.
    pub operation: Operation,
    /// What the first filesystem has there.
    pub before: Option<Entry>,
    /// What the second one has there.
    pub after: Option<Entry>,
}

/// What happened to a path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Only the second filesystem has it.
    Added,
    /// Only the first one has it.
    Deleted,
    /// It is something else: a link instead of a file.
    Retyped,
    /// It is the same kind of thing, and these are different; never none.
    Modified(Vec<Attribute>),
}

/// What can be different of two things of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Attribute {
    /// Permission bits.
    Mode,
    /// The owner.
    Uid,
    /// The group.
    Gid,
    /// A file's size.
    Size,
    /// When it was modified.
    Mtime,
    /// A symbolic link's target.
    Link,
    /// A device's numbers.
    Device,
    /// Extended attributes.
    Xattrs,
    /// A file's content.
    Content,
}

impl Attribute {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mode => "mode",
            Self::Uid => "uid",
            Self::Gid => "gid",
            Self::Size => "size",
            Self::Mtime => "mtime",
            Self::Link => "link",
            Self::Device => "device",
            Self::Xattrs => "xattrs",
            Self::Content => "content",
        }
    }
}

/// Compares two filesystems, path by path; `same_content` tells of two files of equal size whether their content is equal.
pub(super) fn compare(
    before: &Tree,
    after: &Tree,
    options: Options,
    mut same_content: impl FnMut(&Entry, &Entry) -> bool,
) -> Vec<Change> {
    let (mut left, mut right) = (before.iter().peekable(), after.iter().peekable());
    let mut changes = Vec::new();
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return changes,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((a, _)), Some((b, _))) => a.cmp(b),
        };
        let old = if order.is_le() { left.next() } else { None };
        let new = if order.is_ge() { right.next() } else { None };
        let (mut path, mut entries) = (Vec::new(), [None, None]);
        for (at, entry) in [old, new].into_iter().enumerate() {
            if let Some((own, entry)) = entry {
                (path, entries[at]) = (own, Some(entry));
            }
        }
        let [old, new] = entries;
        if let Some(operation) = operation(old.as_ref(), new.as_ref(), options, &mut same_content) {
            changes.push(Change { path, operation, before: old, after: new });
        }
    }
}

fn operation(
    before: Option<&Entry>,
    after: Option<&Entry>,
    options: Options,
    same_content: &mut impl FnMut(&Entry, &Entry) -> bool,
) -> Option<Operation> {
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => (before, after),
        (Some(_), None) => return Some(Operation::Deleted),
        (None, _) => return Some(Operation::Added),
    };
    if before.kind.letter() != after.kind.letter() {
        return Some(Operation::Retyped);
    }
    let attributes = attributes(before, after, options, same_content);
    (!attributes.is_empty()).then_some(Operation::Modified(attributes))
}

fn attributes(
    before: &Entry,
    after: &Entry,
    options: Options,
    same_content: &mut impl FnMut(&Entry, &Entry) -> bool,
) -> Vec<Attribute> {
    let (is_file, is_symlink) = (before.is_file(), before.kind == Kind::Symlink);
    // Of a directory that no layer declares nobody knows a time.
    let timed = options.times && !before.implicit && !after.implicit;
    let times = |entry: &Entry| (entry.mtime, entry.mtime_nanos);
    let same_size = before.size == after.size;
    let table = [
        // Linux has no permissions of links.
        (Attribute::Mode, !is_symlink && before.mode != after.mode),
        (Attribute::Uid, before.uid != after.uid),
        (Attribute::Gid, before.gid != after.gid),
        (Attribute::Size, is_file && !same_size),
        (Attribute::Mtime, timed && times(before) != times(after)),
        (Attribute::Link, is_symlink && before.link != after.link),
        (Attribute::Device, before.kind != after.kind),
        (Attribute::Xattrs, xattrs(before) != xattrs(after)),
        (Attribute::Content, is_file && !(same_size && same_content(before, after))),
    ];
    table.into_iter().filter(|(_, differs)| *differs).map(|(attribute, _)| attribute).collect()
}

/// Returns extended attributes by name, for their order means nothing.
fn xattrs(entry: &Entry) -> BTreeMap<&[u8], &[u8]> {
    entry.xattrs.iter().map(|xattr| (&*xattr.name, &*xattr.value)).collect()
}
