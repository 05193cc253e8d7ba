//! `dir:`, skopeo's directory of one image: `manifest.json` as it came, blobs by their digits, manifests below an index beside them.
//!
//! The files are those of skopeo, byte for byte:
//! <https://github.com/containers/image/blob/main/docs/containers-transports.5.md>. A new image is laid beside the old one,
//! `manifest.json` is replaced last, and [`finish`](Transport::finish) removes what only the old one needed. Writers hold a shared lock on
//! the directory, the removal an exclusive one, so that none loses blobs to another.

mod names;
mod sweep;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use super::receive::{Received, is_intact, receive};
use super::{Error, Options, Origin, Result, Selector, Source, Transport};
use crate::blob::{Blob, Fault};
use crate::descriptor::Descriptor;
use crate::digest::{Algorithm, Digest};
use crate::locks;
use crate::manifest::{MAX_SIZE, Manifest, ParseError};
use crate::media_type::MediaType;
use crate::store::{Content, Key, Local, Lock, LockKind, Object, PARTIAL, Store};
use crate::watch::Outcome;
use names::{MANIFEST, VERSION};

/// A directory of one image.
pub(super) struct Dir {
    store: Local,
    resume: bool,
    verify: bool,
    writing: Mutex<Writing>,
}

/// What was written so far.
#[derive(Default)]
struct Writing {
    /// Held from the first look on, once the directory is there: what was seen is not swept away.
    lock: Option<Lock>,
    /// Whether anything was put.
    is_begun: bool,
    /// The manifests put, for what they need must stay.
    manifests: BTreeSet<Digest>,
    /// Whether the image's own manifest was put.
    is_complete: bool,
    /// Whether that was another than before, which its old signatures do not fit.
    is_new: bool,
}

impl Dir {
    /// Opens a directory for reading.
    pub(super) fn open(path: &Path, options: &Options) -> Result<Self> {
        let dir = Self::new(path, options);
        if !path.is_dir() {
            return Err(Error::not_found("directory", &dir));
        }
        Ok(dir)
    }

    /// Opens a directory for writing, which may be missing or empty; else it must say that it is one of images.
    pub(super) fn create(path: &Path, options: &Options) -> Result<Self> {
        let dir = Self::new(path, options);
        let refuse = |hint| Err(Error::unsupported("writing an image", &dir, hint));
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(dir),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return refuse("a file is there; name a new or an empty directory");
            }
            Err(error) => return Err(Error::io("list", path)(error)),
        };
        for entry in entries {
            let name = entry.map_err(Error::io("list", path))?.file_name();
            if name != PARTIAL && !dir.has_version()? {
                return refuse("other files are there, and they are not overwritten; name a new or an empty directory");
            }
        }
        Ok(dir)
    }

    fn new(path: &Path, options: &Options) -> Self {
        Self { store: Local::new(path), resume: options.resume, verify: options.verify, writing: Mutex::default() }
    }

    fn has_version(&self) -> Result<bool> {
        let Some(found) = self.find(&[VERSION.into()])? else {
            return Ok(false);
        };
        Ok(found.size < 100 && names::is_version(&self.read(VERSION, &found)?))
    }

    /// Finds the first of the files that is there.
    fn find(&self, names: &[String]) -> Result<Option<Object>> {
        for name in names {
            if let Some(found) = self.store.get(&key(name))? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn read(&self, name: &str, object: &Object) -> Result<Vec<u8>> {
        object.read_all(MAX_SIZE).map_err(Error::io("read", self.store.root().join(name)))
    }

    fn find_blob(&self, digest: &Digest) -> Result<Option<Object>> {
        self.find(&names::candidates(digest, ""))
    }

    /// Reads the image's own manifest.
    fn root(&self) -> Result<Option<Vec<u8>>> {
        self.find(&[MANIFEST.into()])?.map(|found| self.read(MANIFEST, &found)).transpose()
    }

    /// Finds and checks the manifest with a digest, be it the image's own or one below.
    fn by_digest(&self, digest: &Digest, media_type: Option<&MediaType>) -> Result<Option<Manifest>> {
        let at = Selector::Digest(digest.clone());
        let raw = match self.find(&names::children(digest))? {
            Some(found) => self.read(&names::children(digest)[0], &found)?,
            None => match self.root()? {
                Some(raw) => raw,
                None => return Ok(None),
            },
        };
        match Manifest::parse_verified(raw, media_type, digest) {
            Ok(manifest) => Ok(Some(manifest)),
            // The image's own manifest is another one.
            Err(ParseError::Digest { .. }) if self.find(&names::children(digest))?.is_none() => Ok(None),
            Err(error) => Err(Error::manifest(&at, self)(error)),
        }
    }

    fn look_up(&self, at: &Selector) -> Result<Option<Manifest>> {
        match at {
            Selector::Sole => {
                let parse = |raw| Manifest::parse(raw, None).map_err(Error::manifest(at, self));
                self.root()?.map(parse).transpose()
            }
            Selector::Digest(digest) => self.by_digest(digest, None),
            Selector::Descriptor(descriptor) => self.by_digest(&descriptor.digest, Some(&descriptor.media_type)),
            Selector::Tag(_) | Selector::Entry(_) => Err(self.nameless()),
        }
    }

    fn nameless(&self) -> Error {
        Error::unsupported("naming an image", self, "a dir: holds one image without a name; leave the name out")
    }

    /// Holds off removals from now on, if there is a directory that could be removed from.
    fn writing(&self) -> Result<MutexGuard<'_, Writing>> {
        let mut writing = locks::lock(&self.writing);
        if writing.lock.is_none() && self.store.root().is_dir() {
            writing.lock = Some(self.store.lock(&Key::root(), LockKind::Shared)?);
        }
        Ok(writing)
    }

    /// Marks the directory as one of images, before the first file is in it that says less clearly what it is.
    fn mark(&self, algorithm: Algorithm) -> Result<()> {
        self.writing()?.is_begun = true;
        let with_algorithm = algorithm != Algorithm::Sha256;
        let found = self.find(&[VERSION.into()])?;
        if found.is_none() || with_algorithm {
            self.put_if_new(VERSION, names::version(with_algorithm).as_bytes())?;
        }
        Ok(())
    }

    /// Writes a file unless it has this very content; says whether it had not.
    fn put_if_new(&self, name: &str, content: &[u8]) -> Result<bool> {
        if let Some(found) = self.find(&[name.into()])?
            && found.size == content.len() as u64
            && self.read(name, &found)? == content
        {
            return Ok(false);
        }
        self.store.put(&key(name), Content::Bytes(content))?;
        Ok(true)
    }
}

impl Source for Dir {
    fn resolve(&self, at: &Selector) -> Result<Option<Descriptor>> {
        Ok(self.look_up(at)?.map(|manifest| manifest.descriptor()))
    }

    fn manifest(&self, at: &Selector) -> Result<Manifest> {
        self.look_up(at)?.ok_or_else(|| Error::not_found(at, self))
    }

    fn blob(&self, blob: &Descriptor) -> Result<Blob<'_>> {
        let found =
            self.find_blob(&blob.digest)?.ok_or_else(|| Error::not_found(format!("blob {}", blob.digest), self))?;
        let mut blob = blob.clone();
        if blob.size == 0 {
            blob.size = found.size;
        }
        Ok(Blob::new(blob, move |at| Ok(found.open(at)?.into_reader()))?)
    }

    /// Looks at every manifest in the directory, for there is no list.
    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        let mut found = Vec::new();
        for digest in self.children()? {
            let Some(manifest) = self.by_digest(&digest, None)? else {
                continue;
            };
            if manifest.subject().is_some_and(|descriptor| descriptor.digest == *subject) {
                found.push(manifest.descriptor());
            }
        }
        Ok(found)
    }

    #[cfg(feature = "openpgp")]
    fn signatures(&self, image: &Digest) -> Result<Option<Vec<super::KeptSignature>>> {
        let is_root = self.root()?.is_some_and(|raw| image.matches(&raw));
        let mut kept = Vec::new();
        loop {
            let name = names::signature(image, is_root, kept.len() + 1);
            let Some(found) = self.find(std::slice::from_ref(&name))? else { return Ok(Some(kept)) };
            if kept.len() == names::MAX_SIGNATURES {
                return Err(Error::unsupported("reading the signatures", self, "there are more than anybody makes"));
            }
            kept.push(super::KeptSignature { content: self.read(&name, &found)?, place: format!("{self}/{name}") });
        }
    }
}

impl Transport for Dir {
    fn has_blob(&self, blob: &Descriptor) -> Result<bool> {
        let writing = self.writing()?;
        let found = self.find_blob(&blob.digest)?;
        drop(writing);
        let is_there = found.is_some_and(|found| found.size == blob.size || blob.size == 0);
        Ok(is_there && (!self.verify || is_intact(self, blob)?))
    }

    fn put_blob(&self, mut blob: Blob<'_>, _from: Option<&Origin>) -> Result<Outcome> {
        let descriptor = blob.descriptor().clone();
        let settled = || Ok(self.has_blob(&descriptor)?.then_some(Outcome::Existed));
        if let Some(outcome) = settled()? {
            return Ok(outcome);
        }
        match receive(&self.store, &mut blob, self.resume, settled)? {
            Received::Settled(outcome) => Ok(outcome),
            Received::Staged(stage, outcome) => {
                self.mark(descriptor.digest.algorithm())?;
                stage.commit(&key(&names::stem(&descriptor.digest)), &descriptor.digest)?;
                Ok(outcome)
            }
        }
    }

    fn put_manifest(&self, at: &Selector, manifest: &Manifest) -> Result<()> {
        let digest = match at {
            Selector::Sole => manifest.digest(),
            Selector::Digest(digest) => digest,
            Selector::Descriptor(descriptor) => &descriptor.digest,
            Selector::Tag(_) | Selector::Entry(_) => return Err(self.nameless()),
        };
        check_digest(digest, manifest)?;
        if *at == Selector::Sole {
            self.mark(Algorithm::Sha256)?;
            let is_new = self.put_if_new(MANIFEST, manifest.raw())?;
            let mut writing = self.writing()?;
            writing.is_complete = true;
            writing.is_new |= is_new;
        } else {
            self.mark(digest.algorithm())?;
            self.put_if_new(&names::children(digest)[0], manifest.raw())?;
            self.writing()?.manifests.insert(digest.clone());
        }
        Ok(())
    }

    fn finish(&self) -> Result<()> {
        self.sweep()
    }
}

impl fmt::Display for Dir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dir:{}", self.store.root().display())
    }
}

/// Checks that a manifest has the digest that it is put under.
pub(super) fn check_digest(digest: &Digest, manifest: &Manifest) -> Result<()> {
    if manifest.digest() == digest || digest.matches(manifest.raw()) {
        return Ok(());
    }
    let size = manifest.raw().len() as u64;
    let wanted = Box::new(Descriptor::new(manifest.media_type().clone(), digest.clone(), size));
    Err(Fault::Mismatch { wanted, got: manifest.digest().clone(), size }.into())
}

fn key(name: &str) -> Key {
    name.parse().expect("the names of a dir: are fixed words and digests")
}

#[cfg(test)]
mod tests;
