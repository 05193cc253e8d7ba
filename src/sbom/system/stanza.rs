//! Databases of text: stanzas of `Key: value` lines with empty lines between them.

use std::io::{self, BufRead, BufReader, Read};

/// The longest line of which anything is kept; the longest real ones are lists of dependencies.
const MAX_LINE: usize = 64 * 1024;

/// Reads lines, of each no more than its beginning.
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader: BufReader::with_capacity(64 * 1024, reader), line: Vec::new() }
    }

    /// Returns the next line without its end; none after the last one.
    pub(super) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        let mut any = false;
        loop {
            let buffer = match self.reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if buffer.is_empty() {
                break;
            }
            any = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = &buffer[..end.unwrap_or(buffer.len())];
            let room = MAX_LINE.saturating_sub(self.line.len());
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() {
                break;
            }
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        Ok(any.then_some(&self.line[..]))
    }
}

/// Makes text of a value.
pub(super) fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_every_length() {
        let long = "x".repeat(MAX_LINE + 10);
        let content = format!("a\n\n{long}\r\nlast");
        let mut lines = Lines::new(content.as_bytes());
        let mut lengths = Vec::new();
        while let Some(line) = lines.next().expect("memory cannot fail") {
            lengths.push(line.len());
        }
        assert_eq!(lengths, [1, 0, MAX_LINE, 4]);
    }
}
