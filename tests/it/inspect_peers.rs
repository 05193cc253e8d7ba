//! `inspect`, `digest` and `tags` say what other tools say.

use std::fs;

use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::oracle::oracle;
use crate::support::pages::{Link, paged_tags, tag_names};
use crate::support::proxy::{Mode, Proxy};
use crate::support::scene::{Folder, Scene, copy};

/// The manifest, the config and the digest are those that crane prints, byte for byte.
#[test]
fn manifest_config_and_digest_are_as_crane_prints_them() {
    let (Some((scene, image)), Some(crane)) = (Scene::with("app", fixture::app), oracle("crane")) else {
        return;
    };
    image.tag_parts();
    for part in &image.parts {
        crane.run(&[
            "copy",
            "--insecure",
            &scene.name(&format!("app@{}", part.digest)),
            &scene.name(&tag_of(&part.platform)),
        ]);
    }
    for name in ["app:v1", "app:amd64", "app:arm64"] {
        let (reference, plain) = (scene.docker(name), scene.name(name));
        let raw = stevedore(&["inspect", "--raw", &reference]).ok().stdout;
        assert!(raw == crane.run(&["manifest", &plain]).stdout, "the manifest of {name}");
        let digest = crane.run(&["digest", &plain]).text().to_owned();
        assert_eq!(stevedore(&["digest", &reference]).ok().text(), digest);
        assert_eq!(stevedore(&["inspect", "--digest", &reference]).ok().text(), digest);
        if name != "app:v1" {
            let config = stevedore(&["inspect", "--config", &reference]).ok().stdout;
            assert_eq!(String::from_utf8_lossy(&config).trim_end(), crane.run(&["config", &plain]).text(), "{name}");
        }
    }
    let proxy = Proxy::start(&scene.registry.host(), Mode::None);
    stevedore(&["digest", &format!("docker://{}/app:v1", proxy.host())]).ok();
    let asked: Vec<String> = proxy.log().into_iter().map(|request| request.method).collect();
    assert_eq!(asked, ["HEAD"]);
}

fn tag_of(platform: &str) -> String {
    format!("app:{}", platform.split('/').nth(1).expect("an architecture"))
}

/// The JSON lists each platform with digest, size and variant, as they are in the index that crane reads.
#[test]
fn platforms_are_listed_with_digest_size_and_variant() {
    let (Some((scene, _)), Some(crane)) = (Scene::with("app", fixture::four_platforms), oracle("crane")) else {
        return;
    };
    let ours = stevedore(&["inspect", "--json", &scene.docker("app:v1")]).ok().json();
    let theirs = crane.run(&["manifest", &scene.name("app:v1")]).json();
    let rows = |value: &serde_json::Value| -> Vec<Vec<serde_json::Value>> {
        let list = value["manifests"].as_array().expect("a list").iter();
        let platform = ["os", "architecture", "variant"];
        list.map(|entry| {
            let own = ["digest", "size"].iter().map(|name| entry[name].clone());
            own.chain(platform.iter().map(|name| entry["platform"][name].clone())).collect()
        })
        .collect()
    };
    assert_eq!(rows(&ours).len(), 4);
    assert_eq!(rows(&ours), rows(&theirs));
    assert_eq!(ours["manifests"][1]["platform"]["variant"], "v8");
}

/// 2,500 tags on a server with 100 on a page are all listed, in the server's order, as crane lists them.
#[test]
fn many_pages_of_tags_are_one_list() {
    let Some(crane) = oracle("crane") else {
        return;
    };
    for link in [Link::Relative, Link::Absolute] {
        let server = paged_tags(2500, 100, link);
        let name = format!("{}/many", server.host());
        let ours = stevedore(&["tags", &format!("docker://{name}")]).ok();
        assert_eq!(ours.text().lines().count(), 2500);
        assert_eq!(ours.text(), tag_names(2500).join("\n"));
        assert_eq!(ours.text(), crane.run(&["ls", "--insecure", &name]).text());
        let json = stevedore(&["tags", "--json", &format!("docker://{name}")]).ok().json();
        assert_eq!(json["tags"].as_array().map(Vec::len), Some(2500));
    }
    let server = paged_tags(0, 100, Link::Relative);
    assert_eq!(stevedore(&["tags", &format!("docker://{}/none", server.host())]).ok().text(), "");
}

/// The tags of a layout are those that oras finds there.
#[test]
fn tags_of_a_layout_are_as_oras_lists_them() {
    let Some(oras) = oracle("oras") else {
        return;
    };
    let folder = Folder::new();
    let image = fixture::app(&folder.path("app"));
    for tag in ["v1", "b.2", "a_3", "1"] {
        copy(&["--all"], &image.reference(), &folder.at("oci", "o", &format!(":{tag}")));
    }
    let mut ours: Vec<String> = lines(&["tags", &folder.at("oci", "o", "")]);
    let theirs = oras.run(&["repo", "tags", "--oci-layout", &folder.text("o")]);
    let mut theirs: Vec<String> = theirs.text().lines().map(str::to_owned).collect();
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs);
    assert_eq!(ours, ["1", "a_3", "b.2", "v1"]);
}

/// The names of a docker archive are those that skopeo lists: of one that skopeo wrote, of one with two images of crane's, and of ours.
#[test]
fn names_of_a_docker_archive_are_as_skopeo_lists_them() {
    let (Some((scene, image)), Some(skopeo), Some(crane)) =
        (Scene::with("app", fixture::single), oracle("skopeo"), oracle("crane"))
    else {
        return;
    };
    skopeo.run(&["copy", "-q", &image.reference(), &scene.folder.at("docker-archive", "s.tar", ":ex.com/a:1")]);
    scene.seed("zwei", fixture::docker);
    crane.run(&["pull", "--insecure", &scene.name("app:v1"), &scene.name("zwei:v1"), &scene.folder.text("c.tar")]);
    for tag in ["1", "2"] {
        copy(&[], &image.reference(), &scene.folder.at("docker-archive", "o.tar", &format!(":ex.com/a:{tag}")));
    }
    for (name, count) in [("s.tar", 1), ("c.tar", 2), ("o.tar", 2)] {
        let place = scene.folder.at("docker-archive", name, "");
        let mut ours = lines(&["tags", &place]);
        let listed = skopeo.run(&["list-tags", &place]).json();
        let listed = listed["Tags"].as_array().expect("a list").iter();
        let mut theirs: Vec<String> = listed.map(|tag| tag.as_str().expect("text").to_owned()).collect();
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{name}");
        assert_eq!(ours.len(), count, "{name}");
        assert!(fs::metadata(scene.folder.path(name)).is_ok_and(|file| file.is_file()));
    }
}

fn lines(arguments: &[&str]) -> Vec<String> {
    stevedore(arguments).ok().text().lines().map(str::to_owned).collect()
}
