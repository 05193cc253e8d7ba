//! Mach-O: the sections of its segments; of a file for several processors, the first one's.
//!
//! `mach-o/loader.h` and `mach-o/fat.h`: <https://github.com/apple-oss-distributions/xnu/tree/main/EXTERNAL_HEADERS/mach-o>. Java's classes
//! start like files for several processors.

use super::reader::{Numbers, Reader, until_zero};
use super::{Layout, Parsed, Section};

const MAX_COMMANDS: u64 = 1024;
const MAX_COMMAND_BYTES: u64 = 1 << 20;
const SEGMENT: u64 = 1;
const SEGMENT_64: u64 = 0x19;
const WRITABLE: u64 = 2;
const BIG: Numbers = Numbers { big_endian: true, wide: false };

/// Reads the load commands.
pub(super) fn parse(reader: &mut Reader<'_>) -> Parsed {
    let start = reader.up_to(0, 32)?;
    // A class of Java has its version there, which is larger than any number of processors.
    let several = start.starts_with(&[0xca, 0xfe, 0xba, 0xbe]) && (1..30).contains(&BIG.number(&start, 4, 4));
    let base = if several { BIG.number(&start, 8 + 8, 4) } else { 0 };
    let header = reader.up_to(base, 32)?;
    let wide = match header.get(..4) {
        Some([0xcf, 0xfa, 0xed, 0xfe]) => true,
        Some([0xce, 0xfa, 0xed, 0xfe]) => false,
        _ => return Ok(Layout::default()),
    };
    let numbers = Numbers { big_endian: false, wide };
    let (count, size) = (numbers.number(&header, 16, 4), numbers.number(&header, 20, 4));
    if count > MAX_COMMANDS || size > MAX_COMMAND_BYTES {
        return Ok(Layout::default());
    }
    let at = base + if wide { 32 } else { 28 };
    let commands = reader.exactly(at, usize::try_from(size).expect("at most 1 MiB"))?;
    let mut layout = Layout::default();
    let mut rest = &commands[..];
    for _ in 0..count {
        let (kind, size) = (numbers.number(rest, 0, 4), numbers.number(rest, 4, 4));
        let Some(command) = usize::try_from(size).ok().filter(|size| *size >= 8).and_then(|size| rest.get(..size))
        else {
            break;
        };
        if kind == SEGMENT || kind == SEGMENT_64 {
            segment(command, numbers, base, &mut layout);
        }
        rest = &rest[command.len()..];
    }
    Ok(layout)
}

fn segment(command: &[u8], numbers: Numbers, base: u64, layout: &mut Layout) {
    let width = numbers.width();
    let field = |index: usize| numbers.number(command, 24 + index * width, width);
    let after = 24 + 4 * width;
    let is_data = numbers.number(command, after + 4, 4) & WRITABLE != 0;
    let section = |name: &[u8], address: u64, size: u64, offset: u64| Section {
        name: until_zero(name).to_vec(),
        address,
        offset: base.saturating_add(offset),
        size,
        is_data,
    };
    layout.segments.push(section(b"", field(0), field(3), field(2)));
    let each = if numbers.wide { 80 } else { 68 };
    for bytes in command.get(after + 16..).unwrap_or_default().chunks_exact(each) {
        let (address, size) = (numbers.number(bytes, 32, width), numbers.number(bytes, 32 + width, width));
        let offset = numbers.number(bytes, 32 + 2 * width, 4);
        layout.sections.push(section(&bytes[..16], address, size, offset));
    }
}
