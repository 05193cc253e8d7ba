//! ndb, the format of SUSE's rpm: slots in the first pages, each of which points to a blob.
//!
//! There is no specification but rpm's `lib/backend/ndb/rpmpkg.c`:
//! <https://github.com/rpm-software-management/rpm/blob/rpm-4.20.x/lib/backend/ndb/rpmpkg.c>.

use super::{MAX_HEADER, Meter, Take, little, read_at};
use crate::filesystem::Content;
use crate::sbom::Unreadable;

const PAGE: u64 = 4096;
const SLOT: usize = 16;
const BLOCK: u64 = 16;
/// So many pages of slots have place for 16 million packages.
const MAX_PAGES: u32 = 65_536;

/// Reads all packages.
pub(super) fn read(content: &mut dyn Content, take: Take<'_>) -> Result<(), Unreadable> {
    let size = super::length(content)?;
    let mut meter = Meter::new(size);
    let header = read_at(content, 0, 32)?;
    let pages = little(&header, 12).expect("has 32 bytes");
    if pages > MAX_PAGES {
        return Err(Unreadable::new("has too many slots"));
    }
    for page in 0..u64::from(pages) {
        let slots = read_at(content, page * PAGE, usize::try_from(PAGE).expect("a small number"))?;
        // The header takes the place of the first two.
        for slot in slots.chunks_exact(SLOT).skip(if page == 0 { 2 } else { 0 }) {
            let number = |at| little(slot, at).expect("a slot has four numbers");
            let (index, block, count) = (number(4), number(8), number(12));
            if index == 0 {
                continue;
            }
            if &slot[..4] != b"Slot" {
                return Err(Unreadable::new("has a slot that is none"));
            }
            take(&blob(content, index, u64::from(block) * BLOCK, u64::from(count) * BLOCK, &mut meter)?)?;
        }
    }
    Ok(())
}

fn blob(content: &mut dyn Content, index: u32, at: u64, room: u64, meter: &mut Meter) -> Result<Vec<u8>, Unreadable> {
    let header = read_at(content, at, 16)?;
    let length = u64::from(little(&header, 12).expect("has 16 bytes"));
    if &header[..4] != b"BlbS" || little(&header, 4) != Some(index) {
        return Err(Unreadable::new("has a slot that points to no package"));
    }
    if length > room || length > MAX_HEADER {
        return Err(Unreadable::new("has a package that is too large"));
    }
    meter.spend(length + 16)?;
    read_at(content, at + 16, usize::try_from(length).expect("checked against the limit"))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::sbom::system::rpm::header::tests::header;

    fn database() -> Vec<u8> {
        let blob = header(&[(1000, "a"), (1001, "1"), (1002, "2")], None);
        let mut bytes = vec![0; 4096];
        bytes[..4].copy_from_slice(b"RpmP");
        bytes[12] = 1;
        let words = |words: [u32; 3]| words.map(u32::to_le_bytes).concat();
        bytes[32..48].copy_from_slice(&[&b"Slot"[..], &words([7, 256, 64])].concat());
        bytes.extend([&b"BlbS"[..], &words([7, 1, u32::try_from(blob.len()).expect("short")])].concat());
        bytes.extend(blob);
        bytes
    }

    fn count(bytes: &[u8]) -> Result<usize, Unreadable> {
        let mut found = Vec::new();
        super::super::read(&mut Cursor::new(bytes), None, &mut found, &mut crate::sbom::Facts::default())
            .map(|()| found.len())
    }

    #[test]
    fn slots_and_lies() {
        let good = database();
        assert_eq!(count(&good), Ok(1));
        for (at, value) in [(12, 2), (15, 1), (32, 0), (36, 8), (41, 9), (44, 0), (4096 + 15, 1), (4096 + 3, 0)] {
            let mut bad = good.clone();
            bad[at] = value;
            assert!(count(&bad).is_err(), "{at}");
        }
        assert!((0..good.len()).filter(|end| *end > 4).all(|end| count(&good[..end]).is_err()));
    }
}
