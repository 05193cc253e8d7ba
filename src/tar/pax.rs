//! The records of a pax header: `LENGTH KEYWORD=VALUE\n`, any number of them.
//!
//! pax, "pax Header Block": <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html>. A value may hold line ends and any other
//! byte, so that only the length tells where a record ends.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::Xattr;
use super::block::Bad;
use super::sparse::{Segment, read_list};

const RECORD: Bad = Bad("a pax record does not have the length that it says");
const VALUE: Bad = Bad("a pax record has an invalid number");

/// What the records say about the entry that follows; absent and empty values leave the header's.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Records {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) uid: Option<u64>,
    pub(super) gid: Option<u64>,
    /// Seconds and nanoseconds.
    pub(super) mtime: Option<(i64, u32)>,
    pub(super) xattrs: Vec<Xattr>,
    pub(super) sparse: Sparse,
}

/// What the records say about a sparse file: GNU tar, "Storing Sparse Files":
/// <https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html>.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sparse {
    /// Whether there is any record of a sparse file.
    pub(super) declared: bool,
    /// Format 1.0: the map stands before the content.
    pub(super) in_content: bool,
    /// The size with its holes.
    pub(super) real_size: Option<u64>,
    /// Format 0.0 has a record for each number, 0.1 one for all.
    pub(super) segments: Option<Vec<Segment>>,
    /// The file's own name; the header's is made up.
    name: Option<Vec<u8>>,
    major: bool,
    offset: Option<u64>,
}

impl Records {
    /// Reads the records.
    pub(super) fn parse(mut content: &[u8]) -> Result<Self, Bad> {
        let mut records = Self::default();
        // Some writers fill up with NULs.
        while content.first().is_some_and(|byte| *byte != 0) {
            let (record, rest) = split_record(content).ok_or(RECORD)?;
            let at = record.iter().position(|byte| *byte == b'=').ok_or(RECORD)?;
            records.take(&record[..at], &record[at + 1..])?;
            content = rest;
        }
        if let Some(name) = records.sparse.name.take() {
            records.path = Some(name);
        }
        records.xattrs = last_values(records.xattrs);
        Ok(records)
    }

    fn take(&mut self, keyword: &[u8], value: &[u8]) -> Result<(), Bad> {
        let text = || (!value.is_empty()).then(|| value.to_vec());
        if let Some(name) = keyword.strip_prefix(b"SCHILY.xattr.") {
            self.xattrs.push(Xattr { name: name.into(), value: value.into() });
            return Ok(());
        }
        match keyword {
            b"path" => self.path = text(),
            b"linkpath" => self.link = text(),
            b"size" => self.size = unsigned(value)?,
            b"uid" => self.uid = unsigned(value)?,
            b"gid" => self.gid = unsigned(value)?,
            b"mtime" if value.is_empty() => self.mtime = None,
            b"mtime" => self.mtime = Some(time(value).ok_or(VALUE)?),
            _ => return self.sparse.take(keyword, value),
        }
        Ok(())
    }
}

impl Sparse {
    fn take(&mut self, keyword: &[u8], value: &[u8]) -> Result<(), Bad> {
        self.declared |= keyword.starts_with(b"GNU.sparse.");
        match keyword {
            b"GNU.sparse.major" => self.major = value == b"1",
            b"GNU.sparse.minor" => self.in_content = self.major && value == b"0",
            b"GNU.sparse.name" => self.name = Some(value.to_vec()),
            b"GNU.sparse.size" | b"GNU.sparse.realsize" => self.real_size = unsigned(value)?,
            b"GNU.sparse.map" => self.segments = Some(read_list(value).ok_or(VALUE)?),
            b"GNU.sparse.offset" => self.offset = unsigned(value)?,
            b"GNU.sparse.numbytes" => {
                let length = unsigned(value)?.ok_or(VALUE)?;
                let offset = self.offset.take().ok_or(VALUE)?;
                self.segments.get_or_insert_default().push(Segment { offset, length });
            }
            // A file that is one hole has a count of 0 and nothing else.
            b"GNU.sparse.numblocks" => self.segments = Some(self.segments.take().unwrap_or_default()),
            _ => {}
        }
        Ok(())
    }
}

/// Keeps each name once: the last value holds, in the place of the first.
fn last_values(xattrs: Vec<Xattr>) -> Vec<Xattr> {
    let mut places = BTreeMap::new();
    let mut kept: Vec<Xattr> = Vec::with_capacity(xattrs.len());
    for xattr in xattrs {
        // A header of 1 MiB has room for tens of thousands: each is looked up by its name.
        match places.entry(xattr.name.clone()) {
            Entry::Occupied(place) => kept[*place.get()] = xattr,
            Entry::Vacant(place) => {
                place.insert(kept.len());
                kept.push(xattr);
            }
        }
    }
    kept
}

/// Splits the first record off; it is returned without its length and its line end.
fn split_record(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = content.iter().take(20).position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(&content[..space]).ok()?.parse().ok()?;
    let record = content.get(space + 1..length)?.strip_suffix(b"\n")?;
    Some((record, &content[length..]))
}

fn unsigned(value: &[u8]) -> Result<Option<u64>, Bad> {
    if value.is_empty() {
        return Ok(None);
    }
    let digits = value.iter().all(u8::is_ascii_digit).then(|| std::str::from_utf8(value).ok()).flatten();
    digits.and_then(|digits| digits.parse().ok()).map(Some).ok_or(VALUE)
}

/// Reads seconds with a fraction of any length; a negative time is rounded down, as everywhere in Unix.
fn time(value: &[u8]) -> Option<(i64, u32)> {
    let text = std::str::from_utf8(value).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos: u32 = format!("{fraction:0<9}")[..9].parse().ok()?;
    if whole.starts_with('-') && nanos > 0 {
        return Some((seconds.checked_sub(1)?, 1_000_000_000 - nanos));
    }
    Some((seconds, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(keyword: &str, value: &[u8]) -> Vec<u8> {
        let body = [b" ", keyword.as_bytes(), b"=", value, b"\n"].concat();
        let mut length = body.len() + 1;
        while length != body.len() + length.to_string().len() {
            length += 1;
        }
        [length.to_string().as_bytes(), &body].concat()
    }

    #[test]
    fn values_of_every_kind() {
        let content = [
            record("path", b"a\nb=c"),
            record("size", b"8589934592"),
            record("mtime", b"-1.25"),
            record("SCHILY.xattr.user.x", b"\0\n\xff"),
            record("SCHILY.xattr.user.empty", b""),
            record("linkpath", b""),
            record("unknown.key", b"anything"),
        ]
        .concat();
        let records = Records::parse(&content).expect("parses");
        assert_eq!(records.path.as_deref(), Some(&b"a\nb=c"[..]));
        assert_eq!((records.size, records.link, records.uid), (Some(1 << 33), None, None));
        assert_eq!(records.mtime, Some((-2, 750_000_000)));
        let xattr = |name: &str, value: &[u8]| Xattr { name: name.as_bytes().into(), value: value.into() };
        assert_eq!(records.xattrs, [xattr("user.x", b"\0\n\xff"), xattr("user.empty", b"")]);
    }

    #[test]
    fn the_last_value_of_a_name_holds() {
        let note = |value: &[u8]| record("SCHILY.xattr.user.a", value);
        let content = [note(b"1"), record("SCHILY.xattr.user.b", b"2"), note(b"3"), record("path", b"x"), note(b"4")];
        let found = Records::parse(&content.concat()).expect("parses").xattrs;
        let found: Vec<_> = found.iter().map(|xattr| (&*xattr.name, &*xattr.value)).collect();
        assert_eq!(found, [(&b"user.a"[..], &b"4"[..]), (b"user.b", b"2")]);
    }

    #[test]
    fn malformed_ones() {
        let table: [&[u8]; 8] = [
            b"12 path=a\n",
            b"8 path=a\n",
            b"x path=a\n",
            b"path=a\n",
            b"7 path\n",
            b"99999999999999999999999 a=b\n",
            b"10 size=-1\n",
            b"2 \n",
        ];
        for content in table {
            assert!(Records::parse(content).is_err(), "{}", String::from_utf8_lossy(content));
        }
        assert_eq!(Records::parse(b""), Ok(Records::default()));
    }

    #[test]
    fn sparse_maps() {
        let content = [
            record("GNU.sparse.numblocks", b"2"),
            record("GNU.sparse.offset", b"0"),
            record("GNU.sparse.numbytes", b"5"),
            record("GNU.sparse.offset", b"512"),
            record("GNU.sparse.numbytes", b"7"),
            record("GNU.sparse.size", b"1000"),
        ]
        .concat();
        let pairs = Records::parse(&content).expect("0.0").sparse;
        let content =
            [record("GNU.sparse.map", b"0,5,512,7"), record("GNU.sparse.size", b"1000"), record("path", b"made/up")];
        let list = Records::parse(&content.concat()).expect("0.1").sparse;
        assert_eq!(pairs.segments, list.segments);
        assert_eq!((list.real_size, list.in_content), (Some(1000), false));
        let content = [
            record("path", b"GNUSparseFile.1/x"),
            record("GNU.sparse.major", b"1"),
            record("GNU.sparse.minor", b"0"),
            record("GNU.sparse.name", b"x"),
            record("GNU.sparse.realsize", b"10"),
        ];
        let records = Records::parse(&content.concat()).expect("1.0");
        assert!(records.sparse.in_content && records.path.as_deref() == Some(b"x"));
        assert!(Records::parse(&record("GNU.sparse.numbytes", b"5")).is_err());
        assert!(Records::parse(&record("GNU.sparse.map", b"0,5,512")).is_err());
    }

    #[test]
    fn times() {
        let table: &[(&str, Option<(i64, u32)>)] = &[
            ("0", Some((0, 0))),
            ("1.5", Some((1, 500_000_000))),
            ("1.1234567891", Some((1, 123_456_789))),
            ("-0.5", Some((-1, 500_000_000))),
            ("-3", Some((-3, 0))),
            ("1.", Some((1, 0))),
            ("1.x", None),
            ("", None),
            ("9223372036854775808", None),
        ];
        for (text, value) in table {
            assert_eq!(time(text.as_bytes()), *value, "{text}");
        }
    }
}
