//! Finding what may be signatures of an image, in every place where they lie.
//!
//! Places: the registry's list of referrers or the index under the referrers tag, the tags `sha256-….sig` and `.att`, and in layouts also
//! what `cosign save` leaves there without listing it. All are looked at always: what is found in one says nothing of the others.

use std::collections::BTreeSet;
use std::fmt;

use super::bundle::{PREDICATE_TYPE, PREFIX};
use super::classic::{PAYLOAD, REFERRER, SIGNATURE};
use super::{Error, Reason};
use crate::blob::Fault;
use crate::class::{Class, Classified};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::{self, Image, Manifest};
use crate::media_type::MediaType;
use crate::transport::{self, Selector, Source};

/// The largest manifest of signatures that is looked at, in bytes.
pub const MAX_MANIFEST: u64 = 4 << 20;
/// The most layers of such a manifest.
pub const MAX_LAYERS: usize = 1000;
/// The most manifests that are looked at because they refer to an image.
pub const MAX_REFERRERS: usize = 1000;
/// The largest signature, in bytes.
pub const MAX_SIGNATURE: u64 = 4 << 20;
/// The largest attestation, in bytes: what cosign's `COSIGN_MAX_ATTACHMENT_SIZE` is by default.
pub const MAX_ATTESTATION: u64 = 128 << 20;

/// The media type of an envelope without a bundle.
pub const ENVELOPE: MediaType = MediaType::from_static("application/vnd.dsse.envelope.v1+json");

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Signatures.
    Signatures,
    /// Attestations.
    Attestations,
}

impl Kind {
    fn suffix(self) -> &'static str {
        match self {
            Self::Signatures => ".sig",
            Self::Attestations => ".att",
        }
    }

    /// Returns how large one may be.
    pub fn limit(self) -> u64 {
        match self {
            Self::Signatures => MAX_SIGNATURE,
            Self::Attestations => MAX_ATTESTATION,
        }
    }
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A payload with its signature in an annotation.
    Classic,
    /// A bundle.
    Bundle,
    /// An envelope without a bundle.
    Envelope,
    /// An OpenPGP message with a payload in it.
    Simple,
}

/// Where a signature was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// Among the referrers.
    Referrers,
    /// Under a tag.
    Tag(String),
    /// In a layout, listed by nothing.
    Unlisted,
    /// In this file, apart from the image's own place, or beside its manifest.
    Lookaside(String),
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Referrers => f.write_str("referrers"),
            Self::Tag(tag) => write!(f, "tag {tag}"),
            Self::Unlisted => f.write_str("layout"),
            Self::Lookaside(file) => f.write_str(file),
        }
    }
}

/// What may be a signature: a layer of a manifest, not fetched yet.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Where it was found.
    pub spot: Spot,
    /// The manifest that it is a layer of, if it is one.
    pub manifest: Option<Digest>,
    /// How it is written.
    pub form: Form,
    /// The layer, or the file.
    pub layer: Descriptor,
    /// What its manifest says of what is stated: nobody's word, and good for messages only.
    pub stated: Option<String>,
}

/// A place that should have had a signature, and has something else.
#[derive(Debug)]
pub struct Broken {
    /// Where.
    pub spot: Spot,
    /// The manifest, where its digest is known.
    pub manifest: Option<Digest>,
    /// What is wrong.
    pub reason: Reason,
}

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Collected {
    /// What may be signatures.
    pub candidates: Vec<Candidate>,
    /// What should be, and cannot.
    pub broken: Vec<Broken>,
    /// What could not be looked at. Unless a signature was found elsewhere, nobody can say that there is none.
    pub troubles: Vec<Error>,
}

/// Looks everywhere for signatures or attestations of the manifest `subject`.
pub fn collect(source: &dyn Source, subject: &Digest, kind: Kind) -> Collected {
    let mut search = Search { source, subject, kind, seen: BTreeSet::new(), found: Collected::default() };
    search.referrers();
    search.tag();
    search.unlisted();
    search.found
}

/// Reads a candidate's content, checked against its descriptor.
///
/// # Errors
/// The reason when the candidate is at fault, the place's error when the place is.
pub fn read(source: &dyn Source, candidate: &Candidate, limit: u64) -> Result<Vec<u8>, ReadError> {
    let mut layer = candidate.layer.clone();
    // A place would ask for the size of what says 0, and inline content is nobody's word.
    if layer.size == 0 || layer.size > limit {
        return Err(ReadError::Bad(Reason::Size { size: layer.size, limit }));
    }
    (layer.data, layer.urls) = (None, Vec::new());
    let blob = source.blob(&layer).map_err(fault)?;
    blob.read_all(limit).map_err(|error| fault(transport::Error::from_read(error)))
}

/// Why a candidate could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// It is the candidate's fault.
    Bad(Reason),
    /// It is the place's fault: whether the candidate is good is unknown.
    Place(transport::Error),
}

/// Tells content that is wrong from a place that failed.
fn fault(error: transport::Error) -> ReadError {
    match error.class() {
        Class::NotFound => ReadError::Bad(Reason::Missing),
        Class::Verification => ReadError::Bad(Reason::Content),
        _ => match error {
            transport::Error::Manifest { source, .. } => ReadError::Bad(Reason::Manifest(source)),
            transport::Error::Content(Fault::TooLarge { wanted, limit }) => {
                ReadError::Bad(Reason::Size { size: wanted.size, limit })
            }
            error => ReadError::Place(error),
        },
    }
}

struct Search<'a> {
    source: &'a dyn Source,
    subject: &'a Digest,
    kind: Kind,
    seen: BTreeSet<Digest>,
    found: Collected,
}

impl Search<'_> {
    fn referrers(&mut self) {
        match self.source.referrers(self.subject) {
            Ok(listed) => self.look_at_all(&listed, &Spot::Referrers),
            // A place without names has no list.
            Err(transport::Error::Unsupported { .. }) => {}
            Err(error) => {
                self.trouble(error);
                // Whoever could not read the list when signing has kept one under the tag. What is there counts, and proves no absence.
                let spot = Spot::Tag(manifest::referrers_tag(self.subject));
                if let Ok(list) = self.source.manifest(&Selector::Tag(manifest::referrers_tag(self.subject)))
                    && list.lists_referrers_of(self.subject)
                {
                    self.look_at_all(list.children(), &spot);
                }
            }
        }
    }

    /// What refers to the image may be anything, and what a list says of its type is often wrong: the manifests are looked at.
    fn look_at_all(&mut self, listed: &[Descriptor], spot: &Spot) {
        if listed.len() > MAX_REFERRERS {
            self.found.troubles.push(Error::TooMany { digest: self.subject.clone() });
        }
        for entry in listed.iter().take(MAX_REFERRERS) {
            if !self.seen.insert(entry.digest.clone()) {
                continue;
            }
            if entry.size > MAX_MANIFEST {
                let reason = Reason::Size { size: entry.size, limit: MAX_MANIFEST };
                self.broken(spot, Some(&entry.digest), reason);
                continue;
            }
            if let Some(manifest) = self.manifest(&Selector::Digest(entry.digest.clone()), spot) {
                self.referrer(&manifest, spot);
            }
        }
    }

    fn referrer(&mut self, manifest: &Manifest, spot: &Spot) {
        let Some(image) = manifest.as_image() else { return };
        let is_bundle = |layer: &Descriptor| layer.media_type.as_str().starts_with(PREFIX);
        if let [layer] = &*image.layers
            && is_bundle(layer)
        {
            self.candidate(manifest, Form::Bundle, layer, spot);
        } else if self.kind == Kind::Signatures && holds_payloads(image)
            || self.kind == Kind::Attestations && holds_envelopes(image)
        {
            self.layers(manifest, image, spot);
        }
    }

    fn tag(&mut self) {
        let suffix = self.kind.suffix();
        let Some(tag) = manifest::digest_tags(self.subject).into_iter().find(|tag| tag.ends_with(suffix)) else {
            return;
        };
        let spot = Spot::Tag(tag.clone());
        if let Some(manifest) = self.manifest(&Selector::Tag(tag), &spot) {
            self.tagged(&manifest, &spot, 0);
        }
    }

    /// cosign follows an index to the manifests in it.
    fn tagged(&mut self, manifest: &Manifest, spot: &Spot, depth: usize) {
        self.seen.insert(manifest.digest().clone());
        if let Some(image) = manifest.as_image() {
            return self.layers(manifest, image, spot);
        }
        let children = manifest.children();
        if children.is_empty() || depth > 0 || children.len() > MAX_LAYERS {
            return self.broken(spot, Some(manifest.digest()), Reason::NoImage);
        }
        for child in children {
            if let Some(manifest) = self.manifest(&Selector::Digest(child.digest.clone()), spot) {
                self.tagged(&manifest, spot, depth + 1);
            }
        }
    }

    fn layers(&mut self, manifest: &Manifest, image: &Image, spot: &Spot) {
        if image.layers.len() > MAX_LAYERS {
            return self.broken(spot, Some(manifest.digest()), Reason::Layers(image.layers.len()));
        }
        for layer in &image.layers {
            let form = match self.kind {
                _ if layer.media_type == ENVELOPE => Form::Envelope,
                // Earlier tools had other types for envelopes, and cosign looks at none under the tag of attestations.
                Kind::Attestations if matches!(spot, Spot::Tag(_)) && is_other_json(layer) => Form::Envelope,
                _ => Form::Classic,
            };
            match (self.kind, form) {
                (Kind::Signatures, Form::Classic) if !layer.annotations.contains_key(SIGNATURE) => {
                    self.broken(spot, Some(manifest.digest()), Reason::Unsigned);
                }
                (Kind::Signatures, Form::Classic) | (Kind::Attestations, Form::Envelope) => {
                    self.candidate(manifest, form, layer, spot);
                }
                // The one is no signature, the other no attestation.
                _ => {}
            }
        }
    }

    fn unlisted(&mut self) {
        match self.source.unlisted_referrers(self.subject) {
            Ok(found) => self.look_at_all(&found, &Spot::Unlisted),
            Err(error) => self.trouble(error),
        }
    }

    /// Reads a manifest; nothing when there is none, or none that could be read.
    fn manifest(&mut self, at: &Selector, spot: &Spot) -> Option<Manifest> {
        match self.source.manifest(at) {
            Ok(manifest) if manifest.raw().len() as u64 > MAX_MANIFEST => {
                let reason = Reason::Size { size: manifest.raw().len() as u64, limit: MAX_MANIFEST };
                self.broken(spot, Some(manifest.digest()), reason);
                None
            }
            Ok(manifest) => Some(manifest),
            Err(transport::Error::Unsupported { .. }) => None,
            Err(error) => {
                match fault(error) {
                    // A tag that is not there is what an unsigned image looks like; so is a list that outlived what it names.
                    ReadError::Bad(Reason::Missing) => {}
                    ReadError::Bad(reason) => self.broken(spot, at.digest(), reason),
                    ReadError::Place(error) => self.trouble(error),
                }
                None
            }
        }
    }

    fn candidate(&mut self, manifest: &Manifest, form: Form, layer: &Descriptor, spot: &Spot) {
        let stated = manifest.as_image().and_then(|image| image.annotations.get(PREDICATE_TYPE).cloned());
        let (spot, layer, manifest) = (spot.clone(), layer.clone(), Some(manifest.digest().clone()));
        self.found.candidates.push(Candidate { spot, manifest, form, layer, stated });
    }

    fn broken(&mut self, spot: &Spot, manifest: Option<&Digest>, reason: Reason) {
        self.found.broken.push(Broken { spot: spot.clone(), manifest: manifest.cloned(), reason });
    }

    fn trouble(&mut self, source: transport::Error) {
        self.found.troubles.push(Error::Unknown { digest: self.subject.clone(), source: Box::new(source) });
    }
}

/// Says whether a layer may hold JSON that is neither a classic signature's payload nor a bundle.
fn is_other_json(layer: &Descriptor) -> bool {
    let kind = layer.media_type.as_str();
    layer.media_type != PAYLOAD && !kind.starts_with(PREFIX) && kind.ends_with("json")
}

/// Says whether a manifest that refers to an image holds attestations without a bundle.
fn holds_envelopes(image: &Image) -> bool {
    image.layers.iter().any(|layer| layer.media_type == ENVELOPE)
}

/// Says whether a manifest that refers to an image holds classic signatures.
fn holds_payloads(image: &Image) -> bool {
    let kind = REFERRER;
    image.config.media_type == kind
        || image.artifact_type.as_deref() == Some(kind.as_str())
        || image.layers.iter().any(|layer| layer.media_type == PAYLOAD)
}
