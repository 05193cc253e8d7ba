//! Signing: both forms appended to what is there, nothing ever rewritten.
//!
//! The same key, image and annotations give the same bytes, so signing again finds that all is there and writes nothing.

mod append;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::value::RawValue;

use super::key::SigningKey;
use super::seal::{By, Recorded, Sealed};
use super::verify::find;
use super::{Error, Result, Signer, classic, envelope, statement};
use crate::artifact::Made;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::{Manifest, digest_tags};
use crate::transport::{self, MAX_DEPTH, Selector, Source, Transport};
use crate::watch::Watch;
use append::appendable;

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
    /// Whether what is below an index includes BuildKit's attestations.
    pub attestations: bool,
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
    /// Who has signed, where that is an identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<Signer>,
    /// Where that is recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Recorded>,
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

/// Signs the image at `at` in `source`, and with [`Signing::recursive`] what is below it. The signatures are written to `place`, which for
/// most is the same; its `finish` is left to the caller.
///
/// What reading can tell is found out before the first write. Where both forms are asked for and a bundle cannot be listed (GitLab's registry
/// answers the tag of the list with the image itself), the bundle is left out with a note.
///
/// # Errors
/// [`Error::Image`] when there is no such image; [`Error::Unlistable`] when only a bundle is asked for and cannot be listed;
/// [`Error::Partly`] when the place failed after something was written, which stays; others when it failed before.
pub fn sign(
    source: &dyn Source,
    at: &Selector,
    place: &dyn Transport,
    by: By<'_>,
    signing: &Signing,
    watch: &Watch,
) -> Result<Vec<Image>> {
    let forms = Forms { suffix: ".sig", classic: signing.classic, bundle: signing.bundle };
    let run = Run { source, place, by, forms, attestations: signing.attestations, watch };
    run.all(at, signing.recursive, &|image, listed, written| run.sign(image, listed, written, signing))
}

/// States something of the image at `at` in `source`, and with [`Attesting::recursive`] of what is below it. Where it is written, and what
/// happens to bundles that cannot be listed, is as in [`sign`].
///
/// # Errors
/// Those of [`sign`], and [`Error::Predicate`] when it is too large for anybody to verify.
pub fn attest(
    source: &dyn Source,
    at: &Selector,
    place: &dyn Transport,
    by: By<'_>,
    attesting: &Attesting,
    watch: &Watch,
) -> Result<Vec<Image>> {
    let forms = Forms { suffix: ".att", classic: attesting.classic, bundle: attesting.bundle };
    let run = Run { source, place, by, forms, attestations: false, watch };
    run.all(at, attesting.recursive, &|image, listed, written| run.attest(image, listed, written, attesting))
}

impl Image {
    fn of(digest: Digest, bundle: Option<(Made, Sealed)>, classic: Option<Made>) -> Self {
        let (bundle, sealed) = bundle.unzip();
        let (signer, entries) = sealed.map(|sealed| (sealed.signer, sealed.entries)).unzip();
        let signer = signer.filter(|signer| !matches!(signer, Signer::Key(_)));
        Self { digest, classic, bundle, signer, entries: entries.unwrap_or_default() }
    }
}

/// Which forms are asked for.
#[derive(Clone, Copy)]
struct Forms {
    /// What the tag of the classic form ends with.
    suffix: &'static str,
    classic: bool,
    bundle: bool,
}

struct Run<'a> {
    source: &'a dyn Source,
    place: &'a dyn Transport,
    by: By<'a>,
    forms: Forms,
    attestations: bool,
    watch: &'a Watch,
}

/// What is listed as referring to an image; nothing where no bundle is written.
type Listed = Option<Vec<Descriptor>>;
/// What is done to each image, and kept of its classic form as soon as that is written.
type Work<'a> = dyn Fn(&Descriptor, &Listed, &mut Option<Made>) -> Result<Image> + 'a;

impl Run<'_> {
    fn all(&self, at: &Selector, recursive: bool, work: &Work<'_>) -> Result<Vec<Image>> {
        let root = find(self.source, at)?;
        let mut images = Vec::new();
        self.each(&root, 0, recursive, &mut BTreeSet::new(), &mut images)?;
        let is_one = images.len() == 1;
        let listed: Vec<Listed> = images.iter().map(|image| self.look(image, is_one)).collect::<Result<_>>()?;
        let mut done = Vec::new();
        for (image, listed) in images.iter().zip(&listed) {
            let mut classic = None;
            let result = self.watch.check().map_err(|error| transport::Error::from(error).into());
            match result.and_then(|()| work(image, listed, &mut classic)) {
                Ok(image) => done.push(image),
                Err(source) if classic.is_some() || !done.is_empty() => {
                    let (digest, is_classic) = (image.digest.clone(), classic.is_some());
                    let (done, all) = (done.len(), images.len());
                    return Err(Error::Partly { digest, is_classic, done, all, source: Box::new(source) });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn each(
        &self,
        manifest: &Manifest,
        depth: usize,
        recursive: bool,
        seen: &mut BTreeSet<Digest>,
        images: &mut Vec<Descriptor>,
    ) -> Result<()> {
        self.watch.check().map_err(transport::Error::from)?;
        if depth > MAX_DEPTH {
            return Err(Error::Depth { digest: manifest.digest().clone() });
        }
        images.push(manifest.descriptor());
        if !recursive {
            return Ok(());
        }
        for child in manifest.children() {
            // What BuildKit attests is no image.
            if (child.is_attestation() && !self.attestations) || !seen.insert(child.digest.clone()) {
                continue;
            }
            let child = self.source.manifest(&child.clone().into())?;
            self.each(&child, depth + 1, recursive, seen, images)?;
        }
        Ok(())
    }

    /// Finds out, before anything is written, whether both forms can be. Who writes the classic form of one image looks there first anyway.
    fn look(&self, image: &Descriptor, is_one: bool) -> Result<Listed> {
        if self.forms.classic && !is_one {
            let tag = self.tag(&image.digest)?;
            self.change(&tag, &|there| there.map_or(Ok(()), |there| appendable(there, &tag)).map(|_| None))?;
        }
        if !self.forms.bundle {
            return Ok(None);
        }
        match self.place.listed(&image.digest) {
            Ok(listed) => Ok(Some(listed)),
            Err(error) if !error.is_unlistable() => Err(error.into()),
            Err(_) if self.forms.classic => {
                self.watch.note(&format!(
                    "no bundle is written of {}: the tag for the list of what refers to it names something else; it is signed under the tag {}",
                    image.digest,
                    self.tag(&image.digest)?
                ));
                Ok(None)
            }
            Err(error) => Err(Error::Unlistable { source: Box::new(error) }),
        }
    }

    fn sign(
        &self,
        image: &Descriptor,
        listed: &Listed,
        written: &mut Option<Made>,
        signing: &Signing,
    ) -> Result<Image> {
        let digest = image.digest.clone();
        if signing.classic {
            let identity = signing.identity.as_deref().unwrap_or_default();
            let payload = classic::payload(identity, &digest, &signing.annotations);
            let mut layer = classic::layer(&payload, &self.key()?.sign(&payload).map_err(Error::Signing)?);
            self.certify(&mut layer);
            *written = Some(self.put_layer(&digest, &layer, &payload)?);
        }
        let bundle = listed.as_ref().map(|listed| {
            let payload = statement::signed(signing.identity.as_deref(), &digest, &signing.annotations);
            self.put_bundle(image, listed, &payload, statement::SIGNED, signing.created.as_deref())
        });
        Ok(Image::of(digest, bundle.transpose()?, written.take()))
    }

    fn attest(
        &self,
        image: &Descriptor,
        listed: &Listed,
        written: &mut Option<Made>,
        attesting: &Attesting,
    ) -> Result<Image> {
        let digest = image.digest.clone();
        let Attesting { predicate_type, predicate, .. } = attesting;
        let payload = statement::attested(attesting.name.as_deref(), &digest, predicate_type, predicate);
        if attesting.classic {
            let signature =
                self.key()?.sign(&envelope::message(envelope::IN_TOTO, &payload)).map_err(Error::Signing)?;
            let envelope = envelope::write(&payload, &signature).into_bytes();
            let mut layer = classic::attestation(&envelope, predicate_type);
            self.certify(&mut layer);
            *written = Some(self.put_layer(&digest, &layer, &envelope)?);
        }
        let created = attesting.created.as_deref();
        let bundle = listed.as_ref().map(|listed| self.put_bundle(image, listed, &payload, predicate_type, created));
        Ok(Image::of(digest, bundle.transpose()?, written.take()))
    }

    /// Returns the key that the classic form is signed with.
    fn key(&self) -> Result<&dyn SigningKey> {
        self.by.key().ok_or(Error::Keyed)
    }

    /// Returns the tag of the classic form.
    fn tag(&self, digest: &Digest) -> Result<String> {
        let tag = digest_tags(digest).into_iter().find(|tag| tag.ends_with(self.forms.suffix));
        tag.ok_or_else(|| Error::NoTag { digest: digest.clone() })
    }

    /// Puts the key's certificate, if there is one, beside a signature.
    fn certify(&self, layer: &mut Descriptor) {
        if let Some(certificate) = self.by.key().and_then(SigningKey::certificate) {
            certificate.annotate(&mut layer.annotations);
        }
    }
}
