//! The collector: what goes, what stays, and what happens beside it. `STEVEDORE_COLLECT_SECONDS` makes the last longer than a moment.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use stevedore::digest::Algorithm;
use stevedore::server::Collection;

use crate::support::finally::Finally;

use super::site::{Site, sha256};

/// Waits for nothing.
pub(super) fn at_once() -> Collection {
    Collection { grace: Duration::ZERO, upload_age: Duration::ZERO, ..Collection::default() }
}

#[test]
fn what_no_manifest_needs_goes() {
    let site = Site::new();
    let kept = site.image("a", "v1", "kept");
    let gone = site.image("a/b", "v1", "gone");
    site.blob("a", b"never used");
    site.send("DELETE", &format!("/v2/a/b/manifests/{}", sha256(&gone)), &[], b"").expect(202);
    let storage = site.registry.storage();
    // What is young stays.
    assert_eq!(storage.collect(&Collection::default()).expect("collects").blobs, 0);
    let dry = storage.collect(&Collection { dry_run: true, ..at_once() }).expect("collects");
    let report = storage.collect(&at_once()).expect("collects");
    assert_eq!(dry, report);
    assert_eq!((report.blobs, report.kept), (4, 3));
    let size = gone.len() + r#"{"seed":"gone"}"#.len() + "layer gone".len() + "never used".len();
    assert_eq!(report.bytes, size as u64);
    assert_eq!(site.files().iter().filter(|path| path.ends_with("data")).count(), 3);
    assert_eq!(site.get("/v2/a/manifests/v1").expect(200).body, kept);
    assert_eq!(site.get(&format!("/v2/a/blobs/{}", sha256(b"layer kept"))).expect(200).body, b"layer kept");
    assert_eq!(storage.collect(&at_once()).expect("collects").blobs, 0);
}

/// A repository with nothing left in it is unknown again; those below it, and what a push may be about to use, stay.
#[test]
fn a_repository_goes_with_the_last_that_it_has() {
    let site = Site::new();
    site.image("kept", "v1", "kept");
    let gone = site.image("a", "v1", "gone");
    site.image("a/b", "v1", "below");
    site.blob("young", b"a push begins with its blobs");
    site.send("POST", "/v2/upload/blobs/uploads/", &[], b"").expect(202);
    site.send("DELETE", &format!("/v2/a/manifests/{}", sha256(&gone)), &[], b"").expect(202);
    let storage = site.registry.storage();
    let keeping = Collection { upload_age: Duration::from_secs(60), ..at_once() };
    storage.collect(&Collection::default()).expect("collects");
    site.get("/v2/a/tags/list").expect(200);
    assert!(site.v2("repositories/young/_layers").exists());
    storage.collect(&Collection { dry_run: true, ..keeping.clone() }).expect("collects");
    site.get("/v2/a/tags/list").expect(200);
    storage.collect(&keeping).expect("collects");
    assert_eq!(site.get("/v2/a/tags/list").expect(404).code(), "NAME_UNKNOWN");
    assert!(!site.v2("repositories/a/_layers").exists());
    site.get("/v2/a/b/manifests/v1").expect(200);
    site.get("/v2/kept/manifests/v1").expect(200);
    assert!(site.v2("repositories/upload/_uploads").exists());
    // It can come back.
    site.image("a", "v1", "gone");
    site.get("/v2/a/manifests/v1").expect(200);
    // The last of all is not taken for a volume that is not mounted.
    for name in ["kept", "a", "a/b"] {
        let digest = site
            .get(&format!("/v2/{name}/manifests/v1"))
            .expect(200)
            .header("Docker-Content-Digest")
            .map(str::to_owned);
        site.send("DELETE", &format!("/v2/{name}/manifests/{}", digest.expect("a digest")), &[], b"").expect(202);
    }
    for _ in 0..2 {
        storage.collect(&at_once()).expect("collects");
    }
    site.get("/v2/a/tags/list").expect(404);
}

/// Another process may hold the lock for long: who deletes and who reads needs none of it.
#[test]
fn deletions_and_reads_do_not_wait_for_the_collector() {
    let site = Site::new();
    let raw = site.image("a", "v1", "x");
    for tag in ["v2", "v3"] {
        site.manifest("a", tag, &raw);
    }
    std::fs::remove_dir_all(site.v2("repositories/a/_referrers")).unwrap_or(());
    let lock = std::fs::File::open(site.v2("")).expect("opens");
    lock.lock().expect("locks");
    let digest = sha256(&raw);
    site.get(&format!("/v2/a/referrers/{digest}")).expect(200);
    assert!(!site.v2("repositories/a/_referrers").exists(), "a reader writes nothing");
    site.send("DELETE", "/v2/a/manifests/v3", &[], b"").expect(202);
    site.send("DELETE", &format!("/v2/a/manifests/{digest}"), &[], b"").expect(202);
    drop(lock);
    site.get("/v2/a/manifests/v1").expect(404);
    assert!(!site.v2("repositories/a/_manifests/tags/v2").exists());
}

#[test]
fn a_manifest_whose_blob_was_collected_is_refused() {
    let site = Site::new();
    let raw = site.image_with("a", "x", &serde_json::json!({}));
    site.registry.storage().collect(&at_once()).expect("collects");
    let answer = site.send("PUT", "/v2/a/manifests/v1", &[], &raw).expect(404);
    assert_eq!(answer.code(), "MANIFEST_BLOB_UNKNOWN");
    site.image("a", "v1", "x");
    site.registry.storage().collect(&at_once()).expect("collects");
    assert_eq!(site.get(&format!("/v2/a/blobs/{}", sha256(b"layer x"))).expect(200).body, b"layer x");
}

/// Distribution stores a blob that was pushed by its SHA-512 under its SHA-256, and links the one to the other.
#[test]
fn a_blob_that_a_manifest_names_by_its_second_digest_stays() {
    let site = Site::new();
    let layer = b"a layer";
    site.blob("a", layer);
    let config = site.blob("a", b"{}");
    let (first, second) = (sha256(layer), Algorithm::Sha512.digest(layer));
    let link = site.v2(&format!("repositories/a/_layers/sha512/{}/link", second.hex()));
    std::fs::create_dir_all(link.parent().expect("a folder")).expect("made");
    std::fs::write(&link, &first).expect("written");
    let manifest = serde_json::json!({"schemaVersion": 2, "mediaType": super::site::IMAGE,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": second, "size": layer.len()}]});
    let digest = site.manifest("a", "v1", manifest.to_string().as_bytes());
    let storage = site.registry.storage();
    assert_eq!(storage.collect(&at_once()).expect("collects").blobs, 0);
    assert_eq!(site.get(&format!("/v2/a/blobs/{second}")).expect(200).body, layer);
    site.send("DELETE", &format!("/v2/a/manifests/{digest}"), &[], b"").expect(202);
    assert_eq!(storage.collect(&at_once()).expect("collects").blobs, 3);
    assert!(!link.exists());
}

#[test]
fn uploads_and_leftovers_go_by_age() {
    let site = Site::new();
    let answer = site.send("POST", "/v2/a/blobs/uploads/", &[], b"").expect(202);
    let location = answer.header("Location").expect("a location").to_owned();
    site.send("PATCH", &location, &[], b"12345").expect(202);
    std::fs::create_dir_all(site.path(".partial")).expect("made");
    std::fs::write(site.path(".partial/put-1-0"), "123").expect("written");
    let site = site.again();
    let report = site.registry.storage().collect(&Collection::default()).expect("collects");
    assert_eq!((report.uploads, report.leftovers, report.bytes), (0, 1, 3));
    site.get(&location).expect(204);
    let report = site.registry.storage().collect(&at_once()).expect("collects");
    assert_eq!((report.uploads, report.leftovers, report.bytes), (1, 0, 5));
    site.get(&location).expect(404);
}

#[test]
fn untagged_manifests_stay_unless_asked() {
    let site = Site::new();
    let old = site.image("a", "v1", "old");
    site.image("a", "v1", "new");
    let child = site.image_with("a", "child", &serde_json::json!({}));
    let child_digest = site.manifest("a", &sha256(&child), &child);
    let subject = serde_json::json!({"subject": super::site::descriptor(super::site::IMAGE, &child)});
    let referrer = site.image_with("a", "referrer", &subject);
    site.manifest("a", &sha256(&referrer), &referrer);
    let index = serde_json::json!({"schemaVersion": 2, "mediaType": super::site::INDEX,
        "manifests": [super::site::descriptor(super::site::IMAGE, &child)]});
    site.manifest("a", "all", index.to_string().as_bytes());
    let storage = site.registry.storage();
    assert_eq!(storage.collect(&at_once()).expect("collects").blobs, 0);
    let report = storage.collect(&Collection { delete_untagged: true, ..at_once() }).expect("collects");
    assert_eq!((report.untagged, report.blobs), (1, 3));
    site.get(&format!("/v2/a/manifests/{}", sha256(&old))).expect(404);
    for digest in [child_digest, sha256(&referrer)] {
        site.get(&format!("/v2/a/manifests/{digest}")).expect(200);
    }
}

#[test]
fn untagged_manifests_of_another_registry_are_found_without_its_links() {
    let site = Site::new();
    let subject = site.image("a", "v1", "subject");
    let refers = |raw: &[u8]| serde_json::json!({"subject": super::site::descriptor(super::site::IMAGE, raw)});
    let referrer = site.image_with("a", "referrer", &refers(&subject));
    site.manifest("a", &sha256(&referrer), &referrer);
    let lost = site.image_with("a", "lost", &serde_json::json!({}));
    site.manifest("a", &sha256(&lost), &lost);
    let late = site.image_with("a", "late", &refers(&lost));
    site.manifest("a", &sha256(&late), &late);
    // Distribution makes no links to referrers.
    std::fs::remove_dir_all(site.v2("repositories/a/_referrers")).expect("removed");
    let storage = site.registry.storage();
    // Time passes: what has the collector's own time is too young.
    storage.collect(&at_once()).expect("collects");
    let untagged = Collection { delete_untagged: true, ..at_once() };
    let dry = storage.collect(&Collection { dry_run: true, ..untagged.clone() }).expect("collects");
    let report = storage.collect(&untagged).expect("collects");
    assert_eq!((dry.untagged, report.untagged), (2, 2));
    for (raw, status) in [(&subject, 200), (&referrer, 200), (&lost, 404), (&late, 404)] {
        site.get(&format!("/v2/a/manifests/{}", sha256(raw))).expect(status);
    }
    let listed = |raw: &[u8]| {
        let answer = site.get(&format!("/v2/a/referrers/{}", sha256(raw))).expect(200).json();
        answer["manifests"].as_array().expect("a list").len()
    };
    assert_eq!((listed(&subject), listed(&lost)), (1, 0));
    assert_eq!(storage.collect(&untagged).expect("collects").untagged, 0);
}

/// Each manifest is read once, and not once for each that stays: writers wait meanwhile.
#[test]
fn untagged_manifests_of_many_are_found_quickly() {
    let site = Site::in_memory();
    let write = |path: String, content: &[u8]| {
        let path = site.v2(&path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, content).expect("written");
    };
    for number in 0..2000 {
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"{}","manifests":[],"annotations":{{"n":"{number}"}}}}"#,
            super::site::INDEX
        );
        let digest = sha256(text.as_bytes());
        let hex = digest.trim_start_matches("sha256:");
        write(format!("blobs/sha256/{}/{hex}/data", &hex[..2]), text.as_bytes());
        write(format!("repositories/a/_manifests/revisions/sha256/{hex}/link"), digest.as_bytes());
        if number % 2 == 0 {
            write(format!("repositories/a/_manifests/tags/t{number}/current/link"), digest.as_bytes());
        }
    }
    site.registry.storage().collect(&at_once()).expect("collects");
    let begun = std::time::Instant::now();
    let untagged = Collection { delete_untagged: true, ..at_once() };
    let report = site.registry.storage().collect(&untagged).expect("collects");
    assert_eq!((report.untagged, report.blobs, report.kept), (1000, 1000, 1000));
    // A second or so; a minute and more when every tag costs a look at every manifest.
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
}

#[test]
fn collecting_beside_pushes_breaks_nothing() {
    let one = Site::new();
    let other = one.again();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _end = Finally(|| done.store(true, Ordering::Relaxed));
        let collectors = [&one, &other].map(|site| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    site.registry.storage().collect(&at_once()).expect("collects");
                }
            })
        });
        let pushers: Vec<_> = (0..4)
            .map(|number| {
                let site = if number % 2 == 0 { &one } else { &other };
                scope.spawn(move || push(site, number))
            })
            .collect();
        let results: Vec<_> = pushers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        for collector in collectors {
            collector.join().expect("collects");
        }
        for result in results {
            result.expect("pushes");
        }
    });
}

/// Pushes images until some were taken, and reads each one whole after that.
fn push(site: &Site, number: u32) {
    let seconds = std::env::var("STEVEDORE_COLLECT_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let begun = std::time::Instant::now();
    let mut taken = 0;
    for round in 0.. {
        let name = format!("r{number}");
        let seed = format!("{number}-{}", round % 7);
        let raw = site.image_with(&name, &seed, &serde_json::json!({}));
        let answer = site.send("PUT", &format!("/v2/{name}/manifests/v{}", round % 3), &[], &raw);
        if answer.status == 404 {
            // The collector was faster than the manifest, and says so.
            assert_eq!(answer.code(), "MANIFEST_BLOB_UNKNOWN");
            assert!(taken > 0 || round < 10_000, "no push was taken");
            continue;
        }
        answer.expect(201);
        let manifest = sha256(&raw);
        assert_eq!(site.get(&format!("/v2/{name}/manifests/{manifest}")).expect(200).body, raw);
        let layer = format!("layer {seed}");
        let target = format!("/v2/{name}/blobs/{}", sha256(layer.as_bytes()));
        assert_eq!(site.get(&target).expect(200).body, layer.as_bytes());
        site.send("DELETE", &format!("/v2/{name}/manifests/{manifest}"), &[], b"").expect(202);
        taken += 1;
        if taken >= 10 && begun.elapsed() >= Duration::from_secs(seconds) {
            return;
        }
    }
}
