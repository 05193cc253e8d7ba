//! Keyless signatures with random damage: nothing panics, and none is accepted but for damage to what nobody looks at.
//!
//! `STEVEDORE_MUTATIONS` sets how many, `STEVEDORE_SEED` where they begin.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use stevedore::sign::Keyless;
use stevedore::sign::blob::{self, Artifact};
use stevedore::sign::keyless::{Identity, Pattern, TrustedRoot};

use super::sign_mutations::{Random, mutate};
use crate::support::sigstore::{Case, Form, ISSUER, SUBJECT, World, stamp};

/// Changes one text of a document: its bytes if it is base64, and if it is more than that, what is in there.
fn damage(document: &mut Value, random: &mut Random) {
    let mut places = Vec::new();
    texts(document, &mut Vec::new(), &mut places);
    let place = &places[random.below(places.len())];
    let mut value = &mut *document;
    for step in place {
        value = match value {
            Value::Array(items) => &mut items[step.parse::<usize>().expect("a number")],
            other => &mut other[step.as_str()],
        };
    }
    let text = value.as_str().expect("text").to_owned();
    let mut bytes = match STANDARD.decode(&text) {
        Ok(bytes) if random.below(4) > 0 => {
            let mut bytes = bytes;
            mutate(&mut bytes, random);
            STANDARD.encode(bytes).into_bytes()
        }
        _ => {
            let mut bytes = text.clone().into_bytes();
            mutate(&mut bytes, random);
            bytes
        }
    };
    if random.below(16) == 0 {
        bytes.clear();
    }
    *value = Value::String(String::from_utf8_lossy(&bytes).into_owned());
}

fn texts(value: &Value, path: &mut Vec<String>, places: &mut Vec<Vec<String>>) {
    match value {
        Value::String(_) => places.push(path.clone()),
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                path.push(number.to_string());
                texts(item, path, places);
                path.pop();
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                path.push(name.clone());
                texts(member, path, places);
                path.pop();
            }
        }
        _ => {}
    }
}

#[test]
fn damage_is_never_accepted() {
    let number =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let count = number("STEVEDORE_MUTATIONS", 1500);
    let mut random = Random(number("STEVEDORE_SEED", 0x2545_f491_4f6c_dd1d) | 1);
    let world = World::new();
    let seeds: Vec<_> = Form::ALL
        .iter()
        .map(|form| {
            let mut case = Case::new(*form);
            case.stamp = Some(stamp());
            world.make(&case)
        })
        .collect();
    let artifact = Artifact::of_content(b"what is signed".to_vec());
    let identity = || Identity { subject: Pattern::exact(SUBJECT), issuer: Pattern::exact(ISSUER) };
    let good = TrustedRoot::parse(world.root().to_string().as_bytes()).expect("a root");
    let good = Keyless::new(good, identity());
    let mut accepted = Vec::new();
    for turn in 0..count {
        let seed = &seeds[random.below(seeds.len())];
        let (mut bundle, mut root) = (seed.bundle.clone(), seed.root.clone());
        if turn % 4 == 3 {
            // A damaged root may lose what is not needed, but never gains anything: what it accepts is a good signature still.
            damage(&mut root, &mut random);
            let Ok(root) = TrustedRoot::parse(root.to_string().as_bytes()) else { continue };
            let _ =
                blob::verify(bundle.to_string().as_bytes(), &artifact, &Keyless::new(root, identity()), None, 1 << 20);
            continue;
        }
        let mut text = bundle.to_string().into_bytes();
        if turn % 4 == 0 {
            mutate(&mut text, &mut random);
        } else {
            damage(&mut bundle, &mut random);
            text = bundle.to_string().into_bytes();
        }
        if blob::verify(&text, &artifact, &good, None, 1 << 20).is_ok() {
            accepted.push((seed.bundle.clone(), text));
        }
    }
    for (before, text) in &accepted {
        same_facts(before, &serde_json::from_slice(text).expect("JSON"));
    }
    assert!((accepted.len() as u64) < count / 4, "{} of {count}", accepted.len());
}

/// Asserts that whatever a signature depends on is as it was; base64 may be written in several ways.
fn same_facts(before: &Value, after: &Value) {
    let bytes = |value: &Value| {
        let text = value.as_str().unwrap_or_default().replace('-', "+").replace('_', "/");
        let text = text.trim_end_matches('=').to_owned();
        STANDARD.decode(format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4))).expect("base64")
    };
    for path in [
        "/verificationMaterial/certificate/rawBytes",
        "/verificationMaterial/tlogEntries/0/canonicalizedBody",
        "/verificationMaterial/tlogEntries/0/logId/keyId",
        "/verificationMaterial/tlogEntries/0/inclusionPromise/signedEntryTimestamp",
        "/verificationMaterial/tlogEntries/0/inclusionProof/rootHash",
        "/verificationMaterial/tlogEntries/0/inclusionProof/hashes/0",
        "/verificationMaterial/tlogEntries/0/inclusionProof/hashes/1",
        "/messageSignature/signature",
        "/dsseEnvelope/payload",
        "/dsseEnvelope/signatures/0/sig",
    ] {
        if let Some(value) = before.pointer(path) {
            let after = after.pointer(path).unwrap_or_else(|| panic!("{path} is gone: {after}"));
            assert_eq!(bytes(value), bytes(after), "{path}");
        }
    }
}
