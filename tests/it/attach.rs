//! `attach` and `referrers` beside oras and cosign, on a registry with a list of referrers (`serve`) and on one without (distribution 2.8).
//!
//! The numbers of lines are those of the list of what signing must hold.

use std::fs;
use std::path::Path;
use std::thread;

use serde_json::{Value, json};

use crate::support::command::{Program, Run, run, stevedore};
use crate::support::fixture::{self, Fixture, OCI_EMPTY, OCI_MANIFEST};
use crate::support::layout::{INDEX, sha256};
use crate::support::oracle::{Tool, oracle};
use crate::support::pages::Fake;
use crate::support::proxy::{Mode, Proxy};
use crate::support::registry::Registry;
use crate::support::scene::{Folder, Scene};
use crate::support::seed;
use crate::support::served::Served;
use crate::support::wire::Reply;

const NOTE: &str = "application/vnd.example.note";

/// Two registries with `app:v1`, and oras.
struct Room {
    without: Registry,
    with: Served,
    folder: Folder,
    app: Fixture,
    oras: Tool,
}

impl Room {
    fn new() -> Option<Room> {
        let without = Registry::start()?;
        let oras = oracle("oras")?;
        let folder = Folder::new();
        let with = Served::start(&["--store", &folder.text("store"), "--anonymous-push"]);
        let app = fixture::app(&folder.path("app"));
        for client in [without.client(), with.client()] {
            seed::push(&app.dir, "v1", &client, "app");
        }
        fs::write(folder.path("note.txt"), "a note\n").expect("written");
        Some(Room { without, with, folder, app, oras })
    }

    fn hosts(&self) -> [String; 2] {
        [self.without.host(), self.with.host()]
    }

    #[track_caller]
    fn attach(&self, reference: &str, arguments: &[&str]) -> Run {
        let all = [&["attach", "--artifact-type", NOTE, reference][..], arguments].concat();
        Program::stevedore(&all).current_dir(&self.folder.path(".")).run()
    }

    #[track_caller]
    fn discover(&self, name: &str, flags: &[&str]) -> Vec<Value> {
        let found = self.oras.run(&[&["discover", "--plain-http", "--format=json"], flags, &[name]].concat()).json();
        found["referrers"].as_array().cloned().unwrap_or_default()
    }
}

fn referrers(reference: &str) -> Value {
    stevedore(&["referrers", "--json", reference]).ok().json()
}

/// Attached files are listed where the specification wants them, and found by other clients.
#[test]
fn oras_sees_what_we_attach() {
    let Some(room) = Room::new() else { return };
    let mut entries = Vec::new();
    for (number, host) in room.hosts().iter().enumerate() {
        let name = format!("{host}/app:v1");
        let reference = format!("docker://{name}");
        let arguments = ["note.txt:text/plain", "-a", "by=alice"];
        let done = room.attach(&reference, &arguments).ok();
        assert!(done.stderr.contains(&format!("attached to {}", room.app.digest)), "{}", done.stderr);
        let again = room.attach(&reference, &arguments).ok();
        assert!(again.stderr.contains("nothing to do, attached already"), "{}", again.stderr);
        assert_eq!(again.text(), done.text());
        let found = room.discover(&name, &["--artifact-type", NOTE]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["digest"], done.text());
        assert_eq!(found[0]["annotations"]["by"], "alice");
        assert!(room.discover(&name, &["--artifact-type", "application/other"]).is_empty());
        let out = room.folder.text(&format!("out{number}"));
        room.oras.run(&["pull", "--plain-http", "-o", &out, &format!("{host}/app@{}", done.text())]);
        assert_eq!(fs::read(Path::new(&out).join("note.txt")).expect("pulled"), b"a note\n");
        // The image is as it was.
        assert_eq!(stevedore(&["digest", &reference]).ok().text(), room.app.digest);
        let path = match number {
            0 => format!("/v2/app/manifests/{}", room.app.digest.replace(':', "-")),
            _ => format!("/v2/app/referrers/{}", room.app.digest),
        };
        let client = if number == 0 { room.without.client() } else { room.with.client() };
        entries.push(client.with("Accept", INDEX).get(&path).expect(200).json()["manifests"].clone());
    }
    assert_eq!(entries[0], entries[1]);
    assert_eq!(entries[0].as_array().map(Vec::len), Some(1));
}

/// What oras and cosign attach, with its true type.
#[test]
fn we_see_what_others_attach() {
    let Some(room) = Room::new() else { return };
    let Some(cosign) = oracle("cosign") else { return };
    let cosign = |arguments: &[&str]| {
        let mut command = cosign.command(arguments);
        command.env("COSIGN_PASSWORD", "");
        run(command, &[]).ok()
    };
    cosign(&["generate-key-pair"]);
    fs::write(room.oras.home().join("note.txt"), "a note\n").expect("written");
    for host in room.hosts() {
        let by_digest = format!("{host}/app@{}", room.app.digest);
        let attached = room.oras.run(&[
            "attach",
            "--plain-http",
            "--format=json",
            "--artifact-type",
            NOTE,
            &format!("{host}/app:v1"),
            "note.txt",
        ]);
        let note = attached.json()["digest"].as_str().expect("a digest").to_owned();
        let quiet = ["--use-signing-config=false", "--tlog-upload=false", "-y", "--key=cosign.key"];
        cosign(&[&["sign"][..], &quiet, &[&format!("{host}/app@{note}")]].concat());
        cosign(&[&["sign"][..], &quiet, &[&by_digest]].concat());
        cosign(&[&["sign", "--new-bundle-format=false"][..], &quiet, &[&by_digest]].concat());
        let tree = referrers(&format!("docker://{by_digest}"));
        let all = tree["referrers"].as_array().expect("a list");
        let bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
        let is_bundle = |node: &&Value| node["artifactType"] == bundle;
        assert_eq!(all.len(), 3, "{tree}");
        let notes: Vec<&Value> = all.iter().filter(|node| node["artifactType"] == NOTE).collect();
        assert_eq!(notes[0]["digest"], note);
        assert_eq!(notes[0]["referrers"].as_array().expect("a list").iter().filter(is_bundle).count(), 1, "{tree}");
        let own: Vec<&Value> = all.iter().filter(is_bundle).collect();
        // cosign leaves the annotations out of its list.
        assert_eq!(own[0]["annotations"]["dev.sigstore.bundle.predicateType"], "https://sigstore.dev/cosign/sign/v1");
        let tag = format!("{}.sig", room.app.digest.replace(':', "-"));
        let tagged = all.iter().find(|node| node["tag"] == *tag).expect("the classic signature");
        assert_eq!(tagged["artifactType"], "application/vnd.dev.cosign.simplesigning.v1+json");
        let filtered = stevedore(&["referrers", "--artifact-type", NOTE, &format!("docker://{by_digest}")]).ok();
        let lines: Vec<&str> = filtered.text().lines().collect();
        assert_eq!(lines[0], format!("{} docker://{by_digest}", room.app.digest));
        assert_eq!(lines[1], format!("└── {note} {NOTE}"));
        assert!(lines[2].starts_with("    └── sha256:") && lines[2].contains(bundle), "{lines:?}");
        let flat = stevedore(&["referrers", "--depth", "1", &format!("docker://{by_digest}")]).ok();
        assert_eq!(flat.text().lines().count(), 4);
    }
}

/// What `cosign save` leaves in a layout belongs to its image, though no list says so.
#[test]
fn what_cosign_saves_is_listed() {
    let Some(room) = Room::new() else { return };
    let Some(cosign) = oracle("cosign") else { return };
    let cosign = |arguments: &[&str]| {
        let mut command = cosign.command(arguments);
        command.env("COSIGN_PASSWORD", "");
        run(command, &[]).ok()
    };
    cosign(&["generate-key-pair"]);
    let name = format!("{}/app:v1", room.without.host());
    let quiet = ["--use-signing-config=false", "--tlog-upload=false", "-y", "--key=cosign.key"];
    for form in ["--new-bundle-format=true", "--new-bundle-format=false"] {
        cosign(&[&["sign", form][..], &quiet, &[&name]].concat());
    }
    let saved = room.folder.text("saved");
    cosign(&["save", "--dir", &saved, &name]);
    let tree = referrers(&format!("oci:{saved}"));
    assert_eq!(tree["digest"], room.app.digest);
    let mut kinds: Vec<&str> =
        tree["referrers"].as_array().expect("a list").iter().filter_map(|node| node["artifactType"].as_str()).collect();
    kinds.sort_unstable();
    let bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
    assert_eq!(kinds, ["application/vnd.dev.cosign.simplesigning.v1+json", bundle], "{tree}");
}

/// A registry that cannot tell is not one without referrers.
#[test]
fn an_outage_is_not_an_empty_list() {
    for status in [500, 429, 403, 401] {
        let fake = Fake::start(move |asked| match asked.path().contains("/referrers/") {
            true => Reply::error(status, "UNAVAILABLE", "not now"),
            false => manifest_reply(),
        });
        let reference = format!("docker://{}/app:v1", fake.host());
        let run = stevedore(&["referrers", "--retry-times", "0", &reference]);
        assert!([4, 5].contains(&run.code) && run.stderr.contains(&status.to_string()), "{}: {}", run.code, run.stderr);
    }
}

/// A list that names ever more is given up, and one that names the image itself is no loop.
#[test]
fn endless_trees_end() {
    let entry = |digest: String| {
        let entry = json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": 2, "artifactType": NOTE});
        json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]})
    };
    let list = |list: &Value| Reply::new(200).header("Content-Type", INDEX).body(list.to_string());
    let endless = Fake::start(move |asked| match asked.path().contains("/referrers/") {
        true => list(&entry(sha256(asked.path().as_bytes()))),
        false if asked.path().contains("/manifests/sha256-") => Reply::new(404),
        false => manifest_reply(),
    });
    let run = stevedore(&["referrers", &format!("docker://{}/app:v1", endless.host())]).code(1);
    assert!(run.stderr.contains("than is followed"), "{}", run.stderr);
    let own = sha256(&image());
    let circle = Fake::start(move |asked| match asked.path().contains("/referrers/") {
        true => list(&entry(own.clone())),
        false if asked.path().contains("/manifests/sha256-") => Reply::new(404),
        false => manifest_reply(),
    });
    let tree = referrers(&format!("docker://{}/app:v1", circle.host()));
    assert_eq!(tree["referrers"], json!([]));
}

/// Pages that lead in circles, or to ever more pages, may lack what counts: nobody is told that this is all.
#[test]
fn endless_pages_of_referrers_are_no_list() {
    let page = |size: usize, next: usize| {
        let note = json!({"note": "x".repeat(size)});
        let entry = json!({"mediaType": OCI_MANIFEST, "digest": sha256(b""), "size": 2, "artifactType": NOTE, "annotations": note});
        let list = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]});
        let reply = Reply::new(200).header("Content-Type", INDEX).body(list.to_string());
        reply.header("Link", &format!("<?n={next}>; rel=\"next\""))
    };
    // Where each page leads, how large it is, and what is said after how many of them.
    type Next = fn(usize) -> usize;
    let cases: [(Next, usize, &str, usize); 4] = [
        (|number| 1 - number % 2, 1, "leads in circles", 3),
        (|number| number % 2 + 1, 1, "leads in circles", 3),
        (|number| number + 1, 1, "does not end after 1000 pages", 1000),
        (|number| number + 1, 7 << 20, "does not end after 64 MiB", 10),
    ];
    for (next, size, reason, requests) in cases {
        let endless = Fake::start(move |asked| {
            let number = asked.parameter("n").map_or(0, |number| number.parse().expect("a number"));
            if asked.path().contains("/referrers/") { page(size, next(number)) } else { manifest_reply() }
        });
        let run = stevedore(&["referrers", &format!("docker://{}/app:v1", endless.host())]).code(5);
        assert!(run.stderr.contains(reason), "{}", run.stderr);
        let asked = endless.log().iter().filter(|each| each.path().contains("/referrers/")).count();
        assert_eq!(asked, requests, "{reason}");
    }
}

fn image() -> Vec<u8> {
    let config = json!({"mediaType": OCI_EMPTY, "digest": sha256(b"{}"), "size": 2});
    json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": []}).to_string().into_bytes()
}

fn manifest_reply() -> Reply {
    Reply::new(200).header("Content-Type", OCI_MANIFEST).body(image())
}

#[test]
fn a_taken_tag_is_left_alone() {
    let Some(room) = Room::new() else { return };
    let host = room.without.host();
    let tag = room.app.digest.replace(':', "-");
    stevedore(&["copy", "--all", &format!("docker://{host}/app:v1"), &format!("docker://{host}/app:{tag}")]).ok();
    let reference = format!("docker://{host}/app:v1");
    let refused = room.attach(&reference, &["note.txt"]).code(1);
    assert!(refused.stderr.contains("it names something else, which is left as it is"), "{}", refused.stderr);
    assert_eq!(stevedore(&["digest", &format!("docker://{host}/app:{tag}")]).ok().text(), room.app.digest);
    let listed = stevedore(&["referrers", &reference]).ok();
    let note = format!("the tag {tag} in docker://{host}/app names the image itself; it is passed over");
    assert!(listed.stderr.contains(&note), "{}", listed.stderr);
    assert!(listed.stderr.contains("nothing refers to it"), "{}", listed.stderr);
}

#[test]
fn long_digests_are_cut_in_the_tag() {
    use sha2::Digest;
    let digest = format!(
        "sha512:{}",
        sha2::Sha512::digest(image()).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    );
    let list = std::sync::Mutex::new(None::<Vec<u8>>);
    let wanted = digest.clone();
    let fake = Fake::start(move |asked| {
        let mut list = list.lock().expect("no panic");
        let is_list = asked.path().contains("/manifests/sha512-");
        match (asked.method.as_str(), &*list) {
            ("PUT", _) if is_list => {
                *list = Some(asked.body.clone());
                Reply::new(201)
            }
            ("GET", Some(list)) if is_list => Reply::new(200).header("Content-Type", INDEX).body(list.clone()),
            ("GET", _) if asked.path().ends_with(&wanted) && asked.path().contains("/manifests/") => manifest_reply(),
            // Asked by HEAD, it would have to tell the digest too.
            ("HEAD", _) if asked.path().contains("/manifests/") => Reply::new(405),
            ("PUT", _) => Reply::new(201),
            ("POST", _) => Reply::new(202).header("Location", "/v2/app/blobs/uploads/1"),
            _ => Reply::new(404),
        }
    });
    let reference = format!("docker://{}/app@{digest}", fake.host());
    let done = stevedore(&["attach", "--artifact-type", NOTE, "-a", "k=v", &reference]).ok();
    let log = fake.log();
    let written: Vec<&str> = log
        .iter()
        .filter(|asked| asked.method == "PUT" && asked.path().contains("/manifests/sha512-"))
        .map(|asked| asked.path().rsplit('/').next().unwrap_or_default())
        .collect();
    assert_eq!(written, [format!("sha512-{}", &digest[7..71])]);
    let tree = referrers(&reference);
    assert_eq!(tree["referrers"][0]["digest"], done.text(), "{tree}");
}

/// Eight at a time lose none. `STEVEDORE_ROUNDS=20` tries it twenty times.
#[test]
fn parallel_writers_keep_each_other() {
    let Some(room) = Room::new() else { return };
    let rounds = std::env::var("STEVEDORE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    for round in 0..rounds {
        let repository = format!("round{round}");
        seed::push(&room.app.dir, "v1", &room.without.client(), &repository);
        let name = format!("{}/{repository}:v1", room.without.host());
        let reference = format!("docker://{name}");
        let digests: Vec<String> = thread::scope(|scope| {
            let start = |number: usize| {
                let (room, reference) = (&room, &reference);
                let annotation = format!("number={number}");
                scope.spawn(move || room.attach(reference, &["note.txt", "-a", &annotation]).ok().text().to_owned())
            };
            let runs: Vec<_> = (0..10).map(start).collect();
            runs.into_iter().map(|run| run.join().expect("a run")).collect()
        });
        let found = room.discover(&name, &[]);
        let listed: Vec<&str> = found.iter().filter_map(|entry| entry["digest"].as_str()).collect();
        assert_eq!(listed.len(), 10, "round {round}");
        assert!(digests.iter().all(|digest| listed.contains(&&**digest)), "round {round}");
    }
}

/// A manifest that is there and that no list names, as a writer that was killed leaves it, is listed by the next.
#[test]
fn what_was_left_unlisted_is_listed() {
    let Some(room) = Room::new() else { return };
    let host = room.without.host();
    let reference = format!("docker://{host}/app:v1");
    let digest = room.attach(&reference, &["note.txt"]).ok().text().to_owned();
    let tag = room.app.digest.replace(':', "-");
    let list = stevedore(&["digest", &format!("docker://{host}/app:{tag}")]).ok().text().to_owned();
    stevedore(&["delete", "-y", &format!("docker://{host}/app@{list}")]).ok();
    assert_eq!(referrers(&reference)["referrers"], json!([]));
    let again = room.attach(&reference, &["note.txt"]).ok();
    assert!(again.stderr.contains("1 file attached"), "{}", again.stderr);
    assert_eq!(referrers(&reference)["referrers"][0]["digest"], digest);
    // With what we attached ourselves.
    stevedore(&["delete", "-y", &format!("docker://{host}/app@{digest}")]).ok();
    stevedore(&["digest", &format!("docker://{host}/app:{tag}")]).code(3);
}

/// A list that has outlived what it names is no reason not to attach it, or to take an image for signed.
#[test]
fn what_a_list_has_outlived_is_put_again() {
    let Some(room) = Room::new() else { return };
    let Some(crane) = oracle("crane") else { return };
    let host = room.without.host();
    let reference = format!("docker://{host}/app:v1");
    let digest = room.attach(&reference, &["note.txt"]).ok().text().to_owned();
    crane.run(&["delete", "--insecure", &format!("{host}/app@{digest}")]).ok();
    stevedore(&["digest", &format!("docker://{host}/app@{digest}")]).code(3);
    let again = room.attach(&reference, &["note.txt"]).ok();
    assert!(again.stderr.contains("1 file attached"), "{}", again.stderr);
    stevedore(&["digest", &format!("docker://{host}/app@{digest}")]).ok();
    let listed = referrers(&reference);
    assert_eq!((&listed["referrers"][0]["digest"], &listed["referrers"][1]), (&json!(digest), &json!(null)));
}

/// Attaching again asks and writes nothing.
#[test]
fn attaching_twice_writes_nothing() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else { return };
    let proxy = Proxy::start(&scene.registry.host(), Mode::None);
    let reference = format!("docker://{}/app:v1", proxy.host());
    fs::write(scene.folder.path("note.txt"), "a note\n").expect("written");
    let attach = || {
        let arguments = ["attach", "--artifact-type", NOTE, &reference, "note.txt", "--json"];
        Program::stevedore(&arguments).current_dir(&scene.folder.path(".")).run().ok().json()
    };
    let first = attach();
    proxy.clear();
    let second = attach();
    assert_eq!((&first["isNew"], &second["isNew"]), (&json!(true), &json!(false)));
    assert_eq!(first["digest"], second["digest"]);
    let log = proxy.log();
    assert!(log.iter().all(|request| matches!(request.method.as_str(), "GET" | "HEAD")), "{log:#?}");
}

/// Every place that holds images takes them, and shows them to oras where oras can look.
#[test]
fn files_are_attached_everywhere() {
    let Some(room) = Room::new() else { return };
    let from = format!("docker://{}/app:v1", room.without.host());
    let folder = &room.folder;
    let child = room.app.part("linux/arm64/v8").digest.clone();
    for place in [
        folder.at("oci", "layout", ":v1"),
        folder.at("oci-archive", "a.tar", ":v1"),
        folder.at("docker-archive", "d.tar", ":example.com/app:1"),
        folder.at("static", "s", ":app:v1"),
        folder.at("dir", "dir", ""),
    ] {
        stevedore(&["copy", "--all", &from, &place]).ok();
        let digest = room.attach(&place, &["note.txt"]).ok().text().to_owned();
        let of_child = room.attach(&place, &["note.txt", "--platform", "linux/arm64"]).ok().text().to_owned();
        assert_eq!(stevedore(&["digest", &place]).ok().text(), room.app.digest, "{place}");
        assert_eq!(referrers(&place)["referrers"][0]["digest"], digest, "{place}");
        let tree = stevedore(&["referrers", "--json", "--platform", "linux/arm64", &place]).ok().json();
        assert_eq!((&tree["digest"], &tree["referrers"][0]["digest"]), (&json!(child), &json!(of_child)), "{place}");
    }
    let layout = format!("{}:v1", folder.text("layout"));
    let found = room.oras.run(&["discover", "--oci-layout", "--format=json", &layout]).json();
    assert_eq!(found["referrers"][0]["artifactType"], NOTE);
    // And back, with everything.
    let to = format!("{}/back:v1", room.with.host());
    stevedore(&[
        "copy",
        "--all",
        "--referrers",
        &folder.at("docker-archive", "d.tar", ":example.com/app:1"),
        &format!("docker://{to}"),
    ])
    .ok();
    assert_eq!(room.discover(&to, &[]).len(), 1);
    assert_eq!(room.discover(&format!("{}/back@{child}", room.with.host()), &[]).len(), 1);
}

/// Writers of one local place wait for each other.
#[test]
fn parallel_writers_of_local_places_keep_each_other() {
    let Some(room) = Room::new() else { return };
    let from = format!("docker://{}/app:v1", room.without.host());
    let folder = &room.folder;
    for place in [
        folder.at("oci", "layout", ":v1"),
        folder.at("oci-archive", "a.tar", ":v1"),
        folder.at("static", "s", ":app:v1"),
    ] {
        stevedore(&["copy", "--all", &from, &place]).ok();
        thread::scope(|scope| {
            for number in 0..6 {
                let (room, place) = (&room, &place);
                scope.spawn(move || room.attach(place, &["note.txt", "-a", &format!("number={number}")]).ok());
            }
        });
        assert_eq!(referrers(&place)["referrers"].as_array().map(Vec::len), Some(6), "{place}");
    }
}

#[test]
fn nothing_is_not_attached() {
    let folder = Folder::new();
    fixture::single(&folder.path("image"));
    let image = folder.at("oci", "image", ":v1");
    let run = stevedore(&["attach", "--artifact-type", NOTE, &image]).code(2);
    assert!(run.stderr.contains("there is nothing to attach"), "{}", run.stderr);
    stevedore(&["attach", "--artifact-type", "note", "-a", "k=v", &image]).code(2);
    stevedore(&["attach", "-a", "k=v", &image]).code(2);
    stevedore(&["attach", "--artifact-type", NOTE, "-a", "k=v", &folder.at("oci", "image", ":none")]).code(3);
    stevedore(&["referrers", &folder.at("oci", "image", ":none")]).code(3);
}
