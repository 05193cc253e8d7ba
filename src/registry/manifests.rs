//! Manifests: found, read and written.
//!
//! distribution-spec, "Pulling manifests": <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests>.

use std::time::Duration;

use ureq::http::header::{ACCEPT, CONTENT_TYPE, HeaderName};

use super::error::{Error, Result};
use super::remote::Remote;
use super::retry::wait;
use super::wire::{Body, Request, Response};
use crate::blob::Fault;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::manifest::{MAX_SIZE, Manifest, ParseError};
use crate::media_type::{MANIFESTS, MediaType};

/// How often a manifest is sent whose digest the registry doubts, and the first pause in between.
const DOUBTS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(50);

/// What a registry did with a manifest that was put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Put {
    /// Whether the registry lists the manifest among its subject's referrers by itself; false as well where there is no subject.
    pub lists_referrers: bool,
}

impl Remote {
    /// Finds what a tag or digest names with one HEAD; nothing when the repository holds no such thing.
    ///
    /// # Errors
    /// When the registry cannot tell.
    pub fn resolve(&self, reference: &str) -> Result<Option<Descriptor>> {
        let request = Request::new("HEAD", self.manifest_url(reference)).header(ACCEPT, accept());
        let response = self.session.send(request, &self.scopes)?;
        match response.status {
            200 => {
                if let Some(found) = described(&response) {
                    self.check_reference(&response, reference, &found.digest)?;
                    return Ok(Some(found));
                }
            }
            404 => return Ok(None),
            401 | 403 => return Err(self.session.error(response)),
            // Whoever has no HEAD answers 405, 501, 400 or whatever comes to mind.
            _ => {}
        }
        match self.manifest(reference, None) {
            Ok(manifest) => {
                let (media_type, size) = (manifest.media_type().clone(), manifest.raw().len() as u64);
                Ok(Some(Descriptor::new(media_type, manifest.digest().clone(), size)))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a manifest by tag or digest. Its bytes are checked against the digest, or against everything `wanted` says.
    ///
    /// # Errors
    /// [`Error::is_not_found`] when there is none; a mismatch when it is not what was asked for.
    pub fn manifest(&self, reference: &str, wanted: Option<&Descriptor>) -> Result<Manifest> {
        self.fetch_manifest(reference, wanted).map(|(manifest, _)| manifest)
    }

    /// Reads a manifest, see [`Remote::manifest`], and its entity tag.
    pub(super) fn fetch_manifest(
        &self,
        reference: &str,
        wanted: Option<&Descriptor>,
    ) -> Result<(Manifest, Option<String>)> {
        let request = Request::new("GET", self.manifest_url(reference)).header(ACCEPT, accept());
        let response = self.session.expect(request, &self.scopes, &[200])?;
        let url = response.url.to_string();
        let refuse = |source| Error::Manifest { url: url.clone(), source };
        let (response, raw) = match response.read(MAX_SIZE) {
            Err(Error::Answer { .. }) => return Err(refuse(ParseError::TooLarge)),
            other => other?,
        };
        let content_type = response.header("content-type").map(MediaType::new);
        // A page of something that stands between, such as a portal: it says nothing of what the registry has.
        if let Some(kind) = content_type.as_ref().filter(|kind| !kind.is_manifest() && !begins_an_object(&raw)) {
            return Err(response.senseless(format!("it is {kind}, not a manifest")));
        }
        let manifest = match reference.parse::<Digest>() {
            Ok(digest) => Manifest::parse_verified(raw, content_type.as_ref(), &digest),
            Err(_) => Manifest::parse(raw, content_type.as_ref()),
        }
        .map_err(refuse)?;
        check_header(&response, &manifest)?;
        if let Some(wanted) = wanted {
            check_wanted(&manifest, wanted, refuse)?;
        }
        Ok((manifest, response.header("etag").map(Into::into)))
    }

    /// Writes a manifest under a tag or its digest.
    ///
    /// # Errors
    /// [`Error::Content`] before anything is sent when `reference` is a digest that the manifest does not have.
    pub fn put_manifest(&self, reference: &str, manifest: &Manifest) -> Result<Put> {
        Ok(self.send_manifest(reference, manifest, None)?.expect("without a condition there is none to fail"))
    }

    /// Writes a manifest, see [`Remote::put_manifest`], under a condition; nothing when the registry says that it does not hold.
    pub(super) fn send_manifest(
        &self,
        reference: &str,
        manifest: &Manifest,
        condition: Option<&(HeaderName, String)>,
    ) -> Result<Option<Put>> {
        if let Ok(digest) = reference.parse::<Digest>()
            && digest != *manifest.digest()
            && !digest.matches(manifest.raw())
        {
            return Err(Error::Content(mismatch(digest, manifest)));
        }
        let response = self.send_bytes(reference, manifest, condition)?;
        if response.status == 412 {
            response.discard();
            return Ok(None);
        }
        let got = response.header("docker-content-digest").and_then(|text| text.parse::<Digest>().ok());
        if let Some(got) = got
            && got != *manifest.digest()
            && !got.matches(manifest.raw())
        {
            return Err(response.senseless(format!("it stored {} as {got}", manifest.digest())));
        }
        let lists_referrers = manifest.subject().is_some() && response.header("oci-subject").is_some();
        response.discard();
        if lists_referrers {
            self.session.registry.referrers.learn(true);
        }
        Ok(Some(Put { lists_referrers }))
    }

    /// Sends a manifest, again if the registry doubts a digest that is right: distribution 2 does so when it comes upon the link to a blob
    /// in the moment in which someone else's upload of the same blob rewrites it.
    fn send_bytes(
        &self,
        reference: &str,
        manifest: &Manifest,
        condition: Option<&(HeaderName, String)>,
    ) -> Result<Response> {
        let wanted: &[u16] = if condition.is_some() { &[201, 200, 202, 204, 412] } else { &[201, 200, 202, 204] };
        let mut attempt = 1;
        loop {
            let mut request = Request::new("PUT", self.manifest_url(reference))
                .header(CONTENT_TYPE, manifest.media_type().as_str())
                .body(Body::Bytes(manifest.raw()));
            request.headers.extend(condition.cloned());
            match self.session.expect(request, &self.scopes, wanted) {
                Err(Error::Status(status)) if status.code.as_deref() == Some("DIGEST_INVALID") && attempt < DOUBTS => {
                    wait(&self.session.watch, PAUSE * attempt)?;
                    attempt += 1;
                }
                other => return other,
            }
        }
    }

    pub(super) fn manifest_url(&self, reference: &str) -> super::url::Url {
        self.url(&format!("manifests/{reference}"))
    }

    fn check_reference(&self, response: &Response, reference: &str, got: &Digest) -> Result<()> {
        match reference.parse::<Digest>() {
            Ok(wanted) if wanted != *got && wanted.algorithm() == got.algorithm() => {
                let source = ParseError::Digest { wanted, got: got.clone() };
                Err(Error::Manifest { url: response.url.to_string(), source })
            }
            _ => Ok(()),
        }
    }
}

/// Every type this crate reads, in one header: some servers look at the first alone.
fn accept() -> String {
    MANIFESTS.iter().map(MediaType::as_str).collect::<Vec<_>>().join(", ")
}

fn begins_an_object(raw: &[u8]) -> bool {
    raw.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// What the head of an answer says of a manifest; nothing when it says too little.
fn described(response: &Response) -> Option<Descriptor> {
    let media_type = MediaType::new(response.header("content-type")?);
    let digest = response.header("docker-content-digest")?.parse().ok()?;
    let size = response.header("content-length")?.parse().ok().filter(|size| *size > 0)?;
    media_type.is_manifest().then(|| Descriptor::new(media_type, digest, size))
}

/// A registry that names another digest than its bytes have is broken, or someone between is at work.
fn check_header(response: &Response, manifest: &Manifest) -> Result<()> {
    let Some(named) = response.header("docker-content-digest").and_then(|text| text.parse::<Digest>().ok()) else {
        return Ok(());
    };
    // Registries disagree on what a signed schema 1 manifest's digest is over; that of the payload was computed.
    if manifest.media_type().is_schema1() || named == *manifest.digest() || named.matches(manifest.raw()) {
        return Ok(());
    }
    let source = ParseError::Digest { wanted: named, got: manifest.digest().clone() };
    Err(Error::Manifest { url: response.url.to_string(), source })
}

/// A parent's word on size and type holds, or two readers could see two things in one descriptor.
fn check_wanted(manifest: &Manifest, wanted: &Descriptor, refuse: impl Fn(ParseError) -> Error) -> Result<()> {
    if manifest.raw().len() as u64 != wanted.size {
        return Err(Error::Content(Fault::Mismatch {
            wanted: Box::new(wanted.clone()),
            got: manifest.digest().clone(),
            size: manifest.raw().len() as u64,
        }));
    }
    // The digest pins the bytes: only a wrong kind is dangerous (CVE-2021-41190).
    if wanted.media_type.is_manifest() && !manifest.media_type().is_kind_of(&wanted.media_type) {
        return Err(refuse(ParseError::Contradiction {
            content_type: wanted.media_type.clone(),
            media_type: manifest.media_type().clone(),
        }));
    }
    Ok(())
}

fn mismatch(wanted: Digest, manifest: &Manifest) -> Fault {
    let size = manifest.raw().len() as u64;
    let wanted = Box::new(Descriptor::new(manifest.media_type().clone(), wanted, size));
    Fault::Mismatch { wanted, got: manifest.digest().clone(), size }
}
