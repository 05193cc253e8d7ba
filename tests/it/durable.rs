//! Files that commands write survive a crash: each is synced, renamed to its name, and its folder synced, in this order.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::support::command::Program;
use crate::support::fixture;
use crate::support::oracle::oracle;
use crate::support::scene::Folder;

/// Returns the path in the first `<>` of a call, which strace puts after a descriptor.
fn descriptor(call: &str) -> Option<&str> {
    call.split_once('<')?.1.split_once('>').map(|(path, _)| path)
}

/// Returns the calls that succeeded, in the order in which they ended: strace tears them apart where threads call at the same time.
fn calls(trace: &str) -> Vec<String> {
    let mut begun: HashMap<&str, &str> = HashMap::new();
    let mut calls = Vec::new();
    for line in trace.lines() {
        let (thread, call) = line.split_once(' ').expect("the number of a thread");
        if let Some(start) = call.strip_suffix(" <unfinished ...>") {
            begun.insert(thread, start);
        } else if call.ends_with(" = 0") {
            let end = call.split_once(" resumed>").map(|(_, end)| format!("{}{end}", begun[thread]));
            calls.push(end.unwrap_or_else(|| call.to_owned()));
        }
    }
    calls
}

/// Says how the trace breaks the order of a durable write of `path`.
fn fault(trace: &str, path: &Path) -> Option<&'static str> {
    let target = format!("\"{}\"", path.display());
    let calls = calls(trace);
    let is_rename = |call: &String| (call.contains("rename") || call.contains("link")) && call.contains(&target);
    let Some(at) = calls.iter().rposition(is_rename) else { return Some("it is not renamed to its name") };
    let old = calls[at].split('"').nth(1).expect("the old name");
    let is_synced = |calls: &[String], path: &str| {
        calls.iter().any(|call| call.contains("fsync(") && descriptor(call) == Some(path))
    };
    // A link has no content.
    if !path.is_symlink() && !is_synced(&calls[..at], old) {
        return Some("its content is not synced before it has its name");
    }
    let folder = path.parent().expect("a folder").display().to_string();
    (!is_synced(&calls[at..], &folder)).then_some("its folder is not synced afterwards")
}

#[test]
fn every_file_is_synced_renamed_and_its_folder_synced() {
    let Some(_) = oracle("strace") else { return };
    let folder = Folder::new();
    let from = fixture::single(&folder.path("from")).reference();
    fs::write(folder.path("auth.json"), r#"{"auths":{"r.example":{"auth":"YTpi"}}}"#).expect("written");
    let (keys, auth, tar, digest, sbom) =
        (folder.text("k"), folder.text("auth.json"), folder.text("tar"), folder.text("digest"), folder.text("sbom"));
    let (tree, configuration) = (folder.text("tree"), folder.text("caddy"));
    let table: &[(&[&str], &[&str])] = &[
        (&["keygen", "--output-key-prefix", &keys], &["k.key", "k.pub"]),
        (&["keygen", "--force", "--output-key-prefix", &keys], &["k.key", "k.pub"]),
        (&["logout", "--authfile", &auth, "r.example"], &["auth.json"]),
        (&["export", &from, "-o", &tar], &["tar"]),
        (&["sbom", &from, "-o", &sbom], &["sbom"]),
        (&["copy", "--digestfile", &digest, &from, &folder.at("oci", "l", ":1")], &["digest", "l/index.json"]),
        (&["copy", &from, &folder.at("oci-archive", "a.tar", ":1")], &["a.tar"]),
        (&["copy", &from, &folder.at("docker-archive", "d.tar", ":a:1")], &["d.tar"]),
        (&["copy", &from, &folder.at("dir", "d", "")], &["d/manifest.json"]),
        (&["copy", &from, &format!("static:{tree}:a:1")], &["tree/m/a/1", "tree/v2/a/tags/list"]),
        (&["deploy", &from, &tree, "--name", "b:1", "--server", "caddy", "--config", &configuration], &["caddy"]),
    ];
    for (arguments, written) in table {
        let log = folder.text("trace");
        let calls = "trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat";
        let mut all = vec!["-f", "-y", "-qq", "-s", "4096", "-o", &log, "-e", calls, env!("CARGO_BIN_EXE_stevedore")];
        all.extend(*arguments);
        let program = Program::new("strace", &all).env("COSIGN_PASSWORD", "");
        program.run().ok();
        let trace = fs::read_to_string(&log).expect("a trace");
        for name in *written {
            assert_eq!(fault(&trace, &folder.path(name)), None, "{arguments:?}: {name}\n{trace}");
        }
    }
}

/// The name of the temporary file says nothing to anybody.
#[test]
fn a_failure_names_the_file_that_was_meant() {
    let folder = Folder::new();
    let missing = folder.text("missing/k");
    let program = Program::stevedore(&["keygen", "--output-key-prefix", &missing]).env("COSIGN_PASSWORD", "secret");
    let failed = program.run().code(1);
    let wanted = format!("stevedore: cannot write {missing}.key: No such file or directory (os error 2)\n");
    assert_eq!(failed.stderr, wanted);
}
