//! `keygen`, `sign` and `verify` beside cosign (3 as `cosign`, 2 as `cosign2`) and skopeo, on a registry without a referrers API.
//!
//! The numbers of lines are those of the list of what signing must hold.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;

use serde_json::{Value, json};

use crate::support::command::{Program, Run, run};
use crate::support::fixture::{self, Fixture};
use crate::support::layout::sha256;
use crate::support::oracle::{Tool, oracle};
use crate::support::proxy::{Mode, Proxy};
use crate::support::scene::{Scene, files};

pub(crate) const PASSWORD: &str = "pässwörd ☃";
pub(crate) const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// A registry with `app:v1`, and a pair of keys.
pub(crate) struct Room {
    pub(crate) scene: Scene,
    pub(crate) image: Fixture,
    pub(crate) key: String,
    pub(crate) public: String,
}

impl Room {
    pub(crate) fn new(make: fn(&Path) -> Fixture) -> Option<Room> {
        let (scene, image) = Scene::with("app", make)?;
        let (key, public) = keygen(&scene.folder.text("ours"), PASSWORD);
        Some(Room { scene, image, key, public })
    }

    /// Takes a key without a password, which is read in no time.
    pub(crate) fn quick(mut self) -> Room {
        let keys = crate::sign_vectors::vectors().join("keys");
        self.key = keys.join("alice.pkcs8.pem").display().to_string();
        self.public = keys.join("alice.pub").display().to_string();
        self
    }

    pub(crate) fn name(&self) -> String {
        self.scene.name("app:v1")
    }

    pub(crate) fn at(&self, digest: &str) -> String {
        self.scene.name(&format!("app@{digest}"))
    }

    #[track_caller]
    pub(crate) fn sign(&self, flags: &[&str]) -> Run {
        self.sign_at(flags, &self.scene.docker("app:v1"))
    }

    #[track_caller]
    pub(crate) fn sign_at(&self, flags: &[&str], reference: &str) -> Run {
        sign(&self.key, flags, reference).ok()
    }

    #[track_caller]
    pub(crate) fn verify(&self, flags: &[&str], reference: &str) -> Run {
        verify(&self.public, flags, reference)
    }

    /// Returns the manifest under the tag of signatures.
    pub(crate) fn signatures(&self) -> Value {
        let tag = format!("{}.sig", self.image.digest.replace(':', "-"));
        serde_json::from_slice(&self.scene.manifest("app", &tag)).expect("a manifest")
    }

    pub(crate) fn referrers(&self) -> Value {
        serde_json::from_slice(&self.scene.manifest("app", &self.image.digest.replace(':', "-"))).expect("an index")
    }
}

/// Makes a pair of keys; returns their files.
pub(crate) fn keygen(prefix: &str, password: &str) -> (String, String) {
    Program::stevedore(&["keygen", "--output-key-prefix", prefix]).env("COSIGN_PASSWORD", password).run().ok();
    (format!("{prefix}.key"), format!("{prefix}.pub"))
}

pub(crate) fn sign(key: &str, flags: &[&str], reference: &str) -> Run {
    let arguments: Vec<&str> = ["sign", "--key", key].iter().chain(flags).chain(&[reference]).copied().collect();
    Program::stevedore(&arguments).env("COSIGN_PASSWORD", PASSWORD).run()
}

pub(crate) fn verify(key: &str, flags: &[&str], reference: &str) -> Run {
    let arguments: Vec<&str> = ["verify", "--key", key].iter().chain(flags).chain(&[reference]).copied().collect();
    Program::stevedore(&arguments).run()
}

/// Runs cosign with a password.
pub(crate) fn cosign(tool: &Tool, password: &str, arguments: &[&str]) -> Run {
    let mut command = tool.command(arguments);
    command.env("COSIGN_PASSWORD", password);
    run(command, &[])
}

pub(crate) fn cosign_verify(tool: &Tool, key: &str, flags: &[&str], reference: &str) -> Run {
    let fixed = ["verify", "--key", key, "--insecure-ignore-tlog"];
    cosign(tool, "", &fixed.iter().chain(flags).chain(&[reference]).copied().collect::<Vec<_>>())
}

/// Signs with cosign 3, in its default form or the classic one.
pub(crate) fn cosign_sign(tool: &Tool, key: &str, password: &str, flags: &[&str], reference: &str) {
    let fixed = ["sign", "--key", key, "-y", "--use-signing-config=false", "--tlog-upload=false"];
    cosign(tool, password, &fixed.iter().chain(flags).chain(&[reference]).copied().collect::<Vec<_>>()).ok();
}

/// Copies an image with skopeo under a policy that wants a signature by `key`; returns whether it let it pass.
fn skopeo_allows(room: &Room, key: &str, identity: &Value, reference: &str) -> bool {
    let folder = &room.scene.folder;
    let mut rule = json!({"type": "sigstoreSigned", "keyPath": key});
    if !identity.is_null() {
        rule["signedIdentity"] = identity.clone();
    }
    let policy =
        json!({"default": [{"type": "reject"}], "transports": {"docker": {room.scene.registry.host(): [rule]}}});
    fs::write(folder.path("policy.json"), policy.to_string()).expect("written");
    fs::create_dir_all(folder.path("registries.d")).expect("made");
    let attachments = format!("docker:\n  {}:\n    use-sigstore-attachments: true\n", room.scene.registry.host());
    fs::write(folder.path("registries.d/ours.yaml"), attachments).expect("written");
    let out = folder.text("out");
    if folder.path("out").exists() {
        fs::remove_dir_all(&out).expect("removed");
    }
    let program = Program::new(
        "skopeo-new",
        &[
            "--policy",
            &folder.text("policy.json"),
            "--registries.d",
            &folder.text("registries.d"),
            "copy",
            "-q",
            "--src-tls-verify=false",
            "--remove-signatures",
            &format!("docker://{reference}"),
            &format!("dir:{out}"),
        ],
    );
    let run = program.run();
    assert!(run.code == 0 || run.stderr.contains("rejected"), "{}", run.stderr);
    run.code == 0
}

#[test]
fn everybody_reads_what_we_sign() {
    let tools = (oracle("cosign"), oracle("cosign2"), oracle("skopeo-new"));
    let (Some(cosign3), Some(cosign2), Some(_)) = tools else { return };
    for make in [fixture::single as fn(&Path) -> Fixture, fixture::docker] {
        let Some(room) = Room::new(make) else { return };
        let (name, public) = (room.name(), &room.public);
        assert_eq!(room.sign(&[]).text(), room.image.digest);
        cosign_verify(&cosign3, public, &[], &name).ok();
        cosign_verify(&cosign2, public, &[], &name).ok();
        assert!(skopeo_allows(&room, public, &json!({"type": "matchRepository"}), &name));
        assert!(skopeo_allows(&room, public, &Value::Null, &name), "the default identity");
        let (_, other) = keygen(&room.scene.folder.text("other"), "");
        cosign_verify(&cosign3, &other, &[], &name).code(1);
        cosign_verify(&cosign2, &other, &[], &name).code(12);
        assert!(!skopeo_allows(&room, &other, &json!({"type": "matchRepository"}), &name));
        // cosign looks at the bundle alone.
        let ours = room.verify(&[], &name).ok();
        let bundles = cosign_verify(&cosign3, public, &[], &name).ok().json();
        assert_eq!(ours.json()[0], bundles[0]);
        let classic = cosign_verify(&cosign2, public, &[], &name).ok().json();
        assert_eq!(ours.json()[1], classic[0]);
        assert!(ours.text().contains(&room.image.digest));
    }
}

/// Nothing but the line ends around it differs from what cosign prints.
#[test]
fn the_array_is_cosigns() {
    let Some(cosign3) = oracle("cosign") else { return };
    let Some(room) = Room::new(fixture::single) else { return };
    room.sign(&["--signature-format", "classic", "-a", "env=prod", "-a", "text=<a & b> grüße"]);
    let ours = room.verify(&[], &room.scene.docker("app:v1")).ok();
    let theirs = cosign_verify(&cosign3, &room.public, &[], &room.name()).ok();
    assert_eq!(ours.json(), theirs.json());
}

/// The fallback index says what the specification wants, and oras finds the bundle by its type.
#[test]
fn bundles_are_listed_by_their_type() {
    let (Some(cosign3), Some(oras)) = (oracle("cosign"), oracle("oras")) else { return };
    let Some(room) = Room::new(fixture::single) else { return };
    room.sign(&["--signature-format", "bundle"]);
    cosign_verify(&cosign3, &room.public, &[], &room.name()).ok();
    let found =
        oras.run(&["discover", "--plain-http", "--format=json", "--artifact-type", BUNDLE, &room.name()]).json();
    assert_eq!(found["referrers"].as_array().map(Vec::len), Some(1), "{found}");
    let index = room.referrers();
    let entry = &index["manifests"][0];
    let digest = entry["digest"].as_str().expect("a digest");
    let manifest = room.scene.manifest("app", digest);
    let document: Value = serde_json::from_slice(&manifest).expect("a manifest");
    let wanted = json!({
        "mediaType": fixture::OCI_MANIFEST, "digest": sha256(&manifest), "size": manifest.len(), "artifactType": BUNDLE,
        "annotations": document["annotations"],
    });
    assert_eq!(*entry, wanted);
    assert!(!room.scene.has("app", &format!("{}.sig", room.image.digest.replace(':', "-"))));
}

#[test]
fn signing_twice_writes_nothing() {
    let Some(room) = Room::new(fixture::app) else { return };
    let Some(other) = Room::new(fixture::app) else { return };
    let proxy = Proxy::start(&room.scene.registry.host(), Mode::None);
    let reference = format!("docker://{}/app:v1", proxy.host());
    let flags = ["-r", "-a", "n=1", "--identity", "ex.com/app:v1"];
    let first = room.sign_at(&flags, &reference);
    assert!(first.stderr.contains("3 images: 6 signatures written"), "{}", first.stderr);
    let (before, listed) = (room.signatures(), room.referrers());
    proxy.clear();
    let second = room.sign_at(&flags, &reference);
    assert!(second.stderr.contains("3 images: nothing to do, signed already"), "{}", second.stderr);
    let log = proxy.log();
    assert!(log.iter().all(|request| matches!(request.method.as_str(), "GET" | "HEAD")), "{log:#?}");
    assert_eq!((room.signatures(), room.referrers()), (before, listed));
    // Another registry ends with the same bytes, at any time that is said.
    let dated = |room: &Room, key: &str| {
        let arguments = ["sign", "--key", key, "-r", "--identity", "ex.com/app:v1", &room.scene.docker("app:v1")];
        let program = Program::stevedore(&arguments).env("COSIGN_PASSWORD", PASSWORD);
        program.env("SOURCE_DATE_EPOCH", "1704164645").run().ok();
        (room.signatures(), room.referrers())
    };
    let Some(third) = Room::new(fixture::app) else { return };
    let (one, two) = (dated(&other, &room.key), dated(&third, &room.key));
    assert_eq!(one, two);
    let created = &one.1["manifests"][0]["annotations"]["org.opencontainers.image.created"];
    assert_eq!(created, "2024-01-02T03:04:05Z");
}

#[test]
fn annotations_are_signed() {
    let (Some(cosign3), Some(cosign2)) = (oracle("cosign"), oracle("cosign2")) else { return };
    let Some(room) = Room::new(fixture::single) else { return };
    room.sign(&["-a", "env=prod", "-a", "n=1", "-a", "k=a=b"]);
    for tool in [&cosign3, &cosign2] {
        cosign_verify(tool, &room.public, &["-a", "env=prod"], &room.name()).ok();
        assert_ne!(cosign_verify(tool, &room.public, &["-a", "env=dev"], &room.name()).code, 0);
    }
    cosign_verify(&cosign2, &room.public, &["-a", "env=dev"], &room.name()).code(12);
    for (flags, code) in [
        (&["-a", "env=prod", "-a", "n=1"][..], 0),
        (&["-a", "k=a=b"], 0),
        (&["-a", "env=dev"], 12),
        (&["-a", "env=prod", "-a", "other=1"], 12),
        (&["-a", "env"], 2),
    ] {
        room.verify(flags, &room.scene.docker("app:v1")).code(code);
    }
    let twice = sign(&room.key, &["-a", "k=1", "-a", "k=2"], &room.scene.docker("app:v1")).code(2);
    assert!(twice.stderr.contains("the annotation k has two values"), "{}", twice.stderr);
}

/// What cosign has signed stays, and stays good.
#[test]
fn signatures_of_others_stay() {
    let (Some(cosign3), Some(cosign2)) = (oracle("cosign"), oracle("cosign2")) else { return };
    let Some(room) = Room::new(fixture::single) else { return };
    let by_digest = room.at(&room.image.digest);
    let keys: Vec<(String, String)> = ["two", "three", "four"]
        .map(|name| {
            let prefix = room.scene.folder.text(name);
            cosign(&cosign3, "pw", &["generate-key-pair", "--output-key-prefix", &prefix]).ok();
            (format!("{prefix}.key"), format!("{prefix}.pub"))
        })
        .into();
    cosign(&cosign2, "pw", &["sign", "--key", &keys[0].0, "-y", "--tlog-upload=false", &by_digest]).ok();
    cosign_sign(&cosign3, &keys[1].0, "pw", &["--new-bundle-format=false"], &by_digest);
    let before = room.signatures();
    room.sign(&[]);
    let after = room.signatures();
    let layers = |manifest: &Value| manifest["layers"].as_array().cloned().expect("layers");
    assert_eq!(layers(&after)[..2], layers(&before)[..]);
    assert_eq!(layers(&after).len(), 3);
    cosign_sign(&cosign3, &keys[2].0, "pw", &[], &by_digest);
    cosign_sign(&cosign3, &keys[2].0, "pw", &["--new-bundle-format=false"], &by_digest);
    for public in keys.iter().map(|(_, public)| public).chain([&room.public]) {
        cosign_verify(&cosign2, public, &[], &room.name()).ok();
        verify(public, &[], &room.scene.docker("app:v1")).ok();
    }
    // cosign 3 looks at bundles alone where there is one.
    cosign_verify(&cosign3, &keys[2].1, &[], &room.name()).ok();
    cosign_verify(&cosign3, &room.public, &[], &room.name()).ok();
    let all = ["--key", &keys[0].1, "--key", &keys[1].1, "--key", &keys[2].1, "--require", "all"];
    room.verify(&all, &room.scene.docker("app:v1")).ok();
    let (_, stranger) = keygen(&room.scene.folder.text("stranger"), "");
    room.verify(&["--key", &stranger, "--require", "all"], &room.scene.docker("app:v1")).code(12);
    room.verify(&["--key", &stranger], &room.scene.docker("app:v1")).ok();
}

#[test]
fn recursion_signs_what_is_below() {
    let Some(cosign3) = oracle("cosign") else { return };
    let Some(room) = Room::new(fixture::app) else { return };
    let images: Vec<String> =
        std::iter::once(&room.image.digest).chain(room.image.parts.iter().map(|part| &part.digest)).cloned().collect();
    assert_eq!(room.sign(&[]).text(), room.image.digest);
    for (number, digest) in images.iter().enumerate() {
        room.verify(&[], &format!("docker://{}", room.at(digest))).code(if number == 0 { 0 } else { 10 });
    }
    let signed = room.sign(&["-r", "--json"]).json();
    let digests: Vec<&str> =
        signed["images"].as_array().expect("images").iter().filter_map(|image| image["digest"].as_str()).collect();
    assert_eq!(digests, images);
    for digest in &images {
        room.verify(&[], &format!("docker://{}", room.at(digest))).ok();
        cosign_verify(&cosign3, &room.public, &[], &room.at(digest)).ok();
    }
    // What BuildKit attests is no image.
    let Some(room) = Room::new(fixture::attested) else { return };
    assert_eq!(room.sign(&["-r"]).text().lines().count(), 2);
}

#[test]
fn keys_are_everybodys() {
    let tools = (oracle("cosign"), oracle("cosign2"), oracle("skopeo-new"));
    let (Some(cosign3), Some(cosign2), Some(_)) = tools else { return };
    let Some(room) = Room::new(fixture::single) else { return };
    let by_digest = room.at(&room.image.digest);
    for (name, password) in [("empty", ""), ("utf8", PASSWORD)] {
        let (key, public) = keygen(&room.scene.folder.text(name), password);
        let text = fs::read_to_string(&key).expect("written");
        assert_eq!(fs::metadata(&key).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&public).expect("there").permissions().mode() & 0o777, 0o644);
        assert_eq!(text.len(), 653);
        assert!(text.lines().all(|line| line.len() <= 64), "{text}");
        for tool in [&cosign3, &cosign2] {
            let shown = cosign(tool, password, &["public-key", "--key", &key]).ok();
            assert_eq!(shown.text().trim(), fs::read_to_string(&public).expect("written").trim());
        }
        cosign_sign(&cosign3, &key, password, &[], &by_digest);
        cosign(&cosign2, password, &["sign", "--key", &key, "-y", "--tlog-upload=false", &by_digest]).ok();
        verify(&public, &[], &room.scene.docker("app:v1")).ok();
        let passphrase = room.scene.folder.path("passphrase");
        fs::write(&passphrase, format!("{password}\n")).expect("written");
        let (from, to) = (room.scene.docker("app:v1"), room.scene.docker(&format!("{name}:v1")));
        let attachments = format!("docker:\n  {}:\n    use-sigstore-attachments: true\n", room.scene.registry.host());
        fs::create_dir_all(room.scene.folder.path("registries.d")).expect("made");
        fs::write(room.scene.folder.path("registries.d/ours.yaml"), attachments).expect("written");
        let program = Program::new(
            "skopeo-new",
            &[
                "--insecure-policy",
                "--registries.d",
                &room.scene.folder.text("registries.d"),
                "copy",
                "-q",
                "--src-tls-verify=false",
                "--dest-tls-verify=false",
                "--sign-by-sigstore-private-key",
                &key,
                "--sign-passphrase-file",
                &passphrase.display().to_string(),
                &from,
                &to,
            ],
        );
        program.run().ok();
        verify(&public, &[], &to).ok();
    }
    let refused = Program::stevedore(&["keygen", "--output-key-prefix", &room.scene.folder.text("empty")]);
    let before = files(&room.scene.folder.path("."));
    let refused = refused.env("COSIGN_PASSWORD", "").run().code(2);
    assert!(refused.stderr.contains("exists and is not replaced"), "{}", refused.stderr);
    assert_eq!(files(&room.scene.folder.path(".")), before);
    let program =
        Program::stevedore(&["generate-key-pair", "--force", "--output-key-prefix", &room.scene.folder.text("empty")]);
    program.env("COSIGN_PASSWORD", "").run().ok();
    assert_ne!(files(&room.scene.folder.path(".")), before);
}

/// The private key of a pair may also come without encryption and from a variable, and the password from a file.
#[test]
fn keys_and_passwords_come_from_many_places() {
    let Some(room) = Room::new(fixture::single) else { return };
    let password = room.scene.folder.path("password");
    fs::write(&password, format!("{PASSWORD}\n")).expect("written");
    let password = password.display().to_string();
    let public = fs::read(&room.public).expect("written");
    let shown = Program::stevedore(&["public-key", "--key", &room.key, "--password-file", &password]).run().ok();
    assert_eq!(shown.stdout, public);
    let key = fs::read_to_string(&room.key).expect("written");
    let program =
        Program::stevedore(&["public-key", "--key", "env://KEY", "--password-file", &password]).env("KEY", &key);
    assert_eq!(program.run().ok().stdout, public);
    // The variable's word counts, also when it is empty.
    let program = Program::stevedore(&["public-key", "--key", &room.key, "--password-file", &password]);
    let refused = program.env("COSIGN_PASSWORD", "").run().code(1);
    assert!(refused.stderr.contains("the password is wrong, or the key is damaged"), "{}", refused.stderr);
    let refused = Program::stevedore(&["public-key", "--key", &room.key]).run().code(2);
    assert!(refused.stderr.contains("no password was given"), "{}", refused.stderr);
    let plain = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/keys/alice.pkcs8.pem").display().to_string();
    let shown = Program::stevedore(&["public-key", "--key", &plain]).run().ok();
    assert!(shown.stderr.contains("is not encrypted"), "{}", shown.stderr);
}

/// A wrong password is found before anything is sent, and no secret is told.
#[test]
fn secrets_stay_secret() {
    let Some(room) = Room::new(fixture::single) else { return };
    let proxy = Proxy::start(&room.scene.registry.host(), Mode::None);
    let reference = format!("docker://{}/app:v1", proxy.host());
    let arguments = ["sign", "--key", &room.key, "--verbose", &reference];
    let wrong = Program::stevedore(&arguments).env("COSIGN_PASSWORD", "not-the-password").run().code(1);
    assert!(proxy.log().is_empty(), "{:#?}", proxy.log());
    let right = Program::stevedore(&arguments).env("COSIGN_PASSWORD", PASSWORD).run().ok();
    let key = fs::read_to_string(&room.key).expect("written");
    for run in [&wrong, &right] {
        let told = format!("{}{}", run.stderr, String::from_utf8_lossy(&run.stdout));
        for secret in ["not-the-password", PASSWORD, key.lines().nth(1).expect("a line")] {
            assert!(!told.contains(secret), "{told}");
        }
    }
    let help = Program::stevedore(&["sign", "--help"]).run().ok();
    assert!(
        !help.text().contains("--password ")
            && help.text().contains("With a key nothing is sent to any transparency log")
    );
}

/// Scrypt itself takes 64 MiB.
#[test]
fn signing_takes_little_memory() {
    let Some(room) = Room::new(fixture::single) else { return };
    let reference = room.scene.docker("app:v1");
    let program = Program::stevedore(&["sign", "--key", &room.key, &reference]).env("COSIGN_PASSWORD", PASSWORD);
    let (run, peak) = program.peak_rss();
    run.ok();
    assert!(peak <= 100 << 20, "{peak} bytes");
    let program = Program::stevedore(&["verify", "--key", &room.public, &reference]);
    let (run, peak) = program.peak_rss();
    run.ok();
    // A debug build is larger than what is released.
    assert!(peak <= 40 << 20, "{peak} bytes");
}

/// What is verified is what the tag names at that moment.
#[test]
fn tags_are_looked_up() {
    let Some(room) = Room::new(fixture::single) else { return };
    room.sign(&[]);
    let reference = room.scene.docker("app:v1");
    let report = room.verify(&["--json"], &reference).ok().json();
    assert_eq!(report["digest"], room.image.digest);
    assert_eq!(report["accepted"].as_array().map(Vec::len), Some(2));
    let text = room.verify(&["--output", "report"], &reference).ok();
    assert!(text.text().starts_with(&format!("{} is signed\n", room.image.digest)), "{}", text.text());
    room.scene.seed("app", fixture::zstd);
    room.verify(&[], &reference).code(10);
    room.verify(&[], &format!("docker://{}", room.at(&room.image.digest))).ok();
}

/// Other places, and what cosign and oras save.
#[test]
fn saved_images_are_verified() {
    let (Some(cosign3), Some(oras)) = (oracle("cosign"), oracle("oras")) else { return };
    let Some(room) = Room::new(fixture::app) else { return };
    room.sign(&["--signature-format", "bundle"]);
    let folder = &room.scene.folder;
    cosign(&cosign3, "", &["save", "--dir", &folder.text("bundles"), &room.name()]).ok();
    room.verify(&[], &folder.at("oci", "bundles", "")).ok();
    let layout = format!("{}:v1", folder.text("oras"));
    oras.run(&["cp", "-r", "--from-plain-http", &room.name(), "--to-oci-layout", &layout]);
    room.verify(&[], &folder.at("oci", "oras", ":v1")).ok();
    let Some(room) = Room::new(fixture::single) else { return };
    room.sign(&["--signature-format", "classic"]);
    let folder = &room.scene.folder;
    cosign(&cosign3, "", &["save", "--dir", &folder.text("classic"), &room.name()]).ok();
    room.verify(&[], &folder.at("oci", "classic", "")).ok();
    let (_, other) = keygen(&folder.text("other"), "");
    verify(&other, &[], &folder.at("oci", "classic", "")).code(12);
    room.sign(&[]);
    for to in
        [folder.at("oci", "l", ":v1"), folder.at("oci-archive", "a.tar", ":v1"), folder.at("static", "s", ":app:v1")]
    {
        Program::stevedore(&["copy", "--referrers", &room.scene.docker("app:v1"), &to]).run().ok();
        let report = room.verify(&["--json"], &to).ok().json();
        assert_eq!(report["accepted"].as_array().map(Vec::len), Some(2), "{to}: {report}");
    }
}

/// Layouts, archives and trees are signed where they are, and what is copied from there is signed, too.
#[test]
fn local_places_are_signed() {
    let Some(cosign3) = oracle("cosign") else { return };
    let Some(room) = Room::new(fixture::app) else { return };
    let folder = &room.scene.folder;
    for (number, to) in
        [folder.at("oci", "l", ":v1"), folder.at("oci-archive", "a.tar", ":v1"), folder.at("static", "s", ":app:v1")]
            .iter()
            .enumerate()
    {
        Program::stevedore(&["copy", "--all", &room.scene.docker("app:v1"), to]).run().ok();
        room.verify(&[], to).code(10);
        let signed = room.sign_at(&["-r"], to);
        assert!(signed.stderr.contains("signed without a name"), "{}", signed.stderr);
        room.verify(&[], to).ok();
        let again = room.sign_at(&["-r"], to);
        assert!(again.stderr.contains("nothing to do"), "{}", again.stderr);
        let back = format!("back{number}:v1");
        Program::stevedore(&["copy", "--all", "--referrers", to, &room.scene.docker(&back)]).run().ok();
        cosign_verify(&cosign3, &room.public, &[], &room.scene.name(&back)).ok();
        let child = format!("back{number}@{}", room.image.parts[0].digest);
        cosign_verify(&cosign3, &room.public, &[], &room.scene.name(&child)).ok();
    }
    Program::stevedore(&["verify", "--key", &room.public, &folder.at("oci", "nowhere", ":v1")]).run().code(11);
}

/// Eight at a time lose none.
#[test]
fn parallel_signers_keep_each_other() {
    let Some(room) = Room::new(fixture::single) else { return };
    let keys: Vec<(String, String)> =
        (0..8).map(|number| keygen(&room.scene.folder.text(&format!("k{number}")), PASSWORD)).collect();
    let reference = room.scene.docker("app:v1");
    let codes: Vec<i32> = thread::scope(|scope| {
        let runs: Vec<_> = keys.iter().map(|(key, _)| scope.spawn(|| sign(key, &[], &reference).code)).collect();
        runs.into_iter().map(|run| run.join().expect("a run")).collect()
    });
    for ((_, public), code) in keys.iter().zip(codes) {
        assert_eq!(code, 0, "every one of them got through");
        let report = verify(public, &["--json"], &reference).ok().json();
        assert_eq!(report["accepted"].as_array().map(Vec::len), Some(2), "{report}");
    }
    assert_eq!(room.signatures()["layers"].as_array().map(Vec::len), Some(8));
}

/// Something else under the tag is left alone.
#[test]
fn a_taken_tag_is_left_alone() {
    let Some(room) = Room::new(fixture::app) else { return };
    let tag = format!("{}.sig", room.image.digest.replace(':', "-"));
    let to = room.scene.docker(&format!("app:{tag}"));
    Program::stevedore(&["copy", "--all", &room.scene.docker("app:v1"), &to]).run().ok();
    let refused = sign(&room.key, &["--signature-format", "classic"], &room.scene.docker("app:v1")).code(1);
    assert!(refused.stderr.contains("it names no image manifest"), "{}", refused.stderr);
    assert_eq!(room.scene.digest("app", &tag), room.image.digest);
}
