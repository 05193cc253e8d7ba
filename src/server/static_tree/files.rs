//! Opens what lies in a tree, and nothing outside of it: no link is followed but a tag's, and that leads to a digest beside it.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Mode, OFlags, openat, readlinkat};
use rustix::io::Errno;

use super::Found;
use crate::digest::Digest;
use crate::manifest::MAX_SIZE;
use crate::media_type::MediaType;

/// What a manifest's file is called, and what that says of its type.
const MANIFESTS: [(&str, MediaType); 4] = [
    ("m.oci-index", MediaType::OCI_INDEX),
    ("m.oci-image", MediaType::OCI_MANIFEST),
    ("m.docker-list", MediaType::DOCKER_LIST),
    ("m.docker-image", MediaType::DOCKER_MANIFEST),
];

/// Where the tags are that have the name of a repository.
const TAGS: &str = "@tags";

/// The longest file that holds a digest.
const MAX_DIGEST: u64 = 200;

/// The files of a tree.
pub(super) struct Files {
    root: OwnedFd,
}

impl Files {
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY;
        Ok(Self { root: rustix::fs::open(root, flags, Mode::empty())? })
    }

    /// Opens a directory by its path in the tree.
    pub(super) fn directory(&self, path: &str) -> io::Result<Option<OwnedFd>> {
        let mut at = self.root.try_clone()?;
        for name in path.split('/') {
            match enter(&at, name)? {
                Some(next) => at = next,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    /// Opens a file by its directory and name, and tells its size.
    pub(super) fn file(&self, directory: &str, name: &str) -> io::Result<Option<(File, u64)>> {
        match self.directory(directory)? {
            Some(directory) => file(&directory, name),
            None => Ok(None),
        }
    }

    /// Reads a file whole.
    pub(super) fn read(&self, directory: &str, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        self.file(directory, name)?.map(|found| read(found, limit)).transpose()
    }

    /// Opens a blob.
    pub(super) fn blob(&self, repository: &str, digest: &Digest) -> io::Result<Option<(File, u64)>> {
        self.file(&format!("v2/{repository}/blobs"), &digest.to_string())
    }

    /// Finds a manifest by its tag or digest. The directory is opened once: what is read then belongs together, whatever becomes of the tag.
    pub(super) fn manifest(
        &self,
        repository: &str,
        reference: &str,
        digest: Option<Digest>,
    ) -> io::Result<Option<Found>> {
        let Some(folder) = self.directory(&format!("m/{repository}"))? else {
            return Ok(None);
        };
        let found = match digest {
            Some(digest) => enter(&folder, &digest.to_string())?.map(|directory| (digest, directory)),
            None => tagged(&folder, reference)?,
        };
        let Some((digest, directory)) = found else {
            return Ok(None);
        };
        for (name, media_type) in MANIFESTS {
            if let Some(found) = file(&directory, name)? {
                let raw = read(found, MAX_SIZE)?;
                if !digest.matches(&raw) {
                    return Err(io::Error::other("a manifest does not have its digest"));
                }
                return Ok(Some(Found { digest, media_type, raw }));
            }
        }
        Ok(None)
    }
}

fn parse(text: &[u8]) -> io::Result<Digest> {
    let text = std::str::from_utf8(text).ok().map(str::trim);
    text.and_then(|text| text.parse().ok()).ok_or_else(|| io::Error::other("a file that holds no digest"))
}

/// Finds the directory of what a tag names.
fn tagged(folder: &OwnedFd, tag: &str) -> io::Result<Option<(Digest, OwnedFd)>> {
    if let Some(aside) = enter(folder, TAGS)?
        && let Some(found) = tagged_in(&aside, tag, folder)?
    {
        return Ok(Some(found));
    }
    tagged_in(folder, tag, folder)
}

fn tagged_in(at: &OwnedFd, tag: &str, folder: &OwnedFd) -> io::Result<Option<(Digest, OwnedFd)>> {
    if let Some(digest) = link(at, tag)? {
        return Ok(enter(folder, &digest.to_string())?.map(|directory| (digest, directory)));
    }
    // Where a tree was copied without its links, a tag is a directory and says itself which digest it has.
    let Some(directory) = enter(at, tag)? else {
        return Ok(None);
    };
    match file(&directory, "digest")?.map(|found| read(found, MAX_DIGEST)).transpose()? {
        Some(text) => Ok(Some((parse(&text)?, directory))),
        None => Ok(None),
    }
}

/// Returns the digest that a tag links to; nothing for a link to anything else, which is none of the tree's and not followed.
fn link(folder: &OwnedFd, tag: &str) -> io::Result<Option<Digest>> {
    match readlinkat(folder, tag, Vec::new()) {
        Ok(target) => {
            let target = target.to_str().unwrap_or_default();
            Ok(target.strip_prefix("../").or(target.strip_prefix("./")).unwrap_or(target).parse().ok())
        }
        // Not a link, or nothing at all.
        Err(Errno::INVAL | Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Opens a directory in a directory.
pub(super) fn enter(directory: impl AsFd, name: &str) -> io::Result<Option<OwnedFd>> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
    absent(openat(directory, name, flags, Mode::empty()))
}

/// Opens a file in a directory.
fn file(directory: impl AsFd, name: &str) -> io::Result<Option<(File, u64)>> {
    // A pipe must not keep the server waiting for its writer.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::RDONLY;
    let Some(opened) = absent(openat(directory, name, flags, Mode::empty()))? else {
        return Ok(None);
    };
    let file = File::from(opened);
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then_some((file, metadata.len())))
}

fn read((file, size): (File, u64), limit: u64) -> io::Result<Vec<u8>> {
    if size > limit {
        return Err(io::Error::other("a file is too large"));
    }
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Takes what is not there, and what is a link or something else than asked for, as absent.
fn absent(result: rustix::io::Result<OwnedFd>) -> io::Result<Option<OwnedFd>> {
    match result {
        Ok(opened) => Ok(Some(opened)),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::NAMETOOLONG | Errno::NXIO) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
