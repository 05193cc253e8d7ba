//! One block of 512 bytes that describes what follows it: v7, ustar, GNU, star.
//!
//! pax, "ustar Interchange Format": <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html>; GNU tar, "Basic Tar Format":
//! <https://www.gnu.org/software/tar/manual/html_node/Standard.html>.

use super::sparse::Segment;

/// The size of a block.
pub(crate) const BLOCK: usize = 512;

/// A header block with a good checksum.
pub(super) struct Block([u8; BLOCK]);

/// A field that cannot be read, or a wrong checksum.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bad(pub(super) &'static str);

impl Block {
    /// Checks the checksum.
    pub(super) fn new(bytes: [u8; BLOCK]) -> Result<Self, Bad> {
        let inside = |at: &usize| (148..156).contains(at);
        let sum = |value: fn(u8) -> i64| -> i64 {
            bytes.iter().enumerate().map(|(at, byte)| if inside(&at) { 32 } else { value(*byte) }).sum()
        };
        let wanted = number(&bytes[148..156]).ok_or(Bad("the checksum of a header is no number"))?;
        // Old tars summed signed bytes.
        if wanted != sum(i64::from) && wanted != sum(|byte| i64::from(byte.cast_signed())) {
            return Err(Bad("the checksum of a header does not match"));
        }
        Ok(Self(bytes))
    }

    /// Returns the type flag.
    pub(super) fn flag(&self) -> u8 {
        self.0[156]
    }

    /// Returns the name, joined with ustar's prefix.
    pub(super) fn name(&self) -> Vec<u8> {
        let name = until_nul(&self.0[..100]);
        let prefix = match (self.is_ustar(), &self.0[508..512]) {
            (true, b"tar\0") => until_nul(&self.0[345..476]),
            (true, _) => until_nul(&self.0[345..500]),
            (false, _) => b"",
        };
        if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
    }

    /// Returns the link's target.
    pub(super) fn link(&self) -> &[u8] {
        until_nul(&self.0[157..257])
    }

    /// Returns the permission bits.
    pub(super) fn mode(&self) -> Result<u32, Bad> {
        let mode = number(&self.0[100..108]).ok_or(Bad("a mode is no number"))?;
        Ok((mode & 0o7777) as u32)
    }

    /// Returns the owner.
    pub(super) fn uid(&self) -> Result<u64, Bad> {
        owner(&self.0[108..116], "an owner is no number")
    }

    /// Returns the group.
    pub(super) fn gid(&self) -> Result<u64, Bad> {
        owner(&self.0[116..124], "a group is no number")
    }

    /// Returns the size of what follows.
    pub(super) fn size(&self) -> Result<u64, Bad> {
        positive(&self.0[124..136], "a size is no positive number")
    }

    /// Returns the time of the last change.
    pub(super) fn mtime(&self) -> Result<i64, Bad> {
        number(&self.0[136..148]).ok_or(Bad("a time is no number"))
    }

    /// Returns a device's numbers; nothing when they are none.
    pub(super) fn device(&self) -> Option<(u32, u32)> {
        if !self.is_ustar() && !self.is_gnu() {
            return Some((0, 0));
        }
        let part = |field: &[u8]| number(field).and_then(|number| u32::try_from(number).ok());
        part(&self.0[329..337]).zip(part(&self.0[337..345]))
    }

    /// Returns what the header of a sparse file says: its first segments, its real size, whether more segments follow.
    pub(super) fn sparse(&self) -> Result<(Vec<Segment>, u64, bool), Bad> {
        if !self.is_gnu() {
            return Err(Bad("a sparse file has no GNU header"));
        }
        let mut segments = Vec::new();
        read_segments(&self.0[386..482], &mut segments)?;
        Ok((segments, positive(&self.0[483..495], "a sparse file has no valid size")?, self.0[482] != 0))
    }

    fn is_ustar(&self) -> bool {
        self.0[257..263] == *b"ustar\0"
    }

    fn is_gnu(&self) -> bool {
        self.0[257..265] == *b"ustar  \0"
    }
}

/// Says whether a tar can begin with these bytes: a header, or the zeros that end an empty one.
pub(crate) fn is_first(bytes: &[u8]) -> bool {
    <[u8; BLOCK]>::try_from(bytes).is_ok_and(|bytes| bytes == [0; BLOCK] || Block::new(bytes).is_ok())
}

/// Reads a block with more segments of a sparse file; returns whether yet more follow.
pub(super) fn more_segments(block: &[u8; BLOCK], segments: &mut Vec<Segment>) -> Result<bool, Bad> {
    read_segments(&block[..504], segments)?;
    Ok(block[504] != 0)
}

fn read_segments(fields: &[u8], segments: &mut Vec<Segment>) -> Result<(), Bad> {
    const WHAT: &str = "a sparse file has an invalid map";
    for pair in fields.as_chunks::<24>().0 {
        // An unused pair ends the list.
        if pair[0] == 0 || pair[12] == 0 {
            break;
        }
        segments.push(Segment { offset: positive(&pair[..12], WHAT)?, length: positive(&pair[12..], WHAT)? });
    }
    Ok(())
}

fn until_nul(field: &[u8]) -> &[u8] {
    &field[..field.iter().position(|byte| *byte == 0).unwrap_or(field.len())]
}

fn positive(field: &[u8], what: &'static str) -> Result<u64, Bad> {
    number(field).and_then(|number| u64::try_from(number).ok()).ok_or(Bad(what))
}

/// Reads an owner. The kernel takes numbers of 32 bits, so a negative one, as Go writes it, is the number with the same bits.
fn owner(field: &[u8], what: &'static str) -> Result<u64, Bad> {
    let number = number(field).ok_or(Bad(what))?;
    match i32::try_from(number) {
        Ok(small) => Ok(small.cast_unsigned().into()),
        Err(_) => u64::try_from(number).map_err(|_| Bad(what)),
    }
}

/// Reads octal digits between spaces and NULs, or GNU's big-endian binary number. An empty field is 0.
fn number(field: &[u8]) -> Option<i64> {
    if field[0] & 0x80 != 0 {
        // The first bit only says that the number is binary; the second is its sign.
        let negative = field[0] & 0x40 != 0;
        let first = i128::from(field[0] & 0x3f) - if negative { 0x40 } else { 0 };
        let value = field[1..].iter().fold(first, |value, byte| value << 8 | i128::from(*byte));
        return i64::try_from(value).ok();
    }
    let start = field.iter().position(|byte| *byte != b' ').unwrap_or(field.len());
    let digits = field[start..].split(|byte| matches!(byte, b' ' | 0)).next()?;
    digits.iter().try_fold(0_i64, |value, digit| match digit {
        b'0'..=b'7' => value.checked_mul(8)?.checked_add(i64::from(digit - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let table: &[(&[u8], Option<i64>)] = &[
            (b"0000644\0", Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"\0\0\0\0\0\0\0\0", Some(0)),
            (b"        ", Some(0)),
            (b"77777777", Some(0o77_777_777)),
            (b"0000 123", Some(0)),
            (b"00009\0\0\0", None),
            (b"-1\0\0\0\0\0\0", None),
            (b"\x80\0\0\0\0\0\x01\x02", Some(258)),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff", Some(-1)),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe", Some(-2)),
            (b"\x80\0\0\0\0\0\0\x01\0\0\0\0", Some(1 << 32)),
            (b"\x80\0\0\0\x80\0\0\0\0\0\0\0", None),
        ];
        for (field, value) in table {
            assert_eq!(number(field), *value, "{field:x?}");
        }
    }

    #[test]
    fn owners() {
        let table: &[(&[u8], Option<u64>)] = &[
            (b"0001750\0", Some(1000)),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff", Some(u32::MAX.into())),
            (b"\xff\xff\xff\xff\xff\xff\xff\xfe", Some(u64::from(u32::MAX) - 1)),
            (b"\x80\0\0\0\xff\xff\xff\xfe", Some(u64::from(u32::MAX) - 1)),
            (b"\x80\0\0\x01\0\0\0\0", Some(1 << 32)),
            (b"\xff\xff\xff\0\0\0\0\0", None),
        ];
        for (field, value) in table {
            assert_eq!(owner(field, "").ok(), *value, "{field:x?}");
        }
    }

    #[test]
    fn checksums() {
        let mut bytes = [0; BLOCK];
        bytes[..3].copy_from_slice(b"n\xe9t");
        let unsigned = 8 * 32 + 0x6e + 0xe9 + 0x74;
        for (sum, good) in [(unsigned, true), (unsigned - 256, true), (unsigned + 1, false)] {
            bytes[148..155].copy_from_slice(format!("{sum:07o}").as_bytes());
            assert_eq!(Block::new(bytes).is_ok(), good, "{sum}");
        }
        bytes[148] = b'x';
        assert!(Block::new(bytes).is_err());
    }
}
