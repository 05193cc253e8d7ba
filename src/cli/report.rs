//! What a verb prints when it is done.

use serde::Serialize;
use stevedore::copy;
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

/// Says which part of an index was copied, when that is not all of it.
pub(crate) fn part_note(report: &copy::Report) -> Option<String> {
    let copy::Choice { platforms, of, by_default } = report.choice.as_ref()?;
    if platforms.len() == *of && report.manifest.digest == report.source_digest {
        return None;
    }
    let chosen = platforms.join(", ");
    if *by_default {
        return (*of > 1)
            .then(|| format!("copied {chosen}, {} of {of} platforms; --all copies every one", platforms.len()));
    }
    let only = format!("copied {chosen}, {} of {of} platforms", platforms.len());
    Some(match report.manifest.media_type.is_index() {
        true => format!("{only}, as an index of its own with another digest"),
        false => only,
    })
}

#[cfg(test)]
mod tests {
    use stevedore::descriptor::Descriptor;
    use stevedore::media_type::MediaType;

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

    #[test]
    fn what_was_left_behind() {
        let manifest = Descriptor::of(MediaType::OCI_INDEX, b"abc");
        let mut report = copy::Report {
            source_digest: manifest.digest.clone(),
            manifest,
            choice: None,
            up_to_date: false,
            images: 2,
            referrers: 0,
            totals: copy::Totals::default(),
            plan: Vec::new(),
        };
        assert_eq!(part_note(&report), None);
        let choice = |platforms: &[&str], by_default| {
            Some(copy::Choice { platforms: platforms.iter().map(ToString::to_string).collect(), of: 8, by_default })
        };
        report.manifest.media_type = MediaType::OCI_MANIFEST;
        report.choice = choice(&["linux/amd64"], true);
        assert_eq!(part_note(&report).as_deref(), Some("copied linux/amd64, 1 of 8 platforms; --all copies every one"));
        report.choice = choice(&["linux/amd64", "linux/arm64/v8"], false);
        report.manifest.media_type = MediaType::OCI_INDEX;
        assert_eq!(
            part_note(&report).as_deref(),
            Some("copied linux/amd64, linux/arm64/v8, 2 of 8 platforms, as an index of its own with another digest")
        );
    }
}
