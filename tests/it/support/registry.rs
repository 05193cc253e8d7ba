//! A real registry: Debian's docker-registry (distribution 2.8) on a free port of 127.0.0.1.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use super::certificates::{Certificates, Pair};
use super::http::Client;
use super::oracle::oracle;

/// The user that a registry with `htpasswd` lets in.
pub(crate) const USER: &str = "user";
/// The password of `USER`.
pub(crate) const PASSWORD: &str = "pass";
/// Made by `htpasswd -Bbn user pass`.
const HTPASSWD: &str = "user:$2y$05$Ug4vvz.Z.ClL5ntQ0rSX8eNJeF1j5abnzUSd5YRFMeyvcDnrLCRRe\n";
/// The response header by which a registry is told from another one that took its port.
const MARK: &str = "X-Started-By";

/// Who may connect by TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    Anybody,
    /// Only who shows a certificate of the registry's own authority.
    ClientCertificate,
}

/// How a registry differs from an open, writable one without TLS.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// Lets only `USER` with `PASSWORD` in, by basic authentication.
    pub(crate) htpasswd: bool,
    pub(crate) tls: Option<Tls>,
    /// Shows this certificate, and not one of an authority of its own.
    pub(crate) pair: Option<Pair>,
    /// Takes and serves Docker's schema 1 manifests.
    pub(crate) schema1: bool,
    pub(crate) read_only: bool,
    /// Serves what is stored there, and not an empty directory of its own.
    pub(crate) storage: Option<PathBuf>,
}

/// A running registry, killed when dropped.
pub(crate) struct Registry {
    child: Child,
    port: u16,
    dir: TempDir,
    options: Options,
    certificates: Certificates,
}

impl Registry {
    /// Starts an open, writable registry without TLS; `None` when docker-registry is not installed.
    pub(crate) fn start() -> Option<Registry> {
        Registry::start_with(Options::default())
    }

    /// Starts a registry; `None` when docker-registry is not installed.
    pub(crate) fn start_with(options: Options) -> Option<Registry> {
        let tool = oracle("docker-registry")?;
        let dir = TempDir::new().expect("making a temporary directory");
        let certificates = Certificates::create(dir.path());
        fs::write(dir.path().join("htpasswd"), HTPASSWD).expect("writing into a fresh directory");
        // A port that was free may be taken before the registry binds it: then another one is tried.
        for _ in 0..5 {
            let port = free_port();
            let config = dir.path().join("config.json");
            let mark = dir.path().display().to_string();
            let text = configuration(port, &mark, dir.path(), &options, &certificates).to_string();
            fs::write(&config, text).expect("writing into a fresh directory");
            let mut command = tool.command(&["serve", &config.display().to_string()]);
            // The registry would take this for its own setting `auth.file`.
            command.env_remove("REGISTRY_AUTH_FILE");
            let mut child = spawn(&mut command, &dir.path().join("registry.log"));
            if wait_until_up(&mut child, port, &options, &mark) {
                return Some(Registry { child, port, dir, options, certificates });
            }
            // It may have ended already, which is as well.
            let _ = child.kill();
            let _ = child.wait();
        }
        let log = fs::read_to_string(dir.path().join("registry.log")).unwrap_or_default();
        panic!("docker-registry did not start:\n{log}");
    }

    /// Returns its `HOST:PORT`.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Returns a client for it, with credentials if it wants them; not for TLS.
    pub(crate) fn client(&self) -> Client {
        assert!(
            self.options.tls.is_none(),
            "the test client speaks no TLS: seed by another registry on the same storage"
        );
        let client = Client::new(&self.host());
        if self.options.htpasswd { client.basic(USER, PASSWORD) } else { client }
    }

    /// Returns its storage, as `Options::storage` of another registry takes it.
    pub(crate) fn storage(&self) -> PathBuf {
        storage(self.dir.path(), &self.options)
    }

    /// Returns the certificate of the authority that signed the registry's own.
    pub(crate) fn authority(&self) -> &Path {
        &self.certificates.authority
    }

    /// Returns the certificate that the registry shows.
    pub(crate) fn certificate(&self) -> &Path {
        &self.options.pair.as_ref().unwrap_or(&self.certificates.server).certificate
    }

    /// Returns a certificate that the registry takes from clients.
    pub(crate) fn client_pair(&self) -> &Pair {
        &self.certificates.client
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have crashed, which a test has noticed by now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("binding port 0 of 127.0.0.1");
    listener.local_addr().expect("a bound socket has an address").port()
}

fn storage(dir: &Path, options: &Options) -> PathBuf {
    options.storage.clone().unwrap_or_else(|| dir.join("storage"))
}

/// Returns the configuration: JSON is YAML, and needs no quoting by hand.
fn configuration(
    port: u16,
    mark: &str,
    dir: &Path,
    options: &Options,
    certificates: &Certificates,
) -> serde_json::Value {
    let mut config = json!({
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": true}},
        "storage": {
            "filesystem": {"rootdirectory": storage(dir, options)},
            "delete": {"enabled": true},
            "maintenance": {"uploadpurging": {"enabled": false}, "readonly": {"enabled": options.read_only}},
        },
        "http": {"addr": format!("127.0.0.1:{port}"), "secret": "test", "headers": {MARK: [mark]}},
        // Without this the registry refuses manifests with foreign layers.
        "validation": {"manifests": {"urls": {"allow": ["^https?://"]}}},
        "compatibility": {"schema1": {"enabled": options.schema1}},
    });
    if options.htpasswd {
        config["auth"] = json!({"htpasswd": {"realm": "test", "path": dir.join("htpasswd")}});
    }
    if let Some(tls) = options.tls {
        let pair = options.pair.as_ref().unwrap_or(&certificates.server);
        let mut settings = json!({"certificate": pair.certificate, "key": pair.key});
        if tls == Tls::ClientCertificate {
            settings["clientcas"] = json!([certificates.authority]);
        }
        config["http"]["tls"] = settings;
    }
    config
}

fn spawn(command: &mut Command, log: &Path) -> Child {
    let log = File::create(log).expect("creating a file in a fresh directory");
    let copy = log.try_clone().expect("duplicating a file");
    command.stdin(Stdio::null()).stdout(log).stderr(copy).spawn().expect("starting docker-registry")
}

/// Polls until this very registry answers; whether it does so within 10 s and before it ends.
fn wait_until_up(child: &mut Child, port: u16, options: &Options, mark: &str) -> bool {
    let client = Client::new(&format!("127.0.0.1:{port}")).timeout(Duration::from_secs(1));
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if child.try_wait().expect("asking for the state of a child").is_some() {
            return false;
        }
        let up = client.try_send("GET", "/v2/", &[]).is_ok_and(|response| match options.tls {
            // Go's TLS server tells a plain client so.
            Some(_) => response.status == 400,
            None => matches!(response.status, 200 | 401) && response.header(MARK) == Some(mark),
        });
        if up {
            return true;
        }
        thread::sleep(Duration::from_millis(10));
    }
    false
}
