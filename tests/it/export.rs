//! `export`: what comes out is what `ls` lists, the same bytes everywhere, and other tools read it.

use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::{Program, stevedore};
use crate::support::layout::sha256;
use crate::support::listing::{arguments, bytes, expected, read, rows};
use crate::support::oracle::{corpus, oracle};
use crate::support::scene::Scene;
use crate::support::tarball::{Tarball, image};

mod hostile;

/// Exports an image with these arguments.
#[track_caller]
fn export(arguments: &[String]) -> Vec<u8> {
    let all: Vec<&str> = ["export"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
    stevedore(&all).ok().stdout
}

/// Forgets what merging settles: which directories no layer declares, and where a file's hard link was.
fn settled(row: &str) -> String {
    let mut columns: Vec<&str> = row.split('\t').collect();
    match columns[1] {
        "D" => columns[1] = "d",
        "f" => columns[6] = "",
        _ => {}
    }
    columns.join("\t")
}

#[track_caller]
fn same(what: &str, got: &[String], wanted: &[String]) {
    let only = |a: &[String], b: &[String]| a.iter().filter(|row| !b.contains(row)).cloned().collect::<Vec<_>>();
    assert!(got == wanted, "{what}\nonly there: {:#?}\nonly wanted: {:#?}", only(got, wanted), only(wanted, got));
}

#[test]
fn an_empty_folder_may_be_the_current_one_or_behind_a_link() {
    let dir = TempDir::new().expect("made");
    let layer = Tarball::new().directory("a").file("a/b", "content").symlink("c", "a").end();
    let reference = image(&dir.path().join("image"), &[layer]);
    let target = dir.path().join("target");
    fs::create_dir(&target).expect("made");
    let number = target.metadata().expect("there").ino();
    let names = || {
        let mut names: Vec<_> =
            fs::read_dir(&target).expect("there").map(|entry| entry.expect("an entry").file_name()).collect();
        names.sort();
        names
    };
    for output in [".", "./", "../target"] {
        Program::stevedore(&["export", &reference, "-o", output]).current_dir(&target).run().ok();
        assert_eq!(names(), ["a", "c"], "{output}");
        assert_eq!(fs::read(target.join("c/b")).expect("there"), b"content");
        let metadata = target.metadata().expect("there");
        assert_eq!((metadata.ino(), metadata.mtime(), metadata.mode() & 0o777), (number, 0, 0o755), "{output}");
        let run = Program::stevedore(&["export", &reference, "-o", output]).current_dir(&target).run().code(1);
        assert!(run.stderr.contains("directory not empty"), "{}", run.stderr);
        fs::remove_file(target.join("c")).and_then(|()| fs::remove_dir_all(target.join("a"))).expect("removed");
    }
    std::os::unix::fs::symlink("target", dir.path().join("link")).expect("linked");
    for output in ["link", "link/"] {
        Program::stevedore(&["export", &reference, "-o", output]).current_dir(dir.path()).run().ok();
        assert_eq!(names(), ["a", "c"], "{output}");
        assert!(dir.path().join("link").is_symlink());
        fs::remove_file(target.join("c")).and_then(|()| fs::remove_dir_all(target.join("a"))).expect("removed");
    }
}

#[test]
fn what_is_no_file_is_written_to_and_not_replaced() {
    let dir = TempDir::new().expect("made");
    let reference = image(dir.path(), &[Tarball::new().file("a", "content").end()]);
    let wanted = export(std::slice::from_ref(&reference));
    let path = |name: &str| dir.path().join(name).into_os_string().into_string().expect("text");
    // A pipe stays one, and whoever reads it gets the content. Opened for both it waits for nobody.
    assert!(std::process::Command::new("mkfifo").arg(path("pipe")).status().expect("mkfifo runs").success());
    let mut pipe = fs::File::options().read(true).write(true).open(path("pipe")).expect("opened");
    let copy = format!("oci:{}:copy", path("copy"));
    let digest = stevedore(&["digest", &reference]).ok();
    let cases = [
        (vec!["export", &reference, "-o"], &wanted[..]),
        (vec!["copy", &reference, &copy, "--digestfile"], digest.text().as_bytes()),
    ];
    for (mut arguments, wanted) in cases {
        let to = path("pipe");
        arguments.push(&to);
        stevedore(&arguments).ok();
        let kind = fs::symlink_metadata(&to).expect("there").file_type();
        assert!(std::os::unix::fs::FileTypeExt::is_fifo(&kind), "{arguments:?}");
        let mut got = vec![0; wanted.len()];
        pipe.read_exact(&mut got).expect("read");
        assert!(got == wanted, "{arguments:?}");
    }
    // So does a link, and what it leads to gets the content.
    fs::write(path("file"), "old").expect("written");
    std::os::unix::fs::symlink("file", path("link")).expect("linked");
    for arguments in [&["export", &reference, "-o", &path("link")][..], &["sbom", &reference, "-o", &path("link")]] {
        stevedore(arguments).ok();
        assert!(fs::symlink_metadata(path("link")).expect("there").is_symlink(), "{arguments:?}");
        assert_ne!(fs::read(path("file")).expect("there"), b"old", "{arguments:?}");
    }
}

/// Lists a tar as an image of one layer.
fn list(tar: Vec<u8>) -> Vec<String> {
    let dir = TempDir::new().expect("made");
    let reference = image(dir.path(), &[tar]);
    rows(&stevedore(&["ls", "--json", "--digests", &reference]).ok().json()).iter().map(|row| settled(row)).collect()
}

#[test]
fn what_is_listed_comes_out() {
    for (stem, file) in expected(".tsv") {
        let wanted: Vec<String> = read(&file).iter().map(|row| settled(row)).collect();
        same(&stem, &list(export(&arguments(&stem))), &wanted);
    }
}

/// Returns the images of the corpus that can be listed, by name.
fn corpus_images() -> Vec<String> {
    let Some(corpus) = corpus() else { return Vec::new() };
    let mut found = Vec::new();
    let mut folders = vec![corpus.join("images"), corpus.join("images/fuzz")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the corpus is readable") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
            if path.join("index.json").is_file() && name != "hostile" && !name.starts_with("oras") {
                let index: Value =
                    serde_json::from_slice(&fs::read(path.join("index.json")).expect("readable")).expect("JSON");
                for manifest in index["manifests"].as_array().expect("manifests") {
                    let tag = manifest["annotations"]["org.opencontainers.image.ref.name"].as_str();
                    found.push(
                        tag.map_or(format!("oci:{}", path.display()), |tag| format!("oci:{}:{tag}", path.display())),
                    );
                }
            } else if name.ends_with(".tar") && !name.starts_with("snyk-java") {
                found.push(format!("docker-archive:{}", path.display()));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

#[test]
fn the_corpus_comes_out_and_flattened_too() {
    let mut count = 0;
    for reference in corpus_images() {
        let listed = stevedore(&["ls", "--json", "--digests", &reference]);
        if listed.code != 0 {
            stevedore(&["export", &reference, "-o", "x.tar"]).code(listed.code);
            continue;
        }
        let wanted: Vec<String> = rows(&listed.json()).iter().map(|row| settled(row)).collect();
        same(&reference, &list(export(std::slice::from_ref(&reference))), &wanted);
        let dir = TempDir::new().expect("made");
        let copy = format!("oci:{}:flat", dir.path().display());
        let flat = stevedore(&["mutate", "--flatten", &reference, "--to", &copy]).ok();
        let listed = stevedore(&["ls", "--json", "--digests", &copy]).ok();
        let got: Vec<String> = rows(&listed.json()).iter().map(|row| settled(row)).collect();
        same(&format!("{reference} flattened"), &got, &wanted);
        let again = stevedore(&["mutate", "--flatten", &copy]).ok();
        assert_eq!(again.text(), flat.text(), "{reference} flattened twice");
        count += 1;
    }
    assert!(corpus().is_none() || count > 60, "{count}");
}

#[test]
fn one_image_gives_the_same_bytes_everywhere() {
    let dir = TempDir::new().expect("made");
    let from = arguments("edge-types@latest");
    let wanted = sha256(&export(&from));
    if let Some(scene) = Scene::new() {
        stevedore(&["copy", &from[0], &scene.docker("types:1")]).ok();
        assert_eq!(sha256(&export(&[scene.docker("types:1")])), wanted, "a registry");
    }
    for place in ["oci:l:a", "oci-archive:a.tar:a", "docker-archive:d.tar:a:1", "dir:d", "static:s:a:1"] {
        let copy = |arguments: &[&str]| Program::stevedore(arguments).current_dir(dir.path()).run().ok();
        copy(&["copy", &from[0], place]);
        assert_eq!(sha256(&copy(&["export", place]).stdout), wanted, "{place}");
        copy(&["export", place, "-o", "out.tar"]);
        assert_eq!(sha256(&fs::read(dir.path().join("out.tar")).expect("written")), wanted, "{place}");
    }
}

#[test]
fn a_layer_comes_out_as_it_is() {
    let dir = TempDir::new().expect("made");
    let layers = [Tarball::new().file("./a", "1").end(), Tarball::new().file(".wh.a", "").raw(b"").end()];
    let reference = image(dir.path(), &layers);
    for (number, layer) in layers.iter().enumerate() {
        assert!(stevedore(&["export", "--layer", &number.to_string(), &reference]).ok().stdout == *layer);
    }
    let run = stevedore(&["export", "--layer", "2", &reference]).code(2);
    assert!(run.stderr.contains("the image has 2 layers, numbered from 0"), "{}", run.stderr);
}

#[test]
fn other_tools_read_it() {
    let dir = TempDir::new().expect("made");
    let tar = dir.path().join("out.tar");
    for stem in ["edge-types@latest", "edge-names", "edge-whiteouts@latest"] {
        // Flattened, for a layer of it has names twice.
        let flat = format!("oci:{}:flat", dir.path().display());
        stevedore(&["mutate", "--flatten", &arguments(stem)[0], "--to", &flat]).ok();
        fs::write(&tar, export(&[flat])).expect("written");
        let path = tar.to_str().expect("text");
        let count = list(fs::read(&tar).expect("there")).len();
        if let Some(gnu) = oracle("tar") {
            let listed = gnu.run(&["--quoting-style=escape", "-tf", path]);
            assert_eq!(
                listed.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count(),
                count,
                "{stem}"
            );
            assert_eq!(listed.stderr, "");
        }
        if let Some(bsdtar) = oracle("bsdtar") {
            let listed = bsdtar.run(&["-tf", path]);
            assert_eq!((listed.text().lines().count(), listed.stderr.as_str()), (count, ""), "{stem}");
        }
        if let Some(python) = oracle("python3") {
            let script = "import sys,tarfile\nfor m in tarfile.open(sys.argv[1]): assert not m.uname and m.mtime is not None; print(m.type)";
            assert_eq!(python.run(&["-c", script, path]).text().lines().count(), count, "{stem}");
        }
    }
}

/// Reads a folder as rows: mode, type, size, time, path, link.
fn walk(root: &Path) -> Vec<String> {
    let mut rows = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).expect("readable") {
            let entry = entry.expect("an entry");
            let path = folder.join(entry.file_name());
            let meta = entry.path().symlink_metadata().expect("there");
            let link = fs::read_link(entry.path()).map_or(String::new(), |link| link.display().to_string());
            let kind = if meta.is_dir() {
                'd'
            } else if meta.is_symlink() {
                'l'
            } else {
                'f'
            };
            let mode = if meta.is_symlink() { 0o777 } else { meta.permissions().mode() & 0o7777 };
            let size = if meta.is_file() { meta.size() } else { 0 };
            rows.push(format!("{mode:04o} {kind} {size} {} {} {link}", meta.mtime(), path.display()));
            if meta.is_dir() {
                folders.push(path);
            }
        }
    }
    rows.sort();
    rows
}

#[test]
fn a_folder_has_what_is_listed() {
    let dir = TempDir::new().expect("made");
    for stem in ["edge-whiteouts@latest", "edge-layers@latest", "edge-symlink-parent@add"] {
        let out = dir.path().join(stem);
        let mut all = arguments(stem);
        all.extend(["-o".to_owned(), format!("{}/", out.display())]);
        export(&all);
        let listed = stevedore(&["ls", "--json", &arguments(stem)[0]]).ok().json();
        let row = |entry: &Value| {
            let text =
                |name: &str, raw: &str| bytes(entry, name, raw).map(|text| String::from_utf8_lossy(&text).into_owned());
            let kind = match entry["type"].as_str() {
                Some("directory") => 'd',
                Some("symlink") => 'l',
                _ => 'f',
            };
            let link = if kind == 'l' { text("link", "rawLink").unwrap_or_default() } else { String::new() };
            let mode = if kind == 'l' { "0777" } else { entry["mode"].as_str().expect("a mode") };
            format!(
                "{mode} {kind} {} {} {} {link}",
                entry["size"],
                entry["mtime"],
                text("path", "rawPath").expect("a path")
            )
        };
        let entries = listed["entries"].as_array().expect("entries");
        let mut wanted: Vec<String> = entries.iter().filter(|entry| entry["path"] != ".").map(row).collect();
        wanted.sort();
        same(stem, &walk(&out), &wanted);
    }
}

#[test]
fn links_holes_and_times_are_made() {
    let dir = TempDir::new().expect("made");
    let reference = arguments("edge-types@latest");
    let out = dir.path().join("types");
    stevedore(&["export", &reference[0], "-o", &format!("{}/", out.display())]).ok();
    let entries = stevedore(&["ls", "--json", &reference[0]]).ok().json();
    let mut checked = 0;
    for entry in entries["entries"].as_array().expect("entries").iter().filter(|entry| entry["type"] == "file") {
        let (Some(path), Some(link)) = (entry["path"].as_str(), entry["link"].as_str()) else { continue };
        let inode = |path: &str| out.join(path).metadata().expect("there").ino();
        assert_eq!(inode(path), inode(link), "{path} {link}");
        checked += 1;
    }
    assert!(checked > 1, "{checked}");
    let sparse = dir.path().join("sparse");
    let reference = arguments("edge-types@sparse-gnu");
    stevedore(&["export", &reference[0], "-o", &format!("{}/", sparse.display())]).ok();
    let biggest = walk(&sparse).into_iter().find(|row| row.contains(" f 1048576 ")).expect("a sparse file");
    let meta = sparse.join(biggest.split(' ').nth(4).expect("a path")).metadata().expect("there");
    assert!(meta.blocks() * 512 < 1_048_576 / 2, "{} blocks", meta.blocks());
}

#[test]
fn folders_that_are_not_empty_are_refused() {
    let dir = TempDir::new().expect("made");
    fs::write(dir.path().join("mine"), "x").expect("written");
    let reference = &arguments("edge-whiteouts@latest")[0];
    let run = stevedore(&["export", reference, "-o", dir.path().to_str().expect("text")]).code(1);
    assert!(run.stderr.contains("cannot unpack into"), "{}", run.stderr);
    assert_eq!(walk(dir.path()).len(), 1);
}

#[test]
fn what_is_wrong_leaves_nothing() {
    let dir = TempDir::new().expect("made");
    let layers = dir.path().join("layers");
    let reference = image(&layers, &[Tarball::new().file("a", "content").end()]);
    let blob = fs::read_dir(layers.join("blobs/sha256")).expect("readable").map(|blob| blob.expect("a blob").path());
    let layer = blob.max_by_key(|path| path.metadata().expect("there").len()).expect("a layer");
    let mut content = fs::read(&layer).expect("readable");
    content[512] ^= 1;
    fs::write(&layer, content).expect("written");
    for output in ["out.tar", "out/"] {
        Program::stevedore(&["export", &reference, "-o", output]).current_dir(dir.path()).run().code(6);
    }
    stevedore(&["export", &reference]).code(6);
    let left: Vec<_> =
        fs::read_dir(dir.path()).expect("readable").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(left, ["layers"]);
}
