//! Signatures and attestations with random damage, each addressed anew so that it reaches the verifier. Nothing panics, and what is accepted still
//! has the payload that was signed and a signature that an independent verifier (ring) accepts.
//!
//! `STEVEDORE_MUTATIONS` sets how many (10000 take some seconds), `STEVEDORE_SEED` where they begin.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde_json::Value;
use stevedore::descriptor::Descriptor;
use stevedore::digest::Digest;
use stevedore::media_type::MediaType;
use stevedore::sign::{Candidate, Form, PublicKey, Sought, Spot, check};

use super::sign_vectors::{Repository, cases, vectors};

/// Numbers that are the same each time: xorshift.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).expect("below a usize")
    }
}

/// Damages some bytes: flipped, replaced by what JSON is made of, removed, inserted, repeated.
pub(crate) fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    const TOKENS: [&[u8]; 14] =
        [b"\"", b"{", b"}", b"[", b"]", b",", b":", b"\\u0000", b"null", b"0", b"-1", b"1e9", b"\xef\xbb\xbf", b"=="];
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            1 if !bytes.is_empty() => bytes[at] = u8::try_from(random.below(256)).expect("a byte"),
            2 => {
                let end = (at + 1 + random.below(8)).min(bytes.len());
                bytes.drain(at..end);
            }
            3 => {
                let token = TOKENS[random.below(TOKENS.len())];
                bytes.splice(at..at, token.iter().copied());
            }
            4 => {
                let end = (at + 1 + random.below(64)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(end..end, piece);
            }
            _ => bytes.truncate(at),
        }
    }
}

/// A signature or an attestation of the set.
struct Seed {
    sought: Sought<'static>,
    subject: Digest,
    candidate: Candidate,
    content: Vec<u8>,
    /// What is signed, without what is around it.
    payload: Vec<u8>,
}

fn seeds() -> Vec<Seed> {
    let set = cases();
    let mut seeds = Vec::new();
    let attestation = Sought::Attestation(Some("https://spdx.dev/Document"));
    for (case, sought) in [
        ("classic-v3", Sought::Signature),
        ("classic-annotations", Sought::Signature),
        ("bundle-api", Sought::Signature),
        ("bundle-annotations", Sought::Signature),
        ("attestation-classic", attestation),
        ("attestation-bundle", attestation),
    ] {
        let repository = Repository::open(&vectors().join(set["cases"][case]["file"].as_str().expect("a file")), true);
        let subject: Digest = repository.manifest("v1").expect("there").0.parse().expect("a digest");
        let (form, manifest) = match (repository.tag_ending(".sig"), repository.tag_ending(".att")) {
            (Some(tag), _) => (Form::Classic, repository.manifest(tag).expect("there").2.to_vec()),
            (_, Some(tag)) => (Form::Envelope, repository.manifest(tag).expect("there").2.to_vec()),
            _ => (Form::Bundle, bundle_manifest(&repository, &subject, sought)),
        };
        let document: Value = serde_json::from_slice(&manifest).expect("JSON");
        let layer: Descriptor = serde_json::from_value(document["layers"][0].clone()).expect("a descriptor");
        let content = repository.blobs[&layer.digest.to_string()].clone();
        let payload = match form {
            Form::Classic => content.clone(),
            _ => payload(&content).expect("an envelope").0,
        };
        let manifest = Digest::of(&manifest);
        let candidate = Candidate { spot: Spot::Referrers, manifest: Some(manifest), form, layer, stated: None };
        seeds.push(Seed { sought, subject, candidate, content, payload });
    }
    seeds
}

fn bundle_manifest(repository: &Repository, subject: &Digest, sought: Sought<'_>) -> Vec<u8> {
    let list = repository.referrers_of(&subject.to_string());
    let manifests = list.iter().map(|digest| repository.manifest(digest).expect("there").2);
    let is_sought = |manifest: &&[u8]| match sought {
        Sought::Signature => true,
        Sought::Attestation(kind) => String::from_utf8_lossy(manifest).contains(kind.expect("a type")),
    };
    manifests.into_iter().find(is_sought).expect("one").to_vec()
}

/// Returns the payload and the signature of a bundle or an envelope, read by other code than the library's.
fn payload(bundle: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let document: Value = serde_json::from_slice(bundle).ok()?;
    let envelope = document.get("dsseEnvelope").unwrap_or(&document);
    let decode = |text: &Value| {
        let text = text.as_str()?.replace('-', "+").replace('_', "/");
        let text = text.trim_end_matches('=').to_owned();
        STANDARD.decode(format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4))).ok()
    };
    Some((decode(&envelope["payload"])?, decode(&envelope["signatures"][0]["sig"])?))
}

#[test]
fn damage_is_never_accepted() {
    let number =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let count = number("STEVEDORE_MUTATIONS", 2000);
    let mut random = Random(number("STEVEDORE_SEED", 0x9e37_79b9_7f4a_7c15) | 1);
    let pem = std::fs::read_to_string(vectors().join("keys/alice.pub")).expect("a key");
    let key = PublicKey::parse_all(&pem).expect("a key").remove(0);
    let der = key.to_der();
    let independent = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &der[der.len() - 65..]);
    let seeds = seeds();
    for seed in &seeds {
        check(&seed.candidate, &seed.content, &seed.subject, &key, seed.sought, &|_| Ok(()))
            .expect("good before the damage");
    }
    let mut accepted = 0;
    for _ in 0..count {
        let seed = &seeds[random.below(seeds.len())];
        let (mut candidate, mut content) = (seed.candidate.clone(), seed.content.clone());
        let annotation = "dev.cosignproject.cosign/signature";
        // Whatever is said beside it, the one is never taken for the other.
        let other = match seed.sought {
            Sought::Signature => Sought::Attestation(None),
            Sought::Attestation(_) => Sought::Signature,
        };
        check(&candidate, &content, &seed.subject, &key, other, &|_| Ok(())).expect_err("another kind");
        if candidate.form == Form::Classic && random.below(2) == 0 {
            let mut text = candidate.layer.annotations[annotation].clone().into_bytes();
            mutate(&mut text, &mut random);
            candidate.layer.annotations.insert(annotation.into(), String::from_utf8_lossy(&text).into_owned());
        } else {
            mutate(&mut content, &mut random);
        }
        // Addressed anew: what arrives is what the descriptor says.
        let annotations = candidate.layer.annotations.clone();
        candidate.layer = Descriptor::of(MediaType::OCTET_STREAM, &content);
        candidate.layer.annotations = annotations;
        let Ok((_, claim)) = check(&candidate, &content, &seed.subject, &key, seed.sought, &|_| Ok(())) else {
            continue;
        };
        accepted += 1;
        assert_eq!(claim.digest, seed.subject);
        let (payload, message, signature) = match candidate.form {
            Form::Classic => {
                let signature = STANDARD.decode(&candidate.layer.annotations[annotation]).expect("was read");
                (content.clone(), content, signature)
            }
            _ => {
                let (payload, signature) = payload(&content).expect("was read");
                let start = format!("DSSEv1 28 application/vnd.in-toto+json {} ", payload.len());
                (payload.clone(), [start.as_bytes(), &payload].concat(), signature)
            }
        };
        assert_eq!(payload, seed.payload);
        independent.verify(&message, &signature).expect("the other verifier agrees");
    }
    // Damage to what is not signed, such as a bundle's hint, may pass.
    assert!(accepted < count / 2, "{accepted} of {count}");
}
