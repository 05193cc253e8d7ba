//! ELF: its section and program headers. <https://gabi.xinuos.com/elf/02-eheader.html>

use super::reader::{Numbers, Reader, until_zero};
use super::{Layout, Parsed, Section};
use crate::sbom::Unreadable;

/// Programs have some fifty sections, and a dozen segments.
const MAX_HEADERS: u64 = 4096;
/// Longer names are none that matter.
const MAX_NAME: usize = 32;
/// The most bytes of names that are read.
const MAX_NAMES: u64 = 1 << 20;

const PROGRAM_LOAD: u64 = 1;
const PROGRAM_WRITABLE: u64 = 2;
const SECTION_NO_BITS: u64 = 8;

/// Where fields stand in headers of 32 and of 64 bits.
struct Header {
    numbers: Numbers,
    bytes: Vec<u8>,
}

impl Header {
    /// Reads an address: its place with 32 and with 64 bits.
    fn address(&self, narrow: usize, wide: usize) -> u64 {
        self.numbers.number(&self.bytes, if self.numbers.wide { wide } else { narrow }, self.numbers.width())
    }

    fn short(&self, narrow: usize, wide: usize) -> u64 {
        self.numbers.number(&self.bytes, if self.numbers.wide { wide } else { narrow }, 2)
    }

    fn word(&self, narrow: usize, wide: usize) -> u64 {
        self.numbers.number(&self.bytes, if self.numbers.wide { wide } else { narrow }, 4)
    }
}

/// Reads the headers.
pub(super) fn parse(reader: &mut Reader<'_>) -> Parsed {
    let bytes = reader.exactly(0, 64)?;
    let (class, order) = (bytes[4], bytes[5]);
    if !(1..=2).contains(&class) || !(1..=2).contains(&order) {
        return Err(Unreadable::new("is ELF of an unknown class or byte order"));
    }
    let header = Header { numbers: Numbers { big_endian: order == 2, wide: class == 2 }, bytes };
    Ok(Layout { sections: sections(reader, &header)?, segments: segments(reader, &header)? })
}

fn table(reader: &mut Reader<'_>, header: &Header, at: u64, size: u64, count: u64) -> Result<Vec<Header>, Unreadable> {
    if count == 0 || at == 0 {
        return Ok(Vec::new());
    }
    let least = if header.numbers.wide { 56 } else { 32 };
    if count > MAX_HEADERS || !(least..=1024).contains(&size) {
        return Err(Unreadable::new("has headers of an impossible number or size"));
    }
    let size = usize::try_from(size).expect("at most 1024");
    let bytes = reader.exactly(at, size * usize::try_from(count).expect("at most 4096"))?;
    Ok(bytes.chunks_exact(size).map(|chunk| Header { numbers: header.numbers, bytes: chunk.to_vec() }).collect())
}

fn segments(reader: &mut Reader<'_>, header: &Header) -> Result<Vec<Section>, Unreadable> {
    let (at, size, count) = (header.address(28, 32), header.short(42, 54), header.short(44, 56));
    let headers = table(reader, header, at, size, count)?;
    let loaded = headers.iter().filter(|program| program.word(0, 0) == PROGRAM_LOAD);
    let section = |program: &Header| Section {
        name: Vec::new(),
        address: program.address(8, 16),
        offset: program.address(4, 8),
        size: program.address(16, 32),
        is_data: program.word(24, 4) & PROGRAM_WRITABLE != 0,
    };
    Ok(loaded.map(section).collect())
}

fn sections(reader: &mut Reader<'_>, header: &Header) -> Result<Vec<Section>, Unreadable> {
    let (at, size, count) = (header.address(32, 40), header.short(46, 58), header.short(48, 60));
    let headers = table(reader, header, at, size, count)?;
    let names = usize::try_from(header.short(50, 62)).expect("two bytes");
    let Some(names) = headers.get(names) else {
        return Ok(Vec::new());
    };
    let size = usize::try_from(names.address(20, 32).min(MAX_NAMES)).expect("at most 1 MiB");
    let names = reader.up_to(names.address(16, 24), size)?;
    let with_content = headers.iter().filter(|section| section.word(4, 4) != SECTION_NO_BITS);
    let section = |section: &Header| {
        let name = usize::try_from(section.word(0, 0)).unwrap_or(usize::MAX);
        let name = names.get(name..).unwrap_or_default();
        Section {
            name: until_zero(&name[..name.len().min(MAX_NAME)]).to_vec(),
            address: section.address(12, 16),
            offset: section.address(16, 24),
            size: section.address(20, 32),
            is_data: false,
        }
    };
    Ok(with_content.map(section).collect())
}
