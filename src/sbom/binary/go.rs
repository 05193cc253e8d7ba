//! Go: the modules that a program was built of, and the standard library.
//!
//! The format is that of `debug/buildinfo`: <https://go.dev/src/debug/buildinfo/buildinfo.go>. Since Go 1.18 the texts follow the header;
//! before, it points to them.

use std::io::Read;

use super::reader::{Numbers, Reader};
use super::{Layout, Section};
use crate::sbom::language::with_namespace;
use crate::sbom::{Kind, Package, Unreadable};

const MAGIC: &[u8] = b"\xff Go buildinf:";
const HEADER: usize = 32;
const ALIGNMENT: usize = 16;
/// A program has some hundred modules, each in a line.
const MAX_TEXT: u64 = 4 << 20;
/// Where there is no section of the name, so much of the data is searched; the linker puts it at the start.
const MAX_SEARCH: u64 = 1 << 20;
/// The texts stand between two of these.
const SENTINEL: usize = 16;
const INLINE: u8 = 2;

/// Reads the build information, if there is some.
pub(super) fn read(reader: &mut Reader<'_>, layout: &Layout, found: &mut Vec<Package>) -> Result<(), Unreadable> {
    let Some(at) = find(reader, layout)? else {
        return Ok(());
    };
    let header = reader.exactly(at, HEADER)?;
    let (version, modules) = if header[15] & INLINE != 0 {
        let mut at = at + HEADER as u64;
        (inline(reader, &mut at)?, inline(reader, &mut at)?)
    } else {
        pointed(reader, layout, &header)?
    };
    let version = String::from_utf8_lossy(&version);
    // `go1.21.0 X:boringcrypto` and `devel go1.22-0123abc` are versions too.
    if let Some(version) = version.split_whitespace().find_map(|word| word.strip_prefix("go")) {
        found.push(Package::new(Kind::Go, "stdlib", version));
    }
    let modules = strip_sentinels(&modules);
    modules_of(&String::from_utf8_lossy(modules), found);
    Ok(())
}

/// Finds the header.
fn find(reader: &mut Reader<'_>, layout: &Layout) -> Result<Option<u64>, Unreadable> {
    if let Some(section) = layout.section(&[b".go.buildinfo", b"__go_buildinfo"]) {
        return search(reader, section);
    }
    // PE has no section for it, and a stripped ELF none at all.
    for segment in layout.segments.iter().filter(|segment| segment.is_data) {
        if let Some(at) = search(reader, segment)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn search(reader: &mut Reader<'_>, section: &Section) -> Result<Option<u64>, Unreadable> {
    let size = section.size.min(MAX_SEARCH).min(reader.size());
    let bytes = reader.up_to(section.offset, usize::try_from(size).expect("at most 1 MiB"))?;
    let at = bytes.chunks(ALIGNMENT).position(|chunk| chunk.starts_with(MAGIC));
    Ok(at.map(|chunk| section.offset + (chunk * ALIGNMENT) as u64))
}

/// Reads a text with its length before it.
fn inline(reader: &mut Reader<'_>, at: &mut u64) -> Result<Vec<u8>, Unreadable> {
    let bytes = reader.up_to(*at, 10)?;
    let mut length = 0_u64;
    let mut count = 0;
    for byte in &bytes {
        length |= u64::from(byte & 0x7f).checked_shl(7 * count).unwrap_or_default();
        count += 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    *at += u64::from(count);
    let text = text(reader, *at, length)?;
    *at += length;
    Ok(text)
}

fn text(reader: &mut Reader<'_>, at: u64, length: u64) -> Result<Vec<u8>, Unreadable> {
    if length > MAX_TEXT {
        return Err(Unreadable::new("has Go build information of an impossible length"));
    }
    let mut text = Vec::new();
    if length > 0 {
        reader.range(at, length)?.read_to_end(&mut text)?;
    }
    if (text.len() as u64) < length {
        return Err(Unreadable::new("ends within its Go build information"));
    }
    Ok(text)
}

/// Reads the two texts that the header points to: each pointer leads to an address and a length.
fn pointed(reader: &mut Reader<'_>, layout: &Layout, header: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Unreadable> {
    let numbers = Numbers { big_endian: header[15] & 1 != 0, wide: header[14] == 8 };
    if !matches!(header[14], 4 | 8) {
        return Err(Unreadable::new("has Go build information with pointers of an impossible size"));
    }
    let width = numbers.width();
    let mut follow = |pointer: u64| -> Result<Vec<u8>, Unreadable> {
        if pointer == 0 {
            return Ok(Vec::new());
        }
        let outside = || Unreadable::new("has Go build information that points nowhere");
        let pair = reader.exactly(offset(layout, pointer).ok_or_else(outside)?, 2 * width)?;
        let (address, length) = (numbers.number(&pair, 0, width), numbers.number(&pair, width, width));
        if length == 0 { Ok(Vec::new()) } else { text(reader, offset(layout, address).ok_or_else(outside)?, length) }
    };
    Ok((follow(numbers.number(header, 16, width))?, follow(numbers.number(header, 16 + width, width))?))
}

/// Finds where an address is in the file.
fn offset(layout: &Layout, address: u64) -> Option<u64> {
    let within = |segment: &&Section| address.checked_sub(segment.address).is_some_and(|delta| delta < segment.size);
    let segment = layout.segments.iter().find(within)?;
    segment.offset.checked_add(address - segment.address)
}

fn strip_sentinels(text: &[u8]) -> &[u8] {
    // The second one follows a newline.
    let end = text.len().saturating_sub(SENTINEL);
    if end > SENTINEL && text[end - 1] == b'\n' { &text[SENTINEL..end] } else { b"" }
}

/// Reads lines of `mod` and `dep`; `=>` replaces the one before it.
fn modules_of(text: &str, found: &mut Vec<Package>) {
    let start = found.len();
    let mut replaceable = false;
    for line in text.lines() {
        let mut fields = line.split('\t');
        let (key, path, version) = (fields.next(), fields.next(), fields.next());
        let (Some(key), Some(path)) = (key, path.filter(|path| !path.is_empty())) else {
            continue;
        };
        let version = version.unwrap_or_default();
        match key {
            "mod" | "dep" => found.push(module(path, version)),
            "=>" if replaceable && found.len() > start => {
                let last = found.pop().expect("there is one");
                found.push(replacement(&last, path, version));
            }
            _ => {}
        }
        replaceable = matches!(key, "mod" | "dep");
    }
}

fn module(path: &str, version: &str) -> Package {
    let (namespace, name) = with_namespace(path);
    Package { namespace, ..Package::new(Kind::Go, name, version) }
}

/// Returns what stands in a module's place; a folder has no name that means something elsewhere, and keeps the module's.
fn replacement(replaced: &Package, path: &str, version: &str) -> Package {
    if path.starts_with(['.', '/']) {
        Package {
            version: if version.is_empty() { "(devel)".to_owned() } else { version.to_owned() },
            ..replaced.clone()
        }
    } else {
        module(path, version)
    }
}
