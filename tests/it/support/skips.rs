//! What one run of the tests skipped. Each test binary notes it; `tests/skipped.rs`, which Cargo runs after them, counts it.
//!
//! A run is the process that starts the test binaries, which is `cargo test`. Its number and the moment it began name the file of
//! notes, so that runs at the same time are kept apart and nothing of an earlier run is counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};

const PREFIX: &str = "skipped-";
const NOT_INSTALLED: &str = " is not installed";

/// Says that the running test is skipped, wholly or in part, and notes it for the count.
pub(crate) fn note(why: &str) {
    let test = std::thread::current().name().unwrap_or("a thread of a test").to_owned();
    // Not by a macro: what those print is shown only when the test fails.
    writeln!(std::io::stderr(), "SKIP: {why} ({test})").expect("standard error is open");
    let line = format!("{}\t{test}\n", why.replace(['\t', '\n'], " "));
    let path = file_of_this_run();
    let file = OpenOptions::new().append(true).create(true).open(&path);
    // One write, which does not mix with those of other threads and binaries.
    let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
    written.unwrap_or_else(|error| panic!("noting a skip in {}: {error}", path.display()));
}

/// Counts what was noted in this run, and removes the notes of this run and of those that have ended.
pub(crate) fn take() -> String {
    let path = file_of_this_run();
    // There is no file when nothing was skipped.
    let notes = fs::read_to_string(&path).unwrap_or_default();
    let folder = path.parent().expect("a file is in a folder");
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(run) = name.strip_prefix(PREFIX) else { continue };
        let number = run.split('-').next().and_then(|number| number.parse().ok());
        if entry.path() == path || number.is_some_and(|number| name != name_of(number)) {
            // Another run may have removed it first.
            let _ = fs::remove_file(entry.path());
        }
    }
    summary(&notes)
}

/// Returns the sentence for notes of the form `why TAB test`.
pub(crate) fn summary(notes: &str) -> String {
    let notes: BTreeSet<(&str, &str)> = notes.lines().filter_map(|line| line.split_once('\t')).collect();
    let tests: BTreeSet<&str> = notes.iter().map(|(_, test)| *test).collect();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for (why, _) in &notes {
        *reasons.entry(why).or_default() += 1;
    }
    let mut reasons: Vec<(&str, usize)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let (tools, others): (Vec<_>, Vec<_>) = reasons.iter().partition(|(why, _)| why.ends_with(NOT_INSTALLED));
    let tools: Vec<String> =
        tools.iter().map(|(why, count)| format!("{} ({count})", why.trim_end_matches(NOT_INSTALLED))).collect();
    let mut parts: Vec<String> = Vec::new();
    if !tools.is_empty() {
        parts.push(format!("not installed: {}", tools.join(", ")));
    }
    parts.extend(others.iter().map(|(why, count)| format!("{why} ({count})")));
    match tests.len() {
        0 => "no test was skipped".into(),
        1 => format!("1 test was skipped, wholly or in part: {}", parts.join("; ")),
        count => format!("{count} tests were skipped, wholly or in part: {}", parts.join("; ")),
    }
}

fn file_of_this_run() -> PathBuf {
    target_folder().join(name_of(parent_id()))
}

/// Returns the name of the notes of the run that has this process.
fn name_of(process: u32) -> String {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // proc_pid_stat(5): the name in parentheses may hold anything; the moment of the start is the 20th field after it.
    let began = stat.rsplit(')').next().and_then(|fields| fields.split_whitespace().nth(19)).unwrap_or("0");
    format!("{PREFIX}{process}-{began}")
}

/// Returns Cargo's target folder, which every binary of a run is below and no other checkout shares.
fn target_folder() -> PathBuf {
    let program = std::env::current_exe().expect("a test knows its program");
    let marked = |folder: &&Path| folder.join("CACHEDIR.TAG").is_file();
    program.ancestors().skip(1).find(marked).or(program.parent()).expect("a program is in a folder").to_owned()
}
