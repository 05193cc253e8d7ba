//! What refers to a manifest, and what refers to that.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Error, Result};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::{Manifest, digest_tags};
use crate::media_type::MediaType;
use crate::transport::{self, Selector, Source};
use crate::watch::Watch;

/// How far referrers of referrers are followed; longer chains are an attack.
const MAX_DEPTH: usize = 16;
/// The most manifests that are listed.
const MAX_NODES: usize = 20_000;

/// A manifest that refers to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Node {
    /// The manifest, with its own artifact type and annotations. Of what cosign keeps under a tag, the artifact type is the media type of
    /// the first layer, for it has none.
    #[serde(flatten)]
    pub descriptor: Descriptor,
    /// The tag that it is known by (`sha256-….sig`), if that is how it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The types of what it states, where it is one of BuildKit's attestations.
    #[serde(rename = "predicateTypes", skip_serializing_if = "Vec::is_empty")]
    pub predicate_types: Vec<String>,
    /// What refers to it.
    pub referrers: Vec<Node>,
}

impl Node {
    fn new(descriptor: Descriptor, tag: Option<String>) -> Self {
        Self { descriptor, tag, predicate_types: Vec::new(), referrers: Vec::new() }
    }
}

/// The annotation with the image that one of BuildKit's attestations is of, in the index that has both.
const OF: &str = "vnd.docker.reference.digest";
/// The annotation of a layer with the type of what it states.
const PREDICATE_TYPE: &str = "in-toto.io/predicate-type";

/// What of a tree is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Only those of this type refer to the subject itself; whatever refers to them is there, too.
    pub artifact_type: Option<&'a str>,
    /// The most levels; all without.
    pub depth: Option<usize>,
}

/// Lists what refers to `subject`, by the place's list and under cosign's tags, in the place's order.
///
/// A list may be wrong about types and annotations (cosign's are): where it says nothing of use, the manifest is asked.
///
/// # Errors
/// When the place cannot tell; [`Error::TooMany`].
pub fn tree(source: &dyn Source, subject: &Digest, wanted: &Wanted<'_>, watch: &Watch) -> Result<Vec<Node>> {
    let seen = BTreeSet::from([subject.clone()]);
    let mut walk = Walk { source, root: subject, wanted, watch, seen };
    walk.below(subject, 0)
}

/// Lists what BuildKit attests in an index: of the image with the digest `of`, or of all its images. Nothing refers to the index there; its
/// entries say what they are of.
///
/// One that says that it is of an image which the index does not have is left out with a note.
///
/// # Errors
/// When the place cannot tell; [`Error::TooMany`].
pub fn attestations(source: &dyn Source, index: &Manifest, of: Option<&Digest>, watch: &Watch) -> Result<Vec<Node>> {
    let images: BTreeSet<String> =
        index.children().iter().filter(|child| !child.is_attestation()).map(|child| child.digest.to_string()).collect();
    let mut nodes = Vec::new();
    for entry in index.children().iter().filter(|child| child.is_attestation()) {
        let Some(own) = entry.annotations.get(OF).filter(|own| of.is_none_or(|of| **own == of.to_string())) else {
            continue;
        };
        if !images.contains(own) {
            watch.note(&format!("{} is of {own:?}, which the index does not have; left out", entry.digest));
            continue;
        }
        if nodes.len() == MAX_NODES {
            return Err(Error::TooMany { digest: index.digest().clone(), limit: MAX_NODES });
        }
        watch.check()?;
        let manifest = source.manifest(&entry.clone().into())?;
        let stated = manifest.blobs().into_iter().filter_map(|layer| layer.annotations.get(PREDICATE_TYPE));
        let predicate_types = stated.cloned().collect();
        let mut descriptor = describe_tagged(&manifest);
        descriptor.annotations = entry.annotations.clone();
        nodes.push(Node { predicate_types, ..Node::new(descriptor, None) });
    }
    Ok(nodes)
}

struct Walk<'a> {
    source: &'a dyn Source,
    root: &'a Digest,
    wanted: &'a Wanted<'a>,
    watch: &'a Watch,
    seen: BTreeSet<Digest>,
}

impl Walk<'_> {
    fn below(&mut self, subject: &Digest, depth: usize) -> Result<Vec<Node>> {
        if self.wanted.depth.is_some_and(|most| depth >= most) {
            return Ok(Vec::new());
        }
        self.watch.check()?;
        let mut nodes = self.listed(subject)?;
        nodes.extend(self.tagged(subject)?);
        if let (0, Some(kind)) = (depth, self.wanted.artifact_type) {
            nodes.retain(|node| node.descriptor.artifact_type.as_deref() == Some(kind));
        }
        if self.seen.len() > MAX_NODES || (depth == MAX_DEPTH && !nodes.is_empty()) {
            return Err(Error::TooMany { digest: self.root.clone(), limit: MAX_NODES });
        }
        for node in &mut nodes {
            node.referrers = self.below(&node.descriptor.digest.clone(), depth + 1)?;
        }
        Ok(nodes)
    }

    fn listed(&mut self, subject: &Digest) -> Result<Vec<Node>> {
        let mut nodes = Vec::new();
        for entry in self.source.referrers(subject)? {
            if !self.seen.insert(entry.digest.clone()) {
                continue;
            }
            if let Some(descriptor) = self.describe(subject, entry)? {
                nodes.push(Node::new(descriptor, None));
            }
        }
        for entry in self.source.unlisted_referrers(subject)? {
            if !self.seen.insert(entry.digest.clone()) {
                continue;
            }
            let manifest = self.source.manifest(&Selector::Digest(entry.digest))?;
            let descriptor = match manifest.subject() {
                Some(own) if own.digest == *subject => manifest.as_referrer(),
                // What `cosign save` keeps for the layout's image.
                None if subject == self.root => describe_tagged(&manifest),
                _ => continue,
            };
            nodes.push(Node::new(descriptor, None));
        }
        Ok(nodes)
    }

    /// Completes what a list says; nothing for what it names wrongly.
    fn describe(&self, subject: &Digest, entry: Descriptor) -> Result<Option<Descriptor>> {
        // cosign writes the config's type into the lists under tags, and no annotations.
        let says_nothing = |kind: &str| kind.is_empty() || kind == MediaType::OCI_EMPTY.as_str();
        if entry.artifact_type.as_deref().is_some_and(|kind| !says_nothing(kind)) {
            return Ok(Some(entry));
        }
        let pass_over = |why: &str| {
            self.watch.note(&format!("{} is listed as a referrer of {subject} but {why}; left out", entry.digest));
            Ok(None)
        };
        match self.source.manifest(&Selector::Digest(entry.digest.clone())) {
            Ok(manifest) if manifest.subject().is_none_or(|own| own.digest != *subject) => {
                pass_over("does not refer to it")
            }
            Ok(manifest) => Ok(Some(manifest.as_referrer())),
            Err(error) if error.is_not_found() => pass_over("is not there"),
            Err(error) => Err(error.into()),
        }
    }

    fn tagged(&mut self, subject: &Digest) -> Result<Vec<Node>> {
        let mut nodes = Vec::new();
        for tag in digest_tags(subject) {
            let manifest = match self.source.manifest(&Selector::Tag(tag.clone())) {
                Ok(manifest) => manifest,
                Err(error) if error.is_not_found() => continue,
                // A place without names has none of these.
                Err(transport::Error::Unsupported { .. }) => break,
                Err(error) => return Err(error.into()),
            };
            if self.seen.insert(manifest.digest().clone()) {
                nodes.push(Node::new(describe_tagged(&manifest), Some(tag)));
            }
        }
        Ok(nodes)
    }
}

fn describe_tagged(manifest: &Manifest) -> Descriptor {
    let mut descriptor = manifest.as_referrer();
    let image = manifest.as_image();
    if let Some(layer) = image.filter(|image| image.artifact_type.is_none()).and_then(|image| image.layers.first()) {
        descriptor.artifact_type = Some(layer.media_type.to_string());
    }
    descriptor
}
