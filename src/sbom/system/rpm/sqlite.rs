//! SQLite, the format of rpm since 4.16: the table `Packages` and nothing else of it.
//!
//! "Database File Format": <https://www.sqlite.org/fileformat2.html>. A table is a b-tree of pages; a row that does not fit on its page goes
//! on along a chain of overflow pages. Pages that a write-ahead log has are taken from there.

use std::collections::BTreeMap;

use super::{MAX_HEADER, Meter, Take, length, read_at, wal};
use crate::filesystem::Content;
use crate::sbom::Unreadable;

const INTERIOR: u8 = 5;
const LEAF: u8 = 13;
/// Real trees have four levels at most.
const MAX_LEVELS: usize = 20;

/// Reads all packages.
pub(super) fn read(
    content: &mut dyn Content,
    mut log: Option<&mut dyn Content>,
    take: Take<'_>,
) -> Result<(), Unreadable> {
    let header = read_at(content, 0, 100)?;
    let page_size = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => u32::from(size),
    };
    if !page_size.is_power_of_two() || page_size < 512 {
        return Err(Unreadable::new("has pages of no possible size"));
    }
    let mut size = length(content)?;
    let mut frames = BTreeMap::new();
    if let Some(log) = &mut log {
        size = size.saturating_add(length(&mut **log)?);
        frames = wal::frames(&mut **log, page_size)?;
    }
    let usable = page_size.saturating_sub(header[20].into()) as usize;
    if usable < 480 {
        return Err(broken());
    }
    let mut file = File { content, log, frames, page_size, usable, meter: Meter::new(size) };
    let mut root = None;
    file.rows(1, 0, &mut |row| {
        // type, name, tbl_name, rootpage, sql
        let columns = columns(row)?;
        if columns.len() > 3 && columns[0].text() == Some(b"table") && columns[1].text() == Some(b"Packages") {
            root = columns[3].number();
        }
        Ok(())
    })?;
    let root = root.and_then(|root| u32::try_from(root).ok()).filter(|root| *root > 1);
    let root = root.ok_or_else(|| Unreadable::new("has no table of packages"))?;
    file.rows(root, 0, &mut |row| match columns(row)?.get(1) {
        Some(Column::Blob(blob)) => take(blob),
        _ => Err(broken()),
    })
}

fn broken() -> Unreadable {
    Unreadable::new("has a broken page")
}

struct File<'a, 'b> {
    content: &'a mut dyn Content,
    log: Option<&'b mut dyn Content>,
    /// Where the log has a page.
    frames: BTreeMap<u32, u64>,
    page_size: u32,
    usable: usize,
    meter: Meter,
}

type Row<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), Unreadable>;

impl File<'_, '_> {
    /// Reads a page; the first has the number 1.
    fn page(&mut self, number: u32) -> Result<Vec<u8>, Unreadable> {
        self.meter.spend(self.page_size.into())?;
        let size = self.page_size as usize;
        match (self.frames.get(&number), &mut self.log) {
            (Some(at), Some(log)) => read_at(&mut **log, *at, size),
            _ => {
                let before = u64::from(number.checked_sub(1).ok_or_else(broken)?);
                read_at(self.content, before * u64::from(self.page_size), size)
            }
        }
    }

    /// Gives the content of every row of a table to `take`.
    fn rows(&mut self, number: u32, level: usize, take: Row<'_>) -> Result<(), Unreadable> {
        if level > MAX_LEVELS {
            return Err(broken());
        }
        let page = self.page(number)?;
        // The first page begins with the file's header.
        let start = if number == 1 { 100 } else { 0 };
        let kind = page[start];
        let cells = usize::from(u16::from_be_bytes([page[start + 3], page[start + 4]]));
        let pointers = start + if kind == INTERIOR { 12 } else { 8 };
        for cell in 0..cells {
            let pointer = page.get(pointers + 2 * cell..pointers + 2 * cell + 2).ok_or_else(broken)?;
            let cell = page.get(usize::from(u16::from_be_bytes([pointer[0], pointer[1]]))..).ok_or_else(broken)?;
            match kind {
                INTERIOR => {
                    let child = super::big(cell, 0).ok_or_else(broken)?;
                    self.rows(child, level + 1, take)?;
                }
                LEAF => {
                    let row = self.row(cell)?;
                    take(&row)?;
                }
                _ => return Err(broken()),
            }
        }
        match kind {
            INTERIOR => {
                let last = super::big(&page, start + 8).ok_or_else(broken)?;
                self.rows(last, level + 1, take)
            }
            LEAF => Ok(()),
            _ => Err(broken()),
        }
    }

    /// Reads the row in a leaf's cell: its size, its number, and as much of it as belongs on the page.
    fn row(&mut self, cell: &[u8]) -> Result<Vec<u8>, Unreadable> {
        let (size, rest) = varint(cell).ok_or_else(broken)?;
        let (_, rest) = varint(rest).ok_or_else(broken)?;
        if size > MAX_HEADER {
            return Err(Unreadable::new("has a package that is too large"));
        }
        let size = usize::try_from(size).expect("checked against the limit");
        let local = local(size, self.usable);
        // Any number of cells can share their bytes.
        self.meter.spend(local as u64)?;
        let mut row = rest.get(..local).ok_or_else(broken)?.to_vec();
        if local == size {
            return Ok(row);
        }
        let mut next = super::big(rest, local).ok_or_else(broken)?;
        while row.len() < size {
            let page = self.page(next)?;
            let part = &page[4..self.usable];
            row.extend_from_slice(&part[..part.len().min(size - row.len())]);
            next = super::big(&page, 0).ok_or_else(broken)?;
        }
        Ok(row)
    }
}

/// Returns how much of a row is in its cell: "Cell Payload Overflow Pages".
fn local(size: usize, usable: usize) -> usize {
    let most = usable - 35;
    if size <= most {
        return size;
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let fitting = least + (size - least) % (usable - 4);
    if fitting <= most { fitting } else { least }
}

/// Reads a number of one to nine bytes, the highest first.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        if at == 8 {
            return Some((value << 8 | u64::from(*byte), &bytes[9..]));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

enum Column<'a> {
    Number(i64),
    Blob(&'a [u8]),
    Text(&'a [u8]),
    Other,
}

impl<'a> Column<'a> {
    fn text(&self) -> Option<&'a [u8]> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    fn number(&self) -> Option<i64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }
}

/// Splits a row into its columns: "Record Format".
fn columns(row: &[u8]) -> Result<Vec<Column<'_>>, Unreadable> {
    /// Neither table has more.
    const MAX_COLUMNS: usize = 16;
    let (size, _) = varint(row).ok_or_else(broken)?;
    let size = usize::try_from(size).ok().filter(|size| *size <= row.len()).ok_or_else(broken)?;
    let (mut types, mut content) = row.split_at(size);
    types = varint(types).ok_or_else(broken)?.1;
    let mut columns = Vec::new();
    while !types.is_empty() && columns.len() < MAX_COLUMNS {
        let (kind, rest) = varint(types).ok_or_else(broken)?;
        types = rest;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return Err(broken()),
            _ => (kind - 12) / 2,
        };
        let length = usize::try_from(length).ok().filter(|length| *length <= content.len()).ok_or_else(broken)?;
        let (value, rest) = content.split_at(length);
        content = rest;
        columns.push(match kind {
            8 | 9 => Column::Number(i64::from(kind == 9)),
            1..=6 => {
                let first = if value[0] & 0x80 == 0 { 0 } else { -1 };
                Column::Number(value.iter().fold(first, |sum, byte| sum << 8 | i64::from(*byte)))
            }
            12.. if kind % 2 == 0 => Column::Blob(value),
            12.. => Column::Text(value),
            _ => Column::Other,
        });
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const SIZE: usize = 4096;

    /// Makes a page of a table, whose cells all have the same bytes.
    fn leaf(start: usize, cells: u16, content: &[u8]) -> Vec<u8> {
        let mut page = vec![0; SIZE];
        let at = SIZE - content.len();
        page[start] = LEAF;
        page[start + 3..start + 5].copy_from_slice(&cells.to_be_bytes());
        for cell in 0..usize::from(cells) {
            let pointer = u16::try_from(at).expect("within the page");
            page[start + 8 + 2 * cell..][..2].copy_from_slice(&pointer.to_be_bytes());
        }
        page[at..].copy_from_slice(content);
        page
    }

    fn count(cells: u16) -> Result<usize, Unreadable> {
        // type, name, tbl_name, rootpage, sql
        let schema = [&[36, 1, 6, 23, 29, 29, 1, 13][..], b"tablePackagesPackages\x02"].concat();
        let schema = [&[u8::try_from(schema.len() - 2).expect("short")], &schema[1..]].concat();
        let mut first = leaf(100, 1, &schema);
        first[..100].fill(0);
        first[16..18].copy_from_slice(&4096_u16.to_be_bytes());
        // A row of 904 bytes: no number, and a blob of 900.
        let row = [&[0x87, 0x08, 1, 4, 0, 0x8e, 0x14][..], &[7; 900]].concat();
        let file = [first, leaf(0, cells, &row)].concat();
        let mut rows = 0;
        let result = read(&mut Cursor::new(file), None, &mut |blob| {
            assert_eq!(blob, [7; 900]);
            rows += 1;
            Ok(())
        });
        result.map(|()| rows)
    }

    #[test]
    fn rows_that_share_their_bytes() {
        assert_eq!(count(3), Ok(3));
        assert_eq!(count(1500), Err(Unreadable::new("has parts that overlap")));
    }
}
