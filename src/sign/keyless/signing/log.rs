//! Entries of transparency logs: how each generation is asked for one, and what it says of it.
//!
//! Rekor 1: <https://github.com/sigstore/rekor/blob/main/openapi.yaml>; Rekor 2:
//! <https://github.com/sigstore/rekor-tiles/blob/main/api/proto/rekor/v2/rekor_service.proto>.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::super::body::Body;
use super::super::material::{Entry, Proof, unhex};
use super::super::{Content, Refusal, Signed, TrustedRoot};
use super::authority::Named;
use super::error::Result;
use super::services::Generation;
use crate::digest::hex;
use crate::registry::Question;
use crate::sign::encoding::{decode, encode};
use crate::sign::{envelope, key};
use crate::splice::Members;

const WHAT: &str = "record the signature";
/// The status of a log that has the entry.
const EXISTS: u16 = 409;

/// A log with its API.
pub(super) struct Log {
    pub(super) named: Named,
    pub(super) generation: Generation,
}

/// What is to be recorded: a signature with what it is of and the certificate of who made it.
pub(super) struct Record<'a> {
    pub(super) signed: Signed<'a>,
    pub(super) leaf: &'a [u8],
}

/// How Rekor 1 says what it has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct First {
    body: String,
    integrated_time: u64,
    #[serde(rename = "logID")]
    log_id: String,
    log_index: u64,
    verification: Verification,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verification {
    signed_entry_timestamp: String,
    inclusion_proof: Inclusion,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inclusion {
    checkpoint: String,
    hashes: Vec<String>,
    log_index: u64,
    root_hash: String,
    tree_size: u64,
}

impl Log {
    /// Records a signature, and checks that the log says so of this one. `stamps` are the times that others vouch for.
    pub(super) fn record(&self, record: &Record<'_>, stamps: &[u64], root: &TrustedRoot) -> Result<Entry> {
        let (entry, body) = match self.generation {
            Generation::First => self.first(record)?,
            Generation::Second => self.second(record)?,
        };
        let check = || {
            let read = Body::parse(&body, entry.kind.as_ref())?;
            read.check(&record.signed, record.leaf)?;
            if !entry.is_proven() {
                return Err(Refusal::NoProof);
            }
            entry.check(&root.logs, &read, stamps)
        };
        check().map_err(|refusal| self.named.unacceptable(refusal))?;
        Ok(entry)
    }

    fn first(&self, record: &Record<'_>) -> Result<(Entry, Vec<u8>)> {
        let request = record.first();
        let question = post("/api/v1/log/entries", request.as_bytes());
        let mut answer = self.named.ask(WHAT, &question)?;
        if answer.status == EXISTS {
            let there =
                answer.location.ok_or_else(|| self.named.senseless("it has the entry, and does not say where"))?;
            let followed = self.named.service.follow(&there, &[200]);
            answer = followed.map_err(|source| self.named.failed("show the entry that it has", source))?;
        }
        let all: Option<BTreeMap<String, First>> = serde_json::from_slice(&answer.content).ok();
        let mut all = all.unwrap_or_default().into_values();
        let (Some(one), None) = (all.next(), all.next()) else {
            return Err(self.named.senseless("it is not one entry of a log"));
        };
        one.entry().ok_or_else(|| self.named.senseless("it is not one entry of a log"))
    }

    fn second(&self, record: &Record<'_>) -> Result<(Entry, Vec<u8>)> {
        let request = record.second();
        let answer = self.named.ask(WHAT, &post("/api/v2/log/entries", request.as_bytes()))?;
        if answer.status == EXISTS {
            return Err(self.named.senseless("it has the entry, and does not show it; sign again"));
        }
        let members: Option<Members> = Members::parse(&answer.content).ok();
        let entry = members.and_then(|members| Entry::read(&members).ok());
        let entry = entry.ok_or_else(|| self.named.senseless("it is not an entry of a log"))?;
        let body = entry.body.clone();
        Ok((entry, body))
    }
}

fn post<'a>(path: &'a str, body: &'a [u8]) -> Question<'a> {
    let body = Some(("application/json", body));
    Question { method: "POST", path, query: &[], authorization: None, body, wanted: &[200, 201, EXISTS] }
}

impl Record<'_> {
    /// Proposes an entry to Rekor 1: `dsse` for an envelope, `hashedrekord` for anything else.
    fn first(&self) -> String {
        let pem = encode(key::certificate_pem(self.leaf).as_bytes());
        let signature = self.signed.signature;
        let (kind, spec) = match self.signed.payload() {
            Some(payload) => {
                let envelope = envelope::write(payload, signature);
                ("dsse", json!({"proposedContent": {"envelope": envelope, "verifiers": [pem]}}))
            }
            None => {
                let hash = json!({"algorithm": "sha256", "value": hex(&self.digest())});
                let signature = json!({"content": encode(signature), "publicKey": {"content": pem}});
                ("hashedrekord", json!({"data": {"hash": hash}, "signature": signature}))
            }
        };
        json!({"apiVersion": "0.0.1", "kind": kind, "spec": spec}).to_string()
    }

    /// Proposes an entry to Rekor 2, to which an envelope is content like any other.
    fn second(&self) -> String {
        let certificate = json!({"rawBytes": encode(self.leaf)});
        let verifier = json!({"x509Certificate": certificate, "keyDetails": "PKIX_ECDSA_P256_SHA_256"});
        let signature = json!({"content": encode(self.signed.signature), "verifier": verifier});
        json!({"hashedRekordRequestV002": {"digest": encode(&self.digest()), "signature": signature}}).to_string()
    }

    fn digest(&self) -> Vec<u8> {
        match &self.signed.content {
            Content::Message(message) => super::super::key::Hash::Sha256.of(message),
            Content::Sha256(digest) => digest.to_vec(),
        }
    }
}

impl First {
    /// Returns the entry as bundles have it.
    fn entry(self) -> Option<(Entry, Vec<u8>)> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Kind {
            kind: String,
            api_version: String,
        }
        let node = |text: &String| unhex(text)?.try_into().ok();
        let body = decode(&self.body)?;
        let Kind { kind, api_version } = serde_json::from_slice(&body).ok()?;
        let Inclusion { checkpoint, hashes, log_index, root_hash, tree_size } = self.verification.inclusion_proof;
        let proof = Proof {
            index: log_index,
            root: node(&root_hash)?,
            size: tree_size,
            hashes: hashes.iter().map(node).collect::<Option<_>>()?,
            checkpoint: Some(checkpoint),
        };
        let entry = Entry {
            index: self.log_index,
            log: unhex(&self.log_id)?,
            kind: Some((kind, api_version)),
            time: Some(self.integrated_time),
            promise: Some(decode(&self.verification.signed_entry_timestamp)?),
            proof: Some(proof),
            body: body.clone(),
        };
        Some((entry, body))
    }
}

/// Writes an entry as a bundle has it.
pub(super) fn write(entry: &Entry) -> serde_json::Value {
    let (kind, version) = entry.kind.clone().unwrap_or_default();
    let mut written = json!({
        "logIndex": entry.index.to_string(),
        "logId": {"keyId": encode(&entry.log)},
        "kindVersion": {"kind": kind, "version": version},
    });
    if let Some(time) = entry.time {
        written["integratedTime"] = json!(time.to_string());
    }
    if let Some(promise) = &entry.promise {
        written["inclusionPromise"] = json!({"signedEntryTimestamp": encode(promise)});
    }
    if let Some(proof) = &entry.proof {
        let hashes: Vec<String> = proof.hashes.iter().map(|hash| encode(hash)).collect();
        written["inclusionProof"] = json!({
            "logIndex": proof.index.to_string(),
            "rootHash": encode(&proof.root),
            "treeSize": proof.size.to_string(),
            "hashes": hashes,
            "checkpoint": {"envelope": proof.checkpoint.clone().unwrap_or_default()},
        });
    }
    written["canonicalizedBody"] = json!(encode(&entry.body));
    written
}
