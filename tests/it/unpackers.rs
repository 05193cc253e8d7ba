//! Random images in which a layer links, hides, repeats and replaces in every order, as umoci and buildah unpack them and the kernel lists them.
//!
//! Export, flatten, new times and `build --add` are each held to what umoci makes of the same layers. Left out is only that on which
//! unpackers differ among themselves, docs/DECISIONS.md, "Inside an image": entries below a link or file of a lower layer come with a
//! directory in its place. `STEVEDORE_FUZZ_IMAGES` says how many (40), `STEVEDORE_SEED` where they begin.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::same_layer::{tree, untarred};
use crate::support::command::stevedore;
use crate::support::oracle::{Tool, is_root, number, oracle};
use crate::support::scene::Folder;
use crate::support::tarball::{Tarball, image};

/// Numbers that depend on the seed alone.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> Option<&'t T> {
        if from.is_empty() { None } else { Some(&from[self.roll(from.len())]) }
    }
}

/// A layer in the making, upon what the layers below it have.
struct Layer<'a> {
    dice: &'a mut Dice,
    /// What is below: `d`, `l`, `f` and so on, by path.
    lower: &'a BTreeMap<String, char>,
    tar: Tarball,
    /// What this layer has, by name.
    own: BTreeMap<String, char>,
    /// Names of files of this layer that nothing has replaced.
    files: Vec<String>,
    /// Files of lower layers that hard links lead to, which stay.
    kept: BTreeSet<String>,
    gone: BTreeSet<String>,
    count: usize,
}

const DIRECTORIES: [&str; 8] = ["", "d0", "d1", "d0/e", "d1/e/f", "d2", "d2/deep/x/x/x/x/x/x/x/x/x/x", "d3"];
const TARGETS: [&str; 9] = ["d0", "d1", "/d0/e", "./d3", "/d3/new", "nowhere/at/all", "../../d2", "d1/e/..", "/"];

impl Layer<'_> {
    fn kind(&self, path: &str) -> Option<char> {
        self.own.get(path).or_else(|| self.lower.get(path)).copied()
    }

    /// Says whether a path goes through what this layer has as a link.
    fn is_through_link(&self, path: &str) -> bool {
        prefixes(path).any(|prefix| self.own.get(prefix) == Some(&'l'))
    }

    /// Puts a directory in the place of whatever a name lies in and is none.
    fn clear_way(&mut self, path: &str) {
        for prefix in prefixes(path).map(str::to_owned).collect::<Vec<_>>() {
            if self.is_through_link(&prefix) || self.own.get(&prefix) == Some(&'l') {
                return;
            }
            if self.kind(&prefix).is_some_and(|kind| kind != 'd') {
                self.put(&prefix, 'd', |tar, name| tar.directory(name));
            }
        }
    }

    fn put(&mut self, name: &str, kind: char, add: impl FnOnce(Tarball, &str) -> Tarball) {
        // What is replaced takes all that is in it with it.
        if kind != 'd' {
            let inside = format!("{name}/");
            self.own.retain(|other, _| !other.starts_with(&inside));
            self.files.retain(|other| other != name && !other.starts_with(&inside));
            self.gone.insert(name.to_owned());
        } else {
            self.files.retain(|other| other != name);
        }
        self.tar = add(std::mem::take(&mut self.tar), name);
        self.own.insert(name.to_owned(), kind);
    }

    /// Makes a name in some directory, or below some link of the layer.
    fn name(&mut self, kind: &str) -> String {
        let links: Vec<String> =
            self.own.iter().filter(|(_, kind)| **kind == 'l').map(|(name, _)| name.clone()).collect();
        if let Some(link) = self.dice.pick(&links).filter(|_| kind != "l").cloned()
            && self.dice.roll(3) == 0
        {
            // A name of its own: where it lies nobody else puts anything.
            self.count += 1;
            return format!("{link}/{kind}via{}", self.count);
        }
        let directory = DIRECTORIES[self.dice.roll(DIRECTORIES.len())];
        let slash = if directory.is_empty() { "" } else { "/" };
        format!("{directory}{slash}{kind}{}", self.dice.roll(3))
    }

    fn file(&mut self) {
        let name = self.name("f");
        self.clear_way(&name);
        self.count += 1;
        let content = format!("{name} {} {}", self.count, self.lower.len());
        self.put(&name, 'f', |tar, name| tar.file(name, &content));
        self.files.push(name);
    }

    fn directory(&mut self) {
        let name = self.name("d");
        self.clear_way(&name);
        self.put(&name, 'd', |tar, name| tar.directory(name));
    }

    fn link(&mut self, over_directory: bool) {
        let name = if over_directory { format!("d{}", self.dice.roll(3)) } else { self.name("l") };
        let target = TARGETS[self.dice.roll(TARGETS.len())];
        // Where it leads nothing of a lower layer may be a link, for unpackers follow those or not.
        let leads = target.trim_start_matches(['/', '.']).to_owned() + "/x";
        if prefixes(&leads).any(|prefix| self.lower.get(prefix).is_some_and(|kind| *kind != 'd'))
            || prefixes(&leads).any(|prefix| prefix == name || self.own.get(prefix) == Some(&'l'))
            || self.kept.iter().any(|kept| kept.starts_with(&name))
        {
            return;
        }
        self.clear_way(&name);
        self.put(&name, 'l', |tar, name| tar.symlink(name, target));
    }

    fn hard_link(&mut self) {
        let is_left = |path: &String| !prefixes(path).chain([&**path]).any(|prefix| self.gone.contains(prefix));
        let lower = self.lower.iter().filter(|(_, kind)| **kind == 'f').map(|(path, _)| path.clone()).filter(is_left);
        let lower: Vec<String> = lower.collect();
        let from = if self.dice.roll(3) == 0 { &lower } else { &self.files };
        let Some(target) = self.dice.pick(from).cloned() else { return };
        let name = self.name("h");
        if self.kind(&name).is_some() || target.starts_with(&format!("{name}/")) {
            return;
        }
        if !self.files.contains(&target) {
            self.kept.insert(target.clone());
        }
        self.clear_way(&name);
        self.put(&name, 'h', |tar, name| tar.link(name, &target));
    }

    /// Hides something of a lower layer, or all that a directory has of them.
    fn hide(&mut self, all: bool) {
        let paths: Vec<String> = self.lower.keys().cloned().collect();
        let Some(path) = self.dice.pick(&paths).cloned() else { return };
        let is_plain =
            |prefix: &str| self.lower.get(prefix) == Some(&'d') && self.own.get(prefix).is_none_or(|kind| *kind == 'd');
        let is_kept = self.kept.iter().any(|kept| *kept == path || kept.starts_with(&format!("{path}/")));
        if is_kept || !prefixes(&path).all(is_plain) || all && !is_plain(&path) || self.own.get(&path) == Some(&'l') {
            return;
        }
        let (parent, base) = path.rsplit_once('/').map_or(("", &*path), |(parent, base)| (parent, base));
        let marker = if all { format!("{path}/.wh..wh..opq") } else { format!("{parent}/.wh.{base}") };
        self.tar = std::mem::take(&mut self.tar).file(marker.trim_start_matches('/'), "");
        self.gone.insert(path);
    }

    fn repeat(&mut self) {
        let files = self.files.clone();
        let Some(name) = self.dice.pick(&files).cloned() else { return };
        self.count += 1;
        let content = format!("again {}", self.count);
        match self.dice.roll(3) {
            0 => self.put(&name, 'd', |tar, name| tar.directory(name)),
            _ => {
                self.put(&name, 'f', |tar, name| tar.file(name, &content));
                self.files.push(name);
            }
        }
    }

    fn fill(&mut self) {
        for _ in 0..3 + self.dice.roll(14) {
            match self.dice.roll(14) {
                0..=3 => self.file(),
                4 => self.directory(),
                5 | 6 => self.link(false),
                7 => self.link(true),
                8..=10 => self.hard_link(),
                11 => self.hide(false),
                12 => self.hide(true),
                _ => self.repeat(),
            }
        }
    }
}

/// Returns the directories that a path lies in, the highest first.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// Makes the layers of a random image.
fn layers(seed: u64, folder: &Folder) -> Vec<Vec<u8>> {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut layers: Vec<Vec<u8>> = Vec::new();
    for number in 0..2 + dice.roll(3) {
        let lower =
            if number == 0 { BTreeMap::new() } else { listed(&image(&folder.path(&format!("part{number}")), &layers)) };
        let (tar, own, files) = (Tarball::new(), BTreeMap::new(), Vec::new());
        let (kept, gone) = (BTreeSet::new(), BTreeSet::new());
        let mut layer = Layer { dice: &mut dice, lower: &lower, tar, own, files, kept, gone, count: 0 };
        layer.fill();
        layers.push(layer.tar.end());
    }
    layers
}

/// Returns the kinds of all paths.
fn listed(reference: &str) -> BTreeMap<String, char> {
    let listed = stevedore(&["ls", "--json", reference]).ok().json();
    let entries = listed["entries"].as_array().expect("entries").iter();
    let kind = |entry: &serde_json::Value| match entry["type"].as_str().expect("a type") {
        "directory" => 'd',
        "symlink" => 'l',
        _ => 'f',
    };
    entries.map(|entry| (entry["path"].as_str().expect("a path").to_owned(), kind(entry))).collect()
}

/// What umoci unpacks.
fn unpacked(umoci: &Tool, folder: &Folder, reference: &str, name: &str) -> Vec<String> {
    let bundle = folder.path(&format!("umoci-{name}"));
    let image = reference.strip_prefix("oci:").expect("a layout");
    umoci.run(&["unpack", "--image", image, &bundle.display().to_string()]);
    let tree = tree(&bundle.join("rootfs"));
    fs::remove_dir_all(bundle).expect("removes");
    tree
}

/// What buildah mounts, where it can.
fn mounted(buildah: &Tool, folder: &Folder, reference: &str) -> Vec<String> {
    let (root, state) = (folder.text("storage"), folder.text("state"));
    let fixed = ["--root", &root, "--runroot", &state, "--storage-driver", "vfs"];
    let run = |arguments: &[&str]| buildah.run(&[&fixed[..], arguments].concat()).text().trim().to_owned();
    let container = run(&["from", reference]).lines().last().expect("a name").to_owned();
    let found = tree(Path::new(&run(&["mount", &container])));
    run(&["rm", "--all"]);
    found
}

fn exported(reference: &str, folder: &Folder, name: &str) -> Vec<String> {
    let out = folder.path(&format!("out-{name}"));
    stevedore(&["export", "-q", reference, "-o", &format!("{}/", out.display())]).ok();
    tree(&out)
}

#[test]
fn random_images_are_what_unpackers_make_of_them() {
    let Some(umoci) = oracle("umoci-new").filter(|_| is_root()) else { return };
    let buildah = oracle("buildah");
    let (count, first) = (number("STEVEDORE_FUZZ_IMAGES", 40), number("STEVEDORE_SEED", 1));
    println!("{count} random images from seed {first}");
    for seed in first..first + count {
        let folder = Folder::new();
        let layers = layers(seed, &folder);
        let reference = image(&folder.path("i"), &layers);
        let wanted = unpacked(&umoci, &folder, &reference, "whole");
        assert_eq!(exported(&reference, &folder, "folder"), wanted, "seed {seed}: a folder");
        let tar = folder.path("out.tar");
        stevedore(&["export", "-q", &reference, "-o", &tar.display().to_string()]).ok();
        assert_eq!(untarred(&tar, &folder.path("untarred")), wanted, "seed {seed}: a tar");
        let names: Vec<&str> = wanted.iter().map(|line| line.split(['=', ' ']).next().unwrap_or(line)).collect();
        let listed = stevedore(&["ls", "-q", &reference]).ok();
        let mut listed: Vec<String> = listed.text().lines().map(str::to_owned).collect();
        listed.sort();
        let mut plain: Vec<&str> = names.iter().map(|name| name.trim_end_matches('/')).collect();
        plain.sort_unstable();
        assert_eq!(listed, plain, "seed {seed}: listed");
        for (name, flags) in [("flat", &["--flatten"][..]), ("timed", &["--set-time", "5"])] {
            let new = folder.at("oci", name, ":x");
            stevedore(&[&["mutate", "-q", &reference, "--to", &new], flags].concat()).ok();
            assert_eq!(exported(&new, &folder, name), wanted, "seed {seed}: {name}");
            assert_eq!(unpacked(&umoci, &folder, &new, name), wanted, "seed {seed}: {name}, unpacked by umoci");
        }
        fs::write(folder.path("new"), "new").expect("writes");
        let (new, add) = (folder.at("oci", "built", ":x"), format!("{}:/added/new", folder.text("new")));
        stevedore(&["build", "-q", "--from", &reference, "--platform", "linux/amd64", "--add", &add, "-o", &new]).ok();
        let mut with = [&wanted[..], &["added/".to_owned(), "added/new=new".to_owned()]].concat();
        with.sort();
        assert_eq!(unpacked(&umoci, &folder, &new, "built"), with, "seed {seed}: built upon");
        if let Some(buildah) = buildah.as_ref().filter(|_| seed % 8 == 0) {
            assert_eq!(mounted(buildah, &folder, &reference), wanted, "seed {seed}: buildah");
        }
    }
}
