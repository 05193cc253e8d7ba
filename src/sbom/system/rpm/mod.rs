//! RPM's database of what is installed, in the three formats that it has had: SQLite, ndb, and Berkeley DB's hash.
//!
//! Each holds the headers of the installed packages, one blob a package. Which format it is, the first bytes say. Nothing that a database
//! says about sizes and positions is trusted: blobs are bounded, and no page is read more than about once.

mod bdb;
mod header;
mod ndb;
mod sqlite;
mod wal;

use std::io::{self, Read, SeekFrom};

use super::MAX_PACKAGES;
use crate::filesystem::{Content, Entry};
use crate::sbom::{Cataloger, Evidence, Facts, Package, Unreadable};

/// The largest header that is read: those of kernels with their lists of files have a few MiB.
const MAX_HEADER: u64 = 32 * 1024 * 1024;

/// Reads RPM's databases.
#[derive(Debug)]
pub struct Rpm;

const PLACES: &[&str] = &[
    "var/lib/rpm/rpmdb.sqlite",
    "var/lib/rpm/Packages.db",
    "var/lib/rpm/Packages",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/Packages.db",
    "usr/lib/sysimage/rpm/Packages",
    "usr/share/rpm/rpmdb.sqlite",
    "usr/share/rpm/Packages.db",
    "usr/share/rpm/Packages",
];

/// What takes a package's header.
type Take<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), Unreadable>;

impl Cataloger for Rpm {
    fn name(&self) -> &'static str {
        "rpm"
    }

    fn wants(&self, path: &[u8], entry: &Entry) -> bool {
        entry.size > 0 && PLACES.iter().any(|place| place.as_bytes() == path)
    }

    fn places(&self) -> &'static [&'static str] {
        PLACES
    }

    fn companion(&self, path: &[u8]) -> Option<Vec<u8>> {
        path.ends_with(b"/rpmdb.sqlite").then(|| [path, b"-wal"].concat())
    }

    fn read(&self, evidence: &mut Evidence<'_>, found: &mut Vec<Package>) -> Result<(), Unreadable> {
        read(evidence.content, None, found, evidence.facts)
    }

    fn read_with(
        &self,
        evidence: &mut Evidence<'_>,
        companion: &mut dyn Content,
        found: &mut Vec<Package>,
    ) -> Result<(), Unreadable> {
        read(evidence.content, Some(companion), found, evidence.facts)
    }
}

fn read(
    content: &mut dyn Content,
    wal: Option<&mut dyn Content>,
    found: &mut Vec<Package>,
    facts: &mut Facts,
) -> Result<(), Unreadable> {
    let mut broken = None;
    let mut take = |blob: &[u8]| {
        if found.len() >= MAX_PACKAGES {
            return Err(Unreadable::new(format_args!("has more than {MAX_PACKAGES} packages")));
        }
        match header::parse(blob, facts) {
            Ok(package) => found.extend(package),
            Err(reason) => broken = Some(reason),
        }
        Ok(())
    };
    let mut start = Vec::new();
    (&mut *content).take(64).read_to_end(&mut start)?;
    match &start[..] {
        start if start.starts_with(b"SQLite format 3\0") => sqlite::read(content, wal, &mut take)?,
        start if start.starts_with(b"RpmP") => ndb::read(content, &mut take)?,
        start if bdb::is_hash(start) => bdb::read(content, &mut take)?,
        _ => return Err(Unreadable::new("is no database of a known format")),
    }
    broken.map_or(Ok(()), |reason| Err(Unreadable::new(format_args!("has a broken package: {reason}"))))
}

/// Reads so many bytes at a position.
fn read_at(content: &mut dyn Content, at: u64, length: usize) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = vec![0; length];
    content.seek(SeekFrom::Start(at))?;
    match content.read_exact(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Unreadable::new("is cut off")),
        Err(error) => Err(error.into()),
    }
}

fn length(content: &mut dyn Content) -> Result<u64, Unreadable> {
    Ok(content.seek(SeekFrom::End(0))?)
}

fn big(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn little(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// Counts what is read of a database, so that one whose parts overlap ends.
struct Meter {
    left: u64,
}

impl Meter {
    fn new(size: u64) -> Self {
        Self { left: size.saturating_mul(2).saturating_add(1024 * 1024) }
    }

    fn spend(&mut self, bytes: u64) -> Result<(), Unreadable> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| Unreadable::new("has parts that overlap"))?;
        Ok(())
    }
}
