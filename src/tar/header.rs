//! A member's header with what the headers before it say: GNU's long names and pax records.

use super::block::{Bad, Block};
use super::pax::{Records, Sparse};
use super::{Entry, Kind, Member};

/// What the headers before a member's own say about it.
#[derive(Default)]
pub(super) struct Before {
    pub(super) name: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) records: Option<Records>,
}

/// A member's header: its block, overridden by those before it.
pub(crate) struct Header {
    block: Block,
    name: Vec<u8>,
    link: Vec<u8>,
    size: u64,
    records: Records,
}

impl Before {
    /// Says whether there were any.
    pub(super) fn is_empty(&self) -> bool {
        self.name.is_none() && self.link.is_none() && self.records.is_none()
    }
}

impl Header {
    pub(super) fn new(block: Block, before: Before) -> Result<Self, Bad> {
        let mut records = before.records.unwrap_or_default();
        let name = records.path.take().or(before.name).unwrap_or_else(|| block.name());
        let link = records.link.take().or(before.link).unwrap_or_else(|| block.link().to_vec());
        let size = records.size.map_or_else(|| block.size(), Ok)?;
        Ok(Self { block, name, link, size, records })
    }

    /// Returns the name as it came.
    pub(crate) fn name(&self) -> &[u8] {
        &self.name
    }

    /// Returns the target of a link.
    pub(crate) fn link(&self) -> &[u8] {
        &self.link
    }

    /// Returns what the member is; nothing for a device without a valid number. A type nobody knows is to be read as a regular file.
    pub(crate) fn kind(&self) -> Option<Kind> {
        Some(match self.block.flag() {
            b'1' => Kind::HardLink,
            b'2' => Kind::Symlink,
            flag @ (b'3' | b'4') => {
                let (major, minor) = self.block.device()?;
                if flag == b'3' { Kind::CharacterDevice { major, minor } } else { Kind::BlockDevice { major, minor } }
            }
            b'5' | b'D' => Kind::Directory,
            // Before ustar, a slash made the directory.
            0 if self.name.ends_with(b"/") => Kind::Directory,
            b'6' => Kind::Fifo,
            _ => Kind::File,
        })
    }

    /// Says whether the content is not stored as it is: a sparse file of any format.
    pub(crate) fn is_sparse(&self) -> bool {
        self.has_map() || self.records.sparse.declared
    }

    /// Says whether this is a sparse file of GNU's old format, whose block has a map.
    pub(super) fn has_map(&self) -> bool {
        self.block.flag() == b'S'
    }

    /// Returns the block.
    pub(super) fn block(&self) -> &Block {
        &self.block
    }

    /// Returns the size of what follows. Links, devices and directories have no content whatever they say; only GNU's incremental backups
    /// have directories with content, their listing.
    pub(super) fn stored(&self) -> u64 {
        match self.block.flag() {
            b'1'..=b'6' => 0,
            0 if self.name.ends_with(b"/") => 0,
            _ => self.size,
        }
    }

    /// Returns the member, and what the records say of its holes.
    pub(super) fn into_member(self) -> Result<(Member, Sparse), Bad> {
        let kind = self.kind().ok_or(Bad("a device has no valid number"))?;
        let Self { block, mut name, link, size, records } = self;
        while kind == Kind::Directory && name.ends_with(b"/") {
            name.pop();
        }
        let mut entry = Entry::new(kind, block.mode()?);
        entry.uid = records.uid.map_or_else(|| block.uid(), Ok)?;
        entry.gid = records.gid.map_or_else(|| block.gid(), Ok)?;
        (entry.mtime, entry.mtime_nanos) = records.mtime.map_or_else(|| Ok((block.mtime()?, 0)), Ok)?;
        if matches!(kind, Kind::Symlink | Kind::HardLink) {
            entry.link = Some(link.into());
        }
        if kind == Kind::File {
            entry.size = size;
        }
        entry.xattrs = records.xattrs;
        Ok((Member { name: name.into(), entry }, records.sparse))
    }
}
