//! What comes with a keyless signature: a certificate, entries of logs, time stamps. Read strictly, and nothing of it believed.

use serde::Deserialize;

use super::Refusal;
use super::merkle::Node;
use crate::descriptor::Annotations;
use crate::sign::classic::CERTIFICATE;
use crate::sign::encoding::{decode, decode_any};
use crate::sign::{json, key};
use crate::splice::Members;

/// The annotation of a classic signature with its log's promise.
const PROMISE: &str = "dev.sigstore.cosign/bundle";
/// The annotation of a classic signature with its time stamp.
const STAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";
/// The most entries, or time stamps, that are looked at.
const MAX: usize = 8;
/// The most hashes of a proof: trees are not deeper.
const MAX_HASHES: usize = 64;

/// What came with a signature.
pub(in crate::sign) struct Parts {
    /// The signer's certificate.
    pub(in crate::sign) leaf: Vec<u8>,
    /// What else came in its chain. Nothing in it is used: whom to trust is not the signer's to say.
    pub(in crate::sign) others: Vec<Vec<u8>>,
    pub(super) entries: Vec<Entry>,
    pub(super) stamps: Vec<Vec<u8>>,
}

/// An entry of a log.
pub(in crate::sign) struct Entry {
    pub(super) index: u64,
    pub(super) log: Vec<u8>,
    /// What it says it is: kind and version. Classic signatures do not say.
    pub(super) kind: Option<(String, String)>,
    pub(super) time: Option<u64>,
    pub(super) promise: Option<Vec<u8>>,
    pub(super) proof: Option<Proof>,
    pub(super) body: Vec<u8>,
}

impl Entry {
    /// Says whether there is a proof that leads to something that the log has signed.
    pub(super) fn is_proven(&self) -> bool {
        self.proof.as_ref().is_some_and(|proof| proof.checkpoint.is_some())
    }
}

/// A proof that a tree includes an entry.
pub(super) struct Proof {
    pub(super) index: u64,
    pub(super) root: Node,
    pub(super) size: u64,
    pub(super) hashes: Vec<Node>,
    /// What the log has signed of the tree. Without it, the proof is only consistent: early bundles lack it.
    pub(super) checkpoint: Option<String>,
}

impl Parts {
    /// Reads a bundle's `verificationMaterial`.
    pub(in crate::sign) fn of_bundle(material: &Members) -> Result<Self, Refusal> {
        if material.has("publicKey") {
            return Err(Refusal::NoCertificate);
        }
        let mut chain = chain(material)?;
        if chain.is_empty() {
            return Err(Refusal::NoCertificate);
        }
        let leaf = chain.remove(0);
        let entries = items(material, "tlogEntries", "entry of a log")?;
        let entries = entries.iter().map(Entry::read).collect::<Result<_, _>>()?;
        let stamps = object(material, "timestampVerificationData", &["rfc3161Timestamps"], "time stamp")?;
        let stamps = stamps.map(|stamps| items(&stamps, "rfc3161Timestamps", "time stamp")).transpose()?;
        let read = |stamp: &Members| {
            known(stamp, &["signedTimestamp"], "time stamp")?;
            bytes(stamp, "signedTimestamp", "time stamp")
        };
        let stamps = stamps.unwrap_or_default().iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { leaf, others: chain, entries, stamps })
    }

    /// Reads the annotations of a classic signature.
    pub(super) fn of_annotations(annotations: &Annotations) -> Result<Self, Refusal> {
        let leaf = annotations.get(CERTIFICATE).filter(|leaf| !leaf.is_empty()).ok_or(Refusal::NoCertificate)?;
        let leaf = certificate(leaf.as_bytes()).ok_or(Refusal::Certificate("it is not one block of PEM"))?;
        let present = |name: &str| annotations.get(name).filter(|text| !text.is_empty());
        let entries = promise(annotations)?;
        let stamp = |text: &String| -> Option<Vec<u8>> {
            let members = json::object(text.as_bytes(), &["SignedRFC3161Timestamp"]).ok()?;
            decode(&json::required_text(&members, "SignedRFC3161Timestamp").ok()?)
        };
        let stamp = present(STAMP).map(|text| stamp(text).ok_or(Refusal::Malformed("time stamp"))).transpose()?;
        Ok(Self {
            leaf,
            others: Vec::new(),
            entries: entries.into_iter().collect(),
            stamps: stamp.into_iter().collect(),
        })
    }
}

/// Reads the log's entry beside a classic signature, if there is one.
pub(super) fn promise(annotations: &Annotations) -> Result<Option<Entry>, Refusal> {
    let text = annotations.get(PROMISE).filter(|text| !text.is_empty());
    text.map(|text| Entry::of_annotation(text)).transpose()
}

/// Returns the content of the one block of PEM that a certificate is written in.
pub(in crate::sign) fn certificate(pem: &[u8]) -> Option<Vec<u8>> {
    key::certificate(std::str::from_utf8(pem).ok()?)
}

fn chain(material: &Members) -> Result<Vec<Vec<u8>>, Refusal> {
    let one = |certificate: &Members| {
        known(certificate, &["rawBytes"], "certificate")?;
        bytes(certificate, "rawBytes", "certificate")
    };
    if let Some(certificate) = object(material, "certificate", &["rawBytes"], "certificate")? {
        return Ok(vec![one(&certificate)?]);
    }
    match object(material, "x509CertificateChain", &["certificates"], "chain of certificates")? {
        Some(chain) => items(&chain, "certificates", "certificate")?.iter().map(one).collect(),
        None => Ok(Vec::new()),
    }
}

const ENTRY: [&str; 7] =
    ["logIndex", "logId", "kindVersion", "integratedTime", "inclusionPromise", "inclusionProof", "canonicalizedBody"];
const WHAT: &str = "entry of a log";

impl Entry {
    /// Reads an entry as bundles, and logs of the second generation, have it.
    pub(super) fn read(entry: &Members) -> Result<Self, Refusal> {
        known(entry, &ENTRY, WHAT)?;
        let missing = Refusal::Malformed(WHAT);
        let log = object(entry, "logId", &["keyId"], WHAT)?.ok_or(missing.clone())?;
        let kind = object(entry, "kindVersion", &["kind", "version"], WHAT)?.ok_or(missing)?;
        let promise = object(entry, "inclusionPromise", &["signedEntryTimestamp"], WHAT)?;
        let proof = ["logIndex", "rootHash", "treeSize", "hashes", "checkpoint"];
        let proof = object(entry, "inclusionProof", &proof, "proof")?;
        Ok(Self {
            index: number(entry, "logIndex", WHAT)?.unwrap_or_default(),
            log: bytes(&log, "keyId", WHAT)?,
            kind: Some((text(&kind, "kind", WHAT)?, text(&kind, "version", WHAT)?)),
            // What is zero is left out of protobuf's JSON by some, and written by others.
            time: number(entry, "integratedTime", WHAT)?.filter(|time| *time != 0),
            promise: promise.map(|promise| bytes(&promise, "signedEntryTimestamp", WHAT)).transpose()?,
            proof: proof.map(|proof| Proof::read(&proof)).transpose()?,
            body: bytes(entry, "canonicalizedBody", WHAT)?,
        })
    }

    /// Reads what cosign writes into an annotation: the log's promise, and what it is about.
    fn of_annotation(text: &str) -> Result<Self, Refusal> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase", deny_unknown_fields)]
        struct Annotation {
            signed_entry_timestamp: String,
            payload: Payload,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        struct Payload {
            body: String,
            integrated_time: u64,
            log_index: u64,
            #[serde(rename = "logID")]
            log_id: String,
        }
        let read = || -> Option<Self> {
            let all: Annotation = serde_json::from_str(json::check(text.as_bytes()).ok()?).ok()?;
            Some(Self {
                index: all.payload.log_index,
                log: unhex(&all.payload.log_id)?,
                kind: None,
                time: Some(all.payload.integrated_time),
                promise: Some(decode(&all.signed_entry_timestamp)?),
                proof: None,
                body: decode(&all.payload.body)?,
            })
        };
        read().ok_or(Refusal::Malformed(WHAT))
    }
}

impl Proof {
    fn read(proof: &Members) -> Result<Self, Refusal> {
        let malformed = || Refusal::Malformed("proof");
        let node = |text: &String| decode_any(text)?.try_into().ok();
        let hashes: Vec<String> = proof.decode("hashes").map_err(|_| malformed())?.unwrap_or_default();
        if hashes.len() > MAX_HASHES {
            return Err(malformed());
        }
        let checkpoint = object(proof, "checkpoint", &["envelope"], "checkpoint")?;
        let checkpoint = checkpoint.map(|checkpoint| text(&checkpoint, "envelope", "checkpoint")).transpose()?;
        Ok(Self {
            index: number(proof, "logIndex", "proof")?.unwrap_or_default(),
            root: node(&text(proof, "rootHash", "proof")?).ok_or_else(malformed)?,
            size: number(proof, "treeSize", "proof")?.ok_or_else(malformed)?,
            hashes: hashes.iter().map(node).collect::<Option<_>>().ok_or_else(malformed)?,
            checkpoint,
        })
    }
}

fn known(members: &Members, names: &[&str], what: &'static str) -> Result<(), Refusal> {
    json::only(members, names).map_err(|_| Refusal::Malformed(what))
}

fn object(
    members: &Members,
    name: &'static str,
    names: &[&str],
    what: &'static str,
) -> Result<Option<Members>, Refusal> {
    let found = json::member(members, name).map_err(|_| Refusal::Malformed(what))?;
    if let Some(found) = &found {
        known(found, names, what)?;
    }
    Ok(found)
}

fn items(members: &Members, name: &'static str, what: &'static str) -> Result<Vec<Members>, Refusal> {
    let items = json::list(members, name).map_err(|_| Refusal::Malformed(what))?;
    if items.len() > MAX {
        return Err(Refusal::TooMany(items.len()));
    }
    items.iter().map(|item| serde_json::from_str(item.get()).map_err(|_| Refusal::Malformed(what))).collect()
}

fn text(members: &Members, name: &'static str, what: &'static str) -> Result<String, Refusal> {
    json::required_text(members, name).map_err(|_| Refusal::Malformed(what))
}

fn bytes(members: &Members, name: &'static str, what: &'static str) -> Result<Vec<u8>, Refusal> {
    let bytes = decode_any(&text(members, name, what)?).filter(|bytes| !bytes.is_empty());
    bytes.ok_or(Refusal::Malformed(what))
}

/// protobuf's JSON has large numbers as text, and readers take both.
fn number(members: &Members, name: &'static str, what: &'static str) -> Result<Option<u64>, Refusal> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Number(u64),
        Text(String),
    }
    let is_canonical = |text: &str| text == "0" || !text.starts_with(['0', '+']);
    match members.decode(name) {
        Ok(None) => Ok(None),
        Ok(Some(Number::Number(number))) => Ok(Some(number)),
        Ok(Some(Number::Text(text))) if is_canonical(&text) => {
            text.parse().map(Some).map_err(|_| Refusal::Malformed(what))
        }
        _ => Err(Refusal::Malformed(what)),
    }
}

pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect())?
}
