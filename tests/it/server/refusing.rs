//! What the collector does not understand, cannot reach or finds damaged stops it: nothing is freed, and the path is named.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use stevedore::server::{Collection, Storage};

use super::collect::at_once;
use super::site::{self, Site, sha256};

/// Every way to collect.
fn ways() -> [Collection; 4] {
    let untagged = Collection { delete_untagged: true, ..at_once() };
    [at_once(), Collection { dry_run: true, ..at_once() }, untagged.clone(), Collection { dry_run: true, ..untagged }]
}

/// A registry with an index of two images, another image, and garbage.
struct Store {
    site: Site,
    index: Vec<u8>,
    child: Vec<u8>,
    image: Vec<u8>,
}

impl Store {
    fn new() -> Self {
        let site = Site::new();
        let image = site.image("team/app", "v1", "one");
        let child = site.image_with("team/app", "child", &json!({}));
        site.manifest("team/app", &sha256(&child), &child);
        let entries = [site::descriptor(site::IMAGE, &image), site::descriptor(site::IMAGE, &child)];
        let index = json!({"schemaVersion": 2, "mediaType": site::INDEX, "manifests": entries}).to_string();
        site.manifest("team/app", "all", index.as_bytes());
        site.image("other", "v1", "other");
        site.blob("other", b"garbage");
        Self { site, index: index.into_bytes(), child, image }
    }

    fn data(&self, raw: &[u8]) -> PathBuf {
        self.site.v2(&data(raw))
    }

    /// Says that each way to collect frees nothing, and why, naming `path`.
    fn refuses(&self, path: &Path, ways: &[Collection]) {
        let before = self.site.files();
        for options in ways {
            let storage = Storage::open_existing(self.site.path("")).expect("opens");
            let error = storage.collect(options).expect_err(&path.display().to_string()).to_string();
            assert!(error.contains(&path.display().to_string()), "{error}: {}", path.display());
            assert_eq!(self.site.files(), before, "{error}");
        }
    }
}

fn data(raw: &[u8]) -> String {
    let digest = sha256(raw);
    let hex = digest.trim_start_matches("sha256:");
    format!("blobs/sha256/{}/{hex}/data", &hex[..2])
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').expect("a parent").0
}

#[test]
fn links_and_wrong_types_stop_it_at_every_level() {
    let sample = Store::new();
    let revisions = "repositories/team/app/_manifests/revisions";
    let revision = format!("{revisions}/{}/link", sha256(&sample.image).replace(':', "/"));
    let manifest = data(&sample.image);
    let untagged = &ways()[2..];
    let tag = "repositories/team/app/_manifests/tags/v1/current/link";
    let levels: Vec<(&str, Vec<Collection>)> = [
        "repositories/team",
        "repositories/team/app",
        "repositories/team/app/_manifests",
        revisions,
        parent(parent(&revision)),
        parent(&revision),
        &revision,
        "blobs",
        "blobs/sha256",
        parent(parent(&manifest)),
        parent(&manifest),
        &manifest,
    ]
    .into_iter()
    .map(|path| (path, ways().to_vec()))
    .chain([tag, parent(tag), parent(parent(tag)), parent(parent(parent(tag)))].map(|path| (path, untagged.to_vec())))
    .collect();
    for (level, ways) in levels {
        for wrong_type in [false, true] {
            let store = Store::new();
            let (path, away) = (store.site.v2(level), tempfile::tempdir().expect("a folder"));
            let moved = away.path().join("moved");
            let is_folder = path.is_dir();
            fs::rename(&path, &moved).expect("moved");
            match (wrong_type, is_folder) {
                (false, _) => symlink(&moved, &path).expect("linked"),
                (true, true) => fs::write(&path, "a file").expect("written"),
                (true, false) => fs::create_dir(&path).expect("made"),
            }
            store.refuses(&path, &ways);
            fs::remove_file(&path).or_else(|_| fs::remove_dir(&path)).expect("removed");
            fs::rename(&moved, &path).expect("moved back");
            let report =
                store.site.again().registry.storage().collect(&at_once()).expect("an intact store is collected");
            assert_eq!(report.blobs, 1, "{level}");
        }
    }
}

#[test]
fn damaged_manifests_stop_it() {
    let half = |raw: &[u8]| raw[..raw.len() / 2].to_vec();
    let zeros = |raw: &[u8]| vec![0; raw.len()];
    let flipped = |raw: &[u8]| {
        let at = raw.windows(7).position(|part| part == b"sha256:").expect("a digest") + 10;
        let mut raw = raw.to_vec();
        raw[at] = if raw[at] == b'0' { b'1' } else { b'0' };
        raw
    };
    let damaged = |raw: &[u8]| [Vec::new(), half(raw), zeros(raw), b"{}".to_vec(), flipped(raw)];
    let store = Store::new();
    for raw in [&store.index, &store.child, &store.image] {
        let path = store.data(raw);
        for bytes in damaged(raw) {
            fs::write(&path, bytes).expect("written");
            store.refuses(&path, &ways());
        }
        fs::remove_file(&path).expect("removed");
        store.refuses(&path, &ways());
        fs::write(&path, raw).expect("written");
    }
    assert_eq!(store.site.registry.storage().collect(&at_once()).expect("collects").blobs, 1);
}

#[test]
fn a_link_that_holds_no_digest_stops_it() {
    let store = Store::new();
    let hex = sha256(&store.image).replace(':', "/");
    let revision = store.site.v2(&format!("repositories/team/app/_manifests/revisions/{hex}/link"));
    let tag = store.site.v2("repositories/team/app/_manifests/tags/v1/current/link");
    for (path, ways) in [(revision, ways().to_vec()), (tag, ways()[2..].to_vec())] {
        let intact = fs::read(&path).expect("reads");
        for torn in [Vec::new(), intact[..20].to_vec(), vec![0; intact.len()]] {
            fs::write(&path, torn).expect("written");
            store.refuses(&path, &ways);
        }
        fs::write(&path, intact).expect("written");
    }
    // What a killed push or deletion leaves is no damage.
    fs::create_dir_all(store.site.v2("repositories/team/app/_manifests/tags/torn/current")).expect("made");
    fs::create_dir_all(store.site.v2(&format!("repositories/team/app/_manifests/revisions/sha256/{}", "0".repeat(64))))
        .expect("made");
    let untagged = Collection { delete_untagged: true, ..at_once() };
    assert_eq!(store.site.registry.storage().collect(&untagged).expect("collects").blobs, 1);
}

#[test]
fn a_store_without_repositories_is_not_taken_for_garbage() {
    let store = Store::new();
    let repositories = store.site.v2("repositories");
    fs::remove_dir_all(&repositories).expect("removed");
    store.refuses(&repositories, &ways());
    fs::create_dir(&repositories).expect("made");
    store.refuses(&repositories, &ways());
    fs::create_dir_all(repositories.join("lost+found")).expect("made");
    fs::create_dir_all(repositories.join("empty/folder")).expect("made");
    store.refuses(&repositories, &ways());
    let storage = store.site.registry.storage();
    let all = Collection { allow_empty: true, ..at_once() };
    assert!(storage.collect(&all).expect("collects").blobs > 5);
    assert_eq!(storage.collect(&at_once()).expect("there is nothing").blobs, 0);
}

#[test]
fn expired_uploads_go_from_a_damaged_store_too() {
    let store = Store::new();
    store.site.send("POST", "/v2/other/blobs/uploads/", &[], b"").expect(202);
    fs::write(store.data(&store.image), "").expect("written");
    std::thread::sleep(Duration::from_millis(20));
    store.site.registry.storage().collect(&at_once()).expect_err("refused");
    assert!(!store.site.v2("repositories/other/_uploads").exists());
}

#[test]
fn folders_of_repositories_may_be_links_below_allowed_ones() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    for (level, inside) in [
        ("repositories/team", false),
        ("repositories/team/app", false),
        ("repositories", false),
        ("repositories/team", true),
        ("repositories/team/app", true),
    ] {
        let store = Store::new();
        let path = store.site.v2(level);
        let target =
            if inside { store.site.path("moved") } else { elsewhere.path().join(level.replace('/', "-") + "1") };
        fs::rename(&path, &target).expect("moved");
        symlink(&target, &path).expect("linked");
        if !inside {
            store.refuses(&path, &ways());
        }
        let mut storage = Storage::open_existing(store.site.path("")).expect("opens");
        storage.follow_links(elsewhere.path()).expect("allowed");
        assert_eq!(storage.obstacles().expect("looks").len(), 0);
        let site = store.site.over(storage);
        assert_eq!(site.get("/v2/team/app/manifests/v1").expect(200).body, store.image, "{level}");
        assert_eq!(site.get("/v2/_catalog").json()["repositories"], json!(["other", "team/app"]));
        site.image("team/app", "v2", "pushed through the link");
        let report = site.registry.storage().collect(&at_once()).expect("collects");
        assert_eq!(report.blobs, 1, "{level}");
        assert_eq!(site.get("/v2/team/app/tags/list").json()["tags"], json!(["all", "v1", "v2"]));
        site.get(&format!("/v2/team/app/manifests/{}", sha256(&store.child))).expect(200);
    }
}

/// What is pushed is renamed, which no file system does into another. The rest works.
#[test]
fn a_repository_on_another_file_system_is_read_and_not_pushed_to() {
    use std::os::unix::fs::MetadataExt;
    let store = Store::new();
    let device = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev()).ok();
    let shared_memory = Path::new("/dev/shm");
    let elsewhere = tempfile::tempdir_in(shared_memory).ok();
    let Some(elsewhere) = elsewhere.filter(|_| device(shared_memory) != device(&store.site.path(""))) else {
        crate::support::skips::note("/dev/shm is no file system of its own");
        return;
    };
    let path = store.site.v2("repositories/team");
    copy_folder(&path, &elsewhere.path().join("team"));
    fs::remove_dir_all(&path).expect("removed");
    symlink(elsewhere.path().join("team"), &path).expect("linked");
    let mut storage = Storage::open_existing(store.site.path("")).expect("opens");
    storage.follow_links(elsewhere.path()).expect("allowed");
    let site = store.site.over(storage);
    assert_eq!(site.get("/v2/team/app/manifests/v1").expect(200).body, store.image);
    let before = site.files();
    site.send("POST", "/v2/team/app/blobs/uploads/", &[], b"").expect(503);
    site.send("POST", &format!("/v2/team/app/blobs/uploads/?digest={}", sha256(b"new")), &[], b"new").expect(503);
    let media_type = ("Content-Type", "application/vnd.oci.image.manifest.v1+json");
    site.send("PUT", "/v2/team/app/manifests/v2", &[media_type], &store.image).expect(503);
    assert_eq!(site.get("/v2/team/app/tags/list").json()["tags"], json!(["all", "v1"]));
    assert_eq!(site.files(), before);
    site.image("other", "v2", "to where it can be pushed");
    site.send("DELETE", "/v2/team/app/manifests/v1", &[], b"").expect(202);
    site.get("/v2/team/app/manifests/v1").expect(404);
    site.registry.storage().collect(&at_once()).expect("collects");
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

#[test]
fn links_in_a_circle_end() {
    let store = Store::new();
    symlink(store.site.v2("repositories/team"), store.site.v2("repositories/team/again")).expect("linked");
    store.refuses(&store.site.v2("repositories/team/again"), &ways());
    assert_eq!(store.site.registry.storage().obstacles().expect("looks").len(), 1);
    let pair = Store::new();
    symlink(pair.site.v2("repositories/other"), pair.site.v2("repositories/team/x")).expect("linked");
    symlink(pair.site.v2("repositories/team"), pair.site.v2("repositories/other/y")).expect("linked");
    let before = pair.site.files();
    pair.site.registry.storage().collect(&at_once()).expect_err("refused");
    assert_eq!(pair.site.files(), before);
    assert_eq!(pair.site.get("/v2/team/app/manifests/v1").expect(200).body, pair.image);
}
