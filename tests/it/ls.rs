//! `ls` against listings that another program made, and against other tools.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::support::command::{Program, Run, stevedore};
use crate::support::fixture;
use crate::support::listing::{self, arguments, escape, expected, image, read, rows};
use crate::support::oracle::{corpus, oracle};
use crate::support::registry::Registry;
use crate::support::scene::Folder;
use crate::support::seed;
use crate::support::tarball::{self, Tarball};

/// Lists what an expected file is about, with these flags.
#[track_caller]
fn list(stem: &str, flags: &[&str]) -> Run {
    let arguments = arguments(stem);
    let all: Vec<&str> = ["ls"].iter().chain(flags).copied().chain(arguments.iter().map(String::as_str)).collect();
    stevedore(&all)
}

#[track_caller]
fn same(what: &str, got: &[String], wanted: &[String]) {
    let (only_got, only_wanted): (Vec<_>, Vec<_>) = {
        let (a, b): (BTreeSet<_>, BTreeSet<_>) = (got.iter().collect(), wanted.iter().collect());
        (a.difference(&b).copied().collect(), b.difference(&a).copied().collect())
    };
    assert!(
        got == wanted,
        "{what}: {} and {} rows\nonly listed: {only_got:#?}\nonly expected: {only_wanted:#?}",
        got.len(),
        wanted.len()
    );
}

#[test]
fn merged_listings() {
    let images = expected(".tsv");
    assert!(images.len() > 25, "{images:?}");
    for (stem, file) in images {
        let listed = list(&stem, &["--json", "--digests"]).ok();
        same(&stem, &rows(&listed.json()), &read(&file));
    }
}

#[test]
fn layers_one_by_one() {
    for (stem, file) in expected(".tsv") {
        let wanted = read(&file.with_extension("layers.tsv"));
        let count = wanted.iter().filter_map(|row| row.split('\t').next()?.parse::<usize>().ok()).max();
        for number in 0..count.map_or(0, |highest| highest + 1) {
            let listed = list(&stem, &["--json", "--digests", "--layer", &number.to_string()]).ok();
            let prefix = format!("{number}\t");
            let wanted: Vec<String> =
                wanted.iter().filter_map(|row| Some(row.strip_prefix(&prefix)?.to_owned())).collect();
            same(&format!("{stem} layer {number}"), &rows(&listed.json()), &wanted);
        }
    }
}

#[test]
fn whiteouts_of_a_layer_say_what_they_hide() {
    let listed = list("edge-whiteouts@latest", &["--json", "--layer=1"]).ok().json();
    let entries = listed["entries"].as_array().expect("entries");
    let hides: Vec<&str> = entries.iter().filter_map(|entry| entry["hides"].as_str()).collect();
    let all: Vec<&str> = entries.iter().filter_map(|entry| entry["hidesAllIn"].as_str()).collect();
    assert!(all.contains(&"opq-first") && all.contains(&"opq-last"), "{all:?}");
    assert_eq!(hides.len() + all.len(), 17);
}

#[test]
fn what_layers_cost_and_hide() {
    for (stem, file) in expected(".waste.json") {
        compare_waste(&stem, &list(&stem, &["--json", "--layers"]).ok().json(), &fs::read(file).expect("readable"));
    }
    let text = list("edge-whiteouts@latest", &["--layers"]).ok();
    assert!(text.text().contains("LAYER  DIGEST        SIZE    TAR"), "{}", text.text());
    assert!(text.text().ends_with("159 B in files, 64 B of them hidden by layers above"), "{}", text.text());
}

/// Images of the corpus, their layers, and bytes that lost one name and have another: its counts are by path, ours by content.
const OTHER_NAMES: [(&str, usize, u64); 6] = [
    ("sylabs-hard-link-delete-1", 0, 3),
    ("sylabs-hard-link-delete-3", 0, 3),
    ("fuzz__fuzz-0010", 4, 10),
    ("fuzz__fuzz-0011", 2, 1),
    ("fuzz__fuzz-0017", 3, 10),
    ("fuzz__fuzz-0019", 4, 10),
];

#[track_caller]
fn compare_waste(stem: &str, got: &Value, wanted: &[u8]) {
    let wanted: Value = serde_json::from_slice(wanted).expect("JSON");
    assert_eq!(wanted["file_bytes"], got["fileBytes"], "{stem}");
    let linked = |number: Option<usize>| {
        let of_image =
            OTHER_NAMES.iter().filter(|(image, layer, _)| *image == stem && number.is_none_or(|own| own == *layer));
        of_image.map(|(_, _, bytes)| bytes).sum::<u64>()
    };
    let hidden = |wanted: &Value, number| wanted["hidden_bytes"].as_u64().map(|bytes| bytes - linked(number));
    assert_eq!(hidden(&wanted, None), got["hiddenBytes"].as_u64(), "{stem}");
    let (layers, own) = (wanted["layers"].as_array().expect("layers"), got["layers"].as_array().expect("layers"));
    assert_eq!(layers.len(), own.len(), "{stem}");
    for (number, (layer, own)) in layers.iter().zip(own).enumerate() {
        for (name, own_name) in [("entries", "entries"), ("file_bytes", "fileBytes"), ("whiteouts", "whiteouts")] {
            assert_eq!(layer[name], own[own_name], "{stem} {layer} {own}");
        }
        assert_eq!(hidden(layer, Some(number)), own["hiddenBytes"].as_u64(), "{stem} {layer} {own}");
    }
}

#[test]
fn content_is_hidden_when_no_name_of_it_is_left() {
    let thousand = "x".repeat(1000);
    let base = || Tarball::new().file("a", &thousand).link("b", "a").file("keep", "0123456789");
    let table: [(&str, Vec<Tarball>, &[u64]); 7] = [
        ("a name is removed", vec![base(), Tarball::new().file(".wh.a", "")], &[0, 0]),
        ("a name is replaced", vec![base(), Tarball::new().file("b", "new")], &[0, 0]),
        ("both are", vec![base(), Tarball::new().file("b", "new").file(".wh.a", "")], &[1000, 0]),
        (
            "in two layers",
            vec![base(), Tarball::new().file(".wh.a", ""), Tarball::new().symlink("b", "x")],
            &[1000, 0, 0],
        ),
        ("the root is opaque", vec![base(), Tarball::new().file(".wh..wh..opq", "")], &[1010, 0]),
        (
            "a link of a later layer keeps it",
            vec![base(), Tarball::new().link("c", "a"), Tarball::new().file(".wh.a", "").file(".wh.b", "")],
            &[0, 0, 0],
        ),
        ("another file is replaced", vec![base(), Tarball::new().file("keep", "")], &[10, 0]),
    ];
    for (name, layers, wanted) in table {
        let folder = Folder::new();
        let reference = tarball::image(&folder.path("i"), &layers.iter().map(Tarball::end).collect::<Vec<_>>());
        let listed = stevedore(&["ls", "--layers", "--json", &reference]).ok().json();
        let hidden = listed["layers"].as_array().expect("layers").iter().map(|layer| layer["hiddenBytes"].as_u64());
        assert_eq!(hidden.map(Option::unwrap_or_default).collect::<Vec<_>>(), wanted, "{name}");
        assert_eq!(listed["hiddenBytes"], wanted.iter().sum::<u64>(), "{name}");
    }
}

#[test]
fn extended_attributes() {
    let reference = arguments("edge-types@latest");
    let listed = stevedore(&["ls", "--json", &reference[0]]).ok().json();
    let mut got = Vec::new();
    for entry in listed["entries"].as_array().expect("entries") {
        for (name, value) in entry["xattrs"].as_object().into_iter().flatten() {
            use base64::Engine;
            let value =
                base64::engine::general_purpose::STANDARD.decode(value.as_str().expect("text")).expect("base64");
            let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
            got.push(format!("{}\t{name}\t{hex}", entry["path"].as_str().expect("text")));
        }
    }
    let wanted = read(&image("../golden/filesystem/edge-types@latest.xattrs.tsv"));
    assert_eq!(got, wanted);
    let text = stevedore(&["ls", "--xattrs", &reference[0], "/xattr-user"]).ok();
    assert_eq!(text.text(), "xattr-user\n    user.comment=0x68c3a96c6c6f\n    user.empty=0x");
}

#[test]
fn every_byte_of_a_name_comes_back() {
    let wanted: Vec<String> =
        read(&image("../golden/filesystem/edge-names.tsv")).iter().map(|row| column(row, 5)).collect();
    let raw = list("edge-names", &["--null"]).ok();
    let names = raw.stdout.strip_suffix(b"\0").expect("each path ends with a NUL").split(|byte| *byte == 0);
    assert_eq!(names.map(escape).collect::<Vec<_>>(), wanted);
    // One line an entry, and nothing that a terminal would act on.
    let text = list("edge-names", &[]).ok();
    assert_eq!(text.text().lines().collect::<Vec<_>>(), wanted);
    let json = list("edge-names", &["--json"]).ok().json();
    let bytes = |entry: &Value| escape(&listing::bytes(entry, "path", "rawPath").expect("a path"));
    assert_eq!(json["entries"].as_array().expect("entries").iter().map(bytes).collect::<Vec<_>>(), wanted);
}

fn column(row: &str, number: usize) -> String {
    row.split('\t').nth(number).expect("a column").to_owned()
}

#[test]
fn the_long_form() {
    let text = list("edge-types@latest", &["-l"]).ok();
    let lines: Vec<&str> = text.text().lines().collect();
    for wanted in [
        "-rwsr-xr-x 0/0 ",
        " dev/null",
        "crw-rw-rw- ",
        "brw-rw---- ",
        "prw------- ",
        "drwxrwxrwt ",
        " sym-abs -> /etc/os-release",
        " hl1 link to orig",
        "-rwsrwsrwt ",
    ] {
        assert!(lines.iter().any(|line| line.contains(wanted)), "{wanted}\n{}", text.text());
    }
    let one = stevedore(&["ls", "-l", &arguments("edge-types@latest")[0], "/etc/os-release"]).ok();
    assert_eq!(one.text().split_whitespace().next(), Some("-rw-r--r--"));
    assert!(one.text().ends_with(" 43 2023-11-14 22:13   0 etc/os-release"), "{}", one.text());
}

#[test]
fn a_path_and_a_pattern() {
    let reference = &arguments("edge-types@latest")[0];
    let lines = |path: &str| -> Vec<String> {
        stevedore(&["ls", reference, path]).ok().text().lines().map(str::to_owned).collect()
    };
    assert_eq!(lines("/usr"), ["usr", "usr/bin", "usr/bin/tool", "usr/up"]);
    assert_eq!(lines("usr/bin/tool"), ["usr/bin/tool"]);
    // A link in the way is followed; the link itself is shown, and its target with a slash behind.
    assert_eq!(lines("/sym-dir/tool"), ["usr/bin/tool"]);
    assert_eq!(lines("/sym-dir"), ["sym-dir"]);
    assert_eq!(lines("/sym-dir/"), ["usr/bin", "usr/bin/tool"]);
    assert_eq!(lines("/dev/*l*"), ["dev/console", "dev/loop0", "dev/null"]);
    assert_eq!(lines("**/tool"), ["usr/bin/tool"]);
    for absent in ["/no/such", "/us", "**/nothing*"] {
        let run = stevedore(&["ls", reference, absent]).code(3);
        assert_eq!(run.stderr, format!("stevedore: {absent} is not in the image\n"));
        assert!(run.stdout.is_empty());
    }
    let shallow = stevedore(&["ls", "--depth=1", reference, "usr"]).ok();
    assert_eq!(shallow.text(), "usr\nusr/bin\nusr/up");
    let layer = stevedore(&["ls", "--layer=0", reference, "usr"]).ok();
    assert_eq!(layer.text().lines().count(), 4);
    stevedore(&["ls", "--layer=9", reference]).code(2);
}

#[test]
fn a_tree_with_sizes() {
    let reference = &arguments("edge-types@latest")[0];
    let text = stevedore(&["ls", "--tree", reference, "usr"]).ok();
    assert_eq!(text.text(), "    17 B  /usr\n    17 B    bin/\n    17 B      tool\n     0 B    up -> ..");
    // Four more names of one file cost nothing.
    let all = stevedore(&["ls", "--tree", "--depth=1", reference]).ok();
    assert!(all.text().lines().any(|line| line.ends_with("19 B    hl1 link to orig")), "{}", all.text());
}

#[test]
fn entries_below_links_are_told() {
    let run = list("edge-symlink-parent@add", &[]).ok();
    let notes: Vec<&str> = run.stderr.lines().filter(|line| line.contains("some tools follow a link")).collect();
    assert_eq!(notes.len(), 2, "{}", run.stderr);
    assert!(notes[0].starts_with("note: layer 1: bin/newtool lies below"), "{}", notes[0]);
}

#[test]
fn platforms() {
    let reference = &arguments("edge-index@multi")[0];
    let run = stevedore(&["ls", "--platform=linux/s390x", reference]).code(3);
    for offered in ["linux/amd64", "linux/arm64/v8", "windows/amd64"] {
        assert!(run.stderr.contains(offered), "{}", run.stderr);
    }
    assert!(!run.stderr.contains("unknown"), "attestations are no platform: {}", run.stderr);
    let nested = &arguments("edge-index@nested")[0];
    for platform in ["linux/arm/v7", "linux/arm64/v8", "windows/amd64"] {
        let flag = format!("--platform={platform}");
        let digest = |reference: &str| stevedore(&["ls", "--json", &flag, reference]).ok().json()["digest"].clone();
        assert_eq!(digest(reference), digest(nested), "{platform}");
    }
}

#[test]
fn hostile_images_fail_cleanly_or_are_confined() {
    const MAX_MEMORY: u64 = 64 * 1024 * 1024;
    for line in read(&image("../golden/filesystem/hostile.tsv")).iter().skip(1) {
        let (tag, wanted) = (column(line, 0), column(line, 1));
        let reference = format!("oci:{}:{tag}", image("hostile").display());
        let (run, memory) = Program::stevedore(&["ls", "--digests", &reference]).peak_rss();
        assert!(memory < MAX_MEMORY, "{tag}: {memory} bytes");
        if wanted == "refuse" {
            assert!([1, 3, 6].contains(&run.code), "{tag}: {run:?}");
            assert!(run.stdout.is_empty() && run.stderr.lines().count() == 1, "{tag}: {run:?}");
        } else {
            let text = run.ok();
            assert!(
                !text.text().lines().any(|line| line.contains("..") && line.split('/').any(|part| part == "..")),
                "{tag}"
            );
        }
    }
}

#[test]
fn every_place_lists_the_same() {
    let Some(registry) = Registry::start() else { return };
    let room = tempfile::tempdir().expect("a temporary directory");
    let fixture = fixture::app(&room.path().join("layout"));
    seed::push_all(&fixture.dir, &registry.client(), "app");
    let places = [
        format!("docker://{}/app:v1", registry.host()),
        format!("dir:{}", room.path().join("dir").display()),
        format!("oci-archive:{}:v1", room.path().join("oci.tar").display()),
        format!("docker-archive:{}:v1", room.path().join("docker.tar").display()),
        format!("static:{}:app:v1", room.path().join("tree").display()),
    ];
    let wanted = rows(&stevedore(&["ls", "--json", "--digests", &fixture.reference()]).ok().json());
    assert_eq!(wanted.len(), 5);
    for place in &places {
        if !place.starts_with("docker://") {
            stevedore(&["copy", "--all", &fixture.reference(), place]).ok();
        }
        same(place, &rows(&stevedore(&["ls", "--json", "--digests", place]).ok().json()), &wanted);
    }
}

#[test]
fn the_corpus_is_listed_exactly() {
    let Some(corpus) = corpus() else { return };
    let mut seen = 0;
    for (image, stem) in published(&corpus) {
        let listed = stevedore(&with(&["ls", "--json", "--digests"], &image)).ok();
        same(&stem, &rows(&listed.json()), &read(&corpus.join("expected").join(format!("{stem}.tsv.gz"))));
        seen += 1;
    }
    assert!(seen >= 120, "{seen}");
    let mangled = format!("oci-archive:{}", corpus.join("images/snyk-mangled-nginx.tar").display());
    for verb in ["ls", "sbom"] {
        let run = stevedore(&[verb, "--platform=linux/amd64", &mangled]).code(6);
        assert!(run.stdout.is_empty() && run.stderr.contains("sha256:"), "{run:?}");
    }
}

/// Returns the arguments that name each published image which is sound, and the beginning of its expected files' names.
/// A published archive in Docker's form whose layer is not what its config says: Docker and skopeo refuse it, and so do we.
pub(crate) const WRONG_DIFF_ID: &str = "snyk-java-windows.tar";

pub(crate) fn published(corpus: &std::path::Path) -> Vec<(Vec<String>, String)> {
    let index = read(&corpus.join("expected/INDEX.tsv"));
    let rows = index.iter().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let rows = rows.filter(|fields| !fields[0].contains("mangled") && fields[0] != WRONG_DIFF_ID);
    rows.map(|fields| {
        let [name, tag, platform, manifest, file, ..] = fields[..] else { panic!("{fields:?}") };
        let path = corpus.join("images").join(name);
        let reference = match (path.is_dir(), manifest) {
            (true, "-") if tag == "-" => format!("oci:{}", path.display()),
            (true, "-") => format!("oci:{}:{tag}", path.display()),
            (true, digest) => format!("oci:{}@{digest}", path.display()),
            (false, "-") if name == "ggcr-test_bundle.tar" => format!("docker-archive:{}:@0", path.display()),
            (false, "-") => format!("docker-archive:{}", path.display()),
            (false, _) => format!("oci-archive:{}", path.display()),
        };
        let platform = (platform != "-" && !path.is_dir()).then(|| format!("--platform={platform}"));
        (std::iter::once(reference).chain(platform).collect(), file.trim_end_matches(".tsv.gz").to_owned())
    })
    .collect()
}

fn with<'a>(flags: &[&'a str], image: &'a [String]) -> Vec<&'a str> {
    flags.iter().copied().chain(image.iter().map(String::as_str)).collect()
}

#[test]
fn the_corpus_wastes_what_it_wastes() {
    let Some(corpus) = corpus() else { return };
    let mut seen = 0;
    for (image, stem) in published(&corpus) {
        let Ok(wanted) = fs::read(corpus.join("expected").join(format!("{stem}.waste.json"))) else { continue };
        compare_waste(&stem, &stevedore(&with(&["ls", "--json", "--layers"], &image)).ok().json(), &wanted);
        seen += 1;
    }
    // All but that of an image which is refused.
    assert_eq!(seen, 55);
    // The numbers of another program.
    let archive = format!("docker-archive:{}", corpus.join("images/dive-docker.tar").display());
    let listed = stevedore(&["ls", "--json", "--layers", &archive]).ok().json();
    assert_eq!((&listed["fileBytes"], &listed["hiddenBytes"]), (&1_220_598.into(), &32_025.into()));
}

#[test]
fn the_layers_of_the_corpus_one_by_one() {
    let Some(corpus) = corpus() else { return };
    let mut seen = 0;
    for (image, stem) in published(&corpus) {
        let wanted = read(&corpus.join("expected").join(format!("{stem}.layers.tsv.gz")));
        let layers =
            stevedore(&with(&["inspect", "--json"], &image)).ok().json()["layers"].as_array().map_or(0, Vec::len);
        // Fifty equal ones take no more proof than a few.
        for number in (0..layers).filter(|number| *number < 12 || number % 7 == 0) {
            let flag = format!("--layer={number}");
            let listed = stevedore(&with(&["ls", "--json", "--digests", &flag], &image)).ok();
            let prefix = format!("{number}\t");
            let wanted: Vec<String> =
                wanted.iter().filter_map(|row| Some(row.strip_prefix(&prefix)?.to_owned())).collect();
            same(&format!("{stem} layer {number}"), &rows(&listed.json()), &wanted);
            seen += 1;
        }
    }
    assert!(seen > 250, "{seen}");
}

#[test]
fn crane_exports_the_same_names() {
    let (Some(crane), Some(registry)) = (oracle("crane"), Registry::start()) else { return };
    for (name, tag) in [("edge-layers", "latest"), ("edge-whiteouts", "root-wh")] {
        seed::push(&image(name), tag, &registry.client(), name);
        let reference = format!("{}/{name}:{tag}", registry.host());
        let archive = crane.home().join("export.tar");
        crane.run(&["export", &reference, &archive.display().to_string()]);
        let mut tar = tar::Archive::new(fs::File::open(&archive).expect("the export"));
        let mut wanted = BTreeSet::new();
        for entry in tar.entries().expect("a tar") {
            let path = entry.expect("an entry").path_bytes().into_owned();
            wanted.insert(escape(&path).trim_start_matches("./").trim_matches('/').to_owned());
        }
        let listed = stevedore(&["ls", "--json", &format!("docker://{reference}")]).ok().json();
        // Directories that no layer declares are not exported.
        let declared = rows(&listed).into_iter().filter(|row| column(row, 1) != "D");
        assert_eq!(declared.map(|row| column(&row, 5)).collect::<BTreeSet<_>>(), wanted, "{name}:{tag}");
    }
}

#[test]
fn umoci_unpacks_the_same() {
    let Some(umoci) = oracle("umoci-new") else { return };
    for (name, tag) in [
        ("edge-whiteouts", "latest"),
        ("edge-layers", "latest"),
        ("edge-layers", "zstd"),
        ("edge-types", "hardlink-odd"),
    ] {
        let bundle = umoci.home().join(format!("{name}-{tag}"));
        let layout = format!("{}:{tag}", image(name).display());
        umoci.run(&["unpack", "--rootless", "--image", &layout, &bundle.display().to_string()]);
        let root = bundle.join("rootfs");
        let mut wanted = BTreeSet::new();
        let mut todo = vec![root.clone()];
        while let Some(folder) = todo.pop() {
            for entry in fs::read_dir(&folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                let own = path.strip_prefix(&root).expect("below the root").display().to_string();
                let kind = fs::symlink_metadata(&path).expect("readable").file_type();
                if kind.is_dir() {
                    todo.push(path);
                }
                wanted.insert((
                    own,
                    if kind.is_dir() {
                        "d"
                    } else if kind.is_symlink() {
                        "l"
                    } else {
                        "f"
                    },
                ));
            }
        }
        let listed = rows(&list(&format!("{name}@{tag}"), &["--json"]).ok().json());
        let kind = |row: &str| match column(row, 1).as_str() {
            "d" | "D" => "d",
            "l" => "l",
            // Without root, devices are empty files.
            _ => "f",
        };
        let got: BTreeSet<_> =
            listed.iter().map(|row| (column(row, 5), kind(row))).filter(|(path, _)| path != ".").collect();
        assert_eq!(got, wanted, "{name}:{tag}");
    }
}
