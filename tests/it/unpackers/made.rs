//! A random image, and what is made of it.

use std::fs;
use std::path::{Path, PathBuf};

use super::random::Layers;
use super::{Tree, differences, is_strict};
use crate::support::command::stevedore;
use crate::support::layout::{blob_path, read_json, tags};
use crate::support::tarball;

/// An image of a layout.
pub(super) struct Image {
    /// As in `oci:PATH:TAG`, and without the transport.
    pub(super) reference: String,
    pub(super) layout: String,
    /// Where there is room for what is unpacked of it.
    pub(super) folder: PathBuf,
    pub(super) made_by: String,
    pub(super) wanted: Wanted,
}

/// What is known of an image's tree beforehand.
pub(super) enum Wanted {
    Original,
    /// That of the original.
    Same,
    /// That of the original without a path; a directory that nobody declares may go with the last that was in it.
    Without(String),
    /// That of the original with a file and what it lies in.
    With(String),
    Any,
}

impl Wanted {
    pub(super) fn differences(&self, made_by: &str, original: &Tree, tree: &Tree) -> Vec<String> {
        let is_below = |path: &str, of: &str| path == of || path.starts_with(&format!("{of}/"));
        let what = format!("{made_by}: the original / what came of it");
        match self {
            Self::Original | Self::Any => Vec::new(),
            Self::Same => differences(&what, original, tree),
            Self::Without(gone) => {
                let mut rest: Tree = original.clone();
                rest.retain(|path, entry| {
                    let is_implied = entry.starts_with("0755 d 0 0") && !tree.contains_key(path);
                    !is_below(path, gone) && !is_implied
                });
                differences(&what, &rest, tree)
            }
            Self::With(name) => {
                let added: Vec<&String> = tree.keys().filter(|path| path.ends_with(name.as_str())).collect();
                let mut rest = tree.clone();
                rest.retain(|path, _| original.contains_key(path));
                let mut found = differences(&what, original, &rest);
                if added.is_empty() {
                    found.push(format!("{what}: no {name}"));
                }
                found
            }
        }
    }
}

impl Image {
    pub(super) fn is_original(&self) -> bool {
        matches!(self.wanted, Wanted::Original)
    }
}

/// Makes the images of a seed: the random one first.
pub(super) fn images(seed: u64, folder: &Path, found: &mut Vec<String>) -> Vec<Image> {
    let mut base = Layers::new(seed, is_strict(seed));
    let mut blobs: Vec<Vec<u8>> = (0..=base.below(2)).map(|_| base.layer()).collect();
    let kept = blobs.len();
    let mut newer = base.fork(seed + (1 << 32));
    let other = [&blobs[..], &[newer.layer()]].concat();
    base.on_both(&newer);
    blobs.extend((0..=base.below(3)).map(|_| base.layer()));
    let count = blobs.len();
    let maker = Maker { folder, original: tarball::image(&folder.join("i"), &blobs) };
    tarball::image(&folder.join("old"), &blobs[..kept]);
    tarball::image(&folder.join("new"), &other);

    let mut all = vec![maker.image("i", "v1", "nothing", Wanted::Original)];
    let mut add = |name: &str, flags: &[&str], wanted| all.extend(maker.mutate(name, flags, wanted, found));
    add("flat", &["--flatten"], Wanted::Same);
    add("timed", &["--set-time", "5"], Wanted::Same);
    for last in 2..=count.min(4) {
        add(&format!("squashed{last}"), &["--squash-last", &last.to_string()], Wanted::Same);
    }
    let stripped = base.known().unwrap_or_else(|| "a".to_owned());
    add("stripped", &["--strip", &stripped], Wanted::Without(stripped.clone()));
    let (old, new) = (maker.at("old", "v1"), maker.at("new", "v1"));
    add("rebased", &["--rebase", &old, &new], Wanted::Any);
    all.extend(maker.build(&mut base, found));
    check_rebased(&maker, other.len(), count - kept, found);
    all
}

/// A rebased image has the layers of the other base, and its own.
fn check_rebased(maker: &Maker<'_>, base: usize, own: usize, found: &mut Vec<String>) {
    let layers = |name: &str| {
        let folder = maker.folder.join(name);
        let tags = folder.exists().then(|| tags(&folder))?;
        let manifest = read_json(&blob_path(&folder, tags[0].1["digest"].as_str()?));
        Some(manifest["layers"].as_array()?.iter().map(|layer| layer["digest"].clone()).collect::<Vec<_>>())
    };
    let (Some(rebased), Some(new), Some(old)) = (layers("rebased"), layers("new"), layers("i")) else { return };
    if rebased != [&new[..base], &old[old.len() - own..]].concat() {
        found.push(format!("rebased: it has the layers {rebased:?}"));
    }
}

struct Maker<'a> {
    folder: &'a Path,
    original: String,
}

impl Maker<'_> {
    fn at(&self, name: &str, tag: &str) -> String {
        format!("oci:{}:{tag}", self.folder.join(name).display())
    }

    fn image(&self, name: &str, tag: &str, made_by: &str, wanted: Wanted) -> Image {
        let reference = self.at(name, tag);
        let layout = reference.trim_start_matches("oci:").to_owned();
        Image { reference, layout, folder: self.folder.to_owned(), made_by: made_by.to_owned(), wanted }
    }

    /// Changes the original; what cannot be done without harm is refused, with nothing written.
    fn mutate(&self, name: &str, flags: &[&str], wanted: Wanted, found: &mut Vec<String>) -> Option<Image> {
        let to = self.at(name, "x");
        let made_by = format!("mutate {}", flags.join(" ")).replace(&self.folder.display().to_string(), "DIR");
        let run = stevedore(&[&["mutate", "-q", &self.original, "--to", &to, "--compress", "none"], flags].concat());
        // A hard link keeps what is stripped elsewhere.
        let may_fail = matches!(wanted, Wanted::Without(_)) && run.stderr.contains("hard link");
        if run.code != 0 && !may_fail {
            found.push(format!("{made_by}: exit {}: {}", run.code, run.stderr.trim()));
        }
        (run.code == 0).then(|| self.image(name, "x", &made_by, wanted))
    }

    /// Adds a file and a folder somewhere: no path of the original becomes another one.
    fn build(&self, base: &mut Layers, found: &mut Vec<String>) -> Option<Image> {
        let at = |name: &str| self.folder.join(name).display().to_string();
        fs::create_dir(self.folder.join("add")).expect("makes");
        fs::write(self.folder.join("add/zz-added"), "added").expect("writes");
        let place = base.known().unwrap_or_else(|| "n".to_owned());
        let options = [
            format!("{}:/{place}", at("add")),
            format!("{}:/{place}/", at("add/zz-added")),
            format!("{}:/{place}/new/", at("add/zz-added")),
        ];
        let addition = &options[base.below(3)];
        let to = self.at("built", "x");
        let run = stevedore(&[
            "build",
            "-q",
            "--from",
            &self.original,
            "--platform",
            "linux/amd64",
            "--add",
            addition,
            "-o",
            &to,
        ]);
        let made_by = format!("build --add {addition}").replace(&self.folder.display().to_string(), "DIR");
        // Below a file, and over one.
        let is_refused = run.code != 0 && !self.folder.join("built").exists();
        if run.code != 0 && !is_refused {
            found.push(format!("{made_by}: exit {}: {}", run.code, run.stderr.trim()));
        }
        (run.code == 0).then(|| self.image("built", "x", &made_by, Wanted::With("zz-added".to_owned())))
    }
}
