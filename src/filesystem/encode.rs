//! The header blocks of one entry, as they are written.
//!
//! pax, "ustar Interchange Format" and "pax Extended Header":
//! <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html>. What ustar can say stands in ustar, so that most entries have one
//! block; the rest goes into pax records. Long names that are no UTF-8 go into GNU's `L` and `K` entries instead: a pax record is UTF-8 by
//! definition, bsdtar complains about others, and GNU tar, bsdtar, Python and Go all take GNU's at their bytes.

use super::{Entry, Kind};
use crate::tar::BLOCK;

/// The bytes that ustar has for a name and for a link's target.
const NAME: usize = 100;
/// The bytes that ustar has for the directories before a name.
const PREFIX: usize = 155;
/// The largest number of seven octal digits.
const SEVEN: u64 = 0o7_777_777;
/// The largest number of eleven octal digits.
const ELEVEN: u64 = 0o77_777_777_777;

/// Returns the blocks that stand before an entry's content; none says why the entry cannot be written.
pub(super) fn encode(name: &[u8], entry: &Entry) -> Result<Vec<u8>, &'static str> {
    check(name, entry)?;
    let mut blocks = Vec::with_capacity(BLOCK);
    let mut records = Vec::new();
    let split = fit(name);
    if split.is_none() {
        long_text(b'L', b"path", name, &mut records, &mut blocks);
    }
    let link = entry.link.as_deref().filter(|_| matches!(entry.kind, Kind::Symlink | Kind::HardLink)).unwrap_or(b"");
    if link.len() > NAME {
        long_text(b'K', b"linkpath", link, &mut records, &mut blocks);
    }
    let size = if entry.is_file() { entry.size } else { 0 };
    long_numbers(entry, size, &mut records);
    for xattr in &entry.xattrs {
        push_record(&mut records, &[b"SCHILY.xattr.", &*xattr.name].concat(), &xattr.value);
    }
    if !records.is_empty() {
        let base = name.trim_ascii_end().rsplit(|byte| *byte == b'/').find(|part| !part.is_empty()).unwrap_or(b"root");
        special(&[b"PaxHeaders/", base].concat(), b'x', &records, &mut blocks);
    }
    let (prefix, name) = split.unwrap_or((b"", name));
    let mut header = Header::new(prefix, name, flag(entry.kind), u64::from(entry.mode & 0o7777));
    header.text(157, NAME, link);
    header.octal(108, 8, Some(entry.uid).filter(|uid| *uid <= SEVEN).unwrap_or(0));
    header.octal(116, 8, Some(entry.gid).filter(|gid| *gid <= SEVEN).unwrap_or(0));
    header.octal(124, 12, Some(size).filter(|size| *size <= ELEVEN).unwrap_or(0));
    header.octal(136, 12, u64::try_from(entry.mtime).ok().filter(|mtime| *mtime <= ELEVEN).unwrap_or(0));
    if let Kind::CharacterDevice { major, minor } | Kind::BlockDevice { major, minor } = entry.kind {
        header.device(329, major);
        header.device(337, minor);
    }
    blocks.extend_from_slice(&header.finish());
    Ok(blocks)
}

/// Refuses what no reader could take.
fn check(name: &[u8], entry: &Entry) -> Result<(), &'static str> {
    let link = entry.link.as_deref().unwrap_or_default();
    if name.contains(&0) || link.contains(&0) {
        return Err("a name with a NUL");
    }
    if matches!(entry.kind, Kind::Symlink | Kind::HardLink) && link.is_empty() {
        return Err("a link to nothing");
    }
    if entry.mtime_nanos >= 1_000_000_000 {
        return Err("a time with more than a second of nanoseconds");
    }
    if entry.xattrs.iter().any(|xattr| xattr.name.is_empty() || xattr.name.iter().any(|byte| b"=\0".contains(byte))) {
        return Err("an extended attribute without a name, or with = or a NUL in it");
    }
    Ok(())
}

/// Splits a name for ustar's two fields; none when it does not fit.
fn fit(name: &[u8]) -> Option<(&[u8], &[u8])> {
    if name.len() <= NAME {
        return Some((b"", name));
    }
    let slashes = name.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    let fits = |at: &usize| *at > 0 && *at <= PREFIX && (1..=NAME).contains(&(name.len() - at - 1));
    // The first that fits gives the shortest prefix. Old readers take the prefix of what is no ASCII apart.
    let at = slashes.into_iter().find(fits).filter(|_| name.is_ascii())?;
    Some((&name[..at], &name[at + 1..]))
}

/// Puts a text that ustar has no room for into a record, or into an entry of GNU's when it is no UTF-8.
fn long_text(flag: u8, keyword: &[u8], text: &[u8], records: &mut Vec<u8>, blocks: &mut Vec<u8>) {
    if std::str::from_utf8(text).is_ok() {
        push_record(records, keyword, text);
    } else {
        special(b"././@LongLink", flag, &[text, b"\0"].concat(), blocks);
    }
}

/// Puts the numbers that ustar has no digits for into records.
fn long_numbers(entry: &Entry, size: u64, records: &mut Vec<u8>) {
    let mut large = |keyword: &[u8], number: u64, limit: u64| {
        if number > limit {
            push_record(records, keyword, number.to_string().as_bytes());
        }
    };
    large(b"size", size, ELEVEN);
    large(b"uid", entry.uid, SEVEN);
    large(b"gid", entry.gid, SEVEN);
    let plain = u64::try_from(entry.mtime).is_ok_and(|mtime| mtime <= ELEVEN);
    if !plain || entry.mtime_nanos > 0 {
        push_record(records, b"mtime", time(entry.mtime, entry.mtime_nanos).as_bytes());
    }
}

/// Writes a time as a decimal number without needless digits; the sign holds for the fraction too.
fn time(seconds: i64, nanos: u32) -> String {
    if nanos == 0 {
        return seconds.to_string();
    }
    let (sign, whole, fraction) = if seconds < 0 {
        ("-", seconds.unsigned_abs() - 1, 1_000_000_000 - nanos)
    } else {
        ("", seconds.unsigned_abs(), nanos)
    };
    let text = format!("{sign}{whole}.{fraction:09}");
    text.trim_end_matches('0').to_owned()
}

/// Appends `LENGTH KEYWORD=VALUE\n`, where the length counts itself.
fn push_record(records: &mut Vec<u8>, keyword: &[u8], value: &[u8]) {
    let rest = keyword.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    records.extend_from_slice(length.to_string().as_bytes());
    for part in [b" ", keyword, b"=", value, b"\n"] {
        records.extend_from_slice(part);
    }
}

/// Appends an entry that describes the next one.
fn special(name: &[u8], flag: u8, content: &[u8], blocks: &mut Vec<u8>) {
    let mut header = Header::new(b"", &name[..name.len().min(NAME)], flag, 0o644);
    header.octal(124, 12, content.len() as u64);
    blocks.extend_from_slice(&header.finish());
    blocks.extend_from_slice(content);
    blocks.resize(blocks.len().next_multiple_of(BLOCK), 0);
}

fn flag(kind: Kind) -> u8 {
    match kind {
        Kind::File => b'0',
        Kind::HardLink => b'1',
        Kind::Symlink => b'2',
        Kind::CharacterDevice { .. } => b'3',
        Kind::BlockDevice { .. } => b'4',
        Kind::Directory => b'5',
        Kind::Fifo => b'6',
    }
}

/// A ustar header in the making: no names of owners, for they mean other numbers elsewhere.
struct Header([u8; BLOCK]);

impl Header {
    fn new(prefix: &[u8], name: &[u8], flag: u8, mode: u64) -> Self {
        let mut header = Self([0; BLOCK]);
        header.text(0, NAME, name);
        header.octal(100, 8, mode);
        header.octal(108, 8, 0);
        header.octal(116, 8, 0);
        header.octal(124, 12, 0);
        header.octal(136, 12, 0);
        header.0[156] = flag;
        header.text(257, 8, b"ustar\x0000");
        header.octal(329, 8, 0);
        header.octal(337, 8, 0);
        header.text(345, PREFIX, prefix);
        header
    }

    /// Sets a text, cut to the field: what was cut stands whole in a record.
    fn text(&mut self, at: usize, size: usize, text: &[u8]) {
        let length = text.len().min(size);
        self.0[at..at + length].copy_from_slice(&text[..length]);
    }

    /// Sets a number that fits: digits and a NUL.
    fn octal(&mut self, at: usize, size: usize, number: u64) {
        let digits = format!("{number:0width$o}", width = size - 1);
        self.text(at, size, digits.as_bytes());
    }

    /// Sets a device's number; pax has no record for one that is too large, but every reader takes GNU's binary ones.
    fn device(&mut self, at: usize, number: u32) {
        if u64::from(number) <= SEVEN {
            self.octal(at, 8, u64::from(number));
        } else {
            self.0[at..at + 8].copy_from_slice(&(1 << 63 | u64::from(number)).to_be_bytes());
        }
    }

    fn finish(mut self) -> [u8; BLOCK] {
        self.0[148..156].fill(b' ');
        let sum: u32 = self.0.iter().map(|byte| u32::from(*byte)).sum();
        self.text(148, 7, format!("{sum:06o}\0").as_bytes());
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filesystem::Xattr;

    fn file(size: u64) -> Entry {
        Entry::file(0o644, size)
    }

    #[test]
    fn a_plain_header_byte_by_byte() {
        let mut entry = file(5);
        (entry.uid, entry.gid, entry.mtime) = (1000, 100, 1_700_000_000);
        let mut wanted = [0; BLOCK];
        let mut put = |at: usize, text: &[u8]| wanted[at..at + text.len()].copy_from_slice(text);
        put(0, b"etc/passwd");
        put(100, b"0000644\x000001750\x000000144\x0000000000005\x0014524770400\x00011267\0 0");
        put(257, b"ustar\x0000");
        put(329, b"0000000\x000000000\0");
        assert_eq!(encode(b"etc/passwd", &entry).expect("encodes"), wanted);
    }

    #[test]
    fn names_of_every_length() {
        let long = |length: usize| "n".repeat(length);
        let table: &[(Vec<u8>, &[u8])] = &[
            (long(100).into(), b"0"),
            (long(101).into(), b"x0"),
            (format!("{}/{}", long(155), long(100)).into(), b"0"),
            (format!("{}/{}", long(156), long(100)).into(), b"x0"),
            (format!("{}/{}", long(100), long(101)).into(), b"x0"),
            (format!("{}\u{e9}/{}", long(60), long(60)).into(), b"x0"),
            ([&b"\xff"[..], &[b'a'; 99]].concat(), b"0"),
            ([&b"\xff"[..], &[b'a'; 100]].concat(), b"L0"),
        ];
        for (name, flags) in table {
            let blocks = encode(name, &file(0)).expect("encodes");
            let starts = blocks.chunks(BLOCK).filter(|block| block[257..262] == *b"ustar");
            let found: Vec<u8> = starts.map(|block| block[156]).collect();
            assert_eq!(found, *flags, "{} bytes", name.len());
        }
    }

    #[test]
    fn records() {
        let mut entry = file(1 << 33);
        (entry.uid, entry.gid) = (1 << 21, (1 << 21) - 1);
        (entry.mtime, entry.mtime_nanos) = (-2, 750_000_000);
        entry.xattrs.push(Xattr { name: (*b"user.x").into(), value: (*b"a\nb\0").into() });
        let blocks = encode(b"dir/name", &entry).expect("encodes");
        let wanted = b"19 size=8589934592\n15 uid=2097152\n15 mtime=-1.25\n28 SCHILY.xattr.user.x=a\nb\0\n";
        assert_eq!(&blocks[..15], b"PaxHeaders/name");
        assert_eq!(&blocks[BLOCK..BLOCK + wanted.len()], wanted);
        let header = &blocks[2 * BLOCK..];
        assert_eq!(&header[108..148], b"0000000\x007777777\x0000000000000\x0000000000000\0");
    }

    #[test]
    fn times() {
        let table: &[(i64, u32, &str)] = &[
            (-1, 0, "-1"),
            (-1, 500_000_000, "-0.5"),
            (-2, 999_999_999, "-1.000000001"),
            (0, 1, "0.000000001"),
            (5, 120_000_000, "5.12"),
            (i64::MIN, 1, "-9223372036854775807.999999999"),
        ];
        for (seconds, nanos, text) in table {
            assert_eq!(time(*seconds, *nanos), *text);
        }
    }

    #[test]
    fn lengths_that_count_themselves() {
        for length in [1, 90, 91, 92, 93, 94, 95, 96, 990, 991, 992, 993, 994, 9985, 9990] {
            let mut records = Vec::new();
            push_record(&mut records, b"k", &vec![b'v'; length]);
            assert!(records.starts_with(format!("{} k=", records.len()).as_bytes()), "{length}");
        }
    }

    #[test]
    fn devices() {
        let device = |major, minor| encode(b"d", &Entry::new(Kind::BlockDevice { major, minor }, 0o600));
        assert_eq!(&device(8, 1).expect("encodes")[329..345], b"0000010\x000000001\0");
        let large = device(1 << 21, u32::MAX).expect("encodes");
        assert_eq!(&large[329..345], b"\x80\0\0\0\0\x20\0\0\x80\0\0\0\xff\xff\xff\xff");
    }

    #[test]
    fn refusals() {
        let mut nanos = file(0);
        nanos.mtime_nanos = 1_000_000_000;
        let mut xattr = file(0);
        xattr.xattrs.push(Xattr { name: (*b"user.a=b").into(), value: (*b"").into() });
        let table: [(&[u8], Entry, &str); 5] = [
            (b"a\0b", file(0), "a name with a NUL"),
            (b"a", Entry::symlink(b"x\0"), "a name with a NUL"),
            (b"a", Entry::symlink(b""), "a link to nothing"),
            (b"a", nanos, "a time with more than a second of nanoseconds"),
            (b"a", xattr, "an extended attribute without a name, or with = or a NUL in it"),
        ];
        for (name, entry, reason) in table {
            assert_eq!(encode(name, &entry), Err(reason));
        }
    }
}
