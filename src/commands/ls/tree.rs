//! An image as a tree, each directory with the size of all that is in it.

use std::collections::HashSet;
use std::io::{self, Write};

use stevedore::filesystem::{Tree, escape};

use super::selection::Selection;
use crate::cli::entries::{is_within, level, write_link};
use crate::cli::units::bytes;

/// A path below the base, and what is in it.
struct Line {
    path: Vec<u8>,
    is_directory: bool,
    size: u64,
}

/// Writes what is selected, indented by its level below the base. A file with several names counts once, under the first.
pub(super) fn write(out: &mut dyn Write, merged: &Tree, selection: &Selection, depth: Option<usize>) -> io::Result<()> {
    let base = selection.base();
    let (lines, total) = lines(merged, base);
    writeln!(out, "{:>8}  /{}", bytes(total), escape(base))?;
    for line in lines.iter().filter(|line| selection.has(&line.path)) {
        let level = level(&line.path, base);
        if depth.is_some_and(|depth| level > depth) {
            continue;
        }
        let indent = "  ".repeat(level);
        let name = parts(&line.path).last().unwrap_or_default();
        let slash = if line.is_directory { "/" } else { "" };
        write!(out, "{:>8}  {indent}{}{slash}", bytes(line.size), escape(name))?;
        if let Some(entry) = merged.get(&line.path) {
            write_link(out, &entry)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Returns all that is below a directory, with sizes, and the sum of them.
fn lines(merged: &Tree, base: &[u8]) -> (Vec<Line>, u64) {
    let mut counted = HashSet::new();
    // With each line what its file counts.
    let mut lines: Vec<(Line, u64)> = Vec::new();
    for (path, entry) in merged.below(base).filter(|(path, _)| path != base && path != b".") {
        let counts = entry.is_file() && counted.insert((entry.layer, entry.member));
        let line = Line { path, is_directory: entry.is_directory(), size: entry.size };
        lines.push((line, if counts { entry.size } else { 0 }));
    }
    // In a tree what is in a directory comes right behind it, whatever characters other names have.
    lines.sort_by(|(a, _), (b, _)| parts(&a.path).cmp(parts(&b.path)));
    let total = lines.iter().map(|(_, counts)| counts).sum();
    // The directories that the line lies in; each is counted in the one above when it ends.
    let mut above: Vec<usize> = Vec::new();
    for at in 0..lines.len() {
        while let Some(last) = above.pop_if(|last| !is_within(&lines[at].0.path, &lines[*last].0.path)) {
            close(&mut lines, &above, last);
        }
        if lines[at].0.is_directory {
            above.push(at);
        } else if let Some(last) = above.last() {
            lines[*last].0.size += lines[at].1;
        }
    }
    while let Some(last) = above.pop() {
        close(&mut lines, &above, last);
    }
    (lines.into_iter().map(|(line, _)| line).collect(), total)
}

fn close(lines: &mut [(Line, u64)], above: &[usize], ended: usize) {
    if let Some(parent) = above.last() {
        lines[*parent].0.size += lines[ended].0.size;
    }
}

fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/')
}
