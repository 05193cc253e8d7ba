//! `build --from`: what is kept of a base, and what a new layer does to it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use crate::build::documents;
use crate::support::command::stevedore;
use crate::support::fixture;
use crate::support::layout::{blob_path, sha256};
use crate::support::oracle::oracle;
use crate::support::scene::{Folder, Scene};
use crate::support::tarball::{Tarball, image};

/// A base with links on the way to things, a directory that everybody writes to, and one that gets replaced.
fn base(folder: &Folder) -> String {
    let root = folder.path("base");
    for directory in ["usr/bin", "tmp", "opt/old/deep", "etc"] {
        fs::create_dir_all(root.join(directory)).expect("makes");
    }
    fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777)).expect("sets");
    symlink("usr/bin", root.join("bin")).expect("links");
    for file in ["opt/old/a", "opt/old/deep/b", "etc/motd", "etc/keep", "usr/bin/sh"] {
        fs::write(root.join(file), file).expect("writes");
    }
    let output = folder.at("oci", "o", ":base");
    stevedore(&["build", "--dir", &folder.text("base"), "--env", "A=1", "--cmd", "sh", "-o", &output]).ok();
    output
}

/// Returns the names in an image's topmost layer, as GNU tar lists them.
fn top(folder: &Folder, tag: &str) -> Vec<String> {
    let (manifest, _) = documents(&folder.path("o"), tag);
    let layers = manifest["layers"].as_array().expect("layers");
    let digest = layers.last().expect("a layer")["digest"].as_str().expect("a digest");
    let blob = blob_path(&folder.path("o"), digest);
    let output = Command::new("tar").args(["-tzf"]).arg(blob).output().expect("tar runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect()
}

#[test]
fn deleting_a_file_is_one_whiteout() {
    let folder = Folder::new();
    let base = base(&folder);
    stevedore(&["build", "--from", &base, "--remove", "/etc/motd", "-o", &folder.at("oci", "o", ":1")]).ok();
    assert_eq!(top(&folder, "1"), ["etc/", "etc/.wh.motd"]);
    // Through a link of the base, to what is there.
    stevedore(&["build", "--from", &base, "--remove", "bin/sh", "-o", &folder.at("oci", "o", ":2")]).ok();
    assert_eq!(top(&folder, "2"), ["usr/", "usr/bin/", "usr/bin/.wh.sh"]);
    // The link itself.
    stevedore(&["build", "--from", &base, "--remove", "bin", "-o", &folder.at("oci", "o", ":3")]).ok();
    assert_eq!(top(&folder, "3"), [".wh.bin"]);
    let run = stevedore(&["build", "--from", &base, "--remove", "/gone", "-o", &folder.at("oci", "o", ":4")]).code(3);
    assert_eq!(run.stderr.trim(), "stevedore: /gone is not in the image");
    let listed = stevedore(&["ls", &folder.at("oci", "o", ":1")]).ok();
    assert!(!listed.text().contains("etc/motd") && listed.text().contains("etc/keep"));
}

#[test]
fn a_directory_that_becomes_a_file_leaves_nothing() {
    let folder = Folder::new();
    let base = base(&folder);
    fs::write(folder.path("file"), "file").expect("writes");
    let add = format!("{}:/opt/old", folder.text("file"));
    stevedore(&["build", "--from", &base, "--remove", "opt/old", "--add", &add, "-o", &folder.at("oci", "o", ":1")])
        .ok();
    assert_eq!(top(&folder, "1"), ["opt/", "opt/old"]);
    fs::create_dir(folder.path("new")).expect("makes");
    fs::write(folder.path("new/n"), "n").expect("writes");
    let add = format!("{}:/opt/old", folder.text("new"));
    stevedore(&["build", "--from", &base, "--remove", "opt/old", "--add", &add, "-o", &folder.at("oci", "o", ":3")])
        .ok();
    assert_eq!(top(&folder, "3"), ["opt/", "opt/old/", "opt/old/.wh..wh..opq", "opt/old/n"]);
    let listed = stevedore(&["ls", &folder.at("oci", "o", ":1"), "opt"]).ok();
    assert_eq!(listed.text(), "opt\nopt/old");
    let listed = stevedore(&["ls", &folder.at("oci", "o", ":3"), "opt"]).ok();
    assert_eq!(listed.text(), "opt\nopt/old\nopt/old/n");
    let Some(umoci) = oracle("umoci") else { return };
    for (tag, rest) in [("1", vec![]), ("3", vec!["n"])] {
        let bundle = folder.text(&format!("bundle{tag}"));
        let image = format!("{}:{tag}", folder.text("o"));
        umoci.run(&["unpack", "--rootless", "--image", &image, &bundle]);
        let old = folder.path(&format!("bundle{tag}/rootfs/opt/old"));
        assert_eq!(old.is_file(), rest.is_empty());
        if old.is_dir() {
            let names: Vec<_> =
                fs::read_dir(old).expect("lists").map(|entry| entry.expect("an entry").file_name()).collect();
            assert_eq!(names, rest);
        }
    }
}

#[test]
fn what_is_removed_does_not_show_through_what_is_added_there() {
    let folder = Folder::new();
    let base = base(&folder);
    fs::write(folder.path("file"), "file").expect("writes");
    let add = |to: &str| format!("{}:{to}", folder.text("file"));
    let cases: [(&[&str], &str, &[&str], &str); 3] = [
        // Into a directory that is removed: runtimes with overlay filesystems would show the base's beside a whiteout.
        (&["/opt"], "/opt/new", &["opt/", "opt/.wh..wh..opq", "opt/new"], "opt\nopt/new"),
        // Below a file that is removed.
        (
            &["/opt/old/a"],
            "/opt/old/a/n",
            &["opt/", "opt/old/", "opt/old/a/", "opt/old/a/.wh..wh..opq", "opt/old/a/n"],
            "opt\nopt/old\nopt/old/a\nopt/old/a/n\nopt/old/deep\nopt/old/deep/b",
        ),
        // What lies in something that is removed is removed with it.
        (&["/opt/old/deep", "/opt/old", "/opt/old/a"], "/opt/x", &["opt/", "opt/.wh.old", "opt/x"], "opt\nopt/x"),
    ];
    for (number, (removed, added, names, listed)) in cases.into_iter().enumerate() {
        let output = folder.at("oci", "o", &format!(":{number}"));
        let add = add(added);
        let mut all = vec!["build", "--from", &base, "--add", &add, "-o", &output];
        all.extend(removed.iter().flat_map(|path| ["--remove", path]));
        stevedore(&all).ok();
        assert_eq!(top(&folder, &number.to_string()), names);
        assert_eq!(stevedore(&["ls", &output, "opt"]).ok().text(), listed);
    }
}

#[test]
fn additions_follow_the_base() {
    let folder = Folder::new();
    let base = base(&folder);
    fs::write(folder.path("app"), "app").expect("writes");
    let app = folder.text("app");
    let output = folder.at("oci", "o", ":1");
    stevedore(&[
        "build",
        "--from",
        &base,
        "--add",
        &format!("{app}:/bin/"),
        "--add",
        &format!("{app}:/tmp/x"),
        "-o",
        &output,
    ])
    .ok();
    assert_eq!(top(&folder, "1"), ["tmp/", "tmp/x", "usr/", "usr/bin/", "usr/bin/app"]);
    let listed = stevedore(&["ls", "-l", &output]).ok();
    // Neither the link nor the mode is lost.
    assert!(listed.text().contains("drwxrwxrwt"), "{}", listed.text());
    assert!(listed.text().contains("bin -> usr/bin"), "{}", listed.text());
    let (_, config) = documents(&folder.path("o"), "1");
    assert_eq!(config["config"], serde_json::json!({"Cmd": ["sh"], "Env": ["A=1"]}));
}

/// A base with directories of all modes and owners, links to them, and a file.
fn odd_base(folder: &Folder) -> String {
    let layer = Tarball::new()
        .directory("usr")
        .directory("usr/bin")
        .file("usr/bin/sh", "sh")
        .symlink("bin", "usr/bin")
        .entry(b"tmp/", b'5', b"", b"")
        .mode(0o1777, 0)
        .symlink("var-tmp", "/tmp")
        .directory("home")
        .entry(b"home/app/", b'5', b"", b"")
        .mode(0o700, 1000)
        .directory("log")
        .mode(0o2775, 4)
        .file("file", "F")
        .symlink("tofile", "file");
    image(&folder.path("odd"), &[layer.end()])
}

#[test]
fn additions_change_the_type_of_nothing() {
    let folder = Folder::new();
    let base = odd_base(&folder);
    fs::write(folder.path("new"), "N").expect("writes");
    fs::create_dir_all(folder.path("d/bin")).expect("makes");
    fs::write(folder.path("d/bin/b"), "B").expect("writes");
    fs::create_dir_all(folder.path("over/file")).expect("makes");
    fs::create_dir(folder.path("flat")).expect("makes");
    fs::write(folder.path("flat/usr"), "U").expect("writes");
    symlink("new", folder.path("link")).expect("links");
    symlink(folder.path("d"), folder.path("dirlink")).expect("links");
    let added: &[(&str, &str, &[&str])] = &[
        ("new", "/usr/bin", &["usr/", "usr/bin/", "usr/bin/new"]),
        ("new", "/bin", &["usr/", "usr/bin/", "usr/bin/new"]),
        ("new", "/tmp", &["tmp/", "tmp/new"]),
        ("new", "/var-tmp", &["tmp/", "tmp/new"]),
        ("new", "/bin/x", &["usr/", "usr/bin/", "usr/bin/x"]),
        ("new", "/file", &["file"]),
        ("new", "/tofile", &["file"]),
        ("new", "/", &["new"]),
        ("link", "/n", &["n"]),
        ("link", "/tmp", &["tmp/", "tmp/link"]),
        ("d", "/", &["usr/", "usr/bin/", "usr/bin/b"]),
        ("dirlink", "/n", &["n/", "n/bin/", "n/bin/b"]),
    ];
    for (number, (from, to, names)) in added.iter().enumerate() {
        let (add, output) = (format!("{}:{to}", folder.text(from)), folder.at("oci", "o", &format!(":{number}")));
        stevedore(&["build", "--from", &base, "--add", &add, "-o", &output]).ok();
        assert_eq!(top(&folder, &number.to_string()), *names, "{from}:{to}");
        assert!(stevedore(&["ls", "-l", &output]).ok().text().contains("bin -> usr/bin"), "{from}:{to}");
    }
    let refused: &[(&str, &str, &str)] = &[
        ("new", "/file/x", "which is no directory"),
        ("new", "/file/", "is a file in the base"),
        ("d", "/file", "is a file in the base"),
        ("d", "/tofile", "is a file in the base"),
        ("over", "/", "is a file in the base"),
        ("flat", "/", "is a directory in the base"),
    ];
    for (from, to, words) in refused {
        let (add, output) = (format!("{}:{to}", folder.text(from)), folder.at("oci", "none", ":x"));
        let run = stevedore(&["build", "--from", &base, "--add", &add, "-o", &output]).code(1);
        assert!(run.stderr.contains(words), "{from}:{to}: {}", run.stderr);
        assert!(!folder.path("none/index.json").exists(), "{from}:{to}");
    }
    // What is removed is no longer in the way.
    let (add, output) = (format!("{}:/file/x", folder.text("new")), folder.at("oci", "o", ":removed"));
    stevedore(&["build", "--from", &base, "--remove", "/file", "--add", &add, "-o", &output]).ok();
    assert_eq!(top(&folder, "removed"), ["file/", "file/.wh..wh..opq", "file/x"]);
}

#[test]
fn directories_of_the_base_keep_mode_and_owner() {
    let folder = Folder::new();
    let base = odd_base(&folder);
    fs::create_dir(folder.path("d")).expect("makes");
    fs::write(folder.path("d/b"), "B").expect("writes");
    fs::set_permissions(folder.path("d"), fs::Permissions::from_mode(0o750)).expect("sets");
    let cases = [
        ("/tmp", "tmp", "1777 0:0"),
        ("/tmp/", "tmp", "1777 0:0"),
        ("/var-tmp", "tmp", "1777 0:0"),
        ("/home/app", "home/app", "0700 1000:1000"),
        ("/log", "log", "2775 4:4"),
        ("/new", "new", "0750 0:0"),
    ];
    for (number, (to, path, wanted)) in cases.into_iter().enumerate() {
        let (add, output) = (format!("{}:{to}", folder.text("d")), folder.at("oci", "o", &format!(":{number}")));
        stevedore(&["build", "--from", &base, "--add", &add, "-o", &output]).ok();
        let listed = stevedore(&["ls", "--json", &output]).ok();
        let rows = crate::support::listing::rows(&listed.json());
        let row = rows.iter().find(|row| row.split('\t').nth(5) == Some(path)).unwrap_or_else(|| panic!("{rows:?}"));
        let columns: Vec<&str> = row.split('\t').collect();
        assert_eq!(format!("{} {}:{}", columns[0], columns[2], columns[3]), wanted, "{to}");
        assert!(rows.iter().any(|row| row.contains(&format!("\t{path}/b\t"))), "{to}: {rows:?}");
    }
}

#[test]
fn the_base_is_kept_bit_by_bit() {
    let Some(scene) = Scene::new() else { return };
    let folder = &scene.folder;
    let image = scene.seed("base", fixture::app);
    fs::write(folder.path("app"), "app").expect("writes");
    let add = format!("{}:/app", folder.text("app"));
    let host = scene.registry.host();
    let (from, output) = (format!("docker://{host}/base:v1"), format!("docker://{host}/built:1"));
    let arguments = [
        "build",
        "--from",
        &from,
        "--platform",
        "linux/amd64",
        "--platform",
        "linux/arm64",
        "--add",
        &add,
        "-o",
        &output,
    ];
    let built = stevedore(&[&["--json"], &arguments[..]].concat()).ok().json();
    // Name and digest are of one thing: who asks for the name is told whether the base has moved.
    let named = (format!("{host}/base:v1"), scene.digest("base", "v1"));
    let upon = |manifest: &serde_json::Value| {
        let text = |key: &str| manifest["annotations"][key].as_str().unwrap_or_default().to_owned();
        (text("org.opencontainers.image.base.name"), text("org.opencontainers.image.base.digest"))
    };
    let pinned = format!("docker://{}@{}", named.0, named.1);
    for (from, tag) in [(&from, "one"), (&pinned, "pinned")] {
        let one = format!("docker://{host}/built:{tag}");
        stevedore(&["build", "--from", from, "--platform", "linux/amd64", "--add", &add, "-o", &one]).ok();
        assert_eq!(upon(&stevedore(&["inspect", "--raw", &one]).ok().json()), named, "{tag}");
    }
    stevedore(&["mutate", &format!("docker://{host}/built:one"), "--rebase", &from]).ok();
    assert_eq!(upon(&stevedore(&["inspect", "--raw", &format!("docker://{host}/built:one")]).ok().json()), named);
    // The base's layers are mounted: nothing of them passes here.
    assert!(built["totals"]["mounted"].as_u64() > Some(0), "{built}");
    for part in ["linux/amd64", "linux/arm64/v8"] {
        let wanted = image.part(part);
        let manifest = stevedore(&["inspect", "--raw", "--platform", part, &output]).ok().json();
        let old = image.json(&wanted.digest);
        let (layers, old_layers) =
            (manifest["layers"].as_array().expect("layers"), old["layers"].as_array().expect("layers"));
        assert_eq!(layers[..old_layers.len()], old_layers[..]);
        assert_eq!(layers.len(), old_layers.len() + 1);
        assert_eq!(upon(&manifest), named);
    }
    assert_eq!(upon(&stevedore(&["inspect", "--raw", &output]).ok().json()), named, "the index says it, too");
    let Some(crane) = oracle("crane") else { return };
    crane.run(&["validate", "--remote", &format!("{host}/built:1")]);
    // The second time there is nothing to do.
    let again = stevedore(&[&["--json"], &arguments[..]].concat()).ok().json();
    assert_eq!((&again["upToDate"], &again["totals"]["sent"]), (&serde_json::json!(true), &serde_json::json!(0)));
}

/// Docker's format is written at once, and needs no second look at what is there.
#[test]
fn dockers_format_is_up_to_date_too() {
    let Some(scene) = Scene::new() else { return };
    let folder = &scene.folder;
    fs::write(folder.path("app"), "app").expect("writes");
    let (base, add, output) = (base(folder), format!("{}:/app", folder.text("app")), scene.docker("built:1"));
    let arguments = ["--json", "build", "--format", "docker", "--from", &base, "--add", &add, "-o", &output];
    let first = stevedore(&arguments).ok().json();
    assert_eq!(first["manifest"]["mediaType"], fixture::DOCKER_MANIFEST);
    let again = stevedore(&arguments).ok().json();
    assert_eq!((&again["upToDate"], &again["totals"]["sent"]), (&serde_json::json!(true), &serde_json::json!(0)));
    assert_eq!(again["manifest"]["digest"], first["manifest"]["digest"]);
    // A base with a layer that Docker's format has no word for is converted.
    let zstd = fixture::zstd(&folder.path("zstd"));
    let run =
        stevedore(&["build", "--format", "docker", "--from", &zstd.reference(), "--add", &add, "-o", &output]).ok();
    assert!(run.stderr.contains("recompressing 1 zstd layer with gzip"), "{}", run.stderr);
    let manifest = stevedore(&["inspect", "--raw", &output]).ok().json();
    let types: Vec<_> =
        manifest["layers"].as_array().expect("layers").iter().map(|layer| &layer["mediaType"]).collect();
    assert_eq!(types, [fixture::DOCKER_GZIP, fixture::DOCKER_GZIP]);
}

#[test]
fn a_base_that_lies_is_found_out_when_it_is_read() {
    let folder = Folder::new();
    let base = base(&folder);
    // The same config with another diff_id.
    let (manifest, config) = documents(&folder.path("o"), "base");
    let mut lie = config.clone();
    lie["rootfs"]["diff_ids"][0] = sha256(b"something else").into();
    let layout = crate::support::layout::Layout::open(&folder.path("o"));
    let new = layout.json(fixture::OCI_CONFIG, &lie);
    let mut manifest = manifest;
    manifest["config"] = new;
    let named = layout.json(fixture::OCI_MANIFEST, &manifest);
    layout.tag(&named, "lie");
    let run =
        stevedore(&["build", "--from", &folder.at("oci", "o", ":lie"), "--remove", "etc/motd", "-o", &base]).code(6);
    let layer = manifest["layers"][0]["digest"].as_str().expect("a digest");
    assert!(run.stderr.contains(&format!("layer {layer} has diff_id sha256:")), "{}", run.stderr);
    // What is there already and not read is taken at its word.
    stevedore(&["build", "--from", &folder.at("oci", "o", ":lie"), "--env", "B=2", "-o", &folder.at("oci", "o", ":x")])
        .ok();
}

#[test]
fn an_index_is_never_narrowed_without_a_word() {
    let folder = Folder::new();
    let image = fixture::app(&folder.path("i"));
    fs::write(folder.path("new"), "N").expect("writes");
    let add = format!("{}:/new", folder.text("new"));
    let before = stevedore(&["digest", &image.reference()]).ok();
    for change in [["--add", &add], ["--env", "A=1"]] {
        let onto = ["build", "--from", &image.reference(), "-o", &image.reference()];
        let run = stevedore(&[&onto[..], &change[..]].concat()).code(2);
        assert!(run.stderr.contains("--platform all"), "{}", run.stderr);
        assert_eq!(stevedore(&["digest", &image.reference()]).ok().text(), before.text());
        let elsewhere = ["build", "--from", &image.reference(), "-o", &folder.at("oci", "o", ":1")];
        let run = stevedore(&[&elsewhere[..], &change[..]].concat()).ok();
        assert!(run.stderr.contains("built for linux/amd64 alone"), "{}", run.stderr);
    }
    let all = ["--platform", "linux/amd64", "--platform", "linux/arm64/v8", "--add", &add];
    let onto = ["build", "--from", &image.reference(), "-o", &image.reference()];
    stevedore(&[&onto[..], &all[..]].concat()).ok();
    let raw = stevedore(&["inspect", "--raw", &image.reference()]).ok().json();
    assert_eq!(raw["manifests"].as_array().map(Vec::len), Some(2), "{raw}");
    // Asked for, one platform may take the place of all.
    let one = ["--platform", "linux/amd64", "--add", &add];
    stevedore(&[&onto[..], &one[..]].concat()).ok();
}
