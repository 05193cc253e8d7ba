//! What `docs/OPERATING.md` promises to whoever runs a registry.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;

use crate::support::command::stevedore;
use crate::support::fixture::{self, Fixture};
use crate::support::layout::sha256;
use crate::support::seed;
use crate::support::served::Served;

const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const V2: &str = "docker/registry/v2";

struct Room(TempDir);

impl Room {
    fn new() -> Room {
        Room(TempDir::new().expect("a temporary directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn serve(&self, store: &str, flags: &[&str]) -> Served {
        Served::start(&[&["--store", &self.text(store), "--anonymous-push"], flags].concat())
    }

    fn push(&self, served: &Served, name: &str) -> Fixture {
        let image = fixture::app(&self.path(&format!("image-{name}")));
        seed::push(&image.dir, "v1", &served.client(), name);
        image
    }

    /// Copies a part of a store, as rsync does.
    fn copy(&self, from: &str, to: &str, part: &str) {
        let (from, to) = (self.path(from).join(V2).join(part), self.path(to).join(V2));
        fs::create_dir_all(&to).expect("made");
        assert!(Command::new("cp").arg("-a").args([from, to]).status().expect("running cp").success());
    }
}

/// Asserts that an image can be pulled whole.
#[track_caller]
fn pulled(room: &Room, served: &Served, name: &str, image: &Fixture) {
    let to = room.text(&format!("pulled-{}", fs::read_dir(room.0.path()).expect("lists").count()));
    let run = stevedore(&["copy", "--all", &format!("docker://{}/{name}:v1", served.host()), &format!("oci:{to}:v1")]);
    run.ok();
    assert_eq!(stevedore(&["digest", &format!("oci:{to}:v1")]).ok().text(), image.digest);
}

/// The newest file of a directory decides nothing: what was there when the backup began is in it.
#[test]
fn a_backup_of_a_running_server_is_restored() {
    let room = Room::new();
    let served = room.serve("store", &["--gc-interval", "never"]);
    let image = room.push(&served, "app");
    room.copy("store", "backup", "repositories");
    // Pushed in the middle: its content may be in the copy, its links are not.
    room.push(&served, "later");
    room.copy("store", "backup", "blobs");
    drop(served);
    stevedore(&["gc", "--store", &room.text("backup"), "--verify", "--dry-run"]).ok();
    // Content first: as long as the links are missing, nothing is taken for garbage.
    room.copy("backup", "restored", "blobs");
    fs::create_dir_all(room.path("restored").join(V2).join("repositories")).expect("made");
    let gc = |flags: &[&str]| stevedore(&[&["gc", "--store", &room.text("restored"), "--grace", "1s"], flags].concat());
    std::thread::sleep(Duration::from_millis(1100));
    let run = gc(&[]).code(1);
    assert!(run.stderr.contains("has no repository, though there are blobs"), "{}", run.stderr);
    room.copy("backup", "restored", "repositories");
    gc(&["--dry-run"]).ok();
    let served = room.serve("restored", &[]);
    pulled(&room, &served, "app", &image);
    served.client().get("/v2/later/tags/list").expect(404);
    room.push(&served, "new");
}

#[test]
fn a_moved_store_is_the_same() {
    let room = Room::new();
    let served = room.serve("store", &[]);
    let image = room.push(&served, "app");
    served.signal(Signal::TERM);
    served.wait();
    fs::create_dir(room.path("elsewhere")).expect("made");
    fs::rename(room.path("store"), room.path("elsewhere/registry")).expect("moved");
    let served = room.serve("elsewhere/registry", &[]);
    pulled(&room, &served, "app", &image);
}

#[test]
fn a_newer_form_is_refused_and_left_alone() {
    let room = Room::new();
    let served = room.serve("store", &[]);
    room.push(&served, "app");
    drop(served);
    let mark = room.path("store/.stevedore-version");
    assert_eq!(fs::read_to_string(&mark).expect("a mark"), "1\n");
    fs::write(&mark, "2\n").expect("written");
    let store = room.text("store");
    for arguments in [
        &["serve", "--addr", "127.0.0.1:0", "--store", &store][..],
        &["serve", "--addr", "127.0.0.1:0", "--store", &store, "--read-only"],
        &["gc", "--store", &store],
        &["gc", "--store", &store, "--dry-run"],
    ] {
        let run = stevedore(arguments).code(1);
        assert!(run.stderr.contains("says that the storage has form 2"), "{}", run.stderr);
    }
    fs::remove_file(&mark).expect("removed");
    room.serve("store", &[]);
    assert_eq!(fs::read_to_string(&mark).expect("a mark"), "1\n");
}

#[test]
fn damage_is_found_by_the_command_and_by_the_server() {
    let room = Room::new();
    let served = room.serve("store", &["--scrub-interval", "never"]);
    let image = room.push(&served, "app");
    drop(served);
    let store = room.text("store");
    let blob = image.parts[0].config.clone();
    let hex = blob.trim_start_matches("sha256:");
    let data = room.path("store").join(V2).join(format!("blobs/sha256/{}/{hex}/data", &hex[..2]));
    let good = fs::read(&data).expect("reads");
    let damage = || fs::write(&data, [b"x", &good[1..]].concat()).expect("written");
    let gc = |flags: &[&str]| stevedore(&[&["--json", "gc", "--store", &store, "--verify"], flags].concat());
    assert_eq!(gc(&[]).ok().json()["damaged"], json!([]));
    damage();
    for flags in [&["--dry-run"][..], &[]] {
        let run = gc(flags).code(6);
        assert_eq!(run.json()["damaged"], json!([{"digest": blob, "size": good.len()}]), "{flags:?}");
        assert!(run.stderr.contains("1 blob damaged"), "{}", run.stderr);
    }
    let served = room.serve("store", &["--scrub-interval", "1s"]);
    served.client().head(&format!("/v2/app/blobs/{blob}")).expect(404);
    seed::push(&image.dir, "v1", &served.client(), "app");
    pulled(&room, &served, "app", &image);
    damage();
    let deadline = Instant::now() + Duration::from_secs(30);
    while !served.client().get("/metrics").expect(200).text().contains("\nstevedore_scrub_damaged_blobs 1\n") {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(50));
    }
    served.signal(Signal::TERM);
    let (_, log) = served.wait();
    assert!(log.contains(&format!("the scrub found {blob} damaged and set it aside: push it again")), "{log}");
}

#[test]
fn sizes_are_bounded() {
    let room = Room::new();
    let served = room.serve("store", &["--max-blob-size", "1kB", "--max-manifest-size", "1KiB"]);
    let push = |size: usize| {
        let content = vec![b'x'; size];
        served.client().post(&format!("/v2/a/blobs/uploads/?digest={}", sha256(&content)), &content).status
    };
    assert_eq!((push(1000), push(1001)), (201, 413));
    let raw =
        json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [], "annotations": {"x": "y".repeat(1000)}});
    served.client().put("/v2/a/manifests/v1", OCI_INDEX, raw.to_string().as_bytes()).expect(413);
    for size in ["x", "1 GB", "-1", "65MiB", "1gb", ""] {
        let flag = format!("--max-manifest-size={size}");
        stevedore(&["serve", "--store", &room.text("store"), "--addr", "127.0.0.1:0", &flag]).code(2);
    }
}

/// An alert over a metric that nothing tells would never come.
#[test]
fn alerts_are_about_metrics_that_there_are() {
    let room = Room::new();
    let flags = ["--gc-interval", "1s", "--scrub-interval", "1s"];
    let served = room.serve("store", &flags);
    room.push(&served, "app");
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OPERATING.md")).expect("the page");
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names: Vec<&str> = page.split(|c| !is_name(c)).filter(|word| word.starts_with("stevedore_")).collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() > 7, "{names:?}");
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let text = served.client().get("/metrics").expect(200).text().to_owned();
        let missing: Vec<_> = names
            .iter()
            .filter(|name| !text.lines().any(|line| line.starts_with(&format!("# TYPE {name} "))))
            .collect();
        if missing.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "{missing:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
