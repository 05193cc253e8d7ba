//! Real web servers with a configuration that the binary under test has made.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::oracle::{Tool, oracle};

/// The servers, as `--server` names them.
pub(crate) const SERVERS: [&str; 3] = ["nginx", "caddy", "apache"];

/// A running server, killed when dropped.
pub(crate) struct Web {
    child: Child,
    port: u16,
    _dir: TempDir,
    _tool: Tool,
}

impl Web {
    /// Starts a server; `configure` writes a configuration for `IP:PORT` into a file. `None` when the server is not installed.
    pub(crate) fn start(server: &str, configure: impl Fn(&str, &Path)) -> Option<Web> {
        let tool = oracle(if server == "apache" { "apache2" } else { server })?;
        let dir = TempDir::new().expect("making a temporary directory");
        open_to_all(dir.path());
        let (main, part) = (dir.path().join("main"), dir.path().join("part"));
        // A port that was free may be taken before the server binds it: then another one is tried.
        for _ in 0..5 {
            let port = free_port();
            configure(&format!("127.0.0.1:{port}"), &part);
            fs::write(&main, frame(server, dir.path(), &part)).expect("writing into a fresh directory");
            let main = main.display().to_string();
            // One process each, so that killing it leaves none behind.
            let arguments: &[&str] = match server {
                "nginx" => &["-c", &main, "-e", "stderr"],
                "caddy" => &["run", "--adapter", "caddyfile", "--config", &main],
                _ => &["-X", "-f", &main],
            };
            let mut command = tool.command(arguments);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = command.spawn().expect("starting a web server");
            if wait_until_up(&mut child, port) {
                return Some(Web { child, port, _dir: dir, _tool: tool });
            }
            // It may have ended already, which is as well.
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("{server} did not start");
    }

    /// Returns its `HOST:PORT`.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        // It may have crashed, which a test has noticed by now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lets a server that has another user read below a directory.
pub(crate) fn open_to_all(dir: &Path) {
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).expect("changing a fresh directory");
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("binding port 0 of 127.0.0.1");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// Polls until the port answers; whether it does so within 20 s and before the server ends.
fn wait_until_up(child: &mut Child, port: u16) -> bool {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if child.try_wait().expect("asking for the state of a child").is_some() {
            return false;
        }
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return true;
        }
        thread::sleep(Duration::from_millis(10));
    }
    false
}

/// Returns the least that a server needs around the part under test.
fn frame(server: &str, dir: &Path, part: &Path) -> String {
    let (dir, part) = (dir.display(), part.display());
    match server {
        "nginx" => format!(
            "daemon off; master_process off; pid {dir}/pid; events {{}} http {{ access_log off; \
             client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/fastcgi; \
             uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi; include {part}; }}"
        ),
        "caddy" => format!("{{\n\tadmin off\n}}\nimport {part}\n"),
        _ => {
            let module = |name: &str| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n");
            let modules: String = ["mpm_event", "authz_core", "rewrite", "headers", "ssl"].map(module).concat();
            format!(
                "{modules}ServerRoot {dir}\nServerName localhost\nPidFile {dir}/pid\nMutex pthread\nErrorLog {dir}/error.log\n\
                 User www-data\nGroup www-data\nInclude {part}\n"
            )
        }
    }
}
