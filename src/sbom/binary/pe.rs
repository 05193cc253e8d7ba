//! PE: the section table. <https://learn.microsoft.com/en-us/windows/win32/debug/pe-format>

use super::reader::{Numbers, Reader, until_zero};
use super::{Layout, Parsed, Section};

const LITTLE: Numbers = Numbers { big_endian: false, wide: true };
const SECTION_SIZE: usize = 40;
/// The format allows no more for images.
const MAX_SECTIONS: u64 = 96;
/// Optional headers have 224 or 240 bytes.
const MAX_OPTIONAL: u64 = 4096;
const WRITABLE: u64 = 0x8000_0000;
const WIDE: u64 = 0x20b;

/// Reads the headers. What only starts as PE does, such as a program for DOS, has no sections.
pub(super) fn parse(reader: &mut Reader<'_>) -> Parsed {
    let start = reader.up_to(0, 64)?;
    let at = LITTLE.number(&start, 0x3c, 4);
    let header = reader.up_to(at, 24 + 32)?;
    if !header.starts_with(b"PE\0\0") {
        return Ok(Layout::default());
    }
    let (count, optional) = (LITTLE.number(&header, 6, 2), LITTLE.number(&header, 20, 2));
    if count > MAX_SECTIONS || optional > MAX_OPTIONAL {
        return Ok(Layout::default());
    }
    let wide = LITTLE.number(&header, 24, 2) == WIDE;
    let base = if wide { LITTLE.number(&header, 24 + 24, 8) } else { LITTLE.number(&header, 24 + 28, 4) };
    let table = reader.exactly(at + 24 + optional, usize::try_from(count).expect("at most 96") * SECTION_SIZE)?;
    let section = |bytes: &[u8]| Section {
        name: until_zero(&bytes[..8]).to_vec(),
        address: base.wrapping_add(LITTLE.number(bytes, 12, 4)),
        offset: LITTLE.number(bytes, 20, 4),
        size: LITTLE.number(bytes, 16, 4),
        is_data: LITTLE.number(bytes, 36, 4) & WRITABLE != 0,
    };
    let sections: Vec<Section> = table.chunks_exact(SECTION_SIZE).map(section).collect();
    Ok(Layout { segments: sections.clone(), sections })
}
