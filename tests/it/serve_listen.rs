//! `serve --addr`: every form of an address, several of them, Unix sockets, and sockets of a service manager.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::support::certificates::Certificates;
use crate::support::command::stevedore;
use crate::support::http::Client;
use crate::support::served::Served;

fn store(room: &TempDir) -> String {
    room.path().join("store").display().to_string()
}

/// Asks over a Unix socket for a path.
fn ask(path: &Path, target: &str) -> String {
    let mut stream = UnixStream::connect(path).expect("it listens");
    stream.write_all(format!("GET {target} HTTP/1.0\r\n\r\n").as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn it_listens_wherever_it_is_told() {
    let room = TempDir::new().expect("a temporary directory");
    let socket = room.path().join("socket");
    let unix = format!("unix:{}", socket.display());
    // The harness gives 127.0.0.1:0, which stays the first.
    let served = Served::start(&["--store", &store(&room), "--addr", "localhost:0", "--addr", ":0", "--addr", &unix]);
    let addresses: Vec<String> = served.started()["addresses"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|address| address.as_str().expect("text").to_owned())
        .collect();
    assert_eq!((addresses.len(), &addresses[3]), (4, &unix));
    assert_eq!(addresses[0], served.host());
    assert!(addresses[1].starts_with("127.0.0.1:"), "IPv4 first: {addresses:?}");
    assert!(addresses[2].starts_with("[::]:") || addresses[2].starts_with("0.0.0.0:"), "{addresses:?}");
    for address in &addresses[..3] {
        let port = address.rsplit(':').next().expect("a port");
        Client::new(&format!("127.0.0.1:{port}")).get("/v2/").expect(200);
    }
    assert!(ask(&socket, "/v2/").starts_with("HTTP/1.1 200 "));
    // Where somebody listens, nobody else does; and the file goes with the server.
    let run = stevedore(&["serve", "--store", &store(&room), "--addr", &unix]).code(1);
    assert!(run.stderr.contains(&format!("cannot listen on {unix}")), "{}", run.stderr);
    served.signal(Signal::TERM);
    assert_eq!(served.wait().0, Some(0));
    assert!(!socket.exists());
}

#[test]
fn mistakes_are_named() {
    let room = TempDir::new().expect("a temporary directory");
    for address in ["5000", "localhost", "localhost:x", "http://localhost:1", "unix:", "300.0.0.1:1"] {
        let run = stevedore(&["serve", "--store", &store(&room), "--addr", address]).code(2);
        assert!(run.stderr.contains("expected IP:PORT, NAME:PORT, :PORT or unix:PATH"), "{}", run.stderr);
    }
    let run = stevedore(&["serve", "--store", &store(&room), "--addr", "nowhere.invalid:5000"]).code(1);
    assert!(run.stderr.contains("cannot listen on nowhere.invalid:5000"), "{}", run.stderr);
}

/// A socket of systemd is file 3, and stays open when the server ends: who connects meanwhile is answered by the next one.
#[test]
fn sockets_of_a_service_manager_are_used() {
    let room = TempDir::new().expect("a temporary directory");
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    let address = listener.local_addr().expect("an address");
    let mut waiting: Option<TcpStream> = None;
    for _ in 0..2 {
        let script = "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" \"$@\" 3<&0 </dev/null";
        let socket = OwnedFd::from(listener.try_clone().expect("another one"));
        let mut child = Command::new("sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_stevedore"), "serve", "--store", &store(&room)])
            .stdin(Stdio::from(socket))
            .stderr(Stdio::null())
            .spawn()
            .expect("starting it");
        if let Some(mut stream) = waiting.take() {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        }
        Client::new(&address.to_string()).get("/v2/").expect(200);
        rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::TERM).expect("sent");
        assert_eq!(child.wait().expect("ends").code(), Some(0));
        let mut stream = TcpStream::connect(address).expect("the socket is open still");
        stream.write_all(b"GET /v2/ HTTP/1.0\r\n\r\n").expect("sent");
        waiting = Some(stream);
    }
    // Those of another process are not ours: what was meant is the usual address, or one that is named.
    let served = Served::start_under(
        {
            let mut command = Command::new("env");
            command.args(["LISTEN_PID=1", "LISTEN_FDS=1"]);
            command
        },
        &["--store", &store(&room)],
    );
    served.client().get("/v2/").expect(200);
}

#[test]
fn health_and_numbers_have_an_address_of_their_own() {
    let room = TempDir::new().expect("a temporary directory");
    let socket = room.path().join("numbers");
    let unix = format!("unix:{}", socket.display());
    let made = Certificates::create(room.path());
    let (cert, key) = (made.server.certificate.display().to_string(), made.server.key.display().to_string());
    for flags in [&[][..], &["--tls-cert", &cert, "--tls-key", &key]] {
        let place = store(&room);
        let served = Served::start(&[&["--store", &place, "--metrics-addr", &unix], flags].concat());
        assert!(ask(&socket, "/metrics").contains("stevedore_connections"), "{flags:?}");
        for path in ["/healthz", "/readyz"] {
            assert!(ask(&socket, path).ends_with("\r\n\r\nok\n"), "{path}");
        }
        assert!(ask(&socket, "/v2/").starts_with("HTTP/1.1 404 "));
        if flags.is_empty() {
            served.client().get("/metrics").expect(404);
            served.client().get("/healthz").expect(200);
        }
    }
}

#[test]
fn it_is_not_ready_when_its_storage_is_gone() {
    let room = TempDir::new().expect("a temporary directory");
    let place = room.path().join("store");
    let served = Served::start(&["--store", &store(&room)]);
    let client = served.client();
    assert_eq!(client.get("/readyz").expect(200).text(), "ok\n");
    fs::rename(&place, room.path().join("away")).expect("moved");
    assert!(client.get("/readyz").expect(503).text().contains("cannot find"));
    fs::create_dir(&place).expect("made");
    assert!(client.get("/readyz").expect(503).text().contains("was replaced"));
    fs::remove_dir(&place).expect("removed");
    fs::rename(room.path().join("away"), &place).expect("moved back");
    client.get("/readyz").expect(200);
    fs::rename(place.join("docker/registry/v2/blobs"), room.path().join("blobs")).expect("moved");
    assert!(client.get("/readyz").expect(503).text().contains("blobs"));
    client.get("/healthz").expect(200);
}

/// Idle connections are no reason to refuse anybody.
#[test]
fn more_idle_clients_than_places_shut_nobody_out() {
    let room = TempDir::new().expect("a temporary directory");
    let served = Served::start(&["--store", &store(&room), "--anonymous-push", "--max-connections", "16"]);
    let idle: Vec<TcpStream> = (0..40)
        .map(|_| {
            let mut stream = TcpStream::connect(served.host()).expect("connects");
            stream.write_all(b"GET /v2/ HTTP/1.1\r\nHost: h\r\n\r\n").expect("sent");
            let mut answer = [0; 15];
            stream.read_exact(&mut answer).expect("an answer");
            assert_eq!(&answer, b"HTTP/1.1 200 OK");
            stream
        })
        .collect();
    let begun = Instant::now();
    served.client().get("/v2/").expect(200);
    served.client().get("/healthz").expect(200);
    served.client().post("/v2/a/blobs/uploads/", b"").expect(202);
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(served.client().get("/metrics").expect(200).text().contains("\nstevedore_connections_refused_total 0\n"));
    drop(idle);
}
