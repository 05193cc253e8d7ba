//! Writing a signature: a layer more under the tag of the classic form, or a bundle that refers to the image.

use std::cell::{Cell, RefCell};

use super::Run;
use crate::artifact::{self, Artifact, Made};
use crate::blob::Blob;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::{self, Manifest};
use crate::media_type::MediaType;
use crate::sign::classic::{self, CERTIFICATE, SIGNATURE, Signatures};
use crate::sign::collect::{ENVELOPE, MAX_ATTESTATION, MAX_LAYERS, MAX_MANIFEST};
use crate::sign::encoding::decode;
use crate::sign::key::SigningKey;
use crate::sign::seal::Sealed;
use crate::sign::{Error, Result, bundle};
use crate::transport;

impl Run<'_> {
    /// Adds a layer to the manifest under the tag of the classic form.
    pub(super) fn put_layer(&self, digest: &Digest, layer: &Descriptor, content: &[u8]) -> Result<Made> {
        check_size(content)?;
        let tag = self.tag(digest)?;
        let is_new = Cell::new(false);
        let updated = self.change(&tag, &|there| {
            let manifest = self.append(there, &tag, layer, content)?;
            is_new.set(is_new.get() || manifest.is_some());
            Ok(manifest)
        });
        let manifest = updated?.ok_or(Error::Occupied { tag, reason: "it was deleted meanwhile" })?;
        Ok(Made { manifest: manifest.digest().clone(), is_new: is_new.get() })
    }

    /// Changes what a tag names, see [`Transport::update`], by a function with errors of its own.
    pub(super) fn change(
        &self,
        tag: &str,
        change: &dyn Fn(Option<&Manifest>) -> Result<Option<Manifest>>,
    ) -> Result<Option<Manifest>> {
        let refused = RefCell::new(None);
        let updated = self.place.update(tag, &|there| match change(there) {
            Ok(manifest) => Ok(manifest),
            Err(Error::Place(error)) => Err(error),
            Err(error) => {
                refused.replace(Some(error));
                Err(transport::Error::Cancelled(crate::watch::Cancelled))
            }
        });
        match refused.take() {
            Some(error) => Err(error),
            None => Ok(updated?),
        }
    }

    /// Returns the manifest with the signature in it; nothing when it has it. Everything that the manifest needs is put first.
    fn append(
        &self,
        there: Option<&Manifest>,
        tag: &str,
        layer: &Descriptor,
        content: &[u8],
    ) -> Result<Option<Manifest>> {
        let Signatures { manifest, config } = match there {
            None => classic::first(layer)?,
            Some(there) => {
                let image = appended_to(there, tag)?;
                if image.layers.iter().any(|other| self.is_same(other, layer, content)) {
                    return Ok(None);
                }
                appendable(there, tag)?;
                let config = self.config(&image.config)?;
                let appended = classic::append(there, config.as_deref(), layer)?;
                appended.ok_or_else(|| Error::Occupied { tag: tag.to_owned(), reason: NO_IMAGE })?
            }
        };
        let config_type = manifest.as_image().map_or(MediaType::OCI_CONFIG, |image| image.config.media_type.clone());
        self.put(&Descriptor::of(config_type, &config), &config)?;
        self.put(layer, content)?;
        Ok(Some(manifest))
    }

    /// Says whether a layer is this one, or another signature of the same key for the same payload.
    fn is_same(&self, other: &Descriptor, layer: &Descriptor, content: &[u8]) -> bool {
        let certificate = layer.annotations.get(CERTIFICATE);
        if other.digest != layer.digest || certificate.is_some() && certificate != other.annotations.get(CERTIFICATE) {
            return false;
        }
        if layer.media_type == ENVELOPE {
            // It has its signature inside.
            return other.media_type == ENVELOPE;
        }
        let signature = other.annotations.get(SIGNATURE).and_then(|text| decode(text));
        let key = self.by.key().map(SigningKey::public_key);
        key.zip(signature).is_some_and(|(key, signature)| key.verifies(content, &signature))
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
    pub(super) fn put_bundle(
        &self,
        subject: &Descriptor,
        listed: &[Descriptor],
        payload: &[u8],
        predicate_type: &str,
        created: Option<&str>,
    ) -> Result<(Made, Sealed)> {
        let sealed = self.by.seal_statement(payload)?;
        let content = &sealed.content;
        check_size(content)?;
        let manifest = bundle::manifest(content, subject, predicate_type, created)?;
        let artifact = Artifact::of_bytes(manifest, [&content[..], bundle::EMPTY]);
        let made = artifact::attach_beside(self.place, &artifact, listed, self.watch)?;
        Ok((made, sealed))
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

const NO_IMAGE: &str = "it names no image manifest";

/// Returns the manifest that a signature is to be appended to.
fn appended_to<'m>(there: &'m Manifest, tag: &str) -> Result<&'m manifest::Image> {
    there.as_image().ok_or_else(|| Error::Occupied { tag: tag.to_owned(), reason: NO_IMAGE })
}

/// Refuses what no signature can be appended to.
pub(super) fn appendable(there: &Manifest, tag: &str) -> Result<()> {
    if appended_to(there, tag)?.layers.len() >= MAX_LAYERS {
        let reason = "it has as many signatures as are looked at";
        return Err(Error::Occupied { tag: tag.to_owned(), reason });
    }
    Ok(())
}

/// What nobody would read is not written.
fn check_size(content: &[u8]) -> Result<()> {
    if content.len() as u64 > MAX_ATTESTATION {
        let reason = format!("with its signature it has more than {} MiB", MAX_ATTESTATION >> 20);
        return Err(Error::Predicate { reason });
    }
    Ok(())
}
