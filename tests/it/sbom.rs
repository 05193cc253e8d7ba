//! `sbom` against lists that dpkg-query, rpm, Python, Ruby, Go and others made of the same images.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use stevedore::sbom::Purl;

use crate::support::command::{Program, stevedore};
use crate::support::listing::read;
use crate::support::oracle::corpus;

/// A row of an expected list: type, name, version, package URL, path.
type Row = [String; 5];

/// Returns the arguments that name the image of `NAME[@TAG][@PLATFORM]`.
pub(crate) fn arguments(corpus: &Path, stem: &str) -> Vec<String> {
    let mut parts = stem.split('@');
    let name = parts.next().expect("a name");
    let path = corpus.join("images").join(name);
    let place = match (path.is_dir(), name.starts_with("busybox-attestation")) {
        (true, _) => "oci",
        (false, true) => "oci-archive",
        (false, false) => "docker-archive",
    };
    let mut reference = format!("{place}:{}", path.display());
    let mut platform = None;
    for part in parts {
        if part.starts_with("linux-") {
            platform = Some(format!("--platform={}", part.replace('-', "/")));
        } else {
            reference = format!("{reference}:{part}");
        }
    }
    std::iter::once(reference).chain(platform).collect()
}

fn list(corpus: &Path, stem: &str) -> Value {
    let arguments = arguments(corpus, stem);
    let all: Vec<&str> = ["sbom", "--json"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
    stevedore(&all).ok().json()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn rows(list: &Value) -> BTreeSet<Row> {
    let packages = list["packages"].as_array().expect("packages");
    let path = |package: &Value| match package["inside"].as_str() {
        Some(inside) => format!("{}!{inside}", text(&package["path"])),
        None => text(&package["path"]),
    };
    let row = |package: &Value| {
        let [kind, name, version, purl] = ["type", "name", "version", "purl"].map(|key| text(&package[key]));
        [kind, name, version, purl, path(package)]
    };
    packages.iter().map(row).collect()
}

#[test]
fn the_corpus_has_exactly_these_packages() {
    let Some(corpus) = corpus() else { return };
    let mut count = 0;
    for entry in fs::read_dir(corpus.join("expected")).expect("the expected lists") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".sbom.tsv") else { continue };
        let list = list(&corpus, stem);
        let (mut wanted, mut free) = (BTreeSet::new(), BTreeSet::new());
        for line in read(&path) {
            let fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
            match fields[0].as_str() {
                "#os" => {
                    let os = &list["os"];
                    let id = os["id"].as_str().unwrap_or("linux");
                    let own = [id.to_owned(), text(&os["version"]), text(&os["name"])];
                    assert_eq!(own[..], fields[1..], "{stem}");
                }
                // An archive that does not say what it is: each tool guesses.
                "maven?" => drop(free.insert(fields[4].clone())),
                _ => drop(wanted.insert(<Row>::try_from(fields).expect("five columns"))),
            }
        }
        let got: BTreeSet<Row> = rows(&list)
            .into_iter()
            .filter(|row| row[0] != "maven" || wanted.contains(row) || !free.contains(&row[4]))
            .collect();
        let only = |a: &BTreeSet<Row>, b: &BTreeSet<Row>| a.difference(b).cloned().collect::<Vec<_>>();
        assert!(got == wanted, "{stem}: more {:#?}, missing {:#?}", only(&got, &wanted), only(&wanted, &got));
        for row in &wanted {
            let purl: Purl = row[3].parse().unwrap_or_else(|error| panic!("{}: {error}", row[3]));
            assert_eq!(purl.to_string(), row[3]);
        }
        count += 1;
    }
    assert_eq!(count, 15);
}

/// What a layer above removes, upgrades or hides is gone; what replaces a module of Go stands in its place.
#[test]
fn what_is_gone_is_not_listed() {
    let Some(corpus) = corpus() else { return };
    let names = |stem: &str| -> BTreeSet<String> {
        rows(&list(&corpus, stem))
            .into_iter()
            .map(|[kind, name, version, ..]| format!("{kind} {name} {version}"))
            .collect()
    };
    let lang = names("lang");
    for gone in ["pypi click", "pypi six", "pypi jmespath", "npm inner 0.1.0"] {
        assert!(!lang.iter().any(|name| name.starts_with(gone)), "{gone}");
    }
    assert!(lang.contains("pypi certifi 9999.1"));
    assert_eq!(lang.iter().filter(|name| name.starts_with("pypi certifi ")).count(), 1);
    assert_eq!(lang.iter().filter(|name| name.starts_with("cargo ")).count(), 8);
    let deb = names("deb-trim@latest");
    for gone in ["deb tar ", "deb git "] {
        assert!(!deb.iter().any(|name| name.starts_with(gone)), "{gone}");
    }
}

/// The layer of a package is the one whose version of the evidence is seen; the first is the lowest that has the package at that path.
#[test]
fn layers_of_packages() {
    let Some(corpus) = corpus() else { return };
    for stem in ["deb-trim@base", "deb-trim@latest", "lang", "distroless-like"] {
        let list = list(&corpus, stem);
        let mut tops: BTreeMap<String, u64> = BTreeMap::new();
        let mut bottoms: BTreeMap<String, u64> = BTreeMap::new();
        for line in read(&corpus.join(format!("expected/{stem}.layers.tsv.gz"))) {
            let fields: Vec<&str> = line.split('\t').collect();
            let Ok(layer) = fields[0].parse() else { continue };
            let path = fields[6].trim_start_matches("./").to_owned();
            bottoms.entry(path.clone()).or_insert(layer);
            tops.insert(path, layer);
        }
        for package in list["packages"].as_array().expect("packages") {
            let path = text(&package["path"]);
            assert_eq!(package["layer"].as_u64(), tops.get(&path).copied(), "{stem} {path}");
            let first = package["firstLayer"].as_u64().expect("a number");
            assert!(first >= bottoms[&path] && first <= tops[&path], "{stem} {package}");
        }
    }
    // The packages of the base are in the first layer, though a later one rewrote the database.
    let packages = |stem: &str| list(&corpus, stem)["packages"].as_array().expect("packages").clone();
    let base: BTreeSet<String> = packages("deb-trim@base").iter().map(|package| text(&package["purl"])).collect();
    let latest = packages("deb-trim@latest");
    assert!(latest.iter().all(|package| package["layer"] == 1));
    for package in &latest {
        let first = u64::from(!base.contains(&text(&package["purl"])));
        assert_eq!(package["firstLayer"].as_u64(), Some(first), "{package}");
    }
}

#[test]
fn broken_evidence_is_told_and_stops_nothing() {
    let Some(corpus) = corpus() else { return };
    let reference = &arguments(&corpus, "lang")[0];
    let run = stevedore(&["sbom", reference]).ok();
    let notes: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(notes.len(), 3, "{}", run.stderr);
    for (note, path) in
        notes.iter().zip(["/opt/java/corrupt.jar", "/notjson/package.json", "/broken-1.0.dist-info/METADATA"])
    {
        assert!(note.starts_with("note: /") && note.contains(path) && note.contains(" in layer 0 "), "{note}");
    }
    assert!(run.text().lines().count() > 45);
    assert!(stevedore(&["sbom", "--quiet", reference]).ok().stderr.is_empty());
}

#[test]
fn tables() {
    let Some(corpus) = corpus() else { return };
    let reference = format!("oci:{}", corpus.join("images/rpm-ndb").display());
    let run = stevedore(&["sbom", &reference]).ok();
    let wanted = "\
  NAME           VERSION          TYPE  LAYER  PATH
  binutils       2.35.1-7.18.1    rpm   0      /usr/lib/sysimage/rpm/Packages.db
  ncurses-devel  6.1-5.6.2        rpm   0      /usr/lib/sysimage/rpm/Packages.db
  zlib-devel     1.2.11-3.21.1    rpm   0      /usr/lib/sysimage/rpm/Packages.db";
    let squeeze = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(squeeze(run.text()), squeeze(wanted));
    let first = stevedore(&["sbom", "--first-layer", &reference]).ok();
    assert_eq!(
        squeeze(first.text().lines().next().expect("a heading")),
        ["NAME", "VERSION", "TYPE", "LAYER", "FIRST", "PATH"]
    );
}

/// Indexes with tag and platform, a compressed docker-archive, archives: every shape that images come in.
#[test]
fn every_shape_of_image() {
    let Some(corpus) = corpus() else { return };
    let images = corpus.join("images");
    let at = |place: &str, name: &str| format!("{place}:{}", images.join(name).display());
    let table: [(String, &str, Option<usize>); 6] = [
        (at("oci", "edge-index:multi"), "linux/arm/v7", Some(0)),
        (at("oci", "edge-index:nested"), "linux/riscv64", Some(0)),
        // The program itself, which no package has.
        (at("oci", "busybox-musl"), "linux/arm64", Some(1)),
        (at("oci", "alpine-multi:latest"), "linux/arm64", Some(14)),
        (at("docker-archive", "trivy-alpine-310.tar.gz"), "linux/amd64", Some(14)),
        (at("oci", "edge-index:multi"), "linux/s390x", None),
    ];
    for (reference, platform, count) in table {
        let run = stevedore(&["sbom", "--json", "--platform", platform, &reference]);
        match count {
            Some(count) => {
                assert_eq!(run.ok().json()["packages"].as_array().map(Vec::len), Some(count), "{reference}");
            }
            None => assert!(run.code(3).stderr.contains("linux/riscv64"), "{reference}"),
        }
    }
}

/// The published cases of the specification: what can be built, parsed and made canonical, and what cannot.
#[test]
fn package_urls_as_the_specification_has_them() {
    let Some(corpus) = corpus() else { return };
    let mut count = 0;
    for entry in fs::read_dir(corpus.join("purl-tests")).expect("the cases") {
        let path = entry.expect("an entry").path();
        let file: Value = serde_json::from_slice(&fs::read(&path).expect("readable")).expect("JSON");
        for case in file["tests"].as_array().expect("cases") {
            let (input, wanted) = (&case["input"], &case["expected_output"]);
            let got: Result<Value, _> = match case["test_type"].as_str().expect("a type of test") {
                "build" => build(input).map(|purl| purl.to_string().into()),
                // Keys in upper case are refused by some cases and folded by others.
                "parse" if case["expected_failure"] == true => {
                    Purl::parse_strictly(&text(input)).map(|purl| parts(&purl))
                }
                "parse" => text(input).parse().map(|purl: Purl| parts(&purl)),
                "validate" => text(input).parse().map(|purl: Purl| purl.to_string().into()),
                other => panic!("{other}"),
            };
            if case["expected_failure"] == true {
                assert!(got.is_err(), "{case} gave {got:?}");
            } else {
                assert_eq!(got.as_ref(), Ok(wanted), "{} {case}", path.display());
            }
            count += 1;
        }
    }
    assert_eq!(count, 233);
}

fn build(input: &Value) -> Result<Purl, stevedore::sbom::PurlError> {
    let qualifiers = input["qualifiers"].as_object().into_iter().flatten();
    let qualifiers = qualifiers.map(|(key, value)| (key.clone(), text(value))).collect();
    let part = |key: &str| input[key].as_str();
    let (kind, name) = (part("type").unwrap_or_default(), part("name").unwrap_or_default());
    Purl::build(kind, part("namespace"), name, part("version"), qualifiers, part("subpath"))
}

fn parts(purl: &Purl) -> Value {
    let qualifiers = (!purl.qualifiers.is_empty()).then_some(&purl.qualifiers);
    serde_json::json!({
        "type": purl.kind, "namespace": purl.namespace, "name": purl.name, "version": purl.version,
        "qualifiers": qualifiers, "subpath": purl.subpath,
    })
}

/// No other program is started.
#[test]
fn nothing_is_executed() {
    let Some(strace) = crate::support::oracle::oracle("strace") else { return };
    let Some(corpus) = corpus() else { return };
    let reference = &arguments(&corpus, "lang")[0];
    let log = strace.home().join("log");
    let log = log.to_str().expect("text");
    let binary = env!("CARGO_BIN_EXE_stevedore");
    strace.run(&["-f", "-e", "trace=execve,vfork,fork", "-o", log, binary, "sbom", reference]);
    let calls = fs::read_to_string(log).expect("the log");
    assert_eq!(calls.matches("execve(").count(), 1, "{calls}");
    assert_eq!(calls.matches("fork(").count(), 0, "{calls}");
}

/// Scratch files are gone afterwards, and lie where they were asked for.
#[test]
fn scratch_files_leave_nothing() {
    let Some(corpus) = corpus() else { return };
    let reference = &arguments(&corpus, "lang")[0];
    let room = tempfile::tempdir().expect("a temporary directory");
    let program = Program::stevedore(&["sbom", "--scratch", room.path().to_str().expect("text"), reference]);
    program.env("TMPDIR", "/nonexistent").run().ok();
    assert_eq!(fs::read_dir(room.path()).expect("a folder").count(), 0);
}
