//! The contract of places, held by a repository of a real registry.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::*;
use crate::transport::{Place, contract};

#[path = "../../../tests/it/support/skips.rs"]
#[allow(dead_code, reason = "other test binaries use the rest")]
mod skips;

struct Server {
    process: Child,
    host: String,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts docker-registry, if it is installed; it must be where `CI=true`.
    fn start() -> Option<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let host = listener.local_addr().expect("bound").to_string();
        drop(listener);
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("config.yml");
        let data = folder.path().join("data");
        let text = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\n\
             http: {{addr: {host}}}\n",
            data.display()
        );
        std::fs::write(&config, text).expect("written");
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&config).env_remove("REGISTRY_AUTH_FILE");
        let Ok(process) = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
            assert!(
                std::env::var_os("CI").is_none(),
                "docker-registry is not installed, and CI allows no skipped test"
            );
            skips::note("docker-registry is not installed");
            return None;
        };
        let server = Self { process, host, _folder: folder };
        let end = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(&server.host).is_err() {
            assert!(Instant::now() < end, "docker-registry did not start");
            std::thread::yield_now();
        }
        Some(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; nobody waits for more.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn keeps_the_contract() {
    let Some(server) = Server::start() else { return };
    let number = AtomicUsize::new(0);
    let make = || -> Box<dyn Transport> {
        let name = format!("{}/place{}", server.host, number.fetch_add(1, Ordering::Relaxed));
        let place = Place::Registry(name.parse().expect("a repository"));
        place.open_destination(&Options::default()).expect("opens")
    };
    contract::holds_many(&make, true);
    let repository = format!("{}/shared", server.host).parse().expect("a repository");
    let place = Place::Registry(repository);
    let open = || place.open_destination(&Options::default()).expect("opens");
    contract::keeps_every_writers_names(&open, ["a", "b", "c"]);
    contract::keeps_every_update(&open, "d");
}
