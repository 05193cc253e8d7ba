//! The most memory that a program holds at once, as the kernel counts it, without a tool for that.
//!
//! The test binary is started again as the program's parent: the kernel's figure for a child begins with what its parent held when
//! it started the child, which is a few MiB in a fresh process and anything in the one that runs all tests.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use nix::sys::resource::{UsageWho, getrusage};

use super::command::{Run, exit_code, run};

/// The variable that holds the file to write to and the command line, as JSON, in the parent.
const ROLE: &str = "STEVEDORE_MEASURED";

/// Runs a command to its end; returns how it ended and the most bytes that it held, or 10 MiB where it held less than that.
///
/// `report` is a file for the figure.
#[track_caller]
pub(crate) fn measure(command: &Command, stdin: &[u8], report: &Path) -> (Run, u64) {
    let words: Vec<&str> = [report.as_os_str(), command.get_program()]
        .into_iter()
        .chain(command.get_args())
        .map(|word| word.to_str().expect("a command line of text"))
        .collect();
    // The test harness writes to its own standard output, which must not be the program's.
    let script = "exec \"$0\" --exact support::memory::is_the_parent --nocapture 3>&1 4>&2 >/dev/null 2>&1";
    let mut parent = Command::new("sh");
    parent.args(["-c", script]).arg(env::current_exe().expect("a test knows its program"));
    parent.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    parent.env(ROLE, serde_json::to_string(&words).expect("JSON"));
    if let Some(dir) = command.get_current_dir() {
        parent.current_dir(dir);
    }
    let mut run = run(parent, stdin);
    assert_eq!(run.code, 0, "measuring {words:?}: {}", run.stderr);
    let text = fs::read_to_string(report).unwrap_or_else(|error| panic!("{}: {error}", report.display()));
    let (code, kibibytes) = text.split_once(' ').expect("two numbers");
    run.code = code.parse().expect("a number");
    let kibibytes: u64 = kibibytes.parse().expect("a number");
    (run, kibibytes * 1024)
}

#[test]
fn is_the_parent() {
    let Ok(role) = env::var(ROLE) else { return };
    let words: Vec<String> = serde_json::from_str(&role).expect("a list");
    let [report, command @ ..] = &words[..] else { panic!("{words:?} has no file") };
    let mut child = Command::new("sh");
    child.args(["-c", "exec \"$0\" \"$@\" >&3 2>&4 3>&- 4>&-"]).args(command).env_remove(ROLE);
    let status = child.status().expect("running sh");
    let most = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel counts").max_rss();
    fs::write(report, format!("{} {most}", exit_code(status))).expect("writing the report");
}
