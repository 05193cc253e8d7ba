//! The entries of a layer, written in order while the next files are read.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;

use super::contents::{Content, Contents, Item};
use super::host::{self, Ready, is_change};
use super::recipe::Options;
use super::{Error, Result};
use crate::filesystem::{self, Entry, Writer};
use crate::pool;
use crate::watch::Watch;

/// How many entries are read ahead: with the largest that are read whole, 8 MiB.
const AHEAD: usize = 64;

/// An entry on its way from the reader to the writer.
struct Piece {
    path: Vec<u8>,
    ready: Ready,
    /// Where on this machine it comes from, for messages.
    host: Option<PathBuf>,
}

/// Writes all entries, sorted by their paths.
pub(super) fn write<W: Write>(
    contents: Contents,
    writer: &mut Writer<W>,
    options: &Options,
    watch: &Watch,
) -> Result<()> {
    let (sender, receiver) = sync_channel(AHEAD);
    std::thread::scope(|scope| {
        let read_ahead = move |contents| read(contents, options, watch, &mut |piece| sender.send(piece).is_ok());
        match pool::hand_over(scope, contents, read_ahead) {
            Ok(()) => receiver.into_iter().try_for_each(|piece| write_piece(piece?, writer, watch)),
            // Without a thread nothing is read ahead.
            Err(contents) => {
                let mut result = Ok(());
                read(contents, options, watch, &mut |piece| {
                    result = piece.and_then(|piece| write_piece(piece, writer, watch));
                    result.is_ok()
                });
                result
            }
        }
    })
}

fn write_piece<W: Write>(piece: Piece, writer: &mut Writer<W>, watch: &Watch) -> Result<()> {
    watch.check()?;
    let Piece { path, ready: Ready { entry, content }, host } = piece;
    let written = match content {
        host::Content::None => writer.append(&path, &entry, None),
        host::Content::Small(bytes) => writer.append(&path, &entry, Some(&mut &bytes[..])),
        host::Content::Large(mut file) => writer.append(&path, &entry, Some(&mut *file)),
    };
    written.map_err(|error| named(error, host))
}

/// Names the file of this machine, where reading it failed.
fn named(error: filesystem::Error, host: Option<PathBuf>) -> Error {
    match (error, host) {
        (filesystem::Error::Content { source, .. }, Some(path)) if is_change(&source) => Error::Changed { path },
        (filesystem::Error::Content { source, .. }, Some(path)) => Error::Read { path, source },
        (error, _) => Error::Filesystem(error),
    }
}

/// Reads entry after entry until one fails or nobody takes them any more.
fn read(contents: Contents, options: &Options, watch: &Watch, take: &mut dyn FnMut(Result<Piece>) -> bool) {
    let Contents { items, roots } = contents;
    // The first name of each file with several, by device, number and what it is given.
    let mut links: HashMap<(u64, u64, usize), Vec<u8>> = HashMap::new();
    for (path, item) in items {
        let piece = match item {
            Item::Given(entry, content) => given(path, *entry, content).map(Some),
            Item::Host { root, added_as, .. } => {
                let host = roots[root].host(added_as.as_deref().unwrap_or(&path));
                of_host(path, host, root, &roots[root], &mut links, options, watch)
            }
        };
        let Some(piece) = piece.transpose() else { continue };
        let is_last = piece.is_err();
        if !take(piece) || is_last {
            return;
        }
    }
}

fn given(path: Vec<u8>, mut entry: Entry, content: Content) -> Result<Piece> {
    let (content, host) = match content {
        Content::None => (host::Content::None, None),
        Content::Bytes(bytes) => (host::Content::Small(bytes.to_vec()), None),
        Content::File(from) => {
            let metadata = std::fs::metadata(&from).map_err(|source| Error::Read { path: from.clone(), source })?;
            entry.size = metadata.len();
            let real = std::fs::canonicalize(&from).map_err(|source| Error::Read { path: from.clone(), source })?;
            let ready = host::open(&real, entry, &metadata)?;
            return Ok(Piece { path, ready, host: Some(from) });
        }
    };
    Ok(Piece { path, ready: Ready { entry, content }, host })
}

fn of_host(
    path: Vec<u8>,
    host: PathBuf,
    number: usize,
    root: &super::contents::Root,
    links: &mut HashMap<(u64, u64, usize), Vec<u8>>,
    options: &Options,
    watch: &Watch,
) -> Result<Option<Piece>> {
    use std::os::unix::fs::MetadataExt;
    let Some((entry, metadata)) = host::look(&host, root, options)? else {
        watch.note(&format!("left out {}: a layer cannot have a socket", host.display()));
        return Ok(None);
    };
    if !entry.is_directory() && metadata.nlink() > 1 {
        let key = (metadata.dev(), metadata.ino(), number);
        if let Some(first) = links.get(&key) {
            let entry = Entry::hard_link(first, &entry);
            return Ok(Some(Piece { path, ready: Ready { entry, content: host::Content::None }, host: Some(host) }));
        }
        links.insert(key, path.clone());
    }
    let ready = if entry.is_file() {
        host::open(&host, entry, &metadata)?
    } else {
        Ready { entry, content: host::Content::None }
    };
    Ok(Some(Piece { path, ready, host: Some(host) }))
}
