//! `verify` and `verify-blob` without a key, beside cosign, which accepts and refuses the same.

use std::fs;

use serde_json::{Value, json};

use crate::support::command::{Run, stevedore};
use crate::support::fixture;
use crate::support::layout::Layout;
use crate::support::oracle::oracle;
use crate::support::scene::{Folder, Scene};
use crate::support::seed;
use crate::support::sigstore::{Case, Form, ISSUER, Made, SUBJECT, Who, World, b64, statement};

const SIGNED: &str = "https://sigstore.dev/cosign/sign/v1";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const PAYLOAD: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn write(folder: &Folder, name: &str, content: &[u8]) -> String {
    fs::write(folder.path(name), content).expect("writing a file");
    folder.text(name)
}

/// Returns the flags that ask for an identity.
fn flags<'a>(root: &'a str, subject: &'a str, issuer: &'a str) -> Vec<&'a str> {
    vec!["--trusted-root", root, "--certificate-identity", subject, "--certificate-oidc-issuer", issuer]
}

#[track_caller]
fn run(verb: &str, flags: &[&str], rest: &[&str]) -> Run {
    stevedore(&[&[verb], flags, rest].concat())
}

/// Puts a bundle beside an image, listed under the tag for that.
fn refer(scene: &Scene, name: &str, image: &str, bundle: &[u8]) {
    let layout = Layout::create(&scene.folder.path(name));
    let manifest: Value = serde_json::from_slice(&scene.manifest("app", image)).expect("a manifest");
    let kind = manifest["mediaType"].as_str().unwrap_or(MANIFEST).to_owned();
    let size = scene.manifest("app", image).len();
    let manifest = layout.json(
        MANIFEST,
        &json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": BUNDLE,
            "config": layout.blob("application/vnd.oci.empty.v1+json", b"{}"),
            "layers": [layout.blob(BUNDLE, bundle)],
            "subject": {"mediaType": kind, "digest": image, "size": size},
        }),
    );
    let list = "application/vnd.oci.image.index.v1+json";
    let index = layout.json(list, &json!({"schemaVersion": 2, "mediaType": list, "manifests": [manifest]}));
    let tag = image.replace(':', "-");
    layout.tag(&index, &tag);
    seed::push(&scene.folder.path(name), &tag, &scene.registry.client(), "app");
}

fn image_case(form: Form, digest: &str) -> Case {
    let mut case = Case::new(form);
    case.payload = statement(digest.trim_start_matches("sha256:"), SIGNED);
    case
}

#[test]
fn images_by_identity() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else { return };
    let world = World::new();
    let name = scene.docker("app:v1");
    let root = write(&scene.folder, "root.json", world.root().to_string().as_bytes());
    let good = flags(&root, SUBJECT, ISSUER);
    run("verify", &good, &[&name]).code(10);
    let made = world.make(&image_case(Form::Dsse, &image.digest));
    refer(&scene, "good", &image.digest, made.bundle.to_string().as_bytes());
    let printed = run("verify", &good, &[&name]).ok().json();
    assert_eq!(printed[0]["critical"]["image"]["docker-manifest-digest"], json!(image.digest));
    let report = run("verify", &[&good[..], &["--json"]].concat(), &[&name]).ok().json();
    let signer = json!({"certificate": {"identity": SUBJECT, "issuer": ISSUER, "signedAt": "2023-11-14T22:13:25Z"}});
    assert_eq!(report["accepted"][0]["signers"], json!([signer]));
    let text = run("verify", &[&good[..], &["--output", "report"]].concat(), &[&name]).ok();
    assert!(text.text().contains(&format!("  Identity    {SUBJECT}\n  Issuer      {ISSUER}\n")), "{}", text.text());
    let expression =
        ["--certificate-identity-regexp", "^https://ci[.]example/", "--certificate-oidc-issuer-regexp", "accounts"];
    run("verify", &[&expression[..], &["--trusted-root", &root]].concat(), &[&name]).ok();
    for (subject, issuer) in [("https://ci.example/app@refs/heads/maim", ISSUER), (SUBJECT, "https://accounts.exampl")]
    {
        run("verify", &flags(&root, subject, issuer), &[&name]).code(12);
    }
    // Who is not known to have a key has not signed with one, and the other way round.
    let prefix = scene.folder.text("ours");
    crate::support::command::Program::stevedore(&["keygen", "--output-key-prefix", &prefix])
        .env("COSIGN_PASSWORD", "")
        .run()
        .ok();
    let failed = run("verify", &["--key", &format!("{prefix}.pub")], &[&name]).code(12);
    assert!(failed.stderr.contains("it is a keyless signature, which no key verifies"), "{}", failed.stderr);
    let Some(cosign) = oracle("cosign") else { return };
    let verify = |subject: &str| {
        let fixed = ["verify", "--trusted-root", &root, "--certificate-oidc-issuer", ISSUER];
        cosign.try_run(&[&fixed[..], &["--certificate-identity", subject, &scene.name("app:v1")]].concat())
    };
    verify(SUBJECT).ok();
    assert_ne!(verify("https://ci.example/app@refs/heads/maim").code, 0);
}

/// What is said of the image counts as it does with a key.
#[test]
fn what_is_no_signature_of_the_image() {
    let world = World::new();
    let Some(scene) = Scene::new() else { return };
    let image = scene.seed("app", fixture::app);
    let root = write(&scene.folder, "root.json", world.root().to_string().as_bytes());
    let hex = image.digest.trim_start_matches("sha256:");
    let other = "0".repeat(64);
    for (number, (digest, predicate, code)) in
        [(other.as_str(), SIGNED, 12), (hex, "https://spdx.dev/Document", 10)].into_iter().enumerate()
    {
        let mut case = Case::new(Form::Dsse);
        case.payload = statement(digest, predicate);
        refer(&scene, &format!("{number}"), &image.digest, world.make(&case).bundle.to_string().as_bytes());
        run("verify", &flags(&root, SUBJECT, ISSUER), &[&scene.docker("app:v1")]).code(code);
    }
    let mut early = image_case(Form::Dsse, &image.digest);
    early.version = super::keyless::EARLY;
    refer(&scene, "early", &image.digest, world.make(&early).bundle.to_string().as_bytes());
    let failed = run("verify", &flags(&root, SUBJECT, ISSUER), &[&scene.docker("app:v1")]).code(12);
    assert!(failed.stderr.contains("not of version 0.3"), "{}", failed.stderr);
}

#[test]
fn attestations_by_identity() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else { return };
    let world = World::new();
    let root = write(&scene.folder, "root.json", world.root().to_string().as_bytes());
    let mut case = Case::new(Form::Dsse);
    case.payload = statement(image.digest.trim_start_matches("sha256:"), "https://spdx.dev/Document");
    refer(&scene, "sbom", &image.digest, world.make(&case).bundle.to_string().as_bytes());
    let (good, name) = (flags(&root, SUBJECT, ISSUER), scene.docker("app:v1"));
    let of_type = |kind: &'static str| [&good[..], &["--type", kind]].concat();
    run("verify-attestation", &of_type("spdxjson"), &[&name]).ok();
    run("verify-attestation", &of_type("cyclonedx"), &[&name]).code(12);
    let wrong = flags(&root, "https://ci.example/app@refs/heads/maim", ISSUER);
    run("verify-attestation", &[&wrong[..], &["--type", "spdxjson"]].concat(), &[&name]).code(12);
    let failed = run("verify-attestation", &of_type("spdxjson"), &["--insecure-ignore-sct", &name]).code(2);
    assert!(failed.stderr.contains("no log can be left out"), "{}", failed.stderr);
    let policy = write(&scene.folder, "policy.json", br#"{"default": [{"type": "reject"}]}"#);
    let failed = run("verify", &[&good[..], &["--policy", &policy]].concat(), &[&name]).code(2);
    assert!(failed.stderr.contains("a policy and an identity cannot both be asked for"), "{}", failed.stderr);
    let Some(cosign) = oracle("cosign") else { return };
    let fixed = ["verify-attestation", "--type", "spdxjson"];
    cosign.run(&[&fixed[..], &good, &[&scene.name("app:v1")]].concat());
}

/// cosign 2's form: the certificate and the log's promise are annotations.
#[test]
fn classic_signatures_by_identity() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else { return };
    let world = World::new();
    let root = write(&scene.folder, "root.json", world.root().to_string().as_bytes());
    let name = scene.name("app");
    let payload = format!(
        r#"{{"critical":{{"identity":{{"docker-reference":"{name}"}},"image":{{"docker-manifest-digest":"{}"}},"type":"cosign container image signature"}},"optional":null}}"#,
        image.digest
    );
    let sign = |edit: fn(&mut Case)| {
        let mut case = Case::new(Form::Hashed);
        case.content = payload.clone().into_bytes();
        edit(&mut case);
        let made = world.make(&case);
        let layout =
            Layout::create(&scene.folder.path(&format!("sig-{}", b64(&made.signature[8..14]).replace('/', "_"))));
        let mut layer = layout.blob(PAYLOAD, payload.as_bytes());
        layer["annotations"] = json!({
            "dev.cosignproject.cosign/signature": b64(&made.signature),
            "dev.sigstore.cosign/certificate": made.certificate,
            "dev.sigstore.cosign/chain": "",
            "dev.sigstore.cosign/bundle": promise(&made).to_string(),
        });
        let config = layout.json("application/vnd.oci.image.config.v1+json", &json!({"rootfs": {"type": "layers"}}));
        let manifest = layout
            .json(MANIFEST, &json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}));
        let tag = format!("{}.sig", image.digest.replace(':', "-"));
        layout.tag(&manifest, &tag);
        seed::push(layout_dir(&scene, &made).as_path(), &tag, &scene.registry.client(), "app");
    };
    let verify = || run("verify", &flags(&root, SUBJECT, ISSUER), &[&scene.docker("app:v1")]);
    sign(|_| {});
    verify().ok();
    if let Some(cosign) = oracle("cosign2") {
        let fixed = ["verify", "--certificate-oidc-issuer", ISSUER, "--certificate-identity", SUBJECT];
        let name = scene.name("app:v1");
        let mut command = cosign.command(&[&fixed[..], &[&name]].concat());
        let names = ["SIGSTORE_ROOT_FILE", "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE", "SIGSTORE_REKOR_PUBLIC_KEY"];
        for (variable, pem) in names.iter().zip(world.pems()) {
            command.env(variable, write(&scene.folder, variable, pem.as_bytes()));
        }
        crate::support::command::run(command, &[]).ok();
    }
    sign(|case| case.promise = Some(Who::Other));
    let failed = verify().code(12);
    assert!(failed.stderr.contains("the log's promise is not signed by the log for this entry"), "{}", failed.stderr);
    sign(|case| case.valid = (case.time + 1, case.time + 600));
    verify().code(12);
}

fn layout_dir(scene: &Scene, made: &Made) -> std::path::PathBuf {
    scene.folder.path(&format!("sig-{}", b64(&made.signature[8..14]).replace('/', "_")))
}

/// Returns what cosign 2 writes of a log's entry.
fn promise(made: &Made) -> Value {
    use base64::Engine;
    let entry = &made.log_entry;
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let id = base64::engine::general_purpose::STANDARD.decode(text(&entry["logId"]["keyId"])).expect("base64");
    json!({
        "SignedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
        "Payload": {
            "body": entry["canonicalizedBody"],
            "integratedTime": text(&entry["integratedTime"]).parse::<u64>().expect("a number"),
            "logIndex": 101,
            "logID": id.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
        },
    })
}

#[test]
fn files_beside_cosign() {
    let (folder, world) = (Folder::new(), World::new());
    let root = write(&folder, "root.json", world.root().to_string().as_bytes());
    let file = write(&folder, "file", b"what is signed");
    let good = flags(&root, SUBJECT, ISSUER);
    let cosign = oracle("cosign");
    for form in Form::ALL {
        let made = world.make(&Case::new(form));
        let bundle = write(&folder, &format!("{form:?}.json"), made.bundle.to_string().as_bytes());
        let arguments = [&good[..], &["--bundle", &bundle]].concat();
        let report = run("verify-blob", &[&arguments[..], &["--json"]].concat(), &[&file]).ok().json();
        assert_eq!(report["signer"]["certificate"]["identity"], json!(SUBJECT));
        assert_eq!(report["digest"], json!(crate::support::layout::sha256(b"what is signed")));
        let digest = report["digest"].as_str().expect("a digest").to_owned();
        run("verify-blob", &arguments, &[&digest]).ok();
        let wrong = write(&folder, "wrong", b"what is signer");
        let failed = run("verify-blob", &arguments, &[&wrong]).code(12);
        assert!(failed.stderr.contains("it is about another file"), "{}", failed.stderr);
        let Some(cosign) = &cosign else { continue };
        let mut fixed = match made.bundle.get("messageSignature") {
            Some(_) => vec!["verify-blob"],
            None => vec!["verify-blob-attestation", "--type", "https://example.com/predicate"],
        };
        if matches!(form, Form::SecondHashed | Form::SecondDsse) {
            fixed.push("--use-signed-timestamps");
        }
        cosign.run(&[&fixed[..], &arguments[..], &[&file]].concat());
        assert_ne!(cosign.try_run(&[&fixed[..], &arguments[..], &[&wrong]].concat()).code, 0);
    }
    run("verify-blob", &[&good[..], &["--bundle", &folder.text("none")]].concat(), &[&file]).code(1);
    run("verify-blob", &[&good[..], &["--bundle", &folder.text("Dsse.json")]].concat(), &[&folder.text("none")])
        .code(1);
}

#[test]
fn an_identity_has_two_parts_and_a_root() {
    let folder = Folder::new();
    let root = write(&folder, "root.json", World::new().root().to_string().as_bytes());
    let none = "oci:nowhere";
    let (subject, issuer) = ("--certificate-identity", "--certificate-oidc-issuer");
    for (flags, wanted) in [
        (vec![], "without a key nothing is acceptable"),
        (vec![subject, "a"], "who vouches for it"),
        (vec![issuer, "b"], "knowing whose it must be"),
        (vec!["--trusted-root", &root], "knowing whose it must be"),
        (vec![subject, "a", issuer, "b"], "a file that says whom to trust"),
        (vec![subject, "", issuer, "b", "--trusted-root", &root], "have a name"),
        (vec![subject, "a", issuer, "", "--trusted-root", &root], "have a name"),
        (vec!["--certificate-identity-regexp", "", issuer, "b", "--trusted-root", &root], "have a name"),
        (vec!["--certificate-identity-regexp", "(", issuer, "b", "--trusted-root", &root], "is no regular expression"),
        (vec![subject, "a", "--certificate-identity-regexp", "b"], "cannot be used with"),
        (vec![subject, "a", issuer, "b", "--trusted-root", &root, "--key", "k"], "cannot both be asked for"),
        (vec!["--trusted-root", &root, "--key", "k"], "cannot both be asked for"),
    ] {
        let failed = run("verify", &flags, &[none]).code(2);
        assert!(failed.stderr.contains(wanted), "{flags:?}: {}", failed.stderr);
        let failed = run("verify-blob", &[&flags[..], &["--bundle", "b"]].concat(), &["file"]).code(2);
        assert!(failed.stderr.contains(wanted), "{flags:?}: {}", failed.stderr);
    }
    let all = flags(&root, "a", "b");
    for flag in ["--insecure-ignore-tlog", "--insecure-ignore-sct", "--private-infrastructure"] {
        let failed = run("verify", &[&all[..], &[flag]].concat(), &[none]).code(2);
        assert!(failed.stderr.contains("no log can be left out"), "{}", failed.stderr);
    }
    let broken = write(&folder, "broken.json", b"{}");
    let failed = run("verify", &flags(&broken, "a", "b"), &[none]).code(1);
    assert!(failed.stderr.contains("cannot use the trusted root"), "{}", failed.stderr);
    run("verify", &flags(&folder.text("none.json"), "a", "b"), &[none]).code(1);
}
