//! Entries in little room: 40 bytes for what most of them are, and all of an [`Entry`] for the others.

use super::paths::Node;
use super::{Budget, Entry, Kind, Result};

/// The attributes of an entry without links, extended attributes, digests, device numbers and large owners.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    size: u64,
    mtime: i64,
    mtime_nanos: u32,
    uid: u32,
    gid: u32,
    layer: u32,
    /// The number of the member, or where [`Table::whole`] has the entry.
    member: u32,
    mode: u16,
    what: What,
}

/// What a slot holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum What {
    #[default]
    Nothing,
    File,
    Directory,
    Implied,
    Fifo,
    /// An entry of any kind, somewhere else.
    Whole(Rough),
}

/// The kinds that are told apart without the whole entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rough {
    File,
    Directory,
    Symlink,
    Other,
}

impl Slot {
    /// Packs an entry, if it has nothing but what there is room for.
    fn of(entry: &Entry) -> Option<Self> {
        let what = match entry.kind {
            Kind::File => What::File,
            Kind::Directory if entry.implicit => What::Implied,
            Kind::Directory => What::Directory,
            Kind::Fifo => What::Fifo,
            _ => return None,
        };
        if entry.link.is_some() || entry.digest.is_some() || !entry.xattrs.is_empty() {
            return None;
        }
        Some(Self {
            size: entry.size,
            mtime: entry.mtime,
            mtime_nanos: entry.mtime_nanos,
            uid: entry.uid.try_into().ok()?,
            gid: entry.gid.try_into().ok()?,
            layer: entry.layer.try_into().ok()?,
            member: entry.member.try_into().ok()?,
            mode: entry.mode.try_into().ok()?,
            what,
        })
    }

    fn entry(&self, kind: Kind) -> Entry {
        Entry {
            uid: self.uid.into(),
            gid: self.gid.into(),
            size: self.size,
            mtime: self.mtime,
            mtime_nanos: self.mtime_nanos,
            layer: self.layer as usize,
            member: self.member as usize,
            implicit: self.what == What::Implied,
            ..Entry::new(kind, self.mode.into())
        }
    }
}

/// Entries by the nodes of their paths.
#[derive(Debug, Default)]
pub(super) struct Table {
    slots: Vec<Slot>,
    whole: Vec<Option<Box<Entry>>>,
    /// Places in `whole` that are free.
    free: Vec<u32>,
    count: usize,
}

impl Table {
    /// How many bytes each node costs here, whether it has an entry or not.
    pub(super) const COST: usize = size_of::<Slot>();

    /// Returns the number of entries.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    fn slot(&self, node: Node) -> Slot {
        self.slots.get(node.place()).copied().unwrap_or_default()
    }

    /// Says whether there is an entry.
    pub(super) fn has(&self, node: Node) -> bool {
        self.slot(node).what != What::Nothing
    }

    /// Says whether there is a directory.
    pub(super) fn is_directory(&self, node: Node) -> bool {
        matches!(self.slot(node).what, What::Directory | What::Implied | What::Whole(Rough::Directory))
    }

    /// Says whether there is a directory that no layer declares.
    pub(super) fn is_implied(&self, node: Node) -> bool {
        self.slot(node).what == What::Implied
    }

    /// Says whether there is a symbolic link.
    pub(super) fn is_symlink(&self, node: Node) -> bool {
        self.slot(node).what == What::Whole(Rough::Symlink)
    }

    /// Says whether there is a file.
    pub(super) fn is_file(&self, node: Node) -> bool {
        matches!(self.slot(node).what, What::File | What::Whole(Rough::File))
    }

    /// Returns the entry.
    pub(super) fn get(&self, node: Node) -> Option<Entry> {
        let slot = self.slot(node);
        match slot.what {
            What::Nothing => None,
            What::File => Some(slot.entry(Kind::File)),
            What::Directory | What::Implied => Some(slot.entry(Kind::Directory)),
            What::Fifo => Some(slot.entry(Kind::Fifo)),
            What::Whole(_) => self.whole[slot.member as usize].as_deref().cloned(),
        }
    }

    /// Returns the layer and the member that the entry comes from.
    pub(super) fn origin(&self, node: Node) -> Option<(usize, usize)> {
        let slot = self.slot(node);
        match slot.what {
            What::Nothing => None,
            What::Whole(_) => self.whole[slot.member as usize].as_ref().map(|entry| (entry.layer, entry.member)),
            _ => Some((slot.layer as usize, slot.member as usize)),
        }
    }

    /// Returns where the symbolic link leads, if there is one.
    pub(super) fn target(&self, node: Node) -> Option<&[u8]> {
        let slot = self.slot(node);
        let entry = (slot.what == What::Whole(Rough::Symlink)).then(|| self.whole[slot.member as usize].as_ref())?;
        entry?.link.as_deref()
    }

    /// Puts an entry in the place of what was there; the budget pays for what does not fit into the node's own room.
    pub(super) fn put(&mut self, node: Node, entry: Entry, budget: &Budget) -> Result<()> {
        let slot = match Slot::of(&entry) {
            Some(slot) => slot,
            None => {
                budget.spend(entry.weight(0))?;
                let what = What::Whole(match entry.kind {
                    Kind::File => Rough::File,
                    Kind::Directory => Rough::Directory,
                    Kind::Symlink => Rough::Symlink,
                    _ => Rough::Other,
                });
                let at = self.free.pop().unwrap_or_else(|| {
                    self.whole.push(None);
                    // The budget ends long before.
                    u32::try_from(self.whole.len() - 1).unwrap_or(u32::MAX)
                });
                self.whole[at as usize] = Some(Box::new(entry));
                Slot { member: at, what, ..Slot::default() }
            }
        };
        self.remove(node, budget);
        if self.slots.len() <= node.place() {
            self.slots.resize(node.place() + 1, Slot::default());
        }
        self.slots[node.place()] = slot;
        self.count += 1;
        Ok(())
    }

    /// Takes an entry away; says whether there was one.
    pub(super) fn remove(&mut self, node: Node, budget: &Budget) -> bool {
        let Some(slot) = self.slots.get_mut(node.place()).map(std::mem::take) else { return false };
        if let What::Whole(_) = slot.what {
            let entry = self.whole[slot.member as usize].take();
            budget.refund(entry.map_or(0, |entry| entry.weight(0)));
            self.free.push(slot.member);
        }
        let was = slot.what != What::Nothing;
        self.count -= usize::from(was);
        was
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filesystem::Xattr;
    use crate::filesystem::paths::Paths;

    /// One entry of each kind, plain and with everything that does not fit into a slot.
    pub(super) fn entries() -> Vec<Entry> {
        let at = |entry: Entry| Entry { layer: 3, member: 70_000, mtime: -5, mtime_nanos: 999_999_999, ..entry };
        let file = at(Entry { uid: 1000, gid: u32::MAX.into(), ..Entry::file(0o4755, 1 << 40) });
        let xattrs = vec![Xattr { name: b"user.a"[..].into(), value: b""[..].into() }];
        vec![
            file.clone(),
            at(Entry::directory(0o1777)),
            Entry::implied(),
            at(Entry::fifo(0o600)),
            at(Entry::symlink(b"../a")),
            at(Entry::hard_link(b"a", &file)),
            at(Entry::new(Kind::CharacterDevice { major: 1, minor: u32::MAX }, 0o666)),
            at(Entry::new(Kind::BlockDevice { major: 0, minor: 0 }, 0)),
            Entry { uid: u64::from(u32::MAX) + 1, ..file.clone() },
            Entry { gid: u64::MAX, ..Entry::directory(0) },
            Entry { xattrs: xattrs.clone(), ..Entry::directory(0) },
            Entry { xattrs, link: Some(b"b"[..].into()), ..file.clone() },
            Entry { digest: Some(crate::digest::Digest::of(b"x")), ..file.clone() },
            Entry { mode: 0o100_644, ..file },
        ]
    }

    #[test]
    fn an_entry_comes_back_as_it_was() {
        let budget = Budget::new(1 << 20);
        let (mut paths, mut table) = (Paths::new(budget.clone(), 0), Table::default());
        let all = entries();
        let nodes: Vec<Node> =
            (0..all.len()).map(|number| paths.add(number.to_string().as_bytes()).expect("adds")).collect();
        for round in 0..2 {
            for (node, entry) in nodes.iter().zip(&all) {
                table.put(*node, entry.clone(), &budget).expect("within the budget");
                assert_eq!(table.get(*node).as_ref(), Some(entry), "{round}");
                let seen = (table.is_file(*node), table.is_directory(*node), table.is_symlink(*node));
                assert_eq!(seen, (entry.is_file(), entry.is_directory(), entry.kind == Kind::Symlink));
                let target = entry.link.as_deref().filter(|_| entry.kind == Kind::Symlink);
                assert_eq!(table.target(*node), target);
            }
            assert_eq!(table.len(), all.len());
        }
        assert!(nodes.iter().all(|node| table.remove(*node, &budget)));
        assert!(
            nodes.iter().all(|node| !table.remove(*node, &budget) && !table.has(*node) && table.get(*node).is_none())
        );
        assert_eq!((table.len(), table.free.len()), (0, table.whole.len()));
    }
}
