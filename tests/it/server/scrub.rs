//! Content is read again: what is damaged is named, set aside, and repaired by whoever pushes it again.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use stevedore::server::{Collection, Scrub, Scrubbed, Storage};

use super::collect::at_once;
use super::site::{Site, sha256, sha512};

fn scrub(site: &Site, dry_run: bool) -> Scrubbed {
    let storage = Storage::open_existing(site.path("")).expect("opens");
    storage.scrub(&Scrub { dry_run, rate: None }, &mut |_| true).expect("scrubs")
}

fn data(site: &Site, digest: &str) -> PathBuf {
    let (algorithm, hex) = digest.split_once(':').expect("a digest");
    site.v2(&format!("blobs/{algorithm}/{}/{hex}/data", &hex[..2]))
}

#[test]
fn damage_of_every_kind_is_found_set_aside_and_repaired() {
    let site = Site::new();
    let image = site.image("a", "v1", "x");
    let config = sha256(b"{\"seed\":\"x\"}");
    let other = sha512(b"by another algorithm");
    site.send("POST", &format!("/v2/a/blobs/uploads/?digest={other}"), &[], b"by another algorithm").expect(201);
    let whole = scrub(&site, false);
    assert_eq!((whole.blobs, whole.damaged.len(), whole.complete), (4, 0, true));
    let flipped = |content: &[u8]| [&[content[0] ^ 1], &content[1..]].concat();
    type Damage = fn(&[u8]) -> Vec<u8>;
    let kinds: [Damage; 4] = [
        |content| [&[content[0] ^ 1], &content[1..]].concat(),
        |content| content[..content.len() - 1].to_vec(),
        |content| [content, b" "].concat(),
        |content| vec![0; content.len()],
    ];
    for (number, damage) in kinds.iter().enumerate() {
        let path = data(&site, &config);
        let good = fs::read(&path).expect("reads");
        fs::write(&path, damage(&good)).expect("written");
        assert_eq!(scrub(&site, true).damaged.len(), 1, "kind {number}");
        assert!(path.exists(), "a dry run leaves it");
        let found = scrub(&site, false).damaged;
        assert_eq!(found.iter().map(|(digest, _)| digest.to_string()).collect::<Vec<_>>(), [&*config]);
        assert!(!path.exists() && path.with_file_name("data.damaged").exists());
        // A client that asks first is told to push it.
        site.send("HEAD", &format!("/v2/a/blobs/{config}"), &[], b"").expect(404);
        assert!(scrub(&site, false).damaged.is_empty(), "it is told once");
        site.blob("a", &good);
        assert_eq!(site.get(&format!("/v2/a/blobs/{config}")).expect(200).body, good);
        scrub(&site, false);
        assert!(!path.with_file_name("data.damaged").exists());
    }
    // A manifest, by the same way.
    let manifest = data(&site, &sha256(&image));
    fs::write(&manifest, flipped(&image)).expect("written");
    assert_eq!(scrub(&site, false).damaged.len(), 1);
    let storage = Storage::open_existing(site.path("")).expect("opens");
    storage.collect(&at_once()).expect_err("what it needs is not known");
    site.manifest("a", "v1", &image);
    storage.collect(&at_once()).expect("collects");
}

#[test]
fn what_was_set_aside_goes_with_its_blob() {
    let site = Site::new();
    site.image("a", "v1", "x");
    let loose = site.blob("a", b"loose");
    fs::write(data(&site, &loose), b"l00se").expect("written");
    scrub(&site, false);
    let folder = data(&site, &loose).parent().expect("a folder").to_owned();
    let storage = Storage::open_existing(site.path("")).expect("opens");
    storage.collect(&Collection { grace: Duration::from_secs(3600), ..Collection::default() }).expect("collects");
    assert!(folder.exists(), "somebody may push it again");
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while folder.exists() {
        storage.collect(&at_once()).expect("collects");
        assert!(std::time::Instant::now() < deadline);
    }
    site.get("/v2/a/manifests/v1").expect(200);
}

/// A push or another collection that holds the storage: the damage is told, not called set aside, and the scrub does not count as done.
#[test]
fn what_cannot_be_set_aside_is_told() {
    let site = Site::new();
    let blob = site.blob("a", b"whole");
    fs::write(data(&site, &blob), b"wh0le").expect("written");
    let holder = fs::File::open(site.v2("")).expect("opens");
    holder.lock_shared().expect("locks");
    let found = scrub(&site, false);
    assert_eq!((found.damaged.len(), found.left_in_place.len()), (0, 1));
    assert!(data(&site, &blob).exists());
    let storage = Storage::open_existing(site.path("")).expect("opens");
    assert_eq!(storage.last_scrub().expect("reads"), None);
    drop(holder);
    let found = scrub(&site, false);
    assert_eq!((found.damaged.len(), found.left_in_place.len()), (1, 0));
    assert!(!data(&site, &blob).exists());
    assert!(storage.last_scrub().expect("reads").is_some());
}

#[test]
fn it_is_as_slow_as_it_is_told_and_ends_when_it_is_told() {
    let site = Site::new();
    site.blob("a", &vec![7; 1 << 20]);
    let storage = Storage::open_existing(site.path("")).expect("opens");
    let mut waited = Duration::ZERO;
    let how = Scrub { dry_run: true, rate: Some(1 << 20) };
    storage
        .scrub(&how, &mut |pause| {
            waited += pause;
            true
        })
        .expect("scrubs");
    // What reading took is not waited for once more.
    assert!(waited <= Duration::from_secs(1) && waited > Duration::from_millis(500), "{waited:?}");
    assert!(!storage.scrub(&how, &mut |_| false).expect("scrubs").complete);
    assert_eq!(storage.last_scrub().expect("reads"), None, "neither was a whole one");
    storage.scrub(&Scrub::default(), &mut |_| true).expect("scrubs");
    assert!(storage.last_scrub().expect("reads").is_some());
}

#[test]
fn how_much_there_is() {
    let site = Site::new();
    let image = site.image("a", "v1", "x");
    let storage = Storage::open_existing(site.path("")).expect("opens");
    let usage = storage.usage().expect("counts");
    let size = image.len() + "{\"seed\":\"x\"}".len() + "layer x".len();
    assert_eq!((usage.blobs, usage.bytes), (3, size as u64));
    let space = storage.space().expect("measures");
    assert!(space.size > 0 && space.free <= space.size);
}

#[test]
fn blobs_and_manifests_have_a_largest_size() {
    let site = Site::with(|options| {
        options.blob_limit = Some(1000);
        options.manifest_limit = 2000;
    });
    let (fits, large) = (vec![1; 1000], vec![2; 1001]);
    let uploads = "/v2/a/blobs/uploads/";
    let start = || site.send("POST", uploads, &[], b"").expect(202).header("Location").expect("a place").to_owned();
    let before = site.files().len();
    for content in [&fits, &large] {
        let digest = sha256(content);
        let expected = if content.len() > 1000 { 413 } else { 201 };
        let check = |answer: super::site::Answer| {
            let answer = answer.expect(expected);
            if expected == 413 {
                assert_eq!(answer.code(), "SIZE_INVALID");
            }
        };
        check(site.send("POST", &format!("{uploads}?digest={digest}"), &[], content));
        check(site.stream("POST", &format!("{uploads}?digest={digest}"), &[], &content[..]));
        check(site.send("PUT", &format!("{}?digest={digest}", start()), &[], content));
        check(site.stream("PUT", &format!("{}?digest={digest}", start()), &[], &content[..]));
        // In pieces, of which each is small.
        let location = start();
        site.send("PATCH", &location, &[], &content[..600]).expect(202);
        if expected == 413 {
            check(site.stream("PATCH", &location, &[], &content[600..]));
            site.get(&location).expect(404);
        } else {
            check(site.send("PUT", &format!("{location}?digest={digest}"), &[], &content[600..]));
        }
    }
    let left: Vec<_> = site.files().into_iter().filter(|path| path.to_string_lossy().contains("put-")).collect();
    assert!(left.is_empty() && site.files().len() > before, "{left:?}");
    let raw = site.image_with("a", "x", &json!({"annotations": {"x": "y".repeat(2000)}}));
    let answer = site.send("PUT", "/v2/a/manifests/v1", &[("Content-Type", super::site::IMAGE)], &raw).expect(413);
    assert_eq!(answer.code(), "SIZE_INVALID");
}
