//! Binaries that say what they were built of: Go's build information and the dependency list of cargo-auditable.
//!
//! Which files are binaries is decided by their first bytes. No more of them is read than headers, names of sections and the two lists; of
//! well-known programs, which say in a text what they are, a bounded beginning.

mod elf;
mod go;
mod macho;
mod pe;
mod programs;
mod reader;
mod release;
mod rust;
mod scan;

use super::{Cataloger, Evidence, Package, Unreadable};
use crate::filesystem::Entry;
use reader::Reader;
pub(super) use release::Release;

/// Less is no program.
const MIN_SIZE: u64 = 512;

/// Reads ELF, PE and Mach-O files.
pub(super) struct Binary;

/// A range of a binary, and where it is when it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Section {
    /// The name, as far as it matters.
    name: Vec<u8>,
    /// Where it is in memory.
    address: u64,
    /// Where it is in the file.
    offset: u64,
    /// How much of it is in the file.
    size: u64,
    /// Whether it is data that the program may change.
    is_data: bool,
}

/// What matters of a binary, whatever its format.
#[derive(Debug, Default, PartialEq, Eq)]
struct Layout {
    /// The named sections.
    sections: Vec<Section>,
    /// The ranges that are loaded.
    segments: Vec<Section>,
}

impl Layout {
    /// Returns the section with a name.
    fn section(&self, names: &[&[u8]]) -> Option<&Section> {
        self.sections.iter().find(|section| names.contains(&&section.name[..]) && section.size > 0)
    }
}

/// A format is broken where this says so, or is none of ours.
type Parsed = Result<Layout, Unreadable>;

impl Cataloger for Binary {
    fn name(&self) -> &'static str {
        "binary"
    }

    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        // Libraries of both languages need not be executable; what a source tree is full of is no binary.
        entry.is_file() && entry.size >= MIN_SIZE && !is_text(path)
    }

    fn follows_links(&self) -> bool {
        // A program counts where it lies; most links lead to one that does.
        false
    }

    fn recognizes(&self, start: &[u8]) -> bool {
        matches!(
            start,
            [0x7f, b'E', b'L', b'F', ..]
                | [b'M', b'Z', ..]
                | [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..]
                | [0xca, 0xfe, 0xba, 0xbe, ..]
        )
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        let declared = found.len();
        let (path, is_known) = (evidence.path, &mut evidence.facts.is_binary);
        let mut reader = Reader::new(&mut *evidence.content, evidence.size);
        let start = reader.up_to(0, 4)?;
        *is_known = self.recognizes(&start);
        let layout = match start.as_slice() {
            [0x7f, b'E', b'L', b'F'] => elf::parse(&mut reader)?,
            [b'M', b'Z', ..] => pe::parse(&mut reader)?,
            [0xcf | 0xce, 0xfa, 0xed, 0xfe] | [0xca, 0xfe, 0xba, 0xbe] => macho::parse(&mut reader)?,
            _ => return Ok(()),
        };
        let of_go = go::read(&mut reader, &layout, found);
        let of_rust = rust::read(&mut reader, &layout, found);
        // What tells of what it was built says more than a text in it.
        if found.len() == declared {
            scan::read(path, &mut *evidence.content, found)?;
        }
        of_go.and(of_rust)
    }
}

/// Says whether a name promises text or data: there are many such files, and none is a binary.
fn is_text(path: &[u8]) -> bool {
    const EXTENSIONS: &[&str] = &[
        "c", "class", "css", "cjs", "gem", "go", "gz", "h", "html", "hpp", "jar", "js", "json", "map", "md", "mjs",
        "mo", "php", "pl", "pm", "png", "po", "py", "pyc", "pyi", "rb", "rs", "rst", "sh", "svg", "ts", "txt", "xml",
        "yaml", "yml",
    ];
    let extension = path.iter().rposition(|byte| *byte == b'.').map_or(&b""[..], |at| &path[at + 1..]);
    EXTENSIONS.iter().any(|known| known.as_bytes() == extension)
}

#[cfg(test)]
mod tests;
