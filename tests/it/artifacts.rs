//! `push` and `pull` beside oras: each reads what the other writes, and names of strangers lead nowhere.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::command::{Program, Run, stevedore};
use crate::support::fixture::{OCI_EMPTY, OCI_MANIFEST};
use crate::support::layout::{Layout, blob_path, sha256};
use crate::support::oracle::{Tool, oracle};
use crate::support::registry::Registry;
use crate::support::scene::{Folder, files};
use crate::support::served::Served;
use crate::support::tarball::Tarball;

const TITLE: &str = "org.opencontainers.image.title";
const UNPACK: &str = "io.deis.oras.content.unpack";

/// A folder with files of every kind that artifacts are made of.
fn files_to_push(folder: &Folder) -> PathBuf {
    let dir = folder.path("work");
    fs::create_dir_all(dir.join("folder/sub")).expect("made");
    fs::create_dir(dir.join("folder/nothing")).expect("made");
    for (name, content) in
        [("hi.txt", "hi\n"), ("empty", ""), ("folder/sub/x", "x"), ("folder/run", "#!/bin/sh\n"), ("colon:name", "c")]
    {
        fs::write(dir.join(name), content).expect("written");
    }
    // What is packed keeps its modes, which the mask of whoever runs this must not decide.
    for (name, mode) in [
        ("folder", 0o755),
        ("folder/sub", 0o755),
        ("folder/nothing", 0o755),
        ("folder/run", 0o755),
        ("folder/sub/x", 0o644),
    ] {
        fs::set_permissions(dir.join(name), fs::Permissions::from_mode(mode)).expect("set");
    }
    symlink("sub/x", dir.join("folder/link")).expect("linked");
    dir
}

/// What a folder holds: files with content, links with targets, modes.
fn listing(dir: &Path) -> Vec<(String, u32, Vec<u8>)> {
    let mut found = Vec::new();
    let mut left = vec![dir.to_owned()];
    while let Some(at) = left.pop() {
        for entry in fs::read_dir(&at).expect("a folder") {
            let path = entry.expect("an entry").path();
            let metadata = fs::symlink_metadata(&path).expect("there");
            let content = if metadata.is_dir() {
                left.push(path.clone());
                Vec::new()
            } else if metadata.is_symlink() {
                fs::read_link(&path).expect("a link").into_os_string().into_encoded_bytes()
            } else {
                fs::read(&path).expect("readable")
            };
            let name = path.strip_prefix(dir).expect("below").display().to_string();
            found.push((name, metadata.permissions().mode(), content));
        }
    }
    found.sort();
    found
}

fn in_dir(dir: &Path, arguments: &[&str]) -> Run {
    Program::stevedore(arguments).current_dir(dir).run()
}

fn oras_in(oras: &Tool, dir: &Path, arguments: &[&str]) -> Run {
    let mut command = oras.command(arguments);
    command.current_dir(dir);
    crate::support::command::run(command, &[]).ok()
}

#[test]
fn oras_pulls_what_we_push() {
    let (Some(registry), Some(oras)) = (Registry::start(), oracle("oras")) else { return };
    let folder = Folder::new();
    let work = files_to_push(&folder);
    let served = Served::start(&["--store", &folder.text("store"), "--anonymous-push"]);
    let pushed = ["hi.txt:text/plain", "folder/", "./empty", "folder/sub/x", "colon:name:"];
    let mut digests = Vec::new();
    for (number, host) in [registry.host(), served.host()].iter().enumerate() {
        let name = format!("{host}/artifacts/one:v1");
        let reference = format!("docker://{name}");
        let arguments = [&["push", "--artifact-type", "application/vnd.example", &reference][..], &pushed].concat();
        let done = in_dir(&work, &arguments).ok();
        assert!(done.stderr.contains("5 files pushed, 6 of 6 blobs sent"), "{}", done.stderr);
        digests.push(done.text().to_owned());
        let again = in_dir(&work, &arguments).ok();
        assert!(again.stderr.contains("5 files: nothing to do"), "{}", again.stderr);
        let out = folder.text(&format!("out{number}"));
        oras.run(&["pull", "--plain-http", "-o", &out, &name]);
        assert_eq!(listing(Path::new(&out)), listing(&work));
        let manifest = oras.run(&["manifest", "fetch", "--plain-http", &name]).json();
        assert_eq!(manifest["artifactType"], "application/vnd.example");
        assert_eq!(manifest["layers"][0]["mediaType"], "text/plain");
        let ours = folder.text(&format!("ours{number}"));
        let pulled = stevedore(&["pull", "-o", &ours, &reference]).ok();
        assert_eq!(listing(Path::new(&ours)), listing(&work));
        assert_eq!(pulled.text().lines().next(), Some(&*format!("{ours}/hi.txt")));
    }
    assert_eq!(digests[0], digests[1]);
}

/// What is said about an artifact is what oras says, but for the time and the bytes of gzip.
#[test]
fn the_manifest_is_orass() {
    let Some(oras) = oracle("oras") else { return };
    let folder = Folder::new();
    let work = files_to_push(&folder);
    let said = json!({"$manifest": {"m": "1"}, "$config": {"c": "2"}, "hi.txt": {"f": "3"}, "folder": {"d": "4"}});
    fs::write(work.join("said.json"), said.to_string()).expect("written");
    fs::write(work.join("config.json"), "{\"a\":1}").expect("written");
    let all: &[&[&str]] = &[
        &["hi.txt:text/plain", "folder", "empty", "--annotation-file", "said.json", "--config", "config.json:a/b"],
        &["hi.txt", "--artifact-type", "a/type", "-a", "k=v", "--config", "config.json"],
        &["hi.txt", "-a", "k=v", "-a", "l=w=x"],
        &["-a", "k=v"],
    ];
    for (number, arguments) in all.iter().enumerate() {
        let (theirs, ours) = (format!("theirs:v{number}"), format!("oci:ours:v{number}"));
        oras_in(&oras, &work, &[&["push", "--oci-layout", &theirs], *arguments].concat());
        in_dir(&work, &[&["push", &ours], *arguments].concat()).ok();
        let [theirs, ours] = [format!("oci:{theirs}"), ours].map(|reference| {
            let mut manifest = in_dir(&work, &["inspect", "--raw", &reference]).ok().json();
            let annotations = manifest["annotations"].as_object_mut().expect("they have some");
            annotations.remove("org.opencontainers.image.created");
            for layer in manifest["layers"].as_array_mut().expect("layers") {
                if layer["annotations"][UNPACK] == "true" {
                    // The bytes of tar and gzip are each tool's own.
                    layer["digest"] = Value::Null;
                    layer["size"] = Value::Null;
                    layer["annotations"]["io.deis.oras.content.digest"] = Value::Null;
                }
            }
            manifest
        });
        assert_eq!(ours, theirs, "{arguments:?}");
    }
    let wrong = json!({"hello.txt": {"f": "3"}});
    fs::write(work.join("wrong.json"), wrong.to_string()).expect("written");
    let refused = in_dir(&work, &["push", "oci:ours:v9", "hi.txt", "--annotation-file", "wrong.json"]).code(2);
    assert!(
        refused.stderr.contains(r#"the annotations are of "hello.txt", which is no file here"#),
        "{}",
        refused.stderr
    );
}

/// From oras, through every place, to files.
#[test]
fn we_pull_what_oras_pushes() {
    let (Some(registry), Some(oras)) = (Registry::start(), oracle("oras")) else { return };
    let folder = Folder::new();
    let work = files_to_push(&folder);
    let name = format!("{}/theirs:v1", registry.host());
    oras_in(&oras, &work, &["push", "--plain-http", &name, "hi.txt:text/plain", "folder", "empty", "colon:name:"]);
    let places = [
        format!("docker://{name}"),
        folder.at("oci", "layout", ":v1"),
        folder.at("oci-archive", "archive.tar", ":v1"),
        folder.at("docker-archive", "docker.tar", ":example.com/a:1"),
        folder.at("dir", "dir", ""),
        folder.at("static", "static", ":a/b:v1"),
    ];
    for (number, place) in places.iter().enumerate() {
        if number > 0 {
            stevedore(&["copy", &places[number - 1], place]).ok();
        }
        let out = folder.text(&format!("out{number}"));
        stevedore(&["pull", "-o", &out, place]).ok();
        assert_eq!(listing(Path::new(&out)), listing(&work), "{place}");
    }
}

/// Time, place and machine change nothing.
#[test]
fn the_same_files_give_the_same_digest_everywhere() {
    let folder = Folder::new();
    let work = files_to_push(&folder);
    let push = |to: &str| in_dir(&work, &["push", to, "folder", "hi.txt"]).ok().text().to_owned();
    let first = push("oci:one:v1");
    assert_eq!(first, "sha256:e27236fff472d33d57f678bc231e96b2675c70354c66f9f570722816a9c9c153", "golden");
    let script = work.join("folder/run");
    fs::File::options().append(true).open(&script).expect("opened").set_modified(std::time::UNIX_EPOCH).expect("set");
    for to in ["oci-archive:a.tar:v1", "docker-archive:d.tar:example.com/a:1", "dir:dir", "static:s:a:v1", "oci:two:v1"]
    {
        assert_eq!(push(to), first, "{to}");
    }
    let dated = |seconds: &str| {
        let program = Program::stevedore(&["push", "oci:dated:v1", "folder"]).current_dir(&work);
        program.env("SOURCE_DATE_EPOCH", seconds).run().ok().text().to_owned()
    };
    assert_eq!(dated("1704164645"), dated("1704164645"));
    assert_ne!(dated("1704164645"), dated("1704164646"));
    let shown = in_dir(&work, &["inspect", "--raw", "oci:dated:v1"]).ok().json();
    assert_eq!(shown["annotations"]["org.opencontainers.image.created"], "2024-01-02T03:04:06Z");
}

/// A file outside is named by its last part.
#[test]
fn paths_from_elsewhere_are_named_by_their_last_part() {
    let folder = Folder::new();
    let work = files_to_push(&folder);
    let absolute = work.join("hi.txt").display().to_string();
    let inside = work.join("folder");
    let pushed = in_dir(&inside, &["push", "--json", "oci:out:v1", &absolute, "../empty:text/plain", "."]).ok().json();
    let titles: Vec<&str> =
        pushed["files"].as_array().expect("files").iter().filter_map(|file| file["title"].as_str()).collect();
    assert_eq!(titles, ["hi.txt", "empty", "folder"]);
    let twice = in_dir(&inside, &["push", "oci:out:v2", &absolute, "../hi.txt"]).code(1);
    assert!(twice.stderr.contains(r#"two files have the name "hi.txt""#), "{}", twice.stderr);
    for (file, code, message) in [
        ("none", 1, "cannot read none"),
        ("hi:plain", 2, r#""plain" is no media type"#),
        ("/dev/null", 1, "/dev/null is neither a file nor a folder"),
    ] {
        let run = in_dir(&work, &["push", "oci:out:v2", file]).code(code);
        assert!(run.stderr.contains(message), "{}", run.stderr);
    }
    // Nothing was written for any of them.
    in_dir(&inside, &["digest", "oci:out:v2"]).code(3);
}

#[test]
fn files_are_chosen_and_kept() {
    let folder = Folder::new();
    let work = files_to_push(&folder);
    in_dir(&work, &["push", "oci:a:v1", "hi.txt", "empty", "folder"]).ok();
    let pull = |arguments: &[&str]| in_dir(&work, &[&["pull", "oci:a:v1"], arguments].concat());
    assert_eq!(pull(&["hi.txt", "-o", "-"]).ok().stdout, b"hi\n");
    assert_eq!(pull(&["hi.txt", "-o", "one"]).ok().text(), "one/hi.txt");
    assert_eq!(files(&work.join("one")).len(), 1);
    let kept = pull(&["-k", "-o", "one"]).code(1);
    assert!(kept.stderr.contains("one/hi.txt is there already"), "{}", kept.stderr);
    assert_eq!(files(&work.join("one")).len(), 1, "found out before anything was written");
    fs::write(work.join("one/hi.txt"), "other").expect("written");
    fs::create_dir(work.join("one/folder")).expect("made");
    fs::write(work.join("one/folder/own"), "own").expect("written");
    pull(&["-o", "one"]).ok();
    assert_eq!(fs::read(work.join("one/hi.txt")).expect("there"), b"hi\n");
    assert_eq!(fs::read(work.join("one/folder/own")).expect("it stays"), b"own");
    assert_eq!(fs::read(work.join("one/folder/sub/x")).expect("there"), b"x");
    let missing = pull(&["nope"]).code(3);
    assert!(
        missing.stderr.contains(r#"there is no file "nope"; there are: empty, folder, hi.txt"#),
        "{}",
        missing.stderr
    );
    assert!(pull(&["-o", "-"]).code(2).stderr.contains("one file at a time goes to standard output"));
    let report = pull(&["--json", "-o", "two"]).ok().json();
    assert_eq!(report["files"][2]["isFolder"], true);
    assert_eq!(report["files"][0]["digest"], sha256(b"hi\n"));
    // A folder in the way of a file, and a file in the way of a folder.
    for (make, message) in [("three/hi.txt/x", "three/hi.txt is a folder"), ("four/folder", "four/folder is no folder")]
    {
        let path = work.join(make);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(&path, "mine").expect("written");
        let out = make.split('/').next().expect("a part");
        let run = pull(&["-o", out]).code(1);
        assert!(run.stderr.contains(message), "{}", run.stderr);
        assert_eq!(files(&work.join(out)).len(), 1, "only what was there");
    }
}

/// A layout with an artifact of such files: name, content, whether it says that it is a packed folder.
fn crafted(folder: &Folder, name: &str, parts: &[(&str, &[u8], bool)]) -> String {
    let dir = folder.path(name);
    let layout = Layout::create(&dir);
    let layers: Vec<Value> = parts
        .iter()
        .map(|(title, content, packed)| {
            let mut layer = layout.blob("application/octet-stream", content);
            layer["annotations"] = json!({TITLE: title});
            if *packed {
                layer["annotations"][UNPACK] = json!("true");
            }
            layer
        })
        .collect();
    let config = layout.blob(OCI_EMPTY, b"{}");
    let manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "a/b", "config": config, "layers": layers,
    });
    layout.tag(&layout.json(OCI_MANIFEST, &manifest), "v1");
    format!("oci:{}:v1", dir.display())
}

/// Nothing but the output folder is written to, and nothing in it when one name is bad.
#[test]
fn names_lead_nowhere() {
    let folder = Folder::new();
    let victim = folder.path("victim");
    fs::create_dir(&victim).expect("made");
    let absolute = victim.join("evil").display().to_string();
    let titles: Vec<Vec<&str>> = vec![
        vec!["good", "../victim/evil"],
        vec!["good", "a/../../victim/evil"],
        vec!["good", &absolute],
        vec!["good", ".."],
        vec!["good", ""],
        vec!["good", "good"],
        vec!["good", "./good"],
        vec!["good", "good/evil"],
    ];
    for (number, titles) in titles.iter().enumerate() {
        for packed in [false, true] {
            let parts: Vec<(&str, &[u8], bool)> =
                titles.iter().enumerate().map(|(at, title)| (*title, &b"evil"[..], packed && at == 1)).collect();
            let reference = crafted(&folder, &format!("l{number}{packed}"), &parts);
            let out = folder.text(&format!("out{number}{packed}"));
            let run = stevedore(&["pull", "-o", &out, &reference]).code(1);
            let wanted = ["is no name for a file", "two files have the name", "which is a file"];
            assert!(wanted.iter().any(|message| run.stderr.contains(message)), "{}", run.stderr);
            assert!(!Path::new(&out).exists(), "{titles:?}");
        }
    }
    assert!(files(&victim).is_empty());
}

#[test]
fn packed_folders_lead_nowhere() {
    let folder = Folder::new();
    let victim = folder.path("victim");
    fs::create_dir(&victim).expect("made");
    let absolute = victim.display().to_string();
    let tar = Tarball::new;
    let tars: Vec<(&str, Tarball)> = vec![
        ("is outside the folder", tar().file("d/../../victim/evil", "evil")),
        ("is outside the folder", tar().file("other", "evil")),
        ("is outside the folder", tar().file("/d/evil", "evil")),
        ("may lead out of the folder", tar().symlink("d/l", &absolute).file("d/l/evil", "evil")),
        ("may lead out of the folder", tar().symlink("d/l", "../victim").file("d/l/evil", "evil")),
        ("may lead out of the folder", tar().symlink("d/a", ".").symlink("d/b", "a/../../victim")),
        ("leads out of the folder", tar().link("d/l", "victim/x")),
        ("leads out of the folder", tar().link("d/l", "d/../../victim/x")),
    ];
    for (number, (message, tar)) in tars.iter().enumerate() {
        let reference = crafted(&folder, &format!("l{number}"), &[("good", b"good", false), ("d", &tar.end(), true)]);
        let out = folder.text(&format!("out{number}"));
        let run = stevedore(&["pull", "-o", &out, &reference]).code(1);
        assert!(run.stderr.contains(message), "{}", run.stderr);
        assert!(listing(Path::new(&out)).is_empty(), "{number}");
    }
    assert!(files(&victim).is_empty());
}

/// Links that are there already are not written through, and replaced where a file is to be.
#[test]
fn links_that_are_there_lead_nowhere() {
    let folder = Folder::new();
    let victim = folder.path("victim");
    fs::create_dir(&victim).expect("made");
    fs::write(victim.join("file"), "mine").expect("written");
    let tar = Tarball::new().file("d/file", "evil").file("d/sub/x", "evil").end();
    let out = folder.path("out");
    fs::create_dir_all(out.join("e")).expect("made");
    symlink(&victim, out.join("link")).expect("linked");
    symlink(&victim, out.join("d")).expect("linked");
    symlink(victim.join("file"), out.join("name")).expect("linked");
    symlink(&victim, out.join("e/sub")).expect("linked");
    let pull = |parts: &[(&str, &[u8], bool)]| {
        let reference = crafted(&folder, &format!("l{}", rand(parts)), parts);
        stevedore(&["pull", "-o", &out.display().to_string(), &reference])
    };
    let run = pull(&[("link/file", b"evil", false)]).code(1);
    assert!(run.stderr.contains("link is a link or a file, which is not written through"), "{}", run.stderr);
    let run = pull(&[("d", &tar, true)]).code(1);
    assert!(run.stderr.contains("d is a symbolic link, and stays"), "{}", run.stderr);
    let below = Tarball::new().file("e/sub/x", "evil").end();
    let run = pull(&[("e", &below, true)]).code(1);
    assert!(run.stderr.contains("e/sub is a symbolic link, and stays"), "{}", run.stderr);
    pull(&[("name", b"new", false)]).ok();
    assert!(!fs::symlink_metadata(out.join("name")).expect("there").is_symlink());
    assert_eq!(fs::read(out.join("name")).expect("there"), b"new");
    assert_eq!(files(&victim), [("file".to_owned(), b"mine".to_vec())]);
    // The output folder itself may be named through a link.
    let named = folder.path("named");
    symlink(&victim, &named).expect("linked");
    let reference = crafted(&folder, "last", &[("new", b"new", false)]);
    stevedore(&["pull", "-o", &named.display().to_string(), &reference]).ok();
    assert_eq!(files(&victim).len(), 2);
}

fn rand(parts: &[(&str, &[u8], bool)]) -> String {
    sha256(
        parts
            .iter()
            .flat_map(|(title, content, _)| [title.as_bytes(), content].concat())
            .collect::<Vec<_>>()
            .as_slice(),
    )[7..15]
        .to_owned()
}

/// Files get their names when all of them are right.
#[test]
fn damaged_content_leaves_nothing() {
    let folder = Folder::new();
    let reference = crafted(&folder, "l", &[("good", b"good", false), ("bad", b"bad", false)]);
    fs::write(blob_path(&folder.path("l"), &sha256(b"bad")), "bax").expect("written");
    let out = folder.path("out");
    let run = stevedore(&["pull", "-o", &out.display().to_string(), &reference]).code(6);
    assert!(run.stderr.contains("content has digest"), "{}", run.stderr);
    assert!(listing(&out).is_empty());
    let tar = Tarball::new().file("d/x", "x").end();
    let dir = folder.path("wrong");
    let layout = Layout::create(&dir);
    let mut layer = layout.blob("application/octet-stream", &tar);
    layer["annotations"] = json!({TITLE: "d", UNPACK: "true", "io.deis.oras.content.digest": sha256(b"another")});
    let config = layout.blob(OCI_EMPTY, b"{}");
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "a/b", "config": config, "layers": [layer]});
    layout.tag(&layout.json(OCI_MANIFEST, &manifest), "v1");
    let run = stevedore(&["pull", "-o", &out.display().to_string(), &folder.at("oci", "wrong", ":v1")]).code(6);
    assert!(run.stderr.contains("its annotation says"), "{}", run.stderr);
    assert!(listing(&out).is_empty());
}

#[test]
fn images_are_no_files() {
    let folder = Folder::new();
    crate::support::fixture::single(&folder.path("image"));
    let image = folder.at("oci", "image", ":v1");
    let run = stevedore(&["pull", "-o", &folder.text("out"), &image]).code(1);
    assert!(run.stderr.contains("blobs has a name"), "{}", run.stderr);
    let nothing = folder.at("oci", "nothing", ":v1");
    stevedore(&["push", "-a", "k=v", &nothing]).ok();
    let run = stevedore(&["pull", "-o", &folder.text("out"), &nothing]).ok();
    assert!(run.stderr.contains("the artifact has no files") && run.text().is_empty(), "{}", run.stderr);
}
