//! What stands before a copy: somebody who decides whether the image may be copied at all.

use std::collections::BTreeSet;
use std::error;
use std::fmt;

use crate::class::Diagnosis;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::Manifest;
use crate::transport::{MAX_DEPTH, Source};
use crate::watch::Watch;

/// Decides whether an image may be copied.
///
/// It is asked before anything is written: about what the name stands for, and about each image in it that is to be copied. What is copied
/// then is what has these digests, whatever becomes of the name meanwhile.
pub trait Gate: fmt::Debug + Send + Sync {
    /// Lets an image pass.
    ///
    /// # Errors
    /// When it may not be copied, or nobody can tell.
    fn admit(&self, source: &dyn Source, image: &Digest, watch: &Watch) -> Result<(), Refusal>;
}

/// Why an image may not be copied.
#[derive(Debug)]
pub struct Refusal {
    /// The kind of failure, and what to do about it where that is known.
    pub diagnosis: Diagnosis<'static>,
    /// Why.
    pub source: Box<dyn error::Error + Send + Sync>,
}

/// Lists what is below an index, each once and attestations aside: the images in it, and indexes between. What is nested deeper than images
/// are is listed and not read.
///
/// # Errors
/// Those of `read`.
pub fn instances<E>(
    index: &Manifest,
    read: &dyn Fn(&Descriptor) -> Result<Manifest, E>,
) -> Result<BTreeSet<Digest>, E> {
    let mut found = BTreeSet::new();
    let mut level = vec![index.clone()];
    for _ in 0..MAX_DEPTH {
        let mut below = Vec::new();
        for child in level.iter().flat_map(Manifest::children) {
            if child.is_attestation() || !found.insert(child.digest.clone()) {
                continue;
            }
            if child.media_type.is_index() {
                below.push(read(child)?);
            }
        }
        level = below;
    }
    Ok(found)
}
