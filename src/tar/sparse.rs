//! Files with holes: where the bytes go that are there.

use super::block::Bad;

/// The most segments of one file; a map is held in memory.
const MAX_SEGMENTS: usize = 256 * 1024;

/// A run of bytes that are there; between runs the file has zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// Where it lies in the file.
    pub(super) offset: u64,
    /// How long it is.
    pub(super) length: u64,
}

/// A checked map and a place in the file.
#[derive(Debug)]
pub(super) struct Map {
    segments: Vec<Segment>,
    next: usize,
    position: u64,
    size: u64,
}

/// What comes next in a file with holes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// So many zeros.
    Hole(u64),
    /// So many bytes that are there.
    Data(u64),
    /// Nothing.
    End,
}

impl Map {
    /// Checks a map for a file of `size` bytes, `stored` of which are there.
    pub(super) fn new(segments: Vec<Segment>, size: u64, stored: u64) -> Result<Self, Bad> {
        if segments.len() > MAX_SEGMENTS {
            return Err(Bad("a sparse file has too many segments"));
        }
        let mut end = 0_u64;
        let mut sum = 0_u64;
        for segment in &segments {
            let after = segment.offset.checked_add(segment.length).filter(|_| segment.offset >= end);
            end = after.ok_or(Bad("the segments of a sparse file overlap"))?;
            sum += segment.length;
        }
        if end > size || sum > stored {
            return Err(Bad("the segments of a sparse file are larger than it"));
        }
        let segments = segments.into_iter().filter(|segment| segment.length > 0).collect();
        Ok(Self { segments, next: 0, position: 0, size })
    }

    /// Returns what comes next.
    pub(super) fn run(&self) -> Run {
        let until = |end: u64| end - self.position;
        match self.segments.get(self.next) {
            Some(segment) if segment.offset > self.position => Run::Hole(until(segment.offset)),
            Some(segment) => Run::Data(until(segment.offset + segment.length)),
            None if self.position < self.size => Run::Hole(until(self.size)),
            None => Run::End,
        }
    }

    /// Goes on by so many bytes of the run.
    pub(super) fn advance(&mut self, count: u64) {
        self.position += count;
        if self.segments.get(self.next).is_some_and(|segment| segment.offset + segment.length <= self.position) {
            self.next += 1;
        }
    }

    /// Returns how many bytes are holes.
    pub(super) fn holes(&self) -> u64 {
        self.size - self.segments.iter().map(|segment| segment.length).sum::<u64>()
    }
}

/// Reads `OFFSET,LENGTH,OFFSET,LENGTH…`.
pub(super) fn read_list(value: &[u8]) -> Option<Vec<Segment>> {
    if value.is_empty() {
        return Some(Vec::new());
    }
    let mut numbers = std::str::from_utf8(value).ok()?.split(',').map(|number| number.parse::<u64>().ok());
    let mut segments = Vec::new();
    while let Some(offset) = numbers.next() {
        segments.push(Segment { offset: offset?, length: numbers.next()?? });
    }
    Some(segments)
}

/// The map before the content, format 1.0: a count, then offset and length of each segment, a decimal number a line, filled up to whole
/// blocks.
#[derive(Debug, Default)]
pub(super) struct Lines {
    count: Option<u64>,
    offset: Option<u64>,
    number: Option<u64>,
    segments: Vec<Segment>,
}

impl Lines {
    /// Takes a block; returns the segments once they are complete.
    pub(super) fn take(&mut self, block: &[u8]) -> Result<Option<Vec<Segment>>, Bad> {
        const WHAT: Bad = Bad("a sparse file has an invalid map");
        for byte in block {
            match byte {
                b'0'..=b'9' => {
                    let digit = u64::from(byte - b'0');
                    let grown = self.number.unwrap_or(0).checked_mul(10).and_then(|ten| ten.checked_add(digit));
                    self.number = Some(grown.ok_or(WHAT)?);
                }
                b'\n' => {
                    let number = self.number.take().ok_or(WHAT)?;
                    if self.line(number).ok_or(WHAT)? {
                        return Ok(Some(std::mem::take(&mut self.segments)));
                    }
                }
                _ => return Err(WHAT),
            }
        }
        Ok(None)
    }

    /// Takes a line; returns whether it was the last one.
    fn line(&mut self, number: u64) -> Option<bool> {
        match (self.count, self.offset.take()) {
            (None, _) if number > MAX_SEGMENTS as u64 => return None,
            (None, _) => self.count = Some(number),
            (Some(_), None) => {
                self.offset = Some(number);
                return Some(false);
            }
            (Some(_), Some(offset)) => self.segments.push(Segment { offset, length: number }),
        }
        Some(self.count == Some(self.segments.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(offset: u64, length: u64) -> Segment {
        Segment { offset, length }
    }

    #[test]
    fn runs() {
        let mut map = Map::new(vec![segment(3, 2), segment(5, 0), segment(8, 1)], 10, 3).expect("a good map");
        assert_eq!(map.holes(), 7);
        let mut runs = Vec::new();
        loop {
            let run = map.run();
            let (Run::Hole(count) | Run::Data(count)) = run else { break };
            map.advance(count);
            runs.push(run);
        }
        assert_eq!(runs, [Run::Hole(3), Run::Data(2), Run::Hole(3), Run::Data(1), Run::Hole(1)]);
        let table: [(Vec<Segment>, u64, u64); 4] = [
            (vec![segment(0, 5), segment(4, 1)], 10, 6),
            (vec![segment(0, 11)], 10, 11),
            (vec![segment(0, 5)], 10, 4),
            (vec![segment(u64::MAX, 2)], 10, 2),
        ];
        for (segments, size, stored) in table {
            assert!(Map::new(segments, size, stored).is_err());
        }
    }

    #[test]
    fn lines() {
        let mut lines = Lines::default();
        assert_eq!(lines.take(b"2\n0\n5\n5"), Ok(None));
        assert_eq!(lines.take(b"12\n7\n\0\0\0"), Ok(Some(vec![segment(0, 5), segment(512, 7)])));
        assert_eq!(Lines::default().take(b"0\n\0\0"), Ok(Some(vec![])));
        for bad in [&b"\n"[..], b"x\n", b"1\n\0", b"99999999999\n", b"99999999999999999999999\n"] {
            assert!(Lines::default().take(bad).is_err());
        }
    }
}
