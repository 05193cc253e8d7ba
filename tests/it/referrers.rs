//! `copy --referrers`: signatures, SBOMs and the like travel with the image, between all kinds of places.

use std::path::Path;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::command::{Program, Run, run, stevedore};
use crate::support::fixture::{self, Fixture, OCI_EMPTY, OCI_MANIFEST};
use crate::support::layout::{INDEX, sha256};
use crate::support::oracle::{Tool, oracle};
use crate::support::pages::{Asked, Fake};
use crate::support::registry::Registry;
use crate::support::seed;
use crate::support::wire::Reply;

/// A registry without a referrers API that holds `app:v1`, and oras.
struct Room {
    registry: Registry,
    oras: Tool,
    dir: TempDir,
    app: Fixture,
}

impl Room {
    fn new() -> Option<Room> {
        let registry = Registry::start()?;
        let oras = oracle("oras")?;
        let dir = TempDir::new().expect("a temporary directory");
        let app = fixture::app(&dir.path().join("app"));
        seed::push(&app.dir, "v1", &registry.client(), "app");
        Some(Room { registry, oras, dir, app })
    }

    fn name(&self, name: &str) -> String {
        format!("{}/{name}", self.registry.host())
    }

    fn docker(&self, name: &str) -> String {
        format!("docker://{}", self.name(name))
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// Attaches an artifact with oras; returns its digest.
    #[track_caller]
    fn attach(&self, subject: &str, content: &str) -> String {
        let file = format!("{}.txt", &sha256(content.as_bytes())[7..15]);
        std::fs::write(self.oras.home().join(&file), content).expect("written");
        let kind = format!("application/vnd.example.{content}");
        let subject = self.name(subject);
        let annotation = format!("content={content}");
        let attached = self.oras.run(&[
            "attach",
            "--plain-http",
            "--format=json",
            "--artifact-type",
            &kind,
            "-a",
            &annotation,
            &subject,
            &format!("{file}:text/plain"),
        ]);
        attached.json()["digest"].as_str().expect("a digest").to_owned()
    }

    #[track_caller]
    fn tree(&self, name: &str) -> Value {
        sorted(&self.oras.run(&["discover", "--plain-http", "--format=json", &self.name(name)]).json())
    }
}

/// Returns what a tree of `oras discover` says, without where it is and in a fixed order.
fn sorted(tree: &Value) -> Value {
    let mut children: Vec<Value> = tree["referrers"].as_array().into_iter().flatten().map(sorted).collect();
    children.sort_by_key(ToString::to_string);
    json!({
        "digest": tree["digest"], "mediaType": tree["mediaType"], "size": tree["size"],
        "artifactType": tree["artifactType"], "annotations": tree["annotations"], "referrers": children,
    })
}

#[track_caller]
fn copy(from: &str, to: &str) -> Run {
    stevedore(&["copy", "--all", "--referrers", from, to])
}

#[test]
fn trees_arrive_whole() {
    let Some(room) = Room::new() else { return };
    let sbom = room.attach("app:v1", "sbom");
    room.attach(&format!("app@{sbom}"), "signature");
    room.attach(&format!("app@{}", room.app.part("linux/amd64").digest), "scan");
    let wanted = room.tree("app:v1");
    assert_eq!(wanted["referrers"][0]["referrers"].as_array().map(Vec::len), Some(1), "{wanted}");
    let child = format!("@{}", room.app.part("linux/amd64").digest);
    let Some(other) = Registry::start() else { return };
    let archive = format!("oci-archive:{}:v1", room.path("app.tar"));
    let layout = format!("oci:{}:v1", room.path("layout"));
    let docker = format!("docker-archive:{}:example.com/app:1", room.path("docker.tar"));
    let files = format!("static:{}:lib/app:v1", room.path("static"));
    let steps = [
        (room.docker("app:v1"), room.docker("beside:v1")),
        (room.docker("app:v1"), archive.clone()),
        (archive, layout.clone()),
        (layout, docker.clone()),
        (docker, files.clone()),
        (files, format!("docker://{}/back:v1", other.host())),
    ];
    for (from, to) in &steps {
        let done = copy(from, to).ok();
        assert_eq!(done.text(), room.app.digest);
        assert!(done.stderr.contains("2 platforms and 3 referrers, "), "{}", done.stderr);
        let again = copy(from, to).ok();
        assert!(again.stderr.contains("nothing to do"), "{from} to {to}: {}", again.stderr);
    }
    assert_eq!(room.tree("beside:v1"), wanted);
    let layout = format!("{}:v1", room.path("layout"));
    let mut found = room.oras.run(&["discover", "--oci-layout", "--format=json", &layout]).json();
    // The name in the layout.
    found["annotations"] = Value::Null;
    assert_eq!(sorted(&found), wanted);
    let there = Room { registry: other, ..room };
    assert_eq!(there.tree("back:v1"), wanted);
    let scans = there.tree(&format!("back{child}"));
    assert_eq!(scans["referrers"][0]["annotations"]["content"], "scan");
}

/// A mirror takes them along, by an option of the line or for all lines.
#[test]
fn a_mirror_takes_them_along() {
    let Some(room) = Room::new() else { return };
    let first = room.attach("app:v1", "first");
    room.attach(&format!("app@{first}"), "second");
    let spec = |to: &str, option: &str| format!("{} {} {option}\n", room.docker("app:v1"), room.docker(to));
    let by_line = spec("by-line:v1", "referrers=true");
    run_sync(&["sync", "-"], &by_line);
    run_sync(&["sync", "--referrers", "-"], &spec("by-flag:v1", ""));
    let wanted = room.tree("app:v1");
    assert_eq!(wanted["referrers"][0]["referrers"].as_array().map(Vec::len), Some(1), "{wanted}");
    assert_eq!(room.tree("by-line:v1"), wanted);
    assert_eq!(room.tree("by-flag:v1"), wanted);
}

#[track_caller]
fn run_sync(arguments: &[&str], spec: &str) {
    Program::stevedore(arguments).stdin(spec.as_bytes()).run().ok();
}

#[test]
fn what_is_missing_is_added() {
    let Some(room) = Room::new() else { return };
    room.attach("app:v1", "first");
    copy(&room.docker("app:v1"), &room.docker("to:v1")).ok();
    room.attach("app:v1", "second");
    let plan = stevedore(&["copy", "--all", "--referrers", "-n", &room.docker("app:v1"), &room.docker("to:v1")]).ok();
    assert_eq!(plan.text().lines().filter(|line| line.starts_with("write manifest")).count(), 1, "{}", plan.text());
    let done = copy(&room.docker("app:v1"), &room.docker("to:v1")).ok();
    assert!(done.stderr.contains("copied 1 referrer, "), "{}", done.stderr);
    assert_eq!(room.tree("to:v1"), room.tree("app:v1"));
}

#[test]
fn what_cannot_follow_is_told() {
    let Some(room) = Room::new() else { return };
    let (from, to) = (room.docker("app:v1"), room.docker("to:v1"));
    // Nothing refers, so nothing is lost.
    stevedore(&["copy", "--all", "--referrers", "--format=v2s2", &from, &room.docker("converted:v1")]).ok();
    room.attach("app:v1", "sbom");
    for flags in [&["--all", "--format=v2s2"][..], &["--all", "--compress=zstd"]] {
        let run = stevedore(&[&["copy", "--referrers"], flags, &[&from, &to]].concat()).code(1);
        let wanted = format!("converting it changes the digest {}, and 1 referrer cannot follow", room.app.digest);
        assert!(run.stderr.contains(&wanted), "{}", run.stderr);
    }
    stevedore(&["copy", "--all", "--referrers", "--format=oci", &from, &room.docker("same:v1")]).ok();
    assert_eq!(room.tree("same:v1"), room.tree("app:v1"));
    let run = stevedore(&["copy", "--referrers", "--platform=linux/arm64", &from, &to]).ok();
    assert!(run.stderr.contains("left out 1 referrer of the whole index"), "{}", run.stderr);
}

#[test]
fn a_directory_without_names_keeps_what_needs_none() {
    let Some(room) = Room::new() else { return };
    room.attach("app:v1", "sbom");
    let dir = format!("dir:{}", room.path("dir"));
    copy(&room.docker("app:v1"), &dir).ok();
    copy(&dir, &room.docker("back:v1")).ok();
    assert_eq!(room.tree("back:v1"), room.tree("app:v1"));
    let sig = room.app.digest.replace(':', "-") + ".sig";
    stevedore(&["copy", "--all", &room.docker("app:v1"), &room.docker(&format!("app:{sig}"))]).ok();
    let run = copy(&room.docker("app:v1"), &format!("dir:{}", room.path("other"))).code(1);
    assert!(
        run.stderr.contains(&format!("holds one image without a name, so {sig}, which belongs to")),
        "{}",
        run.stderr
    );
    assert!(!room.dir.path().join("other").exists());
}

#[test]
fn cosign_verifies_what_arrives() {
    let Some(room) = Room::new() else { return };
    let Some(cosign) = oracle("cosign") else { return };
    let cosign = |arguments: &[&str]| {
        let mut command: Command = cosign.command(arguments);
        command.env("COSIGN_PASSWORD", "");
        run(command, &[]).ok()
    };
    cosign(&["generate-key-pair"]);
    let sign = |bundle: &str, repository: &str| {
        let name = room.name(&format!("{repository}@{}", room.app.digest));
        let quiet = ["--use-signing-config=false", "--tlog-upload=false", "-y", "--key=cosign.key"];
        cosign(&[&["sign", bundle], &quiet[..], &[&name]].concat());
    };
    let Some(other) = Registry::start() else { return };
    for (repository, formats) in [
        ("classic", &["--new-bundle-format=false"][..]),
        ("bundle", &["--new-bundle-format=true"]),
        ("both", &["--new-bundle-format=false", "--new-bundle-format=true"]),
    ] {
        stevedore(&["copy", "--all", &room.docker("app:v1"), &room.docker(&format!("{repository}:v1"))]).ok();
        for format in formats {
            sign(format, repository);
        }
        let archive = |kind: &str| format!("{kind}:{}", room.path(&format!("{repository}-{kind}")));
        let there = format!("{}/{repository}:v1", other.host());
        let places = [
            room.docker(&format!("{repository}:v1")),
            archive("oci-archive") + ":v1",
            // A layout whose image has no name: what belongs to the image is not taken for another.
            archive("oci"),
            archive("docker-archive") + ":example.com/app:1",
            archive("static") + ":lib/app:v1",
            format!("docker://{there}"),
        ];
        for step in places.windows(2) {
            copy(&step[0], &step[1]).ok();
        }
        cosign(&["verify", "--key=cosign.pub", "--insecure-ignore-tlog", &there]);
    }
}

/// Writes ten referrers of one manifest from ten processes at once, several times over.
#[test]
fn parallel_writers_lose_nothing() {
    let Some(room) = Room::new() else { return };
    let sources: Vec<String> = (0..10)
        .map(|number| {
            let digest = room.attach("app:v1", &format!("artifact-{number}"));
            format!("{}@{digest}", room.docker("app"))
        })
        .collect();
    let wanted = room.tree("app:v1");
    assert_eq!(wanted["referrers"].as_array().map(Vec::len), Some(10));
    for round in 0..4 {
        let to = format!("round-{round}");
        seed::push(&room.app.dir, "v1", &room.registry.client(), &to);
        thread::scope(|scope| {
            for (number, source) in sources.iter().enumerate() {
                let target = room.docker(&format!("{to}:artifact-{number}"));
                scope.spawn(move || stevedore(&["copy", source, &target]).ok());
            }
        });
        assert_eq!(room.tree(&format!("{to}:v1")), wanted, "round {round}");
    }
}

#[test]
fn another_image_under_the_tag_stays() {
    let Some(room) = Room::new() else { return };
    room.attach("app:v1", "sbom");
    let tag = room.app.digest.replace(':', "-");
    // As cosign copy leaves it.
    stevedore(&["copy", "--all", &room.docker("app:v1"), &room.docker(&format!("to:{tag}"))]).ok();
    let run = copy(&room.docker("app:v1"), &room.docker("to:v1")).code(1);
    assert!(run.stderr.contains(&format!("tag {tag} in {}", room.docker("to"))), "{}", run.stderr);
    assert!(run.stderr.contains("it names something else, which is left as it is"), "{}", run.stderr);
    let digest = |name: &str| stevedore(&["digest", &room.docker(name)]);
    assert_eq!(digest(&format!("to:{tag}")).ok().text(), room.app.digest);
    digest("to:v1").code(3);
    // To a reader there are no referrers then.
    let done = copy(&room.docker(&format!("to:{tag}")), &room.docker("new:v1")).ok();
    assert!(done.stderr.contains("copied 2 platforms, "), "{}", done.stderr);
    digest(&format!("new:{tag}")).code(3);
}

#[test]
fn a_deleted_referrer_leaves_the_list() {
    let Some(room) = Room::new() else { return };
    let digests = ["one", "two"].map(|content| room.attach("app:v1", content));
    let tag = room.app.digest.replace(':', "-");
    stevedore(&["delete", "-y", &room.docker(&format!("app@{}", digests[0]))]).ok();
    let left = room.tree("app:v1");
    assert_eq!(left["referrers"].as_array().map(Vec::len), Some(1));
    assert_eq!(left["referrers"][0]["digest"], digests[1]);
    stevedore(&["delete", "-y", &room.docker(&format!("app@{}", digests[1]))]).ok();
    stevedore(&["digest", &room.docker(&format!("app:{tag}"))]).code(3);
    stevedore(&["digest", &room.docker("app:v1")]).ok();
}

/// An artifact that refers to `subject`, and its blobs: a manifest with nothing but the empty config.
fn artifact(subject: &str, size: usize, number: usize) -> (Value, Vec<u8>) {
    let empty = json!({"mediaType": OCI_EMPTY, "digest": sha256(b"{}"), "size": 2});
    let manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "application/vnd.example.thing",
        "config": empty, "layers": [empty],
        "subject": {"mediaType": OCI_MANIFEST, "digest": subject, "size": size},
        "annotations": {"number": number.to_string()},
    })
    .to_string()
    .into_bytes();
    let descriptor = json!({"mediaType": OCI_MANIFEST, "digest": sha256(&manifest), "size": manifest.len()});
    (descriptor, manifest)
}

/// A registry of one image whose referrers are listed two a page, or as `referrers` says.
fn listing(referrers: impl Fn(&Asked, &[Value]) -> Reply + Send + Sync + 'static) -> Fake {
    let config = b"{}".to_vec();
    let image = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": {"mediaType": OCI_EMPTY, "digest": sha256(b"{}"), "size": 2}, "layers": [],
    })
    .to_string()
    .into_bytes();
    let digest = sha256(&image);
    let artifacts: Vec<(Value, Vec<u8>)> = (0..5).map(|number| artifact(&digest, image.len(), number)).collect();
    let entries: Vec<Value> = artifacts.iter().map(|(descriptor, _)| descriptor.clone()).collect();
    let found = move |reference: &str| {
        let artifact = artifacts.iter().map(|(_, manifest)| manifest).find(|manifest| sha256(manifest) == reference);
        if reference == "v1" || reference == digest { Some(&image) } else { artifact }.cloned()
    };
    Fake::start(move |asked| {
        let path = asked.path().to_owned();
        if path.contains("/referrers/") {
            let is_subject = path.ends_with(&sha256(&found("v1").expect("the image")));
            return referrers(asked, if is_subject { &entries } else { &[] });
        }
        if let Some((_, reference)) = path.split_once("/manifests/") {
            let Some(manifest) = found(reference) else {
                return Reply::new(404);
            };
            let digest = sha256(&manifest);
            return Reply::new(200)
                .header("Content-Type", OCI_MANIFEST)
                .header("Docker-Content-Digest", &digest)
                .body(manifest);
        }
        if path.contains("/blobs/") { Reply::new(200).body(config.clone()) } else { Reply::new(200) }
    })
}

fn page(entries: &[Value]) -> Reply {
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries});
    Reply::new(200).header("Content-Type", INDEX).body(index.to_string().into_bytes())
}

fn copy_to_layout(fake: &Fake, dir: &Path) -> Run {
    let (from, to) = (format!("docker://{}/app:v1", fake.host()), format!("oci:{}:v1", dir.display()));
    Program::stevedore(&["copy", "--all", "--referrers", "--jobs=1", "--retry-times=0", &from, &to]).run()
}

/// One transfer at a time, for a fake serves few connections at once.
fn copy_to_fake(from: &str, fake: &Fake, tag: &str) {
    let to = format!("docker://{}/app:{tag}", fake.host());
    stevedore(&["copy", "--all", "--referrers", "--jobs=1", from, &to]).ok();
}

#[test]
fn every_page_is_read() {
    let fake = listing(|asked, entries| {
        let at: usize = asked.parameter("page").map_or(0, |page| page.parse().expect("a number"));
        let end = entries.len().min(at + 2);
        let reply = page(&entries[at..end]);
        if end == entries.len() {
            return reply;
        }
        reply.header("Link", &format!("<{}?page={end}>; rel=\"next\"", asked.path()))
    });
    let dir = TempDir::new().expect("a temporary directory");
    let done = copy_to_layout(&fake, dir.path()).ok();
    assert!(done.stderr.contains("copied 1 image and 5 referrers, "), "{}", done.stderr);
}

#[test]
fn an_outage_is_not_taken_for_no_referrers() {
    for status in [500, 429, 403, 401] {
        let fake = listing(move |_, _| Reply::new(status));
        let dir = TempDir::new().expect("a temporary directory");
        let run = copy_to_layout(&fake, dir.path());
        assert!([4, 5].contains(&run.code), "{status}: {} {}", run.code, run.stderr);
        assert!(run.stderr.contains(&status.to_string()), "{}", run.stderr);
        assert!(!dir.path().join("index.json").exists());
    }
    let html = listing(|_, _| Reply::new(200).header("Content-Type", "text/html").body(b"<html>".to_vec()));
    let dir = TempDir::new().expect("a temporary directory");
    let run = copy_to_layout(&html, dir.path()).code(5);
    assert!(run.stderr.contains("it is no index"), "{}", run.stderr);
    // Without an API there is the tag, and none here.
    let without = listing(|_, _| Reply::new(404).body(b"404 page not found".to_vec()));
    let done = copy_to_layout(&without, dir.path()).ok();
    assert!(done.stderr.contains("copied 1 image, "), "{}", done.stderr);
    let asked = without.log();
    assert_eq!(asked.iter().filter(|asked| asked.path().contains("/referrers/")).count(), 1);
}

#[test]
fn a_registry_with_a_list_of_its_own_gets_no_tag() {
    let Some(room) = Room::new() else { return };
    room.attach("app:v1", "sbom");
    for says_so in [true, false] {
        let fake = Fake::start(move |asked| match asked.method.as_str() {
            "PUT"
                if asked.path().contains("/manifests/")
                    && says_so
                    && String::from_utf8_lossy(&asked.body).contains("\"subject\"") =>
            {
                Reply::new(201).header("OCI-Subject", "sha256:0")
            }
            "PUT" => Reply::new(201),
            "POST" => Reply::new(202).header("Location", "/v2/app/blobs/uploads/1"),
            "GET" if asked.path().contains("/referrers/") => page(&[]),
            _ => Reply::new(404),
        });
        copy_to_fake(&room.docker("app:v1"), &fake, "v1");
        let tag = room.app.digest.replace(':', "-");
        let is_tag = |asked: &Asked| asked.path().ends_with(&format!("/manifests/{tag}"));
        assert!(!fake.log().iter().any(is_tag));
    }
}

/// A registry that looks at conditions refuses what is based on an outdated list.
#[test]
fn conditions_are_sent() {
    let Some(room) = Room::new() else { return };
    let sbom = room.attach("app:v1", "sbom");
    let (refused, list) = (std::sync::atomic::AtomicBool::new(false), std::sync::Mutex::new(None::<Vec<u8>>));
    let tag = room.app.digest.replace(':', "-");
    let ours = tag.clone();
    let fake = Fake::start(move |asked| {
        let is_list = asked.path().ends_with(&format!("/manifests/{tag}"));
        let mut list = list.lock().expect("no panic");
        match (asked.method.as_str(), &*list) {
            ("PUT", _) if is_list && !refused.swap(true, std::sync::atomic::Ordering::SeqCst) => {
                // Someone else was there in between.
                *list =
                    Some(json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "x": 1}).to_string().into());
                Reply::new(412)
            }
            ("PUT", _) if is_list => {
                *list = Some(asked.body.clone());
                Reply::new(201)
            }
            ("GET", Some(list)) if is_list => {
                Reply::new(200).header("Content-Type", INDEX).header("ETag", "\"now\"").body(list.clone())
            }
            ("PUT", _) => Reply::new(201),
            ("POST", _) => Reply::new(202).header("Location", "/v2/app/blobs/uploads/1"),
            _ => Reply::new(404),
        }
    });
    copy_to_fake(&format!("{}@{sbom}", room.docker("app")), &fake, "x");
    let log = fake.log();
    let writes: Vec<&Asked> =
        log.iter().filter(|asked| asked.method == "PUT" && asked.path().ends_with(&ours)).collect();
    let condition = |asked: &Asked, name: &str| asked.headers.get(name).map(str::to_owned);
    assert_eq!(condition(writes[0], "if-none-match").as_deref(), Some("*"));
    assert_eq!(condition(writes[1], "if-match").as_deref(), Some("\"now\""));
    let last: Value = serde_json::from_slice(&writes[1].body).expect("JSON");
    assert_eq!((last["x"].as_i64(), last["manifests"][0]["digest"].as_str()), (Some(1), Some(sbom.as_str())));
    assert_eq!(writes.len(), 2);
}
