//! `docker://`: a repository in a registry.

use std::fmt;
use std::io;

use super::error::{Error, Result};
use super::{Options, Origin, Selector, Source, Tags, Transport, referrers_tag};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::reference::Repository;
use crate::registry::{self, Remote};
use crate::watch::Outcome;

/// A repository in a registry. Nothing is asked before the first request.
#[derive(Debug)]
pub struct Registry {
    remote: Remote,
    origin: Origin,
}

impl Registry {
    /// Opens a repository for reading.
    pub fn pull(repository: &Repository, options: &Options) -> Self {
        Self::new(options.client.pull(repository, &options.watch))
    }

    /// Opens a repository for writing.
    pub fn push(repository: &Repository, options: &Options) -> Self {
        Self::new(options.client.push(repository, &options.watch))
    }

    fn new(remote: Remote) -> Self {
        let origin = Origin { registry: remote.registry().into(), repository: remote.path().into() };
        Self { remote, origin }
    }

    /// Returns what a selector is in a URL.
    fn reference(&self, at: &Selector) -> Result<String> {
        match at {
            Selector::Tag(tag) => Ok(tag.clone()),
            Selector::Digest(digest) => Ok(digest.to_string()),
            Selector::Descriptor(descriptor) => Ok(descriptor.digest.to_string()),
            Selector::Entry(_) | Selector::Sole => {
                Err(Error::unsupported("choosing an image by its place", self, "name a tag or a digest"))
            }
        }
    }

    /// Makes a place's error of a registry's: what is not there is said in the same words everywhere.
    fn error(&self, what: impl fmt::Display) -> impl FnOnce(registry::Error) -> Error {
        let place = self.to_string();
        move |error| match error {
            registry::Error::Content(fault) => Error::Content(fault),
            registry::Error::Cancelled(cancelled) => Error::Cancelled(cancelled),
            registry::Error::Manifest { source, .. } => Error::Manifest { what: what.to_string(), place, source },
            error if error.is_not_found() => {
                Error::NotFound { what: what.to_string(), place, source: Some(Box::new(error)) }
            }
            error => Error::Registry(error),
        }
    }

    /// Returns what a manifest that is about to be deleted refers to.
    fn subject(&self, digest: &Digest) -> Result<Option<Digest>> {
        let at = Selector::Digest(digest.clone());
        match self.manifest(&at) {
            Ok(manifest) => Ok(manifest.subject().map(|subject| subject.digest.clone())),
            // Deleting it says best that it is not there; and one that cannot be read refers to nothing that could be known.
            Err(Error::NotFound { .. } | Error::Manifest { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn open(&self, blob: &Descriptor, offset: u64) -> io::Result<registry::Download<'_>> {
        let what = format_args!("blob {}", blob.digest).to_string();
        self.remote.open(blob, offset).map_err(|error| self.error(what)(error).into())
    }
}

impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.remote.fmt(f)
    }
}

impl Source for Registry {
    fn resolve(&self, at: &Selector) -> Result<Option<Descriptor>> {
        self.remote.resolve(&self.reference(at)?).map_err(self.error(at))
    }

    fn manifest(&self, at: &Selector) -> Result<Manifest> {
        let wanted = match at {
            Selector::Descriptor(descriptor) => Some(&**descriptor),
            _ => None,
        };
        self.remote.manifest(&self.reference(at)?, wanted).map_err(self.error(at))
    }

    fn blob(&self, blob: &Descriptor) -> Result<Blob<'_>> {
        let mut blob = blob.clone();
        if blob.size == 0 && !blob.digest.matches(b"") {
            let what = format!("blob {}", blob.digest);
            let size = self.remote.blob_size(&blob.digest).map_err(self.error(&what))?;
            blob.size = size.ok_or_else(|| Error::not_found(&what, self))?;
        }
        Ok(Blob::new(blob.clone(), move |offset| Ok(Box::new(self.open(&blob, offset)?)))?)
    }

    fn tags(&self, after: Option<&str>) -> Result<Tags> {
        let page = self.remote.tags(after).map_err(self.error("repository"))?;
        Ok(Tags { names: page.items, next: page.next })
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        if let Some(referrers) = self.remote.referrers(subject).map_err(self.error("referrers"))? {
            return Ok(referrers);
        }
        let at = Selector::Tag(referrers_tag(subject));
        match self.manifest(&at) {
            Ok(list) if list.lists_referrers_of(subject) => Ok(list.children().to_vec()),
            // Some other image has the tag.
            Ok(_) => Ok(Vec::new()),
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }
}

impl Transport for Registry {
    fn has_blob(&self, blob: &Descriptor) -> Result<bool> {
        self.remote.has_blob(&blob.digest).map_err(self.error("blob"))
    }

    fn put_blob(&self, mut blob: Blob<'_>, from: Option<&Origin>) -> Result<Outcome> {
        let from = from.filter(|from| from.registry == self.origin.registry).map(|from| from.repository.as_str());
        let what = format!("repository for blob {}", blob.descriptor().digest);
        self.remote.put_blob(&mut blob, from).map_err(self.error(what))
    }

    fn put_manifest(&self, at: &Selector, manifest: &Manifest) -> Result<()> {
        let reference = self.reference(at)?;
        let put = self.remote.put_manifest(&reference, manifest).map_err(self.error(at))?;
        match manifest.subject() {
            Some(subject) if !put.lists_referrers => self
                .remote
                .list_referrer(&subject.digest, manifest.as_referrer())
                .map_err(self.error(format_args!("referrers of {}", subject.digest))),
            _ => Ok(()),
        }
    }

    fn complete(&self, at: &Selector) -> Result<Option<Descriptor>> {
        self.resolve(at)
    }

    fn delete(&self, at: &Selector) -> Result<()> {
        let Some(digest) = at.digest() else {
            return self.remote.delete_tag(&self.reference(at)?).map_err(self.error(at));
        };
        let subject = self.subject(digest)?;
        self.remote.delete_manifest(digest).map_err(self.error(at))?;
        match subject {
            Some(subject) => self
                .remote
                .unlist_referrer(&subject, digest)
                .map_err(self.error(format_args!("referrers of {subject}"))),
            None => Ok(()),
        }
    }
}
