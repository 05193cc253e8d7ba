//! An oracle that is not ours: random images, unpacked by umoci, buildah and a Docker Engine and listed by the kernel, are what `export`, to a
//! folder and to a tar, and `ls` have; so are the images that `mutate` and `build` make of them.
//!
//! `STEVEDORE_UNPACK_IMAGES` says how many images (40), `STEVEDORE_ENGINE_IMAGES` how many the engine gets (4), `STEVEDORE_SEED` where they begin.

mod made;
mod random;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

use crate::ls_fuzz::{describe, plain};
use crate::support::command::{Run, run, stevedore};
use crate::support::docker::{Engine, engine};
use crate::support::listing::{escape, rows};
use crate::support::oracle::{Tool, is_root, number, oracle};
use made::{Image, images};

/// Of each path what is there.
type Tree = BTreeMap<String, String>;

/// What Docker puts into each container.
const OF_DOCKER: [&str; 5] = [".dockerenv", "dev", "etc", "proc", "sys"];

/// Lists a folder.
fn listed(root: &Path) -> Tree {
    let (mut found, mut todo) = (Tree::new(), vec![root.to_owned()]);
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let own = escape(path.strip_prefix(root).expect("below the root").as_os_str().as_bytes());
            found.insert(own, describe(&path));
            if path.is_dir() && !path.is_symlink() {
                todo.push(path);
            }
        }
    }
    found
}

/// What tells of two trees how they differ.
fn differences(what: &str, ours: &Tree, theirs: &Tree) -> Vec<String> {
    let paths = ours.keys().chain(theirs.keys().filter(|path| !ours.contains_key(*path)));
    let differing = paths.filter(|path| ours.get(*path) != theirs.get(*path));
    let text = |entry: Option<&String>| entry.map_or("nothing", String::as_str).to_owned();
    differing.map(|path| format!("{what}: {path}: {} / {}", text(ours.get(path)), text(theirs.get(path)))).collect()
}

/// An unpacker that is not ours.
trait Unpacker {
    fn name(&self) -> &'static str;
    /// Whether it takes what a layer may do to its own entries: a path twice, an opaque directory after what is in it.
    fn is_lenient(&self) -> bool {
        false
    }
    /// Unpacks an image of a layout into a folder, or says why it would not.
    fn unpack(&self, image: &Image) -> Result<Tree, String>;
}

fn refused(run: Run) -> Result<Run, String> {
    if run.code == 0 { Ok(run) } else { Err(run.stderr) }
}

struct Umoci {
    tool: Tool,
}

impl Unpacker for Umoci {
    fn name(&self) -> &'static str {
        "umoci"
    }

    fn is_lenient(&self) -> bool {
        true
    }

    fn unpack(&self, image: &Image) -> Result<Tree, String> {
        let bundle = image.folder.join("bundle");
        let run = self.tool.try_run(&["unpack", "--image", &image.layout, &bundle.display().to_string()]);
        let unpacked = refused(run).map(|_| listed(&bundle.join("rootfs")));
        // It may have failed before it made anything.
        let _ = fs::remove_dir_all(&bundle);
        unpacked
    }
}

struct Buildah {
    tool: Tool,
    storage: TempDir,
    driver: &'static str,
}

impl Buildah {
    fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let at = |name: &str| self.storage.path().join(name).display().to_string();
        let (root, state) = (at("root"), at("run"));
        let fixed = ["--root", &root, "--runroot", &state, "--storage-driver", self.driver];
        let run = self.tool.try_run(&[&fixed[..], arguments].concat());
        refused(run).map(|run| run.text().to_owned())
    }
}

impl Unpacker for Buildah {
    fn name(&self) -> &'static str {
        "buildah"
    }

    fn unpack(&self, image: &Image) -> Result<Tree, String> {
        let from = self.run(&["from", "--pull-never", "--quiet", &format!("oci:{}", image.layout)])?;
        let container = from.lines().last().unwrap_or_default().to_owned();
        let tree = self.run(&["mount", &container]).map(|root| listed(Path::new(root.trim())));
        self.run(&["rm", &container])?;
        self.run(&["rmi", "--all", "--force"])?;
        tree
    }
}

impl Unpacker for Engine {
    fn name(&self) -> &'static str {
        "the engine"
    }

    fn unpack(&self, image: &Image) -> Result<Tree, String> {
        let at = |name: &str| image.folder.join(name).display().to_string();
        let (archive, name, root) = (at("docker.tar"), format!("unpackers:{}", std::process::id()), at("untarred"));
        stevedore(&["copy", "-q", &image.reference, &format!("docker-archive:{archive}:{name}")]).ok();
        let loaded = refused(self.try_run(&["load", "--quiet", "--input", &archive]));
        fs::remove_file(&archive).expect("it was written");
        loaded?;
        let created = refused(self.try_run(&["create", &name, "x"]))?;
        let container = created.text().to_owned();
        refused(self.try_run(&["export", "--output", &archive, &container]))?;
        let mut tree = untarred(Path::new(&archive), Path::new(&root));
        // Before version 23 a directory that nobody declares is 0600, and since then 0755, as with all others. No layer here declares one 0600.
        tree.values_mut().for_each(|entry| *entry = entry.replace("0600 d 0 0", "0755 d 0 0"));
        tree.retain(|path, _| !OF_DOCKER.contains(&path.split('/').next().unwrap_or_default()));
        self.run(&["rm", "--force", &container]);
        self.forget(&[&name]);
        Ok(tree)
    }
}

/// Unpacks a tar with GNU tar, which must have nothing to say.
fn untarred(tar: &Path, root: &Path) -> Tree {
    fs::create_dir(root).expect("makes");
    let mut command = std::process::Command::new("tar");
    command.args(["--numeric-owner", "-xpf"]).arg(tar).arg("-C").arg(root);
    let output = run(command, b"").ok();
    assert_eq!(output.stderr, "", "tar has something to say");
    let tree = listed(root);
    fs::remove_dir_all(root).expect("it was made");
    fs::remove_file(tar).expect("it was written");
    tree
}

/// Returns what we have of an image, in each of the views; they must agree.
fn ours(image: &Image, found: &mut Vec<String>) -> Tree {
    let at = |name: &str| image.folder.join(name);
    let (folder, tar) = (at("exported"), at("exported.tar"));
    stevedore(&["export", "-q", &image.reference, "-o", &format!("{}/", folder.display())]).ok();
    let tree = listed(&folder);
    fs::remove_dir_all(&folder).expect("it was made");
    stevedore(&["export", "-q", &image.reference, "-o", &tar.display().to_string()]).ok();
    let streamed = untarred(&tar, &at("untarred"));
    let listed = stevedore(&["ls", "-q", "--json", "--digests", &image.reference]).ok();
    found.extend(differences(&format!("{}: export to a folder / to a tar", image.made_by), &tree, &streamed));
    let listed = plain(&rows(&listed.json()));
    found.extend(differences(&format!("{}: export / ls", image.made_by), &tree, &listed));
    tree
}

/// Whether the layers of a seed have each path once, for not every unpacker takes others.
fn is_strict(seed: u64) -> bool {
    seed.is_multiple_of(2)
}

/// What came of many images.
#[derive(Default)]
struct Outcome {
    /// How many random images each unpacker was shown.
    shown: BTreeMap<&'static str, u64>,
    /// How many it was compared with, what was made of them too.
    compared: BTreeMap<&'static str, u64>,
    /// Images that the unpackers did not take as they were.
    refused: BTreeMap<&'static str, u64>,
    differences: Vec<String>,
}

impl Outcome {
    fn merge(&mut self, other: Self) {
        let both =
            [(&mut self.shown, other.shown), (&mut self.compared, other.compared), (&mut self.refused, other.refused)];
        for (counts, others) in both {
            for (name, count) in others {
                *counts.entry(name).or_default() += count;
            }
        }
        self.differences.extend(other.differences);
    }

    fn add(&mut self, seed: u64, unpackers: &[Box<dyn Unpacker>], folder: &Path) {
        let mut found = Vec::new();
        let images = images(seed, folder, &mut found);
        let trees: Vec<Tree> = images.iter().map(|image| ours(image, &mut found)).collect();
        for (image, tree) in images.iter().zip(&trees) {
            found.extend(image.wanted.differences(&image.made_by, &trees[0], tree));
        }
        for unpacker in unpackers {
            let name = unpacker.name();
            if !is_strict(seed) && !unpacker.is_lenient() {
                continue;
            }
            *self.shown.entry(name).or_default() += 1;
            for (image, tree) in images.iter().zip(&trees) {
                match unpacker.unpack(image) {
                    Ok(theirs) => {
                        *self.compared.entry(name).or_default() += 1;
                        found.extend(differences(&format!("{}: ours / {name}'s", image.made_by), tree, &theirs));
                    }
                    Err(_) if image.is_original() => {
                        // What is made of it may well be refused, too.
                        *self.refused.entry(name).or_default() += 1;
                        break;
                    }
                    Err(why) => found.push(format!("{}: {name} refuses it: {}", image.made_by, why.trim())),
                }
            }
        }
        // A tree that is wrong is told by a few of its paths.
        self.differences.extend(found.into_iter().take(12).map(|text| format!("seed {seed}: {text}")));
    }
}

/// Compares what unpackers make of images, in as many threads at once, each of which has its own.
fn compare(seeds: &[u64], threads: usize, unpackers: &(dyn Fn() -> Vec<Box<dyn Unpacker>> + Sync)) {
    let (next, outcome) = (AtomicUsize::new(0), Mutex::new(Outcome::default()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut own = Outcome::default();
                let unpackers = unpackers();
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    own.add(*seed, &unpackers, scratch("images").path());
                }
                outcome.lock().expect("no thread panics with it").merge(own);
            });
        }
    });
    let outcome = outcome.into_inner().expect("no thread panics with it");
    let Outcome { shown, compared, refused, differences } = outcome;
    let told = format!(
        "{} random images from seed {:?}: shown to {shown:?}, refused as they were by {refused:?}, compared with what was made of them {compared:?}\n",
        seeds.len(),
        seeds.first().copied().unwrap_or_default(),
    );
    // Not by a macro: what those print is shown only when the test fails.
    std::io::stderr().write_all(told.as_bytes()).expect("standard error is open");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    for (name, shown) in shown {
        let refused = refused.get(name).copied().unwrap_or_default();
        assert!(refused * 2 < shown, "{name} refused {refused} of {shown} images");
    }
}

/// Makes a folder whose name is in lower case, for buildah takes no other.
fn scratch(what: &str) -> TempDir {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let name = format!("unpackers-{what}-{}-{number}", std::process::id());
    let place = Some(Path::new("/dev/shm")).filter(|place| place.is_dir());
    let builder = &mut tempfile::Builder::new();
    let made = builder.prefix(&name).rand_bytes(0).tempdir_in(place.map_or_else(std::env::temp_dir, Path::to_owned));
    made.expect("making a temporary directory")
}

#[test]
fn random_images_are_what_umoci_and_buildah_unpack() {
    let (Some(_), Some(_)) = (oracle("umoci-new"), oracle("buildah")) else { return };
    if !is_root() {
        return;
    }
    let which = std::env::var("STEVEDORE_UNPACKERS").unwrap_or_else(|_| "umoci,buildah".to_owned());
    let unpackers = || {
        let [umoci, buildah] = ["umoci-new", "buildah"].map(|name| oracle(name).expect("it was there"));
        let buildah = Buildah { tool: buildah, storage: scratch("storage"), driver: "vfs" };
        let all: [Box<dyn Unpacker>; 2] = [Box::new(Umoci { tool: umoci }), Box::new(buildah)];
        all.into_iter().filter(|one| which.contains(one.name())).collect()
    };
    let first = number("STEVEDORE_SEED", 1);
    let seeds: Vec<u64> = (first..first + number("STEVEDORE_UNPACK_IMAGES", 40)).collect();
    compare(&seeds, 4, &unpackers);
}

#[test]
fn random_images_are_what_an_engine_unpacks() {
    let Some(_) = engine() else { return };
    if !is_root() {
        return;
    }
    let first = number("STEVEDORE_SEED", 1);
    let count = usize::try_from(number("STEVEDORE_ENGINE_IMAGES", 4)).expect("a count");
    let seeds: Vec<u64> = (first..).filter(|seed| is_strict(*seed)).take(count).collect();
    // One name for all images.
    compare(&seeds, 1, &|| vec![Box::new(engine().expect("it was there"))]);
}
