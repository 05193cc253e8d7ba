//! Manifests: content that a repository has as a revision.

use std::borrow::Cow;
use std::io::{self, BufReader, Read, Write};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::files::split;
use super::step::step;
use super::temporary::{Temporary, unnamed};
use super::{Storage, layout};
use crate::digest::{Algorithm, Digest};
use crate::http::Content;
use crate::manifest::Manifest;
use crate::media_type::MediaType;
use crate::store::Result;

/// Manifests up to this size, in bytes, are kept in memory while they are sent, and for a while after that.
pub(super) const SMALL: u64 = 64 * 1024;
/// The most bytes of a stored manifest that are read; what another registry took may be more than we take.
pub(in crate::server) const READ_LIMIT: u64 = 64 * 1024 * 1024;

/// A stored manifest as it goes out.
#[derive(Debug)]
pub(in crate::server) struct Served {
    /// The digest that it is stored under.
    pub(in crate::server) digest: Digest,
    /// The media type that its bytes say.
    pub(in crate::server) media_type: String,
    stored: Stored,
}

/// Where the bytes are. Large ones stay in their file: clients that ask for many and read none must not fill the memory.
#[derive(Debug)]
enum Stored {
    Here(Vec<u8>),
    InFile { under: Digest, size: u64 },
}

impl Served {
    /// Returns how many bytes are in memory.
    pub(super) fn bytes(&self) -> usize {
        self.as_ref().len()
    }
}

impl AsRef<[u8]> for Served {
    fn as_ref(&self) -> &[u8] {
        match &self.stored {
            Stored::Here(raw) => raw,
            Stored::InFile { .. } => &[],
        }
    }
}

impl Storage {
    /// Returns content that was put together for one answer, a large one in a file, where a client that does not read it leaves the memory free.
    /// A disk that takes nothing is no reason not to answer.
    pub(in crate::server) fn aside(&self, bytes: Vec<u8>) -> Content {
        let length = bytes.len() as u64;
        if length <= SMALL {
            return Content::Bytes(bytes);
        }
        match unnamed(&self.files, &bytes) {
            Ok(file) => Content::File(file, length),
            Err(_) => Content::Bytes(bytes),
        }
    }

    /// Returns a manifest of a repository by its digest.
    pub(in crate::server) fn manifest(&self, name: &str, digest: &Digest) -> Result<Option<Arc<Served>>> {
        let key = format!("{name}@{digest}");
        if let Some(found) = self.cache.find(&key, &self.files) {
            return Ok(Some(found));
        }
        let mut from = Vec::new();
        let found = self.read_manifest(name, digest, &mut from)?;
        if let Some(manifest) = &found {
            self.cache.keep(&key, from, manifest);
        }
        Ok(found)
    }

    /// Returns what a tag of a repository points to.
    pub(in crate::server) fn tagged(&self, name: &str, tag: &str) -> Result<Option<Arc<Served>>> {
        let key = format!("{name}:{tag}");
        if let Some(found) = self.cache.find(&key, &self.files) {
            return Ok(Some(found));
        }
        let path = layout::current(name, tag);
        let Some((content, stamp)) = self.files.read_stamped(&path, super::LINK_LIMIT)? else {
            return Ok(None);
        };
        let Some(digest) = super::parse_link(&content) else {
            return Ok(None);
        };
        let mut from = vec![(path, stamp)];
        let found = self.read_manifest(name, &digest, &mut from)?;
        if let Some(manifest) = &found {
            self.cache.keep(&key, from, manifest);
        }
        Ok(found)
    }

    fn read_manifest(
        &self,
        name: &str,
        digest: &Digest,
        from: &mut Vec<(String, super::files::Stamp)>,
    ) -> Result<Option<Arc<Served>>> {
        let path = layout::revision(name, digest);
        let Some((link, stamp)) = self.files.read_stamped(&path, super::LINK_LIMIT)? else {
            return Ok(None);
        };
        let Some(target) = super::parse_link(&link) else {
            return Ok(None);
        };
        from.push((path, stamp));
        let path = layout::data(&target);
        let Some((file, size)) = self.data(&target)? else {
            return Ok(None);
        };
        let (media_type, stored) = if size > SMALL {
            if size > READ_LIMIT {
                return Err(self.files.error("read", &path)(io::ErrorKind::FileTooLarge.into()));
            }
            let shape: serde_json::Result<Shape> = serde_json::from_reader(BufReader::new(file));
            // A disk that fails says nothing about the type.
            if let Err(error) = &shape
                && let Some(kind) = error.io_error_kind()
            {
                return Err(self.files.error("read", &path)(kind.into()));
            }
            (media_type_of(shape), Stored::InFile { under: target, size })
        } else {
            let mut raw = Vec::new();
            file.take(size).read_to_end(&mut raw).map_err(self.files.error("read", &path))?;
            (media_type(&raw), Stored::Here(raw))
        };
        Ok(Some(Arc::new(Served { digest: digest.clone(), media_type, stored })))
    }

    /// Returns the bytes of a manifest; nothing when they are gone.
    pub(super) fn manifest_bytes<'s>(&self, manifest: &'s Served) -> Result<Option<Cow<'s, [u8]>>> {
        match &manifest.stored {
            Stored::Here(raw) => Ok(Some(Cow::Borrowed(raw))),
            Stored::InFile { under, .. } => Ok(self.raw(under)?.map(Cow::Owned)),
        }
    }

    /// Returns the bytes of a manifest to be sent; nothing when they are gone.
    pub(in crate::server) fn manifest_content(&self, manifest: Arc<Served>) -> Result<Option<Content>> {
        match &manifest.stored {
            Stored::Here(_) => Ok(Some(Content::Shared(manifest))),
            Stored::InFile { under, size } => {
                let found = self.data(under)?.filter(|(_, now)| now == size);
                Ok(found.map(|(file, size)| Content::File(file, size)))
            }
        }
    }

    /// Reads a manifest's bytes, whichever repository it belongs to.
    pub(super) fn raw(&self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        // No manifest is empty, but a crash can have left an empty file.
        Ok(self.files.read(&layout::data(digest), READ_LIMIT)?.filter(|raw| !raw.is_empty()))
    }

    /// Says whether a repository has a manifest.
    pub(in crate::server) fn has_manifest(&self, name: &str, digest: &Digest) -> Result<bool> {
        Ok(self.link(&layout::revision(name, digest))?.is_some())
    }

    /// Says whether a repository has a manifest, and if so keeps it from being collected. Call it with the lock shared.
    pub(in crate::server) fn use_manifest(&self, name: &str, digest: &Digest) -> Result<bool> {
        let path = layout::revision(name, digest);
        let Some(target) = self.link(&path)? else {
            return Ok(false);
        };
        Ok(self.files.touch(&layout::data(&target))? && self.files.touch(&path)?)
    }

    /// Writes a manifest's bytes, unless they are there. Nothing refers to them yet. Damaged bytes, such as the zeros that a power cut can
    /// leave, are replaced.
    pub(in crate::server) fn put_raw(&self, digest: &Digest, raw: &[u8]) -> Result<()> {
        let path = layout::data(digest);
        let is_whole = match self.files.file(&path)? {
            // Only a file of the same size is read.
            Some((file, stamp)) if stamp.size() == raw.len() as u64 => {
                let mut stored = Vec::with_capacity(raw.len());
                file.take(stamp.size()).read_to_end(&mut stored).map_err(self.files.error("read", &path))?;
                stored == raw
            }
            _ => false,
        };
        if is_whole && self.files.touch(&path)? {
            // Whoever wrote it may not have come to that yet.
            return self.files.sync(split(&path).0);
        }
        let mut temporary = Temporary::new(&self.files)?;
        temporary.file.write_all(raw).map_err(self.files.error("write", &path))?;
        temporary.place(&path)
    }

    /// Makes a manifest a revision of the repository, and a referrer of its subject. Call it with the lock shared and the repository
    /// serialised.
    pub(in crate::server) fn link_manifest(&self, name: &str, digest: &Digest, subject: Option<&Digest>) -> Result<()> {
        let was_complete = self.is_complete(name)?;
        // The referrer first: once the revision is there, nobody looks for it again.
        if let Some(subject) = subject {
            self.write_link(&layout::referrer(name, subject, digest), digest)?;
        }
        step("manifest: written")?;
        self.write_link(&layout::revision(name, digest), digest)?;
        step("manifest: linked")?;
        if was_complete { self.complete(name) } else { Ok(()) }
    }

    /// Removes a manifest and the tags that point to it; says whether it was there. Call it with the repository serialised.
    pub(in crate::server) fn delete_manifest(&self, name: &str, digest: &Digest) -> Result<bool> {
        let path = layout::revision(name, digest);
        let Some(target) = self.link(&path)? else {
            return Ok(false);
        };
        let subject = self.raw(&target)?.and_then(parse).and_then(|found| found.subject().cloned());
        self.delete_tags_of(name, digest)?;
        step("delete manifest: untagged")?;
        let was_complete = self.is_complete(name)?;
        self.files.remove(&path)?;
        self.files.prune(split(&path).0, &layout::revisions(name, digest.algorithm()))?;
        if let Some(subject) = subject {
            let path = layout::referrer(name, &subject.digest, digest);
            self.files.remove(&path)?;
            self.files.prune(split(&path).0, &layout::referrers(name))?;
        }
        if was_complete {
            self.complete(name)?;
        }
        Ok(true)
    }

    /// Returns the digests of a repository's manifests.
    pub(super) fn all_manifests(&self, name: &str) -> Result<Vec<Digest>> {
        let mut found = Vec::new();
        for algorithm in Algorithm::ALL {
            self.files.folders(&layout::revisions(name, algorithm), |hex| {
                found.extend(format!("{algorithm}:{hex}").parse::<Digest>().ok());
            })?;
        }
        let mut there = Vec::with_capacity(found.len());
        for digest in found {
            if self.files.has(&layout::revision(name, &digest))? {
                there.push(digest);
            }
        }
        Ok(there)
    }

    /// Returns a manifest of the repository that needs the blob, if there is one.
    pub(super) fn user_of(&self, name: &str, blob: &Digest) -> Result<Option<Digest>> {
        for digest in self.all_manifests(name)? {
            let Some(raw) = self.raw(&digest)? else {
                continue;
            };
            if super::mark::references(&raw).contains(blob) {
                return Ok(Some(digest));
            }
        }
        Ok(None)
    }
}

/// Parses a stored manifest; nothing for what is none by our rules, which another registry may have taken.
pub(super) fn parse(raw: Vec<u8>) -> Option<Manifest> {
    Manifest::parse(raw, None).ok()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    media_type: Option<String>,
    manifests: Option<IgnoredAny>,
    fs_layers: Option<IgnoredAny>,
    signatures: Option<IgnoredAny>,
}

/// Returns the media type that a manifest's bytes say: their own word, else what follows from their members.
pub(in crate::server) fn media_type(raw: &[u8]) -> String {
    media_type_of(serde_json::from_slice(raw))
}

fn media_type_of(shape: serde_json::Result<Shape>) -> String {
    let Ok(shape) = shape else {
        return MediaType::OCTET_STREAM.as_str().to_owned();
    };
    let implied = match shape {
        Shape { media_type: Some(own), .. } if is_header_value(&own) => return own,
        Shape { manifests: Some(_), .. } => MediaType::OCI_INDEX,
        Shape { fs_layers: Some(_), signatures: Some(_), .. } => MediaType::DOCKER_SCHEMA1_SIGNED,
        Shape { fs_layers: Some(_), .. } => MediaType::DOCKER_SCHEMA1,
        _ => MediaType::OCI_MANIFEST,
    };
    implied.as_str().to_owned()
}

fn is_header_value(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_follow_from_the_bytes() {
        for (raw, wanted) in [
            (r#"{"mediaType":"a/b","manifests":[]}"#, "a/b"),
            (r#"{"manifests":[]}"#, "application/vnd.oci.image.index.v1+json"),
            (r#"{"config":{},"layers":[]}"#, "application/vnd.oci.image.manifest.v1+json"),
            (r#"{"fsLayers":[]}"#, "application/vnd.docker.distribution.manifest.v1+json"),
            (r#"{"fsLayers":[],"signatures":[]}"#, "application/vnd.docker.distribution.manifest.v1+prettyjws"),
            (r#"{"mediaType":"a\r\nSet-Cookie: x","layers":[]}"#, "application/vnd.oci.image.manifest.v1+json"),
            ("no JSON", "application/octet-stream"),
        ] {
            assert_eq!(media_type(raw.as_bytes()), wanted, "{raw}");
        }
    }
}
