//! `diff`: what is different between two images, and how little is read to tell.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tar::{EntryType, Header};
use tempfile::TempDir;

use crate::support::command::stevedore;
use crate::support::fixture::{OCI_CONFIG, OCI_MANIFEST, TAG};
use crate::support::layout::{Layout, blob_path, sha256};
use crate::support::listing::{bytes, escape, read};
use crate::support::oracle::corpus;
use crate::support::registry::Registry;
use crate::support::seed;

const TAR: &str = "application/vnd.oci.image.layer.v1.tar";

/// A file of a layer, changed as a test wants it.
fn file(path: &str, content: &str, change: impl Fn(&mut Header)) -> Vec<u8> {
    let mut header = Header::new_ustar();
    header.set_path(path).expect("a short path");
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(1000);
    header.set_uid(0);
    header.set_gid(0);
    change(&mut header);
    header.set_cksum();
    let mut bytes = [header.as_bytes(), content.as_bytes()].concat();
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn plain(path: &str, content: &str) -> Vec<u8> {
    file(path, content, |_| {})
}

/// Writes an image of these layers, each a list of entries, and returns how it is named.
fn image(dir: &Path, layers: &[&[Vec<u8>]], config: &Value) -> String {
    let layout = Layout::create(dir);
    let tars: Vec<Vec<u8>> = layers.iter().map(|entries| [entries.concat(), vec![0; 1024]].concat()).collect();
    let descriptors: Vec<Value> = tars.iter().map(|tar| layout.blob(TAR, tar)).collect();
    let mut body = json!({"os": "linux", "architecture": "amd64"});
    body["rootfs"] = json!({"type": "layers", "diff_ids": tars.iter().map(|tar| sha256(tar)).collect::<Vec<_>>()});
    for (name, value) in config.as_object().expect("members") {
        body[name] = value.clone();
    }
    let config = layout.json(OCI_CONFIG, &body);
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": descriptors});
    layout.tag(&layout.json(OCI_MANIFEST, &manifest), TAG);
    format!("oci:{}:{TAG}", dir.display())
}

/// Whoever reads none of it learns from the exit code that there are differences.
#[test]
fn nobody_reads_the_differences() {
    let dir = TempDir::new().expect("made");
    let (one, other) = (dir.path().join("one"), dir.path().join("other"));
    let images = [image(&one, &[&[plain("a", "1")]], &json!({})), image(&other, &[&[plain("a", "2")]], &json!({}))];
    for (second, code) in [(&images[1], 1), (&images[0], 0)] {
        let (reader, writer) = std::io::pipe().expect("made");
        drop(reader);
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_stevedore"));
        let output = command.args(["diff", "--quiet", &images[0], second]).stdout(writer).output().expect("it runs");
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(code), ""));
    }
}

fn remove_layer(dir: &Path, entries: &[Vec<u8>]) {
    let digest = sha256(&[entries.concat(), vec![0; 1024]].concat());
    fs::remove_file(blob_path(dir, &digest)).expect("the layer is there");
}

/// Turns the JSON of `diff` into expected rows: `operation path what`.
fn rows(report: &Value) -> Vec<String> {
    let changes = report["filesystem"]["changes"].as_array().expect("changes").iter();
    let rows = changes.map(|change| {
        let path = escape(&bytes(change, "path", "rawPath").expect("a path"));
        let letter = |side: &str| match change[side]["type"].as_str().expect("a type") {
            "symlink" => 'l',
            "directory" => 'd',
            "character_device" => 'c',
            "block_device" => 'b',
            "fifo" => 'p',
            _ => 'f',
        };
        match change["change"].as_str().expect("an operation") {
            "added" => format!("A\t{path}\t"),
            "deleted" => format!("D\t{path}\t"),
            "type" => format!("T\t{path}\t{}>{}", letter("before"), letter("after")),
            _ => {
                let attributes = change["attributes"].as_array().expect("attributes").iter();
                let names = attributes.map(|name| name.as_str().expect("a name"));
                // Expected rows have no times, and call a device's numbers a link.
                let names: Vec<&str> = names.filter(|name| *name != "mtime").collect();
                format!("M\t{path}\t{}", names.join(",").replace("device", "link"))
            }
        }
    });
    rows.filter(|row| !(row.starts_with('M') && row.ends_with('\t'))).collect()
}

#[test]
fn published_pairs() {
    let Some(corpus) = corpus() else { return };
    let table: [(&str, &str, &[&str]); 7] = [
        ("alpine-multi:latest", "alpine-multi:latest", &["--platform=linux/amd64", "--other-platform=linux/arm64/v8"]),
        ("busybox-musl:latest", "busybox-musl:latest", &["--platform=linux/amd64", "--other-platform=linux/arm64/v8"]),
        ("deb-trim:base", "deb-trim:latest", &[]),
        ("edge-names", "edge-types:latest", &[]),
        ("edge-whiteouts:latest", "edge-whiteouts:root-wh", &[]),
        ("fuzz/fuzz-0001", "fuzz/fuzz-0005", &[]),
        ("trivy-alpine-310.tar.gz", "alpine-multi:latest", &["--other-platform=linux/amd64"]),
    ];
    let mut seen = 0;
    for entry in fs::read_dir(corpus.join("expected")).expect("expected files") {
        seen += usize::from(entry.expect("an entry").file_name().to_string_lossy().starts_with("DIFF__"));
    }
    assert_eq!(seen, table.len(), "every expected difference is in the table");
    for (before, after, flags) in table {
        let platform = |name: &str, flag: &str| {
            let flag = flags.iter().find_map(|other| other.strip_prefix(flag));
            let platform = flag.map(|platform| format!("@{}", platform.replace('/', "-"))).unwrap_or_default();
            format!("{}{platform}", name.replace('/', "__").replace(':', "@"))
        };
        let file = format!("DIFF__{}__{}.tsv", platform(before, "--platform="), platform(after, "--other-platform="));
        // In the order of the names as they are escaped, not of their bytes.
        let mut wanted = read(&corpus.join("expected").join(&file));
        wanted.sort();
        let place = |name: &str| {
            let transport = if name.contains(".tar") { "docker-archive" } else { "oci" };
            format!("{transport}:{}", corpus.join("images").join(name).display())
        };
        let mut arguments = vec!["diff", "--json"];
        arguments.extend(flags);
        let (before, after) = (place(before), place(after));
        arguments.extend([before.as_str(), after.as_str()]);
        for more in [None, Some("--semantic")] {
            let arguments: Vec<&str> = arguments.iter().copied().chain(more).collect();
            let report = stevedore(&arguments).code(1).json();
            let mut found = rows(&report);
            found.sort();
            assert_eq!(found, wanted, "{file} {more:?}");
            let times =
                |change: &Value| change["attributes"].as_array().is_some_and(|list| list.contains(&json!("mtime")));
            let timed = report["filesystem"]["changes"].as_array().expect("changes").iter().any(times);
            assert!(!(timed && more.is_some()), "{file}: times are passed over");
        }
        assert!(stevedore(&["diff", &before, &before, "--platform=linux/amd64"]).ok().stdout.is_empty(), "{before}");
    }
}

#[test]
fn an_image_is_the_same_as_itself() {
    let dir = TempDir::new().expect("a folder");
    let name = image(dir.path(), &[&[plain("a", "x")]], &json!({}));
    for flags in [&[][..], &["--semantic"], &["--config"], &["--strict"], &["--semantic", "--config"]] {
        let run = stevedore(&[&["diff", &name, &name], flags].concat()).ok();
        assert!(run.stdout.is_empty());
        assert_eq!(run.stderr, "filesystem identical: the same layer\n");
    }
    let report = stevedore(&["diff", "--json", "--config", &name, &name]).ok().json();
    assert_eq!(report["identical"], true);
    assert_eq!(report["filesystem"], json!({"identical": true, "comparedBy": "layers", "changes": []}));
    assert_eq!(report["fields"], json!([]));
    assert_eq!(stevedore(&["diff", "-q", &name, &name]).ok().stderr, "");
}

#[test]
fn errors_are_2() {
    let dir = TempDir::new().expect("a folder");
    let name = image(&dir.path().join("a"), &[&[plain("a", "x")]], &json!({}));
    let absent = format!("oci:{}", dir.path().join("none").display());
    let run = stevedore(&["diff", &name, &absent]).code(2);
    assert_eq!(run.stderr, format!("stevedore: layout not found in {absent}\n"));
    assert!(run.stdout.is_empty());
    stevedore(&["diff", &name]).code(2);
    stevedore(&["diff", &name, "docker://127.0.0.1:1/x", "--retry-times=0"]).code(2);
    let run = stevedore(&["diff", "oci-archive:-", "docker-archive:-"]).code(2);
    assert!(run.stderr.starts_with("stevedore: standard input can be one image only\n"), "{}", run.stderr);
    // Different layers, one of which is broken: nothing is said of what was found so far.
    let other = image(&dir.path().join("b"), &[&[plain("a", "y")]], &json!({}));
    remove_layer(&dir.path().join("b"), &[plain("a", "y")]);
    assert!(stevedore(&["diff", &name, &other]).code(2).stdout.is_empty());
}

#[test]
fn every_attribute() {
    let dir = TempDir::new().expect("a folder");
    let link = |target: &'static str| {
        file("link", "", move |header| {
            header.set_entry_type(EntryType::Symlink);
            header.set_link_name(target).expect("short");
        })
    };
    let device = |minor: u32| {
        file("device", "", move |header| {
            header.set_entry_type(EntryType::Char);
            header.set_device_major(1).expect("ustar");
            header.set_device_minor(minor).expect("ustar");
        })
    };
    let xattr = |value: &str| {
        let record = format!("SCHILY.xattr.user.x={value}\n");
        let record = format!("{} {record}", record.len() + 3);
        [file("pax", &record, |header| header.set_entry_type(EntryType::XHeader)), plain("xattrs", "x")].concat()
    };
    let before = [
        plain("content", "same size"),
        plain("deleted", "x"),
        device(3),
        plain("grown", "short"),
        link("a"),
        plain("mode", "x"),
        plain("owner", "x"),
        plain("same", "x"),
        plain("touched", "x"),
        plain("type", "x"),
        xattr("1234"),
    ];
    let after = [
        plain("added\n", "x"),
        plain("content", "same sizE"),
        device(5),
        plain("grown", "longer"),
        link("b"),
        file("mode", "x", |header| header.set_mode(0o4755)),
        file("owner", "x", |header| {
            header.set_uid(7);
            header.set_gid(8);
        }),
        plain("same", "x"),
        file("touched", "x", |header| header.set_mtime(1001)),
        file("type", "", |header| header.set_entry_type(EntryType::Fifo)),
        xattr("5678"),
    ];
    let (a, b) =
        (image(&dir.path().join("a"), &[&before], &json!({})), image(&dir.path().join("b"), &[&after], &json!({})));
    let wanted = "A added\\x0a\nM content (content)\nD deleted\nM device (device)\nM grown (size, content)\nM link (link)\nM mode (mode)\n\
        M owner (uid, gid)\nM touched (mtime)\nT type (file > fifo)\nM xattrs (xattrs)";
    let run = stevedore(&["diff", &a, &b]).code(1);
    assert_eq!(run.text(), wanted);
    assert_eq!(run.stderr, "");
    let run = stevedore(&["diff", "--semantic", &a, &b]).code(1);
    assert_eq!(run.text(), wanted.replace("M touched (mtime)\n", ""));
}

/// Which layer a file comes from, and in which order entries stand, makes no difference.
#[test]
fn order_and_layering_do_not_count() {
    let dir = TempDir::new().expect("a folder");
    let one = image(&dir.path().join("a"), &[&[plain("x", "1"), plain("y", "2")]], &json!({}));
    let other = image(
        &dir.path().join("b"),
        &[&[plain("y", "2"), plain("z", "3")], &[plain("x", "1"), plain(".wh.z", "")]],
        &json!({}),
    );
    let run = stevedore(&["diff", &one, &other]).ok();
    assert!(run.stdout.is_empty());
    assert_eq!(run.stderr, "filesystem identical\n");
}

/// Of equal layers below, the second image's are not read, and the first one's are hashed only where that matters.
#[test]
fn equal_layers_are_read_once() {
    let dir = TempDir::new().expect("a folder");
    let base = [plain("same", "x"), plain("rewritten", "text"), plain("changed", "one"), plain("gone", "x")];
    let (a, b) = (dir.path().join("a"), dir.path().join("b"));
    let one = image(&a, &[&base], &json!({}));
    let top = [plain("rewritten", "text"), plain("changed", "two"), plain(".wh.gone", "")];
    let other = image(&b, &[&base, &top], &json!({}));
    remove_layer(&b, &base);
    assert_eq!(stevedore(&["diff", &one, &other]).code(1).text(), "M changed (content)\nD gone");
    assert_eq!(
        stevedore(&["diff", &other, &other]).ok().stdout,
        b"",
        "nothing is read of an image that is compared to itself"
    );
}

/// One image as gzip and as zstd.
#[test]
fn compression_makes_no_difference_but_to_the_strict() {
    let dir = TempDir::new().expect("a folder");
    let base = [plain("a", "x"), plain("b", "y")];
    let name = image(&dir.path().join("a"), &[&base, &[plain("c", "z")]], &json!({}));
    let copies: Vec<String> = ["gzip", "zstd"]
        .iter()
        .map(|how| {
            let copy = format!("oci:{}:v1", dir.path().join(how).display());
            stevedore(&["copy", "--compress", how, &name, &copy]).ok();
            copy
        })
        .collect();
    // No layer is left to be read.
    for how in ["gzip", "zstd"] {
        let manifest =
            stevedore(&["inspect", "--json", &format!("oci:{}:v1", dir.path().join(how).display())]).ok().json();
        for layer in manifest["layers"].as_array().expect("layers") {
            fs::remove_file(blob_path(&dir.path().join(how), layer["digest"].as_str().expect("a digest")))
                .expect("is there");
        }
    }
    let started = Instant::now();
    let run = stevedore(&["diff", "--config", &copies[0], &copies[1]]).ok();
    assert!(started.elapsed() < Duration::from_secs(30), "no time is needed");
    assert!(run.stdout.is_empty());
    assert_eq!(run.stderr, "filesystem identical: the same 2 layers\n");
    let report = stevedore(&["diff", "--strict", "--json", &copies[0], &copies[1]]).code(1).json();
    assert_eq!((&report["identical"], &report["filesystem"]["identical"]), (&json!(false), &json!(true)));
    let fields: Vec<&str> = report["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .map(|field| field["field"].as_str().expect("a name"))
        .collect();
    for wanted in ["layers[0].digest", "layers[0].mediaType", "layers[1].size"] {
        assert!(fields.contains(&wanted), "{wanted} is in {fields:?}");
    }
    let run = stevedore(&["diff", "--strict", &copies[0], &copies[1]]).code(1);
    assert!(run.text().contains("manifest layers[0].mediaType: \"application/vnd.oci.image.layer.v1.tar+gzip\" > \"application/vnd.oci.image.layer.v1.tar+zstd\""));
}

#[test]
fn configs_field_by_field() {
    let dir = TempDir::new().expect("a folder");
    let layer = [plain("a", "x")];
    let first = json!({"created": "2024-01-01T00:00:00Z", "author": "me", "history": [{"created_by": "one"}],
        "config": {"Env": ["A=1", "B=2"], "Cmd": ["x"], "User": ""}});
    let second = json!({"created": "2025-01-01T00:00:00Z", "author": "me", "history": [{"created_by": "two"}],
        "config": {"Env": ["B=3", "A=1"], "Cmd": ["x"], "Labels": {"l": "v"}}});
    let one = image(&dir.path().join("a"), &[&layer], &first);
    let other = image(&dir.path().join("b"), &[&layer], &second);
    assert!(stevedore(&["diff", &one, &other]).ok().stdout.is_empty(), "configs are compared when asked for");
    let semantic = "config config.Env.B: \"2\" > \"3\"\nconfig config.Labels: - > {\"l\":\"v\"}";
    let run = stevedore(&["diff", "--semantic", "--config", &one, &other]).code(1);
    assert_eq!(run.text(), semantic);
    let run = stevedore(&["diff", "--config", &one, &other]).code(1);
    let rest = "config created: \"2024-01-01T00:00:00Z\" > \"2025-01-01T00:00:00Z\"\nconfig history[0].created_by: \"one\" > \"two\"";
    assert_eq!(run.text(), format!("{semantic}\n{rest}"));
    let report = stevedore(&["diff", "--semantic", "--config", "--json", &one, &other]).code(1).json();
    let fields = json!([{"document": "config", "field": "config.Env.B", "before": "2", "after": "3"},
        {"document": "config", "field": "config.Labels", "after": {"l": "v"}}]);
    assert_eq!(report["fields"], fields);
    let third = image(&dir.path().join("c"), &[&layer], &json!({"config": first["config"]}));
    assert!(stevedore(&["diff", "--semantic", "--config", &one, &third]).ok().stdout.is_empty());
}

#[test]
fn a_registry_and_a_layout() {
    let Some(registry) = Registry::start() else { return };
    let dir = TempDir::new().expect("a folder");
    let name = image(&dir.path().join("a"), &[&[plain("a", "x")]], &json!({}));
    seed::push(&dir.path().join("a"), TAG, &registry.client(), "app");
    let remote = format!("docker://{}/app:{TAG}", registry.host());
    let run = stevedore(&["diff", "--strict", &name, &remote, "--tls-verify=false"]).ok();
    assert!(run.stdout.is_empty());
    let other = image(&dir.path().join("b"), &[&[plain("a", "y")]], &json!({}));
    let run = stevedore(&["diff", &other, &remote, "--tls-verify=false"]).code(1);
    assert_eq!(run.text(), "M a (content)");
}

/// Returns the packages of an expected list: type, name and version.
fn expected_packages(corpus: &Path, name: &str) -> BTreeSet<[String; 3]> {
    let rows = read(&corpus.join(format!("expected/{name}.sbom.tsv")));
    let rows = rows.iter().filter(|row| !row.starts_with('#')).map(|row| row.split('\t').collect::<Vec<_>>());
    rows.map(|row| [row[0].to_owned(), row[1].to_owned(), row[2].to_owned()]).collect()
}

/// Added, removed and changed packages are what is in one list and not in the other.
#[test]
fn packages_of_published_pairs() {
    let Some(corpus) = corpus() else { return };
    let table = [
        ("oci", "deb-trim:base", "deb-trim@base", "deb-trim:latest", "deb-trim@latest"),
        (
            "docker-archive",
            "trivy-alpine-310.tar.gz",
            "trivy-alpine-310.tar.gz",
            "alpine-multi:latest",
            "alpine-multi@latest@linux-amd64",
        ),
    ];
    for (transport, before, before_list, after, after_list) in table {
        let place = |transport: &str, name: &str| format!("{transport}:{}", corpus.join("images").join(name).display());
        let (before, after) = (place(transport, before), place("oci", after));
        let arguments = ["diff", "--packages", "--json", &before, &after, "--other-platform=linux/amd64"];
        let report = stevedore(&arguments).code(1).json();
        let mut sides = [BTreeSet::new(), BTreeSet::new()];
        let mut kinds = BTreeSet::new();
        for package in report["packages"].as_array().expect("packages") {
            let text = |name: &str| package[name].as_str().expect("text").to_owned();
            kinds.insert(text("change"));
            for (side, versions) in sides.iter_mut().zip([&package["before"], &package["after"]]) {
                let versions = versions.as_array().into_iter().flatten().map(|version| version.as_str().expect("text"));
                side.extend(versions.map(|version| [text("type"), text("name"), version.to_owned()]));
            }
            let change = match (package["before"].is_array(), package["after"].is_array()) {
                (false, true) => "added",
                (true, false) => "removed",
                _ => "changed",
            };
            assert_eq!(text("change"), change);
        }
        let (old, new) = (expected_packages(&corpus, before_list), expected_packages(&corpus, after_list));
        assert_eq!(sides[0], old.difference(&new).cloned().collect(), "{before}");
        assert_eq!(sides[1], new.difference(&old).cloned().collect(), "{after}");
        assert!(!kinds.is_empty());
    }
}

/// Layers are fetched once, though files and packages are compared; equal ones once for both images.
#[test]
fn packages_take_no_second_look() {
    let Some(registry) = Registry::start() else { return };
    let dir = TempDir::new().expect("a folder");
    let musl = "P:musl\nV:1\nA:x86_64\n\n";
    let base = [plain("lib/apk/db/installed", musl), plain("kept/package.json", r#"{"name":"kept","version":"1"}"#)];
    let old = [plain("app/package.json", r#"{"name":"app","version":"1"}"#)];
    let new = [
        plain("lib/apk/db/installed", &format!("{musl}P:zlib\nV:2\nA:x86_64\n\n")),
        plain("app/package.json", r#"{"name":"app","version":"22"}"#),
    ];
    let proxy = crate::support::proxy::Proxy::start(&registry.host(), crate::support::proxy::Mode::None);
    let mut names = Vec::new();
    for (name, top) in [("a", &old[..]), ("b", &new[..])] {
        image(&dir.path().join(name), &[&base, top], &json!({}));
        seed::push(&dir.path().join(name), TAG, &registry.client(), name);
        names.push(format!("docker://{}/{name}:{TAG}", proxy.host()));
    }
    proxy.clear();
    let run = stevedore(&["diff", "--packages", &names[0], &names[1]]).code(1);
    let wanted = "M app/package.json (size, content)\nM lib/apk/db/installed (size, content)\npackage npm app: 1 > 22\npackage apk zlib: - > 2";
    let sorted = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(sorted(run.text()), sorted(wanted));
    let blobs = proxy.log().iter().filter(|request| request.path.contains("/blobs/")).count();
    assert_eq!(blobs, 2 + 3, "two configs, three layers");
    // The evidence that both have in an equal layer counts for both.
    let list = stevedore(&["sbom", "--json", &names[1]]).ok().json();
    assert_eq!(list["packages"].as_array().map(Vec::len), Some(4));
}

#[test]
fn indexes_are_compared_platform_by_platform() {
    let folder = TempDir::new().expect("making a temporary directory");
    let image = crate::support::fixture::app(&folder.path().join("i"));
    let layout = Layout::open(&folder.path().join("i"));
    let raw = stevedore(&["inspect", "--raw", &image.reference()]).ok().json();
    let all = raw["manifests"].clone();
    let index = |tag: &str, change: &dyn Fn(&mut Value)| {
        let mut index = raw.clone();
        change(&mut index);
        layout.tag(&layout.json("application/vnd.oci.image.index.v1+json", &index), tag);
        format!("oci:{}:{tag}", folder.path().join("i").display())
    };
    let same = index("same", &|_| {});
    let less = index("less", &|index| drop(index["manifests"].as_array_mut().expect("entries").pop()));
    let noted = index("noted", &|index| index["annotations"] = json!({"a": "b"}));
    let version = index("version", &|index| index["manifests"][1]["platform"]["os.version"] = "9".into());
    layout.tag(&all[0], "single");
    let single = format!("oci:{}:single", folder.path().join("i").display());
    // With no flag, with --config, with --strict: whether that is a difference.
    let table = [
        ("a platform lost", &less, [1, 1, 1]),
        ("annotations", &noted, [0, 1, 1]),
        ("a version", &version, [0, 0, 1]),
        ("an image", &single, [1, 1, 1]),
        ("itself", &same, [0, 0, 0]),
    ];
    for (name, other, codes) in table {
        for (flags, code) in [&[][..], &["--config"], &["--strict"]].iter().zip(codes) {
            let run = stevedore(&[&["--json", "diff"], *flags, &[&same, other]].concat());
            assert_eq!(run.code, code, "{name} {flags:?}: {}", run.stderr);
            let report = run.json();
            assert_eq!(report["identical"], code == 0, "{name} {flags:?}");
            if flags == &["--strict"] && code == 1 {
                let fields = report["fields"].as_array().expect("fields");
                assert!(fields.iter().any(|field| field["document"] == "index"), "{name}: {report}");
            }
            assert_eq!(report["platforms"].as_array().map(Vec::len), Some(all.as_array().expect("entries").len()));
        }
        // Of one platform nothing of the rest counts.
        stevedore(&["diff", "--strict", "--platform", "linux/amd64", &same, other]).ok();
    }
    let lost = stevedore(&["diff", &same, &single]).code(1);
    assert!(lost.text().lines().all(|line| line.starts_with("platform ") && line.ends_with(" > -")), "{}", lost.text());
    assert_eq!(lost.stderr, "");
    let equal = stevedore(&["diff", &same, &noted]).ok();
    assert!(equal.stderr.contains("identical for each platform: linux/amd64, "), "{}", equal.stderr);
}

#[test]
fn a_changed_platform_is_read_and_the_others_are_not() {
    let dir = TempDir::new().expect("making a temporary directory");
    let layout = Layout::create(&dir.path().join("i"));
    let mut entries = Vec::new();
    for (content, architecture) in [("1", "amd64"), ("2", "arm64"), ("3", "arm64")] {
        let tar = [plain("x", content), vec![0; 1024]].concat();
        let layer = layout.blob(TAR, &tar);
        let rootfs = json!({"type": "layers", "diff_ids": [sha256(&tar)]});
        let config = layout.json(OCI_CONFIG, &json!({"os": "linux", "architecture": architecture, "rootfs": rootfs}));
        let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer]});
        let mut entry = layout.json(OCI_MANIFEST, &manifest);
        // The second says by its config alone which platform it is for.
        if content != "2" {
            entry["platform"] = json!({"os": "linux", "architecture": architecture});
        }
        entries.push(entry);
    }
    let index = |tag: &str, entries: &[&Value]| {
        let index = json!({"schemaVersion": 2, "manifests": entries});
        layout.tag(&layout.json("application/vnd.oci.image.index.v1+json", &index), tag);
        format!("oci:{}:{tag}", dir.path().join("i").display())
    };
    let (before, after) = (index("a", &[&entries[0], &entries[1]]), index("b", &[&entries[2], &entries[0]]));
    // What both have is not read.
    let amd64 = [plain("x", "1"), vec![0; 1024]].concat();
    fs::remove_file(blob_path(&dir.path().join("i"), &sha256(&amd64))).expect("the layer is there");
    fs::remove_file(blob_path(&dir.path().join("i"), entries[0]["digest"].as_str().expect("a digest"))).expect("there");
    let run = stevedore(&["diff", &before, &after]).code(1);
    let digest = |number: usize| entries[number]["digest"].as_str().expect("a digest").to_owned();
    let wanted = format!("platform linux/arm64: {} > {}\nM x (content)", digest(1), digest(2));
    assert_eq!(run.text(), wanted);
    let report = stevedore(&["--json", "diff", &before, &after]).code(1).json();
    assert_eq!(
        report["platforms"][0],
        json!({"platform": "linux/amd64", "before": digest(0), "after": digest(0), "identical": true})
    );
    assert_eq!(report["platforms"][1]["filesystem"]["changes"][0]["path"], "x");
}
