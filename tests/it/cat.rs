//! `cat`: the right bytes, from as few layers as possible, and never a file of this machine.

use std::fs;

use sha2::{Digest, Sha256};

use crate::support::command::{Program, stevedore};
use crate::support::fixture;
use crate::support::layout::{blob_path, read_json, sha256};
use crate::support::listing::{arguments, expected, image, read};
use crate::support::oracle::corpus;
use crate::support::proxy::{Mode, Proxy};
use crate::support::registry::Registry;
use crate::support::seed;

fn types() -> String {
    arguments("edge-types@latest").remove(0)
}

#[test]
fn every_file_has_its_content() {
    for (stem, file) in expected(".tsv") {
        let mut sums = Vec::new();
        let mut names = Vec::new();
        for row in read(&file) {
            let columns: Vec<&str> = row.split('\t').collect();
            if columns[1] == "f" && !columns[5].contains("\\x") {
                names.push(columns[5].to_owned());
                sums.push((columns[4].parse::<usize>().expect("a size"), columns[7].to_owned()));
            }
        }
        if names.is_empty() {
            continue;
        }
        let arguments = arguments(&stem);
        let mut all: Vec<&str> = vec!["cat"];
        all.extend(arguments.iter().map(String::as_str));
        all.extend(names.iter().map(String::as_str));
        let printed = stevedore(&all).ok().stdout;
        let mut rest = &printed[..];
        for ((size, sum), name) in sums.iter().zip(&names) {
            let (content, behind) = rest.split_at(*size);
            let got: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(got, *sum, "{stem} {name}");
            rest = behind;
        }
        assert!(rest.is_empty(), "{stem}");
    }
}

/// Some files of every published image, hard links among them.
#[test]
fn published_files_have_their_content() {
    let Some(corpus) = corpus() else { return };
    let mut seen = 0;
    for (number, (image, stem)) in crate::ls::published(&corpus).iter().enumerate() {
        let rows = read(&corpus.join("expected").join(format!("{stem}.tsv.gz")));
        let files = rows.iter().map(|row| row.split('\t').collect::<Vec<_>>());
        let files: Vec<Vec<&str>> = files.filter(|columns| columns[1] == "f" && !columns[5].contains("\\x")).collect();
        if files.is_empty() {
            continue;
        }
        let step = files.len().div_ceil(20);
        let picked: Vec<&Vec<&str>> = files.iter().skip(number % step).step_by(step).collect();
        let mut all = vec!["cat"];
        all.extend(image.iter().map(String::as_str));
        all.extend(picked.iter().map(|columns| columns[5]));
        let printed = stevedore(&all).ok().stdout;
        let mut rest = &printed[..];
        for columns in picked {
            let (content, behind) = rest.split_at(columns[4].parse().expect("a size"));
            let sum: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(sum, columns[7], "{stem} {}", columns[5]);
            rest = behind;
            seen += 1;
        }
        assert!(rest.is_empty(), "{stem}");
    }
    assert!(seen > 600, "{seen}");
}

#[test]
fn links_are_followed_inside_the_image() {
    let wanted = stevedore(&["cat", &types(), "/etc/os-release"]).ok().stdout;
    assert_eq!(wanted.len(), 43);
    for path in ["/sym-abs", "sym-dot", "/usr/up/etc/os-release", "/../../etc//./os-release", "/sym-dir/../../sym-abs"]
    {
        assert_eq!(stevedore(&["cat", &types(), path]).ok().stdout, wanted, "{path}");
    }
    for path in ["/deep/via/tool", "/sym-dir/tool"] {
        assert_eq!(stevedore(&["cat", &types(), path]).ok().stdout.len(), 17, "{path}");
    }
    assert_eq!(stevedore(&["cat", &types(), "/chain1"]).ok().stdout.len(), 19);
}

#[test]
fn what_is_no_file_has_its_own_sentence() {
    let table = [
        ("/loop-a", 1, "/loop-a leads through too many symbolic links"),
        ("/self", 1, "/self leads through too many symbolic links"),
        ("/sym-dangling", 1, "/sym-dangling is a symbolic link to /no/such, which is not in the image"),
        ("/etc", 1, "/etc is a directory, not a file"),
        ("/", 1, "/ is a directory, not a file"),
        ("/dev/null", 1, "/dev/null is a device, not a file"),
        ("/run.fifo", 1, "/run.fifo is a named pipe, not a file"),
        ("/etc/passwd", 3, "/etc/passwd is not in the image"),
        ("/etc/os-release/x", 3, "/etc/os-release/x is not in the image"),
    ];
    for (path, code, sentence) in table {
        let run = stevedore(&["cat", &types(), "/etc/os-release", path]).code(code);
        assert_eq!(run.stderr, format!("stevedore: {sentence}\n"));
        assert!(run.stdout.is_empty(), "{path}");
    }
}

#[test]
fn what_is_hidden_or_replaced_is_not_there() {
    let reference = &arguments("edge-whiteouts@latest")[0];
    let visible: Vec<String> = read(&image("../golden/filesystem/edge-whiteouts@latest.tsv"));
    let visible: Vec<&str> = visible.iter().filter_map(|row| row.split('\t').nth(5)).collect();
    let mut hidden = 0;
    for row in read(&image("../golden/filesystem/edge-whiteouts@latest.layers.tsv")) {
        let columns: Vec<&str> = row.split('\t').collect();
        let (kind, path) = (columns[2], columns[6]);
        if kind == "f" && !path.contains(".wh.") && !visible.contains(&path) {
            stevedore(&["cat", reference, path]).code(3);
            hidden += 1;
        }
    }
    assert!(hidden >= 12, "{hidden}");
}

#[test]
fn only_the_layers_that_are_needed_are_fetched_and_each_once() {
    let Some(registry) = Registry::start() else { return };
    seed::push(&image("edge-whiteouts"), "latest", &registry.client(), "wh");
    let proxy = Proxy::start(&registry.host(), Mode::None);
    let reference = format!("docker://{}/wh:latest", proxy.host());
    let listed = stevedore(&["ls", "--json", &reference]).ok().json();
    let layers = stevedore(&["inspect", "--json", &reference]).ok().json()["layers"].as_array().expect("layers").len();
    let mut fewest = layers;
    for entry in listed["entries"].as_array().expect("entries").iter().filter(|entry| entry["type"] == "file") {
        proxy.clear();
        stevedore(&["cat", &reference, entry["path"].as_str().expect("text")]).ok();
        let mut blobs: Vec<_> =
            proxy.log().iter().map(|request| request.path.clone()).filter(|path| path.contains("/blobs/")).collect();
        let count = blobs.len() - 1;
        blobs.sort();
        blobs.dedup();
        assert_eq!(blobs.len() - 1, count, "a blob was fetched twice for {entry}");
        let layer = usize::try_from(entry["layer"].as_u64().expect("a number")).expect("small");
        // A file that layers have links to may need those below, too.
        assert!(entry.get("link").is_some() || count <= layers - layer, "{count} of {layers} for {entry}");
        fewest = fewest.min(count);
    }
    assert_eq!(fewest, 1);
}

#[test]
fn a_cache_is_used_only_when_asked_for() {
    let Some(registry) = Registry::start() else { return };
    seed::push(&image("edge-types"), "latest", &registry.client(), "types");
    let proxy = Proxy::start(&registry.host(), Mode::None);
    let reference = format!("docker://{}/types:latest", proxy.host());
    let cache = tempfile::tempdir().expect("a temporary directory");
    let folder = cache.path().join("cache");
    let cached = ["cat", "--cache", folder.to_str().expect("text"), &reference, "/orig"];
    let fetched = |arguments: &[&str]| {
        proxy.clear();
        let run = stevedore(arguments).ok();
        assert_eq!(run.stdout.len(), 19);
        proxy.log().iter().filter(|request| request.path.contains("/blobs/")).count()
    };
    assert_eq!(fetched(&cached), 2);
    assert_eq!(fetched(&cached), 0);
    assert_eq!(fetched(&["cat", &reference, "/orig"]), 2);
}

#[test]
fn nothing_is_left_behind() {
    let Some(registry) = Registry::start() else { return };
    seed::push(&image("edge-types"), "latest", &registry.client(), "types");
    let reference = format!("docker://{}/types:latest", registry.host());
    let program = Program::stevedore(&["cat", &reference, "/orig"]);
    let home = tempfile::tempdir().expect("a temporary directory");
    program.env("TMPDIR", home.path()).run().ok();
    assert_eq!(fs::read_dir(home.path()).expect("a folder").count(), 0);
}

#[test]
fn a_flipped_byte_is_an_error() {
    let room = tempfile::tempdir().expect("a temporary directory");
    let fixture = fixture::single(room.path());
    let path = blob_path(&fixture.dir, &fixture.parts[0].layers[0]);
    let good = fs::read(&path).expect("the layer");
    for at in (0..good.len()).step_by(7) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, &bad).expect("written");
        let run = stevedore(&["cat", &fixture.reference(), "/bin/app"]).code(6);
        assert!(run.stdout.is_empty() && run.stderr.contains(&sha256(&good)), "{at}: {run:?}");
    }
    for length in (0..good.len()).step_by(11) {
        fs::write(&path, &good[..length]).expect("written");
        let run = stevedore(&["ls", &fixture.reference()]).code(6);
        assert!(run.stdout.is_empty(), "{length}: {run:?}");
    }
}

#[test]
fn a_wrong_diff_id_is_an_error() {
    let layout = image("hostile");
    let reference = format!("oci:{}:lie-diffid", layout.display());
    let run = stevedore(&["cat", &reference, "/etc/os-release"]).code(6);
    assert!(run.stderr.contains("has diff_id sha256:") && run.stdout.is_empty(), "{run:?}");
    assert!(read_json(&layout.join("oci-layout"))["imageLayoutVersion"].is_string());
}
