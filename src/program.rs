//! Programs that are asked something: credential helpers and external signers. Their output is bounded and so is their time.

use std::io::{self, Read, Write};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::pool;

/// Longest output that is read, in bytes; a token of a cloud is a few KiB.
pub(crate) const MAX_OUTPUT: u64 = 1024 * 1024;
/// Longest part of a program's output in a message, in characters.
const MAX_SHOWN: usize = 200;
/// Between looks at a program that has closed its output and not ended yet.
const POLL: Duration = Duration::from_millis(5);

/// Starts a program without a shell, sends it the input and collects both outputs; nothing when the time is up first. It has ended then, too.
///
/// # Errors
/// When it cannot be started ([`io::ErrorKind::NotFound`] when there is none) or talked to.
pub(crate) fn ask(command: &mut Command, input: &[u8], timeout: Duration) -> io::Result<Option<Output>> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let ended = converse(&mut child, input, Instant::now() + timeout);
    if !matches!(ended, Ok(Some(_))) {
        // It may have ended by itself meanwhile; there is nothing else to do about it then.
        let _ = child.kill();
        let _ = child.wait();
    }
    ended
}

/// Sends the input and collects both outputs; nothing when the time is up first.
///
/// The threads are not joined: a grandchild may hold the pipes open for longer than the time there is.
fn converse(child: &mut Child, input: &[u8], until: Instant) -> io::Result<Option<Output>> {
    let piped = || io::Error::other("a stream of the program is not piped");
    let mut stdin = child.stdin.take().ok_or_else(piped)?;
    let input = input.to_vec();
    // A program may answer without reading: a broken pipe is its choice, and its exit status tells the rest.
    pool::spawn("program's input", move || drop(stdin.write_all(&input)))?;
    let output = collect(child.stdout.take().ok_or_else(piped)?)?;
    let errors = collect(child.stderr.take().ok_or_else(piped)?)?;
    let left = || until.saturating_duration_since(Instant::now());
    let Ok(output) = output.recv_timeout(left()) else { return Ok(None) };
    let Ok(errors) = errors.recv_timeout(left()) else { return Ok(None) };
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(Output { status, stdout: output?, stderr: errors? }));
        }
        if left().is_zero() {
            return Ok(None);
        }
        thread::sleep(POLL);
    }
}

/// Reads a stream to its end, or to the limit, in a thread of its own.
fn collect(stream: impl Read + Send + 'static) -> io::Result<mpsc::Receiver<io::Result<Vec<u8>>>> {
    let (sender, receiver) = mpsc::channel();
    pool::spawn("program's output", move || {
        let mut bytes = Vec::new();
        let result = stream.take(MAX_OUTPUT).read_to_end(&mut bytes).map(|_| bytes);
        // Nobody receives it any more when the time was up.
        drop(sender.send(result));
    })?;
    Ok(receiver)
}

/// Returns what a program said, as one printable line.
pub(crate) fn summary(said: &[&str]) -> String {
    let words = said.iter().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let line = words.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
    let line: String = line.chars().filter(|each| !each.is_control()).take(MAX_SHOWN).collect();
    if line.is_empty() { "it said nothing".into() } else { line }
}
