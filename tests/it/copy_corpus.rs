//! Real and adversarial images go through every kind of place in a row, and come back as the manifest they were.
//!
//! The images in `tests/images` always go; the published corpus goes when `STEVEDORE_CORPUS` names it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use serde_json::{Value, json};

use crate::support::command::{Run, stevedore};
use crate::support::layout::{blob_path, read_json, sha256};
use crate::support::oracle::corpus;
use crate::support::registry::Registry;
use crate::support::scene::{Folder, copy};

/// Copies through every kind of place, each time from the last one, and asserts the digest each time.
#[track_caller]
fn chain(name: &str, from: &str, digest: &str, registry: &Registry) {
    let folder = Folder::new();
    let mut from = from.to_owned();
    for (transport, place, rest) in [
        ("oci-archive", "a.tar", ":v1"),
        ("dir", "d", ""),
        ("docker-archive", "k.tar", ":ex.com/a:v1"),
        ("static", "s", ":app:v1"),
        ("oci", "o", ":v1"),
    ] {
        let to = folder.at(transport, place, rest);
        assert_eq!(copy(&["--all", "--quiet"], &from, &to), digest, "{name} to {transport}");
        from = to;
    }
    let repository = name.to_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    let remote = format!("docker://{}/{}:v1", registry.host(), repository.trim_matches('-'));
    assert_eq!(copy(&["--all", "--quiet"], &from, &remote), digest, "{name} to a registry");
    let last = folder.at("oci", "last", ":v1");
    assert_eq!(copy(&["--all", "--quiet"], &remote, &last), digest, "{name} from a registry");
}

/// Each image of a layout: how to ask for it, and its digest.
fn entries(layout: &Path) -> Vec<(String, String)> {
    let index = read_json(&layout.join("index.json"));
    let entries = index["manifests"].as_array().expect("a layout lists its manifests").iter().enumerate();
    let entries = entries.map(|(number, entry)| {
        let name = &entry["annotations"]["org.opencontainers.image.ref.name"];
        let name = name.as_str().map_or_else(|| format!("@{number}"), str::to_owned);
        (name, entry["digest"].as_str().unwrap_or_default().to_owned())
    });
    entries.collect()
}

fn layouts_in(dir: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(dir).expect("the images").map(|entry| entry.expect("a readable directory").path());
    let mut found: Vec<_> = found.filter(|path| path.join("index.json").is_file()).collect();
    found.sort();
    found
}

fn name_of(path: &Path) -> String {
    path.file_name().expect("an image has a name").to_string_lossy().into_owned()
}

/// Sends every image of these layouts through the chain, two at a time.
fn chain_layouts(layouts: &[PathBuf], registry: &Registry) {
    let images = layouts.iter().flat_map(|layout| entries(layout).into_iter().map(move |entry| (layout, entry)));
    let images = Mutex::new(images.collect::<Vec<_>>().into_iter());
    let next = || images.lock().expect("no thread panics while it holds this lock").next();
    let work = || {
        while let Some((layout, (name, digest))) = next() {
            let from = format!("oci:{}:{name}", layout.display());
            chain(&format!("{}/{name}", name_of(layout)), &from, &digest, registry);
        }
    };
    thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
}

/// The images that come with the tests keep their digests through every kind of place.
#[test]
fn our_images_keep_their_digests() {
    let Some(registry) = Registry::start() else { return };
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images");
    let mut layouts = layouts_in(&images);
    layouts.retain(|layout| name_of(layout) != "hostile");
    assert!(layouts.len() >= 5, "{layouts:?}");
    chain_layouts(&layouts, &registry);
}

/// The published layouts keep their digests through every kind of place: those that `tests/images` has not, and not the hostile ones.
#[test]
fn published_layouts_keep_their_digests() {
    let (Some(corpus), Some(registry)) = (corpus(), Registry::start()) else {
        return;
    };
    let here = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images").join(name).exists();
    let mut layouts = layouts_in(&corpus.join("images"));
    layouts.retain(|layout| name_of(layout) != "hostile" && !here(&name_of(layout)));
    assert!(layouts.len() >= 15, "only {} layouts in {}", layouts.len(), corpus.display());
    chain_layouts(&layouts, &registry);
}

/// The published images of a fuzzer keep their digests through every kind of place.
#[test]
fn published_fuzz_images_keep_their_digests() {
    let (Some(corpus), Some(registry)) = (corpus(), Registry::start()) else {
        return;
    };
    chain_layouts(&layouts_in(&corpus.join("images/fuzz")), &registry);
}

/// A published tar, by what is in it.
struct Tar {
    path: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
}

impl Tar {
    fn read(path: &Path) -> Tar {
        let bytes = fs::read(path).expect("a published archive");
        let reader: Box<dyn Read> = match bytes.starts_with(&[0x1f, 0x8b]) {
            // What its name says is not always what it is.
            true => Box::new(flate2::read::GzDecoder::new(Cursor::new(bytes))),
            false => Box::new(Cursor::new(bytes)),
        };
        let mut files = BTreeMap::new();
        for entry in tar::Archive::new(reader).entries().expect("a tar") {
            let mut entry = entry.expect("an entry");
            let name = entry.path().expect("a path").to_string_lossy().trim_start_matches("./").to_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("a readable entry");
            files.insert(name, bytes);
        }
        Tar { path: path.to_owned(), files }
    }

    fn json(&self, name: &str) -> Option<Value> {
        self.files.get(name).map(|bytes| serde_json::from_slice(bytes).expect("JSON"))
    }

    /// The entries of `index.json`, where there is one.
    fn layout_digests(&self) -> Vec<String> {
        let index = self.json("index.json").unwrap_or_default();
        let entries = index["manifests"].as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| entry["digest"].as_str().expect("a digest").to_owned()).collect()
    }

    /// The digest of each image's config, where there is a `manifest.json`.
    fn configs(&self) -> Vec<String> {
        let images = self.json("manifest.json").unwrap_or_default();
        let images = images.as_array().cloned().unwrap_or_default();
        images.iter().map(|image| sha256(&self.files[image["Config"].as_str().expect("a name")])).collect()
    }
}

fn tars_in(dir: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(dir).expect("the images").map(|entry| entry.expect("a readable directory").path());
    let mut found: Vec<_> = found.filter(|path| path.is_file()).collect();
    found.sort();
    found
}

/// The published archives: what has a layout keeps its digest, what docker wrote keeps its configs, and all of it goes on unchanged.
#[test]
fn published_archives_keep_their_images() {
    let (Some(corpus), Some(registry)) = (corpus(), Registry::start()) else {
        return;
    };
    let mut count = 0;
    for path in tars_in(&corpus.join("images")) {
        let name = name_of(&path);
        if name == "snyk-mangled-nginx.tar" || name == crate::ls::WRONG_DIFF_ID {
            continue;
        }
        let tar = Tar::read(&path);
        count += 1;
        for (number, digest) in tar.layout_digests().iter().enumerate() {
            let from = format!("oci-archive:{}:@{number}", path.display());
            chain(&format!("{name}-oci-{number}"), &from, digest, &registry);
        }
        for (number, config) in tar.configs().iter().enumerate() {
            chain_docker(&tar, &name, number, config, &registry);
        }
    }
    assert!(count >= 14, "only {count} archives in {}", corpus.display());
}

#[track_caller]
fn chain_docker(tar: &Tar, name: &str, number: usize, config: &str, registry: &Registry) {
    let folder = Folder::new();
    let from = format!("docker-archive:{}:@{number}", tar.path.display());
    let first = folder.at("oci", "first", ":v1");
    let digest = copy(&["--all", "--quiet"], &from, &first);
    let read = |digest: &str| read_json(&blob_path(&folder.path("first"), digest));
    let manifest = read(&digest);
    // An archive with a layout in it may hold a whole index.
    let children = manifest["manifests"].as_array().cloned().unwrap_or_else(|| vec![json!({"digest": digest})]);
    let children = children.iter().map(|child| read(child["digest"].as_str().expect("a digest")));
    assert!(children.into_iter().any(|child| child["config"]["digest"] == config), "{name}: {manifest}");
    chain(&format!("{name}-docker-{number}"), &first, &digest, registry);
}

/// An image whose blobs are not what they are called is refused, and leaves no name behind.
#[test]
fn a_mangled_image_is_refused() {
    let Some(corpus) = corpus() else { return };
    let folder = Folder::new();
    let archive = |kind: &str, name: &str| format!("{kind}:{}", corpus.join("images").join(name).display());
    let mangled = archive("oci-archive", "snyk-mangled-nginx.tar");
    let wrong = archive("docker-archive", crate::ls::WRONG_DIFF_ID);
    for (from, transport, name, rest) in [
        (&mangled, "oci", "o", ":v1"),
        (&mangled, "dir", "d", ""),
        (&mangled, "oci-archive", "a", ":v1"),
        (&mangled, "docker-archive", "k", ":x/a:1"),
        (&mangled, "static", "s", ":v1"),
        (&wrong, "oci", "wo", ":v1"),
        (&wrong, "dir", "wd", ""),
        (&wrong, "docker-archive", "wk", ":x/a:1"),
    ] {
        let to = folder.at(transport, name, rest);
        stevedore(&["copy", "--all", from, &to]).code(6);
        assert!(stevedore(&["digest", &to]).code != 0, "{transport} has the name");
    }
}

/// Hostile images whose manifests or blobs lie so that a copy must notice, and the exit code.
const LIARS: [(&str, i32); 9] = [
    ("lie-size", 6),
    ("lie-absent", 3),
    ("lie-content", 6),
    ("lie-digest-alg", 1),
    ("lie-digest-traversal", 1),
    ("lie-digest-upper", 1),
    ("json-truncated", 1),
    ("json-array", 1),
    ("json-deep", 1),
];

/// Hostile images either go through as they are, bytes that nobody unpacked, or fail in words with the class of the failure; nothing is written
/// outside the place, nothing panics.
#[test]
fn hostile_images_fail_in_words_or_stay_what_they_are() {
    let hostile = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images/hostile");
    let folder = Folder::new();
    for (name, digest) in entries(&hostile) {
        let from = format!("oci:{}:{name}", hostile.display());
        let expected = LIARS.iter().find(|(liar, _)| *liar == name).map_or(0, |(_, code)| *code);
        for (transport, place, rest) in
            [("oci", "o", &*format!(":{name}")), ("dir", "d", ""), ("oci-archive", "a", ":v1")]
        {
            let to = folder.at(transport, place, rest);
            let run = stevedore(&["copy", "--all", "--quiet", &from, &to]);
            check_hostile(&name, &run, expected, &digest);
        }
        let config = stevedore(&["copy", "--format=docker", "--quiet", &from, &folder.at("static", "s", ":v1")]);
        assert!(is_clean(&config), "{name}: {} {}", config.code, config.stderr);
    }
    let mut found: Vec<String> = fs::read_dir(folder.path(""))
        .expect("the folder")
        .map(|entry| name_of(&entry.expect("an entry").path()))
        .collect();
    found.retain(|name| !["o", "d", "a", "s"].contains(&name.as_str()));
    assert!(found.is_empty(), "left behind: {found:?}");
}

#[track_caller]
fn check_hostile(name: &str, run: &Run, expected: i32, digest: &str) {
    assert!(is_clean(run), "{name}: {} {}", run.code, run.stderr);
    assert_eq!(run.code, expected, "{name}: {} {}", run.code, run.stderr);
    if run.code == 0 {
        assert_eq!(run.text(), digest, "{name}");
    } else {
        assert!(run.stdout.is_empty() && run.stderr.starts_with("stevedore: "), "{name}: {}", run.stderr);
    }
}

/// Whether a program ended by itself: neither killed nor by a panic.
fn is_clean(run: &Run) -> bool {
    (0..=7).contains(&run.code) && !run.stderr.contains("panicked")
}
