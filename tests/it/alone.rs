//! `build`, `mutate` and `export` do all by themselves: no other program, and no network where none is asked for.

use std::fs;

use crate::support::command::Program;
use crate::support::fixture;
use crate::support::oracle::oracle;
use crate::support::scene::Folder;
use crate::support::tarball::Tarball;

#[test]
fn no_program_is_started_and_no_network_needed() {
    let Some(_) = oracle("strace") else { return };
    let folder = Folder::new();
    let image = fixture::app(&folder.path("l"));
    fs::create_dir(folder.path("root")).expect("makes");
    fs::write(folder.path("root/a"), "a").expect("writes");
    fs::write(folder.path("layer.tar"), Tarball::new().file("b", "b").end()).expect("writes");
    let (from, root, tar) = (image.reference(), folder.text("root"), folder.text("layer.tar"));
    let table: &[&[&str]] = &[
        &["build", "--dir", &root, "--layer", &tar, "-o", &folder.at("oci", "b", ":1")],
        &[
            "build",
            "--from",
            &from,
            "--add",
            &format!("{root}:/r"),
            "-o",
            &folder.at("docker-archive", "b.tar", ":a:1"),
        ],
        &["mutate", &from, "--flatten", "--to", &folder.at("oci", "f", ":1")],
        &["mutate", &from, "--append", &tar, "--label", "a=b", "--to", &folder.at("oci-archive", "m.tar", ":1")],
        &["export", &from, "--platform", "linux/amd64", "-o", &folder.text("out.tar")],
        &["export", &from, "--platform", "linux/amd64", "-o", &folder.text("out/")],
    ];
    for arguments in table {
        let log = folder.text("trace");
        let mut all = vec!["-f", "-qq", "-o", &log, "-e", "trace=execve,execveat,fork,vfork,connect"];
        // Without rights there is a network, and nothing must ask for it.
        let apart = ["unshare", "-rn"];
        if Program::new("unshare", &["-rn", "true"]).run().code == 0 {
            all.extend(apart);
        }
        all.push(env!("CARGO_BIN_EXE_stevedore"));
        all.extend(*arguments);
        Program::new("strace", &all).run().ok();
        let trace = fs::read_to_string(&log).expect("a trace");
        // Not by a part of the name: the checkout's own folder may have it, and then `unshare` has it among its arguments.
        let call = format!("execve(\"{}\", ", env!("CARGO_BIN_EXE_stevedore"));
        let binary = |line: &&str| line.contains(&call);
        assert_eq!(trace.lines().filter(binary).count(), 1, "{arguments:?}: {trace}");
        let others = trace.lines().skip_while(|line| !binary(line)).skip(1);
        let others: Vec<&str> =
            others.filter(|line| line.contains("exec") || line.contains("fork") || line.contains("AF_INET")).collect();
        assert!(others.is_empty(), "{arguments:?}: {others:#?}");
    }
}
