//! `--policy`: what `verify`, `copy` and `sync` let pass, beside skopeo, and what becomes of a name that changes meanwhile.
//!
//! The numbers of lines are those of the list of what signing must hold.

use std::fs;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::sign::{Room, cosign_sign, keygen};
use crate::sign_vectors::{Repository, vectors};
use crate::support::command::{Program, Run, stevedore};
use crate::support::fixture;
use crate::support::layout::sha256;
use crate::support::oracle::oracle;
use crate::support::pages::Fake;
use crate::support::proxy::{Mode, Proxy};
use crate::support::scene::Folder;
use crate::support::wire::Reply;

/// Writes a policy for one transport that rejects everything else; returns its file.
fn policy(folder: &Folder, transport: &str, scopes: &Value) -> String {
    let file = folder.text("policy.json");
    let policy = json!({"default": [{"type": "reject"}], "transports": {transport: scopes}});
    fs::write(&file, policy.to_string()).expect("written");
    file
}

fn signed(key: &str, identity: &Value) -> Value {
    let mut requirement = json!({"type": "sigstoreSigned", "keyPath": key});
    if !identity.is_null() {
        requirement["signedIdentity"] = identity.clone();
    }
    requirement
}

#[track_caller]
fn verify(policy: &str, flags: &[&str], reference: &str) -> Run {
    let fixed = ["verify", "--policy", policy];
    stevedore(&fixed.iter().chain(flags).chain(&[reference]).copied().collect::<Vec<_>>())
}

/// Has skopeo look for signatures under the tag.
pub(crate) fn attachments(folder: &Folder, host: &str) {
    fs::create_dir_all(folder.path("registries.d")).expect("made");
    let attachments = format!("docker:\n  {host}:\n    use-sigstore-attachments: true\n");
    fs::write(folder.path("registries.d/ours.yaml"), attachments).expect("written");
}

/// Says whether skopeo copies an image under a policy.
fn skopeo_allows(folder: &Folder, host: &str, policy: &str, reference: &str) -> bool {
    attachments(folder, host);
    let out = tempfile::tempdir().expect("a folder");
    let to = format!("dir:{}", out.path().join("out").display());
    skopeo_copies(folder, policy, reference, &to, &[])
}

/// Copies with skopeo; says whether the policy let it.
pub(crate) fn skopeo_copies(folder: &Folder, policy: &str, reference: &str, to: &str, flags: &[&str]) -> bool {
    let registries = folder.text("registries.d");
    let all: &[&str] = if flags == ["--all"] { &["--all"] } else { &[] };
    let global = if flags == ["--all"] { &[] } else { flags };
    let fixed = ["--policy", policy, "--registries.d", &registries];
    let verb = ["copy", "-q", "--src-tls-verify=false", "--remove-signatures", reference, to];
    let run =
        Program::new("skopeo-new", &fixed.iter().chain(global).chain(&verb).chain(all).copied().collect::<Vec<_>>())
            .run();
    assert!(run.code == 0 || run.stderr.contains("rejected"), "{}", run.stderr);
    run.code == 0
}

/// Skopeo's answer and ours, on images signed by tag by us (classic), by cosign (without a tag), and not at all.
#[test]
fn skopeo_says_the_same() {
    let (Some(cosign3), Some(_)) = (oracle("cosign"), oracle("skopeo-new")) else { return };
    let Some(room) = Room::new(fixture::single) else { return };
    let (scene, host) = (&room.scene, room.scene.registry.host());
    room.sign(&["--signature-format", "classic"]);
    let theirs = scene.seed("theirs", fixture::single);
    let plain = ["--new-bundle-format=false"];
    let by_digest = scene.name(&format!("theirs@{}", theirs.digest));
    cosign_sign(&cosign3, &room.key, crate::sign::PASSWORD, &plain, &by_digest);
    scene.seed("none", fixture::single);
    let (_, other) = keygen(&scene.folder.text("other"), "");
    let key = |identity: Value| json!([signed(&room.public, &identity)]);
    let kind = |kind: &str| json!({"type": kind});
    let (accept, reject) = (json!([{"type": "insecureAcceptAnything"}]), json!([{"type": "reject"}]));
    let with = |field: &str, value: Value| json!([{"type": "sigstoreSigned", field: value, "signedIdentity": {"type": "matchRepository"}}]);
    let data = |file: &str| {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(fs::read(file).expect("a key"))
    };
    let remap = |from: &str, to: &str| json!({"type": "remapIdentity", "prefix": from, "signedPrefix": to});
    let scopes = [
        json!({"": accept}),
        json!({&host: accept, "": reject}),
        json!({&host: reject, format!("{host}/app"): accept}),
        json!({&host: accept, format!("{host}/app:v1"): reject, format!("{host}/ap"): reject}),
        json!({format!("{host}/app@{}", room.image.digest): accept}),
        json!({"*.0.1": accept, "*.1": reject}),
        json!({"*.0.0.1": accept}),
        json!({&host: key(Value::Null)}),
        json!({&host: key(kind("matchExact"))}),
        json!({&host: key(kind("matchRepository"))}),
        json!({&host: key(json!({"type": "exactReference", "dockerReference": scene.name("app:v1")}))}),
        json!({&host: key(json!({"type": "exactRepository", "dockerRepository": scene.name("theirs")}))}),
        json!({&host: key(remap(&host, &host))}),
        json!({&host: key(remap(&scene.name("theirs"), &scene.name("app")))}),
        json!({&host: key(remap(&host, "example.com/ns"))}),
        json!({&host: with("keyPaths", json!([other, room.public]))}),
        json!({&host: with("keyData", json!(data(&other)))}),
        json!({&host: with("keyDatas", json!([data(&other), data(&room.public)]))}),
        json!({&host: with("keyPath", json!("/no/such/key.pub"))}),
        json!({&host: [signed(&room.public, &kind("matchRepository")), {"type": "insecureAcceptAnything"}]}),
        json!({&host: [signed(&room.public, &kind("matchRepository")), signed(&other, &kind("matchRepository"))]}),
        json!({&host: [{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/no/such.gpg"}]}),
    ];
    let mut allowed = 0;
    let references = [
        scene.docker("app:v1"),
        format!("docker://{}", room.at(&room.image.digest)),
        scene.docker("theirs:v1"),
        scene.docker("none:v1"),
    ];
    for (number, scopes) in scopes.iter().enumerate() {
        let file = policy(&scene.folder, "docker", scopes);
        // Every policy meets two of the images, every image half of the policies.
        for reference in references.iter().skip(number % 2).step_by(2) {
            let theirs = skopeo_allows(&scene.folder, &host, &file, reference);
            let ours = verify(&file, &[], reference);
            assert_eq!(ours.code == 0, theirs, "{scopes} {reference}: {}", ours.stderr);
            allowed += usize::from(theirs);
        }
    }
    assert!((10..34).contains(&allowed), "{allowed} of 44 allowed");
}

/// Of an index, the images in it must be signed as well: those that are copied, and for `verify`, which chooses none, all of them.
#[test]
fn an_index_and_what_is_in_it() {
    if oracle("skopeo-new").is_none() {
        return;
    }
    let Some(room) = Room::new(fixture::app).map(Room::quick) else { return };
    let (scene, host, app) = (&room.scene, room.scene.registry.host(), room.scene.docker("app:v1"));
    let file =
        policy(&scene.folder, "docker", &json!({&host: [signed(&room.public, &json!({"type": "matchRepository"}))]}));
    let [one, two] = ["linux/amd64", "linux/arm64/v8"].map(|platform| room.image.part(platform).digest.clone());
    let sign = |digest: &str| {
        let flags = ["--signature-format", "classic", "--identity", &scene.name("app:v1")];
        room.sign_at(&flags, &format!("docker://{}", room.at(digest)));
    };
    let copy = |number: usize, flags: &[&str]| {
        let to = scene.folder.at("oci", &format!("out-{number}"), ":v1");
        let fixed = ["copy", "--policy", &file, &app, &to];
        stevedore(&fixed.iter().chain(flags).copied().collect::<Vec<_>>()).code
    };
    let out = tempfile::tempdir().expect("a folder");
    let theirs = |flags: &[&str]| {
        let to = format!("oci:{}", out.path().join(flags.join("-")).display());
        skopeo_copies(&scene.folder, &file, &app, &to, flags)
    };
    attachments(&scene.folder, &host);
    for (number, digest) in [&room.image.digest, &one, &two].into_iter().enumerate() {
        sign(digest);
        let (first, second) = (["--override-arch", "amd64"], ["--override-arch", "arm64"]);
        let skopeo = [theirs(&first), theirs(&second), theirs(&["--all"])];
        assert_eq!(skopeo, [number > 0, number > 1, number > 1]);
        let code = |allowed: bool| if allowed { 0 } else { 6 };
        assert_eq!(copy(number, &["--platform", "linux/amd64"]), code(number > 0));
        assert_eq!(copy(number, &["--platform", "linux/arm64"]), code(number > 1));
        assert_eq!(copy(number, &["--platform", "linux/arm64", "--platform", "linux/amd64"]), code(number > 1));
        assert_eq!(copy(number, &["--all"]), code(number > 1));
        verify(&file, &[], &app).code(if number > 1 { 0 } else { 10 });
    }
}

/// A bundle says its image's name only when we have written it.
#[test]
fn bundles_need_a_name() {
    let Some(cosign3) = oracle("cosign") else { return };
    let Some(room) = Room::new(fixture::single) else { return };
    let host = room.scene.registry.host();
    cosign_sign(&cosign3, &room.key, crate::sign::PASSWORD, &[], &room.at(&room.image.digest));
    let loose = signed(&room.public, &json!({"type": "matchRepository"}));
    let file = policy(&room.scene.folder, "docker", &json!({&host: [loose]}));
    let app = room.scene.docker("app:v1");
    let run = verify(&file, &[], &app).code(12);
    assert!(run.stderr.contains("it was signed without a name"), "{}", run.stderr);
    room.verify(&[], &app).ok();
    let strict = policy(&room.scene.folder, "docker", &json!({&host: [signed(&room.public, &Value::Null)]}));
    verify(&strict, &[], &app).code(12);
    room.sign(&["--signature-format", "bundle", "-a", "env=prod"]);
    let run = verify(&strict, &["-a", "env=prod"], &app).ok();
    assert_eq!(run.json()[0]["optional"], json!({"env": "prod"}));
    verify(&strict, &["-a", "env=dev"], &app).code(12);
}

/// What `verify` says under a policy, and its exit codes.
#[test]
fn answers() {
    let Some(room) = Room::new(fixture::single).map(Room::quick) else { return };
    let (scene, host) = (&room.scene, room.scene.registry.host());
    room.sign(&[]);
    scene.seed("none", fixture::single);
    let (app, none) = (scene.docker("app:v1"), scene.docker("none:v1"));
    let file = policy(&scene.folder, "docker", &json!({&host: [signed(&room.public, &Value::Null)]}));
    let run = verify(&file, &[], &app).ok();
    let wanted = json!({
        "identity": {"docker-reference": scene.name("app:v1")}, "image": {"docker-manifest-digest": room.image.digest},
        "type": "cosign container image signature",
    });
    assert_eq!(run.json()[1]["critical"], wanted);
    let report = verify(&file, &["--json"], &app).ok().json();
    assert_eq!(report["accepted"].as_array().map(Vec::len), Some(2), "{report}");
    assert_eq!(report["accepted"][0]["identity"], scene.name("app:v1"));
    verify(&file, &[], &none).code(10);
    verify(&file, &[], &scene.docker("app:missing")).code(11);
    // Nobody is asked for what is rejected whatever it is.
    let run = verify(&file, &[], "docker://example.invalid/app:v1").code(12);
    let words = "the policy does not accept docker://example.invalid/app:v1: it rejects it";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    let two = [signed(&room.public, &Value::Null), signed(&scene.folder.text("missing.pub"), &Value::Null)];
    let file = policy(&scene.folder, "docker", &json!({&host: two}));
    assert!(verify(&file, &[], &app).code(1).stderr.contains("cannot read the key"));
    let file = policy(&scene.folder, "docker", &json!({&host: [{"type": "insecureAcceptAnything"}]}));
    let run = verify(&file, &[], &none).ok();
    assert_eq!(run.text(), "[]");
    assert!(run.stderr.contains("without a signature, as the policy says"), "{}", run.stderr);
    assert!(verify(&file, &["--output", "report"], &none).ok().text().ends_with("needs no signature"));
    verify(&file, &["-a", "env=prod"], &none).code(2);
    verify(&file, &[], &scene.docker("none:missing")).code(11);
    verify(&file, &["--key", &room.public], &app).code(2);
    verify(&scene.folder.text("missing.json"), &[], &app).code(1);
}

/// What distributions and the manual have loads, and OpenPGP denies with words.
#[test]
fn policies_of_others_load() {
    let folder = Folder::new();
    let gpg = json!([{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/path/to/official-pubkey.gpg"}]);
    let manual = json!({
        "default": [{"type": "reject"}],
        "transports": {
            "docker": {
                "docker.io/openshift": [{"type": "insecureAcceptAnything"}],
                "docker.io/library/busybox": [{"type": "insecureAcceptAnything"}],
                "*.temporary-project.example.com": [{"type": "insecureAcceptAnything"}],
                "hostname:5000/myns/sigstore-signed-with-full-references": [
                    {"type": "sigstoreSigned", "keyPath": "/path/to/sigstore-pubkey.pub"}
                ],
                "hostname:5000/myns/sigstore-signed-fulcio-rekor-signed-with-full-references": [{
                    "type": "sigstoreSigned",
                    "fulcio": {"caPath": "/path/to/local/CA/file", "oidcIssuer": "https://expected.issuer/", "subjectEmail": "signing-user@example.com"},
                    "rekorPublicKeyPath": "/path/to/local/public/key/file",
                }],
                "registry.access.redhat.com": gpg,
            },
            "dir": {"": [{"type": "insecureAcceptAnything"}]},
            "docker-daemon": {"": [{"type": "insecureAcceptAnything"}]},
            "atomic": {
                "hostname:5000/myns/official": gpg,
                "private-mirror:5000/vendor-mirror": [{
                    "type": "signedBy", "keyType": "GPGKeys", "keyPath": "/path/to/vendor-pubkey.gpg",
                    "signedIdentity": {"type": "remapIdentity", "prefix": "private-mirror:5000/vendor-mirror", "signedPrefix": "vendor.example.com"},
                }],
            },
        },
    });
    let file = folder.text("policy.json");
    fs::write(&file, manual.to_string()).expect("written");
    for (reference, words) in [
        #[cfg(not(feature = "openpgp"))]
        (
            "docker://registry.access.redhat.com/ubi9:latest",
            "it asks for signedBy (OpenPGP), which needs a build with the feature \"openpgp\"",
        ),
        ("docker://docker.io/library/alpine:3", "it rejects it"),
    ] {
        let run = verify(&file, &[], reference).code(12);
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    // What Debian and Fedora install.
    fs::write(&file, r#"{"default":[{"type":"insecureAcceptAnything"}],"transports":{"docker-daemon":{"":[{"type":"insecureAcceptAnything"}]}}}"#).expect("written");
    verify(&file, &[], "oci:/no/such:v1").code(11);
}

/// The same for the verbs that write.
#[test]
fn malformed_policies_stop_everything_at_once() {
    let fake = Fake::start(|_| Reply::error(500, "UNKNOWN", "nobody should ask"));
    let folder = Folder::new();
    let (file, list) = (folder.text("policy.json"), folder.text("mirror.txt"));
    fs::write(&file, r#"{"default":[{"type":"reject"}],"comment":"x"}"#).expect("written");
    let from = format!("docker://{}/a:v1", fake.host());
    let to = folder.at("oci", "o", ":v1");
    fs::write(&list, format!("{from} {to}\n")).expect("written");
    for arguments in [
        &["copy", "--policy", &file, &from, &to][..],
        &["sync", "--policy", &file, &list],
        &["verify", "--policy", &file, &from],
    ] {
        let run = stevedore(arguments).code(1);
        assert!(run.stderr.contains("it has an unknown member \"comment\""), "{}", run.stderr);
    }
    assert!(fake.log().is_empty());
    assert!(!folder.path("o").exists());
}

/// A rejected image is not even begun: its destination hears of nothing, whatever kind of place it is.
#[test]
fn what_is_rejected_is_not_copied() {
    let Some(room) = Room::new(fixture::app).map(Room::quick) else { return };
    let (scene, host) = (&room.scene, room.scene.registry.host());
    scene.seed("none", fixture::app);
    room.sign(&["-r"]);
    let file = policy(&scene.folder, "docker", &json!({&host: [signed(&room.public, &Value::Null)]}));
    let proxy = Proxy::start(&host, Mode::None);
    let to = format!("docker://{}/target:v1", proxy.host());
    let copy = |from: &str, to: &str, more: &[&str]| {
        let fixed = ["copy", "--all", "--policy", &file, &scene.docker(from), to];
        stevedore(&fixed.iter().chain(more).copied().collect::<Vec<_>>())
    };
    for more in [&[][..], &["--dry-run"], &["--referrers"]] {
        let run = copy("none:v1", &to, more).code(6);
        assert!(run.stderr.contains("may not be copied: ") && run.stderr.contains("is not signed"), "{}", run.stderr);
        assert!(proxy.log().is_empty(), "{:?}", proxy.log());
    }
    for kind in ["oci", "dir", "static", "oci-archive", "docker-archive"] {
        copy("none:v1", &scene.folder.at(kind, "out", ""), &[]).code(6);
        assert!(!scene.folder.path("out").exists(), "{kind}");
    }
    // The tag that is there stays what it was.
    copy("app:v1", &to, &[]).ok();
    let before = scene.manifest("target", "v1");
    copy("none:v1", &to, &[]).code(6);
    assert_eq!(scene.manifest("target", "v1"), before);
    let one = scene.folder.at("oci", "one", ":v1");
    let fixed = ["copy", "--platform", "linux/amd64", "--policy", &file, &scene.docker("app:v1"), &one];
    assert_eq!(stevedore(&fixed).ok().text(), room.image.part("linux/amd64").digest);
    copy("app:missing", &to, &[]).code(3);
}

/// Whatever the tag names when the signatures were looked at is what is copied, though it names another image by then.
#[test]
fn the_name_may_change_and_the_image_does_not() {
    let case = vectors().join("cases/classic-v3.tar.gz");
    let folder = Folder::new();
    let key = vectors().join("keys/alice.pub").display().to_string();
    let identity = json!({"type": "exactRepository", "dockerRepository": "127.0.0.1:21210/open/classic-v3"});
    let file = policy(&folder, "docker", &json!({"": [signed(&key, &identity)]}));
    let repository = Repository::open(&case, true);
    let (good, media_type, bytes) = repository.manifest("v1").expect("an image");
    let (good, media_type) = (good.to_owned(), media_type.to_owned());
    let evil: Vec<u8> = [bytes, b" "].concat();
    for signed_first in [true, false] {
        let repository = Arc::new(Mutex::new(Repository::open(&case, true)));
        if !signed_first {
            repository.lock().expect("lock").retag("v1", &sha256(&evil), &media_type, evil.clone());
        }
        let (shared, evil, good, media_type) =
            (Arc::clone(&repository), evil.clone(), good.clone(), media_type.clone());
        let fake = Fake::start(move |asked| {
            let mut repository = shared.lock().expect("lock");
            let Some(rest) = asked.path().strip_prefix("/v2/app/") else { return Reply::json(200, &json!({})) };
            if rest.starts_with("referrers/") || rest.ends_with(".sig") {
                // Somebody is looking at signatures: the tag moves.
                match signed_first {
                    true => repository.retag("v1", &sha256(&evil), &media_type, evil.clone()),
                    false => {
                        let bytes = repository.manifest(&good).expect("there").2.to_vec();
                        repository.retag("v1", &good, &media_type, bytes);
                    }
                }
            }
            repository.answer(asked, rest)
        });
        let to = folder.at("oci", if signed_first { "one" } else { "two" }, ":v1");
        let from = format!("docker://{}/app:v1", fake.host());
        let run = stevedore(&["copy", "--all", "--policy", &file, &from, &to]);
        if signed_first {
            assert_eq!(run.ok().text(), repository_digest(&case));
            let named = repository.lock().expect("lock").manifest("v1").expect("there").0.to_owned();
            assert_ne!(named, repository_digest(&case), "the tag has moved");
        } else {
            run.code(6);
            assert!(!folder.path("two").exists());
        }
    }
}

fn repository_digest(case: &std::path::Path) -> String {
    Repository::open(case, true).manifest("v1").expect("an image").0.to_owned()
}

/// Each image of a `sync` has a verdict of its own.
#[test]
fn a_mirror_takes_what_is_signed() {
    let Some(room) = Room::new(fixture::single).map(Room::quick) else { return };
    let (scene, host) = (&room.scene, room.scene.registry.host());
    scene.seed("none", fixture::single);
    room.sign(&[]);
    // Another name of the same image is not what was signed.
    stevedore(&["copy", "--all", &scene.docker("app:v1"), &scene.docker("app:v2")]).ok();
    let file = policy(&scene.folder, "docker", &json!({&host: [signed(&room.public, &Value::Null)]}));
    let list = scene.folder.text("mirror.txt");
    let lines = format!(
        "{}:* {}\n{} {}\n",
        scene.docker("app"),
        scene.folder.at("oci", "mirror", ""),
        scene.docker("none:v1"),
        scene.folder.at("oci", "mirror", ":none")
    );
    fs::write(&list, lines).expect("written");
    for dry_run in [true, false] {
        let mut arguments = vec!["sync", "--json", "--policy", &file, &list];
        arguments.extend(dry_run.then_some("--dry-run"));
        let run = stevedore(&arguments).code(7);
        let report = run.json();
        let images: Vec<(&str, Value)> = report["images"]
            .as_array()
            .expect("images")
            .iter()
            .map(|image| (image["source"].as_str().expect("a source"), image["error"]["class"].clone()))
            .collect();
        let wanted = [
            (scene.docker("app:v1"), Value::Null),
            (scene.docker("app:v2"), json!("verification")),
            (scene.docker("none:v1"), json!("verification")),
        ];
        assert_eq!(images.len(), 3, "{report}");
        for ((source, class), (wanted, wanted_class)) in images.into_iter().zip(wanted) {
            assert_eq!((source, class), (wanted.as_str(), wanted_class));
        }
    }
    let names = stevedore(&["tags", &scene.folder.at("oci", "mirror", "")]).ok();
    assert!(names.text().lines().any(|name| name == "v1"), "{}", names.text());
    assert!(!names.text().lines().any(|name| name == "v2" || name == "none"), "{}", names.text());
    // Nothing that may be copied: what all failures have in common.
    fs::write(&list, format!("{} {}\n", scene.docker("none:v1"), scene.folder.at("oci", "empty", ":v1")))
        .expect("written");
    stevedore(&["sync", "--policy", &file, &list]).code(6);
    assert!(!scene.folder.path("empty").exists());
}

/// Places without a registry are in a policy by their paths, and have no name that an identity could match.
#[test]
fn places_have_scopes() {
    let folder = Folder::new();
    let image = fixture::single(&folder.path("seed"));
    let (key, public) = keygen(&folder.text("ours"), crate::sign::PASSWORD);
    let exact = json!({"type": "exactReference", "dockerReference": "example.com/app:v1"});
    let root = folder.path("").canonicalize().expect("resolved");
    let below = |name: &str| root.join(name).display().to_string();
    for (kind, place, scope) in [
        ("oci", folder.at("oci", "layout", ":v1"), below("layout")),
        ("oci-archive", folder.at("oci-archive", "app.tar", ":v1"), below("app.tar")),
        ("static", folder.at("static", "www", ":ns/app:v1"), format!("{}:ns/app", below("www"))),
    ] {
        stevedore(&["copy", &image.reference(), &place]).ok();
        crate::sign::sign(&key, &["--identity", "example.com/app:v1"], &place).ok();
        for (scopes, code) in [
            (json!({&scope: [signed(&public, &exact)]}), 0),
            (json!({root.display().to_string(): [signed(&public, &exact)]}), 0),
            (json!({"": [signed(&public, &Value::Null)]}), 12),
            (json!({"": [signed(&public, &json!({"type": "matchRepository"}))]}), 12),
            (json!({format!("{scope}x"): [{"type": "insecureAcceptAnything"}]}), 12),
        ] {
            let run = verify(&policy(&folder, kind, &scopes), &[], &place);
            assert_eq!(run.code, code, "{kind} {scopes}: {}", run.stderr);
        }
    }
    stevedore(&["copy", &image.reference(), &folder.at("dir", "dir", "")]).ok();
    let place = folder.at("dir", "dir", "");
    verify(&policy(&folder, "dir", &json!({below("dir"): [{"type": "insecureAcceptAnything"}]})), &[], &place).ok();
    verify(&policy(&folder, "dir", &json!({"": [signed(&public, &exact)]})), &[], &place).code(10);
}

#[cfg(not(feature = "openpgp"))]
#[test]
fn keys_of_openpgp() {
    crate::support::skips::note("built without the feature openpgp");
}
