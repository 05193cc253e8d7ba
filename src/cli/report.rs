//! What a verb prints when it is done.

use serde::Serialize;
use stevedore::filesystem::is_active;

/// A verb's result: serialized as it is with `--json`, as text without.
pub(crate) trait Report: Serialize {
    /// Returns the result for people and scripts, each line with its newline.
    fn text(&self) -> String;
}

/// Aligns rows into columns, two spaces between them; the last column is not padded.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::from("  ");
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Makes text from an image harmless for a terminal and fit for one line: control characters, and those that turn text around, become spaces.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if is_active(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align() {
        let rows = [vec!["a".to_owned(), "bb".to_owned()], vec!["ccc".to_owned(), "d".to_owned()]];
        assert_eq!(table(&rows), "  a    bb\n  ccc  d\n");
        assert_eq!(table(&[]), "");
    }

    #[test]
    fn escapes_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[31mb\nc"), "a [31mb c");
        assert_eq!(printable("a\u{202e}b\u{2069}"), "a b ");
    }
}
