//! Berkeley DB's hash, the format of rpm up to 4.15.
//!
//! There is no specification but the sources, `dbinc/db_page.h`: pages with a header of 26 bytes; a hash page has pairs of key and value, of
//! which large values lie on a chain of overflow pages. The order of the bytes is that of the machine that wrote it.

use super::{MAX_HEADER, Meter, Take, length, read_at};
use crate::filesystem::Content;
use crate::sbom::Unreadable;

const MAGIC: u32 = 0x0006_1561;
const PAGE_HEADER: usize = 26;
const HASH_PAGES: [u8; 2] = [2, 13];
const OVERFLOW_PAGE: u8 = 7;
const KEY_DATA: u8 = 1;
const OFF_PAGE: u8 = 3;

/// Says whether a file begins as a hash does.
pub(super) fn is_hash(start: &[u8]) -> bool {
    Order::of(start).is_some()
}

#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn of(start: &[u8]) -> Option<Self> {
        let magic: [u8; 4] = start.get(12..16)?.try_into().ok()?;
        if u32::from_le_bytes(magic) == MAGIC {
            Some(Self::Little)
        } else if u32::from_be_bytes(magic) == MAGIC {
            Some(Self::Big)
        } else {
            None
        }
    }

    fn long(self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        })
    }

    fn short(self, bytes: &[u8], at: usize) -> Option<usize> {
        let bytes = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(usize::from(match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }))
    }
}

/// Reads all packages.
pub(super) fn read(content: &mut dyn Content, take: Take<'_>) -> Result<(), Unreadable> {
    let size = length(content)?;
    let start = read_at(content, 0, 512)?;
    let order = Order::of(&start).expect("looked at before");
    let page_size = order.long(&start, 20).expect("has 512 bytes");
    if !page_size.is_power_of_two() || !(512..=65_536).contains(&page_size) {
        return Err(Unreadable::new("has pages of no possible size"));
    }
    let mut file = Pages { content, order, page_size: u64::from(page_size), meter: Meter::new(size) };
    for number in 1..size / file.page_size {
        let page = file.page(number)?;
        if HASH_PAGES.contains(&page[25]) {
            file.packages(&page, take)?;
        }
    }
    Ok(())
}

struct Pages<'a> {
    content: &'a mut dyn Content,
    order: Order,
    page_size: u64,
    meter: Meter,
}

impl Pages<'_> {
    fn page(&mut self, number: u64) -> Result<Vec<u8>, Unreadable> {
        self.meter.spend(self.page_size)?;
        let at = number.checked_mul(self.page_size).ok_or_else(|| Unreadable::new("is cut off"))?;
        read_at(self.content, at, usize::try_from(self.page_size).expect("at most 65536"))
    }

    /// Takes the values on a hash page.
    fn packages(&mut self, page: &[u8], take: Take<'_>) -> Result<(), Unreadable> {
        let order = self.order;
        let entries = order.short(page, 20).expect("a page has a header");
        let offset = |entry: usize| order.short(page, PAGE_HEADER + 2 * entry).filter(|at| *at < page.len());
        let broken = || Unreadable::new("has a broken page");
        for value in (1..entries).step_by(2) {
            let (key_at, at) = offset(value - 1).zip(offset(value)).ok_or_else(broken)?;
            // Items are put from the end of the page to its start; under the key 0 lies the number of the last package.
            let key = page.get(at..key_at).map(|_| &page[key_at..]).ok_or_else(broken)?;
            if key.first() == Some(&KEY_DATA) && order.long(key, 1) == Some(0) {
                continue;
            }
            match page[at] {
                OFF_PAGE => {
                    let item = order.long(page, at + 4).zip(order.long(page, at + 8)).ok_or_else(broken)?;
                    let blob = self.overflow(item.0, item.1)?;
                    take(&blob)?;
                }
                KEY_DATA => {
                    let value = page.get(at + 1..key_at).ok_or_else(broken)?;
                    // Any number of items can share their bytes.
                    self.meter.spend(value.len() as u64)?;
                    take(value)?;
                }
                _ => return Err(broken()),
            }
        }
        Ok(())
    }

    /// Reads a value that lies on pages of its own.
    fn overflow(&mut self, first: u32, size: u32) -> Result<Vec<u8>, Unreadable> {
        if u64::from(size) > MAX_HEADER {
            return Err(Unreadable::new("has a package that is too large"));
        }
        let size = usize::try_from(size).expect("checked against the limit");
        let broken = || Unreadable::new("has a broken chain of pages");
        let (mut value, mut next) = (Vec::new(), first);
        while value.len() < size {
            if next == 0 {
                return Err(broken());
            }
            let page = self.page(next.into())?;
            let used = self.order.short(&page, 22).expect("a page has a header");
            let part = page.get(PAGE_HEADER..PAGE_HEADER + used).filter(|part| !part.is_empty());
            let part = part.filter(|_| page[25] == OVERFLOW_PAGE).ok_or_else(broken)?;
            value.extend_from_slice(&part[..part.len().min(size - value.len())]);
            next = self.order.long(&page, 16).expect("a page has a header");
        }
        Ok(value)
    }
}
