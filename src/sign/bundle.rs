//! Sigstore's bundles: an envelope together with what it takes to verify it, the one layer of a manifest that refers to the image.
//!
//! cosign, "Bundle specification": <https://github.com/sigstore/cosign/blob/main/specs/BUNDLE_SPEC.md>

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::encoding::encode;
use super::envelope::{self, Envelope};
use super::key::PublicKey;
use super::{Reason, json};
use crate::descriptor::{Annotations, Descriptor};
use crate::manifest::{Image, Manifest, ParseError};
use crate::media_type::{Format, MediaType};
use crate::splice::Members;

/// The media type of a bundle, and of the manifest's artifact.
pub const BUNDLE: MediaType = MediaType::from_static("application/vnd.dev.sigstore.bundle.v0.3+json");
/// What a layer's media type begins with if it may be a bundle.
pub const PREFIX: &str = "application/vnd.dev.sigstore.bundle";
/// The same version as it was written first.
pub(super) const OLD_SPELLING: &str = "application/vnd.dev.sigstore.bundle+json;version=0.3";
/// The annotation that says what a bundle holds.
const CONTENT: &str = "dev.sigstore.bundle.content";
/// The annotation that says what is stated.
pub const PREDICATE_TYPE: &str = "dev.sigstore.bundle.predicateType";
/// When something was made.
const CREATED: &str = "org.opencontainers.image.created";
/// The content of an empty config.
pub(super) const EMPTY: &[u8] = b"{}";

const MEMBERS: [&str; 4] = ["mediaType", "verificationMaterial", "dsseEnvelope", "messageSignature"];
const MATERIAL: [&str; 5] =
    ["publicKey", "certificate", "x509CertificateChain", "tlogEntries", "timestampVerificationData"];
const ENTRY: [&str; 7] =
    ["logIndex", "logId", "kindVersion", "integratedTime", "inclusionPromise", "inclusionProof", "canonicalizedBody"];
const CONTENTS: [&str; 3] = ["publicKey", "certificate", "x509CertificateChain"];

/// A bundle, nothing of which is verified.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// What it takes to verify it: a key's hint or a certificate, entries of logs, time stamps.
    pub material: Members,
    /// What is signed.
    pub envelope: Envelope,
}

impl Bundle {
    /// Reads a bundle of version 0.3, which may be compressed as a whole; `limit` is the most bytes that it may have then.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(content: &[u8], limit: u64) -> Result<Self, Reason> {
        let (media_type, all, material) = open(content, limit)?;
        if media_type != BUNDLE.as_str() && media_type != OLD_SPELLING {
            return Err(Reason::Version(media_type.chars().take(100).collect()));
        }
        if all.has("messageSignature") {
            return Err(Reason::Message);
        }
        check_entries(&material).map_err(Reason::Bundle)?;
        let envelope =
            json::member(&all, "dsseEnvelope").and_then(|found| found.ok_or(json::Error::Missing("dsseEnvelope")));
        let envelope = Envelope::of(&envelope.map_err(Reason::Bundle)?).map_err(Reason::Envelope)?;
        Ok(Self { material, envelope })
    }

    /// Says whether a certificate, and no key, is to verify it.
    pub fn is_keyless(&self) -> bool {
        !self.material.has("publicKey")
    }
}

/// Reads a bundle of any version: its type, its members, and what it takes to verify it.
pub(super) fn open(content: &[u8], limit: u64) -> Result<(String, Members, Members), Reason> {
    let content = inflate(content, limit)?;
    let all = json::object(&content, &MEMBERS).map_err(Reason::Bundle)?;
    let media_type = json::required_text(&all, "mediaType").map_err(Reason::Bundle)?;
    let material = json::required(&all, "verificationMaterial", &MATERIAL).map_err(Reason::Bundle)?;
    check_material(&material).map_err(Reason::Bundle)?;
    if CONTENTS.iter().filter(|name| material.has(name)).count() != 1 {
        return Err(Reason::Material);
    }
    Ok((media_type, all, material))
}

/// Checks what is in the material to the depth that any bundle has: a member that is not known may say anything.
fn check_material(material: &Members) -> Result<(), json::Error> {
    if let Some(key) = json::member(material, "publicKey")? {
        json::only(&key, &["hint"])?;
        json::text(&key, "hint")?;
    }
    for entry in json::list(material, "tlogEntries")? {
        let entry = serde_json::from_str(entry.get()).map_err(|_| json::Error::Type("tlogEntries"))?;
        json::only(&entry, &ENTRY)?;
    }
    if let Some(times) = json::member(material, "timestampVerificationData")? {
        json::only(&times, &["rfc3161Timestamps"])?;
        for time in json::list(&times, "rfc3161Timestamps")? {
            let time = serde_json::from_str(time.get()).map_err(|_| json::Error::Type("rfc3161Timestamps"))?;
            json::only(&time, &["signedTimestamp"])?;
        }
    }
    Ok(())
}

/// Checks that every entry of a log comes with its proof, which bundles have had to have since version 0.2. A key needs no entries, but
/// cosign takes a bundle with a bare one for none.
fn check_entries(material: &Members) -> Result<(), json::Error> {
    for entry in json::list(material, "tlogEntries")? {
        let entry: Members = serde_json::from_str(entry.get()).map_err(|_| json::Error::Type("tlogEntries"))?;
        json::member(&entry, "inclusionProof")?.ok_or(json::Error::Missing("inclusionProof"))?;
        if json::required_text(&entry, "canonicalizedBody")?.is_empty() {
            return Err(json::Error::Missing("canonicalizedBody"));
        }
    }
    Ok(())
}

/// cosign reads bundles that are compressed as a whole, to the last byte: what stands behind the stream would be seen by some readers only.
fn inflate(content: &[u8], limit: u64) -> Result<Cow<'_, [u8]>, Reason> {
    if !content.starts_with(&[0x1f, 0x8b]) {
        return Ok(content.into());
    }
    let mut plain = Vec::new();
    let read = MultiGzDecoder::new(content).take(limit + 1).read_to_end(&mut plain);
    match read {
        Ok(length) if length as u64 <= limit => Ok(plain.into()),
        Ok(length) => Err(Reason::Size { size: length as u64, limit }),
        Err(_) => Err(Reason::Content),
    }
}

/// Makes a bundle of a signed statement.
pub(super) fn write(payload: &[u8], signature: &[u8], key: &PublicKey) -> Vec<u8> {
    write_with(&hint(key), "dsseEnvelope", &envelope::write(payload, signature))
}

/// Makes a bundle's `verificationMaterial` that names a key.
pub(super) fn hint(key: &PublicKey) -> String {
    format!(r#"{{"publicKey":{{"hint":"{}"}}}}"#, key.hint())
}

/// Makes a bundle of material and a content by its name.
pub(super) fn write_with(material: &str, name: &str, content: &str) -> Vec<u8> {
    format!(r#"{{"mediaType":"{}","verificationMaterial":{material},"{name}":{content}}}"#, BUNDLE.as_str())
        .into_bytes()
}

/// Makes a bundle of a signed statement, with the certificate of the key that signed it.
pub(super) fn write_certified(payload: &[u8], signature: &[u8], certificate: &[u8]) -> Vec<u8> {
    let (certificate, envelope) = (encode(certificate), envelope::write(payload, signature));
    format!(
        r#"{{"mediaType":"{}","verificationMaterial":{{"certificate":{{"rawBytes":"{certificate}"}}}},"dsseEnvelope":{envelope}}}"#,
        BUNDLE.as_str()
    )
    .into_bytes()
}

/// Makes the manifest of a bundle.
pub(super) fn manifest(
    bundle: &[u8],
    subject: &Descriptor,
    predicate_type: &str,
    created: Option<&str>,
) -> Result<Manifest, ParseError> {
    let mut annotations = Annotations::from([
        (CONTENT.to_owned(), "dsse-envelope".to_owned()),
        (PREDICATE_TYPE.to_owned(), predicate_type.to_owned()),
    ]);
    annotations.extend(created.map(|created| (CREATED.to_owned(), created.to_owned())));
    let subject = Descriptor::new(subject.media_type.clone(), subject.digest.clone(), subject.size);
    Manifest::image(
        Format::Oci,
        &Image {
            config: Descriptor::of(MediaType::OCI_EMPTY, EMPTY),
            layers: vec![Descriptor::of(BUNDLE, bundle)],
            subject: Some(subject),
            annotations,
            artifact_type: Some(BUNDLE.to_string()),
        },
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::digest::Digest;
    use crate::sign::key::PrivateKey;
    use crate::sign::statement;

    const LIMIT: u64 = 1 << 20;

    fn plain() -> String {
        let key = PrivateKey::generate().expect("a key").public_key();
        String::from_utf8(write(b"payload", b"sig", &key)).expect("UTF-8")
    }

    /// A bundle must be of version 0.3 and hold one DSSE envelope with one signature.
    #[test]
    fn only_exact_bundles() {
        let envelope = plain()
            .split_once(r#""dsseEnvelope":"#)
            .map(|(_, rest)| rest[..rest.len() - 1].to_owned())
            .expect("has one");
        let material = r#""verificationMaterial":{"#;
        for (from, to, good) in [
            (BUNDLE.as_str(), OLD_SPELLING, true),
            (
                material,
                r#""verificationMaterial":{"tlogEntries":[{"logIndex":"1","inclusionProof":{},"canonicalizedBody":"e30="}],"timestampVerificationData":{},"#,
                true,
            ),
            (material, r#""verificationMaterial":{"tlogEntries":[],"#, true),
            (material, r#""verificationMaterial":{"tlogEntries":[{"logIndex":"1"}],"#, false),
            (material, r#""verificationMaterial":{"tlogEntries":[{"inclusionProof":{}}],"#, false),
            (
                material,
                r#""verificationMaterial":{"tlogEntries":[{"inclusionProof":null,"canonicalizedBody":"e30="}],"#,
                false,
            ),
            (
                material,
                r#""verificationMaterial":{"timestampVerificationData":{"rfc3161Timestamps":[{"signedTimestamp":""}]},"#,
                true,
            ),
            (material, r#""verificationMaterial":{"tlogEntries":null,"#, true),
            (material, r#""verificationMaterial":{"tlogEntries":[{"a":1}],"#, false),
            (material, r#""verificationMaterial":{"tlogEntries":["a"],"#, false),
            (material, r#""verificationMaterial":{"tlogEntries":{},"#, false),
            (material, r#""verificationMaterial":{"timestampVerificationData":[],"#, false),
            (material, r#""verificationMaterial":{"timestampVerificationData":{"a":1},"#, false),
            (
                material,
                r#""verificationMaterial":{"timestampVerificationData":{"rfc3161Timestamps":[{"a":1}]},"#,
                false,
            ),
            (r#""publicKey":{"#, r#""publicKey":{"more":1,"#, false),
            (r#""publicKey":{"hint":"#, r#""publicKey":{"hint":1,"x":"#, false),
            (r#""publicKey":{"#, r#""publicKey":"x","certificate":{"#, false),
            (r#""dsseEnvelope""#, r#""messageSignature":null,"dsseEnvelope""#, true),
            ("bundle.v0.3+json", "bundle.v0.1+json", false),
            ("bundle.v0.3+json", "bundle.v0.2+json", false),
            ("bundle.v0.3+json", "bundle.v0.4+json", false),
            ("bundle.v0.3+json", "bundle+json;version=0.2", false),
            ("bundle.v0.3+json", "bundle.v0.3+JSON", false),
            (r#""mediaType""#, r#""mediatype""#, false),
            (r#""mediaType""#, r#""more":1,"mediaType""#, false),
            (r#""mediaType""#, r#""mediaType":"x","mediaType""#, false),
            (material, r#""verificationMaterial":null,"x":{"#, false),
            (material, r#""verificationMaterial":{"publicKey":null},"verificationMaterial":{"#, false),
            (material, r#""verificationMaterial":{"more":1,"#, false),
            (material, r#""verificationMaterial":{"certificate":{"rawBytes":""},"#, false),
            (r#""publicKey":{"#, r#""publicKey":null,"x":{"#, false),
            (r#""dsseEnvelope""#, r#""messageSignature":{},"dsseEnvelope""#, false),
            (&envelope, "null", false),
            (&envelope, "{}", false),
            (&envelope, "[]", false),
        ] {
            let text = plain();
            let edited = if from == envelope {
                let start = text.find(r#""dsseEnvelope":"#).expect("has one") + 15;
                format!("{}{to}}}", &text[..start])
            } else {
                text.replacen(from, to, 1)
            };
            assert_eq!(Bundle::parse(edited.as_bytes(), LIMIT).is_ok(), good, "{from} to {to}");
        }
        assert!(Bundle::parse(format!("{} ", plain()).as_bytes(), LIMIT).is_ok());
        assert!(Bundle::parse(format!("{}x", plain()).as_bytes(), LIMIT).is_err());
        let keyless = plain().replacen("publicKey", "certificate", 1);
        assert!(Bundle::parse(keyless.as_bytes(), LIMIT).expect("well formed").is_keyless());
    }

    #[test]
    fn compressed_ones_within_the_limit() {
        let zip = |content: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(content).expect("memory");
            encoder.finish().expect("memory")
        };
        assert!(Bundle::parse(&zip(plain().as_bytes()), LIMIT).is_ok());
        for (behind, good) in [
            (zip(b"\n"), true),
            (zip(b"{}"), false),
            (b"garbage".to_vec(), false),
            (vec![0; 8], false),
            (vec![0x1f, 0x8b], false),
        ] {
            let content = [zip(plain().as_bytes()), behind.clone()].concat();
            assert_eq!(Bundle::parse(&content, LIMIT).is_ok(), good, "{behind:?}");
        }
        let bomb = zip(&vec![b' '; 3 << 20]);
        assert!(matches!(Bundle::parse(&bomb, LIMIT), Err(Reason::Size { .. })));
        assert!(matches!(Bundle::parse(&bomb[..100], LIMIT), Err(Reason::Content)));
    }

    #[test]
    fn the_manifest() {
        let subject = Descriptor::of(MediaType::OCI_MANIFEST, b"image");
        let made = manifest(b"bundle", &subject, statement::SIGNED, Some("2024-01-02T03:04:05Z")).expect("made");
        let text = std::str::from_utf8(made.raw()).expect("UTF-8");
        let wanted = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json","config":{{"mediaType":"application/vnd.oci.empty.v1+json","size":2,"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}},"layers":[{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","size":6,"digest":"{}"}}],"subject":{{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":5,"digest":"{}"}},"annotations":{{"dev.sigstore.bundle.content":"dsse-envelope","dev.sigstore.bundle.predicateType":"https://sigstore.dev/cosign/sign/v1","org.opencontainers.image.created":"2024-01-02T03:04:05Z"}}}}"#,
            Digest::of(b"bundle"),
            Digest::of(b"image")
        );
        assert_eq!(text, wanted);
    }
}
