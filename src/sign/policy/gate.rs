//! A policy that stands before a copy, or before a place that is read.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};

use super::Policy;
use crate::blob::Blob;
use crate::class::Classified;
use crate::copy::{Gate, Refusal};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::locks::lock;
use crate::manifest::Manifest;
use crate::transport::{self, Location, Origin, Selector, Source, Tags};
use crate::watch::Watch;

/// Lets the image at a location be copied when a policy accepts it.
#[derive(Clone, Debug)]
pub struct Guard {
    policy: Arc<Policy>,
    location: Location,
}

impl Guard {
    /// Makes a guard for the image at `location`.
    pub fn new(policy: Arc<Policy>, location: Location) -> Self {
        Self { policy, location }
    }
}

impl Gate for Guard {
    fn admit(&self, source: &dyn Source, image: &Digest, watch: &Watch) -> Result<(), Refusal> {
        match self.policy.verify_digest(&self.location, source, image, watch) {
            Ok(_) => Ok(()),
            Err(error) => Err(Refusal { diagnosis: error.diagnosis().into_owned(), source: Box::new(error) }),
        }
    }
}

/// A place in which an image can be read only if a policy accepts it.
///
/// What the location names is verified when it is first read, and stays what it was then, whatever becomes of the name; each image in an
/// index when it is. What is no image of the location, such as what refers to it, is read as it is.
pub struct Guarded {
    source: Box<dyn Source>,
    policy: Arc<Policy>,
    location: Location,
    watch: Watch,
    known: Mutex<Known>,
}

/// What was read of the image.
#[derive(Default)]
struct Known {
    root: Option<Manifest>,
    /// The images in indexes that were accepted.
    below: HashSet<Digest>,
    accepted: HashSet<Digest>,
}

impl Guarded {
    /// Puts a policy before the image at `location`, which is in `source`.
    pub fn new(source: Box<dyn Source>, policy: Arc<Policy>, location: Location, watch: Watch) -> Self {
        Self { source, policy, location, watch, known: Mutex::default() }
    }

    /// Reads what the location names, the first time with the policy.
    fn root(&self) -> transport::Result<Manifest> {
        // Held while it is verified, so that all readers see the same image.
        let mut known = lock(&self.known);
        if let Some(root) = &known.root {
            return Ok(root.clone());
        }
        let root = self.source.manifest(&self.location.at)?;
        self.accept(&root, &mut known)?;
        known.root = Some(root.clone());
        Ok(root)
    }

    fn accept(&self, image: &Manifest, known: &mut Known) -> transport::Result<()> {
        if known.accepted.contains(image.digest()) {
            return Ok(());
        }
        let verdict = self.policy.verify_digest(&self.location, &*self.source, image.digest(), &self.watch);
        verdict
            .map_err(|error| transport::Error::Policy { what: self.location.to_string(), reason: Box::new(error) })?;
        known.accepted.insert(image.digest().clone());
        let images = image.children().iter().filter(|child| !child.is_attestation());
        known.below.extend(images.map(|child| child.digest.clone()));
        Ok(())
    }

    fn is_root(&self, at: &Selector) -> bool {
        let known = lock(&self.known);
        let root = known.root.as_ref().map(Manifest::digest);
        *at == self.location.at || at.digest().is_some_and(|digest| Some(digest) == root)
    }
}

impl fmt::Display for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl Source for Guarded {
    fn resolve(&self, at: &Selector) -> transport::Result<Option<Descriptor>> {
        if !self.is_root(at) {
            return self.source.resolve(at);
        }
        match self.root() {
            Ok(root) => Ok(Some(root.descriptor())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn manifest(&self, at: &Selector) -> transport::Result<Manifest> {
        if self.is_root(at) {
            return self.root();
        }
        let manifest = self.source.manifest(at)?;
        let mut known = lock(&self.known);
        if known.below.contains(manifest.digest()) {
            self.accept(&manifest, &mut known)?;
        }
        Ok(manifest)
    }

    fn blob(&self, blob: &Descriptor) -> transport::Result<Blob<'_>> {
        self.source.blob(blob)
    }

    fn tags(&self, after: Option<&str>) -> transport::Result<Tags> {
        self.source.tags(after)
    }

    fn referrers(&self, subject: &Digest) -> transport::Result<Vec<Descriptor>> {
        self.source.referrers(subject)
    }

    fn unlisted_referrers(&self, subject: &Digest) -> transport::Result<Vec<Descriptor>> {
        self.source.unlisted_referrers(subject)
    }

    #[cfg(feature = "openpgp")]
    fn signatures(&self, image: &Digest) -> transport::Result<Option<Vec<transport::KeptSignature>>> {
        self.source.signatures(image)
    }

    fn origin(&self) -> Option<&Origin> {
        self.source.origin()
    }
}
