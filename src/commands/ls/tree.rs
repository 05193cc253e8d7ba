//! An image as a tree, each directory with the size of all that is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use stevedore::filesystem::{Entry, Tree, escape};

use crate::cli::entries::{Row, is_within, level, write_link};
use crate::cli::units::bytes;

/// Writes the rows below `base`, indented by their level. A file with several names counts once, under the first.
pub(super) fn write(
    out: &mut dyn Write,
    merged: &Tree,
    rows: &[Row<'_>],
    base: &[u8],
    depth: Option<usize>,
) -> io::Result<()> {
    let sizes = sizes(merged, base);
    let total = bytes(sizes.get(base).copied().unwrap_or_default());
    let mut rows: Vec<&Row<'_>> = rows.iter().filter(|row| row.path != base && row.path != b".").collect();
    // In a tree what is in a directory comes right behind it, whatever characters other names have.
    rows.sort_by(|a, b| parts(a.path).cmp(parts(b.path)));
    writeln!(out, "{total:>8}  /{}", escape(base))?;
    for row in rows {
        let level = level(row.path, base);
        if depth.is_some_and(|depth| level > depth) {
            continue;
        }
        let size = bytes(size(row, &sizes));
        let indent = "  ".repeat(level);
        let name = parts(row.path).last().unwrap_or_default();
        let slash = if row.entry.is_directory() { "/" } else { "" };
        write!(out, "{size:>8}  {indent}{}{slash}", escape(name))?;
        write_link(out, row.entry)?;
        writeln!(out)?;
    }
    Ok(())
}

fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/')
}

fn size(row: &Row<'_>, sizes: &BTreeMap<&[u8], u64>) -> u64 {
    if row.entry.is_directory() { sizes.get(row.path).copied().unwrap_or_default() } else { row.entry.size }
}

/// Sums the files below each directory.
fn sizes<'a>(merged: &'a Tree, base: &[u8]) -> BTreeMap<&'a [u8], u64> {
    let mut sizes = BTreeMap::new();
    let mut counted = BTreeSet::new();
    let files = merged.iter().filter(|(path, entry): &(&[u8], &Entry)| entry.is_file() && is_within(path, base));
    for (path, entry) in files {
        if !counted.insert((entry.layer, entry.member)) {
            continue;
        }
        let mut directory = path;
        while let Some(at) = directory.iter().rposition(|byte| *byte == b'/') {
            directory = &directory[..at];
            *sizes.entry(directory).or_default() += entry.size;
        }
        *sizes.entry(&path[..0]).or_default() += entry.size;
    }
    sizes
}
