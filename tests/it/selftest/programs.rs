//! Running programs: isolation, output, input, exit codes, memory.

use std::env;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::command::{Program, stevedore};
use crate::support::finally::Finally;
use crate::support::oracle::{corpus, oracle};
use crate::support::skips;

#[test]
fn the_binary_runs() {
    stevedore(&["--version"]).ok();
}

#[test]
fn a_program_sees_only_what_it_is_given() {
    let program = Program::new("env", &[]).env("EXTRA", "1");
    let home = program.home().display().to_string();
    let run = program.run().ok();
    let mut names: Vec<_> = run.text().lines().filter_map(|line| line.split('=').next()).collect();
    names.sort_unstable();
    assert_eq!(names, ["EXTRA", "HOME", "PATH", "TMPDIR"]);
    assert!(run.text().lines().any(|line| line == format!("HOME={home}")));
}

#[test]
fn input_output_and_exit_code_come_through() {
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let script = "cat; pwd; echo problem >&2; exit 3";
    let run = Program::new("sh", &["-c", script]).stdin(b"{}\n").current_dir(dir.path()).run().code(3);
    let pwd = fs::canonicalize(dir.path()).expect("the directory exists");
    assert_eq!(run.text(), format!("{{}}\n{}", pwd.display()));
    assert_eq!(run.stderr, "problem\n");
    assert_eq!(Program::new("echo", &[r#"{"a":1}"#]).run().ok().json()["a"], 1);
    assert_eq!(Program::new("sh", &["-c", "kill -9 $$"]).run().code, 137);
}

#[test]
#[should_panic(expected = "exit code of: sh -c exit 4")]
fn a_wrong_exit_code_fails_the_test() {
    Program::new("sh", &["-c", "exit 4"]).run().ok();
}

#[test]
fn a_running_program_can_be_killed() {
    let mut running = Program::new("sleep", &["600"]).spawn();
    assert!(!running.has_ended());
    assert_eq!(running.kill(), 137);
}

#[test]
fn memory_is_measured() {
    let hold = |bytes: &str| {
        let script = format!("head -c {bytes} /dev/zero | tail -c {bytes} >/dev/null; exit 5");
        Program::new("sh", &["-c", &script]).peak_rss()
    };
    let (_, little) = hold("1000");
    let (run, much) = hold("67108864");
    run.code(5);
    assert!(little < 16 << 20, "{little}");
    assert!((64 << 20..96 << 20).contains(&much), "{much}");
}

#[test]
fn a_tool_has_a_home_of_its_own() {
    for name in ["skopeo", "skopeo-new", "crane", "oras", "umoci"] {
        let Some(tool) = oracle(name) else { continue };
        let flag = if name == "crane" || name == "oras" { "version" } else { "--version" };
        tool.run(&[flag]);
        tool.log_in("registry.example", "user", "pass");
        let text = fs::read_to_string(tool.home().join("auth.json")).expect("log_in wrote it");
        assert_eq!(text, r#"{"auths":{"registry.example":{"auth":"dXNlcjpwYXNz"}}}"#);
    }
    let Some(jq) = oracle("jq") else { return };
    assert_eq!(jq.run(&["-n", "1 + 1"]).text(), "2");
    assert_eq!(jq.try_run(&["-n", "nonsense"]).code, 3);
}

#[test]
fn a_missing_tool_is_a_visible_skip_or_a_failure() {
    const NAME: &str = "selftest::programs::a_missing_tool_is_a_visible_skip_or_a_failure";
    const PROBE: &str = "STEVEDORE_PROBE";
    if env::var_os(PROBE).is_some() {
        if let Some(tool) = oracle("no-such-tool") {
            assert_eq!(tool.run(&["it"]).text(), "found it");
        }
        return;
    }
    let test = env::current_exe().expect("a test knows its program").display().to_string();
    let probe = |ci: &str, dirs: &str| {
        let program = Program::new(&test, &["--exact", NAME]).env(PROBE, "1");
        program.env("CI", ci).env("STEVEDORE_ORACLES", dirs).run()
    };
    let skipped = probe("", "").ok();
    assert!(skipped.stderr.contains("SKIP: no-such-tool is not installed ("), "{}", skipped.stderr);
    let failed = probe("true", "").code(101);
    let said = String::from_utf8_lossy(&failed.stdout) + failed.stderr.as_str();
    assert!(said.contains("no-such-tool is not installed, and CI=true"), "{said}");
    let dir = tempfile::tempdir().expect("making a temporary directory");
    let path = dir.path().join("no-such-tool");
    fs::write(&path, "#!/bin/sh\necho found $1\n").expect("writing a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("making it executable");
    let found = probe("true", &format!("/nowhere:{}", dir.path().display())).ok();
    assert!(!found.stderr.contains("SKIP"), "{}", found.stderr);
}

#[test]
fn skips_are_counted_once_for_each_test_and_reason() {
    assert_eq!(skips::summary(""), "no test was skipped");
    let notes = "crane is not installed\ta::one\ncrane is not installed\ta::one\nno corpus\ta::one\n";
    assert_eq!(skips::summary(notes), "1 test was skipped, wholly or in part: not installed: crane (1); no corpus (1)");
    let more = "no corpus\tb\noras is not installed\tc\ncrane is not installed\td\nno root\tb\n";
    assert_eq!(
        skips::summary(&format!("{notes}{more}")),
        "4 tests were skipped, wholly or in part: not installed: crane (2), oras (1); no corpus (2); no root (1)"
    );
    // Cut short, as by a full disk, it counts the rest.
    assert_eq!(skips::summary("no tab"), "no test was skipped");
}

#[test]
fn a_run_counts_its_own_skips_only() {
    const NAME: &str = "selftest::programs::a_run_counts_its_own_skips_only";
    const PROBE: &str = "STEVEDORE_PROBE";
    match env::var(PROBE).as_deref() {
        Ok("note") => return skips::note("a reason"),
        Ok("take") => return writeln!(std::io::stderr(), "{}", skips::take()).expect("standard error is open"),
        _ => {}
    }
    let test = env::current_exe().expect("a test knows its program").display().to_string();
    // A shell is the run. The first leaves its notes behind, as `cargo test --test it` does.
    let run = |script: &str| {
        let script =
            script.replace("NOTE", "STEVEDORE_PROBE=note \"$@\"").replace("TAKE", "STEVEDORE_PROBE=take \"$@\"");
        Program::new("sh", &["-c", &script, "sh", &test, "--exact", NAME, "--nocapture"]).run().ok().stderr
    };
    assert!(!run("NOTE; true").contains("skipped"));
    assert!(run("NOTE; NOTE; TAKE; true").contains("1 test was skipped, wholly or in part: a reason (1)\n"));
    assert!(run("NOTE; TAKE; TAKE; true").ends_with("no test was skipped\n"));
    assert!(run("TAKE; true").contains("no test was skipped\n"));
}

#[test]
fn a_panic_in_a_scope_ends_the_threads_that_run_until_stopped() {
    let done = AtomicBool::new(false);
    let run = || {
        thread::scope(|scope| {
            let _end = Finally(|| done.store(true, Ordering::SeqCst));
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    thread::yield_now();
                }
            });
            panic!("as a failed assertion");
        });
    };
    catch_unwind(AssertUnwindSafe(run)).expect_err("it panics, and returns");
}

#[test]
fn the_corpus_has_images() {
    let Some(corpus) = corpus() else { return };
    assert!(corpus.join("images").is_dir(), "{}", corpus.display());
}
