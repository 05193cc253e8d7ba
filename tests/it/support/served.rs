//! The registry under test, on a free port of 127.0.0.1.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, kill_process};

use super::http::Client;
use super::oracle::search_path;

/// A running `stevedore serve`, killed when dropped.
pub(crate) struct Served {
    child: Child,
    address: String,
    started: serde_json::Value,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    _stdout: BufReader<ChildStdout>,
}

impl Served {
    /// Starts it with these arguments, and waits until it listens.
    #[track_caller]
    pub(crate) fn start(arguments: &[&str]) -> Served {
        Served::start_by(Command::new(env!("CARGO_BIN_EXE_stevedore")), arguments)
    }

    /// Starts it by a program that becomes the server, as `strace -D` or `unshare` do, with the server's path as its last argument.
    #[track_caller]
    pub(crate) fn start_under(mut command: Command, arguments: &[&str]) -> Served {
        command.arg(env!("CARGO_BIN_EXE_stevedore"));
        Served::start_by(command, arguments)
    }

    #[track_caller]
    fn start_by(mut command: Command, arguments: &[&str]) -> Served {
        command.args(["serve", "--json", "--addr", "127.0.0.1:0"]).args(arguments);
        command.env_clear().env("PATH", search_path()).stdin(Stdio::null());
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starting stevedore serve");
        let mut stderr = child.stderr.take().expect("stderr is a pipe");
        let log = Arc::new(Mutex::new(String::new()));
        let sink = Arc::clone(&log);
        let reader = thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = stderr.read(&mut bytes) {
                sink.lock().expect("a lock").push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("reading from a pipe");
        let started: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            // It has ended; what it said is in the log.
            let _ = child.wait();
            panic!("stevedore serve {arguments:?} did not start: {}", log.lock().expect("a lock"))
        });
        let address = started["address"].as_str().expect("an address").to_owned();
        Served { child, address, started, log, reader: Some(reader), _stdout: stdout }
    }

    /// Returns its `HOST:PORT`.
    pub(crate) fn host(&self) -> String {
        self.address.clone()
    }

    /// Returns a client for it.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.address)
    }

    /// Returns what it said when it started.
    pub(crate) fn started(&self) -> &serde_json::Value {
        &self.started
    }

    /// Returns the process's number.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("a child that was not waited for takes signals");
    }

    /// Waits for its end; returns the exit code and all that it wrote to standard error.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().expect("waiting for a child").code();
        self.reader.take().expect("it is taken here only").join().expect("the reader ends with its pipe");
        let log = self.log.lock().expect("a lock").clone();
        (code, log)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
