//! The header blocks of one entry, as they are written.
//!
//! pax, "ustar Interchange Format" and "pax Extended Header":
//! <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html>. What ustar can say stands in ustar, so that most entries have one
//! block; the rest goes into pax records. Long names that are no UTF-8 go into GNU's `L` and `K` entries instead: a pax record is UTF-8 by
//! definition, bsdtar complains about others, and GNU tar, bsdtar, Python and Go all take GNU's at their bytes. Archives of images are GNU's
//! throughout.

use super::{BLOCK, Entry, Kind};

/// The bytes that ustar has for a name and for a link's target.
const NAME: usize = 100;
/// The bytes that ustar has for the directories before a name.
const PREFIX: usize = 155;
/// The largest number of seven octal digits.
const SEVEN: u64 = 0o7_777_777;
/// The largest number of eleven octal digits.
const ELEVEN: u64 = 0o77_777_777_777;

/// What is written where v7's fields have no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// ustar's prefix and pax records: layers.
    Pax,
    /// GNU's entries for long names and its binary numbers: archives of images. Attributes and fractions of seconds are pax records here too.
    Gnu,
}

/// Returns the blocks that stand before an entry's content; none says why the entry cannot be written.
pub(crate) fn encode(dialect: Dialect, name: &[u8], entry: &Entry) -> Result<Vec<u8>, &'static str> {
    check(name, entry)?;
    let mut blocks = Vec::with_capacity(BLOCK);
    let mut records = Vec::new();
    let split = fit(dialect, name);
    if split.is_none() {
        long_text(dialect, b'L', name, &mut records, &mut blocks);
    }
    let link = entry.link.as_deref().filter(|_| matches!(entry.kind, Kind::Symlink | Kind::HardLink)).unwrap_or(b"");
    if link.len() > NAME {
        long_text(dialect, b'K', link, &mut records, &mut blocks);
    }
    let size = if entry.is_file() { entry.size } else { 0 };
    long_numbers(dialect, entry, size, &mut records);
    for xattr in &entry.xattrs {
        push_record(&mut records, &[b"SCHILY.xattr.", &*xattr.name].concat(), &xattr.value);
    }
    if !records.is_empty() {
        let base = name.trim_ascii_end().rsplit(|byte| *byte == b'/').find(|part| !part.is_empty()).unwrap_or(b"root");
        special(dialect, &[b"PaxHeaders/", base].concat(), b'x', &records, &mut blocks);
    }
    let (prefix, name) = split.unwrap_or((b"", name));
    let mut header = Header::new(dialect, prefix, name, flag(entry.kind), u64::from(entry.mode & 0o7777));
    header.text(157, NAME, link);
    let short = |number: u64, limit: u64| if is_long(dialect, number, limit) { 0 } else { number };
    header.number(108, 8, short(entry.uid, SEVEN));
    header.number(116, 8, short(entry.gid, SEVEN));
    header.number(124, 12, short(size, ELEVEN));
    header.number(136, 12, short(u64::try_from(entry.mtime).unwrap_or(0), ELEVEN));
    if let Kind::CharacterDevice { major, minor } | Kind::BlockDevice { major, minor } = entry.kind {
        header.number(329, 8, major.into());
        header.number(337, 8, minor.into());
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

/// Splits a name for ustar's two fields, of which GNU's header has one; none when it does not fit.
fn fit(dialect: Dialect, name: &[u8]) -> Option<(&[u8], &[u8])> {
    if name.len() <= NAME {
        return Some((b"", name));
    }
    if dialect == Dialect::Gnu {
        return None;
    }
    let slashes = name.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    let fits = |at: &usize| *at > 0 && *at <= PREFIX && (1..=NAME).contains(&(name.len() - at - 1));
    // The first that fits gives the shortest prefix. Old readers take the prefix of what is no ASCII apart.
    let at = slashes.into_iter().find(fits).filter(|_| name.is_ascii())?;
    Some((&name[..at], &name[at + 1..]))
}

/// Puts a text that the header has no room for into a record, or into an entry of GNU's when it is no UTF-8.
fn long_text(dialect: Dialect, flag: u8, text: &[u8], records: &mut Vec<u8>, blocks: &mut Vec<u8>) {
    if dialect == Dialect::Pax && std::str::from_utf8(text).is_ok() {
        push_record(records, if flag == b'L' { b"path" } else { b"linkpath" }, text);
    } else {
        special(dialect, b"././@LongLink", flag, &[text, b"\0"].concat(), blocks);
    }
}

/// Says whether a number needs a record.
fn is_long(dialect: Dialect, number: u64, limit: u64) -> bool {
    dialect == Dialect::Pax && number > limit
}

/// Puts the numbers that the header has no room for into records.
fn long_numbers(dialect: Dialect, entry: &Entry, size: u64, records: &mut Vec<u8>) {
    let mut large = |keyword: &[u8], number: u64, limit: u64| {
        if is_long(dialect, number, limit) {
            push_record(records, keyword, number.to_string().as_bytes());
        }
    };
    large(b"size", size, ELEVEN);
    large(b"uid", entry.uid, SEVEN);
    large(b"gid", entry.gid, SEVEN);
    let plain = u64::try_from(entry.mtime).is_ok_and(|mtime| !is_long(dialect, mtime, ELEVEN));
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
fn special(dialect: Dialect, name: &[u8], flag: u8, content: &[u8], blocks: &mut Vec<u8>) {
    let mut header = Header::new(dialect, b"", &name[..name.len().min(NAME)], flag, 0o644);
    header.number(124, 12, content.len() as u64);
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

/// A header in the making: no names of owners, for they mean other numbers elsewhere.
struct Header {
    dialect: Dialect,
    bytes: [u8; BLOCK],
}

impl Header {
    fn new(dialect: Dialect, prefix: &[u8], name: &[u8], flag: u8, mode: u64) -> Self {
        let mut header = Self { dialect, bytes: [0; BLOCK] };
        header.text(0, NAME, name);
        header.octal(100, 8, mode);
        for (at, size) in [(108, 8), (116, 8), (124, 12), (136, 12)] {
            header.octal(at, size, 0);
        }
        header.bytes[156] = flag;
        match dialect {
            Dialect::Pax => {
                header.text(257, 8, b"ustar\x0000");
                header.octal(329, 8, 0);
                header.octal(337, 8, 0);
                header.text(345, PREFIX, prefix);
            }
            Dialect::Gnu => header.text(257, 8, b"ustar  \0"),
        }
        header
    }

    /// Sets a text, cut to the field: what was cut stands whole in a record.
    fn text(&mut self, at: usize, size: usize, text: &[u8]) {
        let length = text.len().min(size);
        self.bytes[at..at + length].copy_from_slice(&text[..length]);
    }

    /// Sets a number that fits: digits and a NUL.
    fn octal(&mut self, at: usize, size: usize, number: u64) {
        let digits = format!("{number:0width$o}", width = size - 1);
        self.text(at, size, digits.as_bytes());
    }

    /// Sets a number in digits, or in GNU's big-endian form, which the first bit tells from digits. pax has no record for a device's number that
    /// is too large, but every reader takes that form.
    fn number(&mut self, at: usize, size: usize, number: u64) {
        if number >> (3 * (size - 1)) == 0 {
            return self.octal(at, size, number);
        }
        self.bytes[at..at + size].fill(0);
        self.bytes[at + size - 8..at + size].copy_from_slice(&number.to_be_bytes());
        self.bytes[at] |= 0x80;
    }

    fn finish(mut self) -> [u8; BLOCK] {
        self.bytes[148..156].fill(b' ');
        let sum: u32 = self.bytes.iter().map(|byte| u32::from(*byte)).sum();
        let sum = match self.dialect {
            Dialect::Pax => format!("{sum:06o}\0 "),
            Dialect::Gnu => format!("{sum:07o}\0"),
        };
        self.text(148, 8, sum.as_bytes());
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tar::Xattr;

    fn pax(name: &[u8], entry: &Entry) -> Result<Vec<u8>, &'static str> {
        encode(Dialect::Pax, name, entry)
    }

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
        assert_eq!(pax(b"etc/passwd", &entry).expect("encodes"), wanted);
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
            let blocks = pax(name, &file(0)).expect("encodes");
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
        let blocks = pax(b"dir/name", &entry).expect("encodes");
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
        let device = |major, minor| pax(b"d", &Entry::new(Kind::BlockDevice { major, minor }, 0o600));
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
            assert_eq!(pax(name, &entry), Err(reason));
        }
    }
}
