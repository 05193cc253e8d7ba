//! `docker://`: a repository in a registry.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::error::{Error, Result};
use super::spool::Spool;
use super::{Change, Options, Origin, Selector, Source, Tags, Transport, referrers_tag};
use crate::blob::Blob;
use crate::class::{Class, Classified};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::reference::Repository;
use crate::registry::{self, Mirror, Pull, Remote};
use crate::watch::{Outcome, Watch};

/// A repository in a registry. Nothing is asked before the first request.
#[derive(Debug)]
pub struct Registry {
    remote: Remote,
    /// Where to look before that.
    mirrors: Vec<(Mirror, Remote)>,
    /// Which mirror had the image; one behind the last for none.
    chosen: OnceLock<usize>,
    watch: Watch,
    origin: Origin,
    /// Where what is fetched for an upload is kept.
    spool: Option<PathBuf>,
    resume: bool,
}

impl Registry {
    /// Opens a repository for reading.
    ///
    /// # Errors
    /// [`Error::Client`] when the client cannot be made.
    pub fn pull(repository: &Repository, options: &Options) -> Result<Self> {
        let client = options.client.get()?;
        let mirrors = client.mirrors(repository, &options.watch);
        Ok(Self { mirrors, ..Self::new(client.pull(repository, &options.watch), options) })
    }

    /// Opens a repository for writing.
    ///
    /// # Errors
    /// [`Error::Client`] when the client cannot be made.
    pub fn push(repository: &Repository, options: &Options) -> Result<Self> {
        let remote = options.client.get()?.push(repository, &options.watch);
        let remote = match &options.state {
            Some(state) => remote.with_upload_state(state.join("uploads"), options.resume),
            None => remote,
        };
        Ok(Self::new(remote, options))
    }

    fn new(remote: Remote, options: &Options) -> Self {
        let origin = Origin { registry: remote.registry().into(), repository: remote.path().into() };
        let spool = options.state.as_ref().map(|state| state.join("partial"));
        let (mirrors, chosen, watch) = (Vec::new(), OnceLock::new(), options.watch.clone());
        Self { remote, mirrors, chosen, watch, origin, spool, resume: options.resume }
    }

    /// Asks the mirrors in their order and then the registry itself; the first that has it is asked for everything from then on.
    fn ask<T>(
        &self,
        by_digest: bool,
        ask: impl Fn(&Remote) -> Result<T, registry::Error>,
        is_there: impl Fn(&T) -> bool,
    ) -> Result<T, registry::Error> {
        let first = self.chosen.get().copied().unwrap_or(0);
        for (at, (mirror, remote)) in self.mirrors.iter().enumerate().skip(first) {
            if mirror.pull == (if by_digest { Pull::Tag } else { Pull::Digest }) {
                continue;
            }
            match ask(remote) {
                Ok(found) if is_there(&found) => {
                    // Another thread may have found one at the same time; either will do.
                    let _ = self.chosen.set(at);
                    return Ok(found);
                }
                Err(error) if error.class() == Class::Interrupted => return Err(error),
                Err(error) if !error.is_not_found() => self.watch.note(&passed_over(mirror, &error)),
                // What a mirror does not have yet is nothing to tell.
                _ => {}
            }
        }
        ask(&self.remote)
    }

    /// Returns where the content of `blob` is kept until it is here. Only what comes from a registry is: the rest is at hand anyway.
    fn spool(&self, blob: &Blob<'_>, from: Option<&Origin>) -> Option<Arc<Spool>> {
        let spool =
            Spool::new(self.spool.as_ref().filter(|_| from.is_some())?, &blob.descriptor().digest, blob.size())?;
        if self.resume {
            return Some(spool);
        }
        spool.discard();
        None
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
        // A mirror is asked if it had the manifest.
        let chosen = self.chosen.get().and_then(|at| self.mirrors.get(*at));
        if let Some((mirror, remote)) = chosen {
            match remote.open(blob, offset) {
                Ok(download) => return Ok(download),
                Err(error) if error.class() == Class::Interrupted => return Err(self.error(what)(error).into()),
                Err(error) => self.watch.note(&passed_over(mirror, &error)),
            }
        }
        self.remote.open(blob, offset).map_err(|error| self.error(what)(error).into())
    }
}

fn passed_over(mirror: &Mirror, error: &registry::Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
    format!("the mirror {mirror} is passed over: {error}{cause}{hint}")
}

impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.remote.fmt(f)
    }
}

impl Source for Registry {
    fn resolve(&self, at: &Selector) -> Result<Option<Descriptor>> {
        let reference = self.reference(at)?;
        self.ask(at.digest().is_some(), |remote| remote.resolve(&reference), Option::is_some).map_err(self.error(at))
    }

    fn manifest(&self, at: &Selector) -> Result<Manifest> {
        let wanted = match at {
            Selector::Descriptor(descriptor) => Some(&**descriptor),
            _ => None,
        };
        let reference = self.reference(at)?;
        let manifest = self.ask(at.digest().is_some(), |remote| remote.manifest(&reference, wanted), |_| true);
        manifest.map_err(self.error(at))
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
        // A registry that does not know `last` (distribution before version 3) starts from the first tag.
        Ok(Tags { next: page.next, ..Tags::behind(page.items, after) })
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        if let Some(referrers) = self.remote.referrers(subject).map_err(self.error("referrers"))? {
            return Ok(referrers);
        }
        let at = Selector::Tag(referrers_tag(subject));
        match self.manifest(&at) {
            Ok(list) if list.lists_referrers_of(subject) => Ok(list.children().to_vec()),
            Ok(other) => {
                let what = if other.digest() == subject { "the image itself" } else { "no list of referrers" };
                self.watch
                    .note(&format!("the tag {} in {self} names {what}; it is passed over", referrers_tag(subject)));
                Ok(Vec::new())
            }
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    #[cfg(feature = "openpgp")]
    fn signatures(&self, image: &Digest) -> Result<Option<Vec<super::KeptSignature>>> {
        let listed = self.remote.signatures(image).map_err(self.error("signatures"))?;
        let place = format!("{self}, signatures");
        let kept = |content: Vec<u8>| super::KeptSignature {
            place: place.clone(),
            // As a file says that it has such a signature, whatever it begins with.
            content: [b"\0simple-signing\n", &content[..]].concat(),
        };
        Ok(listed.map(|listed| listed.into_iter().map(kept).collect()))
    }

    fn origin(&self) -> Option<&Origin> {
        Some(&self.origin)
    }
}

impl Transport for Registry {
    fn listed(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        let listed = match self.remote.referrers(subject) {
            Ok(Some(listed)) => Ok(listed),
            Ok(None) => self.remote.listed_under_tag(subject),
            // Harbor up to version 2.7 and others do not know the path, and say so in this way.
            Err(error) if error.is_refusal() => self.remote.listed_under_tag(subject),
            Err(error) => Err(error),
        };
        listed.map_err(self.error("referrers"))
    }

    fn has_blob(&self, blob: &Descriptor) -> Result<bool> {
        self.remote.has_blob(&blob.digest, blob.size).map_err(self.error("blob"))
    }

    fn put_blob(&self, mut blob: Blob<'_>, from: Option<&Origin>) -> Result<Outcome> {
        let spool = self.spool(&blob, from);
        let from = from.filter(|from| from.registry == self.origin.registry).map(|from| from.repository.as_str());
        let what = format!("repository for blob {}", blob.descriptor().digest);
        let Some(spool) = spool else {
            return self.remote.put_blob(&mut blob, from).map_err(self.error(what));
        };
        let mut blob = spool.wrap(blob);
        let mut result = self.remote.put_blob(&mut blob, from);
        // What an earlier run left may be what is wrong; from the start, only the source can be.
        if matches!(&result, Err(registry::Error::Content(fault)) if fault.is_mismatch()) && spool.discard() {
            blob.rewind();
            result = self.remote.put_blob(&mut blob, from);
        }
        if result.is_ok() {
            spool.discard();
        }
        result.map_err(self.error(what))
    }

    fn put_manifest(&self, at: &Selector, manifest: &Manifest) -> Result<()> {
        let reference = self.reference(at)?;
        let put = self.remote.put_manifest(&reference, manifest).map_err(self.error(at))?;
        match manifest.subject() {
            Some(subject) => self
                .remote
                .list_referrer(&subject.digest, manifest.as_referrer(), put)
                .map_err(self.error(format_args!("referrers of {}", subject.digest))),
            None => Ok(()),
        }
    }

    fn update(&self, tag: &str, change: &Change<'_>) -> Result<Option<Manifest>> {
        let updated = self.remote.update(tag, change);
        updated.map(|updated| updated.there).map_err(|error| match error {
            Error::Registry(error) => self.error(format_args!("tag {tag}"))(error),
            error => error,
        })
    }

    fn exchange(&self, tag: &str, expected: Option<&Digest>, manifest: &Manifest) -> Result<bool> {
        if manifest.subject().is_some() {
            self.put_manifest(&Selector::Digest(manifest.digest().clone()), manifest)?;
        }
        self.remote.exchange(tag, expected, manifest).map_err(self.error(format_args!("tag {tag}")))
    }

    fn complete(&self, at: &Selector) -> Result<Option<Descriptor>> {
        self.remote.stands(&self.reference(at)?).map_err(self.error(at))
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

#[cfg(test)]
mod tests;
