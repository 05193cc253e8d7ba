//! Distribution's own registry on the same directory, before and after ours.

use serde_json::json;

use super::site::{IMAGE, Site, ask, descriptor, sha256};
use crate::support::registry::{Options, Registry};

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
