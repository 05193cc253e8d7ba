//! Lists: tags, repositories, referrers.

use serde_json::{Value, json};

use super::site::{Answer, IMAGE, INDEX, Site, descriptor, sha256};

/// Follows the links of a list to its end, and returns the pages.
fn pages(site: &Site, target: &str) -> Vec<Answer> {
    let mut pages = Vec::new();
    let mut next = Some(target.to_owned());
    while let Some(target) = next {
        let page = site.get(&target).expect(200);
        next = page.header("Link").map(|link| {
            let end = "; rel=\"next\"";
            link.strip_suffix(end)
                .and_then(|link| link.strip_prefix('<')?.strip_suffix('>'))
                .expect("a link")
                .to_owned()
        });
        pages.push(page);
    }
    pages
}

#[test]
fn tags_come_in_pages_by_byte() {
    let site = Site::new();
    let raw = site.image("a", "first", "x");
    let mut tags = vec!["first", "A", "b", "a.1", "a-1", "a_1", "10", "9", "_x", "Z"];
    for tag in &tags {
        site.manifest("a", tag, &raw);
    }
    tags.sort_unstable();
    assert_eq!(site.get("/v2/a/tags/list").expect(200).json(), json!({"name": "a", "tags": tags}));
    for count in 1..12 {
        let pages = pages(&site, &format!("/v2/a/tags/list?n={count}"));
        let listed: Vec<Value> = pages.iter().map(|page| page.json()["tags"].clone()).collect();
        let wanted: Vec<Value> = tags.chunks(count).map(|chunk| json!(chunk)).collect();
        assert_eq!(listed, wanted, "{count}");
    }
    for (at, tag) in tags.iter().enumerate() {
        let answer = site.get(&format!("/v2/a/tags/list?last={tag}")).expect(200);
        assert_eq!(answer.json()["tags"], json!(tags[at + 1..]), "{tag}");
    }
    let none = site.get("/v2/a/tags/list?n=0").expect(200);
    assert_eq!((none.json()["tags"].clone(), none.header("Link")), (json!([]), None));
    for bad in ["-1", "x", "+1", ""] {
        site.get(&format!("/v2/a/tags/list?n={bad}")).expect(400);
    }
    site.send("DELETE", "/v2/a/manifests/b", &[], b"").expect(202);
    assert_eq!(site.get("/v2/a/tags/list").json()["tags"].as_array().expect("a list").len(), tags.len() - 1);
    // What an interrupted write left is no tag.
    std::fs::create_dir_all(site.v2("repositories/a/_manifests/tags/0torn/current")).expect("made");
    std::fs::create_dir_all(site.v2("repositories/a/_manifests/tags/1torn/current")).expect("made");
    std::fs::write(site.v2("repositories/a/_manifests/tags/1torn/current/link"), "sha2").expect("written");
    assert_eq!(site.get("/v2/a/tags/list?n=1").json()["tags"], json!(["10"]));
    assert_eq!(site.get("/v2/none/tags/list").expect(404).code(), "NAME_UNKNOWN");
}

/// However many clients ask for a long list and do not read it, none of it is in memory, and nothing stays on the disk.
#[test]
fn answers_keep_no_long_list_in_memory() {
    use stevedore::http::{Content, Handler, Method, Request};
    let site = Site::new();
    let raw = site.image("a", "t", "x");
    let (tags, link) = (site.v2("repositories/a/_manifests/tags"), sha256(&raw));
    for number in 0..1000 {
        let current = tags.join(format!("t{number:0>100}/current"));
        std::fs::create_dir_all(&current).expect("made");
        std::fs::write(current.join("link"), &link).expect("written");
        let revisions = site.v2(&format!("repositories/r{number:0>100}/_manifests/revisions/sha256"));
        let revision = revisions.join(link.trim_start_matches("sha256:"));
        std::fs::create_dir_all(&revision).expect("made");
        std::fs::write(revision.join("link"), &link).expect("written");
    }
    let notes = json!({"org.example.note": "x".repeat(100_000)});
    let referrer = json!({"subject": descriptor(IMAGE, &raw), "annotations": notes});
    let listed = site.image_with("a", "y", &referrer);
    site.manifest("a", &sha256(&listed), &listed);
    let files = || site.files().into_iter().collect::<std::collections::BTreeSet<_>>();
    let before = files();
    let referrers = format!("/v2/a/referrers/{}", sha256(&raw));
    for target in ["/v2/a/tags/list", "/v2/_catalog", &referrers] {
        let answers: Vec<_> = (0..3).map(|_| site.registry.handle(&mut Request::new(Method::Get, target))).collect();
        assert_eq!(files(), before, "{target}: nothing of them has a name");
        let mut bodies: Vec<Vec<u8>> = Vec::new();
        for answer in answers {
            assert!(matches!(answer.content, Content::File(..)), "{target}: {:?}", answer.content);
            let (mut reader, length) = answer.content.into_reader();
            let mut body = Vec::new();
            std::io::Read::read_to_end(&mut reader, &mut body).expect("reads");
            assert_eq!(Some(body.len() as u64), length);
            bodies.push(body);
        }
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{target}");
        let list: Value = serde_json::from_slice(&bodies[0]).expect("JSON");
        let count = ["tags", "repositories", "manifests"].iter().find_map(|name| Some(list[name].as_array()?.len()));
        assert_eq!(count, Some(if target.contains("referrers") { 1 } else { 1001 }), "{target}");
    }
    let short = site.registry.handle(&mut Request::new(Method::Get, "/v2/a/tags/list?n=5"));
    assert!(matches!(short.content, Content::Bytes(_)), "{:?}", short.content);
}

#[test]
fn ten_thousand_tags_page_quickly() {
    let site = Site::in_memory();
    let raw = site.image("a", "t000000", "x");
    let (tags, link) = (site.v2("repositories/a/_manifests/tags"), sha256(&raw));
    for number in 0..10_000 {
        let current = tags.join(format!("t{number:06}/current"));
        std::fs::create_dir_all(&current).expect("made");
        std::fs::write(current.join("link"), &link).expect("written");
    }
    let mut quickest = std::time::Duration::MAX;
    for last in ["", "t005000", "t009000"] {
        let begin = std::time::Instant::now();
        let page = site.get(&format!("/v2/a/tags/list?n=100&last={last}")).expect(200);
        quickest = quickest.min(begin.elapsed());
        assert_eq!(page.json()["tags"].as_array().expect("a list").len(), 100);
    }
    // Without optimization and beside other tests: enough to show that no tag outside the page is opened.
    assert!(quickest.as_millis() < 250, "{quickest:?}");
}

#[test]
fn repositories_come_in_pages_by_byte_and_do_not_mix() {
    let site = Site::new();
    let mut names = ["a", "a/b", "a-b", "a.b", "a/blobs", "a/b/c", "b/manifests/tags", "z"];
    for name in names {
        site.image(name, "v1", name);
    }
    // A repository without a manifest is none.
    site.blob("only/blobs", b"x");
    names.sort_unstable();
    assert_eq!(site.get("/v2/_catalog").expect(200).json(), json!({"repositories": names}));
    for count in 1..10 {
        let pages = pages(&site, &format!("/v2/_catalog?n={count}"));
        let listed: Vec<Value> = pages.iter().map(|page| page.json()["repositories"].clone()).collect();
        let wanted: Vec<Value> = names.chunks(count).map(|chunk| json!(chunk)).collect();
        assert_eq!(listed, wanted, "{count}");
    }
    for name in names {
        let wanted = site.image_with(name, name, &json!({}));
        assert_eq!(site.get(&format!("/v2/{name}/manifests/v1")).expect(200).body, wanted, "{name}");
        assert_eq!(site.get(&format!("/v2/{name}/tags/list")).json()["tags"], json!(["v1"]), "{name}");
    }
}

fn referrer(site: &Site, subject: &[u8], more: &Value) -> Vec<u8> {
    let mut members = json!({"subject": descriptor(IMAGE, subject)});
    for (key, value) in more.as_object().expect("an object") {
        members[key] = value.clone();
    }
    site.image_with("a", &more.to_string().replace('"', ""), &members)
}

#[test]
fn referrers_are_listed_with_type_and_annotations() {
    let site = Site::new();
    let random = sha256(b"nothing");
    let empty = site.get(&format!("/v2/a/referrers/{random}")).expect(200);
    assert_eq!(empty.header("Content-Type"), Some(INDEX));
    assert_eq!(empty.json(), json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}));
    site.get("/v2/a/referrers/sha256:12").expect(400);

    let subject = site.image_with("a", "subject", &json!({}));
    let plain = referrer(&site, &subject, &json!({}));
    let typed =
        referrer(&site, &subject, &json!({"artifactType": "application/x.test", "annotations": {"a": "1", "b": "2"}}));
    for raw in [&plain, &typed] {
        // The subject comes later, or never.
        let target = format!("/v2/a/manifests/{}", sha256(raw));
        let answer = site.send("PUT", &target, &[], raw).expect(201);
        assert_eq!(answer.header("OCI-Subject"), Some(&*sha256(&subject)));
    }
    let entry = |raw: &[u8], artifact_type: &str| {
        let mut entry = descriptor(IMAGE, raw);
        entry["artifactType"] = json!(artifact_type);
        entry
    };
    let mut wanted = [entry(&plain, "application/vnd.oci.image.config.v1+json"), entry(&typed, "application/x.test")];
    wanted[1]["annotations"] = json!({"a": "1", "b": "2"});
    let target = format!("/v2/a/referrers/{}", sha256(&subject));
    let check = |site: &Site| {
        let mut wanted = wanted.clone();
        wanted.sort_by_key(|entry| entry["digest"].as_str().map(str::to_owned));
        assert_eq!(site.get(&target).expect(200).json()["manifests"], json!(wanted));
    };
    check(&site);
    let filtered = site.get(&format!("{target}?artifactType=application%2Fx.test")).expect(200);
    assert_eq!(filtered.header("OCI-Filters-Applied"), Some("artifactType"));
    assert_eq!(filtered.json()["manifests"], json!([wanted[1]]));
    let none = site.get(&format!("{target}?artifactType=x")).expect(200);
    assert_eq!(none.json()["manifests"], json!([]));

    // The folder is ours: without it, and when another registry writes, nothing is lost.
    std::fs::remove_dir_all(site.v2("repositories/a/_referrers")).expect("removed");
    check(&site);
    let third = referrer(&site, &subject, &json!({"artifactType": "third"}));
    site.manifest("a", "third", &third);
    site.send("DELETE", &format!("/v2/a/manifests/{}", sha256(&third)), &[], b"").expect(202);
    assert!(site.v2("repositories/a/_referrers/complete").exists());
    check(&site);
    site.send("DELETE", &format!("/v2/a/manifests/{}", sha256(&typed)), &[], b"").expect(202);
    assert_eq!(site.get(&target).expect(200).json()["manifests"], json!([wanted[0]]));
}

#[test]
fn what_a_referrers_tag_lists_is_listed() {
    let site = Site::new();
    let subject = site.image("a", "v1", "subject");
    // One that does not name its subject, and one that is not there.
    let silent = site.image_with("a", "silent", &json!({"artifactType": "silent"}));
    site.manifest("a", &sha256(&silent), &silent);
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
        descriptor(IMAGE, &silent), descriptor(IMAGE, b"missing")]});
    let tag = sha256(&subject).replace(':', "-");
    let sparse = site.again_with(|options| options.allow_sparse = true);
    sparse.manifest("a", &tag, index.to_string().as_bytes());
    let target = format!("/v2/a/referrers/{}", sha256(&subject));
    let listed = site.get(&target).expect(200).json();
    assert_eq!(listed["manifests"][0]["digest"], sha256(&silent));
    assert_eq!(listed["manifests"].as_array().expect("a list").len(), 1);
    // An image under that tag is none of it.
    site.manifest("a", &tag, &subject);
    assert_eq!(site.get(&target).expect(200).json()["manifests"], json!([]));
}

#[test]
fn referrers_come_in_pages() {
    let site = Site::new();
    let subject = site.image("a", "v1", "subject");
    let mut wanted = Vec::new();
    for number in 0..10 {
        let annotations = json!({"number": number.to_string(), "filling": "x".repeat(1_000_000)});
        let artifact_type = format!("type/{}", number % 2);
        let config = descriptor("application/vnd.oci.image.config.v1+json", br#"{"seed":"subject"}"#);
        let raw = json!({"schemaVersion": 2, "mediaType": IMAGE, "config": config, "layers": [],
            "artifactType": artifact_type, "annotations": annotations, "subject": descriptor(IMAGE, &subject)});
        let raw = raw.to_string().into_bytes();
        wanted.push((site.manifest("a", &sha256(&raw), &raw), artifact_type));
    }
    wanted.sort();
    let target = format!("/v2/a/referrers/{}", sha256(&subject));
    for filter in ["", "type/1"] {
        let query = if filter.is_empty() { String::new() } else { format!("?artifactType={filter}") };
        let pages = pages(&site, &format!("{target}{query}"));
        assert_eq!(pages.len(), if filter.is_empty() { 3 } else { 2 });
        let mut listed = Vec::new();
        for page in &pages {
            assert!(page.body.len() <= 4 * 1024 * 1024, "{}", page.body.len());
            for entry in page.json()["manifests"].as_array().expect("a list") {
                listed.push(entry["digest"].as_str().expect("a digest").to_owned());
            }
        }
        let wanted = wanted.iter().filter(|(_, found)| filter.is_empty() || found == filter);
        assert_eq!(listed, wanted.map(|(digest, _)| digest.clone()).collect::<Vec<_>>());
    }
}
