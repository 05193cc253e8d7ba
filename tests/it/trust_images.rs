//! Where signatures lie, which image is meant, what lets an image in, and cosign's words: `sign` and `verify` beside each other.

use std::fs;

use serde_json::json;

use crate::sign_vectors::vectors;
use crate::support::command::{Program, Run, stevedore};
use crate::support::fixture::{self, Fixture};
use crate::support::kept::{Kept, Ways};
use crate::support::oracle::oracle;
use crate::support::scene::Folder;

fn key(name: &str) -> String {
    vectors().join("keys").join(name).display().to_string()
}

/// A registry with `app:v1`, and a folder.
struct Room {
    registry: Kept,
    image: Fixture,
    folder: Folder,
}

impl Room {
    fn new(make: fn(&std::path::Path) -> Fixture) -> Room {
        let folder = Folder::new();
        let image = make(&folder.path("image"));
        let registry = Kept::start(Ways::default());
        let room = Room { registry, image, folder };
        stevedore(&["copy", "--all", &room.image.reference(), &room.app()]).ok();
        room
    }

    fn app(&self) -> String {
        self.registry.docker("app:v1")
    }

    fn at(&self, digest: &str) -> String {
        self.registry.docker(&format!("app@{digest}"))
    }

    /// Signs, attests or verifies with the key that is for it.
    fn run(&self, verb: &str, flags: &[&str], image: &str, variable: Option<&str>) -> Run {
        let (private, public, note) = (key("alice.pkcs8.pem"), key("alice.pub"), key("alice.pub"));
        let begin: &[&str] = match verb {
            "sign" => &["sign", "--key", &private],
            "attest" => &["attest", "--key", &private, "--predicate", &note],
            verb => &[verb, "--key", &public],
        };
        let program = Program::stevedore(&[begin, flags, &[image]].concat());
        match variable {
            Some(repository) => program.env("COSIGN_REPOSITORY", repository).run(),
            None => program.run(),
        }
    }
}

const PAIRS: [(&str, &str); 2] = [("sign", "verify"), ("attest", "verify-attestation")];

/// In another repository, by the variable or by the flag: written there and looked for there alone.
#[test]
fn signatures_lie_in_another_repository() {
    for (write, read) in PAIRS {
        for form in ["classic", "bundle", "both"] {
            let room = Room::new(fixture::single);
            let elsewhere = format!("{}/team/signatures", room.registry.host());
            let flag = ["--signature-repository", &elsewhere];
            let before = room.registry.tags("app");
            room.run(write, &["--signature-format", form], &room.app(), Some(&elsewhere)).ok();
            assert_eq!(room.registry.tags("app"), before, "{write} {form}");
            assert!(!room.registry.tags("team/signatures").is_empty(), "{write} {form}");
            room.run(read, &[], &room.app(), Some(&elsewhere)).ok();
            room.run(read, &flag, &room.app(), None).ok();
            room.run(read, &[], &room.app(), None).code(10);
            let written = room.registry.writes().len();
            room.run(write, &[&flag[..], &["--signature-format", form]].concat(), &room.app(), None).ok();
            assert_eq!(room.registry.writes().len(), written, "{write} {form}: the same again");
            // What lies beside the image is not what is asked for.
            let room = Room::new(fixture::single);
            room.run(write, &["--signature-format", form], &room.app(), None).ok();
            let empty = format!("{}/none", room.registry.host());
            room.run(read, &[], &room.app(), Some(&empty)).code(10);
        }
    }
    let room = Room::new(fixture::single);
    let told = room.run("verify", &[], &room.image.reference(), Some("h.test/x")).code(10);
    assert!(told.stderr.contains("COSIGN_REPOSITORY is not used"), "{}", told.stderr);
    let wrong = room.run("sign", &[], &room.app(), Some("Not A Name")).code(2);
    assert!(wrong.stderr.contains("COSIGN_REPOSITORY"), "{}", wrong.stderr);
}

/// cosign finds there what we write, and we find what it writes.
#[test]
fn the_other_repository_is_cosigns() {
    let Some(cosign) = oracle("cosign2") else { return };
    let room = Room::new(fixture::single);
    let elsewhere = format!("{}/signatures", room.registry.host());
    let name = room.app().replace("docker://", "");
    let run = |arguments: &[&str]| {
        let mut command = cosign.command(arguments);
        command.env("COSIGN_PASSWORD", "open sesame").env("COSIGN_REPOSITORY", &elsewhere);
        crate::support::command::run(command, &[])
    };
    room.run("sign", &[], &room.app(), Some(&elsewhere)).ok();
    run(&["verify", "--key", &key("alice.pub"), "--insecure-ignore-tlog", &name]).ok();
    let room = Room::new(fixture::single);
    let elsewhere = format!("{}/signatures", room.registry.host());
    let name = room.app().replace("docker://", "");
    let mut command = cosign.command(&["sign", "--key", &key("alice.key"), "-y", "--tlog-upload=false", &name]);
    command.env("COSIGN_PASSWORD", "open sesame").env("COSIGN_REPOSITORY", &elsewhere);
    crate::support::command::run(command, &[]).ok();
    room.run("verify", &[], &room.app(), Some(&elsewhere)).ok();
    room.run("verify", &[], &room.app(), None).code(10);
}

/// An index is none of its images: each is asked for by name, or all of them.
#[test]
fn images_in_an_index_are_asked_for() {
    for (write, read) in PAIRS {
        let room = Room::new(fixture::app);
        let [amd64, arm64] = [0, 1].map(|at| room.image.parts[at].digest.clone());
        room.run(write, &[], &room.at(&amd64), None).ok();
        let hinted = room.run(read, &[], &room.app(), None).code(10);
        assert!(hinted.stderr.contains("this is the index"), "{}", hinted.stderr);
        assert!(hinted.stderr.contains("--platform OS/ARCH"), "{}", hinted.stderr);
        room.run(read, &["--platform", "linux/amd64"], &room.app(), None).ok();
        let single = room.run(read, &["--platform", "linux/arm64"], &room.app(), None).code(10);
        assert!(!single.stderr.contains("--platform"), "{}", single.stderr);
        room.run(read, &["--platform", "linux/riscv64"], &room.app(), None).code(11);
        room.run(read, &["-r", "--platform", "linux/amd64"], &room.app(), None).code(2);
        room.run(write, &[], &room.app(), None).ok();
        room.run(read, &[], &room.app(), None).ok();
        let missing = room.run(read, &["-r"], &room.app(), None).code(10);
        assert!(missing.stderr.contains(&arm64), "{}", missing.stderr);
        room.run(write, &["-r"], &room.app(), None).ok();
        let all = room.run(read, &["-r", "--json"], &room.app(), None).ok().json();
        let of = |digest: &str| all["accepted"].as_array().expect("a list").iter().any(|good| good["digest"] == digest);
        assert!(of(&amd64) && of(&arm64), "{all}");
    }
}

/// BuildKit's attestations: listed for the index and for a platform, fetched, and signed when that is asked for.
#[test]
fn what_buildkit_attests_is_listed_fetched_and_signed() {
    let statement = r#"{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://slsa.dev/provenance/v1"}"#;
    let make = |dir: &std::path::Path| {
        fixture::attested_with(dir, |_| {
            let statement =
                r#"{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://slsa.dev/provenance/v1"}"#;
            vec![
                ("https://slsa.dev/provenance/v1", statement.to_owned()),
                ("https://spdx.dev/Document", "{}".to_owned()),
            ]
        })
    };
    let room = Room::new(make);
    let attestation = room.image.parts[1].digest.clone();
    for flags in [&[][..], &["--platform", "linux/amd64"], &["--artifact-type", "application/vnd.in-toto+json"]] {
        let listed = stevedore(&[&["referrers", "--json"], flags, &[&room.app()]].concat()).ok().json();
        assert_eq!(listed["referrers"][0]["digest"], attestation, "{flags:?}");
        let wanted = json!(["https://slsa.dev/provenance/v1", "https://spdx.dev/Document"]);
        assert_eq!(listed["referrers"][0]["predicateTypes"], wanted, "{flags:?}");
        let text = stevedore(&[&["referrers"], flags, &[&room.app()]].concat()).ok();
        assert!(text.text().contains("https://slsa.dev/provenance/v1"), "{}", text.text());
    }
    let none = stevedore(&["referrers", "--artifact-type", "none/such", &room.app()]).ok();
    assert!(none.stderr.contains("nothing of type none/such refers to it"), "{}", none.stderr);
    let several = stevedore(&["pull", "-o", "-", &room.at(&attestation)]).code(2);
    let digest = crate::support::layout::sha256(statement.as_bytes());
    assert!(several.stderr.contains(&digest), "{}", several.stderr);
    let pulled = stevedore(&["pull", "-o", "-", &room.at(&attestation), &digest]).ok();
    assert_eq!(pulled.stdout, statement.as_bytes());
    room.run("sign", &["-r"], &room.app(), None).ok();
    room.run("verify", &[], &room.at(&attestation), None).code(10);
    room.run("sign", &["-r", "--attestations"], &room.app(), None).ok();
    room.run("verify", &[], &room.at(&attestation), None).ok();
    room.run("sign", &["--attestations"], &room.app(), None).code(2);
}

/// Every verb that takes an image in asks the policy first; denied is 6, and nothing is written.
#[test]
fn policies_stand_before_every_verb() {
    let room = Room::new(fixture::app);
    let requirement =
        json!([{"type": "sigstoreSigned", "keyPath": key("alice.pub"), "signedIdentity": {"type": "matchRepository"}}]);
    let policy =
        json!({"default": [{"type": "reject"}], "transports": {"docker": {room.registry.host(): requirement}}});
    let policy_file = room.folder.text("policy.json");
    fs::write(&policy_file, policy.to_string()).expect("written");
    let out = room.folder.text("out");
    let spec = room.folder.text("spec.txt");
    fs::write(&spec, format!("{} app:v1\n", room.app())).expect("written");
    let base = ["--platform", "linux/amd64"];
    let to = format!("oci:{out}:v1");
    let app = room.app();
    let path = stevedore(&["ls", "--json", "--platform", "linux/amd64", &app]).ok().json();
    let path =
        path["entries"].as_array().expect("entries").iter().find(|entry| entry["type"] == "file").expect("a file");
    let path = path["path"].as_str().expect("text").to_owned();
    let add = format!("{}:/note", room.folder.text("policy.json"));
    let verbs: Vec<Vec<&str>> = vec![
        vec!["copy", "--all", &app, &to],
        vec!["deploy", "--all", &app, &out],
        vec!["deploy", "--from-spec", &spec, &out],
        [&["build"], &base[..], &["--from", &app, "--add", &add, "-o", &to]].concat(),
        vec!["mutate", "--label", "a=b", "--to", &to, &app],
        [&["export"], &base[..], &["-o", &out, &app]].concat(),
        [&["ls"], &base[..], &[&app]].concat(),
        [&["cat"], &base[..], &[&app, &path]].concat(),
        [&["sbom"], &base[..], &[&app]].concat(),
    ];
    let clean = || {
        let _ = fs::remove_file(&out);
        let _ = fs::remove_dir_all(&out);
    };
    // Unsigned, then the index alone, then all of it.
    for (step, code) in [(&[][..], 6), (&["sign"], 6), (&["sign", "-r"], 0)] {
        if let [verb, flags @ ..] = step {
            room.run(verb, flags, &app, None).ok();
        }
        for verb in &verbs {
            clean();
            let (name, rest) = verb.split_first().expect("a verb");
            let run = stevedore(&[&[*name, "--policy", &policy_file], rest].concat());
            assert_eq!(run.code, code, "{step:?} {verb:?}: {}", run.stderr);
            let written = fs::read_dir(&out).map(|mut entries| entries.next().is_some());
            assert!(code == 0 || !written.unwrap_or_else(|_| fs::metadata(&out).is_ok()), "{verb:?} wrote");
        }
    }
    // Signed by somebody else is not signed.
    let other = policy.to_string().replace("alice.pub", "bob.pub");
    fs::write(&policy_file, other).expect("written");
    clean();
    stevedore(&["ls", "--policy", &policy_file, &app]).code(6);
    let missing = stevedore(&["ls", "--policy", &room.folder.text("none.json"), &app]).code(1);
    assert!(missing.stderr.contains("cannot read the policy"), "{}", missing.stderr);
}

/// `--policy default` is the file that podman and skopeo read.
#[test]
fn the_default_policy_is_podmans() {
    let folder = Folder::new();
    let image = fixture::single(&folder.path("image"));
    for (policy, code) in
        [(r#"{"default":[{"type":"reject"}]}"#, 6), (r#"{"default":[{"type":"insecureAcceptAnything"}]}"#, 0)]
    {
        let program =
            Program::stevedore(&["ls", "--platform", "linux/amd64", "--policy", "default", &image.reference()]);
        fs::create_dir_all(program.home().join(".config/containers")).expect("made");
        fs::write(program.home().join(".config/containers/policy.json"), policy).expect("written");
        program.run().code(code);
    }
}

/// Notes and refusals say what was typed, what is true, and what to type.
#[test]
fn words_of_cosign_are_answered() {
    let room = Room::new(fixture::app);
    room.run("sign", &[], &room.app(), None).ok();
    for (verb, flags, told) in [
        ("verify", &["--allow-insecure-registry"][..], "--tls-verify=false"),
        ("verify", &["--allow-http-registry"], "--tls-verify=false"),
        ("verify", &["--registry-username", "u", "--registry-password", "p"], "--creds"),
        ("verify", &["--use-signed-timestamps"], "leave it out"),
        ("verify", &["--local-image"], "oci:DIR"),
        ("verify", &["--sk"], "exec:PROGRAM"),
        ("sign", &["--allow-insecure-registry"], "--tls-verify=false"),
        ("sign", &["--new-bundle-format=false"], "--signature-format classic"),
        ("sign", &["--registry-referrers-mode", "oci-1-1"], "--signature-format"),
        ("sign", &["--upload=false"], "oci:DIR"),
        ("attest", &["--registry-password", "p"], "--creds"),
    ] {
        let before = room.registry.writes().len();
        let refused = room.run(verb, flags, &room.app(), None).code(2);
        assert!(refused.stderr.contains(told), "{verb} {flags:?}: {}", refused.stderr);
        assert_eq!(room.registry.writes().len(), before, "{verb} {flags:?}");
    }
    for (verb, flags) in [
        ("verify", &["--output", "text"][..]),
        ("verify", &["--max-workers", "4"]),
        ("verify", &["--allow-insecure-registry=false"]),
        ("sign", &["--new-bundle-format"]),
        ("sign", &["--upload=true"]),
    ] {
        room.run(verb, flags, &room.app(), None).ok();
    }
    for (verb, told) in [
        ("tree", "stevedore referrers"),
        ("triangulate", "stevedore referrers"),
        ("download", "verify-attestation"),
        ("clean", "stevedore delete"),
        ("verify-blob-attestation", "verify-blob --type"),
    ] {
        let refused = stevedore(&[verb, "x"]).code(2);
        assert!(refused.stderr.contains(told), "{verb}: {}", refused.stderr);
    }
    let attach = ["attach", "--artifact-type", "a/b", "-a", "k=v", "--platform", "linux/arm64", &room.app()];
    let attached = stevedore(&attach).ok();
    assert!(attached.stderr.contains("the image for linux/arm64"), "{}", attached.stderr);
    assert!(!attached.stderr.contains("tag names now"), "{}", attached.stderr);
}
