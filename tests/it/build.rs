//! `build`: images from files, the same bytes every time.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::support::command::{Program, stevedore};
use crate::support::killing;
use crate::support::layout::{blob_path, read_json, sha256};
use crate::support::scene::Folder;

const BINARY: &str = env!("CARGO_BIN_EXE_stevedore");

/// A small tree with one of everything that needs no special rights.
fn tree(root: &Path) {
    fs::create_dir_all(root.join("etc/deep")).expect("makes");
    fs::create_dir_all(root.join("bin")).expect("makes");
    fs::write(root.join("etc/motd"), "hello\n").expect("writes");
    fs::hard_link(root.join("etc/motd"), root.join("etc/same")).expect("links");
    fs::write(root.join("bin/app"), "#!/bin/sh\n").expect("writes");
    symlink("/etc/motd", root.join("bin/link")).expect("links");
    symlink("../../../../../etc/passwd", root.join("etc/outside")).expect("links");
    let odd = [root.join(std::ffi::OsStr::from_bytes(b"etc/\xff\xfe")), root.join("etc/deep").join("n".repeat(255))];
    for path in odd {
        fs::write(&path, "odd").expect("writes");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("sets");
    }
    for (path, mode) in [("etc", 0o755), ("etc/deep", 0o1777), ("bin", 0o755), ("bin/app", 0o4755), ("etc/motd", 0o640)]
    {
        fs::set_permissions(root.join(path), fs::Permissions::from_mode(mode)).expect("sets");
    }
}

fn digest(arguments: &[&str]) -> String {
    stevedore(arguments).ok().text().trim().to_owned()
}

/// Returns what `ls` says of an image, with its digests.
fn list(reference: &str) -> Vec<String> {
    let listing = stevedore(&["ls", "--json", "--digests", reference]).ok().json();
    crate::support::listing::rows(&listing)
}

/// Returns the manifest and the config that a layout has under a tag.
pub(crate) fn documents(layout: &Path, tag: &str) -> (serde_json::Value, serde_json::Value) {
    let tags = crate::support::layout::tags(layout);
    let (_, descriptor) = tags.iter().find(|(name, _)| name == tag).expect("the tag is there");
    let manifest = read_json(&blob_path(layout, descriptor["digest"].as_str().expect("a digest")));
    let config = read_json(&blob_path(layout, manifest["config"]["digest"].as_str().expect("a digest")));
    (manifest, config)
}

#[test]
fn a_directory_becomes_an_image() {
    let folder = Folder::new();
    tree(&folder.path("root"));
    let output = folder.at("oci", "o", ":1");
    let got = digest(&["build", "--dir", &folder.text("root"), "--platform", "linux/amd64", "-o", &output]);
    // Whoever builds this tree, on whatever machine, gets these bytes.
    assert_eq!(got, "sha256:84463d18abb9d58a4725f58d2604f0d2f815fe27e7317d9433b19bc10420cc39");
    let hello = sha256(b"hello\n");
    let hello = hello.trim_start_matches("sha256:");
    let rows = list(&output);
    assert!(rows.contains(&format!("0640\tf\t0\t0\t6\tetc/motd\t\t{hello}")), "{rows:#?}");
    assert!(rows.contains(&format!("0640\tf\t0\t0\t6\tetc/same\tetc/motd\t{hello}")), "{rows:#?}");
    assert!(rows.iter().any(|row| row.starts_with("1777\td\t0\t0\t0\tetc/deep")), "{rows:#?}");
    assert!(rows.iter().any(|row| row.starts_with("4755\tf\t0\t0\t10\tbin/app")), "{rows:#?}");
    assert!(rows.iter().any(|row| row.contains("\tetc/outside\t../../../../../etc/passwd\t")), "{rows:#?}");
    assert!(rows.iter().any(|row| row.contains("etc/\\xff\\xfe")), "{rows:#?}");
}

#[test]
fn the_same_files_give_the_same_digest() {
    let folder = Folder::new();
    let root = folder.path("root");
    tree(&root);
    let root = folder.text("root");
    let build = |output: &str| ["build", "--dir", &root, "--platform", "linux/arm64", "-o", output].map(str::to_owned);
    let first = build(&folder.at("oci", "a", ":1"));
    let wanted = digest(&first.each_ref().map(String::as_str));
    for (number, around) in
        ["umask 077", "umask 000", "cd /", "export TZ=Asia/Tokyo LC_ALL=tr_TR.UTF-8"].iter().enumerate()
    {
        let arguments = build(&folder.at("oci", &format!("b{number}"), ":1")).join("' '");
        let line = format!("{around}; exec '{BINARY}' '{arguments}'");
        let run = Program::new("sh", &["-c", &line]).run().ok();
        assert_eq!(run.text().trim(), wanted, "{around}");
    }
    // One processor, one thread.
    let arguments = build(&folder.at("oci", "c", ":1")).join("' '");
    let run = Program::new("sh", &["-c", &format!("exec taskset -c 0 '{BINARY}' '{arguments}'")]).run().ok();
    assert_eq!(run.text().trim(), wanted, "one thread");
    // Other times, other inodes: what was written is written again.
    let again = folder.path("again");
    tree(&again);
    let touch = Program::new("sh", &["-c", &format!("find '{}' -exec touch -h -d 2031-01-01 {{}} +", again.display())]);
    touch.run().ok();
    let output = folder.at("oci", "d", ":1");
    assert_eq!(digest(&["build", "--dir", &folder.text("again"), "--platform", "linux/arm64", "-o", &output]), wanted);
    for epoch in ["1000000000", "1000000000"] {
        let output = folder.at("oci", "e", ":1");
        let arguments = ["build", "--dir", &root, "-o", &output];
        let run = Program::stevedore(&arguments).env("SOURCE_DATE_EPOCH", epoch).run().ok();
        let (_, config) = documents(&folder.path("e"), "1");
        assert_eq!(config["created"], "2001-09-09T01:46:40Z");
        assert_ne!(run.text().trim(), wanted);
    }
}

#[test]
fn the_order_of_creation_does_not_matter() {
    let folder = Folder::new();
    let make = |name: &str, order: &mut dyn Iterator<Item = u32>| {
        let root = folder.path(name);
        for number in order {
            // Spread over directories, in an order that is not that of the names.
            let scattered = number.wrapping_mul(2_654_435_761) % 5000;
            let directory = root.join(format!("d{}", scattered % 37));
            fs::create_dir_all(&directory).expect("makes");
            fs::write(directory.join(format!("f{scattered}")), scattered.to_string()).expect("writes");
        }
        let output = folder.at("oci", &format!("{name}.oci"), ":1");
        digest(&["build", "--dir", &folder.text(name), "-o", &output])
    };
    assert_eq!(make("a", &mut (0..5000)), make("b", &mut (0..5000).rev()));
}

#[test]
fn additions_exclusions_and_removals() {
    let folder = Folder::new();
    tree(&folder.path("root"));
    fs::write(folder.path("ignore"), "# not these\netc/*\n!etc/motd\n**/link\n").expect("writes");
    let (root, app) = (folder.text("root"), folder.text("root/bin/app"));
    let output = folder.at("oci", "o", ":1");
    digest(&[
        "build",
        "--add",
        &format!("{root}:/srv/data:owner=7:8"),
        "--exclude-from",
        &folder.text("ignore"),
        "--add",
        &format!("{app}:/usr/bin/:mode=0700"),
        "--add",
        &format!("{app}:/usr/bin/other"),
        "-o",
        &output,
    ]);
    let names: Vec<String> =
        list(&output).iter().map(|row| row.split('\t').take(6).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        names,
        [
            "0755 d 0 0 0 srv",
            &*format!("{:04o} d 7 8 0 srv/data", fs::metadata(&root).expect("is there").permissions().mode() & 0o7777),
            "0755 d 7 8 0 srv/data/bin",
            "4755 f 7 8 10 srv/data/bin/app",
            "0755 d 7 8 0 srv/data/etc",
            "0640 f 7 8 6 srv/data/etc/motd",
            "0755 d 0 0 0 usr",
            "0755 d 0 0 0 usr/bin",
            "0700 f 0 0 10 usr/bin/app",
            "4755 f 0 0 10 usr/bin/other",
        ]
    );
}

#[test]
fn the_config() {
    let folder = Folder::new();
    fs::write(folder.path("config.json"), r#"{"author":"file","config":{"User":"file","Odd":[1.50]},"rootfs":{}}"#)
        .expect("writes");
    let output = folder.at("oci", "o", ":1");
    digest(&[
        "build",
        "--platform",
        "linux/arm/v7",
        "--config",
        &folder.text("config.json"),
        "--entrypoint",
        "/bin/app",
        "--cmd",
        r#"["a","b"]"#,
        "--env",
        "A=1",
        "--env",
        "B=x=y",
        "--user",
        "1000:1000",
        "--workdir",
        "/srv",
        "--label",
        "l=m",
        "--expose",
        "80",
        "--expose",
        "53/udp",
        "--volume",
        "/data",
        "--stop-signal",
        "SIGINT",
        "--healthcheck",
        "curl localhost",
        "--health-interval",
        "30s",
        "--health-retries",
        "3",
        "--annotation",
        "x=y",
        "-o",
        &output,
    ]);
    let (manifest, config) = documents(&folder.path("o"), "1");
    let wanted = serde_json::json!({
        "architecture": "arm", "variant": "v7", "os": "linux", "author": "file", "created": "1970-01-01T00:00:00Z",
        "config": {
            "Entrypoint": ["/bin/app"], "Cmd": ["a", "b"], "Env": ["A=1", "B=x=y"], "User": "1000:1000", "WorkingDir": "/srv",
            "Labels": {"l": "m"}, "ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "Volumes": {"/data": {}}, "StopSignal": "SIGINT",
            "Healthcheck": {"Test": ["CMD-SHELL", "curl localhost"], "Interval": 30_000_000_000_u64, "Retries": 3},
            "Odd": [1.5],
        },
        "rootfs": {"type": "layers", "diff_ids": []},
    });
    assert_eq!(config, wanted);
    assert_eq!(manifest["annotations"], serde_json::json!({"x": "y"}));
}

#[test]
fn what_config_files_say_stays() {
    let folder = Folder::new();
    let texts = [
        r#"{"created":"2024-01-02T03:04:05Z","config":{"Env":["A=1"],"User":"1"}}"#,
        r#"{"author":"other","config":{"User":"2","Cmd":["x"]}}"#,
    ];
    for (name, text) in ["1", "2"].iter().zip(texts) {
        fs::write(folder.path(name), text).expect("writes");
    }
    let (one, two, output) = (folder.text("1"), folder.text("2"), folder.at("oci", "o", ":1"));
    let arguments = ["build", "--config", &one, "--config", &two, "-o", &output];
    digest(&arguments);
    let (_, config) = documents(&folder.path("o"), "1");
    assert_eq!((&config["created"], &config["author"]), (&"2024-01-02T03:04:05Z".into(), &"other".into()));
    // The members of the inner object are laid over each other one by one.
    assert_eq!(config["config"], serde_json::json!({"Env": ["A=1"], "User": "2", "Cmd": ["x"]}));
    digest(&[&arguments[..], &["--created", "2025-01-02T03:04:05Z"]].concat());
    assert_eq!(documents(&folder.path("o"), "1").1["created"], "2025-01-02T03:04:05Z");
    // Readers of configs would refuse the whole image.
    let run = stevedore(&[&arguments[..], &["--created", "yesterday"]].concat()).code(2);
    assert!(run.stderr.contains("expected a time, as in 2026-01-31T12:00:00Z"), "{}", run.stderr);
}

#[test]
fn several_platforms_make_an_index() {
    let folder = Folder::new();
    fs::write(folder.path("amd"), "amd").expect("writes");
    fs::write(folder.path("arm"), "arm").expect("writes");
    fs::write(folder.path("both"), "both").expect("writes");
    let output = folder.at("oci", "o", ":1");
    let (amd, arm) =
        (format!("linux/amd64={}:/app", folder.text("amd")), format!("linux/arm64={}:/app", folder.text("arm")));
    let arguments = [
        "build",
        "--platform",
        "linux/amd64",
        "--platform",
        "linux/arm64",
        "--add",
        &amd,
        "--add",
        &arm,
        "--add",
        &format!("{}:/both", folder.text("both")),
        "--annotation",
        "a=b",
        "-o",
        &output,
    ];
    let first = digest(&arguments);
    assert_eq!(digest(&arguments), first);
    let tags = crate::support::layout::tags(&folder.path("o"));
    let index = read_json(&blob_path(&folder.path("o"), &first));
    assert_eq!(tags.len(), 1);
    assert_eq!(index["annotations"]["a"], "b");
    let platforms: Vec<&str> = index["manifests"]
        .as_array()
        .expect("entries")
        .iter()
        .filter_map(|entry| entry["platform"]["architecture"].as_str())
        .collect();
    assert_eq!(platforms, ["amd64", "arm64"]);
    for (platform, content) in [("linux/amd64", "amd"), ("linux/arm64", "arm")] {
        assert_eq!(stevedore(&["cat", "--platform", platform, &output, "/app"]).ok().text(), content);
        assert_eq!(stevedore(&["cat", "--platform", platform, &output, "/both"]).ok().text(), "both");
    }
}

#[test]
fn refusals() {
    let folder = Folder::new();
    tree(&folder.path("root"));
    fs::create_dir(folder.path("hides")).expect("makes");
    fs::write(folder.path("hides/.wh.a"), "").expect("writes");
    fs::write(folder.path("text"), "this is no tar at all, though it is longer than nothing".repeat(20))
        .expect("writes");
    let (root, hides, text) = (folder.text("root"), folder.text("hides"), folder.text("text"));
    let output = folder.at("oci", "o", ":1");
    let outside = format!("{root}:/a/../../b");
    let below = [format!("{text}:/x"), format!("{text}:/x/y")];
    let nothing = folder.text("nothing");
    let table: Vec<(Vec<&str>, i32, String)> = vec![
        (vec!["--add", &outside], 2, "stevedore: /a/../../b leads out of the image".into()),
        (vec!["--dir", &hides], 1, "stevedore: .wh.a has a name that hides files in a layer".into()),
        (
            vec!["--dir", &nothing],
            3,
            format!("stevedore: cannot read {nothing}/: No such file or directory (os error 2)"),
        ),
        (
            vec!["--layer", &nothing],
            3,
            format!("stevedore: cannot read {nothing}: No such file or directory (os error 2)"),
        ),
        (
            vec!["--add", &below[0], "--add", &below[1]],
            1,
            "stevedore: x/y cannot be in x, which is no directory".into(),
        ),
        (
            vec!["--remove", "/x"],
            2,
            "stevedore: there is no base to remove anything from\nhint: name one with --from".into(),
        ),
        (
            vec!["--format", "docker", "--annotation", "a=b"],
            2,
            "stevedore: Docker's format has no annotations\nhint: use --label, or leave --format docker out".into(),
        ),
        (
            vec!["--platform", "linux/amd64", "--dir", "linux/s390x=x"],
            2,
            "stevedore: something is meant for linux/s390x, which is not built\nhint: add --platform linux/s390x"
                .into(),
        ),
        (
            vec!["--compress", "gzip:10", "--dir", &root],
            2,
            "stevedore: cannot compress with gzip: gzip has levels 0 to 9, not 10".into(),
        ),
    ];
    for (arguments, code, message) in table {
        let all: Vec<&str> = ["build", "-o", &output].into_iter().chain(arguments).collect();
        let run = stevedore(&all).code(code);
        assert_eq!(run.stderr.trim(), message, "{all:?}");
        assert!(run.stdout.is_empty());
    }
    let run = stevedore(&["build", "--layer", &text, "-o", &output]).code(1);
    assert!(
        run.stderr.starts_with(&format!("stevedore: {text} is no layer: malformed tar at byte 512: ")),
        "{}",
        run.stderr
    );
    let run = Program::stevedore(&["build", "-o", &output]).env("SOURCE_DATE_EPOCH", "soon").run().code(2);
    assert!(run.stderr.contains("SOURCE_DATE_EPOCH is \"soon\", which is no time"), "{}", run.stderr);
    assert!(!folder.path("o").exists(), "nothing is written");
}

#[test]
fn a_build_that_is_killed_leaves_nothing_half() {
    let folder = Folder::new();
    let root = folder.path("root");
    fs::create_dir(&root).expect("makes");
    for number in 0..8_u64 {
        let mut content = vec![0; 100_000];
        let mut random = crate::support::content::Random::new(number);
        std::io::Read::read_exact(&mut random, &mut content).expect("fills");
        fs::write(root.join(number.to_string()), content).expect("writes");
    }
    let layout = folder.path("o");
    let output = folder.at("oci", "o", ":1");
    let arguments = ["build", "--dir", &folder.text("root"), "-o", &output];
    let wanted = digest(&arguments);
    fs::remove_dir_all(&layout).expect("removes");
    killing::at_each_moment(&arguments, |what| {
        killing::assert_no_blob_is_half(&layout, what);
        assert_eq!(digest(&arguments), wanted, "{what}");
        fs::remove_dir_all(&layout).expect("removes");
    });
}
