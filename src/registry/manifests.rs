//! Manifests: found, read and written.
//!
//! distribution-spec, "Pulling manifests": <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests>.

use std::time::Duration;

use ureq::http::header::{ACCEPT, CONTENT_TYPE, HeaderName};

use super::answers::{Says, Thing, answer};
use super::error::{Error, Result};
use super::remote::Remote;
use super::retry::wait;
use super::wire::{Body, Request, Response};
use crate::blob::Fault;
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::locks::lock;
use crate::manifest::{MAX_SIZE, Manifest, ParseError};
use crate::media_type::{MANIFESTS, MediaType};

/// What HEAD says.
enum Peek {
    Found(Box<Descriptor>),
    /// This status, which alone decides nothing.
    Said(u16),
    /// Nothing, in passing.
    Failed,
}

/// How often a manifest is sent whose digest the registry doubts, and the first pause in between.
const DOUBTS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(50);

/// What a registry did with a manifest that was put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Put {
    /// Whether the registry says that it lists the manifest among its subject's referrers by itself (`OCI-Subject`); false as well where
    /// there is no subject. Some say so and have no list, see [`Remote::list_referrer`].
    pub lists_referrers: bool,
}

impl Remote {
    /// Finds what a tag or digest names, to read it: with one HEAD, and with one GET where that does not say that it is there. Nothing when
    /// the repository holds no such thing.
    ///
    /// # Errors
    /// When the registry cannot tell.
    pub fn resolve(&self, reference: &str) -> Result<Option<Descriptor>> {
        match self.peek(reference)? {
            Peek::Found(found) => Ok(Some(*found)),
            // What a mirror does not have is said of nothing: the next place is asked.
            Peek::Said(404 | 410) if self.session.is_mirror() => Ok(None),
            Peek::Said(_) | Peek::Failed => self.second_look(reference),
        }
    }

    /// Finds what a tag or digest names, to write there: what is said to be absent needs no second look, for writing it again does no harm.
    /// What may not be read is taken for absent, with a note.
    ///
    /// # Errors
    /// When the registry cannot tell, or takes no login.
    pub fn stands(&self, reference: &str) -> Result<Option<Descriptor>> {
        match self.peek(reference)? {
            Peek::Found(found) => return Ok(Some(*found)),
            Peek::Said(404 | 410) => return Ok(None),
            Peek::Said(_) | Peek::Failed => {}
        }
        match self.second_look(reference) {
            // An answer that is neither about the login nor about the moment.
            Err(error) if matches!(error.status(), Some(400 | 402..=407 | 409..=424)) => {
                self.session
                    .watch
                    .note(&format!("{self} does not tell whether it has {reference}, which is written: {error}"));
                Ok(None)
            }
            other => other,
        }
    }

    /// Asks with one HEAD.
    fn peek(&self, reference: &str) -> Result<Peek> {
        let request = Request::new("HEAD", self.manifest_url(reference)).header(ACCEPT, accept());
        let Some(response) = self.session.send_once(request, &self.scopes)? else {
            return Ok(Peek::Failed);
        };
        let said = answer(Thing::Manifest, "HEAD", response.status, response.header("content-type"));
        match described(&response).filter(|_| said == Says::Present) {
            Some(found) => {
                self.check_reference(&response, reference, &found.digest)?;
                self.remember(reference, &found.digest);
                Ok(Peek::Found(Box::new(found)))
            }
            None => Ok(Peek::Said(response.status)),
        }
    }

    fn second_look(&self, reference: &str) -> Result<Option<Descriptor>> {
        match self.manifest(reference, None) {
            Ok(manifest) => {
                let (media_type, size) = (manifest.media_type().clone(), manifest.raw().len() as u64);
                Ok(Some(Descriptor::new(media_type, manifest.digest().clone(), size)))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps which tag has led to a digest, see [`Remote::by_tag`].
    fn remember(&self, reference: &str, digest: &Digest) {
        if !reference.contains(':') {
            lock(&self.tagged).insert(digest.clone(), reference.into());
        }
    }

    /// Reads a manifest that is not found by the digest that HEAD named, by its tag: the header may be wrong.
    fn by_tag(&self, reference: &str) -> Option<String> {
        let digest = reference.parse::<Digest>().ok()?;
        lock(&self.tagged).get(&digest).cloned()
    }

    /// Reads a manifest by tag or digest. Its bytes are checked against the digest, or against everything `wanted` says.
    ///
    /// # Errors
    /// [`Error::is_not_found`] when there is none; a mismatch when it is not what was asked for.
    pub fn manifest(&self, reference: &str, wanted: Option<&Descriptor>) -> Result<Manifest> {
        match self.fetch_manifest(reference, wanted) {
            Err(error) if error.is_not_found() => match self.by_tag(reference) {
                Some(tag) => self.manifest_by_tag(&tag, reference, wanted),
                None => Err(error),
            },
            other => other.map(|(manifest, _)| manifest),
        }
    }

    fn manifest_by_tag(&self, tag: &str, reference: &str, wanted: Option<&Descriptor>) -> Result<Manifest> {
        let (manifest, _) = self.fetch_manifest(tag, wanted)?;
        match reference.parse::<Digest>() {
            Ok(wanted) if wanted != *manifest.digest() && !wanted.matches(manifest.raw()) => {
                let source = ParseError::Digest { wanted, got: manifest.digest().clone() };
                Err(Error::Manifest { url: self.manifest_url(tag).to_string(), source })
            }
            _ => Ok(manifest),
        }
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
        let encoding = response.encoding();
        // A page of something that stands between, such as a portal: it says nothing of what the registry has.
        let is_plain = encoding.is_none() && !begins_an_object(&raw);
        if let Some(kind) = content_type.as_ref().filter(|kind| !kind.is_manifest() && is_plain) {
            return Err(response.senseless(format!("it is {kind}, not a manifest")));
        }
        let manifest = match reference.parse::<Digest>() {
            Ok(digest) => Manifest::parse_verified(raw, content_type.as_ref(), &digest),
            Err(_) => Manifest::parse(raw, content_type.as_ref()),
        }
        .map_err(|error| match &encoding {
            // Nobody asked for it; the bytes are not the manifest's own.
            Some(encoding) => response.senseless(format!("it is encoded with {encoding}, which was not asked for")),
            None => refuse(error),
        })?;
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
