//! Evidence where links, layers and hostile files put it.

use std::fs;
use std::io::Write;

use serde_json::Value;

use crate::support::command::{Program, Run, stevedore};
use crate::support::content::{Member, tar};
use crate::support::fixture::{self, Fixture};
use crate::support::layout::blob_path;
use crate::support::oracle::{corpus, oracle};
use crate::support::proxy::{Mode, Proxy};
use crate::support::registry::Registry;
use crate::support::seed;

const MIB: u64 = 1024 * 1024;
const APK: &[u8] = b"P:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\n\n";
const ALPINE: &[u8] = b"ID=alpine\nVERSION_ID=3.20.0\n";

fn image(tars: &[Vec<u8>]) -> (tempfile::TempDir, Fixture) {
    let room = tempfile::tempdir().expect("a temporary directory");
    let image = fixture::of_tars(room.path(), tars);
    (room, image)
}

fn list(image: &Fixture) -> Value {
    stevedore(&["sbom", "--json", "--quiet", &image.reference()]).ok().json()
}

/// Returns package URLs with their paths.
fn found(list: &Value) -> Vec<String> {
    let packages = list["packages"].as_array().expect("packages").iter();
    packages.map(|package| format!("{} {}", package["purl"], package["path"]).replace('"', "")).collect()
}

const MUSL: &str = "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.0";

#[test]
fn links_lead_to_evidence_which_is_read_once() {
    let os = Member::File("etc/os-release", ALPINE);
    let table: [(&str, &[Member<'_>], &str); 6] = [
        (
            "the folder is a link, its target a place of its own",
            &[Member::Symlink("lib/apk", "../usr/lib/apk"), Member::File("usr/lib/apk/db/installed", APK)],
            "usr/lib/apk/db/installed",
        ),
        (
            "the folder is a link to anywhere",
            &[Member::Symlink("lib/apk", "/data/apk"), Member::File("data/apk/db/installed", APK)],
            "data/apk/db/installed",
        ),
        (
            "the file is a link",
            &[Member::File("data/x", APK), Member::Symlink("lib/apk/db/installed", "../../../data/x")],
            "data/x",
        ),
        (
            "both places are the same file",
            &[
                Member::File("lib/apk/db/installed", APK),
                Member::Link("usr/lib/apk/db/installed", "lib/apk/db/installed"),
            ],
            "lib/apk/db/installed",
        ),
        (
            "a hard link has the name, its target another",
            &[Member::File("data/x", APK), Member::Link("lib/apk/db/installed", "data/x")],
            "lib/apk/db/installed",
        ),
        (
            "a link leads out of the image and stays inside",
            &[Member::Symlink("lib/apk", "../../../../usr/lib/apk"), Member::File("usr/lib/apk/db/installed", APK)],
            "usr/lib/apk/db/installed",
        ),
    ];
    for (what, members, path) in table {
        let members: Vec<Member<'_>> = members.iter().map(copy).chain([copy(&os)]).collect();
        let (_room, image) = image(&[tar(&members)]);
        assert_eq!(found(&list(&image)), [format!("{MUSL} {path}")], "{what}");
    }
}

fn copy<'a>(member: &Member<'a>) -> Member<'a> {
    match member {
        Member::File(path, content) => Member::File(path, content),
        Member::Symlink(path, target) => Member::Symlink(path, target),
        Member::Link(path, target) => Member::Link(path, target),
    }
}

#[test]
fn os_release_through_links() {
    let tars = [
        tar(&[Member::File("usr/lib/os-release", b"ID=old\n"), Member::File("lib/apk/db/installed", APK)]),
        tar(&[Member::File("opt/os", ALPINE), Member::Symlink("etc/os-release", "../opt/os")]),
    ];
    let (_room, image) = image(&tars);
    assert_eq!(found(&list(&image)), [format!("{MUSL} lib/apk/db/installed")]);
    assert_eq!(list(&image)["os"]["id"], "alpine");
}

/// Fragments of dpkg's database below a link.
#[test]
fn folders_of_evidence_through_links() {
    let stanza = b"Package: base\nVersion: 1\nArchitecture: all\n";
    let (_room, image) = image(&[tar(&[
        Member::File("usr/share/dpkg-db/status.d/base", stanza),
        Member::File("usr/share/dpkg-db/status.d/base.md5sums", b"0 x\n"),
        Member::Symlink("var/lib/dpkg", "/usr/share/dpkg-db"),
    ])]);
    assert_eq!(found(&list(&image)), ["pkg:deb/base@1?arch=all usr/share/dpkg-db/status.d/base"]);
}

#[test]
fn layers_hide_and_keep() {
    let more = [APK, b"P:zlib\nV:1.3\nA:x86_64\n\n"].concat();
    let node = |version: &str| format!(r#"{{"name":"a","version":"{version}"}}"#).into_bytes();
    let (one, two) = (node("1.0.0"), node("2.0.0"));
    let (_room, image) = image(&[
        tar(&[
            Member::File("lib/apk/db/installed", APK),
            Member::File("x/package.json", &one),
            Member::File("y/package.json", &one),
            Member::File("z/package.json", &one),
        ]),
        tar(&[
            Member::File("lib/apk/db/installed", &more),
            Member::File("x/package.json", &two),
            Member::File("y/.wh.package.json", b""),
            Member::Link("kept/package.json", "z/package.json"),
        ]),
        tar(&[Member::File("z/.wh.package.json", b""), Member::File("etc/os-release", ALPINE)]),
        tar(&[Member::File("z/.wh..wh..opq", b"")]),
    ]);
    let list = list(&image);
    let rows: Vec<String> = list["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| {
            format!("{} {} {} {}", package["name"], package["path"], package["layer"], package["firstLayer"])
                .replace('"', "")
        })
        .collect();
    // What the hard link keeps is the lowest layer's content.
    let wanted = [
        "musl lib/apk/db/installed 1 0",
        "zlib lib/apk/db/installed 1 1",
        "a kept/package.json 0 0",
        "a x/package.json 1 1",
    ];
    let mut sorted = rows.clone();
    sorted.sort();
    let mut wanted = wanted.to_vec();
    wanted.sort_unstable();
    assert_eq!(sorted, wanted);
}

/// The list is that of the database which `cat` prints.
#[test]
fn the_database_says_the_same() {
    let Some(corpus) = corpus() else { return };
    let deb = format!("oci:{}:latest", corpus.join("images/deb-trim").display());
    let status = stevedore(&["cat", &deb, "/var/lib/dpkg/status"]).ok();
    let mut wanted = Vec::new();
    for stanza in status.text().split("\n\n") {
        let field =
            |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
        if !field("Status:").ends_with("config-files") && !field("Status:").ends_with("not-installed") {
            wanted.push(format!("{} {}", field("Package:"), field("Version:")));
        }
    }
    let list = stevedore(&["sbom", "--json", &deb]).ok().json();
    let packages = list["packages"].as_array().expect("packages").iter();
    let mut got: Vec<String> = packages
        .filter(|package| package["type"] == "deb")
        .map(|package| format!("{} {}", package["name"], package["version"]).replace('"', ""))
        .collect();
    got.sort();
    wanted.sort();
    assert_eq!(got, wanted);
}

/// Pages that SQLite has written only into its log count, and the database under it is what it was.
#[test]
fn a_write_ahead_log_counts() {
    let Some(sqlite) = oracle("sqlite3") else { return };
    let folder = sqlite.home().join("db");
    fs::create_dir(&folder).expect("a folder");
    let mut script = String::from(
        "PRAGMA page_size=1024; PRAGMA journal_mode=wal; PRAGMA wal_autocheckpoint=0;\n\
         CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);\n",
    );
    let insert = |name: String| format!("INSERT INTO Packages(blob) VALUES (x'{}');\n", hex(&header(&name)));
    (0..300).for_each(|number| script.push_str(&insert(format!("old-{number}"))));
    script.push_str("PRAGMA wal_checkpoint(TRUNCATE);\nDELETE FROM Packages WHERE hnum <= 100;\n");
    (0..50).for_each(|number| script.push_str(&insert(format!("new-{number}-{}", "x".repeat(3000)))));
    script.push_str(&format!(".shell cp db.sqlite db.sqlite-wal {}\n", folder.display()));
    let mut command = sqlite.command(&["db.sqlite"]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
    let mut child = command.spawn().expect("sqlite3 starts");
    child.stdin.take().expect("a pipe").write_all(script.as_bytes()).expect("written");
    assert!(child.wait().expect("sqlite3 ends").success());
    let database = fs::read(folder.join("db.sqlite")).expect("the database");
    let log = fs::read(folder.join("db.sqlite-wal")).expect("the log");
    assert!(log.len() > 50 * 3000, "{}", log.len());

    let count = |members: &[Member<'_>]| {
        let (_room, image) = image(&[tar(members)]);
        let list = list(&image);
        assert_eq!(list["warnings"].as_array().map(Vec::len), Some(0), "{}", list["warnings"]);
        let found = found(&list);
        (
            found.iter().filter(|row| row.contains("/old-")).count(),
            found.iter().filter(|row| row.contains("/new-")).count(),
        )
    };
    let path = "var/lib/rpm/rpmdb.sqlite";
    let file = || Member::File(path, &database);
    assert_eq!(count(&[file()]), (300, 0));
    assert_eq!(count(&[file(), Member::File("var/lib/rpm/rpmdb.sqlite-wal", b"")]), (300, 0));
    assert_eq!(count(&[file(), Member::File("var/lib/rpm/rpmdb.sqlite-wal", &log)]), (200, 50));
    // What is cut off within a transaction never happened; each statement is one.
    let cut = &log[..log.len() - 100];
    assert_eq!(count(&[file(), Member::File("var/lib/rpm/rpmdb.sqlite-wal", cut)]), (200, 49));
}

/// Makes the header of a package.
fn header(name: &str) -> Vec<u8> {
    let (mut index, mut store) = (Vec::new(), Vec::new());
    for (tag, text) in [(1000_u32, name), (1001, "1"), (1002, "2")] {
        for number in [tag, 6, u32::try_from(store.len()).expect("short"), 1] {
            index.extend_from_slice(&number.to_be_bytes());
        }
        store.extend_from_slice(text.as_bytes());
        store.push(0);
    }
    let size = u32::try_from(store.len()).expect("short");
    [3_u32.to_be_bytes().to_vec(), size.to_be_bytes().to_vec(), index, store].concat()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Databases that are cut off or changed anywhere end with a warning at most, soon, and never with a panic.
#[test]
fn changed_databases_end() {
    let Some(corpus) = corpus() else { return };
    for (name, path) in [
        ("rpm-sqlite", "var/lib/rpm/rpmdb.sqlite"),
        ("rpm-ndb", "usr/lib/sysimage/rpm/Packages.db"),
        ("rpm-bdb", "var/lib/rpm/Packages"),
        ("lang", "opt/java/app-5.4.jar"),
        ("lang", "usr/local/bin/hello-go"),
        ("lang", "opt/odd place/rusty"),
    ] {
        let reference = format!("oci:{}", corpus.join("images").join(name).display());
        let good = stevedore(&["cat", &reference, path]).ok().stdout;
        let mut seed = 1_u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).expect("31 bits") % below
        };
        let mut broken = Vec::new();
        for number in 0..40 {
            let mut bad = good.clone();
            if number % 4 == 0 {
                bad.truncate(random(good.len()));
            }
            for _ in 0..(number % 4) * 20 {
                // Structures are at the start of pages and of the file.
                let (spread, near) = (random(bad.len()), random(bad.len().min(4096)));
                bad[if number % 2 == 0 { spread } else { near }] = u8::try_from(random(256)).expect("a byte");
            }
            broken.push(bad);
        }
        let tars: Vec<Vec<u8>> = broken.iter().map(|bad| tar(&[Member::File(path, bad)])).collect();
        let (_room, image) = image(&tars);
        // Each layer replaces the file of the one below; all are read.
        stevedore(&["sbom", "--json", &image.reference()]).ok();
    }
}

/// Whatever files claim, memory is bounded, and what is beside them is listed.
#[test]
fn hostile_evidence_is_bounded() {
    let huge_stanzas = b"Package: a\nVersion: 1\nStatus: install ok installed\n\n".repeat(2_000_000);
    let long_line = [b"P:".to_vec(), vec![b'x'; 60_000_000], b"\nV:1\n\n".to_vec()].concat();
    let json = [br#"{"name":"a","version":"1","x":""#.to_vec(), vec![b'y'; 60_000_000], br#""}"#.to_vec()].concat();
    let nested = [br#"{"name":"#.to_vec(), vec![b'['; 1_000_000]].concat();
    let metadata = [b"Name: a\nVersion: 1\n".to_vec(), b"Classifier: zzzz\n".repeat(3_000_000)].concat();
    let installed =
        [br#"{"packages":["#.to_vec(), br#"{"name":"a/b","version":"1"},"#.repeat(2_000_000), b"{}]}".to_vec()]
            .concat();
    let (_room, image) = image(&[
        tar(&[
            Member::File("var/lib/dpkg/status", &huge_stanzas),
            Member::File("lib/apk/db/installed", &long_line),
            Member::File("a/package.json", &json),
            Member::File("b/package.json", &nested),
            Member::File("x.dist-info/METADATA", &metadata),
            Member::File("vendor/composer/installed.json", &installed),
            Member::File("etc/os-release", &b"ID=x\n".repeat(10_000_000)),
        ]),
        tar(&[Member::File("c/package.json", br#"{"name":"good","version":"1"}"#)]),
    ]);
    let program = Program::stevedore(&["sbom", "--json", &image.reference()]);
    let (run, peak) = program.peak_rss();
    let list = run.ok().json();
    assert!(found(&list).contains(&"pkg:npm/good@1 c/package.json".to_owned()));
    assert!(list["warnings"].as_array().is_some_and(|warnings| warnings.len() >= 3), "{}", list["warnings"]);
    assert!(peak < 256 * MIB, "{} MiB", peak / MIB);
}

/// 300 MiB of zeros in an archive of a few hundred KiB.
#[test]
fn a_bomb_in_a_java_archive() {
    let Some(corpus) = corpus() else { return };
    let reference = format!("oci:{}", corpus.join("images/lang").display());
    let sound = stevedore(&["cat", &reference, "/opt/java/app-5.4.jar"]).ok().stdout;
    let bomb = zip("META-INF/maven/g/a/pom.properties", 300 * 1024 * 1024);
    let nested = zip("lib/x.jar", 300 * 1024 * 1024);
    let (_room, image) = image(&[tar(&[
        Member::File("a/bomb.jar", &bomb),
        Member::File("a/nested.jar", &nested),
        Member::File("a/sound.jar", &sound),
    ])]);
    let program = Program::stevedore(&["sbom", "--json", &image.reference()]);
    let (run, peak) = program.peak_rss();
    let list = run.ok().json();
    assert!(found(&list).iter().any(|row| row.starts_with("pkg:maven/org.acme/app@5.4 a/sound.jar")), "{list}");
    assert!(peak < 128 * MIB, "{} MiB", peak / MIB);
}

/// Makes a zip with one deflated file of zeros.
fn zip(name: &str, size: u32) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut crc = flate2::Crc::new();
    let zeros = vec![0; 1024 * 1024];
    for _ in 0..size / 1024 / 1024 {
        encoder.write_all(&zeros).expect("memory");
        crc.update(&zeros);
    }
    let packed = encoder.finish().expect("memory");
    let short = |value: usize| u16::try_from(value).expect("short").to_le_bytes();
    let long = |value: usize| u32::try_from(value).expect("small").to_le_bytes();
    let common = [
        &short(20)[..],
        &short(0),
        &short(8),
        &short(0),
        &short(33),
        &crc.sum().to_le_bytes(),
        &long(packed.len()),
        &size.to_le_bytes(),
        &short(name.len()),
        &short(0),
    ]
    .concat();
    let mut zip = [b"PK\x03\x04", &common[..], name.as_bytes(), &packed].concat();
    let at = zip.len();
    zip.extend([b"PK\x01\x02", &short(20)[..], &common, &[0; 14], name.as_bytes()].concat());
    let length = zip.len() - at;
    zip.extend([b"PK\x05\x06\0\0\0\0", &short(1)[..], &short(1), &long(length), &long(at), &short(0)].concat());
    zip
}

/// A flipped or missing byte of a layer, the config or the manifest is an error, and nothing is printed.
#[test]
fn a_changed_image_lists_nothing() {
    let (_room, image) =
        image(&[tar(&[Member::File("lib/apk/db/installed", APK), Member::File("etc/os-release", ALPINE)])]);
    let part = &image.parts[0];
    let good = stevedore(&["sbom", "--json", &image.reference()]).ok().stdout;
    for digest in [&part.layers[0], &part.config, &part.digest] {
        let path = blob_path(&image.dir, digest);
        let content = fs::read(&path).expect("the blob");
        for at in (0..content.len()).step_by(content.len().div_ceil(40)) {
            let mut bad = content.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).expect("written");
            refused(&stevedore(&["sbom", "--json", &image.reference()]));
            fs::write(&path, &content[..at]).expect("written");
            refused(&stevedore(&["sbom", "--json", &image.reference()]));
        }
        fs::write(&path, &content).expect("written");
    }
    assert_eq!(stevedore(&["sbom", "--json", &image.reference()]).ok().stdout, good);
}

#[track_caller]
fn refused(run: &Run) {
    assert!(run.code != 0 && run.code < 100 && run.stdout.is_empty(), "{run:?}");
}

/// Each blob is fetched once, and with a cache the second time none.
#[test]
fn of_a_registry_with_and_without_a_cache() {
    let Some(registry) = Registry::start() else { return };
    let (_room, image) =
        image(&[tar(&[Member::File("lib/apk/db/installed", APK)]), tar(&[Member::File("etc/os-release", ALPINE)])]);
    seed::push(&image.dir, fixture::TAG, &registry.client(), "sbom");
    let proxy = Proxy::start(&registry.host(), Mode::None);
    let reference = format!("docker://{}/sbom:{}", proxy.host(), fixture::TAG);
    let cache = tempfile::tempdir().expect("a temporary directory");
    let folder = cache.path().join("cache");
    let fetched = |flags: &[&str]| {
        proxy.clear();
        let all: Vec<&str> = ["sbom", "--json"].iter().chain(flags).copied().chain([reference.as_str()]).collect();
        assert_eq!(found(&stevedore(&all).ok().json()), [format!("{MUSL} lib/apk/db/installed")]);
        proxy.log().iter().filter(|request| request.path.contains("/blobs/")).count()
    };
    let with = ["--cache", folder.to_str().expect("text")];
    assert_eq!(fetched(&with), 3);
    assert_eq!(fetched(&with), 0);
    assert_eq!(fetched(&[]), 3);
}

/// The file appears whole or not at all.
#[test]
fn into_a_file() {
    let (room, image) = image(&[tar(&[Member::File("lib/apk/db/installed", APK)])]);
    let file = room.path().join("list.json");
    let name = file.to_str().expect("text");
    fs::write(&file, "before").expect("written");
    fs::write(blob_path(&image.dir, &image.parts[0].layers[0]), b"broken").expect("written");
    stevedore(&["sbom", "--format=json", "-o", name, &image.reference()]).code(6);
    assert_eq!(fs::read_to_string(&file).expect("there"), "before");
    let run = stevedore(&["sbom", "-o", "/nonexistent/list", &image.reference()]);
    assert!(run.code != 0 && run.stdout.is_empty());
}
