//! A server in a process of its own, with limits and a size of its own: this test binary, run again.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};
use stevedore::http::Server;

use crate::support::finally::Finally;

use super::fixture::{Probe, hasty};

const ROLE: &str = "STEVEDORE_TEST_SERVER";

/// What a child is limited to.
#[derive(Clone, Copy, Default)]
pub(super) struct Limits {
    pub(super) files: Option<u64>,
    /// Bytes of address space beyond what it has at its start.
    pub(super) more_space: Option<u64>,
    /// Connections that the server takes, where not 512.
    pub(super) connections: Option<usize>,
    /// Milliseconds that a head may take.
    pub(super) head_deadline: Option<u64>,
}

/// Not a test by itself: the process that [`Process::start`] starts.
#[test]
fn is_the_server() {
    let Ok(role) = env::var(ROLE) else { return };
    let limits: Vec<Option<u64>> = role.split(',').map(|limit| limit.parse().ok()).collect();
    let mut options = hasty();
    options.connections = limits[2].map_or(512, |most| usize::try_from(most).unwrap());
    options.head_deadline = limits[3].map_or(options.head_deadline, Duration::from_millis);
    // On standard error, where the parent finds it when something fails.
    options.on_trouble = Some(Box::new(|trouble| drop(writeln!(std::io::stderr(), "{trouble}"))));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::new(listener, options).unwrap();
    let limit = |resource, most| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }).unwrap();
    if let Some(files) = limits[0] {
        limit(Resource::Nofile, files);
    }
    if let Some(space) = limits[1] {
        limit(Resource::As, figure("self", "VmSize") + space);
    }
    writeln!(std::io::stdout(), "\nserving {address}").unwrap();
    let stop = server.stopper();
    let stdin = std::io::stdin();
    let handler = Arc::new(Probe::default());
    std::thread::scope(|scope| {
        let _end = Finally(|| stop.cut());
        scope.spawn(|| server.run(&handler));
        // The parent's end is ours.
        stdin.lock().read_line(&mut String::new()).unwrap();
    });
}

/// A running child.
pub(super) struct Process {
    pub(super) address: SocketAddr,
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Process {
    pub(super) fn start(limits: Limits) -> Process {
        let word = |limit: Option<u64>| limit.map_or_else(|| "-".to_owned(), |limit| limit.to_string());
        let connections = limits.connections.map(|most| most as u64);
        let role =
            [word(limits.files), word(limits.more_space), word(connections), word(limits.head_deadline)].join(",");
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "http_core::child::is_the_server", "--nocapture", "--test-threads=1"])
            .env(ROLE, role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| line.unwrap().strip_prefix("serving ").map(|text| text.parse().unwrap()));
        let stdin = child.stdin.take();
        // Its last words go nowhere, but must not fail.
        std::thread::spawn(move || lines.for_each(drop));
        Process { address: address.expect("the child's address"), child, stdin }
    }

    /// Returns a figure of the process in bytes, such as VmRSS.
    pub(super) fn figure(&self, name: &str) -> u64 {
        figure(&self.child.id().to_string(), name)
    }

    pub(super) fn files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    pub(super) fn threads(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap().count()
    }

    /// Ends the server and asserts that it was well to the end.
    pub(super) fn end(mut self) {
        drop(self.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // It has ended already, or ends now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn figure(process: &str, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}
