//! The real registry in all its forms, seeding, and registries that exist only as a function.

use crate::support::fixture::{self, TAG};
use crate::support::http::Client;
use crate::support::oracle::oracle;
use crate::support::pages::{Fake, Link, paged_tags, tag_names};
use crate::support::registry::{Options, PASSWORD, Registry, Tls, USER};
use crate::support::seed;
use crate::support::wire::Reply;

#[test]
fn a_seeded_image_is_what_crane_sees() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let app = fixture::app(dir.path());
    app.tag_parts();
    seed::push_all(&app.dir, &registry.client(), "team/app");
    seed::push_as(&app.dir, TAG, &registry.client(), "team/app", "v2");
    let Some(crane) = oracle("crane") else { return };
    let digest = |tag| crane.run(&["digest", &format!("{}/team/app:{tag}", registry.host())]).text().to_owned();
    assert_eq!(digest("v1"), app.digest);
    assert_eq!(digest("v2"), app.digest);
    assert_eq!(digest("arm64"), app.part("linux/arm64/v8").digest);
    crane.run(&["validate", "--remote", &format!("{}/team/app:amd64", registry.host())]);
}

#[test]
fn a_manifest_can_be_deleted() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let image = fixture::single(dir.path());
    let client = registry.client();
    seed::push(&image.dir, TAG, &client, "image");
    client.delete(&format!("/v2/image/manifests/{}", image.digest)).expect(202);
    client.clone().with("Accept", &image.media_type).get("/v2/image/manifests/v1").expect(404);
}

#[test]
fn a_password_is_wanted() {
    let options = Options { htpasswd: true, ..Options::default() };
    let Some(registry) = Registry::start_with(options) else {
        return;
    };
    let response = Client::new(&registry.host()).get("/v2/").expect(401);
    assert_eq!(response.header("www-authenticate"), Some(r#"Basic realm="test""#));
    Client::new(&registry.host()).basic(USER, "wrong").get("/v2/").expect(401);
    Client::new(&registry.host()).basic(USER, PASSWORD).get("/v2/").expect(200);
    registry.client().get("/v2/").expect(200);
    let Some(skopeo) = oracle("skopeo") else {
        return;
    };
    let reference = format!("docker://{}/app", registry.host());
    let list = ["list-tags", "--tls-verify=false", &reference];
    assert!(skopeo.try_run(&list).stderr.contains("unauthorized"));
    skopeo.log_in(&registry.host(), USER, PASSWORD);
    assert!(skopeo.try_run(&list).stderr.contains("404"));
}

#[test]
fn tls_works_with_the_authority_only() {
    let Some(registry) = Registry::start_with(Options { tls: Some(Tls::Anybody), ..Options::default() }) else {
        return;
    };
    let Some(crane) = oracle("crane") else { return };
    let catalog = crane.command(&["catalog", &registry.host()]);
    let run = |mut command: std::process::Command| command.output().expect("crane runs");
    let refused = run(catalog);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("x509"), "{refused:?}");
    let mut trusting = crane.command(&["catalog", &registry.host()]);
    trusting.env("SSL_CERT_FILE", registry.authority());
    let trusted = run(trusting);
    assert!(trusted.status.success(), "{trusted:?}");
}

#[test]
fn tls_can_want_a_client_certificate() {
    let options = Options { tls: Some(Tls::ClientCertificate), ..Options::default() };
    let Some(registry) = Registry::start_with(options) else {
        return;
    };
    let Some(skopeo) = oracle("skopeo") else {
        return;
    };
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let copy =
        |from: &std::path::Path, to: &str| std::fs::copy(from, dir.path().join(to)).expect("copying a certificate");
    let reference = format!("docker://{}/app", registry.host());
    let certificates = dir.path().display().to_string();
    let list = ["list-tags", "--cert-dir", &certificates, &reference];
    copy(registry.authority(), "ca.crt");
    let refused = skopeo.try_run(&list).code(1);
    assert!(refused.stderr.contains("certificate"), "{}", refused.stderr);
    copy(&registry.client_pair().certificate, "client.cert");
    copy(&registry.client_pair().key, "client.key");
    let known = skopeo.try_run(&list).code(1);
    assert!(known.stderr.contains("404"), "{}", known.stderr);
}

#[test]
fn a_read_only_registry_serves_what_another_stored() {
    let Some(writable) = Registry::start() else {
        return;
    };
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let image = fixture::single(dir.path());
    seed::push(&image.dir, TAG, &writable.client(), "image");
    let options = Options { read_only: true, schema1: true, storage: Some(writable.storage()), ..Options::default() };
    let Some(registry) = Registry::start_with(options) else {
        return;
    };
    let client = registry.client().with("Accept", &image.media_type);
    assert_eq!(client.get("/v2/image/manifests/v1").expect(200).body, image.read(&image.digest));
    client.post("/v2/image/blobs/uploads/", &[]).expect(405);
}

#[test]
fn schema_1_is_served_on_demand() {
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let image = fixture::docker(dir.path());
    for schema1 in [true, false] {
        let options = Options { schema1, ..Options::default() };
        let Some(registry) = Registry::start_with(options) else {
            return;
        };
        seed::push(&image.dir, TAG, &registry.client(), "old");
        let stored = seed::push_schema1(&registry.client(), "old", TAG, "schema1");
        assert_eq!(stored.status == 201, schema1, "{stored:?}");
        if schema1 {
            let client = registry.client().with("Accept", "*/*");
            let got = client.get("/v2/old/manifests/schema1").expect(200);
            assert_eq!(got.header("content-type"), Some(seed::SCHEMA1));
            assert_eq!(got.json()["schemaVersion"], 1);
        }
    }
}

#[test]
fn a_fake_answers_as_it_is_told() {
    let fake = Fake::start(|asked| Reply::new(418).header("X-Was", &asked.method).body(asked.body.clone()));
    let response = Client::new(&fake.host()).post("/pot?size=1", b"tea").expect(418);
    assert_eq!((response.header("x-was"), response.text()), (Some("POST"), "tea"));
    let log = fake.log();
    assert_eq!((log[0].path(), log[0].parameter("size").as_deref()), ("/pot", Some("1")));
}

#[test]
fn tags_come_in_pages() {
    for link in [Link::Relative, Link::Absolute] {
        let fake = paged_tags(2500, 100, link);
        let client = Client::new(&fake.host());
        let (mut path, mut tags, mut pages) = ("/v2/many/tags/list".to_owned(), Vec::new(), 0);
        loop {
            let response = client.get(&path).expect(200);
            let page: Vec<String> = serde_json::from_value(response.json()["tags"].clone()).expect("tags are strings");
            assert_eq!(page.len(), 100);
            tags.extend(page);
            pages += 1;
            let Some(next) = response.header("link") else {
                break;
            };
            let target = next.strip_prefix('<').and_then(|next| next.strip_suffix(r#">; rel="next""#)).expect("a link");
            assert_eq!(target.starts_with("http://"), link == Link::Absolute, "{target}");
            path = target.trim_start_matches(&format!("http://{}", fake.host())).to_owned();
        }
        assert_eq!((pages, tags), (25, tag_names(2500)));
        for (asked, listed) in [(7, 7), (500, 100)] {
            let page = client.get(&format!("/v2/many/tags/list?n={asked}")).json();
            assert_eq!(page["tags"].as_array().map(Vec::len), Some(listed));
        }
        assert!(client.get("/v2/none/tags/list").expect(200).json()["tags"].is_null());
        client.get("/v2/other/tags/list").expect(404);
        let Some(crane) = oracle("crane") else {
            continue;
        };
        assert_eq!(crane.run(&["ls", &format!("{}/many", fake.host())]).text(), tag_names(2500).join("\n"));
    }
}
