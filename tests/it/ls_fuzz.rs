//! Random images in which layers collide, listed as umoci unpacks them and as the corpus's own reader of layers has them.
//!
//! `STEVEDORE_FUZZ_IMAGES` says how many (10), `STEVEDORE_SEED` where they begin.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::support::command::stevedore;
use crate::support::listing::{escape, rows};
use crate::support::oracle::{Tool, corpus, number, oracle};

#[test]
fn random_images_are_what_others_make_of_them() {
    let (Some(corpus), Some(python), Some(umoci)) = (corpus(), oracle("python3"), oracle("umoci-new")) else { return };
    // Only root may give files to others.
    if !crate::support::oracle::is_root() {
        return;
    }
    let count = number("STEVEDORE_FUZZ_IMAGES", 10);
    let first = number("STEVEDORE_SEED", 70_000);
    let script = |name: &str| corpus.join("scripts").join(name).display().to_string();
    let folder = python.home().join("images");
    let (from, to) = (first.to_string(), (first + count).to_string());
    python.run(&["-B", &script("03_gen_fuzz.py"), &folder.display().to_string(), &from, &to]);
    for seed in first..first + count {
        let layout = folder.join(format!("fuzz-{seed:04}")).display().to_string();
        let listed = stevedore(&["ls", "--json", "--digests", &format!("oci:{layout}")]).ok();
        let own = rows(&listed.json());
        let merged = python.run(&["-B", &script("imgfs.py"), "merged", &layout]);
        let merged: Vec<&str> = merged.text().lines().skip_while(|line| line.starts_with("mode\t")).collect();
        assert_eq!(own, merged, "seed {seed}");
        assert_eq!(plain(&own), unpacked(&umoci, &layout), "seed {seed}");
    }
    assert_eq!(fs::read_dir(&folder).expect("the images").count() as u64, count);
}

/// Returns rows as a file system can show them: by path, of a directory no matter who declared it, of a file not which name was the first.
pub(crate) fn plain(rows: &[String]) -> BTreeMap<String, String> {
    let mut plain = BTreeMap::new();
    for row in rows {
        let columns: Vec<&str> = row.split('\t').collect();
        let [mode, kind, uid, gid, size, path, link, digest] = columns[..] else { panic!("{row}") };
        let kind = kind.replace('D', "d");
        let link = if kind == "f" { "" } else { link };
        plain.insert(path.to_owned(), format!("{mode} {kind} {uid} {gid} {size} {link} {digest}"));
    }
    plain.remove(".");
    plain
}

/// Unpacks an image and returns what is there.
fn unpacked(umoci: &Tool, layout: &str) -> BTreeMap<String, String> {
    let bundle = umoci.home().join("bundle");
    umoci.run(&["unpack", "--image", &format!("{layout}:latest"), &bundle.display().to_string()]);
    let root = bundle.join("rootfs");
    let mut found = BTreeMap::new();
    let mut todo = vec![root.clone()];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let own = escape(path.strip_prefix(&root).expect("below the root").as_os_str().as_bytes());
            found.insert(own, describe(&path));
            if path.is_dir() && !path.is_symlink() {
                todo.push(path);
            }
        }
    }
    fs::remove_dir_all(&bundle).expect("removing what was unpacked");
    found
}

pub(crate) fn describe(path: &Path) -> String {
    let metadata = fs::symlink_metadata(path).expect("there");
    let (kind, mut mode) = (metadata.file_type(), metadata.mode() & 0o7777);
    let (mut size, mut link, mut digest) = (0, String::new(), String::new());
    let letter = if kind.is_dir() {
        "d"
    } else if kind.is_symlink() {
        mode = 0o777;
        link = escape(fs::read_link(path).expect("a link").as_os_str().as_bytes());
        "l"
    } else if kind.is_fifo() {
        "p"
    } else {
        assert!(kind.is_file(), "{}", path.display());
        size = metadata.len();
        let content = fs::read(path).expect("readable");
        digest = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        "f"
    };
    format!("{mode:04o} {letter} {} {} {size} {link} {digest}", metadata.uid(), metadata.gid())
}
