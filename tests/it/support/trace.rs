//! A server under strace, and what strace wrote about it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::oracle::Tool;
use super::served::Served;

/// Starts the server under strace, which writes the calls that `options` choose to a file.
#[track_caller]
pub(crate) fn start(strace: &Tool, options: &[&str], trace: &Path, arguments: &[&str]) -> Served {
    // The server stays the child that is waited for and killed; strace looks on.
    let mut command: Command = strace.command(&["-D", "-f"]);
    command.args(options).arg("-o").arg(trace);
    Served::start_under(command, arguments)
}

/// Ends the server and returns what strace wrote to the end.
#[track_caller]
pub(crate) fn finish(served: Served, trace: &Path) -> String {
    let process = served.process().to_string();
    served.signal(Signal::TERM);
    assert_eq!(served.wait().0, Some(0));
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let text = fs::read_to_string(trace).expect("strace writes it, and escapes what is no text");
        // Numbers are padded.
        let ends = |line: &str| {
            line.split_once(' ').is_some_and(|(of, rest)| of == process && rest.trim().starts_with("+++ exited"))
        };
        if text.lines().rev().take(5).any(ends) {
            return text;
        }
        assert!(Instant::now() < deadline, "strace does not end: {:?}", text.lines().last());
        thread::yield_now();
    }
}
