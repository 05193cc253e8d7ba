//! Runs the binary under test, and other programs, away from the settings and credentials of the machine.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use tempfile::TempDir;

use super::memory;
use super::oracle::search_path;
use super::secrets::Secrets;

/// Runs the binary with these arguments.
#[track_caller]
pub(crate) fn stevedore(arguments: &[&str]) -> Run {
    Program::stevedore(arguments).run()
}

/// How a program ended.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// The exit code, or 128 and the signal that killed it.
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    /// The command line, for messages.
    line: String,
}

impl Run {
    /// Asserts exit code 0.
    #[track_caller]
    pub(crate) fn ok(self) -> Run {
        self.code(0)
    }

    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Run {
        assert_eq!(
            self.code,
            code,
            "exit code of: {}\n--- stdout\n{}\n--- stderr\n{}",
            self.line,
            String::from_utf8_lossy(&self.stdout),
            self.stderr
        );
        self
    }

    /// Returns stdout as text, without the last line end.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        let text = std::str::from_utf8(&self.stdout).unwrap_or_else(|error| panic!("stdout of {}: {error}", self.line));
        text.strip_suffix('\n').unwrap_or(text)
    }

    /// Returns stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("stdout of {}: {error}", self.line))
    }
}

/// A program about to be run, with an empty home and no other environment than PATH, HOME and TMPDIR. The binary under test writes every
/// request to a trace as well, and no secret may be in there.
pub(crate) struct Program {
    command: Command,
    stdin: Vec<u8>,
    home: TempDir,
    trace: Option<TempDir>,
}

impl Program {
    pub(crate) fn stevedore(arguments: &[&str]) -> Program {
        let mut program = Program::new(env!("CARGO_BIN_EXE_stevedore"), arguments);
        let trace = TempDir::new().expect("making a temporary directory");
        program.command.env("STEVEDORE_TRACE", trace.path().join("trace"));
        program.trace = Some(trace);
        program
    }

    pub(crate) fn new(program: &str, arguments: &[&str]) -> Program {
        let home = TempDir::new().expect("making a temporary directory");
        let mut command = Command::new(program);
        command.args(arguments);
        isolate(&mut command, home.path());
        Program { command, stdin: Vec::new(), home, trace: None }
    }

    /// Returns the home directory, to put settings into.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Adds arguments.
    pub(crate) fn arguments(mut self, more: &[&str]) -> Program {
        self.command.args(more);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Program {
        self.command.env(name, value);
        self
    }

    pub(crate) fn stdin(mut self, bytes: &[u8]) -> Program {
        self.stdin = bytes.to_vec();
        self
    }

    pub(crate) fn current_dir(mut self, dir: &Path) -> Program {
        self.command.current_dir(dir);
        self
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(self) -> Run {
        let Some(trace) = &self.trace else {
            return run(self.command, &self.stdin);
        };
        let secrets = Secrets::of(&self.command, &self.stdin, self.home.path());
        let is_verbose =
            self.command.get_args().any(|each| ["-v", "-vv", "--verbose"].iter().any(|flag| each == *flag));
        let run = run(self.command, &self.stdin);
        let mut shown = std::fs::read_to_string(trace.path().join("trace")).unwrap_or_default();
        if is_verbose {
            shown.push_str(&run.stderr);
        }
        secrets.assert_hidden(&shown, &run.line);
        run
    }

    /// Starts it with all output thrown away, for tests that kill it.
    #[track_caller]
    pub(crate) fn spawn(mut self) -> Running {
        let line = describe(&self.command);
        self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = self.command.spawn().unwrap_or_else(|error| panic!("starting {line}: {error}"));
        Running { child, _home: self.home, _trace: self.trace }
    }

    /// Runs it to its end and measures the most memory it held at once, in bytes: see `memory`.
    #[track_caller]
    pub(crate) fn peak_rss(self) -> (Run, u64) {
        let (run, peak) = memory::measure(&self.command, &self.stdin, &self.home.path().join("peak-rss"));
        (Run { line: describe(&self.command), ..run }, peak)
    }
}

fn isolate(command: &mut Command, home: &Path) {
    command.env_clear().env("PATH", search_path()).env("HOME", home).env("TMPDIR", home).current_dir(home);
}

/// A running program, killed when dropped.
pub(crate) struct Running {
    child: Child,
    /// Lives as long as the program.
    _home: TempDir,
    _trace: Option<TempDir>,
}

impl Running {
    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("asking for the state of a child").is_some()
    }

    /// Kills it as a power cut would, and waits for its end; returns the exit code as in `Run`.
    pub(crate) fn kill(mut self) -> i32 {
        self.child.kill().expect("killing a child");
        exit_code(self.child.wait().expect("waiting for a child"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command to its end with `stdin`, collecting both outputs.
#[track_caller]
pub(crate) fn run(mut command: Command, stdin: &[u8]) -> Run {
    let line = describe(&command);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("starting {line}: {error}"));
    let mut input = child.stdin.take().expect("stdin is a pipe");
    let output = thread::scope(|scope| {
        scope.spawn(move || {
            // A program need not read its input; what it does then is for the test to judge.
            let _ = input.write_all(stdin);
        });
        child.wait_with_output().unwrap_or_else(|error| panic!("waiting for {line}: {error}"))
    });
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    Run { code: exit_code(output.status), stdout: output.stdout, stderr, line }
}

/// Returns the exit code, or 128 and the signal that killed it.
pub(crate) fn exit_code(status: std::process::ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().expect("a process ends by exit or by a signal"))
}

fn describe(command: &Command) -> String {
    let name = PathBuf::from(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    std::iter::once(name.into()).chain(arguments).collect::<Vec<_>>().join(" ")
}
