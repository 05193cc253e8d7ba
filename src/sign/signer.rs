//! Signing: both forms appended to what is there, nothing ever rewritten.
//!
//! The same key, image and annotations give the same bytes, so signing again finds that all is there and writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::value::RawValue;

use super::classic::{self, SIGNATURE, Signatures};
use super::collect::{ENVELOPE, MAX_ATTESTATION, MAX_LAYERS, MAX_MANIFEST};
use super::encoding::decode;
use super::key::{PrivateKey, PublicKey};
use super::verify::find;
use super::{Error, Result, bundle, envelope, statement};
use crate::artifact::{self, Artifact, Made};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::{Manifest, digest_tags};
use crate::media_type::MediaType;
use crate::transport::{self, MAX_DEPTH, Selector, Transport};
use crate::watch::Watch;

/// How to sign.
#[derive(Clone, Debug)]
pub struct Signing {
    /// Whether to write the classic form, which cosign 2, skopeo and podman read.
    pub classic: bool,
    /// Whether to write the bundle, which cosign 3 looks at first.
    pub bundle: bool,
    /// The name that the image is signed under; none where it has none.
    pub identity: Option<String>,
    /// What else is claimed.
    pub annotations: BTreeMap<String, String>,
    /// When the bundle was made (RFC 3339). Without it nothing is said, and signing again is a no-op at any time.
    pub created: Option<String>,
    /// Whether to sign what is below an index, too.
    pub recursive: bool,
}

/// What was signed.
#[derive(Clone, Debug, Serialize)]
pub struct Image {
    /// The image.
    pub digest: Digest,
    /// The manifest under the classic tag, where that form was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classic: Option<Made>,
    /// The bundle's manifest, where that form was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Made>,
}

/// What to attest, and how.
#[derive(Clone, Debug)]
pub struct Attesting {
    /// Whether to write an envelope under the tag of attestations, which cosign 2 reads.
    pub classic: bool,
    /// Whether to write a bundle, which cosign 3 looks at first.
    pub bundle: bool,
    /// The name of the image; none where it has none.
    pub name: Option<String>,
    /// The type of what is stated.
    pub predicate_type: String,
    /// What is stated.
    pub predicate: Box<RawValue>,
    /// When the bundle was made (RFC 3339), as in [`Signing::created`].
    pub created: Option<String>,
    /// Whether to state it of what is below an index, too.
    pub recursive: bool,
}

/// Signs an image, and with [`Signing::recursive`] what is below it. The place's `finish` is left to the caller.
///
/// # Errors
/// [`Error::Image`] when there is no such image; others when the place fails. What was signed before then stays signed.
pub fn sign(
    place: &dyn Transport,
    at: &Selector,
    key: &PrivateKey,
    signing: &Signing,
    watch: &Watch,
) -> Result<Vec<Image>> {
    let run = Run { place, key, public: key.public_key(), watch };
    run.all(at, signing.recursive, &|manifest| run.sign(manifest, signing))
}

/// States something of an image, and with [`Attesting::recursive`] of what is below it. The place's `finish` is left to the caller.
///
/// # Errors
/// [`Error::Image`] when there is no such image, [`Error::Predicate`] when it is too large for anybody to verify, others when the place
/// fails. What was attested before then stays attested.
pub fn attest(
    place: &dyn Transport,
    at: &Selector,
    key: &PrivateKey,
    attesting: &Attesting,
    watch: &Watch,
) -> Result<Vec<Image>> {
    let run = Run { place, key, public: key.public_key(), watch };
    run.all(at, attesting.recursive, &|manifest| run.attest(manifest, attesting))
}

struct Run<'a> {
    place: &'a dyn Transport,
    key: &'a PrivateKey,
    public: PublicKey,
    watch: &'a Watch,
}

/// What is done to each image.
type Work<'a> = dyn Fn(&Manifest) -> Result<Image> + 'a;

impl Run<'_> {
    fn all(&self, at: &Selector, recursive: bool, work: &Work<'_>) -> Result<Vec<Image>> {
        let root = find(self.place, at)?;
        let mut images = Vec::new();
        self.each(&root, 0, recursive, work, &mut BTreeSet::new(), &mut images)?;
        Ok(images)
    }

    fn each(
        &self,
        manifest: &Manifest,
        depth: usize,
        recursive: bool,
        work: &Work<'_>,
        seen: &mut BTreeSet<Digest>,
        images: &mut Vec<Image>,
    ) -> Result<()> {
        self.watch.check().map_err(transport::Error::from)?;
        if depth > MAX_DEPTH {
            return Err(Error::Depth { digest: manifest.digest().clone() });
        }
        images.push(work(manifest)?);
        if !recursive {
            return Ok(());
        }
        for child in manifest.children() {
            // What BuildKit attests is no image.
            if child.is_attestation() || !seen.insert(child.digest.clone()) {
                continue;
            }
            let child = self.place.manifest(&child.clone().into())?;
            self.each(&child, depth + 1, recursive, work, seen, images)?;
        }
        Ok(())
    }

    fn sign(&self, manifest: &Manifest, signing: &Signing) -> Result<Image> {
        let digest = manifest.digest().clone();
        let classic = signing.classic.then(|| {
            let identity = signing.identity.as_deref().unwrap_or_default();
            let payload = classic::payload(identity, &digest, &signing.annotations);
            let layer = classic::layer(&payload, &self.key.sign(&payload));
            self.put_layer(&digest, ".sig", &layer, &payload)
        });
        let classic = classic.transpose()?;
        let bundle = signing.bundle.then(|| {
            let payload = statement::signed(signing.identity.as_deref(), &digest, &signing.annotations);
            self.put_bundle(&manifest.descriptor(), &payload, statement::SIGNED, signing.created.as_deref())
        });
        Ok(Image { digest, classic, bundle: bundle.transpose()? })
    }

    fn attest(&self, manifest: &Manifest, attesting: &Attesting) -> Result<Image> {
        let digest = manifest.digest().clone();
        let Attesting { predicate_type, predicate, .. } = attesting;
        let payload = statement::attested(attesting.name.as_deref(), &digest, predicate_type, predicate);
        let classic = attesting.classic.then(|| {
            let signature = self.key.sign(&envelope::message(envelope::IN_TOTO, &payload));
            let envelope = envelope::write(&payload, &signature).into_bytes();
            self.put_layer(&digest, ".att", &classic::attestation(&envelope, predicate_type), &envelope)
        });
        let classic = classic.transpose()?;
        let bundle = attesting
            .bundle
            .then(|| self.put_bundle(&manifest.descriptor(), &payload, predicate_type, attesting.created.as_deref()));
        Ok(Image { digest, classic, bundle: bundle.transpose()? })
    }

    /// Adds a layer to the manifest under one of the tags of a digest.
    fn put_layer(&self, digest: &Digest, suffix: &str, layer: &Descriptor, content: &[u8]) -> Result<Made> {
        check_size(content)?;
        let tag = digest_tags(digest).into_iter().find(|tag| tag.ends_with(suffix));
        let tag = tag.ok_or_else(|| Error::NoTag { digest: digest.clone() })?;
        let is_new = std::cell::Cell::new(false);
        let refused = std::cell::RefCell::new(None);
        let updated = self.place.update(&tag, &|there| match self.append(there, &tag, layer, content) {
            Ok(Some(manifest)) => {
                is_new.set(true);
                Ok(Some(manifest))
            }
            Ok(None) => Ok(None),
            Err(Error::Place(error)) => Err(error),
            Err(error) => {
                refused.replace(Some(error));
                Err(transport::Error::Cancelled(crate::watch::Cancelled))
            }
        });
        if let Some(error) = refused.take() {
            return Err(error);
        }
        let manifest = updated?.ok_or(Error::Occupied { tag, reason: "it was deleted meanwhile" })?;
        Ok(Made { manifest: manifest.digest().clone(), is_new: is_new.get() })
    }

    /// Returns the manifest with the signature in it; nothing when it has it. Everything that the manifest needs is put first.
    fn append(
        &self,
        there: Option<&Manifest>,
        tag: &str,
        layer: &Descriptor,
        content: &[u8],
    ) -> Result<Option<Manifest>> {
        let occupied = |reason| Error::Occupied { tag: tag.to_owned(), reason };
        let Signatures { manifest, config } = match there {
            None => classic::first(layer)?,
            Some(there) => {
                let image = there.as_image().ok_or_else(|| occupied("it names no image manifest"))?;
                if image.layers.iter().any(|other| self.is_same(other, layer, content)) {
                    return Ok(None);
                }
                if image.layers.len() >= MAX_LAYERS {
                    return Err(occupied("it has as many signatures as are looked at"));
                }
                let config = self.config(&image.config)?;
                let appended = classic::append(there, config.as_deref(), layer)?;
                appended.ok_or_else(|| occupied("it names no image manifest"))?
            }
        };
        let config_type = manifest.as_image().map_or(MediaType::OCI_CONFIG, |image| image.config.media_type.clone());
        self.put(&Descriptor::of(config_type, &config), &config)?;
        self.put(layer, content)?;
        Ok(Some(manifest))
    }

    /// Says whether a layer is this one, or another signature of the same key for the same payload.
    fn is_same(&self, other: &Descriptor, layer: &Descriptor, content: &[u8]) -> bool {
        if other.digest != layer.digest {
            return false;
        }
        if layer.media_type == ENVELOPE {
            // It has its signature inside.
            return other.media_type == ENVELOPE;
        }
        let signature = other.annotations.get(SIGNATURE).and_then(|text| decode(text));
        signature.is_some_and(|signature| self.public.verifies(content, &signature))
    }

    /// Reads a config; nothing when it is not there, too large or wrong.
    fn config(&self, descriptor: &Descriptor) -> Result<Option<Vec<u8>>> {
        let blob = match self.place.blob(descriptor) {
            Ok(blob) => blob,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match blob.read_all(MAX_MANIFEST).map_err(transport::Error::from_read) {
            Ok(config) => Ok(Some(config)),
            Err(error) if error.is_not_found() || error.fault().is_some_and(|fault| fault.is_mismatch()) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Signs a statement and refers to the image with it.
    fn put_bundle(
        &self,
        subject: &Descriptor,
        payload: &[u8],
        predicate_type: &str,
        created: Option<&str>,
    ) -> Result<Made> {
        let signature = self.key.sign(&envelope::message(envelope::IN_TOTO, payload));
        let content = bundle::write(payload, &signature, &self.public);
        check_size(&content)?;
        let manifest = bundle::manifest(&content, subject, predicate_type, created)?;
        let artifact = Artifact::of_bytes(manifest, [&content[..], bundle::EMPTY]);
        Ok(artifact::attach(self.place, &artifact, self.watch)?)
    }

    fn put(&self, descriptor: &Descriptor, content: &[u8]) -> Result<()> {
        let mut bare = descriptor.clone();
        bare.annotations.clear();
        let blob = Blob::from_bytes(bare, content).map_err(transport::Error::from)?;
        // What is there already is as good as what is sent.
        let _outcome = self.place.put_blob(blob, None)?;
        Ok(())
    }
}

/// What nobody would read is not written.
fn check_size(content: &[u8]) -> Result<()> {
    if content.len() as u64 > MAX_ATTESTATION {
        let reason = format!("with its signature it has more than {} MiB", MAX_ATTESTATION >> 20);
        return Err(Error::Predicate { reason });
    }
    Ok(())
}
