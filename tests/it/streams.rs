//! What flows through pipes: archives, lists that nobody reads to their end, and what a terminal is shown.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use crate::support::command::{Program, stevedore};
use crate::support::fixture;
use crate::support::layout::sha256;
use crate::support::oracle::oracle;
use crate::support::pages::{Link, paged_tags};
use crate::support::scene::{Folder, Scene, copy};
use crate::support::skips;

/// An archive goes to standard output and nothing with it: tar lists it, and what was piped is the file that would have been written.
#[test]
fn an_archive_on_standard_output_is_whole() {
    let Some((scene, image)) = Scene::with("app", fixture::single) else {
        return;
    };
    for transport in ["docker-archive", "oci-archive"] {
        let reference = scene.docker("app:v1");
        let run = stevedore(&["copy", &reference, &format!("{transport}:-:ex.com/a:1")]).ok();
        let listed = Program::new("tar", &["t"]).stdin(&run.stdout).run().ok();
        for name in ["oci-layout", "index.json"] {
            assert!(listed.text().lines().any(|line| line == name), "{}", listed.text());
        }
        assert_eq!(transport == "docker-archive", listed.text().lines().any(|line| line == "manifest.json"));
        assert!(run.stderr.contains(&image.digest), "the digest goes to stderr instead: {}", run.stderr);
        let to = scene.folder.at(transport, "file.tar", ":ex.com/a:1");
        copy(&[], &reference, &to);
        let file = std::fs::read(scene.folder.path("file.tar")).expect("the archive");
        assert!(file == run.stdout, "{transport}: {} and {} bytes", file.len(), run.stdout.len());
        std::fs::remove_file(scene.folder.path("file.tar")).expect("it is there");
        // And back by standard input.
        let back = scene.folder.at("oci", "back", ":v1");
        let source = format!("{transport}:-:ex.com/a:1");
        let run = Program::stevedore(&["copy", &source, &back]).stdin(&run.stdout).run().ok();
        assert_eq!(run.text(), image.digest);
    }
}

/// Standard output that is full is a failure, and not an archive that is short.
#[test]
fn a_full_standard_output_fails() {
    let folder = Folder::new();
    let image = fixture::single(&folder.path("app"));
    for arguments in
        [format!("copy {} docker-archive:-", image.reference()), format!("inspect --raw {}", image.reference())]
    {
        let script = format!("exec {} {arguments} >/dev/full", env!("CARGO_BIN_EXE_stevedore"));
        let run = Program::new("bash", &["-c", &script]).run().code(1);
        assert!(run.stderr.contains("No space left on device"), "{}", run.stderr);
    }
}

/// Who reads one of many tags and leaves is told so by nobody: no message, no failure.
#[test]
fn one_line_of_a_long_list_is_enough() {
    let server = paged_tags(2500, 100, Link::Relative);
    let mut child = Command::new(env!("CARGO_BIN_EXE_stevedore"))
        .args(["tags", &format!("docker://{}/many", server.host())])
        .env("HOME", "/nonexistent")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starting the program");
    let mut first = String::new();
    BufReader::with_capacity(1, child.stdout.take().expect("a pipe")).read_line(&mut first).expect("a line");
    assert_eq!(first, "v00000\n");
    let mut stderr = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut stderr).expect("text");
    assert_eq!((child.wait().expect("an end").code(), stderr.as_str()), (Some(0), ""));
}

/// Standard output has one line, the digest; standard error in a file has no escapes, and nothing at all with `-q`.
#[test]
fn outputs_are_fit_for_files() {
    let Some((scene, image)) = Scene::with("app", fixture::app) else {
        return;
    };
    let (from, to) = (scene.docker("app:v1"), scene.folder.at("oci", "o", ":v1"));
    let run = stevedore(&["copy", "--all", &from, &to]).ok();
    assert_eq!(String::from_utf8_lossy(&run.stdout), format!("{}\n", image.digest));
    assert!(!run.stderr.contains('\x1b') && !run.stderr.contains('\r'), "{:?}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    for arguments in [
        &["copy", "-q", "--all", &from, &scene.folder.at("oci", "o", ":v2")][..],
        &["copy", "-q", "--platform=linux/amd64", &from, &scene.folder.at("dir", "d", "")],
        &["-q", "inspect", &from],
        &["-q", "tags", &scene.docker("app")],
        &["-q", "delete", &scene.folder.at("oci", "o", ":v2")],
    ] {
        assert_eq!(stevedore(arguments).ok().stderr, "", "{arguments:?}");
    }
}

/// On a terminal there are bars; none on a dumb one, and colors on none that does without.
#[test]
fn terminals_get_what_they_understand() {
    let Some(script) = oracle("script") else { return };
    if script.try_run(&["-qec", "true", "/dev/null"]).code != 0 {
        return skips::note("no terminal can be opened");
    }
    let folder = Folder::new();
    let image = fixture::big(&folder.path("big"), 2, 400_000);
    let seen = |number: usize, flags: &str, variables: &[(&str, &str)]| {
        let to = folder.at("oci", &format!("o{number}"), ":v1");
        let line = format!("{} copy {flags} {} {to}", env!("CARGO_BIN_EXE_stevedore"), image.reference());
        let mut command = script.command(&["-qec", &line, "/dev/null"]);
        command.envs(variables.iter().copied());
        let run = crate::support::command::run(command, &[]).ok();
        String::from_utf8_lossy(&run.stdout).into_owned()
    };
    let drawn = seen(0, "", &[("TERM", "xterm")]);
    assert!(drawn.contains("\x1b["), "bars move the cursor: {drawn:?}");
    assert!(drawn.contains(&image.digest), "{drawn:?}");
    for (number, flags, variables) in [
        (1, "", &[("TERM", "dumb")][..]),
        (2, "--progress=plain", &[("TERM", "xterm")]),
        (3, "--progress=none", &[("TERM", "xterm")]),
    ] {
        let plain = seen(number, flags, variables);
        assert!(!plain.contains('\x1b'), "{flags} {variables:?}: {plain:?}");
    }
    let uncolored = seen(4, "", &[("TERM", "xterm"), ("NO_COLOR", "1")]);
    for color in uncolored
        .split("\x1b[")
        .skip(1)
        .filter_map(|part| part.find(|c: char| c.is_alphabetic()).map(|end| &part[..=end]))
    {
        assert!(!color.ends_with('m') || color == "0m" || color == "m", "a color in {uncolored:?}");
    }
    assert_eq!(sha256(&image.read(&image.digest)), image.digest);
}

/// An error on request is one JSON object: its class, a message, what it is about, and the status of HTTP.
#[test]
fn errors_are_one_object() {
    let Some((scene, _)) = Scene::with("app", fixture::single) else {
        return;
    };
    let missing = scene.docker("nope/app");
    type Row<'a> = (&'a [&'a str], i32, &'a str, Option<&'a str>, Option<u64>);
    let table: &[Row<'_>] = &[
        (&["--json", "tags", &missing], 3, "not_found", Some(&missing), Some(404)),
        (&["--json", "digest", "oci:/nonexistent:v1"], 3, "not_found", Some("oci:/nonexistent:v1"), None),
        (
            &["--json", "digest", "--retry-times=0", "docker://127.0.0.1:1/x:y"],
            5,
            "network",
            Some("docker://127.0.0.1:1/x:y"),
            None,
        ),
        (&["--json", "digest", "docker://App"], 2, "usage", None, None),
        (&["--json"], 2, "usage", None, None),
    ];
    for (arguments, code, class, reference, status) in table {
        let run = stevedore(arguments).code(*code);
        assert_eq!(run.stderr.lines().count(), 1, "{arguments:?}: {}", run.stderr);
        let value: serde_json::Value = serde_json::from_str(&run.stderr).expect("JSON");
        let error = &value["error"];
        assert_eq!(error["class"], *class, "{arguments:?}: {value}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{value}");
        assert_eq!(error["reference"].as_str(), *reference, "{value}");
        assert_eq!(error["status"].as_u64(), *status, "{value}");
    }
}
