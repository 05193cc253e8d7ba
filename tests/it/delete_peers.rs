//! What `delete` leaves, as other tools see it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::gateway::{Gateway, Rules};
use crate::support::layout::{Layout, sha256};
use crate::support::listener::Bound;
use crate::support::oracle::oracle;
use crate::support::proxy::{Mode, Proxy};
use crate::support::scene::{Folder, Scene, copy};
use crate::support::seed;
use crate::support::wire::{Head, Reply};

const TAGS: [&str; 6] = ["t1", "t2", "t3", "t4", "t5", "t6"];

/// Removes tags alone, as newer registries do, from the storage of an older one.
struct DeletesTags(PathBuf);

impl Rules for DeletesTags {
    fn answer(&self, request: &Head, _body: &mut dyn Read) -> io::Result<Option<Reply>> {
        let Some((repository, reference)) =
            request.path().strip_prefix("/v2/").and_then(|rest| rest.split_once("/manifests/"))
        else {
            return Ok(None);
        };
        if request.method() != "DELETE" || reference.contains(':') {
            return Ok(None);
        }
        let links = self.0.join(format!("docker/registry/v2/repositories/{repository}/_manifests/tags/{reference}"));
        let removed = fs::remove_dir_all(links).is_ok();
        Ok(Some(if removed { Reply::new(202) } else { Reply::error(404, "MANIFEST_UNKNOWN", "unknown tag") }))
    }
}

/// Of six tags on one manifest one goes and five stay, at a registry that deletes tags and at those that refuse to in either way.
#[test]
fn five_of_six_tags_stay() {
    let (Some(scene), Some(crane)) = (Scene::new(), oracle("crane")) else {
        return;
    };
    let image = fixture::app(&scene.folder.path("app"));
    let host = scene.registry.host();
    let newer = Gateway::start(Bound::new(), &host, DeletesTags(scene.registry.storage()));
    let refusing = Proxy::start(&host, Mode::NoTagDelete);
    let hosts = [host.clone(), format!("127.0.0.1:{}", newer.port()), refusing.host()];
    for (number, host) in hosts.iter().enumerate() {
        let repository = format!("del{number}");
        for tag in TAGS {
            seed::push_as(&image.dir, "v1", &scene.registry.client(), &repository, tag);
        }
        stevedore(&["delete", &format!("docker://{host}/{repository}:t1")]).ok();
        let left = crane.run(&["ls", "--insecure", &scene.name(&repository)]);
        let left: BTreeSet<&str> = left.text().lines().collect();
        assert_eq!(left, TAGS[1..].iter().copied().collect(), "at {host}");
        for tag in &TAGS[1..] {
            assert_eq!(crane.run(&["digest", &scene.name(&format!("{repository}:{tag}"))]).text(), image.digest);
        }
        crane.run(&["validate", "--remote", &scene.name(&format!("{repository}:t2"))]);
        assert_ne!(crane.try_run(&["digest", &scene.name(&format!("{repository}:t1"))]).code, 0);
    }
}

/// A manifest goes with all its tags, which are named first, and only when that is confirmed.
#[test]
fn a_manifest_goes_only_when_confirmed() {
    let (Some(scene), Some(crane)) = (Scene::new(), oracle("crane")) else {
        return;
    };
    let image = fixture::single(&scene.folder.path("app"));
    let other = scene.seed("del", fixture::app);
    for tag in TAGS {
        seed::push_as(&image.dir, "v1", &scene.registry.client(), "del", tag);
    }
    let manifest = scene.docker(&format!("del@{}", image.digest));
    let refused = stevedore(&["delete", &manifest]).code(2);
    let (_, named) = refused.stderr.split_once("the tags that name it: ").expect("they are named");
    let named: BTreeSet<&str> = named.lines().next().expect("a line").split(", ").collect();
    assert_eq!(named, BTreeSet::from(TAGS), "v1 names another manifest");
    assert_eq!(crane.run(&["digest", &scene.name("del:t6")]).text(), image.digest);
    stevedore(&["delete", "--yes", &manifest]).ok();
    for tag in TAGS {
        assert_ne!(crane.try_run(&["digest", &scene.name(&format!("del:{tag}"))]).code, 0, "{tag} is still there");
    }
    assert_eq!(crane.run(&["digest", &scene.name("del:v1")]).text(), other.digest);
}

/// A tag that leaves a layout takes with it the blobs that nothing else needs, and no other: the other tag is whole for skopeo.
#[test]
fn blobs_that_another_tag_needs_stay() {
    let Some(skopeo) = oracle("skopeo") else {
        return;
    };
    let folder = Folder::new();
    let image = fixture::four_platforms(&folder.path("app"));
    let (place, one) = (folder.at("oci", "o", ""), folder.at("oci", "o", ":one"));
    copy(&["--all"], &image.reference(), &folder.at("oci", "o", ":v1"));
    copy(&["--platform", "linux/arm64"], &image.reference(), &one);
    stevedore(&["delete", &folder.at("oci", "o", ":v1")]).ok();
    stevedore(&["gc", &place]).ok();
    assert_eq!(stevedore(&["tags", &place]).ok().text(), "one");
    let part = image.part("linux/arm64/v8");
    let needed: BTreeSet<String> =
        [&part.digest, &part.config].into_iter().chain(&part.layers).map(|digest| hex(digest)).collect();
    assert_eq!(blobs(&folder.path("o")), needed);
    skopeo.run(&["copy", "-q", &one, &folder.at("dir", "d", "")]);
    assert_eq!(sha256(&fs::read(folder.path("d/manifest.json")).expect("a manifest")), part.digest);
}

/// `gc` leaves exactly the blobs that crane's own collector leaves.
#[test]
fn gc_frees_what_crane_frees() {
    let Some(crane) = oracle("crane") else {
        return;
    };
    let folder = Folder::new();
    for name in ["ours", "theirs"] {
        let image = fixture::nested(&folder.path(name));
        Layout::open(&image.dir).blob("text/plain", b"nobody names this");
        Layout::open(&image.dir).blob("text/plain", b"nor that");
        assert_eq!(blobs(&image.dir).len(), 13);
    }
    let freed = stevedore(&["gc", "--json", &folder.at("oci", "ours", "")]).ok().json();
    crane.run(&["layout", "gc", &folder.text("theirs")]);
    assert_eq!(freed["blobs"], 2);
    assert_eq!(blobs(&folder.path("ours")), blobs(&folder.path("theirs")));
    assert_eq!(blobs(&folder.path("ours")).len(), 11);
}

fn blobs(layout: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(layout.join("blobs/sha256")).expect("a layout has blobs");
    entries.map(|entry| entry.expect("a readable directory").file_name().to_string_lossy().into_owned()).collect()
}

fn hex(digest: &str) -> String {
    digest.trim_start_matches("sha256:").to_owned()
}
