//! Writing a tar archive of a layout: what is reachable, sorted, without owner and time.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use crate::blob::{Blob, Fault};
use crate::descriptor::Descriptor;
use crate::digest::{Algorithm, Digest};
use crate::manifest::{self, Manifest};
use crate::media_type::MediaType;
use crate::store::{Key, Store};
use crate::tar::{Dialect, Entry, Writer};
use crate::transport::{Error, MAX_DEPTH, Place, Result, Selector};
use crate::watch::Watch;

/// A small file of the archive that is no blob.
pub(in crate::transport) struct Part {
    /// Its name.
    pub(in crate::transport) name: &'static str,
    /// Its content.
    pub(in crate::transport) content: Vec<u8>,
}

/// How archives of images are written.
pub(super) const DIALECT: Dialect = Dialect::Gnu;

/// Blobs by digest.
pub(in crate::transport) type Blobs = BTreeMap<Digest, Descriptor>;

/// Returns everything in `store` that `roots` lead to. What is not there is passed over: a nondistributable layer, a platform that was not
/// copied.
pub(in crate::transport) fn reachable(store: &dyn Store, place: &Place, roots: &[Descriptor]) -> Result<Blobs> {
    let mut found = Blobs::new();
    for root in roots {
        visit(store, place, root, 0, &mut found)?;
    }
    Ok(found)
}

/// Reads a manifest, checked; nothing when it is not there or is none.
pub(in crate::transport) fn load(store: &dyn Store, place: &Place, at: &Descriptor) -> Result<Option<Manifest>> {
    if !at.media_type.is_manifest() {
        return Ok(None);
    }
    let Some(object) = store.get(&blob_key(&at.digest))? else {
        return Ok(None);
    };
    let raw = object.read_all(manifest::MAX_SIZE).map_err(Error::io("read", at.digest.to_string()))?;
    let selector = Selector::Digest(at.digest.clone());
    let manifest = Manifest::parse_verified(raw, Some(&at.media_type), &at.digest);
    manifest.map(Some).map_err(Error::manifest(&selector, place))
}

fn visit(store: &dyn Store, place: &Place, at: &Descriptor, depth: usize, found: &mut Blobs) -> Result<()> {
    if depth > MAX_DEPTH || found.contains_key(&at.digest) {
        return Ok(());
    }
    let Some(object) = store.get(&blob_key(&at.digest))? else {
        return Ok(());
    };
    found.insert(at.digest.clone(), Descriptor { size: object.size, ..at.clone() });
    let Some(manifest) = load(store, place, at)? else {
        return Ok(());
    };
    for blob in manifest.blobs() {
        if let Some(object) = store.get(&blob_key(&blob.digest))? {
            // A schema 1 manifest does not say how large its layers are.
            let blob = Descriptor { size: object.size, ..blob.clone() };
            found.entry(blob.digest.clone()).or_insert(blob);
        }
    }
    manifest.children().iter().try_for_each(|child| visit(store, place, child, depth + 1, found))
}

/// Returns the key of a blob in a layout.
pub(in crate::transport) fn blob_key(digest: &Digest) -> Key {
    format!("blobs/{}/{}", digest.algorithm(), digest.hex()).parse().expect("digests are safe names")
}

/// Returns the folders and blobs of an archive in their order, the blobs with their descriptors.
pub(super) fn members(blobs: &Blobs) -> Vec<(String, Entry, Option<&Descriptor>)> {
    let algorithms = Algorithm::ALL.into_iter().filter(|each| blobs.keys().any(|digest| digest.algorithm() == *each));
    let mut folders: Vec<String> = algorithms.map(|algorithm| format!("blobs/{algorithm}/")).collect();
    if !folders.is_empty() {
        folders.insert(0, "blobs/".into());
    }
    let folders = folders.into_iter().map(|folder| (folder, Entry::directory(0o755), None));
    let files = blobs.values().map(|blob| {
        let name = blob_key(&blob.digest).as_str().to_owned();
        (name, Entry::file(0o644, blob.size), Some(blob))
    });
    folders.chain(files).collect()
}

/// Writes an archive: the blobs by their digests, then `parts`, as `docker save` has them. The same content gives the same bytes. Every blob
/// is checked on its way, for it may come from an older archive or an earlier process.
pub(super) fn write(out: impl Write, parts: &[Part], store: &dyn Store, blobs: &Blobs, watch: &Watch) -> Result<()> {
    let mut tar = Writer::new(out, DIALECT);
    for (name, entry, blob) in members(blobs) {
        let Some(blob) = blob else {
            tar.append(name.as_bytes(), &entry, None).map_err(failed)?;
            continue;
        };
        let object = store.get(&blob_key(&blob.digest))?;
        let object = object.ok_or_else(|| Error::not_found(format!("blob {}", blob.digest), "the archive"))?;
        let descriptor = Descriptor::new(MediaType::OCTET_STREAM, blob.digest.clone(), object.size);
        let entry = Entry::file(0o644, object.size);
        let blob = Blob::new(descriptor, move |at| Ok(object.open(at)?.into_reader()))?;
        tar.append(name.as_bytes(), &entry, Some(&mut Stoppable { blob, watch })).map_err(failed)?;
    }
    end(tar, parts).map_err(failed)
}

/// Writes what stands behind the blobs.
pub(super) fn end(mut tar: Writer<impl Write>, parts: &[Part]) -> io::Result<()> {
    for part in parts {
        let entry = Entry::file(0o644, part.content.len() as u64);
        tar.append(part.name.as_bytes(), &entry, Some(&mut part.content.as_slice()))?;
    }
    tar.finish()?.flush()
}

fn failed(error: impl Into<io::Error>) -> Error {
    match Fault::take(error.into()) {
        Ok(fault) => Error::Content(fault),
        Err(error) => Error::io("write", "the archive")(error),
    }
}

/// A blob that stops when asked to. It tells the watch nothing: what is packed was counted when it was put.
struct Stoppable<'a> {
    blob: Blob<'a>,
    watch: &'a Watch,
}

impl Read for Stoppable<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.watch.check()?;
        self.blob.read(buffer)
    }
}
