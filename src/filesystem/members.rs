//! The entries of a layer in little room: what differs from the entry before, about 30 bytes for most.

use super::meaning::{normalize, split};
use super::{Entry, Kind, Member};

/// The members of a layer in their order. They are kept packed, so each is made when it is asked for.
#[derive(Clone, Debug, Default)]
pub struct Members {
    bytes: Vec<u8>,
    count: usize,
    layer: usize,
    /// Those that have more than packing has room for.
    whole: Vec<Member>,
    /// What the last packed one was.
    last: Last,
    /// Whether the names are all of plain paths.
    plain: bool,
}

/// What a packed member is described by the difference to.
#[derive(Clone, Debug, Default)]
struct Last {
    name: Vec<u8>,
    mtime: i64,
}

/// The member stands in [`Members::whole`]; otherwise a byte tells its kind.
const WHOLE: u8 = 0;

impl Members {
    /// Adds a member; returns how many bytes of memory that took.
    pub(super) fn push(&mut self, member: Member) -> u64 {
        let before = self.bytes.len();
        if self.count == 0 {
            (self.layer, self.plain) = (member.entry.layer, true);
        }
        self.plain &= is_plain(&member.name);
        let whole = match self.pack(&member) {
            Some(()) => 0,
            None => {
                self.bytes.truncate(before);
                self.bytes.push(WHOLE);
                let weight = member.entry.weight(member.name.len());
                self.whole.push(member);
                weight
            }
        };
        self.count += 1;
        whole + (self.bytes.len() - before) as u64
    }

    fn pack(&mut self, member: &Member) -> Option<()> {
        let Member { name, entry } = member;
        let kind = match entry.kind {
            Kind::File => 1,
            Kind::Directory => 2,
            Kind::Fifo => 3,
            _ => return None,
        };
        let more = entry.link.is_some() || entry.digest.is_some() || !entry.xattrs.is_empty() || entry.implicit;
        if more || entry.layer != self.layer || entry.member != self.count {
            return None;
        }
        let common = name.iter().zip(&self.last.name).take_while(|(a, b)| a == b).count();
        self.bytes.push(kind);
        let time = entry.mtime.wrapping_sub(self.last.mtime);
        // Small differences to either side become small numbers.
        let time = (time.wrapping_shl(1) ^ (time >> 63)).cast_unsigned();
        let numbers =
            [common as u64, (name.len() - common) as u64, entry.mode.into(), entry.uid, entry.gid, entry.size];
        for number in numbers.into_iter().chain([time, entry.mtime_nanos.into()]) {
            push_number(&mut self.bytes, number);
        }
        self.bytes.extend_from_slice(&name[common..]);
        self.last.name.truncate(common);
        self.last.name.extend_from_slice(&name[common..]);
        self.last.mtime = entry.mtime;
        Some(())
    }

    /// Returns the number of members.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Says whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Says whether no member hides anything, or leads out of the filesystem.
    pub(super) fn are_plain(&self) -> bool {
        self.plain
    }

    /// Returns the members in the tar's order.
    pub fn iter(&self) -> impl Iterator<Item = Member> {
        let mut rest = Rest { bytes: &self.bytes, last: Last::default(), whole: self.whole.iter() };
        (0..self.count).map(move |number| rest.next(self.layer, number))
    }

    /// Gives memory back that was held for more.
    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.whole.shrink_to_fit();
    }
}

impl FromIterator<Member> for Members {
    fn from_iter<I: IntoIterator<Item = Member>>(all: I) -> Self {
        let mut members = Self::default();
        for member in all {
            members.push(member);
        }
        members
    }
}

/// What is still to be unpacked.
struct Rest<'m> {
    bytes: &'m [u8],
    last: Last,
    whole: std::slice::Iter<'m, Member>,
}

impl<'m> Rest<'m> {
    fn next(&mut self, layer: usize, number: usize) -> Member {
        let kind = match self.take(1)[0] {
            WHOLE => return self.whole.next().expect("one for each mark").clone(),
            1 => Kind::File,
            2 => Kind::Directory,
            _ => Kind::Fifo,
        };
        let [common, length, mode, uid, gid, size, time, nanos] = std::array::from_fn(|_| self.number());
        // Each number is what a number of that size was packed as.
        let (common, length) = (common as usize, length as usize);
        self.last.name.truncate(common);
        let name = self.take(length);
        self.last.name.extend_from_slice(name);
        let time = (time >> 1).cast_signed() ^ -(time & 1).cast_signed();
        self.last.mtime = self.last.mtime.wrapping_add(time);
        let own = Entry {
            uid,
            gid,
            size,
            mtime: self.last.mtime,
            mtime_nanos: nanos as u32,
            layer,
            ..Entry::new(kind, mode as u32)
        };
        Member { name: self.last.name[..].into(), entry: Entry { member: number, ..own } }
    }

    fn take(&mut self, count: usize) -> &'m [u8] {
        let (taken, rest) = self.bytes.split_at(count);
        self.bytes = rest;
        taken
    }

    fn number(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..).step_by(7) {
            let byte = self.take(1)[0];
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }
}

/// Appends a number, seven bits in each byte, the lowest first.
fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Says whether a name is that of a path, and no whiteout.
fn is_plain(name: &[u8]) -> bool {
    let last = |path: Vec<u8>| !split(&path).1.starts_with(b".wh.");
    normalize(name).is_some_and(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_back_as_they_were() {
        let names: [&[u8]; 9] = [b"a/b/c", b"a/b", b"", b"a/b/c/d", b"\xff\0", b"./x//y", b"a/.wh.b", b"x", b"xy"];
        let times = [0, i64::MAX, i64::MIN, -1, 1, 1_700_000_000, 0, 5, i64::MIN];
        let files = names.iter().zip(times).enumerate().map(|(member, (name, mtime))| {
            let entry = match member % 3 {
                0 => Entry {
                    size: u64::MAX >> member,
                    uid: u64::MAX,
                    gid: 127,
                    mtime_nanos: 999_999_999,
                    ..Entry::file(0o7777, 0)
                },
                1 => Entry::directory(0o755),
                _ => Entry::fifo(0o1_000_000),
            };
            Member { name: (*name).into(), entry: Entry { mtime, layer: 7, member, ..entry } }
        });
        let others =
            [Entry::symlink(b"x"), Entry::hard_link(b"y", &Entry::file(0, 1)), Entry::file(0o644, 3), Entry::implied()];
        let others = others
            .into_iter()
            .map(|entry| Member { name: b"other"[..].into(), entry: Entry { layer: 7, member: 12, ..entry } });
        let all: Vec<Member> = files.chain(others).collect();
        let members: Members = all.iter().cloned().collect();
        assert_eq!(members.iter().collect::<Vec<_>>(), all);
        assert_eq!((members.len(), members.whole.len(), members.is_empty()), (all.len(), 4, false));
        assert!(Members::default().iter().next().is_none());
    }

    #[test]
    fn plain_names() {
        for (name, wanted) in
            [("a", true), ("./a/.wh", true), ("a/.wh.b", false), ("a/../b", false), (".wh..wh..opq", false)]
        {
            let entry = Entry::file(0, 0);
            let members: Members = ["x", name]
                .map(|name| Member { name: name.as_bytes().into(), entry: entry.clone() })
                .into_iter()
                .collect();
            assert_eq!(members.are_plain(), wanted, "{name}");
        }
    }

    #[test]
    fn a_million_take_little() {
        let bytes: u64 = {
            let mut members = Members::default();
            let member = |member| Member {
                name: format!("usr/share/doc/package{}/file{member}", member / 100).into_bytes().into(),
                entry: Entry { member, mtime: 1_700_000_000, ..Entry::file(0o644, 5000) },
            };
            (0..10_000).map(|number| members.push(member(number))).sum()
        };
        assert!(bytes < 20 * 10_000, "{bytes}");
    }
}
