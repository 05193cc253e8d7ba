//! `attest` and `verify-attestation` beside cosign (3 as `cosign`, 2 as `cosign2`).
//!
//! The numbers of lines are those of the list of what signing must hold.

use std::collections::BTreeSet;
use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::sign::{BUNDLE, PASSWORD, Room, cosign, keygen};
use crate::support::command::{Program, Run};
use crate::support::fixture;
use crate::support::oracle::{Tool, oracle};
use crate::support::proxy::{Mode, Proxy};

const SPDX: &str = r#"{"spdxVersion":"SPDX-2.3","name":"app","z":1.50,"packages":[]}"#;

fn attest(key: &str, flags: &[&str], reference: &str) -> Run {
    let fixed = ["attest", "--key", key];
    let arguments: Vec<&str> = fixed.iter().chain(flags).chain(&[reference]).copied().collect();
    Program::stevedore(&arguments).env("COSIGN_PASSWORD", PASSWORD).run()
}

fn verify(key: &str, flags: &[&str], reference: &str) -> Run {
    let fixed = ["verify-attestation", "--key", key];
    Program::stevedore(&fixed.iter().chain(flags).chain(&[reference]).copied().collect::<Vec<_>>()).run()
}

fn cosign_verify(tool: &Tool, key: &str, flags: &[&str], reference: &str) -> Run {
    let fixed = ["verify-attestation", "--key", key, "--insecure-ignore-tlog"];
    cosign(tool, "", &fixed.iter().chain(flags).chain(&[reference]).copied().collect::<Vec<_>>())
}

/// Attests with cosign 3.
fn cosign_attest(tool: &Tool, key: &str, flags: &[&str], reference: &str) {
    let fixed = ["attest", "--key", key, "-y", "--use-signing-config=false", "--tlog-upload=false"];
    cosign(tool, PASSWORD, &fixed.iter().chain(flags).chain(&[reference]).copied().collect::<Vec<_>>()).ok();
}

/// Writes a predicate; returns its file.
fn predicate(room: &Room, text: &str) -> String {
    let file = room.scene.folder.text("predicate");
    fs::write(&file, text).expect("written");
    file
}

/// Returns the statements in what `verify-attestation` prints.
fn statements(run: &Run) -> Vec<Value> {
    let payload = |line: &str| {
        let envelope: Value = serde_json::from_str(line).expect("an envelope");
        assert_eq!(envelope["payloadType"], "application/vnd.in-toto+json");
        let payload = STANDARD.decode(envelope["payload"].as_str().expect("a payload")).expect("base64");
        serde_json::from_slice(&payload).expect("a statement")
    };
    run.text().lines().map(payload).collect()
}

fn att(room: &Room) -> Value {
    let tag = format!("{}.att", room.image.digest.replace(':', "-"));
    serde_json::from_slice(&room.scene.manifest("app", &tag)).expect("a manifest")
}

#[test]
fn everybody_reads_what_we_attest() {
    let (Some(cosign3), Some(cosign2)) = (oracle("cosign"), oracle("cosign2")) else { return };
    let root = r#"{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}"#;
    let uri = "https://example.com/tested/v1";
    let Some(room) = Room::new(fixture::single).map(Room::quick) else { return };
    let root_file = room.scene.folder.text("root.json");
    fs::write(&root_file, root).expect("written");
    let name = room.name();
    for (kind, content, predicate_type) in [
        ("spdxjson", SPDX, "https://spdx.dev/Document"),
        ("cyclonedx", r#"{"bomFormat":"CycloneDX","specVersion":"1.5"}"#, "https://cyclonedx.org/bom"),
        ("custom", "any text\n", "https://cosign.sigstore.dev/attestation/v1"),
        (uri, r#"{"passed":true}"#, uri),
    ] {
        // It is not there before.
        verify(&room.public, &["--type", kind], &name).code(if kind == "spdxjson" { 10 } else { 12 });
        let file = predicate(&room, content);
        let run = attest(&room.key, &["--type", kind, "--predicate", &file], &room.scene.docker("app:v1")).ok();
        assert_eq!(run.text(), room.image.digest);
        let theirs = cosign_verify(&cosign3, &room.public, &["--type", kind], &name).ok();
        let classic = cosign_verify(&cosign2, &room.public, &["--type", kind], &name).ok();
        let bundled = ["--type", kind, "--new-bundle-format", "--trusted-root", &root_file];
        cosign_verify(&cosign2, &room.public, &bundled, &name).ok();
        let ours = verify(&room.public, &["--type", kind], &name).ok();
        let (mine, theirs) = (statements(&ours), [statements(&theirs), statements(&classic)].concat());
        assert_eq!(mine.len(), 2, "{kind}");
        for statement in &theirs {
            assert!(mine.contains(statement), "{kind}: {statement}");
        }
        let subject = json!([{"name": room.scene.name("app"), "digest": {"sha256": &room.image.digest[7..]}}]);
        assert_eq!((&mine[0]["predicateType"], &mine[0]["subject"]), (&json!(predicate_type), &subject));
        assert_eq!(mine[0]["_type"], "https://in-toto.io/Statement/v0.1");
    }
    for tool in [&cosign3, &cosign2] {
        cosign_verify(tool, &room.public, &["--type", "vuln"], &name).code(1);
    }
    let other = keygen(&room.scene.folder.text("other"), "").1;
    cosign_verify(&cosign3, &other, &["--type", "spdxjson"], &name).code(1);
    verify(&other, &["--type", "spdxjson"], &name).code(12);
    let run = verify(&room.public, &["--type", "vuln"], &name).code(12);
    assert!(run.stderr.contains(r#"it states "https://spdx.dev/Document", not"#), "{}", run.stderr);
    // The tag alone, and the bundle alone.
    for (form, has_tag) in [("classic", true), ("bundle", false)] {
        let Some(room) = Room::new(fixture::single).map(Room::quick) else { return };
        let file = predicate(&room, SPDX);
        let flags = ["--type", "spdxjson", "--predicate", &file, "--signature-format", form];
        attest(&room.key, &flags, &room.scene.docker("app:v1")).ok();
        cosign_verify(&cosign3, &room.public, &["--type", "spdxjson"], &room.name()).ok();
        let code = cosign_verify(&cosign2, &room.public, &["--type", "spdxjson"], &room.name()).code;
        assert_eq!(code == 0, has_tag, "{form}");
        assert_eq!(statements(&verify(&room.public, &["--type", "spdxjson"], &room.name()).ok()).len(), 1);
    }
}

/// Every short name that cosign has makes something that it reads under that name.
#[test]
fn every_type_is_cosigns() {
    let (Some(cosign3), Some(cosign2)) = (oracle("cosign"), oracle("cosign2")) else { return };
    let Some(room) = Room::new(fixture::single).map(Room::quick) else { return };
    let link =
        r#"{"_type":"link","name":"build","materials":{},"products":{},"byproducts":{},"command":[],"environment":{}}"#;
    for (kind, content) in [
        ("slsaprovenance", r#"{"builder":{"id":"x"},"buildType":"y"}"#),
        ("slsaprovenance02", r#"{"builder":{"id":"x"},"buildType":"y"}"#),
        ("slsaprovenance1", r#"{"buildDefinition":{},"runDetails":{}}"#),
        ("link", link),
        ("spdx", "SPDXVersion: SPDX-2.3\n"),
        ("vuln", r#"{"invocation":{},"scanner":{},"metadata":{}}"#),
        ("openvex", r#"{"@context":"https://openvex.dev/ns"}"#),
    ] {
        let file = predicate(&room, content);
        let flags = ["--type", kind, "--predicate", &file, "--signature-format", "classic"];
        attest(&room.key, &flags, &room.scene.docker("app:v1")).ok();
        // cosign 3.1 does not read text that it has attested itself, in either form.
        let readers = if kind == "spdx" { &[&cosign2][..] } else { &[&cosign3, &cosign2] };
        for tool in readers {
            cosign_verify(tool, &room.public, &["--type", kind], &room.name()).ok();
        }
        verify(&room.public, &["--type", kind], &room.name()).ok();
    }
    let refused = |kind: &str, content: &str| {
        let file = predicate(&room, content);
        attest(&room.key, &["--type", kind, "--predicate", &file], &room.scene.docker("app:v1"))
    };
    assert!(refused("link", SPDX).code(1).stderr.contains("cannot attest that: it has an unknown member"));
    refused("spdxjson", "no JSON").code(1);
    refused("nonsense", "{}").code(2);
    refused("https://sigstore.dev/cosign/sign/v1", "{}").code(2);
}

/// What others have attested stays.
#[test]
fn what_cosign_attests_is_read_and_stays() {
    let (Some(cosign3), Some(cosign2)) = (oracle("cosign"), oracle("cosign2")) else { return };
    let Some(room) = Room::new(fixture::single) else { return };
    let name = room.at(&room.image.digest);
    let file = predicate(&room, SPDX);
    let spdx = ["--type", "spdxjson", "--predicate", &file];
    cosign(
        &cosign2,
        PASSWORD,
        &[&["attest", "--key", &room.key, "-y", "--tlog-upload=false"], &spdx[..], &[&name]].concat(),
    )
    .ok();
    let docker = room.scene.docker("app:v1");
    let run = verify(&room.public, &["--type", "spdxjson"], &docker).ok();
    assert_eq!(statements(&run)[0]["predicate"]["spdxVersion"], "SPDX-2.3");
    let before = att(&room)["layers"][0].clone();
    // A bundle by somebody else hides nothing.
    let (foreign, foreign_public) = keygen(&room.scene.folder.text("foreign"), PASSWORD);
    cosign_attest(&cosign3, &foreign, &["--type", "vuln", "--predicate", &file], &name);
    assert_ne!(cosign_verify(&cosign3, &room.public, &["--type", "spdxjson"], &name).code, 0, "cosign 3 stops there");
    verify(&room.public, &["--type", "spdxjson"], &docker).ok();
    verify(&foreign_public, &["--type", "vuln"], &docker).ok();
    verify(&foreign_public, &["--type", "spdxjson"], &docker).code(12);
    verify(&room.public, &["--key", &foreign_public, "--require", "all", "--type", "spdxjson"], &docker).code(12);
    // Ours goes beside it, and theirs beside ours.
    attest(&room.key, &["--type", "cyclonedx", "--predicate", &file], &docker).ok();
    let layers = att(&room)["layers"].as_array().expect("layers").clone();
    assert_eq!((layers.len(), &layers[0]), (2, &before));
    cosign_attest(&cosign3, &room.key, &spdx, &name);
    for (tool, kind) in
        [(&cosign2, "spdxjson"), (&cosign2, "cyclonedx"), (&cosign3, "cyclonedx"), (&cosign3, "spdxjson")]
    {
        cosign_verify(tool, &room.public, &["--type", kind], &name).ok();
    }
    let both = verify(&room.public, &["--type", "spdxjson"], &docker).ok();
    assert_eq!(statements(&both).len(), 2);
}

#[test]
fn attesting_twice_writes_nothing() {
    let Some(room) = Room::new(fixture::app).map(Room::quick) else { return };
    let proxy = Proxy::start(&room.scene.registry.host(), Mode::None);
    let docker = format!("docker://{}/app:v1", proxy.host());
    let file = predicate(&room, "text\n");
    let flags = ["-r", "--predicate", &file, "--identity", "ex.com/app"];
    let first = attest(&room.key, &flags, &docker).ok();
    assert!(first.stderr.contains("3 images: 6 attestations written"), "{}", first.stderr);
    let before = (att(&room), room.referrers());
    proxy.clear();
    let second = attest(&room.key, &flags, &docker).ok();
    assert!(second.stderr.contains("3 images: nothing to do, attested already"), "{}", second.stderr);
    let log = proxy.log();
    assert!(log.iter().all(|request| matches!(request.method.as_str(), "GET" | "HEAD")), "{log:#?}");
    assert_eq!((att(&room), room.referrers()), before);
    // Something else, or by somebody else, is another attestation.
    fs::write(&file, "other").expect("written");
    assert!(attest(&room.key, &flags, &docker).ok().stderr.contains("6 attestations written"));
    let (locked, public) = keygen(&room.scene.folder.text("other"), PASSWORD);
    let run = attest(&locked, &[&flags[..], &["--json"]].concat(), &docker).ok().json();
    assert_eq!(
        (&run["predicateType"], &run["name"]),
        (&json!("https://cosign.sigstore.dev/attestation/v1"), &json!("ex.com/app"))
    );
    assert_eq!(run["images"].as_array().map(Vec::len), Some(3));
    assert_eq!(run["images"][0]["bundle"]["isNew"], true);
    for part in &room.image.parts {
        verify(&public, &[], &format!("docker://{}", room.at(&part.digest))).ok();
    }
    // Nothing is left half done by a wrong password.
    proxy.clear();
    let arguments = ["attest", "--key", &locked, "--predicate", &file, &docker];
    Program::stevedore(&arguments).env("COSIGN_PASSWORD", "wrong").run().code(1);
    assert!(proxy.log().is_empty());
}

/// Neither is taken for the other.
#[test]
fn signatures_and_attestations_are_two_things() {
    let Some(room) = Room::new(fixture::single).map(Room::quick) else { return };
    let docker = room.scene.docker("app:v1");
    let file = predicate(&room, "{}");
    verify(&room.public, &[], &docker).code(10);
    room.sign(&[]);
    verify(&room.public, &[], &docker).code(10);
    let sign = ["--type", "https://sigstore.dev/cosign/sign/v1"];
    verify(&room.public, &sign, &docker).code(2);
    let Some(room) = Room::new(fixture::single).map(Room::quick) else { return };
    let docker = room.scene.docker("app:v1");
    attest(&room.key, &["--predicate", &file], &docker).ok();
    room.verify(&[], &docker).code(10);
    verify(&room.public, &[], &docker).ok();
    // One that is too large for a signature is none, either.
    let Some(room) = Room::new(fixture::single).map(Room::quick) else { return };
    let docker = room.scene.docker("app:v1");
    fs::write(&file, "x".repeat(5 << 20)).expect("written");
    attest(&room.key, &["--predicate", &file], &docker).ok();
    room.verify(&[], &docker).code(10);
    assert_eq!(statements(&verify(&room.public, &[], &docker).ok()).len(), 2);
    // Nor does a tag make an attestation of a signature: moved there, it is passed over.
    let Some(room) = Room::new(fixture::single).map(Room::quick) else { return };
    room.sign(&["--signature-format", "classic"]);
    let tag = |suffix: &str| room.scene.docker(&format!("app:{}.{suffix}", room.image.digest.replace(':', "-")));
    Program::stevedore(&["copy", &tag("sig"), &tag("att")]).run().ok();
    verify(&room.public, &[], &room.scene.docker("app:v1")).code(10);
}

#[test]
fn answers() {
    let Some(room) = Room::new(fixture::single).map(Room::quick) else { return };
    let docker = room.scene.docker("app:v1");
    let file = predicate(&room, r#"{"passed":true}"#);
    let kind = ["--type", "https://example.com/tested/v1"];
    attest(&room.key, &[&kind[..], &["--predicate", &file, "--timestamp", "1704164645"]].concat(), &docker).ok();
    let report = verify(&room.public, &[&kind[..], &["--json"]].concat(), &docker).ok().json();
    assert_eq!(report["digest"], room.image.digest);
    assert_eq!(report["predicateType"], kind[1]);
    let accepted = report["accepted"].as_array().expect("a list");
    let forms: BTreeSet<&str> = accepted.iter().filter_map(|good| good["form"].as_str()).collect();
    assert_eq!(forms, BTreeSet::from(["bundle", "envelope"]));
    for good in accepted {
        assert_eq!((&good["predicate"], &good["name"]), (&json!({"passed": true}), &json!(room.scene.name("app"))));
    }
    let entry = &room.referrers()["manifests"][0];
    assert_eq!(
        (&entry["artifactType"], &entry["annotations"]["dev.sigstore.bundle.predicateType"]),
        (&json!(BUNDLE), &json!(kind[1]))
    );
    assert_eq!(entry["annotations"]["org.opencontainers.image.created"], "2024-01-02T03:04:05Z");
    let text = verify(&room.public, &[&kind[..], &["--output", "report"]].concat(), &docker).ok();
    assert!(
        text.text().starts_with(&format!("{} has https://example.com/tested/v1\n", room.image.digest)),
        "{}",
        text.text()
    );
    for (flags, reference, code) in [
        (&[][..], "app:v1", 12),
        (&kind, "app:missing", 11),
        (&["--policy", "x.cue"], "app:v1", 2),
        (&["--type", "nonsense"], "app:v1", 2),
        (&["--check-claims=false"], "app:v1", 2),
    ] {
        let run = verify(&room.public, flags, &room.scene.docker(reference));
        assert_eq!(run.code, code, "{flags:?} {reference}: {}", run.stderr);
        assert!(run.stdout.is_empty());
    }
    Program::stevedore(&["verify-attestation", &docker]).run().code(2);
    // A place that cannot tell is an error.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
    let nowhere = format!("docker://{}/app:v1", listener.local_addr().expect("an address"));
    drop(listener);
    let run = verify(&room.public, &[&kind[..], &["--retry-times=0"]].concat(), &nowhere).code(1);
    assert!(!run.stderr.contains("has no attestation"), "{}", run.stderr);
}

/// Layouts and archives hold attestations, too, and `sbom --attached` finds them in each form.
#[test]
fn attested_lists_of_packages_are_found() {
    let Some(room) = Room::new(fixture::single).map(Room::quick) else { return };
    let file = predicate(&room, SPDX);
    for (number, form) in ["classic", "bundle"].into_iter().enumerate() {
        let layout = room.scene.folder.at("oci", &format!("layout-{number}"), ":v1");
        let archive = room.scene.folder.at("oci-archive", &format!("app-{number}.tar"), ":v1");
        Program::stevedore(&["copy", "--all", &room.scene.docker("app:v1"), &layout]).run().ok();
        let flags = ["--type", "spdxjson", "--predicate", &file, "--signature-format", form];
        attest(&room.key, &flags, &layout).ok();
        Program::stevedore(&["copy", "--all", "--referrers", &layout, &archive]).run().ok();
        for place in [&layout, &archive] {
            verify(&room.public, &["--type", "spdxjson"], place).ok();
            let run = Program::stevedore(&["sbom", "--attached", place]).run().ok();
            assert_eq!(run.text(), SPDX, "{form}");
        }
    }
}

/// What was attested is verifiable wherever the image goes, by us on the way and by cosign at the end.
#[test]
fn attestations_travel() {
    let (Some(cosign3), Some(cosign2)) = (oracle("cosign"), oracle("cosign2")) else { return };
    let Some(room) = Room::new(fixture::single).map(Room::quick) else { return };
    let Some(other) = Room::new(fixture::single).map(Room::quick) else { return };
    let file = predicate(&room, SPDX);
    let spdx = ["--type", "spdxjson"];
    attest(&room.key, &[&spdx[..], &["--predicate", &file]].concat(), &room.scene.docker("app:v1")).ok();
    let layout = room.scene.folder.at("oci", "layout", ":v1");
    let archive = room.scene.folder.at("oci-archive", "app.tar", ":v1");
    let tree = room.scene.folder.at("static", "www", ":ns/app:v1");
    let end = other.scene.docker("copied:v1");
    let way = [room.scene.docker("app:v1"), layout, archive, tree, end];
    for step in way.windows(2) {
        Program::stevedore(&["copy", "--all", "--referrers", &step[0], &step[1]]).run().ok();
        assert_eq!(statements(&verify(&room.public, &spdx, &step[1]).ok()).len(), 2, "{}", step[1]);
    }
    for tool in [&cosign3, &cosign2] {
        cosign_verify(tool, &room.public, &spdx, &other.scene.name("copied:v1")).ok();
    }
    // What cosign saves.
    for (number, tool) in [&cosign3, &cosign2].into_iter().enumerate() {
        let folder = room.scene.folder.text(&format!("saved-{number}"));
        tool.run(&["save", "--dir", &folder, &room.name()]);
        verify(&room.public, &spdx, &format!("oci:{folder}")).ok();
        verify(&room.public, &["--type", "vuln"], &format!("oci:{folder}")).code(12);
    }
}
