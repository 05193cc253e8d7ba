//! Images with flipped, missing and foreign bytes anywhere: what looks inside them says so or says what it said before, and never panics.
//!
//! `STEVEDORE_MUTATIONS` says how many (40), `STEVEDORE_SEED` where they begin, `STEVEDORE_DAMAGE` which images of the corpus are damaged.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::command::{Run, stevedore};
use crate::support::listing::image;
use crate::support::oracle::{corpus, number};

/// Asks all that can be asked of an image; it is compared to a good one.
fn ask(reference: &str, good: &str, file: &str) -> [Run; 4] {
    [
        stevedore(&["ls", "--json", "--digests", reference]),
        stevedore(&["cat", reference, file]),
        stevedore(&["sbom", "--json", reference]),
        stevedore(&["diff", "--packages", good, reference]),
    ]
}

#[test]
fn damage_is_told_or_makes_no_difference() {
    let mut images = vec![(image("edge-whiteouts"), "latest", "del-dir/fresh")];
    if let Ok(name) = std::env::var("STEVEDORE_DAMAGE") {
        let Some(corpus) = corpus() else { return };
        let (name, tag) = name.split_once(':').expect("NAME:TAG");
        let tag: &'static str = tag.to_owned().leak();
        images = vec![(corpus.join("images").join(name), tag, "etc/os-release")];
    }
    let count = number("STEVEDORE_MUTATIONS", 40);
    let mut random = Random(number("STEVEDORE_SEED", 0x9e37_79b9_7f4a_7c15) | 1);
    for (source, tag, file) in images {
        let room = tempfile::tempdir().expect("a temporary directory");
        let copy = room.path().join("copy");
        let files = copy_layout(&source, &copy);
        let (good, reference) = (format!("oci:{}:{tag}", source.display()), format!("oci:{}:{tag}", copy.display()));
        let wanted = ask(&reference, &good, file).map(|run| run.ok().stdout);
        let (mut refused, mut same) = (0, 0);
        for _ in 0..count {
            let path = &files[random.below(files.len())];
            let content = fs::read(path).expect("a file of the layout");
            fs::write(path, random.damage(&content)).expect("written");
            for (run, wanted) in ask(&reference, &good, file).iter().zip(&wanted) {
                assert!((0..=7).contains(&run.code), "{}: {run:?}", path.display());
                if run.code == 0 {
                    assert!(run.stdout == *wanted, "{}: {run:?}", path.display());
                    same += 1;
                } else {
                    // Of two images that compare, the second may have been another one.
                    assert!(run.stdout.is_empty() || run.code == 1, "{}: {run:?}", path.display());
                    refused += 1;
                }
            }
            fs::write(path, content).expect("written");
        }
        // Other tags have blobs here, too, which make no difference.
        assert!(refused > count / 2 && refused + same == 4 * count, "{refused} and {same} of {count}");
    }
}

/// Copies a layout, and lists the files in it.
fn copy_layout(from: &Path, to: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    fs::create_dir(to).expect("a new folder");
    for entry in fs::read_dir(from).expect("a layout") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            files.extend(copy_layout(&path, &target));
        } else {
            fs::write(&target, fs::read(&path).expect("readable")).expect("written");
            files.push(target);
        }
    }
    files.sort();
    files
}

/// Marsaglia's xorshift64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).expect("below a number of that size")
    }

    /// Flips bits, cuts off, cuts out, overwrites, or adds.
    fn damage(&mut self, content: &[u8]) -> Vec<u8> {
        let mut bad = content.to_vec();
        let at = self.below(bad.len());
        match self.below(6) {
            0 | 1 => bad[at] ^= 1 << self.below(8),
            2 => bad.truncate(at),
            3 => drop(bad.drain(at..(at + 1 + self.below(16)).min(content.len()))),
            4 => bad.extend((0..=self.below(600)).map(|_| b' ').collect::<Vec<_>>()),
            _ => {
                for _ in 0..=self.below(20) {
                    let at = self.below(bad.len());
                    bad[at] = self.next().to_le_bytes()[0];
                }
            }
        }
        bad
    }
}
