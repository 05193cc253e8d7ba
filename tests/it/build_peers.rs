//! What `build` makes, other tools read; what other tools made, it takes.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::build::documents;
use crate::support::command::{Program, run, stevedore};
use crate::support::layout::{blob_path, sha256};
use crate::support::oracle::{corpus, oracle};
use crate::support::scene::{Folder, Scene};

/// Describes everything below a directory: what a layer keeps of it.
pub(crate) fn survey(root: &Path, times_of_directories: bool) -> Vec<String> {
    let mut rows = Vec::new();
    let mut first = std::collections::BTreeMap::new();
    survey_below(root, root, times_of_directories, &mut rows);
    rows.sort();
    rows.into_iter()
        .map(|(path, inode, text)| {
            // Names of one file are one file.
            let same: String = first.entry(inode).or_insert_with(|| path.clone()).clone();
            format!("{path} {text} {same}")
        })
        .collect()
}

fn survey_below(root: &Path, directory: &Path, times: bool, rows: &mut Vec<(String, u64, String)>) {
    for entry in fs::read_dir(directory).expect("lists") {
        let path = entry.expect("an entry").path();
        let metadata = fs::symlink_metadata(&path).expect("is there");
        let name = path.strip_prefix(root).expect("below").as_os_str().as_bytes().escape_ascii().to_string();
        let content = match metadata.file_type() {
            kind if kind.is_file() => sha256(&fs::read(&path).expect("reads")),
            kind if kind.is_symlink() => {
                fs::read_link(&path).expect("a link").as_os_str().as_bytes().escape_ascii().to_string()
            }
            _ => String::new(),
        };
        let size = if metadata.is_file() { metadata.size() } else { 0 };
        let (mode, uid, gid, rdev) = (metadata.mode(), metadata.uid(), metadata.gid(), metadata.rdev());
        let time = if times || !metadata.is_dir() { metadata.mtime() } else { 0 };
        let text = format!("{mode:o} {uid} {gid} {size} {time} {rdev} {content}");
        rows.push((name, metadata.ino(), text));
        if metadata.is_dir() {
            survey_below(root, &path, times, rows);
        }
    }
}

#[test]
fn what_umoci_unpacked_is_what_it_unpacks_again() {
    let (Some(corpus), Some(umoci)) = (corpus(), oracle("umoci")) else { return };
    if !crate::support::oracle::is_root() {
        return;
    }
    let folder = Folder::new();
    for (image, tag) in [
        ("edge-types", "latest"),
        ("deb-trim", "latest"),
        ("lang", "latest"),
        ("edge-names", "pax"),
        ("sylabs-many-layers", ""),
    ] {
        let layout = corpus.join("images").join(image);
        let tags = crate::support::layout::tags(&layout);
        let tag = tags.iter().map(|(name, _)| name.as_str()).find(|name| *name == tag || tag.is_empty());
        let Some(tag) = tag.or_else(|| tags.first().map(|(name, _)| name.as_str())) else { continue };
        let first = folder.path(&format!("{image}.1"));
        let unpacked =
            umoci.try_run(&["unpack", "--image", &format!("{}:{tag}", layout.display()), &first.display().to_string()]);
        assert_eq!(unpacked.code, 0, "{image}:{tag} {}", unpacked.stderr);
        let output = folder.at("oci", image, ":1");
        let rootfs = first.join("rootfs");
        let arguments = ["build", "--dir", &rootfs.display().to_string(), "--keep-owner", "-o", &output];
        Program::stevedore(&arguments).env("SOURCE_DATE_EPOCH", "4102444800").run().ok();
        let second = folder.path(&format!("{image}.2"));
        umoci.run(&["unpack", "--image", &format!("{}:1", folder.text(image)), &second.display().to_string()]);
        let (wanted, got) = (survey(&rootfs, true), survey(&second.join("rootfs"), true));
        assert!(!wanted.is_empty());
        assert_eq!(got, wanted, "{image}:{tag}");
    }
}

#[test]
fn tars_are_taken_as_they_are() {
    let (Some(crane), Some(scene)) = (oracle("crane"), Scene::new()) else { return };
    let folder = &scene.folder;
    fs::create_dir(folder.path("t")).expect("makes");
    fs::write(folder.path("t/a"), "a").expect("writes");
    let script =
        "cd \"$1\"; tar -C t -cf l1.tar .; gzip -kn l1.tar; zstd -q l1.tar; echo b > t/b; tar -C t -cf l2.tar b";
    Program::new("sh", &["-c", script, "sh", &folder.path("").display().to_string()]).run().ok();
    let (l1, l2) = (folder.text("l1.tar"), folder.text("l2.tar"));
    let build = |output: &str| {
        let arguments = [
            "build",
            "--layer",
            &l1,
            "--layer",
            &l2,
            "--platform",
            "linux/amd64",
            "--entrypoint",
            "/bin/app",
            "-o",
            output,
        ];
        stevedore(&arguments).ok().text().trim().to_owned()
    };
    let host = scene.registry.host();
    let first = build(&folder.at("oci", "b", ":1"));
    assert_eq!(build(&folder.at("oci", "b", ":1")), first);
    assert_eq!(build(&format!("docker://{host}/built:1")), first);
    crane.run(&["validate", "--fast", "--remote", &format!("{host}/built:1")]);
    let appended = format!("{host}/appended:1");
    crane.run(&["append", "-f", &l1, "-f", &l2, "-t", &appended]);
    crane.run(&["mutate", &appended, "--entrypoint", "/bin/app", "-t", &appended]);
    let theirs: serde_json::Value = serde_json::from_str(crane.run(&["config", &appended]).text()).expect("a config");
    let (_, ours) = documents(&folder.path("b"), "1");
    assert_eq!(ours["rootfs"]["diff_ids"], theirs["rootfs"]["diff_ids"]);
    assert_eq!(ours["config"]["Entrypoint"], theirs["config"]["Entrypoint"]);
    for (file, media_type) in [("l1.tar", "tar"), ("l1.tar.gz", "tar+gzip"), ("l1.tar.zst", "tar+zstd")] {
        let output = folder.at("oci", "c", ":1");
        stevedore(&["build", "--layer", &folder.text(file), "-o", &output]).ok();
        let (manifest, config) = documents(&folder.path("c"), "1");
        let content = fs::read(folder.path(file)).expect("reads");
        assert_eq!(manifest["layers"][0]["digest"], sha256(&content));
        assert_eq!(manifest["layers"][0]["mediaType"], format!("application/vnd.oci.image.layer.v1.{media_type}"));
        assert_eq!(config["rootfs"]["diff_ids"][0], sha256(&fs::read(&l1).expect("reads")));
    }
}

#[test]
fn every_compression_and_level_decodes() {
    let folder = Folder::new();
    fs::create_dir(folder.path("t")).expect("makes");
    fs::write(folder.path("t/a"), "content ".repeat(100_000)).expect("writes");
    let mut diff_ids = std::collections::BTreeSet::new();
    let mut hows: Vec<String> = (0..=9).map(|level| format!("gzip:{level}")).collect();
    hows.extend(["none", "gzip", "zstd", "zstd:1", "zstd:19", "zstd:22"].map(str::to_owned));
    for how in hows {
        let output = folder.at("oci", "o", ":1");
        stevedore(&["build", "--dir", &folder.text("t"), "--compress", &how, "-o", &output]).ok();
        let (manifest, config) = documents(&folder.path("o"), "1");
        let blob = blob_path(&folder.path("o"), manifest["layers"][0]["digest"].as_str().expect("a digest"));
        let tool = how.split(':').next().expect("a name");
        let content = match tool {
            "none" => fs::read(&blob).expect("reads"),
            name => match oracle(name) {
                Some(tool) => run(tool.command(&["-dc"]), &fs::read(&blob).expect("reads")).ok().stdout,
                None => continue,
            },
        };
        assert_eq!(config["rootfs"]["diff_ids"][0], sha256(&content), "{how}");
        diff_ids.insert(sha256(&content));
        if tool == "gzip" {
            let head = fs::read(&blob).expect("reads");
            assert_eq!((&head[4..8], head[3], head[9]), (&[0; 4][..], 0, 0xff), "no time, no name, a fixed system");
        }
    }
    assert_eq!(diff_ids.len(), 1);
}

#[test]
fn peers_read_the_image() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path("t/etc")).expect("makes");
    fs::write(folder.path("t/etc/a"), "a").expect("writes");
    fs::hard_link(folder.path("t/etc/a"), folder.path("t/etc/b")).expect("links");
    for format in ["oci", "docker"] {
        let layout = folder.text(&format!("o-{format}"));
        let archive = folder.text(&format!("{format}.tar"));
        let build = |output: &str| {
            stevedore(&["build", "--dir", &folder.text("t"), "--env", "A=1", "--format", format, "-o", output]).ok()
        };
        let digest = build(&format!("oci:{layout}:1")).text().trim().to_owned();
        build(&format!("docker-archive:{archive}:app:1"));
        let dir = folder.at("dir", &format!("d-{format}"), "");
        assert_eq!(build(&dir).text().trim(), digest);
        if let Some(skopeo) = oracle("skopeo") {
            // A layout with Docker's types is more than skopeo reads.
            let image = if format == "oci" { format!("oci:{layout}:1") } else { dir };
            let seen: serde_json::Value = serde_json::from_str(skopeo.run(&["inspect", &image]).text()).expect("JSON");
            assert_eq!((&seen["Digest"], &seen["Env"][0]), (&digest.into(), &"A=1".into()));
            skopeo.run(&["inspect", &format!("docker-archive:{archive}:app:1")]);
        }
        if let Some(crane) = oracle("crane") {
            crane.run(&["validate", "--tarball", &archive]);
        }
    }
    let script = "import sys,tarfile\nt=tarfile.open(sys.argv[1])\nm=t.getmembers()\n\
        assert [x.name for x in m]==['etc','etc/a','etc/b'],m\n\
        assert all(x.mtime==0 and x.uid==0 and x.uname=='' and x.gname=='' and not x.pax_headers for x in m)\n\
        assert m[2].islnk() and m[2].linkname=='etc/a'\n";
    let (manifest, _) = documents(&folder.path("o-oci"), "1");
    let blob = blob_path(&folder.path("o-oci"), manifest["layers"][0]["digest"].as_str().expect("a digest"));
    if let Some(python) = oracle("python3") {
        python.run(&["-c", script, &blob.display().to_string()]);
    }
}
