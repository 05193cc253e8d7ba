//! `static:` as files, and as other tools see it through a web server.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::command::{Run, stevedore};
use crate::support::fixture::{self, Fixture};
use crate::support::http::Client;
use crate::support::nginx::Nginx;
use crate::support::oracle::{Tool, oracle};

/// A tree, and images as `dir:` to put there.
struct Room {
    room: TempDir,
    skopeo: Tool,
}

impl Room {
    fn new() -> Option<Room> {
        let skopeo = oracle("skopeo-new")?;
        Some(Room { room: TempDir::new().expect("a temporary directory"), skopeo })
    }

    /// Makes an image available as `dir:NAME`.
    fn image(&self, name: &str, make: impl Fn(&Path) -> Fixture) -> Fixture {
        let fixture = make(&self.room.path().join(format!("{name}-layout")));
        self.skopeo.run(&["copy", "-q", "-a", &fixture.reference(), &self.dir(name)]);
        fixture
    }

    fn dir(&self, name: &str) -> String {
        format!("dir:{}", self.room.path().join(name).display())
    }

    fn tree(&self) -> PathBuf {
        self.room.path().join("tree")
    }

    fn place(&self, name: &str) -> String {
        format!("static:{}:{name}", self.tree().display())
    }

    #[track_caller]
    fn put(&self, image: &str, to: &str) -> Run {
        stevedore(&["copy", "--all", &self.dir(image), &self.place(to)])
    }

    #[track_caller]
    fn tags(&self, repository: &str) -> Value {
        let list = fs::read(self.tree().join("v2").join(repository).join("tags/list")).expect("a listing");
        serde_json::from_slice(&list).expect("JSON")
    }
}

/// Returns everything below a folder: what a link leads to, or the inode and modification time of a file.
fn walk(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(&at).expect("a folder") {
            let path = entry.expect("an entry").path();
            let metadata = fs::symlink_metadata(&path).expect("is there");
            let name = path.strip_prefix(folder).expect("below").display().to_string();
            if metadata.is_dir() {
                folders.push(path);
            } else if metadata.is_symlink() {
                found.insert(name, format!("-> {}", fs::read_link(&path).expect("a link").display()));
            } else {
                found.insert(name, format!("{} {}", metadata.ino(), metadata.mtime_nsec()));
            }
        }
    }
    found
}

#[test]
fn the_tree_is_as_documented() {
    let Some(room) = Room::new() else { return };
    let app = room.image("app", fixture::app);
    room.put("app", "lib/app:v1").ok();
    let mut expected =
        vec!["_empty-referrers".to_owned(), "v2/lib/app/tags/list".to_owned(), "m/lib/app/v1".to_owned()];
    let mut manifest = |digest: &str, kind: &str| {
        expected.extend(["m".to_owned(), digest.to_owned()].map(|name| format!("m/lib/app/{digest}/{name}.{kind}")));
        expected.push(format!("m/lib/app/{digest}/digest"));
        expected.push(format!("v2/lib/app/referrers/{digest}"));
    };
    manifest(&app.digest, "oci-index");
    for part in &app.parts {
        manifest(&part.digest, "oci-image");
    }
    for part in &app.parts {
        for blob in part.layers.iter().chain([&part.config]) {
            expected.push(format!("v2/lib/app/blobs/{blob}"));
        }
    }
    expected.sort();
    expected.dedup();
    let tree = walk(&room.tree());
    assert_eq!(tree.keys().cloned().collect::<Vec<_>>(), expected);
    assert_eq!(tree["m/lib/app/v1"], format!("-> {}", app.digest));
    let read = |name: &str| fs::read_to_string(room.tree().join(name)).expect("a file");
    assert_eq!(read("v2/lib/app/tags/list"), r#"{"name":"lib/app","tags":["v1"]}"#);
    assert_eq!(
        read("_empty-referrers"),
        r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#
    );
    // Again, and under another tag: what there was stays as it was.
    room.put("app", "lib/app:v1").ok();
    assert_eq!(walk(&room.tree()), tree);
    room.put("app", "lib/app:v2").ok();
    let mut after = walk(&room.tree());
    after.remove("m/lib/app/v2").expect("the new link");
    after.insert("v2/lib/app/tags/list".into(), tree["v2/lib/app/tags/list"].clone());
    assert_eq!(after, tree);
    // And back.
    let back = room.dir("back");
    stevedore(&["copy", "--all", &room.place("lib/app:v2"), &back]).ok();
    let parts = [&room.dir("app")[4..], &back[4..]].map(|dir| walk(Path::new(dir)).into_keys().collect::<Vec<_>>());
    assert_eq!(parts[0], parts[1]);
}

#[test]
fn repositories_share_blobs() {
    let Some(room) = Room::new() else { return };
    room.image("app", fixture::app);
    room.put("app", "lib/app:v1").ok();
    room.put("app", "other:v1").ok();
    let blobs = |repository: &str| walk(&room.tree().join("v2").join(repository).join("blobs"));
    assert_eq!(blobs("lib/app"), blobs("other"));
    assert!(!blobs("other").is_empty());
}

#[test]
fn parallel_writers_keep_every_tag() {
    let Some(room) = Room::new() else { return };
    room.image("app", fixture::app);
    let names: Vec<_> = (0..8).map(|number| format!("t{number}")).collect();
    let put = |name: &str| room.put("app", &format!("lib/app:{name}")).ok();
    thread::scope(|scope| {
        for name in &names {
            let put = &put;
            scope.spawn(move || put(name));
        }
    });
    assert_eq!(room.tags("lib/app"), json!({"name": "lib/app", "tags": names}));
    assert!(!room.tree().join(".partial").exists());
}

#[test]
fn a_tag_moves_and_goes() {
    let Some(room) = Room::new() else { return };
    let app = room.image("app", fixture::app);
    let single = room.image("single", fixture::single);
    room.put("app", "app:v1").ok();
    room.put("app", "app:v2").ok();
    room.put("single", "app:v1").ok();
    assert_eq!(walk(&room.tree())["m/app/v1"], format!("-> {}", single.digest));
    stevedore(&["delete", &room.place("app:v1")]).ok();
    assert_eq!(room.tags("app"), json!({"name": "app", "tags": ["v2"]}));
    assert_eq!(stevedore(&["digest", &room.place("app:v2")]).ok().text(), app.digest);
    stevedore(&["digest", &room.place("app:v1")]).code(3);
    stevedore(&["delete", &room.place("app:v1")]).code(3);
    stevedore(&["digest", &room.place(&format!("app@{}", single.digest))]).ok();
}

/// A tag and a repository may have one name, as kaniko's `app:cache` and `app/cache` do.
#[test]
fn a_tag_and_a_repository_of_one_name_are_both_there() {
    let Some(room) = Room::new() else { return };
    let app = room.image("app", fixture::app);
    let single = room.image("single", fixture::single);
    for (number, order) in [["a/b:v1", "a:b"], ["a:b", "a/b:v1"], ["a:b", "a/b/c/d:v1"]].into_iter().enumerate() {
        let image = |name: &str| if name == "a:b" { &app } else { &single };
        let place = |name: &str| room.place(&format!("r{number}/{name}"));
        for name in order {
            room.put(if name == "a:b" { "app" } else { "single" }, &format!("r{number}/{name}")).ok();
        }
        for name in order {
            assert_eq!(stevedore(&["digest", &place(name)]).ok().text(), image(name).digest, "{name}");
        }
        let repository = format!("r{number}/a");
        assert_eq!(room.tags(&repository), json!({"name": repository, "tags": ["b"]}));
        let tree = walk(&room.tree());
        assert_eq!(tree[&format!("m/{repository}/@tags/b")], format!("-> ../{}", app.digest));
        assert!(!tree.contains_key(&format!("m/{repository}/b")));
        // Again, moved, beside another, and away: none of it touches the repository.
        room.put("app", &format!("{repository}:b")).ok();
        room.put("single", &format!("{repository}:b")).ok();
        room.put("single", &format!("{repository}:c")).ok();
        assert_eq!(stevedore(&["digest", &place("a:b")]).ok().text(), single.digest);
        assert_eq!(stevedore(&["tags", &room.place(&repository)]).ok().text(), "b\nc");
        stevedore(&["delete", &place("a:b")]).ok();
        assert_eq!(room.tags(&repository), json!({"name": repository, "tags": ["c"]}));
        stevedore(&["digest", &place("a:b")]).code(3);
        let other = order.iter().find(|name| **name != "a:b").expect("the other one");
        assert_eq!(stevedore(&["digest", &place(other)]).ok().text(), single.digest);
        // A tag by its digest, in one place or the other.
        room.put("app", &format!("{repository}:b")).ok();
        room.put("app", &format!("{repository}:d")).ok();
        stevedore(&["delete", "--yes", &room.place(&format!("{repository}@{}", app.digest))]).ok();
        assert_eq!(room.tags(&repository)["tags"], json!(["c"]));
        assert!(!room.tree().join(format!("m/{repository}/@tags")).exists());
    }
}

/// What a crash leaves in the middle of moving a link is read as one tag.
#[test]
fn a_tag_with_two_links_is_one() {
    let Some(room) = Room::new() else { return };
    room.image("app", fixture::app);
    let single = room.image("single", fixture::single);
    room.put("app", "a:b").ok();
    let folder = room.tree().join("m/a");
    fs::create_dir(folder.join("@tags")).expect("made");
    let target = fs::read_link(folder.join("b")).expect("a link");
    std::os::unix::fs::symlink(Path::new("..").join(target), folder.join("@tags/b")).expect("linked");
    assert_eq!(stevedore(&["tags", &room.place("a")]).ok().text(), "b");
    room.put("single", "a:b").ok();
    assert_eq!(stevedore(&["digest", &room.place("a:b")]).ok().text(), single.digest);
    assert!(!folder.join("b").exists(), "the old one is gone");
    stevedore(&["delete", &room.place("a:b")]).ok();
    assert_eq!(room.tags("a")["tags"], json!([]));
}

/// The list of `x`'s tags is where the folder of a repository `x/tags/list` would be: no tree has both.
#[test]
fn a_list_and_a_repository_of_one_name_are_refused_in_words() {
    let Some(room) = Room::new() else { return };
    room.image("single", fixture::single);
    for (number, [first, second]) in
        [["x:v1", "x/tags/list:v1"], ["x/tags/list:v1", "x:v1"], ["x:v1", "x/tags/list/y:v1"]].into_iter().enumerate()
    {
        room.put("single", &format!("r{number}/{first}")).ok();
        let before = walk(&room.tree());
        let run = room.put("single", &format!("r{number}/{second}")).code(1);
        assert!(run.stderr.contains("choose another name"), "{}", run.stderr);
        assert!(run.stderr.contains(&format!("r{number}/x/tags/list")), "{}", run.stderr);
        assert_eq!(walk(&room.tree()), before);
    }
}

#[test]
fn a_copied_tree_without_links_is_read() {
    let Some(room) = Room::new() else { return };
    let app = room.image("app", fixture::app);
    room.put("app", "app:v1").ok();
    let link = room.tree().join("m/app/v1");
    fs::remove_file(&link).expect("removed");
    assert_eq!(stevedore(&["tags", &room.place("app")]).ok().text(), "v1");
    fs::create_dir(&link).expect("made");
    fs::copy(room.tree().join(format!("m/app/{}/m.oci-index", app.digest)), link.join("m.oci-index")).expect("copied");
    assert_eq!(stevedore(&["digest", &room.place("app:v1")]).ok().text(), app.digest);
}

#[test]
fn a_web_server_makes_it_a_registry() {
    let Some(room) = Room::new() else { return };
    let app = room.image("app", fixture::app);
    room.image("docker", fixture::docker);
    room.put("app", "lib/app:v1").ok();
    room.put("docker", "lib/docker:v1.html").ok();
    let Some(nginx) = Nginx::start(&room.tree()) else { return };
    for (name, image) in [("lib/app:v1", "app"), ("lib/docker:v1.html", "docker")] {
        let pulled = room.dir(&format!("{image}-pulled"));
        let from = format!("docker://{}/{name}", nginx.host());
        room.skopeo.run(&["copy", "-q", "-a", "--src-tls-verify=false", &from, &pulled]);
        let names =
            [&room.dir(image)[4..], &pulled[4..]].map(|dir| walk(Path::new(dir)).into_keys().collect::<Vec<_>>());
        assert_eq!(names[0], names[1]);
    }
    let client = Client::new(&nginx.host());
    let manifest = client.head("/v2/lib/app/manifests/v1").expect(200);
    assert_eq!(manifest.header("docker-content-digest"), Some(app.digest.as_str()));
    assert_eq!(manifest.header("content-type"), Some(app.media_type.as_str()));
    let referrers = client.get(&format!("/v2/lib/app/referrers/{}", app.digest)).expect(200);
    assert_eq!(referrers.json()["manifests"], json!([]));
    assert_eq!(client.get("/v2/lib/app/tags/list").expect(200).json()["tags"], json!(["v1"]));
    // Ours reads it, too.
    let from = format!("docker://{}/lib/app:v1", nginx.host());
    assert_eq!(stevedore(&["digest", &from]).ok().text(), app.digest);
    assert_eq!(stevedore(&["copy", "--all", &from, &room.dir("ours")]).ok().text(), app.digest);
}
