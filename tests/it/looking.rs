//! What looks inside images needs nothing but the image: no other program, no network, no rights, no place to write.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::command::stevedore;
use crate::support::listing::image;
use crate::support::oracle::{Tool, oracle};

const STEVEDORE: &str = env!("CARGO_BIN_EXE_stevedore");

/// An image in each kind of place on this machine.
fn places(folder: &Path) -> Vec<String> {
    let source = format!("oci:{}:latest", image("edge-whiteouts").display());
    let place = |kind: &str, name: &str| format!("{kind}:{}", folder.join(name).display());
    let copies = [
        place("oci-archive", "oci.tar:latest"),
        place("docker-archive", "docker.tar:latest"),
        place("dir", "dir"),
        place("static", "tree:app:latest"),
    ];
    for copy in &copies {
        // An archive of Docker's has no other compression, and is fit for all.
        let flags = if copy.starts_with("docker") { &["--compress=gzip"][..] } else { &[] };
        stevedore(&[&["copy", "-q", &source, copy], flags].concat()).ok();
    }
    copies.into_iter().chain([source]).collect()
}

/// Every verb that looks inside, on an image.
fn lines(reference: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["ls", "-l", "--digests", reference],
        vec!["ls", "--layers", reference],
        vec!["ls", "--layer=1", reference],
        vec!["cat", reference, "etc/os-release", "del-dir/fresh"],
        vec!["sbom", reference],
        vec!["diff", "--packages", "--config", reference, reference],
        vec!["export", reference],
    ]
}

fn run(tool: &Tool, flags: &[&str], line: &[&str], expected: i32) -> Vec<u8> {
    let line: Vec<&str> = [flags, &[STEVEDORE], line].concat();
    tool.try_run(&line).code(expected).stdout
}

/// The exit code that a line has outside.
fn plain(line: &[&str]) -> (i32, Vec<u8>) {
    let run = stevedore(line);
    assert!([0, 3].contains(&run.code), "{run:?}");
    (run.code, run.stdout)
}

#[test]
fn without_a_network() {
    let Some(unshare) = oracle("unshare") else { return };
    if !crate::support::oracle::is_root() {
        return;
    }
    let room = tempfile::tempdir().expect("a temporary directory");
    for place in places(room.path()) {
        for line in lines(&place) {
            let (code, wanted) = plain(&line);
            assert_eq!(run(&unshare, &["--net"], &line, code), wanted, "{line:?}");
        }
    }
}

#[test]
fn without_another_program_and_without_a_file_of_its_own() {
    let Some(strace) = oracle("strace") else { return };
    let room = tempfile::tempdir().expect("a temporary directory");
    let log = strace.home().join("log").display().to_string();
    let calls = "trace=execve,fork,vfork,open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,symlink,link,linkat";
    for place in places(room.path()) {
        for line in lines(&place) {
            let (code, wanted) = plain(&line);
            let got = run(&strace, &["-f", "-e", calls, "-o", &log], &line, code);
            assert_eq!(got, wanted, "{line:?}");
            let calls = fs::read_to_string(&log).expect("the log");
            assert_eq!(calls.matches("execve(").count(), 1, "{line:?}\n{calls}");
            assert!(calls.matches("open").count() > 3, "{line:?}\n{calls}");
            let writes = |call: &&str| {
                ["fork(", "O_WRONLY", "O_RDWR", "O_CREAT", "mkdir", "rename", "unlink", "link("]
                    .iter()
                    .any(|part| call.contains(part))
                    && !call.contains("\"/dev/null\"")
                    && !call.contains("readlink(")
            };
            let written: Vec<&str> = calls.lines().filter(writes).collect();
            assert!(written.is_empty(), "{line:?}: {written:#?}");
        }
    }
}

/// A user without any rights, on images that nobody may write, and with a folder for temporary files that takes none.
#[test]
fn without_rights() {
    let Some(setpriv) = oracle("setpriv") else { return };
    if !crate::support::oracle::is_root() {
        return;
    }
    let room = tempfile::tempdir().expect("a temporary directory");
    let places = places(room.path());
    let locked = room.path().join("locked");
    fs::create_dir(&locked).expect("a folder");
    assert!(Command::new("chmod").args(["-R", "a-w"]).arg(room.path()).status().expect("chmod").success());
    let without = ["--bounding-set=-all", "--inh-caps=-all"];
    let folder = locked.display().to_string();
    let file = format!("{folder}/x");
    let touch = [&without[..], &["touch", &file]].concat();
    setpriv.try_run(&touch).code(1);
    for place in &places {
        for line in lines(place) {
            let (code, wanted) = plain(&line);
            let line = if line[0] == "export" { line } else { [&line[..], &["--scratch", &folder]].concat() };
            assert_eq!(run(&setpriv, &without, &line, code), wanted, "{line:?}");
        }
    }
    assert!(Command::new("chmod").args(["-R", "u+w"]).arg(room.path()).status().expect("chmod").success());
}
