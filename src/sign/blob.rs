//! Files with bundles beside them: what `cosign sign-blob` and `cosign attest-blob` write.
//!
//! Versions 0.1 to 0.3 count here, and plain signatures as well as statements. Images are stricter: see [`super::bundle`].

use std::io::{ErrorKind, Read};

use sha2::{Digest as _, Sha256};

use super::authority::{Authority, Evidence, Material, Signer};
use super::bundle::{self, BUNDLE, OLD_SPELLING};
use super::encoding::decode_any;
use super::envelope::{Envelope, IN_TOTO};
use super::statement::Statement;
use super::{Reason, json};
use crate::digest::{Algorithm, Digest};
use crate::splice::Members;

const EARLY: &str = "application/vnd.dev.sigstore.bundle+json;version=0.1";
const MIDDLE: &str = "application/vnd.dev.sigstore.bundle+json;version=0.2";

/// A file, or what is known of it.
#[derive(Clone, Debug)]
pub struct Artifact {
    sha256: [u8; 32],
    content: Option<Vec<u8>>,
}

/// A bundle whose signature is good.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verified {
    /// The file's digest.
    pub digest: Digest,
    /// Who signed.
    pub signer: Signer,
    /// What is stated of the file, where it is a statement that is signed.
    pub predicate_type: Option<String>,
}

impl Artifact {
    /// Takes a file of which only the SHA-256 is known; nothing for other digests. Keys on P-256 can be verified by it, others cannot.
    pub fn of(digest: &Digest) -> Option<Self> {
        if digest.algorithm() != Algorithm::Sha256 {
            return None;
        }
        let mut sha256 = [0; 32];
        for (byte, pair) in sha256.iter_mut().zip(digest.hex().as_bytes().chunks(2)) {
            *byte = std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok())?;
        }
        Some(Self { sha256, content: None })
    }

    /// Takes a file's digest while reading it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of_stream(mut content: impl Read) -> std::io::Result<Self> {
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match content.read(&mut buffer) {
                Ok(0) => return Ok(Self { sha256: hasher.finalize().into(), content: None }),
                Ok(length) => hasher.update(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes a file's content.
    pub fn of_content(content: Vec<u8>) -> Self {
        Self { sha256: Sha256::digest(&content).into(), content: Some(content) }
    }

    /// Returns the file's digest.
    pub fn digest(&self) -> Digest {
        let hex: String = self.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256:{hex}").parse().expect("a digest")
    }
}

/// Verifies that a bundle is one of a file; `limit` is the most bytes that it may have when it is inflated.
///
/// # Errors
/// Why it is not.
pub fn verify(content: &[u8], artifact: &Artifact, authority: &dyn Authority, limit: u64) -> Result<Verified, Reason> {
    let (media_type, all, material) = bundle::open(content, limit)?;
    let is_known = [EARLY, MIDDLE, OLD_SPELLING, BUNDLE.as_str()].contains(&media_type.as_str());
    if !is_known {
        return Err(Reason::Version(media_type.chars().take(100).collect()));
    }
    let material = if media_type == EARLY { Material::EarlyBundle(&material) } else { Material::Bundle(&material) };
    let message = json::member(&all, "messageSignature").map_err(Reason::Bundle)?;
    let envelope = json::member(&all, "dsseEnvelope").map_err(Reason::Bundle)?;
    let digest = artifact.digest();
    match (message, envelope) {
        (Some(message), None) => {
            let signer = check_message(&message, artifact, authority, material)?;
            Ok(Verified { digest, signer, predicate_type: None })
        }
        (None, Some(envelope)) => {
            let envelope = Envelope::of(&envelope).map_err(Reason::Envelope)?;
            let (signer, statement) = check_envelope(&envelope, authority, material)?;
            if statement.claims(&digest).is_empty() {
                return Err(Reason::Artifact);
            }
            Ok(Verified { digest, signer, predicate_type: Some(statement.predicate_type) })
        }
        _ => Err(Reason::Bundle(json::Error::Missing("messageSignature"))),
    }
}

fn check_message(
    message: &Members,
    artifact: &Artifact,
    authority: &dyn Authority,
    material: Material<'_>,
) -> Result<Signer, Reason> {
    json::only(message, &["messageDigest", "signature"]).map_err(Reason::Bundle)?;
    if let Some(claimed) = json::member(message, "messageDigest").map_err(Reason::Bundle)? {
        json::only(&claimed, &["algorithm", "digest"]).map_err(Reason::Bundle)?;
        // A hint and no more, but one that is wrong is no accident.
        let algorithm = json::required_text(&claimed, "algorithm").map_err(Reason::Bundle)?;
        let digest = json::required_text(&claimed, "digest").map_err(Reason::Bundle)?;
        if algorithm != "SHA2_256" {
            return Err(Reason::Bundle(json::Error::Type("algorithm")));
        }
        if decode_any(&digest).as_deref() != Some(&artifact.sha256) {
            return Err(Reason::Artifact);
        }
    }
    let signature = json::required_text(message, "signature").map_err(Reason::Bundle)?;
    let signature = decode_any(&signature).ok_or(Reason::Bundle(json::Error::Type("signature")))?;
    match &artifact.content {
        Some(content) => {
            authority.verify(&Evidence { message: content, signature: &signature, key_id: None, material })
        }
        None => authority.verify_digest(&artifact.sha256, &signature, material),
    }
}

/// Verifies an envelope's signature and reads the statement in it, whatever it states.
pub(super) fn check_envelope(
    envelope: &Envelope,
    authority: &dyn Authority,
    material: Material<'_>,
) -> Result<(Signer, Statement), Reason> {
    if envelope.payload_type != IN_TOTO {
        return Err(Reason::Type(envelope.payload_type.chars().take(100).collect()));
    }
    let (message, key_id) = (envelope.message(), envelope.key_id.as_deref());
    let signer = authority.verify(&Evidence { message: &message, signature: &envelope.signature, key_id, material })?;
    // Nothing of the payload was looked at before this line.
    Ok((signer, Statement::parse(&envelope.payload).map_err(Reason::Payload)?))
}
