//! Signatures on a registry with a list of referrers (`serve`) as on one without (distribution 2.8), and on their way between both.
//!
//! The numbers of lines are those of the list of what signing must hold.

use std::fs;
use std::thread;

use serde_json::{Value, json};

use crate::support::command::{Program, Run, run, stevedore};
use crate::support::fixture::{self, Fixture, OCI_EMPTY, OCI_MANIFEST};
use crate::support::http::Client;
use crate::support::layout::{INDEX, sha256};
use crate::support::oracle::{Tool, oracle};
use crate::support::registry::Registry;
use crate::support::scene::Folder;
use crate::support::seed;
use crate::support::served::Served;

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// A registry of each kind, and both versions of cosign with a pair of keys.
struct Room {
    without: Registry,
    with: Served,
    folder: Folder,
    cosign3: Tool,
    cosign2: Tool,
}

impl Room {
    fn new() -> Option<Room> {
        let (without, cosign3, cosign2) = (Registry::start()?, oracle("cosign")?, oracle("cosign2")?);
        let folder = Folder::new();
        let with = Served::start(&["--store", &folder.text("store"), "--anonymous-push"]);
        Some(Room { without, with, folder, cosign3, cosign2 })
    }

    fn clients(&self) -> [(String, Client); 2] {
        [(self.without.host(), self.without.client()), (self.with.host(), self.with.client())]
    }

    /// Makes a pair of keys.
    fn keygen(&self, name: &str) -> Keys {
        let prefix = self.folder.text(name);
        Program::stevedore(&["keygen", "--output-key-prefix", &prefix]).env("COSIGN_PASSWORD", "").run().ok();
        Keys { private: format!("{prefix}.key"), public: format!("{prefix}.pub") }
    }

    #[track_caller]
    fn cosign3(&self, arguments: &[&str]) -> Run {
        cosign(&self.cosign3, arguments)
    }

    #[track_caller]
    fn cosign2(&self, arguments: &[&str]) -> Run {
        cosign(&self.cosign2, arguments)
    }

    #[track_caller]
    fn seed(&self, client: &Client, repository: &str) -> Fixture {
        let app =
            fixture::app(&self.folder.path(&format!("seed-{}", sha256(format!("{client:p}{repository}").as_bytes()))));
        seed::push(&app.dir, "v1", client, repository);
        app
    }
}

struct Keys {
    private: String,
    public: String,
}

fn cosign(tool: &Tool, arguments: &[&str]) -> Run {
    let mut command = tool.command(arguments);
    command.env("COSIGN_PASSWORD", "");
    run(command, &[])
}

fn sign(keys: &Keys, flags: &[&str], reference: &str) -> Run {
    let arguments = [&["sign", "--key", &keys.private], flags, &[reference]].concat();
    Program::stevedore(&arguments).env("COSIGN_PASSWORD", "").run()
}

fn verify(keys: &Keys, reference: &str) -> Run {
    stevedore(&["verify", "--key", &keys.public, "--json", reference])
}

const QUIET3: [&str; 3] = ["-y", "--use-signing-config=false", "--tlog-upload=false"];

/// On both kinds of registry: the same digests, the same entries, and both versions of cosign content.
#[test]
fn both_kinds_of_registry_hold_the_same() {
    let (Some(room), Some(oras)) = (Room::new(), oracle("oras")) else { return };
    let keys = room.keygen("ours");
    let mut held = Vec::new();
    for (number, (host, client)) in room.clients().iter().enumerate() {
        let app = room.seed(client, "app");
        let name = format!("{host}/app:v1");
        let flags = ["--identity", "example.com/app:v1", "-a", "env=prod"];
        sign(&keys, &flags, &format!("docker://{name}")).ok();
        let again = sign(&keys, &flags, &format!("docker://{name}")).ok();
        assert!(again.stderr.contains("nothing to do"), "{}", again.stderr);
        room.cosign3(&["verify", "--key", &keys.public, "--insecure-ignore-tlog", "-a", "env=prod", &name]).ok();
        room.cosign2(&["verify", "--key", &keys.public, "--insecure-ignore-tlog", "-a", "env=prod", &name]).ok();
        let report = verify(&keys, &format!("docker://{name}")).ok().json();
        assert_eq!(report["accepted"].as_array().map(Vec::len), Some(2), "{report}");
        let found = oras.run(&["discover", "--plain-http", "--format=json", "--artifact-type", BUNDLE, &name]).json();
        assert_eq!(found["referrers"].as_array().map(Vec::len), Some(1), "{found}");
        let stem = app.digest.replace(':', "-");
        let path = match number {
            0 => format!("/v2/app/manifests/{stem}"),
            _ => format!("/v2/app/referrers/{}", app.digest),
        };
        let list = client_of(client).get(&path).expect(200).json()["manifests"].clone();
        let classic = client_of(client).get(&format!("/v2/app/manifests/{stem}.sig")).expect(200).body;
        held.push((list, sha256(&classic)));
        if number == 1 {
            // A registry with a list of its own needs no tag.
            client_of(client).get(&format!("/v2/app/manifests/{stem}")).expect(404);
        }
    }
    assert_eq!(held[0], held[1]);
}

fn client_of(client: &Client) -> Client {
    client.clone().with("Accept", &format!("{INDEX}, {OCI_MANIFEST}"))
}

/// On a registry with a list: cosign's signatures and ours live side by side.
#[test]
fn signatures_of_many_live_together_on_ours() {
    let Some(room) = Room::new() else { return };
    let (host, client) = (room.with.host(), room.with.client());
    let app = room.seed(&client, "app");
    let by_digest = format!("{host}/app@{}", app.digest);
    let [ours, bundle, classic, old] = ["ours", "bundle", "classic", "old"].map(|name| room.keygen(name));
    room.cosign2(&["sign", "--key", &old.private, "-y", "--tlog-upload=false", &by_digest]).ok();
    sign(&ours, &[], &format!("docker://{by_digest}")).ok();
    room.cosign3(&[&["sign", "--key", &bundle.private][..], &QUIET3, &[&by_digest]].concat()).ok();
    let plain = ["sign", "--key", &classic.private, "--new-bundle-format=false"];
    room.cosign3(&[&plain[..], &QUIET3, &[&by_digest]].concat()).ok();
    for keys in [&ours, &bundle, &classic, &old] {
        verify(keys, &format!("docker://{by_digest}")).ok();
    }
    for keys in [&ours, &bundle] {
        room.cosign3(&["verify", "--key", &keys.public, "--insecure-ignore-tlog", &by_digest]).ok();
    }
    for keys in [&ours, &classic, &old] {
        room.cosign2(&["verify", "--key", &keys.public, "--insecure-ignore-tlog", &by_digest]).ok();
    }
}

/// Eight of cosign's at a time lose no bundle here, and eight of ours neither.
#[test]
fn parallel_signers_keep_each_other_on_ours() {
    let Some(room) = Room::new() else { return };
    let (host, client) = (room.with.host(), room.with.client());
    let app = room.seed(&client, "app");
    let by_digest = format!("{host}/app@{}", app.digest);
    let keys: Vec<Keys> = (0..8).map(|number| room.keygen(&format!("k{number}"))).collect();
    thread::scope(|scope| {
        for (number, keys) in keys.iter().enumerate() {
            let (room, by_digest) = (&room, &by_digest);
            scope.spawn(move || match number % 2 {
                0 => room.cosign3(&[&["sign", "--key", &keys.private][..], &QUIET3, &[by_digest]].concat()).ok(),
                _ => sign(keys, &[], &format!("docker://{by_digest}")).ok(),
            });
        }
    });
    let listed = client.get(&format!("/v2/app/referrers/{}", app.digest)).expect(200).json();
    assert_eq!(listed["manifests"].as_array().map(Vec::len), Some(8), "{listed}");
    for keys in &keys {
        verify(keys, &format!("docker://{by_digest}")).ok();
        room.cosign3(&["verify", "--key", &keys.public, "--insecure-ignore-tlog", &by_digest]).ok();
    }
}

/// Signers of one local place lose nothing, neither under the tag nor in the list.
#[test]
fn parallel_signers_of_local_places_keep_each_other() {
    let Some(room) = Room::new() else { return };
    fixture::app(&room.folder.path("seed"));
    let from = room.folder.at("oci", "seed", ":v1");
    let keys: Vec<Keys> = (0..4).map(|number| room.keygen(&format!("k{number}"))).collect();
    for place in [
        room.folder.at("oci", "layout", ":v1"),
        room.folder.at("oci-archive", "a.tar", ":v1"),
        room.folder.at("static", "tree", ":app:v1"),
    ] {
        stevedore(&["copy", "--all", &from, &place]).ok();
        thread::scope(|scope| {
            for keys in &keys {
                let place = &place;
                scope.spawn(move || sign(keys, &["--identity", "example.com/app:v1"], place).ok());
            }
        });
        for keys in &keys {
            let report = verify(keys, &place).ok().json();
            assert_eq!(report["accepted"].as_array().map(Vec::len), Some(2), "{place}: {report}");
        }
    }
}

/// An artifact that refers to the image and is nobody's signature here, as notation writes it.
fn notation(client: &Client, app: &Fixture) -> String {
    let put = |content: &[u8]| {
        let start = client.post("/v2/app/blobs/uploads/", b"").expect(202);
        let location = start.header("Location").expect("a location").to_owned();
        let path = location.split_once("/v2/").map(|(_, rest)| format!("/v2/{rest}")).expect("a path");
        let join = if path.contains('?') { '&' } else { '?' };
        client.put(&format!("{path}{join}digest={}", sha256(content)), "application/octet-stream", content).expect(201);
    };
    put(b"{}");
    put(b"{\"payload\":\"\"}");
    let subject = json!({"mediaType": INDEX, "digest": app.digest, "size": app.read(&app.digest).len()});
    let manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.cncf.notary.signature",
        "config": {"mediaType": OCI_EMPTY, "digest": sha256(b"{}"), "size": 2},
        "layers": [{"mediaType": "application/jose+json", "digest": sha256(b"{\"payload\":\"\"}"), "size": 14}],
        "subject": subject, "annotations": {"io.cncf.notary.x509chain.thumbprint#S256": "[]"},
    })
    .to_string();
    client
        .put(&format!("/v2/app/manifests/{}", sha256(manifest.as_bytes())), OCI_MANIFEST, manifest.as_bytes())
        .expect(201);
    sha256(manifest.as_bytes())
}

/// What a tree of `referrers` says, without where it is and in a fixed order.
fn sorted(tree: &Value) -> Value {
    let mut below: Vec<Value> = tree["referrers"].as_array().into_iter().flatten().map(sorted).collect();
    below.sort_by_key(ToString::to_string);
    json!({"digest": tree["digest"], "type": tree["artifactType"], "tag": tree["tag"], "referrers": below})
}

/// Every signature and attestation, of cosign's and ours, arrives and is verified by cosign at the end. The other places
/// are on the way of `referrers::cosign_verifies_what_arrives`.
#[test]
fn signatures_survive_every_way() {
    let Some(room) = Room::new() else { return };
    let [ours, bundle, old] = ["ours", "bundle", "old"].map(|name| room.keygen(name));
    fs::write(room.folder.path("predicate.json"), "{\"a\":1}").expect("written");
    let predicate = room.folder.text("predicate.json");
    // At the registry with a list of its own, for the one without could not be asked to list what others put.
    let (host, client) = (room.with.host(), room.with.client());
    let app = room.seed(&client, "app");
    let by_digest = format!("{host}/app@{}", app.digest);
    room.cosign2(&["sign", "--key", &old.private, "-y", "--tlog-upload=false", &by_digest]).ok();
    let attest = ["attest", "--type", "custom", "--predicate", &predicate];
    room.cosign2(&[&attest[..], &["--key", &old.private, "-y", "--tlog-upload=false", &by_digest]].concat()).ok();
    room.cosign3(&[&["sign", "--key", &bundle.private][..], &QUIET3, &[&by_digest]].concat()).ok();
    room.cosign3(&[&attest[..], &["--key", &bundle.private], &QUIET3, &[&by_digest]].concat()).ok();
    sign(&ours, &["-r"], &format!("docker://{by_digest}")).ok();
    let note = room.folder.path("note.txt");
    fs::write(&note, "a note\n").expect("written");
    let attach = ["attach", "--artifact-type", "application/spdx+json", &format!("docker://{by_digest}")];
    let sbom = stevedore(&[&attach[..], &[&note.display().to_string()]].concat()).ok().text().to_owned();
    sign(&ours, &[], &format!("docker://{host}/app@{sbom}")).ok();
    let notary = notation(&client, &app);
    // cosign's older way, under a tag.
    room.cosign2(&["attach", "sbom", "--type", "spdx", "--sbom", &note.display().to_string(), &by_digest]).ok();
    let tree = |reference: &str| sorted(&stevedore(&["referrers", "--json", reference]).ok().json());
    let wanted = tree(&format!("docker://{by_digest}"));
    let text = wanted.to_string();
    for part in [&*notary, &*sbom, ".sig", ".att", ".sbom", BUNDLE] {
        assert!(text.contains(part), "{part}: {wanted:#}");
    }
    let folder = &room.folder;
    let steps = [
        format!("docker://{host}/app:v1"),
        folder.at("oci", "layout", ":v1"),
        folder.at("oci-archive", "a.tar", ":v1"),
        format!("docker://{}/there:v1", room.without.host()),
        format!("docker://{host}/back:v1"),
    ];
    for step in steps.windows(2) {
        stevedore(&["copy", "--all", "--referrers", &step[0], &step[1]]).ok();
        assert_eq!(tree(&step[1]), wanted, "{} to {}", step[0], step[1]);
    }
    // One of each kind, at the end of the way.
    for step in steps[3..].iter().filter_map(|step| step.strip_prefix("docker://")) {
        for keys in [&ours, &bundle] {
            room.cosign3(&["verify", "--key", &keys.public, "--insecure-ignore-tlog", step]).ok();
        }
        for keys in [&ours, &old] {
            room.cosign2(&["verify", "--key", &keys.public, "--insecure-ignore-tlog", step]).ok();
        }
        let attested = ["verify-attestation", "--type", "custom", "--insecure-ignore-tlog"];
        room.cosign3(&[&attested[..], &["--key", &bundle.public, step]].concat()).ok();
        room.cosign2(&[&attested[..], &["--key", &old.public, step]].concat()).ok();
        let repository = step.trim_end_matches(":v1");
        let child = format!("{repository}@{}", app.parts[0].digest);
        room.cosign3(&["verify", "--key", &ours.public, "--insecure-ignore-tlog", &child]).ok();
        room.cosign3(&["verify", "--key", &ours.public, "--insecure-ignore-tlog", &format!("{repository}@{sbom}")])
            .ok();
        // No tag of a digest names anything but a list.
        let tags = stevedore(&["tags", &format!("docker://{repository}")]).ok();
        let is_list = |tag: &&str| tag.starts_with("sha256-") && !tag.contains('.');
        let lists: Vec<&str> = tags.text().lines().filter(is_list).collect();
        // Of the index, of both images below it, and of the SBOM; where there is another list, none.
        assert_eq!(lists.len(), if step.starts_with(&host) { 0 } else { 4 }, "{lists:?}");
        for tag in lists {
            let raw = stevedore(&["inspect", "--raw", &format!("docker://{repository}:{tag}")]).ok().json();
            assert_eq!(raw["mediaType"], INDEX, "{tag}");
        }
    }
    for keys in [&ours, &bundle, &old] {
        verify(keys, &steps[4]).ok();
    }
}

/// A source with the stray tag that `cosign copy` leaves.
#[test]
fn a_stray_tag_of_cosigns_does_not_follow() {
    let Some(room) = Room::new() else { return };
    let keys = room.keygen("ours");
    let (host, client) = (room.without.host(), room.without.client());
    let app = room.seed(&client, "app");
    let name = format!("{host}/app:v1");
    sign(&keys, &["--signature-format", "classic"], &format!("docker://{name}")).ok();
    room.cosign3(&["copy", &name, &format!("{host}/stray:v1")]).ok();
    let stray = format!("docker://{host}/stray:{}", app.digest.replace(':', "-"));
    assert_eq!(stevedore(&["digest", &stray]).ok().text(), app.digest, "as cosign leaves it");
    for to in [format!("{host}/to:v1"), format!("{}/to:v1", room.with.host())] {
        let copied = stevedore(&[
            "copy",
            "--all",
            "--referrers",
            &format!("docker://{host}/stray:v1"),
            &format!("docker://{to}"),
        ]);
        assert!(copied.clone().ok().stderr.contains("names the image itself; it is passed over"), "{}", copied.stderr);
        let quiet = [&["sign", "--key", &keys.private][..], &QUIET3].concat();
        let by_digest = format!("{}@{}", to.trim_end_matches(":v1"), app.digest);
        room.cosign3(&[&quiet[..], &[&by_digest]].concat()).ok();
        room.cosign3(&["verify", "--key", &keys.public, "--insecure-ignore-tlog", &to]).ok();
        room.cosign2(&["verify", "--key", &keys.public, "--insecure-ignore-tlog", &to]).ok();
    }
    // Verifying at the stray place passes the tag over, and says so.
    let verified = stevedore(&["verify", "--key", &keys.public, &format!("docker://{host}/stray:v1")]).ok();
    assert!(verified.stderr.contains("it is passed over"), "{}", verified.stderr);
}
