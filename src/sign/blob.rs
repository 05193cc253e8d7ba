//! Files with bundles beside them: what `cosign sign-blob` and `cosign attest-blob` write.
//!
//! Versions 0.1 to 0.3 count here, and plain signatures as well as statements. Images are stricter: see [`super::bundle`].

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::authority::{Authority, Evidence, Material, Signer};
use super::bundle::{self, BUNDLE, OLD_SPELLING};
use super::collect::MAX_ATTESTATION;
use super::encoding::{decode, decode_any, encode};
use super::envelope::{Envelope, IN_TOTO};
use super::keyless::Refusal;
use super::statement::Statement;
use super::{Reason, json};
use crate::descriptor::Annotations;
use crate::digest::{Digest, hex};
use crate::reading::pour;
use crate::splice::Members;

const EARLY: &str = "application/vnd.dev.sigstore.bundle+json;version=0.1";
const MIDDLE: &str = "application/vnd.dev.sigstore.bundle+json;version=0.2";
/// The algorithms by which a subject counts, and how many digits their digests have. SHA-1 and MD5 never do.
const ALGORITHMS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];
/// The most reasons of a refusal that are told.
const MAX_REASONS: usize = 20;
/// The most bundles of a file with one on each line.
pub const MAX_BUNDLES: usize = 1000;

/// A file, or what is known of it.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// Hexadecimal digests by algorithm; at least one.
    digests: BTreeMap<&'static str, String>,
    content: Option<Vec<u8>>,
}

/// A bundle whose signature is good.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verified {
    /// The file's digest, as `algorithm:hex`.
    pub digest: String,
    /// Who signed.
    pub signer: Signer,
    /// What is stated of the file, where it is a statement that is signed.
    pub predicate_type: Option<String>,
}

impl Artifact {
    /// Takes a file of which only a digest is known. By a SHA-256, keys on P-256 can verify a plain signature; others need the content.
    pub fn of(digest: &Digest) -> Self {
        let name = if digest.algorithm().name() == "sha512" { "sha512" } else { "sha256" };
        Self { digests: BTreeMap::from([(name, digest.hex().to_owned())]), content: None }
    }

    /// Takes a file of which only this digest is known: `sha256:`, `sha384:` or `sha512:` and lower-case hexadecimal digits. Nothing for
    /// any other text.
    pub fn of_text(digest: &str) -> Option<Self> {
        let (name, hex) = digest.split_once(':')?;
        let (name, length) = ALGORITHMS.into_iter().find(|(known, _)| *known == name)?;
        let is_hex = hex.len() == length && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_hex.then(|| Self { digests: BTreeMap::from([(name, hex.to_owned())]), content: None })
    }

    /// Takes a file's digests while reading it: all that may be asked for, in one pass.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of_stream(mut content: impl Read) -> std::io::Result<Self> {
        let mut hashers = (Sha256::new(), Sha384::new(), Sha512::new());
        pour(
            &mut content,
            |error| error,
            |piece| {
                hashers.0.update(piece);
                hashers.1.update(piece);
                hashers.2.update(piece);
                Ok(())
            },
        )?;
        let digests = [
            ("sha256", hex(&hashers.0.finalize())),
            ("sha384", hex(&hashers.1.finalize())),
            ("sha512", hex(&hashers.2.finalize())),
        ];
        Ok(Self { digests: digests.into(), content: None })
    }

    /// Takes a file's content.
    pub fn of_content(content: Vec<u8>) -> Self {
        let digests = [
            ("sha256", hex(&Sha256::digest(&content))),
            ("sha384", hex(&Sha384::digest(&content))),
            ("sha512", hex(&Sha512::digest(&content))),
        ];
        Self { digests: digests.into(), content: Some(content) }
    }

    /// Returns the file's digest as `algorithm:hex`: its SHA-256, where that is known.
    pub fn digest(&self) -> String {
        self.digests.first_key_value().map(|(name, hex)| format!("{name}:{hex}")).unwrap_or_default()
    }

    fn sha256(&self) -> Option<[u8; 32]> {
        let hex = self.digests.get("sha256")?;
        let mut sha256 = [0; 32];
        for (byte, pair) in sha256.iter_mut().zip(hex.as_bytes().chunks(2)) {
            *byte = std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok())?;
        }
        Some(sha256)
    }

    /// Checks that a statement is about this file: a subject has a digest that is the file's, and none that contradicts it.
    fn check_subjects(&self, statement: &Statement) -> Result<(), Reason> {
        let mut names = BTreeSet::new();
        let mut is_known = false;
        for subject in &statement.subjects {
            let known = self.digests.iter().filter_map(|(name, hex)| Some((hex, subject.digest.get(*name)?)));
            let same: Vec<bool> = known.map(|(ours, theirs)| ours == theirs).collect();
            if !same.is_empty() && same.iter().all(|same| *same) {
                return Ok(());
            }
            is_known |= !same.is_empty();
            names.extend(subject.digest.keys().take(8).map(|name| name.chars().take(16).collect::<String>()));
        }
        // Another file is spoken of only where a digest that both have differs.
        if is_known || names.is_empty() {
            return Err(Reason::Artifact);
        }
        let ours: Vec<&str> = self.digests.keys().copied().collect();
        let theirs: Vec<String> = names.into_iter().take(8).collect();
        Err(Reason::Algorithms { theirs: theirs.join(", "), ours: ours.join(", ") })
    }
}

/// What lies beside a file.
#[derive(Clone, Copy, Debug)]
pub enum Proof<'a> {
    /// Bundles, one on each line or a single one.
    Bundles(&'a [u8]),
    /// A signature that stands alone.
    Signature(&'a [u8]),
}

/// Verifies that a file is signed by one of the authorities: one good bundle is enough. With a type, only a statement of that type counts.
///
/// # Errors
/// [`Error::Artifact`](super::Error::Artifact) with what is wrong with each bundle.
pub fn verify_any(
    proof: Proof<'_>,
    artifact: &Artifact,
    authorities: &[Box<dyn Authority>],
    predicate_type: Option<&str>,
) -> super::Result<Verified> {
    let refused = |reasons| super::Error::Artifact { digest: artifact.digest(), reasons };
    let parts = match proof {
        Proof::Signature(signature) => vec![signature],
        Proof::Bundles(content) => bundles(content).map_err(|reason| refused(vec![reason.to_string()]))?,
    };
    let mut reasons = Vec::new();
    let mut passed = 0;
    for (part, authority) in parts.iter().flat_map(|part| authorities.iter().map(move |authority| (part, authority))) {
        let verified = match proof {
            Proof::Signature(_) => verify_detached(part, artifact, &**authority),
            Proof::Bundles(_) => verify(part, artifact, &**authority, predicate_type, MAX_ATTESTATION),
        };
        match verified {
            Ok(verified) => return Ok(verified),
            Err(reason) if reasons.len() < MAX_REASONS => reasons.push(reason.to_string()),
            Err(_) => passed += 1,
        }
    }
    if passed > 0 {
        reasons.push(format!("{passed} more"));
    }
    Err(refused(reasons))
}

/// Verifies that a bundle is one of a file; `limit` is the most bytes that it may have when it is inflated. With a type, only a statement of
/// that type counts; without one, a plain signature does as well, and any statement about the file.
///
/// # Errors
/// Why it is not.
pub fn verify(
    content: &[u8],
    artifact: &Artifact,
    authority: &dyn Authority,
    predicate_type: Option<&str>,
    limit: u64,
) -> Result<Verified, Reason> {
    let (media_type, all, material) =
        bundle::open(content, limit).map_err(|reason| known(content).unwrap_or(reason))?;
    let is_known = [EARLY, MIDDLE, OLD_SPELLING, BUNDLE.as_str()].contains(&media_type.as_str());
    if !is_known {
        return Err(Reason::Version(media_type.chars().take(100).collect()));
    }
    let material = if media_type == EARLY { Material::EarlyBundle(&material) } else { Material::Bundle(&material) };
    let message = json::member(&all, "messageSignature").map_err(Reason::Bundle)?;
    let envelope = json::member(&all, "dsseEnvelope").map_err(Reason::Bundle)?;
    let digest = artifact.digest();
    match (message, envelope) {
        (Some(_), None) if predicate_type.is_some() => {
            Err(Reason::Plain { wanted: predicate_type.unwrap_or_default().to_owned() })
        }
        (Some(message), None) => {
            let signer = check_message(&message, artifact, authority, material)?;
            Ok(Verified { digest, signer, predicate_type: None })
        }
        (None, Some(envelope)) => {
            let envelope = Envelope::of(&envelope).map_err(Reason::Envelope)?;
            let (signer, statement) = check_envelope(&envelope, authority, material)?;
            let found = &statement.predicate_type;
            if let Some(wanted) = predicate_type.filter(|wanted| wanted != found) {
                return Err(Reason::Statement { found: found.clone(), wanted: wanted.to_owned() });
            }
            artifact.check_subjects(&statement)?;
            Ok(Verified { digest, signer, predicate_type: Some(statement.predicate_type) })
        }
        _ => Err(Reason::Bundle(json::Error::Missing("messageSignature"))),
    }
}

/// Verifies a signature that stands alone, in base64 or as it is, with nothing else beside the file.
///
/// # Errors
/// Why it is not one of the file by this authority.
pub fn verify_detached(signature: &[u8], artifact: &Artifact, authority: &dyn Authority) -> Result<Verified, Reason> {
    let text = std::str::from_utf8(signature).ok().map(|text| text.replace(['\r', '\n'], ""));
    let signature = text.and_then(|text| decode(&text)).unwrap_or_else(|| signature.to_vec());
    let nothing = Annotations::new();
    let signer = check_signature(&signature, artifact, authority, Material::Annotations(&nothing))?;
    Ok(Verified { digest: artifact.digest(), signer, predicate_type: None })
}

/// Returns the bundles of a file: the lines of one that has a JSON object on each, as `gh attestation download` writes it; else all of it.
///
/// # Errors
/// [`Reason::Bundles`] when there are more than are looked at.
pub fn bundles(content: &[u8]) -> Result<Vec<&[u8]>, Reason> {
    let lines = content.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let lines: Vec<&[u8]> = lines.take(MAX_BUNDLES + 1).collect();
    if lines.len() < 2 || !lines.iter().all(|line| line.starts_with(b"{") && line.ends_with(b"}")) {
        return Ok(vec![content]);
    }
    if lines.len() > MAX_BUNDLES { Err(Reason::Bundles) } else { Ok(lines) }
}

/// Writes a bundle's `messageSignature`.
pub(super) fn write_signature(sha256: &[u8; 32], signature: &[u8]) -> String {
    let (digest, signature) = (encode(sha256), encode(signature));
    format!(r#"{{"messageDigest":{{"algorithm":"SHA2_256","digest":"{digest}"}},"signature":"{signature}"}}"#)
}

/// Says which other known thing a file is that is no bundle.
fn known(content: &[u8]) -> Option<Reason> {
    let members = json::loose_object(content).ok()?;
    if members.has("base64Signature") {
        return Some(Reason::OldBundle);
    }
    (members.has("payloadType") && members.has("signatures")).then_some(Reason::BareEnvelope)
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
        let algorithm = match algorithm.as_str() {
            "SHA2_256" => "sha256",
            // Keys on P-384 and P-521 that have certificates sign by larger ones.
            "SHA2_384" => "sha384",
            "SHA2_512" => "sha512",
            _ => return Err(Reason::Bundle(json::Error::Type("algorithm"))),
        };
        let ours = artifact.digests.get(algorithm).ok_or(Reason::Refused(Refusal::NeedsContent))?;
        if decode_any(&digest).map(|digest| hex(&digest)).as_ref() != Some(ours) {
            return Err(Reason::Artifact);
        }
    }
    let signature = json::required_text(message, "signature").map_err(Reason::Bundle)?;
    let signature = decode_any(&signature).ok_or(Reason::Bundle(json::Error::Type("signature")))?;
    check_signature(&signature, artifact, authority, material)
}

fn check_signature(
    signature: &[u8],
    artifact: &Artifact,
    authority: &dyn Authority,
    material: Material<'_>,
) -> Result<Signer, Reason> {
    match (&artifact.content, artifact.sha256()) {
        (Some(content), _) => authority.verify(&Evidence { message: content, signature, key_id: None, material }),
        (None, Some(sha256)) => authority.verify_digest(&sha256, signature, material),
        (None, None) => Err(Reason::Refused(Refusal::NeedsContent)),
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
