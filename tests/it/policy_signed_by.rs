//! `signedBy` in policies as Red Hat, Fedora and CentOS ship them, rebuilt with keys of our own, beside skopeo: signatures in files, at a web
//! server and in a registry that keeps them itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::SubpacketData;
use pgp::types::Duration;
use serde_json::{Value, json};

use crate::support::answering::Answering;
use crate::support::command::{Program, Run};
use crate::support::fixture;
use crate::support::openpgp::{Draft, compressed, path, payload, vector};
use crate::support::oracle::oracle;
use crate::support::pages::Fake;
use crate::support::scene::{Folder, Scene};
use crate::support::seed;
use crate::support::sigstore::b64;
use crate::support::wire::Reply;

/// An image in a registry, with the files of its signatures.
struct Image {
    what: &'static str,
    name: String,
    /// Where its signatures are below a lookaside.
    folder: String,
}

/// The signatures of an image with this name and digest; each kind is one image.
fn signatures(name: &str, digest: &str) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let text = |name: &str, digest: &str| payload(name, digest).to_string().into_bytes();
    let right = text(name, digest);
    let by = |key: &str| Draft::by(key).message(&right);
    let over = Draft::by("rsa").with(SubpacketData::SignatureExpirationTime(Duration::from_secs(60)), false);
    let cosigns = String::from_utf8(right.clone()).expect("text").replace("atomic container", "cosign container image");
    vec![
        ("not at all", vec![]),
        ("by the key", vec![by("rsa")]),
        ("by the key, compressed", vec![compressed(&by("rsa"))]),
        ("by a second key", vec![by("ed25519")]),
        ("by a subkey", vec![Draft { subkey: Some(0), ..Draft::by("subkeys") }.message(&right)]),
        ("by a stranger", vec![by("stranger")]),
        ("by a stranger and the key", vec![by("stranger"), by("rsa")]),
        ("for another name", vec![Draft::by("rsa").message(&text("registry.test/other:v1", digest))]),
        ("for another tag", vec![Draft::by("rsa").message(&text(&name.replace(":v1", ":v2"), digest))]),
        ("of another image", vec![Draft::by("rsa").message(&text(name, &format!("sha256:{}", "0".repeat(64))))]),
        ("until last year", vec![over.message(&right)]),
        ("as cosign says it", vec![Draft::by("rsa").message(cosigns.as_bytes())]),
        ("by MD5", vec![Draft { hash: HashAlgorithm::Md5, ..Draft::by("rsa") }.message(&right)]),
        ("by a revoked key", vec![by("revoked")]),
        ("by an expired key", vec![Draft { made: vec![1_736_900_000], ..Draft::by("expired") }.message(&right)]),
        ("beside something else", vec![by("rsa"), b"<html>".to_vec()]),
        (
            "beside a signature by sigstore",
            vec![b"\0sigstore-json\n{\"mimeType\":\"x\",\"payload\":\"e30=\",\"annotations\":{}}".to_vec(), by("rsa")],
        ),
    ]
}

/// A world in which both read the same configuration.
struct World {
    scene: Scene,
    images: Vec<Image>,
    registries_d: PathBuf,
    lookaside: PathBuf,
}

impl World {
    /// Makes the images and puts their signatures into a lookaside.
    fn new(host: &dyn Fn(&Scene) -> String) -> Option<World> {
        let scene = Scene::new()?;
        let host = host(&scene);
        let lookaside = scene.folder.path("lookaside");
        let mut images = Vec::new();
        for number in 0..signatures("x", "y").len() {
            let repository = format!("vendor/image{number}");
            let image = fixture::single(&scene.folder.path(&format!("image{number}")));
            seed::push_all(&image.dir, &scene.registry.client(), &repository);
            let name = format!("{host}/{repository}:v1");
            let (what, files) = signatures(&name, &image.digest).swap_remove(number);
            let folder = format!("{repository}@{}", image.digest.replace(':', "="));
            store(&lookaside.join(&folder), &files);
            images.push(Image { what, name, folder });
        }
        let registries_d = scene.folder.path("registries.d");
        fs::create_dir_all(&registries_d).expect("made");
        Some(World { scene, images, registries_d, lookaside })
    }

    /// Writes a file of `registries.d`.
    fn configure(&self, name: &str, text: &str) {
        fs::write(self.registries_d.join(name), text).expect("written");
    }

    fn policy(&self, number: usize, policy: &Value) -> String {
        let file = self.scene.folder.path(&format!("policy-{number}.json"));
        fs::write(&file, policy.to_string()).expect("written");
        file.display().to_string()
    }
}

fn store(folder: &Path, files: &[Vec<u8>]) {
    fs::create_dir_all(folder).expect("made");
    for (number, content) in files.iter().enumerate() {
        fs::write(folder.join(format!("signature-{}", number + 1)), content).expect("written");
    }
}

/// Says whether skopeo copies an image under a policy.
fn skopeo(registries_d: &Path, policy: &str, reference: &str) -> bool {
    let out = Folder::new();
    let (to, registries_d) = (out.at("dir", "out", ""), registries_d.display().to_string());
    let flags = ["--policy", policy, "--registries.d", &registries_d];
    let verb = ["copy", "-q", "--src-tls-verify=false", "--remove-signatures", reference, &to];
    let run = Program::new("skopeo-new", &[&flags[..], &verb].concat()).run();
    assert!(run.code == 0 || run.stderr.contains("rejected"), "{}", run.stderr);
    run.code == 0
}

fn ours(registries_d: &Path, policy: &str, reference: &str) -> Run {
    let program = Program::stevedore(&["verify", "--policy", policy, reference]);
    let own = program.home().join(".config/containers");
    fs::create_dir_all(&own).expect("made");
    std::os::unix::fs::symlink(registries_d, own.join("registries.d")).expect("linked");
    program.run()
}

fn signed_by(sources: Value) -> Value {
    let mut requirement = json!({"type": "signedBy", "keyType": "GPGKeys"});
    requirement.as_object_mut().expect("an object").extend(sources.as_object().expect("an object").clone());
    requirement
}

fn file(name: &str) -> String {
    path(name).display().to_string()
}

/// The policies that hosts come with, and others of the same kind.
fn policies(host: &str) -> Vec<(&'static str, Value)> {
    let anything = || json!([{"type": "insecureAcceptAnything"}]);
    let daemon = || json!({"": anything()});
    // What Red Hat ships, with the vendor's namespace for its registries.
    let red_hat = |requirement: Value| {
        json!({
            "default": anything(),
            "transports": {
                "docker": {format!("{host}/vendor"): [requirement], "registry.redhat.io": [signed_by(json!({"keyPath": "/no/such"}))]},
                "docker-daemon": daemon(),
            },
        })
    };
    let identity =
        |identity: Value| red_hat(signed_by(json!({"keyPath": file("rsa.gpg"), "signedIdentity": identity})));
    let remap = |to: &str| identity(json!({"type": "remapIdentity", "prefix": host, "signedPrefix": to}));
    vec![
        ("Red Hat 8", red_hat(signed_by(json!({"keyPath": file("armored.asc")})))),
        ("Red Hat 9", red_hat(signed_by(json!({"keyPaths": [file("rsa.gpg"), file("ed25519.gpg")]})))),
        ("Fedora, CentOS and Debian", json!({"default": anything(), "transports": {"docker-daemon": daemon()}})),
        (
            "default of signatures",
            json!({"default": [signed_by(json!({"keyData": b64(&vector("rsa.gpg"))}))], "transports": {"docker-daemon": daemon()}}),
        ),
        ("subkeys", red_hat(signed_by(json!({"keyPath": file("subkeys.gpg")})))),
        ("revoked", red_hat(signed_by(json!({"keyPaths": [file("not-yet-revoked.gpg"), file("revoked.gpg")]})))),
        ("before it was revoked", red_hat(signed_by(json!({"keyPath": file("not-yet-revoked.gpg")})))),
        ("expired", red_hat(signed_by(json!({"keyPath": file("expired.gpg")})))),
        ("expiry put off", red_hat(signed_by(json!({"keyPaths": [file("expired.gpg"), file("put-off.gpg")]})))),
        ("a missing key", red_hat(signed_by(json!({"keyPaths": [file("rsa.gpg"), "/no/such.gpg"]})))),
        ("no key at all", red_hat(signed_by(json!({"keyData": b64(b"no key")})))),
        (
            "other kinds of keys",
            red_hat(json!({"type": "signedBy", "keyType": "X509Certificates", "keyPath": file("rsa.gpg")})),
        ),
        ("the same name", identity(json!({"type": "matchExact"}))),
        ("the same repository", identity(json!({"type": "matchRepository"}))),
        ("a fixed name", identity(json!({"type": "exactReference", "dockerReference": "registry.test/other:v1"}))),
        ("a fixed repository", identity(json!({"type": "exactRepository", "dockerRepository": "registry.test/other"}))),
        ("a mirror", remap("registry.test")),
        ("a mirror of itself", remap(host)),
        (
            "two keys",
            json!({
                "default": [{"type": "reject"}],
                "transports": {"docker": {host: [
                    signed_by(json!({"keyPath": file("rsa.gpg")})), signed_by(json!({"keyPath": file("stranger.gpg")})),
                ]}},
            }),
        ),
    ]
}

/// Asks both about every image under a policy; counts the cases and those that are allowed.
fn compare(
    world: &World,
    policies: &[(&str, Value)],
    is_asked: &(dyn Fn(usize, usize) -> bool + Sync),
) -> (usize, usize) {
    let (cases, allowed, next) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let different = Mutex::new(Vec::new());
    let files: Vec<String> =
        policies.iter().enumerate().map(|(number, (_, policy))| world.policy(number, policy)).collect();
    let work = || {
        loop {
            let case = next.fetch_add(1, Ordering::Relaxed);
            let (policy, number) = (case / world.images.len(), case % world.images.len());
            let Some((trust, _)) = policies.get(policy) else { return };
            if !is_asked(policy, number) {
                continue;
            }
            let image = &world.images[number];
            let reference = format!("docker://{}", image.name);
            let theirs = skopeo(&world.registries_d, &files[policy], &reference);
            let run = ours(&world.registries_d, &files[policy], &reference);
            if (run.code == 0) != theirs {
                let what =
                    format!("{trust}, signed {}: skopeo {theirs}, ours {}: {}", image.what, run.code, run.stderr);
                different.lock().expect("no panics").push(what);
            }
            cases.fetch_add(1, Ordering::Relaxed);
            allowed.fetch_add(usize::from(theirs), Ordering::Relaxed);
        }
    };
    thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(work))));
    let different = different.into_inner().expect("no panics");
    assert!(different.is_empty(), "{}", different.join("\n"));
    (cases.into_inner(), allowed.into_inner())
}

/// Fedora's file says nothing of any registry, and Red Hat's of its own.
#[allow(clippy::print_stdout, reason = "how many there were is what the test is for")]
#[test]
fn policies_of_distributions_say_what_skopeo_says() {
    if oracle("skopeo-new").is_none() || oracle("gpg").is_none() {
        return;
    }
    let Some(world) = World::new(&|scene| scene.registry.host()) else { return };
    let host = world.scene.registry.host();
    let fedora = "# This is the default signature write location for docker registries.\ndefault-docker:\n#  lookaside: file:///var/lib/containers/sigstore\n  lookaside-staging: file:///var/lib/containers/sigstore\n";
    world.configure("default.yaml", fedora);
    let lookaside = world.lookaside.display();
    world.configure("vendor.yaml", &format!("docker:\n  {host}/vendor:\n    lookaside: file://{lookaside}\n"));
    world.configure("README", "docker: no YAML file");
    let policies = policies(&host);
    // Every policy meets half of the images, and those of the distributions all.
    let (cases, allowed) = compare(&world, &policies, &|policy, image| policy < 2 || (policy + image) % 2 == 0);
    println!("{cases} cases beside skopeo, {allowed} of them allowed");
    assert!(cases >= 150 && allowed >= 25, "{cases} cases, {allowed} allowed");
}

/// A lookaside at a web server, under the name that the setting had before, sending to somewhere else; and failing.
#[test]
fn lookasides_at_web_servers() {
    if oracle("skopeo-new").is_none() || oracle("gpg").is_none() {
        return;
    }
    let Some(world) = World::new(&|scene| scene.registry.host()) else { return };
    let host = world.scene.registry.host();
    let root = world.lookaside.clone();
    let server = Fake::start(move |asked| match asked.path() {
        path if path.starts_with("/moved/") => Reply::new(302).header("Location", &path.replace("/moved/", "/there/")),
        path if path.starts_with("/broken/") => Reply::new(403),
        path if path.starts_with("/page/") => Reply::new(200).header("Content-Type", "text/html").body("<html></html>"),
        path => match path.strip_prefix("/there/").map(|name| fs::read(root.join(name))) {
            Some(Ok(content)) => Reply::new(200).body(content),
            _ => Reply::new(404),
        },
    });
    let policies = policies(&host);
    for (tree, setting) in [
        ("there", "lookaside"),
        ("there", "sigstore"),
        ("moved", "lookaside"),
        ("broken", "lookaside"),
        ("page", "lookaside"),
    ] {
        let text = format!(
            "docker:\n  {host}:\n    {setting}: http://{}/{tree}\n  {host}/vendor:\n    lookaside: \"\"\n",
            server.host()
        );
        world.configure("vendor.yaml", &text);
        let (cases, allowed) = compare(&world, &policies[..1], &|_, image| image < 7);
        assert_eq!((cases, allowed > 0), (7, matches!(tree, "there" | "moved")), "{tree}");
    }
}

/// What `registries.d` may say, beside skopeo: the longest name that says something wins, and what is malformed stops everything.
#[test]
fn where_registries_d_sends() {
    if oracle("skopeo-new").is_none() || oracle("gpg").is_none() {
        return;
    }
    let Some(world) = World::new(&|scene| scene.registry.host()) else { return };
    let host = world.scene.registry.host();
    let (there, nowhere) = (format!("file://{}", world.lookaside.display()), "file:///no/such".to_owned());
    let name = &world.images[1].name;
    let repository = name.trim_end_matches(":v1");
    let policies = policies(&host);
    for (text, good) in [
        (format!("default-docker:\n  lookaside: {there}\n"), true),
        (format!("default-docker:\n  sigstore: {there}\n"), true),
        (format!("default-docker:\n  lookaside: {there}\n  sigstore: {nowhere}\n"), true),
        (format!("default-docker:\n  lookaside: {nowhere}\n  sigstore: {there}\n"), false),
        (format!("default-docker:\n  lookaside-staging: {there}\n"), false),
        (format!("default-docker:\n  lookaside: {nowhere}\ndocker:\n  {host}:\n    lookaside: {there}\n"), true),
        (format!("docker:\n  {host}:\n    lookaside: {nowhere}\n  {host}/vendor:\n    lookaside: {there}\n"), true),
        (
            format!("docker:\n  {host}/vendor:\n    lookaside: {nowhere}\n  {repository}:\n    lookaside: {there}\n"),
            true,
        ),
        (format!("docker:\n  {repository}:\n    lookaside: {nowhere}\n  {name}:\n    lookaside: {there}\n"), true),
        (format!("docker:\n  {name}:\n    lookaside: {nowhere}\n  {host}:\n    lookaside: {there}\n"), false),
        (
            format!(
                "docker:\n  {repository}:\n    use-sigstore-attachments: false\n  {host}:\n    lookaside: {there}\n"
            ),
            true,
        ),
        (format!("docker:\n  {host}/vend:\n    lookaside: {nowhere}\n  {host}:\n    lookaside: {there}\n"), true),
        (format!("docker:\n  \"*.0.0.1\":\n    lookaside: {there}\n"), true),
        (
            format!(
                "docker:\n  other.test:\n    lookaside: {nowhere}\ndefault-docker:\n  lookaside: {there}\nmore: x\n"
            ),
            true,
        ),
        ("# nothing\n".into(), false),
        (String::new(), false),
        (format!("docker:\n  {host}:\n"), false),
        (format!("docker:\n  {host}: x\n"), false),
        (format!("docker: [{there}]\n"), false),
        (format!("docker:\n  {host}:\n    lookaside: [x]\n"), false),
        (format!("docker:\n  {host}:\n    lookaside: {}\n", world.lookaside.display()), false),
        (format!("docker:\n  {host}:\n    lookaside: ftp://{host}\n"), false),
        (format!("docker:\n  {host}:\n    lookaside: {}/%zz\n", there), false),
    ] {
        world.configure("vendor.yaml", &text);
        let policy = world.policy(0, &policies[0].1);
        let reference = format!("docker://{name}");
        let run = ours(&world.registries_d, &policy, &reference);
        assert_eq!(run.code == 0, good, "{text}{}", run.stderr);
        let flags = ["--policy", &policy, "--registries.d", &world.registries_d.display().to_string()];
        let out = Folder::new();
        let verb =
            ["copy", "-q", "--src-tls-verify=false", "--remove-signatures", &reference, &out.at("dir", "out", "")];
        let theirs = Program::new("skopeo-new", &[&flags[..], &verb].concat()).run();
        assert_eq!(theirs.code == 0, good, "{text}{}", theirs.stderr);
    }
    world.configure("vendor.yaml", &format!("default-docker:\n  lookaside: {there}\n"));
    world.configure("other.yaml", &format!("default-docker:\n  lookaside: {there}\n"));
    let run = ours(&world.registries_d, &world.policy(0, &policies[0].1), &format!("docker://{name}")).code(1);
    assert!(run.stderr.contains("default-docker is in both"), "{}", run.stderr);
}

/// A registry that keeps signatures itself, as OpenShift's does, is asked for them, and no lookaside counts then.
#[test]
fn a_registry_that_keeps_signatures() {
    if oracle("skopeo-new").is_none() || oracle("gpg").is_none() {
        return;
    }
    let Some(scene) = Scene::new() else { return };
    let image = fixture::single(&scene.folder.path("image"));
    seed::push_all(&image.dir, &scene.registry.client(), "vendor/app");
    let answers: &'static Mutex<BTreeMap<&str, Reply>> = Box::leak(Box::default());
    let gateway = Answering::start(&scene.registry.host(), |head, _| match head.path() {
        "/v2/" => Some(Reply::json(200, &json!({})).header("X-Registry-Supports-Signatures", "1")),
        path if path.starts_with("/extensions/v2/vendor/app/signatures/sha256:") => Some(
            answers
                .lock()
                .expect("no panics")
                .get("now")
                .map_or_else(|| Reply::new(500), |reply| Reply::new(reply.status).body(reply.body.clone())),
        ),
        _ => None,
    });
    let (host, name) = (gateway.host(), format!("{}/vendor/app:v1", gateway.host()));
    let digest = &image.digest;
    let right = payload(&name, digest).to_string().into_bytes();
    let lookaside = scene.folder.path("lookaside");
    store(&lookaside.join(format!("vendor/app@{}", digest.replace(':', "="))), &[Draft::by("rsa").message(&right)]);
    let registries_d = scene.folder.path("registries.d");
    fs::create_dir_all(&registries_d).expect("made");
    fs::write(registries_d.join("x.yaml"), format!("default-docker:\n  lookaside: file://{}\n", lookaside.display()))
        .expect("written");
    let policy = scene.folder.text("policy.json");
    let entry = |version: u32, kind: &str, content: &[u8]| json!({"schemaVersion": version, "name": format!("{digest}@x"), "type": kind, "content": b64(content)});
    let good = Draft::by("rsa").message(&right);
    let bad = Draft::by("stranger").message(&right);
    let list = |entries: &[Value]| Reply::json(200, &json!({"signatures": entries}));
    for (what, reply, allowed) in [
        ("one", list(&[entry(2, "atomic", &good)]), true),
        ("another's and one", list(&[entry(2, "atomic", &bad), entry(2, "atomic", &good)]), true),
        ("what is no signature and one", list(&[entry(2, "atomic", b"x"), entry(2, "atomic", &good)]), true),
        ("another's", list(&[entry(2, "atomic", &bad)]), false),
        ("another version", list(&[entry(1, "atomic", &good)]), false),
        ("another kind", list(&[entry(2, "other", &good)]), false),
        ("none", list(&[]), false),
        ("no list", Reply::json(200, &json!({})), false),
        ("no JSON", Reply::new(200).body("<html>"), false),
        ("not there", Reply::new(404), false),
        (
            "not base64",
            Reply::json(200, &json!({"signatures": [{"schemaVersion": 2, "type": "atomic", "content": "***"}]})),
            false,
        ),
    ] {
        answers.lock().expect("no panics").insert("now", reply);
        let requirement = signed_by(json!({"keyPath": file("rsa.gpg")}));
        let text = json!({"default": [{"type": "reject"}], "transports": {"docker": {&host: [requirement]}}});
        fs::write(&policy, text.to_string()).expect("written");
        let reference = format!("docker://{name}");
        let run = ours(&registries_d, &policy, &reference);
        assert_eq!(run.code == 0, allowed, "{what}: {}", run.stderr);
        assert_eq!(skopeo(&registries_d, &policy, &reference), allowed, "{what}");
    }
}

/// A copy is let through by the same rules, and a rejected one does not begin.
#[test]
fn copies_of_what_is_signed() {
    let Some(world) = World::new(&|scene| scene.registry.host()) else { return };
    let host = world.scene.registry.host();
    world.configure("x.yaml", &format!("default-docker:\n  lookaside: file://{}\n", world.lookaside.display()));
    let policy = world.policy(0, &policies(&host)[0].1);
    for (image, code) in [(1, 0), (7, 6), (0, 6)] {
        let image = &world.images[image];
        let out = Folder::new();
        let program = Program::stevedore(&[
            "copy",
            "--policy",
            &policy,
            &format!("docker://{}", image.name),
            &out.at("oci", "out", ":v1"),
        ]);
        let own = program.home().join(".config/containers");
        fs::create_dir_all(&own).expect("made");
        std::os::unix::fs::symlink(&world.registries_d, own.join("registries.d")).expect("linked");
        program.run().code(code);
        assert_eq!(out.path("out").exists(), code == 0, "{}", image.what);
        assert!(!image.folder.is_empty());
    }
}
