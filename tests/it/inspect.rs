//! `inspect` and `digest` on every kind of manifest.

use crate::support::command::stevedore;
use crate::support::fixture::{self, Fixture};
use crate::support::proxy::{Mode, Proxy};
use crate::support::registry::Registry;
use crate::support::seed;

fn pushed(registry: &Registry, make: fn(&std::path::Path) -> Fixture) -> (Fixture, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let fixture = make(&dir.path().join("layout"));
    seed::push(&fixture.dir, "v1", &registry.client(), "app");
    (fixture, dir)
}

#[test]
fn bytes_are_printed_as_they_are() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let (app, _dir) = pushed(&registry, fixture::app);
    let reference = format!("docker://{}/app:v1", registry.host());
    assert_eq!(stevedore(&["inspect", "--raw", &reference]).ok().stdout, app.read(&app.digest));
    let part = app.part("linux/arm64/v8");
    let raw = stevedore(&["inspect", "--raw", "--platform=linux/arm64", &reference]).ok().stdout;
    assert_eq!(raw, app.read(&part.digest));
    let config = stevedore(&["inspect", "--config", "--platform=linux/arm64", &reference]).ok().stdout;
    assert_eq!(config, app.read(&part.config));
    stevedore(&["inspect", "--platform=linux/s390x", &reference]).code(3);
}

#[test]
fn a_digest_is_one_head() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let (app, _dir) = pushed(&registry, fixture::app);
    let proxy = Proxy::start(&registry.host(), Mode::None);
    let reference = format!("docker://{}/app:v1", proxy.host());
    for arguments in [&["digest", &reference][..], &["inspect", "--digest", &reference]] {
        proxy.clear();
        assert_eq!(stevedore(arguments).ok().text(), app.digest);
        let log = proxy.log();
        assert_eq!(log.len(), 1, "{log:?}");
        assert_eq!(log[0].method, "HEAD");
    }
}

#[test]
fn json_lists_platforms_layers_and_history() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let (app, _dir) = pushed(&registry, fixture::app);
    let reference = format!("docker://{}/app:v1", registry.host());
    let index = stevedore(&["inspect", "--json", &reference]).ok().json();
    assert_eq!(index["digest"], app.digest.as_str());
    assert_eq!(index["manifests"], app.json(&app.digest)["manifests"]);
    let image = stevedore(&["inspect", "--json", "--platform=linux/amd64", &reference]).ok().json();
    let part = app.part("linux/amd64");
    assert_eq!(image["digest"], part.digest.as_str());
    assert_eq!(image["image"]["platform"], "linux/amd64");
    let (manifest, config) = (app.json(&part.digest), app.json(&part.config));
    assert_eq!(image["layers"][0]["size"], manifest["layers"][0]["size"]);
    assert_eq!(image["layers"][0]["diffId"], config["rootfs"]["diff_ids"][0]);
    let text = stevedore(&["inspect", "--platform=linux/amd64", &reference]).ok();
    assert!(text.text().contains(&part.digest) && text.text().contains("Layers (1)"), "{}", text.text());
}

#[test]
fn artifacts_are_shown_too() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let (artifact, _dir) = pushed(&registry, fixture::artifact);
    let reference = format!("docker://{}/app:v1", registry.host());
    let json = stevedore(&["inspect", "--json", &reference]).ok().json();
    assert_eq!(json["artifactType"], artifact.json(&artifact.digest)["artifactType"]);
    assert!(json.get("image").is_none());
    stevedore(&["inspect", &reference]).ok();
}
