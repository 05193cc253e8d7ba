//! Policies as hosts ship them, rebuilt with keys of our own: every kind of trust over every kind of signature, beside skopeo.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use rcgen::{
    CustomExtension, ExtendedKeyUsagePurpose, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519,
    PublicKeyData, SanType, SigningKey,
};
use serde_json::{Value, json};

use crate::policy::{attachments, skopeo_copies};
use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::layout::{Layout, sha256};
use crate::support::oracle::oracle;
use crate::support::own_authority::{ADDRESS, OwnAuthority, Says, address};
use crate::support::scene::{Folder, Scene};
use crate::support::seed;
use crate::support::sigstore::{b64, tlv};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const SIMPLE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const ISSUER: &str = "https://accounts.company.example";

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("making a key")
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

/// What a log promises, as cosign has it in an annotation: that it includes a signature by a key or a certificate, in PEM.
pub(crate) fn promise(log: &KeyPair, payload: &[u8], signature: &[u8], verifier: &str, time: u64) -> String {
    let hash = sha256(payload).replace("sha256:", "");
    let body = json!({
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": {"hash": {"algorithm": "sha256", "value": hash}},
            "signature": {"content": b64(signature), "publicKey": {"content": b64(verifier.as_bytes())}},
        },
    });
    let id = sha256(&log.subject_public_key_info()).replace("sha256:", "");
    let entry = json!({"body": b64(body.to_string().as_bytes()), "integratedTime": time, "logID": id, "logIndex": 7});
    let promised = log.sign(entry.to_string().as_bytes()).expect("signing");
    json!({"SignedEntryTimestamp": b64(&promised), "Payload": entry}).to_string()
}

/// The keys and authorities of a host's world, and of a stranger's.
pub(crate) struct World {
    pub(crate) signer: KeyPair,
    pub(crate) stranger: KeyPair,
    pub(crate) rsa: KeyPair,
    pub(crate) ed25519: KeyPair,
    p384: KeyPair,
    pub(crate) log: KeyPair,
    pub(crate) other_log: KeyPair,
    pub(crate) authority: OwnAuthority,
    pub(crate) other_authority: OwnAuthority,
}

impl World {
    pub(crate) fn new() -> World {
        let [authority, other_authority] = [OwnAuthority::new(), OwnAuthority::new()];
        let of = |algorithm| KeyPair::generate_for(algorithm).expect("making a key");
        World {
            signer: key(),
            stranger: key(),
            // ring makes none.
            rsa: KeyPair::from_pem(include_str!("support/rsa.key")).expect("a key"),
            ed25519: of(&PKCS_ED25519),
            p384: of(&PKCS_ECDSA_P384_SHA384),
            log: key(),
            other_log: key(),
            authority,
            other_authority,
        }
    }

    /// Issues a certificate as Fulcio does.
    fn fulcio(&self, change: impl FnOnce(&mut Says)) -> String {
        self.fulcio_for(&self.signer, change)
    }

    fn fulcio_for(&self, key: &KeyPair, change: impl FnOnce(&mut Says)) -> String {
        let extension = |content: Vec<u8>| CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 57264, 1, 8], content);
        let mut says = Says { extensions: vec![extension(tlv(0x0c, ISSUER.as_bytes()))], ..Says::default() };
        change(&mut says);
        self.authority.issue(key, &says)
    }

    fn pki(&self, change: impl FnOnce(&mut Says)) -> String {
        self.pki_for(&self.signer, change)
    }

    fn pki_for(&self, key: &KeyPair, change: impl FnOnce(&mut Says)) -> String {
        let host = SanType::DnsName("build.company.example".try_into().expect("ASCII"));
        let mut says = Says { names: vec![address(ADDRESS), host], ..Says::default() };
        change(&mut says);
        self.authority.issue(key, &says)
    }
}

pub(crate) fn payload(reference: &str, digest: &str) -> Vec<u8> {
    let payload = json!({
        "critical": {
            "identity": {"docker-reference": reference},
            "image": {"docker-manifest-digest": digest},
            "type": "cosign container image signature",
        },
        "optional": null,
    });
    payload.to_string().into_bytes()
}

/// One classic signature as it lies beside an image.
pub(crate) struct Signed {
    pub(crate) payload: Vec<u8>,
    pub(crate) annotations: Value,
}

impl Signed {
    fn by(key: &KeyPair, payload: &[u8]) -> Signed {
        let signature = key.sign(payload).expect("signing");
        Signed {
            payload: payload.to_vec(),
            annotations: json!({"dev.cosignproject.cosign/signature": b64(&signature)}),
        }
    }

    fn signature(&self) -> Vec<u8> {
        use base64::Engine;
        let text = self.annotations["dev.cosignproject.cosign/signature"].as_str().expect("text");
        base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
    }

    fn with(mut self, name: &str, value: &str) -> Signed {
        self.annotations[format!("dev.sigstore.cosign/{name}")] = json!(value);
        self
    }

    fn promised(self, log: &KeyPair, verifier: &str, time: u64) -> Signed {
        let promise = promise(log, &self.payload, &self.signature(), verifier, time);
        self.with("bundle", &promise)
    }
}

/// Every kind of signature, and some of each kind that are wrong.
fn signatures(world: &World, name: &str, digest: &str) -> Vec<(&'static str, Option<Signed>)> {
    let right = payload(name, digest);
    let by = |key: &KeyPair| Signed::by(key, &right);
    let signer = || by(&world.signer);
    let (pem, time) = (world.signer.public_key_pem(), now());
    let fulcio = world.fulcio(|_| {});
    let other_fulcio = world.other_authority.issue(&world.signer, &Says::default());
    let pki = world.pki(|_| {});
    let chain = world.authority.chain();
    let certified = |certificate: &str| signer().with("certificate", certificate);
    let logged = |certificate: &str| certified(certificate).promised(&world.log, certificate, time);
    let kept = |key: &KeyPair| by(key).with("certificate", &world.pki_for(key, |_| {})).with("chain", &chain);
    let kept_by_fulcio = |key: &KeyPair| {
        let certificate = world.fulcio_for(key, |_| {});
        by(key).with("certificate", &certificate).with("chain", &chain).promised(&world.log, &certificate, time)
    };
    vec![
        ("nothing", None),
        ("by the key", Some(signer())),
        ("by a stranger", Some(by(&world.stranger))),
        ("for another name", Some(Signed::by(&world.signer, &payload("registry.test/other:v1", digest)))),
        ("of another image", Some(Signed::by(&world.signer, &payload(name, &sha256(b"another"))))),
        ("by the key, logged", Some(signer().promised(&world.log, &pem, time))),
        ("by the key, in another log", Some(signer().promised(&world.other_log, &pem, time))),
        (
            "by the key, logged for a stranger",
            Some(signer().promised(&world.log, &world.stranger.public_key_pem(), time)),
        ),
        ("by the key, another one logged", {
            let other =
                Signed::by(&world.signer, &payload("registry.test/other:v1", digest)).promised(&world.log, &pem, time);
            Some(signer().with("bundle", other.annotations["dev.sigstore.cosign/bundle"].as_str().expect("text")))
        }),
        ("by Fulcio", Some(logged(&fulcio).with("chain", &chain))),
        ("by Fulcio, without its chain", Some(logged(&fulcio))),
        ("by Fulcio, not logged", Some(certified(&fulcio).with("chain", &chain))),
        (
            "by Fulcio, in another log",
            Some(certified(&fulcio).with("chain", &chain).promised(&world.other_log, &fulcio, time)),
        ),
        ("by Fulcio, logged as a key", Some(certified(&fulcio).with("chain", &chain).promised(&world.log, &pem, time))),
        ("by Fulcio, logged too late", {
            let late = world.fulcio(|says| says.days = [-2, -1]);
            Some(logged(&late).with("chain", &chain))
        }),
        ("by Fulcio, logged in time", {
            let old = world.fulcio(|says| says.days = [-3, -1]);
            Some(certified(&old).with("chain", &chain).promised(&world.log, &old, time - 2 * 86_400))
        }),
        ("by Fulcio, of another", {
            let other = world.fulcio(|says| says.names = vec![address("other@company.example")]);
            Some(logged(&other).with("chain", &chain))
        }),
        ("by Fulcio, by nobody", Some(logged(&world.fulcio(|says| says.extensions.clear())).with("chain", &chain))),
        ("by another Fulcio", Some(logged(&other_fulcio).with("chain", &world.other_authority.chain()))),
        ("with a certificate", Some(certified(&pki))),
        ("with a certificate and its chain", Some(certified(&pki).with("chain", &chain))),
        ("with one that has expired", Some(certified(&world.pki(|says| says.days = [-3, -1])).with("chain", &chain))),
        ("with one for servers", {
            let servers = world.pki(|says| says.purposes = vec![ExtendedKeyUsagePurpose::ServerAuth]);
            Some(certified(&servers).with("chain", &chain))
        }),
        (
            "with one for nothing in particular",
            Some(certified(&world.pki(|says| says.purposes.clear())).with("chain", &chain)),
        ),
        ("by an RSA key", Some(by(&world.rsa))),
        ("by an Ed25519 key", Some(by(&world.ed25519))),
        ("with one of an RSA key", Some(kept(&world.rsa))),
        ("with one of an Ed25519 key", Some(kept(&world.ed25519))),
        ("with one of a key on P-384, by SHA-384", Some(kept(&world.p384))),
        ("with one of an RSA key that another signs for", {
            let certificate = world.pki_for(&world.rsa, |_| {});
            Some(by(&world.ed25519).with("certificate", &certificate).with("chain", &chain))
        }),
        ("with one of an Ed25519 key that has expired", {
            let certificate = world.pki_for(&world.ed25519, |says| says.days = [-3, -1]);
            Some(by(&world.ed25519).with("certificate", &certificate).with("chain", &chain))
        }),
        ("by Fulcio, of an RSA key", Some(kept_by_fulcio(&world.rsa))),
        ("by Fulcio, of an Ed25519 key", Some(kept_by_fulcio(&world.ed25519))),
        ("with one of another key", {
            let other = world.authority.issue(&world.stranger, &Says::default());
            Some(certified(&other).with("chain", &chain))
        }),
    ]
}

/// Pushes an image with a signature to a repository of its own; returns its name.
fn push(scene: &Scene, repository: &str, make: impl FnOnce(&str, &str) -> Option<Signed>) -> String {
    let image = fixture::single(&scene.folder.path(repository));
    seed::push_all(&image.dir, &scene.registry.client(), repository);
    let name = scene.name(&format!("{repository}:v1"));
    if let Some(signed) = make(&name, &image.digest) {
        push_signature(scene, repository, &image.digest, &signed, &scene.folder.path(&format!("{repository}-sig")));
    }
    format!("docker://{name}")
}

fn push_signature(scene: &Scene, repository: &str, digest: &str, signed: &Signed, dir: &Path) {
    let layout = Layout::create(dir);
    let mut layer = layout.blob(SIMPLE, &signed.payload);
    layer["annotations"] = signed.annotations.clone();
    let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": layout.json(CONFIG, &json!({})), "layers": [layer]});
    layout.tag(&layout.json(MANIFEST, &manifest), &format!("{}.sig", digest.replace(':', "-")));
    seed::push_all(dir, &scene.registry.client(), repository);
}

/// The requirements of policies, rebuilt from those that Red Hat, Fedora and the manual have.
fn requirements(world: &World, file: &dyn Fn(&str, &str) -> String) -> Vec<(&'static str, Value)> {
    let data = |text: &str| b64(text.as_bytes());
    let pem = |key: &KeyPair| key.public_key_pem();
    let [key, stranger] = [file("key.pub", &pem(&world.signer)), file("stranger.pub", &pem(&world.stranger))];
    let [log, other_log] = [file("log.pub", &pem(&world.log)), file("other-log.pub", &pem(&world.other_log))];
    let root = file("root.pem", &world.authority.root);
    let both = file("both.pem", &world.authority.chain());
    let between = file("between.pem", &world.authority.between);
    let other_root = file("other-root.pem", &world.other_authority.root);
    let fulcio =
        |path: &str, issuer: &str, email: &str| json!({"caPath": path, "oidcIssuer": issuer, "subjectEmail": email});
    vec![
        ("keyPath", json!({"keyPath": key})),
        ("keyData of a stranger", json!({"keyData": data(&pem(&world.stranger))})),
        ("keyPaths", json!({"keyPaths": [stranger, key]})),
        ("keyDatas", json!({"keyDatas": [data(&pem(&world.stranger)), data(&pem(&world.signer))]})),
        (
            "keyPaths of RSA and Ed25519",
            json!({"keyPaths": [file("rsa.pub", &pem(&world.rsa)), file("ed25519.pub", &pem(&world.ed25519))]}),
        ),
        ("keyPath, rekorPublicKeyPath", json!({"keyPath": key, "rekorPublicKeyPath": log})),
        (
            "keyPaths, rekorPublicKeyPaths",
            json!({"keyPaths": [stranger, key], "rekorPublicKeyPaths": [other_log, log]}),
        ),
        (
            "keyPath, rekorPublicKeyData of another",
            json!({"keyPath": key, "rekorPublicKeyData": data(&pem(&world.other_log))}),
        ),
        ("keyPath, rekorPublicKeyDatas", json!({"keyPath": key, "rekorPublicKeyDatas": [data(&pem(&world.log))]})),
        ("fulcio", json!({"fulcio": fulcio(&root, ISSUER, ADDRESS), "rekorPublicKeyPath": log})),
        ("fulcio with what is between", json!({"fulcio": fulcio(&both, ISSUER, ADDRESS), "rekorPublicKeyPath": log})),
        (
            "fulcio by data",
            json!({
                "fulcio": {"caData": data(&world.authority.root), "oidcIssuer": ISSUER, "subjectEmail": ADDRESS},
                "rekorPublicKeyDatas": [data(&pem(&world.other_log)), data(&pem(&world.log))],
            }),
        ),
        ("fulcio of another root", json!({"fulcio": fulcio(&other_root, ISSUER, ADDRESS), "rekorPublicKeyPath": log})),
        (
            "fulcio of another issuer",
            json!({"fulcio": fulcio(&root, "https://x.example", ADDRESS), "rekorPublicKeyPath": log}),
        ),
        (
            "fulcio for another",
            json!({"fulcio": fulcio(&root, ISSUER, "other@company.example"), "rekorPublicKeyPath": log}),
        ),
        ("pki", json!({"pki": {"caRootsPath": root, "subjectEmail": ADDRESS}})),
        (
            "pki with what is between",
            json!({"pki": {"caRootsPath": root, "caIntermediatesPath": between, "subjectEmail": ADDRESS}}),
        ),
        (
            "pki of a host",
            json!({"pki": {
                "caRootsData": data(&world.authority.root), "caIntermediatesData": data(&world.authority.between),
                "subjectHostname": "build.company.example",
            }}),
        ),
        (
            "pki of both",
            json!({"pki": {
                "caRootsPath": root, "caIntermediatesPath": between,
                "subjectHostname": "build.company.example", "subjectEmail": ADDRESS,
            }}),
        ),
        ("pki of another host", json!({"pki": {"caRootsPath": both, "subjectHostname": "other.company.example"}})),
        ("pki of another root", json!({"pki": {"caRootsPath": other_root, "subjectEmail": ADDRESS}})),
    ]
}

/// skopeo's answer and ours, for every kind of requirement and every kind of signature.
#[allow(clippy::print_stdout, reason = "how many there were is what the test is for")]
#[test]
fn every_trust_over_every_signature() {
    if oracle("skopeo-new").is_none() {
        return;
    }
    let Some(scene) = Scene::new() else { return };
    let world = World::new();
    let file = |name: &str, content: &str| {
        fs::write(scene.folder.path(name), content).expect("written");
        scene.folder.text(name)
    };
    let host = scene.registry.host();
    let kinds = signatures(&world, "x/y:z", &sha256(b"")).len();
    let images: Vec<(&str, String)> = (0..kinds)
        .map(|number| {
            let mut what = "";
            let repository = format!("image{number}");
            let name = push(&scene, &repository, |name, digest| {
                let (kind, signed) = signatures(&world, name, digest).swap_remove(number);
                what = kind;
                signed
            });
            (what, name)
        })
        .collect();
    let mut asked: Vec<(&str, String, &str, &String)> = Vec::new();
    for (number, (trust, mut requirement)) in requirements(&world, &file).into_iter().enumerate() {
        requirement["type"] = json!("sigstoreSigned");
        // Names are a matter of their own.
        let identity = if trust == "keyPath" { "matchRepoDigestOrExact" } else { "matchRepository" };
        requirement["signedIdentity"] = json!({"type": identity});
        let policy = json!({"default": [{"type": "reject"}], "transports": {"docker": {&host: [requirement]}}});
        let policy = file(&format!("policy-{number}.json"), &policy.to_string());
        asked.extend(images.iter().map(|(what, name)| (trust, policy.clone(), *what, name)));
    }
    attachments(&scene.folder, &host);
    let (next, allowed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let ask = || {
        while let Some((trust, policy, what, name)) = asked.get(next.fetch_add(1, Ordering::Relaxed)) {
            let out = Folder::new();
            let theirs = skopeo_copies(&scene.folder, policy, name, &out.at("dir", "out", ""), &[]);
            let ours = stevedore(&["verify", "--policy", policy, name]);
            assert_eq!(ours.code == 0, theirs, "{trust}, signed {what}: {}", ours.stderr);
            assert!([0, 10, 12].contains(&ours.code), "{trust}, signed {what}: {}", ours.stderr);
            allowed.fetch_add(usize::from(theirs), Ordering::Relaxed);
        }
    };
    // A panic in one of them is one of the scope.
    thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(ask))));
    let (cases, allowed) = (asked.len(), allowed.into_inner());
    println!("{cases} cases beside skopeo, {allowed} of them allowed");
    assert!(cases >= 700 && allowed >= 90, "{cases} cases, {allowed} allowed");
}
