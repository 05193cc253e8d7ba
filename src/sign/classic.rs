//! The classic form: a signed payload per layer of an image manifest under the tag `sha256-….sig`.
//!
//! cosign, "Signature specification": <https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md>

use std::collections::BTreeMap;

use serde_json::value::{RawValue, to_raw_value};

use super::claim::Claim;
use super::collect::ENVELOPE;
use super::encoding::encode;
use super::json;
use crate::descriptor::{Annotations, Descriptor};
use crate::digest::Digest;
use crate::manifest::{Body, Image, Manifest, ParseError};
use crate::media_type::{Format, MediaType};
use crate::splice::Members;

/// What the payload says of itself.
pub const KIND: &str = "cosign container image signature";
/// The media type of a payload.
pub const PAYLOAD: MediaType = MediaType::from_static("application/vnd.dev.cosign.simplesigning.v1+json");
/// The config's media type of a signature that is a referrer: an experiment of cosign's.
pub const REFERRER: MediaType = MediaType::from_static("application/vnd.dev.cosign.artifact.sig.v1+json");
/// The annotation of a layer with the signature of its content.
pub const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
/// The annotation with the certificate of a keyless signature.
pub const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";

/// The annotation of an attestation's layer with what is stated.
const PREDICATE_TYPE: &str = "predicateType";

/// What Go writes for a time that was never set.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// Makes a payload with the bytes that cosign makes.
pub(super) fn payload(identity: &str, digest: &Digest, annotations: &BTreeMap<String, String>) -> Vec<u8> {
    let identity = quote(identity);
    let optional =
        if annotations.is_empty() { "null".to_owned() } else { serde_json::to_string(annotations).expect("text") };
    json::escape_for_go(&format!(
        r#"{{"critical":{{"identity":{{"docker-reference":{identity}}},"image":{{"docker-manifest-digest":"{digest}"}},"type":"{KIND}"}},"optional":{optional}}}"#
    ))
    .into_bytes()
}

fn quote(text: &str) -> String {
    serde_json::to_string(text).expect("text is always writable")
}

/// Reads a payload whose signature was verified: exactly the members of the specification, whatever Go's decoder would pass over.
///
/// # Errors
/// When it is anything else. The digest is the caller's to compare.
pub fn parse(payload: &[u8]) -> Result<Claim, json::Error> {
    let all = json::object(payload, &["critical", "optional"])?;
    let critical = json::required(&all, "critical", &["identity", "image", "type"])?;
    let identity = json::required(&critical, "identity", &["docker-reference"])?;
    let image = json::required(&critical, "image", &["docker-manifest-digest"])?;
    let digest = json::required_text(&image, "docker-manifest-digest")?;
    Ok(Claim {
        kind: json::required_text(&critical, "type")?,
        digest: digest.parse().map_err(|_| json::Error::Type("docker-manifest-digest"))?,
        identity: Some(json::required_text(&identity, "docker-reference")?),
        annotations: json::member(&all, "optional")?,
        predicate: None,
    })
}

/// Returns the descriptor of a signed payload.
pub(super) fn layer(payload: &[u8], signature: &[u8]) -> Descriptor {
    let mut layer = Descriptor::of(PAYLOAD, payload);
    layer.annotations = Annotations::from([(SIGNATURE.to_owned(), encode(signature))]);
    layer
}

/// Returns the descriptor of an envelope under the tag of attestations.
pub(super) fn attestation(envelope: &[u8], predicate_type: &str) -> Descriptor {
    let mut layer = Descriptor::of(ENVELOPE, envelope);
    layer.annotations = Annotations::from([
        (SIGNATURE.to_owned(), String::new()),
        (PREDICATE_TYPE.to_owned(), predicate_type.to_owned()),
    ]);
    layer
}

/// A manifest of signatures and its config.
pub(super) struct Signatures {
    pub(super) manifest: Manifest,
    pub(super) config: Vec<u8>,
}

/// Makes the manifest of the first signature.
pub(super) fn first(layer: &Descriptor) -> Result<Signatures, ParseError> {
    let config = config(&[&layer.digest]);
    let image = Image {
        config: Descriptor::of(MediaType::OCI_CONFIG, &config),
        layers: vec![layer.clone()],
        subject: None,
        annotations: Annotations::new(),
        artifact_type: None,
    };
    Ok(Signatures { manifest: Manifest::image(Format::Oci, &image)?, config })
}

/// Adds a signature to a manifest that has some; all that is there keeps its text. Nothing for what is no image manifest.
///
/// `config` is the manifest's config where it could be read; otherwise a new one is made.
pub(super) fn append(
    manifest: &Manifest,
    config: Option<&[u8]>,
    layer: &Descriptor,
) -> Result<Option<Signatures>, ParseError> {
    let Body::Image(image) = manifest.body() else {
        return Ok(None);
    };
    let config = match config.map(|config| extend(config, &layer.digest)) {
        Some(Ok(Some(extended))) => extended,
        _ => self::config(&image.layers.iter().map(|each| &each.digest).chain([&layer.digest]).collect::<Vec<_>>()),
    };
    let mut descriptor = image.config.clone();
    (descriptor.digest, descriptor.size) = (Digest::of(&config), config.len() as u64);
    // An experiment's config type is not that of what is written here.
    descriptor.data = None;
    let mut members = Members::parse(manifest.raw())?;
    let mut layers: Vec<Box<RawValue>> = members.decode("layers")?.unwrap_or_default();
    layers.push(to_raw_value(layer)?);
    members.set("config", &descriptor)?;
    members.set("layers", &layers)?;
    let manifest = Manifest::parse(members.to_vec(), Some(manifest.media_type()))?;
    Ok(Some(Signatures { manifest, config }))
}

/// Makes cosign's config, which says nothing.
fn config(layers: &[&Digest]) -> Vec<u8> {
    let step = format!(r#"{{"created":"{NEVER}"}}"#);
    let history = vec![step; layers.len()].join(",");
    let diff_ids: Vec<String> = layers.iter().map(|digest| format!("\"{digest}\"")).collect();
    format!(
        r#"{{"architecture":"","created":"{NEVER}","history":[{history}],"os":"","rootfs":{{"type":"layers","diff_ids":[{}]}},"config":{{}}}}"#,
        diff_ids.join(",")
    )
    .into_bytes()
}

/// Adds a layer to a config; nothing for one that counts no layers.
fn extend(config: &[u8], layer: &Digest) -> Result<Option<Vec<u8>>, serde_json::Error> {
    let mut members = Members::parse(config)?;
    let Some(mut rootfs) = members.decode::<Members>("rootfs")? else {
        return Ok(None);
    };
    let mut diff_ids: Vec<Box<RawValue>> = rootfs.decode("diff_ids")?.unwrap_or_default();
    diff_ids.push(to_raw_value(layer)?);
    rootfs.set("diff_ids", &diff_ids)?;
    members.set("rootfs", &rootfs)?;
    if let Some(mut history) = members.decode::<Vec<Box<RawValue>>>("history")? {
        history.push(RawValue::from_string(format!(r#"{{"created":"{NEVER}"}}"#))?);
        members.set("history", &history)?;
    }
    Ok(Some(members.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest() -> Digest {
        Digest::of(b"image")
    }

    fn plain() -> String {
        String::from_utf8(payload("127.0.0.1:21200/app2", &digest(), &BTreeMap::new())).expect("UTF-8")
    }

    #[test]
    fn the_bytes_of_cosign() {
        let text = plain();
        assert_eq!(text.len(), 236);
        let start = r#"{"critical":{"identity":{"docker-reference":"127.0.0.1:21200/app2"},"image":{"docker-manifest-digest":"sha256:"#;
        assert!(
            text.starts_with(start)
                && text.ends_with(r#""},"type":"cosign container image signature"},"optional":null}"#)
        );
        let pairs = [("n", "1"), ("foo", "<a & b>"), ("x", "grüße")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let text = String::from_utf8(payload("r", &digest(), &pairs)).expect("UTF-8");
        assert!(text.ends_with(r#""optional":{"foo":"\u003ca \u0026 b\u003e","n":"1","x":"grüße"}}"#), "{text}");
        assert_eq!(
            parse(text.as_bytes())
                .expect("parses")
                .annotations
                .expect("some")
                .decode::<String>("foo")
                .expect("text")
                .as_deref(),
            Some("<a & b>")
        );
    }

    /// A payload whose signature is good must still be about the image: strict JSON, its digest, its type.
    #[test]
    fn only_exact_payloads() {
        let claim = parse(plain().as_bytes()).expect("parses");
        assert_eq!((claim.digest, claim.kind.as_str()), (digest(), KIND));
        assert_eq!(claim.identity.as_deref(), Some("127.0.0.1:21200/app2"));
        assert!(claim.annotations.is_none());
        let hex = digest().hex().to_owned();
        for (from, to, good) in [
            (r#""optional":null"#, r#""optional":{}"#, true),
            (r#""optional":null"#, r#""optional":{"a":1,"b":{"c":[]}}"#, true),
            (r#","optional":null"#, "", true),
            (r#"{"critical""#, " \n{ \"critical\"", true),
            (r#""optional":null"#, r#""optional":[]"#, false),
            (r#""optional":null"#, r#""optional":"x""#, false),
            (r#""optional":null"#, r#""optional":{"a":"1","a":"2"}"#, false),
            (r#""optional":null"#, r#""optional":null,"more":1"#, false),
            (r#""optional":null"#, r#""Optional":null"#, false),
            (r#""optional":null"#, r#""optional":null,"critical":{}"#, false),
            (r#""critical""#, r#""Critical""#, false),
            (r#""image""#, r#""Image""#, false),
            (r#""type""#, r#""TYPE""#, false),
            (r#""docker-manifest-digest""#, r#""Docker-manifest-digest""#, false),
            (r#""type":"#, r#""extra":1,"type":"#, false),
            (r#""type":"#, r#""type":"x","type":"#, false),
            (r#""identity":{"#, r#""identity":{"other":"x","#, false),
            (r#""image":{"#, r#""image":{"other":"x","#, false),
            (r#""image":{"#, r#""image":{"docker-manifest-digest":"sha256:00","#, false),
            (r#""type":"cosign container image signature""#, r#""type":null"#, false),
            (r#""type":"cosign container image signature""#, r#""type":1"#, false),
            (&hex, &hex.to_uppercase(), false),
            (&hex, &hex[1..], false),
            (r#"{"critical""#, "\u{feff}{\"critical\"", false),
        ] {
            let text = plain().replacen(from, to, 1);
            assert_ne!(text, plain(), "{to}");
            assert_eq!(parse(text.as_bytes()).is_ok(), good, "{from} to {to}");
        }
        for end in ["x", "{}", "\0", ","] {
            assert!(parse(format!("{}{end}", plain()).as_bytes()).is_err(), "{end:?}");
        }
        assert!(parse(b"{\"critical\":{\"type\":\"\xff\"}}").is_err());
    }

    #[test]
    fn the_manifest_of_cosign() {
        let layer = layer(plain().as_bytes(), &[0x30; 71]);
        let made = first(&layer).expect("made");
        assert_eq!((made.manifest.raw().len(), made.config.len()), (558, 233));
        assert_eq!(made.manifest.as_image().expect("an image").config.digest, Digest::of(&made.config));
    }

    #[test]
    fn what_is_there_keeps_its_text() {
        let first = layer(b"one", b"1");
        let second = layer(b"two", b"2");
        let old_config = br#"{"os":"","x":1.50,"rootfs":{"type":"layers","diff_ids":["sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]}}"#;
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","y":1.50,"config":{},"layers":[ {{"z":1.50,{} ]}}"#,
            serde_json::to_string(&Descriptor::of(MediaType::OCI_CONFIG, old_config)).expect("writes"),
            &serde_json::to_string(&first).expect("writes")[1..],
        );
        let manifest = Manifest::parse(text.into_bytes(), None).expect("a manifest");
        let made = append(&manifest, Some(old_config), &second).expect("made").expect("an image");
        let text = std::str::from_utf8(made.manifest.raw()).expect("UTF-8");
        assert!(text.contains(r#""y":1.50"#) && text.contains(r#""layers":[{"z":1.50,"#), "{text}");
        let config = String::from_utf8(made.config.clone()).expect("UTF-8");
        assert!(config.starts_with(r#"{"os":"","x":1.50,"#) && config.contains(second.digest.hex()), "{config}");
        assert!(!config.contains("history"));
        // Without a readable config a new one is made.
        for config in [None, Some(&b"[]"[..]), Some(b"{}")] {
            let made = append(&manifest, config, &second).expect("made").expect("an image");
            assert_eq!(made.config, self::config(&[&first.digest, &second.digest]));
        }
        let again =
            append(&super::first(&first).expect("made").manifest, Some(&self::config(&[&first.digest])), &second);
        assert_eq!(again.expect("made").expect("an image").config, self::config(&[&first.digest, &second.digest]));
    }
}
