//! Finding and reading what a layout holds.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use serde::Deserialize;

use super::unlisted::is_kept_by_cosign;
use super::{Index, Layout, MAX_INDEX, blob_key, index, key};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::{self, Manifest, ParseError, is_digest_tag};
use crate::media_type::MediaType;
use crate::store::Object;
use crate::transport::receive::is_intact;
use crate::transport::{Error, Result, Selector};

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "imageLayoutVersion")]
    version: String,
}

impl Layout {
    /// Says whether there is a layout, as far as that can be seen.
    pub(super) fn is_there(&self) -> Result<bool> {
        Ok(self.store.get(&key("oci-layout"))?.is_some() || self.store.get(&key("index.json"))?.is_some())
    }

    /// Checks that this is a layout of version 1; one without `oci-layout` is read as other tools read it.
    pub(super) fn check(&self) -> Result<()> {
        let Some(text) = self.read("oci-layout", 4096)? else {
            return if self.is_there()? {
                Ok(())
            } else {
                Err(self.malformed("it has no oci-layout and no index.json"))
            };
        };
        let version: Version = serde_json::from_slice(&text)
            .map_err(|error| self.malformed(format!("oci-layout is not valid: {error}")))?;
        if !version.version.starts_with("1.") {
            return Err(self.malformed(format!("its layout version is {}, not 1.x", version.version)));
        }
        Ok(())
    }

    pub(super) fn stored_index(&self) -> Result<Index> {
        match self.read("index.json", MAX_INDEX)? {
            Some(raw) => self.parse_index(&raw),
            None => Ok(Index::empty()),
        }
    }

    fn parse_index(&self, raw: &[u8]) -> Result<Index> {
        Index::parse(raw).map_err(|error| self.malformed(format!("index.json is not valid: {error}")))
    }

    /// Finds what `at` names. The descriptor says what the content is and nothing about the entry.
    pub(super) fn find(&self, at: &Selector) -> Result<Option<Descriptor>> {
        let found = match at {
            Selector::Tag(tag) => self.find_tag(tag)?,
            Selector::Digest(digest) => return self.find_digest(digest),
            Selector::Descriptor(wanted) => {
                let is_there = self.holds(wanted)? || self.grouped(&wanted.digest)?.is_some();
                return Ok(is_there.then(|| (**wanted).clone()));
            }
            Selector::Entry(number) => self.index()?.nth(*number).cloned(),
            Selector::Sole => self.find_sole()?,
        };
        Ok(found.map(bare))
    }

    fn find_tag(&self, tag: &str) -> Result<Option<Descriptor>> {
        self.one_of(&self.index()?.find(tag))
    }

    /// A manifest need not be an entry: children of an index are blobs only.
    fn find_digest(&self, digest: &Digest) -> Result<Option<Descriptor>> {
        if let Some(entry) = self.index()?.entry_of(digest) {
            return Ok(Some(bare(entry.clone())));
        }
        let at = Selector::Digest(digest.clone());
        match self.read_manifest(&at) {
            Ok(manifest) => Ok(Some(manifest.descriptor())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The only image: signatures and the like, which refer to an image, are not counted, and several names of one image are one.
    fn find_sole(&self) -> Result<Option<Descriptor>> {
        let index = self.index()?;
        if index.is_image() {
            return Ok(self.index_as_manifest()?.map(|manifest| manifest.descriptor()));
        }
        let mut images: Vec<&Descriptor> = index.descriptors().collect();
        let digests: BTreeSet<&Digest> = images.iter().map(|each| &each.digest).collect();
        if digests.len() > 1 {
            let belongs = images.iter().map(|each| self.belongs(&index, each)).collect::<Result<Vec<_>>>()?;
            let mut belongs = belongs.into_iter();
            images.retain(|_| belongs.next() == Some(false));
        }
        self.one_of(&images)
    }

    /// Says whether an entry belongs to another manifest that is here: one in the list or below an index.
    fn belongs(&self, index: &Index, entry: &Descriptor) -> Result<bool> {
        if has_digest_tag(entry) || is_kept_by_cosign(entry) {
            return Ok(true);
        }
        let manifest = self.acceptable_manifest(entry)?;
        let Some(subject) = manifest.as_ref().and_then(Manifest::subject) else {
            return Ok(false);
        };
        Ok(index.has(&subject.digest) || self.store.get(&blob_key(&subject.digest))?.is_some())
    }

    /// Returns the manifest of a descriptor; nothing for what is no manifest or is not there.
    pub(super) fn try_manifest(&self, descriptor: &Descriptor) -> Result<Option<Manifest>> {
        if !descriptor.media_type.is_manifest() {
            return Ok(None);
        }
        match self.read_manifest(&descriptor.clone().into()) {
            Ok(manifest) => Ok(Some(manifest)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Like [`try_manifest`](Layout::try_manifest), but one broken manifest does not hide the others: it is mentioned and passed over.
    pub(super) fn acceptable_manifest(&self, descriptor: &Descriptor) -> Result<Option<Manifest>> {
        match self.try_manifest(descriptor) {
            Err(error @ Error::Manifest { .. }) => {
                self.watch.note(&format!("{error}; passed over"));
                Ok(None)
            }
            other => other,
        }
    }

    /// Reads `index.json` itself as the index of an image; nothing when it is none.
    pub(super) fn parse_as_manifest(&self) -> Result<Option<Manifest>> {
        let Some(raw) = self.read("index.json", MAX_INDEX)? else {
            return Ok(None);
        };
        if !self.parse_index(&raw)?.is_image() {
            return Ok(None);
        }
        let manifest = match raw.len() as u64 {
            0..=manifest::MAX_SIZE => Manifest::parse(raw, Some(&MediaType::OCI_INDEX)),
            _ => Err(ParseError::TooLarge),
        };
        manifest.map(Some).map_err(Error::manifest(&Selector::Sole, self))
    }

    pub(super) fn read_manifest(&self, at: &Selector) -> Result<Manifest> {
        let missing = || Error::not_found(at, self);
        let (digest, media_type) = match at {
            Selector::Digest(digest) => {
                let media_type = self.index()?.entry_of(digest).map(|entry| entry.media_type.clone());
                (digest.clone(), media_type)
            }
            Selector::Descriptor(descriptor) => (descriptor.digest.clone(), Some(descriptor.media_type.clone())),
            _ => {
                let found = self.find(at)?.ok_or_else(missing)?;
                (found.digest, Some(found.media_type))
            }
        };
        let Some(object) = self.store.get(&blob_key(&digest))? else {
            let index = self.index_as_manifest()?.filter(|index| *index.digest() == digest);
            return match index {
                Some(index) => Ok(index),
                None => self.grouped(&digest)?.ok_or_else(missing),
            };
        };
        let raw = match object.read_all(manifest::MAX_SIZE) {
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                return Err(Error::manifest(at, self)(ParseError::TooLarge));
            }
            other => other.map_err(self.io("read", blob_key(&digest).as_str()))?,
        };
        Manifest::parse_verified(raw, media_type.as_ref(), &digest).map_err(Error::manifest(at, self))
    }

    pub(super) fn open_blob(&self, blob: &Descriptor) -> Result<Blob<'_>> {
        let at = blob_key(&blob.digest);
        let missing = || Error::not_found(format!("blob {}", blob.digest), self);
        let object = self.store.get(&at)?.ok_or_else(missing)?;
        let mut descriptor = blob.clone();
        if is_unsized(&descriptor) {
            descriptor.size = object.size;
        }
        let open = move |offset| {
            let body = object.open(offset).map_err(self.io("open", at.as_str()))?;
            Ok(body.into_reader() as Box<dyn io::Read + Send>)
        };
        Ok(Blob::new(descriptor, open)?)
    }

    /// Says whether a blob is there with its size, and with its bytes where these are to be checked.
    pub(super) fn holds(&self, blob: &Descriptor) -> Result<bool> {
        let found = self.store.get(&blob_key(&blob.digest))?;
        let is_there = found.is_some_and(|object| object.size == blob.size || is_unsized(blob));
        Ok(is_there && (!self.verify || is_intact(self, blob)?))
    }

    /// Reads a small object whole.
    fn read(&self, name: &'static str, limit: u64) -> Result<Option<Vec<u8>>> {
        let read = |object: Object| object.read_all(limit).map_err(self.io("read", name));
        self.store.get(&key(name))?.map(read).transpose()
    }

    pub(super) fn malformed(&self, reason: impl Into<String>) -> Error {
        Error::Malformed { place: self.to_string(), reason: reason.into() }
    }

    fn io(&self, action: &'static str, name: &str) -> impl FnOnce(io::Error) -> Error + use<> {
        Error::io(action, PathBuf::from(format!("{}/{name}", self.name)))
    }
}

fn bare(entry: Descriptor) -> Descriptor {
    let mut descriptor = Descriptor::new(entry.media_type, entry.digest, entry.size);
    descriptor.artifact_type = entry.artifact_type;
    descriptor
}

/// A schema 1 manifest does not say how large its layers are.
fn is_unsized(blob: &Descriptor) -> bool {
    blob.size == 0 && !blob.digest.matches(b"")
}

fn has_digest_tag(entry: &Descriptor) -> bool {
    index::name(entry).is_some_and(is_digest_tag)
}
