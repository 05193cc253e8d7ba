//! Keys of every kind, statements, claims and files of other tools, with signatures that cosign and a small authority of their own made.
//!
//! `tests/vectors/kinds.json` has them, each checked with cosign or skopeo. Every row that verifies stands beside rows that must not.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::sign_vectors::vectors;
use crate::support::command::{Program, Run, stevedore};
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

/// What a certificate claims of the calling workflow, asked for by each flag on each verb, right and wrong.
#[test]
fn callers_of_shared_workflows() {
    let room = Room::new();
    let identity = room.identity();
    let identity: Vec<&str> = identity.iter().map(String::as_str).collect();
    let file = room.bundle("file-keyless");
    let ask = |flags: &[&str]| room.blob(&file, &[&identity[..], flags].concat());
    exits(ask(&[]), 0);
    for name in ["repository", "ref", "sha", "name", "trigger"] {
        let flag = format!("--certificate-github-workflow-{name}");
        let right = room.data["roots"]["caller"][name].as_str().expect("text");
        exits(ask(&[&flag, right]), 0);
        // A fork whose name only begins the same, the other way around, another case.
        for wrong in [&format!("{right}x"), &right[..right.len() - 1], &format!(" {right}"), "other"] {
            exits(ask(&[&flag, wrong]), 12);
        }
        exits(ask(&[&flag, ""]), 2);
    }
    let repository = "--certificate-github-workflow-repository";
    for (wanted, code) in [("acme/app", 0), ("acme/app2", 12), ("acme/other", 12)] {
        let image = room.with_bundle(&room.bundle("image-keyless"));
        exits(stevedore(&[&["verify"], &identity[..], &[repository, wanted, &image]].concat()), code);
        let image = room.with_bundle(&room.bundle("image-keyless-slsa1"));
        let flags = [repository, wanted, "--type", "slsaprovenance1", &image];
        exits(stevedore(&[&["verify-attestation"], &identity[..], &flags].concat()), code);
    }
    let stranger = room.with_bundle(&room.bundle("image-keyless-stranger"));
    exits(stevedore(&[&["verify"], &identity[..], &[repository, "acme/app", &stranger]].concat()), 12);
    // Whose it is shows without any flag.
    let report = ask(&["--json"]).ok().json();
    let claims = &report["signer"]["certificate"]["claims"];
    for (claim, name) in [("Repository", "repository"), ("Ref", "ref"), ("Sha", "sha")] {
        assert_eq!(claims[format!("githubWorkflow{claim}")], room.data["roots"]["caller"][name]);
    }
    let image = room.with_bundle(&room.bundle("image-keyless"));
    let shown = stevedore(&[&["verify"], &identity[..], &["--output", "report", &image]].concat()).ok();
    assert!(shown.text().contains("githubWorkflowRepository=acme/app"), "{}", shown.text());
    let key = room.key("p256");
    exits(room.blob(&file, &["--key", &key, repository, "acme/app"]), 2);
}

/// What is stated of a file can be asked for, by name and by URI.
#[test]
fn statements_of_a_type() {
    let room = Room::new();
    let key = room.key("p256");
    for (bundle, kind, code) in [
        ("file-slsa1", None, 0),
        ("file-vuln", None, 0),
        ("file-p256", None, 0),
        ("file-slsa1", Some("slsaprovenance1"), 0),
        ("file-slsa1", Some("https://slsa.dev/provenance/v1"), 0),
        ("file-slsa1", Some("slsaprovenance"), 12),
        ("file-vuln", Some("vuln"), 0),
        ("file-vuln", Some("slsaprovenance1"), 12),
        ("file-vuln", Some("https://slsa.dev/provenance/v1"), 12),
        ("file-p256", Some("slsaprovenance1"), 12),
        ("file-slsa1-other-key", Some("slsaprovenance1"), 12),
    ] {
        let flags: Vec<&str> = kind.map_or(vec!["--key", &key], |kind| vec!["--key", &key, "--type", kind]);
        let run = room.blob(&room.bundle(bundle), &flags);
        assert_eq!(run.code, code, "{bundle} as {kind:?}: {}", run.stderr);
    }
    let identity = room.identity();
    let identity: Vec<&str> = identity.iter().map(String::as_str).collect();
    for (kind, code) in [("slsaprovenance1", 0), ("vuln", 12)] {
        exits(room.blob(&room.bundle("file-keyless"), &[&identity[..], &["--type", kind]].concat()), code);
    }
}

/// Subjects by SHA-384 and SHA-512, of the file and of its digest alone.
#[test]
fn subjects_by_other_digests() {
    use sha2::Digest;
    let room = Room::new();
    let (key, content) = (room.key("p256"), room.data["file"].as_str().expect("a file").to_owned());
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let sha384 = format!("sha384:{}", hex(&sha2::Sha384::digest(&content)));
    let sha512 = format!("sha512:{}", hex(&sha2::Sha512::digest(&content)));
    let wrong = format!("sha512:{}", hex(&sha2::Sha512::digest("other")));
    let sha256 = format!("sha256:{}", hex(&sha2::Sha256::digest(&content)));
    let other = room.write("other.txt", "other");
    let file = room.file();
    for (bundle, artifact, code, says) in [
        ("file-sha512", file.as_str(), 0, ""),
        ("file-sha384", &file, 0, ""),
        ("file-sha512", &sha512, 0, ""),
        ("file-sha384", &sha384, 0, ""),
        ("file-slsa1", &sha256, 0, ""),
        ("file-sha512", &other, 12, "another file"),
        ("file-sha384", &other, 12, "another file"),
        ("file-sha512", &wrong, 12, "another file"),
        ("file-sha512", &sha256, 12, "by sha512 only"),
        ("file-sha512", &sha384, 12, "by sha512 only"),
        ("file-sha512", &sha512.to_uppercase(), 1, "cannot read"),
        ("file-sha512", &sha512[..100], 1, "cannot read"),
        ("file-p256", &sha512, 12, "not a digest"),
    ] {
        let bundle = room.write("bundle.json", room.bundle(bundle).to_string());
        let run = stevedore(&["verify-blob", "--bundle", &bundle, "--key", &key, artifact]).code(code);
        assert!(run.stderr.contains(says), "{artifact}: {}", run.stderr);
    }
}

/// Envelopes under `.att`: one good signature is enough, wherever it stands, and nothing beside it matters.
#[test]
fn envelopes_with_several_signatures() {
    let room = Room::new();
    let key = room.key("p256");
    let envelope = |name: &str| room.data["envelopes"][name].clone();
    let verify = |envelope: &Value| {
        let image = room.with_envelope(envelope);
        stevedore(&["verify-attestation", "--key", &key, "--type", "slsaprovenance", &image])
    };
    let (one, foreign) = (envelope("one"), envelope("foreign-first"));
    let list = foreign["signatures"].as_array().expect("signatures").clone();
    let with = |signatures: &[Value]| {
        let mut edited = foreign.clone();
        edited["signatures"] = json!(signatures);
        edited
    };
    let (theirs, ours) = (&list[0], &list[list.len() - 1]);
    exits(verify(&one), 0);
    exits(verify(&envelope("cert-member")), 0);
    for signatures in [vec![theirs, ours], vec![ours, theirs], vec![theirs, theirs, ours], vec![theirs, ours, ours]] {
        let signatures: Vec<Value> = signatures.into_iter().cloned().collect();
        let run = verify(&with(&signatures)).ok();
        // What is printed has the signature that was good.
        assert!(run.text().contains(ours["sig"].as_str().expect("text")), "{}", run.text());
        assert!(!run.text().contains(theirs["sig"].as_str().expect("text")), "{}", run.text());
    }
    exits(verify(&envelope("none-ours")), 12);
    exits(verify(&with(&[theirs.clone(), theirs.clone()])), 12);
    exits(verify(&with(&[ours.clone(), json!({"sig": "*"})])), 12);
    let mut broken = ours.clone();
    broken["sig"] = json!(changed(ours["sig"].as_str().expect("text")));
    exits(verify(&with(&[theirs.clone(), broken])), 12);
    // In bundles one signature stays the rule.
    let mut bundle = room.bundle("image-slsa1-rsa4096");
    let signature = bundle["dsseEnvelope"]["signatures"][0].clone();
    bundle["dsseEnvelope"]["signatures"] = json!([signature, signature]);
    let image = room.with_bundle(&bundle);
    let flags = ["--key", &room.key("rsa4096"), "--type", "slsaprovenance1", &image];
    exits(stevedore(&[&["verify-attestation"][..], &flags].concat()), 12);
}

/// Several bundles in a file, a detached signature, standard input, and the formats that are named and not read.
#[test]
fn files_of_other_tools() {
    let room = Room::new();
    let (key, file, text) =
        (room.key("p256"), room.file(), |name: &str| room.data["texts"][name].as_str().expect("text"));
    let (good, other) = (room.bundle("file-p256").to_string(), room.bundle("file-other").to_string());
    for (what, content, code, says) in [
        ("good second", text("two-good-second.jsonl").to_owned(), 0, ""),
        ("good first", format!("{good}\n{other}\n"), 0, ""),
        ("empty lines", format!("\n{other}\r\n\n{good}\n\n"), 0, ""),
        ("none good", text("two-none.jsonl").to_owned(), 12, "not by this key"),
        ("garbage behind", format!("{good}\nx"), 12, "no bundle"),
        ("two in a line", format!("{good}{other}"), 12, "no bundle"),
        ("too many", vec![other.as_str(); 1001].join("\n"), 12, "more than 1000"),
        ("old", text("old-bundle.json").to_owned(), 12, "cosign's old bundle"),
        ("bare", text("bare.intoto.jsonl").to_owned(), 12, "bare DSSE envelope"),
    ] {
        let bundle = room.write("some.json", content);
        let run = stevedore(&["verify-blob", "--bundle", &bundle, "--key", &key, &file]);
        assert_eq!(run.code, code, "{what}: {}", run.stderr);
        assert!(run.stderr.contains(says), "{what}: {}", run.stderr);
    }
    let base64 = text("artifact.txt.sig").trim().to_owned();
    let raw = STANDARD.decode(&base64).expect("base64");
    let hash = "sha256:84553b70cf3d83fc8b7a1aa18c4bd3444a3aeaf59b5e31c187cef7f23575a16f";
    let another = room.write("another.txt", "another");
    for (what, content, key, file, code) in [
        ("base64", base64.clone().into_bytes(), "p256", file.as_str(), 0),
        ("a line", format!("{base64}\n").into_bytes(), "p256", &file, 0),
        ("raw", raw.clone(), "p256", &file, 0),
        ("by digest", raw.clone(), "p256", hash, 0),
        ("another file", raw.clone(), "p256", &another, 12),
        ("another key", raw.clone(), "other", &file, 12),
        ("another kind", raw.clone(), "rsa4096", &file, 12),
        ("changed", changed(&base64).into_bytes(), "p256", &file, 12),
        ("nothing", Vec::new(), "p256", &file, 12),
    ] {
        let signature = room.write("artifact.sig", content);
        let run = stevedore(&["verify-blob", "--signature", &signature, "--key", &room.key(key), file]);
        assert_eq!(run.code, code, "{what}: {}", run.stderr);
    }
    let signature = room.write("artifact.sig", &base64);
    let identity = room.identity();
    let identity: Vec<&str> = identity.iter().map(String::as_str).collect();
    exits(stevedore(&[&["verify-blob", "--signature", &signature], &identity[..], &[&file]].concat()), 12);
    exits(stevedore(&["verify-blob", "--key", &key, &file]), 2);
    let bundle = room.write("good.json", &good);
    let from = |content: &str| {
        let program = Program::stevedore(&["verify-blob", "--bundle", &bundle, "--key", &key, "-"]);
        program.stdin(content.as_bytes()).run()
    };
    exits(from(room.data["file"].as_str().expect("text")), 0);
    exits(from("other"), 12);
}

/// A stranger can add signatures without end to a registry that lets everybody write: few of them are told of.
#[test]
fn many_foreign_signatures_are_counted() {
    let room = Room::new();
    let image = |ours: bool| {
        room.image(|layout, digest, _| {
            let layer = |name: &str, number: usize| {
                let signature = room.classic(name);
                let mut layer = layout.blob(SIMPLE, signature["payload"].as_str().expect("a payload").as_bytes());
                layer["annotations"] = signature["annotations"].clone();
                layer["annotations"]["n"] = json!(number.to_string());
                layer
            };
            let mut layers: Vec<Value> = (0..300).map(|number| layer("other", number)).collect();
            layers.extend(ours.then(|| layer("p256", 300)));
            tag_layers(layout, digest, "sig", &layers);
        })
    };
    let good = stevedore(&["verify", "--key", &room.key("p256"), &image(true)]).ok();
    assert!(good.stderr.lines().count() <= 20, "{}", good.stderr);
    assert!(good.stderr.contains("284 more"), "{}", good.stderr);
    let bad = stevedore(&["verify", "--key", &room.key("p256"), &image(false)]).code(12);
    assert!(bad.stderr.lines().count() <= 20 && bad.stderr.len() < 8000, "{}", bad.stderr);
    assert!(bad.stderr.contains("and 284 more"), "{}", bad.stderr);
}
