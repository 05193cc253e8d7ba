//! What the two kinds of archive share: opening one, collecting what becomes the next one, and writing it.
//!
//! An archive cannot be changed in place. What is put lies beside it in `NAME.partial/` until the end, when a new archive is written there
//! and takes the old one's place by a rename. Where nothing is kept of an old one, and a copy says beforehand what it will put, that is put
//! where it stands in the new archive.

mod entries;
mod pack;
mod reserved;
mod upper;
mod workspace;
mod writer;

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::Path;

use super::{ArchivePath, Error, Options, Place, Result};
use crate::locks;
use crate::reading::pour;
use crate::store::{Object, Store, Tar};

pub(super) use entries::{Kept, entries, keep};
pub(super) use pack::{Part, blob_key, load, reachable};
pub(super) use workspace::{OpenArchive, Workspace, into_store};
pub(super) use writer::{Kind, Writer};

/// The name of the file that says that this is a layout.
pub(super) const LAYOUT_FILE: &str = "oci-layout";
/// Its content.
pub(super) const LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
/// The name of the layout's list of images.
pub(super) const INDEX_FILE: &str = "index.json";
/// The annotation of an entry with its name.
pub(super) const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The annotation of an entry with its whole name, as containerd and Docker write it.
pub(super) const IMAGE_NAME: &str = "io.containerd.image.name";
/// The largest list of images that is read, in bytes: tens of thousands of names.
pub(super) const MAX_INDEX: u64 = 64 * 1024 * 1024;

/// Opens an archive for reading; one on standard input is spooled first.
pub(super) fn open(at: &ArchivePath, place: &Place, options: &Options) -> Result<Tar> {
    match at {
        ArchivePath::File(path) => open_file(path, place, options),
        ArchivePath::Standard => {
            let file = spool(place, options)?;
            Ok(Tar::from_any(file, Path::new("standard input"), options.scratch.as_deref())?)
        }
    }
}

/// Opens the archive in a file.
pub(super) fn open_file(path: &Path, place: &Place, options: &Options) -> Result<Tar> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(malformed(place, "it is a directory, not an archive")),
        Ok(_) => Ok(Tar::open_any(path, options.scratch.as_deref())?),
        Err(source) if source.kind() == io::ErrorKind::NotFound => {
            Err(Error::NotFound { what: "the archive".into(), place: place.to_string(), source: Some(source.into()) })
        }
        Err(error) => Err(Error::io("read", path)(error)),
    }
}

/// Copies standard input into a file without a name, for an archive is read from any place in it.
fn spool(place: &Place, options: &Options) -> Result<File> {
    let Some(input) = &options.input else {
        return Err(Error::unsupported("reading standard input", place, "name a file"));
    };
    let scratch = scratch(place, options)?;
    let mut file = tempfile::tempfile_in(scratch).map_err(Error::io("create a file in", scratch))?;
    pour(&mut *locks::lock(input), Error::io("read", "standard input"), |piece| {
        options.watch.check()?;
        file.write_all(piece).map_err(Error::io("write to", scratch))
    })?;
    file.rewind().map_err(Error::io("read", scratch))?;
    Ok(file)
}

/// Returns the directory for what is too big for memory.
fn scratch<'o>(place: &Place, options: &'o Options) -> Result<&'o Path> {
    let hint = "name a directory for temporary files";
    options.scratch.as_deref().ok_or_else(|| Error::unsupported("a stream", place, hint))
}

/// Reads a small object whole; nothing when there is none.
pub(super) fn read(store: &dyn Store, name: &str, limit: u64) -> Result<Option<Vec<u8>>> {
    let key = name.parse().map_err(crate::store::Error::from)?;
    let object: Option<Object> = store.get(&key)?;
    object.map(|object| object.read_all(limit).map_err(Error::io("read", name))).transpose()
}

/// Makes the error for deleting from an archive.
pub(super) fn no_deleting(place: &impl std::fmt::Display) -> Error {
    let hint = "copy the images that stay to another archive, or delete the file itself";
    Error::unsupported("deleting an image", place, hint)
}

/// Makes the error for an archive that is not as it should be.
pub(super) fn malformed(place: &Place, reason: impl Into<String>) -> Error {
    Error::Malformed { place: place.to_string(), reason: reason.into() }
}
