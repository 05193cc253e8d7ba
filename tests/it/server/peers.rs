//! Distribution's own registry on the same directory, before and after ours.

use serde_json::json;

use super::site::{IMAGE, Site, ask, descriptor, sha256};
use crate::support::registry::{Options, Registry};
use crate::support::seed;

#[test]
fn distribution_reads_back_what_was_written() {
    let site = Site::new();
    let raw = site.image("some/app", "v1", "x");
    let index = json!({"schemaVersion": 2, "mediaType": super::site::INDEX, "manifests": [descriptor(IMAGE, &raw)]});
    let index = index.to_string().into_bytes();
    site.manifest("some/app", "all", &index);
    let subject = json!({"subject": descriptor(IMAGE, &raw)});
    let referrer = site.image_with("some/app", "signature", &subject);
    site.manifest("some/app", "signature", &referrer);
    let upload = site.send("POST", "/v2/some/app/blobs/uploads/", &[], b"").expect(202);
    let upload = upload.header("Location").expect("a location").to_owned();
    site.send("PATCH", &upload, &[], b"half").expect(202);
    let storage = Some(site.path(""));
    let Some(theirs) = Registry::start_with(Options { storage, ..Options::default() }) else {
        return;
    };
    let get = |target: &str, accept: &str| {
        let answer = theirs.client().with("Accept", accept).get(target).expect(200);
        answer.body
    };
    assert_eq!(get("/v2/some/app/manifests/v1", IMAGE), raw);
    assert_eq!(get("/v2/some/app/manifests/all", super::site::INDEX), index);
    assert_eq!(get(&format!("/v2/some/app/blobs/{}", sha256(b"layer x")), "*/*"), b"layer x");
    let tags: serde_json::Value = serde_json::from_slice(&get("/v2/some/app/tags/list", "*/*")).expect("JSON");
    let mut tags: Vec<_> = tags["tags"].as_array().expect("a list").iter().filter_map(|tag| tag.as_str()).collect();
    tags.sort_unstable();
    assert_eq!(tags, ["all", "signature", "v1"]);
    let catalog: serde_json::Value = serde_json::from_slice(&get("/v2/_catalog", "*/*")).expect("JSON");
    assert_eq!(catalog["repositories"], json!(["some/app"]));
    drop(theirs);
    // It has not minded our folder, nor the upload.
    let listed = site.get(&format!("/v2/some/app/referrers/{}", sha256(&raw))).expect(200).json();
    assert_eq!(listed["manifests"][0]["digest"], sha256(&referrer));
    assert_eq!(site.get(&upload).expect(204).header("Range"), Some("0-3"));
}

/// Manifests of schema 1, which distribution took long ago, are served, kept by the collector, and can be deleted.
#[test]
fn what_distribution_left_of_schema_1_is_served() {
    let place = tempfile::tempdir().expect("a folder");
    let storage = Some(place.path().to_owned());
    let Some(theirs) = Registry::start_with(Options { storage, schema1: true, ..Options::default() }) else {
        return;
    };
    let scratch = tempfile::tempdir().expect("a folder");
    let fixture = crate::support::fixture::docker(scratch.path());
    seed::push(&fixture.dir, "v1", &theirs.client(), "old");
    let stored = seed::push_schema1(&theirs.client(), "old", "v1", "s1").expect(201);
    let digest = stored.header("docker-content-digest").expect("a digest").to_owned();
    // Only the old one is left.
    theirs.client().delete(&format!("/v2/old/manifests/{}", fixture.digest)).expect(202);
    drop(theirs);
    let site = Site::at(place.path());
    let send = |method: &str, target: &str| ask(&site, method, target, &[], std::io::empty(), Some(0));
    let check = || {
        for reference in ["s1", &digest] {
            let answer = send("GET", &format!("/v2/old/manifests/{reference}")).expect(200);
            // Distribution keeps it unsigned, and signs each answer anew; its digest is that of what it keeps.
            let unsigned = "application/vnd.docker.distribution.manifest.v1+json";
            assert_eq!((answer.header("Content-Type"), &*sha256(&answer.body)), (Some(unsigned), &*digest));
            assert_eq!(answer.header("Docker-Content-Digest"), Some(&*digest));
            let warning = "299 - \"manifests of schema 1 are no longer understood by most clients\"";
            assert_eq!(answer.all("Warning"), [warning]);
            let manifest = answer.json();
            assert_eq!(manifest["schemaVersion"], 1);
            for layer in manifest["fsLayers"].as_array().expect("layers") {
                send("GET", &format!("/v2/old/blobs/{}", layer["blobSum"].as_str().expect("a digest"))).expect(200);
            }
        }
        assert_eq!(send("GET", "/v2/old/tags/list").expect(200).json()["tags"], json!(["s1"]));
    };
    check();
    site.storage().collect(&super::collect::at_once()).expect("collects");
    check();
    let layer = send("GET", "/v2/old/manifests/s1").json()["fsLayers"][0]["blobSum"].as_str().expect("one").to_owned();
    send("DELETE", &format!("/v2/old/blobs/{layer}")).expect(405);
    send("DELETE", &format!("/v2/old/manifests/{digest}")).expect(202);
    send("GET", "/v2/old/manifests/s1").expect(404);
    assert!(site.storage().collect(&super::collect::at_once()).expect("collects").blobs > 0);
    send("GET", &format!("/v2/old/blobs/{layer}")).expect(404);
}

#[test]
fn what_distribution_wrote_is_served() {
    let place = tempfile::tempdir().expect("a folder");
    let storage = Some(place.path().to_owned());
    let Some(theirs) = Registry::start_with(Options { storage, ..Options::default() }) else {
        return;
    };
    let scratch = tempfile::tempdir().expect("a folder");
    let fixture = crate::support::fixture::app(scratch.path());
    crate::support::seed::push(&fixture.dir, "v1", &theirs.client(), "some/app");
    drop(theirs);
    let ours = Site::at(place.path());
    let get = |target: &str| ask(&ours, "GET", target, &[], std::io::empty(), Some(0)).expect(200);
    let answer = get("/v2/some/app/manifests/v1");
    assert_eq!(answer.body, fixture.read(&fixture.digest));
    assert_eq!(answer.header("Content-Type"), Some(&*fixture.media_type));
    for part in &fixture.parts {
        for digest in part.layers.iter().chain([&part.config]) {
            assert_eq!(get(&format!("/v2/some/app/blobs/{digest}")).body, fixture.read(digest));
        }
        assert_eq!(get(&format!("/v2/some/app/manifests/{}", part.digest)).body, fixture.read(&part.digest));
    }
    assert_eq!(get("/v2/some/app/tags/list").json()["tags"], json!(["v1"]));
    let report = ours.storage().collect(&super::collect::at_once()).expect("collects");
    assert_eq!(report.blobs, 0);
    get("/v2/some/app/manifests/v1");
}
