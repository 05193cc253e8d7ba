//! Signing: both forms appended to what is there, nothing ever rewritten.
//!
//! The same key, image and annotations give the same bytes, so signing again finds that all is there and writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::classic::{self, SIGNATURE, Signatures};
use super::collect::{MAX_LAYERS, MAX_MANIFEST};
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
#[derive(Clone, Debug)]
pub struct Image {
    /// The image.
    pub digest: Digest,
    /// The manifest under the classic tag, where that form was asked for.
    pub classic: Option<Made>,
    /// The bundle's manifest, where that form was asked for.
    pub bundle: Option<Made>,
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
    let root = find(place, at)?;
    let mut images = Vec::new();
    let mut run = Run { place, key, public: key.public_key(), signing, watch, seen: BTreeSet::new() };
    run.sign(&root, 0, &mut images)?;
    Ok(images)
}

struct Run<'a> {
    place: &'a dyn Transport,
    key: &'a PrivateKey,
    public: PublicKey,
    signing: &'a Signing,
    watch: &'a Watch,
    seen: BTreeSet<Digest>,
}

impl Run<'_> {
    fn sign(&mut self, manifest: &Manifest, depth: usize, images: &mut Vec<Image>) -> Result<()> {
        self.watch.check().map_err(transport::Error::from_read)?;
        if depth > MAX_DEPTH {
            return Err(Error::Depth { digest: manifest.digest().clone() });
        }
        images.push(self.sign_one(manifest)?);
        if !self.signing.recursive {
            return Ok(());
        }
        for child in manifest.children() {
            // What BuildKit attests is no image.
            if child.is_attestation() || !self.seen.insert(child.digest.clone()) {
                continue;
            }
            let child = self.place.manifest(&child.clone().into())?;
            self.sign(&child, depth + 1, images)?;
        }
        Ok(())
    }

    fn sign_one(&self, manifest: &Manifest) -> Result<Image> {
        let digest = manifest.digest().clone();
        let classic = self.signing.classic.then(|| self.sign_classic(&digest)).transpose()?;
        let bundle = self.signing.bundle.then(|| self.sign_bundle(&manifest.descriptor())).transpose()?;
        Ok(Image { digest, classic, bundle })
    }

    fn sign_classic(&self, digest: &Digest) -> Result<Made> {
        let tag = digest_tags(digest).into_iter().find(|tag| tag.ends_with(".sig"));
        let tag = tag.ok_or_else(|| Error::NoTag { digest: digest.clone() })?;
        let identity = self.signing.identity.as_deref().unwrap_or_default();
        let payload = classic::payload(identity, digest, &self.signing.annotations);
        let layer = classic::layer(&payload, &self.key.sign(&payload));
        let is_new = std::cell::Cell::new(false);
        let refused = std::cell::RefCell::new(None);
        let updated = self.place.update(&tag, &|there| match self.append(there, &tag, &layer, &payload) {
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
        payload: &[u8],
    ) -> Result<Option<Manifest>> {
        let occupied = |reason| Error::Occupied { tag: tag.to_owned(), reason };
        let Signatures { manifest, config } = match there {
            None => classic::first(layer)?,
            Some(there) => {
                let image = there.as_image().ok_or_else(|| occupied("it names no image manifest"))?;
                if image.layers.iter().any(|other| self.is_same(other, layer, payload)) {
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
        self.put(layer, payload)?;
        Ok(Some(manifest))
    }

    /// Says whether a layer is this signature, or another of the same key for the same payload.
    fn is_same(&self, other: &Descriptor, layer: &Descriptor, payload: &[u8]) -> bool {
        let signature = other.annotations.get(SIGNATURE).and_then(|text| decode(text));
        other.digest == layer.digest && signature.is_some_and(|signature| self.public.verifies(payload, &signature))
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

    fn sign_bundle(&self, subject: &Descriptor) -> Result<Made> {
        let identity = self.signing.identity.as_deref();
        let payload = statement::signed(identity, &subject.digest, &self.signing.annotations);
        let signature = self.key.sign(&envelope::message(envelope::IN_TOTO, &payload));
        let content = bundle::write(&payload, &signature, &self.public);
        let manifest = bundle::manifest(&content, subject, statement::SIGNED, self.signing.created.as_deref())?;
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
