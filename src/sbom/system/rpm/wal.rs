//! SQLite's write-ahead log: pages that were written and not yet put into the database.
//!
//! "WAL-Mode File Format": <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>. A frame counts when its salts are the log's, the
//! checksums of all frames so far fit, and a frame that ends a transaction follows or is it.

use std::collections::BTreeMap;

use super::{big, length, read_at};
use crate::filesystem::Content;
use crate::sbom::Unreadable;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// Logs are put into the database every thousand pages.
const MAX_FRAMES: usize = 256 * 1024;

/// Finds where the log has pages of this size: for each the position of its last version.
pub(super) fn frames(log: &mut dyn Content, page_size: u32) -> Result<BTreeMap<u32, u64>, Unreadable> {
    let size = length(log)?;
    let mut committed = BTreeMap::new();
    if size < HEADER as u64 {
        return Ok(committed);
    }
    let header = read_at(log, 0, HEADER)?;
    let order = match big(&header, 0) {
        Some(0x377f_0682) => u32::from_le_bytes,
        Some(0x377f_0683) => u32::from_be_bytes,
        _ => return Ok(committed),
    };
    let mut sums = sum((0, 0), &header[..24], order);
    if big(&header, 8) != Some(page_size) || big(&header, 24).zip(big(&header, 28)) != Some(sums) {
        return Ok(committed);
    }
    let length = FRAME_HEADER + page_size as usize;
    let mut pending = Vec::new();
    let mut at = HEADER as u64;
    while at + length as u64 <= size {
        let frame = read_at(log, at, length)?;
        sums = sum(sum(sums, &frame[..8], order), &frame[FRAME_HEADER..], order);
        if frame[8..16] != header[16..24] || big(&frame, 16).zip(big(&frame, 20)) != Some(sums) {
            break;
        }
        if pending.len() + committed.len() >= MAX_FRAMES {
            return Err(Unreadable::new("has too long a log"));
        }
        pending.push((big(&frame, 0).expect("a frame has a header"), at + FRAME_HEADER as u64));
        if big(&frame, 4) != Some(0) {
            committed.extend(pending.drain(..));
        }
        at += length as u64;
    }
    Ok(committed)
}

/// "Checksum Algorithm": two sums that run over pairs of numbers.
fn sum((mut first, mut second): (u32, u32), bytes: &[u8], order: fn([u8; 4]) -> u32) -> (u32, u32) {
    for pair in bytes.chunks_exact(8) {
        let number = |at: usize| order(pair[at..at + 4].try_into().expect("four of eight bytes"));
        first = first.wrapping_add(number(0)).wrapping_add(second);
        second = second.wrapping_add(number(4)).wrapping_add(first);
    }
    (first, second)
}
