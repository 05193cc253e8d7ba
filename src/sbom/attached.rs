//! Lists of packages that travel with an image: BuildKit's attestations, and referrers.
//!
//! BuildKit puts a manifest beside the image into its index, whose blobs are in-toto statements:
//! <https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md>. Referrers have the document itself as their blob,
//! or such a statement, alone or in the bundle of an attestation; under the tags `sha256-….att` and `sha256-….sbom` lies what cosign attached
//! before there were referrers. A statement counts only when it is about this image, or about the index that has it. Nobody's signature is looked at here: `verify-attestation` does that.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::class::{Class, Classified, Diagnosis};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::{Manifest, digest_tags};
use crate::transport::{self, MAX_DEPTH, Selector, Source};

/// The largest document that is read.
const MAX_SIZE: u64 = 256 * 1024 * 1024;
const IN_TOTO: &str = "application/vnd.in-toto+json";
const PREDICATE: &str = "in-toto.io/predicate-type";
/// What the media type of sigstore's bundles begins with.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";
/// The annotation of a bundle's manifest that says what is stated.
const BUNDLED: &str = "dev.sigstore.bundle.predicateType";
/// The media type of cosign's older attestations, and the annotation that says what they state.
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
const ENVELOPED: &str = "predicateType";
/// What the types of signatures begin with.
const SIGNATURES: [&str; 2] = ["application/vnd.dev.cosign.artifact.sig", "application/vnd.cncf.notary"];
/// The most referrers of one manifest that are looked at.
const MAX_REFERRERS: usize = 1000;
/// The most layers of a manifest of attestations that are looked at.
const MAX_LAYERS: usize = 1000;

/// A result about what is attached.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong with what is attached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The place failed, or the content is not what its descriptor says.
    #[error(transparent)]
    Place(#[from] transport::Error),
    /// The blob is no in-toto statement.
    #[error("attestation {digest} is no in-toto statement")]
    Statement {
        /// The blob.
        digest: Digest,
        /// Why.
        source: serde_json::Error,
    },
    /// The statement is about something else.
    #[error("attestation {digest} is not about {image}")]
    Subject {
        /// The blob.
        digest: Digest,
        /// The image it lies beside.
        image: Digest,
    },
}

impl Classified for Error {
    fn diagnosis(&self) -> Diagnosis<'_> {
        match self {
            Self::Place(error) => error.diagnosis(),
            Self::Statement { .. } => Class::Failed.into(),
            Self::Subject { .. } => Class::Verification.into(),
        }
    }
}

/// The family of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Format {
    /// SPDX.
    Spdx,
    /// CycloneDX.
    CycloneDx,
}

/// A document that travels with an image.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attached {
    /// The family.
    pub format: Format,
    /// The blob that has it.
    pub blob: Descriptor,
    /// What it is about: the image, or the index that has it.
    pub subject: Digest,
    /// What is around it in the blob.
    wrapping: Wrapping,
}

/// What is around a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrapping {
    Nothing,
    Statement,
    Envelope,
    Bundle,
}

/// Lists the documents that travel with an image, which was found at `at`: first those about the image, then those about the index that it
/// was found by. What BuildKit attached comes first, then referrers in the order of the place, then what lies under cosign's tags.
///
/// # Errors
/// When the place fails.
pub fn attached(source: &dyn Source, at: &Selector, image: &Digest) -> Result<Vec<Attached>> {
    let mut found = Vec::new();
    let top = source.manifest(at)?;
    for manifest in attestations(source, &top, image, 0)? {
        collect(&source.manifest(&Selector::from(manifest))?, image, &mut found);
    }
    collect_about(source, image, &mut found)?;
    if top.digest() != image {
        collect_about(source, top.digest(), &mut found)?;
    }
    Ok(found)
}

/// Adds what refers to a manifest, and what lies under its tags.
fn collect_about(source: &dyn Source, subject: &Digest, found: &mut Vec<Attached>) -> Result<()> {
    for referrer in source.referrers(subject)?.into_iter().filter(may_have).take(MAX_REFERRERS) {
        let manifest = source.manifest(&Selector::from(referrer))?;
        // A list of referrers is only a list; the referrer itself says what it refers to.
        if manifest.subject().is_some_and(|own| own.digest == *subject) {
            collect(&manifest, subject, found);
        }
    }
    for tag in digest_tags(subject).into_iter().filter(|tag| tag.ends_with(".att") || tag.ends_with(".sbom")) {
        match source.manifest(&Selector::Tag(tag)) {
            Ok(manifest) => collect(&manifest, subject, found),
            Err(transport::Error::Unsupported { .. }) => {}
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

impl Attached {
    /// Reads the document. Its digest has been verified, and of a statement the subject.
    ///
    /// # Errors
    /// When it cannot be read, or is about something else than [`subject`](Self::subject).
    pub fn read(&self, source: &dyn Source) -> Result<Vec<u8>> {
        let blob = source.blob(&self.blob)?;
        let content = blob.read_all(MAX_SIZE).map_err(transport::Error::from_read)?;
        let digest = self.blob.digest.clone();
        let malformed = |source| Error::Statement { digest: digest.clone(), source };
        let content = match self.wrapping {
            Wrapping::Nothing => return Ok(content),
            Wrapping::Statement => content,
            Wrapping::Envelope => payload(serde_json::from_slice(&content).map_err(malformed)?).map_err(malformed)?,
            Wrapping::Bundle => {
                let bundle: Bundle = serde_json::from_slice(&content).map_err(malformed)?;
                payload(bundle.dsse_envelope).map_err(malformed)?
            }
        };
        let statement: Statement<'_> = serde_json::from_slice(&content).map_err(malformed)?;
        let text = self.subject.to_string();
        let (algorithm, hex) = text.split_once(':').unwrap_or_default();
        if !statement.subject.iter().any(|subject| subject.digest.get(algorithm).is_some_and(|own| own == hex)) {
            return Err(Error::Subject { digest, image: self.subject.clone() });
        }
        let predicate = statement.predicate.get().trim();
        // What is no JSON is stated as a string.
        match serde_json::from_str::<String>(predicate) {
            Ok(text) => Ok(text.into_bytes()),
            Err(_) => Ok(format!("{predicate}\n").into_bytes()),
        }
    }
}

/// Takes the payload out of an envelope.
fn payload(envelope: Envelope) -> Result<Vec<u8>, serde_json::Error> {
    STANDARD.decode(envelope.payload).map_err(serde::de::Error::custom)
}

/// The part of DSSE's envelope that says something.
#[derive(Deserialize)]
struct Envelope {
    payload: String,
}

/// The part of sigstore's bundle that says something.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    dsse_envelope: Envelope,
}

/// in-toto attestation framework, "Statement": <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>.
#[derive(Deserialize)]
struct Statement<'a> {
    subject: Vec<StatementSubject>,
    #[serde(borrow)]
    predicate: &'a RawValue,
}

#[derive(Deserialize)]
struct StatementSubject {
    #[serde(default)]
    digest: std::collections::BTreeMap<String, String>,
}

/// Finds the manifests that BuildKit has put beside the image.
fn attestations(source: &dyn Source, index: &Manifest, image: &Digest, depth: usize) -> Result<Vec<Descriptor>> {
    let about = |child: &&Descriptor| {
        child.is_attestation()
            && child.annotations.get("vnd.docker.reference.digest").is_some_and(|about| *about == image.to_string())
    };
    let mut found: Vec<Descriptor> = index.children().iter().filter(about).cloned().collect();
    if found.is_empty() && depth < MAX_DEPTH {
        for nested in index.children().iter().filter(|child| child.media_type.is_index()) {
            found = attestations(source, &source.manifest(&Selector::from(nested.clone()))?, image, depth + 1)?;
            if !found.is_empty() {
                break;
            }
        }
    }
    Ok(found)
}

/// Says whether a referrer may be a document about packages, as far as the list of referrers tells: the type of a layer counts, too, so only
/// what is known to be something else is not.
fn may_have(referrer: &Descriptor) -> bool {
    if referrer.media_type.is_index() {
        return false;
    }
    let Some(kind) = &referrer.artifact_type else { return true };
    if let Some(predicate) = referrer.annotations.get(BUNDLED) {
        return format(predicate).is_some();
    }
    !SIGNATURES.iter().any(|start| kind.starts_with(start))
}

fn collect(manifest: &Manifest, subject: &Digest, found: &mut Vec<Attached>) {
    let bundled = manifest.as_image().and_then(|image| image.annotations.get(BUNDLED));
    for blob in manifest.blobs().into_iter().take(MAX_LAYERS) {
        let media_type = blob.media_type.to_string();
        let (wrapping, kind) = match media_type.as_str() {
            IN_TOTO => (Wrapping::Statement, blob.annotations.get(PREDICATE).cloned()),
            ENVELOPE => (Wrapping::Envelope, blob.annotations.get(ENVELOPED).cloned()),
            other if other.starts_with(BUNDLE) => (Wrapping::Bundle, bundled.cloned()),
            _ => (Wrapping::Nothing, Some(media_type)),
        };
        if let Some(format) = kind.as_deref().and_then(format) {
            found.push(Attached { format, blob: blob.clone(), subject: subject.clone(), wrapping });
        }
    }
}

/// Tells the family by a media type or by the type of a predicate.
fn format(kind: &str) -> Option<Format> {
    const SPDX: [&str; 3] = ["application/spdx", "text/spdx", "https://spdx.dev/Document"];
    const CYCLONE_DX: [&str; 2] = ["application/vnd.cyclonedx", "https://cyclonedx.org/"];
    if SPDX.iter().any(|start| kind.starts_with(start)) {
        Some(Format::Spdx)
    } else if CYCLONE_DX.iter().any(|start| kind.starts_with(start)) {
        Some(Format::CycloneDx)
    } else {
        None
    }
}
