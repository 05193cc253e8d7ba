//! Keys of every kind, statements, claims and files of other tools, with signatures that cosign and a small authority of their own made.
//!
//! `tests/vectors/kinds.json` has them, each checked with cosign or skopeo. Every row that verifies stands beside rows that must not.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::sign_vectors::vectors;
use crate::support::command::{Run, stevedore};
use crate::support::layout::Layout;
use crate::support::scene::Folder;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const SIMPLE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const PROMISE: &str = "dev.sigstore.cosign/bundle";
const DSSE: &str = "application/vnd.dsse.envelope.v1+json";
const KINDS: [&str; 4] = ["p256", "rsa4096", "p384", "ed25519"];

/// The vectors, and an empty directory.
struct Room {
    data: Value,
    folder: Folder,
}

impl Room {
    fn new() -> Room {
        let text = fs::read(vectors().join("kinds.json")).expect("the vectors are there");
        Room { data: serde_json::from_slice(&text).expect("the vectors are JSON"), folder: Folder::new() }
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.folder.path(name), content).expect("writing a file");
        self.folder.text(name)
    }

    fn key(&self, name: &str) -> String {
        self.write(&format!("{name}.pub"), self.data["keys"][name].as_str().expect("a key"))
    }

    fn classic(&self, name: &str) -> Value {
        self.data["classic"][name].clone()
    }

    fn bundle(&self, name: &str) -> Value {
        self.data["bundles"][name].clone()
    }

    /// Makes a layout with the image, and beside it what `add` adds; returns its location.
    fn image(&self, add: impl FnOnce(&Layout, &str, &Value)) -> String {
        let dir = self.folder.path("image");
        let _ = fs::remove_dir_all(&dir);
        let layout = Layout::create(&dir);
        let (digest, text) = (&self.data["image"]["digest"], self.data["image"]["manifest"].as_str().expect("text"));
        let manifest: Value = serde_json::from_str(text).expect("a manifest");
        for blob in manifest["layers"].as_array().into_iter().flatten().chain([&manifest["config"]]) {
            assert!(blob["digest"].is_string(), "{blob}");
        }
        let image = layout.blob(MANIFEST, text.as_bytes());
        assert_eq!(image["digest"], *digest);
        layout.tag(&image, "v1");
        add(&layout, digest.as_str().expect("a digest"), &image);
        self.folder.at("oci", "image", ":v1")
    }

    fn with_classic(&self, signature: &Value) -> String {
        self.image(|layout, digest, _| {
            let mut layer = layout.blob(SIMPLE, signature["payload"].as_str().expect("a payload").as_bytes());
            layer["annotations"] = signature["annotations"].clone();
            tag_layers(layout, digest, "sig", &[layer]);
        })
    }

    fn with_bundle(&self, bundle: &Value) -> String {
        self.image(|layout, digest, image| {
            let manifest = layout.json(
                MANIFEST,
                &json!({
                    "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": BUNDLE,
                    "config": layout.blob("application/vnd.oci.empty.v1+json", b"{}"),
                    "layers": [layout.json(BUNDLE, bundle)], "subject": image,
                }),
            );
            let list = "application/vnd.oci.image.index.v1+json";
            let list = layout.json(list, &json!({"schemaVersion": 2, "mediaType": list, "manifests": [manifest]}));
            layout.tag(&list, &digest.replace(':', "-"));
        })
    }

    fn with_envelope(&self, envelope: &Value) -> String {
        self.image(|layout, digest, _| tag_layers(layout, digest, "att", &[layout.json(DSSE, envelope)]))
    }

    fn file(&self) -> String {
        self.write("artifact.txt", self.data["file"].as_str().expect("a file"))
    }

    /// Runs `verify-blob` of the file with a bundle.
    fn blob(&self, bundle: &Value, flags: &[&str]) -> Run {
        let bundle = self.write("bundle.json", bundle.to_string());
        stevedore(&[&["verify-blob", "--bundle", &bundle], flags, &[&self.file()]].concat())
    }

    /// The flags that ask for the identity that the keyless vectors are of.
    fn identity(&self) -> Vec<String> {
        let roots = &self.data["roots"];
        let root = self.write("root.json", roots["own"].to_string());
        let text = |name: &str| roots[name].as_str().expect("text").to_owned();
        let flags = ["--trusted-root", &root, "--certificate-identity", &text("signer")];
        flags.map(str::to_owned).into_iter().chain(["--certificate-oidc-issuer".to_owned(), text("issuer")]).collect()
    }

    /// Copies the image under a policy with this requirement for everything, and says whether it was allowed.
    fn policy(&self, image: &str, requirement: &Value) -> bool {
        let mut signed = json!({
            "type": "sigstoreSigned",
            "signedIdentity": {"type": "exactRepository", "dockerRepository": "registry.test/app"},
        });
        for (name, value) in requirement.as_object().expect("members") {
            signed[name] = value.clone();
        }
        let policy = self.write("policy.json", json!({"default": [signed]}).to_string());
        let run = stevedore(&["verify", "--policy", &policy, image]);
        assert!([0, 12].contains(&run.code), "{requirement}: {run:?}");
        run.code == 0
    }
}

fn tag_layers(layout: &Layout, digest: &str, kind: &str, layers: &[Value]) {
    let config = layout.json("application/vnd.oci.image.config.v1+json", &json!({}));
    let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
    layout.tag(&layout.json(MANIFEST, &manifest), &format!("{}.{kind}", digest.replace(':', "-")));
}

/// Changes one byte of a signature in base64.
fn changed(signature: &str) -> String {
    let mut bytes = STANDARD.decode(signature).expect("base64");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    STANDARD.encode(bytes)
}

#[track_caller]
fn exits(run: Run, code: i32) {
    run.code(code);
}

/// Every kind of key in a classic signature: good, changed, of another image, by another key.
#[test]
fn classic_signatures_of_every_kind() {
    let room = Room::new();
    for kind in KINDS {
        let key = room.key(kind);
        let good = room.classic(kind);
        let verify = |signature: &Value, key: &str| stevedore(&["verify", "--key", key, &room.with_classic(signature)]);
        exits(verify(&good, &key), 0);
        let mut broken = good.clone();
        broken["annotations"][SIGNATURE] = json!(changed(good["annotations"][SIGNATURE].as_str().expect("text")));
        exits(verify(&broken, &key), 12);
        let mut other = good.clone();
        other["payload"] = json!(good["payload"].as_str().expect("text").replace("registry.test", "registry.text"));
        exits(verify(&other, &key), 12);
        let mut empty = good.clone();
        empty["annotations"][SIGNATURE] = json!("AAAA");
        exits(verify(&empty, &key), 12);
        for another in KINDS.iter().filter(|another| **another != kind) {
            exits(verify(&room.classic(another), &key), 12);
        }
    }
    for forged in ["rsa4096-broken", "rsa4096-other-image"] {
        exits(stevedore(&["verify", "--key", &room.key("rsa4096"), &room.with_classic(&room.classic(forged))]), 12);
    }
}

/// Every kind of key in bundles: of an image, of a file, and an attestation.
#[test]
fn bundles_of_every_kind() {
    let room = Room::new();
    for kind in ["rsa4096", "p384", "ed25519"] {
        let key = room.key(kind);
        let good = room.bundle(&format!("image-{kind}"));
        exits(stevedore(&["verify", "--key", &key, &room.with_bundle(&good)]), 0);
        let mut broken = good.clone();
        let signature = &mut broken["dsseEnvelope"]["signatures"][0];
        signature["sig"] = json!(changed(signature["sig"].as_str().expect("text")));
        exits(stevedore(&["verify", "--key", &key, &room.with_bundle(&broken)]), 12);
        exits(stevedore(&["verify", "--key", &room.key("p256"), &room.with_bundle(&good)]), 12);
        // A name of a key that is not this one's is a contradiction, whatever the kind.
        let mut named = good.clone();
        named["dsseEnvelope"]["signatures"][0]["keyid"] = json!("SHA256:AAAA");
        exits(stevedore(&["verify", "--key", &key, &room.with_bundle(&named)]), 12);
    }
    for kind in KINDS {
        let good = room.bundle(&format!("file-{kind}"));
        let key = room.key(kind);
        exits(room.blob(&good, &["--key", &key]), 0);
        let mut broken = good.clone();
        let signature = &mut broken["messageSignature"]["signature"];
        *signature = json!(changed(signature.as_str().expect("text")));
        exits(room.blob(&broken, &["--key", &key]), 12);
        for another in KINDS.iter().filter(|another| **another != kind) {
            exits(room.blob(&good, &["--key", &room.key(another)]), 12);
        }
    }
    let key = room.key("rsa4096");
    let image = room.with_bundle(&room.bundle("image-slsa1-rsa4096"));
    let attestation = |kind| stevedore(&["verify-attestation", "--key", &key, "--type", kind, &image]);
    exits(attestation("slsaprovenance1"), 0);
    exits(attestation("vuln"), 12);
}

/// Several keys of different kinds in a file, each in turn, and all of them.
#[test]
fn keys_of_several_kinds_together() {
    let room = Room::new();
    let all: String = KINDS.iter().map(|kind| room.data["keys"][kind].as_str().expect("a key")).collect();
    let all = room.write("all.pub", all);
    for kind in KINDS {
        let image = room.with_classic(&room.classic(kind));
        exits(stevedore(&["verify", "--key", &all, &image]), 0);
        exits(stevedore(&["verify", "--key", &all, "--require", "all", &image]), 12);
    }
    let image = room.with_classic(&room.classic("other"));
    exits(stevedore(&["verify", "--key", &all, &image]), 12);
}

/// Policies take the same kinds, by each of the members that name keys.
#[test]
fn policies_of_every_kind() {
    let room = Room::new();
    let data = |kind: &str| STANDARD.encode(room.data["keys"][kind].as_str().expect("a key"));
    for kind in KINDS {
        let image = room.with_classic(&room.classic(kind));
        let other = if kind == "p256" { "p384" } else { "p256" };
        for (requirement, allowed) in [
            (json!({"keyPath": room.key(kind)}), true),
            (json!({"keyPaths": [room.key(other), room.key(kind)]}), true),
            (json!({"keyData": data(kind)}), true),
            (json!({"keyDatas": [data(kind), data("other")]}), true),
            (json!({"keyPath": room.key(other)}), false),
            (json!({"keyDatas": [data(other), data("other")]}), false),
        ] {
            assert_eq!(room.policy(&image, &requirement), allowed, "{kind}: {requirement}");
        }
    }
}

/// A policy that names a log's key wants its promise, over this very signature by this very key.
#[test]
fn policies_with_a_log() {
    let room = Room::new();
    let (key, log, other) = (room.key("p256"), room.key("rekor"), room.key("other"));
    let data = |name: &str| STANDARD.encode(room.data["keys"][name].as_str().expect("a key"));
    let good = room.classic("p256-rekor");
    let image = room.with_classic(&good);
    for (member, allowed) in [
        (json!({"rekorPublicKeyPath": log}), true),
        (json!({"rekorPublicKeyPaths": [other, log]}), true),
        (json!({"rekorPublicKeyData": data("rekor")}), true),
        (json!({"rekorPublicKeyDatas": [data("other"), data("rekor")]}), true),
        (json!({"rekorPublicKeyPath": other}), false),
        (json!({"rekorPublicKeyPath": key}), false),
    ] {
        let mut requirement = member.clone();
        requirement["keyPath"] = json!(key);
        assert_eq!(room.policy(&image, &requirement), allowed, "{member}");
    }
    let wanted = json!({"keyPath": key, "rekorPublicKeyPath": log});
    let promise: Value = serde_json::from_str(good["annotations"][PROMISE].as_str().expect("text")).expect("JSON");
    let edit = |edit: &dyn Fn(&mut Value)| {
        let mut promise = promise.clone();
        edit(&mut promise);
        let mut signature = good.clone();
        signature["annotations"][PROMISE] = json!(promise.to_string());
        room.policy(&room.with_classic(&signature), &wanted)
    };
    assert!(edit(&|_| {}), "the same, written anew");
    assert!(!edit(&|promise| promise["Payload"]["integratedTime"] = json!(1_748_779_201)), "another time");
    assert!(!edit(&|promise| promise["Payload"]["logIndex"] = json!(8)), "another index");
    assert!(!edit(&|promise| promise["Payload"]["body"] = json!("e30=")), "another body");
    assert!(!edit(&|promise| promise["Payload"]["more"] = json!(1)), "an unknown member");
    assert!(!edit(&|promise| {
        promise["SignedEntryTimestamp"] = json!(changed(promise["SignedEntryTimestamp"].as_str().expect("text")));
    }));
    // Nothing at all, an entry of another signature of the same payload, and one of another payload.
    let plain = room.classic("p256");
    assert!(!room.policy(&room.with_classic(&plain), &wanted), "no promise");
    let mut moved = plain.clone();
    moved["annotations"][PROMISE] = good["annotations"][PROMISE].clone();
    if moved["annotations"][SIGNATURE] != good["annotations"][SIGNATURE] {
        assert!(!room.policy(&room.with_classic(&moved), &wanted), "the promise of another signature");
    }
    // The log alone is nobody who may have signed.
    assert!(!room.policy(&image, &json!({"keyPath": other, "rekorPublicKeyPath": log})));
    // A log's key is ECDSA, as for containers/image.
    let requirement = json!({"keyPath": key, "rekorPublicKeyPath": room.key("ed25519")});
    let policy = json!({"default": [{"type": "sigstoreSigned", "keyPath": requirement["keyPath"], "rekorPublicKeyPath": requirement["rekorPublicKeyPath"]}]});
    let policy = room.write("ed.json", policy.to_string());
    exits(stevedore(&["verify", "--policy", &policy, &image]), 1);
}
