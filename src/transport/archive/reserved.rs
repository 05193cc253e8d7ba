//! An archive whose blobs are known before they come: each has its place in the file, and is written there as it comes, so that nothing is
//! copied at the end.
//!
//! The file lies beside the archive like all that is put. A killed process leaves it with holes where nothing came, which is how the next
//! one finds out what did; what is found is hashed again like any other part.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use super::pack::{self, Blobs, DIALECT, Part, blob_key};
use crate::blob::Fault;
use crate::digest::Digest;
use crate::durable::WriteOut;
use crate::layer::Positioned;
use crate::locks;
use crate::reading::pour;
use crate::store::{self, Body, Content, Error, Key, Object, Stage};
use crate::tar::{BLOCK, Writer, encode};
use crate::transport::receive::partial;

/// What the names of such files begin with.
const PREFIX: &str = "new-";
/// The largest archive, in bytes: what a file may have at most.
const MAX_SIZE: u64 = i64::MAX.unsigned_abs();

/// The new archive, with a place for each blob. Clones are the same.
#[derive(Clone)]
pub(super) struct Reserved(Arc<Inner>);

struct Inner {
    file: File,
    path: PathBuf,
    blobs: Blobs,
    /// Where the folders and the blobs are, in their order.
    places: BTreeMap<Key, Place>,
    /// The keys of the blobs by those of their stages.
    stages: BTreeMap<Key, Key>,
    /// Where the last blob ends.
    end: u64,
    uses: Mutex<BTreeMap<Key, Use>>,
    /// Somebody has let go of a place.
    free: Condvar,
}

/// Where a blob is.
#[derive(Clone, Copy)]
struct Place {
    head: u64,
    content: u64,
    size: u64,
}

/// What is known of a place.
#[derive(Clone, Copy, Default)]
struct Use {
    is_held: bool,
    is_complete: bool,
}

impl Reserved {
    /// Gives each blob its place in a file in `folder`, the one that an earlier process left there if it was for the same blobs. Nothing
    /// where they make no archive.
    pub(super) fn new(folder: &Path, blobs: Blobs) -> store::Result<Option<Self>> {
        let Some((places, end)) = place(&blobs) else {
            return Ok(None);
        };
        let list: String = blobs.values().map(|blob| format!("{} {}\n", blob.digest, blob.size)).collect();
        let name = format!("{PREFIX}{}.tar", Digest::of(list.as_bytes()).short());
        remove_others(folder, &name).map_err(Error::io("delete in", folder))?;
        let path = folder.join(name);
        // Another's link would have us write elsewhere.
        let no_follow = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o644).custom_flags(no_follow);
        let file = options.open(&path).map_err(Error::io("create", &path))?;
        let stages = blobs.keys().map(|digest| (partial(digest), blob_key(digest))).collect();
        let (uses, free) = (Mutex::default(), Condvar::new());
        Ok(Some(Self(Arc::new(Inner { file, path, blobs, places, stages, end, uses, free }))))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0.path
    }

    pub(super) fn file(&self) -> &File {
        &self.0.file
    }

    /// Says whether these blobs and no others are there, whole.
    pub(super) fn is_all(&self, blobs: &Blobs) -> bool {
        let uses = self.0.uses();
        let is_complete = |key: &Key| uses.get(key).is_some_and(|each| each.is_complete);
        blobs.keys().eq(self.0.blobs.keys()) && self.0.places.keys().all(is_complete)
    }

    /// Returns the blobs that are there, whole.
    pub(super) fn complete(&self) -> Vec<Key> {
        let uses = self.0.uses();
        uses.iter().filter(|(_, each)| each.is_complete).map(|(key, _)| key.clone()).collect()
    }

    pub(super) fn get(&self, key: &Key) -> Option<Object> {
        let place = *self.0.places.get(key)?;
        self.0.uses().get(key).filter(|each| each.is_complete)?;
        let inner = self.0.clone();
        Some(Object::new(place.size, move |at| Ok(Body::Reader(inner.clone().read(place, at, place.size)))))
    }

    /// Holds the place of a blob, given the key of its stage; nothing where it has none. Another waits.
    pub(super) fn stage(&self, stage: &Key) -> Option<PlaceStage> {
        let key = self.0.stages.get(stage)?.clone();
        let place = self.0.places[&key];
        let mut uses = self.0.uses();
        while uses.get(&key).is_some_and(|each| each.is_held) {
            uses = self.0.free.wait(uses).expect("nothing panics while it holds this lock");
        }
        let each = uses.entry(key.clone()).or_default();
        each.is_held = true;
        let is_complete = each.is_complete;
        drop(uses);
        // What is complete and asked for all the same is begun anew.
        let len = if is_complete { 0 } else { self.0.held(place) };
        Some(PlaceStage { inner: self.0.clone(), key, place, len })
    }

    /// Says whether a blob has a place.
    pub(super) fn has(&self, key: &Key) -> bool {
        self.0.places.contains_key(key)
    }

    /// Puts a whole blob in its place.
    pub(super) fn put(&self, key: &Key, content: Content<'_>) -> store::Result<()> {
        let stage = self.0.stages.iter().find(|(_, blob)| *blob == key).and_then(|(stage, _)| self.stage(stage));
        let Some(mut stage) = stage else {
            return Err(Error::Unsupported { what: "a blob without a place" });
        };
        match content {
            Content::Blob(mut blob) => stage.append(0, &mut blob)?,
            Content::Bytes(mut bytes) => stage.append(0, &mut bytes)?,
        };
        stage.complete(key)
    }

    /// Forgets that a blob is there; says whether it was.
    pub(super) fn forget(&self, key: &Key) -> bool {
        self.0.uses().get_mut(key).is_some_and(|each| std::mem::take(&mut each.is_complete))
    }

    /// Writes what stands between and behind the blobs, which are all there.
    pub(super) fn finish(&self, parts: &[Part]) -> io::Result<()> {
        let Inner { file, blobs, end, .. } = &*self.0;
        let mut at = 0;
        for (key, head) in heads(blobs).map_err(io::Error::other)? {
            // The folders stand before all blobs.
            let place = key.and_then(|key| self.0.places.get(&key));
            file.write_all_at(&head, place.map_or(at, |place| place.head))?;
            at += head.len() as u64;
        }
        let mut out = file;
        out.seek(SeekFrom::Start(*end))?;
        pack::end(Writer::new(BufWriter::new(out), DIALECT), parts)?;
        let length = out.stream_position()?;
        file.set_len(length)
    }
}

impl Inner {
    fn uses(&self) -> MutexGuard<'_, BTreeMap<Key, Use>> {
        locks::lock(&self.uses)
    }

    fn read(self: Arc<Self>, place: Place, from: u64, to: u64) -> Box<dyn Read + Send> {
        let left = to.saturating_sub(from);
        Box::new(Positioned { file: Handle(self), at: place.content + from }.take(left))
    }

    /// Returns how much of a blob an earlier process has left, as far as that can be known: up to the first hole, but for the block before
    /// it, whose end may be empty.
    fn held(&self, place: Place) -> u64 {
        // Past the end of the file, and where the file system does not tell, there is nothing.
        let hole = rustix::fs::seek(&self.file, rustix::fs::SeekFrom::Hole(place.content)).unwrap_or(0);
        let held = hole.saturating_sub(place.content);
        if held >= place.size {
            return place.size;
        }
        let block = self.file.metadata().map_or(u64::MAX, |found| found.blksize());
        held.saturating_sub(block)
    }
}

/// The file, for readers that outlive whoever made them.
struct Handle(Arc<Inner>);

impl std::ops::Deref for Handle {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0.file
    }
}

/// Says whether a file beside an archive is such a one.
pub(super) fn is_one(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}

/// What stands before a folder, or before the blob with a key.
type Head = (Option<Key>, Vec<u8>);

/// Returns what stands before each folder and blob; or why there can be no such thing.
fn heads(blobs: &Blobs) -> Result<Vec<Head>, &'static str> {
    let members = pack::members(blobs).into_iter();
    let heads = members.map(|(name, entry, blob)| {
        let key = blob.map(|blob| blob_key(&blob.digest));
        Ok((key, encode(DIALECT, name.as_bytes(), &entry)?))
    });
    heads.collect()
}

/// Gives everything its place; nothing when it is more than a file can have, as a manifest that lies may claim.
fn place(blobs: &Blobs) -> Option<(BTreeMap<Key, Place>, u64)> {
    let mut places = BTreeMap::new();
    let mut at = 0_u64;
    let mut sizes = blobs.values().map(|blob| blob.size);
    for (key, head) in heads(blobs).ok()? {
        let content = at.checked_add(head.len() as u64)?;
        let Some(key) = key else {
            at = content;
            continue;
        };
        let size = sizes.next()?;
        places.insert(key, Place { head: at, content, size });
        at = content.checked_add(size)?.checked_next_multiple_of(BLOCK as u64)?;
    }
    (at < MAX_SIZE).then_some((places, at))
}

/// Removes what was left for other blobs.
fn remove_others(folder: &Path, name: &str) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if is_one(&entry.file_name()) && entry.file_name() != name {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// A blob on its way to its place. Dropped, it leaves there what came.
pub(super) struct PlaceStage {
    inner: Arc<Inner>,
    key: Key,
    place: Place,
    len: u64,
}

impl Stage for PlaceStage {
    fn len(&self) -> u64 {
        self.len
    }

    fn append(&mut self, at: u64, content: &mut dyn Read) -> store::Result<u64> {
        let wrong = |reason: String| {
            let error = io::Error::new(io::ErrorKind::InvalidInput, reason);
            Error::io("append to", &self.inner.path)(error)
        };
        if at != 0 && at != self.len {
            return Err(wrong(format!("offset {at} is not the end at {}", self.len)));
        }
        self.set_complete(false);
        let Place { content: start, size, .. } = self.place;
        let mut written = WriteOut::new(start + at);
        let mut len = at;
        let failed = |error| Error::Content(Fault::take(error).unwrap_or_else(Fault::Source));
        let result = pour(content, failed, |piece| {
            if piece.len() as u64 > size - len {
                return Err(wrong(format!("more than {size} bytes came")));
            }
            let file = &self.inner.file;
            file.write_all_at(piece, start + len).map_err(Error::io("write", &self.inner.path))?;
            len += piece.len() as u64;
            written.advance(file, start + len);
            Ok(())
        });
        written.end(&self.inner.file, start + len);
        self.len = len;
        result.map(|()| len)
    }

    fn read(&self) -> store::Result<Box<dyn Read + Send>> {
        Ok(self.inner.clone().read(self.place, 0, self.len))
    }

    /// The blob survives a crash when the archive does.
    fn commit(self: Box<Self>, key: &Key, _digest: &Digest) -> store::Result<()> {
        (*self).complete(key)
    }

    fn abort(mut self: Box<Self>) -> store::Result<()> {
        self.len = 0;
        Ok(())
    }
}

impl PlaceStage {
    fn complete(self, key: &Key) -> store::Result<()> {
        if *key != self.key || self.len != self.place.size {
            return Err(Error::Unsupported { what: "another blob at this place" });
        }
        self.set_complete(true);
        Ok(())
    }

    fn set_complete(&self, is_complete: bool) {
        self.inner.uses().entry(self.key.clone()).or_default().is_complete = is_complete;
    }
}

impl Drop for PlaceStage {
    fn drop(&mut self) {
        self.inner.uses().entry(self.key.clone()).or_default().is_held = false;
        self.inner.free.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::Descriptor;
    use crate::media_type::MediaType;

    fn blobs(contents: &[&[u8]]) -> Blobs {
        let descriptors = contents.iter().map(|content| Descriptor::of(MediaType::OCTET_STREAM, content));
        descriptors.map(|blob| (blob.digest.clone(), blob)).collect()
    }

    fn key(content: &[u8]) -> Key {
        blob_key(&Digest::of(content))
    }

    fn stage(reserved: &Reserved, content: &[u8]) -> PlaceStage {
        reserved.stage(&partial(&Digest::of(content))).expect("it has a place")
    }

    fn content(length: usize, seed: u8) -> Vec<u8> {
        (0..length).map(|at| u8::try_from(at % 251).expect("small").wrapping_mul(seed).max(1)).collect()
    }

    #[test]
    fn what_an_earlier_process_left_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let (whole, part, none) = (content(100_000, 3), content(300_000, 5), content(50_000, 7));
        let blobs = blobs(&[&whole, &part, &none]);
        let first = Reserved::new(folder.path(), blobs.clone()).expect("made").expect("possible");
        first.put(&key(&whole), Content::Bytes(&whole)).expect("put");
        stage(&first, &part).append(0, &mut &part[..200_000]).expect("appended");
        drop(first);
        let second = Reserved::new(folder.path(), blobs.clone()).expect("made").expect("possible");
        assert!(second.get(&key(&whole)).is_none(), "nobody has looked at its bytes");
        for (wanted, all, most) in [(&whole, 100_000, 100_000), (&part, 180_000, 200_000), (&none, 0, 0)] {
            let stage = stage(&second, wanted);
            assert!((all..=most).contains(&stage.len()), "{} of {most}", stage.len());
            let mut back = Vec::new();
            stage.read().expect("opens").read_to_end(&mut back).expect("reads");
            assert!(back == wanted[..back.len()] && back.len() as u64 == stage.len());
        }
        // For other blobs it is of no use.
        let other = Reserved::new(folder.path(), self::blobs(&[&whole])).expect("made").expect("possible");
        assert_eq!(stage(&other, &whole).len(), 0);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn a_place_has_room_for_its_blob_and_no_more() {
        let folder = tempfile::tempdir().expect("a folder");
        let (small, large) = (content(10, 3), content(3000, 5));
        let reserved = Reserved::new(folder.path(), blobs(&[&small, &large])).expect("made").expect("possible");
        assert!(reserved.stage(&partial(&Digest::of(b"other"))).is_none() && !reserved.has(&key(b"other")));
        let mut begun = stage(&reserved, &large);
        assert!(matches!(begun.append(0, &mut &[1; 3001][..]), Err(Error::Io { .. })));
        begun.append(0, &mut &large[..1000]).expect("appended");
        assert!(matches!(begun.append(999, &mut &large[..]), Err(Error::Io { .. })));
        assert!(matches!(begun.complete(&key(&large)), Err(Error::Unsupported { .. })), "it is not whole");
        reserved.put(&key(&large), Content::Bytes(&large)).expect("put");
        reserved.put(&key(&small), Content::Bytes(&small)).expect("put");
        assert!(reserved.is_all(&blobs(&[&small, &large])) && !reserved.is_all(&blobs(&[&small])));
        assert_eq!(reserved.complete().len(), 2);
        assert_eq!(reserved.get(&key(&large)).expect("there").read_all(3000).expect("reads"), large);
        // Whoever looks and leaves it alone takes nothing away; whoever writes does.
        drop(stage(&reserved, &small));
        assert!(reserved.get(&key(&small)).is_some());
        stage(&reserved, &small).append(0, &mut &small[..5]).expect("appended");
        assert!(reserved.get(&key(&small)).is_none());
        assert!(reserved.forget(&key(&large)) && !reserved.forget(&key(&large)));
    }

    #[test]
    fn sizes_that_no_file_can_have_are_given_no_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut large = blobs(&[b"a", b"b"]);
        large.values_mut().for_each(|blob| blob.size = u64::MAX / 3);
        assert!(Reserved::new(folder.path(), large).expect("looks").is_none());
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }
}
